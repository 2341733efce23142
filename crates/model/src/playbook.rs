//! A response playbook as timed cuts.

use serde::{Deserialize, Serialize};

use crate::id::{PlaybookId, SiteId, ZoneId};
use crate::quantity::{Millis, Quantiles, Ratio};

/// What an action takes off the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cut", rename_all = "kebab-case")]
pub enum Cut {
    /// Nothing; time passes (analysis, a call, a decision).
    Nothing,
    /// The asset whose alert declared the incident; where the action is done while the
    /// incident is open, every asset whose alert was escalated.
    AlertedAsset,
    /// Every segment, a zone at one site, that has raised an alert so far.
    AlertedSegments,
    /// Every site that has raised an alert so far.
    AlertedSites,
    /// One named site.
    Site {
        /// Which.
        site: SiteId,
    },
    /// All sites.
    AllSites,
    /// All assets of a zone, at every site.
    Zone {
        /// Which.
        zone: ZoneId,
    },
    /// No asset, but an identity: no step that acts as it can begin any more.
    Identity {
        /// Which, as steps name it.
        identity: String,
        /// Live sessions end too; otherwise what has begun goes on.
        #[serde(default)]
        sessions: bool,
    },
    /// All assets of a role, at every site (`hub-link`: the link to the hub).
    Role {
        /// Which.
        role: String,
    },
}

/// How often an action is done in one incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// Once, in its turn.
    #[default]
    Once,
    /// Again for each later alert that is escalated on an asset not cut off yet, as long as
    /// the incident is open.
    WhileOpen,
}

/// One action of a playbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// Its id inside the playbook (in CACAO the step id).
    pub id: String,
    /// What is done, for people.
    pub name: String,
    /// Actions that come first; none means it starts at the declaration.
    pub after: Vec<String>,
    /// What is cut.
    pub cut: Cut,
    /// Time to decide, in minutes.
    pub decide: Quantiles,
    /// Time to carry it out, in minutes.
    pub carry_out: Quantiles,
    /// Chance that it works.
    #[serde(default = "certain", skip_serializing_if = "is_certain")]
    pub success: Ratio,
    /// It is given up, and has failed, when carrying it out takes longer than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Millis>,
    /// It is only done where one of these actions failed; empty: in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_failed: Vec<String>,
    /// It is only done where one of these actions worked; empty: in any case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub if_worked: Vec<String>,
    /// Others do it, such as the telematics hub with its own right to block: it needs no
    /// crew, and containment does not wait for it.
    #[serde(default, skip_serializing_if = "is_not")]
    pub by_others: bool,
    /// How often it is done.
    #[serde(default, skip_serializing_if = "is_once")]
    pub repeat: Repeat,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_once(repeat: &Repeat) -> bool {
    *repeat == Repeat::Once
}

fn certain() -> Ratio {
    Ratio::ONE
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_certain(chance: &Ratio) -> bool {
    *chance == Ratio::ONE
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape serde asks for")]
fn is_not(flag: &bool) -> bool {
    !flag
}

/// A response playbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Playbook {
    /// Its id.
    pub id: PlaybookId,
    /// Its name.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// The actions; `after` points to actions of this list.
    pub actions: Vec<Action>,
    /// Crews that carry out actions, one action each at a time; `None`: enough for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crews: Option<u16>,
    /// Where it comes from.
    pub source: String,
}
