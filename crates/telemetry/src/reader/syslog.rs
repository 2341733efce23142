//! Syslog lines: the traditional form (RFC 3164) and the structured one (RFC 5424).

use std::sync::Arc;

use model::event::Origin;
use serde_json::json;

use super::{Head, READERS, Reader, text};
use crate::cut;
use crate::fields::object;
use crate::log_source;
use crate::mapping::{self, Shaped};
use crate::time::moment;

/// Lines of syslog.
pub(super) static READER: Reader = Reader {
    name: "syslog",
    sniff,
    cut: cut::lines::events,
    parse: text::parse,
    places: Some(text::places),
    apart: false,
    line: Some(|text| Ok(whole(text))),
};

/// The line, or the event of another format that is its message.
fn whole(text: &str) -> Option<Shaped> {
    let outer = line(text)?;
    let message = outer.fields.get("message").and_then(|m| m.as_str()).unwrap_or_default().trim();
    let others = READERS.iter().filter(|reader| reader.name != READER.name).filter_map(|reader| reader.line);
    let inner = others.into_iter().find_map(|read| read(message).ok().flatten());
    let inner =
        inner.or_else(|| super::json_text(message.trim_start_matches("@cee:").trim()).map(mapping::map));
    let Some(mut inner) = inner else { return Some(outer) };
    inner.time = inner.time.or(outer.time);
    inner.host = inner.host.or(outer.host);
    inner.fields.complete(outer.fields.into_iter().filter(|(name, _)| name != "message"));
    Some(inner)
}

/// Network devices put a mnemonic into the message: `%SYS-5-CONFIG_I:` (Cisco, "System
/// message format"), `%%01BGP/3/…` (Huawei), `rpd[1]: BGP_…` (Juniper).
fn device(program: &str, message: &str) -> Option<Arc<Origin>> {
    if let Some(rest) = program.strip_prefix("%%01").or_else(|| message.split_once("%%01").map(|(_, r)| r)) {
        let module = rest.split('/').next().unwrap_or_default().to_ascii_lowercase();
        return Some(log_source::of("huawei", &[], &[&module]));
    }
    if program == "rpd" && message.to_ascii_lowercase().contains("bgp_") {
        return Some(log_source::of("juniper", &[], &["bgp"]));
    }
    let body =
        if program.starts_with('%') { program } else { message.split_once('%').map_or("", |(_, b)| b) };
    let body = body.trim_start_matches('%');
    let severity = body.as_bytes().windows(3).position(|w| matches!(w, [b'-', b'0'..=b'7', b'-']))?;
    let facility = body.get(..severity)?;
    let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    if facility.is_empty() || !facility.bytes().all(upper) {
        return None;
    }
    // What users typed is told by accounting and by the logger alike; the transport's
    // messages are about BGP when they name its port.
    let mut services = vec!["aaa", "syslog"];
    if facility.contains("BGP") || message.contains(":179") {
        services.push("bgp");
    }
    if facility.contains("LDP") || message.contains("LDP") {
        services.push("ldp");
    }
    Some(log_source::of("cisco", &[], &services))
}

fn sniff(head: &Head<'_>) -> bool {
    head.has_line(|text| Ok(line(text)))
}

/// Returns the line as an event, or `None` when it has no syslog header.
///
/// The traditional header has no year, so such events have no time.
fn line(text: &str) -> Option<Shaped> {
    let (priority, rest) = priority(text);
    let header = modern(rest, priority.is_some()).or_else(|| traditional(rest))?;
    let (program, pid) = match header.tag.split_once('[') {
        Some((program, pid)) => (program, pid.strip_suffix(']').unwrap_or(pid)),
        None => (header.tag, header.pid.unwrap_or_default()),
    };
    let mut fields = object([
        ("host", json!(header.host)),
        ("program", json!(program)),
        ("message", json!(header.message)),
    ]);
    if !pid.is_empty() {
        fields.insert("pid".to_owned(), json!(pid));
    }
    if let Some(priority) = priority {
        fields.insert("priority".to_owned(), json!(priority));
    }
    Some(Shaped {
        time: header.time.and_then(moment),
        arrived: None,
        host: Some(header.host.to_owned()),
        origin: device(program, header.message).unwrap_or_else(|| log_source::syslog(program)),
        fields: fields.into(),
    })
}

struct Header<'a> {
    time: Option<&'a str>,
    host: &'a str,
    tag: &'a str,
    pid: Option<&'a str>,
    message: &'a str,
}

/// The `<34>` in front, facility times eight plus severity.
fn priority(text: &str) -> (Option<u8>, &str) {
    let parsed = text.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    match parsed.and_then(|(digits, rest)| Some((digits.parse().ok()?, rest))) {
        Some((priority, rest)) => (Some(priority), rest),
        None => (None, text),
    }
}

/// `1 2026-03-02T08:00:00Z host program 12 id [data] message`, the leading version
/// only with a priority; or, as rsyslog files have it, the moment in front of the
/// traditional header.
fn modern(text: &str, with_priority: bool) -> Option<Header<'_>> {
    let structured = text.strip_prefix("1 ").filter(|_| with_priority);
    let text = structured.unwrap_or(text);
    let (time, rest) = text.split_once(' ')?;
    moment(time)?;
    let (host, rest) = rest.split_once(' ')?;
    if structured.is_none() {
        let (tag, message) = tag(rest)?;
        return Some(Header { time: Some(time), host, tag, pid: None, message });
    }
    let (tag, rest) = rest.split_once(' ')?;
    let (pid, rest) = rest.split_once(' ')?;
    let (_id, rest) = rest.split_once(' ')?;
    let message = rest.strip_prefix("- ").unwrap_or(rest).trim_start_matches('\u{feff}');
    Some(Header { time: Some(time), host, tag, pid: Some(pid).filter(|p| *p != "-"), message })
}

/// `Mar 11 19:26:39 host program[3]: message`.
fn traditional(text: &str) -> Option<Header<'_>> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (month, rest) = text.split_once(' ')?;
    if !MONTHS.contains(&month) {
        return None;
    }
    let (day, rest) = rest.trim_start().split_once(' ')?;
    day.parse::<u8>().ok().filter(|d| (1..=31).contains(d))?;
    let (clock, rest) = rest.split_once(' ')?;
    if clock.len() < 8 || clock.as_bytes()[2] != b':' {
        return None;
    }
    let (host, rest) = rest.split_once(' ')?;
    let (tag, message) = tag(rest)?;
    Some(Header { time: None, host, tag, pid: None, message })
}

fn tag(text: &str) -> Option<(&str, &str)> {
    let (tag, message) = text.split_once(':')?;
    if tag.is_empty() || tag.contains(' ') {
        return None;
    }
    Some((tag, message.strip_prefix(' ').unwrap_or(message)))
}
