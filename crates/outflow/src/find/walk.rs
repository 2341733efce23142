//! Walking along the digits of one number, over whatever stands between them.

/// A byte that [`crate::markup`] leaves where a tag stood that joins text. It
/// cannot occur in UTF-8.
pub(crate) const JOIN: u8 = 0xfe;

/// A byte that stands for a line break inside a tag: it joins like [`JOIN`], and
/// lines can still be counted.
pub(crate) const JOIN_LINE: u8 = 0xff;

/// Bytes that a gap between two digits may take in all: a long opening tag.
const GAP_BYTES: usize = 96;

/// Bytes that a tag inside a number may take.
const TAG_BYTES: usize = 80;

/// What stands between two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gap {
    /// A visible separator.
    Group(u8),
    /// Something a reader does not see, or sees as a blank.
    Hidden,
}

/// The digits of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Walk {
    /// Values of the digits, `len` of them.
    values: [u8; Self::MOST],
    len: usize,
    /// Position after the last digit.
    pub(crate) end: usize,
    /// Gaps crossed.
    pub(crate) gaps: u8,
    /// Whether visible separators of different kinds were crossed.
    pub(crate) mixed: bool,
    separator: Option<u8>,
}

impl Walk {
    /// Digits kept; the longest form has 28.
    pub(crate) const MOST: usize = 32;

    /// Returns an empty walk that stands at `at`.
    pub(crate) fn new(at: usize) -> Self {
        Self { values: [0; Self::MOST], len: 0, end: at, gaps: 0, mixed: false, separator: None }
    }

    /// Returns the values of the digits.
    pub(crate) fn digits(&self) -> &[u8] {
        &self.values[..self.len]
    }

    /// Takes digits from where it stands, at most `limit` in all, over gaps when `over` allows it.
    pub(crate) fn take(&mut self, text: &[u8], limit: usize, over: bool) {
        while self.len < limit.min(Self::MOST) {
            let mut next = self.end;
            if over && self.len > 0 {
                next = self.cross(text);
            }
            let Some(digit) = text.get(next).filter(|b| b.is_ascii_digit()) else { return };
            if next > self.end {
                self.gaps = self.gaps.saturating_add(1);
                self.note(text[self.end]);
            }
            self.values[self.len] = digit - b'0';
            self.len += 1;
            self.end = next + 1;
        }
    }

    /// Crosses a gap to a letter or digit, and returns whether there is one after at most one gap.
    pub(crate) fn step(&mut self, text: &[u8]) -> Option<u8> {
        let next = self.cross(text);
        let found = text.get(next).copied().filter(u8::is_ascii_alphanumeric)?;
        if next > self.end {
            self.gaps = self.gaps.saturating_add(1);
            self.note(text[self.end]);
        }
        self.end = next + 1;
        Some(found)
    }

    fn note(&mut self, first: u8) {
        if matches!(first, b' ' | b'-' | b'.' | b'/') {
            self.mixed |= self.separator.is_some_and(|s| s != first);
            self.separator = Some(first);
        }
    }

    /// Returns the position after the gap that begins where the walk stands. One
    /// visible separator is crossed, and any number of hidden things.
    fn cross(&self, text: &[u8]) -> usize {
        let mut at = self.end;
        let mut visible = false;
        while let Some((gap, length)) = gap(text, at) {
            if let Gap::Group(_) = gap {
                if visible {
                    return self.end;
                }
                visible = true;
            }
            at += length;
            if at - self.end > GAP_BYTES {
                return self.end;
            }
        }
        at
    }
}

/// Returns the gap at `at` and its length.
fn gap(text: &[u8], at: usize) -> Option<(Gap, usize)> {
    let rest = text.get(at..)?;
    let hidden = |length: usize| Some((Gap::Hidden, length));
    match *rest.first()? {
        b @ (b' ' | b'-' | b'.' | b'/') => Some((Gap::Group(b), 1)),
        JOIN | JOIN_LINE | 0xa0 | 0xad => hidden(1),
        0xc2 if matches!(rest.get(1), Some(0xa0 | 0xad)) => hidden(2),
        0xe2 => match (rest.get(1)?, rest.get(2)?) {
            // U+2000 to U+200F blanks and joiners, U+2010 and U+2011 hyphens, U+202F narrow blank.
            (0x80, 0x80..=0x91 | 0xaf) | (0x81, 0x9f | 0xa0) => hidden(3),
            _ => None,
        },
        0xef if rest.starts_with(b"\xef\xbb\xbf") => hidden(3),
        b'<' => tag(rest).and_then(hidden),
        b'&' => listed(rest, &ENTITIES).and_then(hidden),
        b'%' => listed(rest, &PERCENT).and_then(hidden),
        b'=' => listed(rest, &QUOTED).and_then(hidden),
        b'\\' => listed(rest, &ESCAPES).and_then(hidden),
        _ => None,
    }
}

