//! The crate as its callers see it, in one binary that is linked once.

mod advice;
mod changes;
mod compare;
mod decide;
mod delays;
mod drift;
mod evidence;
mod fixes;
mod gate;
mod ground;
mod history;
mod intervals;
mod labels;
mod levers;
mod narrowing;
mod ranking;
mod scores;
mod tabletop;
