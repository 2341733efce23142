//! The synthetic root: what a procedure finds instead of the host.
//!
//! Nothing of the host is shown but its programs, read-only. Every other file is made
//! here, so that no result depends on the host and no secret of it can be read.

use std::ffi::{CStr, CString};
use std::net::IpAddr;
use std::os::unix::fs::FileTypeExt as _;
use std::sync::OnceLock;

use super::identity::Identity;
use super::job::{Job, User};
use super::layered;
use super::observed::Refusal;
use super::step::Step;

/// Size of everything that can be written, in mount options: bytes and files.
const TMPFS: &str = "size=64m,nr_inodes=8192,mode=0755";

/// Name of the root's file system in lists of mounts.
pub(super) const SOURCE: &str = "feuerprobe-sandbox";

/// Folders by path, mode and whether they are the ordinary user's.
const FOLDERS: &[(&str, u32, bool)] = &[
    ("etc", 0o755, false),
    ("etc/cron.d", 0o755, false),
    ("etc/cron.daily", 0o755, false),
    ("etc/cron.hourly", 0o755, false),
    ("etc/profile.d", 0o755, false),
    ("etc/ssh", 0o755, false),
    ("etc/sudoers.d", 0o750, false),
    ("etc/systemd", 0o755, false),
    ("etc/systemd/system", 0o755, false),
    ("etc/init.d", 0o755, false),
    ("etc/ld.so.conf.d", 0o755, false),
    ("etc/pam.d", 0o755, false),
    ("etc/security", 0o755, false),
    ("etc/audit", 0o750, false),
    ("etc/rsyslog.d", 0o755, false),
    ("etc/alternatives", 0o755, false),
    ("root", 0o700, false),
    ("root/.ssh", 0o700, false),
    ("home", 0o755, false),
    ("home/max", 0o750, true),
    ("home/max/.ssh", 0o700, true),
    ("home/max/.config", 0o700, true),
    ("var", 0o755, false),
    ("var/log", 0o755, false),
    ("var/log/audit", 0o700, false),
    ("var/tmp", 0o1777, false),
    ("var/spool", 0o755, false),
    ("var/spool/cron", 0o755, false),
    ("var/spool/cron/crontabs", 0o1730, false),
    ("var/lib", 0o755, false),
    ("var/www", 0o755, false),
    ("var/www/html", 0o755, false),
    ("var/backups", 0o755, false),
    ("boot", 0o755, false),
    ("mnt", 0o755, false),
    ("media", 0o755, false),
    ("opt", 0o755, false),
    ("srv", 0o755, false),
    ("run", 0o755, false),
    ("tmp", 0o1777, false),
    ("sys", 0o555, false),
    ("proc", 0o555, false),
    ("dev", 0o755, false),
    ("dev/shm", 0o1777, false),
    ("usr", 0o755, false),
];

