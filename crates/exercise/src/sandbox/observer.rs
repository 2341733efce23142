//! Follows a run from its first process to the end of its last one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::action::{Action, Done, Protocol, What};
use super::board::{Board, Entry};
use super::calls::Rules;
use super::identity::Identity;
use super::job::Job;
use super::observed::{End, Limit};
use super::place::Places;
use super::starts::Whom;
use super::table::{self, Begun, Side, Table};
use super::{dns, raw, sink, tracee};

/// How long the first process may take to open a port.
const ANSWER: Duration = Duration::from_secs(5);

/// Bytes of arguments, paths and names kept of one run.
const TEXT: usize = 16 << 20;

/// What the observer knows.
pub(super) struct Observer<'a> {
    pub(super) job: &'a Job,
    pub(super) board: &'a Board,
    pub(super) places: &'a Places,
    /// How ids are mapped; `None` where there are no namespaces.
    pub(super) identity: Option<&'a Identity>,
    pub(super) rules: Rules,
    /// The sandbox's first process.
    pub(super) first: i32,
    /// Our end of the line to it.
    pub(super) control: i32,
    pub(super) table: Table,
    pub(super) actions: Vec<Action>,
    /// Is told of each action as it is seen.
    listener: &'a mut dyn FnMut(&Action),
    /// When the procedure was let go, on the monotonic clock.
    pub(super) began: u64,
    /// The procedure's first process.
    pub(super) main: Option<i32>,
    /// The process that joined the sandbox for the check.
    pub(super) check: Option<i32>,
    pub(super) end: Option<End>,
    pub(super) ended_at: u64,
    pub(super) success: Option<bool>,
    /// Processes that stopped before their parent told of them.
    pub(super) early: BTreeSet<i32>,
    /// Processes that ended before their parent told of them.
    pub(super) gone: BTreeSet<i32>,
    /// Processes that nobody has told of and that were told to die.
    pub(super) doomed: BTreeSet<i32>,
    /// Whether a process was ended before it could tell whom it had started.
    pub(super) untold: bool,
    pub(super) forks: u32,
    /// Calls that may have made a file or folder, counted where no file system bounds them.
    pub(super) made: u32,
    /// Whether everything has been told to die.
    pub(super) over: bool,
    /// Whether what is left of the procedure has been told to die.
    ending: bool,
    /// Ports that the sink was asked to open, and whether it could.
    pub(super) ports: BTreeMap<(bool, u16), bool>,
    /// Names that addresses were given for.
    pub(super) named: BTreeMap<IpAddr, String>,
    board_read: usize,
    /// Who spoke to the name service last.
    pub(super) asked: (u32, u32),
    /// Who named an address for datagrams last.
    pub(super) speakers: BTreeMap<(IpAddr, u16), (u32, u32)>,
    /// Addresses to which datagrams have been noted.
    sent: BTreeSet<(IpAddr, u16)>,
    /// Bytes of text in the actions.
    text: usize,
}

/// A reason to return from [`Observer::follow`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// The procedure has ended.
    Procedure,
    /// The check has ended.
    Check,
    /// No process of the procedure is left.
    Quiet,
    /// No process is left.
    Nothing,
}

/// Waits for one of this thread's own children and of what it traces: another thread
/// follows another sandbox.
fn wait(flags: i32) -> Option<(i32, i32)> {
    loop {
        let mut status = 0;
        let flags = flags | libc::__WALL | libc::__WNOTHREAD;
        // SAFETY: the kernel writes one number.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, flags) };
        // SAFETY: the location is the calling thread's own.
        if pid < 0 && unsafe { *libc::__errno_location() } == libc::EINTR {
            continue;
        }
        return (pid > 0).then_some((pid, status));
    }
}

