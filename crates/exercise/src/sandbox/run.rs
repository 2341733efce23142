//! One run from its preparation to the proof that nothing is left.

use std::fs;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::time::Duration;

use super::action::Action;
use super::board::Board;
use super::cores::Pinned;
use super::identity::{self, Identity};
use super::job::{Job, User};
use super::launch::{self, Checker, Environment, First, Launch};
use super::observed::{Clean, End, Limit, Observed, Refusal};
use super::observer::{Observer, Pause};
use super::place::{Ground, Places};
use super::root::Steps;
use super::scratch::Scratch;
use super::sink::Duty;
use super::strays::{self, Own, Reaper};
use super::walk::Listing;
use super::{Tier, calls, files, filter, landlock, layers, raw, root, tracee};

/// Every namespace that a process can have of its own but that of time, which changes
/// nothing that a procedure can do.
const NAMESPACES: i32 = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWCGROUP;

/// Their names below `/proc/PID/ns`, in the order in which they are joined.
const NAMES: [&str; 7] = ["user", "mnt", "pid", "net", "uts", "ipc", "cgroup"];

/// Capabilities of the sandbox's root: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID,
/// SETUID (capabilities(7)).
const CAPABILITIES: u64 = 1 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7;

/// How long the set-up may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// The user that nothing belongs to, for a root without namespaces.
const NOBODY: u32 = 65_534;

/// Bytes of one file in the scratch folder of a machine without namespaces.
pub(super) const SCRATCH_BYTES: u64 = 512 << 10;

fn refusal(reason: impl Into<String>, remedy: &str) -> Refusal {
    Refusal { reason: reason.into(), remedy: remedy.to_owned() }
}

fn system(what: &str, errno: i32) -> Refusal {
    refusal(
        format!("cannot {what}: {}", std::io::Error::from_raw_os_error(errno)),
        "`feuerprobe doctor` shows which layer is missing",
    )
}

/// What is held of a sandbox that is ready.
struct Inside {
    tree: OwnedFd,
    places: Places,
    before: Listing,
    ground: Option<Ground>,
    /// What the check joins.
    namespaces: Vec<OwnedFd>,
}

impl Inside {
    /// Returns a path on which the check would rest and which is not what it was.
    fn changed_ground(&self) -> Option<String> {
        self.ground.as_ref()?.changed(&Ground::of(&self.places))
    }
}

/// What the supervisor holds of one run.
struct Set<'a> {
    job: &'a Job,
    identity: Option<Identity>,
    scratch: Option<Scratch>,
    board: Board,
    control: OwnedFd,
    output: (OwnedFd, OwnedFd),
}

/// Runs one job.
pub(super) fn run(job: &Job, tier: Tier, listener: &mut dyn FnMut(&Action)) -> Result<Observed, Refusal> {
    let board = Board::new(job.limits.output as usize);
    let board =
        board.ok_or_else(|| refusal("there is no memory for the output", "lower the limit of the output"))?;
    let (identity, scratch) = match tier {
        Tier::Namespaces => {
            let found = Identity::of_this_process(job.user);
            let remedy = "run as an ordinary user, or outside of the container";
            (Some(found.ok_or_else(|| refusal("no user ids are free for the sandbox", remedy))?), None)
        }
        Tier::Landlock => {
            let user = identity::is_root().then_some(NOBODY);
            (None, Some(Scratch::new(job, user).map_err(|e| system("make the scratch folder", e))?))
        }
    };
    let make = |what, made: Result<_, _>| made.map_err(|errno| system(what, errno));
    let (control, far) = make("make a line", files::line())?;
    let set = Set { job, identity, scratch, board, control, output: make("make a pipe", files::pipe())? };
    let _reaper = Reaper::new();
    // The core is left again after everything that was started on it has ended.
    let _pinned = Pinned::to_the_freest_core();
    set.run(tier, far, listener)
}

