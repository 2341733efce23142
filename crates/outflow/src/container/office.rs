//! Office documents (OOXML and ODF): running text, and workbooks row by row.

use std::collections::BTreeMap;
use std::io::Read;

use super::feed::Feed;
use super::walker::Walker;
use super::xml::{self, Token, local};
use super::zip::Archive;
use crate::place::{Kind, Place, Segment, Trouble};

/// Bytes of shared strings that are held; those beyond are scanned on their own.
const SHARED: usize = 24 << 20;

/// Columns whose heading is held, and bytes of a heading.
const COLUMNS: usize = 256;
const HEADING: usize = 64;

/// Bytes of a cell's raw value: an index, a number or a reference.
const CELL: usize = 64;

/// Elements after which a new line begins.
fn ends_line(name: &[u8]) -> bool {
    matches!(
        name,
        b"p" | b"h"
            | b"br"
            | b"cr"
            | b"tr"
            | b"line-break"
            | b"table-row"
            | b"row"
            | b"si"
            | b"comment"
            | b"lastModifiedBy"
            | b"creator"
            | b"title"
            | b"subject"
            | b"description"
            | b"keywords"
            | b"lpwstr"
            | b"note"
    )
}

/// Reads a part of an office document as running text: runs are joined within a
/// paragraph, whatever formatting splits them.
pub(super) fn running_text(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read) {
    let mut feed = Feed::new(walker.scan);
    feed.begin(place.clone(), Kind::Text);
    let read = xml::read(input, &mut |token| match token {
        Token::Open(name) => match local(name) {
            b"tab" | b"s" => feed.push(b" "),
            b"br" | b"cr" | b"line-break" => feed.push(b"\n"),
            _ => {}
        },
        Token::Close(name) => match local(name) {
            name if ends_line(name) => feed.push(b"\n"),
            b"tc" | b"table-cell" | b"v" | b"f" => feed.push(b"\t"),
            _ => {}
        },
        Token::Text(text) | Token::Verbatim(text) => feed.push(text),
        _ => {}
    });
    drop(feed);
    if let Err(e) = read {
        walker.fault(place, &e);
    }
}

/// Returns whether [`workbook`] reads this member.
pub(super) fn is_sheet_part(name: &str) -> bool {
    name == "xl/sharedStrings.xml" || name == "xl/workbook.xml" || is_sheet(name)
}

fn is_sheet(name: &str) -> bool {
    name.starts_with("xl/worksheets/sheet") && name.ends_with(".xml")
}

/// The shared strings of a workbook, and which of them a cell shows.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<u32>,
    used: Vec<bool>,
    cut: bool,
}

impl Strings {
    fn get(&mut self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        if let Some(used) = self.used.get_mut(index) {
            *used = true;
        }
        self.text.get(start..end)
    }
}

/// Reads the sheets of a workbook: one part for a sheet, one line for a row, each
/// cell after the heading of its column.
pub(super) fn workbook(walker: &mut Walker<'_>, place: &Place, archive: &Archive<'_, '_>) {
    let mut strings = shared_strings(walker, place, archive);
    let names = sheet_names(walker, archive);
    let sheets = archive.entries().map_while(Result::ok).filter(|e| is_sheet(&e.name));
    for (number, entry) in sheets.enumerate() {
        let own = entry.name["xl/worksheets/sheet".len()..].trim_end_matches(".xml");
        let name = own.parse().ok().and_then(|n: usize| names.get(n.wrapping_sub(1)).cloned());
        let inner = place.within(Segment::Sheet(name.unwrap_or_else(|| (number + 1).to_string())));
        if !walker.count_member(&inner) {
            return;
        }
        match archive.open(&entry, walker.meter.clone()) {
            Ok(mut input) => sheet(walker, &inner, &mut input, &mut strings),
            Err(e) => walker.fault(&inner, &e),
        }
    }
    unused(walker, place, archive, &strings);
}

/// Hands on strings that no cell shows: what was deleted may still lie here.
fn unused(walker: &mut Walker<'_>, place: &Place, archive: &Archive<'_, '_>, strings: &Strings) {
    let inner = place.within(Segment::Member("xl/sharedStrings.xml".to_owned()));
    if strings.cut {
        let why = format!("strings beyond {SHARED} bytes are read apart from their rows");
        walker.trouble(&inner, Trouble::Bounded(why));
        if let Some(entry) = archive.entry("xl/sharedStrings.xml")
            && let Ok(mut input) = archive.open(&entry, walker.meter.clone())
        {
            running_text(walker, &inner, &mut input);
        }
        return;
    }
    if strings.used.iter().all(|used| *used) {
        return;
    }
    let mut feed = Feed::new(walker.scan);
    feed.begin(inner, Kind::Text);
    let mut start = 0;
    for (end, used) in strings.ends.iter().zip(&strings.used) {
        if !used {
            feed.push(strings.text.get(start..*end as usize).unwrap_or("").as_bytes());
            feed.push(b"\n");
        }
        start = *end as usize;
    }
}

