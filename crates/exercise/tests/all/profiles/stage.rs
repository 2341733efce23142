//! Runs scripts in the sandbox, with and without a profile.

use exercise::profile::{Profile, UnitFile, read_unit};
use exercise::sandbox::{self, Job, Observed, Staged, Tier, User};

/// Returns whether profiles can be enforced here; says aloud when they cannot.
#[expect(clippy::print_stderr, reason = "a test that is skipped must say so")]
pub(crate) fn possible() -> bool {
    let namespaces = matches!(sandbox::tier(), Ok(Tier::Namespaces));
    let python = std::path::Path::new("/usr/bin/python3").exists();
    // Root has ids to give to two users; an ordinary user has one, and then files of the
    // sandbox's root are its own, whatever `User=` says.
    let root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if !namespaces || !python || !root {
        eprintln!("SKIPPED: these runs need namespaces ({namespaces}), python3 ({python}) and root ({root})");
    }
    namespaces && python && root
}

pub(crate) fn unit(lines: &str) -> Profile {
    let text = format!("[Service]\n{lines}\n");
    let (profile, diagnostics) =
        read_unit(UnitFile { path: "x.service", bytes: text.as_bytes() }, &[]).into_parts();
    assert_eq!(diagnostics, [], "{lines}");
    profile
}

fn staged(path: &str, text: &str) -> Staged {
    Staged { path: path.to_owned(), bytes: text.as_bytes().to_vec(), mode: 0o644, owner: User::Root }
}

/// Runs a script as the sandbox's root; `check` says whether it took place.
pub(crate) fn run(script: &str, check: Option<&str>, profile: Option<&Profile>) -> Observed {
    let mut job = Job::new("/bin/bash", script, User::Root);
    job.files = vec![
        staged("/var/lib/portal/data", "x\n"),
        staged("/srv/bin/keep", "x\n"),
        staged("/srv/share/report.txt", "figures\n"),
        staged("/home/max/.ssh/id_ed25519", "not a key\n"),
    ];
    job.success = check.map(str::to_owned);
    job.profile = profile.cloned();
    sandbox::run(&job, Tier::Namespaces).unwrap_or_else(|refusal| panic!("{script}: {refusal}"))
}

/// Returns what a failed expectation needs to be understood.
pub(crate) fn told(run: &Observed) -> String {
    let actions: Vec<String> = run
        .actions
        .iter()
        .filter(|a| !a.harness && !a.result.took_place())
        .map(|a| format!("{:?} {:?}", a.what, a.result))
        .collect();
    format!(
        "{:?} check {:?}\n{}\n{}",
        run.end,
        run.success,
        String::from_utf8_lossy(&run.output),
        actions.join("\n")
    )
}
