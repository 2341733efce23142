//! Procedures and profiles that the user names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::read::Read;
use rehearsal::exercise::{Hardening, Selected};
use rehearsal::{Files, Sources};

use super::tree::{Tree, read_small};
use crate::error::Failure;

/// The largest profile that is read, in bytes; the largest published policy has under 100 KB.
const MAX_PROFILE: u64 = 4 << 20;

/// Returns which procedures these words mean: paths, else ids and techniques of the workspace.
pub fn selected(words: &[String], sources: &Sources) -> Selected {
    let (paths, names): (Vec<&String>, Vec<&String>) = words.iter().partition(|w| is_path(w));
    let names: Vec<String> = names.into_iter().cloned().collect();
    let also_here = names.iter().filter(|name| Path::new(name).exists()).cloned().collect();
    let mut selected = Selected { folders: Vec::new(), names, also_here };
    if paths.is_empty() || sources.procedures.is_some() || !selected.names.is_empty() {
        selected.folders.push((sources.procedure_folder(), None));
    }
    for path in paths {
        let (folder, file) = split(Path::new(path));
        selected.folders.push((Arc::new(Tree::Folder(folder)) as Arc<dyn Files>, file));
    }
    selected
}

/// A name that begins with `.` or `/` or ends like a file, and exists on disk, is a path.
fn is_path(name: &str) -> bool {
    (name.starts_with(['.', '/']) || name.ends_with(".yaml") || name.ends_with(".yml"))
        && Path::new(name).exists()
}

fn split(path: &Path) -> (PathBuf, Option<String>) {
    if path.is_dir() {
        return (path.to_owned(), None);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    (folder.to_owned(), path.file_name().map(|n| n.to_string_lossy().into_owned()))
}

/// Reads the profile in a file; with a systemd unit, the drop-ins of the folder beside it whose
/// name is the unit's with `.d`.
///
/// # Errors
/// [`Failure`] when it cannot be read or is not valid.
pub fn hardening(path: &Path) -> Result<Read<Hardening>, Failure> {
    let bytes = small(path)?;
    let policy = path.extension().is_some_and(|e| e == "json" || e == "yaml" || e == "yml");
    let drop_ins = if policy { Vec::new() } else { beside(path)? };
    Ok(Hardening::read(&path.display().to_string(), bytes, drop_ins)?)
}

fn small(path: &Path) -> Result<Vec<u8>, Failure> {
    read_small(path, MAX_PROFILE)
        .map_err(|e| Failure::Unreadable { path: path.display().to_string(), why: e.to_string() })
}

/// Returns the drop-ins of a unit, by name.
fn beside(unit: &Path) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let mut folder = unit.as_os_str().to_owned();
    folder.push(".d");
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "conf"));
    paths.sort();
    paths.iter().map(|path| Ok((path.display().to_string(), small(path)?))).collect()
}
