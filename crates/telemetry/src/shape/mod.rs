//! One JSON object of telemetry, whatever collector wrote it, under Sigma's names.

mod ecs;
mod fields;
mod plain;
mod windows;

use std::sync::Arc;

use model::event::Origin;
use model::quantity::Timestamp;
use serde_json::{Map, Value};

use crate::time::moment_of;

pub(crate) use fields::Fields;

/// An event but for its place in the recording.
pub(crate) struct Shaped {
    pub(crate) time: Option<Timestamp>,
    pub(crate) arrived: Option<Timestamp>,
    pub(crate) host: Option<String>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) fields: Fields,
}

impl Shaped {
    /// Completes `fields` with time, arrival and host found among them.
    fn of(fields: Fields, origin: Arc<Origin>) -> Self {
        Self { time: time(&fields), arrived: arrived(&fields), host: host(&fields), origin, fields }
    }
}

/// Returns `object` as an event. The shape is told by the keys that only it has.
pub(crate) fn shape(mut object: Fields) -> Shaped {
    if object.contains_key("EventID") {
        return windows::flat(object);
    }
    if let Some(Value::Object(event)) = object.get_mut("Event") {
        let event = std::mem::take(event);
        return windows::tree(event);
    }
    if matches!(object.get("System"), Some(Value::Object(_))) {
        return windows::tree(object);
    }
    if ecs::is(&object) {
        return ecs::shape(object);
    }
    plain::shape(object)
}

/// Returns the event in the XML that Windows and Sysmon for Linux render, if `text` is such.
pub(crate) fn xml(text: &str) -> Option<Shaped> {
    windows::xml(text)
}

/// Names of the moment an event took place, best first. `TimeCreated` is set by the
/// event log for every channel of a host alike, `UtcTime` by Sysmon alone, and
/// `@timestamp` may be as late as the collector.
const TIMES: [&str; 9] = [
    "TimeCreated",
    "SystemTime",
    "UtcTime",
    "@timestamp",
    "TimeGenerated",
    "EventTime",
    "timestamp",
    "time",
    "__REALTIME_TIMESTAMP",
];

fn time(fields: &Fields) -> Option<Timestamp> {
    TIMES.iter().find_map(|name| fields.get(*name).and_then(moment_of))
}

fn arrived(fields: &Fields) -> Option<Timestamp> {
    fields::at(fields, "event.ingested").and_then(moment_of)
}

/// Names of the host an event is about, best first. A plain `host` is often the
/// machine that collected the event and comes last.
const HOSTS: [&str; 7] = ["Computer", "Hostname", "HostName", "hostname", "_HOSTNAME", "node", "host"];

fn host(fields: &Fields) -> Option<String> {
    let plain = HOSTS.iter().find_map(|name| fields.get(*name).and_then(Value::as_str));
    plain
        .or_else(|| fields::text_at(fields, "host.name"))
        .or_else(|| fields::text_at(fields, "host.hostname"))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Returns a JSON object from pairs, for text formats that have no JSON of their own.
pub(crate) fn object<const N: usize>(pairs: [(&str, Value); N]) -> Fields {
    Map::from_iter(pairs.map(|(name, value)| (name.to_owned(), value)))
}
