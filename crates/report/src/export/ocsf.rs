//! OCSF 1.8: detection findings (class 2004 of category 2).

use model::record::{Record, RunInfo};
use model::verdict::{Outcome, Verdict};
use serde_json::{Value, json};

use super::{NO_TIME, id};
use crate::words;

/// Version of the schema.
const VERSION: &str = "1.8.0";

/// The class, and its first activity: create.
const CLASS: u32 = 2004;
const CREATE: u32 = 1;

/// Returns a list of detection findings: one for each verdict that is logged, blind or alerted
/// late. Verdicts without an outcome are none: nothing was found out.
pub(super) fn ocsf(record: &Record, info: Option<&RunInfo>) -> Result<String, &'static str> {
    let info = info.ok_or(NO_TIME)?;
    let list: Vec<Value> = record.verdicts.iter().filter_map(|v| finding(record, info, v)).collect();
    Ok(format!("{:#}\n", Value::Array(list)))
}

fn finding(record: &Record, info: &RunInfo, verdict: &Verdict) -> Option<Value> {
    // 3 is medium and 4 high in the schema's scale.
    let severity = match verdict.outcome.as_ref()? {
        Outcome::Blind => 4,
        Outcome::Logged | Outcome::Alerted { late: true, .. } => 3,
        Outcome::Prevented { .. } | Outcome::Alerted { late: false, .. } | Outcome::Inconclusive { .. } => {
            return None;
        }
    };
    let causes: Vec<String> = verdict.causes.iter().map(|cause| words::cause(record, cause)).collect();
    let evidences: Vec<Value> = verdict
        .events
        .iter()
        .filter_map(|event| record.samples.iter().find(|sample| sample.event == *event))
        .map(|sample| json!({"data": sample.fields}))
        .collect();
    let mut value = json!({
        "activity_id": CREATE,
        "category_uid": 2,
        "class_uid": CLASS,
        "type_uid": CLASS * 100 + CREATE,
        "severity_id": severity,
        "status_id": 1,
        "time": info.stored.0,
        "message": words::outcome(verdict),
        "metadata": {
            "version": VERSION,
            "uid": id("ocsf", &format!("{}/{}", info.id, verdict.id)).to_string(),
            "correlation_uid": info.id.to_string(),
            "product": {"name": "Feuerprobe", "vendor_name": "Feuerprobe", "version": record.product},
        },
        "finding_info": {
            "uid": id("verdict", verdict.id.as_str()).to_string(),
            "title": format!("{} not seen in time", words::technique_name(record, &verdict.technique)),
            "desc": causes.join("; "),
            "types": [format!("{} on {}", verdict.technique, verdict.recording)],
        },
        "attacks": [attack(record, verdict)],
    });
    if !evidences.is_empty() {
        value["evidences"] = Value::Array(evidences);
    }
    Some(value)
}

/// Returns the technique with its tactics, a sub-technique under its parent.
fn attack(record: &Record, verdict: &Verdict) -> Value {
    let name = |id: &model::id::TechniqueId| record.matrix.techniques.get(id).map_or("", |t| t.name.as_str());
    let named = |id: &model::id::TechniqueId| json!({"uid": id.as_str(), "name": name(id)});
    let own = record.matrix.techniques.get(&verdict.technique);
    let tactics = own.into_iter().flat_map(|t| &t.tactics).filter_map(|tactic| {
        let known = record.matrix.tactics.iter().find(|k| k.id == *tactic)?;
        Some(json!({"uid": known.id.as_str(), "name": known.name}))
    });
    let mut value = json!({
        "version": record.matrix.version,
        "tactics": tactics.collect::<Vec<_>>(),
    });
    match verdict.technique.parent() {
        Some(parent) => {
            value["technique"] = named(&parent);
            value["sub_technique"] = named(&verdict.technique);
        }
        None => value["technique"] = named(&verdict.technique),
    }
    value
}
