//! What this machine gives to build a sandbox from.

use std::sync::OnceLock;

use super::job::{Job, User};
use super::observed::{Layer, Refusal};
use super::{Tier, landlock, run};

/// What to do where neither tier works.
const REMEDY: &str = "use Linux 5.13 or later with Landlock (`lsm=landlock,…`), or allow user namespaces: \
    `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or `--security-opt seccomp=unconfined` for a container";

/// Returns the better tier that works here. It is tried once and then remembered.
pub(super) fn tier() -> Result<Tier, Refusal> {
    static FOUND: OnceLock<Result<Tier, Refusal>> = OnceLock::new();
    FOUND
        .get_or_init(|| {
            let first = match tried(Tier::Namespaces) {
                Ok(()) => return Ok(Tier::Namespaces),
                Err(refusal) => refusal,
            };
            let second = match tried(Tier::Landlock) {
                Ok(()) => return Ok(Tier::Landlock),
                Err(refusal) => refusal,
            };
            Err(Refusal {
                reason: format!("this machine can confine nothing: {}; {}", first.reason, second.reason),
                remedy: REMEDY.to_owned(),
            })
        })
        .clone()
}

/// Runs a procedure that does nothing.
fn tried(tier: Tier) -> Result<(), Refusal> {
    if tier == Tier::Landlock && landlock::version(None) == 0 {
        return Err(Refusal { reason: "the kernel has no Landlock".to_owned(), remedy: REMEDY.to_owned() });
    }
    let job = Job::new("/bin/sh", "exit 7\n", User::Ordinary);
    let observed = run::run(&job, tier, &mut |_| {})?;
    if observed.end == super::End::Exited(7) && observed.clean.is_clean() {
        return Ok(());
    }
    Err(Refusal { reason: format!("a trial run ended with {:?}", observed.end), remedy: REMEDY.to_owned() })
}

fn text(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|t| t.trim().to_owned())
}

/// Returns every layer, tried.
pub(super) fn layers() -> Vec<Layer> {
    let trial = |tier| match tried(tier) {
        Ok(()) => (true, "a trial run was confined, observed and left nothing".to_owned(), String::new()),
        Err(refusal) => (false, refusal.reason, refusal.remedy),
    };
    let mut all = Vec::new();
    let mut add = |name, (works, detail, remedy)| all.push(Layer { name, works, detail, remedy });
    add("namespaces tier", trial(Tier::Namespaces));
    add("Landlock tier", trial(Tier::Landlock));
    let version = landlock::version(None);
    let remedy = if version >= 6 { "" } else { "a newer kernel confines more: 6.7 ports, 6.12 signals" };
    add("Landlock", (version > 0, format!("version {version}"), remedy.to_owned()));
    let limit = text("/proc/sys/user/max_user_namespaces").unwrap_or_default();
    let allowed = limit.parse::<u64>().is_ok_and(|n| n > 0);
    let remedy = if allowed { "" } else { "sysctl user.max_user_namespaces=15000" };
    add("user namespaces", (allowed, format!("at most {limit}"), remedy.to_owned()));
    let closed = text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").as_deref() == Some("1");
    let root = super::identity::is_root();
    if closed {
        let remedy = "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root";
        let detail = "AppArmor refuses user namespaces to ordinary users".to_owned();
        add("AppArmor", (root, detail, if root { String::new() } else { remedy.to_owned() }));
    }
    let detail = if root {
        "root and an ordinary user are two users inside"
    } else {
        "one user inside: files of root and of the ordinary user belong to the same one"
    };
    let remedy =
        if root { "" } else { "run as root for procedures whose outcome depends on who owns a file" };
    add("two users", (root, detail.to_owned(), remedy.to_owned()));
    let scope = text("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_else(|| "absent".to_owned());
    let traced = scope != "3";
    let remedy = if traced { "" } else { "sysctl kernel.yama.ptrace_scope=1 (a restart is needed)" };
    add("observer (ptrace)", (traced, format!("Yama scope {scope}"), remedy.to_owned()));
    all
}
