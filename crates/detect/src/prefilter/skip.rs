//! A quick look that tells of most texts that they hold none of many parts.
//!
//! As S. Wu and U. Manber, "A fast algorithm for multi-pattern searching" (1994): three bytes of a
//! window as long as the shortest part say how far the window can be moved.

/// Bytes that are looked at together.
const BLOCK: usize = 3;

/// Number of hashes of a block.
const HASHES: usize = 1 << 15;

/// Parts shorter than this move the window too little.
const SHORTEST: usize = 5;

/// The parts, by what a window of the shortest one's length ends with.
#[derive(Debug)]
pub(super) struct Skip {
    /// Length of the shortest part.
    least: usize,
    /// By the hash of a window's last block how far the window can be moved; 0 where a part may stand.
    shifts: Box<[u8]>,
    /// The first bytes of every part, as many as the shortest has, by the hash of their last block.
    begins: Vec<(usize, Box<[u8]>)>,
}

/// Returns the hash of a block, the same for small and capital ASCII letters.
fn hash(block: &[u8]) -> usize {
    block.iter().fold(0, |hash, byte| (hash << 5) ^ usize::from(byte | 0x20)) & (HASHES - 1)
}

impl Skip {
    /// Returns the look for parts in small letters; `None` where one of them is too short.
    pub(super) fn new(parts: &[String]) -> Option<Self> {
        let least = parts.iter().map(String::len).min().filter(|least| *least >= SHORTEST)?;
        let far = |bytes: usize| u8::try_from(bytes).unwrap_or(u8::MAX);
        let mut shifts = vec![far(least - BLOCK + 1); HASHES].into_boxed_slice();
        let mut begins = Vec::new();
        for begin in parts.iter().filter_map(|part| part.as_bytes().get(..least)) {
            for (at, block) in begin.windows(BLOCK).enumerate() {
                if let Some(shift) = shifts.get_mut(hash(block)) {
                    *shift = far(least - BLOCK - at).min(*shift);
                }
            }
            begins.push((hash(begin.get(least - BLOCK..)?), Box::from(begin)));
        }
        begins.sort_unstable();
        begins.dedup();
        Some(Self { least, shifts, begins })
    }

    /// Returns whether the text may hold a part, without regard to the case of ASCII letters. It
    /// may say so of one that holds none, and never misses one.
    pub(super) fn may_hold(&self, text: &str) -> bool {
        let text = text.as_bytes();
        let mut end = self.least;
        while let Some(window) = text.get(end - self.least..end) {
            let hash = window.last_chunk::<BLOCK>().map_or(0, |block| hash(block));
            match self.shifts.get(hash) {
                Some(0) | None => {
                    if self.begins_with(hash, window) {
                        return true;
                    }
                    end += 1;
                }
                Some(shift) => end += usize::from(*shift),
            }
        }
        false
    }

    fn begins_with(&self, hash: usize, window: &[u8]) -> bool {
        let from = self.begins.partition_point(|(own, _)| *own < hash);
        let alike = self.begins.iter().skip(from).take_while(|(own, _)| *own == hash);
        alike.into_iter().any(|(_, begin)| begin.eq_ignore_ascii_case(window))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn no_text_that_holds_a_part_is_passed_over(
            parts in prop::collection::vec("[ab@`:]{5,9}", 1..6),
            text in "[abAB@`:é]{0,40}",
            planted in prop::option::of((any::<prop::sample::Index>(), 0..40_usize)),
        ) {
            let skip = Skip::new(&parts).expect("no part is short");
            let mut text = text;
            if let Some((part, at)) = planted {
                let at = text.char_indices().map(|(at, _)| at).nth(at).unwrap_or(text.len());
                text.insert_str(at, &part.get(&parts).to_ascii_uppercase());
            }
            let small = text.to_ascii_lowercase();
            if parts.iter().any(|part| small.contains(part.as_str())) {
                prop_assert!(skip.may_hold(&text), "{text:?} {parts:?}");
            }
        }
    }

    #[test]
    fn texts_without_a_part_are_passed_over() {
        let skip = Skip::new(&["sekurlsa::".to_owned(), "lsadump::".to_owned()]).expect("long enough");
        assert!(!skip.may_hold(&"C:\\Windows\\System32\\lsass.exe accessed ".repeat(40)));
        assert!(!skip.may_hold("lsadump:"));
        assert!(skip.may_hold("x LSADump::sam"));
        assert!(Skip::new(&["-enc".to_owned()]).is_none());
        assert!(Skip::new(&[]).is_none());
    }
}
