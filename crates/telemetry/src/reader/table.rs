//! Tables with commas, semicolons or tabs, as hunting and audit portals export events.

use model::diagnostic::Diagnostic;
use serde_json::json;

use super::{Head, Reader};
use crate::batch::{Parsed, Piece, lines, place, position};
use crate::cut;
use crate::fields::Object;
use crate::mapping;

/// Tables whose first row names the columns (RFC 4180).
pub(super) static READER: Reader = Reader {
    name: "tables (CSV)",
    sniff,
    cut: cut::rows::split,
    parse,
    places: None,
    apart: false,
    line: None,
};

/// Columns by which events are told from any other table.
const MARKS: [&[&str]; 9] = [
    &["EventId", "Payload"],
    &["ActionType", "DeviceName"],
    &["AuditData"],
    &["eventSource", "eventName"],
    &["OperationName", "TimeGenerated"],
    &["OperationNameValue"],
    &["EventID", "Channel"],
    &["Id", "ProviderName"],
    &["_raw", "_time"],
];

fn sniff(head: &Head<'_>) -> bool {
    let Some(first) = lines(head.bytes).next() else { return false };
    let first = String::from_utf8_lossy(first);
    let names = cells(&first, delimiter(&first));
    let has = |mark: &&str| names.iter().any(|name| name == mark);
    names.len() > 2 && MARKS.iter().any(|marks| marks.iter().all(&has))
}

fn delimiter(header: &str) -> char {
    [',', ';', '\t'].into_iter().max_by_key(|d| header.matches(*d).count()).unwrap_or(',')
}

/// The cells of a row; a quote inside quotes is doubled.
fn cells(row: &str, delimiter: char) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut letters = row.trim_end_matches(['\r', '\n']).chars().peekable();
    while let Some(letter) = letters.next() {
        let Some(cell) = cells.last_mut() else { break };
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            letter if letter == delimiter && !quoted => cells.push(String::new()),
            letter => cell.push(letter),
        }
    }
    cells
}

fn parse(piece: &Piece, parsed: &mut Parsed) {
    let delimiter = delimiter(&piece.header);
    let names = cells(&piece.header, delimiter);
    let mut start = 0;
    for (i, (end, line)) in piece.ends.iter().enumerate() {
        let row = String::from_utf8_lossy(piece.bytes.get(start..*end).unwrap_or_default());
        start = *end;
        let cells = cells(&row, delimiter);
        if row.trim().is_empty() {
            continue;
        }
        if cells.len() != names.len() {
            parsed.fault(|| {
                let message = "a row has another number of cells than the first";
                Diagnostic::warning(&piece.file, "events.columns", message)
                    .help("check whether the row is whole")
                    .at(position(*line), 1)
            });
            continue;
        }
        let full = names.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let fields: Object = full.map(|(name, cell)| (name.clone(), json!(cell))).collect();
        parsed.events.push(place(mapping::map(fields), piece.first + i as u64));
    }
}
