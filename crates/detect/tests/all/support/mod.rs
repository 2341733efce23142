//! Small rule sets, events and recordings for the tests of this crate.

use std::sync::Arc;

use detect::{RuleFile, RuleSet, Seen, Watch, Watched};
use model::attack::{JoinPath, Joined};
use model::detection::RuleSetSummary;
use model::event::{Event, LogSource, Origin};
use model::id::{RecordingId, RuleId, TechniqueId};
use model::quantity::{Millis, Timestamp};
use model::recording::{LabelQuality, Recording, RecordingKind, RunStatus};
use serde_json::Value;

pub(crate) fn join(published: &str) -> Joined {
    let id = published.trim_start_matches("attack.");
    // One technique that was split and one that is unknown, as in real matrices.
    let mapped: Vec<TechniqueId> = match id {
        "t1562.004" => vec!["T1686", "T1686.001"],
        "t9999" => Vec::new(),
        other => vec![other],
    }
    .into_iter()
    .filter_map(|id| TechniqueId::new(id).ok())
    .collect();
    let how = match mapped.len() {
        0 => JoinPath::NotJoined,
        1 => JoinPath::Same,
        _ => JoinPath::VersionMap,
    };
    Joined { published: published.to_owned(), mapped, how }
}

pub(crate) fn rules(files: &[(&str, &str)]) -> (RuleSet, RuleSetSummary) {
    let files = files
        .iter()
        .map(|(path, text)| RuleFile { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() });
    RuleSet::read(files.collect(), &join).into_parts().0
}

/// Returns a rule on Windows process creation: one selection, or a whole detection block.
pub(crate) fn rule(id: &str, technique: &str, selection: &str) -> String {
    format!(
        "title: Rule {id}\nid: {id}\nlevel: high\ntags: [attack.execution, attack.{technique}]\n\
         logsource: {{product: windows, category: process_creation}}\n\
         detection:\n  selection:\n    {selection}\n  condition: selection\n"
    )
}

pub(crate) fn process_creation() -> Arc<Origin> {
    Arc::new(Origin {
        product: Some("windows".to_owned()),
        categories: vec!["process_creation".to_owned()],
        services: vec!["sysmon".to_owned()],
    })
}

pub(crate) fn source(product: &str, category: &str) -> LogSource {
    LogSource { product: Some(product.to_owned()), category: Some(category.to_owned()), service: None }
}

/// Returns an event at `second` seconds on host `wks-1`.
pub(crate) fn event(index: u64, second: i64, fields: Value) -> Event {
    let Value::Object(fields) = fields else { panic!("fields are an object") };
    Event {
        index,
        time: Some(Timestamp(second * 1_000)),
        arrived: None,
        host: Some("WKS-1.example.org".to_owned()),
        origin: process_creation(),
        fields: fields.into(),
    }
}

pub(crate) fn recording(technique: &str) -> Recording {
    Recording {
        id: RecordingId::new("lab/one").unwrap(),
        title: "one".to_owned(),
        kind: RecordingKind::Attack,
        techniques: vec![TechniqueId::new(technique).unwrap()],
        published: Vec::new(),
        label: LabelQuality::TechniqueExact,
        run: RunStatus::Completed,
        files: Vec::new(),
        act: None,
        end: None,
        host: None,
        marker: None,
        telemetry: Vec::new(),
        success: None,
        blocked: None,
        expected_rules: Vec::new(),
        deadline: Millis::MINUTE,
        source: "made for this test".to_owned(),
    }
}

pub(crate) fn rule_id(id: &str) -> RuleId {
    RuleId::new(id).unwrap()
}

/// Looks at the events in batches of `size` and finishes.
pub(crate) fn watch(rules: &RuleSet, recording: &Recording, events: &[Event], size: usize) -> Watched {
    let watch = Watch::new(rules, recording);
    let mut all = Seen::default();
    for batch in events.chunks(size) {
        all.absorb(watch.look(batch));
    }
    watch.finish(all, 0)
}
