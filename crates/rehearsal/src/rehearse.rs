//! The pipeline: each room takes what the last one handed on.

use std::collections::BTreeMap;
use std::sync::Arc;

use detect::Watched;
use model::diagnostic::{Diagnostic, Severity};
use model::evidence::Evidence;
use model::id::TechniqueId;
use model::quantity::Seed;
use model::record::Record;
use model::recording::RunStatus;

use crate::campaign_run as bout;
use crate::exercise::Left;
use crate::files::Memory;
use crate::measure;
use crate::progress::Progress;
use crate::workspace::{Intake, Settings};

/// Returns the record of a whole rehearsal.
pub fn rehearse(intake: &Intake, settings: Settings, progress: &dyn Progress) -> Record {
    let mut record = measure::measure(intake, settings.seed, progress);
    let Some(estate) = &intake.estate else { return record };
    let wanted: Vec<TechniqueId> =
        intake.campaigns.iter().flat_map(model::campaign::Campaign::techniques).collect();
    let evidence = assess::evidence(&record.verdicts, &intake.repeats, &wanted, &reasons(&record));
    let bouts = bout::bouts(intake, estate, settings);
    let fights = bout::fight_all(&bouts, &evidence, progress);
    let levers = bout::try_levers(&bouts, &fights, &evidence, &record.verdicts, intake, progress);

    record.trials = settings.trials;
    record.not_tested = assess::not_tested(&evidence, &intake.campaigns, &groups());
    record.scores = fights.into_iter().map(|f| f.score).collect();
    record.levers = levers;
    record.evidence = evidence;
    record.estate = Some(estate.clone());
    record.campaigns.clone_from(&intake.campaigns);
    record.playbooks.clone_from(&intake.playbooks);
    measure::name_techniques(&mut record, &intake.matrix);
    record
}

/// Trials of which every part is kept, for tenants and stories; more are only counted.
pub const KEPT: u32 = 4_000;

/// Returns the record of a rehearsal without levers; scores rest on the first trials.
pub fn race_only(intake: &Intake, settings: Settings, progress: &dyn Progress) -> Record {
    raced(measure::measure(intake, settings.seed, progress), intake, settings, progress)
}

/// Returns the evidence that races rest on, of what was measured.
pub(crate) fn evidence_for_races(record: &Record, intake: &Intake) -> Evidence {
    let wanted: Vec<TechniqueId> =
        intake.campaigns.iter().flat_map(model::campaign::Campaign::techniques).collect();
    assess::evidence(&record.verdicts, &intake.repeats, &wanted, &reasons(record))
}

/// Adds the races without levers to what was measured.
pub(crate) fn raced(
    mut record: Record,
    intake: &Intake,
    settings: Settings,
    progress: &dyn Progress,
) -> Record {
    let Some(estate) = &intake.estate else { return record };
    let evidence = evidence_for_races(&record, intake);
    let kept = Settings { trials: settings.trials.min(KEPT), ..settings };
    let fights = bout::fight_all(&bout::bouts(intake, estate, kept), &evidence, progress);
    record.trials = settings.trials;
    record.not_tested = assess::not_tested(&evidence, &intake.campaigns, &groups());
    record.scores = fights.into_iter().map(|f| f.score).collect();
    record.evidence = evidence;
    record.estate = Some(estate.clone());
    record.campaigns.clone_from(&intake.campaigns);
    record.playbooks.clone_from(&intake.playbooks);
    measure::name_techniques(&mut record, &intake.matrix);
    record
}

/// Returns the record of the measuring half alone.
pub fn replay_only(intake: &Intake, seed: Seed, progress: &dyn Progress) -> Record {
    completed(measure::measure(intake, seed, progress), intake)
}

/// Returns the record of the measuring half, of what was seen on the recordings in their order.
pub(crate) fn replayed(intake: &Intake, seed: Seed, watched: &[&Watched], said: Vec<Diagnostic>) -> Record {
    completed(measure::assemble(intake, seed, watched, said), intake)
}

