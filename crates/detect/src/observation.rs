//! What was observed about one technique in one recording: plain facts, no verdict.

use model::event::{EventRef, LogSource};
use model::id::{RecordingId, TechniqueId};
use model::quantity::{Millis, Timestamp};
use model::recording::{LabelQuality, RunStatus};
use model::verdict::{Key, RuleRef, SelectionTree};

/// An event that speaks for something, with the keys that tie it to the act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Its place in reading order.
    pub index: u64,
    /// Keys that hold for it, sorted.
    pub keys: Vec<Key>,
}

/// A log source the act must leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// The log source.
    pub source: LogSource,
    /// Its events in the whole recording.
    pub recorded: u64,
    /// Those of them that belong to the act.
    pub of_act: u64,
}

/// The claim that a control stopped the act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The control.
    pub by: String,
    /// Events of the act that prove it, the first few.
    pub proof: Vec<Evidence>,
    /// Why the evidence could not be looked for, when it could not.
    pub fault: Option<String>,
}

/// The declaration of an event that shows the act took place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success {
    /// Events of the act that show it, the first few.
    pub seen: Vec<Evidence>,
    /// Why it could not be looked for, when it could not.
    pub fault: Option<String>,
}

/// How far a rule got on the events of the act.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// It is expected to fire, but is not in the rule set.
    NotInSet,
    /// The recording holds no event of its log source.
    NotCollected,
    /// Its log source is there, but no event of it belongs to the act.
    NoEvent,
    /// Events are there, but it cannot match without fields they lack.
    FieldMissing {
        /// The fields, sorted.
        fields: Vec<String>,
    },
    /// It was evaluated on events of the act and did not match.
    Silent,
    /// Each match was taken back by a Sigma filter.
    Suppressed {
        /// The first matches.
        events: Vec<Evidence>,
    },
    /// It fired.
    Matched {
        /// When the earliest match reached the rules, if events carry times.
        arrived: Option<Timestamp>,
        /// The first matches.
        events: Vec<Evidence>,
    },
}

/// One rule that names the technique or is expected to fire.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleState {
    /// The rule.
    pub rule: RuleRef,
    /// What it looks at.
    pub source: LogSource,
    /// Whether it names the technique, its parent or one of its sub-techniques.
    pub names: bool,
    /// Whether the recording says that it must fire.
    pub expected: bool,
    /// How far it got.
    pub standing: Standing,
}

/// Everything a verdict on one technique in one recording rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The recording.
    pub recording: RecordingId,
    /// The technique in the matrix's ATT&CK version.
    pub technique: TechniqueId,
    /// How sure the label is.
    pub label: LabelQuality,
    /// What happened to the exercise.
    pub run: RunStatus,
    /// When the act began, if known.
    pub act: Option<Timestamp>,
    /// An alert later than this after the act is late.
    pub deadline: Millis,
    /// Records that could not be read.
    pub unreadable: u64,
    /// Events of the recording whose log source is not known: no rule can look at them.
    pub unrouted: u64,
    /// Events that do not belong to the act.
    pub unrelated: u64,
    /// Events that belong to the act.
    pub of_act: u64,
    /// The first events of the act.
    pub first: Vec<Evidence>,
    /// Keys that the recording allows to test, sorted.
    pub testable: Vec<Key>,
    /// Log sources the act must leave; empty when nothing is known.
    pub telemetry: Vec<Telemetry>,
    /// The claim of a block, if there is one.
    pub blocked: Option<Block>,
    /// The event that shows the act took place, if one is declared.
    pub success: Option<Success>,
    /// Rules that name the technique or are expected, by id.
    pub rules: Vec<RuleState>,
    /// Rules for other techniques that fired on events of the act, by id.
    pub others: Vec<RuleRef>,
    /// The nearest misses among silent rules, nearest first.
    pub nearest: Vec<SelectionTree>,
}

impl Observation {
    /// Returns the rules that fired, by id.
    pub fn fired(&self) -> impl Iterator<Item = &RuleState> {
        self.rules.iter().filter(|state| matches!(state.standing, Standing::Matched { .. }))
    }

    /// Returns when the earliest match reached the rules.
    pub fn alerted_at(&self) -> Option<Timestamp> {
        let arrived = |state: &RuleState| match state.standing {
            Standing::Matched { arrived, .. } => arrived,
            _ => None,
        };
        self.rules.iter().filter_map(arrived).min()
    }

    /// Returns whether telemetry of the act is there: an event of a log source
    /// it must leave, or any event when nothing is known about its sources.
    pub fn recorded(&self) -> bool {
        if self.telemetry.is_empty() { self.of_act > 0 } else { self.telemetry.iter().any(|t| t.of_act > 0) }
    }

    /// Returns whether events of unknown log sources may be what was looked for: there are
    /// such, and a rule, or a log source the act must leave, had no event.
    pub(crate) fn unrouted(&self) -> bool {
        let unserved =
            |state: &RuleState| matches!(state.standing, Standing::NotCollected | Standing::NoEvent);
        self.unrouted > 0 && (self.rules.iter().any(unserved) || !self.recorded())
    }

    pub(crate) fn event(&self, index: u64) -> EventRef {
        EventRef { recording: self.recording.clone(), index }
    }
}
