//! What differs inside a sandbox before and after.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;

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

/// All files and folders of one file system below a folder, by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Listing {
    entries: BTreeMap<String, Entry>,
    /// Paths at which another file system is mounted.
    foreign: BTreeSet<String>,
}

impl Listing {
    /// Lists what lies below `root`. No process that could change it may be running.
    ///
    /// Links are read and never followed, and only folders that are no links are entered.
    pub(super) fn of(root: &str, skip: Option<&Listing>) -> Self {
        let mut listing = Self::default();
        let Ok(device) = fs::metadata(format!("{root}/.")).map(|m| m.dev()) else { return listing };
        let mut open = vec![String::new()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(format!("{root}{folder}/")).into_iter().flatten().flatten() {
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                let Ok(found) = entry.metadata() else { continue };
                if found.dev() != device {
                    listing.foreign.insert(path);
                    continue;
                }
                if OWN.contains(&path.as_str()) || skip.is_some_and(|s| s.foreign.contains(&path)) {
                    continue;
                }
                let folder = found.is_dir();
                let times = [(found.mtime(), found.mtime_nsec()), (found.ctime(), found.ctime_nsec())];
                let entry = Entry {
                    mode: found.mode(),
                    user: found.uid(),
                    group: found.gid(),
                    size: if folder { 0 } else { found.size() },
                    device: found.rdev(),
                    times: if folder { [(0, 0); 2] } else { times },
                };
                listing.entries.insert(path.clone(), entry);
                if folder {
                    open.push(path);
                }
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