/// Adds the evidence for what was judged, and the names of its techniques.
pub(crate) fn completed(mut record: Record, intake: &Intake) -> Record {
    let wanted: Vec<TechniqueId> = record.verdicts.iter().map(|v| v.technique.clone()).collect();
    record.evidence = assess::evidence(&record.verdicts, &intake.repeats, &wanted, &reasons(&record));
    measure::name_techniques(&mut record, &intake.matrix);
    record
}

/// Returns the record of procedures that were run: judged like recordings, with
/// what only the sandbox knows beside them.
pub fn exercised(mut intake: Intake, left: Vec<Left>, seed: Seed, progress: &dyn Progress) -> Record {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut exercises = Vec::new();
    for mut one in left {
        files.append(&mut one.files);
        intake.survey.recordings.push(one.recording);
        exercises.push(one.exercise);
    }
    intake.survey.recordings.sort_by(|a, b| a.id.cmp(&b.id));
    exercises.sort_by(|a, b| a.recording.cmp(&b.recording));
    intake.recordings = Arc::new(Memory::new("sandbox", files));
    let mut record = measure::measure(&intake, seed, progress);
    let wanted: Vec<TechniqueId> = record.verdicts.iter().map(|v| v.technique.clone()).collect();
    record.evidence = assess::evidence(&record.verdicts, &intake.repeats, &wanted, &reasons(&record));
    let ids = exercises.iter().map(|e| &e.recording).collect();
    assess::note_exercised(&mut record.evidence, &record.verdicts, &ids);
    record.exercises = exercises;
    measure::name_rules_about_verdicts(&mut record, intake.rules.rules());
    measure::name_techniques(&mut record, &intake.matrix);
    record
}

/// Returns the record of what a card rests on: the evidence for the campaigns, the estate, the
/// campaigns and the playbooks, and no race.
pub fn prepared(intake: &Intake, settings: Settings, progress: &dyn Progress) -> Record {
    let mut record = measure::measure(intake, settings.seed, progress);
    let wanted: Vec<TechniqueId> =
        intake.campaigns.iter().flat_map(model::campaign::Campaign::techniques).collect();
    record.evidence = assess::evidence(&record.verdicts, &intake.repeats, &wanted, &reasons(&record));
    record.trials = settings.trials;
    record.estate.clone_from(&intake.estate);
    record.campaigns.clone_from(&intake.campaigns);
    record.playbooks.clone_from(&intake.playbooks);
    measure::name_techniques(&mut record, &intake.matrix);
    record
}

/// Returns whether some recording could not be read at all, so that the run is not complete.
pub fn incomplete(record: &Record) -> bool {
    record.diagnostics.iter().any(|d| d.severity == Severity::Error && d.code.starts_with("events."))
}

/// Returns why a technique has no verdict although it has a recording.
fn reasons(record: &Record) -> BTreeMap<TechniqueId, String> {
    let mut reasons = BTreeMap::new();
    for recording in &record.recordings {
        let why = match &recording.run {
            RunStatus::NotRun { reason } => format!("not run: {reason}"),
            RunStatus::Refused { reason } => format!("refused: {reason}"),
            RunStatus::Crashed { reason } => format!("the exercise crashed: {reason}"),
            RunStatus::TimedOut => "the exercise did not end in time".to_owned(),
            RunStatus::BreachOfContract { effects } => {
                format!("breach of contract, undeclared: {}", effects.join(", "))
            }
            RunStatus::Completed | RunStatus::CleanUpFailed { .. } => continue,
        };
        for technique in &recording.techniques {
            reasons.entry(technique.clone()).or_insert_with(|| why.clone());
        }
    }
    reasons
}

/// Returns the groups of the built-in catalogue: actors whose known behaviour is compared with what was tested.
fn groups() -> Vec<model::attack::Actor> {
    let groups = threat::catalogue().actors.into_values();
    groups.filter(|a| a.kind == model::attack::ActorKind::Group).collect()
}
