//! One JSON object of telemetry, whatever wrote it, under Sigma's names and with its
//! log source.

pub(crate) mod access;
mod aws;
mod azure;
mod ecs;
mod endpoints;
mod envelope;
mod google;
mod identity;
mod kubernetes;
mod laurel;
mod microsoft365;
mod network;
mod ocsf;
mod plain;
mod repositories;
mod windows;
mod windows_exports;

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
static MAPPINGS: [&Mapping; 36] = [
    &windows::FLAT,
    &windows::TREE,
    &windows_exports::EVTXECMD,
    &windows_exports::GET_WIN_EVENT,
    &envelope::KIBANA,
    &envelope::SPLUNK,
    &envelope::EVENT_BRIDGE,
    &envelope::WAZUH,
    &endpoints::ESLOGGER,
    &ecs::MAPPING,
    &laurel::MAPPING,
    &plain::OWN,
    &aws::LOOKUP,
    &aws::CLOUDTRAIL,
    &azure::SIGN_INS,
    &azure::AUDIT,
    &azure::RISKS,
    &azure::ACTIVITY,
    &microsoft365::MAPPING,
    &google::AUDIT,
    &google::WORKSPACE,
    &identity::OKTA,
    &identity::ONE_LOGIN,
    &identity::DUO,
    &repositories::BITBUCKET,
    &repositories::GITHUB,
    &kubernetes::MAPPING,
    &network::ZEEK,
    &network::SURICATA,
    &network::OPEN_CANARY,
    &endpoints::DEFENDER,
    &endpoints::FALCON,
    &endpoints::FALCO,
    &ocsf::MAPPING,
    &access::MAPPING,
    &plain::MAPPING,
];

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
const TIMES: [&str; 23] = [
    "TimeCreated",
    "SystemTime",
    "UtcTime",
    "@timestamp",
    "TimeGenerated",
    "EventTime",
    "timestamp",
    "time",
    "__REALTIME_TIMESTAMP",
    "eventTime",
    "requestReceivedTimestamp",
    "published",
    "activityDateTime",
    "createdDateTime",
    "CreationTime",
    "Timestamp",
    "ts",
    "eventTimestamp",
    "date_time",
    "_time",
    "created_at",
    "utc_time",
    "@Timestamp",
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
