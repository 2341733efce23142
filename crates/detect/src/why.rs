//! Why one named rule did not fire: a second look at all events for `explain`
//! and for labels that were not reproduced.

use std::collections::BTreeSet;

use model::event::Event;
use model::id::{RecordingId, RuleId};
use model::verdict::Cause;
use rsigma_eval::event::JsonEvent;
use rsigma_eval::{Event as _, evaluate_rule};

use crate::fields::missing;
use crate::nearest::Race;
use crate::rules::RuleSet;

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
    let (info, compiled) = (&rules.rules()[place], rules.compiled(place));
    let mut race = Race::new(rules, vec![place]);
    let mut served = false;
    let mut taken_back = false;
    // Fields that every event so far lacks; presence in one event is enough.
    let mut lacking: Option<BTreeSet<String>> = None;
    for event in events.filter(|event| event.origin.serves(&info.source)) {
        let view = JsonEvent::borrow(&event.fields);
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
