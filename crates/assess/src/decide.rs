//! Containment policies compared on equal draws: the numbers of the decision card.
//!
//! Every policy meets the same attacker in trial `i` and does nothing before the alarm,
//! so all of them share the trials in which the alarm leaves time to decide. The loss at
//! a confidence `c` is that of a real alarm with weight `c` and that of a false one with
//! weight `1 - c`; both are taken from the same trial, and policies are compared trial
//! by trial.

use model::campaign::Objective;
use model::decide::{Advice, Flip, Measure, PolicyOutcome, Tip};
use model::estate::Estate;
use model::impact::TrialImpact;
use model::quantity::{Interval, Millis, Ratio};
use model::trial::Trial;

use crate::interval::{clopper_pearson, mean, quantile_interval};
use crate::lever::paired_mean;

/// One trial as far as the card needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    alarm: Option<Millis>,
    goal: Option<Millis>,
    payload: bool,
    outflow: bool,
    attack: f64,
    containment: f64,
    tenants: f64,
    /// Hours from the alarm until the first and the last tenant has all services again.
    back: Option<(f64, f64)>,
}

impl Course {
    fn loss(&self) -> f64 {
        self.attack + self.containment
    }
}

/// Returns what the card needs of each trial.
pub fn courses(
    estate: &Estate,
    objective: Objective,
    trials: &[Trial],
    impacts: &[TrialImpact],
) -> Vec<Course> {
    let used: Vec<bool> =
        estate.hostings.iter().map(|h| estate.tenants.iter().any(|t| t.hosting == h.id)).collect();
    let course = |(trial, impact): (&Trial, &TrialImpact)| {
        let since = |at: Millis| at.saturating_sub(trial.declared.unwrap_or_default()).hours();
        let hit = impact.hostings.iter().zip(&used).filter(|(h, used)| **used && h.any.total() > Millis(0));
        let back: Vec<f64> = hit.filter_map(|(h, _)| h.any.restored).map(since).collect();
        let first = back.iter().copied().reduce(f64::min);
        let last = back.iter().copied().reduce(f64::max);
        Course {
            alarm: trial.declared,
            goal: match objective {
                Objective::Payload => trial.payload,
                Objective::Outflow => trial.outflow,
            },
            payload: trial.payload.is_some(),
            outflow: trial.outflow.is_some(),
            attack: impact.attack.0 as f64,
            containment: impact.containment.0 as f64,
            tenants: f64::from(impact.tenants_hit),
            back: first.zip(last),
        }
    };
    trials.iter().zip(impacts).map(course).collect()
}

/// Returns the number of trials with an alarm, and the places of those in which it came
/// before the objective was reached; `nothing` are the courses of doing nothing more.
pub fn open(nothing: &[Course]) -> (usize, Vec<usize>) {
    let alarms = nothing.iter().filter(|c| c.alarm.is_some()).count();
    let open = |c: &Course| c.alarm.is_some_and(|alarm| c.goal.is_none_or(|goal| goal > alarm));
    (alarms, (0..nothing.len()).filter(|i| open(&nothing[*i])).collect())
}

/// A policy with what came of it.
#[derive(Debug, Clone)]
pub struct Raced {
    /// Its name.
    pub name: String,
    /// What it does.
    pub measure: Measure,
    /// By trial, if the alarm is real.
    pub courses: Vec<Course>,
    /// Insured-hours lost by trial, if the alarm is false.
    pub false_alarm: Vec<f64>,
}

impl Raced {
    fn expected(&self, trial: usize, confidence: f64) -> f64 {
        let wrong = self.false_alarm.get(trial).copied().unwrap_or(0.0);
        confidence * self.courses[trial].loss() + (1.0 - confidence) * wrong
    }

    fn over(&self, open: &[usize], value: impl Fn(&Self, usize) -> f64) -> Interval {
        paired_mean(&open.iter().map(|i| value(self, *i)).collect::<Vec<f64>>())
    }

