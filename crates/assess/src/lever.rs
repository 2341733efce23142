//! Which change helps most, compared on equal draws.

use model::impact::TrialImpact;
use model::quantity::Interval;
use model::scorecard::Lever;
use model::trial::Trials;

use crate::candidate::Candidate;
use crate::interval::mean;

/// How many levers are kept.
pub const LEVERS: usize = 10;

/// What one campaign cost, trial by trial: all that a comparison needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toll {
    /// Insured-hours lost by attack and containment together, by trial.
    pub lost: Vec<u64>,
    /// Trials in which payload or outflow came before containment.
    pub reached: u64,
}

/// Returns what one campaign cost.
pub fn toll(trials: &Trials, impacts: &[TrialImpact]) -> Toll {
    let reached = |t: &&model::trial::Trial| t.payload.is_some() || t.outflow.is_some();
    Toll {
        lost: impacts.iter().map(|i| i.attack.0.saturating_add(i.containment.0)).collect(),
        reached: trials.trials.iter().filter(reached).count() as u64,
    }
}

/// Returns the best levers: those whose whole interval lies above zero before
/// those that may be noise, each group by insured-hours saved per person-day.
///
/// `base` and each result hold one [`Toll`] per campaign, in the same order and on
/// the same seed: trial `i` of a result is compared with trial `i` of the base, so
/// that both meet the same attacker. Saved is the sum over the campaigns; the
/// interval is that of a paired mean. At most [`LEVERS`] are kept; when more are
/// given, the last place goes to the worst change whose interval lies below zero,
/// because that more detection can make things worse must be seen.
pub fn rank(base: &[Toll], results: &[(Candidate, Vec<Toll>)]) -> Vec<Lever> {
    let mut levers: Vec<Lever> = results.iter().map(|(c, tolls)| lever(base, c, tolls)).collect();
    let worth = |l: &Lever| l.saved.value / l.effort_days.max(0.01);
    let proven = |l: &Lever| l.saved.low > 0.0;
    levers.sort_by(|a, b| proven(b).cmp(&proven(a)).then_with(|| worth(b).total_cmp(&worth(a))));
    if levers.len() > LEVERS {
        let rest = levers.split_off(LEVERS);
        if let Some(worst) = rest.into_iter().rfind(|l| l.saved.high < 0.0) {
            levers.pop();
            levers.push(worst);
        }
    }
    levers
}

/// Returns the candidates worth a second look on other trials: those whose interval lies
/// above zero already, then those that may save most per person-day if all their luck
/// holds, and in any case the one that saves least.
///
/// `base` and `results` are those of [`rank`]. Ranking only what a second look says keeps
/// a change that was lucky in the first from being told as a good one.
pub fn promising(base: &[Toll], results: Vec<(Candidate, Vec<Toll>)>, keep: usize) -> Vec<Candidate> {
    let mut rated: Vec<(Interval, Candidate)> = results
        .into_iter()
        .map(|(candidate, tolls)| (lever(base, &candidate, &tolls).saved, candidate))
        .collect();
    let hope = |(saved, candidate): &(Interval, Candidate)| saved.high / candidate.effort_days.max(0.01);
    let proven = |(saved, _): &(Interval, Candidate)| saved.low > 0.0;
    rated.sort_by(|a, b| proven(b).cmp(&proven(a)).then_with(|| hope(b).total_cmp(&hope(a))));
    let worst = (0..rated.len()).min_by(|a, b| rated[*a].0.value.total_cmp(&rated[*b].0.value));
    if let (Some(worst), Some(last)) = (worst.filter(|w| *w >= keep), keep.checked_sub(1)) {
        rated.swap(last, worst);
    }
    rated.truncate(keep);
    rated.into_iter().map(|r| r.1).collect()
}

fn lever(base: &[Toll], candidate: &Candidate, tolls: &[Toll]) -> Lever {
    let pairs = || base.iter().zip(tolls);
    let trials = pairs().map(|(b, t)| b.lost.len().min(t.lost.len())).min().unwrap_or(0);
    let saved: Vec<f64> =
        (0..trials).map(|i| pairs().map(|(b, t)| b.lost[i] as f64 - t.lost[i] as f64).sum()).collect();
    let share = |t: &Toll| t.reached as f64 / t.lost.len().max(1) as f64;
    let changes: Vec<f64> = pairs().map(|(b, t)| share(t) - share(b)).collect();
    Lever {
        title: candidate.title.clone(),
        why: candidate.why.clone(),
        technique: candidate.technique.clone(),
        verdicts: candidate.verdicts.clone(),
        saved: paired_mean(&saved),
        chance: mean(&changes).unwrap_or(0.0),
        effort_days: candidate.effort_days,
    }
}

/// Returns the mean with its 95 % interval by the normal approximation, which
/// hundreds of trials allow. With fewer than two values nothing is known.
pub(crate) fn paired_mean(values: &[f64]) -> Interval {
    let n = values.len() as f64;
    let Some(value) = mean(values) else { return Interval { value: 0.0, low: 0.0, high: 0.0 } };
    let square = values.iter().map(|v| (v - value) * (v - value)).sum::<f64>();
    let half = if n > 1.0 { 1.959_963_985 * (square / (n - 1.0) / n).sqrt() } else { f64::MAX };
    Interval { value, low: value - half, high: value + half }
}
