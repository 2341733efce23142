//! The comparison that stands first: the plan, doing nothing, and the best policy seen.

use assess::Outcomes;
use model::campaign::{Campaign, Objective};
use model::decide::{Measure, Policy, Timing};
use model::estate::Estate;
use model::impact::TrialImpact;
use model::playbook::Playbook;
use model::scorecard::Standing;
use model::trial::{Trial, Trials};
use race::Race;
use race::policies::{self, Tempo};

/// Policies that are tried as levers in the place of the plan.
const KEPT: usize = 3;

/// What the comparison says, and the best policies.
pub(crate) struct Compared {
    /// For the record.
    pub(crate) standings: Vec<Standing>,
    /// Best first.
    pub(crate) policies: Vec<Policy>,
}

/// Returns the policies that cut once the alarm is confirmed, from narrow to wide.
///
/// Those that cut at once are left out: what they cost on a false alarm, which no campaign
/// shows, is the question of the decision card.
pub(crate) fn confirmed(estate: &Estate, campaign: &Campaign, plan: Option<&Playbook>) -> Vec<Policy> {
    let tempo = Tempo::of(plan);
    let mut all = Vec::new();
    for scope in policies::scopes(estate, campaign) {
        all.push(policies::policy(&tempo, &scope, Timing::Confirmed, None));
        all.extend(policies::standing(&tempo, &scope, Timing::Confirmed));
        if let Some(first) = policies::narrower(estate, &scope) {
            all.push(policies::policy(&tempo, &scope, Timing::Confirmed, Some(first)));
        }
    }
    all
}

/// Compares on the trials that were run already: policies are looked at on the first
/// `side` of them, and the best of them is run on all.
pub(crate) fn compare(
    race: &Race<'_>,
    (trials, impacts): (&Trials, &[TrialImpact]),
    nothing: (&[Trial], &[TrialImpact]),
    side: u32,
) -> Compared {
    let objective = race.campaign.objective;
    let weighed = race.estate.weighs();
    let all = confirmed(race.estate, race.campaign, race.playbook);
    let outcomes = |policy: &Policy, count: u32| {
        let trials = Race { playbook: policy.playbook.as_ref(), ..*race }.run(count);
        Outcomes::new(&trials.trials, &continuity::impacts(race.estate, &trials.trials), weighed)
    };
    let looked: Vec<Outcomes> = all.iter().map(|p| outcomes(p, side)).collect();
    let order = assess::best(&looked, objective, None);
    let policies: Vec<Policy> = order.iter().filter_map(|p| all.get(*p).cloned()).take(KEPT).collect();
    let count = u32::try_from(trials.trials.len()).unwrap_or(u32::MAX);
    let best = policies.first().map(|p| (p.clone(), outcomes(p, count)));
    let own = Outcomes::new(&trials.trials, impacts, weighed);
    let none = Outcomes::new(nothing.0, nothing.1, weighed);
    let mut ways: Vec<(Measure, String, &Outcomes)> = Vec::new();
    if let Some(plan) = race.playbook {
        ways.push((Measure::Plan, plan.name.clone(), &own));
    }
    ways.push((Measure::Nothing, "nothing".to_owned(), &none));
    // A policy that is better in nothing is no best one: then the plan is.
    if let Some((policy, outcomes)) =
        best.as_ref().filter(|(_, o)| race.playbook.is_none() || !o.is_no_better_than(&own))
    {
        ways.push((policy.measure.clone(), policy.name.clone(), outcomes));
    }
    let plan = race.playbook.is_some().then_some(&own);
    Compared { standings: assess::standings(&ways, &none, plan), policies }
}

/// Returns the share of trials in which the campaign's objective is reached.
pub(crate) fn reached(objective: Objective, trials: &[Trial]) -> f64 {
    let is = |t: &&Trial| match objective {
        Objective::Payload => t.payload.is_some(),
        Objective::Outflow => t.outflow.is_some(),
    };
    trials.iter().filter(is).count() as f64 / trials.len().max(1) as f64
}
