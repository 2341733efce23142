//! `replay`: only the measuring half, recordings against rules.

use rehearsal::Extent;

use super::run::{ended, print};
use super::writable;
use crate::args::{Common, ReplayArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Workspace, open_ledger};
use crate::ui::Ui;

/// Replays, stores the run and prints the summary.
pub(super) fn replay(wanted: &ReplayArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let arguments = &wanted.run;
    let workspace = Workspace::find(&arguments.spec(common))?;
    writable(arguments.report.as_deref())?;
    let ledger = open_ledger(common)?;
    let own = arguments.content.recordings.is_some() && !arguments.content.rules.is_empty();
    ui.say(&match own {
        true => "replaying the recordings against the rules given".to_owned(),
        false => format!("replaying with {}", workspace.describe()),
    });
    let mut intake = workspace.sources.read(Extent::Replay)?.measurable()?;
    if let Some(technique) = &wanted.label {
        intake.label(technique)?;
    }
    if intake.survey.recordings.is_empty() {
        return Err(Failure::Nothing("there is no recording to replay".to_owned()));
    }
    let record = rehearsal::private(rehearsal::replay_only(&intake, workspace.sources.settings.seed, ui))?;
    let info = ledger.store(&record, "replay", &report::one_line(&record), clock::now())?;
    ui.troubles(&record.diagnostics);
    ui.unread(&intake.survey.unread);
    if let Some(path) = &arguments.report {
        files::put(path, &report::html(&record, Some(&info)))?;
    }
    print(&record, &info, common, ui, arguments.report.as_deref());
    ended(&record, &workspace, ui)
}
