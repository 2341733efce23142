//! What the observer does at a system call: note it, let it pass, or refuse it.

use std::net::IpAddr;

use libc::c_long;

use super::action::{Done, FileOp, Protocol, What};
use super::calls::{self, Rule};
use super::observed::Limit;
use super::observer::Observer;
use super::table::{Begun, Process, Side};
use super::tracee::{self, CallStop};
use super::{decode, filter};

/// Bit of the x32 entry (Linux, `arch/x86/include/uapi/asm/unistd.h`).
const X32: u64 = 0x4000_0000;

/// Who refuses by our own rules.
const GUARD: &str = "guard";

/// Files that a procedure may make in the scratch folder of a machine without namespaces;
/// with the bound on each ([`super::run::SCRATCH_BYTES`]) 64 MiB, as a file system has.
const SCRATCH_FILES: u32 = 128;

/// A refusal: by whom, with which error number, and whether the process ends.
struct Denial {
    by: String,
    errno: i32,
    kill: bool,
}

impl Observer<'_> {
    /// Decides on a call by number and registers, and reads what it is about.
    pub(super) fn before_call(&mut self, pid: i32) {
        let CallStop::Entry { processor, number, args } = tracee::call_stop(pid) else {
            return tracee::go_on(pid, 0);
        };
        let foreign = processor != filter::NATIVE || (cfg!(target_arch = "x86_64") && number & X32 != 0);
        let number = number as c_long;
        let Some((side, group, fresh)) = self.table.get(pid).map(|p| (p.side, p.group, p.fresh)) else {
            return tracee::go_on(pid, 0);
        };
        if self.identity.is_none() && side == Side::Procedure && calls::makes(number, args) {
            self.made += 1;
            if self.made > SCRATCH_FILES {
                return self.finish(Limit::Files);
            }
        }
        let rule = self.rules.decide(number, args);
        let profiled = side == Side::Procedure && !fresh;
        if let Some(denial) = self.denial(group, foreign, rule, number, args, profiled) {
            return self.deny(pid, foreign, number, args, &denial);
        }
        if side == Side::Check && self.asks_for_preloads(pid, number, args) {
            let denial = Denial { by: GUARD.to_owned(), errno: libc::ENOENT, kill: false };
            return self.deny(pid, foreign, number, args, &denial);
        }
        if rule != Some(Rule::Watch) || side != Side::Procedure {
            return tracee::go_on(pid, 0);
        }
        let Some(decoded) = decode::entry(self.places, (pid, group), number, args) else {
            return tracee::go_on(pid, 0);
        };
        let mut what = decoded.what;
        let sunk = self.prepare_sink(pid, &mut what);
        let more = decoded.more.into_iter().map(|mut what| {
            let sunk = self.prepare_sink(pid, &mut what);
            (what, sunk)
        });
        let more = more.collect();
        let begun = Begun { call: (number, args), what, more, opens: decoded.opens, sunk };
        if !self.over {
            self.begin(pid, begun);
        }
    }

    fn denial(
        &self,
        group: i32,
        foreign: bool,
        rule: Option<Rule>,
        number: c_long,
        args: [u64; 6],
        profiled: bool,
    ) -> Option<Denial> {
        let guard = |errno| Some(Denial { by: GUARD.to_owned(), errno, kill: false });
        if foreign {
            return guard(libc::ENOSYS);
        }
        let profile = self.job.profile.as_ref().filter(|_| profiled);
        if let Some(denied) = profile.and_then(|p| p.deny(number as u32, args)) {
            return Some(Denial { by: denied.directive.to_owned(), errno: denied.errno, kill: denied.kill });
        }
        match rule {
            Some(Rule::Refuse(errno)) => guard(errno),
            _ if self.identity.is_none() && self.strangers(group, number, args) => guard(libc::EPERM),
            _ => None,
        }
    }

    /// Returns whether a signal would reach a process that is not the procedure's. Without
    /// a process namespace the numbers of all processes are within reach.
    fn strangers(&self, group: i32, number: c_long, args: [u64; 6]) -> bool {
        let target = args[0] as i32;
        let reached = |p: &Process| p.side != Side::Own && (self.rules.signals || p.group == group);
        match number {
            libc::SYS_kill if target < 0 => true,
            libc::SYS_kill | libc::SYS_tkill | libc::SYS_tgkill => {
                target != 0 && !self.table.get(target).is_some_and(reached)
            }
            _ => false,
        }
    }

    fn deny(&mut self, pid: i32, foreign: bool, number: c_long, args: [u64; 6], denial: &Denial) {
        let Some((group, parent, side)) = self.table.get(pid).map(|p| (p.group, p.parent, p.side)) else {
            return;
        };
        // The call must not happen under any circumstances: a process whose registers
        // cannot be changed is ended.
        if denial.kill || tracee::refuse(pid, denial.errno).is_err() {
            tracee::kill(group);
            tracee::kill(pid);
        }
        if side == Side::Procedure {
            let what = if foreign { None } else { decode::entry(self.places, (pid, group), number, args) };
            let what = what.map_or_else(|| decode::call(number, args), |d| self.resolved(pid, d));
            let result = Done::Denied { by: denial.by.clone(), errno: denial.errno };
            self.note(group, parent, false, what, result);
        }
        if !self.over {
            tracee::go_on(pid, 0);
        }
    }

    /// Returns whether a program of the check asks which libraries to load before its own,
    /// as the dynamic loader does once at its start (ld.so(8)). The answer is the
    /// procedure's to write, and such a library could have any check succeed.
    fn asks_for_preloads(&mut self, pid: i32, number: c_long, args: [u64; 6]) -> bool {
        let name = match number {
            #[cfg(target_arch = "x86_64")]
            libc::SYS_access => args[0],
            libc::SYS_faccessat => args[1],
            _ => return false,
        };
        let asks = tracee::text(pid, name).as_deref() == Some("/etc/ld.so.preload");
        match self.table.get_mut(pid) {
            Some(process) if asks => !std::mem::replace(&mut process.asked, true),
            _ => false,
        }
    }

    /// Has the sink listen where a connection is about to go; returns whether it does.
    fn prepare_sink(&mut self, pid: i32, what: &mut What) -> bool {
        let What::Connect { protocol, address, port, name, .. } = what else { return false };
        let (protocol, port) = (*protocol, *port);
        let datagrams = protocol == Protocol::Udp;
        let name_service = port == 53 && protocol != Protocol::Other;
        self.read_board();
        *name = self.named.get(address).cloned();
        if let Some(process) = self.table.get(pid) {
            let speaker = (process.group as u32, process.parent as u32);
            if name_service {
                self.asked = speaker;
            }
            if datagrams {
                self.speakers.insert((*address, port), speaker);
            }
        }
        let local = address.is_loopback() && !(name_service && datagrams);
        if local
            || address.is_unspecified()
            || protocol == Protocol::Other
            || port == 0
            || self.identity.is_none()
        {
            return false;
        }
        if let Some(opened) = self.ports.get(&(datagrams, port)) {
            return *opened;
        }
        let [high, low] = port.to_be_bytes();
        let kind = if datagrams { b'u' } else { b't' };
        let sunk = self.ask([kind, high, low]).unwrap_or(false);
        self.ports.insert((datagrams, port), sunk);
        sunk
    }

    /// Notes the call that a process was in when it was killed: what it asked for may have
    /// taken place, and nobody is told how such a call ended.
    pub(super) fn cut_short(&mut self, process: &Process) {
        let Some(begun) = process.begun.clone().filter(|_| process.side == Side::Procedure) else { return };
        let unread = matches!(&begun.what, What::File { op: FileOp::Read, .. });
        if self.over || process.fresh || unread || matches!(begun.what, What::Exec { .. }) {
            return;
        }
        for (what, sunk) in [(begun.what, begun.sunk)].into_iter().chain(begun.more) {
            if worth_a_note(&what, 0) {
                self.note_data(&what);
                let result = if sunk { Done::Sunk } else { Done::Ok };
                self.note(process.group, process.parent, false, what, result);
            }
        }
    }

    /// Notes how a call ended.
    pub(super) fn after_call(&mut self, pid: i32) {
        let CallStop::Exit { value } = tracee::call_stop(pid) else { return tracee::go_on(pid, 0) };
        let Some(process) = self.table.get_mut(pid) else { return tracee::go_on(pid, 0) };
        let Some(mut begun) = process.begun.take() else { return tracee::go_on(pid, 0) };
        let (group, parent, harness) = (process.group, process.parent, process.fresh);
        let errno = if (-4095..0).contains(&value) { -value as i32 } else { 0 };
        let mut named = None;
        if let (What::File { op, path, .. }, Some(place)) = (&mut begun.what, begun.opens) {
            let known = if errno == 0 { super::table::open_file(pid, value) } else { String::new() };
            if !known.is_empty() {
                // Another thread may have put another file in the descriptor's place already:
                // the name that was asked for counts too. A file without a name has none.
                let same = known == *path || known.starts_with(&format!("{path}/#"));
                if !same && !path.is_empty() {
                    named = Some(What::File { op: *op, path: path.clone(), to: None });
                }
                // The flags of this call stand in memory, where they may have been others.
                if begun.call.0 == libc::SYS_openat2
                    && *op == FileOp::Read
                    && super::table::is_writable(pid, value)
                {
                    *op = FileOp::Write;
                }
                *path = known;
            } else if path.is_empty() {
                *path = decode::path_at(self.places, pid, place);
            }
        }
        let pending = matches!(begun.what, What::Connect { .. }) && errno == libc::EINPROGRESS;
        let mut notes = vec![(begun.what.clone(), begun.sunk)];
        notes.extend(named.map(|what| (what, false)));
        if errno == 0 {
            // Also messages that the call did not get to: they were about to be sent.
            notes.extend(begun.more.iter().cloned());
        }
        if (errno == 0 || pending) && !harness {
            notes.extend(self.otherwise(pid, group, &begun));
        }
        for (what, sunk) in notes {
            let result = match errno {
                _ if sunk && (errno == 0 || pending) => Done::Sunk,
                0 => Done::Ok,
                // It was asked for, whatever comes of it after the call.
                _ if pending => Done::Ok,
                _ => self.failed(&what, errno),
            };
            let denied = matches!(result, Done::Denied { .. });
            if !harness && (denied || worth_a_note(&what, errno)) {
                self.note_data(&what);
                self.note(group, parent, false, what, result);
            }
        }
        if !self.over {
            tracee::go_on(pid, 0);
        }
    }

    /// Returns what a call that took place did by other signs than before it: whom the
    /// socket is connected to, and what its arguments read as afterwards. Another thread
    /// may have changed either meanwhile.
    fn otherwise(&mut self, pid: i32, group: i32, begun: &Begun) -> Vec<(What, bool)> {
        let (number, args) = begun.call;
        let mut found = Vec::new();
        match &begun.what {
            What::Connect { protocol, address, .. } if number == libc::SYS_connect => {
                // Connecting to no address is connecting to this machine.
                let here = address.is_unspecified();
                let peer = super::sockets::peer(pid, group, args[0] as i32);
                if let Some((address, port)) = peer.filter(|(to, _)| !(here && to.is_loopback())) {
                    found.push(What::Connect { protocol: *protocol, address, port, name: None, data: false });
                }
            }
            What::Connect { .. } | What::File { .. } if begun.opens.is_none() => {
                if let Some(again) = decode::entry(self.places, (pid, group), number, args) {
                    found.push(again.what);
                    found.extend(again.more);
                }
            }
            _ => {}
        }
        let told: Vec<_> = std::iter::once(&begun.what)
            .chain(begun.more.iter().map(|(what, _)| what))
            .map(place_of)
            .collect();
        found.retain(|what| !told.contains(&place_of(what)) && !is_unknown(what));
        found
            .into_iter()
            .map(|mut what| {
                let sunk = self.prepare_sink(pid, &mut what);
                (what, sunk)
            })
            .collect()
    }

    /// Reads the path of a call that is not carried out.
    fn resolved(&self, pid: i32, decoded: decode::Decoded) -> What {
        match (decoded.what, decoded.opens) {
            (What::File { op, path, to }, Some(place)) if path.is_empty() => {
                What::File { op, path: decode::path_at(self.places, pid, place), to }
            }
            (what, _) => what,
        }
    }

    fn failed(&self, what: &What, errno: i32) -> Done {
        let profile = self.job.profile.as_ref();
        match profile.and_then(|p| p.blamed(what, errno)) {
            Some(by) => Done::Denied { by, errno },
            _ => Done::Failed(errno),
        }
    }
}

