//! The built-in ATT&CK catalogue: enough to run without a download.

use std::collections::{BTreeMap, BTreeSet};

use model::attack::{Actor, ActorKind, Matrix, MatrixCounts, Tactic, Technique};
use model::id::{ActorId, TacticId, TechniqueId};
use serde::Deserialize;

use crate::actors::weigh;

/// Ids, names, tactics and actors of ATT&CK Enterprise 18.1: facts, no descriptions.
const BUILT_IN: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/attack/catalogue.json"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCatalogue {
    version: String,
    domain: String,
    #[serde(rename = "notice")]
    _notice: String,
    tactics: Vec<Tactic>,
    techniques: Vec<RawTechnique>,
    revoked: BTreeMap<TechniqueId, Vec<TechniqueId>>,
    deprecated: BTreeSet<TechniqueId>,
    actors: Vec<RawActor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTechnique {
    id: TechniqueId,
    name: String,
    tactics: Vec<TacticId>,
    platforms: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawActor {
    id: ActorId,
    name: String,
    aliases: Vec<String>,
    kind: ActorKind,
    /// What its own entry names.
    uses: Vec<TechniqueId>,
    /// What its software and campaigns name, each by its id.
    through: BTreeMap<String, Vec<TechniqueId>>,
}

/// Returns the built-in catalogue: every technique of ATT&CK Enterprise 18.1 with its name,
/// tactics and platforms, every revoked and deprecated id, and some groups. The example
/// `catalogue` of this crate writes its file from a published bundle.
///
/// It holds no mitigations and no analytics.
///
/// # Panics
/// Never in a build that passed its tests: the file is part of the program.
pub fn catalogue() -> Matrix {
    let raw: RawCatalogue =
        serde_json::from_str(BUILT_IN).expect("the built-in catalogue is checked by a test");
    let techniques: BTreeMap<_, _> = raw.techniques.into_iter().map(technique).collect();
    let actors: BTreeMap<_, _> = raw.actors.into_iter().map(actor).collect();
    let sub_techniques = techniques.keys().filter(|t| t.parent().is_some()).count() as u64;
    let groups = actors.values().filter(|a| a.kind == ActorKind::Group).count() as u64;
    let counts = MatrixCounts {
        objects: (raw.tactics.len()
            + techniques.len()
            + raw.revoked.len()
            + raw.deprecated.len()
            + actors.len()) as u64,
        techniques: techniques.len() as u64,
        sub_techniques,
        groups,
        revoked: raw.revoked.len() as u64,
        deprecated: raw.deprecated.len() as u64,
        ..MatrixCounts::default()
    };
    Matrix {
        version: raw.version,
        domain: raw.domain,
        source: "built-in catalogue".to_owned(),
        tactics: raw.tactics,
        techniques,
        revoked: raw.revoked,
        deprecated: raw.deprecated,
        actors,
        mitigations: BTreeMap::new(),
        analytics: BTreeMap::new(),
        counts,
    }
}

fn technique(raw: RawTechnique) -> (TechniqueId, Technique) {
    let RawTechnique { id, name, tactics, platforms } = raw;
    (id.clone(), Technique { id, name, tactics, platforms })
}

fn actor(raw: RawActor) -> (ActorId, Actor) {
    let RawActor { id, name, aliases, kind, uses, through } = raw;
    let uses =
        weigh(id.as_str(), &uses, through.iter().map(|(source, list)| (source.as_str(), list.as_slice())));
    (id.clone(), Actor { id, name, aliases, kind, uses })
}
