//! One trial of a record, with the plan and with another way to respond: the same attacker.

use model::playbook::Playbook;
use model::record::Record;
use model::timeline::TrialSide;
use race::Race;

use crate::campaign_run::{named, race_of};
use crate::compare::confirmed;

/// Why there is no such pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// The record has no such trial.
    NoTrial,
    /// No way to respond has this name; these have.
    Unknown(Vec<String>),
}

/// Name of the way to respond that does nothing.
const NOTHING: &str = "nothing";

/// Name of the best policy that the comparison of the record names.
const BEST: &str = "best";

/// Runs a trial of a record again, `CAMPAIGN/NUMBER`, with the campaign's plan and with another way to
/// respond: `nothing`, `best`, the id of a playbook of the record, or the name of a policy.
///
/// # Errors
/// [`Against`].
pub fn sides(record: &Record, name: &str, against: &str) -> Result<[TrialSide; 2], Against> {
    let (campaign, number) = named(record, name).ok_or(Against::NoTrial)?;
    let index: u32 = number.parse().ok().filter(|n| *n < record.trials).ok_or(Against::NoTrial)?;
    let race = race_of(record, campaign).ok_or(Against::NoTrial)?;
    let (other, playbook) = way(record, &race, against)?;
    let plan = race.playbook.map_or_else(|| NOTHING.to_owned(), |plan| plan.name.clone());
    let rival = Race { playbook: playbook.as_ref(), ..race };
    Ok([side(&race, plan, index), side(&rival, other, index)])
}

fn way(record: &Record, race: &Race<'_>, wanted: &str) -> Result<(String, Option<Playbook>), Against> {
    if wanted == NOTHING {
        return Ok((NOTHING.to_owned(), None));
    }
    if let Some(playbook) = record.playbooks.iter().find(|p| p.id.as_str() == wanted) {
        return Ok((playbook.name.clone(), Some(playbook.clone())));
    }
    let mut policies = confirmed(race.estate, race.campaign, race.playbook);
    let score = record.scores.iter().find(|s| s.campaign == race.campaign.id);
    let best = score.and_then(|s| {
        let known = |name: &str| policies.iter().any(|p| p.name == name);
        s.standings.iter().map(|standing| standing.name.as_str()).find(|name| known(name))
    });
    let name = if wanted == BEST { best } else { Some(wanted) };
    match policies.iter().position(|p| Some(p.name.as_str()) == name) {
        Some(place) => {
            let policy = policies.swap_remove(place);
            Ok((policy.name, policy.playbook))
        }
        None => {
            let words = [Some(NOTHING), best.map(|_| BEST)].into_iter().flatten().map(str::to_owned);
            let playbooks = record.playbooks.iter().map(|p| p.id.to_string());
            Err(Against::Unknown(
                words.chain(playbooks).chain(policies.into_iter().map(|p| p.name)).collect(),
            ))
        }
    }
}

fn side(race: &Race<'_>, name: String, index: u32) -> TrialSide {
    let trace = race.trace(index);
    let timeline = continuity::timeline(race.estate, &trace.trial);
    let impact = continuity::impacts(race.estate, std::slice::from_ref(&trace.trial)).remove(0);
    TrialSide { name, playbook: race.playbook.cloned(), trace, impact, timeline }
}
