//! One sheet of a workbook: row by row, each cell after the heading of its column.

use std::io::Read;

use super::{Beside, Strings};
use crate::container::feed::Feed;
use crate::container::walker::Walker;
use crate::container::xml::{self, Token, local};
use crate::headings::Headings;
use crate::place::{Kind, Place};

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
pub(super) fn shown(value: &[u8]) -> Vec<u8> {
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
                if let Some(heading) = self.headings.of(column(&self.cell.reference)) {
                    self.feed.push(heading);
                    self.feed.push(b": ");
                }
            }
            Token::Text(text) | Token::Verbatim(text) => self.text(text),
            Token::Close(name) => self.close(local(name)),
            Token::Comment(text) => self.beside.text(text),
            Token::CommentEnd => self.beside.line(),
            Token::VerbatimEnd => {}
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
                self.headings.note(column(&self.cell.reference), text);
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
                    self.headings.note(column(&self.cell.reference), text.as_bytes());
                    self.feed.push(text.as_bytes());
                }
            }
            b"v" if matches!(self.cell.kind.as_slice(), b"" | b"n") => {
                let number = shown(&self.cell.value);
                self.headings.note(column(&self.cell.reference), &number);
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
}