impl<'a> Observer<'a> {
    /// Returns an observer of a first process that is traced already.
    pub(super) fn new(
        job: &'a Job,
        (board, places): (&'a Board, &'a Places),
        identity: Option<&'a Identity>,
        (first, control): (i32, i32),
        listener: &'a mut dyn FnMut(&Action),
    ) -> Self {
        let mut table = Table::default();
        table.root(first, Side::Own);
        Self {
            job,
            board,
            places,
            identity,
            rules: Rules::of(job, identity.is_some()),
            first,
            control,
            table,
            actions: Vec::new(),
            listener,
            began: raw::clock(),
            main: None,
            check: None,
            end: None,
            ended_at: 0,
            success: None,
            early: BTreeSet::new(),
            gone: BTreeSet::new(),
            doomed: BTreeSet::new(),
            untold: false,
            forks: 0,
            made: 0,
            over: false,
            ending: false,
            ports: BTreeMap::new(),
            named: BTreeMap::new(),
            board_read: 0,
            asked: (0, 0),
            speakers: BTreeMap::new(),
            sent: BTreeSet::new(),
            text: 0,
        }
    }

    fn now(&self) -> u64 {
        raw::clock().saturating_sub(self.began)
    }

    /// Handles what happens to the run's processes until there is a reason to pause.
    pub(super) fn follow(&mut self) -> Pause {
        loop {
            let Some((pid, status)) = self.next() else { return Pause::Nothing };
            let pause =
                if libc::WIFSTOPPED(status) { self.stopped(pid, status) } else { self.ended(pid, status) };
            if let Some(pause) = pause {
                return pause;
            }
            if self.is_quiet() {
                return Pause::Quiet;
            }
            let late = self.now() > self.job.limits.deadline.as_micros() as u64 + 200_000;
            if late && !self.over {
                self.finish(Limit::Deadline);
            }
        }
    }

    /// Waits for what happens next; `None` when there is nothing more to wait for.
    fn next(&mut self) -> Option<(i32, i32)> {
        let waited = wait(if self.early.is_empty() { self.blocking() } else { libc::WNOHANG });
        if waited.is_some() || self.early.is_empty() {
            return waited;
        }
        // Whoever was to tell of these may have been ended without a word.
        self.adopt(Whom::Orphans);
        wait(self.blocking())
    }

    /// Returns how to wait. Orphans of other runs may be this thread's children: once
    /// everything of this run has been seen to end, none of them is waited for.
    fn blocking(&self) -> i32 {
        if self.over && self.table.len() == 0 && self.doomed.is_empty() { libc::WNOHANG } else { 0 }
    }

    /// Returns whether the procedure was told to die and no process of it is left.
    fn is_quiet(&self) -> bool {
        self.ending && self.check.is_none() && self.table.of(Side::Procedure).next().is_none()
    }

    /// Ends whatever the procedure has left running; returns whether the run goes on. A
    /// process that nobody has told of yet has not run a single instruction, and does not.
    pub(super) fn end_procedure(&mut self) -> bool {
        self.ending = true;
        for pid in self.table.of(Side::Procedure).chain(self.early.iter().copied()) {
            tracee::kill(pid);
        }
        self.doomed.append(&mut self.early);
        while !self.over && !self.is_quiet() && self.follow() != Pause::Nothing {}
        !self.over
    }

    /// Ends the run at a limit.
    pub(super) fn finish(&mut self, limit: Limit) {
        if self.end.is_none() {
            self.end = Some(End::Limit(limit));
            self.ended_at = self.now();
        }
        self.kill();
    }

    /// Tells everything to die. Killing the first process of a process namespace ends the
    /// namespace; without one, every process that is traced is told, and none that stops
    /// is let go on, so that none is started after the last one was told.
    pub(super) fn kill(&mut self) {
        self.over = true;
        if self.table.get(self.first).is_some() {
            tracee::kill(self.first);
        }
        for pid in self.table.pids().into_iter().chain(self.early.iter().copied()) {
            tracee::kill(pid);
        }
        self.doomed.append(&mut self.early);
    }

