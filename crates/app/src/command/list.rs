//! `list`: things of a run.

use crate::args::{Common, Format, Listing};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::read_ledger;
use crate::ui::Ui;
use model::diagnostic::Severity;
use rehearsal::Extent;
use rehearsal::exercise::Source;
use report::list::{Cell, Table};

use std::path::PathBuf;

use super::{stored, tick};
use crate::intake::{Workspace, WorkspaceSpec, selected};

/// Columns of a list for people.
const WIDTH: usize = 80;

/// Prints a list.
pub(super) fn list(
    what: Listing,
    run: &str,
    (procedures, rules): (Option<&PathBuf>, &[PathBuf]),
    common: &Common,
    ui: &Ui,
) -> Result<Exit, Failure> {
    let table = match what {
        Listing::Runs => runs(common)?,
        Listing::Outflows => outflows(common)?,
        Listing::Procedures => all_procedures(procedures, common, ui)?,
        Listing::Rules => all_rules(rules, run, common, ui)?,
        Listing::Actors => report::list::actors(&threat::catalogue()),
        Listing::Measures => report::gate::measures(),
        Listing::Exports => report::export::exports(),
        Listing::Schedules => tick::planned(common)?,
        Listing::Slots => tick::slots(common)?,
        _ => {
            let (_, record) = stored(run, common)?;
            match what {
                Listing::Recordings => report::list::recordings(&record),
                Listing::Firings => report::list::firings(&record),
                Listing::Techniques => report::list::techniques(&record),
                Listing::Verdicts => report::list::verdicts(&record),
                Listing::Tenants => report::list::tenants(&record),
                Listing::Services => report::list::services(&record),
                Listing::Campaigns => report::list::campaigns(&record),
                Listing::Keys => report::list::keys(&record),
                Listing::Runs
                | Listing::Outflows
                | Listing::Procedures
                | Listing::Actors
                | Listing::Rules
                | Listing::LogSources
                | Listing::Measures
                | Listing::Exports
                | Listing::Schedules
                | Listing::Slots => {
                    unreachable!("answered above")
                }
            }
        }
    };
    show(&table, common, ui);
    let damaged = |row: &Vec<Cell>| row.last().is_some_and(|last| *last == Cell::from(DAMAGED));
    Ok(if table.rows.is_empty() {
        Exit::NothingRan
    } else if table.rows.iter().any(damaged) {
        Exit::ContentInvalid
    } else {
        Exit::Passed
    })
}

/// Prints rows in the form asked for.
pub(super) fn show(table: &Table, common: &Common, ui: &Ui) {
    ui.data(&match common.format {
        Format::Table => table.text(WIDTH),
        Format::Json => table.json(),
        Format::Ndjson => table.ndjson(),
        Format::Csv => table.csv(),
    });
}

/// Returns the procedures that can run, then the published tests that cannot, each with its reason.
fn all_procedures(folder: Option<&PathBuf>, common: &Common, ui: &Ui) -> Result<Table, Failure> {
    let spec = WorkspaceSpec { procedures: folder.cloned(), ..common.spec() };
    let sources = Workspace::find(&spec)?.sources;
    let mut said = Vec::new();
    let intake = sources.read(Extent::Exercise)?.findings().report(&mut said);
    let source = Source::read(&selected(&[], &sources), &intake)?.report(&mut said);
    ui.findings(&said, Severity::Warning);
    let list = |techniques: &[model::id::TechniqueId]| {
        techniques.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let can = source.tasks.iter().map(|task| {
        let p = &task.procedure;
        let kind = if p.is_twin() { "twin" } else { "attack" };
        vec![p.id.to_string(), kind.to_owned(), list(&p.techniques), p.name.clone()]
    });
    let cannot = source.excluded.iter().map(|e| {
        vec![e.id.clone(), "cannot run".to_owned(), list(&e.techniques), format!("{}: {}", e.name, e.reason)]
    });
    Ok(Table::new(["procedure", "kind", "techniques", "what"], can.chain(cannot)))
}

/// Returns every rule that is read, with how many recordings of the run it fired on, then those
/// that cannot be used, each with its reason.
fn all_rules(folders: &[PathBuf], run: &str, common: &Common, ui: &Ui) -> Result<Table, Failure> {
    let sources = Workspace::find(&WorkspaceSpec { rules: folders.to_vec(), ..common.spec() })?.sources;
    let mut said = Vec::new();
    let intake = sources.read(Extent::Exercise)?.findings().report(&mut said);
    said.retain(|d| d.code != "rule.rejected");
    ui.findings(&said, Severity::Warning);
    let record = match stored(run, common) {
        Ok((_, record)) => Some(record),
        // Without a run the rules are there all the same; one that was changed is refused.
        Err(Failure::Unknown { .. }) => None,
        Err(other) => return Err(other),
    };
    Ok(report::list::rules(intake.rules.rules(), &intake.rule_summary, record.as_ref()))
}

/// What stands in place of a result whose row is not the one that was stored.
const DAMAGED: &str = "damaged: this row is not the one that was stored";

fn runs(common: &Common) -> Result<Table, Failure> {
    let rows = read_ledger(common)?.runs()?;
    let rows = rows.into_iter().map(|r| {
        let summary = if r.intact { r.summary } else { DAMAGED.to_owned() };
        vec![r.info.id.to_string(), clock::show(r.info.stored), r.info.verb, summary]
    });
    Ok(Table::new(["run", "stored", "verb", "result"], rows))
}

fn outflows(common: &Common) -> Result<Table, Failure> {
    let rows = read_ledger(common)?.scans()?;
    let rows = rows.into_iter().map(|s| {
        let summary = if s.intact { s.summary } else { DAMAGED.to_owned() };
        vec![Cell::from(s.id), clock::show(s.stored).into(), s.store.into(), summary.into()]
    });
    Ok(Table::new(["scan", "stored", "store", "result"], rows))
}
