//! Which change helps most, compared on equal draws.

use std::cmp::Ordering;

use model::campaign::Objective;
use model::id::CampaignId;
use model::impact::TrialImpact;
use model::quantity::Interval;
use model::scorecard::{Lever, LeverEffect, Outlook};
use model::trial::{DownCause, Trial, Trials};

use crate::candidate::Candidate;
use crate::interval::mean;

/// How many levers are kept.
pub const LEVERS: usize = 12;

/// How many of them may be changes that make things worse, which must be seen too.
const WORSE: usize = 2;

/// What one campaign cost, trial by trial: all that a comparison needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Toll {
    /// The campaign.
    pub campaign: CampaignId,
    /// 1 where the objective was reached, else 0.
    pub reached: Vec<f64>,
    /// 1 where an incident was declared, else 0.
    pub declared: Vec<f64>,
    /// Person-hours lost by the attack.
    pub attack: Vec<f64>,
    /// Person-hours lost by containment.
    pub containment: Vec<f64>,
    /// Whether person-hours are weighed by service.
    pub weighed: bool,
    /// Asset classes that containment took off.
    pub cut: Vec<f64>,
}

/// Returns what one campaign cost; `weighed` says whether hours without each service count by
/// its weight.
pub fn toll(objective: Objective, trials: &Trials, impacts: &[TrialImpact], weighed: bool) -> Toll {
    let each = |value: &dyn Fn(&Trial) -> f64| trials.trials.iter().map(value).collect();
    let is = |yes: bool| f64::from(u8::from(yes));
    Toll {
        campaign: trials.campaign.clone(),
        reached: each(&|t| {
            is(match objective {
                Objective::Payload => t.payload.is_some(),
                Objective::Outflow => t.outflow.is_some(),
            })
        }),
        declared: each(&|t| is(t.declared.is_some())),
        attack: impacts.iter().map(|i| i.lost(weighed).0).collect(),
        containment: impacts.iter().map(|i| i.lost(weighed).1).collect(),
        weighed,
        cut: each(&|t| t.down.iter().filter(|d| d.cause == DownCause::Containment).count() as f64),
    }
}

impl Toll {
    fn loss(&self, trial: usize) -> f64 {
        let at = |values: &[f64]| values.get(trial).copied().unwrap_or(0.0);
        at(&self.attack) + at(&self.containment)
    }

    fn total(&self) -> f64 {
        mean(&self.attack).unwrap_or(0.0) + mean(&self.containment).unwrap_or(0.0)
    }
}

/// What the levers are set against: today's loss and chance, summed over the campaigns.
struct Today {
    loss: f64,
    chance: f64,
}

/// Returns the best levers: gains first, then changes that move one thing for the better and
/// the other for the worse, then those that the trials do not tell from none, at last those
/// that make things worse, of which a few are kept because they must be seen. Inside each
/// group they stand by the share of today's loss that they save plus the share of today's
/// chance that they take away, per person-day.
///
/// `base` and each result hold one [`Toll`] per campaign, in the same order and on
/// the same seed: trial `i` of a result is compared with trial `i` of the base, so
/// that both meet the same attacker. Saved is the sum over the campaigns, as if each came
/// once; the chance is the mean over them. Intervals are those of paired means.
pub fn rank(base: &[Toll], results: &[(Candidate, Vec<Toll>)]) -> Vec<Lever> {
    let today = today(base);
    let mut levers: Vec<Lever> = results.iter().map(|(c, tolls)| lever(base, c, tolls)).collect();
    levers.sort_by(|a, b| {
        a.outlook.cmp(&b.outlook).then_with(|| worth(&today, b).total_cmp(&worth(&today, a)))
    });
    let worse = levers.iter().filter(|l| l.outlook == Outlook::Loss).count();
    let mut bad: Vec<Lever> = levers.split_off(levers.len() - worse);
    // The one that does most harm first.
    bad.sort_by(|a, b| harm(&today, b).total_cmp(&harm(&today, a)));
    bad.truncate(WORSE);
    levers.truncate(LEVERS - bad.len());
    levers.extend(bad);
    levers
}

fn today(base: &[Toll]) -> Today {
    let chance = base.iter().filter_map(|t| mean(&t.reached)).sum::<f64>() / base.len().max(1) as f64;
    Today { loss: base.iter().map(Toll::total).sum(), chance }
}

fn merit(today: &Today, lever: &Lever) -> f64 {
    let part = |value: f64, whole: f64| if whole > 0.0 { value / whole } else { 0.0 };
    part(lever.saved.value, today.loss) + part(-lever.chance, today.chance)
}

fn worth(today: &Today, lever: &Lever) -> f64 {
    merit(today, lever) / lever.effort_days.max(0.01)
}

