//! What happened in one trial, in words and by lane.

use model::campaign::Campaign;
use model::estate::Estate;
use model::id::{AssetId, SiteId, StepId};
use model::playbook::Playbook;
use model::quantity::Millis;
use model::trial::{DownCause, Happening, Relapse, Trace};

use crate::number::plural;

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// The attacker.
    Attack,
    /// Rules and analysts.
    Watch,
    /// Those who carry out the playbook.
    Response,
}

impl Lane {
    /// All lanes, top to bottom.
    pub(crate) const ALL: [Self; 3] = [Self::Attack, Self::Watch, Self::Response];

    /// Returns the lane's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Attack => "Attacker",
            Self::Watch => "Alerts and analysts",
            Self::Response => "Response",
        }
    }

    /// Returns the letter before the numbers of the lane's moments.
    pub(crate) fn letter(self) -> char {
        match self {
            Self::Attack => 'a',
            Self::Watch => 's',
            Self::Response => 'r',
        }
    }
}

/// One moment of a trial in words.
pub(crate) struct Told {
    /// When, from the start.
    pub(crate) at: Millis,
    /// Who acts.
    pub(crate) lane: Lane,
    /// Place in its lane, from 1.
    pub(crate) number: usize,
    /// What happened.
    pub(crate) text: String,
    /// Whether the attacker reached an objective here.
    pub(crate) grave: bool,
}

/// What a story is told with.
pub(crate) struct Cast<'a> {
    pub(crate) estate: &'a Estate,
    pub(crate) campaign: Option<&'a Campaign>,
    pub(crate) playbook: Option<&'a Playbook>,
}

impl Cast<'_> {
    fn step(&self, id: &StepId) -> String {
        let step = self.campaign.and_then(|c| c.steps.iter().find(|s| &s.id == id));
        step.map_or_else(|| id.to_string(), |s| format!("{} ({})", s.name, s.technique))
    }

    fn asset(&self, id: &AssetId) -> String {
        let asset = self.estate.assets.iter().find(|a| &a.id == id);
        asset.map_or_else(|| id.to_string(), |a| a.name.clone())
    }

    fn site(&self, id: &SiteId) -> String {
        self.estate.sites.iter().find(|s| &s.id == id).map_or_else(|| id.to_string(), |s| s.name.clone())
    }

    fn action(&self, id: &str) -> String {
        let action = self.playbook.and_then(|p| p.actions.iter().find(|a| a.id == id));
        action.map_or_else(|| id.to_owned(), |a| a.name.clone())
    }

    fn words(&self, happening: &Happening) -> (Lane, String, bool) {
        let (lane, text) = match happening {
            Happening::StepDone { step, asset } => {
                (Lane::Attack, format!("{} on {}", self.step(step), self.asset(asset)))
            }
            Happening::StepPrevented { step, asset, again } => {
                let next = if *again { "will try again" } else { "gives up" };
                (Lane::Attack, format!("Stopped: {} on {}; {next}", self.step(step), self.asset(asset)))
            }
            Happening::StepCut { step, asset } => {
                (Lane::Attack, format!("Cut off: {} on {}", self.step(step), self.asset(asset)))
            }
            Happening::Alert { step, asset } => {
                (Lane::Watch, format!("Alert on {}: {}", self.asset(asset), self.step(step)))
            }
            Happening::Dismissed { step } => {
                (Lane::Watch, format!("An analyst dismisses the alert: {}", self.step(step)))
            }
            Happening::Unconfirmed { step } => {
                (Lane::Watch, format!("Escalated, not confirmed by another asset yet: {}", self.step(step)))
            }
            Happening::Declared => (Lane::Watch, "An incident is declared".to_owned()),
            Happening::Escalated { step, asset } => (
                Lane::Watch,
                format!(
                    "Escalated in the open incident: the alert from “{}” on {}",
                    self.step(step),
                    self.asset(asset)
                ),
            ),
            Happening::Noticed { asset } => {
                (Lane::Watch, format!("Nobody can overlook it: {} does not work", self.asset(asset)))
            }
            Happening::Closed => {
                (Lane::Response, "The incident is closed: nothing new for the quiet time".to_owned())
            }
            Happening::Action { action } => (Lane::Response, self.action(action)),
            Happening::ActionFailed { action } => {
                (Lane::Response, format!("{} – it fails", self.action(action)))
            }
            Happening::SiteOff { site } => {
                (Lane::Response, format!("{} goes off the network", self.site(site)))
            }
            Happening::Encrypted { asset } => {
                (Lane::Attack, format!("Payload: {} unusable", self.asset(asset)))
            }
            Happening::Outflow { asset } => (Lane::Attack, format!("Data leaves {}", self.asset(asset))),
            Happening::FiredEarly => {
                (Lane::Attack, "The attacker sees the containment and fires early".to_owned())
            }
        };
        let grave = matches!(happening, Happening::Encrypted { .. } | Happening::Outflow { .. });
        (lane, text, grave)
    }

    /// Returns the moments of a trial in words, numbered within their lanes.
    pub(crate) fn tell(&self, trace: &Trace) -> Vec<Told> {
        let mut numbers = [0_usize; 3];
        trace
            .moments
            .iter()
            .map(|moment| {
                let (lane, text, grave) = self.words(&moment.happening);
                let number = &mut numbers[lane as usize];
                *number += 1;
                Told { at: moment.at, lane, number: *number, text, grave }
            })
            .collect()
    }

    /// Returns the outcome of a trial in one or two sentences.
    pub(crate) fn outcome(&self, trace: &Trace) -> String {
        let trial = &trace.trial;
        let mut parts = Vec::new();
        match (trial.payload, trial.outflow) {
            (Some(at), _) => parts.push(format!("The payload fires after {at}.")),
            (None, Some(at)) => parts.push(format!("Data leaves after {at}.")),
            (None, None) => parts.push("The attacker reaches nothing.".to_owned()),
        }
        parts.push(match (trial.alert, trial.declared) {
            (Some(alert), Some(declared)) => {
                format!("The first alert comes after {alert}, an incident is declared after {declared}.")
            }
            (Some(alert), None) => {
                format!("The first alert comes after {alert}, but nobody declares an incident.")
            }
            (None, _) => "No rule fires at all.".to_owned(),
        });
        if let Some(contained) = trial.contained {
            parts.push(format!("The last action of the response is done after {contained}."));
        }
        let attack = trial.down.iter().filter(|d| d.cause == DownCause::Attack).count();
        let off = trial.down.len() - attack;
        let systems = |n: usize| plural(n as u64, "system is", "systems are");
        parts.push(match (attack, off) {
            (0, 0) => "Nothing goes down.".to_owned(),
            (0, off) => format!("{} switched off, none destroyed.", systems(off)),
            (attack, 0) => format!("{} made unusable.", systems(attack)),
            (attack, off) => format!("{} made unusable, {} switched off.", systems(attack), systems(off)),
        });
        parts.extend(trial.relapse.as_ref().map(|r| self.relapse(r)));
        parts.join(" ")
    }

    fn relapse(&self, relapse: &Relapse) -> String {
        let site = self.estate.sites.get(usize::from(relapse.site)).map_or("a site", |s| s.name.as_str());
        format!(
            "Something of the attacker is found again {} after the first system of {site} is back; \
             the site goes off once more.",
            relapse.seen
        )
    }
}
