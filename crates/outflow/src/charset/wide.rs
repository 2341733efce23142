//! Text of two bytes a character, and what other programs wrote into it: text of one byte a
//! character, and text that goes on a byte further or in the other byte order.

use encoding_rs::{Decoder, Encoding, UTF_16BE, UTF_16LE};

/// Characters in a row of which each is one of the Latin letters with its bytes exchanged:
/// such text is shifted by a byte.
const SHIFTED: usize = 6;

/// Pairs of bytes in a row that are text of one byte a character. Eight ideographs of which
/// both bytes look so are taken for it too.
const NARROW: usize = 8;

/// Digits among fewer pairs that are enough, as in a number that stands alone.
const NUMBER: usize = 8;

/// Decodes text of two bytes a character that comes in chunks.
pub(crate) struct Wide {
    encoding: &'static Encoding,
    decoder: Decoder,
    /// Bytes that are too few to tell.
    held: Vec<u8>,
    now: Width,
}

/// Bytes of a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    One,
    Two,
    Four,
}

impl std::fmt::Debug for Wide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.encoding.name())
    }
}

/// Where the text turns into another one.
enum Turn {
    /// Text of another width begins at an offset.
    Width(Width, usize),
    /// Characters begin a byte before or behind where they were looked for.
    Shifted(usize),
    /// Nowhere up to an offset; what follows is too short to tell.
    None(usize),
}

impl Wide {
    /// Returns what decodes the text that begins with `head`, by its mark or because nearly every
    /// second byte is zero; `None` where it has another width.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        let encoding = encoding(head)?;
        let decoder = encoding.new_decoder_with_bom_removal();
        Some(Self { encoding, decoder, held: Vec::new(), now: Width::Two })
    }

    /// Appends the text of the next bytes to `out`; with `last` also of those held back.
    pub(crate) fn feed(&mut self, chunk: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(chunk);
        let mut rest = bytes.as_slice();
        while !rest.is_empty() || last {
            if self.now != Width::Two {
                rest = if self.now == Width::One {
                    self.one(rest, last, out)
                } else {
                    self.four(rest, last, out)
                };
                if self.now != Width::Two {
                    break;
                }
                continue;
            }
            let (at, whole) = match self.turn(rest, last) {
                Turn::Width(width, at) => {
                    self.now = width;
                    (at, false)
                }
                Turn::Shifted(at) => (at, false),
                Turn::None(at) => (at, true),
            };
            let (now, later) = rest.split_at(at);
            self.decode(now, last || !whole, out);
            rest = later;
            if whole {
                break;
            }
            self.decoder = self.encoding.new_decoder_without_bom_handling();
        }
        self.held = rest.to_vec();
    }

    fn decode(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let room = self.decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 8);
        let mut text = String::with_capacity(room);
        let _ = self.decoder.decode_to_string(bytes, &mut text, last);
        out.extend_from_slice(text.as_bytes());
    }

    /// Takes text of one byte a character to its end, or as far as it came; returns the rest.
    fn one<'b>(&mut self, rest: &'b [u8], last: bool, out: &mut Vec<u8>) -> &'b [u8] {
        let mut length = rest.iter().take_while(|b| is_text(**b) || **b >= 0x80).count();
        let ended = length < rest.len();
        if ended && rest.get(length) == Some(&0) && self.encoding == UTF_16LE || !ended && !last {
            // The last byte may be the first of a character.
            length = length.saturating_sub(1);
        }
        let (now, later) = rest.split_at(length);
        out.extend_from_slice(now);
        if ended {
            self.now = Width::Two;
        }
        later
    }

    /// The same of text of four bytes a character.
    fn four<'b>(&mut self, rest: &'b [u8], last: bool, out: &mut Vec<u8>) -> &'b [u8] {
        let mut later = rest;
        while let Some((four, next)) = later.split_at_checked(4) {
            let Some(b) = alone(four) else {
                self.now = Width::Two;
                return later;
            };
            out.extend_from_slice(char::from(b).encode_utf8(&mut [0; 2]).as_bytes());
            later = next;
        }
        if last {
            self.now = Width::Two;
        }
        later
    }

    fn turn(&self, rest: &[u8], last: bool) -> Turn {
        let low = usize::from(self.encoding == UTF_16BE);
        let (mut narrow, mut digits, mut shifted) = (0, 0, 0);
        let (mut at, mut fours) = (0, [0; 2]);
        for pair in rest.chunks_exact(2) {
            if pair.iter().all(|b| is_text(*b)) {
                narrow += 1;
                digits += pair.iter().filter(|b| b.is_ascii_digit()).count();
                if narrow == NARROW || digits >= NUMBER {
                    let start = at + 2 - narrow * 2;
                    // A byte of the text may be the second one of the pair before.
                    let before = start.checked_sub(1).filter(|p| rest.get(*p).is_some_and(|b| is_text(*b)));
                    return Turn::Width(Width::One, before.unwrap_or(start));
                }
            } else {
                (narrow, digits) = (0, 0);
            }
            let exchanged = pair.get(low) == Some(&0) && pair.get(1 - low).is_some_and(|b| is_text(*b));
            shifted = if exchanged { shifted + 1 } else { 0 };
            if shifted == SHIFTED {
                let start = at + 2 - SHIFTED * 2;
                return Turn::Shifted(start.checked_sub(1).unwrap_or(start + 1));
            }
            if let Some(four) = rest.get(at..at + 4) {
                let [this, next] = fours;
                fours = [next, if alone(four).is_some() { this + 1 } else { 0 }];
                if fours[1] == SHIFTED {
                    return Turn::Width(Width::Four, at + 4 - SHIFTED * 4);
                }
            }
            at += 2;
        }
        if last {
            return Turn::None(rest.len());
        }
        // One pair more: a text may begin with its second byte.
        Turn::None(at.saturating_sub((narrow.max(shifted) * 2).max(fours[0].max(fours[1]) * 4) + 2))
    }
}

