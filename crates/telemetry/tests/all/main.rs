//! The crate as its callers see it, in one binary that is linked once.

mod auditd;
mod bounds;
mod cases;
mod shared_data;
mod support;
mod surveying;
