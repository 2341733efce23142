//! One JSON object of telemetry, whatever wrote it, under Sigma's names and with its
//! log source.

mod ecs;
mod plain;
mod windows;

use std::sync::Arc;

use model::event::Origin;
use model::quantity::Timestamp;
use serde_json::Value;

use crate::fields::{self, Fields};
use crate::log_source;
use crate::time::moment_of;

/// One source of JSON objects.
pub(crate) struct Mapping {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Whether an object comes from it: told by names that only it has.
    pub(crate) is: fn(&Fields) -> bool,
    /// Puts the values under Sigma's names and says which log source the event is.
    pub(crate) map: fn(Fields) -> Shaped,
    /// The log sources it can give.
    pub(crate) feeds: fn() -> Vec<Arc<Origin>>,
}

/// Every source, in the order in which they are tried: the most frequent first.
static MAPPINGS: [&Mapping; 4] = [&windows::FLAT, &windows::TREE, &ecs::MAPPING, &plain::MAPPING];

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
    pub(crate) fn of(fields: Fields, origin: Arc<Origin>) -> Self {
        Self { time: time(&fields), arrived: arrived(&fields), host: host(&fields), origin, fields }
    }
}

/// Returns `object` as an event.
pub(crate) fn map(object: Fields) -> Shaped {
    match MAPPINGS.iter().find(|mapping| (mapping.is)(&object)) {
        Some(mapping) => (mapping.map)(object),
        None => Shaped::of(object, log_source::bare(None)),
    }
}

/// A log source that events can have, and what gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// What people call the format.
    pub format: &'static str,
    /// The log source.
    pub origin: Arc<Origin>,
}

/// Returns every log source that can come out of a format, in the order of the tables.
pub fn feeds() -> Vec<Feed> {
    let of = |mapping: &&'static Mapping| {
        let format = mapping.name;
        (mapping.feeds)().into_iter().map(move |origin| Feed { format, origin })
    };
    MAPPINGS.iter().flat_map(of).collect()
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
