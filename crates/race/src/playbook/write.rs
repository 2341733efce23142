//! Writer of CACAO 2.0 playbooks that [`super::read_playbook`] reads back.

use model::playbook::{Action, Cut, Playbook, Repeat};
use model::quantity::Quantiles;
use serde_json::{Map, Value, json};

use super::EXTENSION;
use crate::policies::uuid;

/// Returns a playbook as a CACAO 2.0 document; `created` is an RFC 3339 time.
///
/// `None` where its actions are not one chain, or there are none: everything the decision
/// card recommends is a chain.
pub fn write_playbook(playbook: &Playbook, created: &str) -> Option<String> {
    let chain = in_order(&playbook.actions)?;
    let id = |kind: &str, name: &str| format!("{kind}--{}", uuid(name));
    let (start, end) = (id("start", &playbook.name), id("end", &playbook.name));
    let (author, agent) = (id("identity", "feuerprobe"), id("group", "crisis team"));
    let step_id = |action: &Action| match action.id.starts_with("action--") {
        true => action.id.clone(),
        false => id("action", &action.id),
    };
    let mut workflow = Map::new();
    // Actions that are done while the incident is open stand in loops, each run of them in one.
    let runs: Vec<&[&Action]> = chain.chunk_by(|a, b| a.repeat == b.repeat).collect();
    let head = |run: &[&Action]| match run {
        [first, ..] if first.repeat == Repeat::WhileOpen => id("while-condition", &first.id),
        [first, ..] => step_id(first),
        [] => end.clone(),
    };
    let first = head(runs.first()?);
    workflow.insert(start.clone(), json!({"type": "start", "name": "Alarm", "on_completion": first}));
    for (place, run) in runs.iter().enumerate() {
        let behind = runs.get(place + 1).map_or_else(|| end.clone(), |next| head(next));
        let looped = run.first().filter(|a| a.repeat == Repeat::WhileOpen);
        let last = match looped {
            Some(first) => {
                let inner = id("end", &first.id);
                let step = json!({
                    "type": "while-condition", "name": "While the incident is open",
                    "condition": "incident:is_open = true", "on_true": step_id(first),
                    "on_completion": behind,
                });
                workflow.insert(head(run), step);
                workflow.insert(inner.clone(), json!({"type": "end", "name": "Cut off"}));
                inner
            }
            None => behind,
        };
        for (place, action) in run.iter().enumerate() {
            let next = run.get(place + 1).map_or_else(|| last.clone(), |a| step_id(a));
            workflow.insert(step_id(action), step(action, &agent, &next));
        }
    }
    workflow.insert(end, json!({"type": "end", "name": "Contained"}));
    let document = json!({
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": playbook.id.as_str(),
        "name": playbook.name,
        "description": playbook.description,
        "playbook_types": ["mitigation"],
        "created_by": author,
        "created": created,
        "modified": created,
        "workflow_start": start,
        "workflow": workflow,
        "agent_definitions": {agent: {"type": "group", "name": "Crisis team and platform operations"}},
        "extension_definitions": {EXTENSION: {
            "type": "extension-definition",
            "name": "Feuerprobe timed cuts",
            "description": "What an action takes off the network, how long the decision takes, and how \
                long carrying it out takes. `typical` is the median; `slow` is exceeded in one case in ten.",
            "created_by": author,
            "schema": "object with `cut`, `decide` and `carry_out` (each with `typical` and `slow`)",
            "version": "1.0.0",
        }},
    });
    serde_json::to_string_pretty(&document).ok().map(|text| text + "\n")
}

/// Returns the actions in the order in which they follow each other.
fn in_order(actions: &[Action]) -> Option<Vec<&Action>> {
    let mut chain: Vec<&Action> = Vec::new();
    while chain.len() < actions.len() {
        let last = chain.last().map(|l| l.id.as_str());
        let mut next = actions.iter().filter(|a| match last {
            None => a.after.is_empty(),
            Some(last) => a.after.len() == 1 && a.after[0] == last,
        });
        let plain = |a: &&Action| a.if_failed.is_empty() && a.if_worked.is_empty();
        chain.push(next.next().filter(plain)?);
        if next.next().is_some() {
            return None;
        }
    }
    (!chain.is_empty()).then_some(chain)
}

fn step(action: &Action, agent: &str, next: &str) -> Value {
    let (kind, what) = match action.cut {
        Cut::Nothing => ("analyze-collected-data", "manual"),
        _ => ("disconnect-system", "manual"),
    };
    let mut extension = json!({
        "cut": action.cut,
        "decide": stretch(action.decide),
        "carry_out": stretch(action.carry_out),
    });
    if action.success.get() < 1.0 {
        extension["success"] = json!(action.success.get());
    }
    if action.by_others {
        extension["by_others"] = json!(true);
    }
    let mut step = json!({
        "type": "action",
        "name": action.name,
        "commands": [{"type": what, "command": action.name, "playbook_activity": kind}],
        "agent": agent,
        "on_completion": next,
        "step_extensions": {EXTENSION: extension},
    });
    if let Some(timeout) = action.timeout {
        step["timeout"] = json!(timeout.0);
    }
    step
}

fn stretch(time: Quantiles) -> Value {
    json!({"typical": duration(time.q50), "slow": duration(time.q90)})
}

/// Returns minutes as a duration that is read back to the millisecond.
fn duration(minutes: f64) -> String {
    let ms = (minutes * 60_000.0).round().max(1.0) as u64;
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if ms.is_multiple_of(size) {
            return format!("{}{unit}", ms / size);
        }
    }
    format!("{ms}ms")
}