/// Returns the Latin letter that stands alone in four bytes, the others zeros.
fn alone(four: &[u8]) -> Option<u8> {
    let mut set = four.iter().copied().filter(|b| *b != 0);
    set.next().filter(|b| (is_text(*b) || *b >= 0xa0) && set.next().is_none())
}

/// Returns whether this is a byte of ASCII text.
fn is_text(b: u8) -> bool {
    matches!(b, b' '..=b'~' | b'\n' | b'\r' | b'\t')
}

fn encoding(head: &[u8]) -> Option<&'static Encoding> {
    // Four bytes a character begin with the same mark.
    if head.starts_with(b"\xff\xfe\0\0") {
        return None;
    }
    if head.starts_with(b"\xff\xfe") {
        return Some(UTF_16LE);
    }
    if head.starts_with(b"\xfe\xff") {
        return Some(UTF_16BE);
    }
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count() * 2;
    let (even, odd) = (zeros(0), zeros(1));
    let most = head.len() * 7 / 10;
    let few = head.len() / 20;
    match head.len() {
        0..16 => None,
        _ if odd > most && even <= few => Some(UTF_16LE),
        _ if even > most && odd <= few => Some(UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &[u8], bytes: &[u8], cut: usize) -> String {
        let mut wide = Wide::of(head).expect("two bytes a character");
        let mut out = Vec::new();
        for chunk in bytes.chunks(cut) {
            wide.feed(chunk, false, &mut out);
        }
        wide.feed(&[], true, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn what_was_written_into_wide_text_is_read_however_it_is_cut() {
        let little = |t: &str| t.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big = |t: &str| t.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let text = "Ein Text mit Umlauten: für 1234567 €, 身分證字號.\r\n";
        let note = "KVNR A123456780, gültig\n";
        for (encode, other) in
            [(&little as &dyn Fn(&str) -> Vec<u8>, &big as &dyn Fn(&str) -> Vec<u8>), (&big, &little)]
        {
            let head = encode("Ein Text");
            let whole = encode(&text.repeat(3));
            let four = |t: &str| t.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect::<Vec<u8>>();
            let cases: Vec<(Vec<u8>, Vec<&str>)> = vec![
                (whole.clone(), vec![text]),
                ([&whole, note.as_bytes()].concat(), vec![text, note]),
                ([&whole, note.as_bytes(), &whole].concat(), vec![text, note]),
                ([whole.as_slice(), b"\nA123456780\n", &whole].concat(), vec![text, "A123456780"]),
                (
                    [whole.as_slice(), b"x", &encode("\r\nKVNR A123456780")].concat(),
                    vec![text, "KVNR A123456780"],
                ),
                (
                    [whole.as_slice(), &other("\r\nKVNR A123456780\r\n"), &whole].concat(),
                    vec![text, "KVNR A123456780"],
                ),
                ([&whole[..41], note.as_bytes(), &whole[41..]].concat(), vec!["KVNR A123456780", text]),
                ([&whole[..42], note.as_bytes(), &whole[42..]].concat(), vec!["KVNR A123456780", text]),
                ([&whole[..41], note.as_bytes(), &whole[64..]].concat(), vec!["KVNR A123456780", text]),
                (
                    [whole.as_slice(), &four("\r\nKVNR A123456780\r\n"), &whole].concat(),
                    vec![text, "KVNR A123456780"],
                ),
            ];
            for (n, (bytes, wanted)) in cases.iter().enumerate() {
                for cut in [1, 2, 3, 5, 7, 16, 4096] {
                    let shown = read(&head, bytes, cut);
                    assert_eq!(shown, read(&head, bytes, 4096), "case {n} in pieces of {cut}");
                    assert!(wanted.iter().all(|w| shown.contains(w)), "case {n}: {shown}");
                    // Nothing is taken for what was written into it that was not.
                    assert!(n > 0 || shown == text.repeat(3), "{shown}");
                }
            }
        }
    }
}
