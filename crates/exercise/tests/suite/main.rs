//! The crate as its callers see it: one binary, so that it is linked once.

mod built_in_procedures;
mod observed;
mod procedures;
mod support;