    fn share(&self, open: &[usize], has: impl Fn(&Course) -> bool) -> Interval {
        let hits = open.iter().filter(|i| has(&self.courses[**i])).count();
        clopper_pearson(hits as u64, open.len() as u64, 0.95)
    }

    fn less(&self, other: &Self, open: &[usize], confidence: f64) -> Interval {
        self.over(open, |own, i| own.expected(i, confidence) - other.expected(i, confidence))
    }
}

/// Returns the outcome of every policy over the `open` trials, in the order given.
pub fn outcomes(raced: &[Raced], plan: &Raced, open: &[usize], confidence: Ratio) -> Vec<PolicyOutcome> {
    let c = confidence.get();
    let hours = |raced: &Raced, pick: fn((f64, f64)) -> f64| {
        let mut hours: Vec<f64> = open.iter().filter_map(|i| raced.courses[*i].back).map(pick).collect();
        hours.sort_by(f64::total_cmp);
        quantile_interval(&hours, 0.5, 0.95)
    };
    let outcome = |r: &Raced| PolicyOutcome {
        name: r.name.clone(),
        measure: r.measure.clone(),
        payload: r.share(open, |course| course.payload),
        outflow: r.share(open, |course| course.outflow),
        attack: r.over(open, |r, i| r.courses[i].attack),
        containment: r.over(open, |r, i| r.courses[i].containment),
        false_alarm: r.over(open, |r, i| r.expected(i, 0.0)),
        expected: r.over(open, |r, i| r.expected(i, c)),
        against_plan: r.less(plan, open, c),
        tenants: r.over(open, |r, i| r.courses[i].tenants),
        first_back: hours(r, |b| b.0),
        last_back: hours(r, |b| b.1),
    };
    raced.iter().map(outcome).collect()
}

/// Returns the places of the policies, best first.
///
/// With the objective payload the lowest expected loss is best. With the objective
/// outflow those come first that let no more data out than the one that lets out least,
/// as far as the trials tell, by expected loss; then the others by what they let out.
/// Of equal policies the one named first is better.
pub fn order(raced: &[Raced], objective: Objective, open: &[usize], confidence: Ratio) -> Vec<usize> {
    let loss: Vec<f64> =
        raced.iter().map(|r| r.over(open, |r, i| r.expected(i, confidence.get())).value).collect();
    let mut order: Vec<usize> = (0..raced.len()).collect();
    if objective == Objective::Payload {
        order.sort_by(|a, b| loss[*a].total_cmp(&loss[*b]));
        return order;
    }
    let kept = eligible(raced, open);
    let out: Vec<f64> = raced.iter().map(|r| r.share(open, |c| c.outflow).value).collect();
    order.sort_by(|a, b| {
        let by_out = if kept[*a] { std::cmp::Ordering::Equal } else { out[*a].total_cmp(&out[*b]) };
        kept[*b].cmp(&kept[*a]).then(by_out).then(loss[*a].total_cmp(&loss[*b]))
    });
    order
}

/// Returns which policies let no more data out than the one that lets out least, as far
/// as the trials tell.
fn eligible(raced: &[Raced], open: &[usize]) -> Vec<bool> {
    let out = |r: &Raced, i: usize| f64::from(u8::from(r.courses[i].outflow));
    let shares: Vec<f64> = raced.iter().map(|r| r.over(open, out).value).collect();
    let Some(least) = (0..raced.len()).min_by(|a, b| shares[*a].total_cmp(&shares[*b])) else {
        return Vec::new();
    };
    raced.iter().map(|r| r.over(open, |r, i| out(r, i) - out(&raced[least], i)).low <= 0.0).collect()
}

