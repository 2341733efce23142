//! Files of lines: JSON lines, audit logs, syslog.

use std::collections::BTreeMap;
use std::io::Read;

use super::{BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES, Outlet, READ_BYTES};
use crate::batch::Content;

/// What the lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// JSON objects.
    Json,
    /// Audit records, syslog, or a mixture.
    Text,
}

/// Lines behind the cut that are searched for records which belong to an event
/// before it: the kernel writes the records of an event within a few lines.
const WINDOW: usize = 64;

/// Cuts `head` and what follows in `reader` into batches of whole lines.
pub(crate) fn split(kind: Kind, head: Vec<u8>, reader: &mut dyn Read, out: &mut Outlet<'_>) {
    let mut cutter = Cutter { kind, pending: head, scanned: 0, ends: 0, line: 0, skipping: false };
    loop {
        cutter.scan(out);
        let old = cutter.pending.len();
        cutter.pending.resize(old + READ_BYTES, 0);
        let read = model::reading::fill(reader, &mut cutter.pending[old..]);
        let count = *read.as_ref().unwrap_or(&0);
        cutter.pending.truncate(old + count);
        out.summary.bytes += count as u64;
        if let Err(error) = &read {
            out.broke(error);
        }
        if count == 0 {
            break;
        }
    }
    cutter.finish(out);
}

struct Cutter {
    kind: Kind,
    pending: Vec<u8>,
    /// Bytes of `pending` already searched for line ends.
    scanned: usize,
    /// Line ends among them.
    ends: usize,
    /// Number of the first line in `pending`, from 0.
    line: u64,
    /// Inside a line that is too long.
    skipping: bool,
}

impl Cutter {
    fn scan(&mut self, out: &mut Outlet<'_>) {
        if self.skipping {
            match memchr::memchr(b'\n', &self.pending) {
                Some(end) => {
                    self.pending.drain(..=end);
                    self.skipping = false;
                    self.line += 1;
                }
                None => return self.pending.clear(),
            }
        }
        self.ends += memchr::memchr_iter(b'\n', &self.pending[self.scanned..]).count();
        self.scanned = self.pending.len();
        if self.ends >= BATCH_LINES || (self.ends > 0 && self.scanned >= BATCH_BYTES) {
            self.cut(out);
        }
        if self.ends == 0 && self.pending.len() > MAX_LINE_BYTES {
            out.too_long(self.line);
            self.pending.clear();
            self.scanned = 0;
            self.skipping = true;
        }
    }

    fn cut(&mut self, out: &mut Outlet<'_>) {
        let whole = memchr::memrchr(b'\n', &self.pending).map_or(0, |end| end + 1);
        let end = match self.kind {
            Kind::Json => whole,
            Kind::Text => between_events(&self.pending[..whole]),
        };
        let rest = self.pending[end..].to_vec();
        let mut batch = std::mem::replace(&mut self.pending, rest);
        batch.truncate(end);
        self.emit(batch, out);
        self.scanned = self.pending.len();
        self.ends = memchr::memchr_iter(b'\n', &self.pending).count();
    }

    fn emit(&mut self, bytes: Vec<u8>, out: &mut Outlet<'_>) {
        let ends = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        let lines = ends + u64::from(bytes.last().is_some_and(|b| *b != b'\n'));
        let line = self.line;
        self.line += lines;
        match self.kind {
            Kind::Json => out.emit(Content::Lines { bytes, line }, lines),
            Kind::Text => {
                let starts = memchr::memmem::find_iter(&bytes, b"type=EXECVE ").count() as u64;
                out.emit(Content::Text { bytes, line }, lines + starts);
            }
        }
    }

    fn finish(mut self, out: &mut Outlet<'_>) {
        if !self.skipping && !self.pending.is_empty() {
            let bytes = std::mem::take(&mut self.pending);
            self.emit(bytes, out);
        }
    }
}

/// Returns a place near the end of `bytes`, behind a line end, such that no event has
/// records on both sides of it; the end itself when there is no such place.
///
/// Whether records follow behind `bytes` cannot be seen yet, so the last lines stay
/// with the next batch.
fn between_events(bytes: &[u8]) -> usize {
    let mut starts: Vec<usize> = Vec::with_capacity(2 * WINDOW + 1);
    let mut end = bytes.len();
    while end > 0 && starts.len() < 2 * WINDOW {
        let start = memchr::memrchr(b'\n', &bytes[..end - 1]).map_or(0, |at| at + 1);
        starts.push(start);
        end = start;
    }
    starts.reverse();
    if starts.len() < 2 * WINDOW {
        return bytes.len();
    }
    let ids: Vec<Option<&[u8]>> = starts
        .iter()
        .enumerate()
        .map(|(i, start)| number(&bytes[*start..starts.get(i + 1).copied().unwrap_or(bytes.len())]))
        .collect();
    let mut last: BTreeMap<&[u8], usize> = BTreeMap::new();
    for (i, id) in ids.iter().enumerate() {
        if let Some(id) = id {
            last.insert(id, i);
        }
    }
    // A cut before line `i` is clean when no id of an earlier line comes back.
    let mut reach = 0;
    let mut best = None;
    for (i, id) in ids.iter().enumerate().take(WINDOW) {
        if i > 0 && reach < i {
            best = Some(i);
        }
        reach = reach.max(id.and_then(|id| last.get(id).copied()).unwrap_or(i));
    }
    best.map_or(bytes.len(), |i| starts[i])
}

/// The moment and number of an audit record, as written.
fn number(line: &[u8]) -> Option<&[u8]> {
    let start = memchr::memmem::find(line, b"msg=audit(")? + 10;
    let length = memchr::memchr(b')', &line[start..])?;
    Some(&line[start..start + length])
}
