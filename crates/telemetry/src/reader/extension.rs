//! Events as a header and pairs in one line: CEF, LEEF, and the pairs of FortiGate.

use serde_json::json;

use super::Reader;
use crate::fields::{Object, copy, object};
use crate::log_source;
use crate::mapping::{self, Shaped, access};

/// Lines with `CEF:0|…` or `LEEF:…` (ArcSight, "Common Event Format"; IBM, "Log Event
/// Extended Format"), and lines of pairs as FortiGate writes them.
pub(super) static READER: Reader =
    Reader::of_lines("CEF, LEEF and FortiGate", |head| head.has_line(line), line);

fn line(text: &str) -> Result<Option<Shaped>, &'static str> {
    Ok(cef(text).or_else(|| leef(text)).or_else(|| fortigate(text)))
}

/// Where the header begins: at the start of the line, or behind that of syslog.
fn header<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let at = text.find(mark).filter(|at| *at == 0 || text.as_bytes().get(at - 1) == Some(&b' '))?;
    text.get(at + mark.len()..)
}

fn cef(text: &str) -> Option<Shaped> {
    let parts = split(header(text, "CEF:")?, 7);
    let [_, vendor, product, version, id, name, severity, extension] = parts.as_slice() else { return None };
    let mut fields = described(vendor, product, version, id);
    fields.insert("name".to_owned(), json!(name));
    fields.insert("severity".to_owned(), json!(severity));
    let unescape = |value: &str| value.replace("\\=", "=").replace("\\n", "\n").replace("\\\\", "\\");
    for (name, value) in spaced_pairs(extension) {
        fields.entry(name).or_insert_with(|| json!(unescape(value)));
    }
    Some(routed(fields))
}

fn leef(text: &str) -> Option<Shaped> {
    let body = header(text, "LEEF:")?;
    let second = body.starts_with('2');
    let parts = split(body, if second { 6 } else { 5 });
    let [_, vendor, product, version, id, rest @ ..] = parts.as_slice() else { return None };
    let mut fields = described(vendor, product, version, id);
    let (delimiter, pairs) = match rest {
        [delimiter, pairs] => (delimiter.clone(), pairs.clone()),
        [pairs] => (String::new(), pairs.clone()),
        _ => return None,
    };
    let code = delimiter.strip_prefix("0x").or_else(|| delimiter.strip_prefix('x'));
    let delimiter = match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
        Some(code) => char::from(code),
        None => delimiter.chars().next().unwrap_or('\t'),
    };
    for (name, value) in pairs.split(delimiter).filter_map(|pair| pair.split_once('=')) {
        fields.entry(name.trim().to_owned()).or_insert_with(|| json!(value));
    }
    Some(routed(fields))
}

/// The parts of a header at its bars, of which `bars` count.
fn split(text: &str, bars: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let open = parts.len() <= bars;
        let Some(last) = parts.last_mut() else { break };
        match letter {
            '\\' if open => last.extend(letters.next()),
            '|' if open => parts.push(String::new()),
            other => last.push(other),
        }
    }
    parts
}

fn described(vendor: &str, product: &str, version: &str, id: &str) -> Object {
    object([
        ("device_vendor", json!(vendor)),
        ("device_product", json!(product)),
        ("device_version", json!(version)),
        ("device_event_class_id", json!(id)),
    ])
}

/// The longest name of a pair, in bytes.
const MAX_NAME: usize = 128;

/// Pairs whose values may hold blanks: a value goes on to the next name.
fn spaced_pairs(text: &str) -> Vec<(String, &str)> {
    let mut starts = Vec::new();
    for (at, _) in text.match_indices('=') {
        if text.get(..at).is_some_and(|before| before.ends_with('\\')) {
            continue;
        }
        // Names are short; a text of equals signs alone is not searched again and again.
        let near = (at.saturating_sub(MAX_NAME)..=at).find_map(|from| text.get(from..at)).unwrap_or_default();
        let name = near.rsplit(' ').next().unwrap_or_default();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'[' | b']');
        if !name.is_empty() && name.bytes().all(plain) {
            starts.push((at - name.len(), at));
        }
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let pairs = starts.iter().zip(ends);
    pairs
        .filter_map(|((start, equals), end)| {
            Some((text.get(*start..*equals)?.to_owned(), text.get(equals + 1..end)?.trim_end()))
        })
        .collect()
}

