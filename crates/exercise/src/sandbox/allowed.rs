//! Which system calls a procedure may make where there are no namespaces.
//!
//! Landlock confines opening, making, removing and running files; nothing else of the
//! kernel knows about it. So everything is refused that is not named here, whatever a
//! newer kernel brings. A call may be named when all it can do is one of these:
//! it acts on the calling process and what it started; it acts on a file descriptor
//! in a way that opening it for reading or writing has permitted; or Landlock decides.
//! What remains is reading: names, sizes and owners of the host's files, and what any
//! user may ask about other processes.

use libc::c_long;

use super::calls::{ALWAYS, Entry, PERM, Rule, When, equal, null_above};

/// Calls that are carried out, and noted with their outcome. Landlock decides about the
/// files; about signals the observer does, by the number of the process.
pub(super) const WATCHED: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_renameat,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_mkdirat,
    libc::SYS_mknodat,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
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
];

/// Calls that are carried out whatever their registers hold.
pub(super) const FREE: &[c_long] = &[
    // Memory of the calling process.
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_msync,
    libc::SYS_madvise,
    libc::SYS_mincore,
    libc::SYS_mlock,
    libc::SYS_mlock2,
    libc::SYS_munlock,
    libc::SYS_membarrier,
    libc::SYS_pkey_alloc,
    libc::SYS_pkey_free,
    libc::SYS_pkey_mprotect,
    libc::SYS_memfd_create,
    libc::SYS_mseal,
    // Open file descriptors.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_preadv2,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_pwritev2,
    libc::SYS_lseek,
    libc::SYS_sendfile,
    libc::SYS_splice,
    libc::SYS_copy_file_range,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_getdents64,
    libc::SYS_fchdir,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_signalfd4,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_timerfd_gettime,
    // Reading about files.
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getxattr,
    libc::SYS_lgetxattr,
    libc::SYS_fgetxattr,
    libc::SYS_listxattr,
    libc::SYS_llistxattr,
    libc::SYS_flistxattr,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_umask,
    // Stream sockets, which can be connected to nothing but each other.
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_getsockopt,
    // The calling process, its threads and children.
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getpgid,
    libc::SYS_setpgid,
    libc::SYS_getsid,
    libc::SYS_setsid,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_futex,
    libc::SYS_futex_waitv,
    libc::SYS_sched_yield,
    libc::SYS_getcpu,
    libc::SYS_getrandom,
    // Its users, groups and capabilities: it has none to gain.
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_getgroups,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_capget,
    libc::SYS_capset,
    // Its signals and times.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_nanosleep,
    libc::SYS_clock_nanosleep,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_gettimeofday,
    libc::SYS_getitimer,
    libc::SYS_setitimer,
    libc::SYS_timer_create,
    libc::SYS_timer_settime,
    libc::SYS_timer_gettime,
    libc::SYS_timer_getoverrun,
    libc::SYS_timer_delete,
    // Limits, the machine and the memory of its own, read or lowered.
    libc::SYS_getrusage,
    libc::SYS_times,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getpriority,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_getparam,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_sched_rr_get_interval,
    libc::SYS_get_mempolicy,
    libc::SYS_set_mempolicy,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_arch_prctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getdents,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_pipe,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_create,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_eventfd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_signalfd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getpgrp,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_pause,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_alarm,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getrlimit,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_setrlimit,
];

/// Flags of `clone` that libraries start processes and threads with (sched.h); not
/// namespaces, not `CLONE_UNTRACED`, `CLONE_PARENT` and `CLONE_PTRACE`. The lowest byte is
/// the signal at the end.
const CLONE: u32 = 0xff
    | (libc::CLONE_VM
        | libc::CLONE_FS
        | libc::CLONE_FILES
        | libc::CLONE_SIGHAND
        | libc::CLONE_VFORK
        | libc::CLONE_THREAD
        | libc::CLONE_SYSVSEM
        | libc::CLONE_SETTLS
        | libc::CLONE_PARENT_SETTID
        | libc::CLONE_CHILD_CLEARTID
        | libc::CLONE_DETACHED
        | libc::CLONE_CHILD_SETTID) as u32;

/// Access modes and cutting of `open`. Landlock judges an open by what the descriptor may
/// do then, which is nothing for the mode 3, and before its third version does not judge
/// the cutting (`O_TRUNC`) of what is opened for reading.
const MODE: u32 = libc::O_ACCMODE as u32;
const CUT: u32 = libc::O_TRUNC as u32;

const fn is(register: u8, value: u32) -> When {
    equal(register, u32::MAX, value)
}

const fn stream(register: u8) -> When {
    equal(register, 0xf, libc::SOCK_STREAM as u32)
}

const fn ioctl(request: &'static [When]) -> Entry {
    (libc::SYS_ioctl, Rule::Allow, request)
}

const fn fcntl(command: &'static [When]) -> Entry {
    (libc::SYS_fcntl, Rule::Allow, command)
}

const fn prctl(option: &'static [When]) -> Entry {
    (libc::SYS_prctl, Rule::Allow, option)
}

const fn socket(kind: &'static [When]) -> Entry {
    (libc::SYS_socket, Rule::Allow, kind)
}

const TCP: u32 = libc::IPPROTO_TCP as u32;
const UNIX: u32 = libc::AF_UNIX as u32;
const INET: u32 = libc::AF_INET as u32;
const INET6: u32 = libc::AF_INET6 as u32;

