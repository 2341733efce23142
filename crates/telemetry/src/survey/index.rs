//! An `index.jsonl`: one recording a line, with labels of rules and techniques.

use std::collections::BTreeSet;

use model::diagnostic::Diagnostic;
use model::id::{RecordingId, RuleId};
use model::recording::{LabelQuality, Recording, RecordingKind};
use serde::Deserialize;

use super::{Finder, LabelSet, bare};
use model::paths;

/// A line; fields of no use here are passed over, because the index belongs to others.
#[derive(Deserialize)]
struct Line {
    id: String,
    file: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    attack_as_published: Option<Vec<String>>,
    #[serde(default)]
    label_quality: Option<String>,
    #[serde(default)]
    gold_rules: Vec<RuleEntry>,
    #[serde(default)]
    silver_rules: Vec<RuleEntry>,
    #[serde(default)]
    disputed_rules: Vec<RuleEntry>,
    /// Firings on benign recordings that independent engines agree on.
    #[serde(default)]
    known_firings: Vec<RuleEntry>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    licence: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RuleEntry {
    Id(String),
    Counted { rule: String, count: Option<u64> },
}

/// Reads an index and covers its folder.
pub(super) fn read(finder: &mut Finder<'_>, file: &str) {
    let Some(bytes) = finder.read(file) else { return };
    let folder = paths::folder(file);
    let text = String::from_utf8_lossy(&bytes);
    let mut found = 0;
    for (i, line) in text.lines().enumerate() {
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        let number = u32::try_from(i + 1).unwrap_or(u32::MAX);
        match serde_json::from_str::<Line>(line) {
            Ok(entry) => found += usize::from(add(finder, file, folder, number, &entry)),
            Err(error) => finder.say(
                Diagnostic::error(file, "index.line", format!("not an entry of an index: {error}"))
                    .help("every line is a JSON object with at least `id` and `file`")
                    .at(number, error.column().max(1) as u32),
            ),
        }
    }
    // An `index.jsonl` that describes nothing may be telemetry of that name's folder
    // neighbour; then the folder stays open.
    if found > 0 {
        finder.covered.insert(folder.to_owned());
        finder.descriptions.insert(file.to_owned());
    }
}

fn add(finder: &mut Finder<'_>, file: &str, folder: &str, number: u32, entry: &Line) -> bool {
    let Some(telemetry) = resolve(&finder.files, folder, &entry.file) else {
        let message = format!("the file {:?} of this entry is missing", entry.file);
        finder.say(
            Diagnostic::error(file, "index.missing-file", message)
                .help("paths are relative to the index's folder or to the folder above it")
                .at(number, 1),
        );
        return false;
    };
    let id = match paths::id(&entry.id) {
        Ok(id) => id,
        Err(error) => {
            finder.say(Diagnostic::error(file, "index.id", error.to_string()).at(number, 1));
            return false;
        }
    };
    let published = entry.attack_as_published.clone().unwrap_or_default();
    let (techniques, joined) = finder.join(&published, |_, warning| warning.at(number, 1), file);
    let gold = rules(finder, file, number, &entry.gold_rules);
    let source = match (&entry.source, &entry.licence) {
        (Some(source), Some(licence)) => format!("{source} ({licence})"),
        (Some(source), None) => source.clone(),
        _ => file.to_owned(),
    };
    let title = entry.title.clone().unwrap_or_else(|| paths::name(&entry.id).to_owned());
    let recording = Recording {
        kind: kind(entry),
        techniques,
        published: joined,
        label: label(entry.label_quality.as_deref()),
        expected_rules: gold.iter().map(|(rule, _)| rule.clone()).collect(),
        ..bare(id.clone(), &title, vec![telemetry], &source)
    };
    if !finder.add(recording, file) {
        return false;
    }
    add_labels(finder, LabelSet::Gold, &id, gold);
    for (set, entries) in [
        (LabelSet::Silver, &entry.silver_rules),
        (LabelSet::Silver, &entry.known_firings),
        (LabelSet::Disputed, &entry.disputed_rules),
    ] {
        let found = rules(finder, file, number, entries);
        add_labels(finder, set, &id, found);
    }
    true
}

fn add_labels(finder: &mut Finder<'_>, set: LabelSet, id: &RecordingId, rules: Vec<(RuleId, Option<u64>)>) {
    for (rule, events) in rules {
        finder.label(set, id, rule, events);
    }
}

fn rules(
    finder: &mut Finder<'_>,
    file: &str,
    number: u32,
    entries: &[RuleEntry],
) -> Vec<(RuleId, Option<u64>)> {
    let mut found = Vec::new();
    for entry in entries {
        let (text, count) = match entry {
            RuleEntry::Id(id) => (id, None),
            RuleEntry::Counted { rule, count } => (rule, *count),
        };
        match RuleId::new(text) {
            Ok(rule) => found.push((rule, count)),
            Err(error) => {
                finder.say(Diagnostic::warning(file, "index.rule", error.to_string()).at(number, 1));
            }
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// An entry that names neither a kind nor techniques is ordinary activity.
fn kind(entry: &Line) -> RecordingKind {
    match entry.kind.as_deref() {
        Some("benign") => RecordingKind::Benign,
        Some("twin") => RecordingKind::Twin,
        None if entry.attack_as_published.is_none() => RecordingKind::Benign,
        _ => RecordingKind::Attack,
    }
}

fn label(text: Option<&str>) -> LabelQuality {
    match text {
        Some("gold-rule") => LabelQuality::GoldRule,
        Some("technique-exact") => LabelQuality::TechniqueExact,
        Some("technique-metadata") => LabelQuality::TechniqueMetadata,
        Some("technique-folder") => LabelQuality::TechniqueFolder,
        Some("tactic-name") => LabelQuality::TacticName,
        _ => LabelQuality::None,
    }
}

/// Finds the file of an entry. An index may name files from its own folder or from
/// the folder above; when its folder is itself the root, the name of that folder at
/// the front of the path leads nowhere and is dropped.
fn resolve(files: &BTreeSet<&str>, folder: &str, path: &str) -> Option<String> {
    let above = paths::within(paths::folder(folder), path);
    let own = paths::within(folder, path);
    let shortened = path.split_once('/').and_then(|(_, rest)| paths::within(folder, rest));
    [own, above, shortened].into_iter().flatten().find(|candidate| files.contains(candidate.as_str()))
}
