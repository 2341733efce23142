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
    /// The ledger gave no answer.
    #[error(transparent)]
    Store(store::Error),
    /// A record holds identifiers that cannot be masked, or an exercise is not on record.
    #[error(transparent)]
    Refused(rehearsal::Error),
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
            | Self::Store(_)
            | Self::Refused(_)
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
            Self::Store(error) => Some(stored(error)),
            Self::Unknown { hint, .. } => Some(hint.clone()),
            Self::Owner { remedy, .. } => Some((*remedy).to_owned()),
            Self::NoSandbox { remedy, .. } => Some(format!(
                "{remedy}; `feuerprobe doctor` shows every layer, `feuerprobe replay` needs none"
            )),
            Self::Nothing(_) => Some("`feuerprobe plan` shows what would run".to_owned()),
            Self::Refused(_) | Self::Usage(_) => Some("`feuerprobe help` explains the verbs".to_owned()),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unreadable(finding) => Self::Content(vec![*finding]),
            store::Error::Unknown { name, hint } => Self::Unknown { what: "run", name, hint },
            other => Self::Store(other),
        }
    }
}

/// Returns what the user can do about the ledger.
fn stored(error: &store::Error) -> String {
    match error {
        store::Error::Unusable { .. } => {
            "check permissions and free space, or name another file with --ledger".to_owned()
        }
        store::Error::Newer { .. } => "use the newer program, or name another file with --ledger".to_owned(),
        store::Error::Damaged { .. } => {
            "take the ledger from a backup; `feuerprobe list runs` shows the other runs".to_owned()
        }
        store::Error::Unknown { hint, .. } => hint.clone(),
        store::Error::Unreadable(_) => "`feuerprobe check` lists every finding at once".to_owned(),
    }
}

impl From<rehearsal::Error> for Failure {
    fn from(error: rehearsal::Error) -> Self {
        use rehearsal::Error;
        match error {
            Error::Content(findings) => Self::Content(findings),
            Error::Unreadable { path, source } => Self::Unreadable { path, why: source.to_string() },
            Error::Unknown { what, name, hint } => Self::Unknown { what, name, hint },
            Error::Usage(why) => Self::Usage(why),
            Error::Journal(cause) => match cause.downcast::<store::Error>() {
                Ok(error) => Self::from(*error),
                Err(cause) => Self::Refused(Error::Journal(cause)),
            },
            error @ Error::Unmasked { .. } => Self::Refused(error),
        }
    }
}
