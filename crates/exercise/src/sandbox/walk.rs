//! What differs inside a sandbox before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, RawDir, Stat};

use super::observed::{Change, ChangeKind};

/// Parts that are the sandbox's own.
const OWN: [&str; 4] = ["/.layer", "/.empty", "/.hidden", "/.hidden-file"];

/// What is known about a file or folder. Any change of a file changes its second time,
/// which no procedure can set; content need not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    mode: u32,
    user: u32,
    group: u32,
    size: u64,
    device: u64,
    times: [(i64, i64); 2],
}

impl Entry {
    fn of(found: &Stat, folder: bool) -> Self {
        let times =
            [(found.st_mtime, found.st_mtime_nsec as i64), (found.st_ctime, found.st_ctime_nsec as i64)];
        Self {
            mode: found.st_mode,
            user: found.st_uid,
            group: found.st_gid,
            size: if folder { 0 } else { found.st_size as u64 },
            device: found.st_rdev,
            times: if folder { [(0, 0); 2] } else { times },
        }
    }
}

/// All files and folders of one file system below a folder, by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Listing {
    entries: BTreeMap<String, Entry>,
    /// Paths at which another file system is mounted.
    foreign: BTreeSet<String>,
}

impl Listing {
    /// Lists what has just been made below `root`, and nothing else is there: it is the
    /// listing that [`Listing::of`] would come to, without opening a folder. `made` has
    /// folders before what lies in them. No other process may be changing it.
    pub(super) fn of_made<'a>(root: BorrowedFd<'_>, made: impl Iterator<Item = &'a CStr>) -> Self {
        let mut listing = Self::default();
        let Ok(device) = fs::fstat(root).map(|found| found.st_dev) else { return listing };
        for name in made {
            let path = format!("/{}", name.to_string_lossy());
            let hidden = |above: &str| path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'));
            if OWN.iter().any(|own| path == *own || hidden(own))
                || listing.foreign.iter().any(|above| hidden(above))
            {
                continue;
            }
            let Ok(found) = fs::statat(root, name, AtFlags::SYMLINK_NOFOLLOW) else { continue };
            if found.st_dev == device {
                let folder = FileType::from_raw_mode(found.st_mode) == FileType::Directory;
                listing.entries.insert(path, Entry::of(&found, folder));
            } else {
                listing.foreign.insert(path);
            }
        }
        listing
    }

    /// Lists what lies below `root`. No process that could change it may be running.
    ///
    /// Links are read and never followed, and only folders that are no links are entered.
    pub(super) fn of(root: BorrowedFd<'_>, skip: Option<&Listing>) -> Self {
        let mut listing = Self::default();
        let Ok(device) = fs::fstat(root).map(|found| found.st_dev) else { return listing };
        let mut names = Vec::with_capacity(8 << 10);
        let mut open = vec![String::new()];
        while let Some(folder) = open.pop() {
            let path = if folder.is_empty() { "." } else { folder.trim_start_matches('/') };
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let Ok(inside) = fs::openat(root, path, flags, Mode::empty()) else { continue };
            let mut entries = RawDir::new(&inside, names.spare_capacity_mut());
            while let Some(Ok(entry)) = entries.next() {
                if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                    continue;
                }
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                let Ok(found) = fs::statat(&inside, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) else {
                    continue;
                };
                if found.st_dev != device {
                    listing.foreign.insert(path);
                    continue;
                }
                if OWN.contains(&path.as_str()) || skip.is_some_and(|s| s.foreign.contains(&path)) {
                    continue;
                }
                let folder = FileType::from_raw_mode(found.st_mode) == FileType::Directory;
                if folder {
                    open.push(path.clone());
                }
                listing.entries.insert(path, Entry::of(&found, folder));
            }
        }
        listing
    }

    /// Returns what differs in `after`, sorted by path.
    pub(super) fn changes(&self, after: &Self) -> Vec<Change> {
        let of = |path: &String, kind| Change { path: path.clone(), kind };
        let mut found = Vec::new();
        for (path, entry) in &self.entries {
            match after.entries.get(path) {
                None => found.push(of(path, ChangeKind::Removed)),
                Some(other) if other != entry => found.push(of(path, ChangeKind::Modified)),
                Some(_) => {}
            }
        }
        let added = after.entries.keys().filter(|path| !self.entries.contains_key(*path));
        found.extend(added.map(|path| of(path, ChangeKind::Added)));
        found.sort();
        found
    }
}
