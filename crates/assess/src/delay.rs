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

/// Returns the log-normal that fits delays in minutes best (maximum likelihood,
/// by expectation and maximisation): `observed` are known, `censored` are times
/// at which the alert had not come yet but surely would.
///
/// `None` when nothing was observed.
pub fn fit_delay(observed: &[f64], censored: &[f64]) -> Option<Quantiles> {
    fit(observed, &censored.iter().map(|c| (*c, None)).collect::<Vec<_>>(), None)
}

/// A censored time with the odds to be alerted at all, before anything was seen;
/// `None` when the alert will surely come.
type Censored = (f64, Option<f64>);

fn fit(observed: &[f64], censored: &[Censored], prior: Option<Quantiles>) -> Option<Quantiles> {
    if observed.is_empty() {
        return prior;
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
        if let Some(prior) = prior {
            let (m, s) = (prior.mu(), prior.sigma());
            sums.weight += PRIOR_WEIGHT;
            sums.first += PRIOR_WEIGHT * m;
            sums.second += PRIOR_WEIGHT * (s * s + m * m);
        }
        let next = sums.first / sums.weight;
        let spread = (sums.second / sums.weight - next * next).max(1e-12).sqrt();
        let moved = (next - mu).abs() + (spread - sigma).abs();
        (mu, sigma) = (next, spread);
        if moved < 1e-12 {
            break;
        }
    }
    let q50 = libm::exp(mu).min(LONGEST);
    Quantiles::new(q50, libm::exp(mu + Z90 * sigma).clamp(q50, LONGEST))
}

/// Adds the expected logarithm and its square of a delay known to exceed exp(`at`).
fn add_censored(sums: &mut Sums, at: f64, share: Option<f64>, mu: f64, sigma: f64) {
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
    let weight = share.map_or(1.0, |p| p * beyond / (1.0 - p + p * beyond).max(1e-300));
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
            Some(Outcome::Logged | Outcome::Blind) => censored.push((WINDOW, Some(share))),
            _ => {}
        }
    }
    DelayFit {
        quantiles: fit(&observed, &censored, Some(DEFAULT_DELAY)).unwrap_or(DEFAULT_DELAY),
        observed: observed.len() as u32,
        censored: censored.len() as u32,
    }
}
