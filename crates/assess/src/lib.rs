//! Verdicts in, evidence out; trials and impacts in, scorecard and levers out.
//!
//! The only room that calls something better or worse. It runs nothing: where a
//! lever has to be tried, it says what to change ([`candidates`]), the caller runs
//! the race again on equal draws, and [`rank`] compares.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics"))]

mod candidate;
mod compare;
mod coverage;
pub mod decide;
mod delay;
mod doubt;
pub mod drift;
mod effort;
mod evidence;
mod fix;
pub mod gate;
mod interval;
mod labels;
mod lever;
mod mutation;
mod narrowing;
mod not_tested;
mod score;
mod standing;
mod story;
mod tabletop;
mod trend;

pub use candidate::{Candidate, Met, SOONER, candidates};
pub use compare::compare;
pub use coverage::coverage;
pub use delay::{DEFAULT_DELAY, WINDOW};
pub use doubt::{doubt, harm_doubt, loss_doubt};
pub use effort::{EFFORTS, Efforts, read_efforts};
pub use evidence::{CONCENTRATION, PRIOR, evidence, note_exercised};
pub use interval::{clopper_pearson, jeffreys, quantile_interval};
pub use labels::{LabelSet, check_labels};
pub use lever::{LEVERS, Toll, promising, rank, toll};
pub use mutation::mutation_score;
pub use narrowing::narrowing;
pub use not_tested::not_tested;
pub use score::{DrawResult, Rivals, draw_result, score};
pub use standing::{Outcomes, best, standings};
pub use story::{chosen_trials, story};
pub use tabletop::{Alternative, Exercise, containments, declarations, tabletop};
pub use trend::{measures, trend};
