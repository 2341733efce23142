//! Drift: how the result of a test changed over stored runs.

use serde::{Deserialize, Serialize};

use crate::id::{RunId, VerdictId};
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
    /// What the procedure promises of its run: its check, deadline, techniques, expected rules.
    Terms,
    /// The host: kernel, distribution, packages.
    Host,
    /// Events of a kind are gone, all or some.
    EventsGone(String),
    /// A field of events is gone or has another name.
    FieldGone(String),
    /// Events of a kind are new, all or some.
    EventsNew(String),
    /// A field of events is new.
    FieldNew(String),
    /// Events of a kind have other values.
    Values(String),
    /// Events happen, or reach the rules, at another time after the act.
    Delay,
    /// The ATT&CK version.
    Attack,
    /// The program's version.
    Product,
}

impl Changed {
    /// Returns whether it is a difference of the events themselves.
    pub fn is_of_events(&self) -> bool {
        matches!(
            self,
            Self::EventsGone(_)
                | Self::EventsNew(_)
                | Self::FieldGone(_)
                | Self::FieldNew(_)
                | Self::Values(_)
                | Self::Delay
        )
    }

    /// Returns whether it is a recorded input that has a part in which events there are.
    pub fn makes_events(&self) -> bool {
        matches!(self, Self::Procedure | Self::Sandbox | Self::Profile | Self::Host | Self::Product)
    }
}

/// How the cause of a changed verdict is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// The stored events were judged again with this alone exchanged, and gave the other verdict.
    Shown,
    /// Nothing could be exchanged; it is what is left of the recorded inputs.
    ByElimination,
}

/// Why a verdict is not the one of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DriftCause {
    /// How it is known.
    pub proof: Proof,
    /// The smallest sets of changes of which putting one set back gives the earlier verdict.
    /// Without a proof, one set of all that changed.
    pub sets: Vec<Vec<Changed>>,
    /// Where events changed: the recorded inputs that make events and changed too. By elimination:
    /// a procedure does not run again as it did. Empty when none of them changed.
    pub behind: Vec<Changed>,
    /// Inputs that could not be exchanged, each with the reason.
    pub opaque: Vec<String>,
    /// The earlier run and the one that is explained.
    pub runs: [RunId; 2],
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
    /// The recorded inputs that changed between the two.
    pub changed: Vec<Changed>,
    /// Why the newest run with an outcome is not seen as the last one before that had the other
    /// answer; `None` where all have one answer.
    pub cause: Option<DriftCause>,
    /// More misses in a row that would show the fall; `None` where more than thirty would be
    /// needed, or nothing is to be shown.
    pub repeats: Option<u32>,
    /// First run of the present configuration.
    pub since: Timestamp,
    /// Last run.
    pub until: Timestamp,
}
