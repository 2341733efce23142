//! Random lengths of time by inversion, so that a larger `u` is always a longer time.

use model::quantity::{Millis, Quantiles};

use crate::exponential::exp;

/// The distribution of a length of time; parameters in minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Span {
    /// Log-normal with the mean and standard deviation of its natural logarithm.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm, not negative.
        sigma: f64,
    },
    /// Exponential.
    Exponential {
        /// Its mean.
        mean: f64,
    },
}

impl Span {
    /// Returns the log-normal through both quantiles; quantiles that no
    /// [`Quantiles::new`] would accept are moved to the nearest pair it would.
    pub(crate) fn elicited(quantiles: Quantiles) -> Self {
        let q50 =
            if quantiles.q50.is_finite() { quantiles.q50.max(f64::MIN_POSITIVE) } else { f64::MIN_POSITIVE };
        let q90 = if quantiles.q90.is_finite() { quantiles.q90.max(q50) } else { q50 };
        let kept = Quantiles { q50, q90 };
        Self::LogNormal { mu: kept.mu(), sigma: kept.sigma() }
    }

    /// Returns the length whose distribution function is `u`, for `u` in (0, 1).
    pub(crate) fn at(self, u: f64) -> Millis {
        Millis::from_minutes(match self {
            Self::LogNormal { mu, sigma } => exp(mu + sigma * normal_quantile(u)),
            Self::Exponential { mean } => -mean * libm::log1p(-u),
        })
    }
}

// Coefficients of AS 241, PPND16: numerators A, C, E and denominators B, D, F for
// the middle and the two tails.
pub(crate) const A: [f64; 8] = [
    3.387_132_872_796_366_6,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
pub(crate) const B: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_66e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854e3,
];
const C: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const D: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const E: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const F: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

/// How far from 1/2 the middle reaches.
pub(crate) const MIDDLE: f64 = 0.425;

/// Returns the standard normal quantile of `p`, relative accuracy about 1e-16.
///
/// Algorithm AS 241, PPND16: M. J. Wichura, "The percentage points of the normal
/// distribution", Applied Statistics 37 (1988) 477-484, whose coefficients these are.
pub(crate) fn normal_quantile(p: f64) -> f64 {
    let ratio = |top: &[f64; 8], bottom: &[f64; 8], r: f64| {
        let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, a| sum * r + a);
        horner(top) / horner(bottom)
    };
    let q = p - 0.5;
    if q.abs() <= MIDDLE {
        return q * ratio(&A, &B, 0.180_625 - q * q);
    }
    let r = (-libm::log(if q < 0.0 { p } else { 1.0 - p })).sqrt();
    let tail = if r <= 5.0 { ratio(&C, &D, r - 1.6) } else { ratio(&E, &F, r - 5.0) };
    tail.copysign(q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::function::erf::erfc;

    #[test]
    fn normal_quantiles_match_published_values() {
        // Wichura's own check values, then the usual table values.
        for (p, z) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813),
            (1e-20, -9.262_340_089_798_408),
            (0.5, 0.0),
            (0.9, 1.281_551_565_544_600_4),
            (0.975, 1.959_963_984_540_054),
        ] {
            let got = normal_quantile(p);
            assert!((got - z).abs() <= 4e-15 * z.abs().max(1.0), "{p}: {got} against {z}");
        }
    }

    #[test]
    fn normal_quantiles_invert_the_distribution_function_and_rise() {
        let mut before = f64::NEG_INFINITY;
        for i in 1..20_000 {
            let p = f64::from(i) / 20_000.0;
            let z = normal_quantile(p);
            assert!(z > before, "not rising at {p}");
            before = z;
            let back = 0.5 * erfc(-z / std::f64::consts::SQRT_2);
            // statrs promises erfc to about 1e-10 at worst; the inverse must not add to that.
            assert!((back - p).abs() < 1e-9, "{p}: {back}");
        }
    }

    #[test]
    fn spans_hit_their_quantiles_and_are_never_negative() {
        let log_normal = Span::elicited(Quantiles { q50: 30.0, q90: 240.0 });
        assert_eq!(log_normal.at(0.5), Millis::from_minutes(30.0));
        let q90 = log_normal.at(0.9).minutes();
        assert!((q90 - 240.0).abs() < 1e-3, "{q90}");
        let exponential = Span::Exponential { mean: 60.0 };
        assert!((exponential.at(0.5).minutes() - 60.0 * 2_f64.ln()).abs() < 1e-4);
        let (first, last) = (0.5 / (1_u64 << 52) as f64, 1.0 - 0.5 / (1_u64 << 52) as f64);
        for span in [log_normal, exponential] {
            assert!(span.at(first) < span.at(0.5) && span.at(0.5) < span.at(last));
        }
        for broken in [(0.0, 0.0), (-5.0, 2.0), (f64::NAN, f64::NAN), (3.0, f64::INFINITY)] {
            let span = Span::elicited(Quantiles { q50: broken.0, q90: broken.1 });
            assert!(span.at(0.5).minutes() <= 3.0, "{broken:?}");
        }
    }
}
