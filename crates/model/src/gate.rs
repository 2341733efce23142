//! The gate: limits that a run must keep, and whether it did.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{CampaignId, RecordingId, RunId, TechniqueId};
use crate::quantity::{Interval, Seed};

/// What can be limited. The list is closed: `feuerprobe list measures` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Rules that must fire on a recording and did not.
    LostRules,
    /// Verdicts `logged`, `blind` or alerted late.
    Misses,
    /// Misses that were no misses in the run compared with.
    NewMisses,
    /// Verdicts of the run compared with that are not there, or came to no outcome.
    LostTests,
    /// Verdicts without an outcome: not run, crashed, inconclusive.
    NoOutcome,
    /// Rules that fired where nothing bad happened: on benign recordings and twins.
    BenignRules,
    /// Errors about the content that was read.
    ContentErrors,
    /// Share of the verdicts that are prevented or alerted in time.
    Seen,
    /// Share of the verdicts that are alerted in time.
    AlertedInTime,
    /// Share of the verdicts that are prevented.
    Prevented,
    /// Share of the techniques with at least one verdict that counts.
    TechniquesTested,
    /// Alerts on attacks, of these and of twins that raised one.
    Precision,
    /// Time from the act to the first alert, a quantile over the verdicts.
    AlertDelay,
    /// Chance that the payload fires.
    ChanceOfPayload,
    /// Chance that data leaves.
    ChanceOfOutflow,
    /// Chance that nobody notices anything.
    ChanceUnnoticed,
    /// Mean person-hours lost by the attack.
    HoursByAttack,
    /// Mean person-hours lost by our own containment.
    HoursByContainment,
    /// Mean number of tenants with a service past its RTO.
    TenantsBeyondRto,
    /// Mean number of tenants with a service past its MTPD.
    TenantsBeyondMtpd,
}

/// The unit of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// A whole number.
    Count,
    /// A share between 0 and 1.
    Share,
    /// Milliseconds; limits are written as durations, such as `30m`.
    Duration,
    /// Person-hours.
    PersonHours,
    /// A mean number of tenants.
    Tenants,
}

impl Measure {
    /// All measures, in the order of the list.
    pub const ALL: [Self; 20] = [
        Self::LostRules,
        Self::Misses,
        Self::NewMisses,
        Self::LostTests,
        Self::NoOutcome,
        Self::BenignRules,
        Self::ContentErrors,
        Self::Seen,
        Self::AlertedInTime,
        Self::Prevented,
        Self::TechniquesTested,
        Self::Precision,
        Self::AlertDelay,
        Self::ChanceOfPayload,
        Self::ChanceOfOutflow,
        Self::ChanceUnnoticed,
        Self::HoursByAttack,
        Self::HoursByContainment,
        Self::TenantsBeyondRto,
        Self::TenantsBeyondMtpd,
    ];

