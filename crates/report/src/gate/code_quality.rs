//! GitLab's code quality report.

use model::gate::{Gate, Offence};
use serde_json::{Value, json};

use super::{fingerprint, kind, sentence};

/// Returns the offences that are not accepted and lie in a file, in the shape that GitLab reads.
pub fn code_quality(gate: &Gate) -> String {
    let open = gate.offences().into_iter().filter(|o| o.accepted.is_none());
    let list: Vec<Value> = open.filter_map(one).collect();
    format!("{:#}\n", Value::Array(list))
}

fn one(offence: &Offence) -> Option<Value> {
    let place = offence.place.as_ref()?;
    let severity = match kind(offence) {
        "lost-rule" | "content-error" => "critical",
        "miss" => "major",
        _ => "minor",
    };
    Some(json!({
        "description": sentence(offence),
        "check_name": kind(offence),
        "fingerprint": fingerprint(offence),
        "severity": severity,
        "location": {"path": place.file, "lines": {"begin": place.line}},
    }))
}
