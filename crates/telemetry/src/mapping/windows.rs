//! Events of the Windows event log and of Sysmon for Linux, in their three shapes:
//! the tree of the log file, the same tree as JSON of a collector, and flat objects.

mod amend;

use model::event::Fields;
use serde_json::Value;

use super::{Mapping, Shaped};
use crate::fields::{Object, push, set_missing, text};
use crate::log_source;
use crate::xml;

pub(super) use amend::finish;

/// Objects whose header and data stand side by side, as collectors export them.
pub(super) static FLAT: Mapping = Mapping {
    name: "Windows events",
    is: |object| object.contains_key("EventID"),
    map: |object| flat(object.into()),
    feeds: log_source::windows_feeds,
};

/// The tree of the log file: `System` and the data parts, alone or inside `Event`.
pub(super) static TREE: Mapping = Mapping {
    name: "Windows event trees",
    is: |object| {
        matches!(object.get("Event"), Some(Value::Object(_)))
            || matches!(object.get("System"), Some(Value::Object(_)))
    },
    map: whole,
    feeds: log_source::windows_feeds,
};

fn whole(mut object: Object) -> Shaped {
    match object.get_mut("Event") {
        Some(Value::Object(event)) => tree(std::mem::take(event)),
        _ => tree(object),
    }
}

/// Nesting of event data that is followed; Windows itself stays below ten.
const MAX_DEPTH: usize = 16;

/// Returns a flat object as an event. Event data that an export keeps in one field,
/// as an object, as JSON text or as XML text, is unfolded.
pub(super) fn flat(mut fields: Fields) -> Shaped {
    for name in ["EventData", "UserData"] {
        let data = match fields.get_mut(name) {
            Some(Value::Object(_)) => fields.remove(name),
            Some(Value::String(text)) => unfold(text).inspect(|_| {
                fields.remove(name);
            }),
            _ => None,
        };
        if let Some(data) = data {
            let mut object = fields.into_map();
            merge(&mut object, data);
            fields = object.into();
        }
    }
    finish(fields, None, None)
}

