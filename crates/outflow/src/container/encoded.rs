//! Data that is written in letters inside of a text: base64, hexadecimal digits, uuencode,
//! yEnc, and binary strings of SQL. What it decodes to is a member of the text.

mod spelled;

use super::mime::{Decoder, Transfer};
use super::sniff::{self, Format};
use crate::find::JOIN_LINE;

/// Letters in a row from which on they may be encoded data.
const RUN: usize = 24;

/// Letters of a whole line of encoded data, which may go on in the next one.
const LINE: usize = 60;

/// Blanks before a line of encoded data.
const INDENT: usize = 64;

/// Bytes of decoded data that are held of one part.
const HELD: usize = 24 << 20;

/// Bytes of one stretch that are held until its end is seen.
const STRETCH: usize = 32 << 20;

/// What files begin with whose marks stand in no text: gzip, zip, PDF,
/// older office files, Zstandard, xz.
const FILES: [&[u8]; 6] =
    [b"\x1f\x8b", b"PK\x03\x04", b"%PDF-", b"\xd0\xcf\x11\xe0", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ"];

/// Bytes of the longest mark below.
const MARK: usize = 13;

/// Decoded bytes of no known format from which on they are looked at.
const LARGE: usize = 1024;

/// Words after which fewer letters are encoded data too: values of LDIF (RFC 2849), `data:`
/// URIs (RFC 2397).
const MARKS: [&[u8]; 2] = [b":: ", b"base64,"];

/// Finds encoded data in a text that comes in chunks.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    /// What may be the beginning of a stretch.
    held: Vec<u8>,
    /// Offset of it in the part.
    base: u64,
    bytes: usize,
    /// Entities are decoded elsewhere.
    markup: bool,
    /// Offset in the part from which on spelled numbers are looked for.
    spelled: u64,
    /// The text is one of LDIF.
    directory: bool,
    pub(super) cut: bool,
    /// Where each stretch begins, and what it decodes to.
    pub(super) found: Vec<(u64, Vec<u8>)>,
    /// A file in lines that is open.
    lines: Option<Lines>,
}

/// A file in uuencode or yEnc.
#[derive(Debug, Default)]
struct Lines {
    start: u64,
    yenc: bool,
    base64: bool,
    bytes: Vec<u8>,
    decoder: Decoder,
}

/// Returns whether encoded data is written with this letter, or goes on over it.
fn letter(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'-' | b'_' | b'=' | JOIN_LINE)
}

impl Encoded {
    /// Returns what reads a text; of one with markup the entities are decoded elsewhere.
    pub(super) fn new(markup: bool) -> Self {
        Self { markup, ..Self::default() }
    }

    /// Looks at the next chunk.
    pub(super) fn feed(&mut self, chunk: &[u8]) {
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(chunk);
        let kept = self.look(&bytes, false);
        self.base += kept as u64;
        self.held = bytes.split_off(kept);
    }

    /// Passes over bytes that hold no letters.
    pub(super) fn skip(&mut self, count: u64) {
        let held = self.held.len() as u64;
        let bytes = std::mem::take(&mut self.held);
        self.look(&bytes, true);
        self.base += held + count;
    }

