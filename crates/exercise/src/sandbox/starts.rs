//! Processes and threads as they are started.
//!
//! The parent tells of a child in one event, and the child stops for the first time in
//! another; either may come first. Whoever is killed in between tells nothing more, so
//! that a child may be left whose parent nobody knows, and a parent may tell of a child
//! that has ended already.

use super::action::{Done, What};
use super::observed::Limit;
use super::observer::Observer;
use super::table::Side;
use super::tracee;

/// Whom the observer takes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// Whoever nobody has told of.
    All,
    /// Whoever has lost its parent.
    Orphans,
}

impl Observer<'_> {
    /// A process or thread has started another.
    pub(super) fn started(&mut self, parent: i32, cloned: bool) {
        let Some(child) = tracee::event_process(parent) else {
            // The parent has been ended: whom it started can only be seen by looking.
            self.untold = true;
            return self.adopt(Whom::All);
        };
        let Some(from) = self.table.get(parent) else { return };
        let (side, group, grandparent) = (from.side, from.group, from.parent);
        let side = match side {
            Side::Own if parent == self.first => {
                self.main.get_or_insert(child);
                Side::Procedure
            }
            Side::Own => Side::Check,
            other => other,
        };
        let adopted = self.table.get(child).is_some();
        let ended = self.gone.remove(&child) && !is_traced_here(child);
        if !ended {
            let thread = cloned && std::fs::exists(format!("/proc/{group}/task/{child}")).unwrap_or(false);
            self.table.add(child, parent, thread, side);
        }
        if side == Side::Procedure && self.main != Some(child) && !adopted {
            self.note(group, grandparent, false, What::Fork { child: child as u32 }, Done::Ok);
        }
        if !adopted && !self.count() {
            return;
        }
        if self.early.remove(&child) {
            tracee::go_on(child, 0);
        }
        if parent == self.first {
            // A first process that is traced would stop at every signal that the
            // procedure sends it; untraced it ignores them all. It has nothing more
            // to show, and it dies with this thread all the same (PR_SET_PDEATHSIG).
            tracee::let_go(parent);
        } else {
            tracee::go_on(parent, 0);
        }
    }

    /// Counts a start; returns whether the run goes on.
    fn count(&mut self) -> bool {
        self.forks += 1;
        let alive = self.table.len() - self.table.of(Side::Own).count();
        if self.forks > self.job.limits.forks {
            self.finish(Limit::Forks);
        } else if alive > self.job.limits.processes as usize {
            self.finish(Limit::Processes);
        }
        !self.over
    }

    /// Takes in the processes that have stopped and that nobody has told of. Should the
    /// parent of one be alive and tell of it later, its place in the table is put right.
    pub(super) fn adopt(&mut self, whom: Whom) {
        let side = if self.check.is_some() { Side::Check } else { Side::Procedure };
        for child in std::mem::take(&mut self.early) {
            let group = status(child, "Tgid").filter(|group| self.table.get(*group).is_some());
            let parent = status(child, "PPid").filter(|parent| self.table.get(*parent).is_some());
            // The first process takes in orphans, and starts nothing after the procedure.
            let orphan = parent.is_none_or(|parent| parent == self.first && self.main.is_some());
            if whom == Whom::Orphans && !(orphan && group.is_none_or(|group| group == child)) {
                self.early.insert(child);
                continue;
            }
            let thread = group.filter(|group| *group != child);
            let main = self.main.filter(|main| *main != child && side == Side::Procedure);
            let parent = thread.or(parent.filter(|_| !orphan)).or(main);
            // Beside a check nobody is let go who is not known to be the check's.
            let fits =
                |pid: &i32| side == Side::Procedure || self.table.get(*pid).is_some_and(|p| p.side == side);
            let Some(parent) = parent.filter(fits) else {
                tracee::kill(child);
                self.doomed.insert(child);
                continue;
            };
            self.table.add(child, parent, thread.is_some(), side);
            if side == Side::Procedure {
                let from = self.table.get(parent).map_or((parent, 0), |p| (p.group, p.parent));
                self.note(from.0, from.1, false, What::Fork { child: child as u32 }, Done::Ok);
            }
            if !self.count() {
                return;
            }
            tracee::go_on(child, 0);
        }
    }
}

/// Returns a number that `/proc/PID/status` shows.
fn status(pid: i32, field: &str) -> Option<i32> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// Returns whether a process is there and traced by this thread.
fn is_traced_here(pid: i32) -> bool {
    // SAFETY: the call only returns a number.
    status(pid, "TracerPid") == Some(unsafe { libc::gettid() })
}
