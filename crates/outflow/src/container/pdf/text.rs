//! The text a page shows, from the operators of its content.

use super::filter::hex;
use super::font::Font;
use super::syntax::{blank, ends, string_end, word};

/// Thousandths of the letter height by which a gap counts as a space.
const SPACE: f64 = 180.0;

/// Numbers before an operator that are held.
const OPERANDS: usize = 8;

/// Width of a letter in letter heights: digits have 0.5 to 0.6 in most fonts.
const LETTER: f64 = 0.55;

/// Space after a single letter, in letter heights, from which on a word ends.
const APART: f64 = 0.35;

/// Where text is shown, in the units of the page.
#[derive(Default)]
struct Pen {
    /// Scale and direction of the letters.
    along: (f64, f64),
    size: f64,
    line: (f64, f64),
    /// Where the last string began, how many letters it had, and whether the pen moved since.
    last: (f64, f64),
    letters: usize,
    moved: bool,
    /// Something else than a move lies between: another drawing, another line.
    broken: bool,
    /// The next line was begun, and no place was given since.
    ended: bool,
}

impl Pen {
    fn new() -> Self {
        Self { along: (1.0, 0.0), size: 1.0, ..Self::default() }
    }

    fn shift(&mut self, x: f64, y: f64) {
        let (a, b) = self.along;
        self.line = (self.line.0 + x * a - y * b, self.line.1 + x * b + y * a);
        self.moved = true;
    }

    fn place(&mut self, matrix: &[f64]) {
        if let [a, b, _, _, e, f] = matrix {
            self.along = (*a, *b);
            self.line = (*e, *f);
            self.moved = true;
            self.ended = false;
        }
    }

    /// Returns what stands between the last string and the next one, if anything.
    fn gap(&mut self) -> Option<u8> {
        let (moved, broken) = (std::mem::take(&mut self.moved), std::mem::take(&mut self.broken));
        let broken = std::mem::take(&mut self.ended) || broken;
        if !moved && !broken {
            return None;
        }
        let last = std::mem::replace(&mut self.last, self.line);
        let letters = std::mem::take(&mut self.letters);
        let (a, b) = self.along;
        let scale = (a * a + b * b).sqrt();
        let height = scale * self.size.abs();
        if broken || !height.is_normal() {
            return Some(b'\n');
        }
        let (x, y) = (self.line.0 - last.0, self.line.1 - last.1);
        let (on, across) = ((x * a + y * b) / scale, (y * a - x * b) / scale);
        let end = letters as f64 * LETTER * height;
        if across.abs() > 0.3 * height || on < 0.2 * end {
            Some(b'\n')
        } else if letters > 1 || on > end + APART * height {
            Some(b' ')
        } else {
            None
        }
    }
}

/// What a page shows.
struct Shown {
    text: Vec<u8>,
    /// Text that stands beside the letters: what they mean (`ActualText`), what a picture shows.
    beside: Vec<u8>,
}

/// Returns whether the operator after a string shows it on the next line.
fn on_next_line(content: &[u8], end: usize) -> bool {
    matches!(content.get(blank(content, end)), Some(b'\'' | b'"'))
}

/// Returns the text of a page's content.
pub(super) fn extract<'f>(content: &[u8], fonts: &dyn Fn(&[u8]) -> Option<&'f Font>) -> Vec<u8> {
    let plain = Font::read(None, false, b"");
    let mut font = &plain;
    let mut shown = Shown { text: Vec::new(), beside: Vec::new() };
    let mut pen = Pen::new();
    let mut name: &[u8] = b"";
    let mut numbers: Vec<f64> = Vec::new();
    let (mut list, mut dictionary) = (false, 0_u32);
    let mut at = blank(content, 0);
    while at < content.len() {
        match content[at] {
            b'(' => {
                let end = string_end(content, at);
                pen.broken |= on_next_line(content, end);
                shown.string(&literal(&content[at..end]), font, &mut pen, (dictionary > 0).then_some(name));
                at = end;
            }
            b'<' if content.get(at + 1) != Some(&b'<') => {
                let end = memchr::memchr(b'>', &content[at..]).map_or(content.len(), |n| at + n + 1);
                let bytes = hex(&content[at + 1..end], end - at);
                pen.broken |= on_next_line(content, end);
                shown.string(&bytes, font, &mut pen, (dictionary > 0).then_some(name));
                at = end;
            }
            b'/' => {
                let end = word(content, at + 1);
                name = &content[at + 1..end];
                at = end;
            }
            b if ends(b) => {
                let twice = content.get(at + 1) == Some(&b);
                match b {
                    b'<' if twice => dictionary += 1,
                    b'>' if twice => dictionary = dictionary.saturating_sub(1),
                    b'[' | b']' => list = b == b'[',
                    _ => {}
                }
                at += if twice && matches!(b, b'<' | b'>') { 2 } else { 1 };
            }
            b if b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.') => {
                let end = word(content, at).max(at + 1);
                let number =
                    std::str::from_utf8(&content[at..end]).ok().and_then(|t| t.parse().ok()).unwrap_or(0.0);
                // Inside of an array of strings, a large step back is a gap.
                if list && number < -SPACE {
                    gap(&mut shown.text, b' ');
                }
                if numbers.len() < OPERANDS {
                    numbers.push(number);
                }
                at = blank(content, end);
                continue;
            }
            _ => {
                let end = word(content, at).max(at + 1);
                if &content[at..end] == b"Tf" {
                    font = fonts(name).unwrap_or(&plain);
                }
                operate(&content[at..end], &numbers, &mut pen);
                at = end;
            }
        }
        numbers.clear();
        at = blank(content, at);
    }
    if !shown.beside.is_empty() {
        gap(&mut shown.text, b'\n');
        shown.text.append(&mut shown.beside);
    }
    shown.text
}

