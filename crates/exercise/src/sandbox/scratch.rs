//! The folder that a procedure without namespaces may write.
//!
//! It lies in a folder for temporary files, into which every user of the machine may
//! write. So its name cannot be foreseen, everything is opened relative to what is open
//! already, no link is followed, and only what belongs to this program's user is touched.

use std::ffi::{CStr, CString};
use std::fs;
use std::io::Read as _;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};

use super::job::Job;
use super::stub;

/// Beginning of the names of these folders; random digits follow.
const PREFIX: &str = "feuerprobe-scratch-";

/// The folder inside that the procedure may write. The one around it stays this program's
/// own, so that nobody else can put another in its place.
const INSIDE: &str = "run";

/// How deep folders may lie to be removed: deeper than a procedure can make them
/// (`SCRATCH_FILES` in `verdict`) below a staged one.
const DEPTH: u32 = 1_000;

/// A folder of its own for one run.
pub(super) struct Scratch {
    /// What the procedure may write.
    pub(super) path: String,
    base: PathBuf,
    name: CString,
    /// Locked as long as the run goes on: by that a folder that was left is known.
    _lock: OwnedFd,
}

impl Scratch {
    /// Makes the folder and what the job stages in it, for `user` when that is another one.
    pub(super) fn new(job: &Job, user: Option<u32>) -> Result<Self, i32> {
        Self::below(&std::env::temp_dir(), job, user)
    }

    fn below(base: &Path, job: &Job, user: Option<u32>) -> Result<Self, i32> {
        // The observer tells places with links resolved.
        let base = &base.canonicalize().map_err(|e| errno(&e))?;
        sweep(base);
        let (name, lock) = make(base)?;
        let path = base.join(name.to_string_lossy().as_ref()).join(INSIDE);
        let path = path.to_string_lossy().into_owned();
        let scratch = Self { path, base: base.to_owned(), name, _lock: lock };
        let filled = scratch.fill(job, user).map_err(|e| errno(&e));
        if let Err(errno) = filled {
            scratch.remove();
            return Err(errno);
        }
        Ok(scratch)
    }

    fn fill(&self, job: &Job, user: Option<u32>) -> std::io::Result<()> {
        let own = |path: &Path| user.map_or(Ok(()), |id| chown(path, Some(id), Some(id)));
        let root = Path::new(&self.path);
        fs::DirBuilder::new().mode(0o700).create(root)?;
        let mut folders = vec!["tmp".to_owned()];
        let files = job.files.iter().map(|f| (&f.path, f.bytes.as_slice(), f.mode & 0o777));
        let all: Vec<_> = files.chain(job.stubs.iter().map(|path| (path, stub::PROGRAM, 0o755))).collect();
        for (path, ..) in &all {
            let parts: Vec<&str> = path.split('/').filter(|p| !matches!(*p, "" | "." | "..")).collect();
            folders.extend((1..parts.len()).map(|n| parts.get(..n).unwrap_or(&[]).join("/")));
        }
        folders.sort();
        folders.dedup();
        for folder in folders {
            let path = root.join(folder);
            fs::create_dir(&path)?;
            own(&path)?;
        }
        for (path, bytes, mode) in all {
            let parts: Vec<&str> = path.split('/').filter(|p| !matches!(*p, "" | "." | "..")).collect();
            let path = root.join(parts.join("/"));
            fs::write(&path, bytes)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
            own(&path)?;
        }
        if user.is_some() {
            // Only at the end is it handed over: until here nobody else could reach in.
            own(root)?;
            let around = root.parent().unwrap_or(root);
            fs::set_permissions(around, fs::Permissions::from_mode(0o711))?;
        }
        Ok(())
    }

    /// Removes the folder; returns how many are left, 0 or 1.
    ///
    /// No process of the run is alive, and the removal follows no link.
    pub(super) fn remove(self) -> u32 {
        let Ok(base) = folder(&self.base) else { return 1 };
        clear(base.as_fd(), &self.name, DEPTH);
        let _ = rustix::fs::unlinkat(&base, &self.name, AtFlags::REMOVEDIR);
        u32::from(rustix::fs::statat(&base, &self.name, AtFlags::SYMLINK_NOFOLLOW).is_ok())
    }
}

fn errno(error: &std::io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}

fn folder(path: &Path) -> rustix::io::Result<OwnedFd> {
    rustix::fs::open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Makes and locks a folder whose name nobody can foresee.
fn make(base: &Path) -> Result<(CString, OwnedFd), i32> {
    let base = folder(base).map_err(rustix::io::Errno::raw_os_error)?;
    for _ in 0..8 {
        let mut random = [0_u8; 16];
        fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut random)).map_err(|e| errno(&e))?;
        let name = CString::new(format!("{PREFIX}{:032x}", u128::from_ne_bytes(random))).unwrap_or_default();
        match rustix::fs::mkdirat(&base, &name, Mode::RWXU) {
            Err(rustix::io::Errno::EXIST) => continue,
            other => other.map_err(rustix::io::Errno::raw_os_error)?,
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        // Another run may have taken it for one that was left, before it was locked.
        let Ok(lock) = rustix::fs::openat(&base, &name, flags, Mode::empty()) else { continue };
        let locked = rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok();
        if locked && rustix::fs::statat(&base, &name, AtFlags::SYMLINK_NOFOLLOW).is_ok() {
            return Ok((name, lock));
        }
    }
    Err(libc::EBUSY)
}

