//! Repairs of rules: the smallest change after which a rule fires where it stayed silent.

use serde::{Deserialize, Serialize};

use crate::id::{RecordingId, RuleId};

/// A rule that stayed silent where it was expected or came nearest, with the change proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleRepair {
    /// The rule.
    pub rule: RuleId,
    /// Its title.
    pub title: String,
    /// The file that holds it, below its rules folder.
    pub file: String,
    /// Recordings on which it must fire (it is expected there) and stayed silent.
    pub lost: Vec<RecordingId>,
    /// Recordings of its technique on which it came nearest and stayed silent.
    pub silent: Vec<RecordingId>,
    /// How many changes were tried.
    pub tried: u64,
    /// How many of them fire on one of these recordings.
    pub firing: u64,
    /// The smallest one that adds no false alarm; `None` where there is none.
    pub proposal: Option<Proposal>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_none: Option<String>,
}

/// A change of a rule. It is proposed and never made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The line that changes, from 1.
    pub line: u32,
    /// What changes, in words.
    pub what: String,
    /// Whether it takes much more than the events it was made of, so that quiet recordings say
    /// little about it.
    pub wide: bool,
    /// The difference of the file in the unified form.
    pub diff: String,
    /// Recordings on which the rule fires after it and stayed silent before, of those it should.
    pub repaired: Vec<RecordingId>,
    /// Benign twins on which it stays quiet; it fires on none that it was quiet on.
    pub twins: u64,
    /// Other benign recordings on which it stays quiet.
    pub benign: u64,
    /// Further attacks of its technique on which it fires now.
    pub further: Vec<RecordingId>,
    /// Attacks of other techniques on which it was quiet and fires now.
    pub elsewhere: Vec<RecordingId>,
}
