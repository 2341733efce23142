//! A name service that knows every name, on memory of a fixed size.

use std::net::IpAddr;

/// What a name has when nobody gave it an address: one of 198.51.100.0/24, reserved for
/// documentation (RFC 5737), the same for the same name.
pub(super) fn documentation_address(name: &[u8]) -> [u8; 4] {
    // FNV-1a, 32 bit.
    let hash = name
        .iter()
        .fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b.to_ascii_lowercase())).wrapping_mul(0x0100_0193));
    [198, 51, 100, (hash % 254 + 1) as u8]
}

/// A question about one name.
pub(super) struct Question {
    /// The name with dots.
    name: [u8; 256],
    length: usize,
    /// A (1), AAAA (28) or another type.
    kind: u16,
    /// Bytes of the question in the packet, the header included.
    end: usize,
}

/// What is written down for what is no question, or more than one. No name holds a blank
/// that anybody would declare.
pub(super) const MORE: &[u8] = b"(more than a question)";

impl Question {
    /// Returns whether a packet holds the question alone, but for the sender's own limits
    /// (RFC 6891, an OPT record).
    pub(super) fn is_all(&self, packet: &[u8]) -> bool {
        let rest = packet.get(self.end..).unwrap_or(&[]);
        let counts = packet.get(4..12).unwrap_or(&[]);
        match rest {
            [] => counts == [0, 1, 0, 0, 0, 0, 0, 0],
            [0, 0, 41, _, _, _, _, _, _, 0, 0]
            // A cookie of the client's (RFC 7873, 4.1).
            | [0, 0, 41, _, _, _, _, _, _, 0, 12, 0, 10, 0, 8, _, _, _, _, _, _, _, _] => {
                counts == [0, 1, 0, 0, 0, 0, 0, 1]
            }
            _ => false,
        }
    }

    /// Returns the name.
    pub(super) fn name(&self) -> &[u8] {
        self.name.get(..self.length).unwrap_or(&[])
    }
}

/// Reads the first question of a packet (RFC 1035, section 4.1).
pub(super) fn question(packet: &[u8]) -> Option<Question> {
    let count = u16::from_be_bytes([*packet.get(4)?, *packet.get(5)?]);
    let response = packet.get(2)? & 0x80 != 0;
    if count == 0 || response {
        return None;
    }
    let mut found = Question { name: [0; 256], length: 0, kind: 0, end: 0 };
    let mut at = 12;
    loop {
        let label = *packet.get(at)? as usize;
        if label == 0 {
            break;
        }
        if label > 63 {
            return None;
        }
        if found.length > 0 {
            *found.name.get_mut(found.length)? = b'.';
            found.length += 1;
        }
        let bytes = packet.get(at + 1..at + 1 + label)?;
        found.name.get_mut(found.length..found.length + label)?.copy_from_slice(bytes);
        found.length += label;
        at += 1 + label;
    }
    found.kind = u16::from_be_bytes([*packet.get(at + 1)?, *packet.get(at + 2)?]);
    found.end = at + 5;
    (packet.len() >= found.end).then_some(found)
}

/// Writes the answer to a question; returns its length.
pub(super) fn answer(
    packet: &[u8],
    asked: &Question,
    known: &[(Vec<u8>, IpAddr)],
    into: &mut [u8; 512],
) -> Option<usize> {
    let given = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(asked.name())).map(|(_, a)| *a);
    into.get_mut(..asked.end)?.copy_from_slice(packet.get(..asked.end)?);
    // A response without error that is authoritative enough; one question, no further sections.
    into.get_mut(2..12)?.copy_from_slice(&[0x85, 0x80, 0, 1, 0, 0, 0, 0, 0, 0]);
    let mut add = |bytes: &[u8], kind: u16| {
        let mut at = asked.end;
        let head = [0xc0, 12, 0, kind as u8, 0, 1, 0, 0, 0, 60, 0, bytes.len() as u8];
        into.get_mut(at..at + 12)?.copy_from_slice(&head);
        at += 12;
        into.get_mut(at..at + bytes.len())?.copy_from_slice(bytes);
        into[7] = 1;
        Some(at + bytes.len())
    };
    match (asked.kind, given) {
        (1, Some(IpAddr::V4(address))) => add(&address.octets(), 1),
        (1, None) => add(&documentation_address(asked.name()), 1),
        (28, Some(IpAddr::V6(address))) => add(&address.octets(), 28),
        _ => Some(asked.end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(name: &str, kind: u8) -> Vec<u8> {
        let mut bytes = vec![7, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            bytes.push(label.len() as u8);
            bytes.extend(label.as_bytes());
        }
        bytes.extend([0, 0, kind, 0, 1]);
        bytes
    }

    fn address(name: &str, kind: u8, known: &[(Vec<u8>, IpAddr)]) -> Vec<u8> {
        let asked = packet(name, kind);
        let mut into = [0; 512];
        let question = question(&asked).expect("a question");
        assert_eq!(question.name(), name.as_bytes());
        let length = answer(&asked, &question, known, &mut into).expect("an answer");
        into[asked.len()..length].iter().skip(12).copied().collect()
    }

    #[test]
    fn a_known_name_has_its_address_and_every_other_a_documentation_address() {
        let known = vec![(b"files.example".to_vec(), "203.0.113.10".parse().expect("an address"))];
        assert_eq!(address("files.example", 1, &known), [203, 0, 113, 10]);
        assert_eq!(address("FILES.example", 1, &known), [203, 0, 113, 10]);
        assert_eq!(address("files.example", 28, &known), [0_u8; 0]);
        assert_eq!(address("a.b.example", 1, &known)[..3], [198, 51, 100]);
    }

    #[test]
    fn what_stands_beside_a_question_is_noticed() {
        let alone = packet("files.example", 1);
        let is_all = |packet: &[u8]| question(packet).expect("a question").is_all(packet);
        assert!(is_all(&alone));
        let mut limits = alone.clone();
        limits[11] = 1;
        limits.extend([0, 0, 41, 4, 176, 0, 0, 0, 0, 0, 0]);
        assert!(is_all(&limits));
        let mut second = alone.clone();
        second[5] = 2;
        assert!(!is_all(&second));
        let mut hidden = alone;
        hidden.extend(b"words");
        assert!(!is_all(&hidden));
    }

    #[test]
    fn any_other_bytes_are_no_question() {
        let whole = packet("files.example", 1);
        for length in 0..whole.len() {
            assert!(question(&whole[..length]).is_none(), "{length} bytes");
        }
        let mut loops = whole;
        loops[12] = 0xc0;
        assert!(question(&loops).is_none());
    }
}
