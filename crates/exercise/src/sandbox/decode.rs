//! What a system call would do, from its number, registers and the memory they point to.
//!
//! A procedure can rewrite that memory after it was read. Nothing is ever decided on
//! it; where a call returns a file descriptor, the path is read from that instead.

use std::net::{IpAddr, Ipv6Addr};

use libc::c_long;

use super::action::{FileOp, Protocol, What};
use super::place::Places;
use super::sockets::{self, Named};
use super::{calls, table, tracee};

/// What was read, and how to read its outcome.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decoded {
    pub(super) what: What,
    /// What the call does beside: the further messages of a batch, the way back of an exchange.
    pub(super) more: Vec<What>,
    /// Where the path stands in memory when the call returns a file descriptor for it.
    pub(super) opens: Option<(u64, u64)>,
}

/// Reads the path that an open call named.
pub(super) fn path_at(places: &Places, pid: i32, (folder, address): (u64, u64)) -> String {
    at(places, pid, folder, tracee::text(pid, address), true)
}

/// Returns the place that a name stands for; nothing when it cannot be told.
fn at(places: &Places, pid: i32, folder: u64, name: Option<String>, follow: bool) -> String {
    let Some(name) = name else { return String::new() };
    let folder = match folder as i32 {
        _ if name.starts_with('/') => String::new(),
        libc::AT_FDCWD => table::folder(pid),
        fd => table::open_file(pid, i64::from(fd)),
    };
    places.find(pid, &folder, &name, follow).unwrap_or_default()
}

/// What an open is taken for whose flags cannot be read.
const WORST: u64 = (libc::O_CREAT | libc::O_WRONLY) as u64;

const CWD: u64 = libc::AT_FDCWD as i64 as u64;

struct Reader<'a> {
    places: &'a Places,
    pid: i32,
    group: i32,
    args: [u64; 6],
}

