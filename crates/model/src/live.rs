//! Live: what somebody else's SIEM was asked about an act, what it answered, and what that proves.

use serde::{Deserialize, Serialize};

use crate::id::{RecordingId, TechniqueId};
use crate::quantity::{Millis, Ratio, Timestamp};

/// A request to a source; only reading ones are ever made.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// How.
    pub method: Method,
    /// Path and query below the source's address: `/logs-*/_search`.
    pub path: String,
    /// The JSON to send.
    pub body: Option<serde_json::Value>,
}

/// The methods that questions need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Asks with a body.
    Post,
    /// Ends a search context that an earlier question opened.
    Delete,
}

/// An answer with everything that is needed to judge it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The `Date` of the server, if it sent one.
    pub date: Option<String>,
    /// When the request went out, by our clock.
    pub sent: Timestamp,
    /// When the answer was complete, by our clock.
    pub got: Timestamp,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a question was not answered. None of them means that there is no alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The address cannot be connected to, or its certificate is not trusted.
    Unreachable,
    /// It took longer than is waited for.
    TimedOut,
    /// The key is not known or may not read this (401, 403).
    NoAccess,
    /// The index is not there, or nothing there may be read.
    NoSuchSource,
    /// It asked to be left alone for longer than is waited for (429, 503).
    Busy,
    /// It answered with an error.
    Failed,
    /// It answered with what is not understood: no JSON, cut off, fields missing.
    Unreadable,
    /// The answer is longer than is read.
    TooLong,
}

impl Trouble {
    /// Returns it in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unreachable => "cannot be reached",
            Self::TimedOut => "did not answer in time",
            Self::NoAccess => "refuses the key",
            Self::NoSuchSource => "has no such index, or the key may not read it",
            Self::Busy => "is busy",
            Self::Failed => "answered with an error",
            Self::Unreadable => "answered with what cannot be read",
            Self::TooLong => "answered with more than is read",
        }
    }
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Whether anything of the host can be read at all, and up to when.
    Control,
    /// Raw events about the time of the act.
    Events,
    /// Alerts since the act.
    Alerts,
    /// How often a rule alerts on the host without the act.
    Background,
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ended", rename_all = "kebab-case")]
pub enum Ended {
    /// All rows were seen.
    Complete,
    /// Rows were seen, and there may be more.
    Partial {
        /// Why.
        why: String,
    },
    /// Nothing is known.
    Failed {
        /// The kind.
        trouble: Trouble,
        /// What the source said, cut.
        why: String,
    },
}

/// One question, also one that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The source.
    pub source: String,
    /// What was asked.
    pub about: About,
    /// When it was asked.
    pub asked: Timestamp,
    /// From when on.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// BLAKE3 of path and body of the first request.
    pub query: String,
    /// Requests made.
    pub requests: u32,
    /// Rows seen.
    pub rows: u64,
    /// How it ended.
    #[serde(flatten)]
    pub ended: Ended,
}

/// What ties a row to the act, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tie {
    /// The marker stands in it.
    Marker,
    /// It names a stored event of the act.
    Ancestor,
    /// It names a process of the act on the act's host, in the act's time.
    Process,
    /// Host, time, and a rule that is expected or names the technique.
    HostTimeRule,
    /// Host and time alone.
    HostTime,
}

/// What a row counts for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum Standing {
    /// It is the act's.
    Attributed,
    /// It may be the act's: by chance it would be there with `chance`.
    Probable {
        /// Chance that an alert of this rule falls on this host and window by itself.
        chance: Ratio,
    },
    /// The rule alerts so often that the alert proves nothing.
    Coincident {
        /// The same chance.
        chance: Ratio,
    },
    /// It is not the act's.
    Unrelated {
        /// What speaks against it.
        why: String,
    },
}

/// The rule that an alert names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TheirRule {
    /// Their id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of the Sigma rule that it was made from, where that can be known.
    pub sigma: Option<String>,
    /// Techniques that it names, as written.
    pub techniques: Vec<String>,
}

/// A row of an answer that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// The source.
    pub source: String,
    /// [`About::Events`] or [`About::Alerts`].
    pub kind: About,
    /// Their id of the row.
    pub native: String,
    /// When it happened, by their account.
    pub event: Option<Timestamp>,
    /// When it was stored.
    pub ingested: Option<Timestamp>,
    /// When the alert was made.
    pub alerted: Option<Timestamp>,
    /// When we first saw it.
    pub first_seen: Timestamp,
    /// The rule, for alerts.
    pub rule: Option<TheirRule>,
    /// Alerts that it stands for beside itself.
    pub folded: u64,
    /// Whether it is kept from people: a building block.
    pub hidden: bool,
    /// What ties it to the act.
    pub ties: Vec<Tie>,
    /// What it counts for.
    #[serde(flatten)]
    pub standing: Standing,
}

