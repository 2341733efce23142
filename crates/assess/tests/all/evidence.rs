//! From verdicts to evidence, coverage, and what was not tested.

use std::collections::{BTreeMap, BTreeSet};

use assess::{CONCENTRATION, DEFAULT_DELAY, coverage, evidence, not_tested, note_exercised};
use model::attack::{JoinPath, Joined};
use model::campaign::{Campaign, Objective, Selector, Spread, Step};
use model::detection::{Firing, Replay};
use model::evidence::{EvidenceClass, Repeated, RepeatedRun};
use model::id::{CampaignId, RecordingId, RuleId, RunId, StepId, TechniqueId, VerdictId};
use model::quantity::{Millis, Quantiles, Ratio, Timestamp};
use model::recording::{LabelQuality, Recording, RecordingKind, RunStatus};
use model::verdict::{Attribution, Outcome, OutcomeKind, TwinResult, Verdict};

fn technique(id: &str) -> TechniqueId {
    TechniqueId::new(id).unwrap()
}

fn verdict(recording: &str, id: &str, outcome: Option<Outcome>) -> Verdict {
    Verdict {
        id: VerdictId::new(&format!("{recording}/{id}")).unwrap(),
        recording: RecordingId::new(recording).unwrap(),
        technique: technique(id),
        label: LabelQuality::TechniqueExact,
        run: RunStatus::Completed,
        outcome,
        causes: vec![],
        attribution: Attribution { keys: vec![], events: 1, confidence: Ratio::ONE },
        events: vec![],
        rules: vec![],
        lost: vec![],
        twins: vec![],
    }
}

fn alerted(minutes: u64, late: bool) -> Option<Outcome> {
    Some(Outcome::Alerted { delay: Some(Millis(minutes * 60_000)), late })
}

fn no_reasons() -> BTreeMap<TechniqueId, String> {
    BTreeMap::new()
}

fn campaign(techniques: &[&str]) -> Campaign {
    let step = |t: &&str| Step {
        id: StepId::new(t).unwrap(),
        name: format!("does {t}"),
        technique: technique(t),
        published: None,
        needs: vec![],
        operator: model::campaign::Operator::All,
        same_site: false,
        targets: Selector::default(),
        identity: None,
        way_out: None,
        spread: Spread::Once,
        duration: Quantiles { q50: 1.0, q90: 2.0 },
        effect: model::campaign::Effect::None,
        source: String::new(),
    };
    Campaign {
        id: CampaignId::new("c").unwrap(),
        name: String::new(),
        description: String::new(),
        objective: Objective::Payload,
        hands: 1,
        retries: 0,
        reaction: Ratio::ZERO,
        manner: model::manner::Manner::default(),
        steps: techniques.iter().map(step).collect(),
        source: String::new(),
    }
}

#[test]
fn an_unmeasured_technique_earns_no_credit_and_keeps_jeffreys_interval() {
    let found = evidence(&[], &[], &[technique("T1486")], &no_reasons());
    let e = &found.techniques[&technique("T1486")];
    assert!(
        matches!(&e.class, EvidenceClass::Reasoned { why } if why == "no exercise or recording covers it")
    );
    assert_eq!((e.prevented.value, e.prevented.high, e.alerted.value), (0.0, 0.0, 0.0));
    // Beta(1/2, 1): the 97.5 % quantile is 0.975^2.
    assert!((e.alerted.high - 0.975 * 0.975).abs() < 1e-9, "{:?}", e.alerted);
    assert_eq!(e.prior[0], 0.0, "draws never hold prevention");
    assert_eq!(e.delay.quantiles, DEFAULT_DELAY);
    assert_eq!(e.counts.measured(), 0);
}

/// What a technique is credited with: that an attempt is stopped, or raises an alert.
fn credit(outcomes: &[usize]) -> f64 {
    let kinds = [
        Some(Outcome::Prevented { by: "allow-list".to_owned() }),
        alerted(10, false),
        Some(Outcome::Logged),
        Some(Outcome::Blind),
    ];
    let verdicts: Vec<Verdict> = outcomes
        .iter()
        .enumerate()
        .map(|(n, kind)| verdict(&format!("r{n}"), "T1490", kinds[*kind].clone()))
        .collect();
    let found = evidence(&verdicts, &[], &[technique("T1490")], &no_reasons());
    let e = &found.techniques[&technique("T1490")];
    e.prevented.value + e.alerted.value
}

