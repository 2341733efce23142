//! The unified audit log of Microsoft 365: of the management API, and of searches, whose
//! rows hold the record as text in `AuditData`.

use std::sync::{Arc, LazyLock};

use model::event::Origin;
use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Object, copy, set_missing, text};
use crate::log_source;

/// Records of the unified audit log (Microsoft, "Office 365 Management Activity API schema").
pub(super) static MAPPING: Mapping = Mapping {
    name: "Microsoft 365 audit",
    is: |object| {
        object.contains_key("AuditData")
            || (object.contains_key("Workload") && object.contains_key("Operation"))
            || (object.contains_key("OfficeWorkload") && object.contains_key("Operation"))
    },
    map: record,
    feeds: || vec![ORIGIN.clone()],
};

/// SigmaHQ parts one log into four services.
static ORIGIN: LazyLock<Arc<Origin>> = LazyLock::new(|| {
    log_source::of("m365", &[], &["audit", "exchange", "threat_detection", "threat_management"])
});

fn record(mut fields: Object) -> Shaped {
    let data = match fields.get("AuditData") {
        Some(Value::String(text)) => serde_json::from_str::<Object>(text).ok(),
        Some(Value::Object(inner)) => Some(inner.clone()),
        _ => None,
    };
    for (name, value) in data.unwrap_or_default() {
        fields.insert(name, value);
    }
    copy(&mut fields, "OfficeWorkload", "Workload");
    copy(&mut fields, "Workload", "eventSource");
    // An alert is one operation, whose name is that of the policy.
    let alert = text(&fields, "Operation").is_some_and(|o| o.starts_with("Alert"));
    if alert {
        copy(&mut fields, "Name", "eventName");
    }
    copy(&mut fields, "Operation", "eventName");
    let succeeded = ["ResultStatus", "Status"].iter().find_map(|name| text(&fields, name)).map(|status| {
        let word = status.to_ascii_lowercase();
        if word.starts_with("succ") || word == "true" || (alert && word == "active") {
            "success".to_owned()
        } else {
            word
        }
    });
    let succeeded = succeeded.or_else(|| alert.then(|| "success".to_owned()));
    set_missing(&mut fields, "status", || succeeded.map(|word| json!(word)));
    Shaped::of(fields, ORIGIN.clone())
}
