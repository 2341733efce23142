//! The record of a run: the only shape that is stored and exchanged.
//!
//! A record holds no clock and no path of the machine it was made on: the same
//! inputs and seed give the same bytes. When a run was made and under which id
//! stands beside the record in the ledger ([`RunInfo`]).
//!
//! Unknown fields are tolerated on reading, so that a record of a later minor
//! version can still be shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attack::{MatrixCounts, Tactic, Technique};
use crate::campaign::Campaign;
use crate::crisis::Crisis;
use crate::decide::Card;
use crate::detection::{Replay, RuleInfo, RuleSetSummary};
use crate::diagnostic::Diagnostic;
use crate::estate::Estate;
use crate::event::EventRef;
use crate::evidence::Evidence;
use crate::exercise::{Exercise, ProfileTest};
use crate::id::{RuleId, RunId, TechniqueId};
use crate::lines::FileLines;
use crate::live::Live;
use crate::playbook::Playbook;
use crate::quantity::{Seed, Timestamp};
use crate::recording::Recording;
use crate::restart::RestartPlan;
use crate::scorecard::{CampaignScore, Coverage, Lever, NotTested};
use crate::tabletop::Tabletop;
use crate::verdict::Verdict;

/// The version of [`Record`]; raised when a field is added, not when it is first used.
pub const RECORD_VERSION: u32 = 4;

/// ATT&CK as far as the record needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MatrixSummary {
    /// ATT&CK version.
    pub version: String,
    /// Domain.
    pub domain: String,
    /// Where it was read from.
    pub source: String,
    /// Tactics in matrix order.
    pub tactics: Vec<Tactic>,
    /// Techniques that occur in the run, and their parents.
    pub techniques: BTreeMap<TechniqueId, Technique>,
    /// How much the bundle held.
    pub counts: MatrixCounts,
}

/// What went in, with its hash, so that two runs can be compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// What it is: `rules`, `recordings`, `attack`, `estate`, `campaigns`, `playbooks`, [`HOST`].
    pub name: String,
    /// `built-in`, or the last part of the path given.
    pub source: String,
    /// BLAKE3 over its content in order of file names.
    pub hash: String,
}

/// The name of the [`Input`] that is the host of an exercise.
pub const HOST: &str = "host";

/// A raw event kept as evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Which.
    pub event: EventRef,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// The host.
    pub host: Option<String>,
    /// Its fields; long values are cut with a mark.
    pub fields: serde_json::Value,
}

/// A rule that another source says must fire on a recording, and whether it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelCheck {
    /// Which label set: `gold`, `silver`.
    pub set: String,
    /// Pairs of recording and rule in the label set.
    pub pairs: u64,
    /// Pairs that fired here.
    pub reproduced: u64,
    /// Firings on labelled recordings that the label set does not name.
    pub extra: u64,
    /// Pairs that did not fire, with the reason found.
    pub missing: Vec<LabelMiss>,
    /// Extra firings by rule, with the number of recordings.
    pub extra_rules: BTreeMap<RuleId, u64>,
}

/// A labelled pair that did not fire here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelMiss {
    /// The recording.
    pub recording: String,
    /// The rule.
    pub rule: RuleId,
    /// The cause chain in words, worst link first.
    pub causes: Vec<String>,
}

/// One run, complete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`RECORD_VERSION`] of the writer.
    pub version: u32,
    /// Version of Feuerprobe that wrote it.
    pub product: String,
    /// The seed.
    pub seed: Seed,
    /// Trials per campaign; 0 when only replayed.
    pub trials: u32,
    /// What went in.
    pub inputs: Vec<Input>,
    /// ATT&CK.
    pub matrix: MatrixSummary,
    /// The rule set.
    pub rule_set: RuleSetSummary,
    /// Rules named anywhere in the record.
    pub rules: BTreeMap<RuleId, RuleInfo>,
    /// Recordings by id.
    pub recordings: Vec<Recording>,
    /// What each recording held and which rules fired, in the same order.
    pub replays: Vec<Replay>,
    /// Runs of procedures whose telemetry is among the recordings, by recording; since version 2.
    #[serde(default)]
    pub exercises: Vec<Exercise>,
    /// The hardening profile they ran under, when one was tested; since version 2.
    #[serde(default)]
    pub profile: Option<ProfileTest>,
    /// Verdicts by id.
    pub verdicts: Vec<Verdict>,
    /// Raw events named in verdicts.
    pub samples: Vec<Sample>,
    /// Comparison with labels beside the recordings, when there are any.
    pub labels: Vec<LabelCheck>,
    /// The measuring half in figures.
    pub coverage: Coverage,
    /// Evidence per technique.
    pub evidence: Evidence,
    /// The estate; `None` when only replayed.
    pub estate: Option<Estate>,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
    /// Playbooks.
    pub playbooks: Vec<Playbook>,
    /// What each campaign would have done.
    pub scores: Vec<CampaignScore>,
    /// What to do next, best first.
    pub levers: Vec<Lever>,
    /// What was not tested, and why.
    pub not_tested: Vec<NotTested>,
    /// The decision card, where the run made one; since version 4.
    #[serde(default)]
    pub card: Option<Card>,
    /// The restart plan, where the run made one; since version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<RestartPlan>,
    /// The figures of an outage, where the run made them; since version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crisis: Option<Crisis>,
    /// The exercise, where the run made one; since version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tabletop: Option<Tabletop>,
    /// What a SIEM was asked and what it answered, where one was; since version 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
    /// What readers had to say.
    pub diagnostics: Vec<Diagnostic>,
    /// On which line of estate, campaigns and playbooks a figure stands; since version 4.
    #[serde(default)]
    pub lines: Vec<FileLines>,
}

/// What the ledger knows about a run beside its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The run's id.
    pub id: RunId,
    /// When it was stored.
    pub stored: Timestamp,
    /// The verb that made it, such as `run` or `replay`.
    pub verb: String,
    /// BLAKE3 of the record's bytes.
    pub hash: String,
}

/// What is said first about results that are not the user's own.
pub const DEMO: &str = "demo: fictional provider";

impl Record {
    /// Returns whether what was measured or raced is the built-in provider's, which is fictional.
    pub fn is_demo(&self) -> bool {
        let own = ["estate", "campaigns", "rules", "recordings"];
        self.inputs.iter().any(|i| i.source == "built-in" && own.contains(&i.name.as_str()))
    }

    /// Returns the record as JSON bytes, the same for equal records.
    ///
    /// # Panics
    /// Never: every shape in a record can be written as JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a record is always valid JSON")
    }

    /// Returns the record in `bytes`.
    ///
    /// # Errors
    /// A [`Diagnostic`] when the bytes are no record, or one of a later major shape.
    pub fn from_bytes(file: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let record: Self = serde_json::from_slice(bytes).map_err(|e| {
            Diagnostic::error(file, "record.unreadable", format!("this is not a run record: {e}"))
                .help("give a file written by `feuerprobe run --format json` or a run id from `feuerprobe list runs`")
                .at(u32::try_from(e.line()).unwrap_or(u32::MAX), u32::try_from(e.column()).unwrap_or(u32::MAX))
        })?;
        if record.version > RECORD_VERSION {
            return Err(Diagnostic::error(
                file,
                "record.newer",
                format!("the record has version {}, this program knows {RECORD_VERSION}", record.version),
            )
            .help("use the version of feuerprobe that wrote it, or a later one"));
        }
        Ok(record)
    }
}
