//! System calls without the C library's bookkeeping.
//!
//! Between `clone` and `exec` the child of a program with several threads may use
//! nothing that takes a lock or memory. Everything here is one system call on memory
//! that the caller owns, and reports its error number as a value.

use std::ffi::CStr;

/// An error number, positive.
pub(super) type Errno = i32;

/// Performs a system call.
///
/// # Safety
///
/// Arguments that the kernel takes as addresses must be valid for what this call reads
/// and writes there.
pub(super) unsafe fn call(number: libc::c_long, args: [usize; 6]) -> Result<usize, Errno> {
    let [a, b, c, d, e, f] = args;
    // SAFETY: the caller vouches for the addresses; the number of arguments is the most a call takes.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if result < 0 {
        // SAFETY: the location is the calling thread's own.
        Err(unsafe { *libc::__errno_location() })
    } else {
        Ok(result as usize)
    }
}

/// Performs a system call none of whose arguments is an address.
pub(super) fn plain(number: libc::c_long, args: [usize; 6]) -> Result<usize, Errno> {
    // SAFETY: callers pass numbers and flags only; the kernel dereferences none of them.
    unsafe { call(number, args) }
}

fn address(text: &CStr) -> usize {
    text.as_ptr() as usize
}

fn optional(text: Option<&CStr>) -> usize {
    text.map_or(0, address)
}

const HERE: usize = libc::AT_FDCWD as isize as usize;

/// Ends this process and all its threads at once, without any clean-up of the language.
pub(super) fn exit(code: i32) -> ! {
    loop {
        let _ = plain(libc::SYS_exit_group, [code as usize, 0, 0, 0, 0, 0]);
    }
}

/// Starts a child with a copy of this process's memory; returns 0 in the child.
pub(super) fn clone(flags: u64) -> Result<i32, Errno> {
    plain(libc::SYS_clone, [flags as usize, 0, 0, 0, 0, 0]).map(|pid| pid as i32)
}

pub(super) fn open(path: &CStr, flags: i32, mode: u32) -> Result<i32, Errno> {
    // SAFETY: the path ends in a zero byte.
    unsafe { call(libc::SYS_openat, [HERE, address(path), flags as usize, mode as usize, 0, 0]) }
        .map(|fd| fd as i32)
}

pub(super) fn close(fd: i32) {
    let _ = plain(libc::SYS_close, [fd as usize, 0, 0, 0, 0, 0]);
}

/// Closes every file descriptor but those in `keep`, which must be sorted.
pub(super) fn close_all_but(keep: &[i32]) {
    let mut next = 0_usize;
    for fd in keep {
        let fd = *fd as usize;
        if fd > next {
            let _ = plain(libc::SYS_close_range, [next, fd - 1, 0, 0, 0, 0]);
        }
        next = fd + 1;
    }
    let _ = plain(libc::SYS_close_range, [next, u32::MAX as usize, 0, 0, 0, 0]);
}

pub(super) fn dup_above(fd: i32, least: i32) -> Result<i32, Errno> {
    plain(libc::SYS_fcntl, [fd as usize, libc::F_DUPFD as usize, least as usize, 0, 0, 0]).map(|n| n as i32)
}

pub(super) fn dup_to(fd: i32, to: i32) -> Result<(), Errno> {
    if fd == to {
        return Ok(());
    }
    plain(libc::SYS_dup3, [fd as usize, to as usize, 0, 0, 0, 0]).map(drop)
}

pub(super) fn read(fd: i32, into: &mut [u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel writes at most the slice's length into it.
    unsafe { call(libc::SYS_read, [fd as usize, into.as_mut_ptr() as usize, into.len(), 0, 0, 0]) }
}

pub(super) fn write(fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel reads at most the slice's length from it.
    unsafe { call(libc::SYS_write, [fd as usize, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]) }
}

/// Sends a message on a line; that nobody listens is an error and no signal.
pub(super) fn send(fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    let flags = libc::MSG_NOSIGNAL as usize;
    // SAFETY: the kernel reads at most the slice's length from it; there is no address.
    unsafe { call(libc::SYS_sendto, [fd as usize, bytes.as_ptr() as usize, bytes.len(), flags, 0, 0]) }
}

/// Writes all of `bytes`.
pub(super) fn write_all(fd: i32, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        let written = write(fd, bytes)?;
        bytes = bytes.get(written..).unwrap_or(&[]);
    }
    Ok(())
}

