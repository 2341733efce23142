//! One rule on the events of one log: where it fired, or how near it came.

use model::event::Event;
use model::id::{RecordingId, RuleId};
use model::verdict::{Cause, SelectionTree};
use rsigma_eval::evaluate_rule;

use crate::attribution::{Belonging, Keys};
use crate::correlate::{Hit, correlate};
use crate::nearest::{half_way, tree};
use crate::rules::RuleSet;
use crate::seen::Mark;
use crate::view::View;
use crate::why::why_silent;

/// What one rule did on a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    /// Events that its log source serves.
    pub served: u64,
    /// On how many of them it fired, or for a correlation how often.
    pub fired: u64,
    /// Its condition on the first of these events.
    pub first: Option<SelectionTree>,
    /// Why it did not fire, worst first; empty where it fired.
    pub causes: Vec<Cause>,
}

/// Returns what the rule did on the events of a log; `None` when there is no such rule.
pub fn explained(
    rules: &RuleSet,
    rule: &RuleId,
    events: &[Event],
    recording: &RecordingId,
) -> Option<Explained> {
    let place = rules.place(rule.as_str())?;
    let plan = rules.plan();
    let beneath = plan.beneath(place);
    let mut told = Explained { served: 0, fired: 0, first: None, causes: Vec::new() };
    let mut hits = Vec::new();
    for event in events {
        let view = View::new(&event.fields);
        let mut served = false;
        for base in beneath.iter().filter(|base| event.origin.serves(&rules.rules()[**base].source)) {
            served = true;
            if evaluate_rule(rules.compiled(*base), &view).is_none() || rules.suppressed(*base, &view) {
                continue;
            }
            if *base == place {
                told.fired += 1;
                told.first.get_or_insert_with(|| tree(rules, place, event, recording));
            }
            let mark = Mark { index: event.index, keys: Keys::FILE };
            hits.push(Hit::new(plan, *base, event, mark, Belonging::Tied));
        }
        told.served += u64::from(served);
    }
    if plan.at(place).is_some() {
        let outcomes = correlate(plan, &hits);
        told.fired = outcomes.get(&place).map_or(0, |outcome| outcome.fired.len() as u64);
        if told.fired > 0 {
            let (trees, _) = half_way(rules, &outcomes, vec![place], recording);
            told.first = trees.into_iter().next();
        }
    }
    if told.fired == 0 {
        told.causes = why_silent(rules, rule, events.iter(), recording);
    }
    Some(told)
}
