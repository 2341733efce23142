//! What stands between two texts: blanks and tags that join.

use crate::find::{JOIN, JOIN_LINE};

/// Bytes of a gap that are held; what goes on behind them joins nothing.
const HELD: usize = 4096;

/// The gap behind the last text. It is held until it is known what follows: where programs lay
/// out a document, line breaks and indentation stand around the tags within a number.
#[derive(Debug, Default)]
pub(super) struct Gap {
    /// What it is where nothing is joined over it.
    held: Vec<u8>,
    /// Line breaks in it.
    lines: usize,
    /// A blank is in it.
    blank: bool,
    /// A tag is in it.
    tag: bool,
    /// Line breaks of gaps before it that are not handed on.
    late: usize,
}

impl Gap {
    /// Takes blanks.
    pub(super) fn blanks(&mut self, mut blanks: &[u8], out: &mut Vec<u8>) {
        while !blanks.is_empty() {
            let (now, rest) = blanks.split_at(blanks.len().min(HELD.saturating_sub(self.held.len()).max(1)));
            self.held.extend_from_slice(now);
            self.lines += memchr::memchr_iter(b'\n', now).count();
            self.blank = true;
            blanks = rest;
            if self.held.len() >= HELD {
                self.end(out);
            }
        }
    }

    /// Takes a tag that joins what stands on both sides of it, and holds so many line breaks.
    /// Several tags in a row are one gap, as is a tag behind a blank or hyphen: between the
    /// digits of a number stand few bytes.
    pub(super) fn tag(&mut self, lines: usize, out: &[u8]) {
        let last = self.held.last().or(out.last());
        if lines == 0 && !last.is_some_and(|b| matches!(b, b' ' | b'-' | b'.' | b'/' | 0x80..)) {
            self.held.push(JOIN);
        }
        self.held.extend(std::iter::repeat_n(JOIN_LINE, lines.min(HELD)));
        self.lines += lines;
        self.tag = true;
    }

    /// Returns whether a text before the gap may go on behind it in the same word.
    pub(super) fn is_within_word(&self, out: &[u8]) -> bool {
        (self.held.iter().all(|b| matches!(*b, JOIN | JOIN_LINE)) || self.is_laid_out())
            && out
                .iter()
                .rev()
                .find(|b| !matches!(**b, JOIN | JOIN_LINE))
                .is_some_and(u8::is_ascii_alphanumeric)
    }

    fn is_laid_out(&self) -> bool {
        self.tag && self.lines > 0
    }

    /// Ends the gap before a text that begins with `first`. With `folds` a line break in it is
    /// shown as a blank.
    pub(super) fn before(&mut self, first: u8, folds: bool, out: &mut Vec<u8>) {
        if self.held.is_empty() {
            return;
        }
        let last = out.last().copied().unwrap_or_default();
        let parted = matches!(last, b'-' | b'.' | b'/');
        let number = first.is_ascii_digit() && (last.is_ascii_alphanumeric() || parted)
            || first.is_ascii_uppercase() && last.is_ascii_digit();
        if !(folds && number && self.is_laid_out()) {
            return self.end(out);
        }
        out.push(if self.blank && !parted { b' ' } else { JOIN });
        self.late += self.lines;
        self.held.clear();
        (self.lines, self.blank, self.tag) = (0, false, false);
    }

    /// Hands the gap on where nothing is joined over it.
    fn end(&mut self, out: &mut Vec<u8>) {
        let parts = self.tag && self.blank;
        out.append(&mut self.held);
        if parts {
            out.extend(std::iter::repeat_n(JOIN_LINE, std::mem::take(&mut self.late)));
        }
        (self.lines, self.blank, self.tag) = (0, false, false);
    }

    /// Ends the gap, and all that is joined, at the end of a block.
    pub(super) fn close(&mut self, out: &mut Vec<u8>) {
        self.end(out);
        out.extend(std::iter::repeat_n(JOIN_LINE, std::mem::take(&mut self.late)));
    }
}
