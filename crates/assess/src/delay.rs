//! The delay from act to alert, fitted with right-censoring.

use libm::erfc;
use model::evidence::DelayFit;
use model::quantity::Quantiles;
use model::verdict::{Outcome, Verdict};

/// The delay assumed where no alert with a known delay was seen, in minutes.
///
/// Assumption: the median of 15 minutes is a scheduled search that runs four
/// times an hour; the 90 % quantile of 162 minutes is the published median of
/// 2.7 hours from outflow to detection (Sophos Active Adversary 2025), taken as
/// the slow end because it includes people.
pub const DEFAULT_DELAY: Quantiles = Quantiles { q50: 15.0, q90: 162.0 };

/// Minutes after which a verdict without an alert is censored: the default
/// deadline of a recording. A verdict does not carry its own window.
pub const WINDOW: f64 = 45.0;

/// Weight of [`DEFAULT_DELAY`], in alerts: one or two are usual (assumption); one
/// keeps a single observed delay from being taken for certain.
const PRIOR_WEIGHT: f64 = 1.0;

/// The shortest delay told apart, in minutes: clocks in event logs are good to
/// about a second, and the logarithm of zero is not a number.
const SHORTEST: f64 = 1.0 / 60.0;

/// Minutes beyond which quantiles are not any longer told apart: one year.
const LONGEST: f64 = 525_960.0;

/// Quotient of the 90 % quantile and the median, as a logarithm, per sigma.
const Z90: f64 = 1.281_551_565_544_8;

struct Sums {
    weight: f64,
    first: f64,
    second: f64,
}

/// A censored time in minutes, with the chance of an alert at all.
type Censored = (f64, f64);

/// Returns the log-normal that fits delays in minutes best (maximum likelihood,
/// by expectation and maximisation): `observed` are known, `censored` are times
/// at which the alert had not come yet; [`DEFAULT_DELAY`] counts like `prior_weight` alerts.
fn fit(observed: &[f64], censored: &[Censored], prior_weight: f64) -> Quantiles {
    if observed.is_empty() {
        return DEFAULT_DELAY;
    }
    let logs: Vec<f64> = observed.iter().map(|t| libm::log(t.max(SHORTEST))).collect();
    let n = logs.len() as f64;
    let mut mu = logs.iter().sum::<f64>() / n;
    let mut sigma = (logs.iter().map(|x| (x - mu) * (x - mu)).sum::<f64>() / n).sqrt().max(0.1);
    // EM gains a digit every few rounds here; the bound only guards the loop.
    for _ in 0..2_000 {
        let mut sums = Sums { weight: n, first: logs.iter().sum(), second: logs.iter().map(|x| x * x).sum() };
        for (time, share) in censored {
            add_censored(&mut sums, libm::log(time.max(SHORTEST)), *share, mu, sigma);
        }
        let (m, s) = (DEFAULT_DELAY.mu(), DEFAULT_DELAY.sigma());
        sums.weight += prior_weight;
        sums.first += prior_weight * m;
        sums.second += prior_weight * (s * s + m * m);
        let next = sums.first / sums.weight;
        let spread = (sums.second / sums.weight - next * next).max(1e-12).sqrt();
        let moved = (next - mu).abs() + (spread - sigma).abs();
        (mu, sigma) = (next, spread);
        if moved < 1e-12 {
            break;
        }
    }
    let q50 = libm::exp(mu).min(LONGEST);
    Quantiles::new(q50, libm::exp(mu + Z90 * sigma).clamp(q50, LONGEST)).unwrap_or(DEFAULT_DELAY)
}

/// Adds the expected logarithm and its square of a delay known to exceed exp(`at`).
fn add_censored(sums: &mut Sums, at: f64, share: f64, mu: f64, sigma: f64) {
    let a = (at - mu) / sigma;
    let beyond = 0.5 * erfc(a / std::f64::consts::SQRT_2);
    // Far out the quotient density / tail approaches a + 1/a.
    let hazard = if beyond > 1e-300 {
        libm::exp(-0.5 * a * a) / (2.0 * std::f64::consts::PI).sqrt() / beyond
    } else {
        a + 1.0 / a
    };
    let first = mu + sigma * hazard;
    let second = mu * mu + sigma * sigma + sigma * hazard * (at + mu);
    // Mixture cure model: without an alert it is either merely late or never comes.
    let weight = share * beyond / (1.0 - share + share * beyond).max(1e-300);
    sums.weight += weight;
    sums.first += weight * first;
    sums.second += weight * second;
}

