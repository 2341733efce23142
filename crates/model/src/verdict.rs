//! Verdicts: what the defence did, and why it was not better.
//!
//! The run status (what happened to the exercise) stays apart from the outcome
//! (what the defence did), and every outcome that is not the best possible
//! carries the chain of causes down to events and rules.

use serde::{Deserialize, Serialize};

use crate::event::{EventRef, LogSource};
use crate::id::{RecordingId, RuleId, TechniqueId, VerdictId};
use crate::live::Layer;
use crate::quantity::{Millis, Ratio};
use crate::recording::{LabelQuality, RunStatus};

/// What the defence did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A control stopped it.
    Prevented {
        /// Which control.
        by: String,
    },
    /// At least one rule fired.
    Alerted {
        /// From the act to the first alert, when both times are known.
        delay: Option<Millis>,
        /// Whether that was after the deadline.
        late: bool,
    },
    /// Telemetry is there, no rule fired.
    Logged,
    /// No telemetry.
    Blind,
    /// The evidence does not allow a verdict.
    Inconclusive {
        /// Why not.
        why: String,
    },
}

/// The kind of an outcome, for counting and colouring; best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    /// Stopped.
    Prevented,
    /// Seen.
    Alerted,
    /// Only recorded.
    Logged,
    /// Not even recorded.
    Blind,
    /// Cannot be said.
    Inconclusive,
}

impl OutcomeKind {
    /// All kinds, best first.
    pub const ALL: [Self; 5] =
        [Self::Prevented, Self::Alerted, Self::Logged, Self::Blind, Self::Inconclusive];

    /// Returns the word the glossary uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prevented => "prevented",
            Self::Alerted => "alerted",
            Self::Logged => "logged",
            Self::Blind => "blind",
            Self::Inconclusive => "inconclusive",
        }
    }
}

impl Outcome {
    /// Returns the kind.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Prevented { .. } => OutcomeKind::Prevented,
            Self::Alerted { .. } => OutcomeKind::Alerted,
            Self::Logged => OutcomeKind::Logged,
            Self::Blind => OutcomeKind::Blind,
            Self::Inconclusive { .. } => OutcomeKind::Inconclusive,
        }
    }
}

/// One leaf of a selection: what was wanted of a field and what the event held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Leaf {
    /// The field; `None` for a keyword.
    pub field: Option<String>,
    /// What was tested, such as `contains: vssadmin`.
    pub wanted: String,
    /// The value in the event; `None` when the field is not there.
    pub actual: Option<String>,
    /// Whether it passed.
    pub passed: bool,
}

/// A node of a rule's condition with what it gave on one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// The selection's name or the operator: `selection_img`, `and`, `not`, `1 of selection_*`.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// Fields tested here.
    pub leaves: Vec<Leaf>,
    /// Nodes below.
    pub children: Vec<Branch>,
}

/// A rule's condition tree on the event that came nearest to matching.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SelectionTree {
    /// The rule.
    pub rule: RuleId,
    /// Its title.
    pub title: String,
    /// The event.
    pub event: EventRef,
    /// The tree.
    pub root: Branch,
}

/// One link of the cause chain, worst first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "link", rename_all = "kebab-case")]
pub enum Cause {
    /// A log source the act must leave gave no event at all.
    TelemetrySourceAbsent {
        /// The log sources that are missing.
        missing: Vec<LogSource>,
    },
    /// The log source is there, but no event of it belongs to the act.
    EventAbsent {
        /// Events of the recording that do not belong to the act.
        unrelated: u64,
    },
    /// The event is there, but fields that rules need are not.
    FieldMissing {
        /// Field names, sorted.
        fields: Vec<String>,
        /// Rules that need them.
        rules: Vec<RuleId>,
    },
    /// No rule names the technique.
    NoRule,
    /// Rules name the technique, but none of their log sources is collected.
    LogSourceNotCollected {
        /// The rules and what they look at.
        rules: Vec<(RuleId, LogSource)>,
    },
    /// Rules were evaluated and did not match.
    RuleSilent {
        /// How many rules.
        rules: u64,
        /// The nearest misses with field values, at most three.
        nearest: Vec<SelectionTree>,
    },
    /// A rule matched and a Sigma filter took it back.
    Suppressed {
        /// The rules.
        rules: Vec<RuleId>,
    },
    /// A rule matched after the deadline.
    MatchedLate {
        /// From the act to the alert.
        delay: Millis,
        /// What was allowed.
        deadline: Millis,
    },
    /// The SIEM that was asked breaks the way from the act to the alert.
    AtTheSiem {
        /// The source.
        source: String,
        /// Where it breaks.
        layer: Layer,
        /// What is known of it.
        why: String,
    },
    /// A rule for another technique matched, none for this one.
    OtherTechniqueOnly {
        /// The rules.
        rules: Vec<RuleId>,
    },
}

