//! What a system call would do, from its number, registers and the memory they point to.
//!
//! A procedure can rewrite that memory after it was read. Nothing is ever decided on
//! it; where a call returns a file descriptor, the path is read from that instead.

use libc::c_long;

use super::action::{FileOp, Protocol, What};
use super::sockets::{self, Named};
use super::{calls, table, tracee};

/// What was read, and how to read its outcome.
pub(super) struct Decoded {
    pub(super) what: What,
    /// Where the path stands in memory when the call returns a file descriptor for it.
    pub(super) opens: Option<(u64, u64)>,
}

/// Reads the path that an open call named.
pub(super) fn path_at(pid: i32, (folder, address): (u64, u64)) -> String {
    at(pid, folder, &tracee::text(pid, address).unwrap_or_default())
}

/// Joins a path to the folder it is relative to, without resolving links.
fn at(pid: i32, folder: u64, path: &str) -> String {
    if path.starts_with('/') {
        return normal(path);
    }
    let folder = match folder as i32 {
        libc::AT_FDCWD => table::folder(pid),
        fd => table::open_file(pid, i64::from(fd)),
    };
    if path.is_empty() { folder } else { normal(&format!("{folder}/{path}")) }
}

/// Removes empty and single-dot parts, and double dots with what they lead back from.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}

const CWD: u64 = libc::AT_FDCWD as i64 as u64;

struct Reader {
    pid: i32,
    group: i32,
    args: [u64; 6],
}

impl Reader {
    fn path(&self, folder: u64, register: usize) -> String {
        at(self.pid, folder, &self.text(register))
    }

    fn text(&self, register: usize) -> String {
        tracee::text(self.pid, self.args[register]).unwrap_or_default()
    }

    fn file(&self, op: FileOp, folder: u64, register: usize) -> Option<Decoded> {
        self.done(What::File { op, path: self.path(folder, register), to: None })
    }

    fn open_file(&self, op: FileOp) -> Option<Decoded> {
        self.done(What::File { op, path: table::open_file(self.pid, self.args[0] as i64), to: None })
    }

    fn pair(&self, op: FileOp, from: (u64, usize), to: (u64, usize)) -> Option<Decoded> {
        let path = self.path(from.0, from.1);
        self.done(What::File { op, path, to: Some(self.path(to.0, to.1)) })
    }

    fn symlink(&self, folder: u64, register: usize) -> Option<Decoded> {
        let path = self.path(folder, register);
        self.done(What::File { op: FileOp::Symlink, path, to: Some(self.text(0)) })
    }

    fn done(&self, what: What) -> Option<Decoded> {
        Some(Decoded { what, opens: None })
    }

    fn opened(&self, folder: u64, register: usize, flags: u64) -> Option<Decoded> {
        let flags = flags as i32;
        let writes = flags & libc::O_ACCMODE != libc::O_RDONLY || flags & libc::O_TRUNC != 0;
        let makes = flags & libc::O_CREAT != 0 || flags & libc::O_TMPFILE == libc::O_TMPFILE;
        // Reads are many; their path is read from the file descriptor, after the call.
        let path = if makes || writes { self.path(folder, register) } else { String::new() };
        let op = if makes && std::fs::symlink_metadata(format!("/proc/{}/root{path}", self.pid)).is_err() {
            FileOp::Create
        } else if makes || writes {
            FileOp::Write
        } else {
            FileOp::Read
        };
        Some(Decoded { what: What::File { op, path, to: None }, opens: Some((folder, self.args[register])) })
    }

    fn protocol(&self) -> Protocol {
        match sockets::kind(self.group, self.args[0] as i32) {
            Some(libc::SOCK_STREAM) | None => Protocol::Tcp,
            Some(libc::SOCK_DGRAM) => Protocol::Udp,
            Some(_) => Protocol::Other,
        }
    }

    fn address(&self, address: u64, length: u64, kind: Use) -> Option<Decoded> {
        let named = sockets::read(&tracee::memory(self.pid, address, (length as usize).min(128)));
        self.done(match (named, kind) {
            (Named::Network(address, port), Use::Bind) => {
                What::Bind { protocol: self.protocol(), address, port }
            }
            (Named::Network(address, port), Use::Connect) => {
                What::Connect { protocol: self.protocol(), address, port, name: None }
            }
            (Named::Local(path), kind) => What::LocalSocket { path, made: matches!(kind, Use::Bind) },
            (Named::Other, _) => return None,
        })
    }

    fn message(&self) -> Option<Decoded> {
        // `struct msghdr` begins with the address and its length.
        let head = tracee::memory(self.pid, self.args[1], 16);
        let address = u64::from_ne_bytes(head.get(..8)?.try_into().ok()?);
        let length = u32::from_ne_bytes(head.get(8..12)?.try_into().ok()?);
        if address == 0 {
            return None;
        }
        self.address(address, u64::from(length), Use::Connect)
    }

    fn program(&self, folder: u64, path: usize, arguments: usize) -> Option<Decoded> {
        let invoked = self.text(path);
        let invoked = if invoked.is_empty() { self.path(folder, path) } else { invoked };
        self.done(What::Exec {
            image: at(self.pid, folder, &invoked),
            invoked,
            args: tracee::texts(self.pid, self.args[arguments], 256),
            cwd: table::folder(self.pid),
            uid: 0,
            parent_image: String::new(),
            parent_args: Vec::new(),
        })
    }
}

enum Use {
    Bind,
    Connect,
}

