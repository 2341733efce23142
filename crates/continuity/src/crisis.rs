//! Figures for the crisis team over many trials: how long each service is gone for whom,
//! against agreed times, until emergency operation and until normal, what data is lost, and
//! which legal clocks are met.
//!
//! Each trial is walked through once. What comes out per home site and service are the
//! spans in which it is down and those in which it is down without emergency operation;
//! what a tenant sees is longer where it is let back in a later stage.

mod figures;

use model::crisis::Crisis;
use model::estate::Estate;
use model::impact::{DataLoss, TrialImpact};
use model::quantity::{Millis, PersonHours};
use model::trial::Trial;
use rayon::prelude::*;

use crate::course::{Course, Downtime};
use crate::impact::{Meter, waited};

/// A span of time from, to.
pub(crate) type Silence = (Millis, Millis);

/// What one trial means for one service at one home site.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gap {
    /// When it is down, sorted and apart.
    pub(crate) down: Vec<Silence>,
    /// When emergency operation is missing as well, before anybody waits for re-admission.
    pub(crate) bare: Vec<Silence>,
    /// Whether it has an emergency operation at all.
    bridged: bool,
    /// Data it has lost.
    pub(crate) data: Option<DataLoss>,
}

impl Gap {
    /// Returns what those see who wait for so long after each outage of at least `fades`.
    pub(crate) fn seen(&self, wait: Millis, fades: Millis) -> Self {
        let longer = |spans: &[Silence]| {
            let times: Vec<Downtime> =
                spans.iter().map(|(from, to)| Downtime { from: from.0, to: to.0, attack: false }).collect();
            joined(waited(&times, wait, fades).into_iter().map(|d| (Millis(d.from), Millis(d.to))))
        };
        let down = longer(&self.down);
        // Emergency operation goes on until people are in; without one they just wait.
        let bare = if self.bridged { self.bare.clone() } else { down.clone() };
        Self { down, bare, ..*self }
    }

    /// Returns the time down.
    pub(crate) fn total(spans: &[Silence]) -> Millis {
        spans.iter().fold(Millis(0), |sum, (from, to)| sum.saturating_add(to.saturating_sub(*from)))
    }

    /// Returns the time from the first moment down until the end of the last of `spans`.
    pub(crate) fn until(&self, spans: &[Silence]) -> Millis {
        let Some((begin, _)) = self.down.first() else { return Millis(0) };
        spans.last().map_or(Millis(0), |(_, end)| end.saturating_sub(*begin))
    }
}

/// What one trial means, by home site in the order of the meter and by service.
pub(crate) struct Walk {
    pub(crate) gaps: Vec<Vec<Gap>>,
    /// When the provider knows: the declaration, or the first outage where nobody declared.
    pub(crate) knows: Millis,
}

/// Returns what `trials` of `what` mean for everybody.
pub fn crisis(estate: &Estate, what: &str, trials: &[Trial]) -> Crisis {
    let meter = Meter::new(estate);
    let measure = |trial: &Trial| {
        let course = meter.course(trial);
        (walk(estate, &meter, trial, &course), meter.impact_of(trial, &course))
    };
    let (walks, impacts): (Vec<Walk>, Vec<TrialImpact>) = trials.par_iter().map(measure).unzip();
    let cost = relapse_cost(&meter, trials, &impacts);
    figures::figures(estate, what, &meter, &walks, &impacts, cost)
}

/// Returns the mean loss of the trials with a relapse minus that of the same without it.
fn relapse_cost(meter: &Meter, trials: &[Trial], impacts: &[TrialImpact]) -> PersonHours {
    let lost = |i: &TrialImpact| i.attack.0.saturating_add(i.containment.0);
    let costs: Vec<u64> = trials
        .par_iter()
        .zip(impacts)
        .filter(|(_, impact)| impact.relapsed)
        .map(|(trial, impact)| {
            let spared = Trial { relapse: None, ..trial.clone() };
            lost(impact).saturating_sub(lost(&meter.impact(&spared)))
        })
        .collect();
    let sum: u128 = costs.iter().map(|c| u128::from(*c)).sum();
    PersonHours(u64::try_from(sum / costs.len().max(1) as u128).unwrap_or(u64::MAX))
}

