//! Tries to get out, to stay, and to do harm; each case with the outcome stated for each tier.
#![cfg(target_arch = "x86_64")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;
use std::{env, fs};

use exercise::sandbox::{self, Done, End, FileOp, Job, Limit, Observed, Protocol, Tier, User, What};

const CASES: &str = include_str!("../adversarial/cases.txt");

/// Makes and watches objects of the host's kernel.
const HOST: &str = include_str!("../adversarial/host.py");

/// What the host's secret files hold; no output may.
const SECRET: &str = "fp-secret-token-7c1e";

/// Says to a copy of this test which tier to try, and with which secret folder.
const ROLE: &str = "FEUERPROBE_SUITE";
const FOLDER: &str = "FEUERPROBE_SUITE_FOLDER";

struct Case {
    title: String,
    shell: &'static str,
    outcomes: [String; 3],
    refused: Vec<String>,
    /// Lines about the outcome: a word, the tiers, and what.
    about: Vec<[String; 3]>,
    check: Option<String>,
    script: String,
}

fn cases() -> Vec<Case> {
    let mut parts: Vec<&str> = CASES.split("\n== ").skip(1).collect();
    let prelude = parts.pop().and_then(|p| p.strip_prefix("prelude\n")).expect("the prelude comes last");
    parts
        .into_iter()
        .map(|part| {
            let (head, body) = part.split_once('\n').unwrap_or((part, ""));
            let mut fields = head.split('|').map(str::trim);
            let mut next = || fields.next().unwrap_or("").to_owned();
            let (title, shell) = (next(), next());
            let outcomes = [next(), next(), next()];
            let refused = next().split_whitespace().map(str::to_owned).collect();
            let (about, body): (Vec<&str>, Vec<&str>) = body.lines().partition(|line| line.starts_with('@'));
            let body = body.join("\n");
            let check = about.iter().find_map(|line| line.strip_prefix("@check ")).map(str::to_owned);
            let about = about.iter().filter(|line| !line.starts_with("@check ")).map(|line| {
                let mut words = line.splitn(3, ' ').map(str::to_owned);
                [(); 3].map(|()| words.next().unwrap_or_default())
            });
            let about = about.collect();
            let python = shell == "py";
            let script = if python { format!("{prelude}{body}\nprint('held')\n") } else { body };
            let shell = if python { "/usr/bin/python3" } else { "/bin/sh" };
            Case { title, shell, outcomes, refused, about, check, script }
        })
        .collect()
}

fn limit(word: &str) -> Option<Limit> {
    use Limit::{Deadline, Events, Files, Forks, Names, Output, Processes, Text};
    [Deadline, Events, Files, Forks, Names, Output, Processes, Text].into_iter().find(|l| l.word() == word)
}

/// Runs one case and returns what is wrong with its outcome.
fn judge(case: &Case, role: &Role, host: &mut Host) -> Vec<String> {
    let tier = role.tier;
    let folder = host.folder.display().to_string();
    let script = case
        .script
        .replace("@DIR@", &folder)
        .replace("@PORT@", &host.port.to_string())
        .replace("@TIER@", if tier == Tier::Landlock { "landlock" } else { "namespaces" })
        .replace("@VICTIM@", &host.objects.id().to_string())
        .replace("@PID@", &std::process::id().to_string());
    let mut job = Job::new(case.shell, &script, User::Root);
    job.marker = format!("fp-{}-{}", std::process::id(), case.title.split(' ').next().unwrap_or(""));
    job.landlock = role.landlock;
    job.success.clone_from(&case.check);
    let expected = case.outcomes[role.column].as_str();
    job.limits.deadline = Duration::from_secs(if expected == "time" { 1 } else { 30 });
    let seen = match sandbox::run(&job, tier) {
        Ok(seen) => seen,
        Err(refusal) => return vec![format!("was not run: {refusal}")],
    };
    let mut wrong = outcome(&seen, expected);
    let output = String::from_utf8_lossy(&seen.output);
    for bad in ["BREACH", SECRET].iter().filter(|bad| output.contains(**bad)) {
        wrong.push(format!("the output has {bad:?}: {output}"));
    }
    for name in &case.refused {
        let noted = seen.actions.iter().any(|a| {
            matches!(&a.result, Done::Denied { by, .. } if by == "guard")
                && matches!(&a.what, What::Call { name: n, .. } if n == name)
        });
        if !noted {
            wrong.push(format!("{name} was not seen refused"));
        }
    }
    for [word, tiers, what] in
        case.about.iter().filter(|[_, tiers, _]| tiers.contains(["r", "u", "l"][role.column]))
    {
        // What the kernel does not have cannot be tried.
        if output.contains("NOT HERE") {
            continue;
        }
        let what = what.replace("@DIR@", &folder);
        let right = match word.as_str() {
            "@success" => {
                seen.success
                    == [("yes", true), ("no", false)].iter().find(|(w, _)| *w == what).map(|(_, s)| *s)
            }
            "@seen" => took_place(&seen, &what),
            "@unseen" => !took_place(&seen, &what),
            _ => false,
        };
        if !right {
            wrong.push(format!(
                "{word} {tiers} {what} is wrong: success {:?}, {:?}",
                seen.success,
                told(&seen)
            ));
        }
    }
    if !seen.clean.is_clean() || seen.notes.iter().any(|note| note.contains("not observed")) {
        wrong.push(format!("left behind: {:?} {:?}", seen.clean, seen.notes));
    }
    wrong.extend(host.traces(&job.marker));
    wrong.extend(host.touched());
    wrong
}

