//! Why something cannot be stored or read.

use model::diagnostic::Diagnostic;

/// What went wrong underneath: of the database, the file or the lock.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the ledger gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ledger cannot be used.
    #[error("the ledger {ledger} cannot be used: {source}")]
    Unusable {
        /// How the ledger is named.
        ledger: String,
        /// What the system or the database said.
        source: Cause,
    },
    /// The ledger was made by a version of this program that knows more.
    #[error(
        "the ledger {ledger} was made by a newer version: its tables are version {version}, this program knows up to {known}"
    )]
    Newer {
        /// How the ledger is named.
        ledger: String,
        /// The version of its tables.
        version: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// A stored run is not what was stored.
    #[error("run {run} of the ledger {ledger} is damaged or was changed: {why}")]
    Damaged {
        /// How the ledger is named.
        ledger: String,
        /// The run's id.
        run: String,
        /// What does not fit.
        why: String,
    },
    /// No run, or more than one, has this name.
    #[error("run {name:?} is not known")]
    Unknown {
        /// The name as given.
        name: String,
        /// Where to look.
        hint: String,
    },
    /// A stored record is of a shape that this program does not read.
    #[error("{0}")]
    Unreadable(Box<Diagnostic>),
}

impl Error {
    /// Returns that the ledger cannot be used, and why.
    pub(crate) fn unusable(ledger: &std::path::Path, source: impl Into<Cause>) -> Self {
        Self::Unusable { ledger: ledger.display().to_string(), source: source.into() }
    }
}
