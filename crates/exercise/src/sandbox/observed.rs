//! What a run hands back.

use std::fmt;

use model::exercise::Tier;

use super::action::Action;

/// A bound of [`Limits`](super::Limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Processes alive at once.
    Processes,
    /// Processes started in all.
    Forks,
    /// Actions recorded.
    Events,
    /// Bytes of output.
    Output,
    /// Distinct names looked up and addresses that datagrams arrived at.
    Names,
    /// Bytes of arguments, paths and names recorded.
    Text,
    /// Files and folders made, where no file system of its own bounds their sum.
    Files,
    /// Time.
    Deadline,
}

impl Limit {
    /// Returns its name in results.
    pub fn word(self) -> &'static str {
        match self {
            Self::Processes => "processes",
            Self::Forks => "forks",
            Self::Events => "events",
            Self::Output => "output",
            Self::Names => "names",
            Self::Text => "recorded text",
            Self::Files => "files",
            Self::Deadline => "time",
        }
    }
}

/// How the procedure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Its first process ended with this code. It says nothing about success.
    Exited(i32),
    /// Its first process was ended by this signal.
    Signalled(i32),
    /// The observer ended it at this bound.
    Limit(Limit),
}

/// What became of a path inside the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It is gone.
    Removed,
    /// Content, permissions, owner or time differ.
    Modified,
}

/// One difference between the sandbox before and after.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The absolute path inside the sandbox.
    pub path: String,
    /// What became of it.
    pub kind: ChangeKind,
}

/// Proof that nothing is left, taken after the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clean {
    /// Processes of the run that are still there.
    pub survivors: u32,
    /// Mounts or scratch folders of the run that are still there.
    pub mounts: u32,
}

impl Clean {
    /// Returns whether nothing is left.
    pub fn is_clean(self) -> bool {
        self.survivors == 0 && self.mounts == 0
    }
}

/// What one run of a job showed.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// What confined it.
    pub tier: Tier,
    /// How it ended.
    pub end: End,
    /// Whether the check found that the technique took place; `None` when there is no
    /// check or it was not reached.
    pub success: Option<bool>,
    /// Everything it was seen doing, in the order in which it was seen.
    pub actions: Vec<Action>,
    /// What differs inside the sandbox afterwards, sorted.
    pub changes: Vec<Change>,
    /// The beginning of what it wrote to its output, at most [`Limits::output`](super::Limits::output) bytes.
    pub output: Vec<u8>,
    /// Microseconds from its start to its end.
    pub elapsed: u64,
    /// Proof that nothing is left.
    pub clean: Clean,
    /// Where this run was less faithful than the best this program can do, as whole
    /// clauses without a full stop.
    pub notes: Vec<String>,
}

/// Why nothing was run. Nothing is ever run unconfined instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is missing or failed.
    pub reason: String,
    /// What helps.
    pub remedy: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.reason, self.remedy)
    }
}

impl std::error::Error for Refusal {}

/// One mechanism that the sandbox is built from, as probed on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name, such as `user namespaces`.
    pub name: &'static str,
    /// Whether it works here.
    pub works: bool,
    /// What was found.
    pub detail: String,
    /// What helps when it does not work; empty when it does.
    pub remedy: String,
}
