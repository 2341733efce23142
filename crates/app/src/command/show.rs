//! `show`: one thing by its id.

use std::path::Path;

use model::diagnostic::Severity;
use model::id::{ActorId, TechniqueId};
use rehearsal::exercise::Source;
use rehearsal::{Extent, Sources};
use store::Error;

use super::stored;
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, WorkspaceSpec, read_ledger, selected};
use crate::ui::Ui;

/// Prints what is known about an actor, a technique, or anything in a run.
pub(super) fn show(
    id: &str,
    run: &str,
    attack: Option<&Path>,
    common: &Common,
    ui: &Ui,
) -> Result<Exit, Failure> {
    let spec = WorkspaceSpec { attack: attack.map(Path::to_owned), ..common.spec() };
    let sources = Workspace::find(&spec)?.sources;
    let mut said = Vec::new();
    let matrix = sources.matrix()?.report(&mut said);
    let actor = ActorId::new(id).ok().and_then(|a| matrix.actors.get(&a));
    if let Some(actor) = actor {
        ui.data(&report::list::actor(actor, &matrix));
        return Ok(Exit::Passed);
    }
    let known = TechniqueId::new(id).ok().filter(|t| matrix.techniques.contains_key(t));
    if let Some(technique) = &known {
        ui.data(&report::list::technique(technique, &matrix));
    }
    ui.findings(&said, Severity::Warning);
    if let Some(text) = procedure(id, &sources, ui)? {
        ui.data(&text);
        return Ok(Exit::Passed);
    }
    // A run adds its verdicts; without a ledger the matrix alone has to do.
    let (told, refused) = match stored(run, common) {
        Ok((_, record)) => (report::explain(&record, id), None),
        Err(Failure::Unknown { .. } | Failure::Store(Error::Unusable { .. })) => (None, None),
        Err(refused) => (None, Some(refused)),
    };
    match (told, known) {
        (Some(text), _) => ui.data(&text),
        (None, Some(_)) => {}
        (None, None) => {
            match read_ledger(common).and_then(|l| Ok(l.load(id)?)) {
                Ok((info, record)) => {
                    let style = report::Style { colour: ui.colour(), width: 80 };
                    ui.data(&report::terminal(&record, Some(&info), style));
                    return Ok(Exit::Passed);
                }
                Err(refused @ Failure::Store(Error::Damaged { .. })) => return Err(refused),
                Err(_) => {}
            }
            return Err(refused.unwrap_or_else(|| Failure::Unknown {
                what: "id",
                name: id.to_owned(),
                hint: "`feuerprobe list` shows techniques, recordings, rules, tenants, services and runs"
                    .into(),
            }));
        }
    }
    refused.map_or(Ok(Exit::Passed), Err)
}

/// Returns what a procedure of the workspace would do; `None` when there is none of this id.
fn procedure(id: &str, sources: &Sources, ui: &Ui) -> Result<Option<String>, Failure> {
    let mut said = Vec::new();
    let intake = sources.read(Extent::Exercise)?.findings().report(&mut said);
    let source = Source::read(&selected(&[], sources), &intake)?.report(&mut said);
    let Some(task) = source.tasks.iter().find(|task| task.procedure.id.as_str() == id) else {
        said.retain(|d| d.file.contains(id));
        ui.findings(&said, Severity::Warning);
        return Ok(None);
    };
    let procedure = &task.procedure;
    let effects = procedure.effects();
    let mut text = report::planned(id, &procedure.name, &procedure.techniques, effects.as_ref());
    let job = procedure.job("");
    text.push_str(&format!("\n{}\n\n{}\n", procedure.description.trim(), job.argv.join(" ")));
    text.extend(job.script.lines().map(|line| format!("    {line}\n")));
    if let Some(check) = &job.success {
        text.push_str("\nIt took place when this ends with 0:\n");
        text.extend(check.lines().map(|line| format!("    {line}\n")));
    }
    text.push_str(&format!("\nsource: {}\nhash:   {}\n", procedure.source, task.hash));
    Ok(Some(text))
}