/// Returns the delay that the verdicts of one technique show; `share` is the
/// chance of an alert at all.
pub(crate) fn delay(verdicts: &[&Verdict], share: f64) -> DelayFit {
    let mut observed = Vec::new();
    let mut censored = Vec::new();
    for verdict in verdicts {
        match &verdict.outcome {
            Some(Outcome::Alerted { delay: Some(delay), .. }) => observed.push(delay.minutes()),
            Some(Outcome::Logged | Outcome::Blind) => censored.push((WINDOW, share)),
            _ => {}
        }
    }
    DelayFit {
        quantiles: fit(&observed, &censored, PRIOR_WEIGHT),
        observed: observed.len() as u32,
        censored: censored.len() as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, wanted: f64, tolerance: f64, what: &str) {
        assert!((got - wanted).abs() <= tolerance, "{what}: got {got}, wanted {wanted}");
    }

    /// Fits without the assumed delay, where every alert will surely come.
    fn alone(observed: &[f64], censored: &[f64]) -> Quantiles {
        fit(observed, &censored.iter().map(|c| (*c, 1.0)).collect::<Vec<_>>(), 0.0)
    }

    /// Without censoring the best fit is mean and standard deviation of the logarithms.
    #[test]
    fn delays_without_censoring() {
        let fit = alone(&[5.0, 20.0, 80.0], &[]);
        close(fit.q50, 20.0, 1e-9, "median");
        close(fit.sigma(), (2.0_f64 / 3.0).sqrt() * 4.0_f64.ln(), 1e-9, "sigma");
        assert_eq!(alone(&[], &[45.0]), DEFAULT_DELAY);
        assert!(alone(&[0.0], &[]).q50 > 0.0);
    }

    /// Quantiles of a log-normal with median 30 and sigma 1, cut at 45 minutes: what
    /// lies beyond is only known to. Leaving it out gives a median far too short.
    #[test]
    fn censored_delays_give_back_the_known_log_normal() {
        let n = 2_000;
        let all: Vec<f64> =
            (0..n).map(|i| 30.0 * normal_quantile((f64::from(i) + 0.5) / f64::from(n)).exp()).collect();
        let observed: Vec<f64> = all.iter().copied().filter(|t| *t <= 45.0).collect();
        let censored = vec![45.0; all.len() - observed.len()];
        assert!(censored.len() > 600);
        let fit = alone(&observed, &censored);
        close(fit.q50, 30.0, 0.2, "median");
        close(fit.sigma(), 1.0, 0.01, "sigma");
        assert!(alone(&observed, &[]).q50 < 20.0);
    }

    /// Censored times far out, where the tail of the normal distribution is nothing in a double:
    /// the alert never comes, so that they say nothing about its delay.
    #[test]
    fn times_far_out_break_nothing() {
        let known = [10.0, 11.0, 12.0];
        let (none, near) = (fit(&known, &[], 0.0), fit(&known, &[(13.0, 0.5)], 0.0));
        assert!(none.q50 < near.q50 && none.q90 < near.q90, "{none:?} {near:?}");
        assert_eq!(fit(&known, &[(400_000.0, 0.5)], 0.0), none);
        let one = alone(&[10.0; 4], &[]);
        assert!((one.q50 - 10.0).abs() < 1e-9 && one.q90 < 10.1, "{one:?}");
    }

    /// Returns the quantile of the standard normal distribution by bisection of the
    /// series for its distribution function (Marsaglia 2004).
    fn normal_quantile(p: f64) -> f64 {
        let below = |x: f64| {
            let (mut term, mut sum, mut i) = (x, x, 1.0);
            while term.abs() > 1e-17 {
                i += 2.0;
                term *= x * x / i;
                sum += term;
            }
            0.5 + sum * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
        };
        let (mut low, mut high) = (-6.0, 6.0);
        for _ in 0..80 {
            let middle = f64::midpoint(low, high);
            if below(middle) < p { low = middle } else { high = middle }
        }
        f64::midpoint(low, high)
    }
}
