//! The scorecard: what a run says in the end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::decide::Measure;
use crate::evidence::OutcomeCounts;
use crate::id::{
    AssetId, CampaignId, PlaybookId, RuleId, ServiceId, SiteId, TechniqueId, TenantId, VerdictId,
};
use crate::impact::Return;
use crate::quantity::{Interval, PersonHours, Ratio};
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
    /// Mean person-hours lost by attack.
    pub attack: f64,
    /// Mean person-hours lost by containment.
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
    /// Person-hours lost in it by the attack.
    pub attack: PersonHours,
    /// Person-hours lost in it by containment.
    pub containment: PersonHours,
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
    /// Mean person-hours spent waiting to be let back to services that run again.
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

/// One way to respond to a campaign, over all its trials: every way meets the same attacker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// What is done.
    pub measure: Measure,
    /// Its name: that of the plan, `nothing`, or that of the policy.
    pub name: String,
    /// Chance that the payload fires, 95 % Clopper-Pearson interval.
    pub payload: Interval,
    /// Chance that data leaves.
    pub outflow: Interval,
    /// Mean person-hours lost by the attack, 95 % interval.
    pub attack: Interval,
    /// Mean person-hours lost by our own containment.
    pub containment: Interval,
    /// Mean loss by both causes minus that of doing nothing, trial by trial.
    pub against_nothing: Interval,
    /// Mean loss by both causes minus that of the plan, trial by trial; `None` without a plan.
    pub against_plan: Option<Interval>,
    /// Whether person-hours are weighed by service, as the estate states.
    #[serde(default)]
    pub weighed: bool,
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
    /// Person-hours lost by the attack.
    pub attack: Spread,
    /// Person-hours lost by containment.
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
    /// The same campaign if nobody responds at all: person-hours lost by the attack, mean.
    pub unopposed: f64,
    /// Our plan where there is one, doing nothing, and the best policy seen, in this order;
    /// since version 4.
    #[serde(default)]
    pub standings: Vec<Standing>,
    /// The techniques whose exercise, if repeated, would narrow the answer most, with the
    /// share of the spread each explains, largest first; since version 4.
    #[serde(default)]
    pub narrowing: Vec<(TechniqueId, f64)>,
    /// By tenant, in the order of the estate.
    pub tenants: Vec<TenantScore>,
    /// By service, in the order of the estate.
    pub services: Vec<ServiceScore>,
    /// A median and a bad trial.
    pub stories: Vec<Story>,
}

/// What kind of change a lever is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeverKind {
    /// Of a rule, or of what is collected for it.
    #[default]
    Rule,
    /// Of sensors on hosts.
    Sensor,
    /// Of the people who look at alerts and decide.
    Staff,
    /// Of how what went down comes back.
    Recovery,
    /// Of a step of the plan.
    Plan,
    /// Of the plan as a whole.
    Policy,
}

/// What the trials tell about a change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outlook {
    /// Chance or loss surely falls, and neither surely rises.
    Gain,
    /// One surely falls, the other surely rises.
    TradeOff,
    /// Neither surely moves.
    #[default]
    Open,
    /// Chance or loss surely rises, and neither surely falls.
    Loss,
}

/// What a change does to one campaign, against the same attackers: means of differences
/// trial by trial with their 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeverEffect {
    /// The campaign.
    pub campaign: CampaignId,
    /// Change of the chance that its objective is reached, as a share.
    pub chance: Interval,
    /// Change of the person-hours lost by both causes.
    pub loss: Interval,
    /// Change of the person-hours lost by the attack.
    pub attack: Interval,
    /// Change of the person-hours lost by containment.
    pub containment: Interval,
    /// Change of the share of trials in which an incident is declared.
    pub declared: Interval,
    /// Change of the asset classes that containment takes off, by trial.
    pub cut: Interval,
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
    /// Mean person-hours saved if each of the campaigns comes once, paired on equal draws,
    /// 95 % interval.
    pub saved: Interval,
    /// Change of the chance that the campaign's objective is reached, in points of 1: the
    /// mean over the campaigns.
    pub chance: f64,
    /// The same with its 95 % interval; since version 4.
    #[serde(default)]
    pub chance_interval: Option<Interval>,
    /// Effort in person-days, an assumption stated in the report.
    pub effort_days: f64,
    /// Key of the effort in the file of efforts; since version 4.
    #[serde(default)]
    pub effort: String,
    /// What kind of change it is; since version 4.
    #[serde(default)]
    pub kind: LeverKind,
    /// What the trials tell; since version 4.
    #[serde(default)]
    pub outlook: Outlook,
    /// What it does to each campaign; since version 4.
    #[serde(default)]
    pub effects: Vec<LeverEffect>,
    /// Whether person-hours are weighed by service, as the estate states.
    #[serde(default)]
    pub weighed: bool,
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
