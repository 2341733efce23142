//! Inputs of a run that the ledger keeps, so that its verdicts can be judged again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a group of kept files is to the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Rule files, by path below the rules folder.
    Rules,
    /// Texts of procedures, by id.
    Procedures,
    /// The profile under test, by name.
    Profile,
    /// Telemetry, by the path that a recording names.
    Events,
    /// ATT&CK as far as tags are joined to it.
    Attack,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 5] = [Self::Rules, Self::Procedures, Self::Profile, Self::Events, Self::Attack];

    /// Returns the word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Procedures => "procedures",
            Self::Profile => "profile",
            Self::Events => "events",
            Self::Attack => "attack",
        }
    }
}

/// A file of a run: kept, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Its bytes.
    Whole(Vec<u8>),
    /// It is not kept.
    Left {
        /// Why not, as a clause: `it holds identifiers of insured people`.
        why: String,
    },
}

/// The inputs of a run, as the ledger takes and gives them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Files by group and name.
    pub groups: BTreeMap<Group, BTreeMap<String, Content>>,
}

impl Kept {
    /// Returns the files of a group with their bytes.
    ///
    /// # Errors
    /// Why one of them, or the whole group, is not kept.
    pub fn whole(&self, group: Group) -> Result<Vec<(&str, &[u8])>, String> {
        let Some(files) = self.groups.get(&group) else {
            return Err(format!("{} are not kept for this run", group.word()));
        };
        let whole = files.iter().map(|(name, content)| match content {
            Content::Whole(bytes) => Ok((name.as_str(), bytes.as_slice())),
            Content::Left { why } => Err(format!("{} {name}: {why}", group.word())),
        });
        whole.collect()
    }
}

/// What stands in the ledger in place of a group's files: their hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Manifest {
    /// By name.
    pub files: BTreeMap<String, Held>,
}

/// A file in a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Held {
    /// BLAKE3 of its bytes, under which they are kept.
    Hash(String),
    /// It was not kept, and why.
    Left(String),
}

impl Manifest {
    /// Returns the manifest as JSON bytes, the same for equal manifests.
    ///
    /// # Panics
    /// Never: a map of texts can be written as JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a map of texts is valid JSON")
    }

    /// Returns the manifest in `bytes`.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|e| format!("it is no list of kept files: {e}"))
    }
}
