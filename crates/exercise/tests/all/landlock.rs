//! The tier without namespaces: what goes on working, and what an older kernel changes.

use std::env;
use std::process::Command;

use exercise::sandbox::{self, Done, End, Job, Observed, Tier, User, What};

fn run(shell: &str, script: &str, version: Option<u32>) -> Observed {
    let mut job = Job::new(shell, script, User::Root);
    job.landlock = version;
    sandbox::run(&job, Tier::Landlock).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// Returns the calls that our own rules refused, without repetition. The C library asks
/// its name service cache, and curl whether there is IPv6.
fn refused(seen: &Observed) -> Vec<String> {
    let by_guard =
        seen.actions.iter().filter(|a| matches!(&a.result, Done::Denied { by, .. } if by == "guard"));
    let mut all: Vec<String> = by_guard
        .map(|a| match &a.what {
            What::Call { name, .. } => name.clone(),
            other => format!("{other:?}"),
        })
        .collect();
    all.retain(|call| !call.contains("nscd/socket") && call != "socket");
    all.sort();
    all.dedup();
    all
}

/// Commands of ordinary programs that need nothing that is refused.
const ORDINARY: &[&str] = &[
    "echo b a | tr ' ' '\\n' | sort | uniq | wc -l",
    "printf 'a b\\n' > f; cp f g; mv g h; cat f h; head -c 1 h; tail -n 1 h; rm h",
    "mkdir -p d/e; ls -la d; ln -s f d/l; ln f d/hard; readlink d/l; stat f; find d -type l; rm -r d",
    "sed -n 1p f; grep a f; awk '{ print $2 }' f; cut -d' ' -f1 f; tee k < f; cmp f k; diff f k",
    "dd if=/dev/zero of=z bs=1k count=4 2>&1; truncate -s 1 z; sha256sum z; base64 z; od z; tar cf t.tar z; tar tf t.tar",
    "id; uname -a; nproc; date; pwd; env; test -r f; df . ; du f; umask; ulimit -a; hostname",
    "sleep 0.01 & wait; (exit 3) || true; timeout 5 true; nice -n 1 true; nohup true; setsid true; xargs echo < f",
    "mktemp; seq 3 | while read n; do echo $n; done; kill -0 $$; trap 'echo caught' USR1; kill -USR1 $$",
    "bash -c 'a=(1 2); echo ${a[1]} <(echo x); read -t 0.01 x; coproc cat; kill $!; wait' 2>/dev/null; true",
    "python3 -c 'import subprocess, tempfile, threading, json, hashlib, select, os, socket
t = threading.Thread(target=lambda: None); t.start(); t.join()
print(subprocess.run([\"cat\", \"f\"], capture_output=True).stdout, tempfile.mkdtemp(), os.listdir(\".\"))
a, b = socket.socketpair(); a.send(b\"x\"); print(b.recv(1)); os.sched_getaffinity(0)'",
    "perl -e 'open(F, \">p\") or die; print F \"x\"; close F; print `cat p`; unlink \"p\"; fork() or exit; wait'",
    "openssl rand -hex 4; openssl dgst -sha256 f; openssl genrsa 512 > /dev/null 2>&1; true",
    "ps aux > ps.txt 2>&1 || true; pgrep nobody || true",
    "python3 -c 'import socket
s = socket.socket(socket.AF_INET6); s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)'",
    "git --version; git hash-object f; git diff --no-index --stat f f",
    "curl --version > /dev/null; curl -s file://$PWD/f",
];

#[test]
fn ordinary_programs_need_nothing_that_is_refused() {
    let mut faults = Vec::new();
    for command in ORDINARY {
        let program = command.split([' ', ';']).next().unwrap_or("");
        let script =
            format!("command -v {program} > /dev/null || exit 0\nprintf 'a b\\n' > f\nset -e\n{command}");
        let seen = run("/bin/sh", &script, None);
        let refused = refused(&seen);
        if seen.end != End::Exited(0) || !refused.is_empty() {
            let output = String::from_utf8_lossy(&seen.output).into_owned();
            faults.push(format!("{command}\n  {:?}, refused {refused:?}\n  {output}", seen.end));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_rests_on_a_scope_that_is_missing_is_refused_whole() {
    let signals = [
        "sleep 5 & kill $!",
        "pkill -f postgres",
        "python3 -c 'import os; os.kill(7, 9)'",
        "perl -e 'kill(9, 7)'",
        "killall -q x",
    ];
    for version in [1, 5, 6] {
        for script in signals {
            let mut job = Job::new("/bin/sh", script, User::Root);
            job.landlock = Some(version);
            let refusal = sandbox::unfit(&job, Tier::Landlock);
            assert_eq!(refusal.is_some(), version < 6, "version {version}: {script}");
            assert!(refusal.is_none_or(|r| r.to_string().contains("keeps no signals in")), "{script}");
            assert_eq!(sandbox::unfit(&job, Tier::Namespaces), None, "{script}");
        }
        let mut job = Job::new("/bin/sh", "sh /tmp/x; echo skilled killjoy kill_it", User::Root);
        job.landlock = Some(version);
        assert_eq!(sandbox::unfit(&job, Tier::Landlock), None);
        job.success = Some("! kill -0 7".to_owned());
        assert_eq!(sandbox::unfit(&job, Tier::Landlock).is_some(), version < 6);
        job.success = None;
        let bytes = b"kill 7".to_vec();
        job.files =
            vec![sandbox::Staged { path: "/tmp/x".to_owned(), bytes, mode: 0o644, owner: User::Root }];
        assert_eq!(sandbox::unfit(&job, Tier::Landlock).is_some(), version < 6);
    }
}

#[test]
fn an_older_kernel_confines_no_less_and_says_what_it_lacks() {
    let child = "sleep 5 & kill $! && echo ended || echo refused; kill -0 $$ && echo itself; kill 0";
    let moves = "mkdir a b; echo x > a/f; mv a/f b/f; cat b/f";
    for (version, signals) in [(1, false), (5, false), (6, true)] {
        let seen = run("/bin/sh", child, Some(version));
        let output = String::from_utf8_lossy(&seen.output).into_owned();
        let expected = if signals { "ended\nitself\n" } else { "refused\nitself\n" };
        let words = output.lines().filter(|l| !l.is_empty() && !l.contains("kill"));
        let said: String = words.map(|l| format!("{l}\n")).collect();
        assert_eq!(said, expected, "version {version}");
        let noted = seen.notes.iter().any(|note| note.contains("keeps no signals in"));
        assert_eq!(noted, !signals, "version {version}: {:?}", seen.notes);
        let moved = run("/bin/sh", moves, Some(version));
        let noted = moved.notes.iter().any(|note| note.contains("moved or linked"));
        assert_eq!(noted, version < 2, "{:?}", moved.notes);
    }
}

const ROLE: &str = "FEUERPROBE_WITHOUT_NAMESPACES";

/// Runs in a copy of this test that may make no namespaces.
#[test]
fn a_machine_without_namespaces() {
    if env::var(ROLE).is_err() {
        return;
    }
    assert_eq!(sandbox::tier(), Ok(Tier::Landlock));
    let layers = sandbox::layers();
    let tier = layers.iter().find(|layer| layer.name == "namespaces tier").expect("a row");
    assert!(!tier.works && tier.remedy.contains("user.max_user_namespaces"), "{tier:?}");
    let weaker = layers.iter().find(|layer| layer.name == "Landlock tier").expect("a row");
    assert!(weaker.works && weaker.detail.contains("protects less"), "{weaker:?}");
    let seen = run("/bin/sh", "true", None);
    assert!(seen.notes.iter().any(|note| note.contains("network tables")), "{:?}", seen.notes);
}

/// Makes a user namespace with all ids, in which no further one can be made, and starts a
/// program in it.
const CLOSED: &str = "import ctypes, os, sys
libc = ctypes.CDLL(None)
(r, w), (back, go) = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    if libc.unshare(0x10000000) != 0: os._exit(77)
    os.write(w, b'x'); os.read(back, 1)
    os.setresgid(0, 0, 0); os.setresuid(0, 0, 0)
    open('/proc/sys/user/max_user_namespaces', 'w').write('0')
    os.execv(sys.argv[1], sys.argv[1:])
os.close(w)
if os.read(r, 1) != b'x': sys.exit(77)
for file in ('uid_map', 'gid_map'): open('/proc/%d/%s' % (child, file), 'w').write('0 0 65536')
os.write(go, b'x')
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
";

#[test]
#[expect(clippy::print_stderr, reason = "a test that cannot run here is said aloud")]
fn without_user_namespaces_the_weaker_tier_is_taken_and_the_remedy_named() {
    if std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m)).ok() != Some(0) {
        eprintln!("SKIPPED: only root can map all ids");
        return;
    }
    let own = env::current_exe().expect("this test");
    let output = Command::new("/usr/bin/python3")
        .args(["-c", CLOSED, &own.display().to_string(), "--exact", "landlock::a_machine_without_namespaces"])
        .env(ROLE, "1")
        .output()
        .expect("a copy");
    if output.status.code() == Some(77) {
        eprintln!("SKIPPED: no user namespace can be made here to be closed");
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