/// Calls of which a part is carried out; the rest is refused like everything unnamed.
pub(super) const IN_PART: &[Entry] = &[
    (libc::SYS_openat, PERM, &[equal(2, MODE, MODE)]),
    (libc::SYS_openat, PERM, &[equal(2, MODE | CUT, CUT)]),
    (libc::SYS_openat, Rule::Watch, ALWAYS),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, PERM, &[equal(1, MODE, MODE)]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, PERM, &[equal(1, MODE | CUT, CUT)]),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, Rule::Watch, ALWAYS),
    (libc::SYS_clone, Rule::Allow, &[equal(0, !CLONE, 0)]),
    // Of other processes neither limits nor priorities are within reach.
    (libc::SYS_prlimit64, Rule::Allow, &[is(0, 0)]),
    (libc::SYS_setpriority, Rule::Allow, &[is(0, libc::PRIO_PROCESS), is(1, 0)]),
    // Asked, not changed.
    (libc::SYS_personality, Rule::Allow, &[is(0, u32::MAX)]),
    // Only streams, which take no address with what is sent.
    socket(&[is(0, UNIX), stream(1), is(2, 0)]),
    socket(&[is(0, INET), stream(1), is(2, 0)]),
    socket(&[is(0, INET), stream(1), is(2, TCP)]),
    socket(&[is(0, INET6), stream(1), is(2, 0)]),
    socket(&[is(0, INET6), stream(1), is(2, TCP)]),
    (libc::SYS_socketpair, Rule::Allow, &[is(0, UNIX), stream(1), is(2, 0)]),
    (libc::SYS_sendto, Rule::Allow, &[equal(3, libc::MSG_FASTOPEN as u32, 0), is(4, 0), null_above(4)]),
    (libc::SYS_setsockopt, Rule::Allow, &[is(1, libc::SOL_SOCKET as u32)]),
    (libc::SYS_setsockopt, Rule::Allow, &[is(1, TCP)]),
    (libc::SYS_setsockopt, Rule::Allow, &[is(1, libc::IPPROTO_IPV6 as u32), is(2, libc::IPV6_V6ONLY as u32)]),
    // Terminals and blocking; copies into a file that is open for writing; what is asked
    // about a file. Not whom a descriptor signals, and not the flags of a file.
    ioctl(&[is(1, libc::TCGETS as u32)]),
    ioctl(&[is(1, libc::TIOCGWINSZ as u32)]),
    ioctl(&[is(1, libc::TIOCGPGRP as u32)]),
    ioctl(&[is(1, libc::TIOCSPGRP as u32)]),
    ioctl(&[is(1, libc::TIOCNOTTY as u32)]),
    ioctl(&[is(1, libc::FIONREAD as u32)]),
    ioctl(&[is(1, libc::FIONBIO as u32)]),
    ioctl(&[is(1, libc::FIOCLEX as u32)]),
    ioctl(&[is(1, libc::FIONCLEX as u32)]),
    ioctl(&[is(1, libc::FICLONE as u32)]),
    ioctl(&[is(1, libc::FICLONERANGE as u32)]),
    ioctl(&[is(1, libc::FS_IOC_GETFLAGS as u32)]),
    ioctl(&[is(1, FIEMAP)]),
    // Not owners and signals of a descriptor, leases, notices about folders, and locks,
    // which a file opened for reading can be kept from its owners by.
    fcntl(&[is(1, libc::F_DUPFD as u32)]),
    fcntl(&[is(1, libc::F_DUPFD_CLOEXEC as u32)]),
    fcntl(&[is(1, libc::F_GETFD as u32)]),
    fcntl(&[is(1, libc::F_SETFD as u32)]),
    fcntl(&[is(1, libc::F_GETFL as u32)]),
    fcntl(&[is(1, libc::F_SETFL as u32)]),
    fcntl(&[is(1, libc::F_GETPIPE_SZ as u32)]),
    fcntl(&[is(1, libc::F_SETPIPE_SZ as u32)]),
    fcntl(&[is(1, libc::F_ADD_SEALS as u32)]),
    fcntl(&[is(1, libc::F_GET_SEALS as u32)]),
    // The calling thread alone.
    prctl(&[is(0, libc::PR_SET_NAME as u32)]),
    prctl(&[is(0, libc::PR_GET_NAME as u32)]),
    prctl(&[is(0, libc::PR_SET_PDEATHSIG as u32)]),
    prctl(&[is(0, libc::PR_GET_PDEATHSIG as u32)]),
    prctl(&[is(0, libc::PR_GET_DUMPABLE as u32)]),
    prctl(&[is(0, libc::PR_SET_KEEPCAPS as u32)]),
    prctl(&[is(0, libc::PR_GET_KEEPCAPS as u32)]),
    prctl(&[is(0, libc::PR_CAPBSET_READ as u32)]),
    prctl(&[is(0, libc::PR_CAPBSET_DROP as u32)]),
    prctl(&[is(0, libc::PR_CAP_AMBIENT as u32)]),
    prctl(&[is(0, libc::PR_GET_SECUREBITS as u32)]),
    prctl(&[is(0, libc::PR_SET_NO_NEW_PRIVS as u32)]),
    prctl(&[is(0, libc::PR_GET_NO_NEW_PRIVS as u32)]),
    prctl(&[is(0, libc::PR_GET_SECCOMP as u32)]),
    prctl(&[is(0, libc::PR_SET_TIMERSLACK as u32)]),
    prctl(&[is(0, libc::PR_GET_TIMERSLACK as u32)]),
    prctl(&[is(0, PR_SET_VMA)]),
];

/// `FS_IOC_FIEMAP` (Linux, `include/uapi/linux/fs.h`).
const FIEMAP: u32 = 0xc020_660b;

/// Names a piece of memory (Linux, `include/uapi/linux/prctl.h`); the C library does.
const PR_SET_VMA: u32 = 0x5356_4d41;
