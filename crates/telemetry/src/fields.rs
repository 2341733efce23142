//! Reading and moving the members of a JSON object.

use serde_json::{Map, Value};

/// The fields of an event.
pub(crate) type Object = Map<String, Value>;

/// Returns the text of a field.
pub(crate) fn text<'a>(fields: &'a Object, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

/// Returns what a dotted path leads to, whether the object is nested or the path
/// itself is a key.
pub(crate) fn at<'a>(fields: &'a Object, path: &str) -> Option<&'a Value> {
    if let Some(value) = fields.get(path) {
        return Some(value);
    }
    let (head, rest) = path.split_once('.')?;
    match fields.get(head)? {
        Value::Object(inner) => at(inner, rest),
        _ => None,
    }
}

/// Returns the text a dotted path leads to.
pub(crate) fn text_at<'a>(fields: &'a Object, path: &str) -> Option<&'a str> {
    at(fields, path).and_then(Value::as_str)
}

/// Returns a whole number, written as a number or as text, decimal or `0x` hexadecimal.
pub(crate) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(n) => n.as_u64(),
        Value::String(s) => {
            let s = s.trim();
            match s.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).ok(),
                None => s.parse().ok(),
            }
        }
        _ => None,
    }
}

/// Adds a field; a second value of the same name turns the field into a list.
pub(crate) fn push(fields: &mut Object, name: &str, value: Value) {
    match fields.get_mut(name) {
        None => {
            fields.insert(name.to_owned(), value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

/// Adds a field unless there is one of that name.
pub(crate) fn set_missing(fields: &mut Object, name: &str, value: impl FnOnce() -> Option<Value>) {
    if !fields.contains_key(name)
        && let Some(value) = value()
    {
        fields.insert(name.to_owned(), value);
    }
}

/// Adds a copy of one field under another name, unless that is taken.
pub(crate) fn copy(fields: &mut Object, from: &str, to: &str) {
    if !fields.contains_key(to)
        && let Some(value) = fields.get(from).filter(|v| !v.is_null())
    {
        let value = value.clone();
        fields.insert(to.to_owned(), value);
    }
}

/// Returns a JSON object from pairs, for text formats that have no JSON of their own.
pub(crate) fn object<const N: usize>(pairs: [(&str, Value); N]) -> Object {
    Map::from_iter(pairs.map(|(name, value)| (name.to_owned(), value)))
}
