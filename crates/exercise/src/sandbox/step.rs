//! The set-up of a sandbox as a list of steps, prepared before the child exists.
//!
//! The child only walks the list: it takes no memory and no lock. Before
//! [`Step::Pivot`] a path without a leading slash lies in the new root and one with a
//! slash on the host; afterwards the host is gone. The child's umask is 0: modes are as stated.

use std::ffi::{CStr, CString};

use super::raw::{self, Errno};

/// One step.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Makes a folder.
    Folder { path: CString, mode: u32 },
    /// Makes a file.
    File { path: CString, bytes: Vec<u8>, mode: u32 },
    /// Overwrites a file that is there.
    Write { path: CString, bytes: Vec<u8> },
    /// Makes a symbolic link.
    Link { text: CString, path: CString },
    /// Gives a path to a user and a group.
    Owner { path: CString, user: u32, group: u32 },
    /// Mounts a file system; its source is only a name.
    Mount { from: CString, kind: CString, path: CString, flags: u64, data: Option<CString> },
    /// Shows a file or folder, with all mounts below it, at a second place.
    Bind { from: CString, to: CString },
    /// Sets and clears `MOUNT_ATTR_*` of a mount.
    Attributes { path: CString, below: bool, set: u64, clear: u64 },
    /// Covers a file or folder by an empty one of mode 0000.
    Cover { path: CString },
    /// Cuts mount events off from the host.
    Private,
    /// Works in this folder from here on.
    Enter { path: CString },
    /// Makes the working directory the root. The host's root lies on top of it, out of the
    /// way of every path, until [`Step::Detach`].
    Pivot,
    /// Lets go of the host's root.
    Detach,
    /// Sets the host name.
    Name(&'static [u8]),
    /// Sends one message to the kernel's network configuration and reads its answer.
    Network(Vec<u8>),
    /// Tries a step; that its path is absent is no failure.
    IfThere(Box<Step>),
}

impl Step {
    /// Carries the step out.
    pub(super) fn perform(&self) -> Result<(), Errno> {
        match self {
            Self::Folder { path, mode } => raw::make_folder(path, *mode),
            Self::File { path, bytes, mode } => put(path, bytes, libc::O_CREAT | libc::O_EXCL, *mode),
            Self::Write { path, bytes } => put(path, bytes, 0, 0),
            Self::Link { text, path } => raw::symlink(text, path),
            Self::Owner { path, user, group } => raw::chown(path, *user, *group),
            Self::Mount { from, kind, path, flags, data } => {
                raw::mount(Some(from), path, Some(kind), *flags, data.as_deref())
            }
            Self::Bind { from, to } => raw::mount(Some(from), to, None, libc::MS_BIND | libc::MS_REC, None),
            Self::Attributes { path, below, set, clear } => raw::mount_attr(path, *below, *set, *clear),
            Self::Cover { path } => cover(path),
            Self::Private => raw::mount(None, c"/", None, libc::MS_REC | libc::MS_PRIVATE, None),
            Self::Enter { path } => raw::chdir(path),
            // Both roots end up at "/", the old one on top: see pivot_root(2), NOTES.
            Self::Pivot => raw::pivot(c".", c"."),
            Self::Detach => {
                raw::unmount(c".", libc::MNT_DETACH)?;
                raw::chdir(c"/")
            }
            Self::Name(name) => raw::set_host_name(name),
            Self::Network(message) => tell_network(message),
            Self::IfThere(step) => match step.perform() {
                Err(libc::ENOENT | libc::ENOTDIR) => Ok(()),
                other => other,
            },
        }
    }

    /// Returns the path below the new root at which the step makes a file, folder or link.
    pub(super) fn made(&self) -> Option<&CStr> {
        match self {
            Self::Folder { path, .. } | Self::File { path, .. } | Self::Link { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Returns what the step does, for the message when it fails.
    pub(super) fn words(&self) -> String {
        let shown = |path: &CString| path.to_string_lossy().into_owned();
        match self {
            Self::Folder { path, .. } => format!("make the folder {}", shown(path)),
            Self::File { path, .. } | Self::Write { path, .. } => format!("write {}", shown(path)),
            Self::Link { path, .. } => format!("make the link {}", shown(path)),
            Self::Owner { path, .. } => format!("give {} away", shown(path)),
            Self::Mount { kind, path, .. } => format!("mount {} on {}", shown(kind), shown(path)),
            Self::Bind { from, to } => format!("show {} at {}", shown(from), shown(to)),
            Self::Attributes { path, .. } => format!("restrict the mount {}", shown(path)),
            Self::Cover { path } => format!("hide {}", shown(path)),
            Self::Private => "cut mount events off".to_owned(),
            Self::Enter { path } => format!("enter {}", shown(path)),
            Self::Pivot => "change the root".to_owned(),
            Self::Detach => "let go of the host's root".to_owned(),
            Self::Name(_) => "set the host name".to_owned(),
            Self::Network(_) => "configure the network".to_owned(),
            Self::IfThere(step) => step.words(),
        }
    }
}

fn put(path: &CStr, bytes: &[u8], flags: i32, mode: u32) -> Result<(), Errno> {
    let fd = raw::open(path, libc::O_WRONLY | libc::O_CLOEXEC | libc::O_NOFOLLOW | flags, mode)?;
    let written = raw::write_all(fd, bytes);
    raw::close(fd);
    written
}

fn tell_network(message: &[u8]) -> Result<(), Errno> {
    let fd = raw::socket(libc::AF_NETLINK, libc::SOCK_RAW | libc::SOCK_CLOEXEC, libc::NETLINK_ROUTE)?;
    let mut answer = [0; 512];
    let told = raw::write(fd, message).and_then(|_| raw::read(fd, &mut answer));
    raw::close(fd);
    told?;
    // An answer is a `nlmsghdr` of 16 bytes and a negative error number, 0 for success.
    match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
        0 => Ok(()),
        error => Err(-error),
    }
}

fn cover(path: &CStr) -> Result<(), Errno> {
    match raw::mount(Some(c"/.hidden"), path, None, libc::MS_BIND, None) {
        // A file can be covered by a file only.
        Err(libc::ENOTDIR) => raw::mount(Some(c"/.hidden-file"), path, None, libc::MS_BIND, None),
        other => other,
    }
}
