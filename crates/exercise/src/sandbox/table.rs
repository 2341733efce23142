//! The processes of a run, as the observer knows them.

use std::collections::BTreeMap;

use super::action::What;
use super::identity::Identity;

/// Whose doing a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The sandbox's own first process, and what joins the sandbox for the check.
    Own,
    /// The procedure.
    Procedure,
    /// The check after the procedure; its actions are not recorded.
    Check,
}

/// A call that has begun.
#[derive(Debug, Clone)]
pub(super) struct Begun {
    /// The call and its registers.
    pub(super) call: (libc::c_long, [u64; 6]),
    /// What it would do, as far as its arguments tell.
    pub(super) what: What,
    /// What it would do beside.
    pub(super) more: Vec<(What, bool)>,
    /// Where the path stands in memory when it is better known from the file descriptor
    /// that the call returns: the folder's number and the address.
    pub(super) opens: Option<(u64, u64)>,
    /// Whether the sink listens where it connects to.
    pub(super) sunk: bool,
}

/// A process or thread.
#[derive(Debug, Clone)]
pub(super) struct Process {
    /// The process that a thread belongs to.
    pub(super) group: i32,
    /// The process that started it.
    pub(super) parent: i32,
    /// Whose doing it is.
    pub(super) side: Side,
    /// The program that it runs.
    pub(super) image: String,
    /// The program's arguments.
    pub(super) args: Vec<String>,
    /// Whether it is still a copy of the sandbox's own process.
    pub(super) fresh: bool,
    /// The call it is in.
    pub(super) begun: Option<Begun>,
    /// Whether its program has asked for libraries to load first.
    pub(super) asked: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Table {
    all: BTreeMap<i32, Process>,
}

impl Table {
    /// Adds a process of the sandbox's own.
    pub(super) fn root(&mut self, pid: i32, side: Side) {
        let process = Process {
            group: pid,
            parent: 0,
            side,
            image: String::new(),
            args: Vec::new(),
            fresh: true,
            begun: None,
            asked: false,
        };
        self.all.insert(pid, process);
    }

    /// Adds what `parent` started, unless it is known already. A thread keeps its group.
    pub(super) fn add(&mut self, pid: i32, parent: i32, thread: bool, side: Side) {
        let Some(from) = self.all.get(&parent).cloned() else { return self.root(pid, side) };
        let fresh = from.fresh || from.side == Side::Own;
        let parent = if thread { from.parent } else { from.group };
        let group = if thread { from.group } else { pid };
        self.all.insert(
            pid,
            Process {
                group,
                parent: if from.side == Side::Own { 0 } else { parent },
                side,
                fresh,
                begun: None,
                ..from
            },
        );
    }

    pub(super) fn get(&self, pid: i32) -> Option<&Process> {
        self.all.get(&pid)
    }

    pub(super) fn get_mut(&mut self, pid: i32) -> Option<&mut Process> {
        self.all.get_mut(&pid)
    }

    pub(super) fn remove(&mut self, pid: i32) -> Option<Process> {
        self.all.remove(&pid)
    }

    /// Removes the threads of a process that have ended.
    pub(super) fn forget_threads(&mut self, group: i32) {
        let there = |thread: i32| std::fs::exists(format!("/proc/{group}/task/{thread}")).unwrap_or(true);
        self.all.retain(|pid, process| process.group != group || *pid == group || there(*pid));
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn pids(&self) -> Vec<i32> {
        self.all.keys().copied().collect()
    }

    /// Returns the processes of one side.
    pub(super) fn of(&self, side: Side) -> impl Iterator<Item = i32> {
        self.all.iter().filter(move |(_, p)| p.side == side).map(|(pid, _)| *pid)
    }
}

fn link(path: &str) -> String {
    std::fs::read_link(path).map(|p| p.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Returns the program that a process runs, links resolved.
pub(super) fn image(pid: i32) -> String {
    link(&format!("/proc/{pid}/exe"))
}

/// Returns the working directory of a process.
pub(super) fn folder(pid: i32) -> String {
    link(&format!("/proc/{pid}/cwd"))
}

/// Returns the path of an open file of a process.
pub(super) fn open_file(pid: i32, fd: i64) -> String {
    link(&format!("/proc/{pid}/fd/{fd}"))
}

/// Returns whether an open file of a process may be written (proc(5), `fdinfo`).
pub(super) fn is_writable(pid: i32, fd: i64) -> bool {
    let text = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{fd}")).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| i32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & libc::O_ACCMODE != libc::O_RDONLY)
}

/// Bytes of arguments kept of one program.
pub(super) const ARGUMENTS: usize = 128 << 10;

/// Returns the arguments of a process, at most 128 KiB of them; what is cut off is said.
pub(super) fn arguments(pid: i32) -> Vec<String> {
    kept(&std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default())
}

fn kept(bytes: &[u8]) -> Vec<String> {
    let whole = bytes.strip_suffix(&[0]).unwrap_or(bytes);
    let shown = whole.get(..ARGUMENTS).unwrap_or(whole);
    let mut all: Vec<_> = shown.split(|b| *b == 0).map(|a| String::from_utf8_lossy(a).into_owned()).collect();
    if shown.len() < whole.len() {
        all.push(format!("[{} more bytes of arguments]", whole.len() - shown.len()));
    }
    all
}

/// Returns the effective user id of a process inside the sandbox.
pub(super) fn user(pid: i32, identity: Option<&Identity>) -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    let outside = std::fs::metadata(format!("/proc/{pid}")).map_or(65_534, |m| m.uid());
    identity.map_or(outside, |identity| identity.inside(outside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_kept_whole_and_what_is_cut_off_is_said() {
        let long = "x".repeat(6_000);
        assert_eq!(kept(format!("a\0{long}evil\0\0").as_bytes()), ["a", &format!("{long}evil"), ""]);
        let all = kept(format!("{}\0", "y".repeat(ARGUMENTS + 7)).as_bytes());
        assert_eq!(all.last().map(String::as_str), Some("[7 more bytes of arguments]"));
    }
}
