//! JSON objects that name no event log: lines of exec collectors, syslog as JSON,
//! and audit records that a shipper wrapped.

use std::sync::Arc;

use model::event::{Fields, Origin};
use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Object, set_missing, text};
use crate::log_source;
use crate::reader;

/// Whatever no other row takes.
pub(super) static MAPPING: Mapping = Mapping {
    name: "plain JSON, syslog and audit records",
    is: |_| true,
    map: shape,
    feeds: log_source::linux_feeds,
};

/// An event that names its log source itself is taken at its word, whatever else it looks like.
pub(super) static OWN: Mapping = Mapping {
    name: "JSON that names its product, category and service",
    is: |object| own_source(object).is_some(),
    map: shape,
    feeds: Vec::new,
};

/// Fields in which shippers put the line they read.
const MESSAGES: [&str; 6] = ["SyslogMessage", "message", "Message", "MESSAGE", "msg", "log"];

/// Fields in which shippers name the program that wrote the line.
const PROGRAMS: [&str; 7] =
    ["ProcessName", "SYSLOG_IDENTIFIER", "program", "ident", "appname", "syslog_identifier", "_COMM"];

/// Returns the object as an event.
fn shape(mut fields: Object) -> Shaped {
    journal(&mut fields);
    if let Some(message) = MESSAGES.iter().find_map(|name| text(&fields, name))
        && let Some(mut inner) = reader::message(message).ok().flatten()
    {
        let outer = Fields::from(fields);
        inner.host = inner.host.or_else(|| super::host(&outer));
        return inside(outer, inner);
    }
    if let Some(inner) = MESSAGES.iter().find_map(|name| reader::json_text(text(&fields, name)?.trim())) {
        return inside(fields.into(), super::map(inner));
    }
    if is_audit(&fields) {
        if let Some(call) = fields.get("syscall").cloned() {
            set_missing(&mut fields, "SYSCALL", || Some(call));
        }
        return Shaped::of(fields, log_source::auditd());
    }
    if let Some(origin) = own_source(&fields) {
        return Shaped::of(fields, origin);
    }
    if let Some(kind) = category(&fields) {
        let origin = if kind == "process_creation" {
            match text(&fields, "Image").and_then(product) {
                Some(product) => log_source::process(product == "windows"),
                None => log_source::named(None, &[kind]),
            }
        } else {
            log_source::named(text(&fields, "Image").and_then(product), &[kind])
        };
        return Shaped::of(fields, origin);
    }
    let program = PROGRAMS.iter().find_map(|name| text(&fields, name)).map(str::to_owned);
    match program {
        Some(program) if MESSAGES.iter().any(|m| fields.contains_key(*m)) => {
            set_missing(&mut fields, "program", || Some(json!(program)));
            Shaped::of(fields, log_source::syslog(&program))
        }
        _ => Shaped::of(fields, log_source::bare(None)),
    }
}

/// Makes text of values that the journal keeps as bytes, and a whole record of one that the
/// kernel's audit sent there.
fn journal(fields: &mut Object) {
    if fields.contains_key("__REALTIME_TIMESTAMP") || fields.contains_key("__CURSOR") {
        fields.values_mut().for_each(unpack);
    }
    // Of a message in several pieces the lines follow each other.
    if let Some(Value::Array(pieces)) = fields.get("MESSAGE") {
        let lines: Vec<&str> = pieces.iter().filter_map(Value::as_str).collect();
        let message = json!(lines.join("\n"));
        fields.insert("MESSAGE".to_owned(), message);
    }
    let part = |name| text(fields, name).unwrap_or_default();
    let (kind, serial) = (part("_AUDIT_TYPE_NAME"), part("_AUDIT_ID"));
    if kind.is_empty() || serial.is_empty() {
        return;
    }
    let micros: u64 = part("_SOURCE_REALTIME_TIMESTAMP").parse().unwrap_or(0);
    let body = part("MESSAGE").strip_prefix(kind).unwrap_or(part("MESSAGE")).trim_start();
    let record = format!(
        "type={kind} msg=audit({}.{:03}:{serial}): {body}",
        micros / 1_000_000,
        micros / 1_000 % 1_000
    );
    fields.insert("MESSAGE".to_owned(), json!(record));
}

/// Makes text of a value that is a list of bytes, as `journalctl -o json` writes it.
fn unpack(value: &mut Value) {
    let Value::Array(list) = value else { return };
    let bytes: Option<Vec<u8>> = list.iter().map(|b| u8::try_from(b.as_u64()?).ok()).collect();
    match bytes.filter(|bytes| !bytes.is_empty()) {
        Some(bytes) => *value = json!(String::from_utf8_lossy(&bytes)),
        None => list.iter_mut().for_each(unpack),
    }
}

/// Puts the event found inside a message over the shipper's own fields.
fn inside(outer: Fields, mut inner: Shaped) -> Shaped {
    inner.arrived = inner.arrived.or_else(|| super::arrived(&outer));
    inner.fields.complete(outer.into_iter().filter(|(name, _)| !MESSAGES.contains(&name.as_ref())));
    inner
}

/// The log source that a line names itself, as application logs do that were
/// written for Sigma rules: `product`, `category` and `service`.
fn own_source(fields: &Object) -> Option<Arc<Origin>> {
    let part = |name| text(fields, name).filter(|t| !t.is_empty()).map(str::to_ascii_lowercase);
    let (product, service) = (part("product")?, part("service"));
    let category = part("category");
    (category.is_some() || service.is_some()).then(|| {
        Arc::new(Origin {
            product: Some(product),
            categories: category.into_iter().collect(),
            services: service.into_iter().collect(),
        })
    })
}

fn is_audit(fields: &Object) -> bool {
    let kind = text(fields, "type").or_else(|| text(fields, "record_type"));
    kind.is_some_and(|k| !k.is_empty() && k.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        && (fields.contains_key("syscall")
            || fields.contains_key("auid")
            || fields.contains_key("a0")
            || text(fields, "msg").is_some_and(|m| m.starts_with("audit(")))
}

fn category(fields: &Object) -> Option<&'static str> {
    let has = |name: &str| matches!(fields.get(name), Some(Value::String(_) | Value::Number(_)));
    if has("CommandLine") {
        Some("process_creation")
    } else if has("DestinationIp") || has("DestinationHostname") {
        Some("network_connection")
    } else if has("TargetFilename") {
        Some("file_event")
    } else {
        None
    }
}

/// Returns the product whose paths look like `path`.
pub(super) fn product(path: &str) -> Option<&'static str> {
    match path.as_bytes() {
        [b'/', ..] => Some("linux"),
        [b'\\', ..] => Some("windows"),
        [drive, b':', ..] if drive.is_ascii_alphabetic() => Some("windows"),
        _ => None,
    }
}