/// Returns what a call would do; `None` when it is not worth a note.
pub(super) fn entry(pid: i32, group: i32, number: c_long, args: [u64; 6]) -> Option<Decoded> {
    let reader = Reader { pid, group, args };
    if let Some(decoded) = older(&reader, number) {
        return decoded;
    }
    match number {
        libc::SYS_execve => reader.program(CWD, 0, 1),
        libc::SYS_execveat => reader.program(args[0], 1, 2),
        libc::SYS_openat => reader.opened(args[0], 1, args[2]),
        libc::SYS_openat2 => reader.opened(args[0], 1, tracee::word(pid, args[2]).unwrap_or(0)),
        libc::SYS_unlinkat if args[2] as i32 & libc::AT_REMOVEDIR != 0 => {
            reader.file(FileOp::RemoveFolder, args[0], 1)
        }
        libc::SYS_unlinkat => reader.file(FileOp::Remove, args[0], 1),
        libc::SYS_renameat | libc::SYS_renameat2 => reader.pair(FileOp::Rename, (args[0], 1), (args[2], 3)),
        libc::SYS_linkat => reader.pair(FileOp::Link, (args[0], 1), (args[2], 3)),
        libc::SYS_symlinkat => reader.symlink(args[1], 2),
        libc::SYS_mkdirat => reader.file(FileOp::MakeFolder, args[0], 1),
        libc::SYS_mknodat => reader.file(FileOp::MakeNode, args[0], 1),
        libc::SYS_fchmod => reader.open_file(FileOp::Mode(args[1] as u32 & 0o7777)),
        libc::SYS_fchmodat | calls::FCHMODAT2 => {
            reader.file(FileOp::Mode(args[2] as u32 & 0o7777), args[0], 1)
        }
        libc::SYS_fchown => reader.open_file(FileOp::Owner),
        libc::SYS_fchownat => reader.file(FileOp::Owner, args[0], 1),
        libc::SYS_truncate => reader.file(FileOp::Truncate, CWD, 0),
        libc::SYS_utimensat if args[1] == 0 => reader.open_file(FileOp::Times),
        libc::SYS_utimensat => reader.file(FileOp::Times, args[0], 1),
        libc::SYS_setxattr | libc::SYS_lsetxattr | libc::SYS_removexattr | libc::SYS_lremovexattr => {
            reader.file(FileOp::Attribute, CWD, 0)
        }
        libc::SYS_fsetxattr => reader.open_file(FileOp::Attribute),
        libc::SYS_connect => reader.address(args[1], args[2], Use::Connect),
        libc::SYS_sendto => reader.address(args[4], args[5], Use::Connect),
        libc::SYS_sendmsg | libc::SYS_sendmmsg => reader.message(),
        libc::SYS_bind => reader.address(args[1], args[2], Use::Bind),
        _ => Some(Decoded { what: call(number, args), opens: None }),
    }
}

/// Returns a call by name and registers.
pub(super) fn call(number: c_long, args: [u64; 6]) -> What {
    let name = model::syscalls::name(NATIVE, &number.to_string()).unwrap_or("").to_owned();
    What::Call { number: number as u32, name, args, privileged: calls::privileged(number) }
}

/// The `arch` code of this processor in audit records.
const NATIVE: &str = if cfg!(target_arch = "x86_64") { "c000003e" } else { "c00000b7" };

/// Calls that only older processors have.
#[cfg(target_arch = "x86_64")]
fn older(reader: &Reader, number: c_long) -> Option<Option<Decoded>> {
    let created = (libc::O_CREAT | libc::O_TRUNC | libc::O_WRONLY) as u64;
    Some(match number {
        libc::SYS_open => reader.opened(CWD, 0, reader.args[1]),
        libc::SYS_creat => reader.opened(CWD, 0, created),
        libc::SYS_unlink => reader.file(FileOp::Remove, CWD, 0),
        libc::SYS_rmdir => reader.file(FileOp::RemoveFolder, CWD, 0),
        libc::SYS_rename => reader.pair(FileOp::Rename, (CWD, 0), (CWD, 1)),
        libc::SYS_link => reader.pair(FileOp::Link, (CWD, 0), (CWD, 1)),
        libc::SYS_symlink => reader.symlink(CWD, 1),
        libc::SYS_mkdir => reader.file(FileOp::MakeFolder, CWD, 0),
        libc::SYS_mknod => reader.file(FileOp::MakeNode, CWD, 0),
        libc::SYS_chmod => reader.file(FileOp::Mode(reader.args[1] as u32 & 0o7777), CWD, 0),
        libc::SYS_chown | libc::SYS_lchown => reader.file(FileOp::Owner, CWD, 0),
        libc::SYS_utime | libc::SYS_utimes => reader.file(FileOp::Times, CWD, 0),
        libc::SYS_futimesat => reader.file(FileOp::Times, reader.args[0], 1),
        _ => return None,
    })
}

/// Calls that only older processors have.
#[cfg(target_arch = "aarch64")]
fn older(_reader: &Reader, _number: c_long) -> Option<Option<Decoded>> {
    None
}

/// Returns whether reading this file is the ordinary start of a program and no action of
/// the procedure.
pub(super) fn is_noise(path: &str) -> bool {
    let parts = ["/usr/", "/lib", "/bin/", "/sbin/", "/dev/", "/proc/self/fd", "pipe:", "socket:", "/memfd:"];
    parts.iter().any(|part| path.starts_with(part))
        || path == "/etc/ld.so.cache"
        || path == "/etc/ld.so.preload"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_without_dots() {
        for (path, expected) in
            [("/etc/../etc/./passwd", "/etc/passwd"), ("/a//b/", "/a/b"), ("/../..", "/"), ("/", "/")]
        {
            assert_eq!(normal(path), expected);
        }
    }
}
