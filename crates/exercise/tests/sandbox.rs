//! What a run hands back, in every tier that this machine gives.

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
    let script =
        "trap '' TERM HUP INT; (setsid sleep 300 &); (sleep 300 &); echo x > f; while true; do sleep 1; done";
    let mut job = Job::new("/bin/sh", script, User::Root);
    job.marker = marker.to_owned();
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

#[test]
fn a_killed_observer_takes_everything_with_it() {
    let mut tiers = vec!["landlock"];
    if namespaces() {
        tiers.push("namespaces");
    }
    for tier in tiers {
        let marker = format!("fp-victim-{tier}-{}", std::process::id());
        let folder = tempfile::tempdir().expect("a folder");
        fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .expect("a mode");
        let mut copy: Child = Command::new(env::current_exe().expect("this test"))
            .args(["--exact", "victim", "--test-threads=1"])
            .env(ROLE, format!("{tier} {marker}"))
            .env("TMPDIR", folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the copy runs");
        assert!(until(|| marked(&marker) >= 4), "{tier}: the procedure did not start");
        copy.kill().expect("it is ours");
        copy.wait().expect("it ends");
        assert!(until(|| marked(&marker) == 0), "{tier}: {} processes survived", marked(&marker));
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        assert!(!mounts.contains("feuerprobe-sandbox"), "{tier}: a mount survived");
    }
}
