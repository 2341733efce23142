//! Lines of text, each in a format of its own: audit records, syslog, access logs, JSON.

use model::diagnostic::Diagnostic;

use super::processes::Processes;
use super::{Head, READERS, Reader, audit, json};
use crate::batch::{Parsed, Piece, place, position};
use crate::cut;
use crate::mapping::Shaped;

/// Any lines; what none of the formats takes is counted.
pub(crate) static READER: Reader = Reader {
    name: "text",
    sniff,
    cut: cut::lines::events,
    parse,
    places: Some(places),
    apart: false,
    line: None,
};

fn sniff(_: &Head<'_>) -> bool {
    false
}

/// A line of arguments reserves the place after its own for the process start.
pub(super) fn places(line: &[u8]) -> u64 {
    let has = |mark: &[u8]| memchr::memmem::find(line, mark).is_some();
    1 + u64::from(has(b"type=EXECVE ") || has(b"type=1309 "))
}

/// Returns the event in a line or message of any format whose lines stand for themselves.
///
/// # Errors
/// What is wrong with a line of a known format.
pub(crate) fn message(line: &str) -> Result<Option<Shaped>, &'static str> {
    for read in READERS.iter().filter_map(|reader| reader.line) {
        if let Some(found) = read(line)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// What `ausearch` writes between events.
fn separates(line: &str) -> bool {
    line == "----" || line.starts_with("time->")
}

pub(super) fn parse(piece: &Piece, parsed: &mut Parsed) {
    let file = &*piece.file;
    let mut processes = Processes::default();
    let mut index = piece.first;
    for (i, raw) in piece.lines().enumerate() {
        let number = piece.line + i as u64;
        let own = index;
        let taken = places(raw);
        index += taken;
        let line = String::from_utf8_lossy(raw);
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') || separates(line) {
            continue;
        }
        if line.starts_with('{') {
            json::object(file, line.as_bytes(), number, own, parsed);
            continue;
        }
        let found = match audit::record(line) {
            Ok(Some(mut record)) => {
                processes.note(&mut record, (taken > 1).then_some(own + 1));
                Ok(Some(record.into_shaped()))
            }
            Ok(None) => message(line),
            Err(why) => Err(why),
        };
        match found {
            Ok(Some(shaped)) => parsed.events.push(place(shaped, own)),
            Ok(None) => parsed.fault(|| {
                Diagnostic::warning(file, "events.unknown-line", "a line in no format that is known")
                    .help("`feuerprobe list log-sources` shows what is read")
                    .at(position(number), 1)
            }),
            Err(why) => parsed.fault(|| {
                Diagnostic::warning(file, "events.audit-record", why)
                    .help("expected `type=SYSCALL msg=audit(1604994496.155:92733): …`")
                    .at(position(number), 1)
            }),
        }
    }
    let starts = processes.finish();
    parsed.derived = starts.len() as u64;
    parsed.events.extend(starts);
    parsed.events.sort_by_key(|event| event.index);
}
