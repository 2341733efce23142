//! `race`: only the simulation half, for as many trials as wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::diagnostic::Severity;
use rehearsal::Extent;

use crate::args::{Common, Format, RaceArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, WorkspaceSpec, choice, open_ledger, remember};
use crate::ui::Ui;

/// Races, prints the outcomes with what was assumed, and stores the run, so that
/// `explain trial:CAMPAIGN/N` can tell any of its trials.
pub(super) fn race(arguments: &RaceArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let spec =
        WorkspaceSpec { seed: arguments.seed, trials: arguments.trials, ..arguments.content.spec(common) };
    let sources = Workspace::find(&spec)?.sources;
    let campaign = arguments.campaign.as_deref().map(choice);
    let playbook = arguments.playbook.as_deref().map(choice);
    sources.refuse_mixture(campaign.as_ref(), playbook.as_ref())?;
    let mut intake = sources.read(Extent::Whole)?.choose(campaign.as_ref(), playbook.as_ref())?.sound()?;
    if intake.campaigns.is_empty() {
        return Err(Failure::Nothing("there is no campaign to race".to_owned()));
    }
    let ledger = open_ledger(common)?;
    remember(&mut intake, &sources, &ledger, ui)?;
    ui.findings(&intake.diagnostics, Severity::Warning);
    let stop = Arc::new(AtomicBool::new(false));
    // A second interrupt ends the program at once.
    let _ =
        signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGINT, 130, Arc::clone(&stop));
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&stop));

    let interrupted = || stop.load(Ordering::Relaxed);
    let trials = sources.settings.trials;
    let mut record = rehearsal::private(rehearsal::race_only(&intake, sources.settings, ui))?;
    let long = rehearsal::Long { record: &record, trials, interrupted: &interrupted, now: &clock::now };
    let text = if let Some(assets) = arguments.generate {
        long.on_generated(assets, ui)
    } else {
        let (text, counted) = long.on_estate(ui);
        // The scores rest on the kept trials, which are run before anything is counted.
        record.trials = counted.max(trials.min(rehearsal::KEPT));
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