impl Reader<'_> {
    fn path(&self, folder: u64, register: usize, follow: bool) -> String {
        at(self.places, self.pid, folder, tracee::text(self.pid, self.args[register]), follow)
    }

    fn text(&self, register: usize) -> String {
        tracee::text(self.pid, self.args[register]).unwrap_or_default()
    }

    /// What a call does to a name itself, be it a link or not.
    fn name(&self, op: FileOp, folder: u64, register: usize) -> Option<Decoded> {
        self.done(What::File { op, path: self.path(folder, register, false), to: None })
    }

    /// What a call does to the file that a name leads to.
    fn file(&self, op: FileOp, folder: u64, register: usize) -> Option<Decoded> {
        self.done(What::File { op, path: self.path(folder, register, true), to: None })
    }

    /// The same, when flags may say that a link is meant itself.
    fn flagged(&self, op: FileOp, folder: u64, register: usize, flags: usize) -> Option<Decoded> {
        let follow = self.args[flags] as i32 & libc::AT_SYMLINK_NOFOLLOW == 0;
        self.done(What::File { op, path: self.path(folder, register, follow), to: None })
    }

    fn open_file(&self, op: FileOp) -> Option<Decoded> {
        self.done(What::File { op, path: table::open_file(self.pid, self.args[0] as i64), to: None })
    }

    fn pair(&self, op: FileOp, from: (u64, usize), to: (u64, usize), follow: bool) -> Option<Decoded> {
        let path = self.path(from.0, from.1, follow);
        self.done(What::File { op, path, to: Some(self.path(to.0, to.1, false)) })
    }

    /// Two names change places: each is renamed to the other.
    fn exchange(&self) -> Option<Decoded> {
        let [one, other] = [(0, 1), (2, 3)].map(|(folder, name)| self.path(self.args[folder], name, false));
        let rename = |path: &String, to: &String| What::File {
            op: FileOp::Rename,
            path: path.clone(),
            to: Some(to.clone()),
        };
        Some(Decoded { what: rename(&one, &other), more: vec![rename(&other, &one)], opens: None })
    }

    fn symlink(&self, folder: u64, register: usize) -> Option<Decoded> {
        let path = self.path(folder, register, false);
        self.done(What::File { op: FileOp::Symlink, path, to: Some(self.text(0)) })
    }

    fn done(&self, what: What) -> Option<Decoded> {
        Some(Decoded { what, more: Vec::new(), opens: None })
    }

    fn opened(&self, folder: u64, register: usize, flags: u64) -> Option<Decoded> {
        let flags = flags as i32;
        let writes = flags & libc::O_ACCMODE != libc::O_RDONLY || flags & libc::O_TRUNC != 0;
        let makes = flags & libc::O_CREAT != 0 || flags & libc::O_TMPFILE == libc::O_TMPFILE;
        // Reads are many; their path is read from the file descriptor, after the call.
        let path = if makes || writes { self.path(folder, register, true) } else { String::new() };
        let op = if makes && !self.places.exists(&path) {
            FileOp::Create
        } else if makes || writes {
            FileOp::Write
        } else {
            FileOp::Read
        };
        let what = What::File { op, path, to: None };
        Some(Decoded { what, more: Vec::new(), opens: Some((folder, self.args[register])) })
    }

    fn protocol(&self) -> Protocol {
        match sockets::kind(self.pid, self.group, self.args[0] as i32) {
            Some(libc::SOCK_STREAM) => Protocol::Tcp,
            Some(libc::SOCK_DGRAM) => Protocol::Udp,
            _ => Protocol::Other,
        }
    }

    fn address(&self, address: u64, length: u64, kind: Use) -> Option<What> {
        let length = (length as usize).min(128);
        let mut bytes = tracee::memory(self.pid, address, length);
        // What is sent to, or bound to, an address of no family goes where one of IPv4 would
        // (Linux, `net/ipv4/udp.c` and `af_inet.c`); connecting to one ends a connection.
        if let [family @ 0, 0, _, _, ..] = bytes.as_mut_slice()
            && kind != Use::Connect
        {
            *family = libc::AF_INET as u8;
        }
        let named = if bytes.len() < length { Named::Unread } else { sockets::read(&bytes) };
        Some(match (named, kind) {
            (Named::Network(address, port), Use::Bind) => {
                What::Bind { protocol: self.protocol(), address, port }
            }
            (Named::Network(address, port), kind) => {
                let data = kind == Use::Send;
                What::Connect { protocol: self.protocol(), address, port, name: None, data }
            }
            (Named::Local(path), kind) => self.local(path, kind == Use::Bind),
            // An address that nobody has: it is declared by none.
            (Named::Unread, _) => unread(),
            (Named::Other, _) => return None,
        })
    }

    /// A socket with a path is told by where it lies.
    fn local(&self, path: String, made: bool) -> What {
        let folder = if path.starts_with(['/', '@']) { String::new() } else { table::folder(self.pid) };
        if path.starts_with('@') || path.is_empty() {
            return What::LocalSocket { path, made };
        }
        let found = self.places.find(self.pid, &folder, &path, !made);
        What::LocalSocket { path: found.unwrap_or(path), made }
    }

    fn one(&self, address: u64, length: u64, kind: Use) -> Option<Decoded> {
        self.done(self.address(address, length, kind)?)
    }

    /// Messages, each of which may name an address: `struct msghdr` begins with it and its
    /// length, and takes 56 bytes, 64 with the count that a batch adds (sendmmsg(2)).
    fn messages(&self, count: u64) -> Option<Decoded> {
        let mut found: Vec<What> = Vec::new();
        for number in 0..count.min(BATCH) {
            let Some(head) = self.args[1].checked_add(64 * number) else { break };
            let head = tracee::memory(self.pid, head, 16);
            let parts = head.split_first_chunk::<8>();
            let parts = parts.and_then(|(address, rest)| Some((address, rest.split_first_chunk::<4>()?.0)));
            let Some((address, length)) = parts else {
                // The kernel reads memory that nobody else can (memfd_secret(2)).
                found.push(unread());
                break;
            };
            let (address, length) = (u64::from_ne_bytes(*address), u32::from_ne_bytes(*length));
            let named = (address != 0).then(|| self.address(address, u64::from(length), Use::Send)).flatten();
            found.extend(named.filter(|what| !found.contains(what)));
        }
        let mut found = found.into_iter();
        let what = found.next()?;
        Some(Decoded { what, more: found.collect(), opens: None })
    }

    fn program(&self, folder: u64, path: usize, arguments: usize) -> Option<Decoded> {
        let invoked = self.text(path);
        let image = self.path(folder, path, true);
        let invoked = if invoked.is_empty() { image.clone() } else { invoked };
        self.done(What::Exec {
            image: if image.is_empty() { invoked.clone() } else { image },
            invoked,
            args: tracee::texts(self.pid, self.args[arguments], 256, table::ARGUMENTS),
            cwd: table::folder(self.pid),
            uid: 0,
            parent_image: String::new(),
            parent_args: Vec::new(),
        })
    }
}

/// A connection to an address that could not be read.
fn unread() -> What {
    let address = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    What::Connect { protocol: Protocol::Other, address, port: 0, name: None, data: true }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Bind,
    Connect,
    Send,
}

/// Messages of one batch (socket.h, `UIO_MAXIOV`).
const BATCH: u64 = 1_024;

