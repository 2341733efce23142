//! Rows of an answer: values by the name of a field, however the document nests it.

use model::quantity::Timestamp;
use serde_json::Value;

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Their id.
    pub id: String,
    /// The index it lies in.
    pub index: String,
    /// The document.
    pub document: Value,
    /// Where the next page begins.
    pub sort: Vec<Value>,
}

impl Row {
    /// Returns every text of the first of `fields` that is there; numbers as text.
    pub fn texts(&self, fields: &[String]) -> Vec<String> {
        for field in fields {
            let found: Vec<String> = values(&self.document, field).iter().flat_map(|v| leaves(v)).collect();
            if !found.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Returns the first text of the first of `fields` that is there.
    pub fn text(&self, fields: &[String]) -> Option<String> {
        self.texts(fields).into_iter().next()
    }

    /// Returns every number in any of `fields`, also one written as text or in hexadecimal digits.
    pub fn numbers(&self, fields: &[String]) -> Vec<u64> {
        let texts = fields.iter().flat_map(|field| values(&self.document, field)).flat_map(leaves);
        texts
            .filter_map(|text| match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).ok(),
                None => text.parse().ok(),
            })
            .collect()
    }

    /// Returns the first time of the first of `fields` that holds one.
    pub fn time(&self, fields: &[String]) -> Option<Timestamp> {
        fields.iter().find_map(|field| values(&self.document, field).into_iter().find_map(timestamp))
    }

    /// Returns whether a text stands anywhere in the document.
    pub fn carries(&self, text: &str) -> bool {
        !text.is_empty() && any(&self.document, &|leaf| leaf.contains(text))
    }

    /// Returns whether a text is the whole of some value in the document.
    pub fn holds(&self, text: &str) -> bool {
        any(&self.document, &|leaf| leaf == text)
    }
}

fn any(value: &Value, test: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => test(text),
        Value::Array(items) => items.iter().any(|item| any(item, test)),
        Value::Object(map) => map.iter().any(|(key, item)| test(key) || any(item, test)),
        Value::Number(number) => test(&number.to_string()),
        Value::Bool(_) | Value::Null => false,
    }
}

fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(_) | Value::Null => Vec::new(),
    }
}

/// Returns the values of `a.b.c`, written nested, with dots in the keys, or both; lists on the way
/// are gone into.
fn values<'a>(value: &'a Value, field: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| values(item, field)).collect(),
        Value::Object(map) => {
            let mut found: Vec<&Value> = map.get(field).into_iter().collect();
            for (at, _) in field.match_indices('.') {
                let (head, tail) = field.split_at(at);
                if let Some(below) = map.get(head) {
                    found.extend(values(below, tail.trim_start_matches('.')));
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Milliseconds from which on a number cannot be seconds: the year 5138.
const SECONDS_END: f64 = 1e11;

/// Returns a time: text with a zone (RFC 3339, or `+0000`), or a number of seconds or milliseconds
/// since 1970. A text without zone is none: it could be any.
pub fn timestamp(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            let parsed: Result<jiff::Timestamp, _> = text.parse();
            match parsed {
                Ok(time) => Some(Timestamp(time.as_millisecond())),
                Err(_) => text.parse::<f64>().ok().and_then(number),
            }
        }
        Value::Number(n) => n.as_f64().and_then(number),
        Value::Array(items) => items.iter().find_map(timestamp),
        _ => None,
    }
}

fn number(value: f64) -> Option<Timestamp> {
    let ms = if value.abs() < SECONDS_END { value * 1_000.0 } else { value };
    // From 2001 on: smaller numbers are sizes and counts.
    let plausible = (1e12..4e14).contains(&ms);
    // The range is far within i64.
    #[expect(clippy::cast_possible_truncation)]
    plausible.then_some(Timestamp(ms as i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_found_however_it_is_nested() {
        for document in [
            json!({"host": {"name": "app-01"}}),
            json!({"host.name": "app-01"}),
            json!({"host": [{"name": ["app-01"]}]}),
            json!({"a": 1, "host": {"name": "app-01", "ip": ["10.0.0.1"]}}),
        ] {
            let row = Row { id: String::new(), index: String::new(), document, sort: Vec::new() };
            let fields = ["agent.name".to_owned(), "host.name".to_owned()];
            assert_eq!(row.text(&fields).as_deref(), Some("app-01"), "{row:?}");
        }
        let row =
            Row { id: String::new(), index: String::new(), document: json!({"hostname": "x"}), sort: vec![] };
        assert_eq!(row.text(&["host.name".to_owned()]), None);
    }

    #[test]
    fn times_are_read_as_products_write_them() {
        let at = Timestamp(1_764_496_800_250);
        for value in [
            json!("2025-11-30T10:00:00.250Z"),
            json!("2025-11-30T11:00:00.250+01:00"),
            json!("2025-11-30T10:00:00.250+0000"),
            json!(1_764_496_800_250_i64),
            json!(1_764_496_800.25),
            json!("1764496800250"),
            json!(["2025-11-30T10:00:00.250Z"]),
        ] {
            assert_eq!(timestamp(&value), Some(at), "{value}");
        }
        for value in [json!("2025-11-30T10:00:00"), json!(42), json!("app-01"), json!(null)] {
            assert_eq!(timestamp(&value), None, "{value}");
        }
    }
}
