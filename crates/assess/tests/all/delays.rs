//! The delay of alerts against the likelihood itself, and what verdicts say in words.

#![allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics")]

use std::collections::BTreeMap;

use assess::{DEFAULT_DELAY, WINDOW, coverage, evidence, not_tested, note_exercised};
use model::attack::{Actor, ActorKind, WeightedTechnique};
use model::evidence::{EvidenceClass, TechniqueEvidence};
use model::id::{ActorId, RecordingId};
use model::quantity::Ratio;
use model::recording::{RecordingKind, RunStatus};
use model::verdict::{TwinResult, Verdict};

use crate::ground::campaign;
use crate::ground::run::{info, recording, replay, rule, technique, verdict};

fn about(lines: &[String]) -> TechniqueEvidence {
    let verdicts: Vec<Verdict> = lines.iter().map(|l| verdict(l)).collect();
    evidence(&verdicts, &[], &[], &BTreeMap::new()).techniques[&technique("T1490")].clone()
}

/// Alerts after these minutes, and so many verdicts without an alert.
fn lines(delays: &[u64], misses: usize) -> Vec<String> {
    let alerted = delays.iter().enumerate().map(|(i, d)| format!("a{i} T1490 alerted {d}"));
    let missed = (0..misses).map(|i| format!("m{i} T1490 {}", if i % 2 == 0 { "logged" } else { "blind" }));
    alerted.chain(missed).collect()
}

/// Log-likelihood of a log-normal delay: alerts are known, a miss came to no alert within the
/// window or never, and the assumed delay counts as one alert with its spread.
fn likelihood(delays: &[u64], misses: usize, share: f64, mu: f64, sigma: f64) -> f64 {
    let normal = |x: f64| -sigma.ln() - (x - mu).powi(2) / (2.0 * sigma * sigma);
    let (m, s) = (DEFAULT_DELAY.mu(), DEFAULT_DELAY.sigma());
    let assumed = -sigma.ln() - ((m - mu).powi(2) + s * s) / (2.0 * sigma * sigma);
    let beyond = 0.5 * libm::erfc((WINDOW.ln() - mu) / sigma / 2.0_f64.sqrt());
    let missed = (1.0 - share + share * beyond).ln();
    delays.iter().map(|d| normal((*d as f64).ln())).sum::<f64>() + assumed + misses as f64 * missed
}

#[test]
fn the_delay_is_the_most_likely_one() {
    let cases: [(&[u64], usize); 6] =
        [(&[10], 0), (&[5, 40], 0), (&[10, 12, 9], 2), (&[1, 30], 5), (&[20], 9), (&[3, 3, 4, 100], 1)];
    for (delays, misses) in cases {
        let got = about(&lines(delays, misses));
        assert_eq!((got.delay.observed as usize, got.delay.censored as usize), (delays.len(), misses));
        let quantiles = got.delay.quantiles;
        let (mu, sigma) = (quantiles.mu(), quantiles.sigma());
        let at = |mu: f64, sigma: f64| likelihood(delays, misses, got.alerted.value, mu, sigma);
        let best = at(mu, sigma);
        // At the maximum both slopes are nothing.
        let h = 1e-4;
        let slopes = [at(mu + h, sigma) - at(mu - h, sigma), at(mu, sigma + h) - at(mu, sigma - h)];
        assert!(slopes.iter().all(|s| (s / (2.0 * h)).abs() < 1e-7), "{delays:?} and {misses}: {slopes:?}");
        for step in [0.001, 0.01, 0.1, 0.5] {
            for (x, y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (1.0, 1.0), (-1.0, 1.0)] {
                let other = at(mu + step * x, sigma * (1.0 + step * y));
                assert!(
                    other < best,
                    "{delays:?} and {misses}: {other} beside {best}, step {step} ({x}, {y})"
                );
            }
        }
    }
}

/// Without misses the most likely values are moments: mean, and variance with the assumed spread.
#[test]
fn without_misses_the_delay_is_a_mean_of_logarithms() {
    let got = about(&lines(&[10, 40], 0)).delay.quantiles;
    let (m, s) = (DEFAULT_DELAY.mu(), DEFAULT_DELAY.sigma());
    let (x, y) = (10.0_f64.ln(), 40.0_f64.ln());
    let mean = (x + y + m) / 3.0;
    let second = (x * x + y * y + m * m + s * s) / 3.0;
    assert!((got.q50.ln() - mean).abs() < 1e-9);
    let sigma = (second - mean * mean).sqrt();
    assert!((got.q90 - (mean + 1.281_551_565_5 * sigma).exp()).abs() < 1e-6, "{got:?}");
}

