//! Syslog lines: the traditional form (RFC 3164) and the structured one (RFC 5424).

use serde_json::json;

use super::{Head, Reader, text};
use crate::cut;
use crate::fields::object;
use crate::log_source;
use crate::mapping::Shaped;
use crate::time::moment;

/// Lines of syslog.
pub(super) const READER: Reader = Reader {
    name: "syslog",
    sniff,
    cut: cut::lines::events,
    parse: text::parse,
    places: Some(text::places),
    line: Some(|text| Ok(line(text))),
};

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
        origin: log_source::syslog(program),
        fields,
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
