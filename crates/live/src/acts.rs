//! Acts that were carried out elsewhere: our own list, ATTiRe 1.1, or the log of Atomic runners.

use jiff::tz::TimeZone;
use model::attack::Joined;
use model::diagnostic::Diagnostic;
use model::document;
use model::id::{RecordingId, RuleId, TechniqueId};
use model::quantity::{Millis, Timestamp};
use model::read::Read;
use model::reading::{DEFAULT_DEADLINE, Join};
use model::recording::{LabelQuality, Recording, RecordingKind, RunStatus};
use serde::Deserialize;
use serde_json::Value;

use crate::rows::timestamp;

/// A shorter text stands in other events too.
const SHORTEST_MARKER: usize = 8;

/// Something that was done on a host, with what it can be recognised by.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// What was done, when, where; without files.
    pub recording: Recording,
    /// Other names of the host: short, with domain, addresses.
    pub hosts: Vec<String>,
    /// Processes of the act.
    pub processes: Vec<u64>,
}

/// Returns the acts of a file, with what could not be used. The form is seen from the content:
/// YAML with `acts:`, ATTiRe (JSON with `attire-version`), or CSV with the columns of
/// Invoke-AtomicRedTeam's execution log.
pub fn read_acts(file: &str, bytes: &[u8], join: &Join<'_>) -> Read<Vec<Act>> {
    let mut said = Vec::new();
    let text = match document::text(file, bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(fault) => return Read::new(Vec::new(), vec![fault]),
    };
    let first = text.lines().next().unwrap_or_default();
    let mut acts = if text.trim_start().starts_with('{') {
        attire(file, text, join, &mut said)
    } else if first.contains("Execution Time (UTC)") {
        atomic(file, text, join, &mut said)
    } else {
        own(file, bytes, join, &mut said)
    };
    if acts.is_empty() && said.is_empty() {
        said.push(
            Diagnostic::error(file, "acts.none", "there is no act in it")
                .help("docs/live.md shows the three forms that are read"),
        );
    }
    distinct(&mut acts);
    Read::new(acts, said)
}

