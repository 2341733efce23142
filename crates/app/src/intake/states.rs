//! The states of watched files: which of them are other ones than at the last look.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rehearsal::Changed;

use super::tree::MAX_DEPTH;

/// What tells whether a file was written: length, times of writing and of the entry, inode.
type State = (u64, i64, i64, i64, i64, u64);

/// Files by their names, with their states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct States(BTreeMap<String, State>);

impl States {
    /// Looks at files and at all files of folders. What is not there has no state.
    pub fn of(places: &[PathBuf]) -> Self {
        let mut states = Self::default();
        places.iter().for_each(|place| states.take(place, 0));
        states
    }

    fn take(&mut self, path: &Path, depth: usize) {
        let Ok(meta) = std::fs::metadata(path) else { return };
        if !meta.is_dir() {
            let (written, entry) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
            let state = (meta.len(), written.0, written.1, entry.0, entry.1, meta.ino());
            self.0.insert(path.display().to_string(), state);
            return;
        }
        // A link to a folder is not followed, nor is it where the folder is read.
        let linked = depth > 0 && std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink());
        if linked || depth > MAX_DEPTH {
            return;
        }
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let shown = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
        shown.for_each(|entry| self.take(&path.join(entry.file_name()), depth + 1));
    }

    /// Returns what is another than at an earlier look.
    pub fn since(&self, earlier: &Self) -> Changed {
        let names: BTreeSet<&String> = self.0.keys().chain(earlier.0.keys()).collect();
        let changed = names.into_iter().filter(|name| self.0.get(*name) != earlier.0.get(*name));
        Changed { files: changed.cloned().collect(), listed: self.0.keys().ne(earlier.0.keys()) }
    }

    /// Returns how many files there are.
    pub fn files(&self) -> usize {
        self.0.len()
    }
}
