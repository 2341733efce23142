//! `mutate`: faults made on purpose, and which of them no test notices.

use rehearsal::Extent;

use crate::args::{Common, Format, MutateArguments};
use crate::error::{Exit, Failure};
use crate::intake::Workspace;
use crate::ui::Ui;

/// Prints how many faults were noticed, and what no recording and no twin exercises. Rules and
/// recordings are not changed, and no run is stored.
pub(super) fn mutate(wanted: &MutateArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let workspace = Workspace::find(&wanted.content.spec(common))?;
    let sources = &workspace.sources;
    let intake = sources.read(Extent::Replay)?.measurable()?;
    if intake.survey.recordings.is_empty() {
        return Err(Failure::Nothing("there is no recording that could notice a fault".to_owned()));
    }
    let record = rehearsal::replay_only(&intake, sources.settings.seed, ui);
    ui.troubles(&record.diagnostics);
    ui.unread(&intake.survey.unread);
    let score = rehearsal::mutate(&intake, &record, &|file| sources.rule_text(file), ui);
    ui.data(&match common.format {
        Format::Table => report::mutation::text(&score),
        Format::Json => report::mutation::json(&score),
        Format::Ndjson => report::mutation::table(&score).ndjson(),
        Format::Csv => report::mutation::table(&score).csv(),
    });
    let made = score.operators.iter().any(|own| own.mutants > 0);
    Ok(match (rehearsal::incomplete(&record), made) {
        (true, _) => Exit::Incomplete,
        (false, false) => Exit::NothingRan,
        (false, true) => Exit::Passed,
    })
}
