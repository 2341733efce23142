//! The lists of the data folder: what has been accepted, what was planted.

use std::path::Path;

use model::outflow::{Acceptance, Baseline, Planting, Plants};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Failure;
use crate::files;

/// Returns what has been accepted; nothing when there is no list.
///
/// # Errors
/// [`Failure`] when the list cannot be read.
pub fn baseline(path: &Path) -> Result<Baseline, Failure> {
    load(path)
}

/// Returns what was planted; nothing when there is no list.
///
/// # Errors
/// [`Failure`] when the list cannot be read.
pub fn plants(path: &Path) -> Result<Plants, Failure> {
    load(path)
}

/// Writes the list of what has been accepted.
///
/// # Errors
/// [`Failure`] when the list cannot be written.
pub fn store_baseline(path: &Path, list: &Baseline) -> Result<(), Failure> {
    files::put(path, &text(path, list)?)
}

/// Adds a planting to the list.
///
/// # Errors
/// [`Failure`] when the list cannot be read or written.
pub fn add_planting(path: &Path, planting: Planting) -> Result<(), Failure> {
    let mut list = plants(path)?;
    list.plantings.push(planting);
    // Its seeds tell planted people from real ones.
    files::put_secret(path, &text(path, &list)?)
}

/// Returns whether an acceptance holds on a day, written as `2026-11-23`.
pub fn holds(acceptance: &Acceptance, today: &str) -> bool {
    acceptance.until.as_str() >= today
}

fn load<T: DeserializeOwned + Default>(path: &Path) -> Result<T, Failure> {
    let shown = path.display().to_string();
    match crate::intake::read_named(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|e| Failure::Usage(format!("{shown} is not a list of this kind: {e}"))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(T::default()),
        Err(e) => Err(Failure::Unreadable { path: shown, why: e.to_string() }),
    }
}

/// Returns a list as it is stored, and makes the folder it lies in.
fn text(path: &Path, list: &impl Serialize) -> Result<String, Failure> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| files::unwritable(path, &e))?;
    }
    let text = serde_json::to_string_pretty(list).map_err(|e| files::unwritable(path, &e.into()))?;
    Ok(format!("{text}\n"))
}
