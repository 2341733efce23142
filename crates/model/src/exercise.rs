//! An exercise: what a run of a procedure in the sandbox leaves in the record.
//!
//! Its telemetry becomes a [`Recording`](crate::recording::Recording) like any
//! other and is judged like one; this is what only a sandbox knows beside it:
//! where it ran, what it touched, what was refused, and that nothing is left.

use serde::{Deserialize, Serialize};

use crate::id::{RecordingId, TechniqueId};

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

/// What a procedure causes: declared before it runs, or seen while it ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Effects {
    /// Files made, changed or removed: paths, declared ones with wildcards. Sorted.
    pub files: Vec<String>,
    /// Programs started. Sorted.
    pub processes: Vec<String>,
    /// Addresses spoken to, as `203.0.113.10:443/tcp`. Sorted.
    pub sockets: Vec<String>,
    /// Privileged calls. Sorted.
    pub privileges: Vec<String>,
}

impl Effects {
    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Returns how many there are.
    pub fn count(&self) -> usize {
        self.files.len() + self.processes.len() + self.sockets.len() + self.privileges.len()
    }

    /// Returns the kinds with what belongs to them, in fixed order.
    pub fn kinds(&self) -> [(&'static str, &[String]); 4] {
        [
            ("files", &self.files),
            ("processes", &self.processes),
            ("sockets", &self.sockets),
            ("privileges", &self.privileges),
        ]
    }
}

/// Something the procedure tried and did not get. It is no telemetry: rules
/// describe what took place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    /// What was tried, such as `open /etc/shadow for reading`.
    pub what: String,
    /// Who refused it: `guard`, `system`, or a directive of the profile.
    pub by: String,
    /// How often.
    pub times: u64,
}

/// Proof that nothing is left of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct CleanProof {
    /// Processes of the run that were still alive after it.
    pub survivors: u64,
    /// Mounts of the run that were still there after it.
    pub mounts: u64,
}

impl CleanProof {
    /// Returns whether nothing is left.
    pub fn is_clean(&self) -> bool {
        self.survivors == 0 && self.mounts == 0
    }
}

/// How the procedure ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "end", rename_all = "kebab-case")]
pub enum Ending {
    /// With an exit code. It says nothing about success.
    Exited {
        /// The code.
        code: i32,
    },
    /// By a signal.
    Signalled {
        /// Its number.
        signal: i32,
    },
    /// By a limit that the observer enforces.
    Limit {
        /// Which, such as `time`.
        which: String,
    },
    /// It was not started.
    NotStarted,
}

/// What a hardening profile did to a procedure that works without it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "prevention", rename_all = "kebab-case")]
pub enum Prevention {
    /// It stopped it: with the profile the technique did not take place.
    Prevented {
        /// The directives that refused something, in order of their first refusal.
        by: Vec<String>,
        /// Whether a directive among them was only evaluated on what was observed,
        /// because the kernel could not enforce it here.
        modelled: bool,
    },
    /// It took place all the same.
    NotPrevented,
    /// It does not take place without the profile either, so nothing can be said.
    NotTestable {
        /// Why.
        why: String,
    },
}

/// One run of one procedure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exercise {
    /// The recording its telemetry became.
    pub recording: RecordingId,
    /// BLAKE3 of the procedure's text.
    pub procedure: String,
    /// What confined it; `None` when it was not started.
    pub tier: Option<Tier>,
    /// As whom it ran.
    pub user: User,
    /// How it ended.
    pub ending: Ending,
    /// Its success check inside the sandbox; `None` when it has none or did not get there.
    pub success: Option<bool>,
    /// What it may cause; `None` when that was not declared, as in an imported test.
    pub declared: Option<Effects>,
    /// What it caused.
    pub seen: Effects,
    /// What it caused without having declared it.
    pub undeclared: Vec<String>,
    /// What it tried and did not get.
    pub refused: Vec<Refusal>,
    /// What differs inside the sandbox after it, as `added /tmp/x`.
    pub changes: Vec<String>,
    /// Microseconds from its start to its end on the observer's clock.
    pub elapsed: u64,
    /// Microseconds from its start to the first alert of the streaming detector.
    pub alert_after: Option<u64>,
    /// Proof that nothing is left.
    pub clean: CleanProof,
    /// Where the run was less faithful than the best tier's, as whole clauses.
    pub notes: Vec<String>,
    /// What the profile under test did to it; `None` without a profile.
    pub prevention: Option<Prevention>,
}

/// One further line of a profile with what it would stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileLine {
    /// The line, such as `ProtectSystem=strict`.
    pub line: String,
    /// Techniques it would stop among those that the profile leaves open.
    pub techniques: Vec<TechniqueId>,
    /// Whether they were run again with it and were stopped.
    pub verified: bool,
}

/// A hardening profile that was tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileTest {
    /// Its file name.
    pub name: String,
    /// Its kind, such as `systemd unit`.
    pub kind: String,
    /// BLAKE3 of its text.
    pub hash: String,
    /// Techniques of which every testable procedure was stopped.
    pub stopped: Vec<TechniqueId>,
    /// Techniques of which at least one procedure took place.
    pub open: Vec<TechniqueId>,
    /// Lines that would stop more, the best first.
    pub lines: Vec<ProfileLine>,
    /// Directives that the kernel could not enforce here, each with the reason.
    pub modelled: Vec<String>,
}
