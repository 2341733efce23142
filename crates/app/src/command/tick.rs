//! `tick`: starts the planned runs that are due, and ends.

use model::quantity::Timestamp;
use model::schedule::{Slot, SlotState};
use rehearsal::refuse;
use rehearsal::schedule::{Asked, Job, Schedule};
use report::list::Table;
use store::Ledger;

use super::{exercise, list, replay, run};
use crate::args::exercise::ExerciseArguments;
use crate::args::{Common, Format, ReplayArguments, RunArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, kept, open_ledger, read_ledger};
use crate::ui::Ui;

/// The file in the folder of keys and lists that keeps every planned run from starting.
const STOP_FILE: &str = "stop";

/// How many decided times `list slots` shows.
const SLOTS_SHOWN: u32 = 200;

/// What came of a slot, and the exit code of its run.
type Decided = (Slot, Exit);

/// Starts what is due, one run after the other, and names schedules that have not finished a run
/// for too long.
pub(super) fn tick(common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let schedules = schedules(common)?;
    let ledger = open_ledger(common)?;
    let turn = ledger.turn(clock::now())?;
    let mut decided = Vec::new();
    for schedule in &schedules {
        // Runs take time: what is due is asked for each schedule when its turn comes.
        let now = clock::now();
        let known = ledger.progress(&schedule.name, now)?;
        let asked = Asked {
            now,
            since: known.settled,
            started: &known.started,
            stopped: stopped(common)?,
            busy: turn.is_none(),
        };
        for slot in schedule.due(asked) {
            let skipped = slot.skipped.as_deref();
            if !ledger.settle(&schedule.name, slot.planned, skipped, clock::now())? {
                continue;
            }
            decided.push(match slot.skipped {
                Some(why) => {
                    let skipped = Slot {
                        schedule: schedule.name.clone(),
                        planned: slot.planned,
                        state: Some(SlotState::Skipped),
                        why,
                        run: None,
                    };
                    (skipped, Exit::Passed)
                }
                None => start(schedule, slot.planned, &ledger, common, ui)?,
            });
            if decided.last().is_some_and(|d| d.1 == Exit::Interrupted) {
                show(decided, common, ui);
                return Ok(Exit::Interrupted);
            }
        }
    }
    let late = alarms(&schedules, &ledger, ui)?;
    let exit = exit(&decided, late);
    if !decided.is_empty() || common.format != Format::Table {
        show(decided, common, ui);
    }
    Ok(exit)
}

/// Does one planned run and notes how it ended.
fn start(
    schedule: &Schedule,
    planned: Timestamp,
    ledger: &Ledger,
    common: &Common,
    ui: &Ui,
) -> Result<Decided, Failure> {
    ui.say(&format!("{}: starting the run planned at {}", schedule.name, schedule.times.shown(planned)));
    let newest = |ledger: &Ledger| -> Result<_, Failure> {
        Ok(ledger.runs()?.into_iter().next().map(|row| (row.info.id.to_string(), row.summary)))
    };
    let before = newest(ledger)?;
    let ended =
        if stopped(common)? { Err("the stop file is there".to_owned()) } else { job(schedule, common, ui) };
    let stored = newest(ledger)?.filter(|row| before.as_ref() != Some(row));
    let (state, why, exit) = match (ended, &stored) {
        (Ok(Exit::Interrupted), _) => (SlotState::Failed, "interrupted".to_owned(), Exit::Interrupted),
        (Ok(exit), Some((_, summary))) => (SlotState::Finished, summary.to_owned(), exit),
        (Ok(_), None) => (SlotState::Failed, "nothing ran".to_owned(), Exit::Incomplete),
        (Err(why), _) => (SlotState::Failed, why, Exit::Incomplete),
    };
    let run = stored.map(|(id, _)| id);
    ledger.ended((&schedule.name, planned), state, &why, run.as_deref(), clock::now())?;
    Ok((Slot { schedule: schedule.name.clone(), planned, state: Some(state), why, run }, exit))
}

