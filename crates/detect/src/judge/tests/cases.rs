//! The cases of `tests/verdicts/`, one YAML file each.

use model::document::yaml;
use model::event::{EventRef, LogSource};
use model::id::{RecordingId, RuleId, TechniqueId};
use model::quantity::{Millis, Timestamp};
use model::recording::{LabelQuality, RunStatus};
use model::verdict::{Branch, Cause, Key, RuleRef, SelectionTree, Verdict};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::observation::{Block, Evidence, Observation, RuleState, Standing, Success, Telemetry};

pub(super) struct Case {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) observation: Observation,
    verdict: Value,
}

pub(super) fn read() -> Vec<Case> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verdicts");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let raw: RawCase = yaml(&name, &std::fs::read(&path).unwrap()).unwrap_or_else(|d| panic!("{d}"));
            Case { observation: raw.observed.build(), about: raw.about, verdict: raw.verdict, name }
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCase {
    about: String,
    observed: Raw,
    verdict: Value,
}

fn zero() -> Option<i64> {
    Some(0)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    run: Option<RunStatus>,
    /// Seconds; 0 when not given, `null` when unknown.
    #[serde(default = "zero")]
    act: Option<i64>,
    #[serde(default)]
    unreadable: u64,
    #[serde(default)]
    unrouted: u64,
    #[serde(default)]
    unrelated: u64,
    of_act: u64,
    #[serde(default)]
    first: Vec<RawEvent>,
    keys: Option<Vec<Key>>,
    #[serde(default)]
    telemetry: Vec<RawTelemetry>,
    blocked: Option<RawBlock>,
    success: Option<RawSuccess>,
    #[serde(default)]
    rules: Vec<RawRule>,
    #[serde(default)]
    others: Vec<String>,
    #[serde(default)]
    nearest: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawEvent {
    Plain(u64),
    Keyed { index: u64, keys: Vec<Key> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawTelemetry {
    source: String,
    recorded: u64,
    of_act: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBlock {
    by: String,
    proof: Vec<RawEvent>,
    fault: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSuccess {
    seen: Vec<RawEvent>,
    fault: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: String,
    standing: String,
    #[serde(default = "yes")]
    names: bool,
    #[serde(default)]
    expected: bool,
    source: Option<String>,
    at: Option<i64>,
    #[serde(default)]
    events: Vec<RawEvent>,
    #[serde(default)]
    fields: Vec<String>,
}

fn source(text: &str) -> LogSource {
    let (product, category) = text.split_once('/').unwrap();
    LogSource { product: Some(product.to_owned()), category: Some(category.to_owned()), service: None }
}

fn rule_ref(id: &str) -> RuleRef {
    RuleRef {
        id: RuleId::new(id).unwrap(),
        title: id.to_owned(),
        level: "high".to_owned(),
        hash: "0".to_owned(),
    }
}

fn seconds(at: i64) -> Timestamp {
    Timestamp(at * 1_000)
}

fn tree(rule: &str, recording: &RecordingId) -> SelectionTree {
    SelectionTree {
        rule: RuleId::new(rule).unwrap(),
        title: rule.to_owned(),
        event: EventRef { recording: recording.clone(), index: 0 },
        root: Branch {
            name: "selection".to_owned(),
            passed: false,
            leaves: Vec::new(),
            children: Vec::new(),
        },
    }
}

/// Events of a case; unless a case says otherwise, every testable key holds.
fn events(raw: Vec<RawEvent>, testable: &[Key]) -> Vec<Evidence> {
    let one = |event| match event {
        RawEvent::Plain(index) => Evidence { index, keys: testable.to_vec() },
        RawEvent::Keyed { index, keys } => Evidence { index, keys },
    };
    raw.into_iter().map(one).collect()
}

impl RawRule {
    fn build(self, keys: &[Key]) -> RuleState {
        let standing = match self.standing.as_str() {
            "not-in-set" => Standing::NotInSet,
            "not-collected" => Standing::NotCollected,
            "no-event" => Standing::NoEvent,
            "field-missing" => Standing::FieldMissing { fields: self.fields },
            "silent" => Standing::Silent,
            "suppressed" => Standing::Suppressed { events: events(self.events, keys) },
            "matched" => {
                Standing::Matched { arrived: self.at.map(seconds), events: events(self.events, keys) }
            }
            other => panic!("{other:?} is no standing"),
        };
        RuleState {
            rule: rule_ref(&self.id),
            source: source(self.source.as_deref().unwrap_or("windows/process_creation")),
            names: self.names,
            expected: self.expected,
            standing,
        }
    }
}

impl Raw {
    fn build(self) -> Observation {
        let recording = RecordingId::new("case").unwrap();
        let keys = self.keys.unwrap_or_else(|| vec![Key::File]);
        let block = |b: RawBlock| Block { by: b.by, proof: events(b.proof, &keys), fault: b.fault };
        let success = |s: RawSuccess| Success { seen: events(s.seen, &keys), fault: s.fault };
        Observation {
            technique: TechniqueId::new("T1490").unwrap(),
            label: LabelQuality::TechniqueExact,
            run: self.run.unwrap_or(RunStatus::Completed),
            act: self.act.map(seconds),
            deadline: Millis::MINUTE,
            unreadable: self.unreadable,
            unrouted: self.unrouted,
            unrelated: self.unrelated,
            of_act: self.of_act,
            first: events(self.first, &keys),
            telemetry: self.telemetry.into_iter().map(RawTelemetry::build).collect(),
            blocked: self.blocked.map(block),
            success: self.success.map(success),
            rules: self.rules.into_iter().map(|rule| rule.build(&keys)).collect(),
            others: self.others.iter().map(|id| rule_ref(id)).collect(),
            nearest: self.nearest.iter().map(|id| tree(id, &recording)).collect(),
            testable: keys,
            recording,
        }
    }
}

impl RawTelemetry {
    fn build(self) -> Telemetry {
        Telemetry { source: source(&self.source), recorded: self.recorded, of_act: self.of_act }
    }
}

/// Returns what differs from the verdict that the case expects. A case names
/// the parts it is about; lists and scalars must be equal, of objects only the
/// named members.
pub(super) fn faults(case: &Case, verdict: &Verdict) -> Vec<String> {
    let found = plain(verdict);
    let Value::Object(wanted) = &case.verdict else { return vec!["no verdict is expected".to_owned()] };
    let mut faults = Vec::new();
    for (part, wanted) in wanted {
        let found = found.get(part).unwrap_or(&Value::Null);
        if !same(wanted, found) {
            faults.push(format!("{part} should be {wanted} and is {found}"));
        }
    }
    faults
}

fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(key, value)| same(value, found.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(w, f)| same(w, f))
        }
        (Value::Number(wanted), Value::Number(found)) => wanted.as_f64() == found.as_f64(),
        (wanted, found) => wanted == found,
    }
}

fn plain(verdict: &Verdict) -> Value {
    let ids = |refs: &[RuleRef]| refs.iter().map(|rule| rule.id.to_string()).collect::<Vec<_>>();
    let mut found = json!({
        "outcome": verdict.outcome,
        "causes": verdict.causes,
        "links": verdict.causes.iter().map(Cause::link).collect::<Vec<_>>(),
        "rules": ids(&verdict.rules),
        "lost": ids(&verdict.lost),
        "events": verdict.events.iter().map(|event| event.index).collect::<Vec<_>>(),
        "keys": verdict.attribution.keys,
        "confidence": (verdict.attribution.confidence.get() * 1e6).round() / 1e6,
        "attributed": verdict.attribution.events,
    });
    for cause in &verdict.causes {
        match cause {
            Cause::RuleSilent { rules, nearest } => {
                found["silent"] = json!(rules);
                found["nearest"] = json!(nearest.iter().map(|tree| tree.rule.as_str()).collect::<Vec<_>>());
            }
            Cause::OtherTechniqueOnly { rules } => found["others"] = json!(rules),
            _ => {}
        }
    }
    found
}
