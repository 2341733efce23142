//! `restart`: in which order what is down comes back, and when each tenant works again.

use std::path::PathBuf;

use model::diagnostic::Severity;
use model::estate::Estate;
use model::lines::FileLines;
use model::record::{Input, Record};
use model::recovery::Phase;
use rehearsal::{Down, Since, Sources, refuse};

use super::sheet::keep;
use super::{sound_run, stored, writable};
use crate::args::{Common, Format, RestartArguments};
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Workspace, WorkspaceSpec};
use crate::ui::Ui;

/// Columns of the plan.
const WIDTH: usize = 80;

/// Plans, prints the plan, and writes the sheet if asked for.
pub(super) fn restart(arguments: &RestartArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    writable(arguments.output.as_deref())?;
    let Outage { estate, down: mut gone, mut record } = outage(arguments, common, ui)?;
    rehearsal::carry_on(&estate, &mut gone, &since(arguments)?)?;
    if gone.is_empty() {
        return Err(Failure::Nothing(
            "nothing is down: name it with --down, --attacked or --trial".to_owned(),
        ));
    }
    let plan = rehearsal::restart(&record, &estate, gone);
    record.restart = Some(plan.clone());
    keep(&record, "restart", common, ui);
    let language = arguments.lang.into();
    if let Some(path) = &arguments.output {
        files::put(path, &report::restart_html(&plan, language))?;
        ui.say(&format!("wrote {}", path.display()));
    }
    match common.format {
        Format::Table => ui.data(&report::restart_text(&plan, language, WIDTH)),
        Format::Json => ui.data(&format!("{}\n", report::restart_json(&plan))),
        Format::Ndjson => ui.data(&report::restart_table(&plan).ndjson()),
        Format::Csv => ui.data(&report::restart_table(&plan).csv()),
    }
    Ok(Exit::Passed)
}

/// Returns what the arguments say has happened since the restart began.
fn since(arguments: &RestartArguments) -> Result<Since, Failure> {
    let up = arguments.up.clone();
    let failed = arguments.failed.iter().map(|text| failed(text)).collect::<Result<_, _>>()?;
    let done = arguments.done.iter().map(|text| done(text)).collect::<Result<_, _>>()?;
    Ok(Since { up, failed, done })
}

/// An estate and what is down in it.
pub(super) struct Outage {
    pub(super) estate: Estate,
    pub(super) down: Down,
    /// What the estate came from, for the ledger.
    pub(super) record: Record,
}

/// Returns the estate and what is down in it.
fn outage(arguments: &RestartArguments, common: &Common, ui: &Ui) -> Result<Outage, Failure> {
    if let Some(trial) = &arguments.trial {
        let (_, record) = stored(&arguments.run, common)?;
        sound_run(&record, &arguments.run)?;
        let (trace, estate) = rehearsal::again(&record, trial).ok_or_else(|| Failure::Unknown {
            what: "trial",
            name: trial.clone(),
            hint: "write CAMPAIGN/NUMBER, with a number below the run's trials".to_owned(),
        })?;
        let (estate, down) = (estate.clone(), rehearsal::down_in(&trace));
        return Ok(Outage { estate, down, record });
    }
    outage_named(arguments.estate.as_ref(), &arguments.down, &arguments.attacked, common, ui)
}

/// Returns an estate and what of it is named as switched off or lost.
pub(super) fn outage_named(
    estate: Option<&PathBuf>,
    off: &[String],
    lost: &[String],
    common: &Common,
    ui: &Ui,
) -> Result<Outage, Failure> {
    let sources = Workspace::find(&WorkspaceSpec { estate: estate.cloned(), ..common.spec() })?.sources;
    let mut from = (Vec::new(), Vec::new());
    let estate = estate_alone(&sources, &mut from, ui)?;
    let record = rehearsal::of_estate(&estate, from, sources.settings.seed);
    let down = rehearsal::down(&estate, off, lost)?;
    Ok(Outage { estate, down, record })
}

/// Returns the estate, when there is no error in its file; warnings are told, save those of
/// the built-in estate, which its user cannot change.
pub(super) fn estate_alone(
    sources: &Sources,
    from: &mut (Vec<Input>, Vec<FileLines>),
    ui: &Ui,
) -> Result<Estate, Failure> {
    let mut said = Vec::new();
    let estate = sources.estate(from)?.report(&mut said);
    refuse(&said)?;
    said.retain(|d| !d.file.starts_with("built-in:"));
    ui.findings(&said, Severity::Warning);
    estate.ok_or(Failure::Content(said))
}

fn failed(text: &str) -> Result<(String, u32), Failure> {
    text.split_once('=')
        .and_then(|(asset, count)| Some((asset.to_owned(), count.parse().ok().filter(|n| *n <= 100)?)))
        .ok_or_else(|| {
            Failure::Usage(format!(
                "--failed {text}: write ASSET=COUNT with a count up to 100, such as mail-1=2"
            ))
        })
}

fn done(text: &str) -> Result<(String, Phase), Failure> {
    let phase = |name: &str| Phase::ALL.into_iter().find(|p| p.name() == name);
    text.split_once('=').and_then(|(asset, name)| Some((asset.to_owned(), phase(name)?))).ok_or_else(|| {
        let names = Phase::ALL.map(Phase::name).join(", ");
        Failure::Usage(format!(
            "--done {text}: write ASSET=PHASE with the last phase that is done ({names}), such as mail-1=examine"
        ))
    })
}
