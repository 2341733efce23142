//! `race`: only the simulation half, for as many trials as wanted.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::campaign::Campaign;
use model::diagnostic::{Diagnostic, Severity};
use model::playbook::Playbook;

use crate::args::{Common, Format, RaceArguments, RunArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::{Extent, Intake, Pair, Workspace, answers_to, open_ledger};
use crate::rehearsal;
use crate::ui::Ui;

/// Races, prints the outcomes with what was assumed, and stores the run, so that
/// `explain trial:CAMPAIGN/N` can tell any of its trials.
pub(super) fn race(arguments: &RaceArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    form(arguments, common)?;
    let run = RunArguments {
        content: arguments.content.clone(),
        seed: arguments.seed,
        trials: arguments.trials,
        report: None,
    };
    let workspace = Workspace::find(common, &run)?;
    let mut intake = workspace.read(Extent::Whole)?;
    choose(arguments.campaign.as_deref(), arguments.playbook.as_deref(), &mut intake)?;
    let Some(estate) = intake.estate.clone() else {
        let mut errors = intake.diagnostics;
        errors.retain(|d| d.severity == Severity::Error);
        return Err(Failure::Content(errors));
    };
    if intake.campaigns.is_empty() {
        return Err(Failure::Nothing("there is no campaign to race".to_owned()));
    }
    let found = rehearsal::check_bouts(&intake, &estate);
    let (errors, remarks): (Vec<Diagnostic>, _) =
        found.into_iter().partition(|d| d.severity == Severity::Error);
    ui.findings(&remarks, Severity::Warning);
    if !errors.is_empty() {
        return Err(Failure::Content(errors));
    }
    let stop = Arc::new(AtomicBool::new(false));
    // A second interrupt ends the program at once.
    let _ =
        signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGINT, 130, Arc::clone(&stop));
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&stop));

    let interrupted = || stop.load(Ordering::Relaxed);
    let trials = workspace.settings.trials;
    let mut record = rehearsal::private(rehearsal::race_only(&intake, workspace.settings, ui))?;
    let long = rehearsal::Long { record: &record, trials, interrupted: &interrupted };
    let text = if let Some(assets) = arguments.generate {
        long.on_generated(assets, ui)
    } else {
        let (text, counted) = long.on_estate(ui);
        // The scores rest on the kept trials, which are run before anything is counted.
        record.trials = counted.max(trials.min(rehearsal::KEPT));
        let ledger = open_ledger(common)?;
        ledger.store(&record, "race", &report::one_line(&record), clock::now())?;
        text
    };
    match common.format {
        Format::Json => ui.data(&String::from_utf8_lossy(&record.to_bytes())),
        _ if common.quiet => {}
        _ => ui.data(&text),
    }
    Ok(if interrupted() { Exit::Interrupted } else { Exit::Passed })
}

/// Refuses forms in which a race cannot be printed, before anything is computed.
fn form(arguments: &RaceArguments, common: &Common) -> Result<(), Failure> {
    let word = match common.format {
        Format::Table => return Ok(()),
        Format::Json if arguments.generate.is_none() => return Ok(()),
        Format::Json => "json with --generate",
        Format::Ndjson => "ndjson",
        Format::Csv => "csv",
    };
    Err(Failure::Usage(format!("race cannot be printed as {word}; there are table, and json on an estate")))
}

/// Keeps the campaign and the playbook that were asked for.
pub(super) fn choose(
    campaign: Option<&str>,
    playbook: Option<&str>,
    intake: &mut Intake,
) -> Result<(), Failure> {
    if let Some(named) = campaign {
        if let Some(bytes) = file(named)? {
            let joiner = threat::Joiner::new(&intake.matrix, &intake.version_map);
            let campaign = whole(threat::read_campaign(named, &bytes, &joiner))?;
            intake.campaigns = vec![campaign];
        } else {
            intake.campaigns.retain(|c| c.id.as_str() == named);
            if intake.campaigns.is_empty() {
                return Err(unknown("campaign", named, "`feuerprobe list campaigns` shows those of a run"));
            }
        }
    }
    let Some(named) = playbook else { return Ok(()) };
    if named == race::NO_PLAYBOOK {
        intake.pairs.clear();
        return Ok(());
    }
    let playbook: Playbook = match file(named)? {
        Some(bytes) => whole(race::read_playbook(named, &bytes))?,
        None => intake.playbooks.iter().find(|p| answers_to(p, named)).cloned().ok_or_else(|| {
            unknown("playbook", named, "name one of the workspace, a CACAO 2.0 file, or `none`")
        })?,
    };
    let id = playbook.id.as_str().to_owned();
    let pair = |c: &Campaign| Pair { campaign: c.id.as_str().to_owned(), playbook: id.clone() };
    intake.pairs = intake.campaigns.iter().map(pair).collect();
    intake.playbooks.retain(|p| p.id != playbook.id);
    intake.playbooks.push(playbook);
    Ok(())
}

/// Returns the bytes of a file the user named; `None` when it is no file.
fn file(named: &str) -> Result<Option<Vec<u8>>, Failure> {
    let path = Path::new(named);
    if !path.is_file() && path.extension().is_none() {
        return Ok(None);
    }
    let read = crate::intake::read_named(path);
    read.map(Some).map_err(|e| Failure::Unreadable { path: named.to_owned(), why: e.to_string() })
}

fn whole<T>((thing, said): (Option<T>, Vec<Diagnostic>)) -> Result<T, Failure> {
    thing.ok_or(Failure::Content(said))
}

fn unknown(what: &'static str, name: &str, hint: &str) -> Failure {
    Failure::Unknown { what, name: name.to_owned(), hint: hint.to_owned() }
}
