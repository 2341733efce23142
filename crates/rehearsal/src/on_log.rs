//! What one rule does on logs: whether it fires on each, and if not, why.

use detect::{Explained, explained};
use model::detection::RuleInfo;
use model::diagnostic::Diagnostic;
use model::event::{Event, Origin};
use model::id::RecordingId;
use model::recording::Recording;
use threat::Joiner;

use crate::error::Error;
use crate::files::Files;
use crate::workspace::Intake;

/// What a rule did on logs.
#[derive(Debug)]
pub struct OnLogs {
    /// Each log that could be read.
    pub logs: Vec<OnLog>,
    /// What readers had to say.
    pub said: Vec<Diagnostic>,
    /// Whether some of a log could not be read.
    pub unreadable: bool,
}

/// What a rule did on one log.
#[derive(Debug)]
pub struct OnLog {
    /// The log.
    pub log: RecordingId,
    /// How many events it holds.
    pub events: u64,
    /// How many of them are of an unknown log source.
    pub unknown: u64,
    /// What the rule did.
    pub told: Explained,
}

/// Returns what a rule does on these files of a folder.
pub fn on_logs(intake: &Intake, rule: &RuleInfo, folder: &dyn Files, files: &[String]) -> OnLogs {
    let joiner = Joiner::new(&intake.matrix, &intake.version_map);
    let mut found = OnLogs { logs: Vec::new(), said: Vec::new(), unreadable: false };
    let join = |tag: &str| joiner.join(tag);
    let survey = telemetry::survey(files, &|path| folder.open(path), &join).report(&mut found.said);
    for recording in &survey.recordings {
        let log = served(recording, rule, folder, &mut found.said);
        found.unreadable |= log.unreadable;
        if let Some(told) = explained(&intake.rules, &rule.id, &log.events, &recording.id) {
            let (events, unknown) = (log.all, log.unknown);
            found.logs.push(OnLog { log: recording.id.clone(), events, unknown, told });
        }
    }
    found
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
fn served(recording: &Recording, rule: &RuleInfo, tree: &dyn Files, said: &mut Vec<Diagnostic>) -> Served {
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

impl Intake {
    /// Returns the rule with this id, file or title.
    ///
    /// # Errors
    /// [`Error::Unknown`] when there is none or more than one, with the reason if it cannot be used.
    pub fn rule(&self, what: &str) -> Result<&RuleInfo, Error> {
        let file = |path: &str| {
            path == what
                || path.strip_suffix(what).is_some_and(|before| before.ends_with('/'))
                || std::path::Path::new(what).ends_with(path)
        };
        let called = |rule: &&RuleInfo| {
            rule.id.as_str() == what || file(&rule.file) || rule.title.eq_ignore_ascii_case(what)
        };
        let found: Vec<&RuleInfo> = self.rules.rules().iter().filter(called).collect();
        match found.as_slice() {
            [one] => Ok(one),
            [] => {
                let rejected = &self.rule_summary.rejected;
                let own = rejected.iter().find(|r| file(&r.file) || r.rule.as_deref() == Some(what));
                let hint = match own {
                    Some(rejected) => format!("{} cannot be used: {}", rejected.file, rejected.reason),
                    None => "write its id, file or title; `feuerprobe list rules` shows all".to_owned(),
                };
                Err(Error::Unknown { what: "rule", name: what.to_owned(), hint })
            }
            several => {
                let ids: Vec<&str> = several.iter().map(|rule| rule.id.as_str()).collect();
                let hint =
                    format!("{} rules are called so; write one of the ids {}", ids.len(), ids.join(", "));
                Err(Error::Unknown { what: "rule", name: what.to_owned(), hint })
            }
        }
    }
}