/// Returns what was seen to take place, in words.
fn told(seen: &Observed) -> Vec<String> {
    let mut all = Vec::new();
    for action in seen.actions.iter().filter(|a| a.result.took_place()) {
        match &action.what {
            What::File { op: FileOp::Read, .. } => {}
            What::File { op, path, to } => {
                if path.is_empty() || to.as_deref() == Some("") {
                    all.push("unknown file".to_owned());
                }
                all.extend([format!("file {path}")]);
                all.extend(to.iter().map(|to| format!("file {to}")));
                let word = match op {
                    FileOp::Create => "create",
                    FileOp::Mode(_) => "mode",
                    FileOp::Attribute => "attribute",
                    FileOp::Rename => {
                        all.extend(to.iter().map(|to| format!("rename {path} {to}")));
                        continue;
                    }
                    _ => continue,
                };
                all.push(format!("{word} {path}"));
            }
            What::Connect { protocol: Protocol::Udp, address, port, data: true, .. } => {
                all.push(format!("udp {address}:{port}"));
            }
            What::Connect { protocol: Protocol::Tcp, address, port, .. } => {
                all.push(format!("tcp {address}:{port}"));
            }
            What::Connect { protocol: Protocol::Other, port: 0, .. } => {
                all.push("unknown address".to_owned());
            }
            What::Bind { address, port, .. } => all.push(format!("bind {address}:{port}")),
            What::Resolve { name } => all.push(format!("lookup {name}")),
            _ => {}
        }
    }
    all
}

/// Returns whether something was seen to take place; `file */x` is a file `x` anywhere.
fn took_place(seen: &Observed, what: &str) -> bool {
    let told = told(seen);
    match what.split_once(" *") {
        Some((word, end)) => told.iter().any(|t| t.starts_with(word) && t.ends_with(end)),
        None => told.iter().any(|t| t == what),
    }
}

fn outcome(seen: &Observed, expected: &str) -> Vec<String> {
    let output = String::from_utf8_lossy(&seen.output);
    let right = match limit(expected) {
        Some(limit) => seen.end == End::Limit(limit),
        None => matches!(seen.end, End::Exited(0)) && output.contains("held"),
    };
    if right { Vec::new() } else { vec![format!("expected {expected}, got {:?}: {output}", seen.end)] }
}

/// Starts the keeper of the host's objects. A thread that follows a run waits for all of
/// its own children, so another one is the keeper's parent as long as there are runs.
fn objects(folder: &Path) -> Child {
    let folder = folder.display().to_string();
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let started = Command::new("/usr/bin/python3")
            .args(["-c", HOST, &folder, SECRET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        tell.send(started).expect("somebody who listens");
        loop {
            std::thread::park();
        }
    });
    told.recv().expect("an answer").expect("objects of the host")
}

