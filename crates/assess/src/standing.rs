//! The comparison that stands first: our plan, doing nothing, and the best policy seen.

use model::campaign::Objective;
use model::decide::Measure;
use model::impact::TrialImpact;
use model::quantity::Interval;
use model::scorecard::Standing;
use model::trial::Trial;

use crate::interval::{clopper_pearson, mean};
use crate::lever::paired_mean;

/// What one way to respond leads to, by trial.
#[derive(Debug, Clone)]
pub struct Outcomes {
    payload: u64,
    /// 1 where data left, else 0.
    outflow: Vec<f64>,
    attack: Vec<f64>,
    containment: Vec<f64>,
    weighed: bool,
}

impl Outcomes {
    /// Returns the outcomes of trials and their impacts; `weighed` says whether hours without
    /// each service count by its weight.
    pub fn new(trials: &[Trial], impacts: &[TrialImpact], weighed: bool) -> Self {
        let count = |test: fn(&Trial) -> bool| trials.iter().filter(|t| test(t)).count() as u64;
        Self {
            payload: count(|t| t.payload.is_some()),
            outflow: trials.iter().map(|t| f64::from(u8::from(t.outflow.is_some()))).collect(),
            attack: impacts.iter().map(|i| i.lost(weighed).0).collect(),
            containment: impacts.iter().map(|i| i.lost(weighed).1).collect(),
            weighed,
        }
    }

    fn losses(&self) -> Vec<f64> {
        self.attack.iter().zip(&self.containment).map(|(a, c)| a + c).collect()
    }

    fn less(&self, other: &Self) -> Interval {
        let pairs = self.losses().into_iter().zip(other.losses());
        paired_mean(&pairs.map(|(own, other)| own - other).collect::<Vec<_>>())
    }

    /// Returns what this way is worth beside the others, lower is better: the mean loss, to
    /// which every outflow adds `price` person-hours.
    fn worth(&self, price: f64) -> f64 {
        mean(&self.losses()).unwrap_or(0.0) + price * mean(&self.outflow).unwrap_or(0.0)
    }

    /// Returns whether this way surely loses more than the other and is surely better in
    /// nothing: neither in the chance of the payload nor in that of the outflow.
    pub fn is_no_better_than(&self, other: &Self) -> bool {
        self.less(other).low > 0.0 && self.payload >= other.payload && !other.leaks_more(self)
    }

    /// Returns whether the trials tell that this way lets more data out than the other.
    fn leaks_more(&self, other: &Self) -> bool {
        let pairs = self.outflow.iter().zip(&other.outflow);
        paired_mean(&pairs.map(|(own, other)| own - other).collect::<Vec<_>>()).low > 0.0
    }
}

/// Returns the places of the policies, best first: by the mean loss where the attacker wants
/// a payload; where he wants data and a prevented outflow has a price, by the loss with it;
/// without a price those come first that let no more out than the one that lets out least, as
/// far as the trials tell, and inside both groups the loss counts.
pub fn best(outcomes: &[Outcomes], objective: Objective, price: Option<f64>) -> Vec<usize> {
    let out = |o: &Outcomes| mean(&o.outflow).unwrap_or(0.0);
    let least = outcomes.iter().min_by(|a, b| out(a).total_cmp(&out(b)));
    let key = |o: &Outcomes| {
        let undecided = objective == Objective::Outflow && price.is_none();
        let more = undecided && least.is_some_and(|l| o.leaks_more(l));
        (more, o.worth(price.unwrap_or(0.0)))
    };
    let mut places: Vec<(usize, (bool, f64))> = outcomes.iter().map(key).enumerate().collect();
    places.sort_by(|(_, a), (_, b)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    places.into_iter().map(|(place, _)| place).collect()
}

/// Returns the comparison of ways to respond, in the order given; `nothing` and `plan` are
/// what the others are compared with, trial by trial.
pub fn standings(
    ways: &[(Measure, String, &Outcomes)],
    nothing: &Outcomes,
    plan: Option<&Outcomes>,
) -> Vec<Standing> {
    let standing = |(measure, name, own): &(Measure, String, &Outcomes)| {
        let trials = own.attack.len() as u64;
        Standing {
            measure: measure.clone(),
            name: name.clone(),
            payload: clopper_pearson(own.payload, trials, 0.95),
            outflow: clopper_pearson(own.outflow.iter().sum::<f64>() as u64, trials, 0.95),
            attack: paired_mean(&own.attack),
            containment: paired_mean(&own.containment),
            against_nothing: own.less(nothing),
            against_plan: plan.map(|plan| own.less(plan)),
            weighed: own.weighed,
        }
    };
    ways.iter().map(standing).collect()
}
