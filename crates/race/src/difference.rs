//! What one change does, measured on the same attackers.
//!
//! Both sides race with the same draws (common random numbers). Where containment is
//! one stop of everything, the chance of winning follows from the attacker's
//! timeline in closed form, which takes the luck of detection out (conditional
//! Monte Carlo):
//!
//! ```text
//! (9)  P(win | path) = product over attempts i of (1 - p_i F(T_p - X - t_i))
//! ```
//!
//! with p_i the chance of the trial that attempt i is alerted on and escalated, F the
//! distribution of delay, wait and triage, and X the playbook's time. A path that
//! never reaches the goal scores 0.

use model::quantity::Millis;
use rayon::prelude::*;

use crate::chance::Chance;
use crate::chase::{Chaser, Exposure, Outcome};
use crate::contest::Contest;
use crate::desk::Desk;
use crate::isolation::Scope;
use crate::response::{Move, Response};
use crate::span::Span;

/// Knots of a [`Lag`]: 32 to every doubling, from a second to 2^22 seconds (48 days).
const KNOTS: usize = 32 * 22;
/// Equally likely lengths of the delay that stand for all of them.
const DELAYS: u32 = 256;

/// The distribution of the time from an attempt to the escalation of its alert.
#[derive(Debug, Clone)]
struct Lag {
    at: Vec<f64>,
}

impl Lag {
    fn new(delay: Span, desk: &Desk) -> Self {
        let delays: Vec<f64> =
            (0..DELAYS).map(|i| delay.at((f64::from(i) + 0.5) / f64::from(DELAYS)).minutes()).collect();
        let at = |k: usize| {
            let minutes = libm::exp2(k as f64 / 32.0) / 60.0;
            delays.iter().map(|d| served_within(desk, minutes - d)).sum::<f64>() / f64::from(DELAYS)
        };
        Self { at: (0..KNOTS).map(at).collect() }
    }

    fn within(&self, time: Millis) -> f64 {
        let place = libm::log2(time.0 as f64 / 1_000.0) * 32.0;
        if place <= 0.0 || place.is_nan() {
            return 0.0;
        }
        let low = (place as usize).min(KNOTS - 2);
        let part = (place - low as f64).min(1.0);
        self.at[low] + (self.at[low + 1] - self.at[low]) * part
    }
}

fn square(x: f64) -> f64 {
    x * x
}

/// Returns the chance that wait and triage together take at most `minutes`.
fn served_within(desk: &Desk, minutes: f64) -> f64 {
    if minutes < 0.0 {
        return 0.0;
    }
    let (wait, rate) = (desk.waiting, desk.rate);
    if desk.service <= 0.0 {
        return 1.0 - wait * libm::exp(-rate * minutes);
    }
    let mu = 1.0 / desk.service;
    let alone = 1.0 - libm::exp(-mu * minutes);
    let both = if (mu - rate).abs() < 1e-9 * mu {
        1.0 - (1.0 + mu * minutes) * libm::exp(-mu * minutes)
    } else {
        1.0 - (mu * libm::exp(-rate * minutes) - rate * libm::exp(-mu * minutes)) / (mu - rate)
    };
    (1.0 - wait) * alone + wait * both
}

/// What one change does to the chance of the payload.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The chance before.
    pub before: f64,
    /// The chance after.
    pub after: f64,
    /// Mean of the difference over trials, after minus before.
    pub mean: f64,
    /// Variance of the difference in one trial.
    pub variance: f64,
    /// Variance of the difference between two independent runs of one trial each.
    pub independent: f64,
    /// Trials.
    pub trials: u32,
}

