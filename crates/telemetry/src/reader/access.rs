//! Access and error logs of web servers and proxies in their text formats: common and
//! combined, with a host in front, and Squid's own.

use serde_json::json;

use super::Reader;
use crate::fields::{Object, object};
use crate::mapping::{Shaped, access};
use crate::time::named_month;

/// Lines of an access or error log.
pub(super) static READER: Reader = Reader::of_lines("web access log", |head| head.has_line(line), line);

fn line(text: &str) -> Result<Option<Shaped>, &'static str> {
    Ok(combined(text).or_else(|| squid(text)).or_else(|| error(text)))
}

/// `[host ]address ident user [moment] "method target version" status bytes[ "referer" "agent"]`
/// (Apache, "Log files"; nginx, `log_format combined`).
fn combined(text: &str) -> Option<Shaped> {
    let (before, rest) = text.split_once(" [")?;
    let words: Vec<&str> = before.split(' ').collect();
    let (host, address, user) = match words.as_slice() {
        [address, _, user] => (None, *address, *user),
        [host, address, _, user] => (Some(*host), *address, *user),
        _ => return None,
    };
    let (moment, rest) = rest.split_once("] ")?;
    let time = named_month(moment)?;
    let (request, rest) = quoted(rest)?;
    let mut numbers = rest.trim_start().splitn(3, ' ');
    let status = numbers.next().filter(|s| s.len() == 3 && s.bytes().all(|b| b.is_ascii_digit()))?;
    let bytes = numbers.next().unwrap_or("-");
    let tail = numbers.next().unwrap_or_default();
    let mut fields = object([("c-ip", json!(address)), ("sc-status", access::value(status))]);
    let mut set = |name: &str, value: &str| {
        if !access::nothing(value) {
            fields.insert(name.to_owned(), access::value(value));
        }
    };
    set("sc-bytes", bytes);
    set("cs-username", user);
    set("cs-host", host.unwrap_or_default());
    let mut tail = tail;
    for name in ["cs-referer", "cs-user-agent", "cs-cookie"] {
        let Some((value, rest)) = quoted(tail) else { break };
        if !access::nothing(&value) {
            fields.insert(name.to_owned(), json!(value));
        }
        tail = rest.trim_start();
    }
    Some(asked(fields, &request, Some(time)))
}

fn asked(mut fields: Object, request: &str, time: Option<model::quantity::Timestamp>) -> Shaped {
    let mut words = request.split(' ');
    let (first, second) = (words.next().unwrap_or_default(), words.next());
    let target = match second {
        Some(target) => {
            fields.insert("cs-method".to_owned(), json!(first));
            target
        }
        // Bytes that are no request are still what was sent.
        None => first,
    };
    fields.insert("request".to_owned(), json!(request));
    let mut shaped = access::request(fields, target);
    shaped.time = time.or(shaped.time);
    shaped
}

/// A text in quotes, in which quotes are escaped, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let body = text.trim_start().strip_prefix('"')?;
    let mut value = String::new();
    let mut letters = body.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, body.get(at + 1..)?)),
            '\\' => match letters.next() {
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => return None,
            },
            other => value.push(other),
        }
    }
    None
}

/// `1772438400.123 45 10.0.0.5 TCP_MISS/200 1234 GET http://host/ user DIRECT/1.2.3.4 text/html`
/// (Squid, "Native log format").
fn squid(text: &str) -> Option<Shaped> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [moment, elapsed, address, result, bytes, method, target, user, peer, ..] = words.as_slice() else {
        return None;
    };
    let (seconds, _) = moment.split_once('.')?;
    let (action, status) = result.split_once('/')?;
    let numeric = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if seconds.len() < 9 || !numeric(seconds) || !numeric(elapsed) || !numeric(bytes) || !peer.contains('/') {
        return None;
    }
    let mut fields = object([
        ("c-ip", json!(address)),
        ("s-action", json!(action)),
        ("sc-status", access::value(status)),
        ("sc-bytes", access::value(bytes)),
        ("cs-method", json!(method)),
        ("time", json!(moment)),
    ]);
    if !access::nothing(user) {
        fields.insert("cs-username".to_owned(), json!(user));
    }
    Some(access::request(fields, target))
}

/// `[Mon Mar 02 08:00:00.000001 2026] [core:error] [pid 1] text` and
/// `2026/03/02 08:00:00 [error] 1#1: *1 text`.
fn error(text: &str) -> Option<Shaped> {
    let apache = text.strip_prefix('[').and_then(|rest| {
        let (moment, rest) = rest.split_once("] [")?;
        let (level, message) = rest.split_once("] ")?;
        let words: Vec<&str> = moment.split_ascii_whitespace().collect();
        let [_, month, day, clock, year] = words.as_slice() else { return None };
        let time = named_month(&format!("{day}/{month}/{year}:{}", clock.get(..8)?))?;
        Some((time, level.rsplit(':').next()?.to_owned(), message.to_owned()))
    });
    let nginx = || {
        let (date, rest) = text.split_once(' ')?;
        let (clock, rest) = rest.split_once(" [")?;
        let (level, message) = rest.split_once("] ")?;
        let time = crate::time::moment(&format!("{}T{clock}", date.replace('/', "-")))?;
        (date.contains('/') && message.contains('#')).then(|| (time, level.to_owned(), message.to_owned()))
    };
    let (time, level, message) = apache.or_else(nginx)?;
    let mut shaped = access::error(object([("level", json!(level)), ("message", json!(message))]));
    shaped.time = Some(time);
    Some(shaped)
}
