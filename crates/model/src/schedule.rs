//! Planned runs and what came of each.

use crate::quantity::Timestamp;

/// What became of a planned time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotState {
    /// Its run goes on.
    Started,
    /// Its run came to its end.
    Finished,
    /// Its run could not be done, or was cut off.
    Failed,
    /// It has no run.
    Skipped,
}

impl SlotState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Started, Self::Finished, Self::Failed, Self::Skipped];

    /// Returns the word by which it is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// A planned time and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The schedule's name.
    pub schedule: String,
    /// The planned time.
    pub planned: Timestamp,
    /// What became of it; `None` for a stored word that this program does not know.
    pub state: Option<SlotState>,
    /// The summary of its run, or why there was none.
    pub why: String,
    /// The stored run.
    pub run: Option<String>,
}

/// How a schedule stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The schedule's name.
    pub schedule: String,
    /// The verb that it runs.
    pub run: String,
    /// Its next planned time, as people of its zone write it.
    pub next: Option<String>,
    /// When its last run came to its end, or when it was first seen.
    pub finished: Option<String>,
    /// Why it is an alarm.
    pub alarm: Option<String>,
}
