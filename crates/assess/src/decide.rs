//! Containment policies compared on equal draws: the numbers of the decision card.
//!
//! Every policy meets the same attacker in trial `i` and does nothing before the alarm,
//! so all of them share the trials in which the alarm leaves time to decide. The loss at
//! a confidence `c` is that of a real alarm with weight `c` and that of a false one with
//! weight `1 - c`; both are taken from the same trial, and policies are compared trial
//! by trial. Where the estate says what a prevented outflow is worth, an outflow adds that
//! to the loss by which policies are ordered; where the attacker wants data and nothing is
//! said, there is a frontier and no advice.

use model::campaign::Objective;
use model::decide::{Advice, Drawn, Flip, Measure, PolicyOutcome, Step, Tip};
use model::estate::Estate;
use model::impact::TrialImpact;
use model::quantity::{Interval, Millis, Ratio};
use model::scorecard::Outlook;
use model::trial::Trial;

use crate::interval::{clopper_pearson, jeffreys, mean, over_draws, quantile_interval};
use crate::lever::{outlook, paired_mean};
use crate::score::reaching;

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
    let weighed = estate.weighs();
    let course = |(trial, impact): (&Trial, &TrialImpact)| {
        let (attack, containment) = impact.lost(weighed);
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
            attack,
            containment,
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

/// How policies are weighed.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    /// How sure the crisis team is that the alarm is real.
    pub confidence: Ratio,
    /// What the attacker wants.
    pub objective: Objective,
    /// Person-hours one prevented outflow is worth; `None`: nobody has said.
    pub price: Option<f64>,
}

impl Scale {
    /// Returns whether outflow and outage compete and nothing says how to weigh them.
    pub fn undecided(self) -> bool {
        self.objective == Objective::Outflow && self.price.is_none()
    }
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
    /// Person-hours lost by trial, if the alarm is false.
    pub false_alarm: Vec<f64>,
}

impl Raced {
    fn expected(&self, trial: usize, confidence: f64) -> f64 {
        let wrong = self.false_alarm.get(trial).copied().unwrap_or(0.0);
        confidence * self.courses[trial].loss() + (1.0 - confidence) * wrong
    }

    /// Returns the same with every outflow at its price.
    fn weighed(&self, trial: usize, scale: Scale) -> f64 {
        let c = scale.confidence.get();
        let out = f64::from(u8::from(self.courses[trial].outflow));
        self.expected(trial, c) + c * scale.price.unwrap_or(0.0) * out
    }

    fn out(&self, trial: usize) -> f64 {
        f64::from(u8::from(self.courses[trial].outflow))
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

    fn leaks_more(&self, other: &Self, open: &[usize]) -> Interval {
        self.over(open, |own, i| own.out(i) - other.out(i))
    }

    /// Returns what this policy is beside another: by loss and outflow apart, or, where the
    /// estate says what a prevented outflow is worth, by the loss with every outflow at its price.
    fn beside(&self, other: &Self, open: &[usize], scale: Scale) -> Outlook {
        let loss = self.less_weighed(other, open, scale);
        let still = Interval { value: 0.0, low: 0.0, high: 0.0 };
        let out = if scale.price.is_some() { still } else { self.leaks_more(other, open) };
        outlook(loss, out)
    }

    fn less_weighed(&self, other: &Self, open: &[usize], scale: Scale) -> Interval {
        self.over(open, |own, i| own.weighed(i, scale) - other.weighed(i, scale))
    }
}

/// Returns the outcome of every policy over the `open` trials, in the order given; the first
/// is to do nothing more.
pub fn outcomes(raced: &[Raced], plan: &Raced, open: &[usize], scale: Scale) -> Vec<PolicyOutcome> {
    let c = scale.confidence.get();
    let Some(nothing) = raced.first() else { return Vec::new() };
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
        against_nothing: r.less(nothing, open, c),
        weighed: scale.price.map(|_| r.over(open, |r, i| r.weighed(i, scale))),
        weighed_against_plan: scale.price.map(|_| r.less_weighed(plan, open, scale)),
        outflow_against_plan: Some(r.leaks_more(plan, open)),
        outflow_against_nothing: Some(r.leaks_more(nothing, open)),
        to_plan: (r.measure != plan.measure).then(|| r.beside(plan, open, scale)),
        exercises: None,
        tenants: r.over(open, |r, i| r.courses[i].tenants),
        first_back: hours(r, |b| b.0),
        last_back: hours(r, |b| b.1),
    };
    raced.iter().map(outcome).collect()
}

