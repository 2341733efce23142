//! Looks for what a run has left alive, whatever the observer knows of.
//!
//! While runs go on this program takes in the orphans below it (prctl(2),
//! `PR_SET_CHILD_SUBREAPER`), so that every process of a run descends from it. A stray is
//! such a process that has the filter of a procedure and is in a session of its own, as
//! every procedure is and no other child of this program, and that no run follows.

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::sync::Mutex;
use std::time::Duration;

use super::raw;

/// Runs that go on.
static RUNS: Mutex<u32> = Mutex::new(0);

/// First processes and checks of runs that go on.
static OWN: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Has orphans come to this program until the last one is dropped.
pub(super) struct Reaper;

impl Reaper {
    pub(super) fn new() -> Self {
        if let Ok(mut runs) = RUNS.lock() {
            *runs += 1;
            let _ = raw::prctl(libc::PR_SET_CHILD_SUBREAPER, 1);
        }
        Self
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        if let Ok(mut runs) = RUNS.lock() {
            *runs = runs.saturating_sub(1);
            if *runs == 0 {
                let _ = raw::prctl(libc::PR_SET_CHILD_SUBREAPER, 0);
            }
        }
    }
}

/// A child that a run has started itself, known until it is dropped.
pub(super) struct Own(i32);

impl Own {
    pub(super) fn new(pid: i32) -> Self {
        if let Ok(mut own) = OWN.lock() {
            own.insert(pid);
        }
        Self(pid)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Ok(mut own) = OWN.lock() {
            own.remove(&self.0);
        }
    }
}

/// What was found after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// Processes that were alive, unobserved, and have been ended.
    pub(super) ended: u32,
    /// Processes that could not be ended.
    pub(super) left: u32,
}

/// How often it is looked: a stray may have started another meanwhile, and its children
/// come to this program when it ends.
const ROUNDS: u32 = 50;

/// How long one process may take to die.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends every stray, until there is none.
pub(super) fn end_all() -> Found {
    let mut found = Found::default();
    for _ in 0..ROUNDS {
        let strays = look();
        if strays.is_empty() {
            return found;
        }
        for stray in strays {
            found.ended += u32::from(stray.alive && stray.unseen);
            stray.end();
        }
    }
    found.left = look().len() as u32;
    found
}

/// A process that is nobody's.
struct Stray {
    pid: i32,
    alive: bool,
    /// Whether it was not traced. One that is and that no table knows has not run a single
    /// instruction: it waits to be let go for the first time.
    unseen: bool,
}

impl Stray {
    fn end(&self) {
        if self.alive
            && let Ok(fd) = raw::plain(libc::SYS_pidfd_open, [self.pid as usize, 0, 0, 0, 0, 0])
        {
            // SAFETY: it was just made and belongs to nobody else.
            let process = unsafe { OwnedFd::from_raw_fd(fd as i32) };
            // The number may have become another's since it was read.
            if Status::of(self.pid).is_some_and(|status| status.is_stray()) {
                let args = [process.as_raw_fd() as usize, libc::SIGKILL as usize, 0, 0, 0, 0];
                let _ = raw::plain(libc::SYS_pidfd_send_signal, args);
                let mut on = [libc::pollfd { fd: process.as_raw_fd(), events: libc::POLLIN, revents: 0 }];
                let _ = raw::poll(&mut on, PATIENCE);
            }
        }
        // Only a child of this program is taken off the list; any other comes to it later.
        let mut status = 0;
        // SAFETY: the kernel writes one number.
        unsafe { libc::waitpid(self.pid, &raw mut status, libc::WNOHANG | libc::__WALL) };
    }
}

/// Returns the strays below this program.
fn look() -> Vec<Stray> {
    // SAFETY: the structure is a plain one, for which zero is valid; nothing is taken off.
    let asked = unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        libc::waitid(
            libc::P_ALL,
            0,
            &raw mut info,
            libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | libc::__WALL,
        )
    };
    if asked != 0 {
        // No child of any kind, and so no descendant.
        return Vec::new();
    }
    let Ok(own) = OWN.lock().map(|own| own.clone()) else { return Vec::new() };
    let mut open: Vec<i32> = children(std::process::id() as i32);
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(pid) = open.pop() {
        // What lies below the first process of another run is that run's to look for.
        if own.contains(&pid) || !seen.insert(pid) {
            continue;
        }
        open.extend(children(pid));
        if let Some(status) = Status::of(pid).filter(Status::is_stray) {
            found.push(Stray { pid, alive: !status.dead, unseen: status.tracer == 0 });
        }
    }
    found
}

/// Returns the children of a process.
fn children(pid: i32) -> Vec<i32> {
    let mut found = Vec::new();
    // The list may skip one when another ends while it is read.
    for _ in 0..2 {
        for task in fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten() {
            match fs::read_to_string(task.path().join("children")) {
                Ok(list) => found.extend(list.split_ascii_whitespace().filter_map(|n| n.parse::<i32>().ok())),
                // A kernel without CONFIG_PROC_CHILDREN.
                Err(_) => {
                    return all().into_iter().filter(|(_, parent)| *parent == pid).map(|(n, _)| n).collect();
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns every process with its parent.
fn all() -> Vec<(i32, i32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers.filter_map(|pid| Some((pid, Status::of(pid)?.parent))).collect()
}

/// What `/proc` tells of a process.
struct Status {
    parent: i32,
    dead: bool,
    session: i32,
    filtered: bool,
    tracer: i32,
}

impl Status {
    fn of(pid: i32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
        let dead = matches!(fields.next()?, "Z" | "X");
        let parent = fields.next()?.parse().ok()?;
        let session = fields.nth(1)?.parse().ok()?;
        let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.trim().parse::<i32>().ok())
        };
        // Seccomp mode 2 is a filter (proc(5)).
        Some(Self {
            parent,
            dead,
            session,
            filtered: field("Seccomp") == Some(2),
            tracer: field("TracerPid").unwrap_or(0),
        })
    }

    fn is_stray(&self) -> bool {
        // SAFETY: both calls only return numbers.
        let (session, thread) = unsafe { (libc::getsid(0), libc::gettid()) };
        self.filtered && self.session != session && (self.tracer == 0 || self.tracer == thread)
    }
}
