//! The racing half of the walk: each campaign against the playbook it meets.

use std::ops::Range;

use assess::{Candidate, DrawResult, Rivals, Toll};
use model::campaign::Campaign;
use model::estate::Estate;
use model::evidence::Evidence;
use model::id::CampaignId;
use model::impact::TrialImpact;
use model::playbook::Playbook;
use model::record::Record;
use model::scorecard::{CampaignScore, Lever, Story};
use model::trial::{Trace, Trial, Trials};
use model::verdict::Verdict;
use race::Race;

use crate::intake::{Intake, Settings, answers_to};
use crate::ui::Ui;

/// Draws of the evidence for the interval of exercise uncertainty: with 40 the
/// outermost lie at the 2.5 % and 97.5 % quantiles.
const DRAWS: u32 = 40;

/// Share of the trials spent on each draw, each bound and the first look at each lever.
const SIDE_SHARE: u32 = 8;

/// Levers that are tried again on other trials.
const FINALISTS: usize = assess::LEVERS + 2;

/// How many times as many trials the second look takes: its intervals are half as wide.
const SECOND_LOOK: u32 = 4;

/// One campaign against one playbook.
pub(super) struct Bout<'a> {
    estate: &'a Estate,
    campaign: &'a Campaign,
    playbook: Option<&'a Playbook>,
    settings: Settings,
}

/// What came of a bout.
pub(super) struct Fight {
    /// For the record.
    pub(super) score: CampaignScore,
    /// What the trials of the first and of the second look at levers cost.
    tolls: [Toll; 2],
}

impl Bout<'_> {
    /// Returns the race on this evidence.
    pub(super) fn race<'b>(&'b self, evidence: &'b Evidence) -> Race<'b> {
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

    fn fight(&self, evidence: &Evidence, ui: &Ui) -> Fight {
        let bar = ui.bar("race", u64::from(DRAWS) + 3);
        let race = self.race(evidence);
        let trials = race.run(self.settings.trials);
        let impacts = continuity::impacts(self.estate, &trials.trials);
        bar.inc(1);
        let draws: Vec<DrawResult> = (0..DRAWS)
            .map(|n| {
                let drawn = race::draw(evidence, self.settings.seed, n);
                let (trials, impacts) = outcome(Race { evidence: &drawn, ..race }, self.side_trials());
                bar.inc(1);
                assess::draw_result(&trials, &impacts)
            })
            .collect();
        let many_hands = Campaign { hands: 0, ..self.campaign.clone() };
        let flooding = Race { campaign: &many_hands, ..race }.run(self.side_trials());
        bar.inc(1);
        let (_, unopposed) = outcome(Race { playbook: None, ..race }, self.side_trials());
        bar.inc(1);
        let stories = stories(&race, &impacts);
        bar.finish_and_clear();
        let rivals = Rivals { flooding: &flooding, unopposed: &unopposed };
        let mut score = assess::score(self.estate, &trials, &impacts, &draws, rivals, stories);
        score.records_at_risk = race::records_at_risk(self.estate, self.campaign);
        Fight { score, tolls: self.looks().map(|look| part_toll(&trials, &impacts, look)) }
    }
}

/// Returns every campaign with the playbook that meets it; a campaign without a pair meets nobody.
pub fn pairing(intake: &Intake) -> Vec<(&Campaign, Option<&Playbook>)> {
    let playbook = |campaign: &Campaign| {
        let pair = intake.pairs.iter().find(|p| p.campaign == campaign.id.as_str())?;
        intake.playbooks.iter().find(|p| answers_to(p, &pair.playbook))
    };
    intake.campaigns.iter().map(|c| (c, playbook(c))).collect()
}

/// Returns the bouts of a workspace.
pub(super) fn bouts<'a>(intake: &'a Intake, estate: &'a Estate, settings: Settings) -> Vec<Bout<'a>> {
    let pairs = pairing(intake).into_iter();
    pairs.map(|(campaign, playbook)| Bout { estate, campaign, playbook, settings }).collect()
}

