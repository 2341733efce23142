//! The crate as its callers see it, in one binary that is linked once.

mod by_hand;
mod dispatching;
mod estate;
mod estate_edges;
mod fixed_points;
mod large;
mod many_cases;
mod phases;
mod plan_figures;
mod recovery_and_impact;
mod restart_plan;
mod weights;
mod worst;
