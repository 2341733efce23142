//! Agents on hosts with a schema of their own: Microsoft Defender, CrowdStrike Falcon,
//! Falco, and the endpoint security events of macOS.

use serde_json::{Value, json};

use super::{Mapping, Shaped, plain};
use crate::fields::{Object, at, copy, set_missing, text, text_at};
use crate::log_source;

/// Rows of the `Device…Events` tables (Microsoft, "Advanced hunting schema").
pub(super) static DEFENDER: Mapping = Mapping {
    name: "Microsoft Defender hunting",
    is: |object| {
        object.contains_key("ActionType")
            && (object.contains_key("DeviceName") || object.contains_key("DeviceId"))
    },
    map: defender,
    feeds: log_source::endpoint_feeds,
};

/// Events of the Falcon Data Replicator.
pub(super) static FALCON: Mapping = Mapping {
    name: "CrowdStrike Falcon",
    is: |object| object.contains_key("event_simpleName"),
    map: falcon,
    feeds: log_source::endpoint_feeds,
};

/// Alerts of Falco.
pub(super) static FALCO: Mapping = Mapping {
    name: "Falco",
    is: |object| matches!(object.get("output_fields"), Some(Value::Object(_))) && object.contains_key("rule"),
    map: falco,
    feeds: log_source::endpoint_feeds,
};

/// Events of `eslogger` on macOS.
pub(super) static ESLOGGER: Mapping = Mapping {
    name: "macOS endpoint security",
    is: |object| {
        matches!(object.get("event"), Some(Value::Object(_)))
            && at(object, "process.executable.path").is_some()
            && (object.contains_key("event_type") || object.contains_key("schema_version"))
    },
    map: eslogger,
    feeds: log_source::endpoint_feeds,
};

/// What was done, its Sigma category, and its own names beside Sigma's.
type Kind = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const DEFENDER_PROCESS: &[(&str, &str)] = &[
    ("FolderPath", "Image"),
    ("ProcessCommandLine", "CommandLine"),
    ("InitiatingProcessFolderPath", "ParentImage"),
    ("InitiatingProcessCommandLine", "ParentCommandLine"),
    ("ProcessVersionInfoOriginalFileName", "OriginalFileName"),
    ("ProcessVersionInfoFileDescription", "Description"),
    ("ProcessVersionInfoProductName", "Product"),
    ("ProcessVersionInfoCompanyName", "Company"),
    ("ProcessIntegrityLevel", "IntegrityLevel"),
    ("AccountName", "User"),
    ("ProcessId", "ProcessId"),
];
const DEFENDER_FILE: &[(&str, &str)] =
    &[("FolderPath", "TargetFilename"), ("InitiatingProcessFolderPath", "Image")];
const DEFENDER_REGISTRY: &[(&str, &str)] = &[
    ("RegistryKey", "TargetObject"),
    ("RegistryValueData", "Details"),
    ("InitiatingProcessFolderPath", "Image"),
];
const DEFENDER_NETWORK: &[(&str, &str)] = &[
    ("RemoteIP", "DestinationIp"),
    ("RemotePort", "DestinationPort"),
    ("RemoteUrl", "DestinationHostname"),
    ("LocalIP", "SourceIp"),
    ("LocalPort", "SourcePort"),
    ("Protocol", "Protocol"),
    ("InitiatingProcessFolderPath", "Image"),
];

const DEFENDER_KINDS: [Kind; 14] = [
    ("ProcessCreated", "process_creation", DEFENDER_PROCESS),
    ("FileCreated", "file_event", DEFENDER_FILE),
    ("FileModified", "file_event", DEFENDER_FILE),
    ("FileRenamed", "file_rename", DEFENDER_FILE),
    ("FileDeleted", "file_delete", DEFENDER_FILE),
    ("RegistryValueSet", "registry_set", DEFENDER_REGISTRY),
    ("RegistryValueDeleted", "registry_delete", DEFENDER_REGISTRY),
    ("RegistryKeyDeleted", "registry_delete", DEFENDER_REGISTRY),
    ("RegistryKeyCreated", "registry_add", DEFENDER_REGISTRY),
    ("ImageLoaded", "image_load", &[("FolderPath", "ImageLoaded"), ("InitiatingProcessFolderPath", "Image")]),
    ("DriverLoad", "driver_load", &[("FolderPath", "ImageLoaded")]),
    ("ConnectionSuccess", "network_connection", DEFENDER_NETWORK),
    ("ConnectionFailed", "network_connection", DEFENDER_NETWORK),
    (
        "DnsQueryResponse",
        "dns_query",
        &[("RemoteUrl", "QueryName"), ("InitiatingProcessFolderPath", "Image")],
    ),
];