    /// Looks at what was held back.
    pub(super) fn finish(&mut self) {
        let bytes = std::mem::take(&mut self.held);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            // Behind a file in lines the text goes on.
            let kept = self.look(rest, true);
            self.base += kept as u64;
            rest = rest.get(kept..).filter(|_| kept > 0).unwrap_or_default();
        }
        if let Some(lines) = self.lines.take() {
            self.take(lines.start, lines.bytes);
        }
    }

    /// Looks at bytes, and returns from where on they are needed once more.
    fn look(&mut self, bytes: &[u8], last: bool) -> usize {
        let mut at = 0;
        if self.lines.is_none() {
            match begin(bytes) {
                Some((begin, next, lines)) => {
                    self.runs(&bytes[..begin], true);
                    self.lines = Some(Lines { start: self.base + begin as u64, ..lines });
                    at = next;
                }
                None => {
                    let tail = bytes.len().saturating_sub(4096);
                    let open = memchr::memmem::rfind(&bytes[tail..], b"begin").map(|at| tail + at);
                    let open = open.filter(|at| !last && memchr::memchr(b'\n', &bytes[*at..]).is_none());
                    let open = open.map(|at| at.saturating_sub(2));
                    return self.runs(bytes, last).min(open.unwrap_or(bytes.len()));
                }
            }
        }
        while let Some(lines) = &mut self.lines {
            let rest = bytes.get(at..).unwrap_or_default();
            let Some(end) = memchr::memchr(b'\n', rest) else { break };
            let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
            at += end + 1;
            let ends =
                if lines.yenc { line.starts_with(b"=yend") } else { line == b"end" || line == b"====" };
            if ends {
                let lines = std::mem::take(lines);
                self.lines = None;
                self.take(lines.start, lines.bytes);
            } else if lines.bytes.len() < HELD {
                lines.line(line);
            } else {
                self.cut = true;
            }
        }
        at
    }

    /// Finds stretches of letters, and returns from where on they may go on.
    fn runs(&mut self, bytes: &[u8], last: bool) -> usize {
        let mut open = bytes.len();
        if self.base == 0 {
            let head = &bytes[..bytes.len().min(4096)];
            self.directory = head.starts_with(b"dn:") || memchr::memmem::find(head, b"\ndn:").is_some();
        }
        for mark in
            MARKS.iter().filter(|mark| self.directory || mark.starts_with(b"b")).copied().collect::<Vec<_>>()
        {
            for at in memchr::memmem::find_iter(bytes, mark) {
                let from = at + mark.len();
                let length = bytes[from..].iter().take_while(|b| letter(**b)).count();
                if from + length == bytes.len() && length < RUN && !last {
                    open = open.min(at);
                } else if (8..RUN).contains(&length) {
                    self.stretch(from, &bytes[from..from + length]);
                }
            }
        }
        open = open.min(self.files(bytes, last)).min(self.spelled(bytes, last));
        let mut at = 0;
        while at + RUN <= bytes.len() {
            let probe = at + RUN - 1;
            if !letter(bytes[probe]) {
                at = probe + 1;
                continue;
            }
            let back = bytes[at..probe].iter().rev().take_while(|b| letter(**b)).count();
            let start = probe - back;
            let (end, whole) = end(bytes, start);
            if !whole && !last && bytes.len() - start < STRETCH {
                return start.min(open);
            }
            if end - start >= RUN {
                self.stretch(start, &bytes[start..end]);
            }
            at = end.max(at + 1);
        }
        // A stretch may begin within the last letters.
        let tail = bytes.iter().rev().take(RUN).take_while(|b| letter(**b)).count().max(MARK);
        if last { bytes.len() } else { open.min(bytes.len().saturating_sub(tail)) }
    }

    /// Takes the text around numbers that are spelled in another way. Returns from where on
    /// bytes are needed once more.
    fn spelled(&mut self, bytes: &[u8], last: bool) -> usize {
        let mut all = Vec::new();
        let mut from = usize::try_from(self.spelled.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let kept = spelled::each(bytes, &mut from, !self.markup, last, |at, text| all.push((at, text)));
        self.spelled = self.base + from as u64;
        for (at, text) in all {
            self.take(self.base + at as u64, text);
        }
        kept
    }

    /// Takes files that stand in a text byte for byte: in strings of SQL, with its escapes,
    /// and in elements of XML, with its entities. Returns where one begins whose end is not
    /// there.
    fn files(&mut self, bytes: &[u8], last: bool) -> usize {
        // Bytes that stand in every mark but that of PDF, and in no text.
        let odd = memchr::memchr3(0x1f, 0x03, 0x11, bytes).is_some() || memchr::memchr(0xfd, bytes).is_some();
        let marks = FILES.iter().filter(|mark| odd || mark.starts_with(b"%PDF-"));
        for at in marks.flat_map(|mark| memchr::memmem::find_iter(bytes, mark)) {
            let Some(quote @ (b'\'' | b'>')) = at.checked_sub(1).map(|p| bytes[p]) else { continue };
            let (out, closed) = unescaped(&bytes[at..], quote);
            if !closed && !last && bytes.len() - at < STRETCH {
                return at - 1;
            }
            let head = &out[..out.len().min(sniff::HEAD)];
            if closed && !matches!(sniff::format(head), Format::Text | Format::Binary) {
                self.take(self.base + at as u64, out);
            }
        }
        bytes.len()
    }

    /// Decodes a stretch, if it is encoded data.
    fn stretch(&mut self, at: usize, letters: &[u8]) {
        let whole: Vec<u8>;
        let letters = if letters.contains(&JOIN_LINE) {
            whole = letters.iter().copied().filter(|b| *b != JOIN_LINE).collect();
            &whole
        } else {
            letters
        };
        let digits = letters.strip_prefix(b"0x").or(letters.strip_prefix(b"x")).unwrap_or(letters);
        let offset = self.base + at as u64;
        if digits.len() % 2 == 0 && digits.iter().take(64).all(u8::is_ascii_hexdigit) {
            let head = hex(&digits[..digits.len().min(2 * sniff::HEAD)]);
            if digits.iter().all(u8::is_ascii_hexdigit) && worth(&head, digits.len() / 2) {
                self.take(offset, hex(digits));
            }
            return;
        }
        // Words and paths decode to noise: the first letters tell.
        let head = base64(&letters[..letters.len().min(48)]);
        if letters.len() >= LARGE
            || worth(&head, head.len())
            || !matches!(sniff::format(&head), Format::Text | Format::Binary)
        {
            let all = base64(letters);
            if worth(&all[..all.len().min(sniff::HEAD)], all.len()) {
                self.take(offset, all);
            }
        }
    }

    fn take(&mut self, at: u64, bytes: Vec<u8>) {
        // The end of a chunk is looked at once more with the next one.
        if self.found.iter().rev().take(64).any(|(known, _)| *known == at) {
            return;
        }
        if self.bytes + bytes.len() > HELD {
            self.cut = true;
        } else if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.found.push((at, bytes));
        }
    }
}

