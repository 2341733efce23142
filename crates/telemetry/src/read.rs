//! Streams a recording's telemetry as raw batches.

use std::io::Read;

use model::diagnostic::Diagnostic;
use model::recording::Recording;

use crate::batch::Batch;
use crate::split::documents::Layout;
use crate::split::lines::Kind;
use crate::split::{Outlet, READ_BYTES, chunks, documents, lines};
use model::reading::{Input, Open, fill};

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
        let mut out = Outlet { file: file.as_str().into(), next, summary: &mut summary, sink };
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
    if head.starts_with(chunks::FILE_MARK) || out.file.to_ascii_lowercase().ends_with(".evtx") {
        return chunks::split(&head, input, out);
    }
    out.summary.bytes += filled as u64;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        out.summary.unreadable += 1;
        return out.summary.diagnose(
            Diagnostic::error(&out.file, "events.utf16", "the file is UTF-16")
                .help("save it as UTF-8, in PowerShell with `-Encoding utf8`"),
        );
    }
    if head.starts_with(b"\xef\xbb\xbf") {
        head.drain(..3);
    }
    let reader: &mut dyn Read = &mut input;
    match documents::layout(&head) {
        Some(Layout::Documents) => documents::split(head, reader, out),
        Some(Layout::Lines) => lines::split(Kind::Json, head, reader, out),
        None => lines::split(Kind::Text, head, reader, out),
    }
}
