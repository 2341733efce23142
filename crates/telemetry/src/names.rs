//! Names of fields, each kept once.

use std::borrow::Cow;
use std::sync::OnceLock;

use model::event::Name;

/// Names that are kept: Sigma's rules for Windows and Linux name 500 fields, and an event log
/// has about 3,000 (Microsoft, "Windows Security Log Events"; Sysmon).
const SLOTS: usize = 4_096;

/// Places in which a name may stand.
const PROBES: usize = 4;

/// Bytes of the longest name that is kept. With the number of slots this bounds what a log of
/// made-up names can take for good: 256 KiB.
const LONGEST: usize = 64;

static KEPT: [OnceLock<&'static str>; SLOTS] = [const { OnceLock::new() }; SLOTS];

/// Returns the name, shared where there is room for it.
pub(crate) fn shared(name: &str) -> Name {
    if name.len() <= LONGEST {
        let hash = hash(name.as_bytes());
        for probe in 0..PROBES {
            let Some(slot) = KEPT.get(hash.wrapping_add(probe) % SLOTS) else { break };
            let own: &'static str = slot.get_or_init(|| Box::leak(Box::from(name)));
            if own == name {
                return Cow::Borrowed(own);
            }
        }
    }
    Cow::Owned(name.to_owned())
}

/// Returns the hash of a name: its length and its first and last eight bytes, multiplied
/// (Fibonacci hashing; Knuth, "The Art of Computer Programming", 6.4).
pub(crate) fn hash(name: &[u8]) -> usize {
    let word = |part: &[u8]| part.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    let (head, tail) = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => (word(name), 0),
    };
    let length = u64::try_from(name.len()).unwrap_or_default();
    let mixed = (head ^ tail.rotate_left(29) ^ length << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 40).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_itself_whether_kept_or_not() {
        let mut shared_names = 0;
        for number in 0..3 * SLOTS {
            for name in [format!("F{number}"), format!("{number}{}", "x".repeat(LONGEST))] {
                let own = shared(&name);
                assert_eq!(own, name);
                shared_names += usize::from(matches!(own, Cow::Borrowed(_)));
            }
        }
        assert!(shared_names <= SLOTS, "{shared_names} names are kept");
    }
}