const FALCON_KINDS: [Kind; 8] = [
    (
        "ProcessRollup2",
        "process_creation",
        &[
            ("ImageFileName", "Image"),
            ("CommandLine", "CommandLine"),
            ("ParentBaseFileName", "ParentImage"),
            ("SHA256HashData", "sha256"),
            ("MD5HashData", "md5"),
            ("UserName", "User"),
            ("OriginalFilename", "OriginalFileName"),
        ],
    ),
    ("NetworkConnectIP4", "network_connection", FALCON_NETWORK),
    ("NetworkConnectIP6", "network_connection", FALCON_NETWORK),
    ("DnsRequest", "dns_query", &[("DomainName", "QueryName"), ("ContextBaseFileName", "Image")]),
    ("ClassifiedModuleLoad", "image_load", &[("ImageFileName", "ImageLoaded")]),
    ("AsepValueUpdate", "registry_set", &[("RegObjectName", "TargetObject"), ("RegStringValue", "Details")]),
    ("NewExecutableWritten", "file_event", &[("TargetFileName", "TargetFilename")]),
    ("NewScriptWritten", "file_event", &[("TargetFileName", "TargetFilename")]),
];
const FALCON_NETWORK: &[(&str, &str)] = &[
    ("RemoteAddressIP4", "DestinationIp"),
    ("RemoteAddressIP6", "DestinationIp"),
    ("RemotePort", "DestinationPort"),
    ("LocalAddressIP4", "SourceIp"),
    ("ContextBaseFileName", "Image"),
];

/// Categories that rules for any registry event look at too.
fn categories(category: &str) -> Vec<&str> {
    if category.starts_with("registry_") { vec![category, "registry_event"] } else { vec![category] }
}

fn shaped(mut fields: Object, product: Option<&str>, kind: Option<&Kind>) -> Shaped {
    let Some((_, category, names)) = kind else { return Shaped::of(fields, log_source::bare(product)) };
    for (from, to) in *names {
        copy(&mut fields, from, to);
    }
    let found = ["Image", "TargetFilename", "ImageLoaded"];
    let found = found.iter().find_map(|name| plain::product(text(&fields, name)?));
    let registry = category.starts_with("registry_").then_some("windows");
    let product = product.or(found).or(registry).map(str::to_owned);
    Shaped::of(fields, log_source::named(product.as_deref(), &categories(category)))
}

fn defender(mut fields: Object) -> Shaped {
    copy(&mut fields, "DeviceName", "Computer");
    // A registry value is named in two fields.
    if let (Some(key), Some(value)) = (text(&fields, "RegistryKey"), text(&fields, "RegistryValueName"))
        && !value.is_empty()
    {
        let path = format!(
            "{}\\{value}",
            key.replacen("HKEY_LOCAL_MACHINE", "HKLM", 1).replacen("HKEY_USERS", "HKU", 1)
        );
        set_missing(&mut fields, "TargetObject", || Some(json!(path)));
    }
    for (from, to) in [("MD5", "md5"), ("SHA1", "sha1"), ("SHA256", "sha256")] {
        copy(&mut fields, from, to);
    }
    let action = text(&fields, "ActionType").unwrap_or_default();
    let kind = DEFENDER_KINDS.iter().find(|(name, ..)| *name == action);
    // The paths of the folders hold the file's name; some exports leave it out.
    if let (Some(folder), Some(file)) = (text(&fields, "FolderPath"), text(&fields, "FileName"))
        && !folder.to_ascii_lowercase().ends_with(&file.to_ascii_lowercase())
    {
        let separator = if folder.starts_with('/') { '/' } else { '\\' };
        let path = format!("{}{separator}{file}", folder.trim_end_matches(separator));
        fields.insert("FolderPath".to_owned(), json!(path));
    }
    shaped(fields, None, kind)
}

