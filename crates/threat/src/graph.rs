//! A drawn attack as a graph, folded into the steps of a campaign.
//!
//! Both forms of Attack Flow (STIX bundle and builder file) become a [`Graph`].
//! Folding keeps the actions that name a technique and turns everything between
//! them into `needs`.

use std::collections::{BTreeMap, BTreeSet};

use model::campaign::{Campaign, Effect, Objective, Operator, Selector, Spread, Step};
use model::diagnostic::Diagnostic;
use model::id::{CampaignId, StepId, TechniqueId};
use model::quantity::{Quantiles, Ratio};
use serde::Deserialize;

use crate::findings::Findings;
use crate::joiner::Joiner;
use crate::order::order;
use crate::technique::{Resolved, resolve};

/// The largest graph folded: fifty times the largest public flow (81 actions),
/// and small enough that no drawing makes folding slow.
const MAX_NODES: usize = 5_000;
const MAX_EDGES: usize = 50_000;

/// Median and 90 % quantile of one step in minutes. A flow states no durations.
/// The median is the breakout time, foothold to the next system (CrowdStrike
/// Global Threat Report: mean 29 min in 2025, 48 min in 2024). With the tail up
/// to four hours, twenty steps in a row take a day or two, which fits a median
/// below 24 h from access to payload (Secureworks 2023) and 73 h to outflow
/// (Sophos Active Adversary 2025).
const STEP: (f64, f64) = (30.0, 240.0);
const STEP_SOURCE: &str = "median 30 min as breakout time in CrowdStrike GTR 2025/2026, 90 % within 4 h";

/// Hands, retries and reaction of a human-operated intrusion where the flow says
/// nothing: a small crew (one to three hands), a few tries, sometimes a hasty end.
const HANDS: u8 = 2;
const RETRIES: u8 = 2;
const REACTION: f64 = 0.3;

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Role {
    /// An act, with its technique id as published.
    Action(Option<String>),
    /// AND or OR.
    Operator(Operator),
    /// A condition, or an object that only stands between acts.
    Passage,
}

/// A node of the drawing.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// Ids of the nodes that follow.
    pub(crate) next: Vec<String>,
    /// Ids of the nodes that follow when a condition does not hold.
    pub(crate) otherwise: Vec<String>,
}

impl Node {
    /// Returns the ids that follow on the main course of events: a condition with
    /// one branch (often "the system is not patched") leads on along that one.
    fn onward(&self) -> &[String] {
        if self.next.is_empty() { &self.otherwise } else { &self.next }
    }

    /// Returns the ids that follow only when the main course is not taken.
    fn aside(&self) -> &[String] {
        if self.next.is_empty() { &[] } else { &self.otherwise }
    }
}

/// What a graph was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Attack Flow, as bundle or drawing.
    Flow,
    /// An adversary emulation plan.
    Plan,
}

impl Form {
    /// Returns what it is called in messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Plan => "plan",
        }
    }
}

/// A drawn attack.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(crate) form: Form,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) starts: Vec<String>,
    pub(crate) nodes: Vec<Node>,
}

/// What a node needs: steps by node index, joined by one operator.
#[derive(Debug, Clone, Default)]
struct Needs {
    operator: Operator,
    of: BTreeSet<usize>,
}

