//! One item of a detection: a field, its modifiers and its values.

use rsigma_parser::{ConditionExpr, Detection, DetectionItem, FieldSpec, Modifier, SigmaString, SigmaValue};

use super::text::{Text, above, at_least, encoded, spellings};
use super::{Scope, has, named, written};
use crate::view;

/// Above this, not every whole number has a floating point number of its own, and the engine
/// compares as floating point (IEEE 754, 53 bits of significand).
const EXACT: u64 = 1 << 53;

/// The same as a floating point number.
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// Spellings of one value that are handed on one by one: five for each of three dashes. More
/// become one regular expression.
const MOST_SPELLINGS: usize = 125;

/// What an item becomes.
pub(super) enum Part {
    /// Items that must all hold.
    All(Vec<DetectionItem>),
    /// What takes more than that to say.
    Other(Detection),
}

/// Returns what the item becomes, `None` where the engine reads it right.
pub(super) fn part(own: &DetectionItem, scope: Scope) -> Result<Option<Part>, String> {
    if own.values.is_empty() {
        return Err(format!("{:?} names no value", named(own)));
    }
    if has(own, Modifier::Exists) {
        return exists(own, scope);
    }
    let keyword = own.field.name.is_none() && scope == Scope::Event;
    if let Some(whole) = others(own, scope)? {
        return Ok(whole);
    }
    let all = has(own, Modifier::All);
    if all && own.values.len() < 2 {
        return Ok(None); // The engine says what is wrong.
    }
    let mut values = Vec::with_capacity(own.values.len());
    for value in &own.values {
        values.push(alternatives(own, value, keyword)?);
    }
    if !keyword && values.iter().all(|found| found.iter().all(|(how, _)| *how == How::AsIs)) {
        let mixed = own.values.len() > 1 && own.values.contains(&SigmaValue::Null);
        if !mixed {
            return Ok(None);
        }
    }
    // Each value is a list of alternatives; `|all` joins values by AND, otherwise by OR.
    let values = if all { values } else { vec![values.into_iter().flatten().collect()] };
    let parts: Vec<Vec<DetectionItem>> = values.into_iter().map(|v| grouped(own, v, keyword)).collect();
    Ok(Some(joined(parts, has(own, Modifier::Neq))))
}

/// `|neq` turns round what the rest of the item says: neither of what is joined by OR, not all of
/// what is joined by AND.
fn joined(parts: Vec<Vec<DetectionItem>>, negated: bool) -> Part {
    let one = |item: DetectionItem| Detection::AllOf(vec![item]);
    if negated {
        let mut either: Vec<Detection> = parts.into_iter().map(Detection::AllOf).collect();
        return match either.len() {
            1 => Part::Other(either.remove(0)),
            _ => Part::Other(Detection::AnyOf(either)),
        };
    }
    if parts.iter().all(|items| items.len() == 1) {
        return Part::All(parts.into_iter().flatten().collect());
    }
    let mut every: Vec<Detection> = parts
        .into_iter()
        .map(|mut items| match items.len() {
            1 => one(items.remove(0)),
            _ => Detection::AnyOf(items.into_iter().map(one).collect()),
        })
        .collect();
    match every.len() {
        1 => Part::Other(every.remove(0)),
        _ => Part::Other(Detection::And(every)),
    }
}

/// Items that are no comparison of texts.
fn others(own: &DetectionItem, scope: Scope) -> Result<Option<Option<Part>>, String> {
    use Modifier::{Day, Hour, Minute, Month, Week, Year};
    use Modifier::{Gt, Gte, Lt, Lte};
    let any = |modifiers: &[Modifier]| modifiers.iter().any(|modifier| has(own, *modifier));
    let keyword = own.field.name.is_none() && scope == Scope::Event;
    if keyword && any(&[Modifier::Neq, Modifier::Cidr, Modifier::FieldRef, Gt, Gte, Lt, Lte]) {
        return Err(format!("{:?} needs a field before its modifier", named(own)));
    }
    if any(&[Minute, Hour, Day, Week, Month, Year]) {
        return time(own, scope).map(Some);
    }
    if any(&[Gt, Gte, Lt, Lte]) {
        return compared(own).map(Some);
    }
    if has(own, Modifier::Re) {
        // Words of `'|re|all'` may stand in different fields of the message.
        let apart = keyword && has(own, Modifier::All) && own.values.len() > 1;
        let items = own.values.iter().map(|value| DetectionItem {
            field: FieldSpec::new(None, without(own, &[Modifier::All])),
            values: vec![value.clone()],
        });
        return Ok(Some(apart.then(|| Part::All(items.collect()))));
    }
    Ok(any(&[Modifier::Cidr, Modifier::FieldRef, Modifier::Expand]).then_some(None))
}

