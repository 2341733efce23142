//! The headings of a table's columns, which say what the numbers below them are.

use std::collections::BTreeMap;

/// Columns whose heading is held, and bytes of a heading.
const COLUMNS: usize = 256;
const HEADING: usize = 64;

/// Rows at the top among which the headings are looked for: titles may stand above them.
const TOP: u64 = 30;

/// The headings of the columns, and the row that may become them.
#[derive(Debug, Default)]
pub(crate) struct Headings {
    columns: BTreeMap<usize, Vec<u8>>,
    row: BTreeMap<usize, Vec<u8>>,
    rows: u64,
    /// A row of data was seen: headings stand above.
    data: bool,
}

impl Headings {
    /// Notes the text of a cell in the rows at the top.
    pub(crate) fn note(&mut self, column: usize, text: &[u8]) {
        if self.data || self.rows >= TOP || column >= COLUMNS || text.is_empty() {
            return;
        }
        let heading = self.row.entry(column).or_default();
        let room = HEADING.saturating_sub(heading.len());
        heading.extend_from_slice(text.get(..room).unwrap_or(text));
    }

    /// Returns whether the row at hand says nothing of a column.
    pub(crate) fn is_empty(&self, column: usize) -> bool {
        !self.row.contains_key(&column)
    }

    /// Ends a row: the one with the most cells that are no data names the columns.
    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
        let row = std::mem::take(&mut self.row);
        if self.data {
            return;
        }
        let number = |cell: &Vec<u8>| cell.iter().filter(|b| b.is_ascii_digit()).count() * 4 > cell.len();
        if row.values().any(number) {
            // A title may hold a date; rows below headings are data.
            self.data = self.columns.len() > 1;
        } else if row.len() > self.columns.len() {
            self.columns = row;
            for heading in self.columns.values_mut() {
                // A heading is cut between characters.
                let whole = heading.utf8_chunks().next().map_or(0, |c| c.valid().len());
                if heading.len() >= HEADING && whole + 4 > heading.len() {
                    heading.truncate(whole);
                }
            }
        }
    }

    /// Returns the heading of a column.
    pub(crate) fn of(&self, column: usize) -> Option<&[u8]> {
        self.columns.get(&column).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_may_stand_below_titles() {
        let headings = |rows: &[&[&str]]| {
            let mut headings = Headings::default();
            for row in rows {
                for (i, cell) in row.iter().enumerate() {
                    headings.note(i, cell.as_bytes());
                }
                headings.end_row();
            }
            headings.of(1).map(|h| String::from_utf8_lossy(h).into_owned())
        };
        let data: &[&str] = &["Erna", "81750042932"];
        assert_eq!(headings(&[&["Name", "Nr"], data]).as_deref(), Some("Nr"));
        assert_eq!(headings(&[&["Liste"], &[], &["Name", "Nr"], data]).as_deref(), Some("Nr"));
        assert_eq!(headings(&[&["Stand 2026-01-05"], &["Name", "Nr"], data]).as_deref(), Some("Nr"));
        assert_eq!(
            headings(&[&["Name", "Nr"], &["Erna", "x"], data, &["a", "b", "c"]]).as_deref(),
            Some("Nr")
        );
        assert_eq!(headings(&[data, data]), None);
    }
}