/// Returns the campaign drawn in `graph`, `None` when no act of it names a technique.
///
/// Operators, conditions and acts without a technique are bridged: what follows
/// them needs what they needed. A step that follows several others without an
/// operator needs any of them, because each drawn path leads to it. A start adds
/// nothing to what is needed. A step has one operator, so of nested operators
/// the last decides and all steps below it are listed. Of the two branches of a
/// condition the one where it holds is followed, or the only one drawn: the
/// simulation follows the attack as it succeeds.
pub(crate) fn fold(graph: &Graph, joiner: &Joiner<'_>, findings: &mut Findings<'_>) -> Option<Campaign> {
    let edges: usize = graph.nodes.iter().map(|n| n.next.len() + n.otherwise.len()).sum();
    if graph.nodes.len() > MAX_NODES || edges > MAX_EDGES {
        let message = format!("the {} has {} nodes and {edges} edges", graph.form.word(), graph.nodes.len());
        let right = format!("at most {MAX_NODES} nodes and {MAX_EDGES} edges are read");
        findings.push(Diagnostic::error(findings.file(), "flow.too-large", message).help(right));
        return None;
    }
    let indices: BTreeMap<&str, usize> =
        graph.nodes.iter().enumerate().map(|(i, n)| (n.id.as_str(), i)).collect();
    let mut next = successors(graph, &indices, findings);
    let starts: Vec<usize> = graph.starts.iter().filter_map(|id| indices.get(id.as_str()).copied()).collect();
    for missing in graph.starts.iter().filter(|id| !indices.contains_key(id.as_str())) {
        dangling(findings, &graph.id, missing);
    }
    let taken = without_other_branches(graph, &indices, &next, &starts, findings);
    let walk = order(&next, &starts);
    for cycle in &walk.cycles {
        let names: Vec<_> = cycle.path.iter().map(|n| graph.nodes[*n].name.as_str()).collect();
        let message = format!("the flow runs in a circle: {}", names.join(" → "));
        let help = format!("the way back from {:?} is left out", graph.nodes[cycle.from].name);
        findings.push(Diagnostic::warning(findings.file(), "flow.cycle", message).help(help));
        next[cycle.from].retain(|to| *to != cycle.to);
    }
    let steps = techniques(graph, joiner, &taken, findings);
    let needs = needs(graph, &next, &walk.sorted, &taken, &steps, findings);
    build(graph, &walk.sorted, steps, &needs, findings)
}

fn dangling(findings: &mut Findings<'_>, from: &str, missing: &str) {
    let message = format!("{from} leads to {missing}, which is no action, condition or operator of the flow");
    findings.warn("flow.dangling-reference", message, "add the object or remove the reference");
}

fn successors(
    graph: &Graph,
    indices: &BTreeMap<&str, usize>,
    findings: &mut Findings<'_>,
) -> Vec<Vec<usize>> {
    let mut all = Vec::with_capacity(graph.nodes.len());
    for node in &graph.nodes {
        let mut known = BTreeSet::new();
        for id in node.onward() {
            match indices.get(id.as_str()) {
                Some(i) => {
                    known.insert(*i);
                }
                None => dangling(findings, &node.id, id),
            }
        }
        all.push(known.into_iter().collect());
    }
    all
}

/// Returns which nodes lie on a path that does not begin with a condition that failed.
fn without_other_branches(
    graph: &Graph,
    indices: &BTreeMap<&str, usize>,
    next: &[Vec<usize>],
    starts: &[usize],
    findings: &mut Findings<'_>,
) -> Vec<bool> {
    let other: BTreeSet<usize> =
        graph.nodes.iter().flat_map(Node::aside).filter_map(|id| indices.get(id.as_str()).copied()).collect();
    let entered: BTreeSet<usize> = next.iter().flatten().copied().collect();
    let roots = (0..next.len()).filter(|n| !entered.contains(n) && !other.contains(n));
    let main = reached(next, starts.iter().copied().chain(roots));
    let aside = reached(next, other.into_iter());
    let taken: Vec<bool> = main.iter().zip(&aside).map(|(main, aside)| *main || !aside).collect();
    let lost =
        taken.iter().zip(&graph.nodes).filter(|(t, n)| !**t && matches!(n.role, Role::Action(_))).count();
    if lost > 0 {
        let message = format!("{lost} actions happen only when a condition does not hold; they are left out");
        findings.warn("flow.other-branch", message, "draw a flow of its own for the other course of events");
    }
    taken
}

fn reached(next: &[Vec<usize>], from: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut seen = vec![false; next.len()];
    let mut waiting: Vec<usize> = from.collect();
    while let Some(node) = waiting.pop() {
        if !std::mem::replace(&mut seen[node], true) {
            waiting.extend(&next[node]);
        }
    }
    seen
}

