//! Numbers whose letters and digits are written as escapes (`%41`, `\u0041`, `\x41`, `&#65;`)
//! or with the digits of other scripts.

use crate::mask;

/// Bytes before and behind such a letter that are read with it: the number, and what names it.
const BEFORE: usize = 160;
const AFTER: usize = 256;

/// Bytes after which the next such letter is looked for: a number fits twice.
const STEP: usize = 128;

/// Bytes of an escape that its first bytes identify.
const ESCAPE: usize = 8;

/// Calls `found` with the text around each number that begins behind `from`, decoded, and where
/// that text begins. Returns from where on the bytes are needed once more, and sets `from` to
/// where to go on.
pub(super) fn each(
    bytes: &[u8],
    from: &mut usize,
    entities: bool,
    last: bool,
    mut found: impl FnMut(usize, Vec<u8>),
) -> usize {
    let ascii = bytes.is_ascii();
    while let Some(at) = next(bytes, *from, entities, ascii) {
        if !last && at + AFTER > bytes.len() {
            *from = at;
            return at.saturating_sub(BEFORE);
        }
        let start = at.saturating_sub(BEFORE);
        let window = bytes.get(start..bytes.len().min(at + AFTER)).unwrap_or_default();
        if let Some(text) = mask::spelled(&String::from_utf8_lossy(window)) {
            found(start, text.into_bytes());
        }
        *from = at + STEP;
    }
    *from = (*from).max(bytes.len().saturating_sub(ESCAPE));
    if last { bytes.len() } else { bytes.len().saturating_sub(BEFORE) }
}

/// Returns the next letter or digit that is written in another way.
fn next(bytes: &[u8], from: usize, entities: bool, ascii: bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let escaped = memchr::memchr3_iter(b'%', b'\\', b'&', rest).find(|at| escaped(&rest[*at..], entities));
    let other = if ascii {
        None
    } else {
        memchr::memchr3_iter(0xef, 0xf0, 0xd9, rest).find(|at| foreign(&rest[*at..]))
    };
    escaped.into_iter().chain(other).min().map(|at| from + at)
}

/// Returns whether an escape for an ASCII letter or digit stands here, or for the sign that
/// begins one.
fn escaped(rest: &[u8], entities: bool) -> bool {
    let coded = |digits: Option<&[u8]>| {
        let text = digits.and_then(|d| std::str::from_utf8(d).ok());
        let code = text.and_then(|t| u8::from_str_radix(t, 16).ok());
        code.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'%')
    };
    match *rest {
        [b'%', ..] => coded(rest.get(1..3)),
        [b'\\', b'u', b'0', b'0', ..] => coded(rest.get(4..6)),
        [b'\\', b'u', b'{', ..] => true,
        [b'\\', b'x', ..] => coded(rest.get(2..4)),
        [b'&', b'#', ..] => entities,
        _ => false,
    }
}

/// Returns whether a digit or letter of full width, a mathematical digit, or an Arabic-Indic
/// digit stands here.
fn foreign(rest: &[u8]) -> bool {
    matches!(
        rest,
        [0xef, 0xbc, 0x90..=0x99 | 0xa1..=0xba, ..] | [0xf0, 0x9d, 0x9f, ..] | [0xd9, 0xa0..=0xa9, ..]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_however_they_are_spelled_and_cut() {
        let number = "A123456780";
        let all = |one: &dyn Fn(char) -> String| number.chars().map(one).collect::<String>();
        let shifted = |to: u32| {
            all(&move |c| {
                let digit = c.to_digit(10).and_then(|d| char::from_u32(to + d));
                digit.unwrap_or(c).to_string()
            })
        };
        let percent = all(&|c| format!("%{:02X}", u32::from(c)));
        let spelled = [
            percent.replace('%', "%25"),
            percent,
            all(&|c| format!("\\u{:04x}", u32::from(c))),
            all(&|c| format!("\\u{{{:x}}}", u32::from(c))),
            all(&|c| format!("\\x{:02x}", u32::from(c))),
            all(&|c| format!("&#{};", u32::from(c))),
            all(&|c| format!("&#x{:x};", u32::from(c))),
            "\\u0041123456780".to_owned(),
            "A12345%36780".to_owned(),
            shifted(0xff10),
            shifted(0x1d7ce),
            shifted(0x660),
        ];
        let plain = "nothing here, 100 %41 of it, C:\\x64 and \\u0041. ".repeat(20);
        for form in spelled {
            for cut in [1, 7, 500, 4096] {
                let text = format!("{plain}KVNR {form}, and A123456780 in letters.{plain}");
                let (mut held, mut seen, mut from) = (Vec::new(), Vec::new(), 0);
                let chunks: Vec<&[u8]> = text.as_bytes().chunks(cut).chain([&[][..]]).collect();
                for (n, chunk) in chunks.iter().enumerate() {
                    held.extend_from_slice(chunk);
                    let last = n + 1 == chunks.len();
                    let kept = each(&held, &mut from, true, last, |_, text| {
                        seen.push(String::from_utf8_lossy(&text).into_owned());
                    });
                    held.drain(..kept);
                    from = from.saturating_sub(kept);
                }
                let wanted = |t: &&String| {
                    t.matches("KVNR A123456780,").count() == 1 && t.matches(number).count() == 1
                };
                assert!(seen.iter().any(|t| wanted(&t)), "{form} in pieces of {cut}: {seen:?}");
            }
            assert!(mask::spelled(&plain).is_none());
        }
    }
}