pub(super) fn make_folder(path: &CStr, mode: u32) -> Result<(), Errno> {
    // SAFETY: the path ends in a zero byte.
    unsafe { call(libc::SYS_mkdirat, [HERE, address(path), mode as usize, 0, 0, 0]) }.map(drop)
}

pub(super) fn symlink(text: &CStr, path: &CStr) -> Result<(), Errno> {
    // SAFETY: both end in a zero byte.
    unsafe { call(libc::SYS_symlinkat, [address(text), HERE, address(path), 0, 0, 0]) }.map(drop)
}

pub(super) fn chown(path: &CStr, user: u32, group: u32) -> Result<(), Errno> {
    let flags = libc::AT_SYMLINK_NOFOLLOW as usize;
    // SAFETY: the path ends in a zero byte.
    unsafe { call(libc::SYS_fchownat, [HERE, address(path), user as usize, group as usize, flags, 0]) }
        .map(drop)
}

pub(super) fn chdir(path: &CStr) -> Result<(), Errno> {
    // SAFETY: the path ends in a zero byte.
    unsafe { call(libc::SYS_chdir, [address(path), 0, 0, 0, 0, 0]) }.map(drop)
}

pub(super) fn mount(
    from: Option<&CStr>,
    to: &CStr,
    kind: Option<&CStr>,
    flags: u64,
    data: Option<&CStr>,
) -> Result<(), Errno> {
    let args = [optional(from), address(to), optional(kind), flags as usize, optional(data), 0];
    // SAFETY: every text ends in a zero byte or is absent.
    unsafe { call(libc::SYS_mount, args) }.map(drop)
}

pub(super) fn unmount(path: &CStr, flags: i32) -> Result<(), Errno> {
    // SAFETY: the path ends in a zero byte.
    unsafe { call(libc::SYS_umount2, [address(path), flags as usize, 0, 0, 0, 0]) }.map(drop)
}

/// `struct mount_attr` (Linux, `include/uapi/linux/mount.h`).
#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    namespace: u64,
}

/// Sets and clears `MOUNT_ATTR_*` of a mount, or of all mounts below it too.
pub(super) fn mount_attr(path: &CStr, recursive: bool, set: u64, clear: u64) -> Result<(), Errno> {
    let attr = MountAttr { set, clear, propagation: 0, namespace: 0 };
    let flags = if recursive { libc::AT_RECURSIVE as usize } else { 0 };
    let args = [HERE, address(path), flags, (&raw const attr) as usize, size_of::<MountAttr>(), 0];
    // SAFETY: the path ends in a zero byte and the structure has the size that is passed.
    unsafe { call(libc::SYS_mount_setattr, args) }.map(drop)
}

pub(super) fn pivot(new: &CStr, old: &CStr) -> Result<(), Errno> {
    // SAFETY: both end in a zero byte.
    unsafe { call(libc::SYS_pivot_root, [address(new), address(old), 0, 0, 0, 0]) }.map(drop)
}

pub(super) fn set_host_name(name: &[u8]) -> Result<(), Errno> {
    // SAFETY: the kernel reads at most the slice's length from it.
    unsafe { call(libc::SYS_sethostname, [name.as_ptr() as usize, name.len(), 0, 0, 0, 0]) }.map(drop)
}

pub(super) fn socket(domain: i32, kind: i32, protocol: i32) -> Result<i32, Errno> {
    plain(libc::SYS_socket, [domain as usize, kind as usize, protocol as usize, 0, 0, 0]).map(|fd| fd as i32)
}

