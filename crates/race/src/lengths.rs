//! Many log-normal lengths of time at once: the bits of [`Span::at`] in less time.
//!
//! Four are computed side by side without a branch, so that one instruction serves several.
//! Left to [`Span::at`] is what takes another way there: the tails of the normal quantile, and
//! lengths below 2.8 minutes or beyond 10^307, where the exponential reduces its argument
//! otherwise.

use model::quantity::Millis;

use crate::exponential::{is_reduced, reduced};
use crate::span::{A, B, MIDDLE, Span, normal_quantile};

/// Lengths computed side by side.
const LANES: usize = 4;

/// Lengths to be drawn together, and then their values.
#[derive(Debug, Default, Clone)]
pub(crate) struct Lengths {
    drawn: Vec<Drawn>,
    values: Vec<Millis>,
}

/// A log-normal length at `u`.
#[derive(Debug, Clone, Copy)]
struct Drawn {
    mu: f64,
    sigma: f64,
    u: f64,
}

impl Drawn {
    fn alone(self) -> Millis {
        Span::LogNormal { mu: self.mu, sigma: self.sigma }.at(self.u)
    }
}

impl Lengths {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.drawn.clear();
    }

    /// Adds the length of `span`, which is elicited and so log-normal, at `u`.
    pub(crate) fn add(&mut self, span: Span, u: f64) {
        let Span::LogNormal { mu, sigma } = span else { unreachable!("returns are elicited") };
        self.drawn.push(Drawn { mu, sigma, u });
    }

    /// Returns all lengths in the order in which they were added.
    pub(crate) fn values(&mut self) -> &[Millis] {
        self.values.clear();
        let (fours, rest) = self.drawn.as_chunks::<LANES>();
        for four in fours {
            self.values.extend(side_by_side(four));
        }
        self.values.extend(rest.iter().map(|drawn| drawn.alone()));
        &self.values
    }
}

fn side_by_side(drawn: &[Drawn; LANES]) -> [Millis; LANES] {
    let middle = drawn.map(|d| quantile_of_the_middle(d.u));
    let mut x = [0.0; LANES];
    for ((x, d), middle) in x.iter_mut().zip(drawn).zip(middle) {
        let z = if (d.u - 0.5).abs() <= MIDDLE { middle } else { normal_quantile(d.u) };
        *x = d.mu + d.sigma * z;
    }
    let lengths = x.map(reduced);
    let mut values = [Millis(0); LANES];
    for (((value, d), x), length) in values.iter_mut().zip(drawn).zip(x).zip(lengths) {
        *value = if is_reduced(x) { Millis::from_minutes(length) } else { d.alone() };
    }
    values
}

/// Returns [`normal_quantile`] of `u`, right only in the middle.
#[inline]
fn quantile_of_the_middle(u: f64) -> f64 {
    let q = u - 0.5;
    let r = 0.180_625 - q * q;
    let (mut top, mut bottom) = (0.0, 0.0);
    for (a, b) in A.iter().zip(&B).rev() {
        top = top * r + a;
        bottom = bottom * r + b;
    }
    q * (top / bottom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{Chance, Entity, Purpose};
    use model::quantity::Seed;

    /// Bit for bit, over the range of the product and far beyond it, in every order of tails,
    /// short and long lengths.
    #[test]
    fn many_at_once_have_the_bits_of_each_alone() {
        let chance = Chance::new(Seed(8), 0);
        let draw = |what: u64, i: u32| chance.uniform(Entity(what), Purpose::Size, i);
        let mut lengths = Lengths::default();
        let mut alone = Vec::new();
        for i in 0..400_003_u32 {
            let wide = if i % 3 == 0 { 1_500.0 } else { 16.0 };
            let (mu, sigma) = ((draw(1, i) - 0.4) * wide, draw(2, i) * 3.0);
            let u = if i % 50 == 0 { draw(3, i) * 1e-9 } else { draw(3, i) };
            lengths.add(Span::LogNormal { mu, sigma }, u);
            alone.push(Span::LogNormal { mu, sigma }.at(u));
        }
        assert_eq!(lengths.values(), alone);
        lengths.clear();
        assert_eq!(lengths.values(), []);
    }

    #[test]
    fn the_middle_has_the_bits_of_the_whole() {
        let chance = Chance::new(Seed(9), 0);
        for i in 0..1_000_000_u32 {
            let u = chance.uniform(Entity(1), Purpose::Size, i);
            if (u - 0.5).abs() <= MIDDLE {
                assert_eq!(quantile_of_the_middle(u).to_bits(), normal_quantile(u).to_bits(), "{u}");
            }
        }
    }
}
