//! The decision card: which containment, when, and what it costs whom.

use serde::{Deserialize, Serialize};

use crate::campaign::Objective;
use crate::evidence::Measured;
use crate::id::CampaignId;
use crate::playbook::{Cut, Playbook, Repeat};
use crate::quantity::{Interval, Millis, Ratio, Seed};
use crate::scorecard::Outlook;

/// When a policy cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// On the alarm, decided on the spot.
    Now,
    /// Once the alarm is confirmed and the crisis team has decided.
    Confirmed,
}

/// What a policy does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "kebab-case")]
pub enum Measure {
    /// Nothing more.
    Nothing,
    /// What the workspace's playbook says.
    Plan,
    /// One cut.
    Cut {
        /// What is taken off in the end.
        scope: Cut,
        /// When.
        timing: Timing,
        /// What is taken off first, before a second look; `None`: all at once.
        first: Option<Cut>,
        /// How often: once, or again for each later alert while the incident is open.
        #[serde(default)]
        repeat: Repeat,
    },
}

impl Measure {
    /// Returns what is alike on a card, of which only the best is shown: the kind of what is
    /// cut, and when.
    pub fn kind(&self) -> (String, Option<Timing>) {
        match self {
            Self::Nothing => (String::new(), None),
            Self::Plan => ("plan".to_owned(), None),
            Self::Cut { scope, timing, .. } => {
                let kind = match scope {
                    Cut::Role { role } => role.clone(),
                    Cut::Site { .. } => "a site".to_owned(),
                    Cut::Zone { .. } => "a zone".to_owned(),
                    Cut::Identity { .. } => "an account".to_owned(),
                    other => format!("{other:?}"),
                };
                (kind, Some(*timing))
            }
        }
    }
}

/// A containment policy that the crisis team could follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name, such as `all-sites/now` or `zone:core/confirmed/staged`.
    pub name: String,
    /// What it does.
    pub measure: Measure,
    /// The same as a playbook; `None`: no action at all.
    pub playbook: Option<Playbook>,
    /// What of it is done before anybody knows whether the alarm is real: the price of a
    /// false alarm. `None`: nothing.
    pub reflex: Option<Playbook>,
}

/// What came of a policy over the alarms that left time to decide.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyOutcome {
    /// The policy's name.
    pub name: String,
    /// What it does.
    pub measure: Measure,
    /// Chance that the payload fires all the same.
    pub payload: Interval,
    /// Chance that data leaves all the same.
    pub outflow: Interval,
    /// Mean person-hours lost by the attack, if the alarm is real.
    pub attack: Interval,
    /// Mean person-hours lost by containment on top, if the alarm is real.
    pub containment: Interval,
    /// Mean person-hours lost if the alarm is false.
    pub false_alarm: Interval,
    /// Mean person-hours lost at the card's confidence.
    pub expected: Interval,
    /// That minus the same of the plan, trial by trial.
    pub against_plan: Interval,
    /// The same against doing nothing more.
    pub against_nothing: Interval,
    /// Mean person-hours lost at the card's confidence, with every outflow at the price that
    /// the estate states; `None` without a price.
    pub weighed: Option<Interval>,
    /// That minus the same of the plan, trial by trial.
    pub weighed_against_plan: Option<Interval>,
    /// Chance that data leaves minus the same of the plan, trial by trial.
    #[serde(default)]
    pub outflow_against_plan: Option<Interval>,
    /// The same against doing nothing more.
    #[serde(default)]
    pub outflow_against_nothing: Option<Interval>,
    /// What the policy is beside the plan: where loss and outflow surely move apart and the
    /// estate states no trade-off, a trade-off. `None` for the plan itself.
    #[serde(default)]
    pub to_plan: Option<Outlook>,
    /// The same figures over draws of the evidence: what few exercises leave open. `None` for
    /// policies that are not shown.
    pub exercises: Option<Drawn>,
    /// Mean number of tenants with a service down, if the alarm is real.
    pub tenants: Interval,
    /// Hours from the alarm until the first of those tenants has all services again:
    /// median over the trials with one.
    pub first_back: Option<Interval>,
    /// The same for the last of them.
    pub last_back: Option<Interval>,
}

/// Figures of a policy over draws of the evidence: mean and 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drawn {
    /// Chance that the payload fires all the same.
    pub payload: Interval,
    /// Chance that data leaves all the same.
    pub outflow: Interval,
    /// Mean person-hours lost at the card's confidence.
    pub expected: Interval,
}

/// A policy on the efficient frontier: whoever wants less outflow has to lose more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The policy.
    pub policy: String,
    /// Chance that data leaves.
    pub outflow: Interval,
    /// Mean person-hours lost at the card's confidence.
    pub expected: Interval,
    /// Person-hours one prevented outflow has to be worth for this policy to be better than
    /// the one before; `None` for the first, which loses least.
    pub worth: Option<f64>,
}

