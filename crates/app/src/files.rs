//! The only writer of files: whole or not at all, and never through somebody's link.
//!
//! A file is written under a name nobody can foresee, in the folder it belongs to,
//! flushed to disk, and only then given its name; the folder is flushed after it. A
//! name that is there keeps its mode and, where the system lets us, its owner.

use std::fs::{File, Metadata, Permissions};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use crate::clock;
use crate::error::Failure;

/// The mode of a new file before the user's mask: as any program makes one.
const OPEN: u32 = 0o666;

/// The mode of what only its owner may read.
const SECRET: u32 = 0o600;

/// Puts `text` in the place of the file at `path`. A link is followed when it is the
/// user's own or the system's; a device or a pipe is written to.
///
/// # Errors
/// [`Failure::Unwritable`]; the old file is then as it was.
pub fn put(path: &Path, text: &str) -> Result<(), Failure> {
    put_with(path, text, None).map_err(|e| unwritable(path, &e))
}

/// Refuses a path that [`put`] could not write to, before anything is computed.
///
/// # Errors
/// [`Failure::Unwritable`] with what the system said.
pub fn writable(path: &Path) -> Result<(), Failure> {
    let tried = || -> io::Result<()> {
        let target = followed(path)?;
        if std::fs::symlink_metadata(&target).is_ok_and(|old| is_stream(&old)) {
            return Ok(());
        }
        if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (folder, _) = parts(&target)?;
        Part::write(&open_folder(folder)?, b"", SECRET).map(drop)
    };
    tried().map_err(|e| unwritable(path, &e))
}

/// Puts `text` in the place of the file at `path`, readable by its owner only.
///
/// # Errors
/// As [`put`].
pub fn put_secret(path: &Path, text: &str) -> Result<(), Failure> {
    put_with(path, text, Some(SECRET)).map_err(|e| unwritable(path, &e))
}

fn put_with(path: &Path, text: &str, mode: Option<u32>) -> io::Result<()> {
    let target = followed(path)?;
    let old = match std::fs::symlink_metadata(&target) {
        Ok(old) => Some(old),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(e),
    };
    if let Some(old) = &old
        && is_stream(old)
    {
        let mut stream = File::options().write(true).open(&target)?;
        return stream.write_all(text.as_bytes());
    }
    let (folder, name) = parts(&target)?;
    replace(&open_folder(folder)?, name, text.as_bytes(), old.as_ref(), mode)
}

/// Makes a file that only its owner may read, unless there is one, and returns
/// whether it did. Of several who try at once one makes it.
///
/// # Errors
/// What the system said; there is then no file.
pub fn make_secret(path: &Path, text: &str) -> io::Result<bool> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let (folder, name) = parts(path)?;
    let folder = open_folder(folder)?;
    let part = Part::write(&folder, text.as_bytes(), SECRET)?;
    match rustix::fs::linkat(&folder, &part.name, &folder, name, AtFlags::empty()) {
        Ok(()) => flush(&folder).map(|()| true),
        Err(rustix::io::Errno::EXIST) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// Makes a file of a new folder; one that is there is refused.
///
/// # Errors
/// What the system said.
pub fn place(path: &Path, bytes: &[u8]) -> io::Result<()> {
    File::options().write(true).create_new(true).open(path)?.write_all(bytes)
}

/// Puts files into the folder `below` of `root`; neither it nor a folder between them
/// may be a link.
///
/// # Errors
/// What the system said, or that a link is in the way.
pub fn put_below<'a>(
    root: &Path,
    below: &str,
    files: impl Iterator<Item = (&'a str, &'a str)>,
) -> io::Result<()> {
    std::fs::create_dir_all(root)?;
    let mut folder = open_folder(root)?;
    for part in below.split('/').filter(|p| !p.is_empty()) {
        if matches!(part, "." | "..") {
            return Err(io::Error::other(format!("{below} leads out of its folder")));
        }
        match rustix::fs::mkdirat(&folder, part, Mode::from_raw_mode(0o777)) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(e) => return Err(e.into()),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        folder = rustix::fs::openat(&folder, part, flags, Mode::empty()).map_err(|e| match e {
            rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR => {
                io::Error::other(format!("{part} is a link or a file; its place must be a folder"))
            }
            e => e.into(),
        })?;
    }
    for (name, text) in files {
        let old = rustix::fs::openat(
            &folder,
            name,
            OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        );
        let old = old.ok().map(|file| File::from(file).metadata()).transpose()?;
        let old = old.filter(Metadata::is_file);
        replace(&folder, Path::new(name), text.as_bytes(), old.as_ref(), None)?;
    }
    Ok(())
}

/// Returns the place a path means: a link's target, if the link can be trusted.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let Ok(link) = std::fs::symlink_metadata(path) else { return Ok(path.to_owned()) };
    if !link.is_symlink() {
        return Ok(path.to_owned());
    }
    let own = rustix::process::geteuid().as_raw();
    if link.uid() != own && link.uid() != 0 {
        return Err(io::Error::other("it is a link that belongs to another user"));
    }
    path.canonicalize()
}

fn is_stream(old: &Metadata) -> bool {
    let kind = old.file_type();
    kind.is_char_device() || kind.is_fifo()
}

fn parts(path: &Path) -> io::Result<(&Path, &Path)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((folder, Path::new(name)))
}

fn open_folder(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    match rustix::fs::openat(CWD, path, OFlags::RDONLY | flags, Mode::empty()) {
        Err(rustix::io::Errno::ACCESS) => {
            Ok(rustix::fs::openat(CWD, path, OFlags::PATH | flags, Mode::empty())?)
        }
        opened => Ok(opened?),
    }
}

fn replace(
    folder: &OwnedFd,
    name: &Path,
    bytes: &[u8],
    old: Option<&Metadata>,
    mode: Option<u32>,
) -> io::Result<()> {
    let mode = mode.or(old.map(|old| old.mode() & 0o7777));
    // Nobody but us may open it before it has the mode of what it replaces.
    let part = Part::write(folder, bytes, if mode.is_some() { SECRET } else { OPEN })?;
    if let Some(old) = old {
        // The owner can be kept by root only; who cannot keeps the rest.
        let _ = std::os::unix::fs::fchown(&part.file, Some(old.uid()), Some(old.gid()));
    }
    if let Some(mode) = mode {
        part.file.set_permissions(Permissions::from_mode(mode))?;
    }
    rustix::fs::renameat(folder, &part.name, folder, name)?;
    flush(folder)
}

/// Brings the names in a folder to disk. One that may be written to but not listed
/// cannot be flushed; the system does it in time.
fn flush(folder: &OwnedFd) -> io::Result<()> {
    match File::from(folder.try_clone()?).sync_all() {
        Err(e) if e.raw_os_error() == Some(rustix::io::Errno::BADF.raw_os_error()) => Ok(()),
        flushed => flushed,
    }
}

/// A written file under a name of its own, which ends with this value.
struct Part<'a> {
    folder: &'a OwnedFd,
    name: String,
    file: File,
}

impl<'a> Part<'a> {
    fn write(folder: &'a OwnedFd, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let name = format!(".feuerprobe-{}.part", clock::id());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(folder, &name, flags, Mode::from_raw_mode(mode))?);
        let mut part = Self { folder, name, file };
        part.file.write_all(bytes)?;
        part.file.sync_all()?;
        Ok(part)
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = rustix::fs::unlinkat(self.folder, &self.name, AtFlags::empty());
    }
}

/// Returns the failure to write a file.
pub fn unwritable(path: &Path, why: &io::Error) -> Failure {
    Failure::Unwritable { path: path.display().to_string(), why: why.to_string() }
}
