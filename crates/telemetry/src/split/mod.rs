//! Cuts telemetry files into batches without understanding them.

pub(crate) mod chunks;
pub(crate) mod documents;
pub(crate) mod lines;

use std::sync::Arc;

use model::diagnostic::Diagnostic;

use crate::batch::{Batch, Content};
use crate::read::ReadSummary;

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

/// Where the pieces of one file go.
pub(crate) struct Outlet<'a> {
    pub(crate) file: Arc<str>,
    /// The next free place in reading order.
    pub(crate) next: u64,
    pub(crate) summary: &'a mut ReadSummary,
    pub(crate) sink: &'a mut dyn FnMut(Batch),
}

impl Outlet<'_> {
    /// Hands over a piece that needs `places` places in reading order.
    pub(crate) fn emit(&mut self, content: Content, places: u64) {
        let first = self.next;
        self.next = first.saturating_add(places);
        self.summary.batches += 1;
        (self.sink)(Batch { file: self.file.clone(), first, content });
    }

    /// Counts something that was left out because it is too long.
    pub(crate) fn too_long(&mut self, line: u64) {
        self.summary.unreadable += 1;
        self.next += 1;
        let line = u32::try_from(line.saturating_add(1)).unwrap_or(u32::MAX);
        self.summary.diagnose(
            Diagnostic::warning(
                &self.file,
                "events.too-long",
                format!("one event is longer than {} MiB", MAX_LINE_BYTES >> 20),
            )
            .help("the event was left out; write one JSON object a line")
            .at(line, 1),
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

/// Whether a line holds the arguments of a program start.
pub(crate) fn holds_arguments(line: &[u8]) -> bool {
    memchr::memmem::find(line, b"type=EXECVE ").is_some()
}