/// Returns what to do and what would change it; `order` is that of [`order`].
pub fn advice(
    raced: &[Raced],
    order: &[usize],
    objective: Objective,
    open: &[usize],
    confidence: Ratio,
) -> Option<Advice> {
    let (first, rest) = order.split_first()?;
    if open.is_empty() {
        return None;
    }
    let c = confidence.get();
    let kept = match objective {
        Objective::Payload => vec![true; raced.len()],
        Objective::Outflow => eligible(raced, open),
    };
    let rivals: Vec<usize> = rest.iter().copied().filter(|p| kept[*p]).collect();
    let best = &raced[*first];
    let means: Vec<Means> = raced.iter().map(|r| Means::of(r, open)).collect();
    let flip = |found: Option<(f64, usize)>| found.map(|(at, p)| Flip { at, policy: raced[p].name.clone() });
    let second = rivals.first().map(|p| &raced[*p]);
    Some(Advice {
        policy: best.name.clone(),
        second: second.map(|s| s.name.clone()),
        margin: second.map(|s| s.less(best, open, c)),
        tied: rivals
            .iter()
            .filter(|p| raced[**p].less(best, open, c).low <= 0.0)
            .map(|p| raced[*p].name.clone())
            .collect(),
        below: flip(below(&means, *first, &rivals, c)),
        above: flip(above(&means, *first, &rivals, c)),
        slower: flip(slower(&means, *first, &rivals, c)),
        worth: match objective {
            Objective::Payload => None,
            Objective::Outflow => worth(raced, best, open, c),
        },
    })
}

/// Mean losses of a policy.
#[derive(Debug, Clone, Copy)]
struct Means {
    attack: f64,
    containment: f64,
    wrong: f64,
}

impl Means {
    fn of(raced: &Raced, open: &[usize]) -> Self {
        Self {
            attack: raced.over(open, |r, i| r.courses[i].attack).value,
            containment: raced.over(open, |r, i| r.courses[i].containment).value,
            wrong: raced.over(open, |r, i| r.expected(i, 0.0)).value,
        }
    }

    fn real(self) -> f64 {
        self.attack + self.containment
    }
}

/// Returns the confidence at which two policies lose the same.
fn crossing(a: Means, b: Means) -> Option<f64> {
    let (wrong, real) = (a.wrong - b.wrong, b.real() - a.real());
    let at = wrong / (wrong + real);
    at.is_finite().then_some(at)
}

fn below(means: &[Means], best: usize, rivals: &[usize], c: f64) -> Option<(f64, usize)> {
    let better = rivals.iter().filter(|p| means[**p].wrong < means[best].wrong);
    let at = better.filter_map(|p| Some((crossing(means[best], means[*p])?, *p)));
    at.filter(|(at, _)| *at > 0.0 && *at <= c).max_by(|a, b| a.0.total_cmp(&b.0))
}

fn above(means: &[Means], best: usize, rivals: &[usize], c: f64) -> Option<(f64, usize)> {
    let better = rivals.iter().filter(|p| means[**p].real() < means[best].real());
    let at = better.filter_map(|p| Some((crossing(means[best], means[*p])?, *p)));
    at.filter(|(at, _)| *at >= c && *at < 1.0).min_by(|a, b| a.0.total_cmp(&b.0))
}

fn slower(means: &[Means], best: usize, rivals: &[usize], c: f64) -> Option<(f64, usize)> {
    let fixed = |m: Means| c * m.attack;
    let grows = |m: Means| c * m.containment + (1.0 - c) * m.wrong;
    let own = means[best];
    let at = rivals.iter().filter(|p| grows(means[**p]) < grows(own)).map(|p| {
        let other = means[*p];
        ((fixed(other) - fixed(own)) / (grows(own) - grows(other)), *p)
    });
    at.filter(|(at, _)| *at >= 1.0 && at.is_finite()).min_by(|a, b| a.0.total_cmp(&b.0))
}

