//! SQLite databases, page by page: tables row by row, then every page no table
//! holds, since deleted rows live on there.

mod cell;
pub(super) mod loose;

use std::io::{self, SeekFrom};

use super::feed::Feed;
use super::sniff::{self, Format};
use super::source::ReadSeek;
use super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};

/// Tables that are read by name; the rest is read as loose pages.
const TABLES: usize = 4096;

/// Bytes of one row that are held.
const ROW: usize = 8 << 20;

/// Pages whose use is tracked: 16 MiB of marks for half a tebibyte of pages of 4 KiB.
const PAGES: u64 = 1 << 27;

/// Levels of a tree.
const LEVELS: usize = 24;

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 2).map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
}

/// A table or index of the schema.
struct Table {
    name: String,
    root: u32,
    columns: Vec<String>,
}

/// An open database.
struct Database<'a> {
    input: &'a mut dyn ReadSeek,
    page_size: usize,
    usable: usize,
    pages: u32,
    wide: Option<&'static encoding_rs::Encoding>,
    /// One bit for each page that was read as part of a table.
    seen: Vec<u8>,
    /// One bit for each of them that holds rows, and not what of a row lies further on.
    nodes: Vec<u8>,
    /// A row is not what its header says: its bytes are looked at as they lie too.
    odd: bool,
}

/// Values that may be files of their own, by column.
#[derive(Default)]
struct Blobs {
    held: Vec<(String, Vec<u8>)>,
    bytes: usize,
    cut: bool,
}

/// Bytes of such values that are held of a table.
const BLOBS: usize = 24 << 20;

impl Blobs {
    /// Keeps the values of a row that begin as a file of a known format.
    fn keep(&mut self, row: &[cell::Value<'_>], columns: &[String]) {
        for (i, value) in row.iter().enumerate() {
            let cell::Value::Blob(bytes) = value else { continue };
            let head = bytes.get(..sniff::HEAD).unwrap_or(bytes);
            let packed =
                !matches!(sniff::format(head), Format::Text | Format::Binary | Format::Html | Format::Xml);
            if bytes.len() < 16 || !packed {
                continue;
            }
            if self.bytes + bytes.len() > BLOBS {
                self.cut = true;
                continue;
            }
            self.bytes += bytes.len();
            self.held.push((columns.get(i).cloned().unwrap_or_else(|| i.to_string()), bytes.to_vec()));
        }
    }

    /// Opens what was kept.
    fn open(&mut self, walker: &mut Walker<'_>, place: &Place, depth: u32) {
        let Self { held, cut, .. } = std::mem::take(self);
        if cut {
            let why = format!("files in its rows beyond {BLOBS} bytes are looked at as bytes only");
            walker.trouble(place, Trouble::Bounded(why));
        }
        for (column, bytes) in held {
            walker.member(&place.within(Segment::Field(column)), &mut bytes.as_slice(), depth + 1);
        }
    }
}

/// Reads a database.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek, depth: u32) {
    let mut database = match Database::open(input) {
        Ok(database) => database,
        Err(e) => {
            return walker.fault(place, &e);
        }
    };
    let mut schema = Vec::new();
    let mut notes = Vec::new();
    let mut feed = Feed::new(walker.scan);
    feed.begin(place.within(Segment::Table("sqlite_schema".to_owned())), Kind::Text);
    let read = database.tree(1, &mut |row, wide| {
        cell::line(row, &[], wide, &mut |bytes| feed.push(bytes));
        if schema.len() < TABLES {
            schema.extend(table(row, wide));
        }
        Ok(())
    });
    drop(feed);
    if let Err(e) = read {
        notes.push((place.clone(), e));
    }
    for table in &schema {
        let inner = place.within(Segment::Table(table.name.clone()));
        let mut feed = Feed::new(walker.scan);
        feed.begin(inner.clone(), Kind::Text);
        let mut blobs = Blobs::default();
        let read = database.tree(table.root, &mut |row, wide| {
            cell::line(row, &table.columns, wide, &mut |bytes| feed.push(bytes));
            blobs.keep(row, &table.columns);
            Ok(())
        });
        drop(feed);
        blobs.open(walker, &inner, depth);
        if let Err(e) = read {
            notes.push((inner, e));
        }
    }
    for (place, e) in &notes {
        walker.fault(place, e);
    }
    let loose = database.loose(walker, place);
    let whole = u64::from(database.pages) * database.page_size as u64;
    match loose {
        Ok(()) => {
            walker.account().read(0..whole);
            if database.odd || database.wide.is_some() {
                walker.account().loose();
            }
        }
        Err(e) => walker.fault(place, &e),
    }
}

