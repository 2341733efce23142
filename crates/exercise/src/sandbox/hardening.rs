//! The part of a hardening profile that is enforced by mounts, and who gets the credit
//! for what the kernel then refuses.

use super::action::{FileOp, What};
use super::root::{READ_ONLY, c};
use super::step::Step;
use crate::profile::{Access, MountKind, Profile};

/// Parts that show the host and stay read-only whatever a profile says.
const HOST_PARTS: [&str; 8] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc"];

/// Adds the profile's mounts; they run after the root has been entered.
pub(super) fn mounts(profile: &Profile, steps: &mut Vec<Step>) {
    let mut rules: Vec<_> = profile.mounts.iter().collect();
    rules.sort_by_key(|rule| (rule.path.len(), rule.path.clone()));
    // An inaccessible path covers whatever lies below it, so it comes last.
    rules.sort_by_key(|rule| rule.kind == MountKind::Inaccessible);
    for rule in rules {
        let path = c(&rule.path);
        let whole = rule.path == "/";
        let mut add = |step| steps.push(Step::IfThere(Box::new(step)));
        let host = HOST_PARTS.iter().any(|part| {
            rule.path == *part || rule.path.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'))
        });
        let (set, clear) = match rule.kind {
            MountKind::ReadOnly => (READ_ONLY, 0),
            MountKind::ReadWrite if host => continue,
            MountKind::ReadWrite => (0, READ_ONLY),
            MountKind::NoExec => (libc::MOUNT_ATTR_NOEXEC, 0),
            MountKind::Exec => (0, libc::MOUNT_ATTR_NOEXEC),
            MountKind::Tmpfs { read_only } => {
                let ro = if read_only { libc::MS_RDONLY } else { 0 };
                let flags = libc::MS_NOSUID | libc::MS_NODEV | ro;
                add(Step::Mount {
                    from: c("tmpfs"),
                    kind: c("tmpfs"),
                    path,
                    flags,
                    data: Some(c("size=8m,nr_inodes=1024,mode=0755")),
                });
                continue;
            }
            MountKind::Inaccessible => {
                add(Step::Cover { path });
                continue;
            }
        };
        if !whole {
            add(Step::Bind { from: path.clone(), to: path.clone() });
        }
        // A path that is opened again must not open what the host shows below it.
        add(Step::Attributes { path, below: clear == 0, set, clear });
    }
}

/// Returns the directive of the profile that made the kernel refuse `what`, if one did.
pub(super) fn credit(profile: &Profile, what: &What, errno: i32) -> Option<String> {
    let by_path = |access, path: &str| profile.refuses(access, path).map(|rule| rule.directive.text.clone());
    let dropped = |number: u8| profile.dropped.get(&number).map(|d| d.text.clone());
    match what {
        What::Connect { .. } if errno == libc::ENETUNREACH || errno == libc::EADDRNOTAVAIL => {
            profile.no_network.as_ref().map(|d| d.text.clone())
        }
        What::Exec { invoked, .. } if errno == libc::EACCES => {
            by_path(Access::Execute, invoked).or_else(|| by_path(Access::Read, invoked))
        }
        What::Exec { invoked, .. } => by_path(Access::Read, invoked),
        What::File { op, path, to } => {
            let access = if *op == FileOp::Read { Access::Read } else { Access::Write };
            let mounts = by_path(access, path)
                .or_else(|| by_path(Access::Read, path))
                .or_else(|| to.as_ref().and_then(|to| by_path(access, to)));
            // capabilities(7): 0 CHOWN, 1 DAC_OVERRIDE, 2 DAC_READ_SEARCH, 3 FOWNER, 27 MKNOD.
            let capability = || match (op, errno) {
                (FileOp::Owner, libc::EPERM) => dropped(0),
                (FileOp::MakeNode, libc::EPERM) => dropped(27),
                (_, libc::EPERM) => dropped(3),
                (_, libc::EACCES) => dropped(1).or_else(|| dropped(2)),
                _ => None,
            };
            let user = || profile.ordinary_user.as_ref().map(|d| d.text.clone());
            let policy = || landlock(profile, path, errno);
            let denied = matches!(errno, libc::EPERM | libc::EACCES);
            mounts.or_else(policy).or_else(capability).or_else(|| user().filter(|_| denied))
        }
        _ => None,
    }
}

/// Returns the name of the Landlock policy when it grants nothing on `path`.
fn landlock(profile: &Profile, path: &str, errno: i32) -> Option<String> {
    let policy = profile.landlock.as_ref()?;
    (errno == libc::EACCES).then(|| {
        let granted = policy.paths.iter().any(|grant| path.starts_with(&grant.path));
        let word = if granted { "a narrower right" } else { "no right" };
        format!("Landlock: {word} on {path}")
    })
}
