//! The simulated half of the pipeline: each campaign against the playbook it meets.

use std::ops::Range;

use assess::{Candidate, DrawResult, Met, Rivals, Toll};
use model::campaign::{Campaign, Objective};
use model::crisis::Crisis;
use model::decide::Policy;
use model::diagnostic::Diagnostic;
use model::estate::Estate;
use model::evidence::Evidence;
use model::id::CampaignId;
use model::impact::TrialImpact;
use model::playbook::Playbook;
use model::record::Record;
use model::scorecard::{CampaignScore, Lever, Story};
use model::trial::{Trace, Trials};
use model::verdict::Verdict;
use race::Race;

use crate::compare::{compare, reached};
use crate::progress::Progress;
use crate::rehearse::KEPT;
use crate::workspace::{Intake, Settings};

/// Draws of the evidence for the interval of exercise uncertainty: with 40 the
/// outermost lie at the 2.5 % and 97.5 % quantiles.
const DRAWS: u32 = 40;

/// Share of the trials spent on each draw, each bound and the first look at each lever.
const SIDE_SHARE: u32 = 8;

/// Levers that are tried again on other trials.
const FINALISTS: usize = assess::LEVERS + 4;

/// How many times as many trials the second look takes: its intervals are half as wide.
const SECOND_LOOK: u32 = 4;

/// Techniques that are named as worth another exercise.
const NARROWING: usize = 3;

/// One campaign against one playbook.
pub(crate) struct Bout<'a> {
    estate: &'a Estate,
    campaign: &'a Campaign,
    playbook: Option<&'a Playbook>,
    settings: Settings,
}

/// What came of a bout.
pub(crate) struct Fight {
    /// For the record.
    pub(crate) score: CampaignScore,
    /// What the trials of the first and of the second look at levers cost.
    tolls: [Toll; 2],
    /// The policies that lose least in the place of the plan, best first.
    policies: Vec<Policy>,
}

impl Bout<'_> {
    /// Returns the race on this evidence.
    pub(crate) fn race<'b>(&'b self, evidence: &'b Evidence) -> Race<'b> {
        Race {
            estate: self.estate,
            campaign: self.campaign,
            playbook: self.playbook,
            evidence,
            seed: self.settings.seed,
        }
    }

    fn side_trials(&self) -> u32 {
        (self.settings.trials / SIDE_SHARE).max(1)
    }

    /// Returns the trials of the first and of the second look at levers: the second has
    /// trials of its own, so that what was lucky in the first gains nothing by it.
    fn looks(&self) -> [Range<u32>; 2] {
        let first = self.side_trials();
        [0..first, first..first.saturating_mul(1 + SECOND_LOOK).min(self.settings.trials)]
    }

    fn fight(&self, evidence: &Evidence, progress: &dyn Progress) -> Fight {
        progress.begin("race", u64::from(DRAWS) + 4);
        let race = self.race(evidence);
        let (trials, impacts) = outcome(race, self.settings.trials);
        progress.advance(1);
        let draws = self.draws(race, &|| progress.advance(1));
        let many_hands = Campaign { hands: 0, ..self.campaign.clone() };
        let flooding = Race { campaign: &many_hands, ..race }.run(self.side_trials());
        progress.advance(1);
        let (alone, unopposed) = outcome(Race { playbook: None, ..race }, self.settings.trials);
        progress.advance(1);
        let compared = compare(&race, (&trials, &impacts), (&alone.trials, &unopposed), self.side_trials());
        progress.advance(1);
        let stories = stories(&race, &impacts);
        progress.end();
        let rivals = Rivals { flooding: &flooding, unopposed: &unopposed };
        let results: Vec<DrawResult> = draws.iter().map(|d| d.result).collect();
        let mut score = assess::score(self.estate, &trials, &impacts, &results, rivals, stories);
        score.records_at_risk = race::records_at_risk(self.estate, self.campaign);
        score.standings = compared.standings;
        let spread: Vec<(Evidence, f64)> = draws.into_iter().map(|d| (d.evidence, d.reached)).collect();
        score.narrowing = assess::narrowing(&spread, &self.campaign.techniques());
        score.narrowing.truncate(NARROWING);
        let objective = self.campaign.objective;
        let weighed = self.estate.weighs();
        let tolls = self.looks().map(|look| part_toll((objective, weighed), &trials, &impacts, look));
        Fight { score, tolls, policies: compared.policies }
    }

    /// Races on draws of the evidence.
    fn draws(&self, race: Race<'_>, done: &dyn Fn()) -> Vec<Drawn> {
        let draw = |n| {
            let evidence = race::draw(race.evidence, self.settings.seed, n);
            let (trials, impacts) = outcome(Race { evidence: &evidence, ..race }, self.side_trials());
            let reached = reached(self.campaign.objective, &trials.trials);
            done();
            Drawn { result: assess::draw_result(&trials, &impacts), reached, evidence }
        };
        (0..DRAWS).map(draw).collect()
    }
}