/// Returns what a row of the schema says of a table.
fn table(row: &[cell::Value<'_>], wide: loose::Wide) -> Option<Table> {
    let text = |at: usize| match row.get(at) {
        Some(cell::Value::Text(bytes)) => {
            let encoding = wide.unwrap_or(encoding_rs::UTF_8);
            let bytes = &bytes[..bytes.len().min(64 << 10)];
            Some(encoding.decode_without_bom_handling(bytes).0.into_owned())
        }
        _ => None,
    };
    let root = match row.get(3) {
        Some(cell::Value::Integer(root)) => u32::try_from(*root).ok().filter(|r| *r > 1)?,
        _ => return None,
    };
    if text(0)? != "table" {
        return None;
    }
    Some(Table { name: text(1)?, root, columns: cell::columns(&text(4).unwrap_or_default()) })
}

/// Returns the character set of two bytes that the header of a database names.
fn encoding(header: &[u8]) -> loose::Wide {
    match u32_at(header, 56) {
        2 => Some(encoding_rs::UTF_16LE),
        3 => Some(encoding_rs::UTF_16BE),
        _ => None,
    }
}

/// What takes rows.
type Rows<'r> = dyn FnMut(&[cell::Value<'_>], Option<&'static encoding_rs::Encoding>) -> io::Result<()> + 'r;

impl<'a> Database<'a> {
    fn open(input: &'a mut dyn ReadSeek) -> io::Result<Self> {
        let length = input.seek(SeekFrom::End(0))?;
        input.rewind()?;
        let mut header = [0; 100];
        input.read_exact(&mut header)?;
        let page_size = match u16_at(&header, 16) {
            1 => 65_536,
            size if size >= 512 && size.is_power_of_two() => size,
            _ => return Err(damaged("the page size is impossible")),
        };
        let usable = page_size - usize::from(header[20]);
        if usable < 480 {
            return Err(damaged("the pages have no room"));
        }
        let pages = (length / page_size as u64).min(PAGES) as u32;
        let wide = encoding(&header);
        let marks = || vec![0; pages as usize / 8 + 1];
        Ok(Self { input, page_size, usable, pages, wide, seen: marks(), nodes: marks(), odd: false })
    }

    fn page(&mut self, number: u32) -> io::Result<Vec<u8>> {
        let mut page = vec![0; self.page_size];
        self.page_into(number, &mut page)?;
        Ok(page)
    }

