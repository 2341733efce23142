//! What this crate makes of the shared data set, against what its index says.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{join, list, open, read, shared};
use model::recording::RecordingKind;
use serde_json::Value;
use telemetry::survey;

fn index(root: &Path, file: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root.join(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The kind of an event as the index writes it.
fn kind(fields: &model::event::Fields) -> String {
    let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
    if let Some(id) = fields["EventID"].as_u64() {
        // Where the log names no channel, the index says `None`.
        let channel = fields["Channel"].as_str().unwrap_or("None").to_owned();
        return format!("{channel}:{id}");
    }
    if fields["audit_id"].is_string() {
        return format!("auditd:{}", text("type"));
    }
    format!("exec:{}", text("Image"))
}

struct Figures {
    recordings: usize,
    events: u64,
    wrong_counts: Vec<String>,
    wrong_kinds: Vec<String>,
}

fn compare(root: &Path, recordings: &[model::recording::Recording], rows: &[Value]) -> Figures {
    let by_file: BTreeMap<&str, &Value> =
        rows.iter().map(|row| (row["file"].as_str().unwrap(), row)).collect();
    let mut figures = Figures { recordings: 0, events: 0, wrong_counts: Vec::new(), wrong_kinds: Vec::new() };
    for recording in recordings {
        let row = by_file[recording.files[0].as_str()];
        let (parsed, summary) = read(root, recording);
        let count = parsed.events.len() as u64 - parsed.derived;
        figures.recordings += 1;
        figures.events += count;
        let lost = parsed.unreadable + summary.unreadable;
        if row["events"].as_u64() != Some(count) {
            figures
                .wrong_counts
                .push(format!("{}: {} events, {count} read, {lost} unreadable", recording.id, row["events"]));
        }
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for event in &parsed.events {
            *kinds.entry(kind(&event.fields)).or_default() += 1;
        }
        for entry in row["event_kinds"].as_array().unwrap() {
            let (name, expected) = (entry[0].as_str().unwrap(), entry[1].as_u64().unwrap());
            let got = kinds.get(name).copied().unwrap_or(0);
            if got != expected {
                figures.wrong_kinds.push(format!("{}: {name} {expected}, read {got}", recording.id));
            }
        }
        for pair in parsed.events.windows(2) {
            assert!(pair[0].index < pair[1].index, "{}: places must rise", recording.id);
        }
    }
    figures
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn every_recording_has_the_events_its_index_says() {
    let Some(root) = shared() else { return };
    let mut files = list(&root.join("telemetry"));
    files.iter_mut().for_each(|f| *f = format!("telemetry/{f}"));
    files.extend(list(&root.join("benign")).into_iter().map(|f| format!("benign/{f}")));
    files.sort();
    let (found, _) = survey(&files, &|path| open(&root, path), &join).into_parts();
    let rows = [index(&root, "telemetry/index.jsonl"), index(&root, "benign/index.jsonl")].concat();
    let benign = found.recordings.iter().filter(|r| r.kind == RecordingKind::Benign).count();
    assert_eq!((found.recordings.len(), benign), (437 + 18, 18));
    let mut figures = compare(&root, &found.recordings, &rows);
    eprintln!(
        "{} recordings, {} events; other counts: {:#?}; other kinds: {:#?}",
        figures.recordings, figures.events, figures.wrong_counts, figures.wrong_kinds
    );
    assert_eq!(figures.wrong_counts, MORE_THAN_INDEXED);
    let damaged =
        |line: &String| MORE_THAN_INDEXED.iter().any(|d| d.split(": ").next() == line.split(": ").next());
    figures.wrong_kinds.retain(|line| !damaged(line));
    assert_eq!(figures.wrong_kinds, Vec::<String>::new());
}

/// The index was made with a reader that stops at a chunk which is cut off, and at the
/// first record it cannot follow. These three logs go on after such a place.
const MORE_THAN_INDEXED: [&str; 3] = [
    "benign/log2timeline-system2: 194 events, 284 read, 0 unreadable",
    "benign/omerbenamram-2-vss_0-microsoft-windows-terminalservices-remoteconnectionmanager%4operational: \
     1774 events, 1795 read, 2 unreadable",
    "benign/omerbenamram-sample-with-zero-data-size-event: 335 events, 449 read, 1 unreadable",
];

/// Event logs whose values have no names, or have them in unusual places.
#[test]
fn no_value_of_an_event_log_is_lost() {
    let Some(root) = shared() else { return };
    let root = root.join("../cases/12-evtx-unnamed-data/recordings");
    let files = list(&root);
    let (found, _) = survey(&files, &|path| open(&root, path), &join).into_parts();
    let value = |id: &str, field: &str| {
        let recording = found.recordings.iter().find(|r| r.id.as_str() == id).expect("in the data set");
        read(&root, recording).0.events[0].fields[field].to_string()
    };
    assert_eq!(value("mixed-named-unnamed", "Foo"), "\"alpha\"");
    assert_eq!(value("mixed-named-unnamed", "Data"), "\"beta\"");
    assert_eq!(value("complexdata", "PerfState"), "\"01\"");
    assert!(value("unnamed-multi", "Data").contains("CLIENT: 10."));
    assert!(value("unnamed-with-binary", "Data").len() > 4);
}
