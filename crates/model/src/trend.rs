//! Measures of stored runs over time.

use serde::{Deserialize, Serialize};

use crate::gate::{Measure, Scope};
use crate::id::{RunId, TechniqueId, VerdictId};
use crate::quantity::{Interval, Millis, Ratio, Timestamp};

/// A measure of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Which.
    pub measure: Measure,
    /// Of what.
    pub of: Scope,
    /// Its value with its 95 % interval, in the unit of the measure.
    pub measured: Interval,
    /// Verdicts, techniques or trials behind it.
    pub cases: u64,
}

/// What became of one test in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestResult {
    /// The test: recording and technique.
    pub test: VerdictId,
    /// The technique.
    pub technique: TechniqueId,
    /// Whether it was prevented or alerted in time.
    pub seen: bool,
}

/// What is kept of a run for trends, also when its record is deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredRun {
    /// The run.
    pub run: RunId,
    /// When it was stored.
    pub stored: Timestamp,
    /// Its verb.
    pub verb: String,
    /// Its measures.
    pub readings: Vec<Reading>,
    /// Its tests that came to an outcome.
    pub results: Vec<TestResult>,
    /// The techniques that its content asks about, measured or not.
    pub techniques: Vec<TechniqueId>,
}

impl MeasuredRun {
    /// Returns it as it is stored: JSON.
    ///
    /// # Panics
    /// Never: it holds numbers, texts and lists.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("numbers, texts and lists are valid JSON")
    }

    /// Returns what is stored in `bytes`.
    ///
    /// # Errors
    /// What does not fit.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|e| e.to_string())
    }
}

/// A measure of one run, as a point of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The run.
    pub run: RunId,
    /// When it was stored.
    pub stored: Timestamp,
    /// The value with its interval.
    pub measured: Interval,
    /// Verdicts, techniques or trials behind it.
    pub cases: u64,
}

/// How the newest point stands to the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Move {
    /// Better by more than both intervals allow.
    Better,
    /// Worse by more than both intervals allow.
    Worse,
    /// The intervals overlap, so no change is shown.
    NotShown,
}

impl Move {
    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NotShown => "no change shown",
        }
    }
}

/// One measure over the runs of one verb, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendSeries {
    /// The verb whose runs these are.
    pub verb: String,
    /// Which measure.
    pub measure: Measure,
    /// Of what.
    pub of: Scope,
    /// Its points.
    pub points: Vec<Point>,
    /// How the newest stands to the one before; `None` with one point alone.
    pub moved: Option<Move>,
}

/// Tests that changed sides between the two newest runs of a verb; only tests that both have count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides {
    /// The verb.
    pub verb: String,
    /// Tests of both runs.
    pub both: u64,
    /// Missed before and seen now.
    pub gained: Vec<VerdictId>,
    /// Seen before and missed now.
    pub lost: Vec<VerdictId>,
}

/// How long a test that was missed took until it was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapClosure {
    /// Gaps that were closed.
    pub closed: u64,
    /// Tests that are missed now, by test, with when the gap was first seen.
    pub open: Vec<(VerdictId, Timestamp)>,
    /// Time after which half of the gaps are closed, open ones counted as not yet closed (Kaplan and
    /// Meier); `None` while fewer than half are.
    pub median: Option<Millis>,
}

/// Which techniques were tested lately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TestedWithin {
    /// Days looked back.
    pub days: u32,
    /// Techniques of the newest run with a test that came to an outcome within the days.
    pub tested: u64,
    /// Techniques of the newest run.
    pub of: u64,
    /// Their share; `None` without techniques.
    pub share: Option<Ratio>,
    /// Techniques whose last test is older, or that have none.
    pub stale: Vec<TechniqueId>,
}

/// How stored runs developed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Runs looked at.
    pub runs: u64,
    /// By verb, measure and scope.
    pub series: Vec<TrendSeries>,
    /// By verb.
    pub sides: Vec<Sides>,
    /// Gaps and how long they stay.
    pub gaps: GapClosure,
    /// What was tested lately.
    pub tested: TestedWithin,
}

impl Trend {
    /// Returns it as JSON, as it is printed.
    ///
    /// # Panics
    /// Never: it holds numbers, texts and lists.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("numbers, texts and lists are valid JSON")
    }
}
