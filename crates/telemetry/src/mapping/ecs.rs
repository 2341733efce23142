//! Elastic Common Schema, with and without the event-log part that Winlogbeat adds,
//! and what Auditbeat makes of audit records.

use std::sync::Arc;

use model::event::Origin;
use serde_json::{Value, json};

use super::{Mapping, Shaped, windows};
use crate::fields::{Object, at, number, set_missing, text, text_at};
use crate::log_source;

/// Objects of Elastic's agents.
pub(super) static MAPPING: Mapping =
    Mapping { name: "Elastic Common Schema", is, map: shape, feeds: log_source::endpoint_feeds };

/// Whether the object follows the schema.
fn is(object: &Object) -> bool {
    const MARKS: [&str; 8] = [
        "winlog",
        "ecs",
        "winlog.event_id",
        "event_data",
        "event.category",
        "auditd",
        "process.executable",
        "ecs.version",
    ];
    MARKS.iter().any(|mark| object.contains_key(*mark))
        || at(object, "process.executable").is_some()
        || at(object, "event.category").is_some()
}

/// Sigma's names for the schema's (Elastic, "ECS field reference"; Sigma, "pySigma
/// ECS Windows pipeline").
const NAMES: [(&str, &str); 38] = [
    ("process.executable", "Image"),
    ("process.command_line", "CommandLine"),
    ("process.working_directory", "CurrentDirectory"),
    ("process.pid", "ProcessId"),
    ("process.entity_id", "ProcessGuid"),
    ("process.parent.executable", "ParentImage"),
    ("process.parent.command_line", "ParentCommandLine"),
    ("process.parent.pid", "ParentProcessId"),
    ("process.parent.entity_id", "ParentProcessGuid"),
    ("process.pe.original_file_name", "OriginalFileName"),
    ("process.pe.description", "Description"),
    ("process.pe.product", "Product"),
    ("process.pe.company", "Company"),
    ("process.pe.file_version", "FileVersion"),
    ("process.pe.imphash", "Imphash"),
    ("process.hash.md5", "md5"),
    ("process.hash.sha1", "sha1"),
    ("process.hash.sha256", "sha256"),
    ("process.Ext.token.integrity_level_name", "IntegrityLevel"),
    ("file.path", "TargetFilename"),
    ("dll.path", "ImageLoaded"),
    ("dll.pe.original_file_name", "OriginalFileName"),
    ("registry.path", "TargetObject"),
    ("registry.data.strings", "Details"),
    ("dns.question.name", "QueryName"),
    ("dns.response_code", "QueryStatus"),
    ("source.ip", "SourceIp"),
    ("source.port", "SourcePort"),
    ("source.domain", "SourceHostname"),
    ("destination.ip", "DestinationIp"),
    ("destination.port", "DestinationPort"),
    ("destination.domain", "DestinationHostname"),
    ("network.transport", "Protocol"),
    ("powershell.file.script_block_text", "ScriptBlockText"),
    ("host.name", "Computer"),
    ("winlog.user.identifier", "Security_UserID"),
    ("message", "Message"),
    ("user.id", "UserID"),
];

/// Returns the object as an event.
fn shape(mut fields: Object) -> Shaped {
    let log = event_log(&mut fields);
    for (from, to) in NAMES {
        if !fields.contains_key(to)
            && let Some(value) = at(&fields, from).filter(|v| !v.is_null())
        {
            let value = value.clone();
            fields.insert(to.to_owned(), value);
        }
    }
    set_missing_user(&mut fields);
    set_missing_direction(&mut fields);
    set_missing_arguments(&mut fields);
    match log {
        Some((channel, provider)) => windows::finish(fields, channel.as_deref(), provider.as_deref()),
        None if at(&fields, "auditd.message_type").is_some() => audit(fields),
        None => {
            let origin = endpoint(&fields);
            Shaped::of(fields, origin)
        }
    }
}

/// Moves the event-log part, nested, dotted or as older Winlogbeat wrote it, to the
/// top and returns channel and provider; `None` when there is no such part.
fn event_log(fields: &mut Object) -> Option<(Option<String>, Option<String>)> {
    let first = |paths: [&str; 3]| paths.iter().find_map(|path| at(fields, path)).cloned();
    let id = first(["winlog.event_id", "event_id", "event.code"])?;
    let channel = first(["winlog.channel", "log_name", "winlog.log_name"]);
    let provider = first(["winlog.provider_name", "source_name", "event.provider"]);
    let computer = first(["winlog.computer_name", "computer_name", "host.name"]);
    number(&id).filter(|_| channel.is_some() || provider.is_some())?;
    let mut data = Object::new();
    for path in ["winlog.event_data", "event_data", "winlog.user_data", "user_data"] {
        if let Some(Value::Object(inner)) = at(fields, path) {
            data.extend(inner.clone());
        }
        let prefix = format!("{path}.");
        let dotted = fields.iter().filter_map(|(k, v)| Some((k.strip_prefix(&prefix)?, v)));
        data.extend(dotted.map(|(k, v)| (k.to_owned(), v.clone())));
    }
    if let Some(values) = unnamed(&data) {
        data.insert("Data".to_owned(), values);
    }
    if let Some(Value::Object(winlog)) = fields.get_mut("winlog") {
        winlog.remove("event_data");
    }
    let header = [
        ("EventID", Some(id)),
        ("Channel", channel.clone()),
        ("Provider_Name", provider.clone()),
        ("Computer", computer),
    ];
    for (name, value) in header {
        set_missing(fields, name, || value);
    }
    for (name, value) in data {
        if name != "EventID" {
            fields.insert(name, value);
        }
    }
    let owned = |value: Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    Some((owned(channel), owned(provider)))
}