fn harm(today: &Today, lever: &Lever) -> f64 {
    -merit(today, lever)
}

/// Returns the candidates worth a second look on other trials: those that already surely gain,
/// then those that may gain most per person-day if all their luck holds, and in any case the
/// one that does most harm.
///
/// `base` and `results` are those of [`rank`]. Ranking only what a second look says keeps
/// a change that was lucky in the first from being told as a good one.
pub fn promising(base: &[Toll], results: Vec<(Candidate, Vec<Toll>)>, keep: usize) -> Vec<Candidate> {
    let today = today(base);
    let mut rated: Vec<(Lever, Candidate)> =
        results.into_iter().map(|(candidate, tolls)| (lever(base, &candidate, &tolls), candidate)).collect();
    let hope = |lever: &Lever| {
        let part = |value: f64, whole: f64| if whole > 0.0 { value / whole } else { 0.0 };
        let chance = lever.chance_interval.map_or(0.0, |c| -c.low);
        (part(lever.saved.high, today.loss) + part(chance, today.chance)) / lever.effort_days.max(0.01)
    };
    let sure = |lever: &Lever| lever.outlook == Outlook::Gain;
    rated.sort_by(|(a, _), (b, _)| match sure(b).cmp(&sure(a)) {
        Ordering::Equal if sure(a) => worth(&today, b).total_cmp(&worth(&today, a)),
        Ordering::Equal => hope(b).total_cmp(&hope(a)),
        other => other,
    });
    let worst = (0..rated.len()).max_by(|a, b| {
        let of = |p: &usize| rated.get(*p).map_or(0.0, |r| harm(&today, &r.0));
        of(a).total_cmp(&of(b))
    });
    if let (Some(worst), Some(last)) = (worst.filter(|w| *w >= keep), keep.checked_sub(1)) {
        rated.swap(last, worst);
    }
    rated.truncate(keep);
    rated.into_iter().map(|r| r.1).collect()
}

fn difference(base: &[f64], own: &[f64]) -> Interval {
    paired_mean(&base.iter().zip(own).map(|(b, o)| o - b).collect::<Vec<_>>())
}

fn lever(base: &[Toll], candidate: &Candidate, tolls: &[Toll]) -> Lever {
    let pairs = || base.iter().zip(tolls);
    let trials = pairs().map(|(b, t)| b.attack.len().min(t.attack.len())).min().unwrap_or(0);
    let saved: Vec<f64> = (0..trials).map(|i| pairs().map(|(b, t)| b.loss(i) - t.loss(i)).sum()).collect();
    let reached = |t: &Toll, i: usize| t.reached.get(i).copied().unwrap_or(0.0);
    let many = base.len().max(1) as f64;
    let moved: Vec<f64> = (0..trials)
        .map(|i| pairs().map(|(b, t)| reached(t, i) - reached(b, i)).sum::<f64>() / many)
        .collect();
    let (saved, chance) = (paired_mean(&saved), paired_mean(&moved));
    Lever {
        title: candidate.title.clone(),
        why: candidate.why.clone(),
        technique: candidate.technique.clone(),
        verdicts: candidate.verdicts.clone(),
        saved,
        chance: chance.value,
        chance_interval: Some(chance),
        effort_days: candidate.effort_days,
        effort: candidate.effort.to_owned(),
        kind: candidate.kind,
        outlook: outlook(negated(saved), chance),
        effects: pairs().map(|(b, t)| effect(b, t)).collect(),
        weighed: base.iter().any(|b| b.weighed),
    }
}

fn effect(base: &Toll, own: &Toll) -> LeverEffect {
    LeverEffect {
        campaign: own.campaign.clone(),
        chance: difference(&base.reached, &own.reached),
        loss: paired_mean(&(0..own.attack.len()).map(|i| own.loss(i) - base.loss(i)).collect::<Vec<_>>()),
        attack: difference(&base.attack, &own.attack),
        containment: difference(&base.containment, &own.containment),
        declared: difference(&base.declared, &own.declared),
        cut: difference(&base.cut, &own.cut),
    }
}

/// Returns what a change is, by what it adds to the loss and to a chance.
pub(crate) fn outlook(loss: Interval, chance: Interval) -> Outlook {
    let better = loss.high < 0.0 || chance.high < 0.0;
    let worse = loss.low > 0.0 || chance.low > 0.0;
    match (better, worse) {
        (true, false) => Outlook::Gain,
        (true, true) => Outlook::TradeOff,
        (false, true) => Outlook::Loss,
        (false, false) => Outlook::Open,
    }
}

fn negated(interval: Interval) -> Interval {
    Interval { value: -interval.value, low: -interval.high, high: -interval.low }
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
