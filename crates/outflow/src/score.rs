//! From evidence to confidence.
//!
//! One in ten random strings of a letter and nine digits passes the check digit.
//! So the first question is what the other numbers of this shape in the same
//! stretch of text look like: when one in ten of them is valid, they are order
//! numbers or serials, and a valid one among them is chance; when all are, they
//! are what they seem. The share θ of true numbers among those of the shape is
//! estimated from the others, pulled towards a prior, and a valid number is then
//! true with θ / (θ + (1 − θ) / 10). What stands around it is added as logits.

use std::collections::BTreeMap;

use model::outflow::{Reason, What, Why};
use model::quantity::Ratio;

use crate::look::{Seen, Shape};

/// Share of random strings of the shape that pass the check digit.
const BY_CHANCE: f64 = 0.1;

/// Share of true numbers among those of the shape where nothing is known: it
/// makes a lone valid number without any context an even bet.
const PRIOR: f64 = 0.08;

/// How many numbers the prior weighs as much as.
const PRIOR_WEIGHT: f64 = 3.0;

/// Numbers with the same word or separator before them that are needed to judge
/// by them alone.
const GROUP: u64 = 8;

/// Least weight of the numbers with the same word before them.
const OWN_LEAST: i32 = -600;

/// Least weight of numbers with other words before them: two supporting things
/// nearby outweigh it.
const OTHERS_LEAST: i32 = -200;

/// Numbers of earlier stretches that are remembered, so that a later change shows.
const MEMORY: u64 = 200;

/// Numbers of the shape of a KVNR, and how many of them were valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tried {
    shaped: u64,
    valid: u64,
}

impl Tried {
    fn add(&mut self, valid: bool) {
        self.shaped += 1;
        self.valid += u64::from(valid);
    }

    fn faded(self) -> Self {
        if self.shaped <= MEMORY {
            return self;
        }
        Self { shaped: MEMORY, valid: self.valid * MEMORY / self.shaped }
    }
}

/// Shares of valid numbers in the current part.
#[derive(Debug, Clone, Default)]
pub(crate) struct Density {
    all: Tried,
    groups: BTreeMap<u32, Tried>,
}

/// Groups that are remembered; a text with more of them has no columns.
const GROUPS: usize = 4096;

impl Density {
    /// Takes the numbers of the next stretch; equal ones count once.
    pub(crate) fn next(&mut self, shapes: &mut Vec<Shape>) {
        self.all = self.all.faded();
        if self.groups.len() > GROUPS {
            self.groups.clear();
        }
        for tried in self.groups.values_mut() {
            *tried = tried.faded();
        }
        shapes.sort_unstable();
        shapes.dedup();
        for shape in shapes.drain(..) {
            self.all.add(shape.valid);
            self.groups.entry(shape.group).or_default().add(shape.valid);
        }
    }

    /// Returns the weight of a valid number's neighbours, in hundredths of a logit.
    fn weight(&self, group: u32) -> i32 {
        let own = self.groups.get(&group).copied().unwrap_or_default();
        let tried = if own.shaped >= GROUP { own } else { self.all };
        let (n, k) = (tried.shaped.saturating_sub(1) as f64, tried.valid.saturating_sub(1) as f64);
        let share = if n > 0.0 { ((k / n - BY_CHANCE) / (1.0 - BY_CHANCE)).max(0.0) } else { 0.0 };
        let theta = (share * n + PRIOR * PRIOR_WEIGHT) / (n + PRIOR_WEIGHT);
        let odds = theta / ((1.0 - theta).max(1e-6) * BY_CHANCE);
        let weight = (libm::log(odds) * 100.0).round() as i32;
        // What stands after another word is no proof against this one.
        if own.shaped >= GROUP { weight.max(OWN_LEAST) } else { weight.max(OTHERS_LEAST) }
    }

    /// Returns the confidence in a number and all reasons, weightiest first.
    pub(crate) fn confidence(&self, seen: &Seen) -> (Ratio, Vec<Reason>) {
        let mut reasons = seen.evidence.reasons.clone();
        if seen.what == What::Kvnr {
            reasons.push(Reason { why: Why::Density, weight: self.weight(seen.group) });
        }
        reasons.sort_by_key(|r| (std::cmp::Reverse(r.weight.abs()), r.why));
        let logit: i32 = reasons.iter().map(|r| r.weight).sum();
        let confidence = 1.0 / (1.0 + libm::exp(-f64::from(logit) / 100.0));
        (Ratio::clamped((confidence * 1000.0).round() / 1000.0), reasons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identify::Value;

    fn shapes(group: u32, count: u32, valid: impl Fn(u32) -> bool) -> Vec<Shape> {
        let shape = |n: u32| Shape { group, value: Value::from_text(&format!("A{n:09}")), valid: valid(n) };
        (0..count).map(shape).collect()
    }

    /// Ten thousand order numbers at the top of a file say nothing about a column of
    /// insured people at its end.
    #[test]
    fn what_stood_far_before_fades() {
        let mut density = Density::default();
        density.next(&mut shapes(1, 10_000, |n| n % 10 == 0));
        let before = density.weight(1);
        density.next(&mut shapes(1, 100, |_| true));
        assert!(before < -300 && density.weight(1) > 0, "{before}, then {}", density.weight(1));
    }

    /// Other columns' numbers outweigh no two supporting things, those of the own do.
    #[test]
    fn other_columns_weigh_less_than_the_own_one() {
        let mut density = Density::default();
        density.next(&mut shapes(1, 10_000, |n| n % 10 == 0));
        assert_eq!(density.weight(2), OTHERS_LEAST);
        assert_eq!(density.weight(1), OWN_LEAST);
        assert_eq!((OTHERS_LEAST, OWN_LEAST), (-200, -600), "docs/outflow.md says so");
    }
}