/// Files by path, mode, whether they are the ordinary user's, and text. All of it is
/// invented; the password hashes are locked.
const FILES: &[(&str, u32, bool, &str)] = &[
    ("etc/passwd", 0o644, false, include_str!("root/passwd")),
    ("etc/group", 0o644, false, include_str!("root/group")),
    ("etc/shadow", 0o640, false, include_str!("root/shadow")),
    ("etc/gshadow", 0o640, false, "root:*::\nsudo:*::max\nmax:!::\n"),
    ("etc/sudoers", 0o440, false, "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n"),
    ("etc/hosts", 0o644, false, "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 sandbox\n"),
    ("etc/hostname", 0o644, false, "sandbox\n"),
    ("etc/resolv.conf", 0o644, false, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
    ("etc/nsswitch.conf", 0o644, false, "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"),
    ("etc/crontab", 0o644, false, "SHELL=/bin/sh\n17 * * * * root true\n"),
    ("etc/profile", 0o644, false, "PATH=/usr/local/bin:/usr/bin:/bin\nexport PATH\n"),
    ("etc/bash.bashrc", 0o644, false, "PS1='\\u@\\h:\\w\\$ '\n"),
    ("etc/environment", 0o644, false, "LANG=C.UTF-8\n"),
    ("etc/fstab", 0o644, false, "/dev/vda1 / ext4 defaults 0 1\n"),
    ("etc/shells", 0o644, false, "/bin/sh\n/bin/bash\n"),
    ("etc/login.defs", 0o644, false, "PASS_MAX_DAYS 99999\nUMASK 022\n"),
    ("etc/machine-id", 0o444, false, "00000000000040008000000000000000\n"),
    ("etc/ssh/sshd_config", 0o644, false, "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"),
    ("etc/ld.so.preload", 0o644, false, ""),
    ("etc/rsyslog.conf", 0o644, false, "auth,authpriv.* /var/log/auth.log\n"),
    ("etc/audit/auditd.conf", 0o640, false, "log_file = /var/log/audit/audit.log\n"),
    ("etc/pam.d/common-auth", 0o644, false, "auth required pam_unix.so\n"),
    ("var/log/auth.log", 0o640, false, "Mar  2 08:00:01 sandbox CRON[812]: session opened for user root\n"),
    ("var/log/syslog", 0o640, false, "Mar  2 08:00:00 sandbox systemd[1]: Started.\n"),
    ("var/log/audit/audit.log", 0o600, false, ""),
    ("var/log/wtmp", 0o664, false, ""),
    ("var/log/lastlog", 0o664, false, ""),
    ("root/.bashrc", 0o644, false, "alias ll='ls -l'\n"),
    ("root/.profile", 0o644, false, "mesg n 2>/dev/null || true\n"),
    ("root/.bash_history", 0o600, false, "apt update\nsystemctl status ssh\n"),
    ("home/max/.bashrc", 0o644, true, "alias ll='ls -l'\n"),
    ("home/max/.profile", 0o644, true, "PATH=\"$HOME/bin:$PATH\"\n"),
    ("home/max/.bash_history", 0o600, true, "ls\ncd /srv\n"),
];

/// Files of the host that programs need to start, shown read-only when they are there.
const HOST_FILES: &[&str] = &["etc/ld.so.cache", "etc/os-release", "etc/alternatives"];

/// Device nodes of the host that are shown.
const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

/// Parts of `/proc` that tell about the host or act on it: covered by an empty file or folder.
const MASKED: &[&str] = &[
    "acpi",
    "asound",
    "bus",
    "cmdline",
    "config.gz",
    "driver",
    "fs",
    "irq",
    "kallsyms",
    "kcore",
    "key-users",
    "keys",
    "kmsg",
    "kpagecount",
    "kpageflags",
    "latency_stats",
    "partitions",
    "sched_debug",
    "scsi",
    "slabinfo",
    "sysrq-trigger",
    "sysvipc",
    "timer_list",
    "vmallocinfo",
];

pub(super) const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY;
pub(super) const HOST_PART: u64 = libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV;

/// Returns whether the synthetic root has this folder, without a leading slash, in any case.
pub(super) fn has_folder(path: &str) -> bool {
    FOLDERS.iter().any(|(folder, ..)| *folder == path)
}

/// Returns a path or text as the kernel takes it.
pub(super) fn c(text: &str) -> CString {
    let whole = text.split('\0').next().unwrap_or("");
    CString::new(whole).unwrap_or_default()
}

/// The steps that make a root and enter it: first those that many roots have in common,
/// then those of one.
pub(super) struct Steps {
    common: Common,
    own: Vec<Step>,
}

/// Steps that are made once, or for a job that stages one of the root's own files.
enum Common {
    Kept(&'static [Step]),
    Made(Vec<Step>),
}

impl Steps {
    /// Returns no steps, where there is no root to make.
    pub(super) fn none() -> Self {
        Self { common: Common::Kept(&[]), own: Vec::new() }
    }

    /// Returns the steps in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Step> {
        let common = match &self.common {
            Common::Kept(steps) => steps,
            Common::Made(steps) => steps.as_slice(),
        };
        common.iter().chain(&self.own)
    }

    /// Returns what they make below the root, folders before what lies in them.
    pub(super) fn made(&self) -> impl Iterator<Item = &CStr> {
        self.iter().filter_map(Step::made)
    }
}

/// Returns the steps that make the whole root and enter it.
pub(super) fn steps(job: &Job, identity: &Identity) -> Result<Steps, Refusal> {
    static KEPT: [OnceLock<Vec<Step>>; 3] = [const { OnceLock::new() }; 3];
    let staged = |path: &str| job.files.iter().any(|f| f.path.trim_start_matches('/') == path);
    let common = if FILES.iter().any(|(path, ..)| staged(path)) {
        Common::Made(common(job.user, identity.both_users(), &staged))
    } else {
        let kind = match (identity.both_users(), job.user) {
            (true, _) => 0,
            (false, User::Root) => 1,
            (false, User::Ordinary) => 2,
        };
        Common::Kept(KEPT[kind].get_or_init(|| common(job.user, identity.both_users(), &|_| false)))
    };
    let mut steps = Vec::new();
    layered::steps(job, identity, &mut steps)?;
    network(job, &mut steps);
    steps.push(Step::Pivot);
    if !identity.both_users() && job.user == User::Ordinary {
        for path in ["/etc", "/root", "/boot", "/var/log", "/var/lib", "/var/spool"] {
            steps.push(Step::Bind { from: c(path), to: c(path) });
            steps.push(Step::Attributes { path: c(path), below: true, set: READ_ONLY, clear: 0 });
        }
    }
    if let Some(profile) = &job.profile {
        super::hardening::mounts(profile, &mut steps);
    }
    Ok(Steps { common, own: steps })
}

/// Returns the steps that depend on nothing but the host and on who is who, without the
/// files that a job stages instead.
fn common(user: User, both_users: bool, staged: &dyn Fn(&str) -> bool) -> Vec<Step> {
    let mut steps = vec![
        Step::Private,
        Step::Mount {
            from: c(SOURCE),
            kind: c("tmpfs"),
            path: c("/tmp"),
            flags: libc::MS_NOSUID | libc::MS_NODEV,
            data: Some(c(TMPFS)),
        },
        Step::Enter { path: c("/tmp") },
    ];
    let own = |steps: &mut Vec<Step>, path: &str, user: bool| {
        if user && both_users {
            steps.push(Step::Owner { path: c(path), user: Identity::USER, group: Identity::USER });
        }
    };
    for (path, mode, user) in FOLDERS {
        steps.push(Step::Folder { path: c(path), mode: *mode });
        own(&mut steps, path, *user);
    }
    for (path, mode, users, text) in FILES.iter().filter(|(path, ..)| !staged(path)) {
        // Whoever runs as the only mapped user owns every file; bits that exclude the
        // owner are all that is left to keep the shadow file from being read.
        let secret = path.ends_with("shadow") && !both_users && user == User::Ordinary;
        let mode = if secret { 0 } else { *mode };
        steps.push(Step::File { path: c(path), bytes: text.as_bytes().to_vec(), mode });
        if path.ends_with("shadow") && both_users {
            steps.push(Step::Owner { path: c(path), user: 0, group: 42 });
        }
        own(&mut steps, path, *users);
    }
    programs("", &mut steps);
    devices(&mut steps);
    kernel(&mut steps);
    steps.push(Step::Folder { path: c(".hidden"), mode: 0 });
    steps.push(Step::File { path: c(".hidden-file"), bytes: Vec::new(), mode: 0 });
    steps.push(Step::Name(b"sandbox"));
    steps
}

/// Shows the host's programs: `/usr`, and `/bin`, `/lib` and so on, which are links into
/// `/usr` on some hosts and folders of their own on others. `host` is the host's root,
/// without a slash at its end.
fn programs(host: &str, steps: &mut Vec<Step>) {
    let show = |steps: &mut Vec<Step>, name: &str| {
        steps.push(Step::Bind { from: c(&format!("{host}/{name}")), to: c(name) });
        steps.push(Step::Attributes { path: c(name), below: true, set: HOST_PART, clear: 0 });
    };
    show(steps, "usr");
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        let on_host = format!("{host}/{name}");
        match std::fs::read_link(&on_host) {
            Ok(text) => steps.push(Step::Link { text: c(&text.to_string_lossy()), path: c(name) }),
            Err(_) if std::path::Path::new(&on_host).is_dir() => {
                steps.push(Step::Folder { path: c(name), mode: 0o755 });
                show(steps, name);
            }
            Err(_) => {}
        }
    }
    for path in HOST_FILES {
        let on_host = format!("{host}/{path}");
        let Ok(real) = std::fs::canonicalize(&on_host) else { continue };
        if real.starts_with("/usr") && real.is_file() {
            steps.push(Step::Link { text: c(&real.to_string_lossy()), path: c(path) });
            continue;
        }
        if !real.is_dir() {
            steps.push(Step::File { path: c(path), bytes: Vec::new(), mode: 0o444 });
        }
        show(steps, path);
    }
}

