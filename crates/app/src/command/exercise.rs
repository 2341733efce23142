//! `exercise`: procedures run in the sandbox, watched, judged and stored.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use model::exercise::Tier;
use model::record::Record;
use model::recording::{Recording, RunStatus};
use rehearsal::exercise::{self, Drill, Hardening, Left, Source, Task};
use rehearsal::{Cause, Extent, Present, refuse};
use store::{Contract, Journal, Ledger, Resumed};

use super::run::print;
use super::writable;
use crate::args::Common;
use crate::args::exercise::ExerciseArguments;
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Workspace, WorkspaceSpec, exercises, hardening, host, open_ledger, selected};
use crate::ui::Ui;

/// Runs procedures, judges what was seen, stores the run and prints the summary.
pub(super) fn exercise(arguments: &ExerciseArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let tier =
        ::exercise::sandbox::tier().map_err(|r| Failure::NoSandbox { reason: r.reason, remedy: r.remedy })?;
    let sources = Workspace::find(&spec(arguments, common))?.sources;
    writable(arguments.report.as_deref())?;
    let mut intake = sources.read(Extent::Exercise)?.sound()?;
    let source = Source::read(&selected(&arguments.what, &sources), &intake)?.report(&mut intake.diagnostics);
    refuse(&intake.diagnostics)?;
    if source.tasks.is_empty() {
        return Err(nothing(&source));
    }
    let hardening = match &arguments.profile {
        None => None,
        Some(path) => Some(hardening(path)?.report(&mut intake.diagnostics)),
    };
    let ledger = open_ledger(common)?;
    let (journal, done) = journal(&source.tasks, tier, hardening.as_ref(), &ledger, arguments.fresh, ui)?;
    let stop = super::interrupt()?;
    ui.say(&format!("{} procedures, confined by {}", source.tasks.len(), tier.word()));
    let started = |place| Ok::<(), Cause>(journal.started(place, clock::now())?);
    let ended = |place, left: &[u8]| Ok::<(), Cause>(journal.ended(place, left, clock::now())?);
    let drill = Drill {
        tasks: &source.tasks,
        tier,
        profile: hardening.as_ref().map(|h| &h.profile),
        rules: &intake.rules,
        journal: exercise::Journal { started: &started, ended: &ended },
        tick: &clock::tick,
        stop: &stop,
        threads: threads(common),
    };
    let left = drill.run(done, ui)?;
    let interrupted = stop.load(Ordering::Relaxed);
    let proven = hardening.as_ref().filter(|_| !interrupted);
    let test = proven.map(|hardening| exercise::tested(hardening, &source.tasks, &left, tier));
    let host = host();
    let present = Present {
        host: &host,
        procedures: source.by_id(),
        sandbox: Some((tier, hardening.as_ref().map(Hardening::hash))),
        now: clock::now(),
    };
    intake.remember(&exercises(&ledger, ui)?.0, &present);
    exercise::add_inputs(&mut intake, &source, &host, hardening.as_ref());
    let left: Vec<Left> = left.into_iter().flatten().collect();
    if left.is_empty() {
        return Ok(if interrupted { Exit::Interrupted } else { Exit::NothingRan });
    }
    if let Some(folder) = &arguments.record {
        left.iter().try_for_each(|one| write(folder, one))?;
        ui.say(&format!("{} recordings written to {}", left.len(), folder.display()));
    }
    let inputs = rehearsal::archive(&intake, &source.tasks, hardening.as_ref(), &left);
    let mut record = rehearsal::exercised(intake, left, sources.settings.seed, ui);
    record.profile = test;
    record.not_tested.extend(source.not_tested());
    let record = rehearsal::private(record)?;
    let summary = report::one_line(&record);
    let info = ledger.store_with(&record, inputs, "exercise", &summary, clock::now())?;
    // An interrupted run stays open, so that the next one goes on with it.
    if !interrupted {
        journal.stored()?;
    }
    ui.troubles(&record.diagnostics);
    if let Some(path) = &arguments.report {
        files::put(path, &report::html(&record, Some(&info)))?;
    }
    print(&record, &info, common, ui, arguments.report.as_deref());
    Ok(exit(&record, interrupted))
}

fn spec(arguments: &ExerciseArguments, common: &Common) -> WorkspaceSpec {
    WorkspaceSpec {
        rules: arguments.rules.clone(),
        procedures: arguments.procedures.clone(),
        attack: arguments.attack.clone(),
        version_map: arguments.version_map.clone(),
        ..common.spec()
    }
}

fn nothing(source: &Source) -> Failure {
    Failure::Nothing(match source.excluded.len() {
        0 => "there is no procedure to run".to_owned(),
        number => format!("none of {number} tests can run here; `feuerprobe plan` names the reasons"),
    })
}

/// Stores every contract before the first process starts, and takes over what an
/// interrupted run with the same plan has done.
fn journal(
    tasks: &[Task],
    tier: Tier,
    hardening: Option<&Hardening>,
    ledger: &Ledger,
    fresh: bool,
    ui: &Ui,
) -> Result<(Journal, BTreeMap<usize, Left>), Failure> {
    let contract = |task: &Task| Contract {
        procedure: task.procedure.id.to_string(),
        hash: task.hash.clone(),
        terms: task.terms(tier),
    };
    let contracts: Vec<Contract> = tasks.iter().map(contract).collect();
    let plan = exercise::plan(tasks, tier, hardening);
    let (journal, resumed) = ledger.journal(&plan, &contracts, fresh, clock::now())?;
    let Resumed { done, cut, began, other } = resumed;
    let total = tasks.len();
    if let Some(began) = began {
        let cut = match cut.as_slice() {
            [] => String::new(),
            cut => format!("; cut off: {}", cut.join(", ")),
        };
        ui.say(&format!(
            "{} of {total} done in the interrupted run of {}{cut}; going on with the rest",
            done.len(),
            clock::show(began)
        ));
    }
    if other {
        ui.say("an interrupted run had other procedures or another profile; beginning anew");
    }
    let left = done.into_iter().filter(|(place, _)| *place < total);
    Ok((journal, left.filter_map(|(place, bytes)| Some((place, Left::from_bytes(&bytes)?))).collect()))
}

fn threads(common: &Common) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    common.threads.map_or_else(cores, usize::from)
}

/// Writes an exercise as a recording to a folder of its own below `root`.
fn write(root: &Path, left: &Left) -> Result<(), Failure> {
    let id = left.recording.id.as_str();
    let description = exercise::description(left);
    let telemetry = left.files.iter().map(|(path, text)| {
        let name = path.rsplit('/').next().unwrap_or(path);
        (name, text.as_str())
    });
    let all = std::iter::once(("recording.yaml", description.as_str())).chain(telemetry);
    files::put_below(root, id, all).map_err(|e| files::unwritable(&root.join(id), &e))
}

fn exit(record: &Record, interrupted: bool) -> Exit {
    // Under a profile, what cannot be tested with it is a result.
    let not_run = |r: &Recording| matches!(r.run, RunStatus::NotRun { .. } | RunStatus::Refused { .. });
    let ran = record.profile.is_some() || !record.recordings.iter().any(not_run);
    let whole = ran && record.exercises.iter().all(|e| e.tier.is_some() && e.clean.is_clean());
    if interrupted {
        Exit::Interrupted
    } else if !whole || rehearsal::incomplete(record) {
        Exit::Incomplete
    } else if record.verdicts.iter().any(|v| !v.lost.is_empty()) {
        Exit::GateFailed
    } else {
        Exit::Passed
    }
}
