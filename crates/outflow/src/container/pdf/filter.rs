//! Filters of PDF streams, within a bound.

use std::io::Read;

use super::syntax::{get, word};

/// What a stream decodes to.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// It was cut at the limit.
    pub(super) cut: bool,
    /// Its packing is damaged: the bytes are those before the damage.
    pub(super) damaged: bool,
    /// Bytes of the stream that were used, where a checksum stands for each of them.
    pub(super) used: Option<usize>,
}

/// Decodes a stream. One whose filter is that of a picture, or damaged, gives what could be
/// decoded.
pub(super) fn decode(dictionary: &[u8], data: &[u8], limit: usize) -> Decoded {
    let filters = get(dictionary, b"Filter").unwrap_or(b"");
    let mut bytes: Option<Vec<u8>> = None;
    let (mut damaged, mut used) = (false, None);
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'/', &filters[at..]) {
        let start = at + next + 1;
        at = word(filters, start);
        let input = bytes.as_deref().unwrap_or(data);
        bytes = Some(match &filters[start..at] {
            b"FlateDecode" | b"Fl" => {
                let (out, taken) = inflate(input, limit);
                damaged |= taken.is_none();
                if bytes.is_none() {
                    used = taken;
                }
                out
            }
            b"ASCII85Decode" | b"A85" => ascii85(input, limit),
            b"ASCIIHexDecode" | b"AHx" => hex(input, limit),
            b"RunLengthDecode" | b"RL" => run_length(input, limit),
            _ => Vec::new(),
        });
    }
    let mut bytes = bytes.unwrap_or_else(|| data[..data.len().min(limit.saturating_add(1))].to_vec());
    let cut = bytes.len() > limit;
    bytes.truncate(limit);
    Decoded { bytes, cut, damaged, used: used.filter(|_| !cut) }
}

/// Returns the first filter of a stream that is not read, pictures' filters apart.
pub(super) fn unread(dictionary: &[u8]) -> Option<String> {
    const READ: [&[u8]; 10] = [
        b"FlateDecode",
        b"Fl",
        b"ASCII85Decode",
        b"A85",
        b"ASCIIHexDecode",
        b"AHx",
        b"RunLengthDecode",
        b"RL",
        b"DCTDecode",
        b"JPXDecode",
    ];
    let filters = get(dictionary, b"Filter").unwrap_or(b"");
    let mut rest = filters;
    while let Some(at) = memchr::memchr(b'/', rest) {
        let end = word(rest, at + 1);
        let name = &rest[at + 1..end];
        if !READ.contains(&name) {
            return Some(String::from_utf8_lossy(&name[..name.len().min(40)]).into_owned());
        }
        rest = &rest[end..];
    }
    None
}

/// Unpacks runs: a length below 128 and so many bytes and one, or above it and one byte to repeat.
fn run_length(input: &[u8], limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(length) =
        input.get(at).map(|b| usize::from(*b)).filter(|n| *n != 128 && bytes.len() <= limit)
    {
        if length < 128 {
            let end = (at + 2 + length).min(input.len());
            bytes.extend_from_slice(&input[at + 1..end]);
            at = end;
        } else {
            bytes.extend(std::iter::repeat_n(input.get(at + 1).copied().unwrap_or(0), 257 - length));
            at += 2;
        }
    }
    bytes
}

/// Unpacks, and returns how many bytes were used; `None` where they are damaged. What
/// precedes a fault is kept.
fn inflate(input: &[u8], limit: usize) -> (Vec<u8>, Option<usize>) {
    let mut bytes = Vec::new();
    let mut decoder = flate2::bufread::ZlibDecoder::new(input);
    let read = (&mut decoder).take(limit as u64 + 1).read_to_end(&mut bytes);
    let used = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
    (bytes, read.is_ok().then_some(used))
}

fn ascii85(input: &[u8], limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut group = [84_u32; 5];
    let mut count = 0;
    for byte in input {
        match byte {
            b'z' if count == 0 => bytes.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                group[count] = u32::from(byte - b'!');
                count += 1;
                if count == 5 {
                    bytes.extend_from_slice(&whole(&group));
                    (group, count) = ([84; 5], 0);
                }
            }
            b'~' => break,
            _ => {}
        }
        if bytes.len() > limit {
            break;
        }
    }
    if count > 1 {
        bytes.extend_from_slice(&whole(&group)[..count - 1]);
    }
    bytes
}

fn whole(group: &[u32; 5]) -> [u8; 4] {
    group.iter().fold(0_u32, |n, digit| n.wrapping_mul(85).wrapping_add(*digit)).to_be_bytes()
}

/// Returns the bytes of hexadecimal digits; others are ignored, an odd one counts as `x0`.
pub(super) fn hex(input: &[u8], limit: usize) -> Vec<u8> {
    let digits: Vec<u8> = input
        .iter()
        .take_while(|b| **b != b'>')
        .filter_map(|b| char::from(*b).to_digit(16))
        .map(|d| d as u8)
        .take(limit.saturating_mul(2).saturating_add(2))
        .collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}
