//! Two periods of runs: did the rate of success fall?

use model::drift::Tested;
use special::Beta;

/// How sure it is that the rate fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Boschloo's test is at most [`CHANGED`].
    Changed,
    /// Boschloo's test is at most [`PERHAPS`].
    Perhaps,
    /// Neither.
    NoEvidence,
}

/// Level at which a fall counts as shown.
pub const CHANGED: f64 = 0.01;

/// Level at which a fall is possible and more runs should be made.
pub const PERHAPS: f64 = 0.1;

/// Runs of a period above which Fisher's exact test takes the place of Boschloo's. It is
/// valid and a little less powerful; with so many runs the two hardly differ.
const FISHER_FROM: u64 = 500;

/// The comparison of two periods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// The answer.
    pub certainty: Certainty,
    /// One-sided p-value: the largest chance, under any constant rate, of a fall that is as
    /// clear as this one.
    pub p: f64,
    /// Posterior chance that the rate of the second period is lower, with the Jeffreys prior
    /// for both rates.
    pub lower: f64,
    /// The most successes in the second period that would have counted as a shown fall;
    /// `None` where its runs are too few to show any.
    pub shown_at: Option<u64>,
}

/// Tests whether the rate fell from `before` to `after`.
///
/// Without runs in one of the periods the p-value is 1. More successes than runs count as
/// all runs.
pub fn change(before: Tested, after: Tested) -> Change {
    let p = boschloo(before, after);
    let certainty = match p {
        p if p <= CHANGED => Certainty::Changed,
        p if p <= PERHAPS => Certainty::Perhaps,
        _ => Certainty::NoEvidence,
    };
    // The p-value grows with the successes of the second period.
    let shows = |seen: u64| boschloo(before, Tested { seen, ..after }) <= CHANGED;
    let shown_at = (after.runs > 0 && shows(0)).then(|| {
        let (mut low, mut high) = (0, after.runs);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if shows(middle) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        low
    });
    Change { certainty, p, lower: chance_lower(before, after), shown_at }
}

/// Returns the p-value of Boschloo's exact test that the rate of `after` is not lower than
/// that of `before`: Fisher's p-value is the statistic, and the chance of one as small is
/// the largest over all common rates (Boschloo 1970, Statistica Neerlandica 24).
///
/// It is uniformly more powerful than Fisher's test. With more than 500 runs in a period,
/// Fisher's p-value is returned.
pub fn boschloo(before: Tested, after: Tested) -> f64 {
    let (before, after) = (capped(before), capped(after));
    if before.runs == 0 || after.runs == 0 {
        return 1.0;
    }
    let observed = fisher(before, after);
    if before.runs > FISHER_FROM || after.runs > FISHER_FROM {
        return observed;
    }
    let limits = limits(before.runs, after.runs, observed * (1.0 + 1e-12));
    let chance = |rate: f64| chance_of(&limits, before.runs, after.runs, rate);
    // The chance is a polynomial of the rate: the best points of a grid are refined.
    const GRID: u32 = 1_000;
    let at = |i: u32| f64::from(i) / f64::from(GRID);
    let mut points: Vec<(f64, u32)> = (1..GRID).map(|i| (chance(at(i)), i)).collect();
    points.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let refined = points.iter().take(8).map(|(_, i)| highest(&chance, at(i - 1), at(i + 1)));
    refined.fold(0.0, f64::max).min(1.0)
}

fn capped(tested: Tested) -> Tested {
    Tested { seen: tested.seen.min(tested.runs), ..tested }
}

/// Returns the highest value of `f` between `low` and `high`, where it has one hill.
fn highest(f: &impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    // Each step leaves two thirds: 60 steps end below 10^-13 of the width.
    for _ in 0..60 {
        let third = (high - low) / 3.0;
        if f(low + third) < f(high - third) {
            low += third;
        } else {
            high -= third;
        }
    }
    f(f64::midpoint(low, high))
}

