//! The cause chain: why an outcome was not better, worst link first.
//!
//! Prevention and an alert in time need no cause. A late alert has one. Every
//! other outcome goes down the whole chain, and each link that holds is named.

use std::collections::BTreeSet;

use model::event::LogSource;
use model::verdict::{Cause, Outcome};

use crate::judge::lateness;
use crate::observation::{Observation, RuleState, Standing};

/// One link: `None` when it does not hold.
pub(crate) type Link = fn(&Observation, &Outcome) -> Option<Cause>;

/// The links in the order of the chain.
pub(crate) const CHAIN: [(&str, Link); 9] = [
    ("telemetry source absent", source_absent),
    ("event absent", event_absent),
    ("field missing", field_missing),
    ("no rule", no_rule),
    ("log source not collected", not_collected),
    ("rule silent", rule_silent),
    ("suppressed by a filter", suppressed),
    ("matched late", matched_late),
    ("other technique only", other_only),
];

fn missed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Logged | Outcome::Blind | Outcome::Inconclusive { .. })
}

fn source_absent(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    let mut missing: Vec<LogSource> =
        o.telemetry.iter().filter(|t| t.recorded == 0).map(|t| t.source.clone()).collect();
    if o.telemetry.is_empty() && o.of_act == 0 && o.unrelated == 0 {
        // Nothing is known about the act's sources, and nothing at all was recorded.
        missing.push(LogSource::default());
    }
    (missed(outcome) && !o.unrouted() && !missing.is_empty())
        .then_some(Cause::TelemetrySourceAbsent { missing })
}

fn event_absent(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    let of_source = o.telemetry.iter().any(|t| t.recorded > 0 && t.of_act == 0);
    let of_any = o.telemetry.is_empty() && o.of_act == 0 && o.unrelated > 0;
    // Rules look for events that others of the recording have and the act has not.
    let reached = |state: &RuleState| {
        !matches!(state.standing, Standing::NotInSet | Standing::NotCollected | Standing::NoEvent)
    };
    let of_rules = o.rules.iter().any(|s| s.standing == Standing::NoEvent) && !o.rules.iter().any(reached);
    (missed(outcome) && !o.unrouted() && (of_source || of_any || of_rules))
        .then_some(Cause::EventAbsent { unrelated: o.unrelated })
}

fn field_missing(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    let mut all = BTreeSet::new();
    let mut rules = Vec::new();
    for state in &o.rules {
        if let Standing::FieldMissing { fields } = &state.standing {
            all.extend(fields.iter().cloned());
            rules.push(state.rule.id.clone());
        }
    }
    let cause = Cause::FieldMissing { fields: all.into_iter().collect(), rules };
    (missed(outcome) && o.rules.iter().any(lacks_fields)).then_some(cause)
}

fn lacks_fields(state: &RuleState) -> bool {
    matches!(state.standing, Standing::FieldMissing { .. })
}

fn in_set(o: &Observation) -> impl Iterator<Item = &RuleState> {
    o.rules.iter().filter(|state| state.standing != Standing::NotInSet)
}

fn no_rule(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    (missed(outcome) && in_set(o).next().is_none()).then_some(Cause::NoRule)
}

/// Only when *none* is collected: that a technique also has rules for platforms
/// that are not here is no reason for a miss.
fn not_collected(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    let rules: Vec<_> = in_set(o).map(|state| (state.rule.id.clone(), state.source.clone())).collect();
    let none = in_set(o).all(|state| state.standing == Standing::NotCollected);
    (missed(outcome) && none && !o.unrouted() && !rules.is_empty())
        .then_some(Cause::LogSourceNotCollected { rules })
}

fn rule_silent(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    let rules = o.rules.iter().filter(|state| state.standing == Standing::Silent).count() as u64;
    (missed(outcome) && rules > 0).then(|| Cause::RuleSilent { rules, nearest: o.nearest.clone() })
}

fn suppressed(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    let taken_back = o.rules.iter().filter(|state| matches!(state.standing, Standing::Suppressed { .. }));
    let rules: Vec<_> = taken_back.map(|state| state.rule.id.clone()).collect();
    (missed(outcome) && !rules.is_empty()).then_some(Cause::Suppressed { rules })
}

fn matched_late(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    lateness(outcome, o.deadline).map(|(delay, deadline)| Cause::MatchedLate { delay, deadline })
}

fn other_only(o: &Observation, outcome: &Outcome) -> Option<Cause> {
    let rules: Vec<_> = o.others.iter().map(|rule| rule.id.clone()).collect();
    (missed(outcome) && !rules.is_empty()).then_some(Cause::OtherTechniqueOnly { rules })
}
