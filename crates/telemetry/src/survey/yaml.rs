//! Our own `recording.yaml`.

use std::collections::BTreeSet;

use model::diagnostic::Diagnostic;
use model::document::{self, Spanned, place};
use model::event::LogSource;
use model::id::{RecordingId, RuleId};
use model::quantity::{Millis, Timestamp};
use model::recording::{Blocked, LabelQuality, Recording, RecordingKind, RunStatus, Selection};
use serde::Deserialize;

use super::{Finder, plain};
use crate::time::moment;
use model::paths;
use model::reading::DEFAULT_DEADLINE;

type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    title: Text,
    kind: Option<Text>,
    #[serde(default)]
    techniques: Vec<Text>,
    files: Vec<Text>,
    act: Option<Text>,
    end: Option<Text>,
    host: Option<String>,
    marker: Option<Text>,
    run: Option<RawRun>,
    #[serde(default)]
    telemetry: Vec<LogSource>,
    success: Option<Selection>,
    blocked: Option<RawBlocked>,
    #[serde(default)]
    expected_rules: Vec<Text>,
    deadline: Option<Text>,
    #[serde(default)]
    source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RawRun {
    Completed,
    TimedOut,
    NotRun(String),
    Crashed(String),
    Refused(String),
    CleanUpFailed(String),
    BreachOfContract(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBlocked {
    by: String,
    evidence: Selection,
}

/// Reads a `recording.yaml` and covers its folder, whether or not it can be used.
pub(super) fn read(finder: &mut Finder<'_>, file: &str) {
    let folder = paths::folder(file);
    finder.covered.insert(folder.to_owned());
    finder.descriptions.insert(file.to_owned());
    let Some(bytes) = finder.read(file) else { return };
    let raw: Raw = match document::yaml(file, &bytes) {
        Ok(raw) => raw,
        Err(diagnostic) => return finder.say(diagnostic),
    };
    let before = finder.diagnostics.len();
    let id = match paths::id(if folder.is_empty() { "recording" } else { folder }) {
        Ok(id) => id,
        Err(error) => return finder.say(Diagnostic::error(file, "recording.id", error.to_string())),
    };
    let recording = build(finder, file, id, raw);
    // A recording with an error would be measured as something it is not.
    let faulty =
        finder.diagnostics[before..].iter().any(|d| d.severity == model::diagnostic::Severity::Error);
    if !faulty {
        finder.add(recording, file);
    }
}

fn build(finder: &mut Finder<'_>, file: &str, id: RecordingId, raw: Raw) -> Recording {
    if raw.title.value.trim().is_empty() {
        let d = Diagnostic::error(file, "recording.title", "the title is empty");
        finder.say(place(d.help("say in a few words what was done"), &raw.title));
    }
    if let Some(marker) = raw.marker.as_ref().filter(|m| m.value.trim().is_empty()) {
        let d =
            Diagnostic::error(file, "recording.marker", "the marker is empty and would be in every event");
        finder.say(place(d.help("leave it out, or write text that only this act leaves"), marker));
    }
    let kind = kind(finder, file, raw.kind.as_ref());
    let published: Vec<String> = raw.techniques.iter().map(|t| t.value.clone()).collect();
    repeated(finder, file, &raw.techniques, "technique");
    let (techniques, joined) = finder.join(&published, |i, warning| place(warning, &raw.techniques[i]), file);
    let act = raw.act.as_ref().and_then(|text| time(finder, file, text));
    let end = raw.end.as_ref().and_then(|text| time(finder, file, text));
    if let (Some(from), Some(to), Some(text)) = (act, end, &raw.end)
        && to < from
    {
        let d = Diagnostic::error(file, "recording.end-before-act", "the act ends before it begins");
        finder.say(place(d.help("`end` must not be earlier than `act`"), text));
    }
    Recording {
        kind,
        techniques,
        published: joined,
        label: if raw.techniques.is_empty() { LabelQuality::None } else { LabelQuality::TechniqueExact },
        run: run(raw.run),
        files: files(finder, file, &raw.files),
        act,
        end,
        host: raw.host,
        marker: raw.marker.map(|m| m.value),
        telemetry: raw.telemetry,
        success: raw.success,
        blocked: raw.blocked.map(|b| Blocked { by: b.by, evidence: b.evidence }),
        expected_rules: rules(finder, file, &raw.expected_rules),
        deadline: deadline(finder, file, raw.deadline.as_ref()),
        ..super::bare(id, &raw.title.value, Vec::new(), &raw.source)
    }
}

fn kind(finder: &mut Finder<'_>, file: &str, text: Option<&Text>) -> RecordingKind {
    let Some(text) = text else { return RecordingKind::Attack };
    match text.value.as_str() {
        "attack" => RecordingKind::Attack,
        "twin" => RecordingKind::Twin,
        "benign" => RecordingKind::Benign,
        other => {
            let d = Diagnostic::error(file, "recording.kind", format!("{other:?} is no kind of recording"));
            finder.say(place(d.help("write attack, twin or benign"), text));
            RecordingKind::Attack
        }
    }
}

fn run(raw: Option<RawRun>) -> RunStatus {
    match raw {
        None | Some(RawRun::Completed) => RunStatus::Completed,
        Some(RawRun::TimedOut) => RunStatus::TimedOut,
        Some(RawRun::NotRun(reason)) => RunStatus::NotRun { reason },
        Some(RawRun::Crashed(reason)) => RunStatus::Crashed { reason },
        Some(RawRun::Refused(reason)) => RunStatus::Refused { reason },
        Some(RawRun::CleanUpFailed(reason)) => RunStatus::CleanUpFailed { reason },
        Some(RawRun::BreachOfContract(effects)) => RunStatus::BreachOfContract { effects },
    }
}

fn time(finder: &mut Finder<'_>, file: &str, text: &Text) -> Option<Timestamp> {
    // Our own files say their zone: a moment without one would be guessed.
    let zoned =
        text.value.ends_with(['Z', 'z']) || text.value.get(19..).is_some_and(|t| t.contains(['+', '-']));
    let found = moment(&text.value).filter(|_| zoned);
    if found.is_none() {
        let d = Diagnostic::error(file, "recording.time", format!("{:?} is no moment", text.value));
        finder.say(place(d.help("write RFC 3339 with a zone, such as 2026-03-02T08:00:00Z"), text));
    }
    found
}

fn deadline(finder: &mut Finder<'_>, file: &str, text: Option<&Text>) -> Millis {
    let Some(text) = text else { return DEFAULT_DEADLINE };
    match document::duration(&text.value) {
        Ok(deadline) => deadline,
        Err(why) => {
            finder.say(place(Diagnostic::error(file, "recording.deadline", why), text));
            DEFAULT_DEADLINE
        }
    }
}

fn files(finder: &mut Finder<'_>, file: &str, names: &[Text]) -> Vec<String> {
    repeated(finder, file, names, "file");
    let folder = paths::folder(file);
    let mut found = BTreeSet::new();
    for name in names {
        let path = paths::within(folder, &name.value);
        match path.filter(|path| finder.files.contains(path.as_str())) {
            Some(path) => drop(found.insert(path)),
            None => {
                let message = format!("the file {:?} is missing", name.value);
                let d = Diagnostic::error(file, "recording.missing-file", message);
                finder.say(place(d.help("paths are relative to this folder"), name));
            }
        }
    }
    let unnamed: Vec<&str> = finder
        .files
        .iter()
        .copied()
        .filter(|f| paths::folder(f) == folder && plain::is_telemetry(f) && !found.contains(*f))
        .collect();
    for path in unnamed {
        finder.noted.insert(path.to_owned());
        let message = format!("{:?} lies here but is not named under `files`", paths::name(path));
        finder.say(
            Diagnostic::note(file, "recording.unnamed-file", message)
                .help("it is not read; name it if it belongs to the recording"),
        );
    }
    found.into_iter().collect()
}

fn rules(finder: &mut Finder<'_>, file: &str, ids: &[Text]) -> Vec<RuleId> {
    repeated(finder, file, ids, "rule");
    let mut found = BTreeSet::new();
    for id in ids {
        match RuleId::new(&id.value) {
            Ok(rule) => drop(found.insert(rule)),
            Err(error) => {
                finder.say(place(Diagnostic::error(file, "recording.rule", error.to_string()), id));
            }
        }
    }
    found.into_iter().collect()
}

fn repeated(finder: &mut Finder<'_>, file: &str, names: &[Text], what: &str) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.value.as_str()) {
            let message = format!("the {what} {:?} is named twice", name.value);
            let d = Diagnostic::warning(file, "recording.repeated", message);
            finder.say(place(d.help("name it once"), name));
        }
    }
}
