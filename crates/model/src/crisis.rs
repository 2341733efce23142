//! What an outage means in figures for the crisis team: how long, for whom, against
//! which agreed times and which legal clocks.

use serde::{Deserialize, Serialize};

use crate::estate::People;
use crate::estate::Weight;
use crate::evidence::Measured;
use crate::id::{HostingId, ServiceId, TenantId};
use crate::quantity::{Interval, Millis, PersonHours, Ratio};

/// Quantiles of a length of time over trials.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    /// Exceeded in nine of ten trials.
    pub q10: Millis,
    /// Median.
    pub q50: Millis,
    /// Exceeded in one of ten trials.
    pub q90: Millis,
}

/// One service for the tenants of one hosting profile, over all trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceOutage {
    /// The hosting profile.
    pub hosting: HostingId,
    /// Its tenants, in the order of the estate.
    pub tenants: Vec<TenantId>,
    /// Their insured people.
    pub insured: u64,
    /// Tenants among them that are critical infrastructure by size.
    pub kritis: u32,
    /// The service.
    pub service: ServiceId,
    /// Share of trials in which it was down at all.
    pub hit: Ratio,
    /// Time down, over the trials in which it was.
    pub down: Lengths,
    /// From the begin of the outage until normal operation for good, over the same trials.
    pub normal: Lengths,
    /// From the begin of the outage until emergency operation or better; `None` where the
    /// service has no emergency operation.
    pub emergency: Option<Lengths>,
    /// Agreed time to restart (RTO).
    pub rto: Millis,
    /// Longest outage that can be borne (MTPD).
    pub mtpd: Millis,
    /// Share of all trials in which the service was down for longer than the RTO.
    pub rto_missed: Ratio,
    /// Share of all trials in which it was down for longer than the MTPD.
    pub mtpd_exceeded: Ratio,
    /// The same with emergency operation counted as running.
    pub mtpd_exceeded_in_emergency: Ratio,
    /// Agreed longest time whose data may be lost (RPO); `None`: not agreed.
    pub rpo: Option<Millis>,
    /// Share of all trials in which it lost data.
    pub data_lost: Ratio,
    /// The time whose data is lost, over the trials in which some is and a copy is left.
    pub data_age: Option<Lengths>,
    /// Share of all trials in which no copy is left.
    pub data_gone: Ratio,
    /// Share of all trials in which more is lost than the RPO allows; `None` without an RPO.
    pub rpo_missed: Option<Ratio>,
}

/// One service over all sites and trials, whether or not a tenant has a contract for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServiceTotal {
    /// The service.
    pub service: ServiceId,
    /// Its name.
    pub name: String,
    /// Its weight.
    pub weight: Weight,
    /// Tenants that have a contract for it; 0 for a service on which only others rest.
    pub tenants: u32,
    /// Their insured people.
    pub insured: u64,
    /// Share of trials in which it was down somewhere.
    pub hit: Ratio,
    /// Time down, at the site where that is longest, over those trials.
    pub down: Lengths,
    /// Mean insured people times hours without it, lost by the attack.
    pub attack: PersonHours,
    /// The same, lost by containment on top.
    pub containment: PersonHours,
}

/// One tenant over all trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TenantOutage {
    /// The tenant.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// Its insured people.
    pub insured: u64,
    /// Whether it is critical infrastructure by size.
    pub kritis: bool,
    /// Its hosting profile.
    pub hosting: HostingId,
    /// Share of trials in which it lost a service.
    pub hit: Ratio,
    /// From the begin of the outage until every service runs normally, over those trials.
    pub normal: Lengths,
    /// From the begin of the outage until every service runs at least in emergency operation.
    pub emergency: Lengths,
    /// Share of all trials in which some service exceeded its MTPD.
    pub mtpd_exceeded: Ratio,
}

/// A duty to tell somebody, with the chance that it is met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LegalClock {
    /// Its key in the list of clocks, such as `gdpr-33`.
    pub key: String,
    /// Who must tell: `provider`, `insurer`, `kritis-insurer`.
    pub who: String,
    /// The law or circular, as cited.
    pub law: String,
    /// How long, from knowledge; `None`: without undue delay, no hours in the law.
    pub within: Option<Millis>,
    /// Those bound by it: the provider, or tenants hit in some trial.
    pub bound: u32,
    /// Chance that one of them meets it; `None` where the law names no hours or nobody is bound.
    pub met: Option<Ratio>,
    /// The same if everybody could always be heard: it rests on the time of preparing alone.
    #[serde(default)]
    pub alone: Option<Ratio>,
    /// The lowest chance among them.
    pub worst: Option<Ratio>,
    /// Time of preparing the report that is assumed: median and 90 % quantile.
    pub takes: Option<(Millis, Millis)>,
    /// Where it is written.
    pub source: String,
}

/// Both uncertainties of a figure, never merged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Both {
    /// The figure with the 95 % interval of the simulation: shrinks with more trials.
    pub simulation: Interval,
    /// 95 % interval over draws of the evidence: shrinks only with more exercises.
    pub exercises: Interval,
}

/// How sure the main figures are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Doubt {
    /// Share of trials in which some tenant lost a service.
    pub hit: Both,
    /// Mean person-hours lost by the attack.
    pub attack: Both,
    /// The same, by containment.
    pub containment: Both,
}

/// The figures for the crisis team.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Crisis {
    /// The estate's name.
    pub estate: String,
    /// What the estate's people are called, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    /// What happened: a campaign, or what was switched off.
    pub what: String,
    /// Whether the estate is the built-in provider, whose times were chosen after outages that
    /// were publicly reported: only there is it compared with them.
    #[serde(default)]
    pub built_in: bool,
    /// Trials.
    pub trials: u32,
    /// Of the techniques of the campaign, how many were measured; `None` for an outage that is given.
    #[serde(default)]
    pub measured: Option<Measured>,
    /// How sure the main figures are; `None` for an outage that is given.
    #[serde(default)]
    pub doubt: Option<Doubt>,
    /// Share of trials in which some tenant lost a service.
    pub hit: Ratio,
    /// When the first, half, 95 % and all of the tenants hit run normally again, from the
    /// begin of the outage, over the trials with one.
    pub restored: [Lengths; 4],
    /// Mean person-hours with at least one service down, lost by the attack.
    pub attack: PersonHours,
    /// The same, lost by containment on top.
    pub containment: PersonHours,
    /// Mean person-hours without each service times its weight, over all services, lost by
    /// the attack.
    #[serde(default)]
    pub weighted_attack: PersonHours,
    /// The same, lost by containment on top.
    #[serde(default)]
    pub weighted_containment: PersonHours,
    /// By service, most person-hours first, then those without tenants, longest down first.
    #[serde(default)]
    pub by_service: Vec<ServiceTotal>,
    /// Of both, what is spent waiting for re-admission to a service that runs.
    pub waiting: PersonHours,
    /// Share of trials in which something of the attacker was found again after the restart.
    pub relapsed: Ratio,
    /// Mean person-hours that a relapse costs, over those trials: with it minus without it.
    pub relapse_cost: PersonHours,
    /// By service and hosting profile, longest median first.
    pub services: Vec<ServiceOutage>,
    /// By tenant, most insured people first.
    pub tenants: Vec<TenantOutage>,
    /// Legal clocks, in the order of the list.
    pub clocks: Vec<LegalClock>,
}
