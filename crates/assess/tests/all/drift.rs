//! Change or noise, and which changed input is the cause.
//!
//! The figures of the exact tests are SciPy's (`scripts/check-exact-tests` compares all
//! tables up to 12 runs a period with it).

#![allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics")]

use assess::drift::{CHANGED, Certainty, Stream, alarm_level, boschloo, causes, change, discoveries};
use model::drift::Tested;

fn tested(seen: u64, runs: u64) -> Tested {
    Tested { runs, seen }
}

/// Before, after (seen and runs), Boschloo's p-value, posterior chance of a fall, answer.
type Periods = ((u64, u64), (u64, u64), f64, f64, Certainty);

const PERIODS: [Periods; 6] = [
    ((5, 5), (0, 2), 0.015_178, 0.996, Certainty::Perhaps),
    ((5, 5), (0, 3), 0.005_029, 0.999, Certainty::Changed),
    ((5, 5), (3, 5), 0.093_688, 0.946, Certainty::Perhaps),
    ((10, 10), (8, 10), 0.131_674, 0.935, Certainty::NoEvidence),
    ((10, 10), (6, 10), 0.021_095, 0.992, Certainty::Perhaps),
    ((30, 30), (27, 30), 0.077_509, 0.970, Certainty::Perhaps),
];

#[test]
fn two_periods_agree_with_published_figures() {
    for ((x, n), (y, m), p, lower, certainty) in PERIODS {
        let found = change(tested(x, n), tested(y, m));
        assert!((found.p - p).abs() < 1e-6, "{x}/{n} to {y}/{m}: p {} instead of {p}", found.p);
        assert!((found.lower - lower).abs() < 6e-4, "{x}/{n} to {y}/{m}: {} instead of {lower}", found.lower);
        assert_eq!(found.certainty, certainty, "{x}/{n} to {y}/{m}");
    }
}

/// Seen and runs before, the same after, and the p-value.
type Known = ((u64, u64), (u64, u64), f64);

/// Seen and runs before and after, and the p-value by scipy 1.17.1 (`boschloo_exact`). The chance of
/// so clear a fall has two or three hills over the common rate in each.
const HILLS: [Known; 8] = [
    ((18, 22), (5, 11), 0.021_501_249_877),
    ((3, 10), (2, 23), 0.084_012_423_013),
    ((2, 7), (0, 7), 0.102_377_991_384),
    ((4, 9), (1, 9), 0.072_081_955_180),
    ((5, 9), (0, 15), 0.000_789_551_118),
    ((6, 14), (2, 16), 0.037_108_133_452),
    ((10, 24), (2, 13), 0.056_142_972_829),
    ((4, 8), (0, 4), 0.055_784_121_818),
];

#[test]
fn the_highest_of_several_hills_is_found() {
    for ((x, n), (y, m), p) in HILLS {
        let found = boschloo(tested(x, n), tested(y, m));
        assert!((found - p).abs() < 1e-9, "{x}/{n} to {y}/{m}: {found} instead of {p}");
    }
}

/// Up to 500 runs in both periods the test is Boschloo's, from 501 in one of them Fisher's; values
/// by scipy 1.17.1.
#[test]
fn with_many_runs_the_test_is_fishers() {
    for ((x, n), (y, m), p) in [
        ((500, 500), (18, 20), 0.000_724_002_309),
        ((20, 20), (480, 500), 0.365_829_539_385),
        ((501, 501), (18, 20), 0.001_402_628_082),
        ((499, 501), (18, 20), 0.008_031_389_484),
        ((20, 20), (480, 501), 0.432_333_799_898),
    ] {
        let found = boschloo(tested(x, n), tested(y, m));
        assert!((found - p).abs() < 1e-9, "{x}/{n} to {y}/{m}: {found} instead of {p}");
    }
}

/// Where only the observed table is as extreme, the p-value has a closed form: the highest
/// value of `r^n (1 - r)^m`, at `r = n / (n + m)`.
#[test]
fn from_all_to_none_has_a_closed_form() {
    for n in 1..=20_u32 {
        for m in 1..=20_u32 {
            let (a, b) = (f64::from(n), f64::from(m));
            let rate = a / (a + b);
            let expected = rate.powf(a) * (1.0 - rate).powf(b);
            let found = change(tested(n.into(), n.into()), tested(0, m.into()));
            assert!((found.p / expected - 1.0).abs() < 1e-9, "{n} to {m}: {} instead of {expected}", found.p);
        }
    }
}

