//! SARIF 2.1.0, the form in which code hosts and scanners exchange findings.

use model::finding::Segment;
use model::outflow::{Class, Finding, Outflow, What};
use serde_json::{Value, json};

/// Kinds in the order of their numbers in the list of rules.
const KINDS: [What; 9] = [
    What::Kvnr,
    What::Kvnr20,
    What::Kvnr30,
    What::Iccsn,
    What::Rvnr,
    What::TaxId,
    What::Iban,
    What::Lanr,
    What::Ik,
];

/// Returns the listed findings as SARIF 2.1.0.
pub fn sarif(result: &Outflow) -> String {
    let rules: Vec<Value> = KINDS
        .iter()
        .map(|what| json!({"id": id(*what), "shortDescription": {"text": what.name()}, "defaultConfiguration": {"level": level(*what)}}))
        .collect();
    let results: Vec<Value> = result.findings.iter().map(finding).collect();
    let notes: Vec<Value> = result
        .unread
        .iter()
        .map(|u| json!({"level": "warning", "message": {"text": format!("{}: {}", u.place, u.trouble)}}))
        .collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "feuerprobe", "version": result.product, "rules": rules}},
            "invocations": [{"executionSuccessful": result.complete(), "toolExecutionNotifications": notes}],
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn id(what: What) -> String {
    let name = serde_json::to_value(what).unwrap_or_default();
    format!("outflow.{}", name.as_str().unwrap_or_default())
}

fn level(what: What) -> &'static str {
    if super::personal(what) { "error" } else { "note" }
}

fn finding(finding: &Finding) -> Value {
    let index = KINDS.iter().position(|k| *k == finding.what);
    let file = finding.place.path.iter().find_map(|s| match s {
        Segment::File(name) => Some(name.as_str()),
        _ => None,
    });
    // A line is one of the file only where no container lies between them.
    let line = match finding.place.path.as_slice() {
        [Segment::File(_), Segment::Line(line)] => Some(*line),
        _ => None,
    };
    let mut physical = json!({"artifactLocation": {"uri": uri(file.unwrap_or("-"))}});
    if let Some(line) = line {
        physical["region"] = json!({"startLine": line});
    }
    let mut value = json!({
        "ruleId": id(finding.what),
        "ruleIndex": index,
        "level": if finding.class == Class::Data { level(finding.what) } else { "note" },
        "message": {"text": format!("{} ({}) at {}", finding.what.name(), super::class(finding.class), finding.place)},
        "locations": [{
            "physicalLocation": physical,
            "logicalLocations": [{"fullyQualifiedName": finding.place.to_string()}],
        }],
        "partialFingerprints": {"feuerprobeToken/v1": finding.token},
        "rank": (finding.confidence.get() * 1000.0).round() / 10.0,
    });
    if finding.class == Class::Accepted {
        value["suppressions"] = json!([{"kind": "external"}]);
    }
    value
}

/// Returns a file name as a relative reference of RFC 3986.
pub(crate) fn uri(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for b in name.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02X}"));
        }
    }
    out
}
