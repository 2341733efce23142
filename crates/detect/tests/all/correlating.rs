//! Correlation rules in verdicts and explanations.

use crate::support::*;
use detect::{RuleSet, Seen, Watch, judge, why_silent};
use model::verdict::{Branch, Cause, Outcome};
use rayon::prelude::*;
use serde_json::json;

/// A burst of three by host, named by a rule on single events that has the technique too.
fn burst(kind: &str) -> RuleSet {
    let base = rule("base", "t1110", "Result: FAILURE");
    let burst = format!(
        "title: Burst\nid: burst\ntags: [attack.t1110]\ncorrelation:\n  {kind}\n  rules: [base]\n  \
         group-by: [Host]\n  timespan: 10s\n"
    );
    let (rules, summary) = rules(&[("base.yml", &base), ("burst.yml", &burst)]);
    assert_eq!((summary.loaded, summary.correlations, summary.rejected.len()), (2, 1, 0));
    rules
}

fn three() -> RuleSet {
    burst("type: event_count\n  condition: {gte: 3}")
}

fn failure(index: u64, second: i64, host: &str) -> model::event::Event {
    event(index, second, json!({"Result": "FAILURE", "Host": host, "n": index}))
}

#[test]
fn a_correlation_alerts_and_the_rules_it_names_do_not() {
    let rules = three();
    let recording = recording("T1110");
    let events: Vec<_> = (0..3).map(|n| failure(n, n as i64, "a")).collect();
    let watched = watch(&rules, &recording, &events, 2);
    let verdict = judge(&watched.observations[0]);
    assert!(matches!(verdict.outcome, Some(Outcome::Alerted { .. })), "{verdict:?}");
    assert_eq!(verdict.rules.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), ["burst"]);
    assert_eq!(watched.replay.firings.iter().map(|f| f.rule.as_str()).collect::<Vec<_>>(), ["burst"]);
    assert_eq!(
        watched.samples.iter().map(|s| s.event.index).collect::<Vec<_>>(),
        [2],
        "the last event is kept"
    );
    // Two are not enough, and the rule beneath counts for no technique.
    let watched = watch(&rules, &recording, &events[..2], 1);
    let verdict = judge(&watched.observations[0]);
    assert_eq!(verdict.outcome, Some(Outcome::Logged));
    assert!(watched.replay.firings.is_empty() && watched.replay.taken_back.is_empty());
}

/// Looked at one by one, events raise the alarm with the one on which the whole recording says
/// that the correlation fires first, and none where it never does.
#[test]
fn the_alarm_of_a_stream_comes_with_the_event_that_completes_a_correlation() {
    let mut raised = 0;
    for kind in [
        "type: event_count\n  condition: {gte: 3}",
        "type: value_count\n  condition: {gte: 3, field: n}",
        "type: value_sum\n  condition: {gte: 9, field: n}",
        "type: value_avg\n  condition: {gt: 2, field: n}",
        "type: value_median\n  condition: {gte: 3, field: n}",
        "type: temporal",
        "type: temporal_ordered",
    ] {
        let base = rule("base", "t1110", "Result: FAILURE");
        let other = rule("other", "t1003", "Result: SUCCESS");
        let of = if kind.contains("temporal") { "[base, other]" } else { "[base]" };
        let burst = format!(
            "title: Burst\nid: burst\ntags: [attack.t1110]\ncorrelation:\n  {kind}\n  rules: {of}\n  \
             group-by: [Host]\n  timespan: 10s\n"
        );
        let (rules, summary) = rules(&[("base.yml", &base), ("other.yml", &other), ("burst.yml", &burst)]);
        assert_eq!((summary.correlations, summary.rejected.len()), (1, 0), "{kind}");
        let recording = recording("T1110");
        for seed in 0..40_u64 {
            let events: Vec<_> = (0..12_u64)
                .map(|n| {
                    let dice = (seed * 31 + n * 17 + n * n * seed) % 97;
                    let result = if dice % 5 == 0 { "SUCCESS" } else { "FAILURE" };
                    let host = if dice % 3 == 0 { "a" } else { "b" };
                    event(
                        n,
                        (n * (1 + seed % 6)) as i64,
                        json!({"Result": result, "Host": host, "n": dice % 4}),
                    )
                })
                .collect();
            let whole = watch(&rules, &recording, &events, 12);
            let first = whole.replay.firings.iter().find(|f| f.rule.as_str() == "burst").map(|f| f.first[0]);
            let stream = Watch::new(&rules, &recording);
            let mut seen = Seen::default();
            let alarm = events.iter().find(|event| {
                seen.absorb(stream.look(std::slice::from_ref(*event)));
                stream.alerted(&seen)
            });
            assert_eq!(alarm.map(|event| event.index), first, "{kind}, {seed}");
            raised += usize::from(first.is_some());
        }
    }
    assert!((50..250).contains(&raised), "{raised} of 280");
}

