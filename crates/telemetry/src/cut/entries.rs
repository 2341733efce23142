//! Entries of systemd's journal in its export format: fields of one line, `NAME=value`, and
//! fields whose value is any bytes: the name on a line, the size as 64 bits, low byte first, the
//! bytes, a line end. A blank line ends an entry (systemd, "Journal Export Formats").

use model::diagnostic::Diagnostic;
use model::reading::Input;

use super::{BATCH_BYTES, BATCH_LINES, MAX_LINE_BYTES, Outlet, more};
use crate::batch::position;

/// The longest value that systemd itself takes from an export (`DATA_SIZE_MAX` of its
/// `journal-importer.h`); a larger size is no size.
const MAX_VALUE: usize = 768 << 20;

/// Bytes of the longest name of a field (`journal_field_valid` of systemd).
const MAX_NAME: usize = 64;

/// Bytes of a size.
const SIZE: usize = 8;

/// What an entry behind a damaged one is found by: a blank line, and a field of the journal's own.
const NEXT: &[u8] = b"\n\n__";

/// A field at the start of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// Its name and value, and the bytes it takes.
    Whole(&'a str, &'a [u8], usize),
    /// A blank line ends the entry.
    End,
    /// More bytes are needed to tell; so many of the value are missing, as far as is known.
    More(usize),
    /// It is none.
    Damaged,
}

/// Returns the field that `bytes` begin with.
pub(crate) fn field(bytes: &[u8]) -> Field<'_> {
    let Some(end) = memchr::memchr(b'\n', bytes) else { return Field::More(0) };
    let line = bytes.get(..end).unwrap_or_default();
    if line.is_empty() {
        return Field::End;
    }
    let equals = memchr::memchr(b'=', line);
    let Some(name) = line.get(..equals.unwrap_or(end)).and_then(name) else { return Field::Damaged };
    if let Some(equals) = equals {
        return Field::Whole(name, line.get(equals + 1..).unwrap_or_default(), end + 1);
    }
    let from = end + 1 + SIZE;
    let Some(size) = bytes.get(end + 1..from).and_then(|b| b.try_into().ok()).map(u64::from_le_bytes) else {
        return Field::More(0);
    };
    let rest = bytes.get(from..).unwrap_or_default();
    match usize::try_from(size).ok().filter(|size| *size <= MAX_VALUE) {
        Some(size) => match rest.get(size) {
            Some(b'\n') => Field::Whole(name, rest.get(..size).unwrap_or_default(), from + size + 1),
            Some(_) => Field::Damaged,
            None => Field::More(size - rest.len() + 1),
        },
        None => Field::Damaged,
    }
}

/// Returns the name of a field, where it is one.
fn name(bytes: &[u8]) -> Option<&str> {
    let known = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
    (!bytes.is_empty() && bytes.len() <= MAX_NAME && bytes.iter().all(known))
        .then(|| std::str::from_utf8(bytes).ok())?
}

/// Whether an export begins so: with a field that the journal gives every entry.
pub(crate) fn begins(head: &[u8]) -> bool {
    let first = ["__CURSOR=", "__REALTIME_TIMESTAMP=", "__MONOTONIC_TIMESTAMP=", "__SEQNUM="];
    let blank = head.iter().take_while(|b| **b == b'\n').count();
    first.iter().any(|name| head.get(blank..).unwrap_or_default().starts_with(name.as_bytes()))
}

/// Cuts `head` and what follows in `input` into batches of whole entries.
pub(crate) fn split(head: Vec<u8>, mut input: Input, out: &mut Outlet<'_>) {
    out.summary.bytes += head.len() as u64;
    let mut cutter = Cutter { bytes: head, ..Cutter::default() };
    loop {
        cutter.run(out);
        if !more(&mut cutter.bytes, &mut input, out) {
            break;
        }
    }
    cutter.finish(out);
}

#[derive(Default)]
struct Cutter {
    /// Entries that are whole, the end of each, and the line it begins on.
    done: Vec<u8>,
    ends: Vec<(usize, u64)>,
    /// What was read behind them.
    bytes: Vec<u8>,
    /// Where the entry at hand begins, and on which line.
    start: usize,
    start_line: u64,
    /// Where the next field begins, and on which line.
    at: usize,
    line: u64,
    /// The entry at hand is left out.
    dropped: bool,
    /// Bytes of a value that is left out, still to come.
    skipped: usize,
    /// Nothing is known until an entry begins.
    lost: bool,
}

impl Cutter {
    /// Takes all fields that are whole.
    fn run(&mut self, out: &mut Outlet<'_>) {
        while self.step(out) {}
        self.bytes.drain(..self.start);
        self.at -= self.start;
        self.start = 0;
    }

