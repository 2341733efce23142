//! Telemetry files that nothing describes.

use super::{Finder, bare};
use model::paths;

/// Endings of files that hold telemetry.
const ENDINGS: [&str; 5] = [".evtx", ".jsonl", ".ndjson", ".json", ".log"];

/// Bytes looked at to tell an audit log or syslog from any other `.log`.
const PEEK_BYTES: u64 = 8 * 1024;

/// Makes `file` a recording of its own when it is telemetry that is neither named by
/// a description nor lies in a described folder.
pub(super) fn read(finder: &mut Finder<'_>, file: &str) {
    if !is_telemetry(file) || finder.claimed.contains_key(file) || covered(finder, file) {
        return;
    }
    let stored = file.strip_suffix(".zst").unwrap_or(file);
    if stored.ends_with(".log") && !is_log(finder, file) {
        return;
    }
    let Ok(id) = paths::id(paths::stem(file)) else { return };
    let title = paths::name(paths::stem(file)).to_owned();
    // Two files of one name and different endings would share an id.
    let id = if finder.recordings.contains_key(&id) { paths::id(file).unwrap_or(id) } else { id };
    finder.add(bare(id, &title, vec![file.to_owned()], "file without description"), file);
}

/// Whether the ending is one of telemetry.
pub(super) fn is_telemetry(file: &str) -> bool {
    let lower = paths::name(file).to_ascii_lowercase();
    let stored = lower.strip_suffix(".zst").unwrap_or(&lower);
    ENDINGS.iter().any(|ending| stored.ends_with(ending)) && !super::named(file, &["index.jsonl"])
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

/// Whether a `.log` holds audit records, syslog or JSON.
fn is_log(finder: &Finder<'_>, file: &str) -> bool {
    use std::io::Read;
    let Ok(input) = (finder.open)(file) else { return false };
    let mut head = Vec::new();
    if input.take(PEEK_BYTES).read_to_end(&mut head).is_err() {
        return false;
    }
    let text = String::from_utf8_lossy(&head);
    text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')).take(3).any(|line| {
        line.starts_with('{')
            || crate::text::audit::line(line).is_ok_and(|r| r.is_some())
            || crate::text::syslog::line(line).is_some()
    })
}
