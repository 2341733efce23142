//! Access logs of web servers and proxies, from JSON and from their own text formats.

use std::sync::{Arc, LazyLock};

use model::event::Origin;
use serde_json::{Value, json};

use super::{Mapping, Shaped};
use crate::fields::{Object, at, copy, set_missing, text};
use crate::log_source;

/// Requests as JSON, with the names of nginx's variables, Apache's modules, Caddy or Traefik.
pub(super) static MAPPING: Mapping = Mapping {
    name: "access logs as JSON",
    is: |object| {
        let has = |names: &[&str]| names.iter().any(|name| at(object, name).is_some());
        has(&["request_uri", "uri", "request", "request.uri", "url", "RequestPath", "cs-uri-stem"])
            && has(&["status", "status_code", "response", "DownstreamStatus", "sc-status"])
            && has(&[
                "remote_addr",
                "remote_ip",
                "clientip",
                "client_ip",
                "remote_host",
                "request.remote_ip",
                "ClientHost",
                "c-ip",
            ])
    },
    map: json_request,
    feeds: || vec![SERVER.clone(), PROXY.clone()],
};

static SERVER: LazyLock<Arc<Origin>> =
    LazyLock::new(|| log_source::of("", &["webserver"], &["apache", "nginx"]));
static PROXY: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("", &["proxy", "webserver"], &[]));
static IIS: LazyLock<Arc<Origin>> = LazyLock::new(|| log_source::of("windows", &["webserver"], &["iis"]));

/// Sigma's names (Sigma, "Taxonomy", web server and proxy logs) and where they are found.
const NAMES: [(&str, &[&str]); 9] = [
    (
        "c-ip",
        &[
            "remote_addr",
            "remote_ip",
            "clientip",
            "client_ip",
            "remote_host",
            "request.remote_ip",
            "ClientHost",
        ],
    ),
    ("cs-method", &["request_method", "method", "verb", "request.method", "RequestMethod"]),
    ("sc-status", &["status", "status_code", "response", "DownstreamStatus"]),
    (
        "cs-user-agent",
        &[
            "http_user_agent",
            "user_agent",
            "agent",
            "userAgent",
            "request_User-Agent",
            "request.headers.User-Agent",
        ],
    ),
    ("cs-referer", &["http_referer", "referer", "referrer", "request.headers.Referer"]),
    ("cs-host", &["http_host", "host_header", "server_name", "vhost", "request.host", "RequestHost"]),
    ("cs-username", &["remote_user", "user", "auth"]),
    ("cs-cookie", &["http_cookie", "cookie"]),
    ("target", &["request_uri", "uri", "request.uri", "RequestPath", "url", "request"]),
];

fn json_request(mut fields: Object) -> Shaped {
    for (to, from) in NAMES {
        let value = from.iter().find_map(|name| at(&fields, name).filter(|v| !v.is_object() && !v.is_null()));
        let value = value.cloned();
        set_missing(&mut fields, to, || value);
    }
    let target = text(&fields, "target").unwrap_or_default().to_owned();
    fields.remove("target");
    // The whole request line: `GET /path HTTP/1.1`.
    let words: Vec<&str> = target.split(' ').collect();
    let target = match words.as_slice() {
        [method, target, ..] => {
            let method = json!(method);
            set_missing(&mut fields, "cs-method", || Some(method));
            (*target).to_owned()
        }
        _ => target,
    };
    request(fields, &target)
}

/// Completes the fields of a request for `target`, the text between method and version.
pub(crate) fn request(mut fields: Object, target: &str) -> Shaped {
    let target = if target.is_empty() {
        text(&fields, "cs-uri-stem").unwrap_or("/").to_owned()
    } else {
        target.to_owned()
    };
    let path = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| rest.get(at..).unwrap_or("/")),
        None => &target,
    };
    let (stem, query) = path.split_once('?').map_or((path, None), |(stem, query)| (stem, Some(query)));
    set_missing(&mut fields, "cs-uri-stem", || Some(json!(stem)));
    // Rules look for paths and for parameters under the name of the query.
    let whole = match query {
        Some(query) => json!([query, path]),
        None => json!(path),
    };
    set_missing(&mut fields, "cs-uri-query", || Some(whole));
    for name in ["cs-uri", "c-uri"] {
        set_missing(&mut fields, name, || Some(json!(target)));
    }
    set_missing(&mut fields, "c-uri-query", || query.map(|query| json!(query)));
    let file = stem.rsplit('/').next().unwrap_or_default();
    set_missing(&mut fields, "c-uri-extension", || Some(json!(file.rsplit_once('.')?.1)));
    for (one, other) in
        [("cs-user-agent", "c-useragent"), ("cs-host", "r-dns"), ("cs-referer", "cs-referrer")]
    {
        copy(&mut fields, one, other);
        copy(&mut fields, other, one);
    }
    if let Some(host) = target.split_once("://").and_then(|(_, rest)| rest.split(['/', ':', '?']).next()) {
        for name in ["cs-host", "r-dns"] {
            set_missing(&mut fields, name, || Some(json!(host)));
        }
    }
    // A proxy is asked for whole addresses, or to pass a connection on.
    let connect = text(&fields, "cs-method").is_some_and(|method| method.eq_ignore_ascii_case("CONNECT"));
    if connect && let Some((host, _)) = target.split_once(':') {
        for name in ["cs-host", "r-dns"] {
            set_missing(&mut fields, name, || Some(json!(host)));
        }
    }
    let origin = if connect || target.contains("://") { &PROXY } else { &SERVER };
    Shaped::of(fields, (**origin).clone())
}

/// Returns a request of an extended log file: of a proxy, of IIS, or of another server.
pub(crate) fn extended(mut fields: Object, software: &str) -> Shaped {
    let stem =
        text(&fields, "cs-uri-stem").or_else(|| text(&fields, "cs-uri-path")).unwrap_or_default().to_owned();
    let query = fields.remove("cs-uri-query").and_then(|q| q.as_str().map(str::to_owned)).unwrap_or_default();
    let query = query.trim_start_matches('?');
    let path = if query.is_empty() { stem.clone() } else { format!("{stem}?{query}") };
    let host = text(&fields, "cs-host").or_else(|| text(&fields, "cs-uri-host")).map(str::to_owned);
    let proxy = software.to_ascii_lowercase().contains("sgos")
        || ["s-action", "cs-uri-scheme", "sc-filter-result", "r-ip"]
            .iter()
            .any(|name| fields.contains_key(*name));
    let whole = text(&fields, "cs-uri").map(str::to_owned);
    let target = match (whole, host.filter(|_| proxy)) {
        (Some(whole), _) => whole,
        (None, Some(host)) => {
            let scheme = text(&fields, "cs-uri-scheme").unwrap_or("http");
            format!("{scheme}://{host}{path}")
        }
        (None, None) => path,
    };
    let mut shaped = request(fields, &target);
    if proxy {
        shaped.origin = PROXY.clone();
    } else if software.contains("Internet Information Services") || !target.contains("://") {
        shaped.origin = IIS.clone();
    }
    shaped
}

/// Returns an error log line of a web server.
pub(crate) fn error(fields: Object) -> Shaped {
    Shaped::of(fields, SERVER.clone())
}

/// Whether the value is the dash that stands for nothing.
pub(crate) fn nothing(value: &str) -> bool {
    value == "-" || value.is_empty()
}

/// Returns a value of an access log, a number where it is one.
pub(crate) fn value(text: &str) -> Value {
    text.parse::<u64>().map_or_else(|_| json!(text), |number| json!(number))
}
