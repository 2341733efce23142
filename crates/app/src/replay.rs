//! The measuring half: every recording through the rules.
//!
//! Recordings are worked on side by side, and the batches of one recording too.
//! Findings are merged in reading order, so the result is the same on any
//! number of threads.

use detect::{RuleSet, Seen, Watch, Watched};
use indicatif::ProgressBar;
use model::diagnostic::Diagnostic;
use model::recording::Recording;
use rayon::prelude::*;
use telemetry::{Batch, Survey};

use crate::intake::Tree;

/// Batches of one recording that are in memory at once. With batches of at most
/// 1 MiB and parsed events of about five times their text, a large file stays
/// below 100 MB.
const BATCHES_AT_ONCE: usize = 8;

/// Returns what was seen on each recording, in the survey's order, and what readers had to say.
pub fn watch_all(
    rules: &RuleSet,
    survey: &Survey,
    tree: &Tree,
    bar: &ProgressBar,
) -> (Vec<Watched>, Vec<Diagnostic>) {
    let results: Vec<_> = survey
        .recordings
        .par_iter()
        .map(|recording| {
            let result = watch_one(rules, recording, tree);
            bar.inc(1);
            result
        })
        .collect();
    bar.finish_and_clear();
    let mut diagnostics = Vec::new();
    let mut all = Vec::with_capacity(results.len());
    for (watched, mut said) in results {
        all.push(watched);
        diagnostics.append(&mut said);
    }
    (all, diagnostics)
}

fn watch_one(rules: &RuleSet, recording: &Recording, tree: &Tree) -> (Watched, Vec<Diagnostic>) {
    let watch = Watch::new(rules, recording);
    let mut seen = Seen::default();
    let mut unreadable = 0;
    let mut diagnostics = Vec::new();
    let mut waiting: Vec<Batch> = Vec::with_capacity(BATCHES_AT_ONCE);
    let mut work = |waiting: &mut Vec<Batch>| {
        let parts: Vec<_> = waiting
            .par_drain(..)
            .map(|batch| {
                let parsed = batch.parse();
                (watch.look(&parsed.events), parsed.unreadable, parsed.diagnostics)
            })
            .collect();
        for (part, bad, mut said) in parts {
            seen.absorb(part);
            unreadable += bad;
            diagnostics.append(&mut said);
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
    diagnostics.append(&mut summary.diagnostics);
    for diagnostic in &mut diagnostics {
        diagnostic.file = tree.name(&diagnostic.file);
    }
    let watched = watch.finish(seen, unreadable);
    if watched.uncorrelated > 0 {
        let message = format!(
            "{} matches of rules that correlations name were not correlated: there were too many",
            watched.uncorrelated
        );
        diagnostics.push(
            Diagnostic::warning(recording.id.as_str(), "correlation.too-many", message)
                .help("split the recording, or make the rules that the correlation names narrower"),
        );
    }
    (watched, diagnostics)
}