/// Returns what a call would do; `None` when it is not worth a note.
pub(super) fn entry(
    places: &Places,
    (pid, group): (i32, i32),
    number: c_long,
    args: [u64; 6],
) -> Option<Decoded> {
    let reader = Reader { places, pid, group, args };
    if let Some(decoded) = older(&reader, number) {
        return decoded;
    }
    match number {
        libc::SYS_execve => reader.program(CWD, 0, 1),
        libc::SYS_execveat => reader.program(args[0], 1, 2),
        libc::SYS_openat => reader.opened(args[0], 1, args[2]),
        libc::SYS_openat2 => reader.opened(args[0], 1, tracee::word(pid, args[2]).unwrap_or(WORST)),
        libc::SYS_unlinkat if args[2] as i32 & libc::AT_REMOVEDIR != 0 => {
            reader.name(FileOp::RemoveFolder, args[0], 1)
        }
        libc::SYS_unlinkat => reader.name(FileOp::Remove, args[0], 1),
        libc::SYS_renameat2 if args[4] as u32 & libc::RENAME_EXCHANGE != 0 => reader.exchange(),
        libc::SYS_renameat | libc::SYS_renameat2 => {
            reader.pair(FileOp::Rename, (args[0], 1), (args[2], 3), false)
        }
        libc::SYS_linkat => {
            let follow = args[4] as i32 & libc::AT_SYMLINK_FOLLOW != 0;
            reader.pair(FileOp::Link, (args[0], 1), (args[2], 3), follow)
        }
        libc::SYS_symlinkat => reader.symlink(args[1], 2),
        libc::SYS_mkdirat => reader.name(FileOp::MakeFolder, args[0], 1),
        libc::SYS_mknodat => reader.name(FileOp::MakeNode, args[0], 1),
        libc::SYS_fchmod => reader.open_file(FileOp::Mode(args[1] as u32 & 0o7777)),
        libc::SYS_fchmodat => reader.file(FileOp::Mode(args[2] as u32 & 0o7777), args[0], 1),
        calls::FCHMODAT2 => reader.flagged(FileOp::Mode(args[2] as u32 & 0o7777), args[0], 1, 3),
        libc::SYS_fchown => reader.open_file(FileOp::Owner),
        libc::SYS_fchownat => reader.flagged(FileOp::Owner, args[0], 1, 4),
        libc::SYS_truncate => reader.file(FileOp::Truncate, CWD, 0),
        libc::SYS_utimensat if args[1] == 0 => reader.open_file(FileOp::Times),
        libc::SYS_utimensat => reader.flagged(FileOp::Times, args[0], 1, 3),
        libc::SYS_setxattr | libc::SYS_removexattr => reader.file(FileOp::Attribute, CWD, 0),
        libc::SYS_lsetxattr | libc::SYS_lremovexattr => reader.name(FileOp::Attribute, CWD, 0),
        libc::SYS_fsetxattr | libc::SYS_fremovexattr => reader.open_file(FileOp::Attribute),
        calls::SETXATTRAT | calls::REMOVEXATTRAT => reader.flagged(FileOp::Attribute, args[0], 1, 2),
        calls::FILE_SETATTR => reader.flagged(FileOp::Attribute, args[0], 1, 4),
        libc::SYS_ioctl if matches!(args[1] as u32, calls::SET_FLAGS | calls::SET_ATTRIBUTES) => {
            reader.open_file(FileOp::Attribute)
        }
        libc::SYS_connect => reader.one(args[1], args[2], Use::Connect),
        libc::SYS_sendto => reader.one(args[4], args[5], Use::Send),
        libc::SYS_sendmsg => reader.messages(1),
        libc::SYS_sendmmsg => reader.messages(args[2]),
        libc::SYS_bind => reader.one(args[1], args[2], Use::Bind),
        _ => reader.done(call(number, args)),
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
fn older(reader: &Reader<'_>, number: c_long) -> Option<Option<Decoded>> {
    let created = (libc::O_CREAT | libc::O_TRUNC | libc::O_WRONLY) as u64;
    Some(match number {
        libc::SYS_open => reader.opened(CWD, 0, reader.args[1]),
        libc::SYS_creat => reader.opened(CWD, 0, created),
        libc::SYS_unlink => reader.name(FileOp::Remove, CWD, 0),
        libc::SYS_rmdir => reader.name(FileOp::RemoveFolder, CWD, 0),
        libc::SYS_rename => reader.pair(FileOp::Rename, (CWD, 0), (CWD, 1), false),
        libc::SYS_link => reader.pair(FileOp::Link, (CWD, 0), (CWD, 1), false),
        libc::SYS_symlink => reader.symlink(CWD, 1),
        libc::SYS_mkdir => reader.name(FileOp::MakeFolder, CWD, 0),
        libc::SYS_mknod => reader.name(FileOp::MakeNode, CWD, 0),
        libc::SYS_chmod => reader.file(FileOp::Mode(reader.args[1] as u32 & 0o7777), CWD, 0),
        libc::SYS_chown => reader.file(FileOp::Owner, CWD, 0),
        libc::SYS_lchown => reader.name(FileOp::Owner, CWD, 0),
        libc::SYS_utime | libc::SYS_utimes => reader.file(FileOp::Times, CWD, 0),
        libc::SYS_futimesat => reader.file(FileOp::Times, reader.args[0], 1),
        _ => return None,
    })
}

/// Calls that only older processors have.
#[cfg(target_arch = "aarch64")]
fn older(_reader: &Reader<'_>, _number: c_long) -> Option<Option<Decoded>> {
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
