//! Which system calls the observer stops at, and what it does there.

use libc::c_long;

use super::job::Job;
use super::{allowed, landlock};

/// What happens at a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// It is carried out and its outcome noted.
    Watch,
    /// It is noted and returns this error number instead of being carried out.
    Refuse(i32),
    /// It returns this error number; the observer is not asked.
    Deny(i32),
    /// It is carried out; the observer is not asked.
    Allow,
}

/// A condition on one half of a register: the masked half equals the value, or differs from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    /// Twice the register's number, and one more for its upper half.
    pub(super) half: u8,
    pub(super) mask: u32,
    pub(super) value: u32,
    pub(super) differs: bool,
}

/// A call with its rule and the conditions on its registers, all of which must hold.
pub(super) type Entry = (c_long, Rule, &'static [When]);

pub(super) const fn equal(register: u8, mask: u32, value: u32) -> When {
    When { half: 2 * register, mask, value, differs: false }
}

pub(super) const fn any_bit(register: u8, mask: u32) -> When {
    When { half: 2 * register, mask, value: 0, differs: true }
}

/// Holds when the upper half of a register is 0.
pub(super) const fn null_above(register: u8) -> When {
    When { half: 2 * register + 1, mask: u32::MAX, value: 0, differs: false }
}

/// Holds when the upper half of a register is not 0.
const fn bits_above(register: u8) -> When {
    When { differs: true, ..null_above(register) }
}

/// Bits of `clone` that make namespaces (sched.h, `CLONE_NEW*`), and the one by which a
/// child escapes the observer (`CLONE_UNTRACED`).
const NAMESPACES: u32 = 0x7e02_0000 | 0x0080_0000;

pub(super) const PERM: Rule = Rule::Refuse(libc::EPERM);

/// What is watched: files, programs, sockets.
const WATCHED: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_renameat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_truncate,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    SETXATTRAT,
    REMOVEXATTRAT,
    FILE_SETATTR,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_kill,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_link,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_symlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mknod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chmod,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_chown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lchown,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_utimes,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_futimesat,
];

/// The same number on every processor (Linux, `scripts/syscall.tbl`).
pub(super) const FCHMODAT2: c_long = 452;
/// The same number on every processor (Linux, `scripts/syscall.tbl`).
pub(super) const SETXATTRAT: c_long = 463;
/// The same number on every processor (Linux, `scripts/syscall.tbl`).
pub(super) const REMOVEXATTRAT: c_long = 466;
/// The same number on every processor (Linux, `scripts/syscall.tbl`).
pub(super) const FILE_SETATTR: c_long = 469;

/// Calls that act on the machine and not on a file: noted and refused.
const PRIVILEGED: &[c_long] = &[
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_fsconfig,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_open_by_handle_at,
    libc::SYS_vhangup,
    libc::SYS_syslog,
    libc::SYS_fanotify_init,
    libc::SYS_seccomp,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_kexec_file_load,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_iopl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_ioperm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_modify_ldt,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_uselib,
];

/// Calls that would blind the observer: libraries fall back to others.
const BLINDING: &[Entry] = &[
    (libc::SYS_clone3, Rule::Deny(libc::ENOSYS), &[]),
    (libc::SYS_io_uring_setup, Rule::Refuse(libc::ENOSYS), &[]),
    (libc::SYS_io_uring_enter, Rule::Refuse(libc::ENOSYS), &[]),
    (libc::SYS_io_uring_register, Rule::Refuse(libc::ENOSYS), &[]),
    (libc::SYS_prctl, PERM, &[equal(0, u32::MAX, libc::PR_SET_SECCOMP as u32)]),
    (libc::SYS_prctl, PERM, &[equal(0, u32::MAX, libc::PR_SET_PTRACER as u32)]),
];

const fn family(number: i32) -> When {
    equal(0, u32::MAX, number as u32)
}

const fn protocol(number: i32) -> When {
    equal(2, u32::MAX, number as u32)
}

const ADDRESS_FAMILY: Rule = Rule::Refuse(libc::EAFNOSUPPORT);

