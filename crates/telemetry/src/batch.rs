//! A piece of a telemetry file, cut but not yet understood.
//!
//! [`crate::read_events`] only cuts; the work of understanding is in
//! [`Batch::parse`], which needs nothing but the batch and may run anywhere.

use std::sync::Arc;

use model::diagnostic::Diagnostic;
use model::event::Event;

use crate::mapping::Shaped;
use crate::reader::Reader;

/// Diagnostics that one batch gives at most; what is beyond is only counted. A file
/// whose every line is broken should not fill the report.
pub const DIAGNOSTICS_PER_BATCH: usize = 5;

/// Lines of a part of a batch: with 2,600 bytes a line, as in Security-Datasets, its events take
/// about 1 MB.
const SLICE_LINES: u64 = 256;

/// A piece of a telemetry file that can be parsed on its own.
pub struct Batch {
    pub(crate) reader: &'static Reader,
    pub(crate) piece: Piece,
}

/// What a reader is given to parse.
pub(crate) struct Piece {
    pub(crate) file: Arc<str>,
    /// The place in reading order of its first event.
    pub(crate) first: u64,
    pub(crate) bytes: Vec<u8>,
    /// The number of its first line, from 0; of a chunk, the chunk's own.
    pub(crate) line: u64,
    /// Of documents that may reach over lines: the end of each and the line it starts on.
    pub(crate) ends: Vec<(usize, u64)>,
    /// The header lines before it that still hold, such as `#Fields: …`.
    pub(crate) header: Arc<str>,
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
        fields: shaped.fields,
    }
}

impl Batch {
    /// Returns the events of the batch. Reads nothing and depends on nothing else, so
    /// batches may be parsed in any order and in parallel.
    pub fn parse(self) -> Parsed {
        let mut parsed = Parsed::default();
        (self.reader.parse)(&self.piece, &mut parsed);
        parsed
    }

    /// Returns its parts of at most `SLICE_LINES` lines, where a line stands for itself, else the
    /// batch. What is parsed of one part can be looked at and dropped before the next is: a few
    /// hundred events stay in the processor's cache, and memory with them.
    pub fn slices(self) -> impl Iterator<Item = Self> {
        let Self { reader, piece } = self;
        let apart = reader.apart && piece.ends.is_empty();
        let (mut at, mut before) = (0, 0);
        let mut whole = Some(piece);
        std::iter::from_fn(move || {
            if !apart {
                return whole.take().map(|piece| Self { reader, piece });
            }
            let piece = whole.as_ref()?;
            let rest = piece.bytes.get(at..).filter(|rest| !rest.is_empty())?;
            let end = memchr::memchr_iter(b'\n', rest).zip(1..=SLICE_LINES).last();
            let end = end.filter(|(_, count)| *count == SLICE_LINES).map_or(rest.len(), |(end, _)| end + 1);
            let slice = Piece {
                file: Arc::clone(&piece.file),
                first: piece.first + before,
                bytes: rest.get(..end)?.to_vec(),
                line: piece.line + before,
                ends: Vec::new(),
                header: Arc::clone(&piece.header),
            };
            at += end;
            before += SLICE_LINES;
            Some(Self { reader, piece: slice })
        })
    }

    /// Returns the name of the reader that understands it.
    pub fn reader(&self) -> &'static str {
        self.reader.name
    }

    /// Returns the file it was cut from, as the recording names it.
    pub fn file(&self) -> Arc<str> {
        Arc::clone(&self.piece.file)
    }
}

impl Piece {
    /// Returns its lines, without their ends.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        lines(&self.bytes)
    }
}

/// Returns the lines of `bytes`, without their ends.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
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

/// Returns how a diagnostic counts the line that counts from 0 here.
pub(crate) fn position(line: u64) -> u32 {
    u32::try_from(line.saturating_add(1)).unwrap_or(u32::MAX)
}
