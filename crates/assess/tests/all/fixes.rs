//! What is proposed about rules: the work, its reason, and the evidence as it would be.

use std::collections::BTreeMap;

use assess::{Candidate, Efforts, Met, candidates, evidence};
use model::event::LogSource;
use model::evidence::{EvidenceClass, OutcomeCounts};
use model::id::{RuleId, TechniqueId};
use model::quantity::Millis;
use model::scorecard::LeverKind;
use model::verdict::{Cause, SelectionTree, Verdict};

use crate::ground::run::{named, rule, technique, tree, verdict};
use crate::ground::{campaign, estate, playbook};

fn caused(line: &str, causes: Vec<Cause>) -> Verdict {
    Verdict { causes, ..verdict(line) }
}

/// Returns what is proposed about a technique with these verdicts, with the reason.
fn fixes(verdicts: &[Verdict]) -> Vec<(Candidate, String)> {
    let (campaign, own) = (campaign(), playbook());
    let now = evidence(verdicts, &[], &[], &BTreeMap::new());
    let met = [Met { campaign: &campaign, playbook: Some(&own), policies: &[] }];
    let found = candidates(&now, verdicts, &estate(), &met, &[], &Efforts::default());
    let own = found.into_iter().filter(|c| c.kind == LeverKind::Rule);
    own.map(|c| (c.clone(), format!("{} [{}] {}", c.title, c.effort_days, c.why))).collect()
}

const LABEL: &str = "T1490 (deletes copies)";

fn source() -> LogSource {
    LogSource { product: Some("windows".to_owned()), ..LogSource::default() }
}

fn silent(rules: u64, nearest: Vec<SelectionTree>) -> Cause {
    Cause::RuleSilent { rules, nearest }
}

fn rules(ids: &[&str]) -> Vec<RuleId> {
    ids.iter().map(|id| rule(id)).collect()
}

fn not_collected(ids: &[&str]) -> Cause {
    Cause::LogSourceNotCollected { rules: ids.iter().map(|id| (rule(id), source())).collect() }
}

/// Holds against each other what is proposed for causes and what is wanted, as title, effort and
/// reason.
fn proposed(cases: Vec<(Vec<Cause>, &str, &str)>) {
    for (causes, title, wanted) in cases {
        let told: Vec<String> =
            fixes(&[caused("a T1490 logged", causes.clone())]).into_iter().map(|f| f.1).collect();
        let (title, days) = title.split_once(" [").unwrap();
        assert_eq!(told, [format!("{title} {LABEL} [{days} {wanted} (seen in one exercise)")], "{causes:?}");
    }
}

#[test]
fn what_is_missing_is_collected() {
    let absent = || Cause::TelemetrySourceAbsent { missing: vec![source(), source()] };
    let other = Cause::OtherTechniqueOnly { rules: rules(&["r1"]) };
    let (collect, both) =
        ("Collect the log source for [5]", "Collect the log source and write a rule for [7]");
    let none = "the act must leave events of windows, windows, and none arrived";
    let empty = "the log source is there, but holds no event of the act";
    let one = "one rule could see it, but windows is not collected";
    let two = "2 rules could see it, but windows is not collected";
    let suppressed = Cause::Suppressed { rules: rules(&["r1"]) };
    let fields = vec!["Image".to_owned(), "User".to_owned()];
    let missing = Cause::FieldMissing { fields, rules: rules(&["r1"]) };
    proposed(vec![
        (vec![absent()], collect, none),
        (vec![Cause::EventAbsent { unrelated: 3 }], collect, empty),
        (vec![not_collected(&["r1"])], collect, one),
        (vec![not_collected(&["r1", "r2"]), suppressed], collect, two),
        (vec![absent(), Cause::NoRule], both, none),
        (vec![Cause::EventAbsent { unrelated: 0 }, other], both, empty),
        (
            vec![missing, silent(3, vec![])],
            "Fill the missing fields for [3]",
            "events lack Image, User, which one rule cannot do without",
        ),
    ]);
}

#[test]
fn rules_are_written_repaired_and_narrowed() {
    let repair = "Repair the silent rule for [1]";
    let write = "Write a rule for [2]";
    let near = |field, actual| vec![tree("r1", field, actual), tree("r2", None, None)];
    proposed(vec![
        (
            vec![Cause::Suppressed { rules: rules(&["r1", "r2"]) }, silent(2, vec![])],
            "Narrow the filter that hides [0.5]",
            "2 rules matched, and a filter took it back",
        ),
        (vec![silent(1, vec![])], repair, "one rule looked and stayed silent"),
        (
            vec![silent(4, near(Some("Line"), Some("vss")))],
            repair,
            "4 rules stayed silent; \"Rule r1\" came nearest but wanted Line contains: delete and met vss",
        ),
        (
            vec![silent(2, near(None, None))],
            repair,
            "2 rules stayed silent; \"Rule r1\" came nearest but wanted a keyword contains: delete and met nothing",
        ),
        (vec![Cause::NoRule], write, "the telemetry is there, and no rule names it"),
        (
            vec![Cause::OtherTechniqueOnly { rules: rules(&["r1", "r2", "r3"]) }],
            write,
            "only 3 rules for other techniques fired",
        ),
    ]);
}