/// Rules that depend on registers.
const CONDITIONAL: &[Entry] = &[
    (libc::SYS_clone, PERM, &[any_bit(0, NAMESPACES)]),
    // Characters typed into a terminal on behalf of its owner, and the console's own tricks.
    (libc::SYS_ioctl, PERM, &[equal(1, u32::MAX, libc::TIOCSTI as u32)]),
    (libc::SYS_ioctl, PERM, &[equal(1, u32::MAX, TIOCLINUX)]),
    (libc::SYS_ioctl, Rule::Watch, &[equal(1, u32::MAX, SET_FLAGS)]),
    (libc::SYS_ioctl, Rule::Watch, &[equal(1, u32::MAX, SET_ATTRIBUTES)]),
    // A route chosen by the sender takes packets elsewhere than to the address they name.
    (libc::SYS_setsockopt, PERM, &[equal(1, u32::MAX, 0), equal(2, u32::MAX, libc::IP_OPTIONS as u32)]),
    (libc::SYS_setsockopt, PERM, &[IPV6, equal(2, u32::MAX, libc::IPV6_RTHDR as u32)]),
    (libc::SYS_setsockopt, PERM, &[IPV6, equal(2, u32::MAX, libc::IPV6_2292PKTOPTIONS as u32)]),
    // The first process keeps the time: nobody may have it wait behind others.
    (libc::SYS_sched_setscheduler, PERM, &[FIRST]),
    (libc::SYS_sched_setparam, PERM, &[FIRST]),
    (libc::SYS_sched_setattr, PERM, &[FIRST]),
    (libc::SYS_sched_setaffinity, PERM, &[FIRST]),
    (libc::SYS_prlimit64, PERM, &[FIRST]),
    (libc::SYS_setpriority, PERM, &[equal(0, u32::MAX, libc::PRIO_PROCESS), equal(1, u32::MAX, 1)]),
    (libc::SYS_setpriority, PERM, &[equal(0, u32::MAX, libc::PRIO_USER)]),
    (libc::SYS_ioprio_set, PERM, &[equal(0, u32::MAX, 1), equal(1, u32::MAX, 1)]),
    (libc::SYS_sendto, Rule::Watch, &[any_bit(4, u32::MAX)]),
    (libc::SYS_sendto, Rule::Watch, &[bits_above(4)]),
    (libc::SYS_adjtimex, PERM, &[]),
    (libc::SYS_clock_adjtime, PERM, &[]),
    (libc::SYS_personality, PERM, &[any_bit(0, 0x0040_0000)]),
    // Families that stay inside the sandbox's network namespace; vsock, for one, does not.
    // Of them the protocols that no kernel has to load a module for.
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_UNIX)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_INET), protocol(0)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_INET), protocol(libc::IPPROTO_ICMP)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_INET), protocol(libc::IPPROTO_TCP)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_INET), protocol(libc::IPPROTO_UDP)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_INET6), protocol(0)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_INET6), protocol(libc::IPPROTO_TCP)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_INET6), protocol(libc::IPPROTO_UDP)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_INET6), protocol(libc::IPPROTO_ICMPV6)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_NETLINK), protocol(libc::NETLINK_ROUTE)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_NETLINK), protocol(libc::NETLINK_SOCK_DIAG)]),
    (libc::SYS_socket, Rule::Allow, &[family(libc::AF_NETLINK), protocol(libc::NETLINK_AUDIT)]),
    (libc::SYS_socket, ADDRESS_FAMILY, &[]),
    (libc::SYS_socketpair, Rule::Allow, &[family(libc::AF_UNIX)]),
    (libc::SYS_socketpair, ADDRESS_FAMILY, &[]),
];

/// The number of the first process to those inside.
const FIRST: When = equal(0, u32::MAX, 1);

const IPV6: When = equal(1, u32::MAX, libc::IPPROTO_IPV6 as u32);

/// `FS_IOC_SETFLAGS` (Linux, `include/uapi/linux/fs.h`).
pub(super) const SET_FLAGS: u32 = 0x4008_6602;
/// `FS_IOC_FSSETXATTR` (Linux, `include/uapi/linux/fs.h`).
pub(super) const SET_ATTRIBUTES: u32 = 0x401c_5820;

/// `TIOCLINUX` (Linux, `include/uapi/asm-generic/ioctls.h`).
const TIOCLINUX: u32 = 0x541c;

/// Calls that datagrams leave by; which ones name an address stands in memory.
const MESSAGES: &[c_long] = &[libc::SYS_sendmsg, libc::SYS_sendmmsg];

/// Calls by which a program's loader asks for libraries to load first, told to the
/// observer of a check.
#[cfg(target_arch = "x86_64")]
pub(super) const PRELOADS: &[u32] = &[libc::SYS_access as u32, libc::SYS_faccessat as u32];
/// Calls by which a program's loader asks for libraries to load first, told to the
/// observer of a check.
#[cfg(target_arch = "aarch64")]
pub(super) const PRELOADS: &[u32] = &[libc::SYS_faccessat as u32];

