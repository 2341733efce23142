//! Which place a name stands for.
//!
//! Names are followed in the procedure's own root, from an open folder and part by part,
//! so that no name a procedure chooses reaches a file of the host. Where links lead is
//! read, and a place that cannot be told is said to be unknown.

use std::ffi::CString;
use std::fs;
use std::os::fd::OwnedFd;

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, Stat};

/// Links on the way to one place (Linux, `include/linux/namei.h`, `MAXSYMLINKS`).
const LINKS: u32 = 40;

/// The root of a procedure, or the only part of the host that it may change.
pub(super) struct Places {
    root: OwnedFd,
    /// Where the root lies for the procedure; empty when it is its whole root.
    prefix: String,
}

impl Places {
    pub(super) fn new(root: OwnedFd, prefix: &str) -> Self {
        Self { root, prefix: prefix.trim_end_matches('/').to_owned() }
    }

    /// Returns the absolute path that `name` stands for to one thread, links resolved;
    /// `None` when it cannot be told. A name without a leading slash lies in `folder`.
    /// Whether the last part may be a link that is followed is the call's affair.
    pub(super) fn find(&self, thread: i32, folder: &str, name: &str, follow: bool) -> Option<String> {
        if !name.starts_with('/') && (!folder.starts_with('/') || folder.ends_with(" (deleted)")) {
            // An open file without a name, such as a pipe, is a place as it is.
            return (name.is_empty() && !folder.is_empty()).then(|| folder.to_owned());
        }
        let whole = if name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") };
        // A slash or a dot at the end makes the last part one that is passed through.
        let passed = follow || whole.ends_with('/') || whole.ends_with("/.");
        let mut done: Vec<String> = Vec::new();
        let mut left: Vec<String> = whole.split('/').rev().map(str::to_owned).collect();
        let mut links = 0;
        while let Some(part) = left.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." => {
                    done.pop();
                    continue;
                }
                _ => done.push(part),
            }
            if !passed && left.is_empty() {
                break;
            }
            // A part that is no UTF-8 is not known by its own bytes here: it may be a link.
            if done.last().is_some_and(|part| part.contains(char::REPLACEMENT_CHARACTER)) {
                return None;
            }
            let Some(text) = self.link(thread, &done)? else { continue };
            links += 1;
            if links > LINKS {
                return None;
            }
            done.pop();
            if text.starts_with('/') {
                done.clear();
            } else if is_nameless(&text) {
                return left.is_empty().then_some(text);
            }
            left.extend(text.split('/').rev().map(str::to_owned));
        }
        Some(format!("/{}", done.join("/")))
    }

    /// Returns whether something has this name, which holds no link.
    pub(super) fn exists(&self, path: &str) -> bool {
        self.found(path).is_some()
    }

    /// Returns what tells the file at a path of the root from every other.
    fn identity(&self, path: &str) -> Option<Identity> {
        let name = CString::new(path.trim_start_matches('/')).ok()?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat2(&self.root, &name, flags, Mode::empty(), ResolveFlags::IN_ROOT).ok()?;
        let found = rustix::fs::fstat(&fd).ok()?;
        let text = text_of(&fd, &found).unwrap_or_default();
        Some(Identity {
            device: found.st_dev,
            number: found.st_ino,
            kind: found.st_mode & libc::S_IFMT,
            text,
        })
    }

    fn found(&self, path: &str) -> Option<(OwnedFd, Stat)> {
        let inner = path.strip_prefix(&self.prefix)?;
        // What lies outside of the part that may be changed is not looked at.
        if !inner.starts_with('/') {
            return None;
        }
        let name = CString::new(inner.trim_start_matches('/')).ok().filter(|name| !name.is_empty())?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let how = ResolveFlags::IN_ROOT | ResolveFlags::NO_SYMLINKS;
        let fd = rustix::fs::openat2(&self.root, &name, flags, Mode::empty(), how).ok()?;
        let found = rustix::fs::fstat(&fd).ok()?;
        Some((fd, found))
    }

    /// Returns the text of a link; the inner value is `None` when it is none, the outer
    /// one when it is a link of the kernel's that leads nobody knows where.
    fn link(&self, thread: i32, parts: &[String]) -> Option<Option<String>> {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["proc", "self"] => Some(Some(inner(thread, "NStgid")?)),
            ["proc", "thread-self"] => {
                Some(Some(format!("{}/task/{}", inner(thread, "NStgid")?, inner(thread, "NSpid")?)))
            }
            ["proc", process, rest @ ..] if process.bytes().all(|b| b.is_ascii_digit()) => {
                let rest = match rest {
                    ["task", number, rest @ ..] if inner(thread, "NSpid").as_deref() == Some(number) => rest,
                    ["task", _, rest @ ..] if !rest.is_empty() => return None,
                    rest => rest,
                };
                if !matches!(rest, ["cwd" | "root" | "exe"] | ["fd" | "map_files", _]) {
                    return Some(None);
                }
                if inner(thread, "NStgid").as_deref() != Some(process) {
                    return None;
                }
                let text = fs::read_link(format!("/proc/{thread}/{}", rest.join("/"))).ok()?;
                Some(Some(text.to_string_lossy().into_owned()))
            }
            parts => {
                let Some((fd, found)) = self.found(&format!("/{}", parts.join("/"))) else {
                    return Some(None);
                };
                Some(text_of(&fd, &found).map(|text| String::from_utf8_lossy(&text).into_owned()))
            }
        }
    }
}

/// Returns whether the text of one of the kernel's links names no path: `pipe:[17]`.
fn is_nameless(text: &str) -> bool {
    let kinds = ["pipe:[", "socket:[", "anon_inode:", "mnt:[", "net:[", "user:[", "pid:[", "ipc:[", "uts:["];
    kinds.iter().any(|kind| text.starts_with(kind))
}

fn text_of(fd: &OwnedFd, found: &Stat) -> Option<Vec<u8>> {
    let is_link = FileType::from_raw_mode(found.st_mode) == FileType::Symlink;
    let text = is_link.then(|| rustix::fs::readlinkat(fd, c"", Vec::new()))?.ok()?;
    Some(text.into_bytes())
}

/// Returns the number of a thread or its process as it sees it itself: the last of the
/// line (proc(5), `NSpid`, `NStgid`).
fn inner(thread: i32, field: &str) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    line.split_ascii_whitespace().next_back().map(str::to_owned)
}

/// What programs rest on: the check is run only when the procedure has left all of it as
/// it was. A library loaded first, a shell put in the place of the host's, or a folder
/// that stands for the file descriptors could have it succeed.
const GROUND: [&str; 15] = [
    "bin",
    "sbin",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "usr",
    "proc",
    "etc/alternatives",
    "etc/ld.so.cache",
    // Where Debian's Perl looks for every module first.
    "etc/perl",
    "dev/fd",
    "dev/null",
    "dev/stdin",
    "dev/stdout",
];

/// Where and what a file is, and the text of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    device: u64,
    number: u64,
    kind: u32,
    text: Vec<u8>,
}

/// The ground of one root at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ground(Vec<Option<Identity>>);

impl Ground {
    pub(super) fn of(places: &Places) -> Self {
        Self(GROUND.iter().map(|path| places.identity(path)).collect())
    }

    /// Returns the first path that has become another.
    pub(super) fn changed(&self, later: &Self) -> Option<String> {
        let differs = self.0.iter().zip(&later.0).position(|(before, after)| before != after)?;
        GROUND.get(differs).map(|path| format!("/{path}"))
    }
}
