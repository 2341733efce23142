//! An event as rules see it: the engine's own view, put right where it departs from Sigma.

use std::borrow::Cow;

use rsigma_eval::event::JsonEvent;
use rsigma_eval::{Event, EventValue};
use serde_json::Value;

/// Marks a name that stands for the presence of a field; no log has it in a name.
const PRESENCE: char = '\u{1}';

/// Marks a name that stands for a field's value as a time.
const TIME: char = '\u{2}';

/// As deep as the engine looks into nested values.
const DEEPEST: u8 = 64;

/// Returns the name under which a view tells whether a field is there.
pub(crate) fn presence_of(field: &str) -> String {
    format!("{PRESENCE}{field}")
}

/// Returns the name under which a view gives a field's value as RFC 3339.
pub(crate) fn time_of(field: &str) -> String {
    format!("{TIME}{field}")
}

/// Returns the field that a name stands for.
pub(crate) fn field_of(name: &str) -> &str {
    name.trim_start_matches([PRESENCE, TIME])
}

/// An event as rules see it.
///
/// Keywords look at numbers and truth values too, as they stand in the message; a whole number
/// beyond 64 signed bits keeps its digits; names made by [`presence_of`] and [`time_of`] are known.
#[derive(Debug)]
pub(crate) struct View<'a> {
    fields: &'a Value,
    inner: JsonEvent<'a>,
}

impl<'a> View<'a> {
    pub(crate) fn new(fields: &'a Value) -> Self {
        Self { fields, inner: JsonEvent::borrow(fields) }
    }
}

impl Event for View<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        match path.chars().next() {
            Some(PRESENCE) => {
                self.inner.get_field(field_of(path)).map(|_| EventValue::Str(Cow::Borrowed("there")))
            }
            Some(TIME) => self.inner.get_field(field_of(path)).map(in_rfc_3339),
            _ => match self.inner.get_field(path) {
                Some(EventValue::Float(lossy)) => Some(self.whole(path).unwrap_or(EventValue::Float(lossy))),
                other => other,
            },
        }
    }

    fn any_string_value(&self, holds: &dyn Fn(&str) -> bool) -> bool {
        any(self.fields, holds, DEEPEST)
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut all = Vec::new();
        self.visit_string_values(&mut |text| all.push(Cow::Owned(text.to_owned())));
        all
    }

    fn visit_string_values(&self, visit: &mut dyn FnMut(&str)) {
        each(self.fields, visit, DEEPEST);
    }

    fn to_json(&self) -> Value {
        self.fields.clone()
    }

    fn top_level_keys(&self) -> Option<Vec<Cow<'_, str>>> {
        self.inner.top_level_keys()
    }

    fn visit_top_level_keys(&self, visit: &mut dyn FnMut(&str)) -> bool {
        self.inner.visit_top_level_keys(visit)
    }
}

impl View<'_> {
    /// A whole number above the engine's, which it would round.
    fn whole(&self, path: &str) -> Option<EventValue<'_>> {
        let number = self.fields.get(path)?.as_u64()?;
        Some(EventValue::Str(Cow::Owned(number.to_string())))
    }
}

fn any(value: &Value, holds: &dyn Fn(&str) -> bool, depth: u8) -> bool {
    let Some(below) = depth.checked_sub(1) else { return false };
    match value {
        Value::String(text) => holds(text),
        Value::Number(number) => holds(&number.to_string()),
        Value::Bool(truth) => holds(if *truth { "true" } else { "false" }),
        Value::Array(items) => items.iter().any(|item| any(item, holds, below)),
        Value::Object(map) => map.values().any(|item| any(item, holds, below)),
        Value::Null => false,
    }
}

fn each(value: &Value, visit: &mut dyn FnMut(&str), depth: u8) {
    let Some(below) = depth.checked_sub(1) else { return };
    match value {
        Value::String(text) => visit(text),
        Value::Number(number) => visit(&number.to_string()),
        Value::Bool(truth) => visit(if *truth { "true" } else { "false" }),
        Value::Array(items) => items.iter().for_each(|item| each(item, visit, below)),
        Value::Object(map) => map.values().for_each(|item| each(item, visit, below)),
        Value::Null => {}
    }
}

/// Returns a time in the spelling that the engine reads: `T` between date and time, and a zone;
/// digits alone as the number they are. Times without a zone are UTC, as Sysmon's are.
fn in_rfc_3339(value: EventValue<'_>) -> EventValue<'_> {
    match value {
        EventValue::Str(text) => match text.trim().parse::<i64>() {
            Ok(since_1970) => EventValue::Int(since_1970),
            Err(_) => EventValue::Str(spelled(text)),
        },
        EventValue::Array(items) => EventValue::Array(items.into_iter().map(in_rfc_3339).collect()),
        other => other,
    }
}

fn spelled(text: Cow<'_, str>) -> Cow<'_, str> {
    let own = text.trim();
    let bytes = own.as_bytes();
    let date = bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && matches!(bytes.get(10), Some(b' ' | b'T' | b't'));
    let (Some(day), Some(rest), true) = (own.get(..10), own.get(11..), date) else { return text };
    let rest = rest.trim_end_matches(" UTC").replace(' ', "");
    let zone = rest.ends_with(['Z', 'z']) || rest.contains(['+', '-']);
    Cow::Owned(format!("{day}T{rest}{}", if zone { "" } else { "Z" }))
}