    /// Returns its name as written in `feuerprobe.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::LostRules => "lost-rules",
            Self::Misses => "misses",
            Self::NewMisses => "new-misses",
            Self::LostTests => "lost-tests",
            Self::NoOutcome => "no-outcome",
            Self::BenignRules => "benign-rules",
            Self::ContentErrors => "content-errors",
            Self::Seen => "seen",
            Self::AlertedInTime => "alerted-in-time",
            Self::Prevented => "prevented",
            Self::TechniquesTested => "techniques-tested",
            Self::Precision => "precision",
            Self::AlertDelay => "alert-delay",
            Self::ChanceOfPayload => "chance-of-payload",
            Self::ChanceOfOutflow => "chance-of-outflow",
            Self::ChanceUnnoticed => "chance-unnoticed",
            Self::HoursByAttack => "hours-by-attack",
            Self::HoursByContainment => "hours-by-containment",
            Self::TenantsBeyondRto => "tenants-beyond-rto",
            Self::TenantsBeyondMtpd => "tenants-beyond-mtpd",
        }
    }

    /// Returns the measure with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.name() == name)
    }

    /// Returns what it counts, in one line.
    pub fn what(self) -> &'static str {
        match self {
            Self::LostRules => "rules that must fire on a recording and did not",
            Self::Misses => "verdicts logged, blind or alerted late",
            Self::NewMisses => "misses that were none in the run compared with",
            Self::LostTests => "verdicts of the run compared with that are gone or came to no outcome",
            Self::NoOutcome => "verdicts without an outcome: not run, crashed, inconclusive",
            Self::BenignRules => "rules that fired on benign recordings and twins",
            Self::ContentErrors => "errors about the content that was read",
            Self::Seen => "verdicts prevented or alerted in time",
            Self::AlertedInTime => "verdicts alerted in time",
            Self::Prevented => "verdicts prevented",
            Self::TechniquesTested => "techniques with at least one verdict that counts",
            Self::Precision => "alerts on attacks, of these and of twins that raised one",
            Self::AlertDelay => "time from the act to the first alert",
            Self::ChanceOfPayload => "chance that the payload fires",
            Self::ChanceOfOutflow => "chance that data leaves",
            Self::ChanceUnnoticed => "chance that nobody notices anything",
            Self::HoursByAttack => "mean person-hours lost by the attack",
            Self::HoursByContainment => "mean person-hours lost by our own containment",
            Self::TenantsBeyondRto => "mean number of tenants with a service past its RTO",
            Self::TenantsBeyondMtpd => "mean number of tenants with a service past its MTPD",
        }
    }

    /// Returns its unit.
    pub fn unit(self) -> Unit {
        match self {
            Self::LostRules
            | Self::Misses
            | Self::NewMisses
            | Self::LostTests
            | Self::NoOutcome
            | Self::BenignRules
            | Self::ContentErrors => Unit::Count,
            Self::Seen
            | Self::AlertedInTime
            | Self::Prevented
            | Self::TechniquesTested
            | Self::Precision
            | Self::ChanceOfPayload
            | Self::ChanceOfOutflow
            | Self::ChanceUnnoticed => Unit::Share,
            Self::AlertDelay => Unit::Duration,
            Self::HoursByAttack | Self::HoursByContainment => Unit::PersonHours,
            Self::TenantsBeyondRto | Self::TenantsBeyondMtpd => Unit::Tenants,
        }
    }

    /// Returns the interval it is told with.
    pub fn interval(self) -> &'static str {
        match self {
            Self::Seen | Self::AlertedInTime | Self::Prevented => "95 % Jeffreys",
            Self::Precision => "95 % Clopper-Pearson",
            Self::AlertDelay => "95 % order statistics",
            Self::ChanceOfPayload | Self::ChanceOfOutflow | Self::ChanceUnnoticed => {
                "95 % trials and exercises"
            }
            Self::HoursByAttack | Self::HoursByContainment => "95 % exercises",
            _ => "exact",
        }
    }

    /// Returns whether it is a figure of a race, and so belongs to one campaign.
    pub fn is_raced(self) -> bool {
        matches!(
            self,
            Self::ChanceOfPayload
                | Self::ChanceOfOutflow
                | Self::ChanceUnnoticed
                | Self::HoursByAttack
                | Self::HoursByContainment
                | Self::TenantsBeyondRto
                | Self::TenantsBeyondMtpd
        )
    }

    /// Returns whether it is counted over verdicts, so that `of` may name a technique, tactic,
    /// campaign or recording.
    pub fn is_of_verdicts(self) -> bool {
        matches!(
            self,
            Self::LostRules
                | Self::Misses
                | Self::NewMisses
                | Self::LostTests
                | Self::NoOutcome
                | Self::Seen
                | Self::AlertedInTime
                | Self::Prevented
                | Self::TechniquesTested
                | Self::AlertDelay
        )
    }

    /// Returns whether it needs a run to compare with.
    pub fn needs_baseline(self) -> bool {
        matches!(self, Self::NewMisses | Self::LostTests)
    }

    /// Returns whether more of it is better.
    pub fn more_is_better(self) -> bool {
        matches!(
            self,
            Self::Seen | Self::AlertedInTime | Self::Prevented | Self::TechniquesTested | Self::Precision
        )
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a requirement is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "kebab-case")]
pub enum Scope {
    /// The whole run.
    All,
    /// One campaign: its races, or the verdicts of its techniques.
    Campaign(CampaignId),
    /// One technique, its sub-techniques included.
    Technique(TechniqueId),
    /// The techniques of one tactic, by id or short name.
    Tactic(String),
    /// One recording.
    Recording(RecordingId),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.pad("all"),
            Self::Campaign(id) => f.pad(&format!("campaign:{id}")),
            Self::Technique(id) => f.pad(&format!("technique:{id}")),
            Self::Tactic(id) => f.pad(&format!("tactic:{id}")),
            Self::Recording(id) => f.pad(&format!("recording:{id}")),
        }
    }
}

/// The limit of a requirement, in the unit of its measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
pub enum Limit {
    /// Not more.
    AtMost(f64),
    /// Not less.
    AtLeast(f64),
    /// Not worse than in the run compared with by more than this.
    NoWorseBy(f64),
}

/// What of a measure is held against its limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// Its whole interval: it passes or fails only as a whole.
    #[default]
    Interval,
    /// Its value alone.
    Value,
}

/// One line of the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Requirement {
    /// What is limited.
    pub measure: Measure,
    /// Of what.
    pub of: Scope,
    /// The limit.
    pub limit: Limit,
    /// What is held against it.
    pub judge: Judge,
    /// Which quantile, where the measure is one.
    pub quantile: Option<f64>,
    /// The line of `feuerprobe.toml` it stands on.
    pub line: u32,
}

