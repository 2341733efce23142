//! Chances that are correlated inside one trial.

use special::Beta;

/// Below this concentration the Beta is two points, above [`INDEPENDENT`] one:
/// both ends differ from the limit by less than any trial count can show.
const ALL_OR_NOTHING: f64 = 1e-6;
/// See [`ALL_OR_NOTHING`].
const INDEPENDENT: f64 = 1e4;

/// Borders between which a draw is looked for before the distribution function is computed.
const BORDERS: usize = 64;

/// A Beta distribution, ready to be asked often.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shape {
    /// First shape: mean times concentration.
    a: f64,
    /// Second shape.
    b: f64,
    ln_beta: f64,
    /// The distribution function at equal steps over 0..=1.
    at: [f64; BORDERS + 1],
}

impl Shape {
    fn new(a: f64, b: f64) -> Self {
        let mut shape = Self { a, b, ln_beta: a.ln_beta(b), at: [0.0; BORDERS + 1] };
        let at = |i: usize| shape.below(i as f64 / BORDERS as f64);
        shape.at = std::array::from_fn(at);
        shape
    }

    /// Returns the distribution function at `x`.
    fn below(&self, x: f64) -> f64 {
        x.clamp(0.0, 1.0).inc_beta(self.a, self.b, self.ln_beta)
    }

    /// Returns whether the distribution function at `own` is below `shared`. It rises, so
    /// the border on either side of `own` mostly tells.
    fn is_below(&self, own: f64, shared: f64) -> bool {
        let step = (own * BORDERS as f64) as usize;
        match (self.at.get(step), self.at.get(step + 1)) {
            (Some(low), _) if *low >= shared => false,
            (_, Some(high)) if *high < shared => true,
            _ => self.below(own) < shared,
        }
    }
}

/// A rule usually fires on every instance of a variant or on none. In each trial
/// the chance of one technique is therefore itself drawn, `P_r ~ Beta(mean p,
/// concentration phi)`, and all attempts of the trial share it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Frailty {
    /// Every attempt of the trial ends as the first one.
    AllOrNothing {
        /// Chance that all succeed.
        mean: f64,
    },
    /// Beta.
    Beta(Box<Shape>),
    /// Every attempt is its own chance.
    Independent {
        /// The chance.
        mean: f64,
    },
}

impl Frailty {
    /// Returns the frailty of mean `mean` and concentration `concentration`.
    pub(crate) fn new(mean: f64, concentration: f64) -> Self {
        let mean = if mean.is_nan() { 0.0 } else { mean.clamp(0.0, 1.0) };
        let (a, b) = (mean * concentration, (1.0 - mean) * concentration);
        if concentration >= INDEPENDENT || mean == 0.0 || mean == 1.0 {
            Self::Independent { mean }
        } else if concentration > ALL_OR_NOTHING && a > 0.0 && b > 0.0 {
            Self::Beta(Box::new(Shape::new(a, b)))
        } else {
            Self::AllOrNothing { mean }
        }
    }

    /// Returns whether an attempt succeeds whose trial draws `shared` and which itself draws `own`.
    ///
    /// It does where `own < P_r` with `P_r = F^-1(shared)`. As F rises that is the same
    /// as `F(own) < shared`, which needs no inversion, is exact, and keeps one `shared`
    /// comparable between two means.
    pub(crate) fn happens(&self, shared: f64, own: f64) -> bool {
        match self {
            Self::AllOrNothing { mean } => shared > 1.0 - mean,
            Self::Independent { mean } => own < *mean,
            Self::Beta(shape) => shape.is_below(own, shared),
        }
    }
}

/// Cells of a [`FrailtyTable`].
const CELLS: usize = 1024;

/// The chance of one technique by equally likely cells, for the hot loop.
///
/// Each cell holds the mean of the chance over it, so the mean over all cells is
/// exact; what is lost is the spread inside a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FrailtyTable {
    by_cell: Vec<f32>,
}

impl FrailtyTable {
    /// Computes the table of a frailty.
    pub(crate) fn new(frailty: &Frailty) -> Self {
        let cells = CELLS as f64;
        let by_cell = match frailty {
            Frailty::Independent { mean } => vec![*mean as f32],
            Frailty::AllOrNothing { mean } => {
                // The cells above the chance of "nothing" are ones; one cell holds the border.
                let certain = |i: usize| ((i as f64 + 1.0) - (1.0 - mean) * cells).clamp(0.0, 1.0);
                (0..CELLS).map(|i| certain(i) as f32).collect()
            }
            Frailty::Beta(shape) => beta_cells(shape),
        };
        Self { by_cell }
    }

    /// Returns the chance in the trial that draws `bits`; rises with them.
    pub(crate) fn chance(&self, bits: u64) -> f64 {
        match self.by_cell[..] {
            [only] => f64::from(only),
            ref cells => f64::from(cells[(bits >> 54) as usize]),
        }
    }
}

/// Returns the mean of a Beta over each of equally likely cells:
/// the integral of the quantile function from u to v is mean (I_y(a+1, b) - I_x(a+1, b))
/// between the quantiles x and y.
fn beta_cells(shape: &Shape) -> Vec<f32> {
    let (a, b) = (shape.a, shape.b);
    let (mean, ln_beta) = (a / (a + b), (a + 1.0).ln_beta(b));
    let below = |q: f64| q.inc_beta(a + 1.0, b, ln_beta) * mean;
    let mut cells = Vec::with_capacity(CELLS);
    let (mut low, mut before) = (0.0_f64, 0.0_f64);
    for i in 1..=CELLS {
        let share = i as f64 / CELLS as f64;
        let quantile = if i == CELLS { 1.0 } else { beta_quantile(shape, share, low) };
        let integral = if i == CELLS { mean } else { below(quantile) };
        cells.push((((integral - before) * CELLS as f64).clamp(low, quantile)) as f32);
        (low, before) = (quantile, integral);
    }
    cells
}

