//! All tests of the views, over one sample record.

mod cards;
mod codes;
mod exports;
mod page;
mod recovery;
mod sample;
mod views;