/// Sigma's names for those of the two formats.
const NAMES: [(&str, &str); 22] = [
    ("src", "src_ip"),
    ("dst", "dst_ip"),
    ("spt", "src_port"),
    ("dpt", "dst_port"),
    ("srcPort", "src_port"),
    ("dstPort", "dst_port"),
    ("act", "action"),
    ("request", "c-uri"),
    ("url", "c-uri"),
    ("requestMethod", "cs-method"),
    ("requestClientApplication", "c-useragent"),
    ("dhost", "cs-host"),
    ("suser", "cs-username"),
    ("usrName", "cs-username"),
    ("filePath", "Filename"),
    ("fname", "Filename"),
    ("rt", "time"),
    ("devTime", "time"),
    ("dvchost", "Computer"),
    ("sproc", "Image"),
    ("dproc", "Image"),
    ("cs1", "cs1"),
];

fn routed(mut fields: Object) -> Shaped {
    for (from, to) in NAMES {
        copy(&mut fields, from, to);
    }
    let own = |name: &str| fields.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let (vendor, product, id) = (own("device_vendor"), own("device_product"), own("device_event_class_id"));
    // `Microsoft-Windows-Security-Auditing:4688`
    if let Some((provider, number)) = id.rsplit_once(':')
        && number.parse::<u32>().is_ok()
        && vendor == "Microsoft"
    {
        fields.insert("EventID".to_owned(), json!(number));
        fields.insert("Provider_Name".to_owned(), json!(provider));
        return mapping::map(fields);
    }
    if fields.contains_key("c-uri") {
        let target = own("c-uri");
        return access::request(fields, &target);
    }
    let (vendor, product) = (vendor.to_ascii_lowercase(), product.to_ascii_lowercase());
    let known = match vendor.as_str() {
        "fortinet" => "fortigate",
        "palo alto networks" => "paloalto",
        "cisco" => "cisco",
        "check point" => "checkpoint",
        _ => "",
    };
    let virus = ["antivirus", "malware", "endpoint"].iter().any(|word| product.contains(word));
    let categories: &[&str] = match () {
        () if fields.contains_key("dst_ip") => &["firewall"],
        () if virus => &["antivirus"],
        () => &[],
    };
    let name = if known.is_empty() { vendor.replace(' ', "_") } else { known.to_owned() };
    Shaped::of(fields, log_source::of(&name, categories, &[]))
}

/// `date=2026-03-02 time=08:00:00 devname="fw" logid="0100044547" type="event" …`
/// (Fortinet, "FortiOS log message reference").
fn fortigate(text: &str) -> Option<Shaped> {
    let before = |at: usize| text.as_bytes().get(at.wrapping_sub(1));
    let at = text.find("date=").filter(|at| *at == 0 || matches!(before(*at), Some(b' ' | b'>')))?;
    let body = text.get(at..)?;
    if !body.contains(" logid=") || !body.contains(" type=") {
        return None;
    }
    let mut fields = Object::new();
    let mut rest = body;
    while let Some((name, after)) = rest.split_once('=') {
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(' ').unwrap_or((after, "")),
        };
        fields.insert(name.trim().to_owned(), json!(value));
        rest = next.trim_start();
    }
    for (from, to) in [
        ("srcip", "src_ip"),
        ("dstip", "dst_ip"),
        ("srcport", "src_port"),
        ("dstport", "dst_port"),
        ("devname", "Computer"),
    ] {
        copy(&mut fields, from, to);
    }
    let own = |name: &str| fields.get(name).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let moment = crate::time::moment(&format!("{}T{}", own("date"), own("time")));
    let (kind, sub) = (own("type"), own("subtype"));
    let categories: &[&str] = if kind == "traffic" { &["firewall"] } else { &[] };
    let mut shaped = Shaped::of(fields, log_source::of("fortigate", categories, &[&kind, &sub]));
    shaped.time = moment.or(shaped.time);
    Some(shaped)
}
