//! Why a use case gave no answer.

use model::diagnostic::Diagnostic;

/// What went wrong underneath.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a use case gave no answer. What it means for an exit code or a status is the caller's.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Content that cannot be done without is not valid.
    #[error("{} findings: {}", .0.len(), .0.first().map_or_else(String::new, ToString::to_string))]
    Content(Vec<Diagnostic>),
    /// A file or folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// As messages name it.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something was asked for that is not there.
    #[error("{what} {name:?} is not known")]
    Unknown {
        /// What kind of thing, such as `campaign`.
        what: &'static str,
        /// The name as given.
        name: String,
        /// Where to look.
        hint: String,
    },
    /// The question does not fit the content.
    #[error("{0}")]
    Usage(String),
    /// A part of a record cannot be read with its identifiers masked, so it is not given out.
    #[error("{part}: an identifier cannot be masked there, so nothing is stored: {source}")]
    Unmasked {
        /// The part of the record.
        part: String,
        /// What does not fit.
        source: serde_json::Error,
    },
    /// The journal took no note, so nothing further was begun.
    #[error("the journal cannot be written: {0}")]
    Journal(#[source] Cause),
}
