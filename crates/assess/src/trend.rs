//! How the measures of stored runs developed.

use std::collections::{BTreeMap, BTreeSet};

use model::gate::{Measure, Requirement, Scope, Unit};
use model::id::{TechniqueId, VerdictId};
use model::quantity::{Millis, Ratio, Timestamp};
use model::record::{Record, RunInfo};
use model::trend::{
    GapClosure, MeasuredRun, Move, Point, Reading, Sides, TestResult, TestedWithin, Trend, TrendSeries,
};
use model::verdict::Verdict;

use crate::gate::{SEEN, grade, measured};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// Returns what is kept of a run for trends: every measure that needs no other run, of the whole run and
/// of each campaign that was raced.
pub fn measures(info: RunInfo, record: Record) -> MeasuredRun {
    let whole = std::iter::once(Scope::All);
    let raced = record.scores.iter().map(|score| Scope::Campaign(score.campaign.clone()));
    let scopes: Vec<Scope> = whole.chain(raced).collect();
    let mut readings = Vec::new();
    for measure in Measure::ALL.into_iter().filter(|m| !m.needs_baseline()) {
        // A race belongs to a campaign, what is measured to the run.
        let mine = scopes.iter().filter(|of| measure.is_raced() == matches!(of, Scope::Campaign(_)));
        for asked in mine.map(|of| Requirement::asking(measure, of.clone())) {
            if let Some((measured, cases)) = measured(&asked, &record) {
                readings.push(Reading { measure, of: asked.of, measured, cases });
            }
        }
    }
    let result = |verdict: Verdict| {
        let seen = grade(&verdict)? <= SEEN;
        Some(TestResult { test: verdict.id, technique: verdict.technique, seen })
    };
    MeasuredRun {
        run: info.id,
        stored: info.stored,
        verb: info.verb,
        readings,
        results: record.verdicts.into_iter().filter_map(result).collect(),
        techniques: record.evidence.techniques.into_keys().collect(),
    }
}

/// Returns the trend over these runs, oldest first, as of `now`; techniques count as tested for `days`.
pub fn trend(runs: Vec<MeasuredRun>, now: Timestamp, days: u32) -> Trend {
    Trend {
        runs: u64::try_from(runs.len()).unwrap_or(u64::MAX),
        sides: sides(&runs),
        gaps: gaps(&runs, now),
        tested: tested(&runs, now, days),
        series: series(runs),
    }
}

fn series(runs: Vec<MeasuredRun>) -> Vec<TrendSeries> {
    let mut all: BTreeMap<(String, Measure, Scope), Vec<Point>> = BTreeMap::new();
    for run in runs {
        for reading in run.readings {
            all.entry((run.verb.clone(), reading.measure, reading.of)).or_default().push(Point {
                run: run.run.clone(),
                stored: run.stored,
                measured: reading.measured,
                cases: reading.cases,
            });
        }
    }
    let whole = |((verb, measure, of), points): ((String, Measure, Scope), Vec<Point>)| {
        let moved = match points.as_slice() {
            [.., before, newest] => Some(moved(measure, before, newest)),
            _ => None,
        };
        TrendSeries { verb, measure, of, points, moved }
    };
    all.into_iter().map(whole).collect()
}

/// Returns whether the newest point is better or worse: the two intervals have nothing in common. A
/// simulated mean without an interval shows nothing.
fn moved(measure: Measure, before: &Point, newest: &Point) -> Move {
    let (before, newest) = (before.measured, newest.measured);
    if measure.unit() == Unit::Tenants {
        return Move::NotShown;
    }
    let more = newest.low > before.high;
    let less = newest.high < before.low;
    match (more, less, measure.more_is_better()) {
        (true, _, true) | (_, true, false) => Move::Better,
        (true, _, false) | (_, true, true) => Move::Worse,
        (false, false, _) => Move::NotShown,
    }
}

