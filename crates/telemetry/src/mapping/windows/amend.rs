//! What is special to each Windows log, and what log a Windows event is of.

use model::event::Fields;
use serde_json::{Value, json};

use crate::fields::{Object, number};
use crate::log_source::{self, Habit, Registry};
use crate::mapping::Shaped;

/// Completes flat fields. `channel` and `provider` are given where the fields of
/// these names may belong to the event data.
pub(in crate::mapping) fn finish(
    fields: impl Into<Fields>,
    channel: Option<&str>,
    provider: Option<&str>,
) -> Shaped {
    let mut fields = fields.into();
    let id = event_id(&mut fields);
    for name in ["SourceName", "ProviderName", "Provider", "EventSourceName"] {
        fields.copy(name, "Provider_Name");
    }
    if !fields.contains_key("Computer") {
        fields.copy("Hostname", "Computer");
    }
    let log = log_source::event_log(
        channel.or_else(|| fields.text("Channel")),
        provider.or_else(|| fields.text("Provider_Name")),
    );
    if matches!(log, log_source::Log::RpcFirewall) {
        fields.copy("Channel", "EventLog");
    }
    let action = amend(&mut fields, log.habit(), id);
    Shaped::of(fields, log.origin(id, action))
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
        fields.insert("Keywords", Value::String(hex));
    }
    match habit {
        Habit::Sysmon => return sysmon(fields, id),
        Habit::Security => return security(fields, id),
        Habit::ClassicPowerShell => {
            // The data of these events has no names and is joined into one text by rules.
            fields.copy("Message", "Data");
        }
        Habit::Defender => defender(fields),
        Habit::LinuxSysmon | Habit::Other => {}
    }
    Registry::Unsaid
}

fn sysmon(fields: &mut Fields, id: Option<u64>) -> Registry {
    if let Some(hashes) = fields.text("Hashes") {
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
            fields.set_missing(name, || Some(value));
        }
    }
    if !matches!(id, Some(12..=14 | 17..=21)) {
        return Registry::Unsaid;
    }
    // NXLog writes its own INFO or AUDIT_SUCCESS over Sysmon's field of the same
    // name; the message still holds the original.
    let kept = fields.text("EventType").filter(|t| t.bytes().any(|b| b.is_ascii_lowercase()));
    if kept.is_none()
        && let Some(from_message) = fields.text("Message").and_then(message_event_type)
    {
        let original = Value::String(from_message.to_owned());
        fields.insert("EventType", original);
    }
    match fields.text("EventType") {
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
            fields.copy("NewProcessName", "Image");
            fields.copy("ParentProcessName", "ParentImage");
            // The mandatory label holds the SIDs that rules name beside Sysmon's words.
            fields.copy("MandatoryLabel", "IntegrityLevel");
            Registry::Unsaid
        }
        Some(4657) => registry_audit(fields),
        _ => Registry::Unsaid,
    }
}

/// Puts a registry audit under Sysmon's names. `%%1904` to `%%1906` are the message
/// codes of value created, modified and deleted (Microsoft, event 4657).
fn registry_audit(fields: &mut Fields) -> Registry {
    fields.copy("ProcessName", "Image");
    fields.copy("NewValue", "Details");
    if let Some(key) = fields.text("ObjectName") {
        let short = key
            .strip_prefix(r"\REGISTRY\MACHINE")
            .map(|rest| format!("HKLM{rest}"))
            .or_else(|| key.strip_prefix(r"\REGISTRY\USER").map(|rest| format!("HKU{rest}")))
            .unwrap_or_else(|| key.to_owned());
        let target = match fields.text("ObjectValueName") {
            Some(value) if !value.is_empty() => format!("{short}\\{value}"),
            _ => short,
        };
        fields.set_missing("TargetObject", || Some(Value::String(target)));
    }
    match fields.text("OperationType") {
        Some("%%1904" | "%%1905") => Registry::Set,
        Some("%%1906") => Registry::Deleted,
        _ => Registry::Unsaid,
    }
}

fn defender(fields: &mut Fields) {
    if fields.names().any(|name| name.contains(' ')) {
        let mut closed = Object::new();
        for (name, value) in std::mem::take(fields) {
            let name = if name.contains(' ') { name.replace(' ', "") } else { name.into_owned() };
            closed.insert(name, value);
        }
        *fields = closed.into();
    }
    fields.copy("ThreatName", "Signature");
    fields.copy("Path", "Filename");
}
