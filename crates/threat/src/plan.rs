//! Adversary emulation plans: lists of steps as the Center for Threat-Informed Defense
//! publishes them.

use model::campaign::Campaign;
use model::diagnostic::Diagnostic;
use model::document::{self, Spanned};
use model::read::Read;
use serde_json::Value;

use crate::findings::Findings;
use crate::graph::{Form, Graph, Node, Role, fold};
use crate::joiner::Joiner;

/// Returns whether a YAML file is a plan: its first line of content begins a list, which no
/// campaign of ours is.
pub(crate) fn is_plan(bytes: &[u8]) -> bool {
    document::begins_list(&String::from_utf8_lossy(bytes))
}

/// Returns the plan as a campaign: its steps one after the other in the order of the list.
///
/// A plan states neither durations, targets nor effects: durations are assumed and say so in
/// their `source`, targets take every asset, effects follow from the techniques. A step without
/// a technique is bridged, as is said.
pub(crate) fn read_plan(file: &str, bytes: &[u8], joiner: &Joiner<'_>) -> Read<Option<Campaign>> {
    let mut findings = Findings::new(file);
    let entries: Vec<Spanned<Value>> = match document::foreign_yaml(file, bytes) {
        Ok(entries) => entries,
        Err(d) => return Read::new(None, vec![d]),
    };
    let details = entries.iter().find_map(|e| e.value.get("emulation_plan_details"));
    let steps: Vec<&Value> =
        entries.iter().map(|e| &e.value).filter(|e| e.get("emulation_plan_details").is_none()).collect();
    if !steps.iter().any(|s| s.get("technique").is_some()) {
        let d = Diagnostic::error(file, "plan.no-steps", "the list has no step with a technique");
        findings.push(d.help("expected an emulation plan, or a campaign.yaml, which is no list"));
        return Read::new(None, findings.finish());
    }
    let text = |map: Option<&Value>, key: &str| map.and_then(|m| m.get(key)).and_then(written);
    let stem = file.rsplit('/').next().unwrap_or(file);
    let name = text(details, "adversary_name")
        .unwrap_or_else(|| stem.rsplit_once('.').map_or(stem, |(stem, _)| stem).to_owned());
    let id = |place: usize| format!("step-{}", place + 1);
    let nodes: Vec<Node> = steps
        .iter()
        .enumerate()
        .map(|(place, step)| Node {
            id: id(place),
            name: text(Some(step), "name").unwrap_or_else(|| id(place)),
            role: Role::Action(text(step.get("technique"), "attack_id")),
            next: if place + 1 < steps.len() { vec![id(place + 1)] } else { Vec::new() },
            otherwise: Vec::new(),
        })
        .collect();
    let graph = Graph {
        form: Form::Plan,
        id: text(details, "id").unwrap_or_else(|| name.clone()),
        description: text(details, "adversary_description").unwrap_or_default().trim().to_owned(),
        name,
        starts: vec![id(0)],
        nodes,
    };
    let campaign = fold(&graph, joiner, &mut findings);
    Read::new(campaign, findings.finish())
}

/// Returns a scalar as text.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