/// Returns the difference between two contests on the same terrain with the same seed,
/// or why the closed form does not hold for them.
///
/// # Errors
/// A sentence, when a playbook cuts something else than everything at once, or the
/// attacker reacts to containment.
pub fn difference(before: &Contest<'_>, after: &Contest<'_>, trials: u32) -> Result<Difference, String> {
    for contest in [before, after] {
        contest.one_stop()?;
    }
    let (lags, later) = (before.lags(), after.lags());
    let same_paths = before.tells.iter().zip(&after.tells).all(|(a, b)| a.prevented == b.prevented);
    let pairs: Vec<(f64, f64)> = (0..trials)
        .into_par_iter()
        .map_init(
            || (Chaser::unopposed(before), Chaser::unopposed(after)),
            |(one, other), i| {
                let payload = one.run(i).payload;
                let path = one.exposures.take().unwrap_or_default();
                let first = before.win(i, payload, &path, &lags);
                let second = if same_paths {
                    after.win(i, payload, &path, &later)
                } else {
                    let payload = other.run(i).payload;
                    after.win(i, payload, other.exposures.as_deref().unwrap_or_default(), &later)
                };
                one.exposures = Some(path);
                (first, second)
            },
        )
        .collect();
    let n = f64::from(trials.max(1));
    let mean_of = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n;
    let (p, q) = (mean_of(&|x| x.0), mean_of(&|x| x.1));
    let mean = q - p;
    let variance = pairs.iter().map(|(a, b)| square(b - a - mean)).sum::<f64>() / (n - 1.0).max(1.0);
    Ok(Difference { before: p, after: q, mean, variance, independent: p * (1.0 - p) + q * (1.0 - q), trials })
}

impl Contest<'_> {
    /// Returns whether formula (9) holds: one stop of everything, no reaction.
    fn one_stop(&self) -> Result<(), String> {
        let whole = |(scope, _): &(Scope, bool)| matches!(scope, Scope::Parts(p) if p.is_empty() || p.len() == self.terrain.places.len());
        if self.reaction > 0.0 {
            return Err("the attacker reacts to what it sees; set reaction to 0".to_owned());
        }
        if self.desk.agree > 1 {
            return Err("several assets must agree; only the first alert has a closed form".to_owned());
        }
        if !self.scopes.iter().all(whole) {
            return Err("the playbook cuts parts; only one stop of everything has a closed form".to_owned());
        }
        if self.plan.may_fail() {
            return Err("an action may fail, and the next incident tries again".to_owned());
        }
        Ok(())
    }

    fn lags(&self) -> Vec<Lag> {
        self.tells.iter().map(|t| Lag::new(t.odds.delay, &self.desk)).collect()
    }

    /// Returns the time from declaration to the stop of everything in one trial; `None`: never.
    fn stop_after(&self, chance: Chance) -> Option<Millis> {
        let mut response = Response::default();
        response.reset(&self.plan);
        response.declare(&self.plan, chance, Millis(0));
        let mut open: Vec<(Millis, Move, usize)> = Vec::new();
        loop {
            open.append(&mut response.due);
            let next = (0..open.len()).min_by_key(|i| (open[*i].0, open[*i].1 == Move::Acted, open[*i].2))?;
            let (at, what, action) = open.swap_remove(next);
            match what {
                Move::Decided => response.decided(&self.plan, chance, action, at),
                Move::Acted => {
                    let worked = response.acted(&self.plan, chance, action, at);
                    if worked && matches!(&self.scopes[action].0, Scope::Parts(p) if !p.is_empty()) {
                        return Some(at);
                    }
                }
            }
        }
    }

    fn win(&self, trial: u32, payload: Option<Millis>, path: &[Exposure], lags: &[Lag]) -> f64 {
        let Some(goal) = payload else { return 0.0 };
        let chance = Chance::new(self.seed, trial);
        let Some(stop) = self.stop_after(chance) else { return 1.0 };
        let counted = self.desk.share * self.desk.escalation;
        path.iter().filter(|e| e.sensor).fold(1.0, |win, e| {
            let Some(left) = goal.0.checked_sub(stop.0).and_then(|l| l.checked_sub(e.at.0)) else {
                return win;
            };
            let alerted = self.chances(chance, e.technique, e.group).1;
            win * (1.0 - alerted * counted * lags[usize::from(e.technique)].within(Millis(left)))
        })
    }

    /// Runs trials, with what is needed to know later whether a change touches them.
    pub fn run_marked(&self, trials: u32) -> Vec<(Outcome, Marks)> {
        let fresh = || {
            let mut chaser = Chaser::new(self);
            chaser.exposures = Some(Vec::new());
            chaser
        };
        (0..trials)
            .into_par_iter()
            .map_init(fresh, |chaser, i| {
                let outcome = chaser.run(i);
                (outcome, self.marks(i, chaser.exposures.as_deref().unwrap_or_default()))
            })
            .collect()
    }

    /// Returns the outcomes under this contest, given those under another one that differs
    /// from it only in the chances of prevention and detection, and how many trials had
    /// to be run again. Exactly what [`Contest::run`] returns.
    pub fn run_again(&self, before: &[(Outcome, Marks)]) -> (Vec<Outcome>, usize) {
        let outcomes: Vec<(Outcome, bool)> = (0..before.len())
            .into_par_iter()
            .map_init(
                || Chaser::new(self),
                |chaser, i| {
                    let (outcome, marks) = &before[i];
                    let kept = marks.hold(self, i as u32);
                    if kept { (*outcome, true) } else { (chaser.run(i as u32), false) }
                },
            )
            .collect();
        let again = outcomes.iter().filter(|o| !o.1).count();
        (outcomes.into_iter().map(|o| o.0).collect(), again)
    }

    fn marks(&self, trial: u32, path: &[Exposure]) -> Marks {
        let chance = Chance::new(self.seed, trial);
        let mut marks: Vec<Mark> = Vec::new();
        for e in path {
            let key = (e.technique, e.group);
            let place = marks.binary_search_by_key(&key, |m| m.key).unwrap_or_else(|place| {
                marks.insert(place, Mark { key, alerted: (0.0, 1.0), prevented: (0.0, 1.0) });
                place
            });
            let (prevented, alerted) = self.chances(chance, e.technique, e.group);
            narrow(&mut marks[place].prevented, e.prevention, prevented);
            if e.sensor {
                narrow(&mut marks[place].alerted, e.own, alerted);
            }
        }
        Marks(marks)
    }
}

