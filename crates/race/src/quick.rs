//! Durations for the hot loop: the standard normal quantile from a table, and
//! powers of two by a polynomial. No call into a platform's mathematics library,
//! so the same bits come out everywhere.

use model::quantity::{Millis, Quantiles};

use crate::span::{Span, normal_quantile};

/// Cells of the quantile table over (0, 1).
const CELLS: usize = 1024;
/// Cells at either end in which the exact quantile is taken: there the curve is too bent
/// for a chord. Inside, a chord is off by at most 5e-5 standard deviations.
const EDGE: usize = 32;
/// Mantissa bits of a draw below the cell number.
const REST: u32 = 54;

/// Standard normal quantiles at the borders of equal cells.
#[derive(Debug, Clone)]
pub(crate) struct NormalTable {
    at: Vec<f64>,
}

impl NormalTable {
    /// Computes the table.
    pub(crate) fn new() -> Self {
        let inner = |i: usize| normal_quantile(i as f64 / CELLS as f64);
        // The outermost borders are infinite and never used.
        Self { at: (0..=CELLS).map(|i| if i == 0 || i == CELLS { 0.0 } else { inner(i) }).collect() }
    }

    /// Returns the quantile at 64 random bits read as a number in (0, 1); rises with the bits.
    pub(crate) fn quantile(&self, bits: u64) -> f64 {
        let cell = (bits >> REST) as usize;
        if !(EDGE..CELLS - EDGE).contains(&cell) {
            return normal_quantile(unit(bits));
        }
        let part = (bits & ((1 << REST) - 1)) as f64 * (1.0 / (1_u64 << REST) as f64);
        let (low, high) = (self.at[cell], self.at[cell + 1]);
        low + (high - low) * part
    }
}

/// Returns 64 random bits as a number in the open interval (0, 1).
pub(crate) fn unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

/// Returns two to the power of `x`, relative error below 1e-9; 0 below 2^-1000, at most 2^1000.
pub(crate) fn exp2(x: f64) -> f64 {
    if x.is_nan() || x <= -1000.0 {
        return 0.0;
    }
    let x = x.min(1000.0);
    let whole = (x + 0.5).floor();
    // Taylor series of exp on [-ln 2 / 2, ln 2 / 2].
    let t = (x - whole) * std::f64::consts::LN_2;
    let series =
        [1.0 / 40_320.0, 1.0 / 5_040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let part = series.iter().fold(0.0, |sum, c| sum * t + c);
    let power = f64::from_bits(((whole as i64 + 1023) as u64) << 52);
    part * power
}

/// A length of time prepared for the hot loop; times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum QuickSpan {
    /// Log-normal; both parameters for the logarithm to base two.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// The shortest of several independent spans.
    FirstOf {
        /// Each one's distribution.
        span: Span,
        /// How many there are.
        of: u32,
    },
    /// Anything else, by exact inversion.
    Exact(Span),
}

impl QuickSpan {
    /// Returns the first of `of` independent log-normal spans through `quantiles`.
    pub(crate) fn elicited(quantiles: Quantiles, of: u32) -> Self {
        Self::of_span(Span::elicited(quantiles), of)
    }

    /// Returns the first of `of` independent lengths distributed as `span`.
    pub(crate) fn of_span(span: Span, of: u32) -> Self {
        match span {
            _ if of > 1 => Self::FirstOf { span, of },
            Span::LogNormal { mu, sigma } => Self::LogNormal {
                mu: mu * std::f64::consts::LOG2_E + libm::log2(60_000.0),
                sigma: sigma * std::f64::consts::LOG2_E,
            },
            Span::Exponential { .. } => Self::Exact(span),
        }
    }

    /// Returns the length drawn by `bits`, stretched by two to the power of `stretch`.
    pub(crate) fn at(self, table: &NormalTable, bits: u64, stretch: f64) -> Millis {
        match self {
            Self::LogNormal { mu, sigma } => {
                Millis((exp2(mu + sigma * table.quantile(bits) + stretch) + 0.5) as u64)
            }
            Self::FirstOf { span, of } => {
                // The smallest of n uniform draws: 1 - (1 - u)^(1/n).
                let first = -libm::expm1(libm::log1p(-unit(bits)) / f64::from(of));
                stretched(span.at(first.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON)), stretch)
            }
            Self::Exact(span) => stretched(span.at(unit(bits)), stretch),
        }
    }
}

fn stretched(length: Millis, stretch: f64) -> Millis {
    if stretch == 0.0 { length } else { Millis((length.0 as f64 * exp2(stretch) + 0.5) as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two_are_right_and_rise() {
        let mut before = 0.0;
        for i in -40_000..40_000 {
            let x = f64::from(i) / 1_000.0;
            let got = exp2(x);
            assert!((got / x.exp2() - 1.0).abs() < 1e-9, "{x}: {got}");
            assert!(got > before, "not rising at {x}");
            before = got;
        }
        assert_eq!(exp2(f64::NAN), 0.0);
        assert!(exp2(1e9).is_finite() && exp2(-1e9) == 0.0);
    }

    #[test]
    fn the_table_is_near_the_exact_quantile_and_rises() {
        let table = NormalTable::new();
        let mut before = f64::NEG_INFINITY;
        for i in 0..200_000_u64 {
            let bits = i * (u64::MAX / 200_000);
            let z = table.quantile(bits);
            let exact = normal_quantile(unit(bits));
            assert!((z - exact).abs() < 5e-5, "{bits}: {z} against {exact}");
            assert!(z >= before, "falls at {bits}");
            before = z;
        }
    }

    #[test]
    fn quick_lengths_are_the_exact_ones() {
        let table = NormalTable::new();
        let quantiles = Quantiles { q50: 30.0, q90: 240.0 };
        let (quick, exact) = (QuickSpan::elicited(quantiles, 1), Span::elicited(quantiles));
        for i in 1..5_000_u64 {
            let bits = i * (u64::MAX / 5_000);
            let (a, b) = (quick.at(&table, bits, 0.0).0 as f64, exact.at(unit(bits)).0 as f64);
            assert!((a / b - 1.0).abs() < 2e-4, "{bits}: {a} against {b}");
        }
        let doubled = quick.at(&table, 1 << 63, 1.0).0;
        assert!((doubled as f64 / 3_600_000.0 - 1.0).abs() < 1e-6, "{doubled}");
    }
}
