//! The measuring half: every recording through the rules.
//!
//! Recordings are worked on side by side, and the batches of one recording too.
//! Findings are merged in reading order, so the result is the same on any
//! number of threads.

use std::collections::BTreeMap;
use std::sync::Arc;

use detect::{Pack, RuleSet, Seen, Watch, Watched};
use model::detection::Replay;
use model::diagnostic::Diagnostic;
use model::event::{Event, Origin};
use model::recording::Recording;
use rayon::prelude::*;
use telemetry::{Batch, DIAGNOSTICS_PER_BATCH, Survey};

use crate::files::Files;
use crate::progress::Progress;

/// Batches of one recording that are in memory at once, each of at most 4 MiB of text; of the
/// events in them, those of one slice for each thread.
const BATCHES_AT_ONCE: usize = 4;

/// Returns what was seen on each recording, in the survey's order, and what readers had to say.
pub fn watch_all(
    rules: &RuleSet,
    survey: &Survey,
    tree: &dyn Files,
    progress: &dyn Progress,
) -> (Vec<Watched>, Vec<Diagnostic>) {
    progress.begin("replay", survey.recordings.len() as u64);
    let results: Vec<_> = survey
        .recordings
        .par_iter()
        .map(|recording| {
            let result = watch_one(rules, recording, tree);
            progress.advance(1);
            result
        })
        .collect();
    progress.end();
    let mut diagnostics = Vec::new();
    let mut all = Vec::with_capacity(results.len());
    for (watched, mut said) in results {
        all.push(watched);
        diagnostics.append(&mut said);
    }
    (all, diagnostics)
}

/// The events of a recording.
pub(crate) struct Read {
    pub(crate) events: Vec<Event>,
    /// Records that gave no event.
    pub(crate) unreadable: u64,
}

/// Returns all events of a small recording.
pub(crate) fn events_of(recording: &Recording, tree: &dyn Files) -> Read {
    let mut read = Read { events: Vec::new(), unreadable: 0 };
    let summary = telemetry::read_events(recording, &|path| tree.open(path), &mut |batch| {
        let parsed = batch.parse();
        read.unreadable += parsed.unreadable;
        read.events.extend(parsed.events);
    });
    read.unreadable += summary.unreadable;
    read
}

fn watch_one(rules: &RuleSet, recording: &Recording, tree: &dyn Files) -> (Watched, Vec<Diagnostic>) {
    let watch = Watch::new(rules, recording);
    let looked = look(&watch, recording, tree, false);
    conclude(&watch, recording, looked.seen, (looked.unreadable, looked.said), tree)
}

/// What looking at a recording gave.
pub(crate) struct Looked {
    pub(crate) seen: Seen,
    /// Its events, where they are asked for.
    pub(crate) packs: Vec<Pack>,
    /// Records that gave no event.
    pub(crate) unreadable: u64,
    /// What readers had to say; files as the recording names them.
    pub(crate) said: Vec<Diagnostic>,
}

/// Reads a recording and looks at its events. With `packed`, they are held for another look.
pub(crate) fn look(watch: &Watch<'_>, recording: &Recording, tree: &dyn Files, packed: bool) -> Looked {
    let mut seen = Seen::default();
    let mut unreadable = 0;
    let mut said = Vec::new();
    let mut packs = Vec::new();
    let mut files: BTreeMap<Arc<str>, Held> = BTreeMap::new();
    let mut waiting: Vec<Batch> = Vec::with_capacity(BATCHES_AT_ONCE);
    let mut work = |waiting: &mut Vec<Batch>| {
        let parts: Vec<_> = waiting.par_drain(..).map(|batch| part(watch, batch, packed)).collect();
        for (part, pack, (file, held), mut told) in parts {
            seen.absorb(part);
            packs.extend(pack);
            unreadable += held.unreadable;
            let of_file = files.entry(file).or_default();
            of_file.events += held.events;
            of_file.unreadable += held.unreadable;
            said.append(&mut told);
        }
    };
    let mut summary = telemetry::read_events(recording, &|path| tree.open(path), &mut |batch| {
        waiting.push(batch);
        if waiting.len() == BATCHES_AT_ONCE {
            work(&mut waiting);
        }
    });
    work(&mut waiting);
    unreadable += summary.unreadable;
    said.append(&mut summary.diagnostics);
    said.extend(files.iter().filter_map(|(file, held)| nothing_read(file, held)));
    Looked { seen, packs, unreadable, said }
}

type Part = (Seen, Option<Pack>, (Arc<str>, Held), Vec<Diagnostic>);

/// Parses and looks at one batch.
fn part(watch: &Watch<'_>, batch: Batch, packed: bool) -> Part {
    let file = batch.file();
    let (mut seen, mut held, mut said) = (Seen::default(), Held::default(), Vec::new());
    let mut all = Vec::new();
    for slice in batch.slices() {
        let parsed = slice.parse();
        seen.absorb(watch.look(&parsed.events));
        held.events += parsed.events.len() as u64;
        held.unreadable += parsed.unreadable;
        let room = DIAGNOSTICS_PER_BATCH.saturating_sub(said.len());
        said.extend(parsed.diagnostics.into_iter().take(room));
        if packed {
            all.extend(parsed.events);
        }
    }
    (seen, packed.then(|| Pack::new(all)), (file, held), said)
}

/// Returns what was seen of a recording, and what there is to say about it: what readers said,
/// `unreadable` records, and what was concluded from them.
pub(crate) fn conclude(
    watch: &Watch<'_>,
    recording: &Recording,
    seen: Seen,
    (unreadable, mut said): (u64, Vec<Diagnostic>),
    tree: &dyn Files,
) -> (Watched, Vec<Diagnostic>) {
    let watched = watch.finish(seen, unreadable);
    said.extend(unrouted(recording, &watched.replay));
    for diagnostic in &mut said {
        diagnostic.file = tree.name(&diagnostic.file);
    }
    if watched.uncorrelated > 0 {
        let message = format!(
            "{} matches of rules that correlations name were not correlated: there were too many",
            watched.uncorrelated
        );
        said.push(
            Diagnostic::warning(recording.id.as_str(), "correlation.too-many", message)
                .help("split the recording, or make the rules that the correlation names narrower"),
        );
    }
    (watched, said)
}

/// What one file held.
#[derive(Default)]
struct Held {
    events: u64,
    unreadable: u64,
}

/// Says that a file gave no event although something stands in it.
fn nothing_read(file: &str, held: &Held) -> Option<Diagnostic> {
    let message = format!("none of the file could be read ({} records)", held.unreadable);
    (held.events == 0 && held.unreadable > 0).then(|| {
        Diagnostic::error(file, "events.nothing-read", message)
            .help("`feuerprobe list log-sources` shows what is read")
    })
}

/// Says how many events no rule could look at. Where those are all there is, nothing was measured.
fn unrouted(recording: &Recording, replay: &Replay) -> Option<Diagnostic> {
    let unknown = replay.sources.get(&Origin::default()).copied().filter(|events| *events > 0)?;
    let file = recording.files.first().map_or(recording.id.as_str(), String::as_str);
    let message = format!(
        "{unknown} of {} events of {} are of an unknown log source: nothing is concluded from them",
        replay.events, recording.id
    );
    let nothing = unknown == replay.events && replay.firings.is_empty();
    let told = if nothing { Diagnostic::error } else { Diagnostic::warning };
    let help = "`feuerprobe list log-sources` shows what is recognised; a JSON object may name its \
                `product`, `category` and `service` itself";
    Some(told(file, "events.unknown-log-source", message).help(help))
}
