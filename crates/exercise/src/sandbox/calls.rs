//! Which system calls the observer stops at, and what it does there.

use libc::c_long;

/// What happens at a system call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// It is carried out and its outcome noted.
    Watch,
    /// It is noted and returns this error number instead of being carried out.
    Refuse(i32),
    /// It returns this error number; the observer is not asked.
    Deny(i32),
}

/// When a rule holds: register number, mask and value. [`ALWAYS`] has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    pub(super) register: u8,
    pub(super) mask: u32,
    pub(super) value: u32,
    /// Whether the rule holds when the masked register differs from the value.
    pub(super) differs: bool,
}

/// A call with its rule and the condition on one register.
pub(super) type Entry = (c_long, Rule, Option<When>);

const fn equal(register: u8, mask: u32, value: u32) -> Option<When> {
    Some(When { register, mask, value, differs: false })
}

const fn any_bit(register: u8, mask: u32) -> Option<When> {
    Some(When { register, mask, value: 0, differs: true })
}

/// Bits of `clone` that make namespaces (sched.h, `CLONE_NEW*`), and the one by which a
/// child escapes the observer (`CLONE_UNTRACED`).
const NAMESPACES: u32 = 0x7e02_0000 | 0x0080_0000;

const PERM: Rule = Rule::Refuse(libc::EPERM);

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
    (libc::SYS_clone3, Rule::Deny(libc::ENOSYS), None),
    (libc::SYS_io_uring_setup, Rule::Refuse(libc::ENOSYS), None),
    (libc::SYS_io_uring_enter, Rule::Refuse(libc::ENOSYS), None),
    (libc::SYS_io_uring_register, Rule::Refuse(libc::ENOSYS), None),
    (libc::SYS_prctl, PERM, equal(0, u32::MAX, libc::PR_SET_SECCOMP as u32)),
    (libc::SYS_prctl, PERM, equal(0, u32::MAX, libc::PR_SET_PTRACER as u32)),
];

/// Rules that depend on one register.
const CONDITIONAL: &[Entry] = &[
    (libc::SYS_clone, PERM, any_bit(0, NAMESPACES)),
    // Characters typed into a terminal on behalf of its owner, and the console's own tricks.
    (libc::SYS_ioctl, PERM, equal(1, u32::MAX, libc::TIOCSTI as u32)),
    (libc::SYS_ioctl, PERM, equal(1, u32::MAX, TIOCLINUX)),
    (libc::SYS_sendto, Rule::Watch, any_bit(4, u32::MAX)),
    (libc::SYS_adjtimex, PERM, None),
    (libc::SYS_clock_adjtime, PERM, None),
    (libc::SYS_personality, PERM, any_bit(0, 0x0040_0000)),
];

/// `TIOCLINUX` (Linux, `include/uapi/asm-generic/ioctls.h`).
const TIOCLINUX: u32 = 0x541c;

/// Socket families that stay inside the sandbox's network namespace.
pub(super) const FAMILIES: [i32; 4] = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK];

/// Calls that datagrams leave by; which ones name an address stands in memory.
const MESSAGES: &[c_long] = &[libc::SYS_sendmsg, libc::SYS_sendmmsg];

/// What a machine without namespaces must refuse because Landlock does not know it:
/// everything by which bytes leave the machine or reach another process's socket, and
/// signals, whose reach Landlock limits from its sixth version on only.
const WITHOUT_NAMESPACES: &[Entry] = &[
    (libc::SYS_connect, PERM, None),
    (libc::SYS_bind, PERM, None),
    (libc::SYS_listen, PERM, None),
    (libc::SYS_socket, PERM, equal(1, 0xf, libc::SOCK_DGRAM as u32)),
    (libc::SYS_socket, PERM, equal(1, 0xf, libc::SOCK_RAW as u32)),
    (libc::SYS_socket, PERM, equal(1, 0xf, libc::SOCK_SEQPACKET as u32)),
    (libc::SYS_sendto, PERM, any_bit(3, libc::MSG_FASTOPEN as u32)),
    (libc::SYS_sendmsg, PERM, any_bit(2, libc::MSG_FASTOPEN as u32)),
    (libc::SYS_sendmmsg, PERM, any_bit(3, libc::MSG_FASTOPEN as u32)),
    // A segment outlives its processes where there is no namespace to end it.
    (libc::SYS_shmget, PERM, None),
    (libc::SYS_msgget, PERM, None),
    (libc::SYS_semget, PERM, None),
    (libc::SYS_mq_open, PERM, None),
    (libc::SYS_sched_setscheduler, PERM, None),
    (libc::SYS_setpriority, PERM, None),
    (libc::SYS_sched_setaffinity, PERM, None),
    (libc::SYS_prlimit64, PERM, any_bit(0, u32::MAX)),
    (libc::SYS_pidfd_send_signal, PERM, None),
    (libc::SYS_tkill, Rule::Watch, None),
    (libc::SYS_tgkill, Rule::Watch, None),
    (libc::SYS_rt_sigqueueinfo, PERM, None),
    (libc::SYS_rt_tgsigqueueinfo, PERM, None),
    // Landlock knows no right to change modes, owners, times and attributes by path.
    (libc::SYS_fchmodat, PERM, None),
    (FCHMODAT2, PERM, None),
    (libc::SYS_fchownat, PERM, None),
    (libc::SYS_utimensat, PERM, None),
    (libc::SYS_setxattr, PERM, None),
    (libc::SYS_lsetxattr, PERM, None),
    (libc::SYS_removexattr, PERM, None),
    (libc::SYS_lremovexattr, PERM, None),
    (SETXATTRAT, PERM, None),
    (REMOVEXATTRAT, PERM, None),
    (libc::SYS_truncate, PERM, None),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, PERM, None),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chown, PERM, None),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_lchown, PERM, None),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_utime, PERM, None),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_utimes, PERM, None),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_futimesat, PERM, None),
];

/// The same numbers on every processor (Linux, `scripts/syscall.tbl`).
const SETXATTRAT: c_long = 463;
const REMOVEXATTRAT: c_long = 466;

/// Returns all rules of a tier; the first whose condition holds decides.
pub(super) fn rules(namespaces: bool) -> Vec<Entry> {
    let mut all = Vec::new();
    if !namespaces {
        all.extend_from_slice(WITHOUT_NAMESPACES);
    }
    all.extend_from_slice(BLINDING);
    all.extend_from_slice(CONDITIONAL);
    all.extend(PRIVILEGED.iter().map(|number| (*number, PERM, None)));
    all.extend(MESSAGES.iter().map(|number| (*number, Rule::Watch, None)));
    all.extend(WATCHED.iter().map(|number| (*number, Rule::Watch, None)));
    all
}

/// Returns the rule for a call with these registers.
pub(super) fn decide(rules: &[Entry], number: c_long, args: [u64; 6]) -> Option<Rule> {
    if number == libc::SYS_socket && !FAMILIES.contains(&(args[0] as i32)) {
        return Some(Rule::Refuse(libc::EAFNOSUPPORT));
    }
    let holds = |when: &When| {
        let register = args.get(usize::from(when.register)).map_or(0, |r| *r as u32) & when.mask;
        (register == when.value) != when.differs
    };
    rules
        .iter()
        .find(|(n, _, when)| *n == number && when.as_ref().is_none_or(holds))
        .map(|(_, rule, _)| *rule)
}

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
