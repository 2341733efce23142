//! Intervals for shares and quantiles.

use model::quantity::Interval;
use special::Beta;

/// Returns the distribution function of Beta(`a`, `b`) at `x`.
fn beta_reg(a: f64, b: f64, x: f64) -> f64 {
    x.inc_beta(a, b, a.ln_beta(b))
}

/// Returns the `q` quantile of Beta(`a`, `b`), both greater than zero.
///
/// Bisection on the regularised incomplete beta function: slower than Newton,
/// but it cannot leave the unit interval and always ends at the same bits.
pub(crate) fn beta_quantile(a: f64, b: f64, q: f64) -> f64 {
    let ln_beta = a.ln_beta(b);
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    // Sixty halvings leave less than one part in 10^18.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if middle.inc_beta(a, b, ln_beta) < q {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// Returns the mean and the equal-tailed credible interval of Beta(`a`, `b`); with `a` = 0
/// all its weight lies at zero.
pub(crate) fn beta_interval(a: f64, b: f64, level: f64) -> Interval {
    if a <= 0.0 {
        return Interval { value: 0.0, low: 0.0, high: 0.0 };
    }
    let tail = (1.0 - level) / 2.0;
    Interval { value: a / (a + b), low: beta_quantile(a, b, tail), high: beta_quantile(a, b, 1.0 - tail) }
}

/// Returns the credible interval of a share after `k` hits in `n`, with the
/// Jeffreys prior Beta(1/2, 1/2); `value` is the posterior mean.
///
/// This is the two-way view (hit or not); `level` is the content, such as 0.95.
/// More hits than cases count as all hits.
pub fn jeffreys(k: u64, n: u64, level: f64) -> Interval {
    let k = k.min(n);
    beta_interval(k as f64 + 0.5, (n - k) as f64 + 0.5, level)
}

/// Returns the Clopper-Pearson interval of a share after `k` hits in `n`: it
/// covers the true share at least as often as `level` says, whatever it is.
///
/// `value` is `k / n`. Without cases the interval is 0 to 1 around 0.5.
pub fn clopper_pearson(k: u64, n: u64, level: f64) -> Interval {
    if n == 0 {
        return Interval { value: 0.5, low: 0.0, high: 1.0 };
    }
    let k = k.min(n);
    let (hits, rest, tail) = (k as f64, (n - k) as f64, (1.0 - level) / 2.0);
    Interval {
        value: hits / n as f64,
        low: if k == 0 { 0.0 } else { beta_quantile(hits, rest + 1.0, tail) },
        high: if k == n { 1.0 } else { beta_quantile(hits + 1.0, rest, 1.0 - tail) },
    }
}

/// Returns the `q` quantile of `sorted` (ascending) with the distribution-free
/// interval between two order statistics that covers it with at least `level`,
/// or `None` when there are no values. With too few values for that, the
/// interval is the whole range.
pub fn quantile_interval(sorted: &[f64], q: f64, level: f64) -> Option<Interval> {
    let n = sorted.len();
    let value = quantile(sorted, q)?;
    let tail = (1.0 - level) / 2.0;
    // P(at most j of n values lie below the quantile) = I_{1-q}(n - j, j + 1).
    let at_most = |j: usize| if j >= n { 1.0 } else { beta_reg((n - j) as f64, j as f64 + 1.0, 1.0 - q) };
    // The quantile lies below the value at place j when at most j values lie below it.
    let low = partition(n, |j| at_most(j) <= tail).saturating_sub(1);
    let high = partition(n, |j| at_most(j) < 1.0 - tail);
    Some(Interval { value, low: sorted[low.min(n - 1)], high: sorted[high.min(n - 1)] })
}

/// Returns how many of the places 0..n hold `yes`, which no place after a `no` does.
fn partition(n: usize, yes: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low + (high - low) / 2;
        if yes(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Returns the `q` quantile of ascending values: the smallest value that at least
/// a share `q` of the values does not exceed.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let place = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(place.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// Returns the mean of `values` and the range that leaves 2.5 % of them out at
/// each end. `values` are draws from a posterior, so this is a credible interval.
pub(crate) fn over_draws(values: &[f64]) -> Option<Interval> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let value = mean(values)?;
    Some(Interval { value, low: quantile(&sorted, 0.025)?, high: quantile(&sorted, 0.975)? })
}

/// Returns the mean, summed in order.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
