//! What this machine gives to build a sandbox from.

use std::sync::OnceLock;

use super::job::{Job, User};
use super::observed::{Layer, Refusal};
use super::{Tier, landlock, run};

/// What to do where neither tier works.
const REMEDY: &str = "use Linux 5.13 or later with Landlock (`lsm=landlock,…`), or allow user namespaces: \
    `sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or `--security-opt seccomp=unconfined` for a container";

/// What the tier of Landlock alone leaves open, whatever its version; see `docs/sandbox.md`.
pub(super) const WEAKER: &str = "names, sizes and owners of the host's files and its network tables can be \
    read, the sum of files is bounded by their number, and what lies outside of the scratch folder is only attempted";

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

/// What keeps user namespaces away, as far as the kernel tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lack {
    /// `user.max_user_namespaces`.
    most: Option<u64>,
    /// Whether AppArmor refuses them to ordinary users.
    restricted: bool,
    /// Whether this program is root.
    root: bool,
    /// Whether a system call filter is on this program, as in containers.
    filtered: bool,
}

impl Lack {
    fn found() -> Self {
        let status = text("/proc/self/status").unwrap_or_default();
        let filter = status.lines().find_map(|line| line.strip_prefix("Seccomp:"));
        Self {
            most: text("/proc/sys/user/max_user_namespaces").and_then(|t| t.parse().ok()),
            restricted: text("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").as_deref()
                == Some("1"),
            root: super::identity::is_root(),
            filtered: filter.is_some_and(|mode| mode.trim() == "2"),
        }
    }

    /// Returns what helps.
    fn remedy(self) -> &'static str {
        match self {
            Self { most: None, .. } => "use a kernel with user namespaces (CONFIG_USER_NS)",
            Self { most: Some(0), .. } => {
                "sysctl user.max_user_namespaces=15000, outside of the container when this is one"
            }
            Self { restricted: true, root: false, .. } => {
                "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root"
            }
            Self { filtered: true, .. } => {
                "start the container with `--security-opt seccomp=unconfined` or with a filter that permits \
                 `clone` and `mount`, or run outside of it"
            }
            _ => "run outside of the container, or with a /proc that nothing covers",
        }
    }
}

/// Returns every layer, tried.
pub(super) fn layers() -> Vec<Layer> {
    let lack = Lack::found();
    let trial = |tier, remedy: &str| match tried(tier) {
        Ok(()) => (true, "a trial run was confined, observed and left nothing".to_owned(), String::new()),
        Err(refusal) => (false, refusal.reason, remedy.to_owned()),
    };
    let mut all = Vec::new();
    let mut add = |name, (works, detail, remedy)| all.push(Layer { name, works, detail, remedy });
    let best = trial(Tier::Namespaces, lack.remedy());
    let weaker =
        if best.0 { String::new() } else { format!("; it protects less than the namespaces tier: {WEAKER}") };
    add("namespaces tier", best);
    let (works, detail, remedy) = trial(Tier::Landlock, REMEDY);
    add("Landlock tier", (works, format!("{detail}{weaker}"), remedy));
    let version = landlock::version(None);
    let lacks = landlock::lacks(version);
    let detail = [format!("version {version}")].into_iter().chain(lacks).collect::<Vec<_>>().join("; ");
    let remedy = match version {
        0 => REMEDY,
        landlock::SCOPED.. => "",
        _ => "Linux 6.12 or later keeps signals in",
    };
    add("Landlock", (version >= landlock::SCOPED, detail, remedy.to_owned()));
    let allowed = lack.most.is_some_and(|n| n > 0) && (lack.root || !lack.restricted);
    let detail = match lack.most {
        None => "this kernel has none".to_owned(),
        Some(_) if lack.restricted => "AppArmor refuses them to ordinary users".to_owned(),
        Some(most) => format!("at most {most}"),
    };
    add("user namespaces", (allowed, detail, if allowed { "" } else { lack.remedy() }.to_owned()));
    let detail = if lack.root {
        "root and an ordinary user are two users inside"
    } else {
        "one user inside: files of root and of the ordinary user belong to the same one"
    };
    let remedy =
        if lack.root { "" } else { "run as root for procedures whose outcome depends on who owns a file" };
    add("two users", (lack.root, detail.to_owned(), remedy.to_owned()));
    let scope = text("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_else(|| "absent".to_owned());
    let traced = scope != "3";
    let remedy = if traced { "" } else { "sysctl kernel.yama.ptrace_scope=1 (a restart is needed)" };
    add("observer (ptrace)", (traced, format!("Yama scope {scope}"), remedy.to_owned()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lack_of_namespaces_has_its_remedy() {
        let none = Lack { most: Some(15_000), restricted: false, root: false, filtered: false };
        let cases = [
            (Lack { most: None, ..none }, "CONFIG_USER_NS"),
            (Lack { most: Some(0), filtered: true, ..none }, "user.max_user_namespaces"),
            (Lack { restricted: true, ..none }, "apparmor_restrict_unprivileged_userns=0"),
            (Lack { restricted: true, root: true, filtered: true, ..none }, "seccomp=unconfined"),
            (Lack { filtered: true, ..none }, "seccomp=unconfined"),
            (none, "outside of the container"),
        ];
        for (lack, expected) in cases {
            assert!(lack.remedy().contains(expected), "{lack:?}: {}", lack.remedy());
        }
    }
}
