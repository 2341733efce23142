//! The crate as its callers see it, in one binary that is linked once.

mod estate;
mod fixed_points;
mod large;
mod many_cases;
mod phases;
mod plan_figures;
mod recovery_and_impact;
mod restart_plan;
mod weights;
mod worst;
