//! Tables of text, whose cells may hold line ends when they stand in quotes.

use model::reading::Input;

use super::{BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES, Outlet, more};

/// Cuts `head` and what follows in `input` into batches of whole rows; each gets the
/// first row, which names the columns.
pub(crate) fn split(head: Vec<u8>, mut input: Input, out: &mut Outlet<'_>) {
    let mut cutter = Cutter::default();
    let mut buffer = head;
    out.summary.bytes += buffer.len() as u64;
    loop {
        cutter.feed(&buffer, out);
        buffer.clear();
        if !more(&mut buffer, &mut input, out) {
            break;
        }
    }
    cutter.close(out);
    cutter.hand_over(out);
}

#[derive(Default)]
struct Cutter {
    named: bool,
    quoted: bool,
    skipping: bool,
    bytes: Vec<u8>,
    ends: Vec<(usize, u64)>,
    /// Where the current row starts in `bytes`, and on which line.
    start: usize,
    start_line: u64,
    line: u64,
}

impl Cutter {
    fn feed(&mut self, input: &[u8], out: &mut Outlet<'_>) {
        for byte in input {
            self.quoted ^= *byte == b'"';
            if *byte == b'\n' {
                self.line += 1;
            }
            if !self.skipping {
                self.bytes.push(*byte);
            }
            // Behind a row that is too long nothing tells whether a quote is open.
            if *byte == b'\n' && (!self.quoted || self.skipping) {
                self.close(out);
            } else if self.bytes.len() - self.start > MAX_LINE_BYTES {
                self.bytes.truncate(self.start);
                self.skipping = true;
                self.hand_over(out);
                out.too_long(self.start_line);
            }
        }
    }

    fn close(&mut self, out: &mut Outlet<'_>) {
        let row = self.bytes.get(self.start..).unwrap_or_default();
        if std::mem::take(&mut self.skipping) {
            self.quoted = false;
        } else if !self.named {
            out.carry(&String::from_utf8_lossy(row));
            self.named = true;
            self.bytes.clear();
        } else if !row.is_empty() {
            self.ends.push((self.bytes.len(), self.start_line));
        }
        self.start = self.bytes.len();
        self.start_line = self.line;
        if self.ends.len() >= BATCH_LINES || self.bytes.len() >= BATCH_BYTES {
            self.hand_over(out);
        }
    }

    fn hand_over(&mut self, out: &mut Outlet<'_>) {
        self.start = 0;
        if self.ends.is_empty() {
            return self.bytes.clear();
        }
        let (bytes, ends) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.ends));
        let line = ends.first().map_or(0, |(_, line)| *line);
        let places = ends.len() as u64;
        out.emit(bytes, line, ends, places);
    }
}
