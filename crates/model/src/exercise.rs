//! An exercise: what a run of a procedure in the sandbox leaves in the record.
//!
//! Its telemetry becomes a [`Recording`](crate::recording::Recording) like any
//! other and is judged like one; this is what only a sandbox knows beside it:
//! where it ran, what it touched, what was refused, and that nothing is left.

use serde::{Deserialize, Serialize};

/// Which means confined a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Namespaces of its own over a root made for it, with an observer.
    Namespaces,
    /// Landlock and the same observer, for containers without namespaces.
    Landlock,
}

impl Tier {
    /// Returns the word the glossary uses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Landlock => "Landlock",
        }
    }
}

/// As whom a procedure runs inside the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum User {
    /// The sandbox's own root, which is nobody outside.
    Root,
    /// An ordinary user.
    Ordinary,
}