/// What a procedure would have to reach.
struct Host {
    folder: PathBuf,
    port: u16,
    tcp: TcpListener,
    objects: Child,
    answers: BufReader<ChildStdout>,
    _path: UnixListener,
    _abstract: UnixListener,
}

impl Host {
    fn new(folder: &Path) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        tcp.set_nonblocking(true).expect("a listener that does not wait");
        let name = format!("fp-secret-{}", std::process::id());
        let name = SocketAddr::from_abstract_name(name).expect("a name");
        let socket = folder.join("socket");
        let _ = fs::remove_file(&socket);
        let mut objects = objects(folder);
        let mut answers = BufReader::new(objects.stdout.take().expect("a pipe"));
        let mut word = String::new();
        answers.read_line(&mut word).expect("a word");
        assert_eq!(word, "ready\n");
        Self {
            objects,
            answers,
            folder: folder.to_owned(),
            port: tcp.local_addr().expect("an address").port(),
            tcp,
            _path: UnixListener::bind(socket).expect("a socket"),
            _abstract: UnixListener::bind_addr(&name).expect("an abstract socket"),
        }
    }

    /// Returns which of the host's objects a case has touched.
    fn touched(&mut self) -> Option<String> {
        let asked = self.objects.stdin.as_mut().map(|pipe| pipe.write_all(b"?\n"));
        let mut word = String::new();
        let heard = self.answers.read_line(&mut word);
        match (asked, heard) {
            (Some(Ok(())), Ok(1..)) if word == "intact\n" => None,
            (Some(Ok(())), Ok(1..)) => Some(format!("touched the host's {}", word.trim_end())),
            _ => Some("ended a process of the host".to_owned()),
        }
    }

    /// Returns what a case left outside.
    fn traces(&self, marker: &str) -> Vec<String> {
        let mut found = Vec::new();
        if self.tcp.accept().is_ok() {
            found.push("reached a port of the host".to_owned());
        }
        let folders = ["/", "/etc", "/usr", "/usr/bin", "/tmp", "/var/tmp", "/root", "/home", "/dev/shm"];
        for folder in folders.iter().map(Path::new).chain([self.folder.as_path()]) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().starts_with("fp-breach") {
                    found.push(format!("left {}", entry.path().display()));
                }
            }
        }
        let mark = format!("FEUERPROBE={marker}\0");
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            if String::from_utf8_lossy(&environment).contains(&mark) {
                found.push(format!("process {} survived", entry.file_name().to_string_lossy()));
            }
        }
        found
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // At the end of its input it removes what it made.
        drop(self.objects.stdin.take());
        let _ = self.objects.wait();
    }
}

/// What confines the cases, and which of their outcomes counts.
struct Role {
    tier: Tier,
    /// The version of Landlock that an older kernel would have.
    landlock: Option<u32>,
    column: usize,
}

impl Role {
    fn of(name: &str) -> Self {
        let landlock = name.strip_prefix("landlock-").and_then(|n| n.parse().ok());
        match name {
            "namespaces-root" => Self { tier: Tier::Namespaces, landlock, column: 0 },
            "namespaces-ordinary" => Self { tier: Tier::Namespaces, landlock, column: 1 },
            _ => Self { tier: Tier::Landlock, landlock, column: 2 },
        }
    }
}

/// Runs in a copy of this test: all cases in one tier.
#[test]
fn one_tier() {
    let (Ok(role), Ok(folder)) = (env::var(ROLE), env::var(FOLDER)) else { return };
    let mut host = Host::new(Path::new(&folder));
    let only = env::var("FEUERPROBE_CASE").unwrap_or_default();
    let mut report = String::new();
    let (mut right, mut wrong) = (0, 0);
    for case in cases().iter().filter(|c| c.title.starts_with(&only)) {
        let faults = judge(case, &Role::of(&role), &mut host);
        if faults.is_empty() {
            right += 1;
        } else {
            wrong += 1;
            report += &format!("{role}: {}\n    {}\n", case.title, faults.join("\n    "));
        }
    }
    fs::write(Path::new(&folder).join("report"), format!("{right} {wrong}\n{report}")).expect("a report");
}

/// A group of processes with a bound on their number, where this machine lets us make one.
struct Cage(Option<PathBuf>);

