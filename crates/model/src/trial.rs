//! Trials of the race between attacker and defence.

use serde::{Deserialize, Serialize};

use crate::id::{AssetId, CampaignId, PlaybookId, SiteId, StepId};
use crate::quantity::{Millis, Seed};
use crate::recovery::{Care, CopyAge};

/// Why an asset went down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DownCause {
    /// The attacker made it unusable.
    Attack,
    /// The defence switched it off.
    Containment,
}

/// An asset that went down in a trial. What must be drawn for its return is drawn here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Down {
    /// Place of the asset in `estate.assets`.
    pub asset: u32,
    /// When, from the start of the trial.
    pub at: Millis,
    /// Why. An asset that is switched off and was encrypted before counts as attack.
    pub cause: DownCause,
    /// Start attempts until one succeeds, at least 1.
    pub attempts: u8,
    /// Crew time to start it, or to rebuild it where the attacker made it unusable, all
    /// attempts included.
    pub work: Millis,
    /// What its return takes beside that.
    #[serde(default)]
    pub care: Care,
    /// How old its last copies are; only where the attacker made it unusable and backups are stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies: Option<CopyAge>,
}

/// Something of the attacker is found again after the restart, and its site goes off once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relapse {
    /// Place of the site in `estate.sites`.
    pub site: u16,
    /// When it is found, from the return of the first asset of the site on.
    pub seen: Millis,
    /// What the second return takes, for each asset of the site that went down; `at` is not used.
    pub down: Vec<Down>,
}

/// Data on its way out of an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leak {
    /// Place of the asset in `estate.assets`.
    pub asset: u32,
    /// When it begins to leave.
    pub from: Millis,
    /// When it is stopped: the asset is cut off or lost, or the identity that carries it
    /// out has lost its sessions; else the end of the longest race. Later than `from`.
    pub to: Millis,
}

/// One race.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Its number, from 0.
    pub index: u32,
    /// When the first payload fired.
    pub payload: Option<Millis>,
    /// When data first left.
    pub outflow: Option<Millis>,
    /// When the first alert was raised.
    pub alert: Option<Millis>,
    /// When the first incident was declared: by escalated alerts, or by a payload, which is
    /// noticed by itself.
    pub declared: Option<Millis>,
    /// When all own actions of the playbook had been done for the first time.
    pub contained: Option<Millis>,
    /// When the last incident was closed: nothing had been seen or done for the quiet time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Millis>,
    /// Sites on which the attacker had done at least one step.
    pub sites_reached: u16,
    /// When the attacker had done the first step.
    #[serde(default)]
    pub foothold: Option<Millis>,
    /// Places of the assets on which the attacker had done a step, ascending.
    #[serde(default)]
    pub reached: Vec<u32>,
    /// Assets that went down, by time and then by asset.
    pub down: Vec<Down>,
    /// The ways on which data left, by time and then by asset.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaks: Vec<Leak>,
    /// When the race was over: payload spent, containment done, or the attacker stuck.
    pub end: Millis,
    /// By place of the site in `estate.sites`: when the all-clear is given there and what is
    /// ready is reconnected; empty: nothing waits for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clear: Vec<Millis>,
    /// No work on anything begins before this moment, where it is told; else work on a part
    /// begins when it goes down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Millis>,
    /// What is found again after the restart, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relapse: Option<Relapse>,
}

/// All trials of one campaign against one playbook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trials {
    /// The campaign.
    pub campaign: CampaignId,
    /// The playbook.
    pub playbook: PlaybookId,
    /// The seed.
    pub seed: Seed,
    /// The trials by index.
    pub trials: Vec<Trial>,
}

/// One thing that happened in a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Happening {
    /// The attacker completed a step.
    StepDone {
        /// The step.
        step: StepId,
        /// On which asset.
        asset: AssetId,
    },
    /// An attempt at a step was prevented.
    StepPrevented {
        /// The step.
        step: StepId,
        /// On which asset.
        asset: AssetId,
        /// Whether it will be tried again.
        again: bool,
    },
    /// A step in progress was cut off.
    StepCut {
        /// The step.
        step: StepId,
        /// On which asset.
        asset: AssetId,
    },
    /// A rule fired.
    Alert {
        /// The step that caused it.
        step: StepId,
        /// On which asset.
        asset: AssetId,
    },
    /// An analyst looked at an alert and dismissed it.
    Dismissed {
        /// The step that caused the alert.
        step: StepId,
    },
    /// An analyst escalated an alert, and more assets must agree before an incident is declared.
    Unconfirmed {
        /// The step that caused the alert.
        step: StepId,
    },
    /// An incident was declared.
    Declared,
    /// An alert was escalated while an incident was open.
    Escalated {
        /// The step that caused the alert.
        step: StepId,
        /// On which asset.
        asset: AssetId,
    },
    /// A payload that fired was noticed by itself.
    Noticed {
        /// On which asset.
        asset: AssetId,
    },
    /// The incident was closed.
    Closed,
    /// An action of the playbook was carried out.
    Action {
        /// The action.
        action: String,
    },
    /// An action of the playbook was tried and failed.
    ActionFailed {
        /// The action.
        action: String,
    },
    /// A site went off the network.
    SiteOff {
        /// The site.
        site: SiteId,
    },
    /// Assets became unusable.
    Encrypted {
        /// The asset class.
        asset: AssetId,
    },
    /// Data left.
    Outflow {
        /// From which asset.
        asset: AssetId,
    },
    /// The attacker saw the containment and fired early.
    FiredEarly,
}

/// A moment of a trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// When, from the start of the trial.
    pub at: Millis,
    /// What.
    #[serde(flatten)]
    pub happening: Happening,
}

/// A trial told in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The outcome.
    pub trial: Trial,
    /// What happened, by time.
    pub moments: Vec<Moment>,
}