fn falcon(mut fields: Object) -> Shaped {
    copy(&mut fields, "ComputerName", "Computer");
    let product = match text(&fields, "event_platform") {
        Some("Lin") => Some("linux"),
        Some("Mac") => Some("macos"),
        Some("Win") => Some("windows"),
        _ => None,
    };
    let name = text(&fields, "event_simpleName").unwrap_or_default();
    let kind = FALCON_KINDS.iter().find(|(own, ..)| name.starts_with(own));
    shaped(fields, product, kind)
}

fn falco(mut fields: Object) -> Shaped {
    const NAMES: [(&str, &str); 9] = [
        ("proc.exepath", "Image"),
        ("proc.cmdline", "CommandLine"),
        ("proc.pexepath", "ParentImage"),
        ("proc.pcmdline", "ParentCommandLine"),
        ("proc.cwd", "CurrentDirectory"),
        ("user.name", "User"),
        ("proc.pid", "ProcessId"),
        ("fd.name", "TargetFilename"),
        ("fd.rip", "DestinationIp"),
    ];
    let inner = match fields.get("output_fields") {
        Some(Value::Object(inner)) => inner.clone(),
        _ => Object::new(),
    };
    for (from, to) in NAMES {
        let value = inner.get(from).cloned();
        set_missing(&mut fields, to, || value);
    }
    let event = inner.get("evt.type").and_then(Value::as_str).unwrap_or_default();
    let category = match event {
        "connect" | "accept" | "accept4" | "sendto" => "network_connection",
        "open" | "openat" | "openat2" | "creat" | "rename" | "write" => "file_event",
        "unlink" | "unlinkat" => "file_delete",
        _ if fields.contains_key("CommandLine") => "process_creation",
        _ => return Shaped::of(fields, log_source::bare(Some("linux"))),
    };
    Shaped::of(fields, log_source::named(Some("linux"), &[category]))
}

fn eslogger(mut fields: Object) -> Shaped {
    let own = text_at(&fields, "process.executable.path").map(str::to_owned);
    let copy_to = |fields: &mut Object, path: &str, to: &str| {
        let value = at(fields, path).filter(|v| !v.is_null()).cloned();
        set_missing(fields, to, || value);
    };
    let event = ["exec", "create", "write", "rename", "unlink", "open", "close"];
    let event = event.iter().find(|name| at(&fields, &format!("event.{name}")).is_some()).copied();
    let category = match event {
        Some("exec") => {
            copy_to(&mut fields, "event.exec.target.executable.path", "Image");
            let line = at(&fields, "event.exec.args")
                .and_then(Value::as_array)
                .map(|list| json!(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")));
            set_missing(&mut fields, "CommandLine", || line);
            set_missing(&mut fields, "ParentImage", || own.map(|path| json!(path)));
            copy_to(&mut fields, "event.exec.cwd.path", "CurrentDirectory");
            "process_creation"
        }
        Some(name @ ("create" | "write" | "rename" | "unlink")) => {
            for path in [
                "create.destination.existing_file.path",
                "write.target.path",
                "rename.destination.existing_file.path",
                "rename.source.path",
                "unlink.target.path",
            ] {
                copy_to(&mut fields, &format!("event.{path}"), "TargetFilename");
            }
            let new = text_at(&fields, "event.create.destination.new_path.dir.path")
                .zip(text_at(&fields, "event.create.destination.new_path.filename"))
                .map(|(folder, file)| json!(format!("{folder}/{file}")));
            set_missing(&mut fields, "TargetFilename", || new);
            set_missing(&mut fields, "Image", || own.map(|path| json!(path)));
            if name == "unlink" { "file_delete" } else { "file_event" }
        }
        _ => return Shaped::of(fields, log_source::bare(Some("macos"))),
    };
    Shaped::of(fields, log_source::named(Some("macos"), &[category]))
}
