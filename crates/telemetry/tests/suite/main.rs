//! The crate as its callers see it: one binary, so that it is linked once.

mod auditd;
mod bounds;
mod cases;
mod shared_data;
mod support;
mod surveying;
