//! One sheet of a workbook: row by row, each cell after the heading of its column.

use std::collections::BTreeMap;
use std::io::Read;

use super::{Beside, Strings};
use crate::container::feed::Feed;
use crate::container::walker::Walker;
use crate::container::xml::{self, Token, local};
use crate::place::{Kind, Place};

/// Columns whose heading is held, and bytes of a heading.
const COLUMNS: usize = 256;
const HEADING: usize = 64;

/// Rows at the top among which the headings are looked for: titles may stand above them.
const TOP: u64 = 30;

/// Bytes of a cell's raw value: an index, a number or a reference.
const CELL: usize = 64;

/// Where the reader of a sheet stands.
#[derive(Default)]
struct Cell {
    element: Vec<u8>,
    attribute: Vec<u8>,
    reference: Vec<u8>,
    kind: Vec<u8>,
    value: Vec<u8>,
    /// Inside of a phonetic guide.
    guide: bool,
}

/// The headings of the columns, and the row that may become them.
#[derive(Default)]
struct Headings {
    columns: BTreeMap<usize, Vec<u8>>,
    row: BTreeMap<usize, Vec<u8>>,
    rows: u64,
    /// A row of data was seen: headings stand above.
    data: bool,
}

impl Headings {
    /// Notes the text of a cell in the rows at the top.
    fn note(&mut self, reference: &[u8], text: &[u8]) {
        let column = column(reference);
        if self.data || self.rows >= TOP || column >= COLUMNS || text.is_empty() {
            return;
        }
        let heading = self.row.entry(column).or_default();
        let room = HEADING.saturating_sub(heading.len());
        // A heading is cut between characters.
        let cut = text.len().min(room);
        let cut = (0..=cut).rev().find(|at| text.get(*at).is_none_or(|b| b & 0xc0 != 0x80)).unwrap_or(0);
        heading.extend_from_slice(&text[..cut]);
    }

    /// Ends a row: the one with the most cells that are no data names the columns.
    fn end_row(&mut self) {
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
        }
    }

    fn of(&self, reference: &[u8]) -> Option<&[u8]> {
        self.columns.get(&column(reference)).map(Vec::as_slice)
    }
}

