//! `explain`: a verdict, a number, a trial or a code traced to its evidence.

use std::path::{Path, PathBuf};

use rehearsal::{Extent, Files as _};

use super::stored;
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::intake::{Tree, Workspace, WorkspaceSpec};
use crate::ui::Ui;

/// Prints where something comes from.
pub(super) fn explain(what: &str, run: &str, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    if let Some(text) = report::explain_code(what) {
        ui.data(&format!("{what}\n\n{text}"));
        return Ok(Exit::Passed);
    }
    let (_, record) = stored(run, common)?;
    let text = match what.strip_prefix("trial:") {
        Some(name) => rehearsal::retell(&record, name).ok_or_else(|| {
            unknown(what, "write trial:CAMPAIGN/NUMBER, with a number below the run's trials")
        })?,
        None => report::explain(&record, what).ok_or_else(|| {
            unknown(what, "`feuerprobe list keys` shows every number, `list verdicts` every verdict")
        })?,
    };
    ui.data(&text);
    Ok(Exit::Passed)
}

/// Prints what one rule did on a log, or on each log of a folder.
pub(super) fn on_log(
    what: &str,
    log: &Path,
    rules: &[PathBuf],
    common: &Common,
    ui: &Ui,
) -> Result<Exit, Failure> {
    let sources = Workspace::find(&WorkspaceSpec { rules: rules.to_vec(), ..common.spec() })?.sources;
    // A rule that cannot be used is said where it is the one that is asked about.
    let mut said = Vec::new();
    let intake = sources.read(Extent::Exercise)?.findings().report(&mut said);
    said.retain(|d| d.code != "rule.rejected");
    let rule = intake.rule(what)?;
    let (tree, files) = match log.is_dir() {
        true => {
            let tree = Tree::Folder(log.to_owned());
            let files = tree.list()?.files;
            (tree, files)
        }
        false => {
            let folder = log.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let name = log.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            (Tree::Folder(folder.to_owned()), vec![name])
        }
    };
    let found = rehearsal::on_logs(&intake, rule, &tree, &files);
    said.extend(found.said);
    ui.troubles(&said);
    if found.logs.is_empty() {
        return Err(Failure::Nothing(format!("{} holds no log that can be read", log.display())));
    }
    let logs: Vec<report::OnLog<'_>> = found
        .logs
        .iter()
        .map(|log| report::OnLog {
            log: log.log.as_str(),
            events: log.events,
            unknown: log.unknown,
            served: log.told.served,
            fired: log.told.fired,
            first: log.told.first.as_ref(),
            causes: &log.told.causes,
        })
        .collect();
    ui.data(&report::explain_rule(rule, &logs));
    Ok(if found.unreadable { Exit::Incomplete } else { Exit::Passed })
}

fn unknown(what: &str, hint: &str) -> Failure {
    Failure::Unknown { what: "thing to explain", name: what.to_owned(), hint: hint.to_owned() }
}
