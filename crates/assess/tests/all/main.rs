//! The crate as its callers see it, in one binary that is linked once.

mod decide;
mod drift;
mod evidence;
mod ground;
mod history;
mod intervals;
mod levers;
