//! A campaign: what an attacker does, in which order, to which part of the estate.

use serde::{Deserialize, Serialize};

use crate::id::{CampaignId, SiteId, StepId, TechniqueId, ZoneId};
use crate::manner::Manner;
use crate::quantity::{Quantiles, Ratio};

/// What the attacker wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// Make systems unusable.
    Payload,
    /// Carry data out.
    Outflow,
}

/// Which assets a step works on: all named conditions hold, an empty selector takes every asset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Assets of this role.
    #[serde(default)]
    pub role: Option<String>,
    /// Assets in this zone.
    #[serde(default)]
    pub zone: Option<ZoneId>,
    /// Assets at this site.
    #[serde(default)]
    pub site: Option<SiteId>,
}

/// How often a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// On one of the selected assets, drawn once per trial.
    #[default]
    Once,
    /// Once at every site that has a selected asset.
    PerSite,
    /// On every selected asset class.
    PerAsset,
}

/// Whether all or any of the needed steps must be done first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    /// All of them (AND).
    #[default]
    All,
    /// At least one (OR).
    Any,
}

/// What a completed step does to the assets it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Nothing a tenant would notice.
    #[default]
    None,
    /// The assets are unusable until rebuilt; the objective [`Objective::Payload`] is reached.
    Encrypt,
    /// Data leaves; the objective [`Objective::Outflow`] is reached.
    Outflow,
}

/// One step of a campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its id inside the campaign.
    pub id: StepId,
    /// What the attacker does, for people.
    pub name: String,
    /// The technique in the matrix's ATT&CK version.
    pub technique: TechniqueId,
    /// The technique id as published, when it was mapped.
    pub published: Option<String>,
    /// Steps that come first.
    pub needs: Vec<StepId>,
    /// Whether all or any of `needs` must be done.
    pub operator: Operator,
    /// Whether a needed per-site step must have been done at this step's own site.
    pub same_site: bool,
    /// What it works on.
    pub targets: Selector,
    /// The identity it acts as, such as `domain-admin`; `None`: none that could be revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// What it sends data out through, at its own site where there is one; `None`: nothing
    /// that could be cut off beside the asset itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way_out: Option<Selector>,
    /// How often it is done.
    pub spread: Spread,
    /// How long it takes.
    pub duration: Quantiles,
    /// What it does when done.
    pub effect: Effect,
    /// Where duration and order come from.
    pub source: String,
}

/// A directed graph of steps with an objective.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// Its name for people.
    pub name: String,
    /// One or two sentences.
    pub description: String,
    /// What the attacker wants.
    pub objective: Objective,
    /// How many steps the attacker works on at once; 0 means without limit (flooding).
    pub hands: u8,
    /// How often a prevented step is tried again.
    pub retries: u8,
    /// Chance that a visible partial containment makes the attacker fire at once.
    pub reaction: Ratio,
    /// How the attacker goes about it.
    #[serde(default, skip_serializing_if = "Manner::is_plain")]
    pub manner: Manner,
    /// The steps; needs point to steps of this list.
    pub steps: Vec<Step>,
    /// Where the campaign comes from.
    pub source: String,
}

impl Campaign {
    /// Returns the distinct techniques of the campaign in order of their ids.
    pub fn techniques(&self) -> Vec<TechniqueId> {
        let mut ids: Vec<_> = self.steps.iter().map(|s| s.technique.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}
