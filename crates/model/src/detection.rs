//! Rules, and what they did on a recording.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attack::Joined;
use crate::event::{LogSource, Origin};
use crate::id::{RecordingId, RuleId, TechniqueId};
use crate::quantity::Timestamp;

/// A rule as far as a verdict needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// Its id; a rule without one gets `sha-` and the start of its hash.
    pub id: RuleId,
    /// Its title.
    pub title: String,
    /// Sigma level, `medium` when absent.
    pub level: String,
    /// What it looks at.
    pub source: LogSource,
    /// Techniques in the matrix's ATT&CK version, sorted.
    pub techniques: Vec<TechniqueId>,
    /// Technique tags as published and how they were joined.
    pub published: Vec<Joined>,
    /// BLAKE3 of the rule's text, first 16 hex digits.
    pub hash: String,
    /// The file it was read from, relative to the rules folder.
    pub file: String,
}

/// A rule file or document that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RejectedRule {
    /// The file, relative to the rules folder.
    pub file: String,
    /// The rule's title or id, when it could be read.
    pub rule: Option<String>,
    /// Why.
    pub reason: String,
}

/// What a rules folder gave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleSetSummary {
    /// Files read.
    pub files: u64,
    /// Rules in use.
    pub loaded: u64,
    /// Sigma filters in use.
    pub filters: u64,
    /// Correlation rules in use.
    pub correlations: u64,
    /// Rules that could not be used, by file.
    pub rejected: Vec<RejectedRule>,
    /// Distinct techniques that at least one rule names.
    pub techniques: u64,
    /// Technique tags that could not be joined to the matrix, with how many rules carry them.
    pub not_joined: BTreeMap<String, u64>,
    /// BLAKE3 over all rules in order of their ids.
    pub hash: String,
}

/// One rule that fired on a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// The rule.
    pub rule: RuleId,
    /// On how many events it matched and no Sigma filter took the match back; see [`Firing::passed`].
    pub events: u64,
    /// The first of them in reading order, at most [`Firing::KEPT`].
    pub first: Vec<u64>,
    /// When the earliest of them reached the rules, if events carry times.
    pub arrived: Option<Timestamp>,
    /// On how many further events a Sigma filter took the match back.
    pub suppressed: u64,
}

impl Firing {
    /// How many event places a firing keeps.
    pub const KEPT: usize = 8;

    /// Returns on how many events the rule alerted: it matched, and no Sigma filter took the match
    /// back. Those taken back are counted beside them in `suppressed`, and are never part of these.
    pub fn passed(&self) -> u64 {
        self.events
    }
}

/// All firings on one recording, and what the recording held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// The recording.
    pub recording: RecordingId,
    /// Events read.
    pub events: u64,
    /// Records or lines that could not be read.
    pub unreadable: u64,
    /// Events per origin. Stored as [`Origin`] writes itself; records of version 3 and older
    /// left out unknown parts, and are read so that no log source counts as not collected.
    #[serde(with = "origins")]
    pub sources: BTreeMap<Origin, u64>,
    /// Rules that alerted, by rule id.
    pub firings: Vec<Firing>,
    /// Rules of which a Sigma filter took every match back, with on how many events; since version 4.
    #[serde(default)]
    pub taken_back: BTreeMap<RuleId, u64>,
    /// Per rule that alerted the first event, where no technique is known that the recording is
    /// judged by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shown: BTreeMap<RuleId, Shown>,
}

/// The first event on which a rule alerted, as far as the rule looks at it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// When it happened.
    pub time: Option<Timestamp>,
    /// The host it came from.
    pub host: Option<String>,
    /// The fields that matched and their values, long ones cut; for a correlation those of its
    /// group.
    pub fields: Vec<(String, String)>,
}

impl Replay {
    /// Returns on how many events a rule alerted.
    pub fn passed(&self, rule: &RuleId) -> u64 {
        self.firings.iter().filter(|f| f.rule == *rule).map(Firing::passed).sum()
    }
}

/// Origins as keys of a stored map.
mod origins {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::event::Origin;

    pub(super) fn serialize<S: Serializer>(
        sources: &BTreeMap<Origin, u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(sources.iter().map(|(origin, events)| (origin.to_string(), events)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Origin, u64>, D::Error> {
        let stored = BTreeMap::<String, u64>::deserialize(deserializer)?;
        let mut sources = BTreeMap::new();
        for (text, events) in stored {
            *sources.entry(Origin::stored(&text)).or_default() += events;
        }
        Ok(sources)
    }
}