/// What two readings of one call are compared by.
fn place_of(what: &What) -> (Option<&str>, Option<&str>, Option<(IpAddr, u16)>) {
    match what {
        What::File { path, to, .. } => (Some(path), to.as_deref(), None),
        What::Connect { address, port, .. } => (None, None, Some((*address, *port))),
        _ => (None, None, None),
    }
}

/// Returns whether a second reading says nothing, because what it was read from is gone.
fn is_unknown(what: &What) -> bool {
    match what {
        What::File { path, to, .. } => path.is_empty() || to.as_ref().is_some_and(String::is_empty),
        What::Connect { address, .. } => address.is_unspecified(),
        _ => true,
    }
}

/// Returns whether an outcome tells anything: searching along a path, and a program's
/// own start, do not.
fn worth_a_note(what: &What, errno: i32) -> bool {
    match what {
        What::Exec { .. } => !matches!(errno, libc::ENOENT | libc::ENOTDIR),
        What::File { op: FileOp::Read, path, .. } => {
            !matches!(errno, libc::ENOENT | libc::ENOTDIR | libc::ELOOP) && !decode::is_noise(path)
        }
        What::File { path, to: None, .. } => path != "/dev/null",
        // The C library asks its name service cache, which no sandbox has.
        What::LocalSocket { made: false, .. } => errno != libc::ENOENT,
        _ => true,
    }
}