pub(super) fn option(fd: i32, level: i32, name: i32, value: i32) -> Result<(), Errno> {
    let args = [fd as usize, level as usize, name as usize, (&raw const value) as usize, size_of::<i32>(), 0];
    // SAFETY: the value has the size that is passed.
    unsafe { call(libc::SYS_setsockopt, args) }.map(drop)
}

/// Binds to a port of every address of both families.
pub(super) fn bind_any(fd: i32, port: u16) -> Result<(), Errno> {
    // SAFETY: all fields are numbers, for which zero is valid.
    let mut any: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
    any.sin6_family = libc::AF_INET6 as u16;
    any.sin6_port = port.to_be();
    let args = [fd as usize, (&raw const any) as usize, size_of_val(&any), 0, 0, 0];
    // SAFETY: the structure has the size that is passed.
    unsafe { call(libc::SYS_bind, args) }.map(drop)
}

pub(super) fn accept(fd: i32) -> Result<i32, Errno> {
    let flags = (libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC) as usize;
    plain(libc::SYS_accept4, [fd as usize, 0, 0, flags, 0, 0]).map(|fd| fd as i32)
}

/// Receives a datagram with the address of its sender; returns its length and, where the
/// socket was told to say so, the address that it was sent to (ipv6(7), `IPV6_PKTINFO`).
pub(super) fn receive_from(
    fd: i32,
    into: &mut [u8],
    sender: &mut libc::sockaddr_in6,
) -> Result<(usize, Option<[u8; 16]>), Errno> {
    let mut part = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    // `struct cmsghdr` of 16 bytes, then `struct in6_pktinfo` of 20, aligned to words.
    let mut control = [0_u64; 8];
    // SAFETY: all fields are numbers or addresses, for which zero is valid.
    let mut head: libc::msghdr = unsafe { std::mem::zeroed() };
    head.msg_name = std::ptr::from_mut(sender).cast();
    head.msg_namelen = size_of::<libc::sockaddr_in6>() as u32;
    head.msg_iov = &raw mut part;
    head.msg_iovlen = 1;
    head.msg_control = control.as_mut_ptr().cast();
    head.msg_controllen = size_of_val(&control);
    let args = [fd as usize, (&raw mut head) as usize, libc::MSG_DONTWAIT as usize, 0, 0, 0];
    // SAFETY: address, buffer and control are ours and have the sizes that are stated.
    let count = unsafe { call(libc::SYS_recvmsg, args) }?;
    let kind = (u64::from(libc::IPV6_PKTINFO as u32) << 32) | u64::from(libc::IPPROTO_IPV6 as u32);
    let told = head.msg_controllen >= 36 && control[1].to_le() == kind;
    let [_, _, first, second, ..] = control;
    let mut address = [0; 16];
    let (one, two) = address.split_at_mut(8);
    one.copy_from_slice(&first.to_ne_bytes());
    two.copy_from_slice(&second.to_ne_bytes());
    Ok((count, told.then_some(address)))
}

pub(super) fn send_to(fd: i32, bytes: &[u8], to: &libc::sockaddr_in6) -> Result<usize, Errno> {
    let args = [
        fd as usize,
        bytes.as_ptr() as usize,
        bytes.len(),
        (libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) as usize,
        std::ptr::from_ref(to) as usize,
        size_of::<libc::sockaddr_in6>(),
    ];
    // SAFETY: buffer and address have the sizes that are passed.
    unsafe { call(libc::SYS_sendto, args) }
}

/// Waits until one of the file descriptors is ready or the time is over.
pub(super) fn poll(on: &mut [libc::pollfd], timeout: std::time::Duration) -> Result<usize, Errno> {
    let mut span = libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: timeout.subsec_nanos() as libc::c_long,
    };
    let args = [on.as_mut_ptr() as usize, on.len(), (&raw mut span) as usize, 0, 0, 0];
    // SAFETY: the array has the length that is passed; the time is ours; there is no signal mask.
    unsafe { call(libc::SYS_ppoll, args) }
}

