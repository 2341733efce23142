//! XML whose events are `Event` elements, alone, side by side or inside `Events`.

use model::diagnostic::Diagnostic;
use model::reading::Input;

use super::{BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES, Outlet, READ_BYTES, more};
use crate::batch::position;

/// Where an event ends.
const END: &[u8] = b"</Event>";

/// Cuts `head` and what follows in `input` into batches of whole events.
pub(crate) fn split(head: Vec<u8>, mut input: Input, out: &mut Outlet<'_>) {
    let mut cutter = Cutter { pending: head, scanned: 0, line: 0 };
    out.summary.bytes += cutter.pending.len() as u64;
    loop {
        cutter.scan(out, false);
        if !more(&mut cutter.pending, &mut input, out) {
            break;
        }
    }
    cutter.finish(out);
}

struct Cutter {
    pending: Vec<u8>,
    /// Bytes of `pending` that hold no further end.
    scanned: usize,
    line: u64,
}

impl Cutter {
    fn scan(&mut self, out: &mut Outlet<'_>, last: bool) {
        if !last && self.pending.len() < BATCH_BYTES && self.pending.len() - self.scanned < READ_BYTES {
            return;
        }
        let mut ends = Vec::new();
        let mut line = self.line;
        let mut start = 0;
        for at in memchr::memmem::find_iter(&self.pending, END) {
            let end = at + END.len();
            ends.push((end, line));
            line += newlines(&self.pending[start..end]);
            start = end;
            if ends.len() == BATCH_LINES {
                self.emit(std::mem::take(&mut ends), start, out);
                self.line = line;
                return self.scan(out, last);
            }
        }
        self.scanned = self.pending.len();
        if !ends.is_empty() {
            self.emit(ends, start, out);
            self.line = line;
        } else if self.pending.len() > MAX_LINE_BYTES {
            out.too_long(self.line);
            self.line += newlines(&self.pending);
            self.pending.clear();
            self.scanned = 0;
        }
    }

    fn emit(&mut self, ends: Vec<(usize, u64)>, end: usize, out: &mut Outlet<'_>) {
        let rest = self.pending[end..].to_vec();
        let mut bytes = std::mem::replace(&mut self.pending, rest);
        bytes.truncate(end);
        self.scanned = 0;
        let places = ends.len() as u64;
        out.emit(bytes, self.line, ends, places);
    }

    /// An event that the end of the file cuts off is counted.
    fn finish(mut self, out: &mut Outlet<'_>) {
        self.scan(out, true);
        let begun = memchr::memmem::find_iter(&self.pending, b"<Event")
            .any(|at| self.pending.get(at + 6).is_none_or(|next| !next.is_ascii_alphanumeric()));
        if begun {
            out.summary.unreadable += 1;
            out.summary.diagnose(
                Diagnostic::warning(&out.file, "events.cut-off", "the file ends inside an event")
                    .help("the events before are used; export the log again")
                    .at(position(self.line), 1),
            );
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}
