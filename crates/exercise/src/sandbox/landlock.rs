//! Landlock rulesets, enforced without taking memory.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::CString;

use super::job::Job;
use super::observed::Refusal;
use super::raw::{self, Errno};
use super::root::c;
use crate::profile::{LandlockPolicy, Right};

/// `LANDLOCK_ACCESS_FS_*` (Linux, `include/uapi/linux/landlock.h`).
mod access {
    pub(super) const EXECUTE: u64 = 1;
    pub(super) const WRITE_FILE: u64 = 1 << 1;
    pub(super) const READ_FILE: u64 = 1 << 2;
    pub(super) const READ_DIR: u64 = 1 << 3;
    pub(super) const REMOVE: u64 = 1 << 4 | 1 << 5;
    /// Characters, folders, files, sockets, pipes, blocks, links.
    pub(super) const MAKE: u64 = 0x7f << 6;
    /// From version 2.
    pub(super) const REFER: u64 = 1 << 13;
    /// From version 3.
    pub(super) const TRUNCATE: u64 = 1 << 14;
    /// From version 5.
    pub(super) const IOCTL_DEV: u64 = 1 << 15;
    /// What concerns a file, and may stand in a rule about one.
    pub(super) const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
}

/// `LANDLOCK_ACCESS_NET_BIND_TCP` and `LANDLOCK_ACCESS_NET_CONNECT_TCP`, from version 4.
const BIND_TCP: u64 = 1;
const CONNECT_TCP: u64 = 2;

/// `LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET` and `LANDLOCK_SCOPE_SIGNAL`, from version 6.
const SCOPES: u64 = 3;

/// The first version that keeps signals and abstract sockets in (Linux 6.12).
pub(super) const SCOPED: u32 = 6;

/// Returns the version of Landlock that this kernel has, at most `newest`; 0 when there is none.
pub(super) fn version(newest: Option<u32>) -> u32 {
    // LANDLOCK_CREATE_RULESET_VERSION; no ruleset is made.
    let found = raw::plain(libc::SYS_landlock_create_ruleset, [0, 0, 1, 0, 0, 0]).map_or(0, |v| v as u32);
    found.min(newest.unwrap_or(u32::MAX))
}

/// Returns what a version lacks, and what stands in for it, as whole clauses.
pub(super) fn lacks(version: u32) -> Vec<String> {
    let mut all = Vec::new();
    if version < SCOPED {
        all.push(format!(
            "Landlock {version} keeps no signals in: a procedure that names `kill` or its kin is not run, and another may signal only its own process and process group"
        ));
    }
    if version < 2 {
        all.push("Landlock 1 permits no file to be moved or linked into another folder".to_owned());
    }
    all
}

/// Words of scripts that signal other processes: programs, the shell's own command, and the
/// call in any language.
const SIGNALLING: [&str; 6] = ["kill", "pkill", "killall", "killall5", "tkill", "tgkill"];

/// Returns why nothing of a job may be started with this kernel's version: it signals
/// processes, which only a version that keeps signals in permits.
pub(super) fn unfit(job: &Job) -> Option<Refusal> {
    let version = version(job.landlock);
    if !(1..SCOPED).contains(&version) {
        return None;
    }
    let mut texts: Vec<Cow<'_, str>> =
        job.files.iter().map(|file| String::from_utf8_lossy(&file.bytes)).collect();
    texts.extend(std::iter::once(&job.script).chain(&job.success).map(Cow::from));
    let words = texts.iter().flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '_')));
    let words: BTreeSet<&str> = words.collect();
    let word = SIGNALLING.into_iter().find(|word| words.contains(word))?;
    Some(Refusal {
        reason: format!("Landlock {version} keeps no signals in, and the procedure names `{word}`"),
        remedy: "use Linux 6.12 or later, or a machine that allows user namespaces".to_owned(),
    })
}

/// `struct landlock_ruleset_attr`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Handled {
    files: u64,
    network: u64,
    scoped: u64,
}

/// `struct landlock_path_beneath_attr`, which is packed.
#[repr(C, packed)]
struct Beneath {
    allowed: u64,
    folder: i32,
}

/// `struct landlock_net_port_attr`.
#[repr(C)]
struct Port {
    allowed: u64,
    port: u64,
}

/// What is refused, and what is granted nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ruleset {
    handled: Handled,
    /// Bytes of `Handled` that this kernel's version knows.
    size: usize,
    paths: Vec<(CString, u64)>,
    ports: Vec<(u16, u64)>,
}

fn all_of_files(version: u32) -> u64 {
    let mut all = access::EXECUTE | access::WRITE_FILE | access::READ_FILE | access::READ_DIR;
    all |= access::REMOVE | access::MAKE;
    for (since, right) in [(2, access::REFER), (3, access::TRUNCATE), (5, access::IOCTL_DEV)] {
        if version >= since {
            all |= right;
        }
    }
    all
}

