//! From an observation to a verdict.
//!
//! The decision is an ordered list of arms; the first that applies decides. The
//! order is the policy: what the run forbids comes first, proof of prevention
//! and alerts come before anything that rests on something *not* seen, so that
//! a timer, a retry or a missing proof never overwrites a positive.

use model::event::EventRef;
use model::id::VerdictId;
use model::quantity::Millis;
use model::recording::RunStatus;
use model::verdict::{Attribution, Key, Outcome, RuleRef, Verdict};

use crate::attribution::confidence;
use crate::causes::{CHAIN, Link};
use crate::observation::{Evidence, Observation, RuleState, Standing};

/// How many events a verdict names as its evidence.
const EVIDENCE: usize = 8;

/// What an arm decides: an outcome, or that the run allows none.
pub(crate) type Decision = Option<Outcome>;

/// One arm: `None` when it does not apply.
pub(crate) type Arm = fn(&Observation) -> Option<Decision>;

/// The arms in their order, with names for tests and failure messages.
pub(crate) const ARMS: [(&str, Arm); 10] = [
    ("does not count", does_not_count),
    ("prevented", prevented),
    ("alerted", alerted),
    ("cut short", cut_short),
    ("block unproven", block_unproven),
    ("success unseen", success_unseen),
    ("unreadable", unreadable),
    ("unrouted", unrouted),
    ("blind", blind),
    ("logged", logged),
];

