//! Why one named rule did not fire: a second look at all events for `explain`
//! and for labels that were not reproduced.

use std::collections::BTreeSet;

use model::event::Event;
use model::id::{RecordingId, RuleId};
use model::verdict::Cause;
use rsigma_eval::{Event as _, evaluate_rule};

use crate::attribution::{Belonging, Keys};
use crate::correlate::{Hit, correlate};
use crate::fields::missing;
use crate::nearest::{Race, half_way};
use crate::rules::RuleSet;
use crate::seen::Mark;
use crate::view::View;

/// Returns the causes for which a rule did not fire on the events of a
/// recording, in the order of the chain, the last one with its selection tree;
/// empty when it fired.
pub fn why_silent<'e>(
    rules: &RuleSet,
    rule: &RuleId,
    events: impl Iterator<Item = &'e Event>,
    recording: &RecordingId,
) -> Vec<Cause> {
    let Some(place) = rules.place(rule.as_str()) else { return vec![Cause::NoRule] };
    if rules.plan().at(place).is_some() {
        return why_uncorrelated(rules, rule, place, events, recording);
    }
    let (info, compiled) = (&rules.rules()[place], rules.compiled(place));
    let mut race = Race::new(rules, vec![place]);
    let mut served = false;
    let mut taken_back = false;
    // Fields that every event so far lacks; presence in one event is enough.
    let mut lacking: Option<BTreeSet<String>> = None;
    for event in events.filter(|event| event.origin.serves(&info.source)) {
        let view = View::new(&event.fields);
        if evaluate_rule(compiled, &view).is_some() {
            if !rules.suppressed(place, &view) {
                return Vec::new();
            }
            taken_back = true;
        }
        served = true;
        let here: BTreeSet<String> =
            missing(compiled, &|field| view.get_field(field).is_some()).into_iter().collect();
        lacking = Some(lacking.map_or(here.clone(), |so_far| so_far.intersection(&here).cloned().collect()));
        race.offer(event);
    }
    if !served {
        return vec![Cause::LogSourceNotCollected { rules: vec![(rule.clone(), info.source.clone())] }];
    }
    if taken_back {
        return vec![Cause::Suppressed { rules: vec![rule.clone()] }];
    }
    let mut causes = Vec::new();
    let fields: Vec<String> = lacking.unwrap_or_default().into_iter().collect();
    if !fields.is_empty() {
        causes.push(Cause::FieldMissing { fields, rules: vec![rule.clone()] });
    }
    causes.push(Cause::RuleSilent { rules: 1, nearest: race.trees(recording) });
    causes
}

/// The same for a correlation: it did not fire because of how the matches lie of the rules that
/// it rests on, or because these did not match.
fn why_uncorrelated<'e>(
    rules: &RuleSet,
    rule: &RuleId,
    place: usize,
    events: impl Iterator<Item = &'e Event>,
    recording: &RecordingId,
) -> Vec<Cause> {
    let plan = rules.plan();
    let beneath: Vec<usize> = plan.beneath(place).into_iter().collect();
    let mut hits = Vec::new();
    let mut race = Race::new(rules, beneath.clone());
    let mut served = false;
    for event in events {
        let view = View::new(&event.fields);
        let own = |place: &&usize| event.origin.serves(&rules.rules()[**place].source);
        for base in beneath.iter().filter(own) {
            served = true;
            if evaluate_rule(rules.compiled(*base), &view).is_some() && !rules.suppressed(*base, &view) {
                let mark = Mark { index: event.index, keys: Keys::FILE };
                hits.push(Hit::new(plan, *base, event, mark, Belonging::Tied));
            }
        }
        race.offer(event);
    }
    let outcomes = correlate(plan, &hits);
    let Some(outcome) = outcomes.get(&place).filter(|outcome| outcome.fired.is_empty()) else {
        return Vec::new();
    };
    if !served {
        let wanted = beneath.iter().map(|base| &rules.rules()[*base]);
        let wanted = wanted.map(|info| (info.id.clone(), info.source.clone()));
        return vec![Cause::LogSourceNotCollected { rules: wanted.collect() }];
    }
    let mut causes = Vec::new();
    if !outcome.lacking.is_empty() {
        let fields = outcome.lacking.iter().cloned().collect();
        causes.push(Cause::FieldMissing { fields, rules: vec![rule.clone()] });
    }
    let (mut nearest, _) = half_way(rules, &outcomes, vec![place], recording);
    if nearest.is_empty() {
        nearest = race.trees(recording);
    }
    causes.push(Cause::RuleSilent { rules: 1, nearest });
    causes
}