/// Moves the pen as an operator says.
fn operate(operator: &[u8], numbers: &[f64], pen: &mut Pen) {
    match (operator, numbers) {
        (b"Tf", [.., size]) => pen.size = *size,
        (b"Td" | b"TD", [.., x, y]) => pen.shift(*x, *y),
        (b"Tm", _) => pen.place(numbers),
        (b"BT", _) => {
            pen.along = (1.0, 0.0);
            pen.line = (0.0, 0.0);
            pen.moved = true;
        }
        (b"T*", _) => pen.ended = true,
        (b"'" | b"\"" | b"cm" | b"Do" | b"EMC", _) => pen.broken |= operator != b"EMC",
        _ => {}
    }
}

impl Shown {
    /// Takes a string: of the page, or of the entry of a dictionary.
    fn string(&mut self, bytes: &[u8], font: &Font, pen: &mut Pen, entry: Option<&[u8]>) {
        match entry {
            None => {
                if let Some(between) = pen.gap() {
                    gap(&mut self.text, between);
                }
                pen.letters += font.show(bytes, &mut self.text);
            }
            Some(entry) => {
                if let Some(wide) = bytes.strip_prefix(b"\xfe\xff") {
                    let text = encoding_rs::UTF_16BE.decode_without_bom_handling(wide).0;
                    self.beside.extend_from_slice(text.as_bytes());
                } else {
                    self.beside.extend_from_slice(bytes);
                }
                // What letters mean may be told letter by letter.
                if entry != b"ActualText" {
                    self.beside.push(b'\n');
                }
            }
        }
    }
}

fn gap(out: &mut Vec<u8>, with: u8) {
    if out.last().is_some_and(|b| !b.is_ascii_whitespace()) {
        out.push(with);
    }
}

/// Returns the bytes of a string in brackets.
fn literal(string: &[u8]) -> Vec<u8> {
    let inner = string.get(1..string.len().max(2) - 1).unwrap_or(b"");
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    while at < inner.len() {
        if inner[at] != b'\\' {
            out.push(inner[at]);
            at += 1;
            continue;
        }
        at += 1;
        let octal =
            inner[at.min(inner.len())..].iter().take(3).take_while(|b| (b'0'..=b'7').contains(*b)).count();
        if octal > 0 {
            let code = inner[at..at + octal].iter().fold(0_u32, |n, b| n << 3 | u32::from(b - b'0'));
            out.push(code as u8);
            at += octal;
            continue;
        }
        match inner.get(at) {
            Some(b'n') => out.push(b'\n'),
            Some(b'r') => out.push(b'\r'),
            Some(b't') => out.push(b'\t'),
            Some(b'\n' | b'\r' | b'b' | b'f') | None => {}
            Some(other) => out.push(*other),
        }
        at += 1;
    }
    out
}

/// Appends the strings of a value, each as a line.
pub(super) fn strings(value: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while let Some(next) = memchr::memchr2(b'(', b'<', &value[at..]).map(|n| at + n) {
        let bytes = if value[next] == b'(' {
            at = string_end(value, next);
            literal(&value[next..at])
        } else if value.get(next + 1) == Some(&b'<') {
            at = next + 2;
            continue;
        } else {
            at = memchr::memchr(b'>', &value[next..]).map_or(value.len(), |n| next + n + 1);
            hex(&value[next + 1..at], at - next)
        };
        if let Some(wide) = bytes.strip_prefix(b"\xfe\xff") {
            out.extend_from_slice(encoding_rs::UTF_16BE.decode_without_bom_handling(wide).0.as_bytes());
        } else {
            out.extend_from_slice(&bytes);
        }
        out.push(b'\n');
    }
}