#[test]
fn taking_evidence_away_earns_no_credit() {
    let mut compared = 0;
    for code in 0..4_usize.pow(4) {
        let outcomes: Vec<usize> = (0..4).map(|place| code / 4_usize.pow(place) % 4).collect();
        let seen = outcomes.iter().any(|kind| *kind < 2);
        for removed in 0..outcomes.len() {
            let mut fewer = outcomes.clone();
            let gone = fewer.remove(removed);
            // A miss beside positives is the one thing that nothing left can show.
            if gone >= 2 && seen {
                continue;
            }
            compared += 1;
            assert!(credit(&fewer) <= credit(&outcomes) + 1e-12, "{outcomes:?} without {gone}");
        }
    }
    assert!(compared > 500);
    assert_eq!(credit(&[]), 0.0);
    assert_eq!(credit(&[2, 3, 3]), 0.0, "misses alone earn nothing");
    assert!(credit(&[1]) > 0.5 && credit(&[0]) > 0.0);
}

#[test]
fn the_four_outcomes_share_one_posterior() {
    let verdicts = [
        verdict("a", "T1490", Some(Outcome::Prevented { by: "allow-list".to_owned() })),
        verdict("b", "T1490", alerted(10, false)),
        verdict("c", "T1490", alerted(90, true)),
        verdict("d", "T1490", Some(Outcome::Logged)),
        verdict("e", "T1490", Some(Outcome::Blind)),
        verdict("f", "T1490", Some(Outcome::Inconclusive { why: "no clock".to_owned() })),
        verdict("g", "T1490", None),
    ];
    let found = evidence(&verdicts, &[], &[], &no_reasons());
    let e = &found.techniques[&technique("T1490")];
    assert_eq!(e.class, EvidenceClass::Replayed);
    assert_eq!((e.counts.alerted, e.counts.measured(), e.counts.inconclusive), (2, 5, 1));
    let sum = e.prevented.value + e.alerted.value + e.logged.value + e.blind.value;
    assert!((sum - 1.0).abs() < 1e-12);
    assert!((e.alerted.value - 2.5 / 7.0).abs() < 1e-12);
    assert!((e.prevented.value - 1.5 / 7.0).abs() < 1e-12);
    assert_eq!(e.verdicts.len(), 5);
    assert_eq!((e.delay.observed, e.delay.censored), (2, 2));
    assert!(e.concentration > CONCENTRATION);
}

#[test]
fn exercises_that_agree_are_nearly_all_or_nothing() {
    let all: Vec<Verdict> = ["a", "b", "c"].iter().map(|r| verdict(r, "T1490", alerted(1, false))).collect();
    let found = evidence(&all, &[], &[], &no_reasons());
    assert_eq!(found.techniques[&technique("T1490")].concentration, CONCENTRATION);
}

#[test]
fn a_verdict_from_the_sandbox_makes_a_technique_exercised() {
    let verdicts = [
        verdict("ran", "T1003", Some(Outcome::Logged)),
        verdict("file", "T1003", Some(Outcome::Logged)),
        verdict("file", "T1005", Some(Outcome::Logged)),
        verdict("ran", "T1007", Some(Outcome::Inconclusive { why: "no clock".to_owned() })),
    ];
    let mut found = evidence(&verdicts, &[], &[], &no_reasons());
    let ran = RecordingId::new("ran").unwrap();
    note_exercised(&mut found, &verdicts, &BTreeSet::from([&ran]));
    let class = |id: &str| found.techniques[&technique(id)].class.clone();
    assert_eq!(class("T1003"), EvidenceClass::Exercised);
    assert_eq!(class("T1005"), EvidenceClass::Replayed);
    assert!(matches!(class("T1007"), EvidenceClass::Reasoned { .. }), "no verdict, no class of its own");
}

