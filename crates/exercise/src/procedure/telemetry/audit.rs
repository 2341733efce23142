//! Records as the Linux audit log writes them, for a host whose rules watch what the
//! observer watches.
//!
//! Program starts give SYSCALL, EXECVE, CWD, PATH and PROCTITLE; files SYSCALL, CWD
//! and PATH; sockets SYSCALL and SOCKADDR; other watched calls SYSCALL. The key is
//! null: keys belong to the rules of one's own hosts.

use std::fmt::Write as _;
use std::net::IpAddr;

use model::quantity::Timestamp;

use super::processes::Process;
use crate::sandbox::{Action, FileOp, What};
use model::reading::EXERCISE;
use model::syscalls;

/// The number that audit gives the processor (Linux, `include/uapi/linux/audit.h`).
const ARCH: &str = if cfg!(target_arch = "aarch64") { "c00000b7" } else { "c000003e" };

/// Files that the C library reads in the name of every program. No host has its
/// audit rules watch the reading of these, and they would say nothing.
const READ_BY_ALL: [&str; 17] = [
    "/etc/bash.bashrc",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/inputrc",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/openssl.cnf",
    "/proc/filesystems",
];

/// When and under which number the records of one event are written.
pub(super) struct Stamp<'a> {
    pub(super) at: Timestamp,
    pub(super) serial: u64,
    pub(super) host: &'a str,
}

/// Returns the records that one action gives.
pub(super) fn lines(action: &Action, process: &Process, stamp: &Stamp<'_>) -> Vec<String> {
    let record = |kind: &str, body: &str| {
        let (seconds, millis) = (stamp.at.0.div_euclid(1_000), stamp.at.0.rem_euclid(1_000));
        format!("node={} type={kind} msg=audit({seconds}.{millis:03}:{}): {body}", stamp.host, stamp.serial)
    };
    let call = |name: &str, args: [u64; 4], items: usize| {
        record("SYSCALL", &call(name, args, items, action, process))
    };
    let cwd = |path: &str| record("CWD", &format!("cwd={}", quoted(path)));
    let path = |item: usize, name: &str, kind: &str| {
        record("PATH", &format!("item={item} name={} nametype={kind}", quoted(name)))
    };
    match &action.what {
        What::Exec { invoked, args, cwd: folder, .. } => vec![
            call("execve", [0; 4], 1),
            record("EXECVE", &arguments(args)),
            cwd(folder),
            path(0, invoked, "NORMAL"),
            record("PROCTITLE", &format!("proctitle={}", hex(args.join("\0").as_bytes()))),
        ],
        What::File { op: FileOp::Read, path: name, .. } if !is_told(name) => Vec::new(),
        What::File { op, path: name, to } => {
            let (name_of_call, kind) = file_call(*op);
            let mut lines = vec![
                call(name_of_call, mode_argument(*op), 1 + usize::from(to.is_some())),
                cwd(&process.cwd),
                path(0, name, kind),
            ];
            lines.extend(to.iter().map(|to| path(1, to, "CREATE")));
            lines
        }
        What::Connect { address, port, .. } => {
            vec![call("connect", [3, 0, 0, 0], 0), record("SOCKADDR", &socket_address(*address, *port))]
        }
        What::Bind { address, port, .. } => {
            vec![call("bind", [3, 0, 0, 0], 0), record("SOCKADDR", &socket_address(*address, *port))]
        }
        What::Call { name, args, number, .. } => {
            let name = if name.is_empty() { number.to_string() } else { name.clone() };
            vec![call(&name, [args[0], args[1], args[2], args[3]], 0)]
        }
        What::LocalSocket { .. } | What::Resolve { .. } | What::Fork { .. } | What::Exit { .. } => Vec::new(),
    }
}

fn is_told(path: &str) -> bool {
    !READ_BY_ALL.contains(&path) && !path.starts_with("/proc/self/") && !path.starts_with("/dev/")
}

/// The body of a SYSCALL record. `subj` says that an exercise wrote it.
fn call(name: &str, args: [u64; 4], items: usize, action: &Action, process: &Process) -> String {
    let uid = match &action.what {
        What::Exec { uid, .. } => *uid,
        _ => process.uid,
    };
    let number = match &action.what {
        What::Call { number, .. } => Some(*number),
        _ => syscalls::number(name),
    };
    let [a0, a1, a2, a3] = args;
    let mut body = format!("arch={ARCH}");
    if let Some(number) = number {
        let _ = write!(body, " syscall={number}");
    }
    let _ = write!(
        body,
        " success=yes exit=0 a0={a0:x} a1={a1:x} a2={a2:x} a3={a3:x} items={items} ppid={} pid={} \
         auid={uid} uid={uid} gid={uid} euid={uid} suid={uid} fsuid={uid} egid={uid} sgid={uid} \
         fsgid={uid} tty=(none) ses=1 comm={} exe={} subj={EXERCISE} key=(null)",
        action.parent,
        action.pid,
        quoted(&process.comm),
        quoted(&process.image),
    );
    body
}

fn arguments(args: &[String]) -> String {
    let mut body = format!("argc={}", args.len());
    for (i, arg) in args.iter().enumerate() {
        let _ = write!(body, " a{i}={}", quoted(arg));
    }
    body
}

/// The call that a file operation is, and what the log says of the name.
fn file_call(op: FileOp) -> (&'static str, &'static str) {
    match op {
        FileOp::Read | FileOp::Write => ("openat", "NORMAL"),
        FileOp::Create => ("openat", "CREATE"),
        FileOp::Truncate => ("truncate", "NORMAL"),
        FileOp::Remove | FileOp::RemoveFolder => ("unlinkat", "DELETE"),
        FileOp::Rename => ("renameat2", "DELETE"),
        FileOp::Link => ("linkat", "NORMAL"),
        FileOp::Symlink => ("symlinkat", "CREATE"),
        FileOp::MakeFolder => ("mkdirat", "CREATE"),
        FileOp::MakeNode => ("mknodat", "CREATE"),
        FileOp::Mode(_) => ("fchmodat", "NORMAL"),
        FileOp::Owner => ("fchownat", "NORMAL"),
        FileOp::Times => ("utimensat", "NORMAL"),
        FileOp::Attribute => ("setxattr", "NORMAL"),
    }
}

/// The third argument of `fchmodat` is the mode.
fn mode_argument(op: FileOp) -> [u64; 4] {
    match op {
        FileOp::Mode(mode) => [u64::from(u32::MAX), 0, mode.into(), 0],
        _ => [0; 4],
    }
}

/// The bytes of a socket address as the kernel holds them, families as in Linux,
/// `include/linux/socket.h`.
fn socket_address(address: IpAddr, port: u16) -> String {
    let mut bytes = Vec::new();
    match address {
        IpAddr::V4(address) => {
            bytes.extend(2_u16.to_le_bytes());
            bytes.extend(port.to_be_bytes());
            bytes.extend(address.octets());
            bytes.extend([0; 8]);
        }
        IpAddr::V6(address) => {
            bytes.extend(10_u16.to_le_bytes());
            bytes.extend(port.to_be_bytes());
            bytes.extend([0; 4]);
            bytes.extend(address.octets());
            bytes.extend([0; 4]);
        }
    }
    format!("saddr={}", hex(&bytes))
}

/// Text in quotes, or in hexadecimal digits when it holds a quote, a blank or anything
/// that is no printable ASCII (Linux, `kernel/audit.c`, `audit_string_contains_control`).
fn quoted(text: &str) -> String {
    if text.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'"') {
        format!("\"{text}\"")
    } else {
        hex(text.as_bytes())
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02X}");
    }
    text
}