fn techniques(
    graph: &Graph,
    joiner: &Joiner<'_>,
    taken: &[bool],
    findings: &mut Findings<'_>,
) -> BTreeMap<usize, Resolved> {
    let mut steps = BTreeMap::new();
    for (i, node) in graph.nodes.iter().enumerate().filter(|(i, _)| taken[*i]) {
        let Role::Action(published) = &node.role else { continue };
        let Some(published) = published.as_deref().filter(|p| !p.trim().is_empty()) else {
            let message = format!("action {:?} names no technique and is bridged", node.name);
            findings.warn("flow.no-technique", message, "give the action a technique_id, such as T1059.001");
            continue;
        };
        let resolved = resolve(findings.file(), joiner, published).or_else(|| {
            // Public flows hold ids such as `1598.003`.
            let found = resolve(findings.file(), joiner, &format!("T{}", published.trim()))?;
            let message = format!("{published:?} is read as {}", found.technique);
            findings.warn("flow.technique-without-t", message, "a technique id begins with T");
            Some(Resolved { published: Some(published.to_owned()), ..found })
        });
        match resolved {
            Some(mut resolved) => {
                if let Some(mut remark) = resolved.remark.take() {
                    remark.message = format!("action {:?}: {}", node.name, remark.message);
                    findings.push(remark);
                }
                steps.insert(i, resolved);
            }
            None => {
                let message = format!("action {:?} is bridged: {published:?} is no technique id", node.name);
                findings.warn("flow.no-technique", message, "expected an id such as T1059.001");
            }
        }
    }
    steps
}

/// Returns what each step needs, by node index.
fn needs(
    graph: &Graph,
    next: &[Vec<usize>],
    sorted: &[usize],
    taken: &[bool],
    steps: &BTreeMap<usize, Resolved>,
    findings: &mut Findings<'_>,
) -> BTreeMap<usize, Needs> {
    let mut before: Vec<Vec<usize>> = vec![Vec::new(); next.len()];
    for (from, list) in next.iter().enumerate().filter(|(from, _)| taken[*from]) {
        for to in list {
            before[*to].push(from);
        }
    }
    let mut folded: BTreeMap<usize, Needs> = BTreeMap::new();
    for node in sorted.iter().copied() {
        let operator = match graph.nodes[node].role {
            Role::Operator(operator) => operator,
            _ => Operator::Any,
        };
        let part = |p: &usize| match steps.contains_key(p) {
            true => Needs { operator: Operator::All, of: BTreeSet::from([*p]) },
            false => folded.get(p).cloned().unwrap_or_default(),
        };
        let parts: Vec<Needs> = before[node].iter().map(part).filter(|n| !n.of.is_empty()).collect();
        let mixed = parts.len() > 1 && parts.iter().any(|n| n.of.len() > 1 && n.operator != operator);
        if mixed {
            let word = if operator == Operator::All { "all" } else { "any" };
            let message = format!(
                "{:?} joins AND and OR; it is read as {word} of the steps below",
                graph.nodes[node].name
            );
            findings.warn("flow.nested-operators", message, "a step has one operator; split the drawing");
        }
        let operator = match parts.as_slice() {
            [only] => only.operator,
            _ => operator,
        };
        let of = parts.into_iter().flat_map(|n| n.of).collect();
        folded.insert(node, Needs { operator, of });
    }
    folded
}