fn hold(into: &mut Vec<u8>, bytes: &[u8]) {
    let room = CELL.saturating_sub(into.len());
    into.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

/// Returns the number of the column of a reference such as `AB12`, from 0.
fn column(reference: &[u8]) -> usize {
    let letters = reference.iter().take_while(|b| b.is_ascii_uppercase()).take(3);
    letters.fold(0, |n, b| n * 26 + usize::from(b - b'A') + 1).saturating_sub(1)
}

/// Returns a number as a sheet shows it: some writers store whole ones as `5.06E10`.
fn shown(value: &[u8]) -> Vec<u8> {
    let odd = |b: &u8| matches!(b, b'E' | b'e' | b'.');
    let number = || std::str::from_utf8(value).ok()?.trim().parse::<f64>().ok();
    let whole = value.iter().any(odd).then(number).flatten();
    // Above 2^53 not every whole number can be told from its neighbours.
    match whole.filter(|n| n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0) {
        Some(number) => format!("{number:.0}").into_bytes(),
        None => value.to_vec(),
    }
}

/// Reads a sheet.
pub(super) fn read(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, strings: &mut Strings) {
    let mut beside = Beside::default();
    let mut feed = Feed::new(walker.scan);
    feed.begin(place.clone(), Kind::Text);
    let mut reader =
        Reader { cell: Cell::default(), headings: Headings::default(), feed, strings, beside: &mut beside };
    let read = xml::read(input, &mut |token| reader.take(token));
    drop(reader);
    beside.hand_on(walker, place);
    if let Err(e) = read {
        walker.fault(place, &e);
    }
}

struct Reader<'s, 'o> {
    cell: Cell,
    headings: Headings,
    feed: Feed<'s>,
    strings: &'o mut Strings,
    beside: &'o mut Beside,
}

impl Reader<'_, '_> {
    fn take(&mut self, token: Token<'_>) {
        match token {
            Token::Open(name) => self.open(local(name)),
            Token::Attribute(name) => {
                self.cell.attribute.clear();
                hold(&mut self.cell.attribute, name);
                self.beside.name(name);
            }
            Token::Value(text) if self.cell.element == b"c" => match self.cell.attribute.as_slice() {
                b"r" => hold(&mut self.cell.reference, text),
                b"t" => hold(&mut self.cell.kind, text),
                _ => self.beside.value(text),
            },
            Token::Value(text) => self.beside.value(text),
            Token::Opened(_) if self.cell.element != b"c" => self.beside.line(),
            Token::Opened(_) => {
                self.beside.line();
                if let Some(heading) = self.headings.of(&self.cell.reference) {
                    self.feed.push(heading);
                    self.feed.push(b": ");
                }
            }
            Token::Text(text) | Token::Verbatim(text) => self.text(text),
            Token::Close(name) => self.close(local(name)),
            _ => {}
        }
    }

    fn open(&mut self, name: &[u8]) {
        self.cell.element.clear();
        hold(&mut self.cell.element, name);
        match name {
            b"c" => {
                self.cell.reference.clear();
                self.cell.kind.clear();
            }
            b"rPh" => self.cell.guide = true,
            _ => {}
        }
        self.cell.value.clear();
    }

    fn text(&mut self, text: &[u8]) {
        match self.cell.element.as_slice() {
            b"v" if matches!(self.cell.kind.as_slice(), b"" | b"n" | b"s") => {
                hold(&mut self.cell.value, text);
            }
            b"v" | b"t" | b"f" if !self.cell.guide => {
                self.headings.note(&self.cell.reference, text);
                self.feed.push(text);
            }
            b"oddHeader" | b"oddFooter" => self.feed.push(text),
            _ => self.beside.text(text),
        }
    }

    fn close(&mut self, name: &[u8]) {
        match name {
            b"v" if self.cell.kind == b"s" => {
                let index = std::str::from_utf8(&self.cell.value).ok().and_then(|v| v.trim().parse().ok());
                if let Some(text) = index.and_then(|i: usize| self.strings.get(i)) {
                    self.headings.note(&self.cell.reference, text.as_bytes());
                    self.feed.push(text.as_bytes());
                }
            }
            b"v" if matches!(self.cell.kind.as_slice(), b"" | b"n") => {
                let number = shown(&self.cell.value);
                self.headings.note(&self.cell.reference, &number);
                self.feed.push(&number);
            }
            b"f" => self.feed.push(b" "),
            b"c" => self.feed.push(b"\t"),
            b"rPh" => self.cell.guide = false,
            b"row" => {
                self.feed.push(b"\n");
                self.headings.end_row();
            }
            _ => self.beside.line(),
        }
        self.cell.element.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_shown_without_an_exponent() {
        let cases = [
            ("8.1750042932E10", "81750042932"),
            ("990000011.0", "990000011"),
            ("8.6095742719e+10", "86095742719"),
            ("81750042932", "81750042932"),
            ("0.25", "0.25"),
            ("1.5E-3", "1.5E-3"),
            ("8.02760012345678E19", "8.02760012345678E19"),
        ];
        for (value, wanted) in cases {
            assert_eq!(shown(value.as_bytes()), wanted.as_bytes());
        }
    }

    #[test]
    fn headings_may_stand_below_titles() {
        let headings = |rows: &[&[&str]]| {
            let mut headings = Headings::default();
            for row in rows {
                for (i, cell) in row.iter().enumerate() {
                    headings.note(&[b'A' + u8::try_from(i).expect("few"), b'1'], cell.as_bytes());
                }
                headings.end_row();
            }
            headings.of(b"B9").map(|h| String::from_utf8_lossy(h).into_owned())
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
