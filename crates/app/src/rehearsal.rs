//! The walk through the house: each room takes what the last one handed on.

use std::collections::{BTreeMap, BTreeSet};

use detect::{RuleSet, Watched};
use model::attack::{Joined, Matrix};
use model::campaign::Campaign;
use model::detection::{RuleInfo, RuleSetSummary};
use model::estate::Estate;
use model::evidence::Evidence;
use model::id::{RuleId, TechniqueId};
use model::playbook::Playbook;
use model::record::{MatrixSummary, RECORD_VERSION, Record};
use model::scorecard::CampaignScore;
use model::trial::Trials;
use model::verdict::Verdict;
use race::Race;
use threat::Joiner;

use crate::intake::{Intake, Settings};
use crate::replay;
use crate::ui::Ui;

/// Draws of the evidence for the interval of exercise uncertainty. With 40 draws
/// the outermost ones lie near the 2.5 % and 97.5 % quantiles.
const DRAWS: u32 = 40;

/// Share of the trials spent on each draw, on each lever and on each bound.
const SIDE_SHARE: u32 = 8;

/// Returns the record of a whole rehearsal.
pub fn rehearse(intake: &Intake, settings: Settings, ui: &Ui) -> Record {
    let (mut record, measured) = measure(intake, settings, ui);
    let Some(estate) = &intake.estate else { return record };
    let wanted = wanted(&intake.campaigns);
    let evidence = assess::evidence(&record.verdicts, &wanted, &measured.reasons);
    let bouts = bouts(intake);
    let fights: Vec<_> = bouts.iter().map(|bout| fight(estate, bout, &evidence, settings, ui)).collect();
    record.levers = levers(estate, &bouts, &fights, &evidence, &record.verdicts, settings, ui);
    record.scores = fights.into_iter().map(|f| f.score).collect();
    record.not_tested = assess::not_tested(&evidence, &intake.campaigns);
    record.matrix = summary(&intake.matrix, &record.verdicts, &intake.campaigns);
    record.evidence = evidence;
    record.estate = Some(estate.clone());
    record.campaigns.clone_from(&intake.campaigns);
    record.playbooks.clone_from(&intake.playbooks);
    record.trials = settings.trials;
    record
}