impl Requirement {
    /// Returns a requirement that only asks for the value of a measure: no limit fails it.
    pub fn asking(measure: Measure, of: Scope) -> Self {
        Self {
            measure,
            of,
            limit: Limit::AtMost(f64::INFINITY),
            judge: Judge::Interval,
            quantile: None,
            line: 0,
        }
    }
}

/// The answer of a line or of the whole gate, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The limit is kept.
    Passed,
    /// The interval reaches across the limit.
    Undecided,
    /// The limit is not kept, or nothing was measured.
    Failed,
}

impl Answer {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Undecided => "undecided",
            Self::Failed => "failed",
        }
    }
}

/// A place in a file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file, relative to the folder that the gate was called in.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// One thing that a count is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Offence {
    /// What an acceptance calls it: `rule:ID@RECORDING`, `verdict:ID`, `benign:RULE` or
    /// `content:CODE@FILE`.
    pub key: String,
    /// The same, coarser: `rule:ID`, `recording:ID`, `technique:ID`.
    pub also: Vec<String>,
    /// What happened, in one sentence without a full stop.
    pub text: String,
    /// Why, worst first; empty where nothing is known.
    pub causes: Vec<String>,
    /// Where to look, if a file is known.
    pub place: Option<Place>,
    /// The acceptance that covers it.
    pub accepted: Option<Acceptance>,
    /// Whether the run compared with has it too; `None` without such a run.
    pub known: Option<bool>,
}

/// Something that is known to be bad and accepted for a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Acceptance {
    /// A key or a coarser name of an [`Offence`].
    pub what: String,
    /// Who is responsible.
    pub owner: String,
    /// Why it is accepted.
    pub reason: String,
    /// The last day on which it is accepted, `2027-03-31`.
    pub until: String,
    /// Who approved it.
    pub approved_by: String,
    /// The line of the file it stands on.
    #[serde(default)]
    pub line: u32,
}

/// One requirement and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateLine {
    /// What was required.
    pub requirement: Requirement,
    /// What was measured, in the unit of the measure; for a limit relative to another run,
    /// the difference to it. `None`: nothing was measured.
    pub measured: Option<Interval>,
    /// How many cases it rests on: verdicts, trials, alerts or techniques.
    pub cases: u64,
    /// Whether the limit is kept.
    pub answer: Answer,
    /// Why, in one sentence without a full stop.
    pub why: String,
    /// What the count is made of, those accepted included.
    pub offences: Vec<Offence>,
}

/// What is wrong with an acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptanceFinding {
    /// The acceptance.
    pub acceptance: Acceptance,
    /// What is wrong.
    pub state: AcceptanceState,
}

/// How an acceptance stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptanceState {
    /// Its last day is past, and what it accepts is still there: the gate fails.
    Expired,
    /// It ends within two weeks.
    Expiring,
    /// It names nothing that is wrong in this run.
    Unused,
}

/// The result of a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Version of this shape.
    pub version: u32,
    /// Version of Feuerprobe that judged.
    pub product: String,
    /// The run judged; `None` for a record from a file.
    pub run: Option<RunId>,
    /// The run compared with, as it was named.
    pub against: Option<String>,
    /// Seed of the run judged.
    pub seed: Seed,
    /// ATT&CK version of the run judged.
    pub attack: String,
    /// The whole answer.
    pub answer: Answer,
    /// Whether an undecided line fails the gate.
    pub undecided_fails: bool,
    /// The lines, in the order of the file.
    pub lines: Vec<GateLine>,
    /// What is wrong with acceptances.
    pub acceptances: Vec<AcceptanceFinding>,
}

/// The version of [`Gate`].
pub const GATE_VERSION: u32 = 1;

impl Gate {
    /// Returns the offences of all lines, each once, in order of their keys.
    pub fn offences(&self) -> Vec<&Offence> {
        let mut all: Vec<&Offence> = self.lines.iter().flat_map(|l| &l.offences).collect();
        all.sort_by(|a, b| a.key.cmp(&b.key));
        all.dedup_by(|a, b| a.key == b.key);
        all
    }

    /// Returns the result as JSON, the same for equal results.
    ///
    /// # Panics
    /// Never: the shape can always be written as JSON.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a gate is always valid JSON");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measure_has_a_name_of_its_own_that_is_read_back() {
        for measure in Measure::ALL {
            assert_eq!(Measure::named(measure.name()), Some(measure));
            assert_eq!(serde_json::to_value(measure).expect("JSON"), measure.name());
        }
        assert_eq!(Measure::named("lost-rule"), None);
    }
}
