//! One trial of a record as an exercise: the answers are raced on the same draws.

use assess::{Alternative, Exercise};
use continuity::Gone;
use model::impact::TrialImpact;
use model::quantity::{PersonHours, Ratio};
use model::record::Record;
use model::tabletop::{Answer, Consequence, Tabletop};
use model::trial::Trial;
use race::Race;

use crate::campaign_run::{named, race_of};

/// Trials over which answers are compared.
const COMPARED: u32 = 400;

/// Draws of the evidence for each answer, and the share of the comparison trials on each.
const DRAWS: u32 = 20;
const SIDE_SHARE: u32 = 4;

/// Returns the exercise of a trial: `CAMPAIGN/NUMBER`.
pub fn tabletop(record: &Record, name: &str) -> Option<Tabletop> {
    let (campaign, number) = named(record, name)?;
    let index: u32 = number.parse().ok().filter(|n| *n < record.trials)?;
    let race = race_of(record, campaign)?;
    let compared = record.trials.min(COMPARED);
    let trace = race.trace(index);
    let gone = Gone::in_trial(&trace.trial);
    let answers = |list: Vec<Alternative>| -> Vec<Answer> {
        list.iter()
            .map(|alternative| Answer {
                said: alternative.said.clone(),
                as_written: alternative.as_written,
                consequence: Some(consequence(&race, alternative, index, compared)),
            })
            .collect()
    };
    let exercise = assess::tabletop(&Exercise {
        estate: race.estate,
        campaign: race.campaign,
        playbook: race.playbook,
        trial: format!("{campaign}/{number}"),
        trace: &trace,
        declarations: answers(assess::declarations(race.estate, race.playbook)),
        containments: answers(assess::containments(race.playbook)),
        plan: &continuity::restart(race.estate, &gone),
        crisis: &continuity::crisis(race.estate, name, std::slice::from_ref(&trace.trial)),
        compared,
        measured: Some(record.evidence.measured(race.campaign.techniques())),
    });
    Some(Tabletop { demo: record.is_demo(), ..exercise })
}

fn consequence(race: &Race<'_>, alternative: &Alternative, index: u32, compared: u32) -> Consequence {
    let estate = alternative.estate.as_ref().unwrap_or(race.estate);
    let other = Race { estate, playbook: alternative.playbook.as_ref(), ..*race };
    let one = other.trace(index).trial;
    let impact = continuity::impacts(estate, std::slice::from_ref(&one));
    let trials = other.run(compared).trials;
    let impacts = continuity::impacts(estate, &trials);
    let harm = trials.iter().filter(|t| t.payload.is_some() || t.outflow.is_some()).count();
    let lost: u128 = impacts.iter().map(|i| u128::from(i.attack.0) + u128::from(i.containment.0)).sum();
    let mean = lost / (impacts.len().max(1) as u128);
    let first = impact.first();
    let draws: Vec<(Vec<Trial>, Vec<TrialImpact>)> = (0..DRAWS)
        .map(|n| {
            let evidence = race::draw(race.evidence, race.seed, n);
            let trials = Race { evidence: &evidence, ..other }.run((compared / SIDE_SHARE).max(1)).trials;
            let impacts = continuity::impacts(estate, &trials);
            (trials, impacts)
        })
        .collect();
    let (drawn, losses): (Vec<_>, Vec<_>) = draws.into_iter().unzip();
    Consequence {
        payload: one.payload,
        outflow: one.outflow,
        contained: one.contained,
        attack: first.map_or(PersonHours(0), |i| i.attack),
        containment: first.map_or(PersonHours(0), |i| i.containment),
        tenants: first.map_or(0, |i| i.tenants_hit),
        recovered: first.and_then(|i| i.recovered),
        harm: Ratio::of(harm as u64, trials.len() as u64),
        harm_doubt: assess::harm_doubt(&trials, &drawn),
        mean_doubt: assess::loss_doubt(&impacts, &losses),
        mean: PersonHours(u64::try_from(mean).unwrap_or(u64::MAX)),
    }
}
