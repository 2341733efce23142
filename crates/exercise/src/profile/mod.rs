//! Hardening profiles: what a unit file, a container's seccomp policy or a Landlock
//! policy would refuse.
//!
//! A reader turns the bytes of a profile into a [`Profile`], which says in one shape
//! what each directive means. The sandbox enforces what the kernel lets it enforce:
//! system calls as verdicts of the observer (a filter that answers with an error
//! number would hide the attempt), paths as mounts, capabilities by dropping them. The
//! rest is kept in [`Profile::modelled`] and evaluated on observed actions.
//!
//! System call rules are decided by number and register values only. Memory that an
//! argument points to can be rewritten between the decision and the call.

mod calls;
mod capability;
mod errno;
mod groups;
mod landlock;
mod modelled;
mod mounts;
mod oci;
mod prevention;
mod unit;

use std::collections::BTreeMap;
use std::fmt;

pub use calls::{Answer, CallFilter, CallRule, Compare, Test};
pub use landlock::read_landlock;
pub use modelled::Refused;
pub use mounts::{Access, MountKind, MountRule};
pub use oci::read_seccomp;
pub use prevention::{Candidate, Gain, LINES, Open, Props, candidates, prevention, rank, took_place};
pub use unit::{UnitFile, read_unit};

/// What kind of document a profile was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A systemd unit file with its drop-ins.
    Unit,
    /// An OCI seccomp policy in JSON.
    Seccomp,
    /// A Landlock policy in YAML.
    Landlock,
}

/// One line of a profile, kept as evidence of who refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Directive {
    /// The directive as written, such as `ProtectSystem=strict`.
    pub text: String,
    /// The file it stands in, as the user named it.
    pub file: String,
    /// The line in that file, from 1.
    pub line: u32,
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What the observer must answer instead of carrying out a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial<'a> {
    /// The error number that the call returns, positive.
    pub errno: i32,
    /// Whether the profile ends the process (SIGSYS) instead of returning.
    pub kill: bool,
    /// The directive that refuses, as written.
    pub directive: &'a str,
}

/// A directive that the sandbox cannot enforce, evaluated on observed actions instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelledRule {
    /// The directive.
    pub directive: Directive,
    /// What it would refuse.
    pub rule: Modelled,
}

/// What a rule that is not enforced would refuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modelled {
    /// Traffic with addresses in `deny` that are not in `allow` (systemd.resource-control(5),
    /// `IPAddressAllow=`, `IPAddressDeny=`).
    Addresses {
        /// Networks that may be reached, whatever `deny` says.
        allow: Vec<Network>,
        /// Networks that must not be reached.
        deny: Vec<Network>,
    },
    /// Access to device nodes other than these, below `/dev`.
    Devices {
        /// Device paths that stay usable.
        allow: Vec<String>,
    },
}

/// A range of addresses: an address and the length of its prefix in bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Network {
    /// The address.
    pub address: std::net::IpAddr,
    /// How many leading bits must be equal.
    pub bits: u8,
}

/// A directive that refuses nothing the sandbox could show, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The directive.
    pub directive: Directive,
    /// Why it is neither enforced nor modelled, a clause without a full stop.
    pub reason: String,
}

/// A Landlock policy: everything that is not granted is refused with EACCES.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LandlockPolicy {
    /// What is granted, by path.
    pub paths: Vec<PathGrant>,
    /// TCP ports that may be connected to; `None` leaves connecting unrestricted.
    pub connect: Option<Vec<u16>>,
    /// TCP ports that may be bound; `None` leaves binding unrestricted.
    pub bind: Option<Vec<u16>>,
}

/// Rights on a file or on everything below a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathGrant {
    /// The absolute path.
    pub path: String,
    /// What may be done there.
    pub rights: Vec<Right>,
    /// The entry in the policy.
    pub directive: Directive,
}

/// One group of Landlock access rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Read files and list folders.
    Read,
    /// Run files.
    Execute,
    /// Write and truncate files that exist.
    Write,
    /// Create files, folders, links and sockets, and rename into a folder.
    Create,
    /// Remove files and folders, and rename out of a folder.
    Remove,
}

/// What a hardening profile means for a procedure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// A short name, such as `nginx.service`.
    pub name: String,
    /// What it was read from.
    pub source: Source,
    /// System call filters; each decides for itself and the first that refuses wins.
    pub calls: Vec<CallFilter>,
    /// Paths that are read-only, hidden, not executable or replaced.
    pub mounts: Vec<MountRule>,
    /// Capabilities that are taken away, by number (capabilities(7)), with the directive.
    pub dropped: BTreeMap<u8, Directive>,
    /// A Landlock ruleset to add before the procedure starts.
    pub landlock: Option<LandlockPolicy>,
    /// The directive that leaves the procedure without a network but loopback.
    pub no_network: Option<Directive>,
    /// The directive that runs the procedure as an ordinary user instead of root.
    pub ordinary_user: Option<Directive>,
    /// Rules that are evaluated on observed actions.
    pub modelled: Vec<ModelledRule>,
    /// Directives without effect here, each with its reason.
    pub ignored: Vec<Ignored>,
}

impl Profile {
    /// Returns a profile that refuses nothing.
    pub fn empty(name: &str, source: Source) -> Self {
        Self {
            name: name.to_owned(),
            source,
            calls: Vec::new(),
            mounts: Vec::new(),
            dropped: BTreeMap::new(),
            landlock: None,
            no_network: None,
            ordinary_user: None,
            modelled: Vec::new(),
            ignored: Vec::new(),
        }
    }

    /// Returns the refusal of a native system call with these register values, if any.
    pub fn deny(&self, number: u32, args: [u64; 6]) -> Option<Denial<'_>> {
        self.calls.iter().find_map(|filter| filter.deny(number, args))
    }

    /// Returns the numbers for which [`Profile::deny`] may refuse, ascending: the calls
    /// that the observer must stop at.
    pub fn watched(&self) -> Vec<u32> {
        model::syscalls::numbers()
            .filter(|number| self.calls.iter().any(|filter| filter.may_refuse(*number)))
            .collect()
    }

    /// Returns the capabilities that stay, as a bit mask by capability number.
    pub fn capabilities(&self) -> u64 {
        self.dropped.keys().filter(|n| **n < 64).fold(u64::MAX, |mask, n| mask & !(1_u64 << n))
    }
}