/// Runs the verb that a schedule names, without its output; the ledger keeps the record.
fn job(schedule: &Schedule, common: &Common, ui: &Ui) -> Result<Exit, String> {
    let silent = Common { quiet: true, format: Format::Table, ..common.clone() };
    let quiet = ui.silent();
    let page = Workspace::find(&common.spec()).ok().and_then(|w| w.folder().map(|f| f.join("report.html")));
    let run = RunArguments { report: page, ..RunArguments::default() };
    let ended = match schedule.job {
        Job::Run => run::run(&run, &silent, &quiet),
        Job::Replay => replay::replay(&ReplayArguments { run, label: None }, &silent, &quiet),
        Job::Exercise => {
            let wanted = ExerciseArguments { what: schedule.select.clone(), ..ExerciseArguments::default() };
            exercise::exercise(&wanted, &silent, &quiet)
        }
    };
    ended.map_err(|failure| match &failure {
        Failure::Content(findings) => {
            findings.first().map_or_else(|| failure.to_string(), |first| format!("{failure}: {first}"))
        }
        other => other.to_string(),
    })
}

/// Returns the schedules of the workspace; a fault in one stops all.
fn schedules(common: &Common) -> Result<Vec<Schedule>, Failure> {
    let workspace = Workspace::find(&common.spec())?;
    let mut said = Vec::new();
    let schedules = workspace.sources.schedules(&clock::zone).report(&mut said);
    refuse(&said)?;
    if schedules.is_empty() {
        let why = "feuerprobe.toml has no [[schedule]]; docs/schedule.md shows one";
        return Err(Failure::Nothing(why.to_owned()));
    }
    Ok(schedules)
}

fn stopped(common: &Common) -> Result<bool, Failure> {
    Ok(kept(STOP_FILE, common)?.exists())
}

/// Names each schedule without a finished run for longer than it allows, and returns whether there is one.
fn alarms(schedules: &[Schedule], ledger: &Ledger, ui: &Ui) -> Result<bool, Failure> {
    let now = clock::now();
    let mut late = false;
    for schedule in schedules {
        let last = ledger.last_finished(&schedule.name)?.unwrap_or(now);
        if let Some(quiet) = schedule.alarm(last, now) {
            late = true;
            let allowed = schedule.allowed(last);
            ui.warn(&format!(
                "{}: no run has finished for {quiet}; the schedule allows {allowed}",
                schedule.name
            ));
        }
    }
    Ok(late)
}

fn show(decided: Vec<Decided>, common: &Common, ui: &Ui) {
    let slots: Vec<Slot> = decided.into_iter().map(|(slot, _)| slot).collect();
    list::show(&report::schedule::slots(slots), common, ui);
}

fn exit(decided: &[Decided], late: bool) -> Exit {
    let any = |wanted: Exit| decided.iter().any(|(_, exit)| *exit == wanted);
    if any(Exit::Incomplete) {
        Exit::Incomplete
    } else if late || any(Exit::GateFailed) {
        Exit::GateFailed
    } else {
        Exit::Passed
    }
}

/// Returns how the schedules stand.
pub(super) fn planned(common: &Common) -> Result<Table, Failure> {
    let ledger = read_ledger(common)?;
    let standing = |schedule: &Schedule| -> Result<_, Failure> {
        Ok(schedule.standing(ledger.last_finished(&schedule.name)?, clock::now()))
    };
    let all = schedules(common)?.iter().map(standing).collect::<Result<Vec<_>, _>>()?;
    Ok(report::schedule::standings(all))
}

/// Returns the planned times that were decided, newest first.
pub(super) fn slots(common: &Common) -> Result<Table, Failure> {
    Ok(report::schedule::slots(read_ledger(common)?.slots(SLOTS_SHOWN)?))
}
