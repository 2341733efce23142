//! Profiles: which fields of a product say what; data, not code.

use model::diagnostic::Diagnostic;
use model::document;
use serde::Deserialize;

/// How a product is asked and what its documents mean.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// The product, for people.
    pub product: String,
    /// What it was tried on.
    pub confirmed: String,
    /// Which search API it speaks.
    pub dialect: Dialect,
    /// The scheme of its keys; `Basic` takes a user and a password.
    pub scheme: String,
    /// Raw events.
    pub events: Fields,
    /// Alerts.
    pub alerts: Fields,
}

/// The search APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// Elasticsearch: `/_pit`, ties broken by `_shard_doc`.
    Elasticsearch,
    /// OpenSearch: `/_search/point_in_time`, ties broken by `_id`.
    Opensearch,
}

/// One kind of rows: where it lies, and what its fields are called, each by the names that are
/// tried in turn.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Fields {
    /// Index or pattern, where the workspace names none.
    pub index: String,
    /// The time that is searched and sorted by; the first name.
    pub time: Vec<String>,
    /// When the event happened; `time` where there is none.
    pub event: Vec<String>,
    /// When it was stored.
    pub ingested: Vec<String>,
    /// When the alert was made.
    pub made: Vec<String>,
    /// The host.
    pub host: Vec<String>,
    /// The process.
    pub process: Vec<String>,
    /// The process that started it.
    pub parent: Vec<String>,
    /// Their id of the rule.
    pub rule_id: Vec<String>,
    /// Its name.
    pub rule_name: Vec<String>,
    /// Techniques, alone or among other tags.
    pub techniques: Vec<String>,
    /// Ids of the events that the alert was made from.
    pub ancestors: Vec<String>,
    /// How many alerts it stands for.
    pub folded: Vec<String>,
    /// Fields that are there only in alerts that are kept from people.
    pub hidden: Vec<String>,
}

const BUILT_IN: [&str; 4] = [
    include_str!("profiles/elastalert.toml"),
    include_str!("profiles/elastalert-opensearch.toml"),
    include_str!("profiles/elastic-security.toml"),
    include_str!("profiles/wazuh.toml"),
];

impl Profile {
    /// Returns the profiles that come with the program, by name.
    ///
    /// # Panics
    /// Never: a test reads them all.
    pub fn built_in() -> Vec<Self> {
        BUILT_IN.iter().map(|text| toml::from_str(text).expect("a built-in profile is valid")).collect()
    }

    /// Reads a profile.
    ///
    /// # Errors
    /// What is wrong, with its place.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let text = document::text(file, bytes)?;
        let profile: Self = toml::from_str(text).map_err(|e| {
            let start = e.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            let place = (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX));
            Diagnostic::error(file, "source.bad-profile", e.message().to_owned())
                .help("`feuerprobe list profiles` and docs/live.md show those that come with the program")
                .at(place.0, place.1)
        })?;
        for (name, rows) in [("events", &profile.events), ("alerts", &profile.alerts)] {
            let needed = [("time", &rows.time), ("host", &rows.host)];
            if let Some((field, _)) = needed.iter().find(|(_, names)| names.is_empty()) {
                let message = format!("[{name}] names no field for `{field}`");
                return Err(Diagnostic::error(file, "source.bad-profile", message)
                    .help("without it no row can be tied to an act"));
            }
        }
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_profiles_are_whole_and_sorted() {
        let all = Profile::built_in();
        for (text, profile) in BUILT_IN.iter().zip(&all) {
            assert_eq!(Profile::read("p", text.as_bytes()).as_ref(), Ok(profile));
            assert!(!profile.alerts.rule_name.is_empty() && !profile.alerts.made.is_empty());
        }
        assert!(all.is_sorted_by(|a, b| a.name < b.name));
    }

    #[test]
    fn a_fault_has_its_place() {
        let text =
            BUILT_IN[2].replace("host = [\"host.name\", \"host.hostname\", \"agent.name\"]", "hosts = []");
        let fault = Profile::read("p.toml", text.as_bytes()).expect_err("no such key");
        assert!(fault.message.contains("hosts"), "{fault}");
        let text =
            BUILT_IN[2].replace("host = [\"host.name\", \"host.hostname\", \"agent.name\"]", "host = []");
        let fault = Profile::read("p.toml", text.as_bytes()).expect_err("no host");
        assert!(fault.message.contains("`host`"), "{fault}");
    }
}
