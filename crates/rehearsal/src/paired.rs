//! Two runs side by side on the same trials.

use std::collections::BTreeSet;

use assess::gate::Paired;
use model::gate::{Limit, Requirement, Scope};
use model::id::CampaignId;
use model::record::Record;
use race::Race;

use crate::campaign_run::race_of;

/// Returns the differences of the raced measures that are limited relative to another run, for
/// each campaign that both raced: the trials of both are run again, and trial by trial the same
/// attacker comes.
///
/// Runs of different seeds have no trial in common: then there is no difference to tell.
pub fn paired(requirements: &[Requirement], now: &Record, before: &Record) -> Paired {
    let raced = requirements
        .iter()
        .filter(|r| r.measure.is_raced() && matches!(r.limit, Limit::NoWorseBy(_)))
        .filter_map(|r| match &r.of {
            Scope::Campaign(id) => Some(id.clone()),
            _ => now.scores.first().map(|s| s.campaign.clone()),
        });
    let campaigns: BTreeSet<CampaignId> = raced.collect();
    if now.seed != before.seed {
        return Paired::new();
    }
    let count = now.trials.min(before.trials);
    let mut all = Paired::new();
    for campaign in campaigns {
        let (Some(own), Some(other)) = (race_of(now, campaign.as_str()), race_of(before, campaign.as_str()))
        else {
            continue;
        };
        let run = |race: Race<'_>| {
            let trials = race.run(count).trials;
            let impacts = continuity::impacts(race.estate, &trials);
            (trials, impacts)
        };
        let (now, before) = (run(own), run(other));
        all.extend(assess::gate::paired(&campaign, (&now.0, &now.1), (&before.0, &before.1)));
    }
    all
}
