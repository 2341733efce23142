//! The extended log file format of the W3C: IIS, and proxies such as Blue Coat.

use model::diagnostic::Diagnostic;
use serde_json::json;

use super::{Head, Reader};
use crate::batch::{Parsed, Piece, place, position};
use crate::cut;
use crate::fields::Object;
use crate::mapping::{Shaped, access};

/// Files with a `#Fields:` line (W3C, "Extended Log File Format").
pub(super) static READER: Reader = Reader {
    name: "W3C extended log",
    sniff,
    cut: cut::lines::headed,
    parse,
    places: None,
    apart: false,
    line: None,
};

fn sniff(head: &Head<'_>) -> bool {
    crate::batch::lines(head.bytes).take(16).any(|line| line.starts_with(b"#Fields:"))
}

/// The directives that hold for the lines that follow.
#[derive(Default)]
struct Directives {
    names: Vec<String>,
    software: String,
    date: String,
}

impl Directives {
    fn note(&mut self, line: &str) {
        if let Some(names) = line.strip_prefix("#Fields:") {
            self.names = names.split_ascii_whitespace().map(name).collect();
        } else if let Some(software) = line.strip_prefix("#Software:") {
            software.trim().clone_into(&mut self.software);
        } else if let Some(date) = line.strip_prefix("#Date:") {
            date.split_ascii_whitespace().next().unwrap_or_default().clone_into(&mut self.date);
        }
    }
}

/// Sigma's name: `cs(User-Agent)` is `cs-user-agent`.
fn name(own: &str) -> String {
    own.to_ascii_lowercase().replace('(', "-").replace(')', "")
}

fn parse(piece: &Piece, parsed: &mut Parsed) {
    let mut directives = Directives::default();
    piece.header.lines().for_each(|line| directives.note(line));
    for (i, raw) in piece.lines().enumerate() {
        let i = i as u64;
        let line = String::from_utf8_lossy(raw);
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.starts_with('#') {
            directives.note(line);
        } else if !line.is_empty() {
            match row(&directives, line) {
                Some(shaped) => parsed.events.push(place(shaped, piece.first + i)),
                None => parsed.fault(|| {
                    Diagnostic::warning(
                        &piece.file,
                        "events.columns",
                        "a line has another number of values than `#Fields` names",
                    )
                    .help("check whether the line is whole")
                    .at(position(piece.line + i), 1)
                }),
            }
        }
    }
}

fn row(directives: &Directives, line: &str) -> Option<Shaped> {
    let values = values(line)?;
    if values.len() != directives.names.len() || values.is_empty() {
        return None;
    }
    let iis = directives.software.contains("Internet Information Services");
    let mut fields = Object::new();
    for (name, value) in directives.names.iter().zip(values) {
        if access::nothing(&value) {
            continue;
        }
        // IIS puts a plus for every blank.
        let value = if iis && name.starts_with("cs-") && name.contains("agent") {
            value.replace('+', " ")
        } else {
            value
        };
        let value = if name.starts_with("sc-") || name.ends_with("port") {
            access::value(&value)
        } else {
            json!(value)
        };
        fields.insert(name.clone(), value);
    }
    let text = |name: &str| fields.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    let date = text("date").unwrap_or_else(|| directives.date.clone());
    let moment = text("time").map(|clock| format!("{date} {clock}"));
    let mut shaped = access::extended(fields, &directives.software);
    shaped.time = moment.and_then(|moment| crate::time::moment(&moment)).or(shaped.time);
    Some(shaped)
}

/// The values of a line; those that hold blanks stand in quotes.
fn values(line: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let (value, after) = match rest.strip_prefix('"') {
            Some(body) => body.split_once('"')?,
            None => rest.split_once([' ', '\t']).unwrap_or((rest, "")),
        };
        values.push(value.to_owned());
        rest = after.trim_start();
    }
    Some(values)
}