/// Returns the bytes up to the end of a string or element, and whether it has one.
fn unescaped(bytes: &[u8], quote: u8) -> (Vec<u8>, bool) {
    const ENTITIES: [(&[u8], u8); 5] =
        [(b"lt;", b'<'), (b"gt;", b'>'), (b"amp;", b'&'), (b"quot;", b'"'), (b"apos;", b'\'')];
    let (end, escape) = if quote == b'>' { (b'<', b'&') } else { (quote, b'\\') };
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(b) = bytes.get(at).copied() {
        at += 1;
        if b == end {
            return (out, true);
        }
        if b != escape {
            out.push(b);
            continue;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        if escape == b'&' {
            let known = ENTITIES.iter().find(|(name, _)| rest.starts_with(name));
            out.push(known.map_or(b, |(_, b)| *b));
            at += known.map_or(0, |(name, _)| name.len());
        } else {
            out.push(match rest.first() {
                Some(b'0') => 0,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'b') => 8,
                Some(b'Z') => 26,
                Some(b) => *b,
                None => return (out, false),
            });
            at += 1;
        }
    }
    (out, false)
}

/// Returns where a stretch of letters ends that may go on over line breaks, and whether its
/// end is certain.
fn end(bytes: &[u8], start: usize) -> (usize, bool) {
    let mut line = start;
    loop {
        let end = line + bytes[line..].iter().take_while(|b| letter(**b)).count();
        if end == bytes.len() {
            return (end, false);
        }
        let rest = &bytes[end..];
        let breaks: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
        let Some(wrap) = breaks.iter().find(|b| rest.starts_with(b)).filter(|_| end - line >= LINE) else {
            return (end, rest.len() > 4);
        };
        let mut next = end + wrap.len();
        // XML is indented.
        let indent = bytes.iter().skip(next).take(INDENT);
        next += indent.take_while(|b| matches!(b, b' ' | b'\t')).count();
        match bytes.get(next) {
            Some(b) if letter(*b) => line = next,
            Some(_) => return (end, true),
            None => return (end, false),
        }
    }
}

fn base64(letters: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(letters.len() / 4 * 3 + 3);
    let mut decoder = Decoder::default();
    let escapes = memchr::memchr(b'\\', letters).is_some();
    for line in letters.split(|b| matches!(b, b'\n' | b'\r' | b'\\')) {
        // What is left of an escape `\n` is no letter of the data.
        let line = line.trim_ascii();
        let escape = line.len() < letters.len() && matches!(line.first(), Some(b'n' | b'r'));
        let escaped = escapes && escape;
        decoder.line(Transfer::Base64, line.get(usize::from(escaped)..).unwrap_or_default(), &mut out);
    }
    out
}

fn hex(digits: &[u8]) -> Vec<u8> {
    let value = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0);
    digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

/// Returns whether decoded bytes are something: a text, a file of a known format, or so many
/// that they are no word.
fn worth(head: &[u8], length: usize) -> bool {
    match sniff::format(head) {
        Format::Text | Format::Html | Format::Xml | Format::Mail | Format::Mailbox | Format::JiraCsv => {
            let odd = head.iter().filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace() && **b != 0);
            let plain = head.iter().filter(|b| b.is_ascii_graphic() || **b == b' ' || **b == b'\n').count();
            let wide = head.iter().filter(|b| **b == 0).count();
            odd.count() == 0 && (plain * 10 >= head.len() * 8 || wide * 10 >= head.len() * 4)
        }
        Format::Binary => length >= LARGE,
        Format::Gzip => head.get(2) == Some(&8),
        _ => true,
    }
}

