//! Groups, software and campaigns, and how strongly each technique is theirs.

use std::collections::{BTreeMap, BTreeSet};

use model::attack::{Actor, ActorKind, WeightedTechnique};
use model::id::{ActorId, TechniqueId};
use model::quantity::Ratio;

use crate::bundle::Object;
use crate::findings::Findings;
use crate::matrix::{Index, Link};

fn kind(object: &Object) -> Option<ActorKind> {
    match object.kind.as_str() {
        "intrusion-set" => Some(ActorKind::Group),
        "malware" | "tool" => Some(ActorKind::Software),
        "campaign" => Some(ActorKind::Campaign),
        _ => None,
    }
}

/// Who uses what, by STIX id.
#[derive(Default)]
struct Uses<'b> {
    techniques: BTreeMap<&'b str, Vec<TechniqueId>>,
    /// Software an actor uses, and campaigns attributed to a group.
    sources: BTreeMap<&'b str, BTreeSet<&'b str>>,
}

/// Returns the active groups, software and campaigns with their weighted techniques.
pub(crate) fn actors(
    index: &Index<'_>,
    links: &[Link<'_>],
    findings: &mut Findings<'_>,
) -> BTreeMap<ActorId, Actor> {
    let uses = uses(index, links);
    let mut actors = BTreeMap::new();
    for object in index.objects.values().filter(|o| o.is_active()) {
        let Some(kind) = kind(object) else { continue };
        let Some(id) = object.attack_id().and_then(|id| ActorId::new(id).ok()) else {
            let message = format!("{} {} was left out: it has no ATT&CK id", object.kind, object.label());
            let right = "external_references needs an entry of mitre-attack with an external_id like G1024";
            findings.warn("stix.no-actor-id", message, right);
            continue;
        };
        let name = object.label().to_owned();
        let names = object.aliases.iter().chain(&object.x_mitre_aliases).flatten();
        let aliases = names.filter(|a| **a != name).cloned().collect();
        let own = uses.techniques.get(object.id.as_str()).map_or(&[][..], Vec::as_slice);
        let others = uses.sources.get(object.id.as_str()).into_iter().flatten().map(|other| {
            let label = index.objects.get(other).and_then(|o| o.attack_id()).unwrap_or(other);
            (label, uses.techniques.get(other).map_or(&[][..], Vec::as_slice))
        });
        let weighted = weigh(id.as_str(), own, others);
        let actor = Actor { id, name, aliases, kind, uses: weighted };
        if let Some(earlier) = actors.insert(actor.id.clone(), actor) {
            let message =
                format!("two active actors have the id {}; the last by STIX id is used", earlier.id);
            findings.warn("stix.duplicate-actor", message, "an actor id names one active object");
        }
    }
    actors
}

fn uses<'b>(index: &'b Index<'b>, links: &[Link<'b>]) -> Uses<'b> {
    let mut uses = Uses::default();
    for link in links.iter().filter(|l| l.from.is_active() && l.to.is_active()) {
        let from = link.from.id.as_str();
        let ends = (kind(link.from), kind(link.to));
        match (link.kind, ends) {
            ("uses", (Some(_), None)) => {
                if let Some(technique) = index.active_technique(link.to) {
                    uses.techniques.entry(from).or_default().push(technique.clone());
                }
            }
            ("uses", (Some(ActorKind::Group | ActorKind::Campaign), Some(ActorKind::Software))) => {
                uses.sources.entry(from).or_default().insert(&link.to.id);
            }
            ("attributed-to", (Some(ActorKind::Campaign), Some(ActorKind::Group))) => {
                uses.sources.entry(&link.to.id).or_default().insert(from);
            }
            _ => {}
        }
    }
    uses
}

/// Returns the techniques of the actor `id` with their weights: `own` is what its
/// own entry names, `others` what each of its other sources names.
///
/// An actor's sources are its own entry, the software it uses and the campaigns
/// attributed to it. What its own entry names is reported of the actor itself:
/// weight 1. What only other sources name gets the share of all its sources that
/// name it, k / (1 + n) for k of n: a tool can do much that this actor never did
/// with it, so one tool among many says little, and the share stays below 1
/// because the actor's own entry does not name it. Software brings only what it
/// names itself.
pub(crate) fn weigh<'b>(
    id: &str,
    own: &[TechniqueId],
    others: impl Iterator<Item = (&'b str, &'b [TechniqueId])>,
) -> Vec<WeightedTechnique> {
    let mut sources: BTreeMap<&TechniqueId, BTreeSet<&str>> = BTreeMap::new();
    for technique in own {
        sources.entry(technique).or_default().insert(id);
    }
    let mut all = 1;
    for (other, techniques) in others {
        all += 1;
        for technique in techniques {
            sources.entry(technique).or_default().insert(other);
        }
    }
    let weigh_one = |(technique, sources): (&TechniqueId, BTreeSet<&str>)| {
        let direct = sources.contains(id);
        let weight = if direct { Ratio::ONE } else { Ratio::of(sources.len() as u64, all) };
        let sources = sources.into_iter().map(str::to_owned).collect();
        WeightedTechnique { technique: technique.clone(), weight, sources }
    };
    sources.into_iter().map(weigh_one).collect()
}
