//! Text as the letters and digits that a reader would see, each with the bytes
//! it was written in.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Encodings inside encodings that are taken off.
const ROUNDS: usize = 3;

/// A letter or digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    /// Upper-case ASCII letter or digit; 0 for any other letter, which ends a number.
    pub(super) c: u8,
    /// First byte in the original text.
    pub(super) start: usize,
    /// After the last byte.
    pub(super) end: usize,
    /// Visible characters between it and the sign before.
    pub(super) gap: u8,
}

/// A character and where it stands in the original text.
type Written = (char, usize, usize);

/// Returns the ways in which a text can be read: as it is, and with `%41`,
/// `\u0041` and `&#65;` decoded, as often as something is left to decode.
pub(super) fn readings(text: &str) -> Vec<Vec<Sign>> {
    let mut written: Vec<Written> = text.char_indices().map(|(at, c)| (c, at, at + c.len_utf8())).collect();
    let masks = masked(text);
    let mut all = vec![signs(&written, &masks)];
    let coded = |w: &Written| matches!(w.0, '%' | '\\' | '&');
    for _ in 0..ROUNDS {
        if !written.iter().any(coded) {
            break;
        }
        let decoded = decode(&written);
        if decoded.len() == written.len() {
            break;
        }
        all.push(signs(&decoded, &masks));
        written = decoded;
    }
    all
}

/// Returns a text with its escapes decoded, and with ASCII letters and digits for those of full
/// width and of other scripts.
pub(super) fn decoded(text: &str) -> String {
    let mut written: Vec<Written> = text.char_indices().map(|(at, c)| (c, at, at + c.len_utf8())).collect();
    for _ in 0..ROUNDS {
        let next = decode(&written);
        if next.len() == written.len() {
            break;
        }
        written = next;
    }
    let shown = |(c, ..): Written| {
        let folded = [c].into_iter().nfkd().next().filter(char::is_ascii_alphanumeric).unwrap_or(c);
        decimal(c).map_or(if c.is_alphabetic() && !c.is_ascii() && !full(c) { c } else { folded }, |d| {
            char::from(b'0' + d)
        })
    };
    written.into_iter().map(shown).collect()
}

/// Returns whether this is a letter of full width.
fn full(c: char) -> bool {
    matches!(c, '\u{ff21}'..='\u{ff5a}')
}

/// Returns where masks stand that were set before, so that a masked text stays as it is.
fn masked(text: &str) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    for (start, _) in text.match_indices('[') {
        let inner = text.get(start + 1..).unwrap_or_default();
        let Some((inner, _)) = inner.split_once(']') else { break };
        let token = |t: &str| t.len() == 16 && t.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let number = |t: &str| !t.is_empty() && t.len() < 9 && t.bytes().all(|b| b.is_ascii_digit());
        let is_mask = super::KINDS.iter().any(|kind| {
            let rest = inner.strip_prefix(*kind);
            rest.is_some_and(|r| {
                r.strip_prefix(' ').is_some_and(token) || r.strip_prefix('-').is_some_and(number)
            })
        });
        if is_mask {
            all.push((start, start + inner.len() + 2));
        }
    }
    all
}

fn signs(written: &[Written], masks: &[(usize, usize)]) -> Vec<Sign> {
    let mut all: Vec<Sign> = Vec::with_capacity(written.len());
    let mut gap = 0u8;
    for (c, start, end) in written.iter().copied() {
        if masks.iter().any(|(from, to)| (*from..*to).contains(&start)) {
            all.push(Sign { c: 0, start, end, gap: 0 });
            gap = 0;
            continue;
        }
        let mut seen = |c: char| {
            let sign = if c.is_ascii_alphanumeric() {
                u8::try_from(c).unwrap_or(0).to_ascii_uppercase()
            } else if let Some(digit) = decimal(c) {
                b'0' + digit
            } else if unseen(c) {
                return;
            } else if c.is_alphanumeric() {
                0
            } else {
                gap = gap.saturating_add(1);
                return;
            };
            all.push(Sign { c: sign, start, end, gap });
            gap = 0;
        };
        if c.is_ascii() {
            seen(c);
        } else {
            [c].into_iter().nfkd().for_each(&mut seen);
        }
    }
    all
}

/// First digits of the scripts whose digits people type and compatibility
/// decomposition leaves (Unicode, general category Nd).
const ZEROS: [u32; 6] = [0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0e50];

fn decimal(c: char) -> Option<u8> {
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&u32::from(c)))?;
    u8::try_from(u32::from(c) - zero).ok()
}

/// Returns whether a reader does not see the character.
fn unseen(c: char) -> bool {
    is_combining_mark(c)
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
        || c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// Takes one encoding off.
fn decode(written: &[Written]) -> Vec<Written> {
    let mut out = Vec::with_capacity(written.len());
    let mut at = 0;
    while let Some((c, start, end)) = written.get(at).copied() {
        let rest = &written[at..];
        let found = match c {
            '%' => percent(rest),
            '\\' => escape(rest),
            '&' => entity(rest),
            _ => None,
        };
        match found {
            Some((decoded, length)) => {
                let end = written.get(at + length - 1).map_or(end, |w| w.2);
                out.push((decoded, start, end));
                at += length;
            }
            None => {
                out.push((c, start, end));
                at += 1;
            }
        }
    }
    out
}

/// Returns the value of hexadecimal digits, at most eight.
fn hex(digits: &[Written]) -> Option<u32> {
    let some = !digits.is_empty() && digits.len() <= 8;
    some.then(|| digits.iter().try_fold(0u32, |n, (c, ..)| Some(n << 4 | c.to_digit(16)?)))?
}

/// Reads one character of percent-encoded UTF-8.
fn percent(rest: &[Written]) -> Option<(char, usize)> {
    let byte = |i: usize| {
        let coded = rest.get(i * 3..i * 3 + 3)?;
        (coded[0].0 == '%').then(|| hex(&coded[1..]))?.and_then(|n| u8::try_from(n).ok())
    };
    let first = byte(0)?;
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let bytes: Option<Vec<u8>> = (0..length).map(byte).collect();
    let whole = bytes.as_deref().and_then(|b| std::str::from_utf8(b).ok()).and_then(|t| t.chars().next());
    Some(whole.map_or((char::REPLACEMENT_CHARACTER, 3), |c| (c, length * 3)))
}

/// Reads `\u0041`, `\u{41}` and `\x41`.
fn escape(rest: &[Written]) -> Option<(char, usize)> {
    match (rest.get(1)?.0, rest.get(2)?.0) {
        ('u', '{') => {
            let length = rest.iter().take(12).position(|w| w.0 == '}')?;
            Some((char::from_u32(hex(rest.get(3..length)?)?)?, length + 1))
        }
        ('u', _) => Some((char::from_u32(hex(rest.get(2..6)?)?)?, 6)),
        ('x', _) => Some((char::from_u32(hex(rest.get(2..4)?)?)?, 4)),
        _ => None,
    }
}

/// Reads `&#65;`, `&#x41;`, and takes a named entity for the character it stands for.
fn entity(rest: &[Written]) -> Option<(char, usize)> {
    let end = rest.iter().take(12).position(|w| w.0 == ';')?;
    let name: String = rest.get(1..end)?.iter().map(|w| w.0).collect();
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
        None => match name.as_str() {
            "shy" | "zwj" | "zwnj" => '\u{200b}',
            "amp" => '&',
            _ if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic()) => ' ',
            _ => return None,
        },
    };
    Some((c, end + 1))
}
