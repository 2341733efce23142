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

use model::event::{Fields, Origin};
use model::quantity::Timestamp;
use serde_json::Value;

use crate::fields::{self, Object};
use crate::log_source;
use crate::time::moment_of;

/// One source of JSON objects.
pub(crate) struct Mapping {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Whether an object comes from it: told by names that only it has.
    pub(crate) is: fn(&Object) -> bool,
    /// Puts the values under Sigma's names and says which log source the event is.
    pub(crate) map: fn(Object) -> Shaped,
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
    pub(crate) fn of(fields: impl Into<Fields>, origin: Arc<Origin>) -> Self {
        let fields = fields.into();
        Self { time: time(&fields), arrived: arrived(&fields), host: host(&fields), origin, fields }
    }
}

/// Returns `object` as an event.
pub(crate) fn map(object: Object) -> Shaped {
    match MAPPINGS.iter().find(|mapping| (mapping.is)(&object)) {
        Some(mapping) => (mapping.map)(object),
        None => Shaped::of(object, log_source::bare(None)),
    }
}

/// Returns an event that the first row of the table takes, without making an object of it.
///
/// # Errors
/// The object, for [`map`], where the first row does not take it.
pub(crate) fn flat(fields: Fields) -> Result<Shaped, Object> {
    if fields.contains_key("EventID") { Ok(windows::flat(fields)) } else { Err(fields.into_map()) }
}

/// Returns what a dotted path leads to, as [`fields::at`] does for an object.
fn at<'a>(fields: &'a Fields, path: &str) -> Option<&'a Value> {
    fields.get(path).or_else(|| {
        let (head, rest) = path.split_once('.')?;
        fields.get(head)?.as_object().and_then(|inner| fields::at(inner, rest))
    })
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
    TIMES.iter().find_map(|name| fields.get(name).and_then(moment_of))
}

fn arrived(fields: &Fields) -> Option<Timestamp> {
    at(fields, "event.ingested").and_then(moment_of)
}

/// Names of the host an event is about, best first. A plain `host` is often the
/// machine that collected the event and comes last.
const HOSTS: [&str; 7] = ["Computer", "Hostname", "HostName", "hostname", "_HOSTNAME", "node", "host"];

fn host(fields: &Fields) -> Option<String> {
    let plain = HOSTS.iter().find_map(|name| fields.get(name).and_then(Value::as_str));
    plain
        .or_else(|| at(fields, "host.name").and_then(Value::as_str))
        .or_else(|| at(fields, "host.hostname").and_then(Value::as_str))
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
}