/// Returns the places of the policies, best first: by the expected loss, with every outflow at
/// its price if it has one. Where outflow and outage compete without a price, those on the
/// [`frontier`] come first. Of equal policies the one named first is better.
pub fn order(raced: &[Raced], open: &[usize], scale: Scale) -> Vec<usize> {
    let loss: Vec<f64> = raced.iter().map(|r| r.over(open, |r, i| r.weighed(i, scale)).value).collect();
    let mut order: Vec<usize> = (0..raced.len()).collect();
    order.sort_by(|a, b| loss[*a].total_cmp(&loss[*b]));
    if scale.undecided() {
        let first = frontier_places(raced, &order, open, scale);
        order.sort_by_key(|p| first.iter().position(|f| f == p).unwrap_or(usize::MAX));
    }
    order
}

/// Returns the places of the policies that a card shows, best first: to do nothing more, the
/// plan, and of each kind of cut the best now and the best once confirmed.
pub fn shown(order: &[usize], measure: &dyn Fn(usize) -> Measure) -> Vec<usize> {
    let mut seen = std::collections::BTreeSet::new();
    order.iter().copied().filter(|p| seen.insert(measure(*p).kind())).collect()
}

/// Returns the efficient frontier: from the policy that loses least on, always the one at
/// which another prevented outflow costs least, as long as the trials tell that less goes out.
/// Each step is best for whoever values a prevented outflow above its worth and below that of
/// the next.
pub fn frontier(raced: &[Raced], open: &[usize], scale: Scale) -> Vec<Step> {
    let mut by_loss: Vec<usize> = (0..raced.len()).collect();
    let c = scale.confidence.get();
    let loss = |p: usize| raced[p].over(open, |r, i| r.expected(i, c));
    let means: Vec<f64> = (0..raced.len()).map(|p| loss(p).value).collect();
    by_loss.sort_by(|a, b| means[*a].total_cmp(&means[*b]));
    let places = frontier_places(raced, &by_loss, open, scale);
    let step = |(n, p): (usize, &usize)| Step {
        policy: raced[*p].name.clone(),
        outflow: raced[*p].share(open, |course| course.outflow),
        expected: loss(*p),
        worth: n.checked_sub(1).and_then(|n| dearer(&raced[places[n]], &raced[*p], open, c)),
    };
    places.iter().enumerate().map(step).collect()
}

/// Returns what one more prevented outflow costs when going from one policy to another;
/// `None` where the trials do not tell that the other lets less out.
fn dearer(from: &Raced, to: &Raced, open: &[usize], c: f64) -> Option<f64> {
    let out = to.over(open, |r, i| from.out(i) - r.out(i));
    (out.low > 0.0 && c > 0.0).then(|| (to.less(from, open, c).value / (c * out.value)).max(0.0))
}

fn frontier_places(raced: &[Raced], by_loss: &[usize], open: &[usize], scale: Scale) -> Vec<usize> {
    let c = scale.confidence.get();
    let mut places: Vec<usize> = by_loss.first().copied().into_iter().collect();
    while let Some(last) = places.last().copied() {
        let next = by_loss
            .iter()
            .filter(|p| !places.contains(p))
            .filter_map(|p| Some((*p, dearer(&raced[last], &raced[*p], open, c)?)))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        match next {
            Some((place, _)) => places.push(place),
            None => break,
        }
    }
    places
}

/// Returns what to do and what would change it; `order` is that of [`order`]. There is no
/// advice where no alarm left time to decide, and where nothing says how to weigh outflow
/// against outage.
pub fn advice(raced: &[Raced], order: &[usize], open: &[usize], scale: Scale) -> Option<Advice> {
    let (first, rest) = order.split_first()?;
    if open.is_empty() || scale.undecided() {
        return None;
    }
    let c = scale.confidence.get();
    let best = &raced[*first];
    let means: Vec<Means> = raced.iter().map(|r| Means::of(r, open, scale)).collect();
    let flip = |found: Option<(f64, usize)>| found.map(|(at, p)| Flip { at, policy: raced[p].name.clone() });
    let second = rest.first().map(|p| &raced[*p]);
    Some(Advice {
        policy: best.name.clone(),
        second: second.map(|s| s.name.clone()),
        margin: second.map(|s| s.less_weighed(best, open, scale)),
        tied: rest
            .iter()
            .filter(|p| raced[**p].less_weighed(best, open, scale).low <= 0.0)
            .map(|p| raced[*p].name.clone())
            .collect(),
        below: flip(below(&means, *first, rest, c)),
        above: flip(above(&means, *first, rest, c)),
        slower: flip(slower(&means, *first, rest, c)),
        worth: match scale.objective {
            Objective::Payload => None,
            Objective::Outflow => worth(raced, best, open, c),
        },
        holds: (0, 0),
    })
}

/// What one draw of the evidence gives for one policy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawnOutcome {
    payload: f64,
    outflow: f64,
    expected: f64,
    /// The loss by which policies are ordered.
    pub weighed: f64,
}