    fn ended(&mut self, pid: i32, status: i32) -> Option<Pause> {
        let code =
            if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 128 + libc::WTERMSIG(status) };
        self.early.remove(&pid);
        let process = self.table.remove(pid);
        if process.is_none() && !self.doomed.remove(&pid) {
            // Whoever started it may yet tell of it.
            self.gone.insert(pid);
        }
        if pid == self.first {
            if self.end.is_none() {
                self.ended_at = self.now();
                self.end = Some(self.reason().unwrap_or(End::Signalled(libc::SIGKILL)));
            }
            if !self.over {
                self.kill();
            }
            return None;
        }
        if Some(pid) == self.check {
            self.success = Some(code == 0).filter(|_| code != 122);
            return (!self.over).then_some(Pause::Check);
        }
        if let Some(process) = &process {
            self.cut_short(process);
        }
        if let Some(process) =
            process.filter(|p| p.side == Side::Procedure && p.group == pid && !self.over && !self.ending)
        {
            self.note(pid, process.parent, process.fresh, What::Exit { code }, Done::Ok);
        }
        if Some(pid) != self.main || self.end.is_some() {
            return None;
        }
        self.ended_at = self.now();
        // When the first process ends, the kernel ends all others before it is seen dead.
        if let Some(end) = self.reason() {
            self.end = Some(end);
            self.kill();
            return None;
        }
        self.end = Some(if libc::WIFEXITED(status) {
            End::Exited(code)
        } else {
            End::Signalled(libc::WTERMSIG(status))
        });
        (!self.over).then_some(Pause::Procedure)
    }

    /// Returns the limit for which the first process has ended the sandbox.
    fn reason(&self) -> Option<End> {
        match self.board.reason() {
            sink::TIME_IS_OVER => Some(End::Limit(Limit::Deadline)),
            sink::OUTPUT_IS_FULL => Some(End::Limit(Limit::Output)),
            sink::BOARD_IS_FULL => Some(End::Limit(Limit::Names)),
            _ => None,
        }
    }

    fn stopped(&mut self, pid: i32, status: i32) -> Option<Pause> {
        let known = self.table.get(pid).map(|p| p.side);
        let left =
            self.ending && (known == Some(Side::Procedure) || (known.is_none() && self.check.is_none()));
        if self.over || left {
            // It may have been started by one that was told to die, and never been told itself.
            tracee::kill(pid);
            if known.is_none() {
                self.doomed.insert(pid);
            }
            return None;
        }
        let signal = libc::WSTOPSIG(status);
        let event = status >> 16;
        if known.is_none() {
            self.gone.remove(&pid);
            self.early.insert(pid);
            if self.untold {
                self.adopt(Whom::All);
            }
            return None;
        }
        match event {
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                self.started(pid, event == libc::PTRACE_EVENT_CLONE);
            }
            libc::PTRACE_EVENT_EXEC => self.became(pid),
            libc::PTRACE_EVENT_SECCOMP => self.before_call(pid),
            libc::PTRACE_EVENT_STOP => match signal {
                libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => tracee::stay_stopped(pid),
                _ => tracee::go_on(pid, 0),
            },
            _ if signal == libc::SIGTRAP | 0x80 => self.after_call(pid),
            0 => tracee::go_on(pid, signal),
            _ => tracee::go_on(pid, 0),
        }
        None
    }

    /// Asks the first process for something; `None` when it does not answer.
    pub(super) fn ask(&self, request: [u8; 3]) -> Option<bool> {
        raw::send(self.control, &request).ok()?;
        let mut on = [libc::pollfd { fd: self.control, events: libc::POLLIN, revents: 0 }];
        let mut answer = [0];
        let told = raw::poll(&mut on, ANSWER) == Ok(1) && raw::read(self.control, &mut answer) == Ok(1);
        told.then_some(answer[0] == 1)
    }

    /// A process runs another program.
    fn became(&mut self, pid: i32) {
        // A thread that runs a program takes the place of its process.
        let Some(former) = tracee::event_process(pid) else {
            // It has been ended. The number of the thread that ran the program is free.
            self.table.forget_threads(pid);
            return;
        };
        if former != pid
            && let Some(thread) = self.table.remove(former)
            && let Some(process) = self.table.get_mut(pid)
        {
            process.begun = thread.begun;
        }
        let (image, args) = (table::image(pid), table::arguments(pid));
        let Some(process) = self.table.get_mut(pid) else { return tracee::go_on(pid, 0) };
        let begun = process.begun.take();
        let harness = std::mem::replace(&mut process.fresh, false);
        process.asked = false;
        process.image.clone_from(&image);
        process.args.clone_from(&args);
        let (parent, side) = (process.parent, process.side);
        let invoked = match begun.map(|b| b.what) {
            Some(What::Exec { invoked, .. }) => invoked,
            _ => image.clone(),
        };
        let (parent_image, parent_args) =
            self.table.get(parent).map(|p| (p.image.clone(), p.args.clone())).unwrap_or_default();
        if side == Side::Procedure {
            let cwd = table::folder(pid);
            let uid = table::user(pid, self.identity);
            let what = What::Exec { image, invoked, args, cwd, uid, parent_image, parent_args };
            self.note(pid, parent, harness, what, Done::Ok);
        }
        if !self.over {
            // Not to the end of the call: that it succeeded is known.
            tracee::go_on(pid, 0);
        }
    }

    /// Keeps a call until its end is seen.
    pub(super) fn begin(&mut self, pid: i32, begun: Begun) {
        let made = tracee::finish_call(pid);
        if let Some(process) = self.table.get_mut(pid) {
            process.begun = made.then_some(begun);
        }
    }

    /// Notes an action; ends the run when there are too many.
    pub(super) fn note(&mut self, pid: i32, parent: i32, harness: bool, what: What, result: Done) {
        if self.actions.len() >= self.job.limits.events as usize {
            if !self.over {
                self.finish(Limit::Events);
            }
            return;
        }
        self.text += what.text();
        if self.text > TEXT {
            if !self.over {
                self.finish(Limit::Text);
            }
            return;
        }
        let at = self.now();
        let action = Action { at, pid: pid as u32, parent: parent as u32, harness, what, result };
        (self.listener)(&action);
        self.actions.push(action);
    }

    /// Remembers to which addresses datagrams were seen to be sent.
    pub(super) fn note_data(&mut self, what: &What) {
        if let What::Connect { address, port, data: true, .. } = what {
            self.sent.insert((*address, *port));
        }
    }

    /// Notes what the first process has written down since the last time: names that were
    /// looked up, and addresses at which datagrams arrived. The latter come from the
    /// packets and hold whatever a procedure's calls looked like.
    pub(super) fn read_board(&mut self) {
        let (entries, read) = self.board.entries(self.board_read);
        self.board_read = read;
        for entry in entries {
            match entry {
                Entry::Name(name) => self.read_name(&name),
                Entry::Datagram(address, port) => self.read_datagram(address, port),
            }
        }
    }

    fn read_name(&mut self, name: &[u8]) {
        let text = String::from_utf8_lossy(name).into_owned();
        let known = self.job.names.iter().find(|(n, _)| n.trim_end_matches('.').eq_ignore_ascii_case(&text));
        let address = known.map_or_else(|| IpAddr::from(dns::documentation_address(name)), |(_, a)| *a);
        self.named.insert(address, text.clone());
        let (pid, parent) = self.asked;
        self.note(pid as i32, parent as i32, false, What::Resolve { name: text }, Done::Ok);
    }

    fn read_datagram(&mut self, to: IpAddr, number: u16) {
        if !self.sent.insert((to, number)) {
            return;
        }
        for action in self.actions.iter_mut().rev() {
            if let What::Connect { protocol: Protocol::Udp, address, port, data, .. } = &mut action.what
                && (*address, *port) == (to, number)
            {
                *data = true;
                return;
            }
        }
        let main = (self.main.unwrap_or(0) as u32, 0);
        let (pid, parent) = self.speakers.get(&(to, number)).copied().unwrap_or(main);
        let name = self.named.get(&to).cloned();
        let what = What::Connect { protocol: Protocol::Udp, address: to, port: number, name, data: true };
        self.note(pid as i32, parent as i32, false, what, Done::Sunk);
    }
}
