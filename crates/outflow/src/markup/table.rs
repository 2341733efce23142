//! Tables in HTML: each cell is shown behind the heading of its column.

use crate::headings::Headings;

/// Tables within tables whose headings are held.
const DEEP: usize = 16;

/// The tables that are open.
#[derive(Debug, Default)]
pub(super) struct Tables {
    open: Vec<Table>,
}

#[derive(Debug, Default)]
struct Table {
    headings: Headings,
    /// Column of the cell.
    column: usize,
    /// Columns that the cell spans, 0 before the first one of a row.
    span: usize,
    /// The heading of the cell stands before it already, or no cell is open.
    headed: bool,
    /// Blanks come before the next word of the cell.
    blank: bool,
}

impl Tables {
    /// Takes a tag. End tags of rows and cells may be left out (HTML, 13.1.2.4).
    pub(super) fn tag(&mut self, name: &[u8], attributes: &[u8], closing: bool) {
        let is = |what: &[u8]| name.eq_ignore_ascii_case(what);
        if is(b"table") {
            if closing {
                self.open.pop();
            } else if self.open.len() < DEEP {
                self.open.push(Table { headed: true, ..Table::default() });
            }
            return;
        }
        let Some(table) = self.open.last_mut() else { return };
        if is(b"tr") {
            if table.span > 0 {
                table.headings.end_row();
            }
            (table.column, table.span, table.headed) = (0, 0, true);
        } else if is(b"td") || is(b"th") {
            if closing {
                table.headed = true;
            } else {
                table.column = table.column.saturating_add(table.span);
                (table.span, table.headed, table.blank) = (span(attributes), false, false);
            }
        } else {
            // A line break or a paragraph parts words.
            table.blank = true;
        }
    }

    /// Takes blanks that stand alone.
    pub(super) fn blank(&mut self) {
        if let Some(table) = self.open.last_mut() {
            table.blank = true;
        }
    }

    /// Takes a text with the blanks around it, before it is shown, and appends the heading of
    /// its cell.
    pub(super) fn text(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let Some(table) = self.open.last_mut().filter(|table| table.span > 0) else { return };
        let begins = !std::mem::replace(&mut table.headed, true);
        if begins && let Some(heading) = table.headings.of(table.column) {
            out.extend_from_slice(heading);
            out.extend_from_slice(b": ");
        }
        for b in text {
            if b.is_ascii_whitespace() {
                table.blank = true;
                continue;
            }
            if std::mem::take(&mut table.blank) && !(begins && table.headings.is_empty(table.column)) {
                table.headings.note(table.column, b" ");
            }
            table.headings.note(table.column, &[*b]);
        }
    }
}

/// Returns how many columns a cell spans.
fn span(attributes: &[u8]) -> usize {
    let lower = attributes.to_ascii_lowercase();
    let value = memchr::memmem::find(&lower, b"colspan").and_then(|at| lower.get(at + 7..));
    let digits = value.map(|v| v.iter().skip_while(|b| matches!(b, b'=' | b'"' | b'\'' | b' ')));
    let digits: Vec<u8> = digits.into_iter().flatten().copied().take_while(u8::is_ascii_digit).collect();
    std::str::from_utf8(&digits).ok().and_then(|d| d.parse().ok()).unwrap_or(1).clamp(1, 1000)
}
