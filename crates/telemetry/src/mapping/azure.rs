//! Azure and Entra ID: activity, sign-in, audit and risk logs, as the resource logs of
//! Azure Monitor, tables of Log Analytics, and answers of Microsoft Graph.
//!
//! SigmaHQ's rules use the names of all three, so each value stands under all of them.

use std::sync::{Arc, LazyLock};

use model::event::Origin;
use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Object, at, set_missing, text};
use crate::log_source;

/// Sign-ins.
pub(super) static SIGN_INS: Mapping = Mapping {
    name: "Entra ID sign-ins",
    is: |object| {
        category(object).is_some_and(|c| c.ends_with("SignInLogs") || c == "SignInLogs")
            || typed(object, "SigninLogs")
            || object.contains_key("conditionalAccessStatus")
            || (object.contains_key("appDisplayName") && object.contains_key("userPrincipalName"))
    },
    map: |fields| Shaped::of(spelt(fields), SIGN_IN.clone()),
    feeds: || vec![SIGN_IN.clone()],
};

/// Changes in the directory.
pub(super) static AUDIT: Mapping = Mapping {
    name: "Entra ID audit",
    is: |object| {
        category(object) == Some("AuditLogs")
            || typed(object, "AuditLogs")
            || (object.contains_key("activityDisplayName") && object.contains_key("initiatedBy"))
            || (object.contains_key("ActivityDisplayName") && object.contains_key("InitiatedBy"))
    },
    map: |fields| Shaped::of(spelt(fields), AUDITED.clone()),
    feeds: || vec![AUDITED.clone()],
};

/// Risk detections and alerts of privileged identity management.
pub(super) static RISKS: Mapping = Mapping {
    name: "Entra ID risks and PIM alerts",
    is: |object| {
        object.contains_key("riskEventType")
            || at(object, "properties.riskEventType").is_some()
            || object.contains_key("alertDefinitionId")
    },
    map: risk,
    feeds: || vec![RISK.clone()],
};

/// The activity log of subscriptions.
pub(super) static ACTIVITY: Mapping = Mapping {
    name: "Azure activity",
    is: |object| {
        typed(object, "AzureActivity")
            || object.contains_key("OperationNameValue")
            || (object.contains_key("operationName")
                && ["resourceId", "subscriptionId", "resourceProviderName"]
                    .iter()
                    .any(|name| object.contains_key(*name)))
    },
    map: |fields| Shaped::of(spelt(fields), ACTIVE.clone()),
    feeds: || vec![ACTIVE.clone()],
};

static SIGN_IN: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("azure", &[], &["signinlogs"]));
static AUDITED: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("azure", &[], &["auditlogs"]));
static ACTIVE: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("azure", &[], &["activitylogs"]));
static RISK: LazyLock<Arc<Origin>> =
    LazyLock::new(|| log_source::of("azure", &[], &["pim", "riskdetection"]));

fn category(object: &Object) -> Option<&str> {
    text(object, "category").or_else(|| text(object, "Category"))
}

/// Whether Log Analytics says that the row is of this table.
fn typed(object: &Object, table: &str) -> bool {
    ["Type", "$table"].iter().any(|name| text(object, name) == Some(table))
}

/// A value in the spellings of the three interfaces; the first is where it is looked for first.
const SPELLINGS: [&[&str]; 17] = [
    &[
        "operationName",
        "OperationName",
        "OperationNameValue",
        "properties.activityDisplayName",
        "activityDisplayName",
        "ActivityDisplayName",
        "properties.message",
        "ActivityType",
        "activityType",
    ],
    &["category", "Category", "CategoryValue", "properties.category"],
    &["resultType", "ResultType", "properties.status.errorCode", "status.errorCode"],
    &[
        "resultDescription",
        "ResultDescription",
        "Resultdescription",
        "properties.status.failureReason",
        "status.failureReason",
    ],
    &["properties.authenticationRequirement", "authenticationRequirement", "AuthenticationRequirement"],
    &["properties.deviceDetail", "deviceDetail", "DeviceDetail"],
    &["properties.conditionalAccessStatus", "conditionalAccessStatus", "ConditionalAccessStatus"],
    &["properties.userAgent", "userAgent", "UserAgent"],
    &["properties.targetResources", "targetResources", "TargetResources", "Target"],
    &["properties.initiatedBy", "initiatedBy", "InitiatedBy", "Initiatedby"],
    &["properties.loggedByService", "loggedByService", "LoggedByService"],
    &["properties.resourceDisplayName", "resourceDisplayName", "ResourceDisplayName"],
    &["properties.homeTenantId", "homeTenantId", "HomeTenantId"],
    &["properties.resourceTenantId", "resourceTenantId", "ResourceTenantId"],
    &["resourceId", "ResourceId", "_ResourceId"],
    &["properties.riskState", "riskState", "RiskState"],
    &["properties.userPrincipalName", "userPrincipalName", "UserPrincipalName", "Username"],
];

/// Puts each value under all of its spellings.
fn spelt(mut fields: Object) -> Object {
    unfold(&mut fields);
    for spellings in SPELLINGS {
        let Some(value) =
            spellings.iter().find_map(|name| at(&fields, name)).filter(|v| !v.is_null()).cloned()
        else {
            continue;
        };
        for name in spellings {
            if at(&fields, name).is_none() {
                set(&mut fields, name, value.clone());
            }
        }
    }
    result(&mut fields);
    fields
}

/// Sets a value under a path: inside the object that the path names, where there is one.
fn set(fields: &mut Object, path: &str, value: Value) {
    if let Some((head, rest)) = path.split_once('.')
        && let Some(Value::Object(inner)) = fields.get_mut(head)
    {
        return set(inner, rest, value);
    }
    fields.insert(path.to_owned(), value);
}

/// Objects that Log Analytics exports as text.
fn unfold(fields: &mut Object) {
    for name in
        ["properties", "TargetResources", "InitiatedBy", "DeviceDetail", "Status", "AdditionalDetails"]
    {
        if let Some(Value::String(text)) = fields.get(name)
            && text.starts_with(['{', '['])
            && let Ok(inner) = serde_json::from_str::<Value>(text)
        {
            fields.insert(name.to_owned(), inner);
        }
    }
}

/// The outcome as the words that rules use: `Success` and `Failure`, in `Status`.
fn result(fields: &mut Object) {
    let code = at(fields, "resultType").map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
    let word = ["properties.result", "result", "Result", "status.value", "resultSignature"]
        .iter()
        .find_map(|name| at(fields, name)?.as_str());
    let status = match (word, code.as_deref()) {
        (Some(word), _) if word.to_ascii_lowercase().starts_with("succ") => "Success",
        (Some(word), _) if word.to_ascii_lowercase().starts_with("fail") => "Failure",
        (_, Some("0" | "Success")) => "Success",
        (_, Some(_)) => "Failure",
        _ => return,
    };
    set_missing(fields, "Status", || Some(json!(status)));
}

fn risk(mut fields: Object) -> Shaped {
    let kind = at(&fields, "properties.riskEventType").cloned().or_else(|| {
        // `DirectoryRole_<tenant>_TooManyGlobalAdminsAssignedToTenantAlert`
        let id = text(&fields, "alertDefinitionId")?.rsplit('_').next()?;
        let mut letters = id.trim_end_matches("Alert").chars();
        let first = letters.next()?.to_ascii_lowercase();
        Some(json!(format!("{first}{}AlertIncident", letters.as_str())))
    });
    set_missing(&mut fields, "riskEventType", || kind);
    Shaped::of(fields, RISK.clone())
}
