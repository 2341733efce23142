//! What a run hands back, in every tier that this machine gives.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use std::{env, fs};

use exercise::sandbox::{
    self, ChangeKind, Done, End, FileOp, Job, Limit, Observed, Staged, Tier, User, What,
};

fn run(job: &Job) -> Observed {
    sandbox::run(job, Tier::Namespaces).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Returns whether namespaces work here; says so aloud when they do not.
#[expect(clippy::print_stderr, reason = "a test that cannot run here is said aloud")]
fn namespaces() -> bool {
    let works = sandbox::tier() == Ok(Tier::Namespaces);
    if !works {
        eprintln!("SKIPPED: no namespaces here: {:?}", sandbox::tier());
    }
    works
}

fn execs(seen: &Observed) -> Vec<(&str, bool)> {
    seen.actions
        .iter()
        .filter_map(|a| match &a.what {
            What::Exec { image, .. } => Some((image.as_str(), a.harness)),
            _ => None,
        })
        .collect()
}

#[test]
fn programs_files_and_changes_are_seen() {
    if !namespaces() {
        return;
    }
    let mut job = Job::new(
        "/bin/sh",
        "echo x > /etc/cron.d/fp; rm /etc/crontab; cat /home/max/a.csv; nmap -p 1 x",
        User::Root,
    );
    job.files = vec![Staged {
        path: "/home/max/a.csv".to_owned(),
        bytes: b"a;b\n".to_vec(),
        mode: 0o640,
        owner: User::Ordinary,
    }];
    job.stubs = vec!["/usr/bin/nmap".to_owned(), "/usr/local/fp/bin/tool".to_owned(), "/opt/x/y".to_owned()];
    job.success = Some("test -e /etc/cron.d/fp && test ! -e /etc/crontab".to_owned());
    let seen = run(&job);
    assert_eq!((seen.end, seen.success), (End::Exited(0), Some(true)));
    assert_eq!(seen.output, b"a;b\n");
    let execs = execs(&seen);
    assert!(execs.first().is_some_and(|(_, harness)| *harness), "{execs:?}");
    assert_eq!(execs.iter().filter(|(_, harness)| *harness).count(), 1, "{execs:?}");
    assert!(execs.contains(&("/usr/bin/nmap", false)), "{execs:?}");
    let file = |wanted: FileOp, at: &str| {
        seen.actions.iter().any(|a| {
            a.result == Done::Ok
                && matches!(&a.what, What::File { op, path, .. } if *op == wanted && path == at)
        })
    };
    assert!(file(FileOp::Create, "/etc/cron.d/fp"));
    assert!(file(FileOp::Remove, "/etc/crontab"));
    assert!(file(FileOp::Read, "/home/max/a.csv"));
    let changes: Vec<_> = seen.changes.iter().map(|c| (c.path.as_str(), c.kind)).collect();
    assert_eq!(changes, [("/etc/cron.d/fp", ChangeKind::Added), ("/etc/crontab", ChangeKind::Removed)]);
    assert!(seen.clean.is_clean());
}

#[test]
fn every_address_ends_in_the_sink_and_names_are_answered() {
    if !namespaces() {
        return;
    }
    let script = "import socket,urllib.request\n\
        print(urllib.request.urlopen('http://files.example:8080/x', timeout=5).read())\n\
        s = socket.create_connection(('203.0.113.7', 4444), 5); print(s.recv(10))\n\
        socket.socket(2, 2).sendto(b'x', ('203.0.113.8', 514))\n";
    let mut job = Job::new("/usr/bin/python3", script, User::Ordinary);
    job.names.insert("files.example".to_owned(), "203.0.113.10".parse().expect("an address"));
    let seen = run(&job);
    assert_eq!(seen.end, End::Exited(0), "{}", String::from_utf8_lossy(&seen.output));
    let connects: Vec<_> = seen
        .actions
        .iter()
        .filter_map(|a| match &a.what {
            What::Connect { address, port, name, .. } if a.result == Done::Sunk && *port != 53 => {
                Some((address.to_string(), *port, name.clone()))
            }
            _ => None,
        })
        .collect();
    let expected = [
        ("203.0.113.10".to_owned(), 8080, Some("files.example".to_owned())),
        ("203.0.113.7".to_owned(), 4444, None),
        ("203.0.113.8".to_owned(), 514, None),
    ];
    assert_eq!(connects, expected);
    let resolved = seen.actions.iter().any(|a| a.what == What::Resolve { name: "files.example".to_owned() });
    assert!(resolved, "{:?}", seen.actions);
}

#[test]
fn a_check_that_fails_or_is_not_reached_is_told_apart() {
    if !namespaces() {
        return;
    }
    let mut job = Job::new("/bin/sh", "exit 0", User::Ordinary);
    assert_eq!(run(&job).success, None);
    job.success = Some("exit 3".to_owned());
    assert_eq!(run(&job).success, Some(false));
    job.script = "while true; do :; done".to_owned();
    job.limits.deadline = Duration::from_millis(300);
    let seen = run(&job);
    assert_eq!((seen.end, seen.success), (End::Limit(Limit::Deadline), None));
}

#[test]
fn paths_that_belong_to_the_kernel_cannot_be_staged() {
    for path in ["/proc/x", "/sys/x", "/dev/null", "relative", "/tmp/../etc/x", "/", "/tmp//x"] {
        let mut job = Job::new("/bin/sh", "true", User::Root);
        job.stubs = vec![path.to_owned()];
        assert!(sandbox::run(&job, Tier::Namespaces).is_err(), "{path}");
    }
    let absent = Job::new("/bin/no-such-shell", "true", User::Root);
    assert!(sandbox::run(&absent, Tier::Namespaces).is_err());
}

#[test]
fn sandboxes_side_by_side_do_not_see_each_other() {
    if !namespaces() {
        return;
    }
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for round in 0..6 {
                    let word = format!("w{thread}-{round}");
                    let script =
                        format!("echo {word} > /tmp/x; sleep 0.02; cat /tmp/x; ls /tmp; ls -d /proc/[0-9]*");
                    let seen = run(&Job::new("/bin/sh", &script, User::Ordinary));
                    let output = String::from_utf8_lossy(&seen.output).into_owned();
                    assert!(output.starts_with(&format!("{word}\nx\n/proc/1\n")), "{output}");
                    assert!(output.lines().count() <= 6, "{output}");
                    assert!(seen.clean.is_clean());
                }
            });
        }
    });
}

