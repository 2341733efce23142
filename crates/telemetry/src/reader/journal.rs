//! Exports of systemd's journal (`journalctl -o export`), whose values may be any bytes.

use serde_json::{Value, json};

use super::{Head, Reader};
use crate::batch::{Parsed, Piece, place};
use crate::cut::entries::{self, Field};
use crate::fields::{Object, push};
use crate::mapping;

/// Entries as "Journal Export Formats" of systemd describes them.
pub(super) static READER: Reader = Reader {
    name: "journal export",
    sniff,
    cut: entries::split,
    parse,
    places: None,
    apart: false,
    line: None,
};

fn sniff(head: &Head<'_>) -> bool {
    entries::begins(head.bytes)
}

fn parse(piece: &Piece, parsed: &mut Parsed) {
    let mut start = 0;
    for ((end, _), index) in piece.ends.iter().zip(piece.first..) {
        let fields = entry(piece.bytes.get(start..*end).unwrap_or_default());
        start = *end;
        parsed.events.push(place(mapping::map(fields), index));
    }
}

/// Returns the fields of an entry. A name that comes more than once has a list.
fn entry(mut bytes: &[u8]) -> Object {
    let mut fields = Object::new();
    while let Field::Whole(name, value, length) = entries::field(bytes) {
        push(&mut fields, name, text(value));
        bytes = bytes.get(length..).unwrap_or_default();
    }
    fields
}

fn text(value: &[u8]) -> Value {
    json!(String::from_utf8_lossy(value))
}