    fn page_into(&mut self, number: u32, page: &mut [u8]) -> io::Result<()> {
        if number == 0 || number > self.pages {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "a page lies beyond the end of the file",
            ));
        }
        self.input.seek(SeekFrom::Start(u64::from(number - 1) * self.page_size as u64))?;
        self.input.read_exact(page)
    }

    /// Marks a page; false when it was marked before.
    fn mark(&mut self, number: u32) -> bool {
        let Some(byte) = self.seen.get_mut(number as usize / 8) else { return false };
        let bit = 1 << (number % 8);
        let new = *byte & bit == 0;
        *byte |= bit;
        new
    }

    /// Walks a tree and hands every row to `rows`. A damaged page costs its rows;
    /// the first fault is returned at the end.
    fn tree(&mut self, root: u32, rows: &mut Rows<'_>) -> io::Result<()> {
        let mut fault = None;
        // The pages still to visit, with their level: the tree is never held.
        let mut open: Vec<(u32, usize)> = vec![(root, 0)];
        while let Some((number, level)) = open.pop() {
            if number > self.pages || !self.mark(number) {
                fault.get_or_insert_with(|| damaged("a page is missing or belongs to two places"));
                continue;
            }
            let step = self.node(number, level, &mut open, rows);
            if let Err(e) = step {
                fault.get_or_insert(e);
            }
        }
        fault.map_or(Ok(()), Err)
    }

    fn node(
        &mut self,
        number: u32,
        level: usize,
        open: &mut Vec<(u32, usize)>,
        rows: &mut Rows<'_>,
    ) -> io::Result<()> {
        let page = self.page(number)?;
        let start = if number == 1 { 100 } else { 0 };
        let kind = page[start];
        let cells = u16_at(&page, start + 3).min(self.page_size / 2);
        let interior = matches!(kind, 2 | 5);
        if !interior && !matches!(kind, 10 | 13) {
            return Err(damaged("a page is of no known kind"));
        }
        if let Some(byte) = self.nodes.get_mut(number as usize / 8) {
            *byte |= 1 << (number % 8);
        }
        let pointers = start + if interior { 12 } else { 8 };
        if interior {
            if level >= LEVELS {
                return Err(damaged("a tree is too deep"));
            }
            open.push((u32_at(&page, start + 8), level + 1));
            for i in (0..cells).rev() {
                open.push((u32_at(&page, u16_at(&page, pointers + i * 2)), level + 1));
            }
            if kind == 5 {
                return Ok(());
            }
        }
        let mut fault = None;
        for i in 0..cells {
            let at = u16_at(&page, pointers + i * 2) + if interior { 4 } else { 0 };
            if let Err(e) = self.cell(&page, at, kind == 13, rows) {
                fault.get_or_insert(e);
            }
        }
        fault.map_or(Ok(()), Err)
    }

    /// Reads one row, with what of it lies on further pages.
    fn cell(&mut self, page: &[u8], at: usize, is_table: bool, rows: &mut Rows<'_>) -> io::Result<()> {
        let rest = page.get(at..).ok_or_else(|| damaged("a row lies outside of its page"))?;
        let (size, used) = cell::varint(rest);
        let used = used + if is_table { cell::varint(&rest[used..]).1 } else { 0 };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let body = &rest[used..];
        // Figures of the file format, section 1.6: what a page may hold of a row.
        let most = if is_table { self.usable - 35 } else { (self.usable - 12) * 64 / 255 - 23 };
        if size <= most {
            let payload = body.get(..size).ok_or_else(|| damaged("a row is longer than its page"))?;
            self.odd |= !cell::whole(payload);
            return rows(&cell::values(payload), self.wide);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let spread = least + (size - least) % (self.usable - 4);
        let local = if spread <= most { spread } else { least };
        let mut payload = body.get(..local).ok_or_else(|| damaged("a row is longer than its page"))?.to_vec();
        let mut next = u32_at(body, local);
        let mut cut = size > ROW;
        let wanted = size.min(ROW);
        let mut further = vec![0; self.page_size];
        let mut last = next;
        while payload.len() < wanted && next != 0 {
            last = next;
            if next > self.pages || !self.mark(next) {
                cut = true;
                break;
            }
            self.page_into(next, &mut further)?;
            let take = (wanted - payload.len()).min(self.usable - 4);
            payload.extend_from_slice(&further[4..4 + take]);
            next = u32_at(&further, 0);
        }
        // Behind the end of the row lie bytes of earlier ones.
        if let Some(byte) = self.nodes.get_mut(last as usize / 8) {
            *byte |= 1 << (last % 8);
        }
        self.odd |= !cell::whole(&payload);
        rows(&cell::values(&payload), self.wide)?;
        if cut { Err(damaged("a row is cut: it is too long, or its pages are not its own")) } else { Ok(()) }
    }

    /// Hands on what no table holds: rows of other pages (indexes, and tables that were
    /// dropped), then the bytes of all pages that belong to no row, where deleted rows live on.
    fn loose(&mut self, walker: &mut Walker<'_>, place: &Place) -> io::Result<()> {
        let mut page = vec![0; self.page_size];
        let mut fault = None;
        for bytes in [false, true] {
            let mut feed = Feed::new(walker.scan);
            for number in 1..=self.pages {
                let is = |marks: &[u8]| marks[number as usize / 8] & 1 << (number % 8) != 0;
                let (seen, node) = (is(&self.seen), is(&self.nodes));
                if seen && !(bytes && node) {
                    continue;
                }
                if let Err(e) = self.page_into(number, &mut page) {
                    fault = Some(e);
                    break;
                }
                if !feed.is_open() {
                    let name = if bytes { "bytes of no row" } else { "pages of no table" };
                    let inner = place.within(Segment::Member(name.to_owned()));
                    if bytes {
                        feed.begin_again(inner);
                    } else {
                        feed.begin(inner, Kind::Text);
                    }
                }
                let start = if number == 1 { 100 } else { 0 };
                if bytes {
                    feed.push(&loose::rest(&page, start, self.usable));
                } else {
                    loose::show(&page, start, self.usable, self.wide, &mut feed);
                }
            }
        }
        if u64::from(self.pages) == PAGES {
            walker.trouble(place, Trouble::Bounded(format!("pages after the first {PAGES} are left out")));
        }
        fault.map_or(Ok(()), Err)
    }
}
