//! The text a page shows, from the operators of its content.

use super::filter::hex;
use super::font::Font;
use super::syntax::{blank, ends, string_end, word};

/// Thousandths of the letter height by which a gap counts as a space.
const SPACE: f64 = 180.0;

/// Numbers before an operator that are held.
const OPERANDS: usize = 8;

/// Returns the text of a page's content.
pub(super) fn extract<'f>(content: &[u8], fonts: &dyn Fn(&[u8]) -> Option<&'f Font>) -> Vec<u8> {
    let plain = Font::read(None);
    let mut font = &plain;
    let mut out = Vec::new();
    let mut name: &[u8] = b"";
    let mut numbers: Vec<f64> = Vec::new();
    let mut at = blank(content, 0);
    while at < content.len() {
        match content[at] {
            b'(' => {
                let end = string_end(content, at);
                font.show(&literal(&content[at..end]), &mut out);
                at = end;
            }
            b'<' if content.get(at + 1) != Some(&b'<') => {
                let end = memchr::memchr(b'>', &content[at..]).map_or(content.len(), |n| at + n + 1);
                font.show(&hex(&content[at + 1..end], end - at), &mut out);
                at = end;
            }
            b'/' => {
                let end = word(content, at + 1);
                name = &content[at + 1..end];
                at = end;
            }
            b if ends(b) => at += 1,
            b if b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.') => {
                let end = word(content, at).max(at + 1);
                let number =
                    std::str::from_utf8(&content[at..end]).ok().and_then(|t| t.parse().ok()).unwrap_or(0.0);
                // Inside of an array of strings, a large step back is a gap.
                if number < -SPACE && numbers.is_empty() {
                    gap(&mut out, b' ');
                }
                if numbers.len() < OPERANDS {
                    numbers.push(number);
                }
                at = end;
                at = blank(content, at);
                continue;
            }
            _ => {
                let end = word(content, at).max(at + 1);
                match &content[at..end] {
                    b"Tf" => font = fonts(name).unwrap_or(&plain),
                    b"Td" | b"TD" => {
                        let down = numbers.last().is_some_and(|y| *y != 0.0);
                        gap(&mut out, if down { b'\n' } else { b' ' });
                    }
                    b"T*" | b"'" | b"\"" | b"Tm" | b"ET" => gap(&mut out, b'\n'),
                    _ => {}
                }
                at = end;
            }
        }
        numbers.clear();
        at = blank(content, at);
    }
    out
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
