//! Telemetry events in one shape, whatever file they came from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use crate::fields::{Fields, Name};
use crate::id::RecordingId;
use crate::quantity::Timestamp;

/// A Sigma log source: product, category and service, each optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSource {
    /// Such as `windows` or `linux`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// Such as `process_creation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Such as `security` or `auditd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

impl std::fmt::Display for LogSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<&str> = [&self.product, &self.category, &self.service]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        f.pad(&if parts.is_empty() { "any".to_owned() } else { parts.join("/") })
    }
}

/// Which log sources an event belongs to. One event may belong to several
/// categories (Sysmon 13 is `registry_set` and `registry_event`) and services.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// Such as `windows`; `None` when unknown.
    pub product: Option<String>,
    /// Categories, sorted.
    pub categories: Vec<String>,
    /// Services, sorted.
    pub services: Vec<String>,
}

impl Origin {
    /// Returns whether a rule or a need with this log source looks at such events:
    /// every part that `wanted` names is one the event has.
    pub fn serves(&self, wanted: &LogSource) -> bool {
        let has = |part: &Option<String>, own: &[String]| {
            part.as_ref().is_none_or(|p| own.iter().any(|o| o.eq_ignore_ascii_case(p)))
        };
        has(&wanted.product, self.product.as_slice())
            && has(&wanted.category, &self.categories)
            && has(&wanted.service, &self.services)
    }
}

impl Origin {
    /// Returns what people read: `windows/process_creation/sysmon`, without parts that are not known.
    pub fn words(&self) -> String {
        let parts: Vec<String> =
            [self.product.clone().unwrap_or_default(), self.categories.join("+"), self.services.join("+")]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
        if parts.is_empty() { "unknown".to_owned() } else { parts.join("/") }
    }

    /// Reads what a record holds: what [`Origin`] writes, or the older form that left unknown
    /// parts out. There the second of two parts may be a category or a service, so it is
    /// taken as both: nothing that was collected is told as not collected.
    pub fn stored(text: &str) -> Self {
        let list = |part: &str| -> Vec<String> {
            part.split('+').filter(|p| !p.is_empty() && *p != "-").map(str::to_owned).collect()
        };
        match text.splitn(3, '/').collect::<Vec<_>>().as_slice() {
            [product, categories, services] => Self {
                product: list(product).into_iter().next(),
                categories: list(categories),
                services: list(services),
            },
            [product, either] => Self {
                product: list(product).into_iter().next(),
                categories: list(either),
                services: list(either),
            },
            ["unknown"] | [] => Self::default(),
            [alone] => Self { product: Some((*alone).to_owned()), ..Self::default() },
            _ => Self::default(),
        }
    }
}

impl std::fmt::Display for Origin {
    /// Writes `product/category+category/service+service`, `-` for a part that is not known.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |list: &[String]| if list.is_empty() { "-".to_owned() } else { list.join("+") };
        let parts = [part(self.product.as_slice()), part(&self.categories), part(&self.services)];
        f.pad(&parts.join("/"))
    }
}

/// Names one event: the recording and its place in reading order, from 0.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct EventRef {
    /// The recording.
    pub recording: RecordingId,
    /// Place in reading order (files by name, then position in the file).
    pub index: u64,
}

impl std::fmt::Display for EventRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}#{}", self.recording, self.index))
    }
}

/// One telemetry event: flat fields under the names Sigma rules use.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Place in reading order inside its recording, from 0.
    pub index: u64,
    /// When it happened.
    pub time: Option<Timestamp>,
    /// When it reached the place where rules run, if that differs from `time`.
    pub arrived: Option<Timestamp>,
    /// The host it came from.
    pub host: Option<String>,
    /// The log sources it belongs to; shared between equal events.
    pub origin: Arc<Origin>,
    /// The fields. Flat, but for values that are lists or objects at the source.
    pub fields: Fields,
}