impl Cage {
    fn new() -> Self {
        let path = PathBuf::from(format!("/sys/fs/cgroup/pids/feuerprobe-test-{}", std::process::id()));
        let made = fs::create_dir(&path).and_then(|()| fs::write(path.join("pids.max"), "2000"));
        Self(made.is_ok().then_some(path))
    }
}

impl Drop for Cage {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_dir(path);
        }
    }
}

/// Held while a copy of the test is written and while a shell is started: a shell that is forked
/// in the middle of the writing keeps the file open, and the kernel starts no such program.
static STARTING: Mutex<()> = Mutex::new(());

/// Starts a copy of this test in one role and returns its report.
fn copy(role: &str, user: Option<u32>, cage: &Cage) -> String {
    let folder = tempfile::Builder::new().prefix("fp-suite-").tempdir_in("/tmp").expect("a folder");
    let program = folder.path().join("suite");
    {
        let _alone = STARTING.lock().expect("no copy failed");
        fs::copy(env::current_exe().expect("this test"), &program).expect("a copy of this test");
    }
    for (name, mode) in [("open", 0o644), ("closed", 0o600), ("own", 0o644)] {
        fs::write(folder.path().join(name), format!("{SECRET} secret\n")).expect("a secret");
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).expect("a mode");
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    if let Some(id) = user {
        for name in ["own", ""] {
            std::os::unix::fs::chown(folder.path().join(name), Some(id), Some(id)).expect("an owner");
        }
    }
    // The shell joins the cage before anything else, and leaves a secret open to be found.
    let join = cage.0.as_ref().map_or(String::new(), |c| format!("echo $$ > {}/cgroup.procs; ", c.display()));
    let become_user = user.map_or(String::new(), |id| {
        format!("setpriv --reuid={id} --regid={id} --clear-groups --no-new-privs ")
    });
    let script = format!(
        "{join}exec 9< {0}/open; exec {become_user}{0}/suite --exact adversarial::one_tier --nocapture --test-threads=1",
        folder.path().display()
    );
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &script]).env(ROLE, role).env(FOLDER, folder.path()).env("FP_SECRET", SECRET);
    shell.env("TMPDIR", folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = {
        let _alone = STARTING.lock().expect("no copy failed");
        shell.spawn().expect("the copy starts")
    };
    let run = started.wait_with_output().expect("the copy runs");
    let mut report = String::new();
    if let Ok(mut file) = fs::File::open(folder.path().join("report")) {
        let _ = file.read_to_string(&mut report);
    }
    assert!(!report.is_empty(), "{role}: no report: {}", String::from_utf8_lossy(&run.stderr));
    report
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0)
}

#[test]
#[expect(clippy::print_stderr, reason = "a tier that cannot be tried here is said aloud")]
fn every_case_ends_as_stated_for_every_tier() {
    assert!(cases().len() >= 50, "only {} cases", cases().len());
    let cage = Cage::new();
    if cage.0.is_none() {
        eprintln!("SKIPPED: no outer group of processes here; the limits of the observer are the only ones");
    }
    let roles = [
        ("namespaces-ordinary", 65_533),
        ("landlock", 65_533),
        // As on Linux 5.13, the first with Landlock.
        ("landlock-1", 65_533),
    ];
    if !is_root() {
        eprintln!("SKIPPED: the tiers as root, because this test does not run as root");
    }
    let mut all: Vec<_> =
        roles.into_iter().map(|(role, user)| (role, role, is_root().then_some(user))).collect();
    if is_root() {
        all.push(("namespaces-root", "namespaces-root", None));
        all.push(("landlock, as root", "landlock", None));
    }
    let cage = &cage;
    let reports: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = all
            .into_iter()
            .map(|(name, role, user)| (name, scope.spawn(move || copy(role, user, cage))))
            .collect();
        running.into_iter().map(|(name, copy)| (name, copy.join().expect("a report"))).collect()
    });
    let mut faults = String::new();
    for (role, report) in &reports {
        let (figures, rest) = report.split_once('\n').unwrap_or((report, ""));
        eprintln!("{role}: right and wrong {figures}");
        faults += rest;
    }
    assert!(faults.is_empty(), "{faults}");
}
