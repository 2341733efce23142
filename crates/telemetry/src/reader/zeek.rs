//! Zeek's logs as tables with tabs.

use model::diagnostic::Diagnostic;
use serde_json::{Value, json};

use super::{Head, Reader};
use crate::batch::{Parsed, Piece, place, position};
use crate::cut;
use crate::fields::Object;
use crate::mapping;

/// Files that begin with `#separator` (Zeek, "Log formats").
pub(super) static READER: Reader = Reader {
    name: "Zeek tables",
    sniff,
    cut: cut::lines::headed,
    parse,
    places: None,
    apart: false,
    line: None,
};

fn sniff(head: &Head<'_>) -> bool {
    head.bytes.starts_with(b"#separator ")
        || crate::batch::lines(head.bytes).take(16).any(|line| line.starts_with(b"#fields\t"))
}

/// What the header says about the rows below it.
struct Header {
    separator: String,
    set_separator: String,
    empty: String,
    unset: String,
    path: String,
    names: Vec<String>,
    types: Vec<String>,
}

impl Default for Header {
    fn default() -> Self {
        let own = str::to_owned;
        let (separator, set_separator) = (own("\t"), own(","));
        let (empty, unset, path) = (own("(empty)"), own("-"), String::new());
        Self { separator, set_separator, empty, unset, path, names: Vec::new(), types: Vec::new() }
    }
}

impl Header {
    fn note(&mut self, line: &str) {
        if let Some(separator) = line.strip_prefix("#separator ") {
            let code = separator.trim().strip_prefix("\\x").and_then(|hex| u8::from_str_radix(hex, 16).ok());
            self.separator = code.map_or_else(|| separator.to_owned(), |code| char::from(code).to_string());
            return;
        }
        let Some((name, rest)) = line.split_once(self.separator.as_str()) else { return };
        let list = || rest.split(self.separator.as_str()).map(str::to_owned).collect();
        match name {
            "#set_separator" => rest.clone_into(&mut self.set_separator),
            "#empty_field" => rest.clone_into(&mut self.empty),
            "#unset_field" => rest.clone_into(&mut self.unset),
            "#path" => rest.clone_into(&mut self.path),
            "#fields" => self.names = list(),
            "#types" => self.types = list(),
            _ => {}
        }
    }

    fn row(&self, line: &str) -> Option<Object> {
        let values: Vec<&str> = line.split(self.separator.as_str()).collect();
        if values.len() != self.names.len() {
            return None;
        }
        let mut fields = Object::new();
        if !self.path.is_empty() {
            fields.insert("_path".to_owned(), json!(self.path));
        }
        for (i, (name, value)) in self.names.iter().zip(values).enumerate() {
            let kind = self.types.get(i).map_or("string", String::as_str);
            if let Some(value) = self.value(kind, value) {
                fields.insert(name.clone(), value);
            }
        }
        Some(fields)
    }

    fn value(&self, kind: &str, text: &str) -> Option<Value> {
        if text == self.unset {
            return None;
        }
        let list = kind.strip_prefix("vector[").or_else(|| kind.strip_prefix("set["));
        if let Some(inner) = list.and_then(|inner| inner.strip_suffix(']')) {
            let items = text.split(self.set_separator.as_str()).filter(|item| *item != self.empty);
            return Some(Value::Array(items.filter_map(|item| self.value(inner, item)).collect()));
        }
        if text == self.empty {
            return Some(json!(""));
        }
        Some(match kind {
            "bool" => json!(text == "T"),
            "count" | "int" | "port" => text.parse::<i64>().map_or_else(|_| json!(text), |n| json!(n)),
            _ => json!(text),
        })
    }
}

fn parse(piece: &Piece, parsed: &mut Parsed) {
    let mut header = Header::default();
    piece.header.lines().for_each(|line| header.note(line));
    for (i, raw) in piece.lines().enumerate() {
        let i = i as u64;
        let line = String::from_utf8_lossy(raw);
        let line = line.trim_start_matches('\u{feff}');
        if line.starts_with('#') {
            header.note(line);
        } else if !line.trim().is_empty() {
            match header.row(line) {
                Some(fields) => parsed.events.push(place(mapping::map(fields), piece.first + i)),
                None => parsed.fault(|| {
                    Diagnostic::warning(
                        &piece.file,
                        "events.columns",
                        "a line has another number of values than `#fields` names",
                    )
                    .help("check whether the line is whole")
                    .at(position(piece.line + i), 1)
                }),
            }
        }
    }
}
