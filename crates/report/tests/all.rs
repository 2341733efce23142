//! All tests of the views, over one sample record.

mod page;
mod sample;
mod views;
