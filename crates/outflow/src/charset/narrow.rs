//! UTF-16 and UTF-32 in the middle of other bytes: strings in memory images and old office
//! files, and logs that a second program went on writing in another encoding.

/// Characters in a row that make a string.
const RUN: usize = 6;

/// Bytes of a character, the last of them zeros.
const WIDTHS: [usize; 2] = [2, 4];

/// Bytes by which a string is told.
const TOLD: usize = RUN * 4;

/// Replaces strings of two or four bytes a character, all but the first zero, by text of one byte
/// a character and as many zeros behind it as it has become shorter, so that what
/// comes later keeps its offset. The text of the other byte order has the same look.
#[derive(Debug, Default)]
pub(super) struct Narrow {
    /// Bytes whose pair is not complete, or that are too few to tell.
    held: Vec<u8>,
    /// Bytes of a character of the string that is open, 0 outside of one.
    width: usize,
    /// Zeros that are owed.
    owed: usize,
}

/// Returns whether this is a Latin letter, digit, sign or blank, as U+0000 to U+00FF.
fn latin(b: u8) -> bool {
    matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t' | 0xa0..)
}

/// Returns whether a string of so many bytes a character begins here.
fn begins(bytes: &[u8], width: usize) -> bool {
    let characters = bytes.chunks_exact(width).take(RUN);
    characters.take_while(|c| latin(c[0]) && c[1..].iter().all(|b| *b == 0)).count() == RUN
}

impl Narrow {
    /// Appends the next bytes to `out`.
    pub(super) fn feed(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        let alone = self.held.len() <= 1 || chunk.len() >= 2;
        if self.width == 0 && alone && memchr::memchr(0, chunk).is_none() {
            // Without a zero no string begins, and none of those held goes on; the
            // second half of the last byte may come with the next chunk.
            let (all, last) = chunk.split_at(chunk.len().saturating_sub(1));
            out.append(&mut self.held);
            out.extend_from_slice(all);
            self.held.extend_from_slice(last);
            return;
        }
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(chunk);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            rest = if self.width > 0 { self.string(rest, out) } else { self.other(rest, false, out) };
            if rest.len() < TOLD {
                break;
            }
        }
        self.held = rest.to_vec();
    }

    /// Appends what was held back.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_slice();
        loop {
            if self.width == 0 {
                rest = self.other(rest, true, out);
            }
            if self.width == 0 {
                return;
            }
            rest = self.string(rest, out);
            if self.width > 0 {
                self.pay(out);
                out.extend_from_slice(rest);
                return;
            }
        }
    }

    /// Takes characters to the end of the string; returns the rest.
    fn string<'a>(&mut self, mut rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        while let Some(([b, zeros @ ..], later)) = rest.split_at_checked(self.width) {
            if !latin(*b) || zeros.iter().any(|b| *b != 0) {
                self.pay(out);
                return rest;
            }
            let before = out.len();
            out.extend_from_slice(char::from(*b).encode_utf8(&mut [0; 2]).as_bytes());
            self.owed += self.width - (out.len() - before);
            rest = later;
        }
        rest
    }

    fn pay(&mut self, out: &mut Vec<u8>) {
        out.resize(out.len() + self.owed, 0);
        self.owed = 0;
        self.width = 0;
    }

    /// Takes bytes up to where a string begins, or may begin; with `last` none may.
    fn other<'a>(&mut self, rest: &'a [u8], last: bool, out: &mut Vec<u8>) -> &'a [u8] {
        let mut from = 0;
        while let Some(at) = memchr::memchr(0, &rest[from..]).map(|p| from + p) {
            let Some(start) = at.checked_sub(1).filter(|p| latin(rest[*p])) else {
                // What follows a zero that is no second half may be a run of zeros.
                from = at + 1 + rest[at + 1..].iter().take_while(|b| **b == 0).count();
                continue;
            };
            if let Some(width) = WIDTHS.into_iter().find(|width| begins(&rest[start..], *width)) {
                out.extend_from_slice(&rest[..start]);
                self.width = width;
                return &rest[start..];
            }
            if !last && rest.len() - start < TOLD {
                out.extend_from_slice(&rest[..start]);
                return &rest[start..];
            }
            from = at + 1;
        }
        let keep = usize::from(!last && rest.last().is_some_and(|b| latin(*b)));
        let (all, last) = rest.split_at(rest.len() - keep);
        out.extend_from_slice(all);
        last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(bytes: &[u8], cut: usize) -> Vec<u8> {
        let (mut narrow, mut out) = (Narrow::default(), Vec::new());
        for chunk in bytes.chunks(cut) {
            narrow.feed(chunk, &mut out);
        }
        narrow.finish(&mut out);
        out
    }

    #[test]
    fn strings_are_narrowed_and_the_rest_keeps_its_bytes_and_offsets_however_it_is_cut() {
        let wide = |t: &str| t.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big = |t: &str| t.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let four = |t: &str| t.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<u8>>();
        let zeros = |n: usize| vec![0; n];
        let cases: Vec<(Vec<u8>, Vec<u8>)> = vec![
            (b"plain text, nothing else".to_vec(), b"plain text, nothing else".to_vec()),
            (
                [&b"log\n"[..], &wide("KVNR A123456780\r\n"), b"log\n"].concat(),
                [&b"log\n"[..], b"KVNR A123456780\r\n", &zeros(17), b"log\n"].concat(),
            ),
            (
                [&b"\x01\x02"[..], &big("für A123456780"), b"\0\x03"].concat(),
                [&b"\x01\x02\0"[..], "für A123456780".as_bytes(), &zeros(13), b"\x03"].concat(),
            ),
            (
                b"a\0b\0c\0\x01\x01\x01\x01\x01\x01\x01".to_vec(),
                b"a\0b\0c\0\x01\x01\x01\x01\x01\x01\x01".to_vec(),
            ),
            ([zeros(1000), b"x".to_vec()].concat(), [zeros(1000), b"x".to_vec()].concat()),
            (
                [&b"log\n"[..], &four("KVNR A123456780\r\n"), b"log\n"].concat(),
                [&b"log\n"[..], b"KVNR A123456780\r\n", &zeros(51), b"log\n"].concat(),
            ),
            (
                [&b"\x01\x02\0\0\0"[..], &four("abc\u{fc}def")].concat(),
                [&b"\x01\x02\0\0\0"[..], "abc\u{fc}def".as_bytes(), &zeros(20)].concat(),
            ),
            (
                [&b"log\n"[..], &wide("abcdefgh"), b"\x01"].concat(),
                [&b"log\nabcdefgh"[..], &zeros(8), b"\x01"].concat(),
            ),
            (wide("abcdefgh"), [&b"abcdefgh"[..], &zeros(8)].concat()),
        ];
        for (bytes, expected) in cases {
            for cut in [1, 2, 3, 5, 7, 11, 16, 4096] {
                assert_eq!(narrowed(&bytes, cut), expected, "{bytes:?} in pieces of {cut}");
            }
        }
    }
}
