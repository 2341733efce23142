//! Impact: what outages of assets mean for services and tenants.

use serde::{Deserialize, Serialize};

use crate::quantity::{Millis, PersonHours};

/// Time without a service, by cause.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// Time that would be lost even if nothing had been switched off.
    pub attack: Millis,
    /// Further time lost because the defence switched something off.
    pub containment: Millis,
    /// From the start of the trial to the moment the service is up for good;
    /// `None` when it never went down.
    pub restored: Option<Millis>,
}

impl Outage {
    /// Returns the time without the service.
    pub fn total(self) -> Millis {
        self.attack.saturating_add(self.containment)
    }
}

/// Data that is gone because no younger copy of it is clean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataLoss {
    /// All that was entered in this time before the loss.
    Last(Millis),
    /// Everything: no copy is left.
    All,
}

/// What one trial means for the tenants of one hosting profile. Where tenants are let back
/// in stages, times are means over their insured people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostingImpact {
    /// Time with at least one of its services down.
    pub any: Outage,
    /// Time without each service, in the order of the profile's agreements.
    pub services: Vec<Outage>,
    /// Data that each of them has lost, in the same order; `None`: nothing, or no backup is stated.
    pub data: Vec<Option<DataLoss>>,
}

/// What one trial means for one service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceImpact {
    /// Time in which it is down, at the home site where that is longest, whether or not a
    /// tenant has a contract for it.
    pub down: Outage,
    /// Insured people of the tenants that have a contract for it, times hours without it,
    /// lost by the attack.
    pub attack: PersonHours,
    /// The same, lost by containment on top.
    pub containment: PersonHours,
}

/// What one trial means for everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrialImpact {
    /// The trial's number.
    pub trial: u32,
    /// Insured people times hours with at least one service down, lost by the attack.
    pub attack: PersonHours,
    /// The same, lost by containment on top.
    pub containment: PersonHours,
    /// Tenants with at least one service down at any time.
    pub tenants_hit: u32,
    /// Insured people of those tenants.
    pub insured_hit: u64,
    /// By service, in the order of the estate; since version 4.
    #[serde(default)]
    pub services: Vec<ServiceImpact>,
    /// Insured people times hours without each service times its weight, over all services,
    /// lost by the attack; since version 4.
    #[serde(default)]
    pub weighted_attack: PersonHours,
    /// The same, lost by containment on top; since version 4.
    #[serde(default)]
    pub weighted_containment: PersonHours,
    /// By hosting profile, in the order of the estate.
    pub hostings: Vec<HostingImpact>,
    /// When the last asset was back, from the start of the trial.
    pub recovered: Option<Millis>,
    /// Of the person-hours, those spent waiting for re-admission to a service that runs.
    pub waiting: PersonHours,
    /// Whether something of the attacker was found again, and a site went off once more.
    pub relapsed: bool,
}

impl TrialImpact {
    /// Returns the person-hours by which ways to respond are weighed, lost by the attack and by
    /// containment: those without each service times its weight where the estate weighs its
    /// services ([`crate::estate::Estate::weighs`]), else those with at least one service down.
    pub fn lost(&self, weighed: bool) -> (f64, f64) {
        let (attack, containment) = if weighed {
            (self.weighted_attack, self.weighted_containment)
        } else {
            (self.attack, self.containment)
        };
        (attack.0 as f64, containment.0 as f64)
    }
}

/// One component on its way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Place of the asset in `estate.assets`.
    pub asset: u32,
    /// When a crew begins.
    pub begin: Millis,
    /// When it works again.
    pub back: Millis,
    /// When it was taken off again after a first return; `None`: this is its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Millis>,
}