#[test]
fn a_silent_correlation_says_how_near_it_came() {
    let rules = three();
    let events = [failure(0, 0, "a"), failure(1, 5, "a"), failure(2, 40, "a"), failure(3, 41, "b")];
    let recording = recording("T1110");
    let verdict = judge(&watch(&rules, &recording, &events, 10).observations[0]);
    let again = why_silent(&rules, &rule_id("burst"), events.iter(), &recording.id);
    for causes in [&verdict.causes, &again] {
        let [Cause::RuleSilent { nearest, .. }] = causes.as_slice() else { panic!("{causes:?}") };
        let root: &Branch = &nearest[0].root;
        assert_eq!(root.name, "event_count gte 3 within 10s by Host");
        assert_eq!(root.leaves[0].actual.as_deref(), Some("2 at most"));
        assert_eq!((root.children[0].name.as_str(), root.children[0].passed), ("Rule base", true));
        assert_eq!(root.children[0].leaves[0].actual.as_deref(), Some("4"));
        assert_eq!(nearest[0].event.index, 1);
    }
    // Where nothing matched, the rule that it rests on says why.
    let nothing = [event(0, 0, json!({"Result": "SUCCESS", "Host": "a"}))];
    let verdict = judge(&watch(&rules, &recording, &nothing, 10).observations[0]);
    let [Cause::RuleSilent { nearest, .. }] = verdict.causes.as_slice() else { panic!("{verdict:?}") };
    assert_eq!(nearest[0].rule.as_str(), "base");
    // Without the field that sets groups apart nothing can be said.
    let fields: Vec<_> = (0..4).map(|n| event(n, 0, json!({"Result": "FAILURE"}))).collect();
    let verdict = judge(&watch(&rules, &recording, &fields, 10).observations[0]);
    let missing = Cause::FieldMissing { fields: vec!["Host".to_owned()], rules: vec![rule_id("burst")] };
    assert_eq!(verdict.causes, [missing]);
    let untimed: Vec<_> = (0..4).map(|n| model::event::Event { time: None, ..failure(n, 0, "a") }).collect();
    let verdict = judge(&watch(&rules, &recording, &untimed, 10).observations[0]);
    assert!(
        matches!(&verdict.causes[..], [Cause::FieldMissing { fields, .. }] if fields[0].contains("time"))
    );
}

#[test]
fn correlations_depend_on_no_batches_and_no_threads() {
    let rules = burst("type: value_count\n  condition: {gte: 4, field: n}");
    let recording = recording("T1110");
    // Read in another order than they happened.
    let at = |n: u64| ((n * 37) % 500) as i64;
    let events: Vec<_> = (0..500).map(|n| failure(n, at(n), ["a", "b", "c"][n as usize % 3])).collect();
    let whole = watch(&rules, &recording, &events, events.len());
    assert!(whole.replay.firings[0].events > 100 && whole.replay.firings[0].first.len() == 8);
    for size in [1, 7, 64] {
        assert_eq!(watch(&rules, &recording, &events, size), whole, "in batches of {size}");
    }
    for threads in [1, 3] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let watch = Watch::new(&rules, &recording);
        let parts: Vec<Seen> =
            pool.install(|| events.par_chunks(20).map(|batch| watch.look(batch)).collect());
        let mut all = Seen::default();
        parts.into_iter().for_each(|part| all.absorb(part));
        assert_eq!(watch.finish(all, 0), whole, "on {threads} threads");
    }
}
