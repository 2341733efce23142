//! Seeded ground truth: `tests/verdicts/` holds constructed cases, and each
//! decision is put wrong once to prove that some case notices.

mod cases;
mod laws;
mod mutants;

use std::collections::BTreeSet;

use super::{ARMS, Policy, judge_by};
use crate::causes::CHAIN;
use cases::{Case, faults, read};
use mutants::mutants;

fn caught(cases: &[Case], policy: &Policy) -> Vec<String> {
    let red = |case: &&Case| !faults(case, &judge_by(&case.observation, policy)).is_empty();
    cases.iter().filter(red).map(|case| case.name.clone()).collect()
}

#[test]
fn every_case_gets_its_verdict() {
    let cases = read();
    assert!(cases.len() >= 36, "only {} cases were found", cases.len());
    let ours = Policy::ours();
    let wrong: Vec<String> = cases
        .iter()
        .flat_map(|case| {
            let faults = faults(case, &judge_by(&case.observation, &ours));
            faults.into_iter().map(move |fault| format!("{} ({}): {fault}", case.name, case.about))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_arm_and_every_link_decides_in_some_case() {
    let cases = read();
    for (at, (name, _)) in ARMS.iter().enumerate() {
        let decides =
            |case: &Case| ARMS.iter().position(|(_, arm)| arm(&case.observation).is_some()) == Some(at);
        assert!(cases.iter().any(decides), "no case is decided by the arm {name:?}");
    }
    let ours = Policy::ours();
    let links: BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| judge_by(&case.observation, &ours).causes)
        .map(|cause| cause.link())
        .collect();
    for (name, _) in CHAIN {
        assert!(links.contains(name), "no case has the link {name:?}");
    }
}

#[test]
fn a_miss_always_has_a_cause() {
    for case in read() {
        let verdict = judge_by(&case.observation, &Policy::ours());
        let kind = verdict.outcome.as_ref().map(model::verdict::Outcome::kind);
        use model::verdict::OutcomeKind::{Blind, Logged};
        let missed = matches!(kind, Some(Logged | Blind));
        assert!(!missed || !verdict.causes.is_empty(), "{} has no cause", case.name);
    }
}

#[test]
fn each_wrong_decision_turns_a_case_red() {
    let cases = read();
    let mut survivors = Vec::new();
    let mut report = String::new();
    for (name, policy) in mutants() {
        let red = caught(&cases, &policy);
        if red.is_empty() {
            survivors.push(name.clone());
        }
        report.push_str(&format!("{name}: {}\n", red.join(", ")));
    }
    assert!(survivors.is_empty(), "not noticed: {survivors:?}\n{report}");
    // The table of which case notices which fault is part of the ground truth.
    insta::assert_snapshot!("mutants", report);
}
