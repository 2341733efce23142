//! JSON that is not one object a line: an array of events, or objects over many lines.

use std::io::Read;

use super::{BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES, Outlet, READ_BYTES};
use crate::batch::Content;

/// How the objects of a JSON file are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One object a line.
    Lines,
    /// Objects over several lines, or inside one array.
    Documents,
}

/// Returns the layout of a file that begins with `head`, or `None` when it is no JSON.
pub(crate) fn layout(head: &[u8]) -> Option<Layout> {
    let head = head.trim_ascii_start();
    match head.first()? {
        b'[' => Some(Layout::Documents),
        b'{' => {
            let mut lines = head.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).filter(|l| !l.is_empty());
            let first = lines.next()?;
            let mut rest = lines.peekable();
            // A first line that stands for itself, or that is followed by the start of
            // another object, or a whole object at the margin further on: one object a
            // line, even when the first is damaged.
            let whole = first.ends_with(b"}")
                || rest.peek().is_none_or(|next| next.starts_with(b"{"))
                || rest.any(|line| line.starts_with(b"{") && line.ends_with(b"}"));
            Some(if whole { Layout::Lines } else { Layout::Documents })
        }
        _ => None,
    }
}

/// Cuts `head` and what follows in `reader` into batches of whole objects. The
/// elements of an array at the top are taken one by one.
pub(crate) fn split(head: Vec<u8>, reader: &mut dyn Read, out: &mut Outlet<'_>) {
    let mut cutter = Cutter::default();
    let mut buffer = head;
    loop {
        cutter.feed(&buffer, out);
        buffer.resize(READ_BYTES, 0);
        match model::reading::fill(reader, &mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                buffer.truncate(count);
                out.summary.bytes += count as u64;
            }
            Err(error) => {
                out.broke(&error);
                break;
            }
        }
    }
    cutter.finish(out);
}

#[derive(Default)]
struct Cutter {
    /// Objects and lists open around the current byte, below the array at the top.
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// Inside an object that is too long.
    skipping: bool,
    bytes: Vec<u8>,
    ends: Vec<(usize, u64)>,
    /// Where the current object starts in `bytes`.
    start: usize,
    start_line: u64,
    line: u64,
}

impl Cutter {
    fn feed(&mut self, input: &[u8], out: &mut Outlet<'_>) {
        for byte in input {
            let byte = *byte;
            if byte == b'\n' {
                self.line += 1;
            }
            // The array around the events, and what separates them.
            if self.depth == 0 && byte != b'{' {
                continue;
            }
            if self.depth == 0 {
                self.start_line = self.line;
            }
            if !self.skipping {
                self.bytes.push(byte);
            }
            self.track(byte);
            if self.depth == 0 {
                self.close(out);
            } else if !self.skipping && self.bytes.len() - self.start > MAX_LINE_BYTES {
                self.bytes.truncate(self.start);
                self.skipping = true;
                self.hand_over(out);
                out.too_long(self.start_line);
            }
        }
    }

    fn track(&mut self, byte: u8) {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn close(&mut self, out: &mut Outlet<'_>) {
        if self.skipping {
            self.skipping = false;
            return;
        }
        self.ends.push((self.bytes.len(), self.start_line));
        self.start = self.bytes.len();
        if self.ends.len() >= BATCH_LINES || self.bytes.len() >= BATCH_BYTES {
            self.hand_over(out);
        }
    }

    fn hand_over(&mut self, out: &mut Outlet<'_>) {
        self.start = 0;
        if self.ends.is_empty() {
            return self.bytes.clear();
        }
        let bytes = std::mem::take(&mut self.bytes);
        let ends = std::mem::take(&mut self.ends);
        let places = ends.len() as u64;
        out.emit(Content::Documents { bytes, ends }, places);
    }

    /// An object that the end of the file cuts off is handed over too, to be counted.
    fn finish(mut self, out: &mut Outlet<'_>) {
        if self.depth > 0 && !self.skipping {
            self.ends.push((self.bytes.len(), self.start_line));
        }
        self.hand_over(out);
    }
}