#[test]
fn delays_end_at_a_second_and_at_a_year() {
    let at_once = about(&lines(&[0, 0, 0], 0)).delay.quantiles;
    let (m, second) = (DEFAULT_DELAY.mu(), (1.0_f64 / 60.0).ln());
    assert!((at_once.q50.ln() - (m + 3.0 * second) / 4.0).abs() < 1e-9);
    let slow = about(&lines(&[100_000_000, 100_000_000, 100_000_000], 0)).delay.quantiles;
    assert_eq!((slow.q50, slow.q90), (525_960.0, 525_960.0));
    // Misses alone say nothing about how long an alert takes.
    assert_eq!(about(&lines(&[], 4)).delay.quantiles, DEFAULT_DELAY);
    let unknown = about(&["a T1490 alerted".to_owned()]).delay;
    assert_eq!((unknown.quantiles, unknown.observed), (DEFAULT_DELAY, 0));
}

#[test]
fn the_class_says_why_nothing_was_measured() {
    let with = |run: RunStatus| Verdict { run, ..verdict("a T1490 none") };
    let reason = || "no lab".to_owned();
    let cases = [
        (with(RunStatus::Crashed { reason: reason() }), "the exercise crashed: no lab"),
        (with(RunStatus::TimedOut), "the exercise did not end in time"),
        (
            with(RunStatus::BreachOfContract { effects: vec!["a file".to_owned(), "a socket".to_owned()] }),
            "breach of contract, undeclared: a file, a socket",
        ),
        (verdict("a T1490 inconclusive"), "no verdict was possible: no clock"),
        (verdict("a T1490 none"), "no exercise or recording covers it"),
    ];
    for (verdict, wanted) in cases {
        let got =
            evidence(&[verdict], &[], &[], &BTreeMap::new()).techniques[&technique("T1490")].class.clone();
        assert_eq!(got, EvidenceClass::Reasoned { why: wanted.to_owned() });
    }
    for run in [RunStatus::NotRun { reason: reason() }, RunStatus::Refused { reason: reason() }] {
        let got =
            evidence(&[with(run)], &[], &[], &BTreeMap::from([(technique("T1490"), "stated".to_owned())]));
        let class = &got.techniques[&technique("T1490")].class;
        assert_eq!(class, &EvidenceClass::CannotExercise { reason: reason() }, "before what is stated");
    }
    let crashed = with(RunStatus::Crashed { reason: reason() });
    let stated = evidence(&[crashed], &[], &[], &BTreeMap::from([(technique("T1490"), "stated".to_owned())]));
    let class = &stated.techniques[&technique("T1490")].class;
    assert_eq!(class, &EvidenceClass::Reasoned { why: "stated".to_owned() });
}

#[test]
fn only_what_was_measured_becomes_exercised() {
    let verdicts = ["a T1490 logged", "b T1486 logged"].map(verdict);
    let mut found = evidence(&verdicts, &[], &[], &BTreeMap::new());
    note_exercised(&mut found, &verdicts, &[&RecordingId::new("b").unwrap()].into());
    let class = |id: &str| found.techniques[&technique(id)].class.clone();
    assert_eq!((class("T1490"), class("T1486")), (EvidenceClass::Replayed, EvidenceClass::Exercised));
}

/// Counts of four outcomes: 2 prevented, 1 alerted, 3 logged, 1 blind, by the Dirichlet posterior
/// with one half each, from scipy 1.17.1 (`beta.ppf`).
#[test]
fn the_margins_of_the_posterior_are_beta() {
    let outcomes = ["prevented", "prevented", "alerted 9", "logged", "logged", "logged", "blind"];
    let lines: Vec<String> = outcomes.iter().enumerate().map(|(i, o)| format!("r{i} T1490 {o}")).collect();
    let got = about(&lines);
    let close = |interval: model::quantity::Interval, value: f64, low: f64, high: f64| {
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(
            near(interval.value, value) && near(interval.low, low) && near(interval.high, high),
            "{interval:?}"
        );
    };
    close(got.prevented, 2.5 / 9.0, 0.055966890, 0.591623511);
    close(got.alerted, 1.5 / 9.0, 0.013838234, 0.453719321);
    close(got.logged, 3.5 / 9.0, 0.119039180, 0.705176554);
    close(got.blind, 1.5 / 9.0, 0.013838234, 0.453719321);
    // One of seven alerted: 0.2 + 4 * 7 * 1/7 * 6/7.
    assert!((got.concentration - (0.2 + 24.0 / 7.0)).abs() < 1e-12);
    let many: Vec<String> =
        (0..60).map(|i| format!("r{i} T1490 {}", if i % 2 == 0 { "logged" } else { "alerted 9" })).collect();
    assert_eq!(about(&many).concentration, 20.0, "as good as independent");
    // Without a prevention and an alert their share goes to the others by their weights.
    let missed = about(&["a T1490 logged".to_owned(), "b T1490 logged".to_owned()]);
    assert!(
        (missed.logged.value - 2.5 / 3.0).abs() < 1e-12 && (missed.blind.value - 0.5 / 3.0).abs() < 1e-12
    );
    assert_eq!((missed.alerted.low, missed.alerted.value, missed.prevented.high), (0.0, 0.0, 0.0));
    close(missed.alerted, 0.0, 0.0, 0.594953133);
}

