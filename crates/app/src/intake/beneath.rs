//! Files of a folder that somebody else may have put together: what is opened lies
//! beneath that folder, whatever links say.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// Opens a file beneath a folder. A link that leads out of the folder is refused, by
/// the system as it follows it.
///
/// # Errors
/// What the system said, or where the link leads.
pub(super) fn open(folder: &Path, path: &str) -> io::Result<File> {
    // Without waiting: a pipe that nobody writes to must not hold anybody up.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let root =
        rustix::fs::openat(CWD, folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let file = match rustix::fs::openat2(&root, path, flags, Mode::empty(), resolve) {
        Ok(file) => File::from(file),
        // The call is younger than some kernels, and a link may be absolute.
        Err(Errno::XDEV | Errno::NOSYS | Errno::PERM | Errno::AGAIN) => by_name(folder, path)?,
        Err(e) => return Err(e.into()),
    };
    let kind = file.metadata()?.file_type();
    if kind.is_file() || kind.is_dir() {
        return Ok(file);
    }
    Err(io::Error::other("it is neither a file nor a folder"))
}

/// Opens what a path means after all links, if that lies in the folder.
fn by_name(folder: &Path, path: &str) -> io::Result<File> {
    let root = folder.canonicalize()?;
    let target = folder.join(path).canonicalize()?;
    if !target.starts_with(&root) {
        return Err(io::Error::other("it is a link that leads out of its folder; copy the file instead"));
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW;
    Ok(File::from(rustix::fs::openat(CWD, &target, flags, Mode::empty())?))
}

/// Returns what is in a file that the user named.
///
/// # Errors
/// What the system said.
pub(crate) fn read_named(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut named(path)?, &mut bytes)?;
    Ok(bytes)
}

/// Opens a file that the user named, wherever it lies. A pipe of the shell is read; a
/// named pipe may never end, and is refused.
///
/// # Errors
/// What the system said.
pub(crate) fn named(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::FileTypeExt as _;
    let target = path.canonicalize();
    let kind = target.and_then(std::fs::symlink_metadata).map(|m| m.file_type());
    if kind.is_ok_and(|kind| kind.is_fifo() || kind.is_socket()) {
        return Err(io::Error::other("it is a named pipe or a socket; name a file"));
    }
    File::open(path)
}