impl Ruleset {
    fn new(version: u32, files: u64, network: u64, scoped: u64) -> Self {
        let (size, network, scoped) = match version {
            0..=3 => (8, 0, 0),
            4..=5 => (16, network, 0),
            SCOPED.. => (24, network, scoped),
        };
        Self { handled: Handled { files, network, scoped }, size, paths: Vec::new(), ports: Vec::new() }
    }

    /// Returns what confines a procedure without namespaces: programs may be read and
    /// run, one folder may be written, no port may be used.
    pub(super) fn confining(version: u32, scratch: &str) -> Self {
        let all = all_of_files(version);
        let mut own = Self::new(version, all, BIND_TCP | CONNECT_TCP, SCOPES);
        let programs = access::EXECUTE | access::READ_FILE | access::READ_DIR;
        for folder in ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"] {
            own.paths.push((c(folder), programs));
        }
        for path in READABLE {
            own.paths.push((c(path), access::READ_FILE | access::READ_DIR));
        }
        for device in ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"] {
            own.paths.push((c(device), access::READ_FILE | access::WRITE_FILE));
        }
        own.paths.push((c(scratch), all & !access::IOCTL_DEV));
        own
    }

    /// Returns what a user's policy grants.
    pub(super) fn of_policy(version: u32, policy: &LandlockPolicy) -> Self {
        let network =
            policy.bind.as_ref().map_or(0, |_| BIND_TCP) | policy.connect.as_ref().map_or(0, |_| CONNECT_TCP);
        let mut own = Self::new(version, all_of_files(version), network, 0);
        for grant in &policy.paths {
            let rights = grant.rights.iter().fold(0, |all, right| {
                all | match right {
                    Right::Read => access::READ_FILE | access::READ_DIR,
                    Right::Execute => access::EXECUTE,
                    Right::Write => access::WRITE_FILE | access::TRUNCATE,
                    Right::Create => access::MAKE | access::REFER,
                    Right::Remove => access::REMOVE | access::REFER,
                }
            });
            own.paths.push((c(&grant.path), rights & all_of_files(version)));
        }
        for (ports, right) in [(&policy.connect, CONNECT_TCP), (&policy.bind, BIND_TCP)] {
            own.ports.extend(ports.iter().flatten().map(|port| (*port, right)));
        }
        own
    }

    /// Enforces the ruleset on this process and everything it starts.
    pub(super) fn enforce(&self) -> Result<(), Errno> {
        let args = [(&raw const self.handled) as usize, self.size, 0, 0, 0, 0];
        // SAFETY: the structure has at least the size that is passed.
        let fd = unsafe { raw::call(libc::SYS_landlock_create_ruleset, args) }? as i32;
        for (path, allowed) in &self.paths {
            self.grant_path(fd, path, *allowed)?;
        }
        for (port, allowed) in &self.ports {
            let allowed = allowed & self.handled.network;
            if allowed != 0 {
                let rule = Port { allowed, port: u64::from(*port) };
                // SAFETY: the structure is the one that LANDLOCK_RULE_NET_PORT (2) takes.
                unsafe {
                    raw::call(
                        libc::SYS_landlock_add_rule,
                        [fd as usize, 2, (&raw const rule) as usize, 0, 0, 0],
                    )
                }?;
            }
        }
        let enforced = raw::plain(libc::SYS_landlock_restrict_self, [fd as usize, 0, 0, 0, 0, 0]);
        raw::close(fd);
        enforced.map(drop)
    }

    fn grant_path(&self, ruleset: i32, path: &CString, allowed: u64) -> Result<(), Errno> {
        let folder = match raw::open(path, libc::O_PATH | libc::O_CLOEXEC, 0) {
            Ok(fd) => fd,
            // What is not there needs no right.
            Err(libc::ENOENT | libc::ENOTDIR | libc::EACCES) => return Ok(()),
            Err(errno) => return Err(errno),
        };
        let add = |allowed| {
            let rule = Beneath { allowed, folder };
            // SAFETY: the structure is the one that LANDLOCK_RULE_PATH_BENEATH (1) takes.
            unsafe {
                raw::call(
                    libc::SYS_landlock_add_rule,
                    [ruleset as usize, 1, (&raw const rule) as usize, 0, 0, 0],
                )
            }
        };
        // A right on folders in a rule about a file is refused as a whole.
        let done = add(allowed).or_else(|errno| {
            if errno == libc::EINVAL { add(allowed & access::OF_FILES) } else { Err(errno) }
        });
        raw::close(folder);
        done.map(drop)
    }
}

/// What programs read to start, beside themselves.
const READABLE: [&str; 9] = [
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/passwd",
    "/etc/group",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/proc/self",
];
