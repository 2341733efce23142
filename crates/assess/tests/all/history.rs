//! Series of stored runs, and how each test stands. A run is written as one letter: `s` seen,
//! `m` missed, `-` without an outcome; a blank is a changed input.

use std::collections::BTreeMap;

use assess::drift::{Configuration, PastRun, Segment, Series, drift};
use model::detection::RuleInfo;
use model::drift::{Changed, Drift, DriftState as State};
use model::exercise::{CleanProof, Effects, Ending, Exercise, Tier, User};
use model::id::{RecordingId, RuleId, RunId, TechniqueId, VerdictId};
use model::quantity::Timestamp;
use model::record::{Input, Record, RunInfo};

use crate::ground::run::{info, rule, run};

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
                outcome: None,
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
    let technique = model::id::TechniqueId::new("T1490").expect("an id");
    Series { verdict: VerdictId::new(name).expect("an id"), technique, segments }
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

fn exercise(recording: &str, procedure: &str) -> Exercise {
    Exercise {
        recording: RecordingId::new(recording).expect("an id"),
        procedure: procedure.to_owned(),
        tier: Some(Tier::Namespaces),
        user: User::Root,
        ending: Ending::Exited { code: 0 },
        success: None,
        declared: None,
        seen: Effects::default(),
        undeclared: vec![],
        refused: vec![],
        changes: vec![],
        elapsed: 0,
        alert_after: None,
        clean: CleanProof { survivors: 0, mounts: 0 },
        notes: vec![],
        prevention: None,
    }
}

fn stored(at: i64, lines: &[&str], exercised: &[&str]) -> (RunInfo, Record) {
    let mut record = run(lines);
    record.exercises = exercised.iter().map(|r| exercise(r, &format!("text of {r}"))).collect();
    let of = |id: &str, technique: &str| {
        let techniques = vec![TechniqueId::new(technique).expect("an id")];
        (rule(id), RuleInfo { techniques, ..info(id, "h") })
    };
    record.rules =
        [of("own", "T1059.001"), of("parent", "T1059"), of("other", "T1059.003"), of("part", "T1490.001")]
            .into();
    let id = RunId::new(&format!("run-{at}")).expect("an id");
    (RunInfo { id, stored: Timestamp(at), verb: "exercise".to_owned(), hash: String::new() }, record)
}

/// Returns each series as its verdict and its runs by segment, in letters as above.
fn letters(records: &[(RunInfo, Record)]) -> Vec<String> {
    let all = assess::drift::series(records.iter().map(|(i, r)| (i, r)));
    let letter = |r: &PastRun| r.seen.map_or("-", |seen| if seen { "s" } else { "m" });
    let one = |s: &Series| {
        let runs = |g: &Segment| g.runs.iter().map(letter).collect::<String>();
        format!("{}: {}", s.verdict, s.segments.iter().map(runs).collect::<Vec<_>>().join(" "))
    };
    all.iter().map(one).collect()
}

#[test]
fn stored_runs_become_series_cut_where_an_input_changed() {
    let lines = |outcome: &str| [format!("a T1059.001 {outcome}"), "b T1490 logged".to_owned()];
    let record = |at, outcome: &str| {
        let lines = lines(outcome);
        stored(at, &[&lines[0], &lines[1]], &["a"])
    };
    let outcomes = ["prevented", "alerted 5", "late 90", "logged", "blind", "inconclusive", "none"];
    let mut records: Vec<(RunInfo, Record)> = (1..).zip(outcomes).map(|(at, o)| record(at, o)).collect();
    // What was only replayed has no series, and the order of the records does not matter.
    assert_eq!(letters(&records), ["a/T1059.001: ssmmm--"]);
    records.reverse();
    assert_eq!(letters(&records), ["a/T1059.001: ssmmm--"]);
    records.push(records[6].clone());
    assert_eq!(letters(&records), ["a/T1059.001: ssmmm--"], "a run that is stored twice counts once");
    records.pop();
    records.reverse();
    let cut = |change: &dyn Fn(&mut Record)| {
        let mut changed = records.clone();
        changed.iter_mut().skip(3).for_each(|(_, r)| change(r));
        letters(&changed)
    };
    let host = |hash: &str| Input { name: "host".to_owned(), source: String::new(), hash: hash.to_owned() };
    let whole = ["a/T1059.001: ssm mm--"];
    assert_eq!(cut(&|r| r.product = "2".to_owned()), whole);
    assert_eq!(cut(&|r| r.matrix.version = "19".to_owned()), whole);
    assert_eq!(cut(&|r| r.exercises[0].procedure = "other".to_owned()), whole);
    assert_eq!(cut(&|r| r.exercises[0].tier = None), whole);
    assert_eq!(cut(&|r| r.inputs.push(host("x"))), whole);
    for id in ["own", "parent"] {
        assert_eq!(
            cut(&|r| r.rules.get_mut(&rule(id)).expect("a rule").hash = "x".to_owned()),
            whole,
            "{id}"
        );
    }
    for id in ["other", "part"] {
        let same = cut(&|r| r.rules.get_mut(&rule(id)).expect("a rule").hash = "x".to_owned());
        assert_eq!(same, ["a/T1059.001: ssmmm--"], "{id}");
    }
    let both = stored(9, &["a T1059.001 logged", "b T1490 alerted 5"], &["a", "b"]);
    assert_eq!(letters(&[both]), ["a/T1059.001: m", "b/T1490: s"]);
    // A rule for a part of a technique is about the technique.
    let part = |hash: &str, at| {
        let mut one = stored(at, &["b T1490 logged"], &["b"]);
        one.1.rules.get_mut(&rule("part")).expect("a rule").hash = hash.to_owned();
        one
    };
    assert_eq!(letters(&[part("h", 1), part("x", 2)]), ["b/T1490: m m"]);
}

#[test]
fn the_last_turn_of_a_series_is_between_two_outcomes() {
    let turned = |runs: &str| {
        let series = series("a/T1490", runs, 100);
        series.turned().map(|(old, new)| (old.stored.0, new.stored.0))
    };
    // The runs end at 100; a blank is no run.
    assert_eq!(turned("ssmm"), Some((98, 100)));
    assert_eq!(turned("ssm m-"), Some((97, 99)));
    assert_eq!(turned("sm s"), Some((99, 100)));
    assert_eq!((turned("sss"), turned("--"), turned("s--")), (None, None, None));
}
