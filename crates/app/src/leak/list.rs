//! Which files belong to a set.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use model::finding::{Place, Trouble};

/// How deep folders are followed: a deeper one is made to exhaust whoever follows it.
const DEPTH: usize = 256;

/// A file of a set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// As the user reaches it; `-` is standard input.
    pub name: String,
    /// Where it lies, `None` for standard input.
    pub path: Option<PathBuf>,
    /// Size and time of change, to tell whether it changed.
    pub state: (u64, Option<std::time::SystemTime>),
}

/// The files of a set, and what could not be listed.
#[derive(Debug, Default)]
pub struct Sources {
    /// Files, sorted by name.
    pub files: Vec<Source>,
    /// What could not be listed.
    pub refused: Vec<(Place, Trouble)>,
    /// Links to places inside the set, which are read under their own names.
    pub links: u64,
}

/// Returns the files of a set, hidden ones too. Links are not followed: one that
/// leads out of the set, or nowhere, is refused.
pub fn collect(paths: &[PathBuf]) -> Sources {
    let mut sources = Sources::default();
    let roots: Vec<PathBuf> = paths.iter().filter_map(|p| p.canonicalize().ok()).collect();
    for path in paths {
        if path.as_os_str() == "-" {
            sources.files.push(Source { name: "-".to_owned(), path: None, state: (0, None) });
            continue;
        }
        // A link that the user names is meant.
        match std::fs::metadata(path) {
            Ok(meta) => visit(path, &meta, &roots, 0, &mut sources),
            Err(e) => refuse(path, Trouble::Unreadable(e.to_string()), &mut sources),
        }
    }
    let mut seen = BTreeSet::new();
    sources.files.retain(|s| seen.insert((s.name.clone(), s.path.clone())));
    sources.files.sort();
    sources.refused.sort();
    sources
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn refuse(path: &Path, trouble: Trouble, sources: &mut Sources) {
    sources.refused.push((Place::file(name(path)), trouble));
}

fn visit(path: &Path, meta: &Metadata, roots: &[PathBuf], depth: usize, sources: &mut Sources) {
    if meta.is_file() {
        let state = (meta.len(), meta.modified().ok());
        sources.files.push(Source { name: name(path), path: Some(path.to_owned()), state });
        return;
    }
    if !meta.is_dir() {
        return refuse(path, Trouble::Path("it is neither a file nor a folder".to_owned()), sources);
    }
    if depth >= DEPTH {
        return refuse(path, Trouble::TooDeep(DEPTH as u32), sources);
    }
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) => return refuse(path, Trouble::Unreadable(e.to_string()), sources),
    };
    for entry in entries {
        let inner = match entry {
            Ok(entry) => entry.path(),
            Err(e) => {
                refuse(path, Trouble::Unreadable(e.to_string()), sources);
                continue;
            }
        };
        match std::fs::symlink_metadata(&inner) {
            Ok(meta) if meta.is_symlink() => link(&inner, roots, sources),
            Ok(meta) => visit(&inner, &meta, roots, depth + 1, sources),
            Err(e) => refuse(&inner, Trouble::Unreadable(e.to_string()), sources),
        }
    }
}

fn link(path: &Path, roots: &[PathBuf], sources: &mut Sources) {
    match path.canonicalize() {
        Ok(target) if roots.iter().any(|root| target.starts_with(root)) => sources.links += 1,
        Ok(_) => refuse(path, Trouble::Path("it is a link that leads out of the set".to_owned()), sources),
        Err(e) => refuse(path, Trouble::Path(format!("it is a link that leads nowhere: {e}")), sources),
    }
}