/// Returns the values that Winlogbeat numbered because they have no names (`param1` to
/// `paramN`), which rules look for under `Data`. Where a provider itself names its values
/// so, they stand under both.
fn unnamed(data: &Object) -> Option<Value> {
    let number = |name: &str| name.strip_prefix("param")?.parse::<u32>().ok();
    let mut values: Vec<(u32, &Value)> =
        data.iter().filter_map(|(name, value)| Some((number(name)?, value))).collect();
    if values.is_empty() || data.contains_key("Data") {
        return None;
    }
    values.sort_by_key(|(number, _)| *number);
    Some(Value::Array(values.into_iter().map(|(_, value)| value.clone()).collect()))
}

fn set_missing_user(fields: &mut Object) {
    let user = match (text_at(fields, "user.domain"), text_at(fields, "user.name")) {
        (Some(domain), Some(name)) => json!(format!("{domain}\\{name}")),
        (None, Some(name)) => json!(name),
        _ => return,
    };
    set_missing(fields, "User", || Some(user));
}

fn set_missing_direction(fields: &mut Object) {
    let started = match text_at(fields, "network.direction") {
        Some("egress" | "outbound" | "outgoing") => "true",
        Some("ingress" | "inbound" | "incoming") => "false",
        _ => return,
    };
    set_missing(fields, "Initiated", || Some(json!(started)));
}

fn set_missing_arguments(fields: &mut Object) {
    if fields.contains_key("CommandLine") {
        return;
    }
    if let Some(Value::Array(arguments)) = at(fields, "process.args") {
        let line: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
        let line = json!(line.join(" "));
        fields.insert("CommandLine".to_owned(), line);
    }
}

/// An audit record that Auditbeat has taken apart.
fn audit(mut fields: Object) -> Shaped {
    let kind = text_at(&fields, "auditd.message_type").unwrap_or_default().to_ascii_uppercase();
    let data = match at(&fields, "auditd.data") {
        Some(Value::Object(data)) => data.clone(),
        _ => Object::new(),
    };
    let call = text(&data, "syscall").map(str::to_owned);
    for (name, value) in data {
        set_missing(&mut fields, &name, || Some(value));
    }
    fields.insert("type".to_owned(), json!(kind));
    for (from, to) in [("process.executable", "exe"), ("process.name", "comm"), ("user.audit.id", "auid")] {
        let value = at(&fields, from).cloned();
        set_missing(&mut fields, to, || value);
    }
    let executed = matches!(call.as_deref(), Some("execve" | "execveat"));
    if let Some(call) = call {
        set_missing(&mut fields, "SYSCALL", || Some(json!(call)));
    }
    let origin = if executed {
        let mut both = Origin::clone(&log_source::process(false));
        both.services = vec!["auditd".to_owned()];
        Arc::new(both)
    } else {
        log_source::auditd()
    };
    Shaped::of(fields, origin)
}

/// The origin of an event that an endpoint agent describes in the schema alone.
fn endpoint(fields: &Object) -> Arc<Origin> {
    let product = ["host.os.type", "host.os.family", "host.os.platform"]
        .iter()
        .find_map(|path| text_at(fields, path))
        .map(str::to_ascii_lowercase)
        .or_else(|| text(fields, "Image").and_then(super::plain::product).map(str::to_owned));
    let product = product.as_deref().map(|p| match p {
        "debian" | "redhat" | "ubuntu" | "suse" | "centos" | "fedora" => "linux",
        "darwin" => "macos",
        other => other,
    });
    let of = |path: &str, word: &str| match at(fields, path) {
        Some(Value::String(one)) => one == word,
        Some(Value::Array(list)) => list.iter().any(|v| v.as_str() == Some(word)),
        _ => false,
    };
    let is = |word| of("event.category", word);
    let kind = |word| of("event.type", word);
    let category = match () {
        () if is("process") && kind("end") => "process_termination",
        () if is("process") => "process_creation",
        () if fields.contains_key("QueryName") => "dns_query",
        () if is("network") => "network_connection",
        () if is("file") && kind("deletion") => "file_delete",
        () if is("file") => "file_event",
        () if is("registry") => "registry_event",
        () if is("library") => "image_load",
        () if is("driver") => "driver_load",
        () if fields.contains_key("CommandLine") => "process_creation",
        () => return log_source::named(product, &[]),
    };
    log_source::named(product, &[category])
}
