//! Drift: is a verdict that differs between two runs a change or noise, and which changed
//! input causes it?
//!
//! Whether something changed is decided by tests with known error rates: [`change`] for two
//! periods, [`Stream`] for runs that are looked at as they come, [`discoveries`] where many
//! techniques are tested at once. Which of the changed inputs is the cause is decided by
//! running the judgement again with inputs exchanged: [`causes`], the events themselves part by part: [`Layers`].

mod cause;
mod change;
mod found;
mod history;
mod layers;
mod many;
mod stream;

pub use cause::{Causes, causes};
pub use change::{CHANGED, Certainty, Change, PERHAPS, boschloo, change};
pub use found::drift;
pub use history::{
    CREDIT_DAYS, Configuration, PastRun, Segment, Series, is_about, repeated, rules_about, series,
};
pub use layers::{Layers, Telemetry};
pub use many::discoveries;
pub use stream::{Stream, alarm_level};
