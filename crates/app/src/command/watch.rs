//! `watch`: what changed is measured again, and what that makes of rules and verdicts is shown.

use std::time::Duration;

use model::watching::Difference;
use rehearsal::{Changed, Watching};
use report::Style;

use super::gate::line_in;
use super::interrupt;
use super::outflow::watch::rest;
use crate::args::{Common, WatchArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::{States, Workspace, WorkspaceSpec};
use crate::ui::Ui;

/// Shortest time between two looks at the files, and the share of the time that looks take.
const PAUSE: Duration = Duration::from_millis(150);
const SHARE: u32 = 8;

/// Files that go on changing are read all the same after so many looks.
const MOST_LOOKS: u32 = 40;

/// How long files must stay as they are before they are read.
const SETTLED: Duration = Duration::from_millis(40);

/// Looks until an interrupt comes.
pub(super) fn watch(wanted: &WatchArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let stop = interrupt()?;
    let is_stopped = || stop.load(std::sync::atomic::Ordering::Relaxed);
    let spec = WorkspaceSpec { seed: wanted.seed, trials: wanted.trials, ..wanted.content.spec(common) };
    let workspace = Workspace::find(&spec)?;
    let places = workspace.watched();
    if places.is_empty() {
        let why = "nothing is watched: the built-in provider does not change; name --rules DIR, \
                   --recordings DIR or --workspace DIR";
        return Err(Failure::Usage(why.to_owned()));
    }
    let mut states = States::of(&places);
    let mut watched = Watched { watching: Watching::new(wanted.label.clone()), stale: false };
    watched.look(&workspace, &Changed::default(), ui);
    ui.say(&format!("watching {} files; Ctrl-C ends", states.files()));
    while let Some(now) = changed(&spec, &states, &is_stopped) {
        let changed = now.since(&states);
        states = now;
        match Workspace::find(&spec) {
            Ok(workspace) => watched.look(&workspace, &changed, ui),
            Err(failure) => watched.failed(&changed, &failure, ui),
        }
    }
    Ok(Exit::Interrupted)
}

/// Waits until files are others and have settled; `None` when an interrupt came first.
fn changed(spec: &WorkspaceSpec, states: &States, is_stopped: &dyn Fn() -> bool) -> Option<States> {
    let mut pause = PAUSE;
    loop {
        if rest(pause, is_stopped) {
            return None;
        }
        let begun = clock::tick();
        let places = Workspace::find(spec).map(|workspace| workspace.watched()).unwrap_or_default();
        let mut now = if places.is_empty() { states.clone() } else { States::of(&places) };
        pause = PAUSE.max(begun.elapsed() * SHARE);
        if now == *states {
            continue;
        }
        for _ in 0..MOST_LOOKS {
            if rest(SETTLED, is_stopped) {
                return None;
            }
            let again = States::of(&places);
            if again == now {
                break;
            }
            now = again;
        }
        return Some(now);
    }
}

/// What is watched, and what was last shown of it.
struct Watched {
    watching: Watching,
    /// Whether the content could not be measured at the last look.
    stale: bool,
}

impl Watched {
    fn look(&mut self, workspace: &Workspace, changed: &Changed, ui: &Ui) {
        let begun = clock::tick();
        let first = self.watching.intake().is_none();
        let found = self.watching.look(&workspace.sources, changed, ui);
        let mut difference = match found {
            Ok(difference) => difference,
            Err(error) => return self.failed(changed, &error.into(), ui),
        };
        let took = begun.elapsed().as_secs_f64();
        if let Some(record) = self.watching.record(workspace.sources.settings.seed).filter(|_| first) {
            ui.line(&report::one_line(&record));
            ui.troubles(&record.diagnostics);
        }
        if !first {
            locate(&mut difference, workspace);
            head(changed, ui);
            let style = Style { colour: ui.colour(), width: 80 };
            ui.line(report::watching::text(&difference, style).trim_end());
        }
        if std::mem::take(&mut self.stale) {
            ui.line("  it can be measured again: nothing is stale");
        }
        ui.line(&report::watching::work(&difference, took));
        if first {
            let (events, bytes) = self.watching.size();
            ui.line(&report::watching::held(events, bytes));
        }
        if let Some(raced) = self.watching.race(&workspace.sources, ui) {
            match raced {
                Ok(record) => ui.line(report::first_screen(&record).trim_end()),
                Err(error) => {
                    ui.fail(&error.into());
                    ui.line("  STALE: the races were run with content that is another now");
                }
            }
        }
    }

    /// Says why nothing could be measured.
    fn failed(&mut self, changed: &Changed, failure: &Failure, ui: &Ui) {
        head(changed, ui);
        ui.fail(failure);
        if self.watching.intake().is_some() {
            ui.line("  STALE: what was shown before is no answer for the content as it is now");
        }
        self.stale = true;
    }
}

/// Prints the time, and which files changed.
fn head(changed: &Changed, ui: &Ui) {
    let time: String = clock::show(clock::now()).chars().skip(11).take(8).collect();
    let mut names = changed.files.iter();
    let first = names.next().map_or("", |name| name.strip_prefix("./").unwrap_or(name));
    let more = names.count();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    ui.line(&format!("{time}  {first}{more} changed"));
}

/// Sets the file and line of rules that fell silent.
fn locate(difference: &mut Difference, workspace: &Workspace) {
    for change in &mut difference.rules {
        if let (Some(leaf), Some((folder, file))) = (&change.leaf, workspace.sources.rule_file(&change.file))
        {
            change.place = Some(line_in(folder.as_ref(), file, change.rule.as_str(), Some(leaf)));
        }
    }
}
