//! Puts right how the rule engine reads wildcards after `|startswith` and `|endswith`.
//!
//! rsigma-eval 0.23 anchors such a value at the wrong end: `|endswith: A??` is
//! compiled to `^A..`, so the rule looks at the start of the field. Sigma wants
//! the value at its end. Until the engine is mended, those items are handed to
//! it as regular expressions, which it takes as they are.

use rsigma_parser::{
    Detection, DetectionItem, Modifier, SigmaRule, SigmaString, SigmaValue, SpecialChar, StringPart,
};

/// Rewrites every affected item of the rule.
pub(crate) fn mend(rule: &mut SigmaRule) {
    rule.detection.named.values_mut().for_each(detection);
}

fn detection(own: &mut Detection) {
    match own {
        Detection::AllOf(items) => items.iter_mut().for_each(item),
        Detection::AnyOf(parts) | Detection::And(parts) => parts.iter_mut().for_each(detection),
        Detection::ArrayMatch { body, .. } => detection(body),
        Detection::Conditional { named, .. } => named.values_mut().for_each(detection),
        Detection::Keywords(_) => {}
    }
}

fn item(own: &mut DetectionItem) {
    let has = |modifier| own.field.modifiers.contains(&modifier);
    let (at_start, at_end) = (has(Modifier::StartsWith), has(Modifier::EndsWith));
    let wild = own.values.iter().any(|value| matches!(value, SigmaValue::String(text) if !text.is_plain()));
    let text_only = own.values.iter().all(|value| matches!(value, SigmaValue::String(_)));
    // Other modifiers change the value before it is compared; they stand with
    // plain values only in what is published.
    let known = [Modifier::StartsWith, Modifier::EndsWith, Modifier::All, Modifier::Cased];
    let simple = own.field.modifiers.iter().all(|modifier| known.contains(modifier));
    if at_start == at_end || !(wild && text_only && simple) {
        return;
    }
    let flags = if has(Modifier::Cased) { "(?s)" } else { "(?is)" };
    for value in &mut own.values {
        if let SigmaValue::String(text) = value {
            let body = expression(text);
            let whole = if at_start { format!("{flags}^{body}") } else { format!("{flags}{body}$") };
            *value = SigmaValue::String(SigmaString::from_raw(&whole));
        }
    }
    own.field.modifiers.retain(|modifier| *modifier == Modifier::All);
    own.field.modifiers.push(Modifier::Re);
}

fn expression(text: &SigmaString) -> String {
    let mut expression = String::new();
    for part in &text.parts {
        match part {
            StringPart::Special(SpecialChar::WildcardMulti) => expression.push_str(".*"),
            StringPart::Special(SpecialChar::WildcardSingle) => expression.push('.'),
            StringPart::Plain(plain) => plain.chars().for_each(|c| {
                if r"\.+*?()|[]{}^$#&-~".contains(c) {
                    expression.push('\\');
                }
                expression.push(c);
            }),
        }
    }
    expression
}
