//! All tests of the views, over one sample record.

mod sample;
mod views;
