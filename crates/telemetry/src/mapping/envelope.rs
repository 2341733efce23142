//! What other systems put around an event: search answers, buses, shippers.

use serde_json::Value;

use super::{Mapping, Shaped, map};
use crate::fields::{Object, at, set_missing, text};
use crate::{log_source, reader};

/// Hits of Elasticsearch and OpenSearch, as Kibana exports them.
pub(super) static KIBANA: Mapping = Mapping {
    name: "Elasticsearch and OpenSearch hits",
    is: |object| matches!(object.get("_source"), Some(Value::Object(_))),
    map: |fields| taken_out(fields, "_source"),
    feeds: Vec::new,
};

/// Rows of Splunk's JSON export, and what it sends to webhooks.
pub(super) static SPLUNK: Mapping = Mapping {
    name: "Splunk results",
    is: |object| {
        matches!(object.get("result"), Some(Value::Object(_)))
            || (object.contains_key("_raw")
                && ["_time", "sourcetype", "_cd", "index"].iter().any(|name| object.contains_key(*name)))
    },
    map: splunk,
    feeds: Vec::new,
};

/// Events of EventBridge around those of another service.
pub(super) static EVENT_BRIDGE: Mapping = Mapping {
    name: "EventBridge",
    is: |object| object.contains_key("detail-type") && matches!(object.get("detail"), Some(Value::Object(_))),
    map: |fields| taken_out(fields, "detail"),
    feeds: Vec::new,
};

/// Alerts and archives of Wazuh, around the event that an agent sent.
pub(super) static WAZUH: Mapping = Mapping {
    name: "Wazuh alerts and archives",
    is: |object| {
        matches!(object.get("manager"), Some(Value::Object(_)))
            && (object.contains_key("agent") || object.contains_key("decoder"))
    },
    map: wazuh,
    feeds: Vec::new,
};

/// Returns the event in a member; what stands around it completes it.
fn taken_out(mut outer: Object, member: &str) -> Shaped {
    let Some(Value::Object(inner)) = outer.remove(member) else {
        return Shaped::of(outer, log_source::bare(None));
    };
    completed(outer, map(inner))
}

fn completed(outer: Object, mut inner: Shaped) -> Shaped {
    let around = Shaped::of(outer, log_source::bare(None));
    inner.time = inner.time.or(around.time);
    inner.arrived = inner.arrived.or(around.arrived);
    inner.host = inner.host.or(around.host);
    inner.fields.complete(around.fields);
    inner
}

/// The event as it arrived in Splunk is the best there is; else the fields that were extracted.
fn splunk(mut outer: Object) -> Shaped {
    let row = match outer.remove("result") {
        Some(Value::Object(row)) => row,
        _ => outer,
    };
    let raw = text(&row, "_raw").map(str::trim).unwrap_or_default();
    let inner = reader::message(raw).ok().flatten().or_else(|| Some(map(reader::json_text(raw)?)));
    match inner {
        Some(inner) => completed(row, inner),
        None => map(without_raw(row)),
    }
}

/// Without the mark that led here.
fn without_raw(mut row: Object) -> Object {
    if let Some(raw) = row.remove("_raw") {
        set_missing(&mut row, "message", || Some(raw));
    }
    row
}

fn wazuh(mut outer: Object) -> Shaped {
    if let Some(Value::Object(windows)) = at(&outer, "data.win").cloned() {
        outer.remove("data");
        return completed(outer, map(windows_event(&windows)));
    }
    for path in ["data.aws", "data.office365", "data.gcp", "data.github", "data.audit"] {
        if let Some(Value::Object(inner)) = at(&outer, path).cloned() {
            return completed(outer, map(inner));
        }
    }
    let line = text(&outer, "full_log").map(str::trim).unwrap_or_default().to_owned();
    let inner = reader::message(&line).ok().flatten().or_else(|| Some(map(reader::json_text(&line)?)));
    match inner {
        Some(inner) => completed(outer, inner),
        None => Shaped::of(outer, log_source::bare(None)),
    }
}

/// The event that the Windows agent decoded: its names begin with small letters.
fn windows_event(windows: &Object) -> Object {
    const HEADER: [(&str, &str); 5] = [
        ("eventID", "EventID"),
        ("channel", "Channel"),
        ("providerName", "Provider_Name"),
        ("computer", "Computer"),
        ("systemTime", "TimeCreated"),
    ];
    let mut fields = Object::new();
    if let Some(Value::Object(system)) = windows.get("system") {
        for (from, to) in HEADER {
            let value = system.get(from).cloned();
            set_missing(&mut fields, to, || value);
        }
    }
    for part in ["eventdata", "eventData"] {
        let Some(Value::Object(data)) = windows.get(part) else { continue };
        for (name, value) in data {
            let mut letters = name.chars();
            let Some(first) = letters.next() else { continue };
            let name = format!("{}{}", first.to_ascii_uppercase(), letters.as_str());
            // Wazuh doubles the backslashes of the XML.
            let value = match value {
                Value::String(text) => Value::String(text.replace("\\\\", "\\")),
                other => other.clone(),
            };
            set_missing(&mut fields, &name, || Some(value));
        }
    }
    // An event without an id is still one of Windows.
    set_missing(&mut fields, "EventID", || Some(Value::from(0)));
    fields
}