const ROLE: &str = "FEUERPROBE_VICTIM";

/// Runs in a copy of this test that is killed.
#[test]
fn victim() {
    let Ok(role) = env::var(ROLE) else { return };
    let (tier, marker) = role.split_once(' ').unwrap_or(("", ""));
    let tier = if tier == "landlock" { Tier::Landlock } else { Tier::Namespaces };
    let few =
        "trap '' TERM HUP INT; (setsid sleep 300 &); (sleep 300 &); echo x > f; while true; do sleep 1; done";
    let many = "trap '' TERM HUP INT; i=0; while test $i -lt 150; do sleep 300 & i=$((i + 1)); done; wait";
    let mut job = Job::new("/bin/sh", if marker.contains("many") { many } else { few }, User::Root);
    job.marker = marker.to_owned();
    // More than a procedure may have at once otherwise.
    job.limits.processes = 400;
    job.limits.deadline = Duration::from_secs(120);
    let _ = sandbox::run(&job, tier);
}

/// Returns how many processes carry a marker in their environment.
fn marked(marker: &str) -> usize {
    let wanted = format!("FEUERPROBE={marker}\0");
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter(|entry| {
        fs::read(entry.path().join("environ")).is_ok_and(|e| String::from_utf8_lossy(&e).contains(&wanted))
    })
    .count()
}

/// Asks until the answer is right, or often enough.
fn until(mut right: impl FnMut() -> bool) -> bool {
    (0..20_000).any(|_| {
        std::thread::yield_now();
        right()
    })
}

/// Starts a copy of this test that runs a procedure and waits until so many processes of it
/// are there.
fn observer(tier: &str, marker: &str, folder: &Path, processes: usize) -> Child {
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    let copy = Command::new(env::current_exe().expect("this test"))
        .args(["--exact", "sandbox::victim", "--test-threads=1"])
        .env(ROLE, format!("{tier} {marker}"))
        .env("TMPDIR", folder)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the copy runs");
    assert!(until(|| marked(marker) >= processes), "{tier}: the procedure did not start");
    copy
}

fn tiers() -> Vec<&'static str> {
    if namespaces() { vec!["landlock", "namespaces"] } else { vec!["landlock"] }
}

#[test]
fn a_killed_observer_takes_everything_with_it() {
    for (tier, kind, processes) in
        tiers().into_iter().flat_map(|tier| [(tier, "few", 4), (tier, "many", 151)])
    {
        let marker = format!("fp-victim-{tier}-{kind}-{}", std::process::id());
        let folder = tempfile::tempdir().expect("a folder");
        let mut copy = observer(tier, &marker, folder.path(), processes);
        copy.kill().expect("it is ours");
        copy.wait().expect("it ends");
        assert!(until(|| marked(&marker) == 0), "{tier}: {} processes survived", marked(&marker));
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        assert!(!mounts.contains("feuerprobe-sandbox"), "{tier}: a mount survived");
    }
}

