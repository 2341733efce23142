//! The ATT&CK matrix as a layer for the Navigator (layer format 4.5).

use model::record::Record;
use model::verdict::{Outcome, OutcomeKind};
use serde_json::{Value, json};

use crate::words;

/// Returns a layer with a score per tested technique: the share of its verdicts that
/// were prevented or alerted in time, 0 to 100. A technique without a test gets no score.
pub fn navigator(record: &Record) -> String {
    let ids = record.matrix.techniques.keys();
    let techniques: Vec<Value> = ids.filter_map(|id| technique(record, id)).collect();
    let layer = json!({
        "name": record.estate.as_ref().map_or("Feuerprobe", |e| e.name.as_str()),
        "versions": { "attack": record.matrix.version, "navigator": "5.1.0", "layer": "4.5" },
        "domain": record.matrix.domain,
        "description": "Share of verdicts that were prevented or alerted in time; no score means not measured.",
        "gradient": { "colors": ["#c04a00", "#e3a020", "#00765a"], "minValue": 0, "maxValue": 100 },
        "legendItems": [
            { "label": "never prevented or alerted in time", "color": "#c04a00" },
            { "label": "always prevented or alerted in time", "color": "#00765a" },
        ],
        "techniques": techniques,
    });
    // Every value above is a string, a number or a list of such: writing it cannot fail.
    serde_json::to_string_pretty(&layer).unwrap_or_default()
}

fn technique(record: &Record, id: &model::id::TechniqueId) -> Option<Value> {
    let own: Vec<_> = record.verdicts.iter().filter(|v| &v.technique == id).collect();
    let measured = own.iter().filter(|v| match v.outcome.as_ref().map(Outcome::kind) {
        Some(OutcomeKind::Inconclusive) | None => false,
        Some(_) => true,
    });
    let measured = measured.count();
    let good = own.iter().filter(|v| words::is_good(v)).count();
    let untested = record.not_tested.iter().find(|n| &n.technique == id);
    let comment = match (own.is_empty(), untested) {
        (true, None) => return None,
        (true, Some(untested)) => format!("not measured: {}", untested.why),
        (false, _) => {
            let lines: Vec<String> =
                own.iter().map(|v| format!("{}: {}", v.recording, words::outcome(v))).collect();
            lines.join("\n")
        }
    };
    let mut entry = json!({ "techniqueID": id.as_str(), "enabled": true, "comment": comment });
    if measured > 0 {
        entry["score"] = json!((good * 100).div_ceil(measured).min(100));
    }
    Some(entry)
}
