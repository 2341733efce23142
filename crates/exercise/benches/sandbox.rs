//! What confinement and observation cost beside the bare script, and how many
//! procedures a second two workers get through.
//!
//! `cargo bench -p exercise --bench sandbox`; figures are medians in milliseconds.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::process::{Command, Stdio};
use std::time::Instant;

use exercise::sandbox::{self, Job, Tier, User};

/// Runs of each line.
const RUNS: usize = 60;

/// Ten programs started and twenty files opened for writing.
const SPAWNS: &str = "for i in 0 1 2 3 4 5 6 7 8 9; do echo a > /tmp/fp-bench-a$i; echo b > /tmp/fp-bench-b$i; \
    /usr/bin/true; done";

/// The middle of all runs and the tenth part of them that was fastest, in milliseconds.
/// What others do on the machine shows in the first more than in the second.
struct Took {
    median: f64,
    tenth: f64,
}

impl std::fmt::Display for Took {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} (fastest tenth {:.1})", self.median, self.tenth)
    }
}

fn timed(mut act: impl FnMut()) -> Took {
    act();
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            act();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    Took { median: times[RUNS / 2], tenth: times[RUNS / 10] }
}

fn bare(shell: &str, script: &str) {
    let status = Command::new(shell).args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|s| s.success()), "{shell} failed");
}

fn full(shell: &str, script: &str, tier: Tier) {
    let seen = sandbox::run(&Job::new(shell, script, User::Root), tier);
    assert!(seen.is_ok_and(|s| s.end == sandbox::End::Exited(0)), "the sandbox failed");
}

/// Starts the script in namespaces of its own, without a root of its own and unwatched.
fn unshared(shell: &str, script: &str) {
    let namespaces = ["--user", "--map-root-user", "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup"];
    let status = Command::new("unshare")
        .args(namespaces)
        .args(["--fork", "--mount-proc", shell, "-c", script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|s| s.success()), "unshare failed");
}

/// Returns how many acts a second so many workers get through.
fn rate(workers: u32, act: impl Fn() + Sync) -> f64 {
    let rounds = 150;
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| (0..rounds).for_each(|_| act()));
        }
    });
    f64::from(workers * rounds) / began.elapsed().as_secs_f64()
}

fn main() {
    let shell = "/bin/sh";
    println!("{RUNS} runs each, median in ms");
    for (name, script) in [("true", "exec /usr/bin/true"), ("10 programs, 20 files", SPAWNS)] {
        println!("{name}: bare {}", timed(|| bare(shell, script)));
        let peer = timed(|| unshared(shell, script));
        println!("{name}: unshare(1), all namespaces, unwatched {peer}");
        for tier in [Tier::Namespaces, Tier::Landlock] {
            let script =
                if tier == Tier::Landlock { script.replace("/tmp/", "./") } else { script.to_owned() };
            let watched = timed(|| full(shell, &script, tier));
            println!(
                "{name}: {tier:?}, observer and procedure on one core {watched}, {:.2} ({:.2}) x unshare(1)",
                watched.median / peer.median,
                watched.tenth / peer.tenth
            );
        }
    }
    for workers in [1, 2] {
        let floor = rate(workers, || bare(shell, SPAWNS));
        println!("{workers} workers: bare {floor:.0} a second");
        let peer = rate(workers, || unshared(shell, SPAWNS));
        println!("{workers} workers: unshare(1) {peer:.0} a second ({:.2} of bare)", peer / floor);
        let watched = rate(workers, || full(shell, SPAWNS, Tier::Namespaces));
        println!(
            "{workers} workers: Namespaces {watched:.0} a second ({:.2} of bare, {:.2} of unshare(1))",
            watched / floor,
            watched / peer
        );
        let script = SPAWNS.replace("/tmp/", "./");
        let watched = rate(workers, || full(shell, &script, Tier::Landlock));
        println!("{workers} workers: Landlock {watched:.0} a second ({:.2} of bare)", watched / floor);
    }
    for file in (0..10).flat_map(|n| [format!("/tmp/fp-bench-a{n}"), format!("/tmp/fp-bench-b{n}")]) {
        let _ = std::fs::remove_file(file);
    }
}