/// Everything that decides; tests put wrong parts in the places of right ones.
pub(crate) struct Policy {
    pub(crate) arms: Vec<(&'static str, Arm)>,
    pub(crate) chain: Vec<(&'static str, Link)>,
    pub(crate) lost: fn(&Observation, Option<&Outcome>) -> Vec<RuleRef>,
    pub(crate) evidence: fn(&Observation, Option<&Outcome>) -> Vec<Evidence>,
    pub(crate) attribution: fn(&Observation, &[Evidence]) -> Attribution,
}

impl Policy {
    pub(crate) fn ours() -> Self {
        Self { arms: ARMS.to_vec(), chain: CHAIN.to_vec(), lost, evidence, attribution }
    }
}

/// Returns the verdict on an observation.
pub fn judge(observation: &Observation) -> Verdict {
    judge_by(observation, &Policy::ours())
}

pub(crate) fn judge_by(o: &Observation, policy: &Policy) -> Verdict {
    let outcome = policy.arms.iter().find_map(|(_, arm)| arm(o)).flatten();
    let causes = match &outcome {
        Some(outcome) => policy.chain.iter().filter_map(|(_, link)| link(o, outcome)).collect(),
        None => Vec::new(),
    };
    let evidence = (policy.evidence)(o, outcome.as_ref());
    Verdict {
        id: verdict_id(o),
        recording: o.recording.clone(),
        technique: o.technique.clone(),
        label: o.label,
        run: o.run.clone(),
        causes,
        attribution: (policy.attribution)(o, &evidence),
        events: evidence.iter().map(|e| o.event(e.index)).collect::<Vec<EventRef>>(),
        rules: if outcome.is_some() { refs(o.fired()) } else { Vec::new() },
        lost: (policy.lost)(o, outcome.as_ref()),
        twins: Vec::new(),
        outcome,
    }
}

/// Nothing ran, so nothing in the telemetry can be the act's; or something other
/// than the declared act ran, so what the rules saw may be that.
fn does_not_count(o: &Observation) -> Option<Decision> {
    use RunStatus::{BreachOfContract, NotRun, Refused};
    matches!(o.run, NotRun { .. } | Refused { .. } | BreachOfContract { .. }).then_some(None)
}

fn prevented(o: &Observation) -> Option<Decision> {
    let block = o.blocked.as_ref().filter(|b| !b.proof.is_empty())?;
    Some(Some(Outcome::Prevented { by: block.by.clone() }))
}

fn alerted(o: &Observation) -> Option<Decision> {
    o.fired().next()?;
    let delay = o.act.zip(o.alerted_at()).map(|(act, at)| at.since(act));
    let late = delay.is_some_and(|delay| delay > o.deadline);
    Some(Some(Outcome::Alerted { delay, late }))
}

/// A run that broke off may have been stopped before there was anything to see.
fn cut_short(o: &Observation) -> Option<Decision> {
    matches!(o.run, RunStatus::Crashed { .. } | RunStatus::TimedOut).then_some(None)
}

fn block_unproven(o: &Observation) -> Option<Decision> {
    let block = o.blocked.as_ref().filter(|b| b.proof.is_empty())?;
    let why = match &block.fault {
        Some(fault) => {
            format!("it is said that {} stopped it; the proof cannot be looked for: {fault}", block.by)
        }
        None => format!("it is said that {} stopped it, and no event proves that", block.by),
    };
    Some(Some(Outcome::Inconclusive { why }))
}

fn success_unseen(o: &Observation) -> Option<Decision> {
    let success = o.success.as_ref().filter(|s| s.seen.is_empty())?;
    let why = match &success.fault {
        Some(fault) => format!("whether the act took place cannot be looked for: {fault}"),
        None => "no event shows that the act took place".to_owned(),
    };
    Some(Some(Outcome::Inconclusive { why }))
}

/// Telemetry that could not be read is not telemetry that is not there.
fn unreadable(o: &Observation) -> Option<Decision> {
    let nothing_read = o.of_act == 0 && o.unrelated == 0 && o.unreadable > 0;
    let why = format!("none of the telemetry could be read ({} records)", o.unreadable);
    nothing_read.then_some(Some(Outcome::Inconclusive { why }))
}

/// Events that nobody could route may be the very ones that a rule looks for.
fn unrouted(o: &Observation) -> Option<Decision> {
    let why = format!("{} events are of an unknown log source: no rule could look at them", o.unrouted);
    o.unrouted().then_some(Some(Outcome::Inconclusive { why }))
}

fn blind(o: &Observation) -> Option<Decision> {
    (!o.recorded()).then_some(Some(Outcome::Blind))
}

fn logged(_: &Observation) -> Option<Decision> {
    Some(Some(Outcome::Logged))
}

/// Expected rules that stayed silent, where the run and the outcome allow to
/// hold it against them: not when the act was stopped, cut short or unproven.
fn lost(o: &Observation, outcome: Option<&Outcome>) -> Vec<RuleRef> {
    let whole = matches!(o.run, RunStatus::Completed | RunStatus::CleanUpFailed { .. });
    let took_place = matches!(outcome, Some(Outcome::Alerted { .. } | Outcome::Logged | Outcome::Blind));
    if !(whole && took_place) {
        return Vec::new();
    }
    let silent = |state: &&RuleState| !matches!(state.standing, Standing::Matched { .. });
    refs(o.rules.iter().filter(|state| state.expected).filter(silent))
}

fn refs<'a>(states: impl Iterator<Item = &'a RuleState>) -> Vec<RuleRef> {
    states.map(|state| state.rule.clone()).collect()
}

/// The events that decided: the proof, the first match of each rule, or what
/// came nearest; in reading order.
fn evidence(o: &Observation, outcome: Option<&Outcome>) -> Vec<Evidence> {
    let mut chosen: Vec<&Evidence> = match outcome {
        None | Some(Outcome::Blind) => Vec::new(),
        Some(Outcome::Prevented { .. }) => o.blocked.iter().flat_map(|b| &b.proof).collect(),
        Some(Outcome::Alerted { .. }) => o.rules.iter().filter_map(|s| matches(s).first()).collect(),
        Some(Outcome::Logged | Outcome::Inconclusive { .. }) => {
            let taken_back = o.rules.iter().filter_map(|s| taken_back(s).first());
            let seen = o.success.iter().flat_map(|s| s.seen.first());
            taken_back.chain(seen).chain(&o.first).collect()
        }
    };
    let mut kept: Vec<Evidence> = Vec::new();
    chosen.retain(|e| {
        let new = kept.len() < EVIDENCE && kept.iter().all(|k| k.index != e.index);
        if new {
            kept.push((*e).clone());
        }
        new
    });
    kept.sort_by_key(|e| e.index);
    kept
}

fn matches(state: &RuleState) -> &[Evidence] {
    match &state.standing {
        Standing::Matched { events, .. } => events,
        _ => &[],
    }
}

fn taken_back(state: &RuleState) -> &[Evidence] {
    match &state.standing {
        Standing::Suppressed { events } => events,
        _ => &[],
    }
}

/// Keys count only when they hold for every event the verdict rests on. With no
/// such event, the keys say how it was looked for.
fn attribution(o: &Observation, evidence: &[Evidence]) -> Attribution {
    let holds = |key: &Key| evidence.iter().all(|e| e.keys.contains(key));
    let keys: Vec<Key> = o.testable.iter().copied().filter(holds).collect();
    Attribution { confidence: confidence(&keys), keys, events: o.of_act }
}

/// `<recording>/<technique>`; for a recording whose id fills the longest id
/// allowed, a hash stands for it.
fn verdict_id(o: &Observation) -> VerdictId {
    let full = format!("{}/{}", o.recording, o.technique);
    VerdictId::new(&full).unwrap_or_else(|_| {
        let hash = blake3::hash(o.recording.as_str().as_bytes()).to_hex();
        VerdictId::new(&format!("{hash}/{}", o.technique))
            .expect("hex digits and a technique id make a valid id")
    })
}

/// Returns how long after the act the first alert came, and what was allowed,
/// when it was too long.
pub(crate) fn lateness(outcome: &Outcome, deadline: Millis) -> Option<(Millis, Millis)> {
    match outcome {
        Outcome::Alerted { delay: Some(delay), late: true } => Some((*delay, deadline)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