/// Returns what one draw of the evidence gives for a policy over the trials open in it;
/// `wrong` is its mean loss on a false alarm.
pub fn drawn_outcome(courses: &[Course], wrong: f64, open: &[usize], scale: Scale) -> Option<DrawnOutcome> {
    let c = scale.confidence.get();
    let over = |value: &dyn Fn(&Course) -> f64| {
        mean(&open.iter().filter_map(|i| courses.get(*i)).map(value).collect::<Vec<f64>>())
    };
    // Few trials of one draw never show that something always or never happens: the share is
    // the posterior mean after as many trials as there are.
    let share = |has: &dyn Fn(&Course) -> bool| {
        let raced = || open.iter().filter_map(|i| courses.get(*i));
        jeffreys(raced().filter(|x| has(x)).count() as u64, raced().count() as u64, 0.95).value
    };
    let is = |yes: bool| f64::from(u8::from(yes));
    let outflow = over(&|x| is(x.outflow))?;
    let expected = c * over(&Course::loss)? + (1.0 - c) * wrong;
    Some(DrawnOutcome {
        payload: share(&|x| x.payload),
        outflow: share(&|x| x.outflow),
        expected,
        weighed: expected + c * scale.price.unwrap_or(0.0) * outflow,
    })
}

/// Returns what few exercises leave open of a policy's figures; each interval reaches as far
/// as the figure itself, which gives no credit where nothing was seen.
pub fn drawn(draws: &[DrawnOutcome], outcome: &PolicyOutcome) -> Option<Drawn> {
    let over = |pick: fn(&DrawnOutcome) -> f64, own: Interval| {
        let all = over_draws(&draws.iter().map(pick).collect::<Vec<f64>>())?;
        Some(reaching(all, own.value))
    };
    Some(Drawn {
        payload: over(|d| d.payload, outcome.payload)?,
        outflow: over(|d| d.outflow, outcome.outflow)?,
        expected: over(|d| d.expected, outcome.expected)?,
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
    fn of(raced: &Raced, open: &[usize], scale: Scale) -> Self {
        let price = scale.price.unwrap_or(0.0);
        Self {
            attack: raced.over(open, |r, i| r.courses[i].attack + price * r.out(i)).value,
            containment: raced.over(open, |r, i| r.courses[i].containment).value,
            wrong: raced.over(open, |r, i| r.expected(i, 0.0)).value,
        }
    }

    fn real(self) -> f64 {
        self.attack + self.containment
    }
}

/// How far rounding may put the point at which two policies lose the same beside the one at
/// which they are compared, where they lose the same already.
const TIE: f64 = 1e-9;

/// Returns the confidence at which two policies lose the same.
fn crossing(a: Means, b: Means) -> Option<f64> {
    let (wrong, real) = (a.wrong - b.wrong, b.real() - a.real());
    let at = wrong / (wrong + real);
    at.is_finite().then_some(at)
}

fn below(means: &[Means], best: usize, rivals: &[usize], c: f64) -> Option<(f64, usize)> {
    let better = rivals.iter().filter(|p| means[**p].wrong < means[best].wrong);
    let at = better.filter_map(|p| Some((crossing(means[best], means[*p])?, *p)));
    let at = at.filter(|(at, _)| *at > 0.0 && *at <= c + TIE).map(|(at, p)| (at.min(c), p));
    at.max_by(|a, b| a.0.total_cmp(&b.0))
}

fn above(means: &[Means], best: usize, rivals: &[usize], c: f64) -> Option<(f64, usize)> {
    let better = rivals.iter().filter(|p| means[**p].real() < means[best].real());
    let at = better.filter_map(|p| Some((crossing(means[best], means[*p])?, *p)));
    let at = at.filter(|(at, _)| *at >= c - TIE && *at < 1.0).map(|(at, p)| (at.max(c), p));
    at.min_by(|a, b| a.0.total_cmp(&b.0))
}

fn slower(means: &[Means], best: usize, rivals: &[usize], c: f64) -> Option<(f64, usize)> {
    let fixed = |m: Means| c * m.attack;
    let grows = |m: Means| c * m.containment + (1.0 - c) * m.wrong;
    let own = means[best];
    let at = rivals.iter().filter(|p| grows(means[**p]) < grows(own)).map(|p| {
        let other = means[*p];
        ((fixed(other) - fixed(own)) / (grows(own) - grows(other)), *p)
    });
    let at = at.filter(|(at, _)| *at >= 1.0 - TIE && at.is_finite()).map(|(at, p)| (at.max(1.0), p));
    at.min_by(|a, b| a.0.total_cmp(&b.0))
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
    /// Person-hours lost by trial if it is pulled and the alarm is false.
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
