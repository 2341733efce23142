//! Rich Text Format (RTF 1.9.1): the text without groups, control words and escapes, then
//! the bytes as they lie.

use std::io::Read;

use super::encoded::Encoded;
use super::source::{Peeked, read_up_to};
use super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};

/// Bytes of a file whose text is taken out.
const LARGEST: usize = 32 << 20;

/// Reads a document.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read) {
    let (bytes, fault) = read_up_to(input, LARGEST);
    if let Some(fault) = fault {
        walker.fault(place, &fault);
    }
    walker.text(place.clone(), Kind::Text, &text(&bytes));
    walker.text_again(place, &bytes);
    let mut encoded = Encoded::default();
    encoded.feed(&bytes);
    walker.encoded(place, encoded);
    let (more, _) = read_up_to(input, 1);
    if !more.is_empty() {
        let why = format!("behind {LARGEST} bytes it is read as it lies");
        walker.trouble(place, Trouble::Bounded(why));
        let inner = place.within(Segment::Offset(LARGEST as u64));
        walker.part(&inner, Kind::Text, &mut Peeked::new(more, input));
    }
}

/// Returns what a document shows, and what its other groups hold.
fn text(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / 4);
    // Letters that stand for one that was given by its number, in the groups that are open.
    let mut fallback = vec![1_usize];
    let (mut at, mut skip) = (0, 0);
    while let Some(b) = bytes.get(at) {
        at += 1;
        match b {
            b'{' => fallback.push(fallback.last().copied().unwrap_or(1)),
            b'}' => {
                if fallback.len() > 1 {
                    fallback.pop();
                }
                skip = 0;
            }
            b'\r' | b'\n' => {}
            b'\\' => at = control(bytes, at, &mut fallback, &mut skip, &mut out),
            _ if skip > 0 => skip -= 1,
            b => out.push(*b),
        }
    }
    out
}

/// Takes what follows a backslash, and returns where it ends.
fn control(bytes: &[u8], at: usize, fallback: &mut [usize], skip: &mut usize, out: &mut Vec<u8>) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first() {
        None => at,
        Some(b'\'') => {
            let digits = rest.get(1..3).and_then(|d| std::str::from_utf8(d).ok());
            let code = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
            match code {
                _ if *skip > 0 => *skip -= 1,
                Some(code) => {
                    let letter =
                        encoding_rs::WINDOWS_1252.decode_without_bom_handling(&[code]).0.into_owned();
                    out.extend_from_slice(letter.as_bytes());
                }
                None => {}
            }
            at + rest.len().min(3)
        }
        Some(b) if b.is_ascii_alphabetic() => {
            let name = rest.iter().take_while(|b| b.is_ascii_alphabetic()).count();
            let (word, behind) = rest.split_at(name);
            let sign = usize::from(behind.first() == Some(&b'-'));
            let digits = behind.iter().skip(sign).take_while(|b| b.is_ascii_digit()).count().min(10);
            let digits = if digits == 0 { 0 } else { digits + sign };
            let number: i64 =
                std::str::from_utf8(&behind[..digits]).ok().and_then(|d| d.parse().ok()).unwrap_or(0);
            let end = at + name + digits + usize::from(behind.get(digits) == Some(&b' '));
            match word {
                b"u" => {
                    let code = u32::try_from(if number < 0 { number + 65_536 } else { number }).unwrap_or(0);
                    let letter = char::from_u32(code).unwrap_or('?');
                    out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                    *skip = fallback.last().copied().unwrap_or(1);
                }
                b"uc" => {
                    if let Some(last) = fallback.last_mut() {
                        *last = usize::try_from(number).unwrap_or(1).min(16);
                    }
                }
                b"bin" => return end.saturating_add(usize::try_from(number).unwrap_or(0)).min(bytes.len()),
                b"cell" | b"tab" => out.push(b'\t'),
                b"par" | b"line" | b"row" | b"page" | b"sect" | b"pard" | b"footnote" | b"header"
                | b"footer" | b"annotation" | b"title" | b"subject" | b"keywords" | b"doccomm"
                | b"author" | b"chftn" => {
                    out.push(b'\n');
                }
                _ => {}
            }
            end
        }
        Some(b) => {
            match b {
                b'~' => out.push(b' '),
                b'_' => out.push(b'-'),
                b'\\' | b'{' | b'}' => out.push(*b),
                b'\n' | b'\r' => out.push(b'\n'),
                _ => {}
            }
            at + 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_escapes_part_no_word() {
        let cases = [
            (r"{\rtf1 A123{\b 456}78\'300\par x}", "A12345678".to_owned() + "00\nx"),
            (r"{\rtf1\uc1 M\u252?ller A1\-23\~4}", "Müller A123 4".to_owned()),
            (r"{\rtf1{\uc2 \u65ab}\u66?C}", "ABC".to_owned()),
            ("{\\rtf1 A12\r\n34\\bin3 abcx}", "A1234x".to_owned()),
        ];
        for (source, wanted) in cases {
            assert_eq!(String::from_utf8_lossy(&text(source.as_bytes())), wanted, "{source}");
        }
    }
}
