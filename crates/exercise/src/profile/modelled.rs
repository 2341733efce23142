//! What a profile would answer to actions that were observed without it.

use std::net::IpAddr;

use super::{Access, Modelled, Network, Profile, Right, capability};
use crate::sandbox::{Action, Done, FileOp, Protocol, What};
use model::syscalls;

/// A refusal that follows from a profile and an action.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// The directive, as written.
    pub by: String,
    /// Whether the sandbox enforces that directive, so that a run can prove it.
    pub enforced: bool,
}

impl Profile {
    /// Returns the first directive that would refuse this action, whatever became of it.
    ///
    /// Where the observer saw an action but not the very call behind it, a filter counts
    /// only if it refuses every call that could be behind it.
    pub fn would_refuse(&self, action: &Action) -> Option<Refused> {
        let enforced = |by: String| Refused { by, enforced: true };
        self.call_refuses(&action.what)
            .or_else(|| self.path_refuses(&action.what))
            .or_else(|| self.landlock_refuses(&action.what))
            .or_else(|| self.capability_refuses(&action.what))
            .or_else(|| self.network_refuses(&action.what))
            .or_else(|| self.user_refuses(&action.what))
            .map(enforced)
            .or_else(|| self.modelled_refuses(&action.what).map(|by| Refused { by, enforced: false }))
    }

    fn call_refuses(&self, what: &What) -> Option<String> {
        if let What::Call { number, args, .. } = what {
            return self.deny(*number, *args).map(|denial| denial.directive.to_owned());
        }
        alternatives(what).iter().find_map(|step| {
            let mut by = None;
            for (name, args) in step {
                // A call that this processor lacks cannot be the one behind the action.
                let Some(number) = syscalls::number(name) else { continue };
                by = Some(self.deny(number, *args)?.directive.to_owned());
            }
            by
        })
    }

    fn path_refuses(&self, what: &What) -> Option<String> {
        let (access, paths) = accesses(what)?;
        paths.iter().find_map(|path| self.refuses(access, path)).map(|rule| rule.directive.text.clone())
    }

    fn landlock_refuses(&self, what: &What) -> Option<String> {
        let policy = self.landlock.as_ref()?;
        match what {
            What::Connect { protocol: Protocol::Tcp, port, .. } => policy.lacks_connect(*port),
            What::Bind { protocol: Protocol::Tcp, port, .. } => policy.lacks_bind(*port),
            _ => rights(what).into_iter().find_map(|(right, path)| policy.lacks(right, path)),
        }
    }

    fn capability_refuses(&self, what: &What) -> Option<String> {
        let name = match what {
            What::File { op: FileOp::Owner, .. } => "CAP_CHOWN",
            _ => return None,
        };
        self.without(name)
    }

    /// Returns the directive that takes this capability away.
    fn without(&self, name: &str) -> Option<String> {
        let directive = self.dropped.get(&capability::number(name)?)?;
        Some(directive.text.clone())
    }

    fn network_refuses(&self, what: &What) -> Option<String> {
        let What::Connect { address, .. } = what else { return None };
        let directive = self.no_network.as_ref()?;
        (!address.is_loopback()).then(|| directive.text.clone())
    }

    /// Returns the directive that takes root's rights away when an action needs them: to
    /// write what is not the ordinary user's, or to read what only root may read.
    fn user_refuses(&self, what: &What) -> Option<String> {
        let directive = self.ordinary_user.as_ref()?;
        let (access, paths) = accesses(what)?;
        let among =
            |path: &str, folders: &[&str]| folders.iter().any(|folder| super::mounts::below(path, folder));
        let refused = paths.iter().any(|path| match access {
            Access::Write => !among(path, OPEN_TO_ALL),
            Access::Read => among(path, ONLY_ROOT),
            Access::Execute => false,
        });
        refused.then(|| directive.text.clone())
    }

    fn modelled_refuses(&self, what: &What) -> Option<String> {
        let refuses = |rule: &Modelled| match (rule, what) {
            (
                Modelled::Addresses { allow, deny },
                What::Connect { address, .. } | What::Bind { address, .. },
            ) => deny.iter().any(|n| n.contains(*address)) && !allow.iter().any(|n| n.contains(*address)),
            (Modelled::Devices { allow }, What::File { path, .. }) => {
                path.starts_with("/dev/")
                    && !["/dev/shm/", "/dev/pts/", "/dev/fd/"].iter().any(|start| path.starts_with(start))
                    && !allow.contains(path)
            }
            _ => false,
        };
        self.modelled.iter().find(|m| refuses(&m.rule)).map(|m| m.directive.text.clone())
    }

    /// Returns the directive behind an action that was refused while this profile was
    /// enforced; `None` when it took place or was refused for another reason.
    pub fn refused_by(&self, action: &Action) -> Option<String> {
        match &action.result {
            Done::Ok | Done::Sunk => None,
            Done::Denied { by, .. } => (by != "guard").then(|| by.clone()),
            Done::Failed(errno) => self.blamed(&action.what, *errno),
        }
    }

    /// Returns the directive because of which the kernel answered `errno`, if one is to blame.
    pub fn blamed(&self, what: &What, errno: i32) -> Option<String> {
        match errno {
            libc::EROFS => self.path_refuses(what),
            libc::ENOENT | libc::ENOTDIR => self.hidden(what),
            libc::ENETUNREACH | libc::EHOSTUNREACH | libc::EADDRNOTAVAIL => self.network_refuses(what),
            libc::EACCES | libc::EPERM | libc::EXDEV => self
                .path_refuses(what)
                .or_else(|| self.landlock_refuses(what))
                .or_else(|| self.lost_privilege(what)),
            _ => None,
        }
    }

