//! What Jira's issue navigator exports: RSS-like XML, and CSV with a column for
//! each comment and attachment.

use std::io::{self, Read};

use super::feed::Feed;
use super::walker::{CHUNK, Walker};
use super::xml::{self, Token};
use crate::place::{Kind, Place, Segment, Trouble};

/// Bytes of a key, a title or an attribute.
const HELD: usize = 512;

/// Bytes of a row of a CSV that are gathered before the ticket must be known.
const ROW: usize = 1 << 20;

/// Columns of a CSV whose heading is held.
const COLUMNS: usize = 16_384;

fn hold(into: &mut Vec<u8>, bytes: &[u8]) {
    let room = HELD.saturating_sub(into.len());
    into.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn ticket(base: &Place, key: &str, title: &str) -> Place {
    if key.is_empty() {
        return base.clone();
    }
    let link = Some(format!("/browse/{key}"));
    base.within(Segment::Issue { key: key.to_owned(), title: title.to_owned(), link })
}

/// Reads an XML export of the issue navigator.
pub(super) fn rss(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read) {
    let mut reader = Rss {
        feed: Feed::new(walker.scan),
        base: place,
        issue: place.clone(),
        path: Vec::new(),
        depth: 0,
        attribute: Vec::new(),
        id: Vec::new(),
        title: Vec::new(),
    };
    let read = xml::read(input, &mut |token| reader.take(token));
    drop(reader);
    if let Err(e) = read {
        walker.fault(place, &e);
    }
}

/// Elements inside elements whose names are held.
const NESTED: usize = 16;

struct Rss<'r, 's> {
    feed: Feed<'s>,
    base: &'r Place,
    issue: Place,
    path: Vec<Vec<u8>>,
    depth: usize,
    attribute: Vec<u8>,
    id: Vec<u8>,
    title: Vec<u8>,
}

impl Rss<'_, '_> {
    fn inside(&self, name: &[u8]) -> bool {
        self.depth <= NESTED && self.path.last().is_some_and(|n| n == name)
    }

    fn take(&mut self, token: Token<'_>) {
        match token {
            Token::Open(name) => {
                self.depth += 1;
                if self.depth <= NESTED {
                    self.path.truncate(self.depth - 1);
                    let mut held = Vec::new();
                    hold(&mut held, name);
                    self.path.push(held);
                }
                self.id.clear();
                if name == b"item" {
                    self.issue = self.base.clone();
                    self.title.clear();
                }
            }
            Token::Attribute(name) => {
                self.attribute.clear();
                hold(&mut self.attribute, name);
                self.begin_if_closed();
                self.feed.push(b" ");
            }
            Token::Value(value) => {
                if self.attribute == b"id" {
                    hold(&mut self.id, value);
                }
                self.feed.push(value);
            }
            Token::Opened(empty) => {
                self.opened();
                if empty {
                    self.close();
                }
            }
            Token::Text(value) | Token::Verbatim(value) => {
                if self.inside(b"title") {
                    hold(&mut self.title, value);
                }
                if !value.trim_ascii().is_empty() {
                    self.begin_if_closed();
                    self.feed.push(value);
                } else if self.feed.is_open() {
                    self.feed.push(value);
                }
            }
            Token::Close(_) => self.close(),
            _ => {}
        }
    }

    fn begin_if_closed(&mut self) {
        if !self.feed.is_open() {
            self.feed.begin(self.issue.clone(), Kind::Text);
        }
    }

    /// Bodies come as escaped HTML and are parts of their own.
    fn opened(&mut self) {
        let id = text(&self.id);
        if self.inside(b"comment") {
            self.feed.begin(self.issue.within(Segment::Comment(id)), Kind::Html);
        } else if self.inside(b"description")
            || self.inside(b"environment")
            || self.inside(b"customfieldvalue")
        {
            let field = text(self.path.last().map_or(b"", |n| n));
            self.feed.begin(self.issue.within(Segment::Field(field)), Kind::Html);
        } else if self.inside(b"customfieldname") {
            self.feed.end();
        }
    }

    fn close(&mut self) {
        let body = [&b"comment"[..], b"description", b"environment", b"customfieldvalue", b"item"];
        if body.iter().any(|name| self.inside(name)) {
            self.feed.end();
        } else if self.feed.is_open() {
            self.feed.push(b"\n");
        }
        if self.inside(b"title") && self.path.iter().any(|n| n == b"item") {
            // What follows belongs to this ticket.
            self.feed.end();
            let title = text(&self.title);
            let split = title.strip_prefix('[').and_then(|t| t.split_once(']'));
            if let Some((key, title)) = split {
                self.issue = ticket(self.base, key, title.trim());
            }
        }
        self.depth = self.depth.saturating_sub(1);
        self.path.truncate(self.depth);
    }
}

/// A field of a row, gathered.
#[derive(Default)]
struct Row {
    text: Vec<u8>,
    /// Where each field ends.
    ends: Vec<usize>,
    number: u64,
}

/// Reads a CSV export. Each comment and attachment is a part of its own; the
/// other columns of a ticket are one part.
pub(super) fn csv(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read) {
    let mut table = Table { walker, place, headings: Vec::new(), key: None, title: None };
    if let Err(e) = table.read(input) {
        walker.fault(place, &e);
    }
}

struct Table<'t, 'a> {
    walker: &'t mut Walker<'a>,
    place: &'t Place,
    headings: Vec<String>,
    key: Option<usize>,
    title: Option<usize>,
}

impl Table<'_, '_> {
    fn read(&mut self, input: &mut dyn Read) -> io::Result<()> {
        let (head, fault) = super::source::read_up_to(input, CHUNK);
        let first = head.split(|b| *b == b'\n').next().unwrap_or(b"");
        let count = |wanted: u8| first.iter().filter(|b| **b == wanted).count();
        let delimiter = if count(b';') > count(b',') { b';' } else { b',' };
        let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        let mut row = Row::default();
        self.feed(&mut reader, &head, &mut row);
        drop(head);
        if let Some(fault) = fault {
            return Err(fault);
        }
        let mut buffer = vec![0; CHUNK];
        loop {
            match input.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => self.feed(&mut reader, &buffer[..n], &mut row),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        // An empty input tells the reader that the last row is complete.
        self.feed(&mut reader, b"", &mut row);
        if !row.text.is_empty() {
            row.ends.push(row.text.len());
            self.row(&row);
        }
        Ok(())
    }

    fn feed(&mut self, reader: &mut csv_core::Reader, chunk: &[u8], row: &mut Row) {
        let mut rest = chunk;
        let mut out = [0; 8192];
        loop {
            let (result, read, written) = reader.read_field(rest, &mut out);
            rest = &rest[read..];
            row.text.extend_from_slice(&out[..written]);
            match result {
                csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::End => return,
                csv_core::ReadFieldResult::OutputFull => {}
                csv_core::ReadFieldResult::Field { record_end } => {
                    row.ends.push(row.text.len());
                    if record_end {
                        self.row(row);
                        *row = Row { number: row.number + 1, ..Row::default() };
                    }
                }
            }
            if row.text.len() > ROW || row.ends.len() > COLUMNS {
                // A quote that is never closed would make the rest one field.
                let inner = self.place.within(Segment::Row(row.number));
                let why = format!("a row of more than {ROW} bytes is read in pieces");
                self.walker.trouble(&inner, Trouble::Bounded(why));
                row.ends.push(row.text.len());
                self.row(row);
                *row = Row { number: row.number, ..Row::default() };
            }
        }
    }

    fn row(&mut self, row: &Row) {
        let mut start = 0;
        let fields: Vec<&[u8]> = row
            .ends
            .iter()
            .map(|end| {
                let field = row.text.get(start..*end).unwrap_or(b"");
                start = *end;
                field
            })
            .collect();
        if self.headings.is_empty() {
            self.headings = fields.iter().map(|f| text(&f[..f.len().min(HELD)])).collect();
            let find = |names: [&str; 2]| self.headings.iter().position(|h| names.contains(&h.as_str()));
            self.key = find(["Issue key", "Vorgangsschlüssel"]);
            self.title = find(["Summary", "Zusammenfassung"]);
            return;
        }
        let field = |column: Option<usize>| {
            column.and_then(|c| fields.get(c)).map(|f| text(&f[..f.len().min(HELD)])).unwrap_or_default()
        };
        let issue = ticket(self.place, &field(self.key), &field(self.title)).within(Segment::Row(row.number));
        let mut line = Vec::new();
        for (column, value) in fields.iter().enumerate().filter(|(_, v)| !v.is_empty()) {
            let heading = self.headings.get(column).map_or("", String::as_str);
            if matches!(
                heading,
                "Comment" | "Kommentar" | "Description" | "Beschreibung" | "Attachment" | "Anhang"
            ) {
                let inner = issue.within(Segment::Field(format!("{heading} {}", column + 1)));
                self.walker.text(inner, Kind::Text, value);
            } else {
                line.extend_from_slice(heading.as_bytes());
                line.extend_from_slice(b": ");
                line.extend_from_slice(value);
                line.push(b'\t');
            }
        }
        if !line.is_empty() {
            self.walker.text(issue, Kind::Text, &line);
        }
    }
}
