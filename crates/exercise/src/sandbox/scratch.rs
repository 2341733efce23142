//! The folder that a procedure without namespaces may write.

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use super::job::Job;
use super::stub;

/// Number of the next folder of this program.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder of its own for one run.
pub(super) struct Scratch {
    pub(super) path: String,
}

impl Scratch {
    /// Makes the folder and what the job stages in it, for `user` when that is another one.
    pub(super) fn new(job: &Job, user: Option<u32>) -> Result<Self, i32> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let base = std::env::temp_dir();
        sweep(&base);
        let path = base.join(format!("{PREFIX}{}-{number}", std::process::id()));
        let path = path.to_string_lossy().into_owned();
        fs::DirBuilder::new().mode(0o700).create(&path).map_err(|e| errno(&e))?;
        let scratch = Self { path };
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
        own(root)?;
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
        Ok(())
    }

    /// Removes the folder; returns how many are left, 0 or 1.
    ///
    /// No process of the run is alive, and the removal follows no link.
    pub(super) fn remove(self) -> u32 {
        open_folders(Path::new(&self.path));
        let _ = fs::remove_dir_all(&self.path);
        u32::from(fs::symlink_metadata(&self.path).is_ok())
    }
}

/// Beginning of the names of these folders; the number of the program that made it follows.
const PREFIX: &str = "feuerprobe-scratch-";

fn errno(error: &std::io::Error) -> i32 {
    error.raw_os_error().unwrap_or(libc::EIO)
}

/// Lets the owner remove what a procedure has locked itself out of.
fn open_folders(folder: &Path) {
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_folders(&entry.path());
        }
    }
}

/// Removes folders that a program left which was killed.
fn sweep(base: &Path) {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let maker =
            name.strip_prefix(PREFIX).and_then(|n| n.split('-').next()).and_then(|n| n.parse::<i32>().ok());
        let Some(pid) = maker else { continue };
        // SAFETY: signal 0 only asks whether the process is there.
        let gone =
            unsafe { libc::kill(pid, 0) } != 0 && errno(&std::io::Error::last_os_error()) == libc::ESRCH;
        if gone && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            Scratch { path: entry.path().to_string_lossy().into_owned() }.remove();
        }
    }
}
