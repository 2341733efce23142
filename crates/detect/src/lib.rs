//! Events and Sigma rules in, verdicts with their cause chain out.
//!
//! [`RuleSet`] reads the rules, [`Watch`] looks at the events of one recording
//! and gathers an [`Observation`] per technique, and [`judge`] turns an
//! observation into a verdict. Only `rules`, `mend`, `view`, `path`, `prefilter`, `fields`,
//! `watch`, `nearest` and `check` know the rule engine beneath; an observation is plain data.

mod again;
mod attribution;
mod causes;
mod check;
mod correlate;
mod document;
mod edit;
mod explained;
mod fields;
mod judge;
mod mend;
mod mutants;
mod nearest;
mod observation;
mod observe;
mod pack;
mod path;
mod prefilter;
mod repair;
mod route;
mod rules;
mod seen;
mod twins;
mod view;
mod watch;
mod why;

pub use again::Again;
pub use attribution::{TIME_SLACK, strength};
pub use check::check_selection;
pub use explained::{Explained, explained};
pub use judge::judge;
pub use mutants::{Mutant, mutants, null_mutants};
pub use nearest::nearest;
pub use observation::{Block, Evidence, Observation, RuleState, Standing, Success, Telemetry};
pub use observe::Watched;
pub use pack::Pack;
pub use repair::{Near, Repair, Repairs, Size, repairs};
pub use rules::{RuleCache, RuleChanges, RuleFile, RuleSet, Variant, variant_id};
pub use seen::Seen;
pub use twins::join_twins;
pub use watch::Watch;
pub use why::why_silent;
