//! Windows event logs, and the records of one of their chunks.

use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};
use model::diagnostic::Diagnostic;

use super::{Head, Reader, unnamed};
use crate::batch::{Parsed, Piece, place};
use crate::cut;
use crate::fields::Object;
use crate::mapping;

/// The file as Windows keeps it.
pub(super) static READER: Reader = Reader {
    name: "Windows event log",
    sniff,
    cut: cut::chunks::split,
    parse,
    places: None,
    apart: false,
    line: None,
};

/// The mark at the start of an event log (libevtx, "Windows XML Event Log format", 2.1).
pub(crate) const FILE_MARK: &[u8] = b"ElfFile\0";

/// Bytes of a chunk (Microsoft, MS-EVEN6; libevtx, "Windows XML Event Log format", 3).
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes of a chunk's header, after which the first record stands (libevtx, 3.1).
const HEADER_BYTES: usize = 512;

/// The mark at the start of a chunk (libevtx, 3.1).
const CHUNK_MARK: &[u8] = b"ElfChnk\0";

/// The mark at the start of a record (libevtx, 3.2).
const RECORD_MARK: &[u8] = b"\x2a\x2a\0\0";

/// Where the header holds the offsets of the names its records share (libevtx, 3.1).
const NAME_OFFSETS: std::ops::Range<usize> = 128..384;

/// Returns at least how many places in reading order the records of a chunk need.
pub(crate) fn places(bytes: &[u8]) -> u64 {
    let mut count = 0;
    let mut at = HEADER_BYTES;
    let size_at = |at: usize| {
        let header = bytes.get(at..at + 8)?;
        let size = u32::from_le_bytes([header[4], header[5], header[6], header[7]]) as usize;
        (header[..4] == *RECORD_MARK && size >= 28).then_some(size)
    };
    while let Some(size) = size_at(at) {
        count += 1;
        at = at.saturating_add(size);
    }
    // Where a record cannot be followed, the reader looks for the next mark; every
    // mark may then be a record.
    let beyond = bytes.get(at..).unwrap_or(&[]);
    count + memchr::memmem::find_iter(beyond, RECORD_MARK).count() as u64
}

fn sniff(head: &Head<'_>) -> bool {
    head.bytes.starts_with(FILE_MARK) || head.name.to_ascii_lowercase().ends_with(".evtx")
}

/// Reads the records of a chunk; what cannot be read is counted, and the rest is used.
fn parse(piece: &Piece, parsed: &mut Parsed) {
    let (file, first, number) = (&*piece.file, piece.first, piece.line);
    let Some(mut data) = open(file, piece.bytes.clone(), number, parsed) else { return };
    let settings = Arc::new(ParserSettings::new().validate_checksums(false).indent(false));
    // A chunk whose table of shared names is damaged can still be read: the names
    // stand in the records too.
    if data.parse(settings.clone()).is_err() {
        let mut bytes = std::mem::take(&mut data.data);
        bytes[NAME_OFFSETS].fill(0);
        parsed.note(|| damaged(file, number, "its table of names"));
        match EvtxChunkData::new(bytes, false) {
            Ok(repaired) => data = repaired,
            Err(error) => return parsed.fault(|| unreadable(file, number, &error.to_string())),
        }
    }
    let mut chunk = match data.parse(settings) {
        Ok(chunk) => chunk,
        Err(error) => return parsed.fault(|| unreadable(file, number, &error.to_string())),
    };
    let mut records = Vec::new();
    for record in chunk.iter() {
        let rendered = record.and_then(evtx::EvtxRecord::into_json_bytes);
        records.push(match &rendered {
            Ok(record) => serde_json::from_slice::<Object>(&record.data).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        });
    }
    unnamed::complete(&mut chunk, &mut records);
    for (i, object) in records.into_iter().enumerate() {
        match object {
            Ok(object) => parsed.events.push(place(mapping::map(object), first + i as u64)),
            Err(why) => parsed.fault(|| {
                Diagnostic::warning(
                    file,
                    "events.evtx-record",
                    format!("record {i} of chunk {number} cannot be read: {why}"),
                )
                .help("the record was left out; the others of the chunk are used")
            }),
        }
    }
}

/// Opens a chunk, with its mark repaired when records follow a damaged header.
fn open(file: &str, mut bytes: Vec<u8>, number: u64, parsed: &mut Parsed) -> Option<EvtxChunkData> {
    bytes.resize(CHUNK_BYTES, 0);
    if !bytes.starts_with(CHUNK_MARK) {
        if !bytes[HEADER_BYTES..].starts_with(RECORD_MARK) {
            parsed.fault(|| unreadable(file, number, "it has neither a chunk's mark nor records"));
            return None;
        }
        bytes[..CHUNK_MARK.len()].copy_from_slice(CHUNK_MARK);
        parsed.note(|| damaged(file, number, "its mark"));
    }
    EvtxChunkData::new(bytes, false)
        .map_err(|error| parsed.fault(|| unreadable(file, number, &error.to_string())))
        .ok()
}

fn damaged(file: &str, number: u64, what: &str) -> Diagnostic {
    Diagnostic::warning(
        file,
        "events.evtx-damaged",
        format!("chunk {number} of the event log is damaged: {what}"),
    )
    .help("its records were read as far as possible; export the log again if you can")
}

fn unreadable(file: &str, number: u64, why: &str) -> Diagnostic {
    Diagnostic::warning(file, "events.evtx-chunk", format!("chunk {number} cannot be read: {why}"))
        .help("its records were left out; export the log again if you can")
}
