//! A 4-ary heap of 16-byte entries: half the levels of a binary one, and the four
//! children of an entry lie in one cache line.

/// An entry: what is ordered first by `key`, then by `tie`, then by `load`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    /// Decides the order.
    pub(crate) key: u64,
    /// Decides between equal keys; drawn from ids, so that places do not matter.
    pub(crate) tie: u32,
    /// What it is about.
    pub(crate) load: u32,
}

impl Entry {
    /// Returns key and tie as one number: a single comparison without a branch.
    fn rank(self) -> u128 {
        (u128::from(self.key) << 64) | (u128::from(self.tie) << 32) | u128::from(self.load)
    }
}

/// The smallest entry first.
#[derive(Debug, Default, Clone)]
pub(crate) struct Heap {
    entries: Vec<Entry>,
}

impl Heap {
    /// Takes everything out and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Puts an entry in.
    pub(crate) fn push(&mut self, entry: Entry) {
        let mut place = self.entries.len();
        self.entries.push(entry);
        while place > 0 {
            let parent = (place - 1) / 4;
            if self.entries[parent].rank() <= entry.rank() {
                break;
            }
            self.entries[place] = self.entries[parent];
            place = parent;
        }
        self.entries[place] = entry;
    }

    /// Takes the smallest entry out.
    pub(crate) fn pop(&mut self) -> Option<Entry> {
        let last = self.entries.pop()?;
        let Some(first) = self.entries.first().copied() else { return Some(last) };
        let length = self.entries.len();
        let mut place = 0;
        loop {
            let child = 4 * place + 1;
            if child >= length {
                break;
            }
            let least =
                (child..length.min(child + 4)).min_by_key(|c| self.entries[*c].rank()).unwrap_or(child);
            if self.entries[least].rank() >= last.rank() {
                break;
            }
            self.entries[place] = self.entries[least];
            place = least;
        }
        self.entries[place] = last;
        Some(first)
    }

    /// Returns the memory held, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_come_out_in_order(keys in proptest::collection::vec((0_u64..50, 0_u32..3), 0..300)) {
            let mut heap = Heap::default();
            let mut expected: Vec<Entry> = Vec::new();
            for (load, (key, tie)) in (0_u32..).zip(&keys) {
                let entry = Entry { key: *key, tie: *tie, load };
                heap.push(entry);
                expected.push(entry);
                // Now and then one is taken out between, so that the heap shrinks as well.
                if load % 7 == 3 {
                    expected.sort();
                    prop_assert_eq!(heap.pop(), Some(expected.remove(0)));
                }
            }
            expected.sort();
            let out: Vec<Entry> = std::iter::from_fn(|| heap.pop()).collect();
            prop_assert_eq!(out, expected);
        }
    }
}
