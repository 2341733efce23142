//! An event as rules see it: the engine's own view, put right where it departs from Sigma.

use std::borrow::Cow;

use model::event::Fields;
use rsigma_eval::{Event, EventValue};
use serde_json::Value;

use crate::path::{is_path, nested};

/// Marks a name that stands for the presence of a field; no log has it in a name.
const PRESENCE: char = '\u{1}';

/// Marks a name that stands for a field's value as a time.
const TIME: char = '\u{2}';

/// As deep as the engine looks into nested values.
const DEEPEST: u8 = 64;

/// Visits every text of a field's value that keywords look at.
pub(crate) fn each_text(value: &Value, visit: &mut dyn FnMut(&str)) {
    each(value, visit, DEEPEST - 1);
}

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
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    fields: &'a Fields,
}

impl<'a> View<'a> {
    pub(crate) fn new(fields: &'a Fields) -> Self {
        Self { fields }
    }

    pub(crate) fn fields(self) -> &'a Fields {
        self.fields
    }

    /// A field's value, or what a path into nested values leads to.
    fn find(&self, path: &str) -> Option<EventValue<'_>> {
        match self.fields.get(path) {
            Some(value) => Some(of(value)),
            None if is_path(path) => nested(self.fields, path),
            None => None,
        }
    }
}

/// Returns a field's value as the engine takes it.
pub(crate) fn of(value: &Value) -> EventValue<'_> {
    // A whole number above the engine's, which it would round.
    match value.as_u64().filter(|number| i64::try_from(*number).is_err()) {
        Some(number) => EventValue::Str(Cow::Owned(number.to_string())),
        None => EventValue::from(value),
    }
}

impl Event for View<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        match path.chars().next() {
            Some(PRESENCE) => self.find(field_of(path)).map(|_| EventValue::Str(Cow::Borrowed("there"))),
            Some(TIME) => self.find(field_of(path)).map(in_rfc_3339),
            _ => self.find(path),
        }
    }

    fn any_string_value(&self, holds: &dyn Fn(&str) -> bool) -> bool {
        self.fields.values().any(|value| any(value, holds, DEEPEST - 1))
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut all = Vec::new();
        self.visit_string_values(&mut |text| all.push(Cow::Owned(text.to_owned())));
        all
    }

    fn visit_string_values(&self, visit: &mut dyn FnMut(&str)) {
        self.fields.values().for_each(|value| each_text(value, visit));
    }

    fn to_json(&self) -> Value {
        Value::Object(self.fields.clone().into_map())
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