/// Removes what lies in a folder, without following a link and without leaving its file
/// system.
fn clear(parent: BorrowedFd<'_>, name: &CStr, depth: u32) {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(here) = rustix::fs::openat(parent, name, flags, Mode::empty()) else { return };
    let devices = rustix::fs::fstat(parent).and_then(|p| Ok((p.st_dev, rustix::fs::fstat(&here)?.st_dev)));
    if depth == 0 || !devices.is_ok_and(|(outside, inside)| outside == inside) {
        return;
    }
    // The owner may have been locked out. The link names the folder that is open, not
    // whatever has its name by then.
    let shown = format!("/proc/self/fd/{}", here.as_raw_fd());
    let _ = fs::set_permissions(shown, fs::Permissions::from_mode(0o700));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(inside) = rustix::fs::openat(&here, c".", flags, Mode::empty()) else { return };
    let Ok(entries) = rustix::fs::Dir::read_from(&inside) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = rustix::fs::statat(&inside, name, AtFlags::SYMLINK_NOFOLLOW);
        let is_folder = kind.is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::Directory);
        if is_folder {
            clear(inside.as_fd(), name, depth - 1);
        }
        let how = if is_folder { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        let _ = rustix::fs::unlinkat(&inside, name, how);
    }
}

/// Removes folders that a program of the same user left which was killed.
fn sweep(base: &Path) {
    // SAFETY: the call only returns a number.
    let user = unsafe { libc::geteuid() };
    let Ok(parent) = folder(base) else { return };
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Ok(name) = CString::new(name) else { continue };
        if !name.to_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let Ok(left) = rustix::fs::openat(&parent, &name, flags, Mode::empty()) else { continue };
        let own = rustix::fs::fstat(&left).is_ok_and(|found| found.st_uid == user);
        if own && rustix::fs::flock(&left, FlockOperation::NonBlockingLockExclusive).is_ok() {
            clear(parent.as_fd(), &name, DEPTH);
            let _ = rustix::fs::unlinkat(&parent, &name, AtFlags::REMOVEDIR);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::sandbox::User;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("a file").permissions().mode() & 0o7777
    }

    #[test]
    fn what_was_left_is_removed_and_no_link_is_followed() {
        let base = tempfile::tempdir().expect("a folder");
        let victim = tempfile::tempdir().expect("a folder");
        let kept = victim.path().join("kept");
        fs::create_dir(&kept).expect("a folder");
        fs::set_permissions(&kept, fs::Permissions::from_mode(0o755)).expect("a mode");
        let left = base.path().join(format!("{PREFIX}0123"));
        fs::create_dir_all(left.join("run/locked/in")).expect("a folder");
        symlink(victim.path(), left.join("run/link")).expect("a link");
        symlink(victim.path(), left.join("run/locked/link")).expect("a link");
        fs::set_permissions(left.join("run/locked"), fs::Permissions::from_mode(0o000)).expect("a mode");
        let link = base.path().join(format!("{PREFIX}link"));
        symlink(victim.path(), &link).expect("a link");
        sweep(base.path());
        assert!(!left.exists(), "a folder that was left stays");
        assert!(fs::symlink_metadata(&link).is_ok(), "a link of that name was touched");
        assert!(kept.is_dir(), "a link was followed");
        assert_eq!(mode(&kept), 0o755, "a mode was changed through a link");
    }

    #[test]
    fn a_folder_swapped_for_a_link_while_it_is_removed_leads_nowhere() {
        let base = tempfile::tempdir().expect("a folder");
        let victim = tempfile::tempdir().expect("a folder");
        let kept = victim.path().join("kept");
        fs::create_dir(&kept).expect("a folder");
        fs::set_permissions(&kept, fs::Permissions::from_mode(0o755)).expect("a mode");
        for _ in 0..20 {
            let left = base.path().join(format!("{PREFIX}race"));
            for n in 0..40 {
                fs::create_dir_all(left.join(format!("{n:02}"))).expect("a folder");
            }
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    for n in (0..40).rev() {
                        let path = left.join(format!("{n:02}"));
                        if fs::remove_dir(&path).is_ok() {
                            let _ = symlink(victim.path(), &path);
                        }
                    }
                });
                sweep(base.path());
            });
            assert_eq!(mode(&kept), 0o755, "a mode was changed through a link");
            assert!(kept.is_dir());
            sweep(base.path());
        }
    }

    #[test]
    fn folders_in_use_and_folders_of_others_stay() {
        let base = tempfile::tempdir().expect("a folder");
        let job = Job::new("/bin/sh", "true", User::Ordinary);
        let one = Scratch::below(base.path(), &job, None).expect("a folder");
        let two = Scratch::below(base.path(), &job, None).expect("a folder");
        assert!(Path::new(&one.path).is_dir(), "a folder in use was removed");
        assert_ne!(one.path, two.path);
        if super::super::identity::is_root() {
            let other = base.path().join(format!("{PREFIX}of-another"));
            fs::create_dir(&other).expect("a folder");
            fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).expect("a mode");
            chown(&other, Some(65_533), Some(65_533)).expect("an owner");
            sweep(base.path());
            assert_eq!(mode(&other), 0o755, "a folder of another user was touched");
            fs::remove_dir(&other).expect("it is there");
        }
        assert_eq!((one.remove(), two.remove()), (0, 0));
        assert_eq!(fs::read_dir(base.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn names_taken_beforehand_refuse_nothing() {
        let base = tempfile::tempdir().expect("a folder");
        for number in 0..50 {
            let taken = format!("{PREFIX}{}-{number}", std::process::id());
            symlink("/", base.path().join(taken)).expect("a link");
        }
        let job = Job::new("/bin/sh", "true", User::Ordinary);
        let scratch = Scratch::below(base.path(), &job, None).expect("a folder");
        assert_eq!(scratch.remove(), 0);
    }
}
