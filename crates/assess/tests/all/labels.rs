//! Labels that others have put on recordings: how many fire, and for each that does not, why.

use std::collections::BTreeMap;

use assess::{LabelSet, check_labels};
use model::detection::{Firing, RejectedRule, Replay, RuleInfo, RuleSetSummary};
use model::event::{LogSource, Origin};
use model::record::LabelCheck;

use crate::ground::run::{info, replay, rule};

fn set(name: &str, pairs: &[(&str, &str)]) -> LabelSet {
    let pairs = pairs.iter().map(|(recording, id)| ((*recording).to_owned(), rule(id)));
    LabelSet { name: name.to_owned(), pairs: pairs.collect() }
}

fn check(sets: &[LabelSet], ignored: &LabelSet, replays: &[Replay]) -> Vec<LabelCheck> {
    let rules: Vec<RuleInfo> = ["r1", "r2", "r3"].map(|id| info(id, "h")).to_vec();
    check_labels(sets, ignored, replays, &rules, &RuleSetSummary::default())
}

#[test]
fn pairs_that_fire_are_reproduced_and_others_are_extra() {
    let sets = [
        set("gold", &[("a", "r1"), ("b", "r2"), ("c", "r1")]),
        set("silver", &[("a", "r2")]),
        set("empty", &[]),
    ];
    let ignored = set("ignored", &[("b", "r3"), ("d", "r1")]);
    let replays = [
        replay("a", 10, &[("r1", 1, 0), ("r3", 2, 0), ("r2", 0, 4)]),
        replay("b", 10, &[("r3", 1, 0), ("r1", 5, 0)]),
        // Named only in what is ignored, so that its other firings are extra too.
        replay("d", 10, &[("r1", 1, 0), ("r3", 1, 0)]),
        // Without any label.
        replay("e", 10, &[("r1", 1, 0)]),
    ];
    let mut replays = replays;
    // A firing of which a filter took every match back is no extra one.
    replays[0].firings.push(Firing { rule: rule("r4"), events: 0, ..replays[0].firings[0].clone() });
    let got = check(&sets, &ignored, &replays);
    let told: Vec<(&str, u64, u64, u64)> =
        got.iter().map(|c| (c.set.as_str(), c.pairs, c.reproduced, c.extra)).collect();
    assert_eq!(told, [("gold", 3, 1, 3), ("silver", 1, 0, 3)]);
    let extra = BTreeMap::from([(rule("r1"), 1), (rule("r3"), 2)]);
    assert!(got.iter().all(|c| c.extra_rules == extra), "{got:?}");
    let missing: Vec<(&str, &str)> =
        got[0].missing.iter().map(|m| (m.recording.as_str(), m.rule.as_str())).collect();
    assert_eq!(missing, [("b", "r2"), ("c", "r1")]);
    assert_eq!(got[0].missing[1].causes, ["recording not read"]);
    assert_eq!(got[1].missing[0].causes, ["suppressed by a filter on every event it matched (4)"]);
}

/// Returns why rule `r1` did not fire on the recording.
fn why(replay: Replay, rules: &[RuleInfo], summary: &RuleSetSummary) -> String {
    let got = check_labels(&[set("gold", &[("a", "r1")])], &set("", &[]), &[replay], rules, summary);
    assert_eq!((got[0].reproduced, got[0].missing.len()), (0, 1));
    got[0].missing[0].causes.join("|")
}

#[test]
fn each_reason_is_told_worst_link_first() {
    let rejected = |rule: Option<&str>, file: &str| RejectedRule {
        file: file.to_owned(),
        rule: rule.map(str::to_owned),
        reason: "no condition".to_owned(),
    };
    let unread = RuleSetSummary {
        rejected: vec![
            rejected(None, "x.yml"),
            rejected(Some("r2"), "y.yml"),
            rejected(Some("id r1"), "z.yml"),
        ],
        ..RuleSetSummary::default()
    };
    let whole = RuleSetSummary::default();
    assert_eq!(why(replay("a", 10, &[]), &[], &whole), "rule not in the rules folder");
    assert_eq!(why(replay("a", 10, &[]), &[], &unread), "rule not loaded: z.yml: no condition");
    let mut process = info("r1", "h");
    process.source = LogSource { category: Some("process_creation".to_owned()), ..process.source };
    let rules = [process];
    let mut nothing = replay("a", 0, &[]);
    nothing.unreadable = 3;
    let absent = "event absent: no event could be read, 3 unreadable";
    assert_eq!(why(nothing, &rules, &whole), absent);
    let origin = |product: Option<&str>, category: &str| Origin {
        product: product.map(str::to_owned),
        categories: if category.is_empty() { vec![] } else { vec![category.to_owned()] },
        services: vec![],
    };
    let holding = |sources: &[(Origin, u64)]| Replay {
        sources: sources.iter().cloned().collect(),
        ..replay("a", 10, &[])
    };
    let other = (origin(Some("windows"), "registry_set"), 4);
    let unknown = (origin(None, ""), 6);
    let own = (origin(Some("windows"), "process_creation"), 5);
    let collected = "log source not collected: the rule looks at windows/process_creation, the recording holds \
                     windows/registry_set";
    assert_eq!(why(holding(std::slice::from_ref(&other)), &rules, &whole), collected);
    let said = "log source unknown: the rule looks at windows/process_creation; whether it is among the 6 events \
                of an unknown log source cannot be said";
    assert_eq!(why(holding(&[other.clone(), unknown.clone()]), &rules, &whole), said);
    let silent = "rule silent: evaluated on 5 events of windows/process_creation and matched none";
    assert_eq!(why(holding(&[other, unknown, own.clone()]), &rules, &whole), silent);
    let both = [own, (origin(Some("Windows"), "Process_Creation"), 2)];
    assert_eq!(why(holding(&both), &rules, &whole), silent.replace('5', "7"));
    let many: Vec<(Origin, u64)> = ["a", "b", "c", "d", "e"].map(|p| (origin(Some(p), ""), 1)).to_vec();
    let four = "log source not collected: the rule looks at windows/process_creation, the recording holds a, b, c, d";
    assert_eq!(why(holding(&many), &rules, &whole), four);
}
