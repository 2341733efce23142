//! Cuts telemetry files into pieces without understanding them.

pub(crate) mod chunks;
pub(crate) mod documents;
pub(crate) mod elements;
pub(crate) mod entries;
pub(crate) mod lines;
pub(crate) mod rows;

use std::sync::Arc;

use model::diagnostic::Diagnostic;
use model::reading::{Input, fill};

use crate::batch::{Batch, Piece, position};
use crate::read::ReadSummary;
use crate::reader::{Reader, TEXT};

/// Lines that a batch holds at least, unless the file ends: enough that handing a
/// batch to another thread costs nothing beside parsing it.
pub(crate) const BATCH_LINES: usize = 2_000;

/// Bytes that a batch holds at most, but for one line that is longer.
pub(crate) const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Bytes read at once.
pub(crate) const READ_BYTES: usize = 256 * 1024;

/// The longest line or JSON document that is read, in bytes. Real events stay below
/// 1 MiB; a longer line is left out without being held in memory.
pub const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// Reads the next bytes of `input` behind those of `pending`, and returns whether there were any.
pub(crate) fn more(pending: &mut Vec<u8>, input: &mut Input, out: &mut Outlet<'_>) -> bool {
    let old = pending.len();
    pending.resize(old + READ_BYTES, 0);
    let read = fill(input, pending.get_mut(old..).unwrap_or_default());
    let count = *read.as_ref().unwrap_or(&0);
    pending.truncate(old + count);
    out.summary.bytes += count as u64;
    if let Err(error) = &read {
        out.broke(error);
    }
    count > 0
}

/// Where the pieces of one file go.
pub(crate) struct Outlet<'a> {
    pub(crate) file: Arc<str>,
    pub(crate) reader: &'static Reader,
    /// The next free place in reading order.
    pub(crate) next: u64,
    pub(crate) summary: &'a mut ReadSummary,
    pub(crate) sink: &'a mut dyn FnMut(Batch),
    header: Arc<str>,
}

impl<'a> Outlet<'a> {
    pub(crate) fn new(
        file: &str,
        next: u64,
        summary: &'a mut ReadSummary,
        sink: &'a mut dyn FnMut(Batch),
    ) -> Self {
        Self { file: file.into(), reader: &TEXT, next, summary, sink, header: "".into() }
    }

    /// Hands over a piece that needs `places` places in reading order. `line` is the
    /// number of its first line.
    pub(crate) fn emit(&mut self, bytes: Vec<u8>, line: u64, ends: Vec<(usize, u64)>, places: u64) {
        let first = self.next;
        self.next = first.saturating_add(places);
        self.summary.batches += 1;
        let piece =
            Piece { file: self.file.clone(), first, bytes, line, ends, header: Arc::clone(&self.header) };
        (self.sink)(Batch { reader: self.reader, piece });
    }

    /// Keeps header lines for the pieces that follow.
    pub(crate) fn carry(&mut self, header: &str) {
        self.header = header.into();
    }

    /// Returns the header lines that the next piece gets.
    pub(crate) fn header(&self) -> &str {
        &self.header
    }

    /// Counts something that was left out because it is too long.
    pub(crate) fn too_long(&mut self, line: u64) {
        self.summary.unreadable += 1;
        self.next += 1;
        self.summary.diagnose(
            Diagnostic::warning(
                &self.file,
                "events.too-long",
                format!("one event is longer than {} MiB", MAX_LINE_BYTES >> 20),
            )
            .help("the event was left out; write one JSON object a line")
            .at(position(line), 1),
        );
    }

    /// Notes that the reader failed; what came before is used.
    pub(crate) fn broke(&mut self, error: &std::io::Error) {
        self.summary.unreadable += 1;
        self.summary.diagnose(
            Diagnostic::error(&self.file, "events.read", format!("reading stopped: {error}"))
                .help("the events before this place are used; check the file"),
        );
    }
}