/// Adds a number to the ids of acts that share one.
fn distinct(acts: &mut [Act]) {
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for act in acts {
        let number = seen.entry(act.recording.id.to_string()).or_default();
        *number += 1;
        if *number > 1
            && let Ok(id) = RecordingId::new(&format!("{}-{number}", act.recording.id))
        {
            act.recording.id = id;
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawFile {
    acts: Vec<RawAct>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawAct {
    id: document::Spanned<String>,
    title: Option<String>,
    technique: document::Spanned<Many>,
    host: document::Spanned<Many>,
    begin: document::Spanned<String>,
    end: Option<document::Spanned<String>>,
    marker: Option<document::Spanned<String>>,
    #[serde(default)]
    process: Option<Numbers>,
    #[serde(default)]
    expected_rules: Vec<document::Spanned<String>>,
    deadline: Option<document::Spanned<String>>,
    took_place: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Many {
    One(String),
    Several(Vec<String>),
}

impl Many {
    fn list(&self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one.clone()],
            Self::Several(all) => all.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(u64),
    Several(Vec<u64>),
}

fn own(file: &str, bytes: &[u8], join: &Join<'_>, said: &mut Vec<Diagnostic>) -> Vec<Act> {
    match document::yaml::<RawFile>(file, bytes) {
        Ok(raw) => raw.acts.iter().filter_map(|act| own_act(file, act, join, said)).collect(),
        Err(fault) => {
            said.push(fault.help("an act has id, technique, host and begin; docs/live.md shows an example"));
            Vec::new()
        }
    }
}

/// Finds faults in one act of a list, each with its place.
struct Faults<'a> {
    file: &'a str,
    said: &'a mut Vec<Diagnostic>,
}

impl Faults<'_> {
    fn add<T>(&mut self, at: &document::Spanned<T>, message: String, help: &str) {
        let fault = Diagnostic::error(self.file, "acts.bad-value", message).help(help);
        self.said.push(document::place(fault, at));
    }

    fn time(&mut self, name: &str, text: &document::Spanned<String>) -> Option<Timestamp> {
        let found = timestamp(&Value::from(text.value.as_str()));
        if found.is_none() {
            let help = "write a time with its zone, such as 2026-11-30T10:00:00Z";
            self.add(text, format!("{name} = {:?}", text.value), help);
        }
        found
    }

    fn deadline(&mut self, text: Option<&document::Spanned<String>>) -> Millis {
        let Some(text) = text else { return DEFAULT_DEADLINE };
        document::duration(&text.value).unwrap_or_else(|why| {
            self.add(text, format!("deadline = {:?}: {why}", text.value), "write 15m or 1h");
            DEFAULT_DEADLINE
        })
    }

    fn rules(&mut self, rules: &[document::Spanned<String>]) -> Vec<RuleId> {
        let mut found = Vec::new();
        for rule in rules {
            match RuleId::new(&rule.value) {
                Ok(id) => found.push(id),
                Err(e) => self.add(rule, format!("expected-rules: {e}"), "write ids of Sigma rules"),
            }
        }
        found
    }

    fn span(&mut self, raw: &RawAct) -> Option<(Timestamp, Timestamp)> {
        let begin = self.time("begin", &raw.begin);
        let end = match &raw.end {
            None => begin,
            Some(text) => self.time("end", text),
        };
        let span = begin.zip(end)?;
        if span.1 < span.0 {
            self.add(&raw.begin, "the end is before the begin".to_owned(), "exchange the two");
        }
        Some(span)
    }
}

fn own_act(file: &str, raw: &RawAct, join: &Join<'_>, said: &mut Vec<Diagnostic>) -> Option<Act> {
    let before = said.len();
    let mut faults = Faults { file, said };
    let id = RecordingId::new(&raw.id.value);
    if let Err(e) = &id {
        faults.add(&raw.id, format!("id: {e}"), "write letters, digits, -, _ and /");
    }
    let joined: Vec<Joined> = raw.technique.value.list().iter().map(|t| join(t)).collect();
    for one in joined.iter().filter(|j| j.mapped.is_empty()) {
        let message = format!("technique = {:?} is not in the ATT&CK version in use", one.published);
        faults.add(&raw.technique, message, "write an id such as T1053.003");
    }
    let hosts = raw.host.value.list();
    if hosts.iter().any(|h| h.trim().is_empty()) || hosts.is_empty() {
        faults.add(&raw.host, "host is empty".to_owned(), "name the host as the SIEM knows it");
    }
    let span = faults.span(raw);
    let deadline = faults.deadline(raw.deadline.as_ref());
    let expected_rules = faults.rules(&raw.expected_rules);
    let marker = raw.marker.as_ref().map(|m| m.value.trim().to_owned());
    if let Some(text) = raw.marker.as_ref().filter(|m| m.value.trim().len() < SHORTEST_MARKER) {
        let message = format!("marker = {:?} is too short to prove anything", text.value);
        faults.add(text, message, "write at least 8 characters that nothing else carries");
    }
    if said.len() > before {
        return None;
    }
    let run = match raw.took_place {
        None | Some(true) => RunStatus::Completed,
        Some(false) => RunStatus::Crashed { reason: "it is said that it did not take place".to_owned() },
    };
    let title = raw.title.as_ref().unwrap_or(&raw.id.value).to_owned();
    let made = blank(id.ok()?, joined, span?, &hosts, run, "the list of acts");
    let processes = match raw.process.as_ref() {
        None => Vec::new(),
        Some(Numbers::One(one)) => vec![*one],
        Some(Numbers::Several(all)) => all.clone(),
    };
    let recording = Recording { title, expected_rules, deadline, marker, ..made };
    Some(Act { recording, hosts, processes })
}

fn blank(
    id: RecordingId,
    published: Vec<Joined>,
    (begin, end): (Timestamp, Timestamp),
    hosts: &[String],
    run: RunStatus,
    source: &str,
) -> Recording {
    let mut techniques: Vec<TechniqueId> = published.iter().flat_map(|j| j.mapped.clone()).collect();
    techniques.sort();
    techniques.dedup();
    Recording {
        title: id.to_string(),
        id,
        kind: RecordingKind::Attack,
        techniques,
        published,
        label: LabelQuality::TechniqueExact,
        run,
        files: Vec::new(),
        act: Some(begin),
        end: Some(end),
        host: hosts.first().cloned(),
        marker: None,
        telemetry: Vec::new(),
        success: None,
        blocked: None,
        expected_rules: Vec::new(),
        deadline: DEFAULT_DEADLINE,
        source: source.to_owned(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Attire {
    attire_version: Value,
    execution_data: AttireRun,
    #[serde(default)]
    procedures: Vec<AttireProcedure>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct AttireRun {
    target: Option<AttireTarget>,
    #[serde(default)]
    execution_source: String,
}

#[derive(Deserialize)]
struct AttireTarget {
    #[serde(default)]
    host: String,
    #[serde(default)]
    ip: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct AttireProcedure {
    #[serde(default)]
    mitre_technique_id: String,
    #[serde(default)]
    procedure_name: String,
    procedure_id: Option<AttireId>,
    #[serde(default)]
    steps: Vec<AttireStep>,
}

#[derive(Deserialize)]
struct AttireId {
    #[serde(default)]
    id: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct AttireStep {
    #[serde(default)]
    time_start: Value,
    #[serde(default)]
    time_stop: Value,
    #[serde(default)]
    process_id: Value,
    #[serde(default)]
    exit_code: Value,
    #[serde(default)]
    is_timeout: Option<bool>,
}

fn attire(file: &str, text: &str, join: &Join<'_>, said: &mut Vec<Diagnostic>) -> Vec<Act> {
    let log: Attire = match serde_json::from_str(text) {
        Ok(log) => log,
        Err(e) => {
            let place =
                (u32::try_from(e.line()).unwrap_or(u32::MAX), u32::try_from(e.column()).unwrap_or(u32::MAX));
            said.push(
                Diagnostic::error(file, "acts.unreadable", format!("this is no ATTiRe execution log: {e}"))
                    .help("an ATTiRe log has attire-version, execution-data and procedures")
                    .at(place.0, place.1),
            );
            return Vec::new();
        }
    };
    let version = plain(&log.attire_version);
    if !version.starts_with("1.") {
        let message = format!("attire-version is {version:?}; 1.0 and 1.1 are known");
        said.push(
            Diagnostic::warning(file, "acts.other-version", message).help("what is understood is used"),
        );
    }
    let target = log.execution_data.target;
    let hosts: Vec<String> =
        target.map(|t| [t.host, t.ip]).into_iter().flatten().filter(|name| !name.trim().is_empty()).collect();
    if hosts.is_empty() {
        said.push(
            Diagnostic::error(file, "acts.bad-value", "execution-data.target names no host")
                .help("write the host that the procedures ran on"),
        );
        return Vec::new();
    }
    let source = log.execution_data.execution_source;
    let one = |p: &AttireProcedure| attire_act(file, p, &hosts, join, said);
    let mut acts: Vec<Act> = log.procedures.iter().filter_map(one).collect();
    for act in &mut acts {
        act.recording.source = format!("ATTiRe, {source}");
    }
    acts
}

fn attire_act(
    file: &str,
    procedure: &AttireProcedure,
    hosts: &[String],
    join: &Join<'_>,
    said: &mut Vec<Diagnostic>,
) -> Option<Act> {
    let guid = procedure.procedure_id.as_ref().map(|id| plain(&id.id)).unwrap_or_default();
    let name =
        format!("{}/{}", procedure.mitre_technique_id, if guid.is_empty() { "procedure" } else { &guid });
    let mut lost = |why: &str| {
        let message = format!("procedure {:?} is not used: {why}", procedure.procedure_name);
        said.push(Diagnostic::error(file, "acts.bad-value", message).help("everything else is used"));
    };
    let joined = join(&procedure.mitre_technique_id);
    if joined.mapped.is_empty() {
        lost(&format!("technique {:?} is not in the ATT&CK version in use", procedure.mitre_technique_id));
        return None;
    }
    let times: Vec<(Option<Timestamp>, Option<Timestamp>)> =
        procedure.steps.iter().map(|s| (timestamp(&s.time_start), timestamp(&s.time_stop))).collect();
    let Some(begin) = times.iter().filter_map(|t| t.0).min() else {
        lost("no step has a time-start");
        return None;
    };
    let end = times.iter().filter_map(|t| t.1.or(t.0)).max().unwrap_or(begin).max(begin);
    let failed = |s: &AttireStep| s.is_timeout == Some(true);
    let run = match procedure.steps.iter().any(failed) {
        true => RunStatus::TimedOut,
        false if procedure.steps.iter().all(|s| matches!(plain(&s.exit_code).as_str(), "126" | "127")) => {
            RunStatus::Crashed { reason: "no step could be started (exit code 126 or 127)".to_owned() }
        }
        false => RunStatus::Completed,
    };
    let id = RecordingId::new(&name).map_err(|e| lost(&e.to_string())).ok()?;
    let processes =
        procedure.steps.iter().filter_map(|s| plain(&s.process_id).parse().ok()).filter(|p| *p > 0);
    let processes = processes.collect();
    let recording = Recording {
        title: procedure.procedure_name.clone(),
        ..blank(id, vec![joined], (begin, end), hosts, run, "ATTiRe")
    };
    Some(Act { recording, hosts: hosts.to_vec(), processes })
}

/// Returns a number or text of JSON as text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// How long an act is taken to last where only its start was written down.
const ONE_MINUTE: Millis = Millis(60_000);

fn atomic(file: &str, text: &str, join: &Join<'_>, said: &mut Vec<Diagnostic>) -> Vec<Act> {
    let rows = rows_of(text);
    let Some((head, rest)) = rows.split_first() else { return Vec::new() };
    let column = |name: &str| head.iter().position(|h| h.trim() == name);
    let named =
        ["Execution Time (UTC)", "Technique", "Test Number", "Test Name", "Hostname", "GUID", "ProcessId"];
    let at = named.map(column);
    let [Some(time), Some(technique), _, _, Some(host), ..] = at else {
        let message = "the columns Execution Time (UTC), Technique and Hostname are needed".to_owned();
        said.push(Diagnostic::error(file, "acts.unreadable", message).help("docs/live.md names the columns"));
        return Vec::new();
    };
    let mut acts = Vec::new();
    for (number, row) in rest.iter().enumerate() {
        let cell = |at: Option<usize>| at.and_then(|at| row.get(at)).map(|c| c.trim()).unwrap_or_default();
        let line = u32::try_from(number + 2).unwrap_or(u32::MAX);
        let mut lost = |why: String| {
            let fault = Diagnostic::error(file, "acts.bad-value", format!("this test is not used: {why}"));
            said.push(fault.help("everything else is used").at(line, 1));
        };
        // The logger writes the time of UTC with or without its Z.
        let written = cell(Some(time)).trim_end_matches('Z').replace(' ', "T");
        let Some(begin) = utc(&written) else {
            lost(format!("Execution Time (UTC) is {:?}", cell(Some(time))));
            continue;
        };
        let joined = join(cell(Some(technique)));
        if joined.mapped.is_empty() {
            lost(format!("technique {:?} is not in the ATT&CK version in use", cell(Some(technique))));
            continue;
        }
        let hosts = vec![cell(Some(host)).to_owned()];
        if cell(Some(host)).is_empty() {
            lost("Hostname is empty".to_owned());
            continue;
        }
        let test = [cell(at[5]), cell(at[2]), "test"].into_iter().find(|t| !t.is_empty()).unwrap_or("test");
        let Ok(id) = RecordingId::new(&format!("{}/{test}", joined.published)) else {
            lost(format!("GUID {test:?} is no name"));
            continue;
        };
        let span = (begin, begin.after(ONE_MINUTE));
        let recording = Recording {
            title: cell(at[3]).to_owned(),
            ..blank(id, vec![joined], span, &hosts, RunStatus::Completed, "Atomic execution log")
        };
        let processes = cell(at[6]).parse().ok().into_iter().collect();
        acts.push(Act { recording, hosts, processes });
    }
    acts
}

/// Returns a civil time as one of UTC.
fn utc(text: &str) -> Option<Timestamp> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp(zoned.timestamp().as_millisecond()))
}

/// Returns the cells of a CSV text.
fn rows_of(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv_core::Reader::new();
    let (mut input, mut rows, mut row) = (text.as_bytes(), Vec::new(), Vec::new());
    let mut cell = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        let (result, read, wrote) = reader.read_field(input, &mut buffer);
        input = input.get(read..).unwrap_or_default();
        cell.extend_from_slice(buffer.get(..wrote).unwrap_or_default());
        match result {
            csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::OutputFull => {}
            csv_core::ReadFieldResult::Field { record_end } => {
                row.push(String::from_utf8_lossy(&cell).into_owned());
                cell.clear();
                if record_end {
                    rows.push(std::mem::take(&mut row));
                }
            }
            csv_core::ReadFieldResult::End => return rows,
        }
    }
}
