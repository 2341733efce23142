//! Policies with one thing wrong each.

use model::event::LogSource;
use model::verdict::Cause;

use super::super::*;
use crate::causes::{CHAIN, Link};
use crate::observation::{Observation, Standing};

/// Returns each wrong policy with what is wrong about it.
pub(super) fn mutants() -> Vec<(String, Policy)> {
    let mut all = Vec::new();
    for (at, (name, _)) in ARMS.iter().enumerate() {
        all.push((format!("the arm {name:?} is left out"), with_arm(at, |_| None)));
        if at + 1 < ARMS.len() {
            let mut policy = Policy::ours();
            policy.arms.swap(at, at + 1);
            all.push((format!("the arm {name:?} comes one later"), policy));
        }
    }
    for (name, what, arm) in WRONG_ARMS {
        let at = ARMS.iter().position(|(own, _)| own == name).unwrap();
        all.push((format!("the arm {name:?} {what}"), with_arm(at, *arm)));
    }
    for (at, (name, _)) in CHAIN.iter().enumerate() {
        all.push((format!("the link {name:?} is left out"), with_link(at, |_, _| None)));
        // Other neighbours never stand in one chain.
        if ["telemetry source absent", "event absent", "rule silent"].contains(name) {
            let mut policy = Policy::ours();
            policy.chain.swap(at, at + 1);
            all.push((format!("the link {name:?} comes one later"), policy));
        }
    }
    for (name, what, link) in WRONG_LINKS {
        let at = CHAIN.iter().position(|(own, _)| own == name).unwrap();
        all.push((format!("the link {name:?} {what}"), with_link(at, *link)));
    }
    all.extend(wrong_losses());
    all.extend(wrong_evidence());
    all
}

fn with_arm(at: usize, arm: Arm) -> Policy {
    let mut policy = Policy::ours();
    policy.arms[at].1 = arm;
    policy
}

fn with_link(at: usize, link: Link) -> Policy {
    let mut policy = Policy::ours();
    policy.chain[at].1 = link;
    policy
}

fn alert(o: &Observation, late: impl Fn(Millis) -> bool) -> Option<Decision> {
    o.fired().next()?;
    let delay = o.act.zip(o.alerted_at()).map(|(act, at)| at.since(act));
    Some(Some(Outcome::Alerted { delay, late: delay.is_some_and(late) }))
}

fn inconclusive(why: &str) -> Option<Decision> {
    Some(Some(Outcome::Inconclusive { why: why.to_owned() }))
}

/// Alerted without times when `also` holds, beside what really alerts.
fn alert_also(o: &Observation, also: bool) -> Option<Decision> {
    alerted(o).or(also.then_some(Some(Outcome::Alerted { delay: None, late: false })))
}

