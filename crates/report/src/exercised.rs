//! What every view says about exercises: their state, their verdicts, their delay.

use model::exercise::{Exercise, Prevention};
use model::record::Record;
use model::recording::{Recording, RecordingKind, RunStatus};
use model::verdict::{OutcomeKind, Verdict};

/// One exercise with what belongs to it.
pub(crate) struct Row<'a> {
    pub(crate) exercise: &'a Exercise,
    pub(crate) recording: &'a Recording,
    pub(crate) verdicts: Vec<&'a Verdict>,
}

/// Returns the exercises of a kind, by id.
pub(crate) fn rows(record: &Record, kind: RecordingKind) -> Vec<Row<'_>> {
    let of_kind = |exercise: &Exercise| {
        record.recordings.iter().find(|r| r.id == exercise.recording).filter(|r| r.kind == kind)
    };
    let verdicts =
        |exercise: &Exercise| record.verdicts.iter().filter(|v| v.recording == exercise.recording).collect();
    let rows = record.exercises.iter();
    rows.filter_map(|e| Some(Row { exercise: e, recording: of_kind(e)?, verdicts: verdicts(e) })).collect()
}

/// The states of a run in few words, the ordinary one first.
pub(crate) const STATES: [&str; 7] =
    ["ran", "prevented", "no effect", "breach", "timed out", "not run", "unclean"];

/// Returns what happened to the exercise itself, in few words.
pub(crate) fn state(row: &Row<'_>) -> &'static str {
    match &row.recording.run {
        RunStatus::Completed if matches!(row.exercise.prevention, Some(Prevention::Prevented { .. })) => {
            "prevented"
        }
        RunStatus::Completed => "ran",
        RunStatus::Crashed { .. } => "no effect",
        RunStatus::BreachOfContract { .. } => "breach",
        RunStatus::TimedOut => "timed out",
        RunStatus::NotRun { .. } | RunStatus::Refused { .. } => "not run",
        RunStatus::CleanUpFailed { .. } => "unclean",
    }
}

/// Returns the outcome that counts for the row: the worst of its verdicts, `None` without any.
pub(crate) fn outcome(row: &Row<'_>) -> Option<OutcomeKind> {
    row.verdicts.iter().filter_map(|v| v.outcome.as_ref()).map(model::verdict::Outcome::kind).max()
}

/// Returns the outcome in words; with several techniques, how many of them have the best one.
pub(crate) fn outcome_words(row: &Row<'_>) -> String {
    let kinds: Vec<OutcomeKind> =
        row.verdicts.iter().filter_map(|v| v.outcome.as_ref()).map(model::verdict::Outcome::kind).collect();
    let (Some(best), Some(worst)) = (kinds.iter().min(), kinds.iter().max()) else { return "–".to_owned() };
    if best == worst {
        return best.word().to_owned();
    }
    let number = kinds.iter().filter(|k| *k == best).count();
    format!("{} {number}/{}", best.word(), kinds.len())
}

/// Returns a time on the observer's clock.
pub(crate) fn micros(time: u64) -> String {
    match time {
        0..10_000 => format!("{}.{} ms", time / 1_000, time % 1_000 / 100),
        10_000..1_000_000 => format!("{} ms", time / 1_000),
        _ => format!("{}.{} s", time / 1_000_000, time % 1_000_000 / 100_000),
    }
}

/// Returns the delay from the act to the first alert.
pub(crate) fn delay(row: &Row<'_>) -> String {
    let alerted = outcome(row).is_some() && row.verdicts.iter().any(|v| !v.rules.is_empty());
    row.exercise.alert_after.filter(|_| alerted).map_or_else(|| "–".to_owned(), micros)
}

/// Returns whether something is left of the run.
pub(crate) fn clean(row: &Row<'_>) -> &'static str {
    match (row.exercise.tier, row.exercise.clean.is_clean()) {
        (None, _) => "–",
        (_, true) => "yes",
        (_, false) => "NO",
    }
}

/// Returns the tier's name.
pub(crate) fn tier(row: &Row<'_>) -> &'static str {
    row.exercise.tier.map_or("–", model::exercise::Tier::word)
}
