//! Attack Flow 2 as the builder saves it (`.afb`, schema `attack_flow_v2`).
//!
//! Such a file is a drawing. An arrow is a line whose two ends are latches, a
//! latch sticks to an anchor, and an anchor belongs to a box: the edge between
//! two boxes is found by going from latch to anchor to box at both ends.

use std::collections::{BTreeMap, BTreeSet};

use model::campaign::{Campaign, Operator};
use model::diagnostic::Diagnostic;
use model::document;
use model::read::Read;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::findings::{Findings, json_complaint, json_place};
use crate::graph::{Form, Graph, Node, Role, fold};
use crate::joiner::Joiner;

/// The schema that is read.
const SCHEMA: &str = "attack_flow_v2";

#[derive(Deserialize)]
struct RawFile<'t> {
    #[serde(default)]
    schema: Option<String>,
    #[serde(default, borrow)]
    objects: Vec<&'t RawValue>,
}

#[derive(Deserialize)]
struct RawObject {
    id: String,
    instance: String,
    #[serde(default)]
    properties: Vec<(String, Value)>,
    /// Anchor by position; the position `branch:False` is the way out of a
    /// condition that does not hold.
    #[serde(default)]
    anchors: BTreeMap<String, String>,
    #[serde(default)]
    latches: Vec<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    target: Option<String>,
}

impl RawObject {
    fn property(&self, name: &str) -> Option<&Value> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.property(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty())
    }

    /// Returns the technique id; newer files keep it as a pair with the tactic.
    fn technique(&self) -> Option<String> {
        let pair = || {
            let rows = self.property("ttp")?.as_array()?.iter().filter_map(Value::as_array);
            rows.filter(|row| row.first().and_then(Value::as_str) == Some("technique"))
                .find_map(|row| row.get(1)?.as_str())
        };
        self.text("technique_id").or_else(pair).filter(|t| !t.trim().is_empty()).map(str::to_owned)
    }

    fn role(&self) -> Option<Role> {
        match self.id.as_str() {
            "action" => Some(Role::Action(self.technique())),
            "AND_operator" => Some(Role::Operator(Operator::All)),
            "OR_operator" => Some(Role::Operator(Operator::Any)),
            // A note is no part of the course of events; neither is the flow itself.
            "flow" | "note" | "dynamic_line" => None,
            // Conditions, and the tools, files and accounts that stand between two acts.
            _ if !self.anchors.is_empty() => Some(Role::Passage),
            _ => None,
        }
    }
}

/// Returns the campaigns drawn in a file of the Attack Flow builder, read like
/// [`crate::read_flow`] reads the exported bundle.
pub fn read_afb(file: &str, bytes: &[u8], joiner: &Joiner<'_>) -> Read<Vec<Campaign>> {
    let mut findings = Findings::new(file);
    let text = match document::text(file, bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(d) => return Read::new(Vec::new(), vec![d]),
    };
    let right = "expected a file saved by the Attack Flow builder, version 3 (schema attack_flow_v2)";
    let raw: RawFile<'_> = match serde_json::from_str(text) {
        Ok(raw) => raw,
        Err(e) => {
            let d = Diagnostic::error(file, "afb.syntax", json_complaint(&e)).help(right);
            return Read::new(Vec::new(), vec![json_place(d, &e)]);
        }
    };
    if raw.schema.as_deref() != Some(SCHEMA) {
        let message = format!("the file has the schema {:?}", raw.schema.unwrap_or_default());
        return Read::new(Vec::new(), vec![Diagnostic::error(file, "afb.schema", message).help(right)]);
    }
    let objects = objects(&raw.objects, &mut findings);
    let graph = graph(&objects, &mut findings);
    let campaign = fold(&graph, joiner, &mut findings);
    Read::new(campaign.into_iter().collect(), findings.finish())
}

fn objects(raw: &[&RawValue], findings: &mut Findings<'_>) -> Vec<RawObject> {
    let mut objects: Vec<RawObject> = Vec::new();
    let mut seen = BTreeSet::new();
    for (i, raw) in raw.iter().enumerate() {
        let complaint = match serde_json::from_str::<RawObject>(raw.get()) {
            Ok(object) if seen.insert(object.instance.clone()) => {
                objects.push(object);
                continue;
            }
            Ok(object) => format!("the instance {} stands in the file twice", object.instance),
            Err(e) => json_complaint(&e),
        };
        let message = format!("object {} of the drawing was left out: {complaint}", i + 1);
        findings.warn("afb.bad-object", message, "an object has an id (its kind) and an instance of its own");
    }
    objects
}

fn graph(objects: &[RawObject], findings: &mut Findings<'_>) -> Graph {
    let mut nodes: Vec<Node> = Vec::new();
    // Box and position by anchor, then box and position by latch.
    let mut anchors: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for object in objects {
        let Some(role) = object.role() else { continue };
        for (position, anchor) in &object.anchors {
            anchors.insert(anchor, (nodes.len(), position));
        }
        let name = object.text("name").or_else(|| object.text("description")).unwrap_or(&object.id);
        nodes.push(Node {
            id: object.instance.clone(),
            name: name.to_owned(),
            role,
            next: Vec::new(),
            otherwise: Vec::new(),
        });
    }
    let mut latches: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for object in objects {
        if let Some(place) = anchors.get(object.instance.as_str()) {
            latches.extend(object.latches.iter().map(|l| (l.as_str(), *place)));
        }
    }
    let end = |latch: &Option<String>| latch.as_deref().and_then(|l| latches.get(l)).copied();
    for line in objects.iter().filter(|o| o.id == "dynamic_line") {
        let (Some((from, position)), Some((to, _))) = (end(&line.source), end(&line.target)) else {
            // Lines of notes and lines with a loose end are drawing only.
            let message = format!("line {} does not join two boxes", line.instance);
            findings.push(Diagnostic::note(findings.file(), "afb.loose-line", message));
            continue;
        };
        let to = nodes[to].id.clone();
        if position.eq_ignore_ascii_case("branch:false") {
            nodes[from].otherwise.push(to);
        } else {
            nodes[from].next.push(to);
        }
    }
    let flow = objects.iter().find(|o| o.id == "flow");
    let text = |name: &str| flow.and_then(|f| f.text(name)).map(str::to_owned);
    Graph {
        form: Form::Flow,
        id: flow.map_or_else(|| "flow".to_owned(), |f| f.instance.clone()),
        name: text("name").unwrap_or_else(|| findings.file().to_owned()),
        description: text("description").unwrap_or_default(),
        starts: Vec::new(),
        nodes,
    }
}
