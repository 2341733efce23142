//! Drift: how the result of a test changed over stored runs.

use serde::{Deserialize, Serialize};

use crate::id::VerdictId;
use crate::quantity::Timestamp;

/// Runs of one period and how many of them were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// Runs with an outcome.
    pub runs: u64,
    /// Those that were prevented or alerted in time; at most `runs`.
    pub seen: u64,
}

/// An input that differs between two configurations of a test.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "input", content = "file", rename_all = "kebab-case")]
pub enum Changed {
    /// The procedure's text.
    Procedure,
    /// The sandbox's tier, or the user.
    Sandbox,
    /// The profile under test.
    Profile,
    /// A rule's text, by its file.
    RuleEdited(String),
    /// A rule that is new.
    RuleAdded(String),
    /// A rule that is gone.
    RuleRemoved(String),
    /// The ATT&CK version.
    Attack,
    /// The program's version.
    Product,
}

/// How a test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftState {
    /// It is seen less often than before, shown by a test with a known error rate.
    Worse,
    /// It may be seen less often than before; more runs decide.
    PerhapsWorse,
    /// With no input changed, some runs see it and some do not.
    Inconsistent,
    /// It is in an older run and not in the newest.
    NotRun,
    /// Since the last change of an input, no run came to an outcome.
    NoOutcome,
    /// It is not seen, and was not before the last change of an input.
    Missed,
    /// It has one run.
    New,
    /// It is seen more often than before, shown.
    Better,
    /// It may be seen more often than before.
    PerhapsBetter,
    /// It is seen, and no change is shown.
    Seen,
}

impl DriftState {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::PerhapsWorse => "perhaps worse",
            Self::Inconsistent => "inconsistent",
            Self::NotRun => "not run",
            Self::NoOutcome => "no outcome",
            Self::Missed => "missed",
            Self::New => "new",
            Self::Better => "better",
            Self::PerhapsBetter => "perhaps better",
            Self::Seen => "seen",
        }
    }

    /// Returns whether somebody should look at it.
    pub fn moved(self) -> bool {
        !matches!(self, Self::Seen | Self::Missed | Self::New)
    }
}

/// How one test changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// The test: procedure and technique.
    pub verdict: VerdictId,
    /// How it stands.
    pub state: DriftState,
    /// Runs of the configuration before the last change of an input; no runs where nothing
    /// changed.
    pub before: Tested,
    /// Runs since.
    pub now: Tested,
    /// One-sided p-value of the change; 1 where there is nothing to compare.
    pub p: f64,
    /// The inputs that changed between the two. One alone is the cause by elimination, as far
    /// as a record names the inputs.
    pub changed: Vec<Changed>,
    /// More misses in a row that would show the fall; `None` where more than thirty would be
    /// needed, or nothing is to be shown.
    pub repeats: Option<u32>,
    /// First run of the present configuration.
    pub since: Timestamp,
    /// Last run.
    pub until: Timestamp,
}
