//! Events of the Windows event log and of Sysmon for Linux, in their three shapes:
//! the tree of the log file, the same tree as JSON of a collector, and flat objects.

use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Fields, copy, number, push, set_missing, text};
use crate::log_source::{self, Habit, Registry};
use crate::xml;

/// Objects whose header and data stand side by side, as collectors export them.
pub(super) static FLAT: Mapping = Mapping {
    name: "Windows events",
    is: |object| object.contains_key("EventID"),
    map: flat,
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

fn whole(mut object: Fields) -> Shaped {
    match object.get_mut("Event") {
        Some(Value::Object(event)) => tree(std::mem::take(event)),
        _ => tree(object),
    }
}

/// Nesting of event data that is followed; Windows itself stays below ten.
const MAX_DEPTH: usize = 16;

/// Returns a flat object as an event. Event data that an export keeps in one field,
/// as an object, as JSON text or as XML text, is unfolded.
fn flat(mut fields: Fields) -> Shaped {
    for name in ["EventData", "UserData"] {
        let data = match fields.get_mut(name) {
            Some(Value::Object(_)) => fields.remove(name),
            Some(Value::String(text)) => unfold(text).inspect(|_| {
                fields.remove(name);
            }),
            _ => None,
        };
        if let Some(data) = data {
            merge(&mut fields, data);
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
fn tree(mut event: Fields) -> Shaped {
    let mut fields = Fields::new();
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
            let mut flat = Fields::new();
            flatten(&mut flat, data, MAX_DEPTH);
            merge_flat(&mut fields, flat, part);
        }
    }
    for (name, value) in event {
        if !name.starts_with(['#', '@']) && name != "EventData_attributes" {
            set_missing(&mut fields, &name, || Some(value));
        }
    }
    finish(fields, channel, provider)
}

/// Returns the event in XML text that holds an `Event` element.
pub(super) fn xml(text: &str) -> Option<Shaped> {
    xml::event(text).filter(|event| event.contains_key("System")).map(tree)
}

/// Adds an element of the header. Its attributes stand inside it, under one of the marks
/// that converters use, or beside it as `Provider_attributes`.
fn add_system(fields: &mut Fields, name: &str, mut value: Value) {
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

fn add_value(fields: &mut Fields, name: &str, value: Value) {
    if value.is_null() {
        return;
    }
    let name = if name == "Provider" { "Provider_Name" } else { name };
    fields.insert(name.to_owned(), value);
}

fn add_attributes(fields: &mut Fields, element: &str, attributes: Fields) {
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
fn flatten(flat: &mut Fields, data: Value, depth: usize) {
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
fn add_data(flat: &mut Fields, item: Value) {
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

fn merge(fields: &mut Fields, data: Value) {
    let mut flat = Fields::new();
    flatten(&mut flat, data, MAX_DEPTH);
    merge_flat(fields, flat, "EventData");
}

/// Event data wins over the header's names, except for the event id, which decides
/// what the event is.
fn merge_flat(fields: &mut Fields, flat: Fields, part: &str) {
    for (name, value) in flat {
        if name == "EventID" {
            fields.insert(format!("{part}_EventID"), value);
        } else {
            fields.insert(name, value);
        }
    }
}

/// Completes flat fields. `channel` and `provider` are given where the fields of
/// these names may belong to the event data.
pub(super) fn finish(mut fields: Fields, channel: Option<String>, provider: Option<String>) -> Shaped {
    let id = event_id(&mut fields);
    for name in ["SourceName", "ProviderName", "Provider", "EventSourceName"] {
        copy(&mut fields, name, "Provider_Name");
    }
    if !fields.contains_key("Computer") {
        copy(&mut fields, "Hostname", "Computer");
    }
    let log = |fields: &Fields| {
        let own =
            |given: &Option<String>, name| given.clone().or_else(|| text(fields, name).map(str::to_owned));
        (own(&channel, "Channel"), own(&provider, "Provider_Name"))
    };
    let (channel, provider) =
        if channel.is_some() && provider.is_some() { (channel, provider) } else { log(&fields) };
    let (channel, provider) = (channel.as_deref(), provider.as_deref());
    if channel == Some(log_source::RPC_FIREWALL) {
        copy(&mut fields, "Channel", "EventLog");
    }
    let action = amend(&mut fields, log_source::habit(channel, provider), id);
    Shaped::of(fields, log_source::event_log(channel, provider, id, action))
}

/// Reads the event id and makes it a number where a collector wrote text.
fn event_id(fields: &mut Fields) -> Option<u64> {
    let value = fields.get_mut("EventID")?;
    let id = match &*value {
        Value::Object(inner) => inner.get("#text").or_else(|| inner.get("Value")).and_then(number),
        plain => number(plain),
    };
    if let Some(id) = id
        && !value.is_u64()
    {
        *value = json!(id);
    }
    id
}

/// Amends what is special to one log and returns what was done to a registry object.
fn amend(fields: &mut Fields, habit: Habit, id: Option<u64>) -> Registry {
    // A collector that writes the keyword mask as a signed number hides the digits
    // that rules name.
    if let Some(Value::Number(mask)) = fields.get("Keywords")
        && let Some(mask) = mask.as_i64()
    {
        let hex = format!("{mask:#x}");
        fields.insert("Keywords".to_owned(), Value::String(hex));
    }
    match habit {
        Habit::Sysmon => return sysmon(fields, id),
        Habit::Security => return security(fields, id),
        Habit::ClassicPowerShell => {
            // The data of these events has no names and is joined into one text by rules.
            copy(fields, "Message", "Data");
        }
        Habit::Defender => defender(fields),
        Habit::LinuxSysmon | Habit::Other => {}
    }
    Registry::Unsaid
}

fn sysmon(fields: &mut Fields, id: Option<u64>) -> Registry {
    if let Some(hashes) = text(fields, "Hashes") {
        let parts: Vec<(&str, Value)> = hashes
            .split(',')
            .filter_map(|part| part.split_once('='))
            .filter_map(|(kind, hash)| {
                let name = match kind.trim().to_ascii_uppercase().as_str() {
                    "MD5" => "md5",
                    "SHA1" => "sha1",
                    "SHA256" => "sha256",
                    "IMPHASH" => "Imphash",
                    _ => return None,
                };
                Some((name, Value::String(hash.trim().to_owned())))
            })
            .collect();
        for (name, value) in parts {
            set_missing(fields, name, || Some(value));
        }
    }
    if !matches!(id, Some(12..=14 | 17..=21)) {
        return Registry::Unsaid;
    }
    // NXLog writes its own INFO or AUDIT_SUCCESS over Sysmon's field of the same
    // name; the message still holds the original.
    let kept = text(fields, "EventType").filter(|t| t.bytes().any(|b| b.is_ascii_lowercase()));
    if kept.is_none()
        && let Some(from_message) = text(fields, "Message").and_then(message_event_type)
    {
        let original = Value::String(from_message.to_owned());
        fields.insert("EventType".to_owned(), original);
    }
    match text(fields, "EventType") {
        Some("CreateKey") => Registry::Added,
        Some("DeleteKey" | "DeleteValue") => Registry::Deleted,
        _ => Registry::Unsaid,
    }
}

fn message_event_type(message: &str) -> Option<&str> {
    let line = message.lines().find_map(|line| line.trim_start().strip_prefix("EventType:"))?;
    Some(line.trim()).filter(|t| !t.is_empty())
}

fn security(fields: &mut Fields, id: Option<u64>) -> Registry {
    match id {
        Some(4688) => {
            copy(fields, "NewProcessName", "Image");
            copy(fields, "ParentProcessName", "ParentImage");
            // The mandatory label holds the SIDs that rules name beside Sysmon's words.
            copy(fields, "MandatoryLabel", "IntegrityLevel");
            Registry::Unsaid
        }
        Some(4657) => registry_audit(fields),
        _ => Registry::Unsaid,
    }
}

/// Puts a registry audit under Sysmon's names. `%%1904` to `%%1906` are the message
/// codes of value created, modified and deleted (Microsoft, event 4657).
fn registry_audit(fields: &mut Fields) -> Registry {
    copy(fields, "ProcessName", "Image");
    copy(fields, "NewValue", "Details");
    if let Some(key) = text(fields, "ObjectName") {
        let short = key
            .strip_prefix(r"\REGISTRY\MACHINE")
            .map(|rest| format!("HKLM{rest}"))
            .or_else(|| key.strip_prefix(r"\REGISTRY\USER").map(|rest| format!("HKU{rest}")))
            .unwrap_or_else(|| key.to_owned());
        let target = match text(fields, "ObjectValueName") {
            Some(value) if !value.is_empty() => format!("{short}\\{value}"),
            _ => short,
        };
        set_missing(fields, "TargetObject", || Some(Value::String(target)));
    }
    match text(fields, "OperationType") {
        Some("%%1904" | "%%1905") => Registry::Set,
        Some("%%1906") => Registry::Deleted,
        _ => Registry::Unsaid,
    }
}

fn defender(fields: &mut Fields) {
    if fields.keys().any(|name| name.contains(' ')) {
        let spaced = std::mem::take(fields);
        for (name, value) in spaced {
            let name = if name.contains(' ') { name.replace(' ', "") } else { name };
            fields.insert(name, value);
        }
    }
    copy(fields, "ThreatName", "Signature");
    copy(fields, "Path", "Filename");
}
