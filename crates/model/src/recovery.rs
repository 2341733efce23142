//! What the return of an asset takes beside starting it, and what can go wrong after it.

use serde::{Deserialize, Serialize};

use crate::id::AssetId;
use crate::quantity::{Millis, Quantiles, Ratio};

/// One part of the work that brings an asset back, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Look for traces of the attacker before anything is started.
    Examine,
    /// Remove what was found.
    Clean,
    /// Set it up again from clean media, first start included.
    Rebuild,
    /// Start it, as often as that takes.
    Start,
    /// Read data back from the backup.
    Restore,
    /// Check that it does what it should.
    Verify,
    /// Wait until somebody outside, such as the telematics hub, lets it back.
    Release,
}

impl Phase {
    /// All phases in their order.
    pub const ALL: [Self; 7] =
        [Self::Examine, Self::Clean, Self::Rebuild, Self::Start, Self::Restore, Self::Verify, Self::Release];

    /// Returns its name as it is written in files and arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::Examine => "examine",
            Self::Clean => "clean",
            Self::Rebuild => "rebuild",
            Self::Start => "start",
            Self::Restore => "restore",
            Self::Verify => "verify",
            Self::Release => "release",
        }
    }
}

/// Times of the phases beside starting and rebuilding, for a whole asset class; `None`: the
/// phase takes no time of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Phases {
    /// Examination before anything is started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examine: Option<Quantiles>,
    /// Cleaning, where the attacker has been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clean: Option<Quantiles>,
    /// Verification after the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Quantiles>,
    /// Release by somebody outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Quantiles>,
}

/// The same times as drawn for one return.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Care {
    /// Examination.
    pub examine: Millis,
    /// Cleaning.
    pub clean: Millis,
    /// Verification.
    pub verify: Millis,
    /// Release.
    pub release: Millis,
}

/// Where an asset's backups lie and how often they are made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The asset that holds them.
    pub at: AssetId,
    /// Time between two backups.
    pub every: Millis,
    /// Time between two copies that no network reaches; `None`: there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offline: Option<Millis>,
}

/// How old an asset's last copies are at the moment at which it is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyAge {
    /// The last backup.
    pub online: Millis,
    /// The last copy that no network reaches; `None`: there are none.
    pub offline: Option<Millis>,
}

/// What a service goes through when all its users return at once: retries and cold caches
/// multiply the load, and fade.
///
/// Load of users admitted for a time `t`: `1 + (surge - 1) exp(-t / fades)` times the usual.
/// Where it exceeds `headroom` times the usual load of all users the service is overloaded,
/// and the overload keeps itself up (Bronson et al. 2021, Huang et al. 2022).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WarmUp {
    /// Load of a user just admitted, as a multiple of the usual; at least 1.
    pub surge: f64,
    /// Time constant with which that fades.
    pub fades: Millis,
    /// What the service can carry, as a multiple of the usual load of all its users; above 1.
    pub headroom: f64,
}

/// How tenants are let back to a service that has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readmission {
    /// As fast as its capacity allows.
    #[default]
    Staged,
    /// All together; an overload is noticed, and they are let back in stages then.
    AtOnce,
}

/// For what the all-clear is given, which what is ready waits for before it is reconnected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reconnect {
    /// For the whole estate: the response is done, and nothing more goes down anywhere.
    #[default]
    All,
    /// For each site by itself: nothing more goes down there.
    Site,
}

/// How often something of the attacker is found again after the restart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RelapseOdds {
    /// Chance in a recovery.
    pub chance: Ratio,
    /// Time from the return of the first asset of the site until it is found.
    pub seen: Quantiles,
}

/// What holds for every recovery of a provider.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecoveryRules {
    /// Teams that examine, for all sites together; `None`: the crews of each site do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forensic_teams: Option<u16>,
    /// Relapse; `None`: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relapse: Option<RelapseOdds>,
    /// How tenants are let back.
    #[serde(default)]
    pub readmission: Readmission,
    /// For what the all-clear is given.
    #[serde(default)]
    pub reconnect: Reconnect,
}
