//! From a clone of the supervisor to the procedure's program.
//!
//! Everything here runs between `clone` and `exec` in a child of a program with several
//! threads: it takes no memory and no lock, and works on what was prepared before.

use std::ffi::{CString, c_char};

use super::board::Board;
use super::raw::{self, Errno};
use super::root::Steps;
use super::sink::{self, Duty};
use super::step::Step;

/// Where this program's environment stands in its memory, of which a child has a copy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Environment {
    first: usize,
    length: usize,
}

impl Environment {
    /// Returns where the kernel put it (proc(5), `/proc/PID/stat`, fields 50 and 51).
    pub(super) fn of_this_process() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(47);
        let mut next = || fields.next()?.parse::<usize>().ok();
        let (first, end) = (next()?, next()?);
        Some(Self { first, length: end.checked_sub(first)? })
    }

    /// Overwrites it. Only a child that never reads its environment may do so.
    fn wipe(self) {
        // SAFETY: the kernel mapped these bytes for the environment when this program
        // started, writable, and a child's copy of them is read by nobody.
        unsafe { std::ptr::write_bytes(self.first as *mut u8, 0, self.length) };
    }
}

/// Ends the process when a panic would unwind into the supervisor's code, of which the
/// child has a copy.
struct NeverReturn;

impl Drop for NeverReturn {
    fn drop(&mut self) {
        raw::exit(121);
    }
}

/// How a program is started, in memory that the child only reads.
pub(super) struct Launch {
    /// Path and arguments.
    pub(super) argv: Vec<CString>,
    /// Environment.
    pub(super) env: Vec<CString>,
    /// Working directory; `/` when it is absent.
    pub(super) folder: CString,
    /// Where the output goes.
    pub(super) output: i32,
    /// The script.
    pub(super) script: i32,
    /// What is read from standard input: nothing. `None` opens what is there inside.
    pub(super) null: Option<i32>,
    /// User and group to become, and the supplementary groups; `None` leaves all three.
    pub(super) user: Option<(u32, u32, Vec<u32>)>,
    /// Capabilities that stay.
    pub(super) capabilities: u64,
    /// Resource limits.
    pub(super) limits: Vec<(u32, u64)>,
    /// A Landlock ruleset and its rules.
    pub(super) landlock: Vec<super::landlock::Ruleset>,
    /// The system call filter.
    pub(super) filter: Vec<libc::sock_filter>,
}

/// The file descriptor by which a procedure's program reads its script.
pub(super) const SCRIPT: i32 = 3;

impl Launch {
    /// Becomes the program.
    fn exec(&self, board: &Board) -> ! {
        let errno = self.prepare().err().unwrap_or_else(|| {
            let argv = Pointers::<64>::new(&self.argv);
            let env = Pointers::<32>::new(&self.env);
            match self.argv.first() {
                // SAFETY: both arrays were made of texts that live as long as `self` and end in null.
                Some(path) => unsafe { raw::exec(path, &argv.all, &env.all) },
                None => libc::ENOENT,
            }
        });
        board.exec_failed(errno);
        raw::exit(127);
    }

    fn prepare(&self) -> Result<(), Errno> {
        let _ = raw::plain(libc::SYS_setsid, [0; 6]);
        // A child inherits what is ignored; the first process ignores the end of its children.
        default_signals();
        // Clear of the numbers that they are moved to.
        let output = raw::dup_above(self.output, 16)?;
        let script = raw::dup_above(self.script, 16)?;
        let null = match self.null {
            Some(fd) => raw::dup_above(fd, 16)?,
            None => raw::open(c"/dev/null", libc::O_RDONLY, 0)?,
        };
        raw::dup_to(null, 0)?;
        raw::dup_to(output, 1)?;
        raw::dup_to(output, 2)?;
        raw::dup_to(script, SCRIPT)?;
        raw::close_all_but(&[0, 1, 2, SCRIPT]);
        for (resource, value) in &self.limits {
            raw::limit(*resource, *value)?;
        }
        let _ = raw::plain(libc::SYS_umask, [0o022, 0, 0, 0, 0, 0]);
        if let Some((user, group, groups)) = &self.user {
            raw::set_groups(groups)?;
            raw::set_ids(*user, *group)?;
            // A change of ids sets this to what the host's fs.suid_dumpable says.
            raw::prctl(libc::PR_SET_DUMPABLE, 0)?;
        }
        if raw::chdir(&self.folder).is_err() {
            raw::chdir(c"/")?;
        }
        // Without the capability to change the bounding set it is empty enough already.
        let _ = raw::prctl(libc::PR_SET_KEEPCAPS, 0);
        raw::keep_capabilities(self.capabilities)
            .or_else(|e| if e == libc::EPERM { Ok(()) } else { Err(e) })?;
        raw::prctl(libc::PR_SET_NO_NEW_PRIVS, 1)?;
        for ruleset in &self.landlock {
            ruleset.enforce()?;
        }
        raw::install_filter(&self.filter)
    }
}

