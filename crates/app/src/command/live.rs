//! `live`: the organisation's own SIEM, asked about acts that took place.

use collect::{Clock, Connection, Limits};
use model::diagnostic::Severity;
use model::live::{Ask, Judgement};
use rehearsal::{Asking, Extent, Failed, Siem, refuse};
use store::Ledger;

use super::run::print;
use super::writable;
use crate::args::live::{AskArguments, LiveVerb};
use crate::args::{Common, Format};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Workspace, authorization, certificates, open_ledger};
use crate::ui::Ui;

/// The verb under which its runs are stored.
const LIVE: &str = "live";

pub(super) fn live(verb: &LiveVerb, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    match verb {
        LiveVerb::Ask(arguments) => ask(arguments, common, ui),
    }
}

/// Asks, judges, stores the run and prints what is proven.
fn ask(arguments: &AskArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let workspace = Workspace::find(&common.spec())?;
    let sources = &workspace.sources;
    let mut said = Vec::new();
    let siems = sources.siems().report(&mut said);
    refuse(&said)?;
    ui.findings(&said, Severity::Warning);
    let siems = chosen(siems, &arguments.source)?;
    writable(arguments.report.as_deref())?;
    let mut intake = sources.read(Extent::Exercise)?.sound()?;
    let shown = arguments.acts.display().to_string();
    let bytes = std::fs::read(&arguments.acts)
        .map_err(|e| Failure::Unreadable { path: shown.clone(), why: e.to_string() })?;
    let acts = rehearsal::read_acts(&shown, &bytes, &intake).report(&mut intake.diagnostics);
    refuse(&intake.diagnostics)?;
    let folder = workspace.folder().map_or_else(|| ".".into(), ToOwned::to_owned);
    let mut connections = Vec::new();
    for siem in &siems {
        let roots = certificates(siem, &folder)?;
        let key = authorization(siem, &folder)?;
        let open = Connection::open(&siem.url, key, roots.as_deref(), Limits::default());
        connections
            .push(open.map_err(|why| Failure::Usage(format!("source {}: url: {why}", siem.listed.name)))?);
    }
    let ledger = open_ledger(common)?;
    let earlier = judgements(&ledger, ui)?;
    let time = Clock { now: &clock::now, sleep: &clock::wait };
    let mut sends: Vec<_> = connections
        .iter()
        .map(|one| {
            move |ask: &Ask| -> Result<_, Failed> {
                one.ask(ask, time).map_err(|refused| (refused.trouble, refused.why))
            }
        })
        .collect();
    let mut asking: Vec<Asking<'_>> =
        siems.iter().zip(&mut sends).map(|(siem, send)| Asking { siem, send }).collect();
    let settings = (sources.settings.seed, ui as &dyn rehearsal::Progress);
    let record = rehearsal::ask(intake, &acts, &mut asking, (&earlier, &clock::now), settings);
    let record = rehearsal::private(record)?;
    let info = ledger.store(&record, LIVE, &report::one_line(&record), clock::now())?;
    ui.troubles(&record.diagnostics);
    if let Some(path) = &arguments.report {
        files::put(path, &report::html(&record, Some(&info)))?;
    }
    let live = record.live.as_ref();
    match common.format {
        Format::Table if !common.quiet => ui.data(&live.map(report::live).unwrap_or_default()),
        Format::Table => {}
        Format::Json | Format::Ndjson | Format::Csv => print(&record, &info, common, ui, None),
    }
    Ok(if live.is_none_or(rehearsal::unanswered) { Exit::Incomplete } else { Exit::Passed })
}

fn chosen(mut siems: Vec<Siem>, wanted: &[String]) -> Result<Vec<Siem>, Failure> {
    if let Some(name) = wanted.iter().find(|w| siems.iter().all(|s| s.listed.name != **w)) {
        let known: Vec<&str> = siems.iter().map(|s| s.listed.name.as_str()).collect();
        let hint = format!("feuerprobe.toml names {}", known.join(", "));
        return Err(Failure::Unknown { what: "source", name: name.clone(), hint });
    }
    if siems.is_empty() {
        let why = "feuerprobe.toml names no [[source]]; docs/live.md shows one";
        return Err(Failure::Nothing(why.to_owned()));
    }
    siems.retain(|s| wanted.is_empty() || wanted.contains(&s.listed.name));
    Ok(siems)
}

/// Returns the judgements of all stored runs that can be read; others are named.
fn judgements(ledger: &Ledger, ui: &Ui) -> Result<Vec<Judgement>, Failure> {
    let mut all = Vec::new();
    for row in ledger.runs()?.into_iter().filter(|row| row.info.verb == LIVE) {
        match ledger.load(row.info.id.as_str()) {
            Ok((_, record)) => all.extend(record.live.into_iter().flat_map(|live| live.judgements)),
            Err(error) => {
                ui.fail(&error.into());
            }
        }
    }
    Ok(all)
}