const WRONG_ARMS: &[(&str, &str, Arm)] = &[
    ("unrouted", "looks at the count alone", |o| {
        unrouted(o).or((o.unrouted > 0).then(|| inconclusive("")).flatten())
    }),
    ("unrouted", "needs every rule to be without events", |o| {
        unrouted(o).filter(|_| !o.rules.iter().any(|s| s.standing == Standing::Silent))
    }),
    ("does not count", "forgets refusals", |o| {
        does_not_count(o).filter(|_| !matches!(o.run, RunStatus::Refused { .. }))
    }),
    ("does not count", "forgets steps not run", |o| {
        does_not_count(o).filter(|_| !matches!(o.run, RunStatus::NotRun { .. }))
    }),
    ("does not count", "forgets breaches of contract", |o| {
        does_not_count(o).filter(|_| !matches!(o.run, RunStatus::BreachOfContract { .. }))
    }),
    ("does not count", "takes a crash for it", |o| {
        (does_not_count(o).is_some() || matches!(o.run, RunStatus::Crashed { .. })).then_some(None)
    }),
    ("does not count", "takes a timeout for it", |o| {
        (does_not_count(o).is_some() || o.run == RunStatus::TimedOut).then_some(None)
    }),
    ("does not count", "takes a failed clean-up for it", |o| {
        (does_not_count(o).is_some() || matches!(o.run, RunStatus::CleanUpFailed { .. })).then_some(None)
    }),
    ("prevented", "believes a claim without proof", |o| {
        o.blocked.as_ref().map(|b| Some(Outcome::Prevented { by: b.by.clone() }))
    }),
    ("prevented", "names no control", |o| {
        prevented(o).map(|_| Some(Outcome::Prevented { by: String::new() }))
    }),
    ("prevented", "takes a missing success for it", |o| {
        let unseen = o.success.as_ref().is_some_and(|s| s.seen.is_empty());
        prevented(o).or(unseen.then(|| Some(Outcome::Prevented { by: String::new() })))
    }),
    ("alerted", "calls an alert at the deadline late", |o| alert(o, |delay| delay >= o.deadline)),
    ("alerted", "never calls an alert late", |o| alert(o, |_| false)),
    ("alerted", "always calls an alert late", |o| alert(o, |_| true)),
    ("alerted", "takes a late alert for none", |o| {
        alerted(o).filter(|d| !matches!(d, Some(Outcome::Alerted { late: true, .. })))
    }),
    ("alerted", "counts suppressed matches", |o| {
        alert_also(o, o.rules.iter().any(|s| matches!(s.standing, Standing::Suppressed { .. })))
    }),
    ("alerted", "counts silent rules", |o| {
        alert_also(o, o.rules.iter().any(|s| s.standing == Standing::Silent))
    }),
    ("alerted", "counts rules for other techniques", |o| alert_also(o, !o.others.is_empty())),
    ("alerted", "forgets expected rules", |o| o.fired().any(|s| s.names).then(|| alerted(o)).flatten()),
    ("alerted", "wants times", |o| o.alerted_at().and_then(|_| alerted(o))),
    ("alerted", "wants the time of the act", |o| o.act.and_then(|_| alerted(o))),
    ("alerted", "takes the last alert", |o| {
        let at = o.fired().filter_map(|s| match s.standing {
            Standing::Matched { arrived, .. } => arrived,
            _ => None,
        });
        let delay = o.act.zip(at.max()).map(|(act, at)| at.since(act));
        let late = delay.is_some_and(|delay| delay > o.deadline);
        o.fired().next().map(|_| Some(Outcome::Alerted { delay, late }))
    }),
    ("cut short", "forgets crashes", |o| (o.run == RunStatus::TimedOut).then_some(None)),
    ("cut short", "forgets timeouts", |o| matches!(o.run, RunStatus::Crashed { .. }).then_some(None)),
    ("cut short", "gives blind", |o| cut_short(o).map(|_| Some(Outcome::Blind))),
    ("cut short", "takes a failed clean-up for it", |o| {
        (cut_short(o).is_some() || matches!(o.run, RunStatus::CleanUpFailed { .. })).then_some(None)
    }),
    ("block unproven", "gives logged", |o| block_unproven(o).map(|_| Some(Outcome::Logged))),
    ("block unproven", "hides the fault", |o| {
        let by = &o.blocked.as_ref().filter(|b| b.proof.is_empty())?.by;
        inconclusive(&format!("it is said that {by} stopped it, and no event proves that"))
    }),
    ("success unseen", "gives blind", |o| success_unseen(o).map(|_| Some(Outcome::Blind))),
    ("success unseen", "wants an undeclared success", |o| {
        let seen = o.success.as_ref().is_some_and(|s| !s.seen.is_empty());
        if seen { None } else { inconclusive("no event shows that the act took place") }
    }),
    ("success unseen", "doubts a success that was seen", |o| {
        o.success.as_ref().and_then(|_| inconclusive("no event shows that the act took place"))
    }),
    ("success unseen", "hides the fault", |o| {
        success_unseen(o).and_then(|_| inconclusive("no event shows that the act took place"))
    }),
    ("unreadable", "is thrown by any damaged record", |o| {
        (o.unreadable > 0 && o.unrelated == 0).then(|| inconclusive("damaged")).flatten()
    }),
    ("unreadable", "overlooks events of others", |o| {
        (o.unreadable > 0 && o.of_act == 0).then(|| inconclusive("damaged")).flatten()
    }),
    ("unreadable", "needs no damaged record", |o| {
        (o.of_act == 0 && o.unrelated == 0).then(|| inconclusive("")).flatten()
    }),
    ("blind", "overlooks which sources must show the act", |o| {
        (o.of_act == 0).then_some(Some(Outcome::Blind))
    }),
    ("blind", "wants every source", |o| {
        (o.of_act == 0 || o.telemetry.iter().any(|t| t.of_act == 0)).then_some(Some(Outcome::Blind))
    }),
    ("blind", "takes others' events for the act's", |o| {
        (o.of_act + o.unrelated == 0).then_some(Some(Outcome::Blind))
    }),
    ("logged", "gives blind", |_| Some(Some(Outcome::Blind))),
    ("logged", "gives no outcome", |_| Some(None)),
];