/// Sets every signal to its default and unblocks all.
fn default_signals() {
    // `struct kernel_sigaction` is four words; all zero is SIG_DFL without flags.
    let action = [0_u64; 4];
    let none = 0_u64;
    for signal in 1..=64 {
        // SAFETY: the kernel reads one structure and is given no place for the old one.
        let _ = unsafe { raw::call(libc::SYS_rt_sigaction, [signal, action.as_ptr() as usize, 0, 8, 0, 0]) };
    }
    let set = libc::SIG_SETMASK as usize;
    // SAFETY: the kernel reads one word of 64 signals.
    let _ = unsafe { raw::call(libc::SYS_rt_sigprocmask, [set, (&raw const none) as usize, 0, 8, 0, 0]) };
}

/// Addresses of texts, ended by null, without taking memory.
struct Pointers<const N: usize> {
    all: [*const c_char; N],
}

impl<const N: usize> Pointers<N> {
    fn new(texts: &[CString]) -> Self {
        let mut all = [std::ptr::null(); N];
        for (to, text) in all.iter_mut().take(N - 1).zip(texts) {
            *to = text.as_ptr();
        }
        Self { all }
    }
}

/// What the sandbox's first process does, in order.
pub(super) struct First {
    /// File descriptors that it keeps, sorted.
    pub(super) keep: Vec<i32>,
    /// The id it works under inside; `None` where there are no namespaces.
    pub(super) id: Option<u32>,
    /// Whether it may set supplementary groups.
    pub(super) groups: bool,
    /// The set-up.
    pub(super) steps: Steps,
    /// What it does afterwards.
    pub(super) duty: Duty,
    /// The procedure.
    pub(super) launch: Launch,
    /// The filter it locks itself with.
    pub(super) lock: Vec<libc::sock_filter>,
    /// Read and write end of the pipe on which the procedure waits for that lock.
    pub(super) gate: (i32, i32),
    /// What of the supervisor's memory is wiped first.
    pub(super) environment: Environment,
}

/// Said by the observer: the id map is written and the child is traced.
pub(super) const GO: u8 = b'g';
/// Said by the first process: the root is made, and the host's is still to be let go.
pub(super) const READY: u8 = b'r';
/// Said by the first process: the host's root is out of reach.
pub(super) const ALONE: u8 = b'a';
/// Said by the first process: a step failed; the board says which.
pub(super) const FAILED: u8 = b'f';
/// Said by the observer: the procedure may start.
pub(super) const START: u8 = b's';

impl First {
    /// Runs as the sandbox's first process.
    pub(super) fn run(&self, board: &Board) -> ! {
        let _trap = NeverReturn;
        self.environment.wipe();
        raw::close_all_but(&self.keep);
        let control = self.duty.control;
        let mut word = [0];
        if raw::read(control, &mut word) != Ok(1) || word[0] != GO {
            raw::exit(1);
        }
        let failed = |(step, errno): (usize, Errno)| -> ! {
            board.fail(step, errno);
            let _ = raw::write(control, &[FAILED]);
            raw::exit(1);
        };
        if let Err(failure) = self.set_up() {
            failed(failure);
        }
        let _ = raw::write(control, &[READY]);
        // This waits for the whole machine (`synchronize_rcu`), while the observer looks
        // at what was made.
        if self.id.is_some()
            && let Err(errno) = Step::Detach.perform()
        {
            failed((usize::MAX, errno));
        }
        let _ = raw::write(control, &[ALONE]);
        if raw::read(control, &mut word) != Ok(1) || word[0] != START {
            raw::exit(1);
        }
        // From here on no other process, not even one of the same user, may look into this
        // copy of the supervisor.
        let _ = raw::prctl(libc::PR_SET_DUMPABLE, 0);
        match raw::clone(libc::SIGCHLD as u64) {
            Ok(0) => {
                if raw::read(self.gate.0, &mut word) != Ok(1) {
                    raw::exit(1);
                }
                self.launch.exec(board)
            }
            Ok(_) => {}
            Err(_) => raw::exit(1),
        }
        raw::close(self.launch.output);
        raw::close(self.launch.script);
        if raw::prctl(libc::PR_SET_NO_NEW_PRIVS, 1).and_then(|_| raw::install_filter(&self.lock)).is_err() {
            raw::exit(1);
        }
        let _ = raw::write(self.gate.1, b"g");
        raw::close(self.gate.0);
        raw::close(self.gate.1);
        let reason = sink::serve(&self.duty, board);
        board.end(reason);
        raw::exit(reason);
    }