/// Under any common rate a fall is called shown in at most one of a hundred pairs of
/// periods: the sum of the chances of all tables called so.
#[test]
fn a_shown_fall_is_false_at_most_once_in_a_hundred() {
    for (n, m) in [(4, 4), (6, 3), (8, 12), (20, 4)] {
        let tables = (0..=n).flat_map(|x| (0..=m).map(move |y| (x, y)));
        let shown: Vec<_> =
            tables.filter(|(x, y)| boschloo(tested(*x, n), tested(*y, m)) <= CHANGED).collect();
        assert!(!shown.is_empty(), "{n} and {m} runs can show nothing");
        for rate in [0.05, 0.3, 0.5, 0.72, 0.9, 0.99_f64] {
            let chance: f64 = shown.iter().map(|(x, y)| binomial(n, *x, rate) * binomial(m, *y, rate)).sum();
            assert!(chance <= 0.01 + 1e-12, "{n} and {m} runs at {rate}: {chance}");
        }
    }
}

fn binomial(n: u64, k: u64, rate: f64) -> f64 {
    let choose: f64 = (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product();
    choose * rate.powf(k as f64) * (1.0 - rate).powf((n - k) as f64)
}

#[test]
fn the_fall_that_would_have_shown_is_the_largest() {
    for (n, m) in [(5, 1), (5, 3), (10, 10), (30, 30), (4, 2)] {
        let found = change(tested(n, n), tested(m, m));
        let shows = |seen: u64| change(tested(n, n), tested(seen, m)).certainty == Certainty::Changed;
        let expected = (0..=m).rev().find(|seen| shows(*seen));
        assert_eq!(found.shown_at, expected, "{n} and {m} runs");
    }
    assert_eq!(change(tested(5, 5), tested(1, 1)).shown_at, None, "one run shows nothing");
}

#[test]
fn nothing_tested_is_no_evidence() {
    for (before, after) in [((0, 0), (0, 5)), ((5, 5), (0, 0)), ((0, 0), (0, 0))] {
        let found = change(tested(before.0, before.1), tested(after.0, after.1));
        assert_eq!((found.p, found.certainty, found.shown_at), (1.0, Certainty::NoEvidence, None));
    }
    // More successes than runs are a fault of the caller that must not turn into a change.
    assert_eq!(change(tested(9, 5), tested(9, 5)).certainty, Certainty::NoEvidence);
}

/// A generator for these tests (Steele, Lea and Flood 2014, `SplitMix64`).
struct Draw(u64);

impl Draw {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, chance: f64) -> bool {
        ((self.bits() >> 11) as f64) * 2_f64.powf(-53.0) < chance
    }
}

/// 2,000 healthy streams of 1,000 runs: at most one false alarm in `level` runs.
#[test]
fn false_alarms_stay_within_the_guarantee() {
    for (healthy, rate, level) in
        [(0.9, 0.9, 1_000.0), (0.9, 0.9, 100.0), (0.95, 0.95, 1_000.0), (0.8, 0.95, 200.0)]
    {
        let mut draw = Draw(7);
        let mut alarms = 0_u32;
        for _ in 0..2_000 {
            let mut stream = Stream::new(healthy, 0.5, level).expect("valid");
            alarms += (0..1_000).map(|_| u32::from(stream.run(draw.below(rate)))).sum::<u32>();
        }
        let bound = 2_000.0 * 1_000.0 / level;
        assert!(f64::from(alarms) <= bound, "{alarms} false alarms, at most {bound}");
        // A test that never alarms would keep the bound too.
        assert!(rate > healthy || alarms > 20, "only {alarms} alarms");
    }
}

#[test]
fn a_failure_is_found_within_the_published_delays() {
    // Healthy rate, level, misses in a row, mean delay at half the rate.
    for (healthy, level, full, half) in [(0.9, 1_000.0, 5, 13.0), (0.9, 100.0, 3, 9.0)] {
        assert_eq!(misses_to_alarm(healthy, level), full);
        let mut draw = Draw(11);
        let mut runs = 0_u32;
        for _ in 0..4_000 {
            let mut stream = Stream::new(healthy, 0.5, level).expect("valid");
            runs += 1;
            while !stream.run(draw.below(healthy / 2.0)) {
                runs += 1;
            }
        }
        let mean = f64::from(runs) / 4_000.0;
        assert!((mean - half).abs() < 2.5, "{mean} runs instead of about {half}");
    }
    // 109 series, daily, one false alarm a year in all: seven misses in a row.
    let level = alarm_level(109, 365.0, 1.0);
    assert!((level - 39_785.0).abs() < 0.5, "{level}");
    assert_eq!(misses_to_alarm(0.9, level), 7);
}

fn misses_to_alarm(healthy: f64, level: f64) -> usize {
    let mut stream = Stream::new(healthy, 0.5, level).expect("valid");
    1 + (0..1_000).take_while(|_| !stream.run(false)).count()
}