fn ours(name: &str, o: &Observation, outcome: &Outcome) -> Option<Cause> {
    CHAIN.iter().find(|(own, _)| *own == name).and_then(|(_, link)| link(o, outcome))
}

const WRONG_LINKS: &[(&str, &str, Link)] = &[
    ("telemetry source absent", "names sources that are there", |o, out| {
        let missing: Vec<LogSource> =
            o.telemetry.iter().filter(|t| t.of_act == 0).map(|t| t.source.clone()).collect();
        let wrong = (!missing.is_empty()).then_some(Cause::TelemetrySourceAbsent { missing });
        ours("telemetry source absent", o, out).and(wrong.clone()).or(wrong)
    }),
    ("telemetry source absent", "is named for alerts too", |o, _| {
        ours("telemetry source absent", o, &Outcome::Logged)
    }),
    ("telemetry source absent", "overlooks empty recordings", |o, out| {
        ours("telemetry source absent", o, out).filter(|_| !o.telemetry.is_empty())
    }),
    ("event absent", "overlooks declared sources", |o, out| {
        ours("event absent", o, out).filter(|_| o.telemetry.is_empty())
    }),
    ("event absent", "overlooks what rules look at", |o, out| {
        ours("event absent", o, out).filter(|_| o.of_act == 0 || !o.telemetry.is_empty())
    }),
    ("event absent", "miscounts", |o, out| {
        ours("event absent", o, out).map(|_| Cause::EventAbsent { unrelated: o.of_act })
    }),
    ("event absent", "is named although rules were evaluated", |o, out| {
        ours("event absent", o, out).or(Some(Cause::EventAbsent { unrelated: 0 }))
    }),
    ("field missing", "names one rule only", |o, out| {
        ours("field missing", o, out).map(|cause| match cause {
            Cause::FieldMissing { fields, mut rules } => {
                rules.truncate(1);
                Cause::FieldMissing { fields, rules }
            }
            other => other,
        })
    }),
    ("field missing", "is named for alerts too", |o, _| ours("field missing", o, &Outcome::Logged)),
    ("no rule", "counts rules that are not in the set", |o, out| {
        ours("no rule", o, out).filter(|_| o.rules.is_empty())
    }),
    ("no rule", "is always named", |_, _| Some(Cause::NoRule)),
    ("log source not collected", "is named when one rule is not collected", |o, out| {
        let one = o.rules.iter().any(|s| s.standing == Standing::NotCollected);
        ours("log source not collected", o, out)
            .or(one.then(|| Cause::LogSourceNotCollected { rules: Vec::new() }))
    }),
    ("log source not collected", "names no log source", |o, out| {
        ours("log source not collected", o, out).map(|_| Cause::LogSourceNotCollected { rules: Vec::new() })
    }),
    ("rule silent", "shows no nearest miss", |o, out| {
        let silent = o.rules.iter().filter(|s| s.standing == Standing::Silent).count() as u64;
        ours("rule silent", o, out).map(|_| Cause::RuleSilent { rules: silent, nearest: Vec::new() })
    }),
    ("rule silent", "counts every rule", |o, out| {
        let rules = o.rules.len() as u64;
        ours("rule silent", o, out).map(|_| Cause::RuleSilent { rules, nearest: o.nearest.clone() })
    }),
    ("rule silent", "is named for alerts too", |o, _| ours("rule silent", o, &Outcome::Logged)),
    ("suppressed by a filter", "names no rule", |o, out| {
        ours("suppressed by a filter", o, out).map(|_| Cause::Suppressed { rules: Vec::new() })
    }),
    ("matched late", "is named for alerts in time", |o, out| match out {
        Outcome::Alerted { delay: Some(delay), .. } => {
            Some(Cause::MatchedLate { delay: *delay, deadline: o.deadline })
        }
        _ => None,
    }),
    ("matched late", "mixes up delay and deadline", |o, out| {
        lateness(out, o.deadline).map(|(a, b)| Cause::MatchedLate { delay: b, deadline: a })
    }),
    ("other technique only", "names no rule", |o, out| {
        ours("other technique only", o, out).map(|_| Cause::OtherTechniqueOnly { rules: Vec::new() })
    }),
];

