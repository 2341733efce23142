//! `gate`: a stored run held against the limits of the workspace.

mod locate;

pub(super) use locate::line_in;

use std::path::Path;

use model::gate::{Answer, Gate};
use model::record::Record;
use rehearsal::{Held, refuse};
use report::Style;

use super::{sound_run, stored};
use crate::args::{Common, Format, GateArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::Workspace;
use crate::ui::Ui;

/// Days before its end in which an acceptance is named.
const SOON: u32 = 14;

/// Judges a run, prints the result and writes what build systems read.
pub(super) fn gate(arguments: &GateArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let workspace = Workspace::find(&common.spec())?;
    let mut said = Vec::new();
    let rules = workspace.sources.gate()?.report(&mut said);
    refuse(&said)?;
    if rules.requirements.is_empty() {
        let why = format!("{} requires nothing of a run: it has no [[gate.require]]", rules.file);
        return Err(Failure::Nothing(why));
    }
    let (info, record) = stored(&arguments.run, common)?;
    sound_run(&record, &arguments.run)?;
    let against = arguments.against.clone().or_else(|| rules.against.clone());
    let baseline = against.as_deref().map(|name| compared(name, &workspace, common)).transpose()?;
    let now = clock::now();
    let mut gate = rehearsal::gate(&Held {
        rules: &rules,
        record: &record,
        run: info.as_ref().map(|i| &i.id),
        against: against.as_deref().zip(baseline.as_ref()),
        today: &clock::day(now),
        soon: &clock::day(clock::days_later(now, SOON)),
    })?;
    let [rule_folder, recordings] = workspace.sources.evidence_folders();
    locate::locate(&mut gate, &record, rule_folder.as_ref(), recordings.as_ref());
    if let Some(folder) = &arguments.ci {
        write(folder, &record, &gate)?;
    }
    print(&gate, common, ui);
    github(&gate, ui)?;
    Ok(exit(&gate, &record, ui))
}

/// Reads the run compared with: a record file of the workspace, or a run of the ledger.
fn compared(name: &str, workspace: &Workspace, common: &Common) -> Result<Record, Failure> {
    let beside = workspace.folder().map(|folder| folder.join(name)).filter(|path| path.is_file());
    let name = beside.map_or_else(|| name.to_owned(), |path| path.display().to_string());
    let (_, record) = stored(&name, common)?;
    sound_run(&record, &name)?;
    Ok(record)
}

/// Returns whether rules that must fire did not, acceptances in force taken off: what ends
/// `run` and `replay` with exit code 1.
pub(super) fn rules_lost(record: &Record, workspace: &Workspace) -> Result<bool, Failure> {
    let mut said = Vec::new();
    let acceptances = workspace.sources.gate()?.report(&mut said).acceptances;
    refuse(&said)?;
    Ok(rehearsal::rules_lost(record, &acceptances, &clock::day(clock::now())))
}

fn write(folder: &Path, record: &Record, gate: &Gate) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|e| files::unwritable(folder, &e))?;
    for file in report::gate::ci_files(record, gate) {
        files::put(&folder.join(file.name), &file.text)?;
    }
    Ok(())
}

fn print(gate: &Gate, common: &Common, ui: &Ui) {
    match common.format {
        Format::Table if common.quiet => {}
        Format::Table => ui.data(&report::gate::text(gate, Style { colour: ui.colour(), width: 80 })),
        Format::Json => ui.data(&gate.to_json()),
        Format::Ndjson => {
            let lines = gate.lines.iter().map(|l| serde_json::to_string(l).unwrap_or_default());
            ui.data(&lines.collect::<Vec<_>>().join("\n"));
        }
        Format::Csv => ui.data(&report::gate::lines_csv(gate)),
    }
}

/// Tells GitHub's runner, where it is one, which files to mark, and adds to the step's summary.
fn github(gate: &Gate, ui: &Ui) -> Result<(), Failure> {
    if std::env::var_os("GITHUB_ACTIONS").is_none_or(|v| v != "true") {
        return Ok(());
    }
    for line in report::gate::annotations(gate).lines() {
        ui.say(line);
    }
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
        let path = Path::new(&path);
        let old = std::fs::read_to_string(path).unwrap_or_default();
        files::put(path, &format!("{old}{}", report::gate::summary(gate)))?;
    }
    Ok(())
}

fn exit(gate: &Gate, record: &Record, ui: &Ui) -> Exit {
    let undecided = gate.lines.iter().filter(|l| l.answer == Answer::Undecided).count();
    if undecided > 0 {
        ui.say(&format!(
            "{undecided} of {} requirements undecided: the interval reaches across the limit",
            gate.lines.len()
        ));
    }
    match gate.answer {
        Answer::Failed => Exit::GateFailed,
        Answer::Undecided if gate.undecided_fails => Exit::GateFailed,
        _ if rehearsal::incomplete(record) => {
            ui.say("the run judged is incomplete: a recording could not be read");
            Exit::Incomplete
        }
        _ => Exit::Passed,
    }
}
