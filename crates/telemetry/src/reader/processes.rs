//! Process starts out of audit records.
//!
//! The audit log spreads one program start over several records. Rules for
//! `process_creation` look at one event, so the records of one number are put
//! together to the event that Sysmon for Linux would have written.

use std::collections::BTreeMap;

use model::event::Event;
use model::reading::EXERCISE;
use serde_json::json;

use super::audit::{Argument, Record, Serial};
use crate::fields::{Object, object};
use crate::log_source;
use crate::mapping::Shaped;

/// The records seen so far of every start that is not complete.
#[derive(Default)]
pub(crate) struct Processes {
    open: BTreeMap<Serial, Start>,
}

#[derive(Default)]
struct Start {
    call: Option<Call>,
    /// By their place in the command line. Kernels before 5.0 leave empty ones out.
    arguments: BTreeMap<u32, Vec<Argument>>,
    /// The place in reading order reserved for the event.
    index: Option<u64>,
    directory: Option<String>,
    title: Option<String>,
}

struct Call {
    fields: Object,
    succeeded: bool,
    exercised: bool,
}

impl Processes {
    /// Notes what `record` says about a start. `index` is the place that the start's
    /// event takes, given with the record that holds the arguments.
    pub(crate) fn note(&mut self, record: &mut Record, index: Option<u64>) {
        if !matches!(record.kind.as_str(), "SYSCALL" | "EXECVE" | "CWD" | "PROCTITLE") {
            return;
        }
        if record.kind == "SYSCALL" && record.text("SYSCALL").is_some_and(|call| !call.starts_with("execve"))
        {
            return;
        }
        let start = self.open.entry(record.serial.clone()).or_default();
        let text = |name| record.text(name).map(str::to_owned);
        match record.kind.as_str() {
            "SYSCALL" => {
                start.call = Some(Call {
                    succeeded: record.text("success") != Some("no"),
                    exercised: record.text("subj") == Some(EXERCISE),
                    fields: named(&record.fields),
                });
            }
            "EXECVE" => {
                start.index = start.index.or(index);
                for argument in std::mem::take(&mut record.arguments) {
                    start.arguments.entry(argument.place).or_default().push(argument);
                }
            }
            "CWD" => start.directory = text("cwd"),
            _ => start.title = text("proctitle"),
        }
    }

    /// Returns an event for every start whose arguments were recorded and that did
    /// not fail, in reading order.
    pub(crate) fn finish(self) -> Vec<Event> {
        let mut events: Vec<Event> = self
            .open
            .into_iter()
            .filter(|(_, start)| start.call.as_ref().is_none_or(|call| call.succeeded && !call.exercised))
            .filter_map(|(serial, start)| Some((start.index?, event(&serial, &start))))
            .map(|(index, shaped)| crate::batch::place(shaped, index))
            .collect();
        events.sort_by_key(|event| event.index);
        events
    }
}

/// What the call says under Sigma's names. Enriched names go before numbers.
fn named(call: &Object) -> Object {
    const NAMES: [(&str, [&str; 2]); 7] = [
        ("Image", ["exe", "exe"]),
        ("User", ["UID", "uid"]),
        ("EffectiveUser", ["EUID", "euid"]),
        ("ProcessId", ["pid", "pid"]),
        ("ParentProcessId", ["ppid", "ppid"]),
        ("LogonId", ["auid", "auid"]),
        ("key", ["key", "key"]),
    ];
    let pairs = NAMES.iter().filter_map(|(name, from)| {
        let value = from.iter().find_map(|field| call.get(*field))?;
        Some(((*name).to_owned(), value.clone()))
    });
    pairs.collect()
}

fn event(serial: &Serial, start: &Start) -> Shaped {
    let arguments: Vec<String> = start.arguments.values().map(|pieces| Argument::joined(pieces)).collect();
    let line = match (arguments.is_empty(), &start.title) {
        (true, Some(title)) => title.clone(),
        _ => arguments.join(" "),
    };
    let mut fields = object([("CommandLine", json!(line)), ("audit_id", json!(audit_id(serial)))]);
    if let Some(directory) = &start.directory {
        fields.insert("CurrentDirectory".to_owned(), json!(directory));
    }
    if let Some(call) = &start.call {
        fields.extend(call.fields.clone());
    } else if let Some(image) = arguments.first().filter(|a| a.starts_with('/')) {
        fields.insert("Image".to_owned(), json!(image));
    }
    let host = serial.0.clone();
    if let Some(host) = &host {
        fields.insert("Computer".to_owned(), json!(host));
    }
    Shaped {
        time: Some(model::quantity::Timestamp(serial.1)),
        arrived: None,
        host,
        origin: log_source::process(false),
        fields: fields.into(),
    }
}

fn audit_id(serial: &Serial) -> String {
    format!("{}.{:03}:{}", serial.1 / 1_000, serial.1 % 1_000, serial.2)
}
