//! `run`: the whole walk.

use std::path::{Path, PathBuf};

use model::record::Record;
use report::Style;

use super::gate::rules_lost;
use super::writable;
use crate::args::{Common, Format, RunArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Extent, Workspace, open_ledger};
use crate::rehearsal;
use crate::ui::Ui;

/// Rehearses, stores the run, prints the summary and writes the report.
pub(super) fn run(arguments: &RunArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let workspace = Workspace::find(common, arguments)?;
    workspace.refuse_mixture(None, None)?;
    let path = arguments.report.clone().unwrap_or_else(|| PathBuf::from("report.html"));
    writable(Some(&path))?;
    let ledger = open_ledger(common)?;
    ui.say(&format!("rehearsing {}", workspace.describe()));
    let intake = workspace.read(Extent::Whole)?.sound()?;
    if intake.campaigns.is_empty() {
        return Err(Failure::Nothing("there is no campaign to rehearse".to_owned()));
    }
    if intake.survey.recordings.is_empty() {
        return Err(Failure::Nothing("there is no recording to replay".to_owned()));
    }
    let record = rehearsal::private(rehearsal::rehearse(&intake, workspace.settings, ui))?;
    let info = ledger.store(&record, "run", &report::one_line(&record), clock::now())?;
    ui.troubles(&record.diagnostics);
    ui.unread(&intake.survey.unread);
    files::put(&path, &report::html(&record, Some(&info)))?;
    print(&record, &info, common, ui, Some(&path));
    ended(&record, &workspace, ui)
}

/// Returns how a run ends: a rule that must fire and did not outweighs what could not be read,
/// and both are said.
pub(super) fn ended(record: &Record, workspace: &Workspace, ui: &Ui) -> Result<Exit, Failure> {
    if rules_lost(record, workspace)? {
        ui.say("a rule that must fire did not: exit code 1; `feuerprobe accept` takes it off for a time");
        return Ok(Exit::GateFailed);
    }
    Ok(if rehearsal::incomplete(record) { Exit::Incomplete } else { Exit::Passed })
}

/// Prints a record in the form asked for.
pub(super) fn print(
    record: &model::record::Record,
    info: &model::record::RunInfo,
    common: &Common,
    ui: &Ui,
    page: Option<&Path>,
) {
    match common.format {
        Format::Table if common.quiet => {}
        Format::Table => {
            ui.data(&report::terminal(record, Some(info), Style { colour: ui.colour(), width: 80 }));
            let where_to = page.map_or_else(
                || "`feuerprobe report` writes the page.".to_owned(),
                |p| format!("The full report lies in {}.", p.display()),
            );
            ui.data(&where_to);
        }
        Format::Json => ui.data(&String::from_utf8_lossy(&record.to_bytes())),
        Format::Ndjson => ui.data(&report::ndjson(record)),
        Format::Csv => ui.data(&report::csv(record)),
    }
}