/// Returns what one prevented outflow has to be worth for `best` to pay against doing nothing more.
fn worth(raced: &[Raced], best: &Raced, open: &[usize], c: f64) -> Option<f64> {
    let nothing = raced.iter().find(|r| r.measure == Measure::Nothing)?;
    let prevented = nothing.share(open, |x| x.outflow).value - best.share(open, |x| x.outflow).value;
    let cost = best.less(nothing, open, c).value;
    (prevented > 0.0 && c > 0.0).then(|| (cost / (c * prevented)).max(0.0))
}

/// The question of one tip: pull now, or only once confirmed.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Time since the alarm.
    pub after: Millis,
    /// By trial, if nothing more is done.
    pub nothing: &'a [Course],
    /// By trial, if it is pulled then.
    pub pull: &'a [Course],
    /// By trial, if it is pulled once confirmed, counted from then.
    pub wait: &'a [Course],
    /// Insured-hours lost by trial if it is pulled and the alarm is false.
    pub false_alarm: &'a [f64],
}

/// Returns the answer over those of the `open` trials in which the objective is not
/// reached by then; `None` where fewer than two are left.
pub fn tip(question: Question<'_>, objective: Objective, open: &[usize], confidence: Ratio) -> Option<Tip> {
    let still = |i: &&usize| {
        let course = &question.nothing[**i];
        let by = course.alarm.unwrap_or_default().saturating_add(question.after);
        course.goal.is_none_or(|goal| goal > by)
    };
    let left: Vec<usize> = open.iter().filter(still).copied().collect();
    if left.len() < 2 {
        return None;
    }
    let saved: Vec<f64> = left.iter().map(|i| question.wait[*i].loss() - question.pull[*i].loss()).collect();
    let wrong: Vec<f64> = left.iter().map(|i| question.false_alarm.get(*i).copied().unwrap_or(0.0)).collect();
    let loss = |courses: &[Course]| paired_mean(&left.iter().map(|i| courses[*i].loss()).collect::<Vec<_>>());
    let reached = |courses: &[Course]| {
        let hits = left.iter().filter(|i| courses[**i].goal.is_some()).count();
        clopper_pearson(hits as u64, left.len() as u64, 0.95)
    };
    let (reached_pull, reached_wait) = (reached(question.pull), reached(question.wait));
    let c = confidence.get();
    let prevented = c * (reached_wait.value - reached_pull.value);
    let price = (1.0 - c) * mean(&wrong)? - c * mean(&saved)?;
    Some(Tip {
        after: question.after,
        too_late: Ratio::of((open.len() - left.len()) as u64, open.len() as u64),
        open: u32::try_from(left.len()).unwrap_or(u32::MAX),
        pull: loss(question.pull),
        wait: loss(question.wait),
        false_alarm: paired_mean(&wrong),
        threshold: threshold(&saved, &wrong),
        reached_pull,
        reached_wait,
        worth: (objective == Objective::Outflow && prevented > 0.0).then(|| (price / prevented).max(0.0)),
    })
}

/// Returns the confidence `p` at which `p saved = (1 - p) wrong` in the mean, with the
/// confidences at which the interval of the difference holds zero (Fieller's way, so
/// that it is right where nothing is saved).
fn threshold(saved: &[f64], wrong: &[f64]) -> Interval {
    const STEPS: u32 = 1_000;
    let gain = |p: f64| {
        let gains: Vec<f64> = saved.iter().zip(wrong).map(|(s, w)| p * s - (1.0 - p) * w).collect();
        paired_mean(&gains)
    };
    let (saves, costs) = (mean(saved).unwrap_or(0.0), mean(wrong).unwrap_or(0.0));
    let value = if saves > 0.0 { costs / (costs + saves) } else { 1.0 };
    let first = |yes: &dyn Fn(Interval) -> bool| {
        let p = |step: u32| f64::from(step) / f64::from(STEPS);
        (0..=STEPS).map(p).find(|p| yes(gain(*p))).unwrap_or(1.0)
    };
    let low = first(&|g: Interval| g.high >= 0.0).min(value);
    let high = first(&|g: Interval| g.low > 0.0).max(value);
    Interval { value, low, high }
}
