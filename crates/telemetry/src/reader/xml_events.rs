//! The XML that Windows renders: of `wevtutil`, the event viewer and `Get-WinEvent`.

use model::diagnostic::Diagnostic;

use super::{Head, Reader};
use crate::batch::{Parsed, Piece, place, position};
use crate::cut;
use crate::mapping;

/// `Event` elements, alone or inside `Events`.
pub(super) static READER: Reader = Reader {
    name: "Windows event XML",
    sniff,
    cut: cut::elements::split,
    parse,
    places: None,
    apart: false,
    line: Some(line),
};

fn sniff(head: &Head<'_>) -> bool {
    let text = head.bytes.trim_ascii_start();
    let start = &text[..text.len().min(4096)];
    text.starts_with(b"<")
        && memchr::memmem::find_iter(start, b"<Event")
            .any(|at| matches!(start.get(at + 6), Some(b' ' | b'>' | b's' | b'\r' | b'\n' | b'\t')))
}

/// One event on one line, as shippers write it.
fn line(text: &str) -> Result<Option<mapping::Shaped>, &'static str> {
    if !text.contains("<Event") {
        return Ok(None);
    }
    Ok(mapping::xml(text))
}

fn parse(piece: &Piece, parsed: &mut Parsed) {
    let mut start = 0;
    for (i, (end, line)) in piece.ends.iter().enumerate() {
        let text = String::from_utf8_lossy(piece.bytes.get(start..*end).unwrap_or_default());
        start = *end;
        match element(&text).and_then(mapping::xml) {
            Some(shaped) => parsed.events.push(place(shaped, piece.first + i as u64)),
            None => parsed.fault(|| {
                Diagnostic::warning(
                    &piece.file,
                    "events.not-xml",
                    "not an `Event` element with a `System` part",
                )
                .help("export the log with `wevtutil qe LOG /f:xml`, or as .evtx")
                .at(position(*line), 1)
            }),
        }
    }
}

/// Returns the text from the last start of an `Event` element on: what stands before it
/// is the start of the list, or an event that was cut off.
fn element(text: &str) -> Option<&str> {
    let starts = text
        .match_indices("<Event")
        .filter(|(at, _)| matches!(text.as_bytes().get(at + 6), Some(b' ' | b'>' | b'\r' | b'\n' | b'\t')));
    let (at, _) = starts.last()?;
    text.get(at..)
}
