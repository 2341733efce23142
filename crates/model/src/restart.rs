//! The restart plan: in which order what comes back, and when each tenant works again.

use serde::{Deserialize, Serialize};

use crate::estate::People;
use crate::id::{AssetId, HostingId, ServiceId, SiteId, TenantId};
use crate::impact::DataLoss;
use crate::quantity::{Millis, PersonHours, Ratio};
use crate::recovery::Phase;
use crate::trial::DownCause;

/// What holds an asset back until its crew begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "waits", rename_all = "kebab-case")]
pub enum Hold {
    /// Nothing: a crew begins at once.
    Nothing,
    /// Its crew works on this asset until then.
    Crew {
        /// The asset before it.
        after: AssetId,
    },
    /// What it needs is not up until this asset is back.
    Needs {
        /// The asset it waits for last.
        asset: AssetId,
        /// The service of its own that needs it.
        service: ServiceId,
    },
}

/// Who does a phase. Numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "kebab-case")]
pub enum Hands {
    /// A forensic team of the provider.
    Forensics {
        /// Which.
        number: u16,
    },
    /// A crew of a site.
    Crew {
        /// The site.
        site: SiteId,
        /// Its skill, where crews have skills.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skill: Option<String>,
        /// Which of those.
        number: u16,
    },
    /// Nobody: the backups of a site are read back.
    Bandwidth {
        /// The site.
        site: SiteId,
    },
    /// Somebody outside.
    Outside,
}

/// One phase of an asset's return in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseSpan {
    /// Which.
    pub phase: Phase,
    /// Who does it.
    pub by: Hands,
    /// When it begins, from the start of the plan.
    pub begin: Millis,
    /// When it is done.
    pub end: Millis,
    /// Whether a delay here delays the end of the plan.
    pub critical: bool,
}

/// One asset in the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// The asset.
    pub asset: AssetId,
    /// Its name for people.
    pub name: String,
    /// Its site.
    pub site: SiteId,
    /// Why it is down.
    pub cause: DownCause,
    /// Its phases, in their order.
    pub phases: Vec<PhaseSpan>,
    /// When its first phase begins, from the start of the plan.
    pub begin: Millis,
    /// When it works again if every job takes its typical time.
    pub back: Millis,
    /// When it works again if every job takes its slow time, in the same order.
    pub back_slow: Millis,
    /// Start attempts to expect.
    pub attempts: f64,
    /// Why its first phase does not begin earlier.
    pub hold: Hold,
    /// Why it is not started, or rebuilt, as soon as the phase before is done; `None`: it is.
    pub start_hold: Option<Hold>,
    /// The most data that can be lost; `None`: nothing, or no backup is stated.
    pub data_loss: Option<DataLoss>,
    /// Insured people whose services need it.
    pub insured: u64,
    /// Whether a delay here delays the end.
    pub critical: bool,
}

/// Tenants that are let back to a service together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The tenants.
    pub tenants: Vec<TenantId>,
    /// Their insured people.
    pub insured: u64,
    /// When the first of them is let in, from the start of the plan.
    pub from: Millis,
    /// When the last of them is in.
    pub to: Millis,
}

/// In which stages tenants of one home site return to a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StagedReturn {
    /// The service.
    pub service: ServiceId,
    /// Its name for people.
    pub name: String,
    /// The home site.
    pub site: SiteId,
    /// Load if all returned at once, as a multiple of what it can carry.
    pub overload: f64,
    /// The stages, first the first.
    pub stages: Vec<Stage>,
}

/// When one service is back for the tenants of one hosting profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceReturn {
    /// The hosting profile.
    pub hosting: HostingId,
    /// Tenants hosted like this.
    pub tenants: u32,
    /// Their insured people.
    pub insured: u64,
    /// The service.
    pub service: ServiceId,
    /// When it runs, all typical.
    pub back: Millis,
    /// When the last tenant of the profile has been let back to it, all typical.
    pub all_in: Millis,
    /// The same, all slow.
    pub back_slow: Millis,
    /// Agreed time to restart (RTO).
    pub rto: Millis,
    /// Longest outage that can be borne (MTPD).
    pub mtpd: Millis,
}

/// What a plan could have more of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum More {
    /// A crew at a site.
    Crew {
        /// The site.
        site: SiteId,
        /// Its skill, where crews have skills.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skill: Option<String>,
    },
    /// A forensic team.
    Forensics,
    /// Twice the rate at which backups are read back at a site.
    Bandwidth {
        /// The site.
        site: SiteId,
    },
}

/// What one more of something would bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gain {
    /// Of what.
    #[serde(flatten)]
    pub more: More,
    /// How many there are today; for bandwidth gigabytes an hour.
    pub today: u32,
    /// Person-hours saved.
    pub saved: PersonHours,
    /// The same weighed by service; `None` where the estate weighs no service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighed: Option<PersonHours>,
    /// By how much the last asset is back earlier.
    pub earlier: Millis,
}

/// Services that cannot come up from cold by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByHand {
    /// The home site.
    pub site: SiteId,
    /// Services that wait for each other.
    pub stuck: Vec<ServiceId>,
    /// One circle among them: each needs the next, the last is the first again.
    #[serde(default)]
    pub circle: Vec<ServiceId>,
    /// Services to start by hand, in this order.
    pub start: Vec<ServiceId>,
}

/// What a plan loses where the estate weighs its services: insured people times hours without
/// each service, times its weight. By this the order was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighed {
    /// By the plan.
    pub hours: PersonHours,
    /// If crews took first what counts most, without search.
    pub unsearched: PersonHours,
}

/// A restart plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestartPlan {
    /// The estate's name.
    pub estate: String,
    /// What the estate's people are called, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    /// Whether the estate is the built-in provider's, which is fictional.
    #[serde(default)]
    pub demo: bool,
    /// What is down, in the order in which crews begin.
    pub positions: Vec<Position>,
    /// When services are back, first the latest.
    pub services: Vec<ServiceReturn>,
    /// What is started by hand.
    pub by_hand: Vec<ByHand>,
    /// Services to which tenants return in stages, in the order in which they run.
    pub staged: Vec<StagedReturn>,
    /// What more of something would bring, best first.
    pub gains: Vec<Gain>,
    /// Insured people times hours with at least one service down, from the start of the plan.
    pub person_hours: PersonHours,
    /// The same if crews took first what most insured people wait for, without search; where the
    /// estate weighs its services, what counts most.
    pub unsearched: PersonHours,
    /// The loss by which the order was searched, where the estate weighs its services; `None`: it
    /// does not, and the order was searched by `person_hours`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighed: Option<Weighed>,
    /// When the last asset is back, all typical.
    pub last: Millis,
    /// When the last asset is back, all slow.
    pub last_slow: Millis,
    /// When the first, half, 95 % and all of the insured people have all services again.
    pub restored: [Millis; 4],
    /// Insured people with a service down at the start.
    pub insured: u64,
    /// Share of the estate's insured people that is.
    pub share: Ratio,
    /// Chance that something of the attacker is found again after the restart; `None`: not stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relapse: Option<Ratio>,
}