/// Returns the monotonic clock in microseconds.
pub(super) fn clock() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is ours; the call cannot fail for this clock.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    (now.tv_sec as u64).saturating_mul(1_000_000) + now.tv_nsec as u64 / 1_000
}

pub(super) fn prctl(option: i32, value: usize) -> Result<usize, Errno> {
    plain(libc::SYS_prctl, [option as usize, value, 0, 0, 0, 0])
}

pub(super) fn set_ids(user: u32, group: u32) -> Result<(), Errno> {
    let (user, group) = (user as usize, group as usize);
    plain(libc::SYS_setresgid, [group, group, group, 0, 0, 0])?;
    plain(libc::SYS_setresuid, [user, user, user, 0, 0, 0]).map(drop)
}

/// Makes `groups` the supplementary groups.
pub(super) fn set_groups(groups: &[u32]) -> Result<(), Errno> {
    // SAFETY: the kernel reads as many numbers as the slice has.
    unsafe { call(libc::SYS_setgroups, [groups.len(), groups.as_ptr() as usize, 0, 0, 0, 0]) }.map(drop)
}

/// Sets soft and hard limit; never raises the hard one.
pub(super) fn limit(resource: u32, value: u64) -> Result<(), Errno> {
    let mut old = libc::rlimit64 { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is ours.
    unsafe { call(libc::SYS_prlimit64, [0, resource as usize, 0, (&raw mut old) as usize, 0, 0]) }?;
    let value = value.min(old.rlim_max);
    let new = libc::rlimit64 { rlim_cur: value, rlim_max: value };
    // SAFETY: the structure is ours.
    unsafe { call(libc::SYS_prlimit64, [0, resource as usize, (&raw const new) as usize, 0, 0, 0]) }.map(drop)
}

/// `struct __user_cap_data_struct`, version 3: two words of 32 capabilities each.
#[repr(C)]
struct Capabilities {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// Leaves only the capabilities in `mask`, for this process and everything it starts.
pub(super) fn keep_capabilities(mask: u64) -> Result<(), Errno> {
    for number in 0..64 {
        if mask & (1 << number) == 0 && prctl(libc::PR_CAPBSET_DROP, number).is_err() {
            break;
        }
    }
    // _LINUX_CAPABILITY_VERSION_3 (include/uapi/linux/capability.h), for this process.
    let header: [u32; 2] = [0x2008_0522, 0];
    let word = |shift: u32| {
        let part = (mask >> shift) as u32;
        Capabilities { effective: part, permitted: part, inheritable: 0 }
    };
    let data = [word(0), word(32)];
    let args = [header.as_ptr() as usize, data.as_ptr() as usize, 0, 0, 0, 0];
    // SAFETY: header and both data words have the layout of version 3.
    unsafe { call(libc::SYS_capset, args) }.map(drop)
}

/// Installs a system call filter on this process.
pub(super) fn install_filter(program: &[libc::sock_filter]) -> Result<(), Errno> {
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_ptr().cast_mut() };
    let flags = libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW as usize;
    let args = [libc::SECCOMP_SET_MODE_FILTER as usize, flags, (&raw const program) as usize, 0, 0, 0];
    // SAFETY: the program has the length that is stated; the kernel only reads it.
    unsafe { call(libc::SYS_seccomp, args) }.map(drop)
}

/// Replaces this process by a program.
///
/// # Safety
///
/// `argv` and `env` must be arrays of addresses of texts that end in a zero byte, each
/// array ended by a null address.
pub(super) unsafe fn exec(path: &CStr, argv: &[*const libc::c_char], env: &[*const libc::c_char]) -> Errno {
    let args = [address(path), argv.as_ptr() as usize, env.as_ptr() as usize, 0, 0, 0];
    // SAFETY: the caller vouches for both arrays.
    unsafe { call(libc::SYS_execve, args) }.err().unwrap_or(0)
}
