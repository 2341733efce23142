//! Sensors on the network: Zeek, Suricata, OpenCanary.

use std::sync::{Arc, LazyLock};

use model::event::Origin;
use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Object, at, copy, set_missing, text};
use crate::log_source;

/// Logs of Zeek as JSON; the tab-separated ones come here too.
pub(super) static ZEEK: Mapping = Mapping {
    name: "Zeek",
    is: |object| {
        object.contains_key("ts")
            && (object.contains_key("_path")
                || object.contains_key("uid")
                || object.contains_key("certificate.serial"))
    },
    map: zeek,
    feeds: || ZEEK_LOGS.iter().map(|(log, ..)| zeek_origin(log)).collect(),
};

/// `eve.json` of Suricata.
pub(super) static SURICATA: Mapping = Mapping {
    name: "Suricata EVE",
    is: |object| {
        object.contains_key("event_type") && (object.contains_key("flow_id") || object.contains_key("src_ip"))
    },
    map: suricata,
    feeds: || {
        let of = |categories: &[&str], service| log_source::of("suricata", categories, &[service]);
        vec![
            of(&["proxy", "webserver"], "http"),
            of(&["dns"], "dns"),
            of(&["firewall"], "flow"),
            of(&[], "alert"),
        ]
    },
};

/// Events of OpenCanary.
pub(super) static OPEN_CANARY: Mapping = Mapping {
    name: "OpenCanary",
    is: |object| {
        object.contains_key("logtype") && (object.contains_key("node_id") || object.contains_key("logdata"))
    },
    map: |fields| Shaped::of(fields, CANARY.clone()),
    feeds: || vec![CANARY.clone()],
};

static CANARY: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("opencanary", &["application"], &[]));

/// Zeek's logs: name, Sigma categories, and fields that only this one has (Zeek, "Log files").
const ZEEK_LOGS: [(&str, &[&str], &[&str]); 14] = [
    ("smb_files", &[], &["action", "path"]),
    ("dce_rpc", &[], &["endpoint", "operation"]),
    ("kerberos", &[], &["request_type"]),
    ("x509", &[], &["certificate.serial"]),
    ("http", &[], &["method", "host"]),
    ("http", &[], &["status_code", "uri"]),
    ("dns", &["dns"], &["query"]),
    ("rdp", &[], &["security_protocol"]),
    ("ssl", &[], &["cipher", "version"]),
    ("ssh", &[], &["kex_alg"]),
    ("ntlm", &[], &["domainname"]),
    ("smb_mapping", &[], &["share_type"]),
    ("notice", &[], &["note"]),
    ("conn", &["firewall"], &["conn_state"]),
];

fn zeek_origin(log: &str) -> Arc<Origin> {
    let row = ZEEK_LOGS.iter().find(|(name, ..)| *name == log);
    log_source::of("zeek", row.map_or(&[], |(_, categories, _)| *categories), &[log])
}

fn zeek(mut fields: Object) -> Shaped {
    let log = text(&fields, "_path").map(str::to_owned).or_else(|| {
        let has = |names: &&(&str, &[&str], &[&str])| names.2.iter().all(|name| at(&fields, name).is_some());
        ZEEK_LOGS.iter().find(has).map(|(name, ..)| (*name).to_owned())
    });
    let log = log.unwrap_or_else(|| "unknown".to_owned());
    let log = log.strip_prefix("json_streaming_").unwrap_or(&log);
    for (from, to) in [
        ("id.orig_h", "src_ip"),
        ("id.resp_h", "dst_ip"),
        ("id.orig_p", "src_port"),
        ("id.resp_p", "dst_port"),
        ("uri", "c-uri"),
        ("user_agent", "c-useragent"),
        ("qtype_name", "record_type"),
        ("answers", "answer"),
    ] {
        let value = at(&fields, from).cloned();
        set_missing(&mut fields, to, || value);
    }
    Shaped::of(fields, zeek_origin(log))
}

fn suricata(mut fields: Object) -> Shaped {
    let kind = text(&fields, "event_type").unwrap_or_default().to_owned();
    copy(&mut fields, "dest_ip", "dst_ip");
    copy(&mut fields, "dest_port", "dst_port");
    let pairs: &[(&str, &str)] = match kind.as_str() {
        "http" => &[
            ("http.url", "c-uri"),
            ("http.url", "cs-uri-query"),
            ("http.url", "cs-uri"),
            ("http.hostname", "cs-host"),
            ("http.http_method", "cs-method"),
            ("http.http_user_agent", "c-useragent"),
            ("http.http_user_agent", "cs-user-agent"),
            ("http.http_refer", "cs-referer"),
            ("http.status", "sc-status"),
        ],
        "dns" => &[("dns.rrname", "query"), ("dns.rrtype", "record_type"), ("dns.rdata", "answer")],
        "flow" | "netflow" => &[],
        _ => return Shaped::of(fields, log_source::of("suricata", &[], &[&kind])),
    };
    for (from, to) in pairs {
        let value = at(&fields, from).cloned();
        set_missing(&mut fields, to, || value);
    }
    if kind == "dns" {
        // Version 3 of the format lists the questions and answers.
        for (list, member, to) in [
            ("dns.queries", "rrname", "query"),
            ("dns.answers", "rdata", "answer"),
            ("dns.queries", "rrtype", "record_type"),
        ] {
            let values = at(&fields, list).and_then(Value::as_array).map(|list| {
                let values = list.iter().filter_map(|one| one.get(member).cloned());
                json!(values.collect::<Vec<Value>>())
            });
            set_missing(&mut fields, to, || values);
        }
    }
    let categories: &[&str] = match kind.as_str() {
        "http" => &["proxy", "webserver"],
        "dns" => &["dns"],
        _ => &["firewall"],
    };
    Shaped::of(fields, log_source::of("suricata", categories, &[&kind]))
}
