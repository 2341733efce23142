//! Telemetry files that nothing describes.

use model::paths;

use super::{Finder, Why, bare};
use crate::reader;

/// Endings of files that are taken for telemetry whatever they begin with, so that a
/// damaged one is told as damaged.
const ENDINGS: [&str; 4] = [".evtx", ".jsonl", ".ndjson", ".json"];

/// Endings that say how a file is stored.
const STORED: [&str; 2] = [".zst", ".gz"];

/// Bytes looked at to tell what a file is.
const PEEK_BYTES: u64 = 16 * 1024;

/// Makes `file` a recording of its own when it is telemetry that is neither named by
/// a description nor lies in a described folder.
pub(super) fn read(finder: &mut Finder<'_>, file: &str) {
    if finder.claimed.contains_key(file) || finder.descriptions.contains(file) {
        return;
    }
    if covered(finder, file) {
        return finder.unread(file, Why::NotNamed);
    }
    match recognised(finder, file) {
        Ok(true) => {}
        Ok(false) => return finder.unread(file, Why::Unrecognised),
        Err(error) => return finder.unread(file, Why::Unreadable(error.to_string())),
    }
    let Ok(id) = paths::id(paths::stem(file)) else { return finder.unread(file, Why::NoId) };
    let title = paths::name(paths::stem(file)).to_owned();
    // Two files of one name and different endings would share an id.
    let id = if finder.recordings.contains_key(&id) { paths::id(file).unwrap_or(id) } else { id };
    if !finder.add(bare(id, &title, vec![file.to_owned()], "file without description"), file) {
        finder.unread(file, Why::NoId);
    }
}

/// Whether the ending is one of telemetry.
pub(super) fn is_telemetry(file: &str) -> bool {
    let lower = paths::name(file).to_ascii_lowercase();
    let stored = STORED.iter().find_map(|ending| lower.strip_suffix(ending)).unwrap_or(&lower);
    let named = ENDINGS.iter().any(|ending| stored.ends_with(ending)) || stored.ends_with(".log");
    named && !super::named(file, &["index.jsonl"])
}

fn covered(finder: &Finder<'_>, file: &str) -> bool {
    let mut folder = paths::folder(file);
    loop {
        if finder.covered.contains(folder) {
            return true;
        }
        if folder.is_empty() {
            return false;
        }
        folder = paths::folder(folder);
    }
}

/// Whether a reader knows the file, by its ending or by what it begins with.
fn recognised(finder: &Finder<'_>, file: &str) -> std::io::Result<bool> {
    use std::io::Read;
    let lower = file.to_ascii_lowercase();
    if is_telemetry(file) && ENDINGS.iter().any(|ending| lower.contains(ending)) {
        return Ok(true);
    }
    let mut head = Vec::new();
    (finder.open)(file)?.take(PEEK_BYTES).read_to_end(&mut head)?;
    Ok(reader::recognises(head, file))
}
