//! Technique ids that changed between two ATT&CK versions.

use std::collections::BTreeMap;

use model::diagnostic::Diagnostic;
use model::document;
use model::id::TechniqueId;
use model::read::Read;
use serde::Deserialize;

use crate::findings::{Findings, json_complaint, json_place};

/// The built-in map between v18 and v19.
const BUILT_IN: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/attack/versions.json"));

/// The format our own maps name.
const FORMAT: &str = "feuerprobe-version-map/1";

/// Which technique ids of one ATT&CK version stand for which of another.
///
/// It works both ways: newer tags are joined to an older matrix and older tags
/// to a newer one. Where one id became several, all are named, the closest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VersionMap {
    newer: BTreeMap<TechniqueId, Vec<TechniqueId>>,
    older: BTreeMap<TechniqueId, Vec<TechniqueId>>,
}

impl VersionMap {
    /// Returns what an id of the older version became, closest first; nothing when it did not change.
    pub fn newer(&self, id: &TechniqueId) -> &[TechniqueId] {
        self.newer.get(id).map_or(&[], Vec::as_slice)
    }

    /// Returns what an id of the newer version was, closest first; nothing when it did not change.
    pub fn older(&self, id: &TechniqueId) -> &[TechniqueId] {
        self.older.get(id).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, older: &TechniqueId, newer: &TechniqueId) {
        for (map, from, to) in [(&mut self.newer, older, newer), (&mut self.older, newer, older)] {
            let list = map.entry(from.clone()).or_default();
            if !list.contains(to) {
                list.push(to.clone());
            }
        }
    }
}

/// Returns the built-in map between ATT&CK v18 and v19.
pub fn version_map() -> VersionMap {
    let mut said = Vec::new();
    let map = read_version_map("built-in version map", BUILT_IN.as_bytes()).report(&mut said);
    debug_assert!(said.is_empty(), "the built-in map is whole: {said:?}");
    map
}

/// Returns the map in `bytes`, empty when they hold none.
///
/// Two JSON shapes are read. Ours:
///
/// ```json
/// {"format": "feuerprobe-version-map/1", "older": "18.1", "newer": "19",
///  "changes": [{"older": "T1562.004", "newer": ["T1686", "T1686.003"]}]}
/// ```
///
/// and a table of single pairs, `{"map": {"T1562.004": {"v19": "T1686",
/// "seen_in_sigma_retagging": {"T1686.003": 20}}}}`, in which the ids and how
/// often each was seen make a split. A pair that names no technique ids is left
/// out and reported.
pub fn read_version_map(file: &str, bytes: &[u8]) -> Read<VersionMap> {
    let mut findings = Findings::new(file);
    let mut map = VersionMap::default();
    let right = "expected {\"format\": \"feuerprobe-version-map/1\", \"changes\": [{\"older\": \"T…\", \"newer\": [\"T…\"]}]}";
    match document::text(file, bytes).map(serde_json::from_str::<RawMap>) {
        Err(d) => findings.push(d),
        Ok(Err(e)) => {
            let d = Diagnostic::error(file, "version-map.syntax", json_complaint(&e)).help(right);
            findings.push(json_place(d, &e));
        }
        Ok(Ok(raw)) => {
            if raw.format.as_deref().is_some_and(|f| f != FORMAT) {
                findings.warn(
                    "version-map.format",
                    "the file names another format; it is read all the same",
                    right,
                );
            }
            for (older, newer) in raw.pairs() {
                match (TechniqueId::new(&older), TechniqueId::new(&newer)) {
                    (Ok(older), Ok(newer)) => map.add(&older, &newer),
                    (Err(e), _) | (_, Err(e)) => {
                        let message = format!("the pair {older} to {newer} was left out: {e}");
                        findings.warn("version-map.bad-pair", message, right);
                    }
                }
            }
            if map == VersionMap::default() {
                findings.warn("version-map.empty", "the map holds no pair of technique ids", right);
            }
        }
    }
    Read::new(map, findings.finish())
}

#[derive(Deserialize)]
struct RawMap {
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    changes: Vec<RawChange>,
    #[serde(default)]
    map: BTreeMap<String, RawRow>,
}

#[derive(Deserialize)]
struct RawChange {
    older: String,
    newer: Vec<String>,
}

#[derive(Deserialize)]
struct RawRow {
    v19: String,
    #[serde(default)]
    basis: String,
    #[serde(default)]
    seen_in_sigma_retagging: BTreeMap<String, u64>,
}

impl RawMap {
    /// Returns all pairs, closest first in either direction.
    fn pairs(self) -> Vec<(String, String)> {
        let ours = self.changes.into_iter();
        let mut pairs: Vec<_> =
            ours.flat_map(|c| c.newer.into_iter().map(move |newer| (c.older.clone(), newer))).collect();
        let mut rows = Vec::new();
        for (older, row) in self.map {
            // The same name before and after is the best sign of the same technique,
            // then how often people made this very change.
            let named = row.basis.starts_with("name");
            let seen = |id: &str| row.seen_in_sigma_retagging.get(id).copied().unwrap_or(0);
            rows.push((named, seen(&row.v19), older.clone(), row.v19.clone()));
            let others = row.seen_in_sigma_retagging.iter().filter(|(id, _)| **id != row.v19);
            rows.extend(others.map(|(id, n)| (false, *n, older.clone(), id.clone())));
        }
        rows.sort_by(|a, b| (b.0, b.1, &a.2, &a.3).cmp(&(a.0, a.1, &b.2, &b.3)));
        pairs.extend(rows.into_iter().map(|(_, _, older, newer)| (older, newer)));
        pairs
    }
}
