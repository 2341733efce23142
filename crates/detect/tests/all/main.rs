//! The crate as its callers see it, in one binary that is linked once.

mod correlating;
mod public_rules;
mod rule_reading;
mod sigma;
mod support;
mod watching;