    fn set_up(&self) -> Result<(), (usize, Errno)> {
        let own = |errno| (usize::MAX, errno);
        if let Some(id) = self.id {
            if self.groups {
                raw::set_groups(&[]).map_err(own)?;
            }
            raw::set_ids(id, id).map_err(own)?;
        }
        // After the ids, because changing them forgets it.
        raw::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as usize).map_err(own)?;
        let _ = raw::plain(libc::SYS_setsid, [0; 6]);
        let _ = raw::plain(libc::SYS_umask, [0; 6]);
        ignore_children();
        for (number, step) in self.steps.iter().enumerate() {
            step.perform().map_err(|errno| (number, errno))?;
        }
        Ok(())
    }
}

/// Has the kernel reap every orphan.
fn ignore_children() {
    // The handler SIG_IGN, then flags, restorer and mask.
    let action = [libc::SIG_IGN as u64, 0, 0, 0];
    let args = [libc::SIGCHLD as usize, action.as_ptr() as usize, 0, 8, 0, 0];
    // SAFETY: the kernel reads one structure and is given no place for the old one.
    let _ = unsafe { raw::call(libc::SYS_rt_sigaction, args) };
}

/// What runs the check after the procedure: a process that joins the sandbox.
pub(super) struct Checker {
    /// File descriptors that it keeps, sorted.
    pub(super) keep: Vec<i32>,
    /// Where it waits until it is traced.
    pub(super) gate: i32,
    /// Namespaces to join, the user namespace first.
    pub(super) namespaces: Vec<i32>,
    /// Where output goes.
    pub(super) launch: Launch,
    /// The id it works under inside; `None` where there are no namespaces.
    pub(super) id: Option<u32>,
    /// What of the supervisor's memory is wiped first.
    pub(super) environment: Environment,
}

impl Checker {
    /// Joins the sandbox and starts the check in it.
    pub(super) fn run(&self, board: &Board) -> ! {
        let _trap = NeverReturn;
        self.environment.wipe();
        raw::close_all_but(&self.keep);
        let mut word = [0];
        if raw::read(self.gate, &mut word) != Ok(1) {
            raw::exit(1);
        }
        // Before it can be seen from inside: no other process, not even one of the same
        // user, may look into this copy of the supervisor. It is traced already.
        if raw::prctl(libc::PR_SET_DUMPABLE, 0).is_err() {
            raw::exit(122);
        }
        if self.join().is_err() {
            raw::exit(122);
        }
        if self.namespaces.is_empty() {
            self.launch.exec(board);
        }
        // Only a child is in the process namespace that was joined. This process waits
        // for it, so that the observer sees the check end.
        match raw::clone(libc::SIGCHLD as u64) {
            Ok(0) => self.launch.exec(board),
            Ok(child) => {
                let mut status = 0_i32;
                let args = [child as usize, (&raw mut status) as usize, 0, 0, 0, 0];
                // SAFETY: the kernel writes one number.
                let _ = unsafe { raw::call(libc::SYS_wait4, args) };
                raw::exit(if status == 0 { 0 } else { 1 });
            }
            Err(_) => raw::exit(122),
        }
    }

    fn join(&self) -> Result<(), Errno> {
        for namespace in &self.namespaces {
            raw::plain(libc::SYS_setns, [*namespace as usize, 0, 0, 0, 0, 0])?;
        }
        if let Some(id) = self.id {
            raw::set_ids(id, id)?;
            raw::prctl(libc::PR_SET_DUMPABLE, 0)?;
        }
        raw::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as usize).map(drop)
    }
}
