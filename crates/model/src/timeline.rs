//! One trial over time: what is down when, for whom.

use crate::id::ServiceId;
use crate::impact::TrialImpact;
use crate::playbook::Playbook;
use crate::quantity::Millis;
use crate::trial::Trace;

/// A time in which something is down, from the start of the trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Downtime {
    /// When it begins.
    pub from: Millis,
    /// When it ends.
    pub to: Millis,
    /// Whether it would be down even if nothing had been switched off.
    pub attack: bool,
}

/// One asset from the moment it goes down until it is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    /// Place of the asset in `estate.assets`.
    pub asset: u32,
    /// When it goes down.
    pub from: Millis,
    /// When the attacker made it unusable, if he did.
    pub attacked: Option<Millis>,
    /// When it works again.
    pub back: Millis,
}

/// What the tenants of one hosting profile are without, over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostingTimeline {
    /// Tenants with this profile.
    pub tenants: u32,
    /// Their people.
    pub insured: u64,
    /// Times without each service of the profile.
    pub services: Vec<(ServiceId, Vec<Downtime>)>,
    /// Times with at least one of them down, apart from each other and sorted.
    pub any: Vec<Downtime>,
}

/// What is down when in one trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialTimeline {
    /// Absences of assets, by the order in which they come back.
    pub absences: Vec<Absence>,
    /// By hosting profile, in the order of the estate.
    pub hostings: Vec<HostingTimeline>,
}

/// One trial with one way to respond.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialSide {
    /// The way to respond: the name of a plan or policy, or `nothing`.
    pub name: String,
    /// What is done; `None`: nothing.
    pub playbook: Option<Playbook>,
    /// What happened.
    pub trace: Trace,
    /// What it means.
    pub impact: TrialImpact,
    /// What is down when.
    pub timeline: TrialTimeline,
}