fn walk(estate: &Estate, meter: &Meter, trial: &Trial, course: &Course) -> Walk {
    let services = estate.services.len();
    let mut gaps = vec![vec![Gap::default(); services]; meter.homes.len()];
    let first = trial.down.iter().map(|d| d.at).min();
    let knows = trial.declared.or(first).unwrap_or(trial.end);
    if trial.down.is_empty() {
        return Walk { gaps, knows };
    }
    let losses = meter.backups.losses(trial);
    let equations = &meter.planner.equations;
    let spans = |times: &[Downtime]| joined(times.iter().map(|d| (Millis(d.from), Millis(d.to))));
    for (home, gaps) in meter.homes.iter().zip(&mut gaps) {
        let downs = course.downtimes(equations, home.site, &home.full);
        let missing = course.unbridged(estate, equations, home.site);
        for (s, gap) in gaps.iter_mut().enumerate().filter(|(s, _)| home.full[*s]) {
            gap.down = spans(&downs[s]);
            gap.data = meter.backups.of_service(&losses, home.site, s);
            let emergency = estate.services[s].emergency.as_ref();
            gap.bridged = emergency.is_some();
            gap.bare = match emergency {
                None => gap.down.clone(),
                Some(emergency) => bare_spans(&gap.down, &spans(&missing[s]), emergency.after),
            };
        }
    }
    Walk { gaps, knows }
}

/// Returns spans in the order of their begin, with those joined that touch or overlap.
fn joined(spans: impl Iterator<Item = Silence>) -> Vec<Silence> {
    let mut joined: Vec<Silence> = Vec::new();
    for (from, to) in spans.filter(|(from, to)| from < to) {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Returns the spans without emergency operation: each outage until it is set up, and
/// whenever what it needs is missing.
fn bare_spans(down: &[Silence], missing: &[Silence], after: Millis) -> Vec<Silence> {
    let setting_up = down.iter().map(|(from, to)| (*from, from.saturating_add(after).min(*to)));
    let mut found: Vec<Silence> = setting_up.chain(missing.iter().copied()).collect();
    found.sort_unstable();
    joined(found.into_iter())
}

/// Returns the spans in which all of the lists are silent.
pub(crate) fn all_silent(lists: &[&[Silence]]) -> Vec<Silence> {
    let Some((first, rest)) = lists.split_first() else { return Vec::new() };
    rest.iter().fold(first.to_vec(), |common, list| {
        common
            .iter()
            .flat_map(|a| list.iter().map(move |b| (a.0.max(b.0), a.1.min(b.1))))
            .filter(|(from, to)| from < to)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emergency_operation_fills_an_outage_from_when_it_is_set_up() {
        let ms = |list: &[(u64, u64)]| list.iter().map(|(a, b)| (Millis(*a), Millis(*b))).collect::<Vec<_>>();
        let down = ms(&[(10, 20), (30, 90)]);
        assert_eq!(bare_spans(&down, &[], Millis(15)), ms(&[(10, 20), (30, 45)]));
        assert_eq!(bare_spans(&down, &ms(&[(40, 60)]), Millis(15)), ms(&[(10, 20), (30, 60)]));
        assert_eq!(bare_spans(&down, &ms(&[(70, 80)]), Millis(0)), ms(&[(70, 80)]));
        assert_eq!(all_silent(&[&down, &ms(&[(15, 50)])]), ms(&[(15, 20), (30, 50)]));
        assert_eq!(all_silent(&[]), []);
    }

    #[test]
    fn who_waits_for_re_admission_sees_a_longer_outage_and_keeps_emergency_operation() {
        let ms = |list: &[(u64, u64)]| list.iter().map(|(a, b)| (Millis(*a), Millis(*b))).collect::<Vec<_>>();
        let gap = Gap { down: ms(&[(10, 90)]), bare: ms(&[(10, 25)]), bridged: true, data: None };
        let seen = gap.seen(Millis(30), Millis(40));
        assert_eq!((seen.down, seen.bare), (ms(&[(10, 120)]), ms(&[(10, 25)])));
        let bare = Gap { bare: gap.down.clone(), bridged: false, ..gap };
        assert_eq!(bare.seen(Millis(30), Millis(40)).bare, ms(&[(10, 120)]));
    }
}
