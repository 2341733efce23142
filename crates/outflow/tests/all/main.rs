//! The crate as its callers see it, in one binary that is linked once.

mod accounting;
mod exports;
mod forms;
mod hostile;
mod properties;
mod shapes;
mod support;
