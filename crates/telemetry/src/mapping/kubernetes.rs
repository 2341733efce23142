//! The audit log of the Kubernetes API server.

use std::sync::{Arc, LazyLock};

use model::event::Origin;
use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Object, at, set_missing, text};
use crate::log_source;

/// Events of `audit.k8s.io` (Kubernetes, "Auditing").
pub(super) static MAPPING: Mapping = Mapping {
    name: "Kubernetes audit",
    is: |object| {
        text(object, "apiVersion").is_some_and(|version| version.starts_with("audit.k8s.io"))
            || (object.contains_key("auditID") && object.contains_key("verb"))
    },
    map: event,
    feeds: || vec![ORIGIN.clone()],
};

static ORIGIN: LazyLock<Arc<Origin>> =
    LazyLock::new(|| log_source::of("kubernetes", &["application", "audit"], &["audit"]));

fn event(mut fields: Object) -> Shaped {
    let group = at(&fields, "objectRef.apiGroup").cloned();
    set_missing(&mut fields, "apiGroup", || group);
    // What a pod asks for, which rules name without its path.
    for (wanted, name) in [("hostPath", "hostPath"), ("add", "capabilities")] {
        let mut found = Vec::new();
        if let Some(request) = fields.get("requestObject") {
            collect(request, wanted, &mut found, 0);
        }
        if !found.is_empty() {
            set_missing(&mut fields, name, || Some(Value::Array(found)));
        }
    }
    Shaped::of(fields, ORIGIN.clone())
}

/// Nesting that is followed; a pod template of a cron job stands eight levels down.
const MAX_DEPTH: usize = 16;

/// Collects the texts below every member of this name.
fn collect(value: &Value, wanted: &str, found: &mut Vec<Value>, depth: usize) {
    match value {
        _ if depth > MAX_DEPTH => {}
        Value::Object(members) => {
            for (name, member) in members {
                if name == wanted {
                    leaves(member, found);
                } else {
                    collect(member, wanted, found, depth + 1);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|one| collect(one, wanted, found, depth + 1)),
        _ => {}
    }
}

fn leaves(value: &Value, found: &mut Vec<Value>) {
    match value {
        Value::Object(members) => members.values().for_each(|one| leaves(one, found)),
        Value::Array(list) => list.iter().for_each(|one| leaves(one, found)),
        leaf => found.push(json!(leaf)),
    }
}