fn without(own: &DetectionItem, gone: &[Modifier]) -> Vec<Modifier> {
    own.field.modifiers.iter().copied().filter(|modifier| !gone.contains(modifier)).collect()
}

/// `|exists` asks for presence, "be it empty or null" (Sigma modifiers 2.1); the engine takes a
/// null as absent, and any word but `true` and `false` as `true`.
fn exists(own: &DetectionItem, scope: Scope) -> Result<Option<Part>, String> {
    let word = own.values.first().map(written).unwrap_or_default().to_ascii_lowercase();
    let wanted = match (own.values.len(), word.as_str()) {
        (1, "true" | "yes") => true,
        (1, "false" | "no") => false,
        _ => return Err(format!("{:?} takes true or false, not {word:?}", named(own))),
    };
    let Some(name) = &own.field.name else {
        return Err("|exists needs a field before it".to_owned());
    };
    let values = vec![SigmaValue::Bool(wanted)];
    // A member of a list is looked at by the engine alone.
    Ok((scope == Scope::Event).then(|| marked(view::presence_of(name), own.field.modifiers.clone(), values)))
}

/// The engine reads RFC 3339 and whole seconds; Sysmon writes `2026-01-05 08:10:00.123`.
fn time(own: &DetectionItem, scope: Scope) -> Result<Option<Part>, String> {
    let Some(name) = &own.field.name else {
        return Err(format!("{:?} needs a field before its modifier", named(own)));
    };
    let values = own.values.clone();
    Ok((scope == Scope::Event).then(|| marked(view::time_of(name), own.field.modifiers.clone(), values)))
}

/// An item on a name that only a [`view::View`] knows. The engine's index looks for names among
/// those of the event; inside a block it leaves them alone.
fn marked(name: String, modifiers: Vec<Modifier>, values: Vec<SigmaValue>) -> Part {
    let item = DetectionItem { field: FieldSpec::new(Some(name), modifiers), values };
    let named = [("value".to_owned(), Detection::AllOf(vec![item]))].into();
    Part::Other(Detection::Conditional { named, condition: ConditionExpr::Identifier("value".to_owned()) })
}

/// Bounds that floating point cannot tell from their neighbours are compared digit by digit.
fn compared(own: &DetectionItem) -> Result<Option<Part>, String> {
    let digits = |value: &SigmaValue| written(value).trim().parse::<i128>().ok();
    let large = |n: i128| n.unsigned_abs() > u128::from(EXACT);
    let huge = own.values.iter().find(|value| matches!(value, SigmaValue::Float(f) if f.abs() > EXACT_FLOAT));
    if let Some(value) = huge {
        return Err(format!(
            "{:?}: {} is too large to be compared exactly; put it in quotes",
            named(own),
            written(value)
        ));
    }
    if !own.values.iter().filter_map(digits).any(large) {
        return Ok(None);
    }
    let (Some(bound), 1) = (own.values.first().and_then(digits).filter(|n| *n > 0), own.values.len()) else {
        return Err(format!("{:?} takes one number above zero where it is so large", named(own)));
    };
    if has(own, Modifier::Neq) {
        return Err(format!("{:?}: |neq stands with no other comparison", named(own)));
    }
    let bound = bound.unsigned_abs();
    let re = |body: String, more: &[Modifier]| {
        let modifiers = [Modifier::Re].into_iter().chain(more.iter().copied()).collect();
        let field = FieldSpec::new(own.field.name.clone(), modifiers);
        DetectionItem { field, values: vec![SigmaValue::String(SigmaString::from_raw(&body))] }
    };
    let number = r"^-?[0-9]+(\.[0-9]+)?$".to_owned();
    Ok(Some(Part::All(match () {
        () if has(own, Modifier::Gt) => vec![re(above(bound), &[])],
        () if has(own, Modifier::Gte) => vec![re(at_least(bound), &[])],
        () if has(own, Modifier::Lt) => vec![re(number, &[]), re(at_least(bound), &[Modifier::Neq])],
        () => vec![re(number, &[]), re(above(bound), &[Modifier::Neq])],
    })))
}

/// How an alternative is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// As the rule writes it.
    AsIs,
    /// As a text that is compared like the rule's own.
    Text,
    /// As a text that is looked for anywhere.
    Inside,
    /// As a regular expression.
    Expression,
}

