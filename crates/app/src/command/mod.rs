//! One file for each verb.

mod accept;
mod binder;
mod check;
mod completions;
mod decide;
mod diff;
mod doctor;
mod drift;
mod exercise;
mod explain;
mod export;
mod form;
mod gate;
mod impact;
mod init;
mod list;
mod live;
mod log_sources;
mod mutate;
mod outflow;
mod plan;
mod prune;
mod race;
mod repair;
mod replay;
mod report;
mod restart;
mod run;
mod sheet;
mod show;
mod tabletop;
mod tick;
mod trend;
mod trial;
mod watch;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use model::record::{Record, RunInfo};
use rehearsal::refuse;

use crate::args::{Arguments, Common, Listing, Verb};
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::read_ledger;
use crate::ui::Ui;

/// Runs the verb that was typed.
///
/// # Errors
/// [`Failure`] when it could not go on; the exit code is part of it.
pub fn dispatch(arguments: &Arguments, ui: &Ui) -> Result<Exit, Failure> {
    let common = &arguments.common;
    form::check(arguments.verb.as_ref(), common.format)?;
    if let Some(threads) = common.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global()
            .map_err(|e| Failure::Usage(format!("cannot start {threads} threads: {e}")))?;
    }
    match arguments.verb.as_ref() {
        None => run::run(&arguments.run, common, ui),
        Some(Verb::Run(run)) => run::run(run, common, ui),
        Some(Verb::Replay(run)) => replay::replay(run, common, ui),
        Some(Verb::Watch(wanted)) => watch::watch(wanted, common, ui),
        Some(Verb::Exercise(run)) => exercise::exercise(run, common, ui),
        Some(Verb::Race(arguments)) => race::race(arguments, common, ui),
        Some(Verb::Live(verb)) => live::live(verb, common, ui),
        Some(Verb::Outflow(verb)) => outflow::outflow(verb, common, ui),
        Some(Verb::Init { dir }) => init::init(dir, ui),
        Some(Verb::Check(content)) => check::check(content, common, ui),
        Some(Verb::Plan(content)) => plan::plan(content, common, ui),
        Some(Verb::Decide(wanted)) => decide::decide(wanted, common, ui),
        Some(Verb::Impact(wanted)) => impact::impact(wanted, common, ui),
        Some(Verb::Tabletop(wanted)) => tabletop::tabletop(wanted, common, ui),
        Some(Verb::Restart(wanted)) => restart::restart(wanted, common, ui),
        Some(Verb::Explain { what, run, on: None, .. }) => explain::explain(what, run, common, ui),
        Some(Verb::Explain { what, on: Some(log), rules, .. }) => {
            explain::on_log(what, log, rules, common, ui)
        }
        Some(Verb::List { what: Listing::LogSources, run, rules, .. }) => {
            log_sources::list(run, rules, common, ui)
        }
        Some(Verb::List { what, run, procedures, rules }) => {
            list::list(*what, run, (procedures.as_ref(), rules), common, ui)
        }
        Some(Verb::Show { id, run, attack }) => show::show(id, run, attack.as_deref(), common, ui),
        Some(Verb::Report { run, output }) => report::report(run, output, common, ui),
        Some(Verb::Export { form, run, output }) => export::export(form, run, output.as_deref(), common, ui),
        Some(Verb::Diff { before, after }) => diff::diff(before, after, common, ui),
        Some(Verb::Binder(wanted)) => binder::binder(wanted, common, ui),
        Some(Verb::Trial(wanted)) => trial::trial(wanted, common, ui),
        Some(Verb::Trend(wanted)) => trend::trend(wanted, common, ui),
        Some(Verb::Tick) => tick::tick(common, ui),
        Some(Verb::Prune(wanted)) => prune::prune(wanted, common, ui),
        Some(Verb::Mutate(wanted)) => mutate::mutate(wanted, common, ui),
        Some(Verb::Repair(wanted)) => repair::repair(wanted, common, ui),
        Some(Verb::Drift) => drift::drift(common, ui),
        Some(Verb::Gate(wanted)) => gate::gate(wanted, common, ui),
        Some(Verb::Accept(wanted)) => accept::accept(wanted, common, ui),
        Some(Verb::Doctor) => doctor::doctor(common, ui),
        Some(Verb::Completions { shell }) => completions::completions(*shell, ui),
    }
}

/// Returns the run named on the command line: a record file, or a run of the ledger.
fn stored(name: &str, common: &Common) -> Result<(Option<RunInfo>, Record), Failure> {
    let path = Path::new(name);
    if path.extension().is_some_and(|e| e == "json") || path.is_file() {
        let bytes = crate::intake::read_named(path)
            .map_err(|e| Failure::Unreadable { path: name.to_owned(), why: e.to_string() })?;
        return Record::from_bytes(name, &bytes)
            .map(|record| (None, record))
            .map_err(|d| Failure::Content(vec![d]));
    }
    let (info, record) = read_ledger(common)?.load(name)?;
    Ok((Some(info), record))
}

/// Returns a flag that an interrupt sets; a second interrupt ends the program at
/// once, and every sandbox with it.
fn interrupt() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let flag = || Arc::clone(&stop);
        signal_hook::flag::register_conditional_shutdown(signal, Exit::Interrupted as i32, flag())
            .and_then(|_| signal_hook::flag::register(signal, flag()))
            .map_err(|e| Failure::Usage(format!("interrupts cannot be listened for: {e}")))?;
    }
    Ok(stop)
}

/// Refuses a stored run whose races do not fit together, before any of its numbers is printed.
fn sound_run(record: &Record, name: &str) -> Result<(), Failure> {
    let mut found = rehearsal::check_record(record);
    for finding in &mut found {
        finding.file = format!("run {name}: {}", finding.file);
    }
    Ok(refuse(&found)?)
}

/// Refuses a page that could not be written, before anything is computed for it.
fn writable(path: Option<&Path>) -> Result<(), Failure> {
    path.map_or(Ok(()), files::writable)
}