/// Where the way from the act to the alert breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// The act itself.
    Act,
    /// Sensor, forwarder or indexer: no event of the act is stored.
    Stored,
    /// Our engine with the Sigma rules over the stored events.
    Rules,
    /// Their rules: an alert is there.
    Alert,
    /// An alert that people are shown.
    Shown,
}

impl Layer {
    /// Returns the words of tables and pages.
    pub fn words(self) -> &'static str {
        match self {
            Self::Act => "the act took place",
            Self::Stored => "its events are stored",
            Self::Rules => "our engine fires on them",
            Self::Alert => "their rule alerts",
            Self::Shown => "the alert is shown",
        }
    }
}

/// What is known of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The layer.
    pub layer: Layer,
    /// Whether it holds; `None` where it is not known.
    pub holds: Option<bool>,
    /// By what, or why it is not known.
    pub by: String,
}

/// A span of time with the bound of its error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// The span; below 0 where clocks differ.
    pub ms: i64,
    /// How far the true span can be from it, as far as clocks are known; `None` where the clock
    /// of the host against that of the source is not known.
    pub bound: Option<Millis>,
}

/// Delays on the way from the act to the alert; each only where both ends are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latencies {
    /// From the act to the event.
    pub sensor: Option<Latency>,
    /// From the event to where it is stored.
    pub ingest: Option<Latency>,
    /// From there to the alert.
    pub rule: Option<Latency>,
    /// From the act to the alert.
    pub total: Option<Latency>,
}

/// What answers prove about an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "proven", rename_all = "kebab-case")]
pub enum Proven {
    /// An alert of the act was shown.
    Alerted {
        /// From the act.
        delay: Option<Millis>,
        /// Whether that is after the deadline.
        late: bool,
    },
    /// There is an alert that is kept from people.
    Hidden,
    /// Its events are stored, and no alert came.
    Logged,
    /// No event of it is stored.
    Blind,
    /// An alert or an event can still come.
    Pending {
        /// What is waited for.
        why: String,
    },
    /// The source cannot tell.
    Unanswerable {
        /// Why.
        why: String,
    },
}

impl Proven {
    /// Returns the word of tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Alerted { late: false, .. } => "alerted",
            Self::Alerted { late: true, .. } => "alerted late",
            Self::Hidden => "alert hidden",
            Self::Logged => "logged",
            Self::Blind => "blind",
            Self::Pending { .. } => "pending",
            Self::Unanswerable { .. } => "unanswerable",
        }
    }

    /// Returns how far it got: what is judged again never falls.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Unanswerable { .. } => 0,
            Self::Pending { .. } => 1,
            Self::Blind => 2,
            Self::Logged => 3,
            Self::Hidden => 4,
            Self::Alerted { late: true, .. } => 5,
            Self::Alerted { late: false, .. } => 6,
        }
    }
}

/// What one source proves about one technique of an act, at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The act.
    pub act: RecordingId,
    /// Its technique.
    pub technique: TechniqueId,
    /// The source.
    pub source: String,
    /// When the act began: acts of one name on other days are others.
    pub began: Option<Timestamp>,
    /// When it was judged.
    pub at: Timestamp,
    /// Up to when events of the host are known to be stored.
    pub watermark: Option<Timestamp>,
    /// What is proven.
    #[serde(flatten)]
    pub proven: Proven,
    /// Layer by layer; the first that does not hold is where it breaks.
    pub steps: Vec<Step>,
    /// Delays.
    pub latencies: Latencies,
    /// How far the clock of the source is ahead of ours: least and most, in milliseconds.
    pub clock: Option<(i64, i64)>,
    /// An earlier judgement proved more; it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Timestamp>,
}

/// What was asked and what came of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Sources by name, with the profile they were asked by.
    pub sources: Vec<AskedSource>,
    /// Every question.
    pub questions: Vec<Question>,
    /// Every alert row and the raw events tied to acts, by act.
    pub sightings: Vec<(RecordingId, Vec<Sighting>)>,
    /// Every judgement.
    pub judgements: Vec<Judgement>,
}

/// A source that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedSource {
    /// Its name in the workspace.
    pub name: String,
    /// The profile.
    pub profile: String,
    /// What the profile was tried on.
    pub confirmed: String,
}