/// Returns for each number of successes before, from 0, how many successes after make a
/// table as extreme as the observed one: so many or fewer. `None` where none do.
fn limits(before: u64, after: u64, observed: f64) -> Vec<Option<u64>> {
    // More successes before make the same number after more extreme: the limit never falls.
    let mut limit: Option<u64> = None;
    (0..=before)
        .map(|seen| {
            loop {
                let next = limit.map_or(0, |l| l + 1);
                let (first, second) = (Tested { runs: before, seen }, Tested { runs: after, seen: next });
                if next > after || fisher(first, second) > observed {
                    break limit;
                }
                limit = Some(next);
            }
        })
        .collect()
}

fn chance_of(limits: &[Option<u64>], before: u64, after: u64, rate: f64) -> f64 {
    let first = binomial(before, rate);
    let mut second = binomial(after, rate);
    let mut sum = 0.0;
    for chance in &mut second {
        sum += *chance;
        *chance = sum;
    }
    let up_to = |limit: u64| usize::try_from(limit).ok().and_then(|l| second.get(l)).copied();
    first.iter().zip(limits).map(|(chance, limit)| chance * limit.and_then(up_to).unwrap_or(0.0)).sum()
}

/// Returns the chance of 0, 1, … `runs` successes at a `rate` between 0 and 1.
fn binomial(runs: u64, rate: f64) -> Vec<f64> {
    let (ln_rate, ln_rest) = (libm::log(rate), libm::log1p(-rate));
    (0..=runs)
        .map(|k| {
            let (k, n) = (k as f64, runs as f64);
            libm::exp(ln_choose(n, k) + k * ln_rate + (n - k) * ln_rest)
        })
        .collect()
}

fn ln_choose(n: f64, k: f64) -> f64 {
    libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
}

/// Returns Fisher's one-sided p-value: the chance that, of all successes, at most so many
/// fall into the second period.
fn fisher(before: Tested, after: Tested) -> f64 {
    let all = (before.runs + after.runs) as f64;
    let (first, second) = (before.runs as f64, after.runs as f64);
    let seen = (before.seen + after.seen) as f64;
    let least = (before.seen + after.seen).saturating_sub(before.runs);
    let total = ln_choose(all, seen);
    (least..=after.seen)
        .map(|k| libm::exp(ln_choose(second, k as f64) + ln_choose(first, seen - k as f64) - total))
        .sum::<f64>()
        .min(1.0)
}

/// Returns the chance that the second rate is lower, each rate with the posterior
/// Beta(seen + 1/2, missed + 1/2).
fn chance_lower(before: Tested, after: Tested) -> f64 {
    let (before, after) = (capped(before), capped(after));
    let beta = |t: Tested| (t.seen as f64 + 0.5, (t.runs - t.seen) as f64 + 0.5);
    let ((a, b), (c, d)) = (beta(before), beta(after));
    let (first, second) = (a.ln_beta(b), c.ln_beta(d));
    // With rate = sin² x the density of the first rate is bounded and smooth, also for a
    // beta distribution with an open end; Simpson's rule over x.
    const STEPS: u32 = 4_000;
    let step = std::f64::consts::FRAC_PI_2 / f64::from(STEPS);
    let value = |i: u32| {
        let x = f64::from(i) * step;
        let (sin, cos) = (libm::sin(x), libm::cos(x));
        let ln = |base: f64, power: f64| if power == 0.0 { 0.0 } else { power * libm::log(base.max(1e-300)) };
        let density = 2.0 * libm::exp(ln(sin, 2.0 * a - 1.0) + ln(cos, 2.0 * b - 1.0) - first);
        density * (sin * sin).clamp(0.0, 1.0).inc_beta(c, d, second)
    };
    let weight = |i: u32| {
        if i == 0 || i == STEPS {
            1.0
        } else if i % 2 == 1 {
            4.0
        } else {
            2.0
        }
    };
    ((0..=STEPS).map(|i| weight(i) * value(i)).sum::<f64>() * step / 3.0).clamp(0.0, 1.0)
}
