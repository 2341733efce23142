//! The Open Cybersecurity Schema Framework, as Amazon Security Lake and others write it.

use model::event::Origin;
use serde_json::Value;
use std::sync::Arc;

use super::{Mapping, Shaped};
use crate::fields::{Object, at, number, set_missing, text_at};
use crate::log_source;

/// Events with a class (OCSF, "Classes").
pub(super) static MAPPING: Mapping = Mapping {
    name: "OCSF",
    is: |object| object.contains_key("class_uid"),
    map: event,
    feeds: || {
        let mut found = log_source::endpoint_feeds();
        found.push(log_source::of("aws", &[], &["cloudtrail"]));
        found.extend([log_source::of("", &["dns"], &[]), log_source::of("", &["proxy", "webserver"], &[])]);
        found
    },
};

/// Sigma's names for the schema's.
const NAMES: [(&str, &str); 29] = [
    ("process.file.path", "Image"),
    ("process.cmd_line", "CommandLine"),
    ("process.pid", "ProcessId"),
    ("process.integrity", "IntegrityLevel"),
    ("process.parent_process.file.path", "ParentImage"),
    ("process.parent_process.cmd_line", "ParentCommandLine"),
    ("actor.process.file.path", "ParentImage"),
    ("actor.process.cmd_line", "ParentCommandLine"),
    ("process.user.name", "User"),
    ("actor.user.name", "User"),
    ("file.path", "TargetFilename"),
    ("module.file.path", "ImageLoaded"),
    ("reg_key.path", "TargetObject"),
    ("reg_value.path", "TargetObject"),
    ("reg_value.data", "Details"),
    ("query.hostname", "QueryName"),
    ("query.hostname", "query"),
    ("dst_endpoint.ip", "DestinationIp"),
    ("dst_endpoint.port", "DestinationPort"),
    ("dst_endpoint.hostname", "DestinationHostname"),
    ("src_endpoint.ip", "SourceIp"),
    ("http_request.url.path", "cs-uri-stem"),
    ("http_request.url.url_string", "c-uri"),
    ("http_request.user_agent", "cs-user-agent"),
    ("http_request.http_method", "cs-method"),
    ("api.operation", "eventName"),
    ("api.service.name", "eventSource"),
    ("api.response.error", "errorCode"),
    ("device.hostname", "Computer"),
];

fn event(mut fields: Object) -> Shaped {
    for (from, to) in NAMES {
        let value = at(&fields, from).filter(|v| !v.is_null()).cloned();
        set_missing(&mut fields, to, || value);
    }
    // What a process did names the process as the actor.
    let class = fields.get("class_uid").and_then(number).unwrap_or(0);
    if class != 1007 {
        let actor = at(&fields, "actor.process.file.path").cloned();
        set_missing(&mut fields, "Image", || actor);
    }
    let origin = origin(&fields, class);
    Shaped::of(fields, origin)
}

fn origin(fields: &Object, class: u64) -> Arc<Origin> {
    let is = |activity: u64| fields.get("activity_id").and_then(number) == Some(activity);
    let system = text_at(fields, "device.os.name").or_else(|| text_at(fields, "device.os.type"));
    let system = system.map(str::to_ascii_lowercase).unwrap_or_default();
    let product =
        ["windows", "linux", "macos"].into_iter().find(|name| system.contains(name)).or_else(|| {
            ["Image", "TargetFilename"]
                .iter()
                .find_map(|name| super::plain::product(fields.get(*name).and_then(Value::as_str)?))
        });
    let category = match class {
        1007 if is(2) => "process_termination",
        1007 => "process_creation",
        1001 if is(4) => "file_delete",
        1001 => "file_event",
        1005 => "image_load",
        201_001 | 1009 | 201_002 => "registry_event",
        4001 => "network_connection",
        4002 => return log_source::of("", &["proxy", "webserver"], &[]),
        4003 if product.is_none() => return log_source::of("", &["dns"], &[]),
        4003 => "dns_query",
        6003 | 3002 | 3001
            if text_at(fields, "cloud.provider").is_some_and(|p| p.eq_ignore_ascii_case("aws")) =>
        {
            return log_source::of("aws", &[], &["cloudtrail"]);
        }
        _ => return log_source::bare(product),
    };
    log_source::named(product, &[category])
}
