//! What is run, and within which limits.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

pub use model::exercise::User;

use crate::profile::Profile;

/// A file that is there before the procedure starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// Its absolute path inside the sandbox.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its permission bits, such as `0o644`.
    pub mode: u32,
    /// Whose it is.
    pub owner: User,
}

/// Bounds that the observer enforces by ending the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Processes and threads alive at once.
    pub processes: u32,
    /// Processes and threads started in all.
    pub forks: u32,
    /// Actions recorded.
    pub events: u32,
    /// Bytes of output kept; one more ends the run.
    pub output: u32,
    /// Time from the start of the procedure to its end, its check included.
    pub deadline: Duration,
    /// Bytes of address space of one process (RLIMIT_AS).
    pub memory: u64,
}

impl Default for Limits {
    /// Returns bounds that ordinary procedures stay far below.
    fn default() -> Self {
        Self {
            processes: 128,
            forks: 2_000,
            events: 20_000,
            output: 64 << 10,
            deadline: Duration::from_secs(10),
            memory: 1 << 30,
        }
    }
}

/// One run of one procedure.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The program that reads the script, such as `["/bin/bash"]`. The script's path,
    /// a file descriptor, is added at the end.
    pub argv: Vec<String>,
    /// The script. It is handed over by file descriptor and never stands on a command line.
    pub script: String,
    /// As whom it runs inside the sandbox.
    pub user: User,
    /// Files that are there before it starts.
    pub files: Vec<Staged>,
    /// Absolute paths of programs that do nothing and succeed, for tools that are absent.
    pub stubs: Vec<String>,
    /// Names that the sandbox's name service knows; every other name has an address
    /// reserved for documentation.
    pub names: BTreeMap<String, IpAddr>,
    /// A script run inside after the procedure; exit code 0 means that the technique took place.
    pub success: Option<String>,
    /// Bounds.
    pub limits: Limits,
    /// A hardening profile to enforce beside our own rules.
    pub profile: Option<Profile>,
    /// The newest version of Landlock to use, for a trial of what an older kernel gives;
    /// `None` uses all that this kernel has.
    pub landlock: Option<u32>,
    /// A word in the environment (`FEUERPROBE`) by which telemetry of this run is known.
    pub marker: String,
}

impl Job {
    /// Returns a job that runs `script` with `shell` and the default limits.
    pub fn new(shell: &str, script: &str, user: User) -> Self {
        Self {
            argv: vec![shell.to_owned()],
            script: script.to_owned(),
            user,
            files: Vec::new(),
            stubs: Vec::new(),
            names: BTreeMap::new(),
            success: None,
            limits: Limits::default(),
            profile: None,
            landlock: None,
            marker: String::new(),
        }
    }
}