fn shared_strings(walker: &mut Walker<'_>, place: &Place, archive: &Archive<'_, '_>) -> Strings {
    let mut strings = Strings::default();
    let Some(entry) = archive.entry("xl/sharedStrings.xml") else { return strings };
    let mut input = match archive.open(&entry, walker.meter.clone()) {
        Ok(input) => input,
        Err(e) => {
            walker.fault(&place.within(Segment::Member(entry.name)), &e);
            return strings;
        }
    };
    let mut bytes: Vec<u8> = Vec::new();
    let mut in_text = false;
    let read = xml::read(&mut input, &mut |token| match token {
        Token::Open(name) => in_text = local(name) == b"t",
        Token::Close(name) => {
            in_text = false;
            if local(name) == b"si" && !strings.cut {
                strings.ends.push(bytes.len() as u32);
                // Each string also costs its entry in the index.
                strings.cut = bytes.len() + strings.ends.len() * 5 > SHARED;
            }
        }
        Token::Text(text) | Token::Verbatim(text) if in_text => {
            if bytes.len() + text.len() > SHARED {
                strings.cut = true;
            } else {
                bytes.extend_from_slice(text);
            }
        }
        _ => {}
    });
    if let Err(e) = read {
        walker.fault(&place.within(Segment::Member("xl/sharedStrings.xml".to_owned())), &e);
    }
    // Damaged text keeps its length, so that the ends stay right.
    strings.text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => e.into_bytes().iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect(),
    };
    strings.used = vec![false; strings.ends.len()];
    strings
}

fn sheet_names(walker: &mut Walker<'_>, archive: &Archive<'_, '_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let Some(entry) = archive.entry("xl/workbook.xml") else { return names };
    let Ok(mut input) = archive.open(&entry, walker.meter.clone()) else { return names };
    let (mut in_sheet, mut in_name) = (false, false);
    let read = xml::read(&mut input, &mut |token| match token {
        Token::Open(name) => in_sheet = local(name) == b"sheet",
        Token::Attribute(name) => {
            in_name = in_sheet && name == b"name" && names.len() < 4096;
            if in_name {
                names.push(String::new());
            }
        }
        Token::Value(text) if in_name => {
            if let Some(name) = names.last_mut().filter(|n| n.len() < 256) {
                name.push_str(&String::from_utf8_lossy(text));
            }
        }
        _ => {}
    });
    if read.is_err() {
        names.clear();
    }
    names
}

/// Where the reader of a sheet stands.
#[derive(Default)]
struct Cell {
    element: Vec<u8>,
    attribute: Vec<u8>,
    reference: Vec<u8>,
    kind: Vec<u8>,
    value: Vec<u8>,
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

fn sheet(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, strings: &mut Strings) {
    let mut feed = Feed::new(walker.scan);
    feed.begin(place.clone(), Kind::Text);
    let mut cell = Cell::default();
    let mut headings: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    let mut row = 0_u64;
    let read = xml::read(input, &mut |token| match token {
        Token::Open(name) => {
            cell.element.clear();
            hold(&mut cell.element, local(name));
            if cell.element == b"c" {
                cell.reference.clear();
                cell.kind.clear();
            }
            cell.value.clear();
        }
        Token::Attribute(name) => {
            cell.attribute.clear();
            hold(&mut cell.attribute, name);
        }
        Token::Value(text) if cell.element == b"c" => match cell.attribute.as_slice() {
            b"r" => hold(&mut cell.reference, text),
            b"t" => hold(&mut cell.kind, text),
            _ => {}
        },
        Token::Opened(_) if cell.element == b"c" && row > 0 => {
            if let Some(heading) = headings.get(&column(&cell.reference)) {
                feed.push(heading);
                feed.push(b": ");
            }
        }
        Token::Text(text) | Token::Verbatim(text) => match cell.element.as_slice() {
            b"v" if cell.kind == b"s" => hold(&mut cell.value, text),
            b"v" | b"t" | b"f" => {
                hold_heading(&mut headings, row, &cell.reference, text);
                feed.push(text);
            }
            b"oddHeader" | b"oddFooter" => feed.push(text),
            _ => {}
        },
        Token::Close(name) => {
            match local(name) {
                b"v" if cell.kind == b"s" => {
                    let index = std::str::from_utf8(&cell.value).ok().and_then(|v| v.trim().parse().ok());
                    if let Some(text) = index.and_then(|i: usize| strings.get(i)) {
                        hold_heading(&mut headings, row, &cell.reference, text.as_bytes());
                        feed.push(text.as_bytes());
                    }
                }
                b"f" => feed.push(b" "),
                b"c" => feed.push(b"\t"),
                b"row" => {
                    feed.push(b"\n");
                    row += 1;
                }
                _ => {}
            }
            cell.element.clear();
        }
        _ => {}
    });
    drop(feed);
    if let Err(e) = read {
        walker.fault(place, &e);
    }
}

/// Keeps the first row as the headings of the columns.
fn hold_heading(headings: &mut BTreeMap<usize, Vec<u8>>, row: u64, reference: &[u8], text: &[u8]) {
    let column = column(reference);
    if row > 0 || column >= COLUMNS || text.is_empty() {
        return;
    }
    let heading = headings.entry(column).or_default();
    let room = HEADING.saturating_sub(heading.len());
    // A heading is cut between characters.
    let cut = text.iter().take(room).count();
    let cut = (0..=cut).rev().find(|at| text.get(*at).is_none_or(|b| b & 0xc0 != 0x80)).unwrap_or(0);
    heading.extend_from_slice(&text[..cut]);
}