/// Fights every bout.
pub(super) fn fight_all(bouts: &[Bout<'_>], evidence: &Evidence, ui: &Ui) -> Vec<Fight> {
    bouts.iter().map(|bout| bout.fight(evidence, ui)).collect()
}

/// Tries every change worth trying on the same draws, the best of them again on more
/// trials, and returns the best.
pub(super) fn try_levers(
    bouts: &[Bout<'_>],
    fights: &[Fight],
    evidence: &Evidence,
    verdicts: &[Verdict],
    intake: &Intake,
    ui: &Ui,
) -> Vec<Lever> {
    let Some(first) = bouts.first() else { return Vec::new() };
    let candidates =
        assess::candidates(evidence, verdicts, first.estate, &intake.campaigns, &intake.playbooks);
    let bar = ui.bar("levers", (candidates.len() + FINALISTS.min(candidates.len())) as u64);
    let look = |number: usize, candidate: Candidate| {
        let toll = |bout: &Bout<'_>| toll_with(bout, &candidate, evidence, bout.looks()[number].clone());
        let tolls: Vec<Toll> = bouts.iter().map(toll).collect();
        bar.inc(1);
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
    bar.finish_and_clear();
    levers
}

fn toll_with(bout: &Bout<'_>, change: &Candidate, evidence: &Evidence, look: Range<u32>) -> Toll {
    let estate = change.estate.as_ref().unwrap_or(bout.estate);
    let playbook = bout.playbook.map(|own| {
        let changed = change.playbooks.iter().flatten();
        changed.into_iter().find(|p| p.id == own.id).unwrap_or(own)
    });
    let evidence = change.evidence.as_ref().unwrap_or(evidence);
    let race = Race { estate, campaign: bout.campaign, playbook, evidence, seed: bout.settings.seed };
    let trials = Trials { trials: race.run_range(look), ..race.run(0) };
    assess::toll(&trials, &continuity::impacts(estate, &trials.trials))
}

fn outcome(race: Race<'_>, count: u32) -> (Trials, Vec<TrialImpact>) {
    let trials = race.run(count);
    let impacts = continuity::impacts(race.estate, &trials.trials);
    (trials, impacts)
}

/// What some of the trials of the full run cost: those a lever is compared with.
fn part_toll(trials: &Trials, impacts: &[TrialImpact], look: Range<u32>) -> Toll {
    let part = look.start as usize..look.end as usize;
    let some = Trials { trials: trials.trials[part.clone()].to_vec(), ..trials.clone() };
    assess::toll(&some, &impacts[part])
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
pub(super) fn named<'a>(record: &'a Record, name: &'a str) -> Option<(&'a str, &'a str)> {
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

/// Runs the trials of a record's campaign again: estate, what happened in words, trials.
pub fn rerun<'a>(record: &'a Record, campaign: &str) -> Option<(&'a Estate, String, Vec<Trial>)> {
    let race = race_of(record, campaign)?;
    let playbook = race.playbook.map(|p| format!(" / {}", p.name)).unwrap_or_default();
    let what = format!("{}{playbook}", race.campaign.name);
    Some((race.estate, what, race.run(record.trials.min(super::KEPT)).trials))
}

/// Returns the race of a record's campaign.
pub(super) fn race_of<'a>(record: &'a Record, campaign: &str) -> Option<Race<'a>> {
    let id = CampaignId::new(campaign).ok()?;
    let score = record.scores.iter().find(|s| s.campaign == id)?;
    let campaign = record.campaigns.iter().find(|c| c.id == id)?;
    let estate = record.estate.as_ref()?;
    let playbook = record.playbooks.iter().find(|p| p.id == score.playbook);
    Some(Race { estate, campaign, playbook, evidence: &record.evidence, seed: record.seed })
}