    fn hidden(&self, what: &What) -> Option<String> {
        let (_, paths) = accesses(what)?;
        paths.iter().find_map(|path| self.refuses(Access::Read, path)).map(|rule| rule.directive.text.clone())
    }

    /// Returns the directive that took the privilege which an action refused with EPERM
    /// or EACCES needs (capabilities(7)); an ordinary user has none.
    fn lost_privilege(&self, what: &What) -> Option<String> {
        let needed: &[&str] = match what {
            What::File { op: FileOp::Owner, .. } => &["CAP_CHOWN"],
            What::File { op: FileOp::Mode(_) | FileOp::Times | FileOp::Attribute, .. } => &["CAP_FOWNER"],
            What::File { .. } | What::Exec { .. } => {
                &["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER"]
            }
            What::Bind { port, .. } if *port < 1024 => &["CAP_NET_BIND_SERVICE"],
            What::Call { name, .. } => match name.as_str() {
                "kill" | "tkill" | "tgkill" => &["CAP_KILL"],
                "setuid" | "setreuid" | "setresuid" => &["CAP_SETUID"],
                "setgid" | "setregid" | "setresgid" | "setgroups" => &["CAP_SETGID"],
                _ => &[],
            },
            _ => return None,
        };
        let user = self.ordinary_user.as_ref().map(|directive| directive.text.clone());
        user.or_else(|| needed.iter().find_map(|name| self.without(name)))
    }
}

/// Where the sandbox's ordinary user may write.
const OPEN_TO_ALL: &[&str] = &["/tmp", "/var/tmp", "/dev", "/proc", "/run/user", "/home/max"];

/// What in the sandbox only root may read.
const ONLY_ROOT: &[&str] =
    &["/root", "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/audit", "/var/log/audit"];

/// Returns, for each step behind an action, the calls of which one must have been made.
fn alternatives(what: &What) -> Vec<Vec<(&'static str, [u64; 6])>> {
    let plain = [0; 6];
    let at = |index: usize, value: u64| {
        let mut args = plain;
        args[index] = value;
        args
    };
    let family = |address: &IpAddr| if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 } as u64;
    match what {
        What::Exec { .. } => vec![vec![("execve", plain), ("execveat", plain)]],
        What::Connect { address, .. } => vec![
            vec![("socket", at(0, family(address)))],
            vec![("connect", plain), ("sendto", plain), ("sendmsg", plain), ("sendmmsg", plain)],
        ],
        What::Bind { address, .. } => vec![vec![("socket", at(0, family(address)))], vec![("bind", plain)]],
        What::LocalSocket { .. } => vec![vec![("socket", at(0, libc::AF_UNIX as u64))]],
        What::File { op, .. } => match op {
            FileOp::Mode(mode) => {
                let mode = u64::from(*mode);
                vec![vec![("chmod", at(1, mode)), ("fchmod", at(1, mode)), ("fchmodat", at(2, mode))]]
            }
            FileOp::Owner => {
                vec![vec![("chown", plain), ("lchown", plain), ("fchown", plain), ("fchownat", plain)]]
            }
            FileOp::Remove | FileOp::RemoveFolder => {
                vec![vec![("unlink", plain), ("rmdir", plain), ("unlinkat", plain)]]
            }
            FileOp::Rename => vec![vec![("rename", plain), ("renameat", plain), ("renameat2", plain)]],
            FileOp::Link => vec![vec![("link", plain), ("linkat", plain)]],
            FileOp::Symlink => vec![vec![("symlink", plain), ("symlinkat", plain)]],
            FileOp::MakeNode => vec![vec![("mknod", plain), ("mknodat", plain)]],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Returns what an action does with which paths.
fn accesses(what: &What) -> Option<(Access, Vec<&str>)> {
    match what {
        What::Exec { image, .. } => Some((Access::Execute, vec![image])),
        What::File { op, path, to } => {
            let access = if *op == FileOp::Read { Access::Read } else { Access::Write };
            // The second path of a symbolic link is its text and is not touched.
            let second = to.as_deref().filter(|_| matches!(op, FileOp::Rename | FileOp::Link));
            Some((access, std::iter::once(path.as_str()).chain(second).collect()))
        }
        _ => None,
    }
}

/// Returns the Landlock rights that an action needs, by path.
fn rights(what: &What) -> Vec<(Right, &str)> {
    match what {
        What::Exec { image, .. } => vec![(Right::Execute, image)],
        What::File { op, path, to } => match op {
            FileOp::Read => vec![(Right::Read, path)],
            FileOp::Create | FileOp::Symlink | FileOp::MakeFolder | FileOp::MakeNode => {
                vec![(Right::Create, path)]
            }
            FileOp::Write | FileOp::Truncate => vec![(Right::Write, path)],
            FileOp::Remove | FileOp::RemoveFolder => vec![(Right::Remove, path)],
            FileOp::Rename | FileOp::Link => {
                let mut needed = vec![(Right::Create, to.as_deref().unwrap_or(path))];
                if *op == FileOp::Rename {
                    needed.push((Right::Remove, path));
                }
                needed
            }
            // Landlock does not handle modes, owners, times and attributes (kernel
            // documentation, "Landlock: unprivileged access control", current limitations).
            FileOp::Mode(_) | FileOp::Owner | FileOp::Times | FileOp::Attribute => Vec::new(),
        },
        _ => Vec::new(),
    }
}

impl Network {
    /// Returns whether `address` lies in this range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let (bits, width) = match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(u32::from(a) ^ u32::from(b)), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a) ^ u128::from(b), 128),
            _ => return false,
        };
        let host_bits = width - u32::from(self.bits).min(width);
        host_bits >= 128 || bits >> host_bits == 0
    }
}
