//! The crate as its callers see it, in one binary that is linked once.

mod cards;
mod codes;
mod exports;
mod page;
mod recovery;
mod sample;
mod views;
