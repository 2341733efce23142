//! JSON objects: one a line, over many lines, in an array, or listed in an object.

use model::diagnostic::Diagnostic;
use model::reading::Input;

use super::{Head, Reader};
use crate::batch::{Parsed, Piece, place, position};
use crate::cut::documents::{self, Layout};
use crate::cut::{self, Outlet};
use crate::fields::Object;
use crate::mapping::{flat, map};
use crate::object;

/// JSON in any layout.
pub(super) static READER: Reader =
    Reader { name: "JSON", sniff, cut, parse, places: None, apart: true, line: None };

fn sniff(head: &Head<'_>) -> bool {
    documents::layout(head.bytes).is_some()
}

fn cut(head: Vec<u8>, input: Input, out: &mut Outlet<'_>) {
    match documents::layout(&head) {
        Some(Layout::Documents) => documents::split(head, input, out),
        _ => cut::lines::split(head, input, out),
    }
}

fn parse(piece: &Piece, parsed: &mut Parsed) {
    let file = &*piece.file;
    if piece.ends.is_empty() {
        for (i, text) in piece.lines().enumerate() {
            let i = i as u64;
            object(file, text, piece.line + i, piece.first + i, parsed);
        }
        return;
    }
    let mut start = 0;
    for (i, (end, line)) in piece.ends.iter().enumerate() {
        object(file, &piece.bytes[start..*end], *line, piece.first + i as u64, parsed);
        start = *end;
    }
}

/// Reads one JSON object. `line` counts from 0.
pub(super) fn object(file: &str, bytes: &[u8], line: u64, index: u64, parsed: &mut Parsed) {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return;
    }
    let read = match object::read(bytes).map(flat) {
        Some(Ok(event)) => return parsed.events.push(place(event, index)),
        Some(Err(object)) => Ok(object),
        None => serde_json::from_slice::<Object>(bytes),
    };
    match read {
        Ok(object) if documents::lists_nothing(&object) => {}
        Ok(object) => parsed.events.push(place(map(object), index)),
        Err(error) => match lossy(bytes) {
            Some(object) => {
                parsed.note(|| {
                    Diagnostic::warning(file, "events.not-utf8", "a text in this event is not UTF-8")
                        .help("unreadable characters were replaced; export the log as UTF-8")
                        .at(position(line), 1)
                });
                parsed.events.push(place(map(object), index));
            }
            None => parsed.fault(|| {
                Diagnostic::warning(file, "events.not-json", format!("not a JSON object: {error}"))
                    .help("write one JSON object a line")
                    .at(
                        position(line + (error.line() as u64).saturating_sub(1)),
                        error.column().max(1) as u32,
                    )
            }),
        },
    }
}

fn lossy(bytes: &[u8]) -> Option<Object> {
    match String::from_utf8_lossy(bytes) {
        std::borrow::Cow::Owned(repaired) => serde_json::from_str(&repaired).ok(),
        std::borrow::Cow::Borrowed(_) => None,
    }
}

/// Returns the object in a text, if it is one.
pub(crate) fn text(text: &str) -> Option<Object> {
    text.starts_with('{').then(|| serde_json::from_str(text).ok())?
}
