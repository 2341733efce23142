//! `show`: one thing by its id.

use std::path::Path;

use model::id::{ActorId, TechniqueId};

use super::stored;
use crate::args::{Common, Content, RunArguments};
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, open_ledger};
use crate::ui::Ui;

/// Prints what is known about an actor, a technique, or anything in a run.
pub(super) fn show(
    id: &str,
    run: &str,
    attack: Option<&Path>,
    common: &Common,
    ui: &Ui,
) -> Result<Exit, Failure> {
    let content = Content { attack: attack.map(Path::to_owned), ..Content::default() };
    let workspace = Workspace::find(common, &RunArguments { content, ..RunArguments::default() })?;
    let matrix = workspace.matrix()?;
    let actor = ActorId::new(id).ok().and_then(|a| matrix.actors.get(&a));
    if let Some(actor) = actor {
        ui.data(&report::list::actor(actor, &matrix));
        return Ok(Exit::Passed);
    }
    let known = TechniqueId::new(id).ok().filter(|t| matrix.techniques.contains_key(t));
    if let Some(technique) = &known {
        ui.data(&report::list::technique(technique, &matrix));
    }
    // A run adds its verdicts; without a ledger the matrix alone has to do.
    let told = stored(run, common).ok().and_then(|(_, record)| report::explain(&record, id));
    match (told, known) {
        (Some(text), _) => ui.data(&text),
        (None, Some(_)) => {}
        (None, None) => {
            if let Ok((info, record)) = open_ledger(common).and_then(|l| l.load(id)) {
                let style = report::Style { colour: ui.colour(), width: 80 };
                ui.data(&report::terminal(&record, Some(&info), style));
                return Ok(Exit::Passed);
            }
            return Err(Failure::Unknown {
                what: "id",
                name: id.to_owned(),
                hint: "`feuerprobe list` shows techniques, recordings, rules, tenants, services and runs"
                    .into(),
            });
        }
    }
    Ok(Exit::Passed)
}