/// A draw of the evidence and what came of it.
struct Drawn {
    evidence: Evidence,
    result: DrawResult,
    /// Share of trials in which the objective was reached.
    reached: f64,
}

/// Returns the bouts of a workspace.
pub(crate) fn bouts<'a>(intake: &'a Intake, estate: &'a Estate, settings: Settings) -> Vec<Bout<'a>> {
    let pairs = intake.pairing().into_iter();
    pairs.map(|(campaign, playbook)| Bout { estate, campaign, playbook, settings }).collect()
}

/// Fights every bout.
pub(crate) fn fight_all(bouts: &[Bout<'_>], evidence: &Evidence, progress: &dyn Progress) -> Vec<Fight> {
    bouts.iter().map(|bout| bout.fight(evidence, progress)).collect()
}

/// Tries every change worth trying on the same draws, the best of them again on more
/// trials, and returns the best.
pub(crate) fn try_levers(
    bouts: &[Bout<'_>],
    fights: &[Fight],
    evidence: &Evidence,
    verdicts: &[Verdict],
    intake: &Intake,
    progress: &dyn Progress,
) -> Vec<Lever> {
    let Some(first) = bouts.first() else { return Vec::new() };
    let met: Vec<Met<'_>> = bouts
        .iter()
        .zip(fights)
        .map(|(b, f)| Met { campaign: b.campaign, playbook: b.playbook, policies: &f.policies })
        .collect();
    let candidates =
        assess::candidates(evidence, verdicts, first.estate, &met, &intake.playbooks, &intake.efforts);
    progress.begin("levers", (candidates.len() + FINALISTS.min(candidates.len())) as u64);
    let look = |number: usize, candidate: Candidate| {
        let toll = |(bout, fight): (&Bout<'_>, &Fight)| {
            let look = bout.looks()[number].clone();
            toll_with(bout, &candidate, evidence, look).unwrap_or_else(|| fight.tolls[number].clone())
        };
        let tolls: Vec<Toll> = bouts.iter().zip(fights).map(toll).collect();
        progress.advance(1);
        (candidate, tolls)
    };
    let base = |number: usize| fights.iter().map(|f| f.tolls[number].clone()).collect::<Vec<Toll>>();
    let tried: Vec<(Candidate, Vec<Toll>)> = candidates.into_iter().map(|c| look(0, c)).collect();
    let again = first.looks()[1].len();
    let levers = if again == 0 {
        assess::rank(&base(0), &tried)
    } else {
        let best = assess::promising(&base(0), tried, FINALISTS);
        let tried: Vec<(Candidate, Vec<Toll>)> = best.into_iter().map(|c| look(1, c)).collect();
        assess::rank(&base(1), &tried)
    };
    progress.end();
    levers
}

/// Returns what a bout costs with a change; `None` where the change does not concern it.
fn toll_with(bout: &Bout<'_>, change: &Candidate, evidence: &Evidence, look: Range<u32>) -> Option<Toll> {
    let planned = change.plans.iter().find(|(id, _)| *id == bout.campaign.id).map(|(_, p)| p);
    let playbook = planned.or_else(|| {
        let own = bout.playbook?;
        Some(change.playbooks.iter().flatten().find(|p| p.id == own.id).unwrap_or(own))
    });
    if change.estate.is_none() && change.evidence.is_none() && playbook == bout.playbook {
        return None;
    }
    let estate = change.estate.as_ref().unwrap_or(bout.estate);
    let evidence = change.evidence.as_ref().unwrap_or(evidence);
    let race = Race { estate, campaign: bout.campaign, playbook, evidence, seed: bout.settings.seed };
    let trials = Trials { trials: race.run_range(look), ..race.run(0) };
    let impacts = continuity::impacts(estate, &trials.trials);
    Some(assess::toll(bout.campaign.objective, &trials, &impacts, bout.estate.weighs()))
}

fn outcome(race: Race<'_>, count: u32) -> (Trials, Vec<TrialImpact>) {
    let trials = race.run(count);
    let impacts = continuity::impacts(race.estate, &trials.trials);
    (trials, impacts)
}

/// What some of the trials of the full run cost: those a lever is compared with.
fn part_toll(
    (objective, weighed): (Objective, bool),
    trials: &Trials,
    impacts: &[TrialImpact],
    look: Range<u32>,
) -> Toll {
    let part = look.start as usize..look.end as usize;
    let some = Trials { trials: trials.trials[part.clone()].to_vec(), ..trials.clone() };
    assess::toll(objective, &some, &impacts[part], weighed)
}

fn stories(race: &Race<'_>, impacts: &[TrialImpact]) -> Vec<Story> {
    let chosen = assess::chosen_trials(impacts).into_iter();
    chosen
        .filter_map(|(label, index)| {
            let impact = impacts.iter().find(|i| i.trial == index)?;
            let trace = race.trace(index);
            let returns = continuity::recovery(race.estate, &trace.trial);
            Some(assess::story(race.estate, &label, impact, trace, returns))
        })
        .collect()
}

/// Runs one trial of a record again and tells it: `CAMPAIGN/NUMBER`, or the number alone
/// where the record has one campaign.
pub fn retell(record: &Record, name: &str) -> Option<String> {
    let (campaign, _) = named(record, name)?;
    let campaign = record.campaigns.iter().find(|c| c.id.as_str() == campaign)?;
    let score = record.scores.iter().find(|s| s.campaign == campaign.id)?;
    let playbook = record.playbooks.iter().find(|p| p.id == score.playbook);
    let (trace, estate) = again(record, name)?;
    Some(report::trace_text(&trace, estate, campaign, playbook))
}

/// Returns campaign and number of a trial's name.
pub(crate) fn named<'a>(record: &'a Record, name: &'a str) -> Option<(&'a str, &'a str)> {
    let only = || record.scores.first().filter(|_| record.scores.len() == 1).map(|s| s.campaign.as_str());
    name.rsplit_once('/').or_else(|| Some((only()?, name)))
}

/// Runs one trial of a record again: `CAMPAIGN/NUMBER`.
pub fn again<'a>(record: &'a Record, name: &str) -> Option<(Trace, &'a Estate)> {
    let (campaign, number) = named(record, name)?;
    let index: u32 = number.parse().ok().filter(|n| *n < record.trials)?;
    let race = race_of(record, campaign)?;
    Some((race.trace(index), race.estate))
}

