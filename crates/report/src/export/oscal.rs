//! OSCAL assessment results: each verdict as an observation.

use model::record::{Record, RunInfo};
use model::verdict::{Outcome, Verdict};
use serde_json::{Value, json};

use super::{NO_TIME, id, rfc3339};
use crate::words;

/// The version of the format that readers know.
const OSCAL: &str = "1.2.1";

/// Returns assessment results with one result: an observation for each verdict. Findings need a map from
/// techniques to controls, which a run does not have, so there are none and no control is judged.
pub(super) fn oscal(record: &Record, info: Option<&RunInfo>) -> Result<String, &'static str> {
    let info = info.ok_or(NO_TIME)?;
    let stored = rfc3339(info.stored);
    let name = |kind: &str| id(kind, info.id.as_str()).to_string();
    let provider = record.estate.as_ref().map_or("Feuerprobe", |e| e.name.as_str());
    let observations: Vec<Value> =
        record.verdicts.iter().map(|verdict| observation(record, verdict, info, &stored)).collect();
    let mut result = json!({
        "uuid": name("oscal result"),
        "title": format!("Run {}", info.id),
        "description": "Verdicts of tests against the detection of the provider.",
        "start": stored,
        "reviewed-controls": {"control-selections": [{
            "description": "No control is judged: a run maps techniques to no control.", "include-all": {},
        }]},
    });
    if !observations.is_empty() {
        result["observations"] = json!(observations);
    }
    let plan = name("oscal plan");
    let document = json!({"assessment-results": {
        "uuid": name("oscal document"),
        "metadata": {
            "title": format!("Feuerprobe: {provider}"), "last-modified": stored,
            "version": info.hash, "oscal-version": OSCAL,
        },
        "import-ap": {"href": format!("#{plan}")},
        "results": [result],
        "back-matter": {"resources": [{
            "uuid": plan, "title": "What was run",
            "description": "The rules, recordings and procedures of the run, in its record.",
        }]},
    }});
    Ok(format!("{document:#}\n"))
}

fn observation(record: &Record, verdict: &Verdict, info: &RunInfo, stored: &str) -> Value {
    let recording = record.recordings.iter().find(|r| r.id == verdict.recording);
    let act = recording.and_then(|r| r.act).map(rfc3339);
    let outcome = match &verdict.outcome {
        Some(Outcome::Prevented { .. }) => "prevented",
        Some(Outcome::Alerted { late: false, .. }) => "alerted in time",
        Some(Outcome::Alerted { late: true, .. }) => "alerted late",
        Some(Outcome::Logged) => "logged, no rule fired",
        Some(Outcome::Blind) => "blind",
        Some(Outcome::Inconclusive { .. }) => "inconclusive",
        None => "without an outcome",
    };
    let technique = words::technique_name(record, &verdict.technique);
    let mut value = json!({
        "uuid": id("oscal observation", &format!("{}/{}", info.id, verdict.id)).to_string(),
        "title": format!("{} {technique}", verdict.technique),
        "description": format!("{technique} in {}: {outcome}", verdict.recording),
        "methods": ["TEST"],
        "props": [
            {"name": "outcome", "value": outcome, "ns": "https://feuerprobe.invalid/oscal"},
            {"name": "technique", "value": verdict.technique.as_str(), "ns": "https://feuerprobe.invalid/oscal"},
        ],
        "collected": act.as_deref().unwrap_or(stored),
    });
    if act.is_none() {
        value["remarks"] = json!("the time of the act is not known; collected is when the run was stored");
    }
    value
}