fn unfold(text: &str) -> Option<Value> {
    match text.trim_start().as_bytes().first()? {
        b'<' => xml::data(text).map(Value::Object),
        b'{' => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// Returns the tree of one record as an event.
fn tree(mut event: Object) -> Shaped {
    let mut fields = Object::new();
    if let Some(Value::Object(system)) = event.remove("System") {
        for (name, value) in system {
            add_system(&mut fields, &name, value);
        }
    }
    // The event data may have a field `Channel` of its own: System 104 names the
    // cleared log there.
    let channel = text(&fields, "Channel").map(str::to_owned);
    let provider = text(&fields, "Provider_Name").map(str::to_owned);
    for part in ["EventData", "UserData"] {
        if let Some(data) = event.remove(part) {
            let mut flat = Object::new();
            flatten(&mut flat, data, MAX_DEPTH);
            merge_flat(&mut fields, flat, part);
        }
    }
    for (name, value) in event {
        if !name.starts_with(['#', '@']) && name != "EventData_attributes" {
            set_missing(&mut fields, &name, || Some(value));
        }
    }
    finish(fields, channel.as_deref(), provider.as_deref())
}

/// Returns the event in XML text that holds an `Event` element.
pub(super) fn xml(text: &str) -> Option<Shaped> {
    xml::event(text).filter(|event| event.contains_key("System")).map(tree)
}

/// Adds an element of the header. Its attributes stand inside it, under one of the marks
/// that converters use, or beside it as `Provider_attributes`.
fn add_system(fields: &mut Object, name: &str, mut value: Value) {
    if let Some(element) = name.strip_suffix("_attributes")
        && let Value::Object(attributes) = value
    {
        return add_attributes(fields, element, attributes);
    }
    let attributes = match &mut value {
        Value::Object(inner) => ["#attributes", "@attributes", "$"].iter().find_map(|k| inner.remove(*k)),
        _ => None,
    };
    if let Some(Value::Object(attributes)) = attributes {
        add_attributes(fields, name, attributes);
    }
    match value {
        Value::Object(mut inner) => {
            let texts = ["#text", "_", "Value", "Text", "text"];
            if let Some(text) = texts.iter().find_map(|key| inner.remove(*key)) {
                add_value(fields, name, text);
            }
            add_attributes(fields, name, inner);
        }
        value => add_value(fields, name, value),
    }
}

fn add_value(fields: &mut Object, name: &str, value: Value) {
    if value.is_null() {
        return;
    }
    let name = if name == "Provider" { "Provider_Name" } else { name };
    fields.insert(name.to_owned(), value);
}

fn add_attributes(fields: &mut Object, element: &str, attributes: Object) {
    for (name, value) in attributes {
        let name = name.trim_start_matches('@');
        if value.is_null() || element == "EventID" {
            continue;
        }
        let name = match (element, name) {
            ("TimeCreated", "SystemTime") => "TimeCreated".to_owned(),
            _ => format!("{element}_{name}"),
        };
        fields.insert(name, value);
    }
}

/// Adds the leaves of `data` to `flat` under their own names.
fn flatten(flat: &mut Object, data: Value, depth: usize) {
    let Value::Object(data) = data else { return };
    for (name, value) in data {
        match value {
            Value::Array(items) if name == "Data" || name == "ComplexData" => {
                for item in items {
                    add_data(flat, item);
                }
            }
            value @ Value::Object(_) if name == "Data" || name == "ComplexData" => add_data(flat, value),
            Value::Object(inner) if name.starts_with(['#', '@']) || name.ends_with("_attributes") => {
                for (attribute, value) in inner {
                    if attribute != "xmlns" && attribute != "Name" && attribute != "Qualifiers" {
                        push(flat, attribute.trim_start_matches('@'), value);
                    }
                }
            }
            Value::Object(inner) if depth > 0 => match inner.get("#text") {
                Some(text) => push(flat, &name, text.clone()),
                None => flatten(flat, Value::Object(inner), depth - 1),
            },
            Value::Array(items) if depth > 0 && items.iter().any(Value::is_object) => {
                for item in items {
                    match item {
                        Value::Object(_) => flatten(flat, item, depth - 1),
                        leaf => push(flat, &name, leaf),
                    }
                }
            }
            _ if name.starts_with(['#', '@']) => {}
            value => push(flat, &name, value),
        }
    }
}

/// Adds one `Data` element: under its `Name` when it has one, else as `Data`.
fn add_data(flat: &mut Object, item: Value) {
    let Value::Object(mut item) = item else {
        return push(flat, "Data", item);
    };
    let name = match ["#attributes", "@attributes", "$"].iter().find_map(|key| item.get(*key)) {
        Some(Value::Object(attributes)) => text(attributes, "Name").map(str::to_owned),
        _ => text(&item, "@Name").or_else(|| text(&item, "Name")).map(str::to_owned),
    };
    let value = ["#text", "content", "Value", "text", "_"].iter().find_map(|key| item.remove(*key));
    match (name, value) {
        (Some(name), value) => push(flat, &name, value.unwrap_or(Value::Null)),
        (None, Some(Value::Array(values))) => values.into_iter().for_each(|v| push(flat, "Data", v)),
        (None, Some(value)) => push(flat, "Data", value),
        (None, None) => {}
    }
}

fn merge(fields: &mut Object, data: Value) {
    let mut flat = Object::new();
    flatten(&mut flat, data, MAX_DEPTH);
    merge_flat(fields, flat, "EventData");
}

/// Event data wins over the header's names, except for the event id, which decides
/// what the event is.
fn merge_flat(fields: &mut Object, flat: Object, part: &str) {
    for (name, value) in flat {
        if name == "EventID" {
            fields.insert(format!("{part}_EventID"), value);
        } else {
            fields.insert(name, value);
        }
    }
}
