//! Two runs side by side: what changed, and as far as the records can prove it, why.

use serde::Serialize;

use crate::id::{CampaignId, RecordingId, RuleId, VerdictId};
use crate::quantity::Interval;
use crate::verdict::Outcome;

/// What changed from one run to another.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// Settings and inputs, each with what it was and what it is.
    pub inputs: Vec<InputChange>,
    /// Figures of estate, campaigns and playbooks.
    pub content: Vec<ContentChange>,
    /// Recordings that came or went.
    pub recordings: Vec<RecordingChange>,
    /// Verdicts, those of one run alone too.
    pub verdicts: Vec<VerdictChange>,
    /// Rules, and those that must fire on a recording.
    pub rules: Vec<RuleChange>,
    /// What campaigns come to.
    pub scores: Vec<ScoreChange>,
    /// Campaigns that the earlier run did not race with this playbook.
    pub new_scores: Vec<CampaignId>,
}

impl Comparison {
    /// Returns it as one JSON document.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// A setting or input that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputChange {
    /// Its name: `ATT&CK`, `seed`, `trials`, or the name of an input.
    pub name: String,
    /// What it was: a version, a number, or a BLAKE3 hash; `None` when it was not given.
    pub was: Option<String>,
    /// What it is.
    pub now: String,
    /// Whether both are hashes.
    pub hashed: bool,
}

/// A figure of the content that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContentChange {
    /// `estate`, `campaigns` or `playbooks`.
    pub part: &'static str,
    /// Its key: `assets.north-mail.count`.
    pub key: String,
    /// What it was, `None` when it was not there.
    pub was: Option<String>,
    /// What it is, `None` when it is gone.
    pub now: Option<String>,
}

/// A recording that only one run has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordingChange {
    /// Which.
    pub recording: RecordingId,
    /// Whether the earlier run has it, and the later has not.
    pub gone: bool,
}

/// Whether something got better or worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Only the later run has it.
    New,
    /// It got better.
    Better,
    /// It got worse.
    Worse,
    /// It is another, and neither better nor worse can be said.
    Other,
    /// Only the earlier run has it.
    Gone,
}

/// A verdict that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictChange {
    /// Which.
    pub verdict: VerdictId,
    /// How.
    pub direction: Direction,
    /// Its outcome in the earlier run.
    pub was: Option<Outcome>,
    /// Its outcome in the later run.
    pub now: Option<Outcome>,
    /// What the records can prove that it comes from; empty when they say nothing.
    pub because: Vec<String>,
}

/// How a rule changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleFate {
    /// The later run names it and the earlier does not: it may be new.
    New,
    /// Its text is another.
    Changed,
    /// The earlier run names it and the later does not: it may be gone.
    Gone,
    /// It must fire on a recording and does not any more.
    Lost,
    /// It was lost, and fires again.
    Found,
    /// It was lost, and nothing can be said of it any more.
    Unknown,
}

/// A rule that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleChange {
    /// Which.
    pub rule: RuleId,
    /// Its title.
    pub title: String,
    /// The recording that it must fire on, where that is what changed.
    pub recording: Option<RecordingId>,
    /// How.
    pub fate: RuleFate,
    /// What more is known.
    pub how: Option<&'static str>,
}

/// What is counted of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreMeasure {
    /// Share of the trials in which the payload fires.
    Payload,
    /// Share of the trials in which data leaves.
    Outflow,
    /// Share of the trials in which nobody notices.
    Unnoticed,
    /// Mean person-hours lost by the attack.
    HoursByAttack,
    /// Mean person-hours lost by containment.
    HoursByContainment,
}

/// A figure of a campaign that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreChange {
    /// The campaign.
    pub campaign: CampaignId,
    /// What is counted.
    pub measure: ScoreMeasure,
    /// What it was, with the interval of the exercises.
    pub was: Interval,
    /// What it is, with the interval of the exercises.
    pub now: Interval,
    /// Whether the intervals of the simulation lie apart; `None` where there is none.
    pub beyond_simulation: Option<bool>,
    /// Whether the intervals of the exercises lie apart.
    pub beyond_exercises: bool,
}
