//! Series of stored runs, and how each test stands. A run is written as one letter: `s` seen,
//! `m` missed, `-` without an outcome; a blank is a changed input.

use std::collections::BTreeMap;

use assess::drift::{Configuration, PastRun, Segment, Series, drift};
use model::drift::{Changed, Drift, DriftState as State};
use model::exercise::{Tier, User};
use model::id::{RuleId, RunId, VerdictId};
use model::quantity::Timestamp;

fn configuration(version: usize) -> Configuration {
    let rule = RuleId::new("rule-1").expect("an id");
    Configuration {
        procedure: "p".to_owned(),
        tier: Some(Tier::Namespaces),
        user: User::Root,
        profile: None,
        host: Some("h".to_owned()),
        rules: BTreeMap::from([(rule, ("rules/one.yml".to_owned(), format!("hash-{version}")))]),
        attack: "18.1".to_owned(),
        product: "0.1.0".to_owned(),
    }
}

/// Runs of one test, the last of them at `until`.
fn series(name: &str, runs: &str, until: i64) -> Series {
    let count = i64::try_from(runs.chars().filter(|c| *c != ' ').count()).expect("few");
    let mut at = until - count;
    let mut segments = Vec::new();
    for (version, part) in runs.split(' ').enumerate() {
        let runs = part.chars().map(|c| {
            at += 1;
            PastRun {
                run: RunId::new(&format!("run-{at}")).expect("an id"),
                stored: Timestamp(at),
                seen: match c {
                    's' => Some(true),
                    'm' => Some(false),
                    _ => None,
                },
                configuration: configuration(version),
            }
        });
        segments.push(Segment { configuration: configuration(version), runs: runs.collect() });
    }
    Series { verdict: VerdictId::new(name).expect("an id"), segments }
}

fn of(runs: &str) -> Drift {
    drift(&[series("a/T1490", runs, 1_000)]).remove(0)
}

#[test]
fn each_series_stands_as_stated() {
    let cases = [
        ("s", State::New),
        ("m", State::New),
        ("-", State::NoOutcome),
        ("ss", State::Seen),
        ("mm", State::Missed),
        ("s-s", State::Seen),
        // A changed input, and what came after it.
        ("ss s", State::Seen),
        ("s m", State::PerhapsWorse),
        ("sssss mm", State::PerhapsWorse),
        ("ssssss mmmm", State::Worse),
        ("sssssssssssssssssss mmm", State::Worse),
        ("m s", State::PerhapsBetter),
        ("mmmmmm ssss", State::Better),
        ("ssssssssss ssssssssm", State::Inconsistent),
        ("sss -", State::NoOutcome),
        // Nothing changed, and it fails: six misses in a row at one test a day.
        ("ssssssss mm ss", State::PerhapsBetter),
        ("sssssssssssm", State::Inconsistent),
        ("ssssssssmmmm", State::Worse),
        ("ssssssssmmmms", State::Inconsistent),
        ("mmmmmmmmmmmm", State::Missed),
        ("smsmsmsmsm", State::Inconsistent),
        ("smsmsmsmsmsm", State::Worse),
    ];
    let wrong: Vec<_> = cases
        .into_iter()
        .map(|(runs, state)| (runs, state, of(runs)))
        .filter(|(_, state, found)| found.state != *state)
        .map(|(runs, state, found)| format!("{runs:?}: {} instead of {}", found.state.word(), state.word()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_changed_input_begins_anew_and_is_named() {
    let found = of("mmmm sssss mm");
    assert_eq!((found.before.runs, found.before.seen), (5, 5), "only the configuration before counts");
    assert_eq!((found.now.runs, found.now.seen), (2, 0));
    assert_eq!(found.changed, [Changed::RuleEdited("rules/one.yml".to_owned())]);
    // live.md's table: 5/5 to 0/2 is 0.015, to 0/3 it is 0.005.
    assert!((found.p - 0.015_178).abs() < 1e-6, "{}", found.p);
    assert_eq!(found.repeats, Some(1));
    assert_eq!(of("s m").repeats, None, "one run before is too few to show a fall in thirty more");
    assert_eq!(of("ss").changed, []);
}

#[test]
fn every_changed_input_is_named() {
    let old = configuration(1);
    let rule = |id: &str| RuleId::new(id).expect("an id");
    let file = |name: &str| (name.to_owned(), "h".to_owned());
    type Edit = fn(&mut Configuration);
    let cases: [(Edit, Vec<Changed>); 7] = [
        (|c| c.procedure = "q".to_owned(), vec![Changed::Procedure]),
        (|c| c.tier = Some(Tier::Landlock), vec![Changed::Sandbox]),
        (|c| c.user = User::Ordinary, vec![Changed::Sandbox]),
        (|c| c.profile = Some("x".to_owned()), vec![Changed::Profile]),
        (|c| c.host = None, vec![Changed::Host]),
        (|c| c.attack = "19.0".to_owned(), vec![Changed::Attack]),
        (|c| c.product = "0.2.0".to_owned(), vec![Changed::Product]),
    ];
    for (edit, expected) in cases {
        let mut new = old.clone();
        edit(&mut new);
        assert_eq!(new.changed(&old), expected);
    }
    let mut new = old.clone();
    new.rules.clear();
    new.rules.insert(rule("rule-2"), file("rules/two.yml"));
    let expected = vec![
        Changed::RuleAdded("rules/two.yml".to_owned()),
        Changed::RuleRemoved("rules/one.yml".to_owned()),
    ];
    assert_eq!(new.changed(&old), expected);
    assert_eq!(old.changed(&old), []);
}

#[test]
fn a_test_that_is_missing_in_the_newest_run_is_not_seen() {
    let found = drift(&[series("a/T1490", "ssss", 1_000), series("b/T1486", "ssss", 999)]);
    assert_eq!(found.iter().map(|d| d.state).collect::<Vec<_>>(), [State::Seen, State::NotRun]);
}

/// With many tests, one that looks bad by chance is not called changed.
#[test]
fn many_tests_raise_the_bar() {
    let alone = of("ssssss mmm");
    assert_eq!(alone.state, State::Worse);
    let mut all: Vec<Series> = (0..200).map(|i| series(&format!("a{i}/T1490"), "ss ss", 1_000)).collect();
    all.push(series("b/T1486", "ssssss mmm", 1_000));
    assert_eq!(drift(&all).last().map(|d| d.state), Some(State::PerhapsWorse));
}
