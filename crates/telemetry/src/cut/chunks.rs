//! Windows event logs: a file header and chunks of one size.

use std::io::{self, Read, SeekFrom};

use model::diagnostic::Diagnostic;

use super::Outlet;
use crate::reader::evtx::{CHUNK_BYTES, FILE_MARK, places};
use model::reading::{Input, ReadSeek, fill};

/// Bytes before the first chunk (libevtx, "Windows XML Event Log format", 2).
pub(crate) const HEADER_BYTES: usize = 4096;

/// Cuts an event log into its chunks, oldest first when the reader can be moved.
/// `head` is what was read already.
#[expect(clippy::needless_pass_by_value, reason = "the shape of every cut")]
pub(crate) fn split(head: Vec<u8>, input: Input, out: &mut Outlet<'_>) {
    let marked = head.starts_with(FILE_MARK);
    let before = out.summary.batches;
    if !marked {
        out.summary.diagnose(
            Diagnostic::warning(&out.file, "events.evtx-header", "the mark of an event log is missing")
                .help("its chunks are looked for at their places; export the log again if you can"),
        );
    }
    let done = match input {
        Input::Seek(mut file) => moved(file.as_mut(), out),
        Input::Stream(stream) => streamed(head.chain(stream), out),
    };
    if let Err(error) = done {
        return out.broke(&error);
    }
    // A log that was never written to has its header and no chunk; anything shorter,
    // or without the mark, is a file of which nothing was read.
    if out.summary.batches == before && (!marked || head.len() < HEADER_BYTES) {
        out.summary.unreadable += 1;
        out.summary.diagnose(
            Diagnostic::error(&out.file, "events.evtx-nothing", "no record of this event log can be read")
                .help("export the log again; it is cut off in its header or is some other kind of file"),
        );
    }
}

fn moved(file: &mut dyn ReadSeek, out: &mut Outlet<'_>) -> io::Result<()> {
    let oldest = oldest(file)?;
    seek(file, oldest)?;
    let mut number = oldest;
    while step(file, number, out)? {
        number += 1;
    }
    seek(file, 0)?;
    for number in 0..oldest {
        step(file, number, out)?;
    }
    Ok(())
}

fn seek(file: &mut dyn ReadSeek, chunk: u64) -> io::Result<u64> {
    file.seek(SeekFrom::Start(HEADER_BYTES as u64 + chunk * CHUNK_BYTES as u64))
}

/// The chunk with the lowest record id. A full log goes on at its start, so its oldest
/// records may stand anywhere.
fn oldest(file: &mut dyn ReadSeek) -> io::Result<u64> {
    let mut best = (u64::MAX, 0);
    let mut header = [0; 48];
    for number in 0.. {
        seek(file, number)?;
        if fill(file, &mut header)? < header.len() {
            break;
        }
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| header[at + i]));
        let (first, last) = (word(24), word(32));
        if header.starts_with(b"ElfChnk\0") && first <= last && first < best.0 {
            best = (first, number);
        }
    }
    Ok(best.1)
}

fn streamed(mut stream: impl Read, out: &mut Outlet<'_>) -> io::Result<()> {
    let mut header = [0; HEADER_BYTES];
    fill(&mut stream, &mut header)?;
    let mut number = 0;
    while step(&mut stream, number, out)? {
        number += 1;
    }
    Ok(())
}

/// Hands over the next chunk; `false` at the end of the file. Chunks that were never
/// written are all zero and are passed over; a chunk that is cut off is handed over
/// as far as it goes.
fn step(reader: &mut dyn Read, number: u64, out: &mut Outlet<'_>) -> io::Result<bool> {
    let mut bytes = vec![0; CHUNK_BYTES];
    let filled = fill(reader, &mut bytes)?;
    if filled == 0 {
        return Ok(false);
    }
    out.summary.bytes += filled as u64;
    if bytes.iter().any(|b| *b != 0) {
        let places = places(&bytes).max(1);
        out.emit(bytes, number, Vec::new(), places);
    }
    Ok(true)
}