impl Cause {
    /// Returns the name of the link, as `explain` and the report print it.
    pub fn link(&self) -> &'static str {
        match self {
            Self::TelemetrySourceAbsent { .. } => "telemetry source absent",
            Self::EventAbsent { .. } => "event absent",
            Self::FieldMissing { .. } => "field missing",
            Self::NoRule => "no rule",
            Self::LogSourceNotCollected { .. } => "log source not collected",
            Self::RuleSilent { .. } => "rule silent",
            Self::Suppressed { .. } => "suppressed by a filter",
            Self::MatchedLate { .. } => "matched late",
            Self::AtTheSiem { layer: Layer::Stored | Layer::Act, .. } => "not stored in the SIEM",
            Self::AtTheSiem { layer: Layer::Rules | Layer::Alert, .. } => "no alert in the SIEM",
            Self::AtTheSiem { layer: Layer::Shown, .. } => "alert not shown",
            Self::OtherTechniqueOnly { .. } => "other technique only",
        }
    }
}

/// A weak key that ties events to the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Key {
    /// The telemetry file belongs to this recording.
    File,
    /// The event lies between the act's begin and end.
    Time,
    /// The event comes from the act's host.
    Host,
    /// The event carries the act's marker.
    Marker,
}

/// How events were tied to the act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// Keys that could be tested and held for the events used, sorted.
    pub keys: Vec<Key>,
    /// Events that belong to the act.
    pub events: u64,
    /// From the keys: 1 - product of (1 - strength).
    pub confidence: Ratio,
}

/// A rule named in a verdict.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleRef {
    /// The rule.
    pub id: RuleId,
    /// Its title.
    pub title: String,
    /// Its level.
    pub level: String,
    /// Its hash.
    pub hash: String,
}

/// What happened on a benign twin of the technique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwinResult {
    /// The twin.
    pub recording: RecordingId,
    /// Rules of the technique that fired on it although nothing bad happened.
    pub fired: Vec<RuleId>,
}

/// What the defence did about one technique in one recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// `<recording>/<technique>`.
    pub id: VerdictId,
    /// The recording.
    pub recording: RecordingId,
    /// The technique in the matrix's ATT&CK version.
    pub technique: TechniqueId,
    /// How sure the label is.
    pub label: LabelQuality,
    /// What happened to the exercise.
    pub run: RunStatus,
    /// What the defence did; `None` where the run allows no verdict.
    pub outcome: Option<Outcome>,
    /// Why it was not better, worst link first; empty for prevented and for alerted in time.
    pub causes: Vec<Cause>,
    /// How events were tied to the act.
    pub attribution: Attribution,
    /// Evidence: events that decided the verdict.
    pub events: Vec<EventRef>,
    /// Rules that fired for the technique.
    pub rules: Vec<RuleRef>,
    /// Rules that must fire and did not.
    pub lost: Vec<RuleRef>,
    /// Benign twins of the technique.
    pub twins: Vec<TwinResult>,
}

impl Verdict {
    /// Returns the rule that looked at the act, stayed silent and came nearest to firing.
    pub fn nearest(&self) -> Option<&RuleId> {
        self.causes.iter().find_map(|cause| match cause {
            Cause::RuleSilent { nearest, .. } => nearest.first().map(|tree| &tree.rule),
            _ => None,
        })
    }
}
