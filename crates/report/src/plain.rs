//! Verdicts and findings for other programs: one JSON object a line, or CSV.

use model::diagnostic::Diagnostic;
use model::record::Record;

use crate::list;

/// Returns one verdict a line as JSON.
pub fn ndjson(record: &Record) -> String {
    let lines: Vec<String> = record.verdicts.iter().filter_map(|v| serde_json::to_string(v).ok()).collect();
    lines.join("\n")
}

/// Returns the verdicts as comma-separated values.
pub fn csv(record: &Record) -> String {
    // Without a technique there is no verdict: what fired is all there is to tell.
    let (header, rows) =
        if record.verdicts.is_empty() { list::firings(record) } else { list::verdicts(record) };
    list::csv(&header, &rows)
}

/// Returns findings about content as comma-separated values.
pub fn findings_csv(findings: &[Diagnostic]) -> String {
    let rows: Vec<Vec<String>> = findings
        .iter()
        .map(|d| {
            let place = |pick: fn(&model::diagnostic::Position) -> u32| {
                d.position.as_ref().map_or_else(String::new, |p| pick(p).to_string())
            };
            vec![
                d.severity.to_string(),
                d.file.clone(),
                place(|p| p.line),
                place(|p| p.column),
                d.code.clone(),
                d.message.clone(),
                d.help.clone().unwrap_or_default(),
            ]
        })
        .collect();
    list::csv(&["severity", "file", "line", "column", "code", "message", "help"], &rows)
}