impl Set<'_> {
    fn run(
        mut self,
        tier: Tier,
        far: OwnedFd,
        listener: &mut dyn FnMut(&Action),
    ) -> Result<Observed, Refusal> {
        let script = files::sealed(&self.job.script).map_err(|errno| system("hold the script", errno))?;
        let steps = match &self.identity {
            Some(identity) => root::steps(self.job, identity)?,
            None => Steps::none(),
        };
        let gate = files::pipe().map_err(|errno| system("make a pipe", errno))?;
        let first = self.first(steps, &script, &far, &gate)?;
        let flags = if self.identity.is_some() { NAMESPACES } else { 0 };
        let pid =
            raw::clone((flags | libc::SIGCHLD) as u64).map_err(|errno| system("make namespaces", errno))?;
        if pid == 0 {
            first.run(&self.board);
        }
        let own = Own::new(pid);
        // With the far end closed here, the end of the first process ends every wait for it.
        drop((script, far, gate));
        let ready = self.ready(pid, &first.steps).and_then(|()| self.look_in(pid, &first.steps));
        let inside = match ready.and_then(|seen| self.word(launch::ALONE, &first.steps).map(|()| seen)) {
            Ok(seen) => seen,
            Err(refusal) => {
                end(pid);
                return Err(refusal);
            }
        };
        let control = self.control.as_raw_fd();
        let mut observer = Observer::new(
            self.job,
            (&self.board, &inside.places),
            self.identity.as_ref(),
            (pid, control),
            listener,
        );
        let (after, unfit) = self.go_through(&mut observer, &inside);
        observer.read_board();
        if let Some(errno) = self.board.exec_failure() {
            return Err(refusal(
                format!(
                    "{:?} cannot be started: {}",
                    self.job.argv.first(),
                    std::io::Error::from_raw_os_error(errno)
                ),
                "name a program that this machine has",
            ));
        }
        let after = after.unwrap_or_else(|| Listing::of(inside.tree.as_fd(), Some(&inside.before)));
        let changes = inside.before.changes(&after);
        drop(own);
        let found = strays::end_all();
        let left = self.scratch.take().map_or_else(mounts_left, Scratch::remove);
        Ok(Observed {
            tier,
            end: observer.end.unwrap_or(End::Limit(Limit::Deadline)),
            success: observer.success,
            actions: std::mem::take(&mut observer.actions),
            changes,
            output: self.board.output().to_vec(),
            elapsed: observer.ended_at,
            clean: Clean { survivors: found.left, mounts: left },
            notes: self.notes(found.ended, unfit),
        })
    }

    /// Starts the procedure and follows it and its check to their end. Returns what is
    /// there between the two, and what the check would have rested on and cannot.
    fn go_through(&self, observer: &mut Observer<'_>, inside: &Inside) -> (Option<Listing>, Option<String>) {
        let (mut after, mut unfit) = (None, None);
        let _ = raw::send(self.control.as_raw_fd(), &[launch::START]);
        if observer.follow() == Pause::Procedure {
            if observer.end_procedure() {
                // What the check changes is not the procedure's doing.
                after = Some(Listing::of(inside.tree.as_fd(), Some(&inside.before)));
                unfit = inside.changed_ground();
                if unfit.is_none() {
                    self.check(observer, &inside.namespaces);
                }
            }
            // The first process hands over what is still in the pipe before it dies.
            observer.ask(*b"o\0\0");
            observer.kill();
        }
        while observer.follow() != Pause::Nothing {}
        (after, unfit)
    }

    fn first(
        &self,
        steps: Steps,
        script: &OwnedFd,
        far: &OwnedFd,
        gate: &(OwnedFd, OwnedFd),
    ) -> Result<First, Refusal> {
        let mut keep = vec![
            far.as_raw_fd(),
            self.output.0.as_raw_fd(),
            self.output.1.as_raw_fd(),
            gate.0.as_raw_fd(),
            gate.1.as_raw_fd(),
            script.as_raw_fd(),
        ];
        keep.sort_unstable();
        Ok(First {
            keep,
            id: self.identity.as_ref().map(Identity::first),
            groups: identity::is_root() && self.identity.is_some(),
            steps,
            duty: Duty {
                control: far.as_raw_fd(),
                output: self.output.0.as_raw_fd(),
                deadline: self.job.limits.deadline.as_micros() as u64,
                names: root::names(self.job),
            },
            launch: self.launch(&self.job.argv, script, true)?,
            lock: filter::of_first_process(),
            gate: (gate.0.as_raw_fd(), gate.1.as_raw_fd()),
            environment: environment()?,
        })
    }

    fn launch(&self, argv: &[String], script: &OwnedFd, procedure: bool) -> Result<Launch, Refusal> {
        if argv.is_empty() || argv.len() > 32 {
            return Err(refusal("a job names no program", "name the shell that reads the script"));
        }
        let profile = self.job.profile.as_ref().filter(|_| procedure);
        let version = landlock::version(self.job.landlock);
        let mut rulesets = Vec::new();
        if let Some(policy) = profile.and_then(|p| p.landlock.as_ref()).filter(|_| version > 0) {
            rulesets.push(landlock::Ruleset::of_policy(version, policy));
        }
        if let Some(scratch) = &self.scratch {
            rulesets.push(landlock::Ruleset::confining(version, &scratch.path));
        }
        let ordinary = self.job.user == User::Ordinary || profile.is_some_and(|p| p.ordinary_user.is_some());
        let user = if ordinary { User::Ordinary } else { User::Root };
        let kept = profile.map_or(u64::MAX, crate::profile::Profile::capabilities);
        let home = match (&self.scratch, user) {
            (Some(scratch), _) => scratch.path.clone(),
            (None, User::Root) => "/root".to_owned(),
            (None, User::Ordinary) => "/home/max".to_owned(),
        };
        let mut argv: Vec<_> = argv.iter().map(|a| root::c(a)).collect();
        // A procedure may put something else in the place of /dev/fd; /proc it cannot.
        let descriptors = if procedure { "/dev/fd" } else { "/proc/self/fd" };
        argv.push(root::c(&format!("{descriptors}/{}", launch::SCRIPT)));
        let rules = calls::Rules::of(self.job, self.identity.is_some());
        let extra = if procedure {
            profile.map(crate::profile::Profile::watched).unwrap_or_default()
        } else {
            calls::PRELOADS.to_vec()
        };
        Ok(Launch {
            argv,
            env: self.environment(user, &home, procedure),
            folder: root::c(&home),
            output: self.output.1.as_raw_fd(),
            script: script.as_raw_fd(),
            null: None,
            user: self.user(user),
            capabilities: if user == User::Root && self.identity.is_some() { CAPABILITIES & kept } else { 0 },
            limits: self.limits(),
            landlock: rulesets,
            filter: filter::of_procedure(&rules, &extra),
        })
    }

    /// Returns who the procedure becomes; `None` when there is only one user to be.
    fn user(&self, user: User) -> Option<(u32, u32, Vec<u32>)> {
        match &self.identity {
            Some(identity) if identity.both_users() => {
                let id = identity.id(user);
                Some((id, id, if id == 0 { Vec::new() } else { vec![27] }))
            }
            None if identity::is_root() => Some((NOBODY, NOBODY, Vec::new())),
            _ => None,
        }
    }

    fn environment(&self, user: User, home: &str, procedure: bool) -> Vec<std::ffi::CString> {
        let name = if user == User::Root { "root" } else { "max" };
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let mut all = vec![
            format!("HOME={home}"),
            format!("USER={name}"),
            format!("LOGNAME={name}"),
            "SHELL=/bin/bash".to_owned(),
            "LANG=C.UTF-8".to_owned(),
            "TERM=dumb".to_owned(),
            format!("FEUERPROBE={}", self.job.marker),
        ];
        match &self.scratch {
            Some(scratch) => {
                let own = &scratch.path;
                all.push(format!("TMPDIR={own}/tmp"));
                // What a procedure put there must not stand in for what the check calls.
                all.push(if procedure {
                    format!("PATH={own}/usr/bin:{path}")
                } else {
                    format!("PATH={path}:{own}/usr/bin")
                });
            }
            None => all.push(format!("PATH={path}")),
        }
        if !procedure {
            // Python would run what lies in the home folder and in the present one.
            all.extend(["PYTHONNOUSERSITE=1".to_owned(), "PYTHONSAFEPATH=1".to_owned()]);
        }
        all.iter().map(|v| root::c(v)).collect()
    }

    fn limits(&self) -> Vec<(u32, u64)> {
        let seconds = self.job.limits.deadline.as_secs() + 1;
        let mut all = vec![
            // With 0 a program that the host names in core_pattern would still be started
            // for a crash; with 1 nothing is (Linux, `fs/coredump.c`).
            (libc::RLIMIT_CORE, 1),
            (libc::RLIMIT_AS, self.job.limits.memory),
            (libc::RLIMIT_FSIZE, if self.identity.is_some() { 32 << 20 } else { SCRATCH_BYTES }),
            (libc::RLIMIT_NOFILE, 256),
            (libc::RLIMIT_CPU, seconds),
            (libc::RLIMIT_MEMLOCK, 64 << 10),
            (libc::RLIMIT_MSGQUEUE, 0),
        ];
        // Without a user namespace the count includes every process of the same user.
        if self.identity.is_some() {
            all.push((libc::RLIMIT_NPROC, u64::from(self.job.limits.processes) * 2));
        }
        all
    }

    /// Maps ids, begins to trace, and waits for the root to be made.
    fn ready(&self, pid: i32, steps: &Steps) -> Result<(), Refusal> {
        tracee::seize(pid).map_err(|errno| system("trace a child", errno))?;
        if let Some(identity) = &self.identity {
            let (users, groups) = identity.maps();
            let put = |file: &str, text: &str| {
                fs::write(format!("/proc/{pid}/{file}"), text)
                    .map_err(|e| system("map user ids", e.raw_os_error().unwrap_or(libc::EIO)))
            };
            if !identity::is_root() {
                put("setgroups", "deny")?;
            }
            put("gid_map", &groups)?;
            put("uid_map", &users)?;
        }
        let control = self.control.as_raw_fd();
        raw::send(control, &[launch::GO]).map_err(|errno| system("start the set-up", errno))?;
        self.word(launch::READY, steps)
    }

    /// Waits for the first process to say something.
    fn word(&self, expected: u8, steps: &Steps) -> Result<(), Refusal> {
        let control = self.control.as_raw_fd();
        let mut on = [libc::pollfd { fd: control, events: libc::POLLIN, revents: 0 }];
        let mut word = [0];
        if raw::poll(&mut on, PATIENCE) != Ok(1) || raw::read(control, &mut word) != Ok(1) {
            return Err(refusal(
                "the set-up of the sandbox did not end",
                "try again on a machine that is less busy",
            ));
        }
        if word[0] == expected {
            return Ok(());
        }
        let (step, errno) = self.board.failure();
        debug_assert_eq!(word[0], launch::FAILED);
        let what = steps.iter().nth(step).map_or_else(
            || "become the sandbox's user, or let go of the host's root".to_owned(),
            super::step::Step::words,
        );
        Err(system(&what, errno))
    }

    /// Lists the root before the procedure, and keeps what the check needs to join.
    fn look_in(&self, pid: i32, steps: &Steps) -> Result<Inside, Refusal> {
        let path = self.scratch.as_ref().map_or_else(|| format!("/proc/{pid}/root"), |s| s.path.clone());
        let open = || files::folder(&path).map_err(|e| system("look into the sandbox", e));
        let tree = open()?;
        let places = Places::new(open()?, self.scratch.as_ref().map_or("", |s| s.path.as_str()));
        let mut namespaces = Vec::new();
        if self.job.success.is_some() && self.identity.is_some() {
            for name in NAMES {
                namespaces.push(files::namespace(pid, name).map_err(|e| system("join the sandbox", e))?);
            }
        }
        let before = if self.identity.is_some() {
            let before = Listing::of_made(tree.as_fd(), steps.made());
            debug_assert_eq!(before, Listing::of(tree.as_fd(), None));
            before
        } else {
            Listing::of(tree.as_fd(), None)
        };
        // Without namespaces what programs rest on is the host's, and out of reach.
        let checked = self.job.success.is_some() && self.identity.is_some();
        let ground = checked.then(|| Ground::of(&places));
        Ok(Inside { tree, places, before, ground, namespaces })
    }

    /// Runs the check inside.
    fn check(&self, observer: &mut Observer<'_>, namespaces: &[OwnedFd]) {
        let Some(text) = &self.job.success else { return };
        let Ok(script) = files::sealed(text) else { return };
        let Ok((gate, go)) = files::pipe() else { return };
        let Ok(null) = fs::File::open("/dev/null") else { return };
        let Ok(mut launch) = self.launch(&["/bin/sh".to_owned()], &script, false) else { return };
        launch.null = Some(null.as_raw_fd());
        let mut keep: Vec<i32> = namespaces.iter().map(std::os::fd::AsRawFd::as_raw_fd).collect();
        let namespaces = keep.clone();
        keep.extend([gate.as_raw_fd(), self.output.1.as_raw_fd(), script.as_raw_fd(), null.as_raw_fd()]);
        keep.sort_unstable();
        let id = self.identity.as_ref().map(Identity::first);
        let Ok(environment) = environment() else { return };
        let checker = Checker { keep, gate: gate.as_raw_fd(), namespaces, launch, id, environment };
        let Ok(pid) = raw::clone(libc::SIGCHLD as u64) else { return };
        if pid == 0 {
            checker.run(&self.board);
        }
        let _own = Own::new(pid);
        if tracee::seize(pid).is_err() {
            end(pid);
            return;
        }
        let side = if self.identity.is_some() { super::table::Side::Own } else { super::table::Side::Check };
        observer.table.root(pid, side);
        observer.check = Some(pid);
        let _ = raw::write(go.as_raw_fd(), b"g");
        while !matches!(observer.follow(), Pause::Check | Pause::Nothing) {}
    }

    fn notes(&self, unobserved: u32, unfit: Option<String>) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(path) = unfit.filter(|_| self.job.success.is_some()) {
            notes.push(format!(
                "the check was not run, because the procedure replaced {path}, on which it rests"
            ));
        }
        if unobserved > 0 {
            notes
                .push(format!("{unobserved} processes of the run were not observed and were ended after it"));
        }
        match &self.identity {
            None => {
                notes.push(format!("without namespaces: {}", layers::WEAKER));
                notes.extend(landlock::lacks(landlock::version(self.job.landlock)));
                if !self.job.files.is_empty() || !self.job.stubs.is_empty() {
                    notes.push("staged files and programs lie below the scratch folder".to_owned());
                }
            }
            Some(identity) if !identity.both_users() => {
                notes.push(match self.job.user {
                    User::Root => "root is the only user: nothing belongs to an ordinary user".to_owned(),
                    User::Ordinary => "the ordinary user is the only user and owns every file; system folders are read-only instead".to_owned(),
                });
            }
            Some(_) => {}
        }
        notes
    }
}

/// Ends a first process that was not set up, and waits for it.
fn end(pid: i32) {
    tracee::kill(pid);
    let mut status = 0;
    // SAFETY: the kernel writes one number.
    unsafe { while libc::waitpid(pid, &raw mut status, libc::__WALL) == pid && libc::WIFSTOPPED(status) {} }
}

fn environment() -> Result<Environment, Refusal> {
    Environment::of_this_process().ok_or_else(|| refusal("/proc does not show this program", "mount /proc"))
}

/// Returns how many of our roots are mounted where this program lives.
fn mounts_left() -> u32 {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    mounts.lines().filter(|line| line.contains(root::SOURCE)).count() as u32
}
