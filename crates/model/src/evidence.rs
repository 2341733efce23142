//! Evidence: what the verdicts say about each technique, with intervals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{RunId, TechniqueId, VerdictId};
use crate::quantity::{Interval, Quantiles, Timestamp};
use crate::verdict::OutcomeKind;

/// How a technique was tested. Every technique of a campaign is in exactly one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "kebab-case")]
pub enum EvidenceClass {
    /// Run in the sandbox.
    Exercised,
    /// Replayed from a recording.
    Replayed,
    /// Not tested; only the prior speaks. Shown as "not measured", never as 0.
    Reasoned {
        /// Why it was not tested.
        why: String,
    },
    /// It cannot be exercised here.
    CannotExercise {
        /// Why not.
        reason: String,
    },
}

/// How often each outcome was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCounts {
    /// Stopped.
    pub prevented: u32,
    /// Seen, late alerts included.
    pub alerted: u32,
    /// Only recorded.
    pub logged: u32,
    /// Not even recorded.
    pub blind: u32,
    /// No verdict possible; not counted as evidence either way.
    pub inconclusive: u32,
}

impl OutcomeCounts {
    /// Returns how many verdicts count as evidence.
    pub fn measured(self) -> u32 {
        self.prevented + self.alerted + self.logged + self.blind
    }
}

/// The delay from act to alert, log-normal, fitted with right-censoring.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DelayFit {
    /// Median and 90 % quantile in minutes.
    pub quantiles: Quantiles,
    /// Alerts with a known delay.
    pub observed: u32,
    /// Verdicts without an alert inside the window.
    pub censored: u32,
}

/// What is known about one technique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TechniqueEvidence {
    /// How it was tested.
    pub class: EvidenceClass,
    /// What was seen.
    pub counts: OutcomeCounts,
    /// Prior weights of the Dirichlet over prevented, alerted, logged, blind.
    pub prior: [f64; 4],
    /// Chance that an attempt is stopped: mean and 95 % credible interval.
    pub prevented: Interval,
    /// Chance that an attempt is alerted on.
    pub alerted: Interval,
    /// Chance that it is only recorded.
    pub logged: Interval,
    /// Chance that it leaves nothing.
    pub blind: Interval,
    /// Concentration of the frailty: near 0 a rule fires always or never inside
    /// one trial, large means every attempt is its own chance.
    pub concentration: f64,
    /// Delay from act to alert.
    pub delay: DelayFit,
    /// The verdicts counted.
    pub verdicts: Vec<VerdictId>,
    /// Earlier runs of exercised tests with the present inputs, which are in the counts too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repeats: Vec<Repeated>,
    /// What stands in the Dirichlet for prevented, alerted, logged and blind; `None` where that are
    /// the counts. A test that was run often weighs no more than another of the technique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<[f64; 4]>,
}

impl TechniqueEvidence {
    /// Returns what stands in the Dirichlet for prevented, alerted, logged and blind, beside the prior.
    pub fn weights(&self) -> [f64; 4] {
        let OutcomeCounts { prevented, alerted, logged, blind, .. } = self.counts;
        self.weights.unwrap_or([prevented, alerted, logged, blind].map(f64::from))
    }
}

impl TechniqueEvidence {
    /// Returns when the newest of the earlier runs was stored.
    pub fn last(&self) -> Option<Timestamp> {
        self.repeats.iter().flat_map(|r| &r.runs).map(|run| run.stored).max()
    }
}

/// Earlier runs of one exercised test with the present inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    /// The test: procedure and technique.
    pub test: VerdictId,
    /// The technique.
    pub technique: TechniqueId,
    /// The runs, oldest first.
    pub runs: Vec<RepeatedRun>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatedRun {
    /// The stored run.
    pub run: RunId,
    /// When it was stored.
    pub stored: Timestamp,
    /// What the defence did.
    pub outcome: OutcomeKind,
    /// Whether it is so old that it earns no credit any more; a miss never is.
    pub aged: bool,
}

impl Repeated {
    /// Returns how many runs there are, old ones included.
    pub fn number(&self) -> u64 {
        u64::try_from(self.runs.len()).unwrap_or(u64::MAX)
    }

    /// Returns the runs that count.
    pub fn counted(&self) -> impl Iterator<Item = &RepeatedRun> {
        self.runs.iter().filter(|run| !run.aged)
    }
}

/// What is known about every technique in question.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Evidence {
    /// By technique.
    pub techniques: BTreeMap<TechniqueId, TechniqueEvidence>,
}

/// How many of the techniques in question were measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Techniques with at least one verdict that counts.
    pub measured: u32,
    /// Techniques in question.
    pub of: u32,
}

impl Evidence {
    /// Returns how many of `techniques` were measured; each counts once.
    pub fn measured(&self, techniques: impl IntoIterator<Item = TechniqueId>) -> Measured {
        let all: std::collections::BTreeSet<TechniqueId> = techniques.into_iter().collect();
        let has = |id: &&TechniqueId| self.techniques.get(*id).is_some_and(|t| t.counts.measured() > 0);
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Measured { measured: number(all.iter().filter(has).count()), of: number(all.len()) }
    }
}
