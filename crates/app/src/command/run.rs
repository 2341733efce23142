//! `run`: the whole walk.

use std::path::{Path, PathBuf};

use model::record::Record;
use rehearsal::Extent;
use report::Style;

use super::gate::rules_lost;
use super::writable;
use crate::args::{Common, Format, RunArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Workspace, open_ledger, remember};
use crate::ui::Ui;

/// Rehearses, stores the run, prints the summary and writes the report.
pub(super) fn run(arguments: &RunArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let workspace = Workspace::find(&arguments.spec(common))?;
    workspace.sources.refuse_mixture(None, None)?;
    let path = arguments.report.clone().unwrap_or_else(|| PathBuf::from("report.html"));
    writable(Some(&path))?;
    let ledger = open_ledger(common)?;
    ui.say(&format!("rehearsing {}", workspace.describe()));
    let mut intake = workspace.sources.read(Extent::Whole)?.sound()?;
    remember(&mut intake, &workspace.sources, &ledger, ui)?;
    if intake.campaigns.is_empty() {
        return Err(Failure::Nothing("there is no campaign to rehearse".to_owned()));
    }
    if intake.survey.recordings.is_empty() {
        return Err(Failure::Nothing("there is no recording to replay".to_owned()));
    }
    let record = rehearsal::private(rehearsal::rehearse(&intake, workspace.sources.settings, ui))?;
    let info = ledger.store(&record, "run", &report::one_line(&record), clock::now())?;
    ui.troubles(&record.diagnostics);
    ui.unread(&intake.survey.unread);
    files::put(&path, &report::html(&record, Some(&info)))?;
    print(&record, &info, common, ui, Some(&path));
    ended(&record, &workspace, ui)
}

/// Returns how a run ends. What could not be read comes first: a rule that did not fire on it is
/// not shown to be lost. Both are said.
pub(super) fn ended(record: &Record, workspace: &Workspace, ui: &Ui) -> Result<Exit, Failure> {
    let lost = rules_lost(record, workspace)?;
    if lost {
        ui.say("a rule that must fire did not; `feuerprobe accept` takes it off for a time");
    }
    Ok(match (rehearsal::incomplete(record), lost) {
        (true, _) => Exit::Incomplete,
        (false, true) => Exit::GateFailed,
        (false, false) => Exit::Passed,
    })
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
