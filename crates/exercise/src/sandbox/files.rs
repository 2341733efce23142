//! File descriptors that the supervisor makes for a run. All of them are closed by
//! `exec`, so that no other child of the program keeps one.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use super::raw::{self, Errno};

fn pair_of(number: libc::c_long, args: [usize; 4], at: usize) -> Result<(OwnedFd, OwnedFd), Errno> {
    let mut fds = [-1_i32; 2];
    let mut all = [args[0], args[1], args[2], args[3], 0, 0];
    all[at] = fds.as_mut_ptr() as usize;
    // SAFETY: the kernel writes two numbers.
    unsafe { raw::call(number, all) }?;
    // SAFETY: both were just made and belong to nobody else.
    Ok(unsafe { (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1])) })
}

/// Returns the read end and the write end of a pipe.
pub(super) fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    pair_of(libc::SYS_pipe2, [0, libc::O_CLOEXEC as usize, 0, 0], 0)
}

/// Returns both ends of a line that keeps messages apart.
pub(super) fn line() -> Result<(OwnedFd, OwnedFd), Errno> {
    let kind = (libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC) as usize;
    pair_of(libc::SYS_socketpair, [libc::AF_UNIX as usize, kind, 0, 0], 3)
}

/// Returns a file without a name that holds `text` and that nobody can change.
pub(super) fn sealed(text: &str) -> Result<OwnedFd, Errno> {
    let flags = (libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) as usize;
    // SAFETY: the name ends in a zero byte.
    let fd = unsafe { raw::call(libc::SYS_memfd_create, [c"script".as_ptr() as usize, flags, 0, 0, 0, 0]) }?;
    // SAFETY: it was just made and belongs to nobody else.
    let mut file = unsafe { File::from_raw_fd(fd as i32) };
    file.write_all(text.as_bytes()).map_err(|e| e.raw_os_error().unwrap_or(libc::EIO))?;
    let seals = (libc::F_SEAL_SEAL | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE) as usize;
    raw::plain(libc::SYS_fcntl, [file.as_raw_fd() as usize, libc::F_ADD_SEALS as usize, seals, 0, 0, 0])?;
    Ok(file.into())
}

/// Opens a folder only to name what lies in it.
pub(super) fn folder(path: &str) -> Result<OwnedFd, Errno> {
    let fd = raw::open(&super::root::c(path), libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC, 0)?;
    // SAFETY: it was just made and belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Opens one of a process's namespaces.
pub(super) fn namespace(pid: i32, kind: &str) -> Result<OwnedFd, Errno> {
    let path = super::root::c(&format!("/proc/{pid}/ns/{kind}"));
    let fd = raw::open(&path, libc::O_RDONLY | libc::O_CLOEXEC, 0)?;
    // SAFETY: it was just made and belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
