//! Rows as a table for people, as JSON, or as comma-separated values.

use comfy_table::{ContentArrangement, presets};
use model::quantity::Interval;
use serde_json::{Map, Value, json};

use crate::number;

/// What stands in a row under a column: text, or a number with how people read it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// How many.
    Count(u64),
    /// A number, and how it is shown to people.
    Number(f64, String),
    /// An estimate with its interval, and how it is shown to people.
    Estimate(Interval, String),
    /// Yes or no.
    Flag(bool),
    /// There is nothing to say.
    Nothing,
}

impl Cell {
    /// Returns a share of 1, shown to people as a percentage.
    pub fn share(share: f64) -> Self {
        Self::Number(share, number::percent(share))
    }

    /// Returns a number that people see with so many digits behind the point.
    pub fn decimal(number: f64, digits: usize) -> Self {
        Self::Number(number, format!("{number:.digits$}"))
    }

    /// Returns it as people read it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(_, text) | Self::Estimate(_, text) => text.clone(),
            Self::Count(number) => number.to_string(),
            Self::Flag(flag) => flag.to_string(),
            Self::Nothing => String::new(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Count(number) => json!(number),
            Self::Number(number, _) => json!(number),
            Self::Estimate(i, _) => json!({"value": i.value, "low": i.low, "high": i.high}),
            Self::Flag(flag) => json!(flag),
            Self::Nothing => Value::Null,
        }
    }

    /// Returns the fields of the cell; an estimate has three, and so has its column.
    fn csv(&self, estimate: bool) -> Vec<String> {
        match self {
            Self::Estimate(i, _) => [i.value, i.low, i.high].map(|n| n.to_string()).to_vec(),
            _ if estimate => vec![String::new(); 3],
            Self::Number(number, _) => vec![number.to_string()],
            other => vec![quoted(&other.shown())],
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Count(number)
    }
}

impl From<u32> for Cell {
    fn from(number: u32) -> Self {
        Self::Count(number.into())
    }
}

impl From<usize> for Cell {
    fn from(number: usize) -> Self {
        Self::Count(number as u64)
    }
}

impl From<bool> for Cell {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(cell: Option<T>) -> Self {
        cell.map_or(Self::Nothing, Into::into)
    }
}

/// Rows under named columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Table {
    /// What stands over each column.
    pub columns: Vec<&'static str>,
    /// One cell for each column.
    pub rows: Vec<Vec<Cell>>,
    /// Columns of estimates, which have three fields in comma-separated values.
    estimates: Vec<&'static str>,
}

impl Table {
    /// Returns the rows under these columns.
    pub fn new<C: Into<Cell>>(
        columns: impl IntoIterator<Item = &'static str>,
        rows: impl IntoIterator<Item = Vec<C>>,
    ) -> Self {
        let rows = rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect();
        Self { columns: columns.into_iter().collect(), rows, estimates: Vec::new() }
    }

    /// Returns the table with these of its columns holding estimates.
    #[must_use]
    pub fn with_estimates(self, columns: &[&'static str]) -> Self {
        Self { estimates: columns.to_vec(), ..self }
    }

    /// Returns the table in at most `width` columns, with the number of rows below; long cells
    /// are wrapped.
    pub fn text(&self, width: usize) -> String {
        let rows = if self.rows.len() == 1 { "row" } else { "rows" };
        format!("{}\n\n{} {rows}", self.body(width), self.rows.len())
    }

    /// Returns the table in at most `width` columns; long cells are wrapped.
    pub fn body(&self, width: usize) -> String {
        let mut table = comfy_table::Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(width).unwrap_or(u16::MAX))
            .set_header(self.columns.iter().map(|h| h.to_uppercase()));
        for row in &self.rows {
            table.add_row(row.iter().map(|cell| crate::wrap::clean(&cell.shown())));
        }
        table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// Returns the rows as one JSON array of objects, whose keys are the columns.
    pub fn json(&self) -> String {
        let lines: Vec<String> = self.rows.iter().map(|row| self.object(row).to_string()).collect();
        format!("[{}]", lines.join(",\n"))
    }

    /// Returns the rows as one JSON object a line.
    pub fn ndjson(&self) -> String {
        self.rows.iter().map(|row| self.object(row).to_string()).collect::<Vec<_>>().join("\n")
    }

    fn object(&self, row: &[Cell]) -> Value {
        let pairs = self.columns.iter().zip(row).map(|(column, cell)| (key(column), cell.json()));
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    /// Returns the rows as comma-separated values (RFC 4180). A text that a spreadsheet would take
    /// for a formula gets a quote in front.
    pub fn csv(&self) -> String {
        let estimate = |column: &str| self.estimates.contains(&column);
        let head = |column: &&'static str| match estimate(column) {
            true => vec![(*column).to_owned(), format!("{column} low"), format!("{column} high")],
            false => vec![(*column).to_owned()],
        };
        let mut lines = vec![self.columns.iter().flat_map(head).collect::<Vec<_>>().join(",")];
        for row in &self.rows {
            let fields = self.columns.iter().zip(row).flat_map(|(c, cell)| cell.csv(estimate(c)));
            lines.push(fields.collect::<Vec<_>>().join(","));
        }
        lines.join("\r\n")
    }
}

/// Returns a column's name as a key: lower case, `_` between words.
fn key(column: &str) -> String {
    column.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect()
}

fn quoted(text: &str) -> String {
    let armed = text.starts_with(['=', '+', '@', '\t', '\r']);
    let text = if armed { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_disarmed() {
        let table = Table::new(["x", "y", "z"], [vec!["a,b", "say \"hi\"", "=1+1"]]);
        assert_eq!(table.csv(), "x,y,z\r\n\"a,b\",\"say \"\"hi\"\"\",'=1+1");
    }

    #[test]
    fn a_table_keeps_its_width() {
        let table = Table::new(["one", "two"], [vec!["x".repeat(200), "y ".repeat(90)]]);
        for line in table.text(80).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn numbers_are_numbers_wherever_a_program_reads_them() {
        let estimate =
            Cell::Estimate(Interval { value: 0.5, low: 0.25, high: 0.75 }, "25 to 75 %".to_owned());
        let rows = [
            vec![Cell::Count(3), Cell::share(0.125), estimate, Cell::Flag(true)],
            vec![Cell::Nothing, Cell::Nothing, "not measured".into(), Cell::Nothing],
        ];
        let table = Table::new(["rules fired", "MTPD exceeded", "blind", "kritis"], rows);
        let table = table.with_estimates(&["blind"]);
        assert_eq!(
            table.ndjson(),
            "{\"rules_fired\":3,\"mtpd_exceeded\":0.125,\"blind\":{\"value\":0.5,\"low\":0.25,\"high\":0.75},\
             \"kritis\":true}\n{\"rules_fired\":null,\"mtpd_exceeded\":null,\"blind\":\"not measured\",\
             \"kritis\":null}"
        );
        assert_eq!(
            table.csv(),
            "rules fired,MTPD exceeded,blind,blind low,blind high,kritis\r\n3,0.125,0.5,0.25,0.75,true\r\n,,,,,"
        );
        assert!(table.text(80).contains("25 to 75 %"), "{}", table.text(80));
    }
}