#[test]
fn what_an_actor_uses_is_not_tested_either() {
    let verdicts = ["a T1490 logged", "b T1059.001 logged"].map(verdict);
    let mut refused = verdict("c T1003 none");
    refused.run = RunStatus::Refused { reason: "it steals".to_owned() };
    let all: Vec<Verdict> = verdicts.into_iter().chain([refused]).collect();
    let found = evidence(&all, &[], &[technique("T1078")], &BTreeMap::new());
    let uses = ["T1059", "T1007", "T1490", "T1078"].map(|id| WeightedTechnique {
        technique: technique(id),
        weight: Ratio::ONE,
        sources: vec![],
    });
    let actor = Actor {
        id: ActorId::new("G1").unwrap(),
        name: String::new(),
        aliases: vec![],
        kind: ActorKind::Group,
        uses: uses.to_vec(),
    };
    let told: Vec<String> = not_tested(&found, &[campaign()], &[actor])
        .into_iter()
        .map(|n| format!("{} {}: {}", n.technique, n.used_by.join(" "), n.why))
        .collect();
    let nothing = "no exercise or recording covers it";
    let wanted = [
        "T1003 c: cannot be exercised here: it steals".to_owned(),
        format!("T1007 G1: {nothing}"),
        format!("T1078 c G1: {nothing}"),
        format!("T1486 c: {nothing}"),
    ];
    assert_eq!(told, wanted);
}

#[test]
fn what_was_seen_and_what_it_cost_is_counted_once_each() {
    let twin = |id: &str, fired: &[&str]| TwinResult {
        recording: RecordingId::new(id).unwrap(),
        fired: fired.iter().map(|f| rule(f)).collect(),
    };
    let mut verdicts = [
        "a T1490 prevented",
        "b T1490 alerted 9",
        "c T1486 late 90",
        "d T1003 logged",
        "e T1078 inconclusive",
        "f T1007 none",
    ]
    .map(verdict);
    // One twin for two verdicts: it raised an alert in one of them.
    verdicts[0].twins = vec![twin("t1", &[]), twin("t2", &[])];
    verdicts[1].twins = vec![twin("t1", &["r1"])];
    let recordings = [
        recording("a", RecordingKind::Attack, &["T1490"], &["r1", "r2"]),
        recording("unread", RecordingKind::Attack, &["T1490"], &["r1"]),
        recording("t1", RecordingKind::Twin, &[], &["r1"]),
        recording("quiet", RecordingKind::Benign, &[], &[]),
    ];
    let replays = [
        replay("a", 10, &[("r1", 2, 0)]),
        replay("t1", 1_000, &[("r1", 3, 0), ("r2", 0, 7)]),
        replay("quiet", 1_000, &[("r1", 1, 0), ("r3", 4, 0), ("r9", 9, 0)]),
    ];
    let rules = [info("r1", "h"), info("r3", "h")];
    let got = coverage(&verdicts, &recordings, &replays, &rules);
    let counts = got.verdicts;
    assert_eq!(
        (counts.prevented, counts.alerted, counts.logged, counts.blind, counts.inconclusive),
        (1, 2, 1, 0, 1)
    );
    assert_eq!((got.no_outcome, got.techniques, got.techniques_seen), (1, 4, 2));
    assert_eq!((got.expected_fired, got.expected_lost, got.benign_events), (1, 1, 2_000));
    let benign: Vec<(String, String, u64, f64)> =
        got.benign.into_iter().map(|b| (b.title, b.level, b.events, b.per_million)).collect();
    let wanted = [("r9", "", 9, 4_500.0), ("Rule r1", "high", 4, 2_000.0), ("Rule r3", "high", 4, 2_000.0)];
    assert_eq!(benign, wanted.map(|(t, l, n, r)| (t.to_owned(), l.to_owned(), n, r)));
    assert_eq!(got.precision.map(|p| p.value), Some(2.0 / 3.0));
    // Twins without an alert on either side say nothing.
    let mut silent = [verdict("d T1003 logged")];
    silent[0].twins = vec![twin("t2", &[])];
    assert_eq!(coverage(&silent, &[], &[], &[]).precision, None);
    silent[0].twins = vec![twin("t2", &["r1"])];
    assert_eq!(coverage(&silent, &[], &[], &[]).precision.map(|p| p.value), Some(0.0));
    let empty = coverage(&[], &recordings, &[replay("quiet", 0, &[("r1", 2, 0)])], &rules);
    assert_eq!((empty.benign[0].per_million, empty.benign_events), (0.0, 0));
    // A firing of which a filter took every match back has not fired.
    let mut taken = replay("quiet", 10, &[("r1", 1, 0)]);
    taken.firings[0].events = 0;
    assert_eq!(coverage(&[], &recordings, &[taken], &rules).benign, []);
}
