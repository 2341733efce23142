//! Paths below a content root, as text with `/`.

use crate::id::{InvalidId, MAX_ID_BYTES, RecordingId};

/// Returns the last part of a path.
pub fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Returns the folder a path lies in, empty at the root.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Returns `path` as seen from `folder`, with `.` and `..` resolved; `None` when it
/// leads out of the root or is absolute.
pub fn within(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\\') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Returns the path without the endings that only say how the content is stored.
pub fn stem(path: &str) -> &str {
    let path = [".zst", ".gz"].iter().find_map(|e| path.strip_suffix(e)).unwrap_or(path);
    [".evtx", ".jsonl", ".ndjson", ".json", ".log"].iter().find_map(|e| path.strip_suffix(e)).unwrap_or(path)
}

/// Returns a recording id from text that may hold blanks, which become hyphens, or be
/// too long, of which the end is kept because it tells recordings apart.
///
/// # Errors
/// [`InvalidId`] where nothing is left that an id may hold.
pub fn id(text: &str) -> Result<RecordingId, InvalidId> {
    let clean: String =
        text.chars().map(|c| if c.is_whitespace() || c.is_control() { '-' } else { c }).collect();
    let mut start = clean.len().saturating_sub(MAX_ID_BYTES);
    while !clean.is_char_boundary(start) {
        start += 1;
    }
    RecordingId::new(&clean[start..])
}