fn sides(runs: &[MeasuredRun]) -> Vec<Sides> {
    let verbs: BTreeSet<&str> = runs.iter().map(|run| run.verb.as_str()).collect();
    let mut all = Vec::new();
    for verb in verbs {
        let mine: Vec<&MeasuredRun> = runs.iter().filter(|r| r.verb == verb).collect();
        let [.., before, newest] = mine.as_slice() else { continue };
        let was: BTreeMap<&VerdictId, bool> = before.results.iter().map(|r| (&r.test, r.seen)).collect();
        let mut sides = Sides { verb: verb.to_owned(), both: 0, gained: Vec::new(), lost: Vec::new() };
        for result in &newest.results {
            let Some(was) = was.get(&result.test) else { continue };
            sides.both += 1;
            match (was, result.seen) {
                (false, true) => sides.gained.push(result.test.clone()),
                (true, false) => sides.lost.push(result.test.clone()),
                _ => {}
            }
        }
        all.push(sides);
    }
    all
}

/// Returns how long gaps stayed open. A gap begins with the first run that misses a test and ends
/// with the next run of the same verb that sees it.
fn gaps(runs: &[MeasuredRun], now: Timestamp) -> GapClosure {
    let mut open: BTreeMap<(&str, &VerdictId), Timestamp> = BTreeMap::new();
    let mut closed: Vec<u64> = Vec::new();
    for run in runs {
        for result in &run.results {
            let key = (run.verb.as_str(), &result.test);
            if !result.seen {
                open.entry(key).or_insert(run.stored);
            } else if let Some(since) = open.remove(&key) {
                closed.push(run.stored.since(since).0);
            }
        }
    }
    let waiting: Vec<u64> = open.values().map(|since| now.since(*since).0).collect();
    // A test that several verbs miss is one open gap, as old as the first of them.
    let mut by_test: BTreeMap<&VerdictId, Timestamp> = BTreeMap::new();
    for ((_, test), since) in &open {
        let first = by_test.entry(test).or_insert(*since);
        *first = (*first).min(*since);
    }
    GapClosure {
        closed: closed.len() as u64,
        median: median(&closed, &waiting).map(Millis),
        open: by_test.into_iter().map(|(test, since)| (test.clone(), since)).collect(),
    }
}

/// Returns the median of times of which some are only known to be longer: the first time at which the
/// product-limit estimate falls to a half (Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452).
fn median(ended: &[u64], waiting: &[u64]) -> Option<u64> {
    let mut times: Vec<u64> = ended.to_vec();
    times.sort_unstable();
    let mut share = 1.0;
    let mut place = 0;
    while let Some(time) = times.get(place) {
        let deaths = times.iter().skip(place).take_while(|t| *t == time).count();
        // At risk: what had not ended before, and what was still observed at this time.
        let at_risk = times.len() - place + waiting.iter().filter(|w| *w >= time).count();
        share *= 1.0 - deaths as f64 / at_risk as f64;
        if share <= 0.5 {
            return Some(*time);
        }
        place += deaths;
    }
    None
}

