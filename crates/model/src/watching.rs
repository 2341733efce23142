//! What a change of watched content makes of what was measured.

use crate::diagnostic::Diagnostic;
use crate::gate::Place;
use crate::id::{RecordingId, RuleId, TechniqueId};
use crate::recording::RecordingKind;
use crate::verdict::{Cause, Outcome};

/// What one look found to be another than at the look before.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Difference {
    /// Rules that do another thing on a recording, those that fell silent first.
    pub rules: Vec<RuleChange>,
    /// Verdicts that are others, by recording and technique.
    pub verdicts: Vec<VerdictChange>,
    /// What readers have to say that they had not.
    pub told: Vec<Diagnostic>,
    /// What they had to say, and have no more.
    pub settled: Vec<Diagnostic>,
    /// Recordings that are new.
    pub new: Vec<RecordingId>,
    /// Recordings that are gone.
    pub gone: Vec<RecordingId>,
    /// What it took.
    pub work: Work,
}

/// What a rule does on a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// It is not in the rule set.
    Absent,
    /// Its file cannot be used: what it did before is stale.
    Unusable,
    /// It does not alert.
    Silent,
    /// A filter took every match back, on so many events.
    TakenBack(u64),
    /// It alerts, on so many events.
    Alerted(u64),
}

/// A rule that does another thing on a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleChange {
    /// The rule.
    pub rule: RuleId,
    /// Its title.
    pub title: String,
    /// The file it is, or was, read from, relative to the rules folder.
    pub file: String,
    /// The recording.
    pub recording: RecordingId,
    /// Of what kind the recording is.
    pub kind: RecordingKind,
    /// What it did.
    pub was: Did,
    /// What it does.
    pub now: Did,
    /// Why it does not alert on the first event on which it did; of the first such changes.
    pub why: Vec<Cause>,
    /// The selection, and the field, that does not hold there.
    pub leaf: Option<(String, Option<String>)>,
    /// Where that stands in the rule, once it was looked up.
    pub place: Option<Place>,
}

impl RuleChange {
    /// Returns whether the rule alerted and does not any more.
    pub fn fell_silent(&self) -> bool {
        self.was.alerts() && !self.now.alerts()
    }
}

impl Did {
    /// Returns whether it alerts.
    pub fn alerts(self) -> bool {
        matches!(self, Self::Alerted(_))
    }
}

/// A verdict that is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictChange {
    /// The recording.
    pub recording: RecordingId,
    /// The technique.
    pub technique: TechniqueId,
    /// What it was; `None` where there was none, or none was possible.
    pub was: Option<Outcome>,
    /// What it is.
    pub now: Option<Outcome>,
    /// Rules that are expected to fire, do not, and did.
    pub lost: Vec<RuleId>,
}

/// What a look took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Rules that were evaluated again on events that are held.
    pub rules: u64,
    /// Recordings that were read.
    pub read: u64,
    /// Recordings on which something was judged again.
    pub judged: u64,
    /// Events of recordings that were read, and of log sources that changed rules look at.
    pub events: u64,
}
