//! The part of a hardening profile that is enforced by mounts.

use std::cmp::Reverse;

use super::root::{READ_ONLY, c};
use super::step::Step;
use crate::profile::{MountKind, Profile};

/// Parts that show the host and stay read-only whatever a profile says.
const HOST_PARTS: [&str; 8] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/proc"];

/// Adds the profile's mounts; they run after the root has been entered.
pub(super) fn mounts(profile: &Profile, steps: &mut Vec<Step>) {
    let mut rules: Vec<_> = profile.mounts.iter().collect();
    // Of two rules about one path the stricter one holds, so it comes later.
    rules.sort_by_key(|rule| (rule.path.len(), rule.path.clone(), Reverse(rule.kind)));
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
                // Root may write into a folder of mode 0000; systemd mounts it read-only too.
                add(Step::Cover { path: path.clone() });
                (READ_ONLY, 0)
            }
        };
        if !whole && rule.kind != MountKind::Inaccessible {
            add(Step::Bind { from: path.clone(), to: path.clone() });
        }
        // A path that is opened again must not open what the host shows below it. Below
        // the root lie only its own folders and mounts that are read-only already or,
        // like /proc, to be left alone.
        add(Step::Attributes { path, below: clear == 0 && !whole, set, clear });
    }
}