fn tested(runs: &[MeasuredRun], now: Timestamp, days: u32) -> TestedWithin {
    let since = Timestamp(now.0.saturating_sub(i64::from(days) * DAY));
    let lately: BTreeSet<&TechniqueId> = runs
        .iter()
        .filter(|r| r.stored >= since)
        .flat_map(|r| r.results.iter().map(|t| &t.technique))
        .collect();
    let asked: BTreeSet<&TechniqueId> =
        runs.last().map(|run| run.techniques.iter().collect()).unwrap_or_default();
    let (tested, stale): (Vec<&TechniqueId>, Vec<&TechniqueId>) =
        asked.iter().copied().partition(|technique| lately.contains(technique));
    let of = asked.len();
    TestedWithin {
        days,
        tested: tested.len() as u64,
        of: of as u64,
        share: (of > 0).then(|| Ratio::new(tested.len() as f64 / of as f64)).flatten(),
        stale: stale.into_iter().cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use model::id::RunId;
    use model::quantity::Interval;

    use super::*;

    /// Times of remission of the control group of Freireich 1963, all ended: the median is 8 weeks.
    /// Of those under 6-MP, 12 of 21 still in remission, it is 23 weeks.
    #[test]
    fn the_median_is_the_published_one() {
        let control = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23];
        assert_eq!(median(&control, &[]), Some(8));
        let relapsed = [6, 6, 6, 7, 10, 13, 16, 22, 23];
        let in_remission = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
        assert_eq!(median(&relapsed, &in_remission), Some(23));
        assert_eq!(median(&[5], &[9, 9, 9]), None, "fewer than half have ended");
        assert_eq!(median(&[], &[]), None);
    }

    fn run(day: i64, value: Interval, results: &[(&str, bool)], techniques: &[&str]) -> MeasuredRun {
        let technique =
            |test: &str| TechniqueId::new(test.split('/').nth(1).expect("a technique")).expect("valid");
        let result = |(test, seen): &(&str, bool)| TestResult {
            test: VerdictId::new(test).expect("valid"),
            technique: technique(test),
            seen: *seen,
        };
        MeasuredRun {
            run: RunId::new(&format!("run-{day}")).expect("valid"),
            stored: Timestamp(day * DAY),
            verb: "replay".to_owned(),
            readings: vec![Reading { measure: Measure::Seen, of: Scope::All, measured: value, cases: 2 }],
            results: results.iter().map(result).collect(),
            techniques: techniques.iter().map(|t| TechniqueId::new(t).expect("valid")).collect(),
        }
    }

    fn from(low: f64, high: f64) -> Interval {
        Interval { value: f64::midpoint(low, high), low, high }
    }

    #[test]
    fn gaps_sides_and_what_was_tested_are_as_counted_by_hand() {
        let all = ["T1003", "T1059", "T1136"];
        let runs = vec![
            run(1, from(0.2, 0.4), &[("a/T1003", false), ("b/T1059", true)], &all),
            run(4, from(0.3, 0.5), &[("a/T1003", false), ("b/T1059", false)], &all),
            run(9, from(0.6, 0.8), &[("a/T1003", true), ("b/T1059", false)], &all),
            run(11, from(0.1, 0.2), &[("b/T1059", false)], &all),
        ];
        let trend = trend(runs, Timestamp(12 * DAY), 3);
        let test = |id: &str| VerdictId::new(id).expect("valid");
        // a was open from day 1 to 9, b is open since day 4.
        assert_eq!(trend.gaps.closed, 1);
        assert_eq!(trend.gaps.open, [(test("b/T1059"), Timestamp(4 * DAY))]);
        // At 8 days both are at risk and one ends: half.
        assert_eq!(trend.gaps.median, Some(Millis(8 * 86_400_000)));
        // Of the two newest runs only b is in both, and it did not change sides.
        assert_eq!(trend.sides.len(), 1);
        assert_eq!((trend.sides[0].both, trend.sides[0].gained.len(), trend.sides[0].lost.len()), (1, 0, 0));
        // Within three days before day 12 lie the runs of days 9 and 11.
        let tested = &trend.tested;
        assert_eq!((tested.tested, tested.of), (2, 3));
        assert_eq!(tested.stale.iter().map(TechniqueId::as_str).collect::<Vec<_>>(), ["T1136"]);
        assert_eq!(trend.series.len(), 1);
        assert_eq!(trend.series[0].moved, Some(Move::Worse));
    }

    #[test]
    fn a_change_is_named_only_where_the_intervals_have_nothing_in_common() {
        let moves = |before: Interval, newest: Interval| {
            trend(vec![run(1, before, &[], &[]), run(2, newest, &[], &[])], Timestamp(DAY), 1).series[0].moved
        };
        assert_eq!(moves(from(0.2, 0.4), from(0.5, 0.6)), Some(Move::Better));
        assert_eq!(moves(from(0.5, 0.6), from(0.2, 0.4)), Some(Move::Worse));
        assert_eq!(moves(from(0.2, 0.4), from(0.4, 0.6)), Some(Move::NotShown));
    }
}
