//! The crate as its callers see it, in one binary that is linked once.

mod adversarial;
mod built_in_procedures;
mod landlock;
mod observed;
mod plans;
mod procedures;
mod profiles;
mod promises;
mod sandbox;
mod stand_ins;
mod support;
