//! Puts right what the rule engine makes of a rule, before it is compiled.
//!
//! rsigma-eval 0.23 departs from the Sigma specification 2.1 in the places listed in
//! `docs/sigma.md`, most of them without a word. What it gets wrong is handed to it in
//! other words that it gets right, and what has no right answer is refused with a reason.
//! [`crate::view::View`] does the same for events.

mod item;
mod text;

use std::collections::BTreeSet;

use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Detections, FieldSpec, Modifier, Quantifier, SelectorPattern,
    SigmaValue,
};

use item::{Part, part};

/// Rewrites every affected detection.
///
/// # Errors
/// A sentence that says why the detections have no meaning, such as a selector that names none.
pub(crate) fn mend(detections: &mut Detections) -> Result<(), String> {
    for condition in &detections.conditions {
        selectors(condition, &detections.named.keys().map(String::as_str).collect())?;
    }
    detections.named.values_mut().try_for_each(|own| detection(own, Scope::Event))
}

/// What an item without a field looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// The whole event: it is a keyword.
    Event,
    /// The member of a list.
    Member,
}

fn detection(own: &mut Detection, scope: Scope) -> Result<(), String> {
    match own {
        Detection::AllOf(items) => {
            if let Some(other) = all_of(items, scope)? {
                *own = other;
            }
            Ok(())
        }
        Detection::AnyOf(parts) | Detection::And(parts) => {
            parts.iter_mut().try_for_each(|part| detection(part, scope))
        }
        Detection::ArrayMatch { body, .. } => detection(body, Scope::Member),
        Detection::Conditional { named, condition } => {
            selectors(condition, &named.keys().map(String::as_str).collect())?;
            named.values_mut().try_for_each(|part| detection(part, scope))
        }
        Detection::Keywords(values) if values.iter().all(plain) => Ok(()),
        Detection::Keywords(values) => {
            // A list of words is an item without a field, joined by OR.
            let words =
                DetectionItem { field: FieldSpec::new(None, Vec::new()), values: std::mem::take(values) };
            *own = match all_of(std::slice::from_ref(&words), Scope::Event)? {
                Some(other) => other,
                None => Detection::AllOf(vec![words]),
            };
            Ok(())
        }
    }
}

fn plain(value: &SigmaValue) -> bool {
    matches!(value, SigmaValue::String(text) if text.is_plain())
}

/// Returns what the items become, `None` where each stays as it is.
fn all_of(items: &[DetectionItem], scope: Scope) -> Result<Option<Detection>, String> {
    let made: Vec<Option<Part>> = items.iter().map(|own| part(own, scope)).collect::<Result<_, _>>()?;
    if made.iter().all(Option::is_none) {
        return Ok(None);
    }
    let mut plain = Vec::new();
    let mut parts = Vec::new();
    for (own, made) in items.iter().zip(made) {
        match made {
            None => plain.push(own.clone()),
            Some(Part::All(items)) => plain.extend(items),
            Some(Part::Other(other)) => parts.push(other),
        }
    }
    if !plain.is_empty() {
        parts.insert(0, Detection::AllOf(plain));
    }
    Ok(Some(match parts.len() {
        1 => parts.remove(0),
        _ => Detection::And(parts),
    }))
}

/// The engine takes `all of` a pattern that names no detection as fulfilled on every event.
fn selectors(condition: &ConditionExpr, names: &BTreeSet<&str>) -> Result<(), String> {
    match condition {
        ConditionExpr::Identifier(_) => Ok(()),
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            parts.iter().try_for_each(|part| selectors(part, names))
        }
        ConditionExpr::Not(part) => selectors(part, names),
        ConditionExpr::Selector { quantifier, pattern } => {
            let found = names.iter().filter(|name| pattern.matches_detection_name(name)).count() as u64;
            let (words, wanted) = match quantifier {
                Quantifier::All => ("all".to_owned(), 1),
                Quantifier::Any => ("1".to_owned(), 1),
                Quantifier::Count(n) => (n.to_string(), *n),
            };
            if found >= wanted && wanted > 0 {
                return Ok(());
            }
            let of = match pattern {
                SelectorPattern::Them => "them",
                SelectorPattern::Pattern(pattern) => pattern,
            };
            let names: Vec<&str> = names.iter().copied().collect();
            Err(format!(
                "the condition's `{words} of {of}` matches {found} of the rule's detections ({}), and needs {wanted}",
                names.join(", ")
            ))
        }
    }
}

/// Returns whether the item has the modifier.
fn has(own: &DetectionItem, modifier: Modifier) -> bool {
    own.field.modifiers.contains(&modifier)
}

/// Returns how messages name an item: `Field|contains`.
fn named(own: &DetectionItem) -> String {
    let modifiers = own.field.modifiers.iter().map(|modifier| format!("|{modifier:?}").to_ascii_lowercase());
    format!("{}{}", own.field.name.as_deref().unwrap_or(""), modifiers.collect::<String>())
}

/// Returns a value as it is written.
fn written(value: &SigmaValue) -> String {
    match value {
        SigmaValue::String(text) => text.original.clone(),
        other => other.to_string(),
    }
}
