//! Every folder of `tests/cases` holds telemetry in one shape and what becomes of it.
//! `UPDATE=1` writes what becomes of it anew.

use std::path::Path;

use crate::support::{join, list, open, read};
use model::recording::Recording;
use serde_json::{Value, json};

fn outcome(root: &Path, recording: &Recording) -> Value {
    let (parsed, summary) = read(root, recording);
    let events: Vec<Value> = parsed
        .events
        .iter()
        .map(|event| {
            json!({
                "index": event.index,
                "time": event.time,
                "arrived": event.arrived,
                "host": event.host,
                "origin": format!(
                    "{} [{}] [{}]",
                    event.origin.product.as_deref().unwrap_or("-"),
                    event.origin.categories.join(" "),
                    event.origin.services.join(" ")
                ),
                "fields": event.fields,
            })
        })
        .collect();
    let diagnostics: Vec<String> =
        summary.diagnostics.iter().chain(&parsed.diagnostics).map(ToString::to_string).collect();
    json!({
        "events": events,
        "derived": parsed.derived,
        "unreadable": parsed.unreadable + summary.unreadable,
        "diagnostics": diagnostics,
    })
}

#[test]
fn telemetry_of_every_shape_becomes_what_is_written_beside_it() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases"));
    let inputs: Vec<String> = list(root).into_iter().filter(|f| f.contains("/in")).collect();
    assert!(inputs.len() > 10);
    let (found, said) = telemetry::survey(&inputs, &|path| open(root, path), &join).into_parts();
    assert_eq!(found.recordings.len(), inputs.len(), "{said:?}");
    let mut wrong = Vec::new();
    for recording in &found.recordings {
        let name = recording.id.as_str().split_once("/in").map_or(recording.id.as_str(), |(name, _)| name);
        let got = serde_json::to_string_pretty(&outcome(root, recording)).unwrap() + "\n";
        let file = root.join(name).join("expected.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&file, &got).unwrap();
        }
        if std::fs::read_to_string(&file).unwrap_or_default() != got {
            wrong.push(format!("{name}:\n{got}"));
        }
    }
    assert!(wrong.is_empty(), "differ from expected.json:\n{}", wrong.join("\n"));
}