#[test]
fn a_lost_rule_is_repaired_and_a_late_alert_sped_up() {
    let lost = Verdict { lost: vec![named("r1", "h")], ..caused("a T1490 blind", vec![silent(1, vec![])]) };
    let repaired = format!(
        "Repair the lost rule for {LABEL} [1] the rule \"Rule r1\" must fire on this act and did not (seen in one exercise)"
    );
    assert_eq!(fixes(std::slice::from_ref(&lost))[0].1, repaired);
    let first = Verdict { causes: vec![not_collected(&["r1"])], ..lost };
    assert!(fixes(&[first])[0].1.starts_with("Collect the log source"), "what is missing comes first");
    let minutes = |m: u64| Millis(m * 60_000);
    let late = Cause::MatchedLate { delay: minutes(90), deadline: minutes(45) };
    let sooner = format!(
        "Alert sooner on {LABEL} [2] the alert came after 1 h 30 min, allowed were 45 min (seen in one exercise)"
    );
    let told = fixes(&[caused("a T1490 late 90", vec![late])]);
    assert_eq!(told[0].1, sooner);
    let then = &told[0].0.evidence.as_ref().unwrap().techniques[&technique("T1490")];
    assert_eq!((then.delay.quantiles.q50, then.delay.quantiles.q90), (5.0, 15.0));
    let matched = Cause::MatchedLate { delay: minutes(90), deadline: minutes(45) };
    assert_eq!(fixes(&[caused("a T1490 logged", vec![matched])])[0].1, sooner);
    assert!(fixes(&[caused("a T1490 late 90", vec![])])[0].1.contains("the alert came too late"));
    for seen in ["a T1490 alerted 5", "a T1490 prevented"] {
        assert_eq!(fixes(&[caused(seen, vec![Cause::NoRule])]).len(), 0, "{seen}");
    }
    assert_eq!(fixes(&[caused("a T1490 logged", vec![])]).len(), 0, "without a cause there is no fix");
}

/// Counts before and after, as prevented, alerted, logged, blind.
fn counts(c: OutcomeCounts) -> [u32; 4] {
    [c.prevented, c.alerted, c.logged, c.blind]
}

#[test]
fn a_fix_turns_its_own_misses_into_alerts_and_believes_in_three() {
    let no_rule = || vec![Cause::NoRule];
    let verdicts = [
        caused("a T1490 logged", no_rule()),
        caused("b T1490 blind", no_rule()),
        caused("c T1490 logged", vec![Cause::Suppressed { rules: vec![rule("r1")] }]),
        caused("d T1490 alerted 10", vec![]),
        caused("e T1490 alerted 10", vec![]),
        caused("f T1490 prevented", vec![]),
    ];
    let told = fixes(&verdicts);
    let then = |n: usize| told[n].0.evidence.as_ref().unwrap().techniques[&technique("T1490")].clone();
    assert!(told[0].1.starts_with("Narrow the filter") && told[1].1.starts_with("Write a rule"));
    assert_eq!((counts(then(0).counts), counts(then(1).counts)), ([1, 3, 1, 1], [1, 4, 1, 0]));
    assert!(told[1].1.ends_with("(seen in 2 exercises)"), "{}", told[1].1);
    let ids: Vec<String> = told[1].0.verdicts.iter().map(ToString::to_string).collect();
    assert_eq!(ids, ["a/T1490", "b/T1490"]);
    assert_eq!((told[1].0.technique.clone(), then(1).verdicts.len()), (Some(technique("T1490")), 6));
    assert_eq!(then(1).class, EvidenceClass::Replayed);
    let few = fixes(&verdicts[..1]);
    let one = few[0].0.evidence.as_ref().unwrap().techniques[&technique("T1490")].clone();
    assert_eq!(counts(one.counts), [0, 3, 0, 0]);
    // The delay is that of what was seen: a fix of a rule makes no search sooner.
    let now = evidence(&verdicts, &[], &[], &BTreeMap::new());
    assert_eq!(then(1).delay, now.techniques[&technique("T1490")].delay);
}

#[test]
fn what_was_not_tested_is_to_be_exercised() {
    let (campaign, own) = (campaign(), playbook());
    let wanted: Vec<TechniqueId> = ["T1490", "T1007"].map(technique).to_vec();
    let now = evidence(&[], &[], &wanted, &BTreeMap::from([(technique("T1490"), "no lab".to_owned())]));
    let met = [Met { campaign: &campaign, playbook: Some(&own), policies: &[] }];
    let found = candidates(&now, &[], &estate(), &met, &[], &Efforts::default());
    let own: Vec<&Candidate> = found.iter().filter(|c| c.kind == LeverKind::Rule).collect();
    let [only] = own.as_slice() else { panic!("{own:?}") };
    assert_eq!(only.title, "Exercise T1490 (deletes copies) until it is alerted on");
    assert_eq!(only.why, "It was not tested, so it earns no credit: no lab.");
    let changed = only.evidence.as_ref().unwrap();
    assert_eq!(counts(changed.techniques[&technique("T1490")].counts), [0, 3, 0, 0]);
    assert_eq!(
        changed.techniques[&technique("T1007")],
        now.techniques[&technique("T1007")],
        "no step uses it"
    );
    assert_eq!((only.effort, only.effort_days), ("exercise", 3.0));
}
