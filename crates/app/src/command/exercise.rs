//! `exercise`: procedures run in the sandbox, watched, judged and stored.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use model::exercise::Tier;
use model::record::{Input, Record};
use model::recording::{Recording, RunStatus};
use store::{Contract, Journal, Ledger, Resumed};

use super::run::print;
use super::writable;
use crate::args::exercise::ExerciseArguments;
use crate::args::{Common, Content, RunArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::{Extent, Intake, Workspace, open_ledger, refuse};
use crate::rehearsal;
use crate::stage::{Drill, Hardening, Left, Source, Task, tested, write_recording};
use crate::ui::Ui;

/// Runs procedures, judges what was seen, stores the run and prints the summary.
pub(super) fn exercise(arguments: &ExerciseArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let tier =
        ::exercise::sandbox::tier().map_err(|r| Failure::NoSandbox { reason: r.reason, remedy: r.remedy })?;
    let workspace = workspace(arguments, common)?;
    writable(arguments.report.as_deref())?;
    let mut intake = workspace.read(Extent::Exercise)?.sound()?;
    let source = Source::read(&workspace, arguments, &intake)?.report(&mut intake.diagnostics);
    refuse(&intake.diagnostics)?;
    if source.tasks.is_empty() {
        return Err(nothing(&source));
    }
    let hardening = match &arguments.profile {
        None => None,
        Some(path) => Some(Hardening::read(path)?.report(&mut intake.diagnostics)),
    };
    let ledger = open_ledger(common)?;
    let (journal, done) = journal(&source.tasks, tier, hardening.as_ref(), &ledger, arguments.fresh, ui)?;

    let stop = super::interrupt()?;
    ui.say(&format!("{} procedures, confined by {}", source.tasks.len(), tier.word()));
    let drill = Drill {
        tasks: &source.tasks,
        tier,
        profile: hardening.as_ref().map(|h| &h.profile),
        rules: &intake.rules,
        journal: &journal,
        stop: &stop,
        threads: threads(common),
    };
    let left = drill.run(done, &ui.bar("exercise", source.tasks.len() as u64))?;
    let interrupted = stop.load(Ordering::Relaxed);
    let test = match &hardening {
        Some(hardening) if !interrupted => Some(tested(hardening, &source.tasks, &left, tier)),
        _ => None,
    };
    inputs(&mut intake, &source, hardening.as_ref());
    let left: Vec<Left> = left.into_iter().flatten().collect();
    if left.is_empty() {
        return Ok(if interrupted { Exit::Interrupted } else { Exit::NothingRan });
    }
    if let Some(folder) = &arguments.record {
        for one in &left {
            write_recording(folder, one)?;
        }
        ui.say(&format!("{} recordings written to {}", left.len(), folder.display()));
    }
    let mut record = rehearsal::exercised(intake, left, workspace.settings.seed, ui);
    record.profile = test;
    record.not_tested.extend(source.not_tested());
    let record = rehearsal::private(record)?;
    let info = ledger.store(&record, "exercise", &report::one_line(&record), clock::now())?;
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

fn workspace(arguments: &ExerciseArguments, common: &Common) -> Result<Workspace, Failure> {
    let content = Content {
        rules: arguments.rules.clone(),
        attack: arguments.attack.clone(),
        version_map: arguments.version_map.clone(),
        ..Content::default()
    };
    Workspace::find(common, &RunArguments { content, ..RunArguments::default() })
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
    let contracts: Vec<Contract> = tasks.iter().map(|task| task.contract(tier)).collect();
    let mut plan = blake3::Hasher::new();
    for contract in &contracts {
        plan.update(contract.procedure.as_bytes()).update(contract.hash.as_bytes());
        plan.update(contract.terms.as_bytes());
    }
    plan.update(hardening.map(Hardening::hash).unwrap_or_default().as_bytes());
    let plan = plan.finalize().to_hex().to_string();
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

fn inputs(intake: &mut Intake, source: &Source, hardening: Option<&Hardening>) {
    intake.inputs.push(Input {
        name: "procedures".to_owned(),
        source: source.label.clone(),
        hash: source.hash.clone(),
    });
    intake.inputs.extend(hardening.map(|h| Input {
        name: "profile".to_owned(),
        source: h.profile.name.clone(),
        hash: h.hash(),
    }));
    intake.inputs.sort();
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