/// The first number of a call that libraries do without on an older kernel when it is
/// answered with ENOSYS (Linux 5.1, where the numbers of all processors begin to be the same).
const RECENT: c_long = 424;

/// The rules of a tier.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// The first whose conditions hold decides.
    pub(super) entries: Vec<Entry>,
    /// Whether a call that no entry decides is refused.
    pub(super) closed: bool,
    /// Whether a signal may go to another process of the procedure. Below Landlock's
    /// sixth version nothing but the observer keeps signals in, and between its decision
    /// and the signal the number of a process may become another's.
    pub(super) signals: bool,
}

impl Rules {
    /// Returns the rules that a job is run under.
    pub(super) fn of(job: &Job, namespaces: bool) -> Self {
        if namespaces {
            Self::with_namespaces()
        } else {
            Self::with_landlock(landlock::version(job.landlock))
        }
    }

    /// Returns the rules with namespaces: everything is allowed that is not named.
    pub(super) fn with_namespaces() -> Self {
        let parts = [(PRIVILEGED, PERM), (MESSAGES, Rule::Watch), (WATCHED, Rule::Watch)];
        Self { entries: entries(&parts, CONDITIONAL), closed: false, signals: true }
    }

    /// Returns the rules with this version of Landlock alone: everything is refused that
    /// is not named.
    pub(super) fn with_landlock(version: u32) -> Self {
        let parts = [(PRIVILEGED, PERM), (allowed::WATCHED, Rule::Watch), (allowed::FREE, Rule::Allow)];
        let signals = version >= landlock::SCOPED;
        Self { entries: entries(&parts, allowed::IN_PART), closed: true, signals }
    }

    /// Returns the rule for a call with these registers.
    /// `None` means that it is carried out and the observer not asked.
    pub(super) fn decide(&self, number: c_long, args: [u64; 6]) -> Option<Rule> {
        let holds = |when: &When| {
            let register = args.get(usize::from(when.half / 2)).copied().unwrap_or(0);
            let half = (register >> (32 * u32::from(when.half % 2))) as u32;
            (half & when.mask == when.value) != when.differs
        };
        let found = self.entries.iter().find(|(n, _, all)| *n == number && all.iter().all(holds));
        match found {
            Some((_, Rule::Allow, _)) => None,
            Some((_, rule, _)) => Some(*rule),
            None if !self.closed => None,
            None if number >= RECENT => Some(Rule::Refuse(libc::ENOSYS)),
            None => Some(PERM),
        }
    }
}

fn entries(parts: &[(&[c_long], Rule)], conditional: &[Entry]) -> Vec<Entry> {
    let plain = parts.iter().flat_map(|(numbers, rule)| numbers.iter().map(|n| (*n, *rule, ALWAYS)));
    plain.chain(conditional.iter().copied()).chain(BLINDING.iter().copied()).collect()
}

/// No condition.
pub(super) const ALWAYS: &[When] = &[];

/// Returns whether a call needs a privilege on an ordinary machine.
pub(super) fn privileged(number: c_long) -> bool {
    PRIVILEGED.contains(&number)
        || matches!(number, libc::SYS_adjtimex | libc::SYS_clock_adjtime | libc::SYS_clone)
}

/// Returns whether a call may make a file or folder, as far as its registers tell.
pub(super) fn makes(number: c_long, args: [u64; 6]) -> bool {
    let creates = |flags: u64| flags as i32 & (libc::O_CREAT | libc::O_TMPFILE) & !libc::O_DIRECTORY != 0;
    match number {
        libc::SYS_openat => creates(args[2]),
        libc::SYS_openat2
        | libc::SYS_mkdirat
        | libc::SYS_mknodat
        | libc::SYS_symlinkat
        | libc::SYS_linkat => true,
        #[cfg(target_arch = "x86_64")]
        libc::SYS_open => creates(args[1]),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_creat | libc::SYS_mkdir | libc::SYS_mknod | libc::SYS_symlink | libc::SYS_link => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_namespaces_what_nobody_named_is_refused() {
        let rules = Rules::with_landlock(7);
        let named = |number| rules.entries.iter().any(|(n, ..)| *n == number);
        for number in (0..2_000).filter(|n| !named(*n)) {
            let refused = matches!(rules.decide(number, [0; 6]), Some(Rule::Refuse(_)));
            assert!(refused, "call {number}");
        }
        assert_eq!(Rules::with_namespaces().decide(1_999, [0; 6]), None);
    }
}
