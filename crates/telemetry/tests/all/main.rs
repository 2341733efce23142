//! The crate as its callers see it, in one binary that is linked once.

mod auditd;
mod bounds;
mod cases;
mod journal;
mod shared_data;
mod support;
mod surveying;