    /// Takes the next field, or what is left out of it; false where more bytes are needed.
    fn step(&mut self, out: &mut Outlet<'_>) -> bool {
        if self.skipped > 0 {
            return self.skip();
        }
        if self.lost {
            return self.find();
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let held = rest.len();
        match field(rest) {
            Field::Whole(_, _, length) => {
                self.pass(length);
                if self.at - self.start > MAX_LINE_BYTES {
                    self.leave_out(out);
                }
            }
            Field::End => self.end(out),
            Field::Damaged => self.lose(out),
            // A long value is not held. Its entry is left out, and what follows is read.
            Field::More(missing) if held + missing > MAX_LINE_BYTES => {
                self.leave_out(out);
                self.lost = missing == 0;
                self.pass(if self.lost { 0 } else { held });
                self.skipped = missing;
            }
            Field::More(_) => return false,
        }
        true
    }

    /// Goes on behind so many bytes.
    fn pass(&mut self, length: usize) {
        let passed = self.bytes.get(self.at..self.at + length).unwrap_or_default();
        self.line = memchr::memchr_iter(b'\n', passed).fold(self.line, |line, _| line + 1);
        self.at += length;
        if self.dropped {
            self.start = self.at;
        }
    }

    fn skip(&mut self) -> bool {
        let here = self.skipped.min(self.bytes.len() - self.at);
        self.pass(here);
        self.skipped -= here;
        here > 0
    }

    /// Leaves the entry at hand out because it is too long, and says so.
    fn leave_out(&mut self, out: &mut Outlet<'_>) {
        if !std::mem::replace(&mut self.dropped, true) {
            self.hand_over(out);
            out.too_long(self.start_line);
        }
        self.start = self.at;
    }

    /// Gives the entry at hand up, and looks for the next.
    fn lose(&mut self, out: &mut Outlet<'_>) {
        if !std::mem::replace(&mut self.dropped, true) {
            let why = "an entry of the journal holds what is no field";
            let help = "the entry was left out, and reading goes on at the next; export the journal again";
            self.say("events.journal-entry", why, help, out);
        }
        self.lost = true;
    }

    /// Says why something of the entry at hand was not read.
    fn say(&mut self, code: &'static str, why: &str, help: &str, out: &mut Outlet<'_>) {
        self.hand_over(out);
        out.summary.unreadable += 1;
        out.next += 1;
        let diagnostic = Diagnostic::warning(&out.file, code, why).help(help);
        out.summary.diagnose(diagnostic.at(position(self.line), 1));
    }

    /// Looks for the beginning of an entry.
    fn find(&mut self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = memchr::memmem::find(rest, NEXT);
        self.pass(found.map_or(rest.len().saturating_sub(NEXT.len() - 1), |at| at + 2));
        self.lost = found.is_none();
        if !self.lost {
            self.begin();
        }
        !self.lost
    }

    fn begin(&mut self) {
        self.start = self.at;
        self.start_line = self.line;
        self.dropped = false;
    }

    /// Ends the entry at hand, with the blank line behind it.
    fn end(&mut self, out: &mut Outlet<'_>) {
        let entry = self.bytes.get(self.start..self.at).unwrap_or_default();
        if !entry.is_empty() && !self.dropped {
            self.done.extend_from_slice(entry);
            self.ends.push((self.done.len(), self.start_line));
        }
        self.pass(usize::from(self.at < self.bytes.len()));
        self.begin();
        if self.ends.len() >= BATCH_LINES || self.done.len() >= BATCH_BYTES {
            self.hand_over(out);
        }
    }

    /// Hands over the entries that are whole.
    fn hand_over(&mut self, out: &mut Outlet<'_>) {
        let (bytes, ends) = (std::mem::take(&mut self.done), std::mem::take(&mut self.ends));
        if let Some((_, line)) = ends.first() {
            let (line, places) = (*line, ends.len() as u64);
            out.emit(bytes, line, ends, places);
        }
    }

    /// Ends the file. Behind an entry stands a blank line: without it the last may not be whole.
    fn finish(&mut self, out: &mut Outlet<'_>) {
        // A size that leads behind the end of the file may be a lie.
        while self.skipped == 0
            && !self.lost
            && memchr::memmem::find(self.bytes.get(self.at..).unwrap_or_default(), NEXT).is_some()
        {
            self.lose(out);
            self.run(out);
        }
        if self.skipped > 0 || self.at < self.bytes.len() && !self.lost {
            let (why, help) = (
                "the file ends inside an entry of the journal",
                "the entries before are used; export the journal again",
            );
            self.say("events.cut-off", why, help, out);
        } else if self.at > self.start && !self.lost && !self.dropped {
            let why = "no blank line stands behind the last entry of the journal";
            let diagnostic = Diagnostic::warning(&out.file, "events.cut-off", why);
            let help = "it is used as far as it goes; export the journal again if the file broke off";
            out.summary.diagnose(diagnostic.help(help).at(position(self.line), 1));
            self.end(out);
        }
        self.hand_over(out);
    }
}
