//! `explain`: a verdict, a number, a trial or a code traced to its evidence.

use std::path::{Path, PathBuf};

use detect::{Explained, explained};
use model::detection::RuleInfo;
use model::event::{Event, Origin};
use model::recording::Recording;
use rehearsal::{Extent, Files, Intake};
use threat::Joiner;

use super::stored;
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::intake::{Tree, Workspace, WorkspaceSpec};
use crate::ui::Ui;

/// Prints where something comes from.
pub(super) fn explain(what: &str, run: &str, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    if let Some(text) = report::explain_code(what) {
        ui.data(&format!("{what}\n\n{text}"));
        return Ok(Exit::Passed);
    }
    let (_, record) = stored(run, common)?;
    let text = match what.strip_prefix("trial:") {
        Some(name) => rehearsal::retell(&record, name).ok_or_else(|| {
            unknown(what, "write trial:CAMPAIGN/NUMBER, with a number below the run's trials")
        })?,
        None => report::explain(&record, what).ok_or_else(|| {
            unknown(what, "`feuerprobe list keys` shows every number, `list verdicts` every verdict")
        })?,
    };
    ui.data(&text);
    Ok(Exit::Passed)
}

/// Prints what one rule did on a log, or on each log of a folder.
pub(super) fn on_log(
    what: &str,
    log: &Path,
    rules: &[PathBuf],
    common: &Common,
    ui: &Ui,
) -> Result<Exit, Failure> {
    let sources = Workspace::find(&WorkspaceSpec { rules: rules.to_vec(), ..common.spec() })?.sources;
    // A rule that cannot be used is said where it is the one that is asked about.
    let mut said = Vec::new();
    let intake = sources.read(Extent::Exercise)?.findings().report(&mut said);
    said.retain(|d| d.code != "rule.rejected");
    let rule = named_rule(&intake, what)?;
    let (tree, files) = match log.is_dir() {
        true => {
            let tree = Tree::Folder(log.to_owned());
            let files = tree.list()?.files;
            (tree, files)
        }
        false => {
            let folder = log.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let name = log.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            (Tree::Folder(folder.to_owned()), vec![name])
        }
    };
    let joiner = Joiner::new(&intake.matrix, &intake.version_map);
    let survey =
        telemetry::survey(&files, &|path| tree.open(path), &|tag| joiner.join(tag)).report(&mut said);
    let mut found: Vec<(&Recording, Served, Explained)> = Vec::new();
    let mut broken = false;
    for recording in &survey.recordings {
        let log = served(recording, rule, &tree, &mut said);
        broken |= log.unreadable;
        if let Some(told) = explained(&intake.rules, &rule.id, &log.events, &recording.id) {
            found.push((recording, log, told));
        }
    }
    ui.troubles(&said);
    if found.is_empty() {
        return Err(Failure::Nothing(format!("{} holds no log that can be read", log.display())));
    }
    let logs: Vec<report::OnLog<'_>> = found
        .iter()
        .map(|(recording, log, told)| report::OnLog {
            log: recording.id.as_str(),
            events: log.all,
            unknown: log.unknown,
            served: told.served,
            fired: told.fired,
            first: told.first.as_ref(),
            causes: &told.causes,
        })
        .collect();
    ui.data(&report::explain_rule(rule, &logs));
    Ok(if broken { Exit::Incomplete } else { Exit::Passed })
}

/// What a log holds for a rule.
struct Served {
    /// Events that the rule's log source serves.
    events: Vec<Event>,
    /// All events.
    all: u64,
    /// Events of which nothing tells the log source.
    unknown: u64,
    /// Whether some of the log could not be read.
    unreadable: bool,
}

/// Reads a log for a rule.
fn served(
    recording: &Recording,
    rule: &RuleInfo,
    tree: &Tree,
    said: &mut Vec<model::diagnostic::Diagnostic>,
) -> Served {
    let mut log = Served { events: Vec::new(), all: 0, unknown: 0, unreadable: false };
    let mut told = Vec::new();
    let summary = telemetry::read_events(recording, &|path| tree.open(path), &mut |batch| {
        let parsed = batch.parse();
        log.all += parsed.events.len() as u64;
        log.unknown += parsed.events.iter().filter(|e| *e.origin == Origin::default()).count() as u64;
        log.unreadable |= parsed.unreadable > 0;
        told.extend(parsed.diagnostics);
        log.events.extend(parsed.events.into_iter().filter(|event| event.origin.serves(&rule.source)));
    });
    log.unreadable |= summary.unreadable > 0;
    said.extend(told);
    said.extend(summary.diagnostics);
    log
}

/// Returns the rule with this id, file or title.
fn named_rule<'i>(intake: &'i Intake, what: &str) -> Result<&'i RuleInfo, Failure> {
    let file = |path: &str| {
        path == what
            || path.strip_suffix(what).is_some_and(|before| before.ends_with('/'))
            || Path::new(what).ends_with(path)
    };
    let called = |rule: &&RuleInfo| {
        rule.id.as_str() == what || file(&rule.file) || rule.title.eq_ignore_ascii_case(what)
    };
    let found: Vec<&RuleInfo> = intake.rules.rules().iter().filter(called).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let rejected = &intake.rule_summary.rejected;
            let own = rejected.iter().find(|r| file(&r.file) || r.rule.as_deref() == Some(what));
            let hint = match own {
                Some(rejected) => format!("{} cannot be used: {}", rejected.file, rejected.reason),
                None => "write its id, file or title; `feuerprobe list rules` shows all".to_owned(),
            };
            Err(Failure::Unknown { what: "rule", name: what.to_owned(), hint })
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|rule| rule.id.as_str()).collect();
            let hint = format!("{} rules are called so; write one of the ids {}", ids.len(), ids.join(", "));
            Err(Failure::Unknown { what: "rule", name: what.to_owned(), hint })
        }
    }
}

fn unknown(what: &str, hint: &str) -> Failure {
    Failure::Unknown { what: "thing to explain", name: what.to_owned(), hint: hint.to_owned() }
}