/// The first process of a sandbox is a copy of this program: what stood in the environment
/// must not stand in it any more.
#[test]
fn the_environment_is_wiped_from_what_runs_inside() {
    for tier in tiers() {
        let marker = format!("fp-victim-{tier}-wiped-{}", std::process::id());
        let folder = tempfile::tempdir().expect("a folder");
        let mut copy = observer(tier, &marker, folder.path(), 4);
        let environment = |pid: &str| fs::read(format!("/proc/{pid}/environ")).ok();
        let holds =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&format!("{ROLE}={tier} {marker}"));
        let (own, mut first) = (copy.id().to_string(), 0);
        let threads = fs::read_dir(format!("/proc/{own}/task")).expect("its threads").flatten();
        let children = threads.filter_map(|t| fs::read_to_string(t.path().join("children")).ok());
        for child in children.collect::<String>().split_ascii_whitespace() {
            // Whoever may not read it cannot look.
            let Some(bytes) = environment(child) else { continue };
            first += 1;
            assert!(!holds(&bytes), "{tier}: {}", String::from_utf8_lossy(&bytes));
        }
        let there = environment(&own).is_some_and(|bytes| holds(&bytes));
        copy.kill().expect("it is ours");
        copy.wait().expect("it ends");
        assert!(until(|| marked(&marker) == 0), "{tier}");
        assert!(there, "{tier}: the program itself has it");
        let root = fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
        assert!(first > 0 || !root, "{tier}: root can read the first process");
    }
}

/// What is promised about memory is a bound on each process; the sum has none.
#[test]
fn memory_is_bounded_by_process_and_not_in_sum() {
    let hold = |mebibytes: u32| {
        format!(
            "/usr/bin/python3 -c 'import mmap, time; m = mmap.mmap(-1, {mebibytes} << 20); print(1); time.sleep(0.5)'"
        )
    };
    let script = format!("{0} & {0} & {0} & wait; {1} 2> /dev/null || echo refused", hold(150), hold(300));
    let mut job = Job::new("/bin/sh", &script, User::Root);
    job.limits.memory = 256 << 20;
    for tier in tiers() {
        let tier = if tier == "landlock" { Tier::Landlock } else { Tier::Namespaces };
        let seen = sandbox::run(&job, tier).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(String::from_utf8_lossy(&seen.output), "1\n1\n1\nrefused\n", "{tier:?}");
    }
}

/// Connects where one thread has written while another rewrites it. The last bytes of the
/// address tell the attempts apart; what the socket is connected to is printed.
const REWRITTEN: &str = "
import ctypes, os, socket, struct, threading
libc = ctypes.CDLL(None)
a = ctypes.create_string_buffer(struct.pack('H', 2) + struct.pack('!H4s8x', 443, bytes(4)), 16)
here, there = ctypes.create_string_buffer(4), ctypes.create_string_buffer(4)
on, at = [True], ctypes.addressof(a) + 4
def flip():
    while on[0]: ctypes.memmove(at, there, 4); ctypes.memmove(at, here, 4)
t = threading.Thread(target=flip); t.start()
for n in range(1, 121):
    here.raw, there.raw = bytes([198, 51, 100, n]), bytes([203, 0, 113, n])
    s = socket.socket(2, 1)
    ctypes.memmove(at, here, 4)
    if libc.connect(s.fileno(), a, 16) == 0: print(s.getpeername()[0])
    s.close()
on[0] = False; t.join()
";

#[test]
fn an_address_rewritten_during_the_call_is_noted_as_what_was_reached() {
    if !namespaces() {
        return;
    }
    let mut job = Job::new("/usr/bin/python3", REWRITTEN, User::Root);
    job.limits.deadline = Duration::from_secs(60);
    let seen = run(&job);
    let output = String::from_utf8_lossy(&seen.output).into_owned();
    let reached: BTreeSet<&str> = output.lines().collect();
    assert!(reached.len() > 60, "{:?}: {output}", seen.end);
    let noted: BTreeSet<String> = seen
        .actions
        .iter()
        .filter_map(|a| match a.what {
            What::Connect { address, port: 443, .. } => Some(address.to_string()),
            _ => None,
        })
        .collect();
    let missed: Vec<_> = reached.iter().filter(|to| !noted.contains(**to)).collect();
    assert!(missed.is_empty(), "reached and not noted: {missed:?}");
}
