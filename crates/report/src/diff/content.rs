//! What changed in the content of two records: figures of the estate, campaigns and playbooks by
//! their key, and recordings that came or went.

use std::collections::BTreeMap;

use model::record::Record;
use model::recording::Recording;
use model::verdict::Verdict;
use serde_json::Value;

use crate::number::plural;
use crate::words;

/// How many changes of one file are named; the rest is counted.
const NAMED: usize = 20;

/// Returns what changed in one part of the content, a line each: `assets.north-mail.count 3 → 4`.
pub(super) fn changes(before: &Value, after: &Value) -> Vec<String> {
    let flat = |part: &Value| {
        let mut leaves = BTreeMap::new();
        leaf(String::new(), part, &mut leaves);
        leaves
    };
    let (old, new) = (flat(before), flat(after));
    let mut lines: Vec<String> = Vec::new();
    for key in old.keys().chain(new.keys().filter(|k| !old.contains_key(*k))) {
        match (old.get(key), new.get(key)) {
            (Some(was), Some(now)) if was == now => {}
            (was, now) => {
                let shown = |text: Option<&String>| text.map_or("nothing", String::as_str).to_owned();
                lines.push(format!("{key} {} → {}", shown(was), shown(now)));
            }
        }
    }
    let more = lines.len().saturating_sub(NAMED);
    lines.truncate(NAMED);
    if more > 0 {
        lines.push(format!("and {}", plural(more as u64, "more change", "more changes")));
    }
    lines
}

/// Adds every figure of a value under its key; entries of a list go by their `id`, or else by
/// their place.
fn leaf(key: String, value: &Value, leaves: &mut BTreeMap<String, String>) {
    let under = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match value {
        Value::Object(entries) => {
            for (name, inner) in entries {
                leaf(under(name), inner, leaves);
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                let id = inner.get("id").or_else(|| inner.get("service")).and_then(Value::as_str);
                leaf(under(id.unwrap_or(&place.to_string())), inner, leaves);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            leaves.insert(key, text.clone());
        }
        other => {
            leaves.insert(key, other.to_string());
        }
    }
}

/// Returns which recordings came and went, with what their verdicts said.
pub(super) fn recordings(a: &Record, b: &Record) -> Vec<(&'static str, String)> {
    let missing = |from: &Record, in_: &Record| -> Vec<Recording> {
        from.recordings.iter().filter(|r| in_.recordings.iter().all(|o| o.id != r.id)).cloned().collect()
    };
    let told = |record: &Record, recording: &Recording| {
        let own = record.verdicts.iter().filter(|v| v.recording == recording.id);
        let said: Vec<String> =
            own.map(|v: &Verdict| format!("{} {}", v.technique, words::outcome(v))).collect();
        if said.is_empty() {
            recording.id.to_string()
        } else {
            format!("{}: {}", recording.id, said.join(", "))
        }
    };
    let gone = missing(a, b).iter().map(|r| ("  gone     ", told(a, r))).collect::<Vec<_>>();
    let new = missing(b, a).iter().map(|r| ("  new      ", told(b, r))).collect::<Vec<_>>();
    gone.into_iter().chain(new).collect()
}
