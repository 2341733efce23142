//! Streams a recording's telemetry as raw batches.

use model::diagnostic::Diagnostic;
use model::reading::{Input, Open, fill};
use model::recording::Recording;

use crate::batch::Batch;
use crate::cut::{Outlet, READ_BYTES};
use crate::reader::{self, Head, utf16};

/// Diagnostics that reading one recording gives at most.
const MAX_DIAGNOSTICS: usize = 100;

/// What reading a recording came to, apart from what its batches say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ReadSummary {
    /// Files that were opened.
    pub files: u64,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Batches handed over.
    pub batches: u64,
    /// What was left out before it reached a batch: lines that are too long, and files
    /// or rests of files that could not be read. To be added to what the batches count.
    pub unreadable: u64,
    /// What was wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl ReadSummary {
    pub(crate) fn diagnose(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }
}

/// Hands the telemetry of `recording` to `sink`, in reading order: files as listed,
/// each from its start.
///
/// What a file is, is told by its first bytes. Memory stays bounded by a few batches,
/// whatever the size of the file and of its lines.
pub fn read_events(recording: &Recording, open: &Open<'_>, sink: &mut dyn FnMut(Batch)) -> ReadSummary {
    let mut summary = ReadSummary::default();
    let mut next = 0;
    for file in &recording.files {
        let input = match open(file) {
            Ok(input) => input,
            Err(error) => {
                summary.unreadable += 1;
                summary.diagnose(
                    Diagnostic::error(file, "events.open", format!("the file cannot be opened: {error}"))
                        .help("check the path and the permissions"),
                );
                continue;
            }
        };
        summary.files += 1;
        let mut out = Outlet::new(file, next, &mut summary, sink);
        split(input, &mut out);
        next = out.next;
    }
    summary
}

fn split(mut input: Input, out: &mut Outlet<'_>) {
    let mut head = vec![0; READ_BYTES];
    let filled = match fill(&mut input, &mut head) {
        Ok(filled) => filled,
        Err(error) => return out.broke(&error),
    };
    head.truncate(filled);
    if let Some(order) = utf16::order(&head) {
        return split_text(utf16::decoded(order, head, input), out);
    }
    cut(head, input, out);
}

/// Goes on with text that was decoded on the way.
fn split_text(mut input: Input, out: &mut Outlet<'_>) {
    let mut head = vec![0; READ_BYTES];
    match fill(&mut input, &mut head) {
        Ok(filled) => {
            head.truncate(filled);
            cut(head, input, out);
        }
        Err(error) => out.broke(&error),
    }
}

fn cut(mut head: Vec<u8>, input: Input, out: &mut Outlet<'_>) {
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    // What nothing recognises is read as lines of text, so that each that cannot be read
    // is counted.
    let reader = reader::pick(&Head { bytes: &head, name: &out.file }).unwrap_or(&reader::TEXT);
    out.reader = reader;
    (reader.cut)(head, input, out);
}
