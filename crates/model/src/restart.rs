//! The restart plan: in which order what comes back, and when each tenant works again.

use serde::{Deserialize, Serialize};

use crate::id::{AssetId, HostingId, ServiceId, SiteId};
use crate::quantity::{InsuredHours, Millis, Ratio};
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
    /// Which of the site's crews takes it, from 1.
    pub crew: u16,
    /// When the crew begins, from the start of the plan.
    pub begin: Millis,
    /// When it works again if every job takes its typical time.
    pub back: Millis,
    /// When it works again if every job takes its slow time, in the same order.
    pub back_slow: Millis,
    /// Start attempts to expect.
    pub attempts: f64,
    /// Why not earlier.
    pub hold: Hold,
    /// Insured people whose services need it.
    pub insured: u64,
    /// Whether a delay here delays the end.
    pub critical: bool,
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
    /// When it is back, all typical.
    pub back: Millis,
    /// When it is back, all slow.
    pub back_slow: Millis,
    /// Agreed time to restart (RTO).
    pub rto: Millis,
    /// Longest outage that can be borne (MTPD).
    pub mtpd: Millis,
}

/// What one more crew at a site would bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewGain {
    /// The site.
    pub site: SiteId,
    /// Crews today.
    pub crews: u16,
    /// Insured-hours saved by one more.
    pub saved: InsuredHours,
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

/// A restart plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RestartPlan {
    /// The estate's name.
    pub estate: String,
    /// What is down, in the order in which crews begin.
    pub positions: Vec<Position>,
    /// When services are back, first the latest.
    pub services: Vec<ServiceReturn>,
    /// What is started by hand.
    pub by_hand: Vec<ByHand>,
    /// One more crew, best first.
    pub crews: Vec<CrewGain>,
    /// Insured people times hours with at least one service down, from the start of the plan.
    pub insured_hours: InsuredHours,
    /// The same if crews took first what most insured people wait for, without search.
    pub unsearched: InsuredHours,
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
}
