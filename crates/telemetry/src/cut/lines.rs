//! Files of lines: JSON lines, audit logs, syslog, tables.

use std::collections::BTreeMap;

use model::reading::Input;

use super::{BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES, Outlet, more};
use crate::batch::lines;

/// Where a file may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    /// Behind any line.
    Lines,
    /// Behind a line whose audit event has no further records.
    Events,
    /// Behind any line; lines that begin with `#` hold for what follows.
    HeadedLines,
}

/// Lines behind the cut that are searched for records which belong to an event
/// before it: the kernel writes the records of an event within a few lines.
const WINDOW: usize = 64;

/// Bytes of header lines that are carried from piece to piece; a header of 1,000
/// columns has 20 KB.
const MAX_HEADER: usize = 256 * 1024;

/// Cuts `head` and what follows in `input` into batches of whole lines.
pub(crate) fn split(head: Vec<u8>, input: Input, out: &mut Outlet<'_>) {
    run(Between::Lines, head, input, out);
}

/// Cuts like [`split`], and keeps the records of one audit event together.
pub(crate) fn events(head: Vec<u8>, input: Input, out: &mut Outlet<'_>) {
    run(Between::Events, head, input, out);
}

/// Cuts like [`split`], and gives each piece the `#` lines that stand before it.
pub(crate) fn headed(head: Vec<u8>, input: Input, out: &mut Outlet<'_>) {
    run(Between::HeadedLines, head, input, out);
}

fn run(between: Between, head: Vec<u8>, mut input: Input, out: &mut Outlet<'_>) {
    let mut cutter = Cutter { between, pending: head, scanned: 0, ends: 0, line: 0, skipping: false };
    out.summary.bytes += cutter.pending.len() as u64;
    loop {
        cutter.scan(out);
        if !more(&mut cutter.pending, &mut input, out) {
            break;
        }
    }
    cutter.finish(out);
}

struct Cutter {
    between: Between,
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
        let end = match self.between {
            Between::Lines | Between::HeadedLines => whole,
            Between::Events => between_events(&self.pending[..whole]),
        };
        let rest = self.pending[end..].to_vec();
        let mut batch = std::mem::replace(&mut self.pending, rest);
        batch.truncate(end);
        self.emit(batch, out);
        self.scanned = self.pending.len();
        self.ends = memchr::memchr_iter(b'\n', &self.pending).count();
    }

    fn emit(&mut self, bytes: Vec<u8>, out: &mut Outlet<'_>) {
        let places = match out.reader.places {
            Some(of) => lines(&bytes).map(of).sum(),
            None => 0,
        };
        let ends = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        let count = ends + u64::from(bytes.last().is_some_and(|b| *b != b'\n'));
        let line = self.line;
        self.line += count;
        let header = (self.between == Between::HeadedLines).then(|| header_after(out.header(), &bytes));
        out.emit(bytes, line, Vec::new(), if out.reader.places.is_some() { places } else { count });
        if let Some(header) = header {
            out.carry(&header);
        }
    }

    fn finish(mut self, out: &mut Outlet<'_>) {
        if !self.skipping && !self.pending.is_empty() {
            let bytes = std::mem::take(&mut self.pending);
            self.emit(bytes, out);
        }
    }
}

/// Returns the header lines that hold after `bytes`: those that held before, each
/// replaced by a later one that begins with the same word.
fn header_after(before: &str, bytes: &[u8]) -> String {
    let word = |line: &str| line.split([' ', '\t', ':']).next().unwrap_or_default().to_owned();
    let mut kept: Vec<String> = before.lines().map(str::to_owned).collect();
    for line in lines(bytes).filter(|line| line.starts_with(b"#")) {
        let line = String::from_utf8_lossy(line);
        kept.retain(|old| word(old) != word(&line));
        if kept.iter().map(String::len).sum::<usize>() + line.len() <= MAX_HEADER {
            kept.push(line.into_owned());
        }
    }
    kept.join("\n")
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
