//! Windows events as tools print them: EvtxECmd, and PowerShell's `Get-WinEvent`.

use serde_json::{Value, json};

use super::{Mapping, Shaped, map};
use crate::fields::{Object, copy, set_missing, text};
use crate::log_source;

/// Rows of EvtxECmd, whose event data is text in `Payload`.
pub(super) static EVTXECMD: Mapping = Mapping {
    name: "EvtxECmd",
    is: |object| object.contains_key("EventId") && object.contains_key("Payload"),
    map: evtxecmd,
    feeds: log_source::windows_feeds,
};

/// Objects of `Get-WinEvent | ConvertTo-Json`, whose event data is in the message.
pub(super) static GET_WIN_EVENT: Mapping = Mapping {
    name: "Get-WinEvent",
    is: |object| {
        object.contains_key("Id")
            && object.contains_key("ProviderName")
            && (object.contains_key("LogName") || object.contains_key("MachineName"))
    },
    map: win_event,
    feeds: log_source::windows_feeds,
};

fn evtxecmd(mut fields: Object) -> Shaped {
    rename(&mut fields, "EventId", "EventID");
    rename(&mut fields, "Provider", "Provider_Name");
    if let Some(Value::String(payload)) = fields.remove("Payload")
        && let Ok(Value::Object(parts)) = serde_json::from_str(&payload)
    {
        for (name, part) in parts {
            set_missing(&mut fields, &name, || Some(part));
        }
    }
    map(fields)
}

fn rename(fields: &mut Object, from: &str, to: &str) {
    if let Some(value) = fields.remove(from) {
        set_missing(fields, to, || Some(value));
    }
}

/// Names in messages of the security log that differ from those of the event data.
const NAMES: [(&str, &str); 5] = [
    ("ProcessCommandLine", "CommandLine"),
    ("CreatorProcessName", "ParentProcessName"),
    ("AccountName", "SubjectUserName"),
    ("AccountDomain", "SubjectDomainName"),
    ("SecurityID", "SubjectUserSid"),
];

fn win_event(mut fields: Object) -> Shaped {
    rename(&mut fields, "Id", "EventID");
    rename(&mut fields, "ProviderName", "Provider_Name");
    rename(&mut fields, "LogName", "Channel");
    rename(&mut fields, "MachineName", "Computer");
    let message = text(&fields, "Message").unwrap_or_default().to_owned();
    for line in message.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || value.is_empty() || name.len() > 64 {
            continue;
        }
        let name = name.replace(' ', "");
        set_missing(&mut fields, &name, || Some(json!(value)));
    }
    for (from, to) in NAMES {
        copy(&mut fields, from, to);
    }
    let values = fields.get("Properties").and_then(Value::as_array).map(|list| {
        let values = list.iter().filter_map(|one| one.get("Value").cloned());
        Value::Array(values.collect())
    });
    set_missing(&mut fields, "Data", || values);
    map(fields)
}