fn devices(steps: &mut Vec<Step>) {
    for name in DEVICES {
        let (on_host, here) = (format!("/dev/{name}"), format!("dev/{name}"));
        if std::fs::metadata(&on_host).is_ok_and(|m| m.file_type().is_char_device()) {
            steps.push(Step::File { path: c(&here), bytes: Vec::new(), mode: 0o666 });
            steps.push(Step::Bind { from: c(&on_host), to: c(&here) });
        }
    }
    for (name, text) in
        [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"), ("tty", "null")]
    {
        steps.push(Step::Link { text: c(text), path: c(&format!("dev/{name}")) });
    }
}

/// Mounts a fresh `/proc`, forbids further user namespaces and covers what is not the
/// procedure's business.
fn kernel(steps: &mut Vec<Step>) {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    steps.push(Step::Mount { from: c("proc"), kind: c("proc"), path: c("proc"), flags, data: None });
    for name in ["max_user_namespaces", "max_mnt_namespaces", "max_pid_namespaces"] {
        let path = c(&format!("proc/sys/user/{name}"));
        steps.push(Step::IfThere(Box::new(Step::Write { path, bytes: b"0".to_vec() })));
    }
    steps.push(Step::Bind { from: c("proc/sys"), to: c("proc/sys") });
    steps.push(Step::Attributes { path: c("proc/sys"), below: true, set: HOST_PART, clear: 0 });
    steps.push(Step::Folder { path: c(".empty"), mode: 0o555 });
    for name in MASKED {
        let path = format!("/proc/{name}");
        let Ok(found) = std::fs::metadata(&path) else { continue };
        let cover = if found.is_dir() { ".empty" } else { "dev/null" };
        let bind = Step::Bind { from: c(cover), to: c(path.trim_start_matches('/')) };
        steps.push(Step::IfThere(Box::new(bind)));
    }
}

/// Brings the loopback device up and makes every address of both families local to it.
fn network(job: &Job, steps: &mut Vec<Step>) {
    steps.push(Step::Network(up()));
    if job.profile.as_ref().is_none_or(|p| p.no_network.is_none()) {
        steps.push(Step::Network(everywhere(libc::AF_INET as u8)));
        // A kernel without IPv6 has no such route to add.
        if std::fs::metadata("/proc/sys/net/ipv6").is_ok() {
            steps.push(Step::Network(everywhere(libc::AF_INET6 as u8)));
        }
    }
}

/// Index of the loopback device, the first in every network namespace.
const LOOPBACK: u32 = 1;

fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(((16 + body.len()) as u32).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend((flags | libc::NLM_F_REQUEST as u16 | libc::NLM_F_ACK as u16).to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(body);
    bytes
}

fn up() -> Vec<u8> {
    // struct ifinfomsg (rtnetlink(7)).
    let mut body = vec![0; 4];
    body.extend(LOOPBACK.to_ne_bytes());
    body.extend((libc::IFF_UP as u32).to_ne_bytes());
    body.extend((libc::IFF_UP as u32).to_ne_bytes());
    message(libc::RTM_NEWLINK, 0, &body)
}

fn everywhere(family: u8) -> Vec<u8> {
    // struct rtmsg (rtnetlink(7)), then the device: the whole family is local.
    let mut body =
        vec![family, 0, 0, 0, libc::RT_TABLE_LOCAL, libc::RTPROT_BOOT, libc::RT_SCOPE_HOST, libc::RTN_LOCAL];
    body.extend([0; 4]);
    body.extend(8_u16.to_ne_bytes());
    body.extend(libc::RTA_OIF.to_ne_bytes());
    body.extend(LOOPBACK.to_ne_bytes());
    message(libc::RTM_NEWROUTE, (libc::NLM_F_CREATE | libc::NLM_F_EXCL) as u16, &body)
}

/// Returns the names that the sandbox's name service knows.
pub(super) fn names(job: &Job) -> Vec<(Vec<u8>, IpAddr)> {
    job.names
        .iter()
        .map(|(name, address)| (name.trim_end_matches('.').as_bytes().to_vec(), *address))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_whose_programs_are_not_merged_shows_each_folder_read_only() {
        let host = tempfile::tempdir().expect("a folder");
        for name in ["usr/bin", "bin", "sbin", "lib"] {
            std::fs::create_dir_all(host.path().join(name)).expect("a folder");
        }
        std::os::unix::fs::symlink("usr/lib64", host.path().join("lib64")).expect("a link");
        let root = host.path().to_string_lossy().into_owned();
        let mut steps = Vec::new();
        programs(&root, &mut steps);
        for name in ["usr", "bin", "sbin", "lib"] {
            let at = steps
                .iter()
                .position(|s| matches!(s, Step::Bind { from, to } if *from == c(&format!("{root}/{name}")) && *to == c(name)))
                .unwrap_or_else(|| panic!("{name} is not shown"));
            assert!(
                matches!(steps.get(at + 1), Some(Step::Attributes { path, below: true, set: HOST_PART, .. }) if *path == c(name)),
                "{name} can be written"
            );
        }
        assert!(steps.iter().any(
            |s| matches!(s, Step::Link { text, path } if *text == c("usr/lib64") && *path == c("lib64"))
        ));
        assert!(!steps.iter().any(|s| matches!(s, Step::Bind { to, .. } if *to == c("lib64"))));
    }
}
