//! Google Cloud audit logs and Google Workspace, from Cloud Logging and the Reports API.

use std::sync::{Arc, LazyLock};

use model::event::Origin;
use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Object, at, set_missing, text, text_at};
use crate::log_source;

/// Entries of Cloud Logging that hold an audit log (Google, "AuditLog").
pub(super) static AUDIT: Mapping = Mapping {
    name: "Google Cloud audit",
    is: |object| {
        at(object, "protoPayload.methodName").is_some()
            || at(object, "data.protoPayload.methodName").is_some()
            || at(object, "jsonPayload.methodName").is_some()
    },
    map: audit,
    feeds: || vec![CLOUD.clone(), ADMIN.clone(), LOGIN.clone()],
};

/// Activities of the Reports API (Google, "Activities").
pub(super) static WORKSPACE: Mapping = Mapping {
    name: "Google Workspace reports",
    is: |object| {
        text(object, "kind") == Some("admin#reports#activity")
            || (at(object, "id.applicationName").is_some() && object.contains_key("events"))
    },
    map: activity,
    feeds: || vec![ADMIN.clone(), LOGIN.clone()],
};

static CLOUD: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("gcp", &[], &["gcp.audit"]));
static ADMIN: LazyLock<Arc<Origin>> =
    LazyLock::new(|| log_source::of("gcp", &[], &["gcp.audit", "google_workspace.admin"]));
static LOGIN: LazyLock<Arc<Origin>> =
    LazyLock::new(|| log_source::of("gcp", &[], &["gcp.audit", "google_workspace.login"]));

fn audit(mut fields: Object) -> Shaped {
    if let Some(Value::Object(entry)) = fields.get("data").cloned() {
        for (name, value) in entry {
            set_missing(&mut fields, &name, || Some(value));
        }
    }
    for payload in ["protoPayload", "jsonPayload"] {
        let Some(Value::Object(payload)) = fields.get(payload).cloned() else { continue };
        for (from, to) in [
            ("methodName", "gcp.audit.method_name"),
            ("serviceName", "gcp.audit.service_name"),
            ("resourceName", "gcp.audit.resource_name"),
            ("authenticationInfo.principalEmail", "gcp.audit.authentication_info.principal_email"),
            ("requestMetadata.callerIp", "source.ip"),
        ] {
            let value = at(&payload, from).cloned();
            set_missing(&mut fields, to, || value);
        }
        // A few rules look for the entry's own members there too.
        let mut whole = payload.clone();
        for name in ["resource", "logName"] {
            let value = fields.get(name).cloned();
            set_missing(&mut whole, name, || value);
        }
        let entry = json!({ "protoPayload": whole });
        set_missing(&mut fields, "data", || Some(entry));
    }
    let service = text(&fields, "gcp.audit.service_name").unwrap_or_default().to_owned();
    let origin = match service.as_str() {
        "admin.googleapis.com" => &ADMIN,
        "login.googleapis.com" => &LOGIN,
        _ => &CLOUD,
    };
    let events = ["protoPayload.metadata.event", "jsonPayload.metadata.event"];
    let events = events.iter().find_map(|path| at(&fields, path)).cloned();
    if let Some(events) = events {
        event_names(&mut fields, &events);
    }
    set_missing(&mut fields, "eventService", || (!service.is_empty()).then(|| json!(service)));
    Shaped::of(fields, (**origin).clone())
}

/// Names and parameters of the events of an entry, under the names of the admin console.
fn event_names(fields: &mut Object, events: &Value) {
    let list = match events {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut names = Vec::new();
    for event in list {
        names.extend(event.get("eventName").or_else(|| event.get("name")).cloned());
        let parameters = event.get("parameter").or_else(|| event.get("parameters"));
        for parameter in parameters.and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = parameter.get("name").and_then(Value::as_str) else { continue };
            let value = ["value", "boolValue", "intValue", "multiValue", "multiStrValue"]
                .iter()
                .find_map(|key| parameter.get(*key));
            let value = value.cloned();
            set_missing(fields, &name.to_ascii_lowercase(), || value);
        }
    }
    let names = if names.len() == 1 { names.pop().unwrap_or_default() } else { Value::Array(names) };
    set_missing(fields, "eventName", || Some(names));
}

fn activity(mut fields: Object) -> Shaped {
    let application = text_at(&fields, "id.applicationName").unwrap_or_default().to_owned();
    if let Some(events) = fields.get("events").cloned() {
        event_names(&mut fields, &events);
    }
    let service = format!("{application}.googleapis.com");
    set_missing(&mut fields, "eventService", || Some(json!(service)));
    let inner =
        json!({"serviceName": service, "metadata": {"event": {"eventName": fields.get("eventName")}}});
    set_missing(&mut fields, "protoPayload", || Some(inner));
    let moment = at(&fields, "id.time").cloned();
    set_missing(&mut fields, "time", || moment);
    let origin = if application == "login" { &LOGIN } else { &ADMIN };
    Shaped::of(fields, (**origin).clone())
}
