//! Verdicts and findings for other programs: one JSON object a line, or CSV.

use model::diagnostic::Diagnostic;
use model::record::Record;

use crate::list::{self, Cell, Table};

/// Returns one verdict a line as JSON.
pub fn ndjson(record: &Record) -> String {
    let lines: Vec<String> = record.verdicts.iter().filter_map(|v| serde_json::to_string(v).ok()).collect();
    lines.join("\n")
}

/// Returns the verdicts as comma-separated values.
pub fn csv(record: &Record) -> String {
    // Without a technique there is no verdict: what fired is all there is to tell.
    let table = if record.verdicts.is_empty() { list::firings(record) } else { list::verdicts(record) };
    table.csv()
}

/// Returns findings about content as comma-separated values.
pub fn findings_csv(findings: &[Diagnostic]) -> String {
    let rows = findings.iter().map(|d| {
        vec![
            Cell::from(d.severity.to_string()),
            d.file.clone().into(),
            d.position.as_ref().map(|p| p.line).into(),
            d.position.as_ref().map(|p| p.column).into(),
            d.code.clone().into(),
            d.message.clone().into(),
            d.help.clone().into(),
        ]
    });
    Table::new(["severity", "file", "line", "column", "code", "message", "help"], rows).csv()
}
