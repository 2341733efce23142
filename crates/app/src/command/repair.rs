//! `repair`: the smallest edit of each rule that stayed silent.

use rehearsal::Extent;

use crate::args::{Common, Format, RepairArguments};
use crate::error::{Exit, Failure};
use crate::intake::Workspace;
use crate::ui::Ui;

/// Prints a proposal for each silent rule. Rules are not changed, and no run is stored.
pub(super) fn repair(wanted: &RepairArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let workspace = Workspace::find(&wanted.content.spec(common))?;
    let sources = &workspace.sources;
    let intake = sources.read(Extent::Replay)?.measurable()?;
    let rule = wanted.rule.as_deref().map(|what| intake.rule(what)).transpose()?;
    if intake.survey.recordings.is_empty() {
        return Err(Failure::Nothing("there is no recording that a rule could fire on".to_owned()));
    }
    let record = rehearsal::replay_only(&intake, sources.settings.seed, ui);
    ui.troubles(&record.diagnostics);
    ui.unread(&intake.survey.unread);
    let text = |file: &str| sources.rule_text(file);
    let found = rehearsal::propose(&intake, &record, rule.map(|rule| &rule.id), &text, ui);
    ui.data(&match common.format {
        Format::Table => report::repair::text(&found),
        Format::Json | Format::Ndjson | Format::Csv => report::repair::json(&found),
    });
    Ok(if rehearsal::incomplete(&record) { Exit::Incomplete } else { Exit::Passed })
}
