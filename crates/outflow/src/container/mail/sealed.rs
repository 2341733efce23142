//! Signed and encrypted mail: S/MIME (CMS, RFC 5652) and OpenPGP (RFC 9580).

use std::io::{self, Read};

use super::super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};

/// Bytes of signed content that are taken out of its envelope.
const SIGNED: u64 = 48 << 20;

/// Object identifiers of CMS: signed data and enveloped data, as they are encoded.
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const ENVELOPED: [&[u8]; 2] = [
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17",
];

/// The line that encrypted text begins with.
pub(in crate::container) const ARMOUR: &[u8] = b"-----BEGIN PGP MESSAGE-----";

/// Returns whether a part of this type is encrypted whatever it holds.
pub(super) fn encrypted(kind: &str) -> bool {
    matches!(kind, "multipart/encrypted" | "application/pgp-encrypted")
}

/// Returns whether a part of this type is a message in an envelope of CMS.
pub(super) fn envelope(kind: &str) -> bool {
    matches!(kind, "application/pkcs7-mime" | "application/x-pkcs7-mime")
}

/// Reads an envelope: the signed message inside, or `None` with what was read when it
/// holds none. An encrypted one is reported.
pub(super) fn open(
    walker: &mut Walker<'_>,
    place: &Place,
    input: &mut dyn Read,
) -> io::Result<(Option<Vec<u8>>, Vec<u8>)> {
    let mut bytes = Vec::new();
    input.take(SIGNED + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIGNED {
        walker.trouble(place, Trouble::Bounded(format!("a signed message of more than {SIGNED} bytes")));
    }
    // Certificates, attributes, and what else stands beside the message.
    walker.text_again(place, &bytes);
    let head = &bytes[..bytes.len().min(64)];
    let has = |what: &[u8]| memchr::memmem::find(head, what).is_some();
    if ENVELOPED.iter().any(|id| has(id)) {
        walker.seal();
        walker.trouble(place, Trouble::Encrypted);
    }
    // What stands behind the envelope.
    if let Some((start, Some(whole))) = length(&bytes, 1)
        && let Some(rest) = bytes.get(start.saturating_add(whole)..).filter(|r| !r.is_empty())
    {
        walker.text(place.within(Segment::Field("behind the envelope".to_owned())), Kind::Raw, rest);
    }
    let signed = has(SIGNED_DATA).then(|| content(&bytes)).filter(|c| !c.is_empty());
    Ok((signed, bytes))
}

/// Returns the octets of the longest string of octets, which may come in pieces: the
/// content of signed data stands before certificates and signatures, which have no string
/// of octets as long. Each byte is looked at once.
fn content(bytes: &[u8]) -> Vec<u8> {
    let mut best = Vec::new();
    let mut at = 0;
    while let Some((start, whole)) = length(bytes, at + 1) {
        let tag = bytes.get(at).copied().unwrap_or(0);
        if tag == 0x24 {
            let (octets, end) = pieces(bytes, start, whole);
            at = end;
            if octets.len() > best.len() {
                best = octets;
            }
        } else if tag & 0x20 != 0 {
            // What it holds is looked at one by one.
            at = start;
        } else {
            let Some(end) = whole.and_then(|n| start.checked_add(n)).filter(|end| *end <= bytes.len()) else {
                break;
            };
            if tag == 0x04 && end - start > best.len() {
                best = bytes.get(start..end).unwrap_or_default().to_vec();
            }
            at = end;
        }
    }
    best
}

/// Reads a string of octets in pieces, and returns where it ends.
fn pieces(bytes: &[u8], start: usize, whole: Option<usize>) -> (Vec<u8>, usize) {
    let end = whole.map_or(bytes.len(), |n| start.saturating_add(n)).min(bytes.len());
    let (mut all, mut at) = (Vec::new(), start);
    while at < end && bytes.get(at) == Some(&0x04) {
        let piece = length(bytes, at + 1).and_then(|(from, n)| Some((from, from.checked_add(n?)?)));
        let Some((from, to)) = piece.filter(|(_, to)| *to <= bytes.len()) else { break };
        all.extend_from_slice(bytes.get(from..to).unwrap_or_default());
        at = to;
    }
    (all, at)
}

/// Reads a length: where the content begins, and its length if it is given.
fn length(bytes: &[u8], at: usize) -> Option<(usize, Option<usize>)> {
    match *bytes.get(at)? {
        0x80 => Some((at + 1, None)),
        short @ ..0x80 => Some((at + 1, Some(usize::from(short)))),
        long => {
            let count = usize::from(long & 0x7f);
            let digits = bytes.get(at + 1..at + 1 + count).filter(|_| count <= 4)?;
            Some((at + 1 + count, Some(digits.iter().fold(0, |n, b| n << 8 | usize::from(*b)))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_joined() {
        assert_eq!(content(b"\x30\x05\x04\x03abc"), b"abc");
        assert_eq!(content(b"\x24\x80\x04\x02ab\x04\x02cd\x00\x00"), b"abcd");
        assert_eq!(content(b"\x24\x08\x04\x02ab\x04\x02cd\x04\x01x"), b"abcd");
        assert_eq!(content(b"\x30\x80\x06\x01\x04\xa0\x80\x24\x80\x04\x02ab\0\0\0\0\0\0"), b"ab");
        assert_eq!(content(b"\x04\x81\x03abc"), b"abc");
        assert_eq!(content(b"\x04\x7fabc"), b"");
    }
}
