//! Rows as a table for people, as JSON, or as comma-separated values.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

/// Returns the rows as a table of at most `width` columns; long cells are wrapped.
pub fn table(header: &[&'static str], rows: &[Vec<String>], width: usize) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_header(header.iter().map(|h| h.to_uppercase()));
    for row in rows {
        table.add_row(row.iter().map(|cell| crate::wrap::clean(cell)));
    }
    let mut lines: Vec<String> = table.to_string().lines().map(|l| l.trim_end().to_owned()).collect();
    lines.push(format!("\n{} {}", rows.len(), if rows.len() == 1 { "row" } else { "rows" }));
    lines.join("\n")
}

fn object(header: &[&'static str], row: &[String]) -> Value {
    let pairs = header.iter().zip(row).map(|(h, cell)| ((*h).to_owned(), Value::String(cell.clone())));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// Returns the rows as one JSON array of objects.
pub fn json(header: &[&'static str], rows: &[Vec<String>]) -> String {
    let lines: Vec<String> = rows.iter().map(|row| object(header, row).to_string()).collect();
    format!("[{}]", lines.join(",\n"))
}

/// Returns the rows as one JSON object a line.
pub fn ndjson(header: &[&'static str], rows: &[Vec<String>]) -> String {
    rows.iter().map(|row| object(header, row).to_string()).collect::<Vec<_>>().join("\n")
}

/// Returns the rows as comma-separated values (RFC 4180). A cell that a
/// spreadsheet would take for a formula gets a quote in front.
pub fn csv(header: &[&'static str], rows: &[Vec<String>]) -> String {
    let mut lines = vec![header.join(",")];
    lines.extend(rows.iter().map(|row| row.iter().map(|c| cell(c)).collect::<Vec<_>>().join(",")));
    lines.join("\r\n")
}

fn cell(text: &str) -> String {
    let armed = text.starts_with(['=', '+', '@', '\t', '\r']);
    let text = if armed { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_disarmed() {
        let rows = vec![vec!["a,b".to_owned(), "say \"hi\"".to_owned(), "=1+1".to_owned()]];
        assert_eq!(csv(&["x", "y", "z"], &rows), "x,y,z\r\n\"a,b\",\"say \"\"hi\"\"\",'=1+1");
    }

    #[test]
    fn a_table_keeps_its_width() {
        let rows = vec![vec!["x".repeat(200), "y ".repeat(90)]];
        for line in table(&["one", "two"], &rows, 80).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
