//! The crate as its callers see it: one binary, so that it is linked once.

mod auditd;
mod bounds;
mod built_in_procedures;
mod cases;
mod observed;
mod procedures;
mod shared_data;
mod support;
mod surveying;
