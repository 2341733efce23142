//! Figures for the crisis team over many trials: how long each service is gone for whom,
//! against agreed times, until emergency operation and until normal, and which legal
//! clocks are met.
//!
//! Each trial is walked through once. All its moments are settled together
//! ([`crate::Cases`]); what comes out per home site and service are the spans in which it
//! is down and those in which it is down without emergency operation.

mod figures;

use model::crisis::Crisis;
use model::estate::Estate;
use model::quantity::Millis;
use model::trial::Trial;
use rayon::prelude::*;

use crate::equations::cases::Cases;
use crate::impact::{Absence, Meter, absences};

/// A span of time from, to.
pub(crate) type Silence = (Millis, Millis);

/// What one trial means for one service at one home site.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gap {
    /// When normal operation is down, sorted and apart.
    pub(crate) down: Vec<Silence>,
    /// When emergency operation is missing as well.
    pub(crate) bare: Vec<Silence>,
}

impl Gap {
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
    let walks: Vec<Walk> = trials.par_iter().map(|trial| walk(estate, &meter, trial)).collect();
    let impacts = crate::impact::impacts(estate, trials);
    figures::figures(estate, what, &meter, &walks, &impacts)
}

fn walk(estate: &Estate, meter: &Meter, trial: &Trial) -> Walk {
    let services = estate.services.len();
    let mut gaps = vec![vec![Gap::default(); services]; meter.homes.len()];
    let first = trial.down.iter().map(|d| d.at).min();
    let knows = trial.declared.or(first).unwrap_or(trial.end);
    if trial.down.is_empty() {
        return Walk { gaps, knows };
    }
    let returns = meter.planner.schedule(&trial.down, trial.end);
    let absences = absences(trial, &returns);
    let mut epochs: Vec<u64> = absences.iter().flat_map(|a| [a.at, a.back]).collect();
    epochs.sort_unstable();
    epochs.dedup();
    let cases = cases(estate.assets.len(), &epochs, &absences);
    for (home, gaps) in meter.homes.iter().zip(&mut gaps) {
        let up = meter.planner.equations.staying_up_in(home.site, &cases);
        let bridged = meter.planner.equations.emergency_in(home.site, &cases, &up);
        for (s, gap) in gaps.iter_mut().enumerate() {
            if !meter.planner.equations.up(s, &home.full) {
                continue;
            }
            gap.down = spans(&epochs, |case| !up.works(case, s));
            let emergency = estate.services[s].emergency.as_ref();
            gap.bare = match emergency {
                None => gap.down.clone(),
                Some(emergency) => {
                    let bare = spans(&epochs, |case| !bridged.works(case, s));
                    bare_spans(&gap.down, &bare, emergency.after)
                }
            };
        }
    }
    Walk { gaps, knows }
}

/// Returns the states of the assets from each epoch on.
fn cases(assets: usize, epochs: &[u64], absences: &[Absence]) -> Cases {
    let mut cases = Cases::working(assets, epochs.len());
    for absence in absences {
        let from = epochs.partition_point(|e| *e < absence.at);
        let to = epochs.partition_point(|e| *e < absence.back);
        (from..to).for_each(|case| cases.set_down(case, absence.asset));
    }
    cases
}

/// Returns the spans between epochs in which `is` holds, joined.
fn spans(epochs: &[u64], is: impl Fn(usize) -> bool) -> Vec<Silence> {
    let mut found: Vec<Silence> = Vec::new();
    for (case, pair) in epochs.windows(2).enumerate().filter(|(case, _)| is(*case)) {
        let (from, to) = (Millis(pair[0]), Millis(pair[1]));
        match found.last_mut() {
            Some(last) if case > 0 && last.1 == from => last.1 = to,
            _ => found.push((from, to)),
        }
    }
    found
}

/// Returns the spans without emergency operation: each outage until it is set up, and
/// whenever what it needs is missing.
fn bare_spans(down: &[Silence], missing: &[Silence], after: Millis) -> Vec<Silence> {
    let mut found: Vec<Silence> = Vec::new();
    for (from, to) in down {
        found.push((*from, from.saturating_add(after).min(*to)));
    }
    found.extend(missing);
    found.sort_unstable();
    let mut joined: Vec<Silence> = Vec::new();
    for (from, to) in found.into_iter().filter(|(from, to)| from < to) {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
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
}
