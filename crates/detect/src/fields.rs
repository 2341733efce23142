//! Whether a rule can match at all with the fields that events have.

use std::collections::BTreeSet;

use rsigma_eval::{CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule};
use rsigma_parser::{ArrayQuantifier, ConditionExpr, Quantifier};

use crate::view::field_of;

/// Possible, or the fields whose absence makes it impossible.
type Possible = Result<(), BTreeSet<String>>;

/// Returns the fields without which the rule cannot match, sorted; empty when
/// it can. Each test of a field that is `present` is taken to pass, and so is
/// each negation: only absence is held against the rule.
pub(crate) fn missing(rule: &CompiledRule, present: &dyn Fn(&str) -> bool) -> Vec<String> {
    let conditions = rule.conditions.iter().map(|c| condition(c, &rule.detections, present));
    any(conditions).err().unwrap_or_default().into_iter().collect()
}

fn any(parts: impl Iterator<Item = Possible>) -> Possible {
    let mut lacking = BTreeSet::new();
    for part in parts {
        match part {
            Ok(()) => return Ok(()),
            Err(fields) => lacking.extend(fields),
        }
    }
    Err(lacking)
}

fn all(parts: impl Iterator<Item = Possible>) -> Possible {
    let lacking: BTreeSet<String> = parts.filter_map(Result::err).flatten().collect();
    if lacking.is_empty() { Ok(()) } else { Err(lacking) }
}

fn count(parts: Vec<Possible>, wanted: u64) -> Possible {
    let possible = parts.iter().filter(|part| part.is_ok()).count() as u64;
    if possible >= wanted {
        Ok(())
    } else {
        Err(parts.into_iter().filter_map(Result::err).flatten().collect())
    }
}

/// The engine's own map type is not named here; lookup and iteration suffice.
fn condition<M>(expression: &ConditionExpr, detections: &M, present: &dyn Fn(&str) -> bool) -> Possible
where
    for<'m> &'m M: IntoIterator<Item = (&'m String, &'m CompiledDetection)>,
{
    match expression {
        ConditionExpr::Identifier(name) => {
            let found = detections.into_iter().find(|(own, _)| *own == name);
            found.map_or(Ok(()), |(_, found)| detection(found, present))
        }
        ConditionExpr::And(parts) => all(parts.iter().map(|p| condition(p, detections, present))),
        ConditionExpr::Or(parts) => any(parts.iter().map(|p| condition(p, detections, present))),
        ConditionExpr::Not(_) => Ok(()),
        ConditionExpr::Selector { quantifier, pattern } => {
            let chosen = detections.into_iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let parts: Vec<Possible> = chosen.map(|(_, found)| detection(found, present)).collect();
            let wanted = match quantifier {
                Quantifier::Any => 1,
                Quantifier::All => parts.len() as u64,
                Quantifier::Count(n) => *n,
            };
            count(parts, wanted)
        }
    }
}

fn detection(own: &CompiledDetection, present: &dyn Fn(&str) -> bool) -> Possible {
    match own {
        CompiledDetection::AllOf(items) => all(items.iter().map(|i| item(i, present))),
        CompiledDetection::And(parts) => all(parts.iter().map(|p| detection(p, present))),
        CompiledDetection::AnyOf(parts) => any(parts.iter().map(|p| detection(p, present))),
        CompiledDetection::Keywords(_) => Ok(()),
        CompiledDetection::ArrayMatch { field, quantifier, .. } => {
            let vacuous = matches!(quantifier, ArrayQuantifier::AllOrEmpty | ArrayQuantifier::None);
            if vacuous { Ok(()) } else { need(field, present) }
        }
        CompiledDetection::Conditional { named, condition: own } => condition(own, named, present),
    }
}

fn item(own: &CompiledDetectionItem, present: &dyn Fn(&str) -> bool) -> Possible {
    let absent_passes = match own.exists {
        Some(expected) => !expected,
        None => matches!(own.matcher, CompiledMatcher::Null),
    };
    match &own.field {
        Some(field) if !absent_passes => need(field, present),
        _ => Ok(()),
    }
}

/// Returns every field that a rule tests.
pub(crate) fn tested(rule: &CompiledRule) -> BTreeSet<String> {
    // With no field there, each test whose absence matters asks for its own.
    let asked = std::cell::RefCell::new(BTreeSet::new());
    let note = |field: &str| {
        asked.borrow_mut().insert(field.to_owned());
        false
    };
    rule.detections.iter().for_each(|(_, own)| {
        let _ = detection(own, &note);
    });
    asked.into_inner()
}

fn need(field: &str, present: &dyn Fn(&str) -> bool) -> Possible {
    let field = field_of(field);
    if present(field) { Ok(()) } else { Err(BTreeSet::from([field.to_owned()])) }
}
