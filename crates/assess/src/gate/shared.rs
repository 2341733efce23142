//! Measures that are shares, times or means, with their intervals.

use model::gate::{Measure, Requirement};
use model::id::CampaignId;
use model::quantity::{Interval, Ratio};
use model::record::Record;
use model::scorecard::{CampaignScore, Proportion, Spread, TenantScore};
use model::verdict::{Outcome, Verdict};

use super::{Found, Held, SEEN, covers, covers_technique, grade, score};
use crate::interval::{jeffreys, quantile_interval};

/// The quantile of a delay where none is named.
const MEDIAN: f64 = 0.5;

/// Returns the value of a measure with its interval.
pub(super) fn shared(required: &Requirement, record: &Record) -> Found {
    match required.measure {
        Measure::AlertDelay => delay(required, record),
        Measure::Precision => found(record.coverage.precision, u64::from(record.coverage.verdicts.alerted)),
        Measure::TechniquesTested => tested(required, record),
        measure if measure.is_raced() => raced(measure, score(record, &required.of), record),
        measure => {
            let verdicts = record.verdicts.iter().filter(|v| covers(&required.of, v, record));
            let counted: Vec<bool> = verdicts.filter_map(|v| holds(measure, v)).collect();
            let (hits, of) = (counted.iter().filter(|h| **h).count() as u64, counted.len() as u64);
            let interval =
                (of > 0).then(|| Interval { value: hits as f64 / of as f64, ..jeffreys(hits, of, 0.95) });
            found(interval, of)
        }
    }
}

fn found(measured: Option<Interval>, cases: u64) -> Found {
    Found { measured, cases, offences: Vec::new(), note: None }
}

fn exact(value: f64) -> Interval {
    Interval { value, low: value, high: value }
}

/// Returns whether a verdict counts for a share; `None` where it has no outcome that counts.
fn holds(measure: Measure, verdict: &Verdict) -> Option<bool> {
    let grade = grade(verdict)?;
    Some(match measure {
        Measure::Prevented => grade == 0,
        Measure::AlertedInTime => grade == SEEN,
        _ => grade <= SEEN,
    })
}

/// Returns a quantile of the delays of the alerts; verdicts without an alert have none.
fn delay(required: &Requirement, record: &Record) -> Found {
    let verdicts = record.verdicts.iter().filter(|v| covers(&required.of, v, record));
    let mut delays: Vec<f64> = verdicts
        .filter_map(|v| match v.outcome {
            Some(Outcome::Alerted { delay: Some(delay), .. }) => Some(delay.0 as f64),
            _ => None,
        })
        .collect();
    delays.sort_by(f64::total_cmp);
    let quantile = required.quantile.unwrap_or(MEDIAN);
    Found {
        note: delays.is_empty().then(|| "no alert with a known delay".to_owned()),
        ..found(quantile_interval(&delays, quantile, 0.95), delays.len() as u64)
    }
}

fn tested(required: &Requirement, record: &Record) -> Found {
    let techniques = record.evidence.techniques.iter();
    let mine: Vec<u32> = techniques
        .filter(|(id, _)| covers_technique(&required.of, id, record))
        .map(|(_, evidence)| evidence.counts.measured())
        .collect();
    let tested = mine.iter().filter(|n| **n > 0).count();
    let share = (!mine.is_empty()).then(|| exact(tested as f64 / mine.len() as f64));
    found(share, mine.len() as u64)
}

fn raced(measure: Measure, score: Option<&CampaignScore>, record: &Record) -> Found {
    let Some(score) = score else { return found(None, 0) };
    let tenants =
        |share: fn(&TenantScore) -> Ratio| exact(score.tenants.iter().map(|t| share(t).get()).sum::<f64>());
    let value = match measure {
        Measure::ChanceOfPayload => both(score.payload),
        Measure::ChanceOfOutflow => both(score.outflow),
        Measure::ChanceUnnoticed => both(score.unnoticed),
        Measure::HoursByAttack => hours(score.attack),
        Measure::HoursByContainment => hours(score.containment),
        Measure::TenantsBeyondRto => tenants(|t| t.rto_missed),
        Measure::TenantsBeyondMtpd => tenants(|t| t.mtpd_exceeded),
        _ => return found(None, 0),
    };
    found(Some(value), u64::from(record.trials))
}

/// Returns the range that holds both intervals: a limit is kept only if neither the number of
/// trials nor that of the exercises leaves a doubt.
fn both(share: Proportion) -> Interval {
    Interval {
        value: share.simulation.value,
        low: share.simulation.low.min(share.exercises.low),
        high: share.simulation.high.max(share.exercises.high),
    }
}

fn hours(spread: Spread) -> Interval {
    let (low, high) = (spread.exercises.low.min(spread.mean), spread.exercises.high.max(spread.mean));
    Interval { value: spread.mean, low, high }
}

/// Returns the difference to the other run: run minus the other. Shares of verdicts are
/// compared on the verdicts that both have, chances and hours on the same trials.
pub(super) fn difference(required: &Requirement, held: Held<'_>) -> Found {
    let Some(before) = held.baseline else { return found(None, 0) };
    let measure = required.measure;
    if let Some(score) = score(held.record, &required.of) {
        let key: (Measure, CampaignId) = (measure, score.campaign.clone());
        if let Some(difference) = held.paired.get(&key) {
            return found(Some(*difference), u64::from(held.record.trials));
        }
    }
    let is_share = matches!(measure, Measure::Seen | Measure::AlertedInTime | Measure::Prevented);
    if is_share {
        return on_both(required, held.record, before);
    }
    let (now, was) = (shared(required, held.record), shared(required, before));
    let measured = now.measured.zip(was.measured).map(|(now, was)| {
        let ends = [now.low - was.high, now.high - was.low];
        // Exact figures differ exactly.
        Interval { value: now.value - was.value, low: ends[0], high: ends[1] }
    });
    let note = measured.is_none().then(|| "it is not measured in both runs".to_owned());
    Found { measured, cases: now.cases, offences: Vec::new(), note }
}

/// A replay is repeated exactly, so the difference on shared verdicts has no interval.
fn on_both(required: &Requirement, record: &Record, before: &Record) -> Found {
    let mut pairs = Vec::new();
    for now in record.verdicts.iter().filter(|v| covers(&required.of, v, record)) {
        let was = before.verdicts.iter().find(|b| b.id == now.id);
        let both = was.and_then(|was| holds(required.measure, was).zip(holds(required.measure, now)));
        pairs.extend(both);
    }
    let change = |(was, now): &(bool, bool)| i32::from(*now) - i32::from(*was);
    let sum: i32 = pairs.iter().map(change).sum();
    let measured = (!pairs.is_empty()).then(|| exact(f64::from(sum) / pairs.len() as f64));
    let note = measured.is_none().then(|| "the two runs share no verdict".to_owned());
    Found { measured, cases: pairs.len() as u64, offences: Vec::new(), note }
}