/// Returns where a file in lines begins, where its first line does, and which kind it is.
fn begin(bytes: &[u8]) -> Option<(usize, usize, Lines)> {
    let found = memchr::memmem::find_iter(bytes, b"begin").find_map(|at| {
        let rest = &bytes[at + 5..];
        let yenc = rest.starts_with(b" line=") && bytes[..at].ends_with(b"=y");
        let start = if yenc { at - 2 } else { at };
        let base64 = rest.starts_with(b"-base64 ");
        let mode = rest.get(if base64 { 8 } else { 1 }..).unwrap_or_default();
        let file = mode.iter().take(3).filter(|b| b.is_ascii_digit()).count() == 3
            && (base64 || rest.first() == Some(&b' '));
        let begins = start.checked_sub(1).is_none_or(|p| bytes[p] == b'\n');
        (begins && (yenc || file)).then_some((start, yenc, base64))
    });
    let (at, yenc, base64) = found?;
    let next = at + memchr::memchr(b'\n', &bytes[at..])? + 1;
    Some((at, next, Lines { yenc, base64, ..Lines::default() }))
}

impl Lines {
    fn line(&mut self, line: &[u8]) {
        if self.base64 {
            self.decoder.line(Transfer::Base64, line, &mut self.bytes);
        } else if self.yenc {
            if line.starts_with(b"=ypart") {
                return;
            }
            let mut rest = line.iter();
            while let Some(b) = rest.next() {
                let b = if *b == b'=' { rest.next().map_or(0, |b| b.wrapping_sub(64)) } else { *b };
                self.bytes.push(b.wrapping_sub(42));
            }
        } else if let Some((length, letters)) = line.split_first() {
            let length = usize::from(length.wrapping_sub(32) & 63);
            let mut out = Vec::with_capacity(letters.len());
            for group in letters.chunks(4) {
                let bits = (0..4).fold(0_u32, |n, i| {
                    n << 6 | u32::from(group.get(i).map_or(0, |b| b.wrapping_sub(32) & 63))
                });
                out.extend_from_slice(bits.to_be_bytes().get(1..).unwrap_or_default());
            }
            out.truncate(length);
            self.bytes.append(&mut out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, cut: usize) -> Vec<String> {
        let mut encoded = Encoded::default();
        for chunk in text.as_bytes().chunks(cut) {
            encoded.feed(chunk);
        }
        encoded.finish();
        encoded.found.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    #[test]
    fn encoded_data_is_found_however_it_is_cut() {
        let long = "KVNR of a person who is written at some length, so that two lines are needed";
        let wrapped = "S1ZOUiBvZiBhIHBlcnNvbiB3aG8gaXMgd3JpdHRlbiBhdCBzb21lIGxlbmd0aCwgc28gdGhhdCB0\n";
        let cases = [
            ("{\"x\":\"S1ZOUiBvZiBhIHBlcnNvbiwgYWdhaW4=\"}", "KVNR of a person, again"),
            ("dn: x\ncn:: S1ZOUiBYMTIz\n", "KVNR X123"),
            ("<img src=\"data:text/plain;base64,S1ZOUiBYMTIz\">", "KVNR X123"),
            ("x'4b564e52206f66206120706572736f6e2c20616761696e'", "KVNR of a person, again"),
            ("\\x4b564e52206f66206120706572736f6e2c20616761696e", "KVNR of a person, again"),
            ("begin 644 a.txt\n'2U9.4B!8,0``\n`\nend\n", "KVNR X1"),
            ("begin-base64 644 a\nS1ZOUiBYMTIz\n====\n", "KVNR X123"),
        ];
        for (text, wanted) in cases {
            for cut in [1, 7, 1000] {
                assert_eq!(found(text, cut), [wanted], "{text} in pieces of {cut}");
            }
        }
        let text = format!("{wrapped}d28gbGluZXMgYXJlIG5lZWRlZA==\n");
        for text in [text.clone(), text.replace('\n', "\r\n "), text.replace('\n', "\\n")] {
            for cut in [1, 50, 1000] {
                assert_eq!(found(&text, cut), [long], "{text:?} in pieces of {cut}");
            }
        }
    }

    #[test]
    fn words_paths_and_hashes_are_no_data() {
        let text = "/usr/share/doc/package-name/examples/README 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 \
                    ------------------------------ Donaudampfschifffahrtsgesellschaft 550e8400e29b41d4a716446655440000";
        assert_eq!(found(text, 1000), Vec::<String>::new());
    }

    #[test]
    fn lines_of_yenc_are_decoded() {
        let body: Vec<u8> = b"KVNR X123".iter().map(|b| b.wrapping_add(42)).collect();
        let text = [b"=ybegin line=128 size=9 name=a\r\n", body.as_slice(), b"\r\n=yend size=9\r\n"].concat();
        let mut encoded = Encoded::default();
        encoded.feed(&text);
        encoded.finish();
        assert_eq!(encoded.found, [(0, b"KVNR X123".to_vec())]);
    }
}
