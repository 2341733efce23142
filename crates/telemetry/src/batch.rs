//! A piece of a telemetry file, cut but not yet understood.
//!
//! [`crate::read_events`] only cuts; the work of understanding is in
//! [`Batch::parse`], which needs nothing but the batch and may run anywhere.

use std::sync::Arc;

use model::diagnostic::Diagnostic;
use model::event::Event;
use serde_json::Value;

use crate::shape::{Fields, Shaped, shape};
use crate::text::processes::Processes;
use crate::text::{audit, syslog};
use crate::{chunk, split};

/// Diagnostics that one batch gives at most; what is beyond is only counted. A file
/// whose every line is broken should not fill the report.
pub const DIAGNOSTICS_PER_BATCH: usize = 5;

/// A piece of a telemetry file that can be parsed on its own.
pub struct Batch {
    pub(crate) file: Arc<str>,
    /// The place in reading order of its first event.
    pub(crate) first: u64,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    /// JSON objects, one a line; `line` is the number of the first, from 0.
    Lines { bytes: Vec<u8>, line: u64 },
    /// JSON objects that may reach over lines: the end of each and the line it starts on.
    Documents { bytes: Vec<u8>, ends: Vec<(usize, u64)> },
    /// Audit records, syslog lines, or JSON objects between them.
    Text { bytes: Vec<u8>, line: u64 },
    /// A chunk of an event log.
    Chunk { bytes: Vec<u8>, number: u64 },
}

/// What one batch held.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The events in reading order. Their `index` rises strictly over all batches of a
    /// recording; where something could not be read it leaves a gap.
    pub events: Vec<Event>,
    /// How many of `events` stand in no file themselves but were put together from
    /// other records, such as process starts from audit records.
    pub derived: u64,
    /// Lines, documents or records that could not be read.
    pub unreadable: u64,
    /// What was wrong with them, at most [`DIAGNOSTICS_PER_BATCH`].
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    pub(crate) fn fault(&mut self, diagnostic: impl FnOnce() -> Diagnostic) {
        self.unreadable += 1;
        self.note(diagnostic);
    }

    pub(crate) fn note(&mut self, diagnostic: impl FnOnce() -> Diagnostic) {
        if self.diagnostics.len() < DIAGNOSTICS_PER_BATCH {
            self.diagnostics.push(diagnostic());
        }
    }
}

/// Returns the event at this place in reading order.
pub(crate) fn place(shaped: Shaped, index: u64) -> Event {
    Event {
        index,
        time: shaped.time,
        arrived: shaped.arrived,
        host: shaped.host,
        origin: shaped.origin,
        fields: Value::Object(shaped.fields),
    }
}

impl Batch {
    /// Returns the events of the batch. Reads nothing and depends on nothing else, so
    /// batches may be parsed in any order and in parallel.
    pub fn parse(self) -> Parsed {
        let mut parsed = Parsed::default();
        match self.content {
            Content::Lines { bytes, line } => {
                for (i, text) in lines(&bytes).enumerate() {
                    let i = i as u64;
                    json(&self.file, text, line + i, self.first + i, &mut parsed);
                }
            }
            Content::Documents { bytes, ends } => {
                let mut start = 0;
                for (i, (end, line)) in ends.into_iter().enumerate() {
                    json(&self.file, &bytes[start..end], line, self.first + i as u64, &mut parsed);
                    start = end;
                }
            }
            Content::Text { bytes, line } => text(&self.file, &bytes, line, self.first, &mut parsed),
            Content::Chunk { bytes, number } => {
                chunk::parse(&self.file, bytes, number, self.first, &mut parsed);
            }
        }
        parsed
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or(&[]);
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// Reads one JSON object. `line` counts from 0.
fn json(file: &str, bytes: &[u8], line: u64, index: u64, parsed: &mut Parsed) {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return;
    }
    match serde_json::from_slice::<Fields>(bytes) {
        Ok(object) => parsed.events.push(place(shape(object), index)),
        Err(error) => match lossy(bytes) {
            Some(object) => {
                parsed.note(|| {
                    Diagnostic::warning(file, "events.not-utf8", "a text in this event is not UTF-8")
                        .help("unreadable characters were replaced; export the log as UTF-8")
                        .at(position(line), 1)
                });
                parsed.events.push(place(shape(object), index));
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

fn lossy(bytes: &[u8]) -> Option<Fields> {
    match String::from_utf8_lossy(bytes) {
        std::borrow::Cow::Owned(repaired) => serde_json::from_str(&repaired).ok(),
        std::borrow::Cow::Borrowed(_) => None,
    }
}

fn position(line: u64) -> u32 {
    u32::try_from(line.saturating_add(1)).unwrap_or(u32::MAX)
}

fn text(file: &str, bytes: &[u8], first_line: u64, first: u64, parsed: &mut Parsed) {
    let mut processes = Processes::default();
    let mut index = first;
    for (i, raw) in lines(bytes).enumerate() {
        let number = first_line + i as u64;
        let own = index;
        // A line of arguments reserves the place after its own for the process start.
        let starts = split::holds_arguments(raw);
        index += 1 + u64::from(starts);
        let line = String::from_utf8_lossy(raw);
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('{') {
            json(file, line.as_bytes(), number, own, parsed);
            continue;
        }
        match audit::line(line) {
            Ok(Some(record)) => {
                processes.note(&record, starts.then_some(own + 1));
                parsed.events.push(place(record.into_shaped(), own));
            }
            Ok(None) => match syslog::line(line) {
                Some(shaped) => parsed.events.push(place(shaped, own)),
                None => parsed.fault(|| {
                    Diagnostic::warning(
                        file,
                        "events.unknown-line",
                        "neither an audit record nor a syslog line",
                    )
                    .help("expected `type=… msg=audit(…): …`, or a date, a host and a program")
                    .at(position(number), 1)
                }),
            },
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