/// Returns the quantile of a Beta at `share`, by bisection above `low`.
fn beta_quantile(shape: &Shape, share: f64, low: f64) -> f64 {
    let (mut low, mut high) = (low, 1.0_f64);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if shape.below(middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{Chance, Entity, Purpose};
    use model::quantity::Seed;

    /// Shares of trials in which k = 0, 1, 2 of two attempts succeed.
    fn two_attempts(frailty: &Frailty, trials: u32) -> [f64; 3] {
        let e = Entity::named("technique", "T1486");
        let mut counts = [0_u32; 3];
        for t in 0..trials {
            let c = Chance::new(Seed(5), t);
            let shared = c.uniform(e, Purpose::AlertedShared, 0);
            let hits = (0..2).filter(|k| frailty.happens(shared, c.uniform(e, Purpose::Alerted, *k))).count();
            counts[hits] += 1;
        }
        counts.map(|c| f64::from(c) / f64::from(trials))
    }

    #[test]
    fn two_attempts_follow_the_beta_binomial() {
        // P(both) = E[P^2] = p (p phi + 1) / (phi + 1); the mean stays p at every concentration.
        let (p, n) = (0.3, 40_000_u32);
        for phi in [0.0, 1e-9, 0.1, 1.0, 10.0, 1e3, 1e9] {
            let [none, one, both] = two_attempts(&Frailty::new(p, phi), n);
            let exact = p * (p * phi + 1.0) / (phi + 1.0);
            let sigma = (exact * (1.0 - exact) / f64::from(n)).sqrt();
            assert!((both - exact).abs() < 4.0 * sigma, "phi {phi}: both {both} against {exact}");
            let mean = both + one / 2.0;
            assert!((mean - p).abs() < 4.0 * (p * (1.0 - p) / f64::from(n)).sqrt(), "phi {phi}: mean {mean}");
            if phi < ALL_OR_NOTHING {
                assert_eq!(one, 0.0, "phi {phi} must be all or nothing");
                assert!((none - 0.7).abs() < 0.01);
            }
        }
    }

    #[test]
    fn the_distribution_function_is_that_of_another_library() {
        for a in [1e-4, 0.05, 0.5, 2.0, 40.0] {
            for b in [1e-4, 0.125, 1.0, 7.5, 300.0] {
                let shape = Shape::new(a, b);
                for i in 1..400 {
                    let x = f64::from(i) / 400.0;
                    let other = statrs::function::beta::beta_reg(a, b, x);
                    assert!((shape.below(x) - other).abs() < 1e-11, "Beta({a}, {b}) at {x}");
                    for shared in [0.001, 0.2, 0.5, 0.9, other - 1e-9, other + 1e-9] {
                        assert_eq!(
                            shape.is_below(x, shared),
                            shape.below(x) < shared,
                            "{a} {b} {x} {shared}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_higher_mean_never_loses_a_success() {
        let e = Entity::named("technique", "T1003");
        for t in 0..5_000 {
            let c = Chance::new(Seed(9), t);
            let (shared, own) = (c.uniform(e, Purpose::AlertedShared, 0), c.uniform(e, Purpose::Alerted, 0));
            for phi in [0.0, 0.5, 5.0, 1e6] {
                let (low, high) = (Frailty::new(0.2, phi), Frailty::new(0.6, phi));
                assert!(!low.happens(shared, own) || high.happens(shared, own), "phi {phi} trial {t}");
            }
        }
    }

    #[test]
    fn certain_and_impossible_stay_so() {
        for phi in [0.0, 1.0, f64::INFINITY, f64::NAN] {
            assert!(Frailty::new(1.0, phi).happens(1e-12, 1.0 - 1e-12));
            assert!(!Frailty::new(0.0, phi).happens(1.0 - 1e-12, 1e-12));
            assert!(!Frailty::new(f64::NAN, phi).happens(0.5, 0.5));
        }
    }

    #[test]
    fn tables_keep_the_mean_and_rise() {
        for mean in [0.0, 0.02, 0.3, 0.9, 1.0] {
            for phi in [0.0, 0.05, 0.5, 3.0, 50.0, 1e9] {
                let table = FrailtyTable::new(&Frailty::new(mean, phi));
                let at = |i: u64| table.chance(i << 54);
                let average = (0..1024).map(at).sum::<f64>() / 1024.0;
                assert!((average - mean).abs() < 1e-5, "mean {mean}, phi {phi}: {average}");
                assert!((0..1023).all(|i| at(i) <= at(i + 1)), "mean {mean}, phi {phi} falls");
                // E[P^2] = p (p phi + 1) / (phi + 1), but for the spread inside a cell.
                let square = (0..1024).map(|i| at(i).powi(2)).sum::<f64>() / 1024.0;
                let exact = mean * (mean * phi + 1.0) / (phi + 1.0);
                assert!((square - exact).abs() < 2e-3, "mean {mean}, phi {phi}: {square} against {exact}");
            }
        }
    }
}
