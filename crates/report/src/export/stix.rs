//! STIX 2.1: what was alerted on, as sightings.

use std::collections::BTreeMap;

use model::id::TechniqueId;
use model::quantity::Timestamp;
use model::record::{Record, RunInfo};
use model::verdict::{Outcome, Verdict};
use serde_json::{Value, json};

use super::{NO_TIME, id, rfc3339};
use crate::words;

/// Returns a bundle with the provider as identity, and for each technique that was alerted on
/// its attack pattern and a sighting of it: how often, and between which acts.
///
/// A technique that was not alerted on has no sighting. That says nothing about whether it was
/// tested; the verdicts do.
pub(super) fn stix(record: &Record, info: Option<&RunInfo>) -> Result<String, &'static str> {
    let info = info.ok_or(NO_TIME)?;
    let stored = rfc3339(info.stored);
    let provider = record.estate.as_ref().map_or("Feuerprobe", |e| e.name.as_str());
    let identity = format!("identity--{}", id("identity", provider));
    let mut objects = vec![json!({
        "type": "identity", "spec_version": "2.1", "id": identity,
        "created": stored, "modified": stored, "name": provider, "identity_class": "organization",
    })];
    let mut seen: BTreeMap<&TechniqueId, Vec<&Verdict>> = BTreeMap::new();
    for verdict in &record.verdicts {
        if matches!(verdict.outcome, Some(Outcome::Alerted { .. })) {
            seen.entry(&verdict.technique).or_default().push(verdict);
        }
    }
    for (technique, verdicts) in seen {
        let pattern = format!("attack-pattern--{}", id("attack-pattern", technique.as_str()));
        objects.push(json!({
            "type": "attack-pattern", "spec_version": "2.1", "id": pattern,
            "created": stored, "modified": stored,
            "created_by_ref": identity,
            "name": words::technique_name(record, technique),
            "external_references": [{"source_name": "mitre-attack", "external_id": technique.as_str()}],
        }));
        objects.push(sighting(record, info, &stored, &identity, &pattern, technique, &verdicts));
    }
    let bundle = json!({
        "type": "bundle",
        "id": format!("bundle--{}", id("bundle", info.id.as_str())),
        "objects": objects,
    });
    Ok(format!("{bundle:#}\n"))
}

fn sighting(
    record: &Record,
    info: &RunInfo,
    stored: &str,
    identity: &str,
    pattern: &str,
    technique: &TechniqueId,
    verdicts: &[&Verdict],
) -> Value {
    let acts: Vec<Timestamp> =
        verdicts.iter().filter_map(|v| record.recordings.iter().find(|r| r.id == v.recording)?.act).collect();
    let mut value = json!({
        "type": "sighting", "spec_version": "2.1",
        "id": format!("sighting--{}", id("sighting", &format!("{}/{technique}", info.id))),
        "created": stored, "modified": stored,
        "created_by_ref": identity,
        "sighting_of_ref": pattern,
        "where_sighted_refs": [identity],
        "count": verdicts.len(),
        "description": format!(
            "alerted on {}",
            verdicts.iter().map(|v| v.recording.to_string()).collect::<Vec<_>>().join(", ")
        ),
    });
    if let (Some(first), Some(last)) = (acts.iter().min(), acts.iter().max()) {
        value["first_seen"] = json!(rfc3339(*first));
        value["last_seen"] = json!(rfc3339(*last));
    }
    value
}
