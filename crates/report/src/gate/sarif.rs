//! SARIF 2.1.0: what lies in a file, for code hosts.

use model::gate::{Gate, Offence};
use serde_json::{Value, json};

use super::{fingerprint, kind, sentence};
use crate::outflow::sarif::uri;

/// Kinds of results: id, description, level.
const KINDS: [(&str, &str, &str); 4] = [
    ("lost-rule", "A rule that must fire on a recording and did not", "error"),
    ("miss", "A technique that was not seen in time", "warning"),
    ("benign-firing", "A rule that fired where nothing bad happened", "warning"),
    ("content-error", "A file that could not be used", "error"),
];

/// Returns the offences of a gate as SARIF 2.1.0. Prints hold no line numbers, so that a result
/// is the same while its file changes elsewhere.
pub fn sarif(gate: &Gate) -> String {
    let rules: Vec<Value> = KINDS
        .iter()
        .map(|(id, what, level)| {
            json!({"id": id, "shortDescription": {"text": what}, "defaultConfiguration": {"level": level}})
        })
        .collect();
    let results: Vec<Value> = gate.offences().into_iter().map(result).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "feuerprobe", "version": gate.product, "rules": rules}},
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn result(offence: &Offence) -> Value {
    let id = kind(offence);
    let index = KINDS.iter().position(|(known, _, _)| *known == id);
    let level = KINDS.iter().find(|(known, _, _)| *known == id).map_or("warning", |(_, _, level)| *level);
    let mut value = json!({
        "ruleId": id,
        "ruleIndex": index,
        "level": level,
        "message": {"text": sentence(offence)},
        "partialFingerprints": {"feuerprobe/v1": fingerprint(offence)},
    });
    if let Some(place) = &offence.place {
        value["locations"] = json!([{"physicalLocation": {
            "artifactLocation": {"uri": uri(&place.file)},
            "region": {"startLine": place.line},
        }}]);
    }
    if let Some(known) = offence.known {
        value["baselineState"] = json!(if known { "unchanged" } else { "new" });
    }
    if let Some(accepted) = &offence.accepted {
        let reason = format!("{} (owner {}, until {})", accepted.reason, accepted.owner, accepted.until);
        value["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": reason}]);
    }
    value
}
