//! A recording: telemetry of one act with what is known about it.

use serde::{Deserialize, Serialize};

use crate::attack::Joined;
use crate::event::LogSource;
use crate::id::{RecordingId, RuleId, TechniqueId};
use crate::quantity::{Millis, Timestamp};

/// What the recording shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordingKind {
    /// A technique being carried out.
    Attack,
    /// The benign counterpart of a technique: rules that fire here cost precision.
    Twin,
    /// Ordinary activity without any attack as far as known.
    Benign,
}

/// How sure the technique label is, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelQuality {
    /// The rule set states that a rule must fire on this file.
    GoldRule,
    /// One technique run, alone.
    TechniqueExact,
    /// A metadata file says so.
    TechniqueMetadata,
    /// The folder name says so.
    TechniqueFolder,
    /// Only a tactic is named.
    TacticName,
    /// None.
    None,
}

/// What happened to the exercise itself, apart from what the defence did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum RunStatus {
    /// It ran to its end.
    Completed,
    /// It was not run.
    NotRun {
        /// Why.
        reason: String,
    },
    /// It broke off by a fault of its own.
    Crashed {
        /// What is known.
        reason: String,
    },
    /// It did not end in time.
    TimedOut,
    /// Our own guard refused it.
    Refused {
        /// Why.
        reason: String,
    },
    /// It ran, but its traces could not be removed.
    CleanUpFailed {
        /// What is left.
        reason: String,
    },
    /// It caused what it had not declared, so its result does not count.
    BreachOfContract {
        /// The undeclared effects.
        effects: Vec<String>,
    },
}

/// One Sigma selection: `field|modifier` to a value or a list of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selection(pub serde_json::Map<String, serde_json::Value>);

/// A control that is said to have stopped the act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// The control, such as `application allow-list`.
    pub by: String,
    /// The event that proves it; without such an event the claim is not believed.
    pub evidence: Selection,
}

/// Telemetry of one act with what is known about it. The events themselves are
/// read as a stream and are not part of this.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// Its id: the path below the recordings folder without ending.
    pub id: RecordingId,
    /// What was done, for people.
    pub title: String,
    /// Attack, twin or benign.
    pub kind: RecordingKind,
    /// Techniques in the matrix's ATT&CK version, sorted.
    pub techniques: Vec<TechniqueId>,
    /// The labels as published and how they were joined.
    pub published: Vec<Joined>,
    /// How sure the label is.
    pub label: LabelQuality,
    /// What happened to the exercise.
    pub run: RunStatus,
    /// Telemetry files, as paths the intake can open, sorted.
    pub files: Vec<String>,
    /// When the act began, if known.
    pub act: Option<Timestamp>,
    /// When the act ended, if known.
    pub end: Option<Timestamp>,
    /// The host it ran on, if known.
    pub host: Option<String>,
    /// A marker that appears in the act's own events, if there is one.
    pub marker: Option<String>,
    /// Log sources the act must leave; empty when nothing is known.
    pub telemetry: Vec<LogSource>,
    /// The event that shows the act took place; `None` when nothing is known.
    pub success: Option<Selection>,
    /// A control that is said to have stopped it.
    pub blocked: Option<Blocked>,
    /// Rules that must fire.
    pub expected_rules: Vec<RuleId>,
    /// An alert later than this after the act is late.
    pub deadline: Millis,
    /// Where it comes from.
    pub source: String,
}
