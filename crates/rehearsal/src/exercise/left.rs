//! What one exercise leaves.

use std::collections::BTreeMap;

use model::exercise::Exercise;
use model::recording::Recording;

/// What one exercise leaves: its facts, and its telemetry as a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// What only the sandbox knows.
    pub exercise: Exercise,
    /// The recording; its files are keys of `files`.
    pub recording: Recording,
    /// Telemetry by path below the recordings folder.
    pub files: BTreeMap<String, String>,
}

impl Left {
    /// Returns it as bytes for the journal.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&(&self.exercise, &self.recording, &self.files)).unwrap_or_default()
    }

    /// Returns what [`Left::to_bytes`] wrote, `None` for anything else: it is then made again.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (exercise, recording, files) = serde_json::from_slice(bytes).ok()?;
        Some(Self { exercise, recording, files })
    }
}
