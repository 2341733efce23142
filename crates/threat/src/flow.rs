//! Attack Flow 2 as a STIX bundle.

use std::collections::{BTreeMap, BTreeSet};

use model::campaign::{Campaign, Operator};
use model::diagnostic::Diagnostic;
use model::document;
use model::id::CampaignId;
use model::read::Read;

use crate::bundle::{Bundle, Object};
use crate::findings::Findings;
use crate::graph::{Form, Graph, Node, Role, fold};
use crate::joiner::Joiner;

/// How many flows of one bundle are read; the format means one.
const MAX_FLOWS: usize = 20;

/// Returns the campaigns drawn in an Attack Flow 2 STIX bundle.
///
/// A flow states neither durations nor targets: durations are assumed and say so
/// in their `source`, targets take every asset. See [`crate::read_afb`] for the
/// files of the Attack Flow builder.
pub fn read_flow(file: &str, bytes: &[u8], joiner: &Joiner<'_>) -> Read<Vec<Campaign>> {
    let mut findings = Findings::new(file);
    let text = match document::text(file, bytes) {
        Ok(text) => text,
        Err(d) => return Read::new(Vec::new(), vec![d]),
    };
    let mut campaigns = Vec::new();
    if let Some(bundle) = Bundle::read(text, &mut findings) {
        let flows: Vec<&Object> = bundle.objects.iter().filter(|o| o.kind == "attack-flow").collect();
        judge_number(flows.len(), &mut findings);
        for flow in flows.iter().take(MAX_FLOWS) {
            let campaign = fold(&graph(flow, &bundle, flows.len() == 1), joiner, &mut findings);
            campaigns.extend(campaign.map(|c| with_own_id(c, flow, &campaigns)));
        }
    }
    Read::new(campaigns, findings.finish())
}

/// Gives a campaign the flow's own id when another flow of the bundle has the same name.
fn with_own_id(campaign: Campaign, flow: &Object, earlier: &[Campaign]) -> Campaign {
    let taken = earlier.iter().any(|c| c.id == campaign.id);
    match CampaignId::new(&flow.id) {
        Ok(id) if taken => Campaign { id, ..campaign },
        _ => campaign,
    }
}

fn judge_number(flows: usize, findings: &mut Findings<'_>) {
    if flows == 0 {
        let d = Diagnostic::error(findings.file(), "flow.no-flow", "the bundle holds no attack-flow object");
        findings.push(d.help("expected an Attack Flow 2 bundle, as the Attack Flow builder exports it"));
    } else if flows > 1 {
        let message = format!("the bundle holds {flows} flows; each keeps the objects its start leads to");
        findings.warn("flow.several", message, "one bundle holds one flow; at most 20 are read");
    }
}

fn graph(flow: &Object, bundle: &Bundle, alone: bool) -> Graph {
    let starts = flow.start_refs.clone().unwrap_or_default();
    let mut nodes: Vec<Node> = bundle.objects.iter().filter_map(node).collect();
    if !alone {
        keep_reached(&mut nodes, &starts);
    }
    let description = flow.description.clone().unwrap_or_default();
    Graph { form: Form::Flow, id: flow.id.clone(), name: flow.label().to_owned(), description, starts, nodes }
}

fn node(object: &Object) -> Option<Node> {
    let role = match object.kind.as_str() {
        "attack-action" => Role::Action(object.technique_id.clone()),
        "attack-operator" if object.operator.as_deref().is_some_and(|o| o.eq_ignore_ascii_case("AND")) => {
            Role::Operator(Operator::All)
        }
        "attack-operator" => Role::Operator(Operator::Any),
        "attack-condition" => Role::Passage,
        _ => return None,
    };
    let refs = [&object.effect_refs, &object.on_true_refs];
    Some(Node {
        id: object.id.clone(),
        name: object.name.as_deref().or(object.description.as_deref()).unwrap_or(&object.id).to_owned(),
        role,
        next: refs.into_iter().flatten().flatten().cloned().collect(),
        otherwise: object.on_false_refs.clone().unwrap_or_default(),
    })
}

fn keep_reached(nodes: &mut Vec<Node>, starts: &[String]) {
    let by_id: BTreeMap<&str, &Node> = nodes.iter().map(|n| (n.id.as_str(), n)).collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut waiting: Vec<&String> = starts.iter().collect();
    while let Some(id) = waiting.pop() {
        if let Some(node) = by_id.get(id.as_str())
            && reached.insert(id.clone())
        {
            waiting.extend(node.next.iter().chain(&node.otherwise));
        }
    }
    nodes.retain(|n| reached.contains(&n.id));
}
