//! What can end a command early, and the exit codes.

use std::process::ExitCode;

use model::diagnostic::Diagnostic;

/// How a command ended. The numbers are part of the program's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done.
    Passed = 0,
    /// A gate failed: a lost rule, a difference that was not allowed.
    GateFailed = 1,
    /// Content is not valid.
    ContentInvalid = 2,
    /// Configuration, arguments or environment are wrong.
    Configuration = 3,
    /// Nothing was selected, or nothing ran.
    NothingRan = 4,
    /// The run is not complete; never a pass.
    Incomplete = 5,
    /// It was interrupted; what had ended is kept.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Content that the command cannot do without is not valid.
    #[error("{} of the input files cannot be used", count(.0))]
    Content(Vec<Diagnostic>),
    /// A file or folder named by the user cannot be read.
    #[error("cannot read {path}: {why}")]
    Unreadable {
        /// The path as the user gave it.
        path: String,
        /// What the system said.
        why: String,
    },
    /// A file cannot be written.
    #[error("cannot write {path}: {why}")]
    Unwritable {
        /// The path.
        path: String,
        /// What the system said.
        why: String,
    },
    /// The ledger cannot be used.
    #[error("the ledger {path} cannot be used: {why}")]
    Ledger {
        /// Its path.
        path: String,
        /// What it said.
        why: String,
    },
    /// The ledger was made by a version of this program that knows more.
    #[error(
        "the ledger {path} was made by a newer version: its tables are version {version}, this program knows up to {known}"
    )]
    NewerLedger {
        /// Its path.
        path: String,
        /// The version of its tables.
        version: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// A stored run is not what was stored.
    #[error("run {run} of the ledger {ledger} is damaged or was changed: {why}")]
    Damaged {
        /// The ledger's path.
        ledger: String,
        /// The run's id.
        run: String,
        /// What does not fit.
        why: String,
    },
    /// Something was asked for that is not there.
    #[error("{what} {name:?} is not known")]
    Unknown {
        /// What kind of thing, such as `run`.
        what: &'static str,
        /// The name as given.
        name: String,
        /// Where to look.
        hint: String,
    },
    /// Something that was found, and not named, belongs to somebody else.
    #[error("{path} belongs to another user (uid {owner}) and was not named, so it is not used")]
    Owner {
        /// Where it lies.
        path: String,
        /// Whose it is.
        owner: u32,
        /// How to use it all the same.
        remedy: &'static str,
    },
    /// This machine confines nothing, so nothing is run.
    #[error("no procedure can be confined here: {reason}")]
    NoSandbox {
        /// What is missing.
        reason: String,
        /// What helps.
        remedy: String,
    },
    /// Nothing to do.
    #[error("{0}")]
    Nothing(String),
    /// Arguments that do not go together.
    #[error("{0}")]
    Usage(String),
}

fn count(list: &[Diagnostic]) -> usize {
    let mut files: Vec<&str> = list.iter().map(|d| d.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    files.len()
}

impl Failure {
    /// Returns the exit code that belongs to it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Content(_) => Exit::ContentInvalid,
            Self::Unreadable { .. }
            | Self::Unwritable { .. }
            | Self::Ledger { .. }
            | Self::NewerLedger { .. }
            | Self::Damaged { .. }
            | Self::Unknown { .. }
            | Self::Owner { .. }
            | Self::NoSandbox { .. }
            | Self::Usage(_) => Exit::Configuration,
            Self::Nothing(_) => Exit::NothingRan,
        }
    }

    /// Returns what the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Content(_) => Some("`feuerprobe check` lists every finding at once".to_owned()),
            Self::Unreadable { .. } => Some("check the path and its permissions".to_owned()),
            Self::Unwritable { .. } => Some("check the folder's permissions and free space".to_owned()),
            Self::Ledger { .. } => {
                Some("check permissions and free space, or name another file with --ledger".to_owned())
            }
            Self::NewerLedger { .. } => {
                Some("use the newer program, or name another file with --ledger".to_owned())
            }
            Self::Damaged { .. } => {
                Some("take the ledger from a backup; `feuerprobe list runs` shows the other runs".to_owned())
            }
            Self::Unknown { hint, .. } => Some(hint.clone()),
            Self::Owner { remedy, .. } => Some((*remedy).to_owned()),
            Self::NoSandbox { remedy, .. } => Some(format!(
                "{remedy}; `feuerprobe doctor` shows every layer, `feuerprobe replay` needs none"
            )),
            Self::Nothing(_) => Some("`feuerprobe plan` shows what would run".to_owned()),
            Self::Usage(_) => Some("`feuerprobe help` explains the verbs".to_owned()),
        }
    }
}