#[test]
fn a_stream_without_a_valid_rate_is_refused() {
    for (healthy, broken, level) in
        [(1.0, 0.5, 10.0), (0.5, 0.5, 10.0), (0.9, 0.0, 10.0), (0.9, 0.5, 1.0), (f64::NAN, 0.5, 10.0)]
    {
        assert_eq!(Stream::new(healthy, broken, level), None, "{healthy} {broken} {level}");
    }
}

/// The example of Benjamini and Hochberg's paper: at 5 %, the first four of fifteen.
#[test]
fn many_tests_at_once() {
    let published = [
        0.000_1, 0.000_4, 0.001_9, 0.009_5, 0.020_1, 0.027_8, 0.029_8, 0.034_4, 0.045_9, 0.324, 0.426_2,
        0.571_9, 0.652_8, 0.759, 1.0,
    ];
    let found = discoveries(&published, 0.05);
    assert_eq!(found.iter().filter(|f| **f).count(), 4);
    let backwards: Vec<f64> = published.iter().rev().copied().collect();
    let turned: Vec<bool> = discoveries(&backwards, 0.05).into_iter().rev().collect();
    assert_eq!(found, turned, "the order of the tests does not matter");
    assert!(discoveries(&[], 0.05).is_empty());
}

/// Random rules of what makes the verdict, by brute force: the sets are the smallest ones.
#[test]
fn the_smallest_sets_are_found() {
    let mut draw = Draw(3);
    let (mut singles, mut pairs, mut larger) = (0, 0, 0);
    for _ in 0..2_000 {
        let inputs = 1 + usize::try_from(draw.bits() % 6).expect("small");
        // The old answer holds where one of some groups of inputs is all old.
        let groups: Vec<u64> = (0..=draw.bits() % 3).map(|_| 1 + draw.bits() % ((1 << inputs) - 1)).collect();
        let old = |set: &[bool]| {
            let bits = set.iter().rev().fold(0, |bits, old| bits << 1 | u64::from(*old));
            groups.iter().any(|g| bits & g == *g)
        };
        let found = causes(inputs, old);
        let as_old = |set: u64| (0..inputs).map(|i| set >> i & 1 == 1).collect::<Vec<_>>();
        let works = |set: u64| old(&as_old(set));
        let breaks = |set: u64| !old(&as_old(!set & ((1 << inputs) - 1)));
        check(inputs, &found.restore, &works);
        check(inputs, &found.suffice, &breaks);
        match found.restore.iter().map(Vec::len).max() {
            Some(1) => singles += 1,
            Some(2) => pairs += 1,
            _ => larger += 1,
        }
    }
    assert!(singles > 100 && pairs > 100 && larger > 100, "{singles} {pairs} {larger}");
}

fn check(inputs: usize, found: &[Vec<usize>], works: &impl Fn(u64) -> bool) {
    let bits = |set: &[usize]| set.iter().fold(0_u64, |b, i| b | 1 << i);
    let smallest: Vec<u64> = (1..1_u64 << inputs)
        .filter(|set| works(*set) && (0..inputs).all(|i| set >> i & 1 == 0 || !works(set & !(1 << i))))
        .collect();
    for set in found {
        assert!(smallest.contains(&bits(set)), "{set:?} is not a smallest set");
    }
    assert!(!found.is_empty());
    let small: Vec<u64> = smallest.into_iter().filter(|s| s.count_ones() <= 2).collect();
    for set in &small {
        assert!(found.iter().any(|f| bits(f) == *set), "{set:b} is missing in {found:?}");
    }
}

/// Whether larger sets may be missing is said of both lists: of those that restore the old answer
/// where more than two inputs are needed, of those that suffice for the new one, and of more than
/// 64 inputs.
#[test]
fn it_is_said_when_larger_sets_may_be_missing() {
    // All three old restore it, so that each alone new suffices; and the other way round.
    assert!(causes(3, |old| old.iter().all(|o| *o)).bounded);
    assert!(causes(3, |old| old.iter().any(|o| *o)).bounded);
    assert!(!causes(2, |old| old.iter().all(|o| *o)).bounded);
    let pair = |old: &[bool]| old[0] && old[1];
    for (inputs, bounded) in [(64, false), (65, false), (66, true), (67, true)] {
        // The two that explain it suffice alone, so that 62 and more are left to pair for that.
        assert_eq!(causes(inputs, pair).bounded, inputs > 64, "{inputs} {bounded}");
    }
}

#[test]
fn inputs_that_do_not_explain_the_change_are_not_blamed() {
    assert!(causes(3, |_| false).restore.is_empty(), "old inputs do not give the old answer");
    assert!(causes(3, |_| true).restore.is_empty(), "new inputs do not give the new answer");
    assert!(causes(0, |_| true).restore.is_empty());
}
