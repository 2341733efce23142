//! The scorecard: what a run says in the end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evidence::OutcomeCounts;
use crate::id::{
    AssetId, CampaignId, PlaybookId, RuleId, ServiceId, SiteId, TechniqueId, TenantId, VerdictId,
};
use crate::impact::Return;
use crate::quantity::{InsuredHours, Interval, Ratio};
use crate::trial::Trace;

/// A share counted in trials, with both uncertainties, never merged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Proportion {
    /// Trials in which it happened.
    pub hits: u64,
    /// Trials.
    pub of: u64,
    /// Share with its 95 % Clopper-Pearson interval: shrinks with more trials.
    pub simulation: Interval,
    /// Mean and 95 % interval over draws of the evidence: shrinks only with more exercises.
    pub exercises: Interval,
}

/// Quantiles of a quantity over trials.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// 10 % quantile.
    pub q10: f64,
    /// Median.
    pub q50: f64,
    /// 90 % quantile.
    pub q90: f64,
    /// 95 % interval of the mean over draws of the evidence.
    pub exercises: Interval,
}

/// What a campaign means for one tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TenantScore {
    /// The tenant.
    pub tenant: TenantId,
    /// Share of trials in which it lost at least one service.
    pub hit: Ratio,
    /// Hours with at least one service down, median over the trials that hit it.
    pub hours_q50: f64,
    /// The same, 90 % quantile.
    pub hours_q90: f64,
    /// Share of trials in which at least one service missed its RTO.
    pub rto_missed: Ratio,
    /// Share of trials in which at least one service exceeded its MTPD.
    pub mtpd_exceeded: Ratio,
    /// The service with the longest mean outage.
    pub worst: Option<ServiceId>,
    /// Mean insured-hours lost by attack.
    pub attack: f64,
    /// Mean insured-hours lost by containment.
    pub containment: f64,
}

/// What a campaign means for one service over all tenants that use it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceScore {
    /// The service.
    pub service: ServiceId,
    /// Tenants that use it.
    pub tenants: u32,
    /// Mean hours down by attack, weighted by insured people.
    pub attack_hours: f64,
    /// Mean hours down by containment, weighted by insured people.
    pub containment_hours: f64,
    /// Share of trials in which it was down for somebody.
    pub hit: Ratio,
}

/// A trial shown in full, with its recovery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// Why this trial was chosen, such as `median` or `bad (90 % quantile)`.
    pub label: String,
    /// Insured-hours lost in it by the attack.
    pub attack: InsuredHours,
    /// Insured-hours lost in it by containment.
    pub containment: InsuredHours,
    /// What happened.
    pub trace: Trace,
    /// When each asset came back.
    pub returns: Vec<Return>,
    /// Share of each site's assets down at the worst moment.
    pub sites: BTreeMap<SiteId, Ratio>,
    /// Assets that went down.
    pub assets: Vec<AssetId>,
}

/// What comes after the cuts: the way back, over all trials. Shares are with their 95 %
/// Clopper-Pearson interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Aftermath {
    /// Mean insured-hours spent waiting to be let back to services that run again.
    pub waiting: f64,
    /// Trials in which something of the attacker was found again after the restart.
    pub relapsed: Interval,
    /// Trials in which some service lost data.
    pub data_lost: Interval,
    /// Trials in which no clean copy of some data was left.
    pub data_gone: Interval,
    /// Trials in which some service lost more than its RPO allows.
    pub rpo_missed: Interval,
}

/// What one campaign would have done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignScore {
    /// The campaign.
    pub campaign: CampaignId,
    /// The playbook it met.
    pub playbook: PlaybookId,
    /// Payload fired in spite of detection and response.
    pub payload: Proportion,
    /// Data left in spite of detection and response.
    pub outflow: Proportion,
    /// Trials in which nobody noticed anything.
    pub unnoticed: Proportion,
    /// Minutes from the first step to the declared incident, over trials with one.
    pub declared_minutes: Option<Spread>,
    /// Insured-hours lost by the attack.
    pub attack: Spread,
    /// Insured-hours lost by containment.
    pub containment: Spread,
    /// Tenants hit.
    pub tenants_hit: Spread,
    /// Hours until the last asset was back, over trials with an outage.
    pub recovered_hours: Option<Spread>,
    /// The way back; since version 3.
    #[serde(default)]
    pub aftermath: Option<Aftermath>,
    /// Records of insured people that the steps which carry data out can reach at the most;
    /// since version 3.
    #[serde(default)]
    pub records_at_risk: u64,
    /// The same campaign against attackers without limit of hands: payload share, as upper bound.
    pub flooding: Interval,
    /// The same campaign if nobody responds at all: insured-hours lost by the attack, mean.
    pub unopposed: f64,
    /// By tenant, in the order of the estate.
    pub tenants: Vec<TenantScore>,
    /// By service, in the order of the estate.
    pub services: Vec<ServiceScore>,
    /// A median and a bad trial.
    pub stories: Vec<Story>,
}

/// A change that would make the next run better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lever {
    /// What to do, for people.
    pub title: String,
    /// Why it would help, from the cause of the miss.
    pub why: String,
    /// The technique it concerns, if it concerns one.
    pub technique: Option<TechniqueId>,
    /// Verdicts it is derived from.
    pub verdicts: Vec<VerdictId>,
    /// Mean insured-hours saved per run of the campaigns, paired on equal draws, 95 % interval.
    pub saved: Interval,
    /// Change of the chance that payload or outflow comes first, in points of 1.
    pub chance: f64,
    /// Effort in person-days, an assumption stated in the report.
    pub effort_days: f64,
}

/// How often a rule fired where nothing bad happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenignFiring {
    /// The rule.
    pub rule: RuleId,
    /// Its title.
    pub title: String,
    /// Its level.
    pub level: String,
    /// Events it fired on.
    pub events: u64,
    /// Events per million benign events.
    pub per_million: f64,
}

/// A technique that was not tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotTested {
    /// The technique.
    pub technique: TechniqueId,
    /// Campaigns or actors that use it.
    pub used_by: Vec<String>,
    /// Why it was not tested.
    pub why: String,
}

/// The measuring half in figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Verdicts by outcome.
    pub verdicts: OutcomeCounts,
    /// Verdicts without outcome, because the run allowed none.
    pub no_outcome: u32,
    /// Techniques with at least one verdict.
    pub techniques: u32,
    /// Techniques with at least one alert or prevention.
    pub techniques_seen: u32,
    /// Expected rules that fired.
    pub expected_fired: u32,
    /// Expected rules that did not: lost rules.
    pub expected_lost: u32,
    /// Benign and twin events read.
    pub benign_events: u64,
    /// Rules that fired on benign events.
    pub benign: Vec<BenignFiring>,
    /// Precision over twins: alerts on attacks / (alerts on attacks + twins that raised one).
    pub precision: Option<Interval>,
}