/// The question at one time on the clock: pull now, or only once the alarm is confirmed?
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tip {
    /// Time since the alarm.
    pub after: Millis,
    /// Share of the alarms on which the objective is reached by then, if nothing is done.
    pub too_late: Ratio,
    /// Trials that are still open then.
    pub open: u32,
    /// Mean person-hours lost if it is pulled now and the alarm is real.
    pub pull: Interval,
    /// The same if it is pulled once confirmed.
    pub wait: Interval,
    /// Mean person-hours lost if it is pulled now and the alarm is false.
    pub false_alarm: Interval,
    /// Confidence above which pulling now loses less; 1 where waiting is better even if the
    /// alarm is certain. `low` and `high` are the confidences between which the trials do
    /// not tell.
    pub threshold: Interval,
    /// Chance that the objective is reached all the same if it is pulled now.
    pub reached_pull: Interval,
    /// The same if it is pulled once confirmed.
    pub reached_wait: Interval,
    /// Person-hours that one prevented outflow has to be worth for pulling now to pay at
    /// the card's confidence; only with the objective outflow.
    pub worth: Option<f64>,
}

/// Another policy takes over where an input passes a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flip {
    /// The value.
    pub at: f64,
    /// The policy that is better beyond it.
    pub policy: String,
}

/// What the card advises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Advice {
    /// The policy with the lowest expected loss, every outflow at the price that the estate
    /// states, if it states one.
    pub policy: String,
    /// The runner-up by the same measure.
    pub second: Option<String>,
    /// Expected loss of the runner-up minus that of the policy, trial by trial.
    pub margin: Option<Interval>,
    /// Policies whose difference to the best lies within the noise.
    pub tied: Vec<String>,
    /// Below this confidence another policy is better.
    pub below: Option<Flip>,
    /// Above this confidence another policy is better.
    pub above: Option<Flip>,
    /// With restarts longer by this factor another policy is better. Losses by
    /// containment are scaled, not simulated anew.
    pub slower: Option<Flip>,
    /// Person-hours one prevented outflow has to be worth for the policy to pay against
    /// doing nothing more; only with the objective outflow.
    pub worth: Option<f64>,
    /// In how many draws of the evidence the policy is the best of those shown, and of how many.
    pub holds: (u32, u32),
}

/// What the advised cut is worth to an attacker who manages without what it takes off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detour {
    /// Expected loss of the advised policy against such an attacker.
    pub advised: Interval,
    /// The best policy against such an attacker.
    pub policy: String,
    /// Its expected loss.
    pub expected: Interval,
}

/// What the time until the all-clear is worth: an assumption under every cut.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AllClear {
    /// After the last cut or action, what is ready is reconnected.
    pub after: Millis,
    /// A shorter time that was tried.
    pub sooner: Millis,
    /// Loss of the plan with the shorter time minus that with the time assumed, trial by trial,
    /// at the card's confidence; without a plan, of the best cut.
    pub less: Interval,
}

/// A decision card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The estate's name.
    pub estate: String,
    /// Whether it is made with what belongs to the built-in provider, which is fictional.
    #[serde(default)]
    pub demo: bool,
    /// The campaign.
    pub campaign: CampaignId,
    /// Its name.
    pub campaign_name: String,
    /// What the attacker wants.
    pub objective: Objective,
    /// The workspace's playbook, by name; `None`: there is none, and the plan is to do nothing.
    pub plan: Option<String>,
    /// The seed.
    pub seed: Seed,
    /// Trials of each policy.
    pub trials: u32,
    /// Of the techniques of the campaign, how many were measured.
    #[serde(default)]
    pub measured: Option<Measured>,
    /// Trials in which the alarm came at all.
    pub alarms: u32,
    /// Trials in which it came before the objective was reached: what the card rests on.
    pub open: u32,
    /// Tenants of the estate.
    pub tenants: u32,
    /// Whether person-hours are weighed by service, as the estate states.
    #[serde(default)]
    pub weighed: bool,
    /// People whose data lie where the attacker wants to take them from; 0: nothing is said.
    #[serde(default)]
    pub exposed: u64,
    /// How sure the crisis team is that the alarm is real.
    pub confidence: Ratio,
    /// Typical time until the alarm is confirmed and decided on.
    pub confirm: Millis,
    /// The policies, best first; where outflow and outage compete without a trade-off, those on
    /// the frontier first, the cheapest before the others.
    pub policies: Vec<PolicyOutcome>,
    /// What the time until the all-clear is worth; `None` where nothing is cut.
    #[serde(default)]
    pub all_clear: Option<AllClear>,
    /// What the question of the tips is about: the cut that is pulled now or later.
    pub tip_of: Option<Cut>,
    /// Now or later, at several times on the clock.
    pub tips: Vec<Tip>,
    /// Person-hours one prevented outflow is worth, by the trade-off that the estate states.
    pub price: Option<f64>,
    /// Where the attacker wants data: the policies that lose least for what they let out, from
    /// the cheapest to the one that lets least out.
    pub frontier: Vec<Step>,
    /// What is advised; `None` where no alarm left time to decide, and where outflow and outage
    /// compete and the estate states no trade-off.
    pub advice: Option<Advice>,
    /// Where the advice is to cut a role: what if the attacker manages without it.
    pub detour: Option<Detour>,
}