type Losses = fn(&Observation, Option<&Outcome>) -> Vec<RuleRef>;

const WRONG_LOSSES: &[(&str, Losses)] = &[
    ("none", |_, _| Vec::new()),
    ("also where the run was cut short", |o, out| {
        let mut o = o.clone();
        o.run = RunStatus::Completed;
        lost(&o, out)
    }),
    ("also where the outcome allows none", |o, _| lost(o, Some(&Outcome::Logged))),
    ("not when another rule alerted", |o, out| {
        lost(o, out.filter(|out| !matches!(out, Outcome::Alerted { .. })))
    }),
    ("not when logged", |o, out| lost(o, out.filter(|out| **out != Outcome::Logged))),
    ("not when blind", |o, out| lost(o, out.filter(|out| **out != Outcome::Blind))),
    ("not when the clean-up failed", |o, out| lost(o, out.filter(|_| o.run == RunStatus::Completed))),
    ("also rules that fired", |o, out| {
        let ran = out.is_some() && o.run == RunStatus::Completed;
        refs(o.rules.iter().filter(|s| s.expected && ran))
    }),
    ("also rules nobody expects", |o, out| {
        let mut o = o.clone();
        o.rules.iter_mut().for_each(|s| s.expected = true);
        lost(&o, out)
    }),
    ("not when suppressed", |o, out| {
        let mut o = o.clone();
        o.rules.retain(|s| !matches!(s.standing, Standing::Suppressed { .. }));
        lost(&o, out)
    }),
    ("not when the rule set lacks it", |o, out| {
        let mut o = o.clone();
        o.rules.retain(|s| s.standing != Standing::NotInSet);
        lost(&o, out)
    }),
];

fn wrong_losses() -> impl Iterator<Item = (String, Policy)> {
    WRONG_LOSSES
        .iter()
        .map(|(what, wrong)| (format!("lost rules: {what}"), Policy { lost: *wrong, ..Policy::ours() }))
}

fn wrong_evidence() -> Vec<(String, Policy)> {
    let proof = |what: &str, wrong: fn(&Observation, Option<&Outcome>) -> Vec<Evidence>| {
        (format!("evidence: {what}"), Policy { evidence: wrong, ..Policy::ours() })
    };
    let tie = |what: &str, wrong: fn(&Observation, &[Evidence]) -> Attribution| {
        (format!("attribution: {what}"), Policy { attribution: wrong, ..Policy::ours() })
    };
    vec![
        proof("none", |_, _| Vec::new()),
        proof("without the proof of a block", |o, out| {
            evidence(o, out.filter(|out| !matches!(out, Outcome::Prevented { .. })))
        }),
        proof("first events instead of matches", |o, _| evidence(o, Some(&Outcome::Logged))),
        proof("without what was taken back", |o, out| {
            let mut o = o.clone();
            o.rules.clear();
            if matches!(out, Some(Outcome::Logged)) { evidence(&o, out) } else { Vec::new() }
        }),
        tie("keys of one event are enough", |o, events| attribution(o, &events[..events.len().min(1)])),
        tie("the event plays no part", |o, _| attribution(o, &[])),
        tie("counts the evidence only", |o, events| Attribution {
            events: events.len() as u64,
            ..attribution(o, events)
        }),
    ]
}