/// Draws of the evidence for figures of the crisis team, and the share of the trials on each.
const CRISIS_DRAWS: u32 = 20;
const CRISIS_SHARE: u32 = 8;

/// Runs the trials of a record's campaign again and returns the figures for the crisis team,
/// with both uncertainties and how many of its techniques were measured.
pub fn crisis(record: &Record, campaign: &str) -> Option<Crisis> {
    let race = race_of(record, campaign)?;
    let playbook = race.playbook.map(|p| format!(" / {}", p.name)).unwrap_or_default();
    let what = format!("{}{playbook}", race.campaign.name);
    let count = record.trials.min(KEPT);
    let (trials, impacts) = outcome(race, count);
    let draw = |n| {
        let evidence = race::draw(&record.evidence, record.seed, n);
        outcome(Race { evidence: &evidence, ..race }, (count / CRISIS_SHARE).max(2)).1
    };
    let draws: Vec<Vec<TrialImpact>> = (0..CRISIS_DRAWS).map(draw).collect();
    let built_in = record.inputs.iter().any(|i| i.name == "estate" && i.source == "built-in");
    Some(Crisis {
        built_in,
        measured: Some(record.evidence.measured(race.campaign.techniques())),
        doubt: assess::doubt(&impacts, &draws),
        ..continuity::crisis(race.estate, &what, &trials.trials)
    })
}

/// Returns the race of a record's campaign.
pub(crate) fn race_of<'a>(record: &'a Record, campaign: &str) -> Option<Race<'a>> {
    let id = CampaignId::new(campaign).ok()?;
    let score = record.scores.iter().find(|s| s.campaign == id)?;
    let campaign = record.campaigns.iter().find(|c| c.id == id)?;
    let estate = record.estate.as_ref()?;
    let playbook = record.playbooks.iter().find(|p| p.id == score.playbook);
    Some(Race { estate, campaign, playbook, evidence: &record.evidence, seed: record.seed })
}

/// Returns what does not fit together in the races of a record.
pub fn check_record(record: &Record) -> Vec<Diagnostic> {
    let races = record.scores.iter().filter_map(|s| race_of(record, s.campaign.as_str()));
    races.flat_map(|race| race.check()).collect()
}
