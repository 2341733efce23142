//! Procedures: benign acts written down as data, to be run in the sandbox.
//!
//! A procedure is a folder with a `procedure.yaml` and, beside it, a `twin.yaml`
//! in the same format: the harmless everyday act that looks alike. The fields are
//! those of Atomic Red Team with what a measurement needs beside them: the effects
//! it may cause, a check that it took place, the telemetry it must leave and the
//! rules that must fire. Atomic Red Team's own files are read too.
//!
//! Nothing here starts anything. [`Procedure::job`] says what the sandbox is to
//! run, and what it observed becomes an ordinary recording, so that everything after
//! this room treats an exercise like one that took place elsewhere.

mod atomic;
mod contract;
mod glob;
mod job;
mod read;
mod substitute;
mod survey;
mod telemetry;

use std::collections::BTreeMap;
use std::net::IpAddr;

use model::attack::Joined;
use model::event::LogSource;
use model::exercise::{Effects, User};
use model::id::{RecordingId, RuleId, TechniqueId};
use model::quantity::Millis;
use model::recording::RecordingKind;

pub use atomic::{Atomics, Excluded, is_plan, read_atomics, read_plan};
pub use contract::{breaches, seen};
pub use job::UNMET;
pub use read::read_procedure;
pub use survey::{Procedures, survey_procedures};
pub use telemetry::{Telemetry, telemetry};

/// A procedure may run this long when it says nothing else.
pub const DEFAULT_TIMEOUT: Millis = Millis(10_000);

/// The longest time a procedure may ask for. A hundred of them one after the other
/// then still end within a working day.
pub const MAX_TIMEOUT: Millis = Millis(5 * 60_000);

/// One act that can be run in the sandbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Procedure {
    /// Its folder below the root; a twin's ends in `/twin`. The recording that a run
    /// of it becomes has the same id.
    pub id: RecordingId,
    /// The file it was read from.
    pub file: String,
    /// Attack or twin.
    pub kind: RecordingKind,
    /// What it does, for people.
    pub name: String,
    /// The same at length.
    pub description: String,
    /// Techniques in the matrix's ATT&CK version, sorted. Empty for a twin that
    /// names none until the survey gives it its procedure's.
    pub techniques: Vec<TechniqueId>,
    /// The techniques as published and how they were joined.
    pub published: Vec<Joined>,
    /// Values that its texts name as `#{name}`.
    pub arguments: BTreeMap<String, Argument>,
    /// What must be there before it can run.
    pub dependencies: Vec<Dependency>,
    /// What is run.
    pub executor: Executor,
    /// What the sandbox holds before it runs.
    pub stage: Stage,
    /// What it may cause.
    pub contract: Contract,
    /// A script that is run inside afterwards; exit code 0 means that the act took place.
    pub success: Option<String>,
    /// Log sources the act must leave.
    pub telemetry: Vec<LogSource>,
    /// Rules that must fire on it, sorted.
    pub expected_rules: Vec<RuleId>,
    /// How long it may run.
    pub timeout: Millis,
    /// An alert later than this after the act is late.
    pub deadline: Millis,
    /// What its result is to say beside what happened, as whole clauses.
    pub notes: Vec<String>,
    /// Where it comes from.
    pub source: String,
    /// Which test of Atomic Red Team it is; `None` for our own format.
    pub atomic: Option<AtomicTest>,
}

/// A value that the texts of a procedure name as `#{name}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// What it is, for people.
    pub description: String,
    /// `string`, `path`, `url`, `integer` or `float`, in lower case.
    pub kind: String,
    /// The value used.
    pub default: String,
}

/// Something that must be there before a procedure can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// What it is, for people.
    pub description: String,
    /// A script that ends with exit code 0 when it is there.
    pub check: String,
    /// A script that fetches it inside the sandbox when it is not.
    pub get: Option<String>,
}

/// What is run, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executor {
    /// The interpreter's path, such as `/bin/bash`. The script comes to it by a file
    /// descriptor, never as an argument.
    pub shell: String,
    /// The interpreter of the dependencies' scripts.
    pub dependency_shell: String,
    /// As whom.
    pub user: User,
    /// The script.
    pub command: String,
    /// What would undo it on a real host. The sandbox is thrown away instead.
    pub cleanup: Option<String>,
}

/// What the sandbox holds before a procedure runs, beside what it always holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// Files to make.
    pub files: Vec<StagedFile>,
    /// Absolute paths at which a program is put that does nothing, for tools that
    /// are not installed.
    pub stubs: Vec<String>,
    /// Names that resolve inside, and to what.
    pub names: BTreeMap<String, IpAddr>,
}

/// A file that is made before a procedure runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedFile {
    /// Its absolute path inside the sandbox.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its permission bits.
    pub mode: u32,
    /// Whose it is.
    pub owner: User,
}

/// What a procedure may cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contract {
    /// What the wildcards cover and nothing else; a breach costs the result.
    Declared(Effects),
    /// Nothing was declared, as in an imported test: it may do whatever the sandbox
    /// lets it, and its result says that its effects are observed only.
    ObservedOnly,
}

/// Which test of Atomic Red Team a procedure is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtomicTest {
    /// Its published id; `None` when the file gives none.
    pub guid: Option<String>,
    /// Its place in its file, from 1.
    pub number: usize,
}

impl Procedure {
    /// Returns whether it is the harmless counterpart of another.
    pub fn is_twin(&self) -> bool {
        self.kind == RecordingKind::Twin
    }

    /// Returns what it may cause, with its arguments filled in; `None` when that was
    /// not declared.
    pub fn effects(&self) -> Option<Effects> {
        let Contract::Declared(effects) = &self.contract else { return None };
        let fill = |list: &[String]| list.iter().map(|text| self.fill(text)).collect();
        Some(Effects {
            files: fill(&effects.files),
            processes: fill(&effects.processes),
            sockets: fill(&effects.sockets),
            privileges: fill(&effects.privileges),
        })
    }

    /// Returns `text` with the values of its arguments.
    pub fn fill(&self, text: &str) -> String {
        substitute::fill(text, &self.arguments)
    }
}

/// Returns whether an interpreter reads the language of the shell.
fn is_shell(path: &str) -> bool {
    ["sh", "bash", "dash", "zsh", "ksh"].iter().any(|name| path.rsplit('/').next() == Some(name))
}
