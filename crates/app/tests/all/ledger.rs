//! The ledger survives whatever happens to the program.

use std::path::PathBuf;
use std::process::{Command, Stdio};

fn feuerprobe() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe"))
}

fn runs(folder: &std::path::Path) -> Vec<String> {
    let listed = Command::new(feuerprobe())
        .args(["list", "runs", "--format", "csv"])
        .current_dir(folder)
        .output()
        .expect("list runs");
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    text.lines()
        .skip(1)
        .map(|l| l.split(',').next().unwrap_or("").to_owned())
        .filter(|l| !l.is_empty())
        .collect()
}

/// Kills the program by signal 9 after ever longer waits, 24 times, and reads the
/// ledger after each kill. Where in the run a kill falls is not controlled.
#[test]
fn a_kill_at_any_moment_leaves_the_ledger_whole() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("w");
    assert!(Command::new(feuerprobe()).arg("init").arg(&folder).output().expect("init").status.success());
    let first =
        Command::new(feuerprobe()).args(["replay", "--quiet"]).current_dir(&folder).output().expect("run");
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let kept = runs(&folder);
    assert_eq!(kept.len(), 1);

    for step in 0..24_u32 {
        let mut child = Command::new(feuerprobe())
            .args(["replay", "--quiet"])
            .current_dir(&folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("start");
        // The moment of the kill is spread by spinning, not by the clock: the
        // test asserts the same whenever it falls.
        for _ in 0..u64::from(step) * 40_000 {
            std::hint::spin_loop();
        }
        let _ = child.kill();
        let _ = child.wait();
        let now = runs(&folder);
        assert!(now.contains(&kept[0]), "the older run is gone after a kill");
        let shown = Command::new(feuerprobe())
            .args(["report", &kept[0], "--output", "kept.html"])
            .current_dir(&folder)
            .output()
            .expect("report");
        assert!(
            shown.status.success(),
            "the older run is damaged: {}",
            String::from_utf8_lossy(&shown.stderr)
        );
        for run in &now {
            let one = Command::new(feuerprobe())
                .args(["list", "verdicts", "--run", run])
                .current_dir(&folder)
                .output()
                .expect("list");
            assert!(one.status.success(), "run {run} is listed and cannot be read");
        }
    }
}

#[test]
fn a_run_is_stored_before_it_is_printed() {
    let temporary = tempfile::tempdir().expect("a folder");
    // Nobody reads stdout: the pipe is closed before the program writes to it.
    let mut child = Command::new(feuerprobe())
        .args(["replay", "--format", "json"])
        .current_dir(temporary.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("start");
    drop(child.stdout.take());
    let _ = child.wait();
    assert_eq!(runs(temporary.path()).len(), 1, "the run was lost with its reader");
}