#[test]
fn every_technique_has_exactly_one_class() {
    let mut refused = verdict("r", "T1003", None);
    refused.run = RunStatus::Refused { reason: "it would steal credentials".to_owned() };
    let mut replayed_too = verdict("s", "T1003.001", None);
    replayed_too.run = RunStatus::NotRun { reason: "no such host".to_owned() };
    let verdicts = [
        refused,
        replayed_too,
        verdict("q", "T1003.001", Some(Outcome::Logged)),
        verdict("i", "T1005", Some(Outcome::Inconclusive { why: "no clock".to_owned() })),
    ];
    let wanted: Vec<TechniqueId> = ["T1003", "T1003.001", "T1005", "T1078", "T1486"].map(technique).to_vec();
    let reasons = BTreeMap::from([(technique("T1486"), "nobody encrypts for an exercise".to_owned())]);
    let found = evidence(&verdicts, &[], &wanted, &reasons);
    let class = |id: &str| &found.techniques[&technique(id)].class;
    assert!(matches!(class("T1003"), EvidenceClass::CannotExercise { .. }));
    assert_eq!(class("T1003.001"), &EvidenceClass::Replayed);
    assert!(matches!(class("T1005"), EvidenceClass::Reasoned { why } if why.contains("no clock")));
    assert!(matches!(class("T1486"), EvidenceClass::Reasoned { why } if why.contains("nobody")));

    let campaigns = [campaign(&["T1003", "T1003.001", "T1078", "T1486"])];
    let classed = |t: TechniqueId| found.techniques.contains_key(&t);
    assert!(campaigns.iter().flat_map(Campaign::techniques).all(classed), "each has a class");
    let open: Vec<String> =
        not_tested(&found, &campaigns, &[]).iter().map(|n| n.technique.to_string()).collect();
    assert_eq!(open, ["T1003", "T1078", "T1486"]);
}

#[test]
fn a_parent_takes_the_verdicts_of_its_variants_but_not_the_other_way_round() {
    let verdicts =
        [verdict("a", "T1059.001", alerted(1, false)), verdict("b", "T1059.003", Some(Outcome::Logged))];
    let found = evidence(&verdicts, &[], &[technique("T1059"), technique("T1059.004")], &no_reasons());
    assert_eq!(found.techniques[&technique("T1059")].counts.measured(), 2);
    assert_eq!(found.techniques[&technique("T1059.004")].counts.measured(), 0);

    let only_variants = evidence(&verdicts, &[], &[], &no_reasons());
    let open = not_tested(&only_variants, &[campaign(&["T1059", "T1059.004"])], &[]);
    assert_eq!(open.iter().map(|n| n.technique.as_str()).collect::<Vec<_>>(), ["T1059.004"]);
}

#[test]
fn the_order_of_verdicts_changes_nothing() {
    let mut verdicts = vec![
        verdict("a", "T1490", alerted(10, false)),
        verdict("b", "T1490", alerted(200, true)),
        verdict("c", "T1490", Some(Outcome::Logged)),
        verdict("d", "T1490", alerted(3, false)),
    ];
    let one = evidence(&verdicts, &[], &[], &no_reasons());
    verdicts.reverse();
    assert_eq!(one, evidence(&verdicts, &[], &[], &no_reasons()));
}

fn recording(id: &str, kind: RecordingKind, expected: &[&str]) -> Recording {
    Recording {
        id: RecordingId::new(id).unwrap(),
        title: String::new(),
        kind,
        techniques: vec![],
        published: vec![Joined { published: "x".to_owned(), mapped: vec![], how: JoinPath::NotJoined }],
        label: LabelQuality::TechniqueExact,
        run: RunStatus::Completed,
        files: vec![],
        act: None,
        end: None,
        host: None,
        marker: None,
        telemetry: vec![],
        success: None,
        blocked: None,
        expected_rules: expected.iter().map(|r| RuleId::new(r).unwrap()).collect(),
        deadline: Millis(2_700_000),
        source: String::new(),
    }
}

fn replay(id: &str, events: u64, firings: &[(&str, u64, u64)]) -> Replay {
    Replay {
        recording: RecordingId::new(id).unwrap(),
        events,
        unreadable: 0,
        sources: BTreeMap::new(),
        firings: firings
            .iter()
            .filter(|(_, events, _)| *events > 0)
            .map(|(rule, events, suppressed)| Firing {
                rule: RuleId::new(rule).unwrap(),
                events: *events,
                first: vec![],
                arrived: None,
                suppressed: *suppressed,
            })
            .collect(),
        taken_back: firings
            .iter()
            .filter(|(_, events, _)| *events == 0)
            .map(|(rule, _, suppressed)| (RuleId::new(rule).unwrap(), *suppressed))
            .collect(),
        shown: BTreeMap::new(),
    }
}