fn build(
    graph: &Graph,
    sorted: &[usize],
    mut resolved: BTreeMap<usize, Resolved>,
    needs: &BTreeMap<usize, Needs>,
    findings: &mut Findings<'_>,
) -> Option<Campaign> {
    let (file, word) = (findings.file(), graph.form.word());
    let ids = step_ids(graph, &resolved, findings);
    let duration = Quantiles::new(STEP.0, STEP.1)?;
    let mut steps = Vec::new();
    for node in sorted {
        let (Some(id), Some(Resolved { technique, published, .. })) = (ids.get(node), resolved.remove(node))
        else {
            continue;
        };
        let needs = needs.get(node).cloned().unwrap_or_default();
        let listed: Vec<StepId> = needs.of.iter().filter_map(|n| ids.get(n).cloned()).collect();
        steps.push(Step {
            id: id.clone(),
            name: graph.nodes[*node].name.clone(),
            effect: effect(&technique),
            technique,
            published,
            operator: if listed.len() < 2 { Operator::All } else { needs.operator },
            needs: listed,
            same_site: false,
            targets: Selector::default(),
            identity: None,
            way_out: None,
            spread: Spread::Once,
            duration,
            source: format!("order from the {word}; duration assumed ({word}s state none): {STEP_SOURCE}"),
        });
    }
    if steps.is_empty() {
        let message = format!("{word} {:?} has no action with a technique", graph.name);
        let right = "at least one action needs a technique_id, such as T1059.001";
        findings.push(Diagnostic::error(file, "flow.no-steps", message).help(right));
        return None;
    }
    let objective = objective(graph, &steps, findings);
    Some(Campaign {
        id: campaign_id(graph)?,
        name: graph.name.clone(),
        description: graph.description.clone(),
        objective,
        hands: HANDS,
        retries: RETRIES,
        reaction: Ratio::clamped(REACTION),
        manner: model::manner::Manner::default(),
        steps,
        source: match graph.form {
            Form::Flow => format!("Attack Flow {} in {file}; hands, retries and reaction assumed", graph.id),
            Form::Plan => {
                format!("emulation plan {} in {file}; hands, retries and reaction assumed", graph.id)
            }
        },
    })
}

/// Returns what the steps of a campaign come to.
fn objective(graph: &Graph, steps: &[Step], findings: &mut Findings<'_>) -> Objective {
    let reaches = |effect: Effect| steps.iter().any(|s| s.effect == effect);
    match (reaches(Effect::Encrypt), reaches(Effect::Outflow)) {
        (false, true) => Objective::Outflow,
        (true, _) => Objective::Payload,
        (false, false) => {
            let message = format!(
                "{} {:?} ends without a step that destroys or carries out data",
                graph.form.word(),
                graph.name
            );
            let right = "its steps are exercised, but in the simulation it never reaches an objective";
            findings.warn("flow.no-objective", message, right);
            Objective::Payload
        }
    }
}

/// Returns the step id of every action that can have one.
fn step_ids(
    graph: &Graph,
    resolved: &BTreeMap<usize, Resolved>,
    findings: &mut Findings<'_>,
) -> BTreeMap<usize, StepId> {
    let file = findings.file();
    let mut ids = BTreeMap::new();
    for i in resolved.keys() {
        match StepId::new(&graph.nodes[*i].id) {
            Ok(id) => {
                ids.insert(*i, id);
            }
            Err(e) => {
                let message = format!("an action is left out: {e}");
                findings.push(Diagnostic::warning(file, "flow.bad-id", message));
            }
        }
    }
    ids
}

/// Returns the name in small letters and dashes, or the flow's own id when nothing is left of it.
fn campaign_id(graph: &Graph) -> Option<CampaignId> {
    let letters =
        graph.name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' });
    let words: String = letters.collect();
    let slug: String = words.split_whitespace().collect::<Vec<_>>().join("-").chars().take(60).collect();
    CampaignId::new(slug.trim_matches('-'))
        .or_else(|_| CampaignId::new(&graph.id))
        .or_else(|_| CampaignId::new("flow"))
        .ok()
}

/// Which techniques reach an objective, as data.
const EFFECTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/attack/effects.json"));

#[derive(Deserialize)]
struct Effects {
    encrypt: Vec<TechniqueId>,
    outflow: Vec<TechniqueId>,
}

fn effect(technique: &TechniqueId) -> Effect {
    static TABLE: std::sync::LazyLock<Effects> = std::sync::LazyLock::new(|| {
        serde_json::from_str(EFFECTS).expect("the built-in table is checked by a test")
    });
    let family = technique.family();
    if TABLE.encrypt.contains(&family) {
        Effect::Encrypt
    } else if TABLE.outflow.contains(&family) {
        Effect::Outflow
    } else {
        Effect::None
    }
}
