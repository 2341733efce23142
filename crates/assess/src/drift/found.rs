//! What the series of stored runs say: changed, perhaps, or noise; and with which input.

use model::drift::{Changed, Drift, DriftState as State, Tested};
use model::quantity::Timestamp;

use super::history::{Segment, Series};
use super::{CHANGED, PERHAPS, Stream, alarm_level, boschloo, discoveries};

/// Rates of the running test of a configuration that did not change: what counts as healthy
/// and as broken.
const HEALTHY: f64 = 0.9;
const BROKEN: f64 = 0.5;

/// Runs of each test in a year, one a day, for the level of the running test.
const RUNS_A_YEAR: f64 = 365.0;

/// False alarms of all running tests together in a year.
const FALSE_ALARMS_A_YEAR: f64 = 1.0;

/// Returns how each test stands, in order of the verdicts' ids.
///
/// The runs since the last change of an input are compared with those of the configuration
/// before, with Boschloo's test; of all tests together, at most 1 % of those called changed
/// are false in the mean (Benjamini and Hochberg). Within an unchanged configuration an
/// e-CUSUM looks for a fall below 9 in 10, with one false alarm a year over all tests at one run a
/// day.
pub fn drift(all: &[Series]) -> Vec<Drift> {
    let newest =
        all.iter().flat_map(|s| s.segments.iter().flat_map(|g| &g.runs)).map(|r| (r.stored, &r.run)).max();
    let pairs: Vec<(Tested, Tested, Vec<Changed>)> = all.iter().map(|s| last_change(&s.segments)).collect();
    let falls: Vec<f64> = pairs.iter().map(|(before, now, _)| boschloo(*before, *now)).collect();
    let rises: Vec<f64> = pairs.iter().map(|(before, now, _)| boschloo(*now, *before)).collect();
    let [worse, perhaps_worse] = [CHANGED, PERHAPS].map(|rate| discoveries(&falls, rate));
    let [better, perhaps_better] = [CHANGED, PERHAPS].map(|rate| discoveries(&rises, rate));
    let level = alarm_level(u32::try_from(all.len()).unwrap_or(u32::MAX), RUNS_A_YEAR, FALSE_ALARMS_A_YEAR);
    let at = |list: &[bool], i: usize| list.get(i).copied().unwrap_or(false);
    let rows = all.iter().zip(pairs).enumerate().map(|(i, (series, (before, now, changed)))| {
        let last = series.segments.last();
        let runs = last.map(|s| s.runs.as_slice()).unwrap_or_default();
        let absent = runs.last().map(|r| (r.stored, &r.run)) != newest;
        let state = match () {
            () if absent => State::NotRun,
            () if now.runs == 0 => State::NoOutcome,
            () if at(&worse, i) || fell(runs.iter().filter_map(|r| r.seen), level) => State::Worse,
            // With few runs a first miss shows nothing yet, but it is not passed over.
            () if at(&perhaps_worse, i) || turned(before, now) => State::PerhapsWorse,
            () if at(&better, i) => State::Better,
            () if at(&perhaps_better, i) || turned(now, before) => State::PerhapsBetter,
            () if 0 < now.seen && now.seen < now.runs => State::Inconsistent,
            () if now.runs + before.runs < 2 => State::New,
            () if now.seen == 0 => State::Missed,
            () => State::Seen,
        };
        let p = [falls.get(i), rises.get(i)].into_iter().flatten().copied().fold(1.0, f64::min);
        let more = (state == State::PerhapsWorse).then(|| more_misses(before, now)).flatten();
        let times = [runs.first(), runs.last()].map(|r| r.map_or(Timestamp(0), |r| r.stored));
        let [since, until] = times;
        Drift {
            verdict: series.verdict.clone(),
            state,
            before,
            now,
            p,
            changed,
            cause: None,
            repeats: more,
            since,
            until,
        }
    });
    rows.collect()
}

/// Returns whether a test that was seen is never seen in the other period.
fn turned(from: Tested, to: Tested) -> bool {
    from.seen > 0 && to.runs > 0 && to.seen == 0
}

/// Returns the runs before the last change of an input, those since, and what changed.
fn last_change(segments: &[Segment]) -> (Tested, Tested, Vec<Changed>) {
    let none = Tested { runs: 0, seen: 0 };
    match segments {
        [.., before, now] => {
            (before.tested(), now.tested(), now.configuration.changed(&before.configuration))
        }
        [only] => (none, only.tested(), Vec::new()),
        [] => (none, none, Vec::new()),
    }
}

/// Returns whether the running test is in alarm at the last run: it was raised, and no run
/// since was seen. A test that was never seen did not fall.
fn fell(outcomes: impl Iterator<Item = bool>, level: f64) -> bool {
    let Some(mut stream) = Stream::new(HEALTHY, BROKEN, level) else { return false };
    outcomes.skip_while(|seen| !seen).fold(false, |alarm, seen| stream.run(seen) || (alarm && !seen))
}

/// Most further runs that are asked for.
const MOST_REPEATS: u32 = 30;

/// Returns how many more misses in a row show the fall from `before`; `None` where that takes
/// more than thirty, because `before` has too few runs.
fn more_misses(before: Tested, now: Tested) -> Option<u32> {
    (1..=MOST_REPEATS).find(|more| {
        let after = Tested { runs: now.runs + u64::from(*more), seen: now.seen };
        boschloo(before, after) <= CHANGED
    })
}
