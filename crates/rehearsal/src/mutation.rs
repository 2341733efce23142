//! Mutation test of the defence: faults are made in rules and in events, and what the verdicts
//! make of each is held against what they were.
//!
//! A mutant of a rule is noticed where the rule falls silent on an attack that it fired on and
//! that concerns it, or fires on a benign recording on which it was quiet. A fault of events is
//! noticed where the outcome, the causes or the lost rules of a verdict change.

mod events;
mod witness;

use std::collections::{BTreeMap, BTreeSet};

use detect::{Mutant, Variant, mutants, null_mutants, variant_id};
use model::detection::RuleInfo;
use model::id::{RecordingId, RuleId};
use model::mutation::{Fate, MutationScore, Subject, Tried};
use model::record::Record;
use model::recording::{Recording, RecordingKind};

use crate::progress::Progress;
use crate::variants::{Firings, concerns, firings};
use crate::workspace::Intake;
use witness::Witnesses;

/// Returns the score of a mutation test: of rules that fire on an attack, and of the events of
/// attacks that are alerted on. `text` gives the text of a rule's file.
pub fn mutate(
    intake: &Intake,
    record: &Record,
    text: &dyn Fn(&str) -> Option<String>,
    progress: &dyn Progress,
) -> MutationScore {
    let fired = fired(record);
    let (tested, untested): (Vec<&RuleInfo>, Vec<&RuleInfo>) =
        intake.rules.rules().iter().partition(|rule| on_attack(rule, &fired, intake));
    let (mut made, mut nulls, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for rule in &tested {
        let file = text(&rule.file).ok_or_else(|| "its file cannot be read".to_owned());
        let own = file
            .and_then(|file| Ok((mutants(&intake.rules, &rule.id, &file)?, null_mutants(&rule.id, &file)?)));
        match own {
            Ok((own, meaningless)) => {
                made.extend(own.into_iter().map(|mutant| (*rule, mutant)));
                nulls.extend(meaningless);
            }
            Err(why) => left_out.push((named(rule).0, why)),
        }
    }
    let mut tried = of_rules(intake, &made, &fired, progress);
    let noticed = noticed(intake, &nulls, &fired, progress);
    tried.extend(events::of_events(intake, record, progress));
    let nulls = u64::try_from(nulls.len()).unwrap_or(u64::MAX);
    let untested = untested.into_iter().map(named).collect();
    assess::mutation_score(tried, (nulls, noticed), untested, left_out)
}

/// Returns a rule's id and file.
fn named(rule: &RuleInfo) -> (RuleId, String) {
    (rule.id.clone(), rule.file.clone())
}

/// The recordings on which each rule alerted.
type Fired<'a> = BTreeMap<&'a RuleId, BTreeSet<&'a RecordingId>>;

fn fired(record: &Record) -> Fired<'_> {
    let mut fired = Fired::new();
    for replay in &record.replays {
        for firing in replay.firings.iter().filter(|f| f.passed() > 0) {
            fired.entry(&firing.rule).or_default().insert(&replay.recording);
        }
    }
    fired
}

fn on_attack(rule: &RuleInfo, fired: &Fired<'_>, intake: &Intake) -> bool {
    fired.get(&rule.id).is_some_and(|own| {
        let mut attacks = intake.survey.recordings.iter().filter(|r| r.kind == RecordingKind::Attack);
        attacks.any(|r| own.contains(&r.id) && concerns(rule, r))
    })
}

/// What a changed rule does that the rule does not.
enum Difference<'a> {
    Lost(&'a Recording),
    FalseAlarm,
}

/// Returns the first difference that a gate would see.
fn difference<'a>(
    rule: &RuleInfo,
    now: Option<&BTreeMap<RecordingId, u64>>,
    fired: &Fired<'_>,
    intake: &'a Intake,
) -> Option<Difference<'a>> {
    intake.survey.recordings.iter().find_map(|recording| {
        let before = fired.get(&rule.id).is_some_and(|own| own.contains(&recording.id));
        let after = now.is_some_and(|own| own.contains_key(&recording.id));
        match recording.kind {
            RecordingKind::Attack => {
                (before && !after && concerns(rule, recording)).then_some(Difference::Lost(recording))
            }
            RecordingKind::Twin | RecordingKind::Benign => {
                (!before && after).then_some(Difference::FalseAlarm)
            }
        }
    })
}

fn of_rules(
    intake: &Intake,
    made: &[(&RuleInfo, Mutant)],
    fired: &Fired<'_>,
    progress: &dyn Progress,
) -> Vec<Tried> {
    let firings: Firings = firings(intake, made.iter().map(|(_, mutant)| &mutant.variant), progress);
    let found: Vec<Option<Difference<'_>>> = made
        .iter()
        .enumerate()
        .map(|(place, (rule, _))| difference(rule, firings.get(&variant_id(place)), fired, intake))
        .collect();
    let lost = made.iter().zip(&found).filter_map(|((rule, _), found)| match found {
        Some(Difference::Lost(recording)) => Some((&rule.id, *recording)),
        _ => None,
    });
    let witnesses = Witnesses::read(intake, lost);
    let judged = made.iter().zip(found).map(|((rule, mutant), found)| {
        let fate = match found {
            None => Fate::Survived,
            // The rule is named with the recording on which it fires.
            Some(Difference::FalseAlarm) => Fate::Localised,
            Some(Difference::Lost(recording)) => match witnesses.names(intake, &rule.id, recording, mutant) {
                true => Fate::Localised,
                false => Fate::Killed,
            },
        };
        let (id, file) = named(rule);
        Tried {
            of: Subject::Rule(id, file),
            line: mutant.variant.line,
            operator: mutant.operator,
            what: mutant.variant.what.clone(),
            fate,
        }
    });
    judged.collect()
}

/// Returns how many changes that mean nothing were noticed: one more or one less firing anywhere.
fn noticed(intake: &Intake, nulls: &[Variant], fired: &Fired<'_>, progress: &dyn Progress) -> u64 {
    let firings = firings(intake, nulls.iter(), progress);
    let (nothing, none) = (BTreeMap::new(), BTreeSet::new());
    let differs = nulls.iter().enumerate().filter(|(place, null)| {
        let now = firings.get(&variant_id(*place)).unwrap_or(&nothing);
        let before = fired.get(&null.of).unwrap_or(&none);
        !now.keys().eq(before.iter().copied())
    });
    u64::try_from(differs.count()).unwrap_or(u64::MAX)
}
