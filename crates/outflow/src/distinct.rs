//! Counting each once, in bounded memory.

use std::collections::BTreeSet;

/// Registers of the estimate, a power of two.
const REGISTERS: usize = 1 << 14;

/// A count of distinct hashes: exact up to a bound, HyperLogLog beyond it.
#[derive(Debug, Clone)]
pub(crate) struct Distinct {
    most: usize,
    kept: BTreeSet<u64>,
    registers: Vec<u8>,
}

impl Distinct {
    /// Returns an empty count that keeps at most `most` hashes.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, kept: BTreeSet::new(), registers: Vec::new() }
    }

    /// Counts a hash.
    pub(crate) fn add(&mut self, hash: u64) {
        if self.registers.is_empty() {
            self.kept.insert(hash);
            if self.kept.len() > self.most {
                self.estimate_from_here();
            }
        } else {
            self.register(hash);
        }
    }

    fn estimate_from_here(&mut self) {
        self.registers = vec![0; REGISTERS];
        for hash in std::mem::take(&mut self.kept) {
            self.register(hash);
        }
    }

    fn register(&mut self, hash: u64) {
        let at = (hash >> 50) as usize;
        let rank = ((hash << 14) | 1 << 13).leading_zeros() as u8 + 1;
        self.registers[at] = self.registers[at].max(rank);
    }

    /// Adds what another count has seen.
    pub(crate) fn absorb(&mut self, other: Self) {
        if !other.registers.is_empty() {
            if self.registers.is_empty() {
                self.estimate_from_here();
            }
            for (own, theirs) in self.registers.iter_mut().zip(other.registers) {
                *own = (*own).max(theirs);
            }
        }
        for hash in other.kept {
            self.add(hash);
        }
    }

    /// Returns how many distinct hashes were counted, as far as is known.
    pub(crate) fn count(&self) -> u64 {
        if self.registers.is_empty() {
            return self.kept.len() as u64;
        }
        let m = REGISTERS as f64;
        let sum: f64 = self.registers.iter().map(|r| libm::ldexp(1.0, -i32::from(*r))).sum();
        // Flajolet et al. 2007: bias constant for many registers, and linear
        // counting where many are still empty.
        let estimate = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
        let empty = self.registers.iter().filter(|r| **r == 0).count();
        let corrected =
            if estimate <= 2.5 * m && empty > 0 { m * libm::log(m / empty as f64) } else { estimate };
        corrected.round() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u64) -> u64 {
        blake3::hash(&n.to_le_bytes()).as_bytes()[..8].try_into().map_or(0, u64::from_le_bytes)
    }

    #[test]
    fn few_are_counted_exactly_and_many_within_three_standard_errors() {
        let mut few = Distinct::new(1000);
        let mut many = Distinct::new(1000);
        for n in 0..1000 {
            few.add(hash(n % 500));
        }
        for n in 0..200_000 {
            many.add(hash(n % 100_000));
        }
        assert_eq!(few.count(), 500);
        assert!(few.registers.is_empty() && !many.registers.is_empty());
        let error = many.count() as f64 / 100_000.0 - 1.0;
        assert!(error.abs() < 3.0 * 0.0081, "{error}");
        let (mut joined, mut other) = (few.clone(), few.clone());
        joined.absorb(many.clone());
        other.absorb(few);
        assert_eq!((joined.count(), other.count()), (many.count(), 500));
    }
}
