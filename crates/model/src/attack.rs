//! ATT&CK as data: tactics, techniques and who uses them.
//!
//! No tactic is known by name here: the list and its order come from the bundle
//! or the built-in catalogue, because they differ between ATT&CK versions.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{ActorId, TacticId, TechniqueId};
use crate::quantity::Ratio;

/// A column of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tactic {
    /// Such as `TA0040`.
    pub id: TacticId,
    /// The short name used in tags and kill-chain phases, such as `lateral-movement`.
    pub short_name: String,
    /// The name for people.
    pub name: String,
}

/// A technique or sub-technique.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Technique {
    /// Its id.
    pub id: TechniqueId,
    /// Its name; for a sub-technique without the parent's name.
    pub name: String,
    /// The tactics it serves, in matrix order.
    pub tactics: Vec<TacticId>,
    /// Platforms as published, such as `Linux`.
    pub platforms: Vec<String>,
}

/// What kind of object uses a technique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// An intrusion set.
    Group,
    /// Malware or a tool.
    Software,
    /// A campaign.
    Campaign,
}

/// A technique with the weight an actor gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WeightedTechnique {
    /// The technique in the matrix's ATT&CK version.
    pub technique: TechniqueId,
    /// Share of the actor's own sources that name it: 1 when the actor uses it
    /// directly, less when only some of its software does.
    pub weight: Ratio,
    /// What says so: object ids such as `G1024` or `S1129`.
    pub sources: Vec<String>,
}

/// A group, a piece of software or a campaign with the techniques it uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Actor {
    /// Such as `G1024`.
    pub id: ActorId,
    /// Its name.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// Group, software or campaign.
    pub kind: ActorKind,
    /// What it uses, by technique id.
    pub uses: Vec<WeightedTechnique>,
}

/// Where an analytic looks: an ATT&CK data component in a named log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnalyticSource {
    /// Data component id such as `DC0032`, when the bundle links one.
    pub component: Option<String>,
    /// The log as ATT&CK names it, such as `WinEventLog:Sysmon`.
    pub log: String,
    /// The channel, event code or call, such as `EventCode=1`.
    pub channel: String,
}

/// How a technique can be detected on some platforms (ATT&CK v18 and later).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Analytic {
    /// Such as `AN0001`.
    pub id: String,
    /// The detection strategy it belongs to, such as `DET0001`.
    pub strategy: String,
    /// Platforms it is written for.
    pub platforms: Vec<String>,
    /// The logs it reads.
    pub sources: Vec<AnalyticSource>,
}

/// How many objects of each kind a bundle held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixCounts {
    /// Objects in the bundle.
    pub objects: u64,
    /// Active techniques and sub-techniques.
    pub techniques: u64,
    /// Active sub-techniques among them.
    pub sub_techniques: u64,
    /// Active groups.
    pub groups: u64,
    /// Active malware and tools.
    pub software: u64,
    /// Active campaigns.
    pub campaigns: u64,
    /// Active mitigations.
    pub mitigations: u64,
    /// Active data components.
    pub data_components: u64,
    /// Active detection strategies.
    pub detection_strategies: u64,
    /// Active analytics.
    pub analytics: u64,
    /// Relationships, all kinds.
    pub relationships: u64,
    /// Revoked objects.
    pub revoked: u64,
    /// Deprecated objects.
    pub deprecated: u64,
    /// Objects left out because they could not be read.
    pub unreadable: u64,
}

/// ATT&CK of one version and domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Matrix {
    /// ATT&CK version, such as `18.1`.
    pub version: String,
    /// Such as `enterprise-attack`.
    pub domain: String,
    /// Where it was read from: a file name, or `built-in catalogue`.
    pub source: String,
    /// Tactics in matrix order.
    pub tactics: Vec<Tactic>,
    /// Active techniques.
    pub techniques: BTreeMap<TechniqueId, Technique>,
    /// Revoked techniques and what replaced them.
    pub revoked: BTreeMap<TechniqueId, Vec<TechniqueId>>,
    /// Techniques withdrawn without replacement.
    pub deprecated: BTreeSet<TechniqueId>,
    /// Groups, software and campaigns by id.
    pub actors: BTreeMap<ActorId, Actor>,
    /// Mitigation ids and names per technique.
    pub mitigations: BTreeMap<TechniqueId, Vec<String>>,
    /// Analytics per technique.
    pub analytics: BTreeMap<TechniqueId, Vec<Analytic>>,
    /// How much was read.
    pub counts: MatrixCounts,
}

impl Matrix {
    /// Returns a name for people: `Parent: Sub` for a sub-technique, the id itself when unknown.
    pub fn name(&self, id: &TechniqueId) -> String {
        let own = self.techniques.get(id).map(|t| t.name.as_str());
        let parent = id.parent().and_then(|p| self.techniques.get(&p)).map(|t| t.name.as_str());
        match (parent, own) {
            (Some(p), Some(o)) => format!("{p}: {o}"),
            (None, Some(o)) => o.to_owned(),
            _ => id.to_string(),
        }
    }
}

/// What a published technique id became in the matrix in use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Joined {
    /// The id or tag as published.
    pub published: String,
    /// What it stands for in the matrix's version; several when a technique was split.
    pub mapped: Vec<TechniqueId>,
    /// How it was joined.
    pub how: JoinPath,
}

/// By which way a published id was joined to the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JoinPath {
    /// The id is active in the matrix.
    Same,
    /// Through `revoked-by` of the bundle.
    RevokedBy,
    /// Through the map between ATT&CK versions.
    VersionMap,
    /// Only the parent technique is known.
    Parent,
    /// It could not be joined; `mapped` is empty.
    NotJoined,
}