#[test]
fn recall_is_never_reported_without_precision() {
    let mut seen = verdict("attack", "T1490", alerted(1, false));
    let twin = |r: &str, fired: &[&str]| TwinResult {
        recording: RecordingId::new(r).unwrap(),
        fired: fired.iter().map(|f| RuleId::new(f).unwrap()).collect(),
    };
    seen.twins = vec![twin("twin-1", &["r1"]), twin("twin-2", &[])];
    let verdicts = [seen, verdict("attack", "T1486", Some(Outcome::Logged)), verdict("gone", "T1005", None)];
    let recordings = [
        recording("attack", RecordingKind::Attack, &["r1", "r2", "r3"]),
        recording("twin-1", RecordingKind::Twin, &[]),
        recording("quiet", RecordingKind::Benign, &[]),
    ];
    let replays = [
        replay("attack", 10, &[("r1", 1, 1), ("r2", 0, 3)]),
        replay("twin-1", 1_000, &[("r1", 5, 0)]),
        replay("quiet", 499_000, &[("r1", 5, 4), ("r9", 0, 4)]),
    ];
    let got = coverage(&verdicts, &recordings, &replays, &[]);
    assert_eq!((got.expected_fired, got.expected_lost), (1, 2));
    assert_eq!((got.benign_events, got.benign.len()), (500_000, 1));
    assert_eq!((got.benign[0].events, got.benign[0].per_million), (10, 20.0));
    assert_eq!((got.techniques, got.techniques_seen, got.no_outcome), (2, 1, 1));
    let precision = got.precision.unwrap();
    assert_eq!(precision.value, 0.5);
    assert!(precision.low < 0.02 && precision.high > 0.98, "{precision:?}");
}

fn repeated(test: &str, id: &str, outcome: OutcomeKind, runs: i64) -> Repeated {
    let run = |i: i64| RepeatedRun {
        run: RunId::new(&format!("run-{i}")).unwrap(),
        stored: Timestamp(i),
        outcome,
        aged: false,
    };
    let test = VerdictId::new(&format!("{test}/{id}")).unwrap();
    Repeated { test, technique: technique(id), runs: (0..runs).map(run).collect() }
}

/// A hundred good nights of one test do not outweigh the one miss of another.
#[test]
fn a_test_that_is_run_often_weighs_no_more_than_another() {
    let missed = [verdict("r", "T1486", Some(Outcome::Logged))];
    for runs in [1, 10, 100] {
        let again = [repeated("p", "T1486", OutcomeKind::Alerted, runs)];
        let found = evidence(&missed, &again, &[], &no_reasons());
        let e = &found.techniques[&technique("T1486")];
        assert_eq!(e.weights(), [0.0, 1.0, 1.0, 0.0], "{runs} runs");
        assert_eq!(i64::from(e.counts.alerted), runs);
        assert_eq!(e.class, EvidenceClass::Exercised);
        // 1 + 1/2 of 2 + 3/2.
        assert!((e.alerted.value - 1.5 / 3.5).abs() < 1e-12, "{:?}", e.alerted);
    }
    // Alone, all its runs count; what both have many of counts too.
    let again =
        [repeated("p", "T1486", OutcomeKind::Alerted, 8), repeated("q", "T1486", OutcomeKind::Logged, 4)];
    let found = evidence(&[], &again[..1], &[], &no_reasons());
    assert_eq!(found.techniques[&technique("T1486")].weights(), [0.0, 8.0, 0.0, 0.0]);
    let found = evidence(&[], &again, &[], &no_reasons());
    assert_eq!(found.techniques[&technique("T1486")].weights(), [0.0, 4.0, 4.0, 0.0]);
}

/// Repeats that are too old are told and give nothing.
#[test]
fn aged_runs_earn_no_credit() {
    let mut old = repeated("p", "T1486", OutcomeKind::Alerted, 5);
    old.runs.iter_mut().for_each(|run| run.aged = true);
    let found = evidence(&[], &[old], &[technique("T1486")], &no_reasons());
    let e = &found.techniques[&technique("T1486")];
    assert_eq!((e.alerted.value, e.counts.measured(), e.repeats.len()), (0.0, 0, 1));
    assert!(matches!(e.class, EvidenceClass::Reasoned { .. }));
}