/// Narrows the range in which a chance may move without another end of this draw.
fn narrow(range: &mut (f64, f64), drawn: f64, chance: f64) {
    if drawn < chance {
        range.0 = range.0.max(drawn);
    } else {
        range.1 = range.1.min(drawn);
    }
}

/// Within which range the chances of one technique leave a trial as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mark {
    key: (u16, u16),
    alerted: (f64, f64),
    prevented: (f64, f64),
}

/// Within which ranges of all chances a trial stays the same to the last bit.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks(Vec<Mark>);

impl Marks {
    /// Returns whether the trial is the same under `contest`.
    fn hold(&self, contest: &Contest<'_>, trial: u32) -> bool {
        let chance = Chance::new(contest.seed, trial);
        // A draw below the chance happens, so the chance must stay above the lower and
        // may rise up to the upper one.
        let within = |range: (f64, f64), p: f64| (range.0 < p || range.0 == 0.0) && p <= range.1;
        self.0.iter().all(|m| {
            let (prevented, alerted) = contest.chances(chance, m.key.0, m.key.1);
            within(m.prevented, prevented) && within(m.alerted, alerted)
        })
    }
}

impl<'c, 'a> Chaser<'c, 'a> {
    /// Returns one for timelines: nobody responds, and attempts that could be seen are kept.
    fn unopposed(contest: &'c Contest<'a>) -> Self {
        let mut chaser = Chaser::new(contest);
        chaser.exposures = Some(Vec::new());
        chaser.deaf = true;
        chaser
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_and_triage_have_the_mean_of_the_queue() {
        // M/M/10, 8 an hour, one hour each: 0.204590 h wait and 1 h of work.
        let desk = Desk::queue(10, 8.0 / 60.0, 1.0, 60.0);
        let step = 0.05;
        let mean: f64 = (0..40_000).map(|i| (1.0 - served_within(&desk, f64::from(i) * step)) * step).sum();
        assert!((mean / 60.0 - 1.204_590).abs() < 1e-3, "{mean}");
        // Where wait and triage have one rate, their sum is Gamma(2): the limit of its neighbours.
        let of = |rate: f64, t: f64| served_within(&Desk { waiting: 1.0, rate, ..desk }, t);
        for t in [0.0, 1.0, 30.0, 60.0, 300.0] {
            let exact = 1.0 - (1.0 + t / 60.0) * libm::exp(-t / 60.0);
            for rate in [1.0 / 60.0, 1.000_01 / 60.0, 0.999_99 / 60.0] {
                assert!((of(rate, t) - exact).abs() < 1e-5, "{rate}, {t}: {} for {exact}", of(rate, t));
            }
        }
        let idle = Desk::queue(1, 0.0, 1.0, 0.0);
        assert_eq!(served_within(&idle, 0.0), 1.0);
    }
}
