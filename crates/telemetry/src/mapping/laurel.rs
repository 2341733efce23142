//! Audit events as LAUREL writes them: the records of one event in one JSON object.

use std::sync::{Arc, LazyLock};

use model::event::Origin;
use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Object, push, set_missing, text};
use crate::log_source;
use crate::time::moment_of;

/// One object for an event, with a member for each kind of record.
pub(super) static MAPPING: Mapping = Mapping {
    name: "LAUREL",
    is: |object| {
        text(object, "ID").is_some_and(|id| id.contains('.') && id.contains(':'))
            && object.iter().any(|(name, value)| is_record(name, value))
    },
    map: event,
    feeds: || vec![START.clone(), OTHER.clone()],
};

static START: LazyLock<Arc<Origin>> =
    LazyLock::new(|| log_source::of("linux", &["process_creation"], &["auditd"]));
static OTHER: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("linux", &[], &["auditd"]));

fn is_record(name: &str, value: &Value) -> bool {
    name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit())
        && (value.is_object() || value.as_array().is_some_and(|list| list.iter().all(Value::is_object)))
}

/// The records become one event that is of all their types.
fn event(object: Object) -> Shaped {
    let mut fields = Object::new();
    let id = text(&object, "ID").unwrap_or_default().to_owned();
    let node = text(&object, "NODE").map(str::to_owned);
    let mut started = None;
    for (name, value) in object {
        match value {
            Value::Object(record) if name == "EXECVE" => {
                started = Some(arguments(&record));
                push(&mut fields, "type", json!(name));
                execution(&mut fields, record);
            }
            Value::Object(record) if name == "PARENT_INFO" => parent(&mut fields, record),
            Value::Object(record) if name == "PROCTITLE" => {
                push(&mut fields, "type", json!(name));
                push(&mut fields, "proctitle", json!(arguments(&record).join(" ")));
            }
            Value::Object(record) => add(&mut fields, &name, record),
            Value::Array(list) => {
                for one in list {
                    if let Value::Object(record) = one {
                        add(&mut fields, &name, record);
                    }
                }
            }
            value => set_missing(&mut fields, &name, || Some(value)),
        }
    }
    for (from, to) in
        [("exe", "Image"), ("cwd", "CurrentDirectory"), ("pid", "ProcessId"), ("ppid", "ParentProcessId")]
    {
        crate::fields::copy(&mut fields, from, to);
    }
    let user = fields.get("UID").or_else(|| fields.get("uid")).cloned();
    set_missing(&mut fields, "User", || user);
    let failed = text(&fields, "success") == Some("no");
    let origin = match started.filter(|_| !failed) {
        Some(arguments) => {
            set_missing(&mut fields, "CommandLine", || Some(json!(arguments.join(" "))));
            &START
        }
        None => &OTHER,
    };
    let time = id.split_once(':').and_then(|(moment, _)| moment_of(&json!(moment)));
    let mut shaped = Shaped::of(fields, (**origin).clone());
    shaped.time = time.or(shaped.time);
    shaped.host = node.or(shaped.host);
    shaped
}

fn add(fields: &mut Object, kind: &str, record: Object) {
    push(fields, "type", json!(kind));
    for (name, value) in record {
        // Each of several paths counts; of anything else the first.
        if kind == "PATH" && (name == "name" || name == "nametype") {
            push(fields, &name, value);
        } else {
            set_missing(fields, &name, || Some(value));
        }
    }
}

fn arguments(record: &Object) -> Vec<String> {
    let list = record.get("ARGV").and_then(Value::as_array).into_iter().flatten();
    let list: Vec<String> = list.filter_map(Value::as_str).map(str::to_owned).collect();
    let line = ["ARGV_STR", "ARGV"].iter().find_map(|name| text(record, name));
    if list.is_empty() { line.map(str::to_owned).into_iter().collect() } else { list }
}

fn execution(fields: &mut Object, record: Object) {
    for (place, argument) in arguments(&record).into_iter().enumerate() {
        set_missing(fields, &format!("a{place}"), || Some(json!(argument)));
    }
    for (name, value) in record {
        set_missing(fields, &name, || Some(value));
    }
}

fn parent(fields: &mut Object, record: Object) {
    let line = arguments(&record).join(" ");
    set_missing(fields, "ParentCommandLine", || (!line.is_empty()).then(|| json!(line)));
    for (name, value) in record {
        if name == "exe" {
            set_missing(fields, "ParentImage", || Some(value));
        }
    }
}
