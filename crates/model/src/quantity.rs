//! Quantities with their units in the type.

use std::fmt;

use serde::{Deserialize, Serialize};

/// 2^53: below, doubles hold every whole number, and signed numbers hold them all.
const SIGNED: f64 = 9_007_199_254_740_992.0;

/// A length of simulated or recorded time, in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub u64);

impl Millis {
    /// One minute.
    pub const MINUTE: Self = Self(60_000);
    /// One hour.
    pub const HOUR: Self = Self(3_600_000);
    /// One day.
    pub const DAY: Self = Self(86_400_000);

    /// Returns `minutes` rounded to whole milliseconds; negative and NaN give zero.
    pub fn from_minutes(minutes: f64) -> Self {
        let exact = minutes * 60_000.0;
        if exact < SIGNED {
            // A cast goes towards zero; what it leaves over is exact, so this is
            // `exact.round().max(0.0)` without the call that rounding costs. Conversions of
            // signed numbers cost a third of those of unsigned ones.
            let whole = (exact as i64).max(0);
            return Self(whole.unsigned_abs() + u64::from(exact - whole as f64 >= 0.5));
        }
        // Whole already, or no number; a cast stays in bounds.
        Self(exact as u64)
    }

    /// Returns the length in minutes.
    pub fn minutes(self) -> f64 {
        self.0 as f64 / 60_000.0
    }

    /// Returns the length in hours.
    pub fn hours(self) -> f64 {
        self.0 as f64 / 3_600_000.0
    }

    /// Returns the sum, or the longest representable time.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Returns the difference, or zero.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Millis {
    /// Writes the two largest units: `3 d 4 h`, `2 h 5 min`, `40 s`, `250 ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 5] =
            [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
        let first = UNITS.iter().position(|(size, _)| self.0 >= *size).unwrap_or(4);
        let (size, unit) = UNITS[first];
        let mut text = format!("{} {unit}", self.0 / size);
        if first < 2 {
            let (next, name) = UNITS[first + 1];
            let rest = self.0 % size / next;
            if rest > 0 {
                text.push_str(&format!(" {rest} {name}"));
            }
        }
        f.pad(&text)
    }
}

/// A moment as recorded: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Returns the time from `earlier` to `self`, zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Millis {
        Millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Returns the moment so much later; the last there is where it would lie beyond.
    pub fn after(self, by: Millis) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.0).unwrap_or(i64::MAX)))
    }
}

/// A share between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Ratio(f64);

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self(0.0);
    /// All of it.
    pub const ONE: Self = Self(1.0);

    /// Returns the share, or `None` outside 0..=1.
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// Returns the share, with values outside 0..=1 moved to the nearer end and NaN to 0.
    pub fn clamped(value: f64) -> Self {
        Self(if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) })
    }

    /// Returns the share as a number.
    pub fn get(self) -> f64 {
        self.0
    }

    /// Returns `part / whole`, zero when `whole` is zero.
    pub fn of(part: u64, whole: u64) -> Self {
        if whole == 0 { Self::ZERO } else { Self::clamped(part as f64 / whole as f64) }
    }
}

impl TryFrom<f64> for Ratio {
    type Error = String;
    fn try_from(value: f64) -> Result<Self, String> {
        Self::new(value).ok_or_else(|| format!("{value} is not between 0 and 1"))
    }
}

impl From<Ratio> for f64 {
    fn from(ratio: Ratio) -> f64 {
        ratio.0
    }
}

/// Insured people times hours without a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonHours(pub u64);

/// The seed of a run: with the inputs it determines every result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

/// A duration elicited by its median and its 90 % quantile, both in minutes;
/// read as log-normal: mu = ln(q50), sigma = ln(q90/q50) / 1.2816.
///
/// 1.2816 is the 90 % quantile of the standard normal distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Median in minutes; greater than zero.
    pub q50: f64,
    /// 90 % quantile in minutes; at least `q50`.
    pub q90: f64,
}

impl Quantiles {
    /// Returns the pair, or `None` unless 0 < q50 <= q90 and both are finite.
    pub fn new(q50: f64, q90: f64) -> Option<Self> {
        (q50 > 0.0 && q90 >= q50 && q90.is_finite()).then_some(Self { q50, q90 })
    }

    /// Returns mu of the log-normal (natural logarithm of minutes).
    pub fn mu(self) -> f64 {
        libm::log(self.q50)
    }

    /// Returns sigma of the log-normal.
    pub fn sigma(self) -> f64 {
        libm::log(self.q90 / self.q50) / 1.281_551_565_544_8
    }
}

/// A central value with a 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean or the point estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_rounded_to_the_nearest_millisecond() {
        for i in -2_000..200_000 {
            for scale in [1e-6, 1.0 / 120_000.0, 0.37, 1e9, 3e11] {
                let minutes = f64::from(i) * scale;
                let rounded = (minutes * 60_000.0).round().max(0.0);
                assert_eq!(Millis::from_minutes(minutes).0, rounded as u64, "{minutes}");
            }
        }
        assert_eq!(Millis::from_minutes(f64::NAN), Millis(0));
        assert_eq!(Millis::from_minutes(f64::INFINITY), Millis(u64::MAX));
    }
}