/// Returns one value's alternatives.
fn alternatives(
    own: &DetectionItem,
    value: &SigmaValue,
    keyword: bool,
) -> Result<Vec<(How, SigmaValue)>, String> {
    let strings = [Modifier::Contains, Modifier::StartsWith, Modifier::EndsWith];
    let inside = keyword || strings.iter().any(|modifier| has(own, *modifier));
    let bytes =
        [Modifier::Base64, Modifier::Base64Offset, Modifier::Wide, Modifier::Utf16, Modifier::Utf16be];
    let as_text = inside || bytes.iter().any(|modifier| has(own, *modifier)) || has(own, Modifier::WindAsh);
    let text = match value {
        SigmaValue::String(text) => text.clone(),
        SigmaValue::Null if as_text => {
            return Err(format!("{:?}: null is no text to look for", named(own)));
        }
        SigmaValue::Float(n) if as_text || n.abs() > EXACT_FLOAT => {
            return Err(format!(
                "{:?}: write the number {n} in quotes, so that its digits are known",
                named(own)
            ));
        }
        SigmaValue::Integer(n) if as_text || n.unsigned_abs() > EXACT => {
            SigmaString::from_raw(&n.to_string())
        }
        SigmaValue::Bool(b) if as_text => SigmaString::from_raw(&b.to_string()),
        other => return Ok(vec![(How::AsIs, other.clone())]),
    };
    let mut found = Vec::new();
    let dashes = has(own, Modifier::WindAsh);
    for text in spellings(&text, dashes, MOST_SPELLINGS) {
        if bytes.iter().any(|modifier| has(own, *modifier)) {
            let anywhere = has(own, Modifier::Base64Offset);
            let texts = encoded(&text, own).map_err(|fault| format!("{:?}: {fault}", named(own)))?;
            let how = if anywhere { How::Inside } else { How::Text };
            found.extend(texts.into_iter().map(|t| (how, SigmaValue::String(SigmaString::from_raw(&t)))));
        } else if let Some(plain) = text.plain() {
            let same = matches!(value, SigmaValue::String(own) if own.as_plain().as_ref() == Some(&plain));
            let how = if same && !dashes { How::AsIs } else { How::Text };
            found.push((how, SigmaValue::String(SigmaString::from_raw(&plain))));
        } else {
            found.push((
                How::Expression,
                SigmaValue::String(SigmaString::from_raw(&body(own, &text, keyword))),
            ));
        }
    }
    Ok(found)
}

/// Returns the regular expression for a text with wildcards: `*` and `?` stand for any
/// character, line ends too.
fn body(own: &DetectionItem, text: &Text, keyword: bool) -> String {
    let flags = if has(own, Modifier::Cased) { "(?s)" } else { "(?is)" };
    let inside = has(own, Modifier::Contains)
        || (keyword && !has(own, Modifier::StartsWith) && !has(own, Modifier::EndsWith));
    let start = if inside || has(own, Modifier::EndsWith) { "" } else { "^" };
    let end = if inside || has(own, Modifier::StartsWith) { "" } else { "$" };
    let body = text.expression(start.is_empty(), end.is_empty());
    format!("{flags}{start}{body}{end}")
}

/// Returns one item for each way in which alternatives are handed on.
fn grouped(own: &DetectionItem, values: Vec<(How, SigmaValue)>, keyword: bool) -> Vec<DetectionItem> {
    let mut items: Vec<(Vec<Modifier>, DetectionItem)> = Vec::new();
    for (how, value) in values {
        let modifiers = modifiers(own, how, &value, keyword);
        // A null beside other values would lose that an absent field is null too.
        let alone = value == SigmaValue::Null;
        match items.iter_mut().find(|(known, _)| !alone && *known == modifiers) {
            Some((_, item)) => item.values.push(value),
            None => {
                let field = FieldSpec::new(own.field.name.clone(), modifiers.clone());
                let key = if alone { vec![Modifier::Exists] } else { modifiers };
                items.push((key, DetectionItem { field, values: vec![value] }));
            }
        }
    }
    items.into_iter().map(|(_, item)| item).collect()
}

fn modifiers(own: &DetectionItem, how: How, value: &SigmaValue, keyword: bool) -> Vec<Modifier> {
    let kept = |wanted: &[Modifier]| -> Vec<Modifier> {
        own.field.modifiers.iter().copied().filter(|modifier| wanted.contains(modifier)).collect()
    };
    let text = value != &SigmaValue::Null;
    match how {
        How::Expression => [Modifier::Re].into_iter().chain(kept(&[Modifier::Neq])).collect(),
        How::Inside => {
            let rest = kept(&[Modifier::Cased, Modifier::Neq]);
            [Modifier::Contains].into_iter().chain(rest).collect()
        }
        How::AsIs | How::Text => {
            let places = [Modifier::Contains, Modifier::StartsWith, Modifier::EndsWith];
            let mut found = kept(&[&places[..], &[Modifier::Cased, Modifier::Neq]].concat());
            if keyword && text && !found.iter().any(|modifier| places.contains(modifier)) {
                found.push(Modifier::Contains);
            }
            found
        }
    }
}