/// Entities that a reader sees as a blank, a hyphen or nothing.
const ENTITIES: [&str; 16] = [
    "&nbsp;", "&shy;", "&zwnj;", "&zwj;", "&thinsp;", "&ensp;", "&emsp;", "&#160;", "&#xa0;", "&#173;",
    "&#xad;", "&#8203;", "&#x200b;", "&#8288;", "&#x2060;", "&#8239;",
];
/// The same in URLs.
const PERCENT: [&str; 8] = ["%20", "%c2%a0", "%c2%ad", "%e2%80%8b", "%e2%80%af", "%e2%81%a0", "%2d", "%a0"];
/// The same in quoted-printable mail (RFC 2045, 6.7), with its soft line break.
const QUOTED: [&str; 10] =
    ["=\r\n", "=\n", "=20", "=c2=a0", "=c2=ad", "=e2=80=8b", "=e2=80=af", "=e2=81=a0", "=2d", "=a0"];
/// The same in strings of JSON and of programming languages.
const ESCAPES: [&str; 8] =
    ["\\u00a0", "\\u00ad", "\\u200b", "\\u2060", "\\u202f", "\\ufeff", "\\u0020", "\\xa0"];

fn listed(rest: &[u8], list: &[&str]) -> Option<usize> {
    let fits = |form: &&&str| rest.get(..form.len()).is_some_and(|r| r.eq_ignore_ascii_case(form.as_bytes()));
    list.iter().find(fits).map(|form| form.len())
}

/// Returns the length of a tag that joins what stands on both sides of it.
fn tag(rest: &[u8]) -> Option<usize> {
    let close = memchr::memchr(b'>', rest.get(..TAG_BYTES.min(rest.len()))?)?;
    let inner = &rest[1..close];
    let name = inner.strip_prefix(b"/").unwrap_or(inner);
    let length = name.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b':').count();
    (length > 0 && crate::inline::joins(&name[..length])).then_some(close + 1)
}

/// Returns the position of the letter before `at`, over at most one gap.
pub(crate) fn letter_before(text: &[u8], at: usize) -> Option<usize> {
    let last = *text.get(at.checked_sub(1)?)?;
    if last.is_ascii_alphabetic() {
        return Some(at - 1);
    }
    if !closes(last) {
        return None;
    }
    let second = *text.get(at.checked_sub(2)?)?;
    if matches!(last, b' ' | b'-' | b'.' | b'/' | JOIN | JOIN_LINE) && !closes(second) {
        return second.is_ascii_alphabetic().then(|| at - 2);
    }
    // The nearest letter from which a gap leads exactly to `at`.
    let from = at.saturating_sub(TAG_BYTES);
    let mut letters = (from..at - 1).rev().filter(|p| text[*p].is_ascii_alphabetic());
    letters.find(|p| Walk::new(p + 1).cross(text) == at)
}

/// Returns whether a gap can end with this byte.
fn closes(b: u8) -> bool {
    matches!(b, b' ' | b'-' | b'.' | b'/' | b'>' | b';' | b'\n' | 0x80..)
}

/// Returns whether a word could begin at `at`: what stands before is neither a
/// letter nor a digit, or ends an escape.
pub(crate) fn begins(text: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|p| text[p]) else { return true };
    if !before.is_ascii_alphanumeric() {
        return true;
    }
    let head = &text[at.saturating_sub(6)..at];
    let ends =
        |form: &[u8]| head.len() >= form.len() && head[head.len() - form.len()..].eq_ignore_ascii_case(form);
    let coded = |mark: u8| {
        head.len() >= 3 && head[head.len() - 3] == mark && CODED.iter().any(|c| ends(c.as_bytes()))
    };
    [b"\\n", b"\\r", b"\\t"].iter().any(|e| head.ends_with(*e))
        || coded(b'%')
        || coded(b'=')
        || ["\\u00a0", "\\u0022", "\\u003e", "\\u003a", "\\u0020", "\\u0027", "\\u003d"].iter().any(|e| ends(e.as_bytes()))
        // The end of a colour sequence of a terminal.
        || before == b'm' && text[at.saturating_sub(12)..at].windows(2).any(|w| w == b"\x1b[")
}

/// Codes of characters that end a word: blank, tab, line ends, quotes, brackets,
/// comma, hyphen, slash, colon, semicolon, equals, question mark, ampersand,
/// non-breaking blank.
const CODED: [&str; 20] = [
    "20", "09", "0a", "0d", "22", "27", "28", "2c", "2d", "2f", "3a", "3b", "3d", "3e", "3f", "26", "5b",
    "7b", "a0", "5f",
];

/// Returns whether a word could end before `at`.
pub(crate) fn ends(text: &[u8], at: usize) -> bool {
    !text.get(at).is_some_and(u8::is_ascii_alphanumeric)
}
