//! Zip archives: an own reader of the central directory, so that millions of
//! members cost no memory, overlapping members are seen, and each member is
//! opened where the directory says and nowhere else.

mod opened;
mod unclaimed;

use std::cell::RefCell;
use std::io::{self, BufReader, Read, SeekFrom};
use std::rc::Rc;

use super::archive::{DICTIONARY, leads_out, shown};
use super::sniff::{self, Format};
use super::source::{Counted, Meter, ReadSeek, Window};
use super::walker::{Shared, Walker};
use super::{confluence, jira, office};
use crate::place::{Place, Segment, Trouble};
use opened::{Done, Opened};

/// One entry of the central directory.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    comment: Vec<u8>,
    pub(super) size: u64,
    packed: u64,
    at: u64,
    method: u16,
    encrypted: bool,
    /// The sum over its bytes, if it is stated.
    sum: Option<u32>,
    /// Its sizes follow it.
    described: bool,
}

/// Where the central directory lies.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Directory {
    start: u64,
    size: u64,
    /// Members by its own count; writers without Zip64 give it modulo 65,536.
    count: u64,
    /// After its end mark.
    end: u64,
    /// Bytes before the archive proper, such as a self-extracting program.
    shift: u64,
}

/// Bytes of a header in front of a member, without name and extra field.
const HEADER: u64 = 30;

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn u16_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 2).map_or(0, |b| u64::from(u16::from_le_bytes([b[0], b[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> u64 {
    u16_at(bytes, at) | u16_at(bytes, at + 2) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u32_at(bytes, at) | u32_at(bytes, at + 4) << 32
}

fn read_at(input: &mut dyn ReadSeek, at: u64, buffer: &mut [u8]) -> io::Result<()> {
    input.seek(SeekFrom::Start(at))?;
    input.read_exact(buffer)
}

/// Returns whether an archive ends here, whatever the beginning looks like.
pub(super) fn has_directory(input: &mut dyn ReadSeek) -> bool {
    let mut mark = [0; 4];
    find(input).is_ok_and(|d| d.size >= 46 && read_at(input, d.start, &mut mark).is_ok())
        && mark == *b"PK\x01\x02"
}

/// Returns the place of the central directory.
pub(super) fn find(input: &mut dyn ReadSeek) -> io::Result<Directory> {
    let length = input.seek(SeekFrom::End(0))?;
    let tail_length = length.min(22 + 65_535);
    let mut tail = vec![0; tail_length as usize];
    read_at(input, length - tail_length, &mut tail)?;
    let ends: Vec<usize> =
        memchr::memmem::find_iter(&tail, b"PK\x05\x06").filter(|at| at + 22 <= tail.len()).collect();
    // A mark inside of the comment is none: the comment ends with the file.
    let whole = |at: &&usize| **at + 22 + u16_at(&tail, **at + 20) as usize == tail.len();
    let end = ends.iter().find(whole).or(ends.last()).copied();
    let end = end
        .ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "the directory at the end is missing"))?;
    let record = &tail[end..];
    let end_at = length - tail_length + end as u64;
    let (mut count, mut size, mut start) = (u16_at(record, 10), u32_at(record, 12), u32_at(record, 16));
    let mut directory_end = end_at;
    if (count == 0xffff || size == 0xffff_ffff || start == 0xffff_ffff) && end_at >= 20 {
        let mut locator = [0; 20];
        read_at(input, end_at - 20, &mut locator)?;
        if locator.starts_with(b"PK\x06\x07") {
            let mut large = [0; 56];
            let at = u64_at(&locator, 8);
            read_at(input, at, &mut large)?;
            if !large.starts_with(b"PK\x06\x06") {
                return Err(damaged("the large directory record is missing"));
            }
            (count, size, start) = (u64_at(&large, 32), u64_at(&large, 40), u64_at(&large, 48));
            directory_end = at;
        }
    }
    let real =
        directory_end.checked_sub(size).ok_or_else(|| damaged("the directory is larger than the file"))?;
    let shift = real.saturating_sub(start);
    Ok(Directory { start: real, size, count, shift, end: end_at + 22 })
}

/// An archive whose members are read by entry.
pub(super) struct Archive<'a, 'b> {
    input: Shared<'a, 'b>,
    directory: Directory,
    /// Members that were read to their end, by the offset of their header, with the bytes
    /// they were unpacked from.
    done: Done,
}

impl<'a, 'b> Archive<'a, 'b> {
    /// Returns the entries one after another; a damaged one ends the row.
    pub(super) fn entries(&self) -> Entries<'a, 'b> {
        let window = Window::new(self.input, self.directory.start, self.directory.size);
        Entries {
            inner: BufReader::with_capacity(64 << 10, window),
            read: 0,
            count: self.directory.count,
            over: false,
        }
    }

    /// Returns the first entry of this name.
    pub(super) fn entry(&self, name: &str) -> Option<Entry> {
        self.entries().map_while(Result::ok).find(|e| e.name == name)
    }

    /// Opens a member: its unpacked bytes, metered.
    ///
    /// # Errors
    /// When the member's own header is not where the directory says, or its
    /// packing is not read.
    pub(super) fn open(&self, entry: &Entry, meter: Rc<Meter>) -> io::Result<Opened<'a>> {
        let mut header = [0; HEADER as usize];
        let at = entry.at.saturating_add(self.directory.shift);
        read_at(*self.input.borrow_mut(), at, &mut header)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(damaged("its header is not where the directory says"));
        }
        let data = at.saturating_add(HEADER + u16_at(&header, 26) + u16_at(&header, 28));
        let (counted, taken) = Counted::new(Window::new(self.input, data, entry.packed));
        let buffered = BufReader::with_capacity(64 << 10, counted);
        let used = Rc::new(std::cell::Cell::new(entry.packed));
        let inner: Box<dyn Read + 'a> = match entry.method {
            0 => Box::new(buffered),
            8 => {
                let inner = flate2::bufread::DeflateDecoder::new(buffered);
                Box::new(opened::Deflate { inner, used: used.clone() })
            }
            12 => Box::new(bzip2::bufread::BzDecoder::new(buffered)),
            14 => Box::new(lzma(buffered, entry.size)?),
            95 => Box::new(lzma_rust2::XzReader::new_mem_limit(buffered, true, DICTIONARY)),
            93 => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(buffered)?;
                decoder.window_log_max(23)?;
                Box::new(decoder)
            }
            _ => return Err(damaged("its packing is not read")),
        };
        Ok(Opened::new(entry, data, (inner, used), (taken, meter), self.done.clone()))
    }
}

/// Opens LZMA data as it lies in an archive: version, length of the properties, properties.
fn lzma<R: Read>(mut input: R, size: u64) -> io::Result<lzma_rust2::LzmaReader<R>> {
    let mut head = [0; 9];
    input.read_exact(&mut head)?;
    let dictionary = u32_at(&head, 5).min(u64::from(u32::MAX)) as u32;
    if dictionary / 1024 > DICTIONARY {
        return Err(damaged("its dictionary is larger than what is held"));
    }
    lzma_rust2::LzmaReader::new_with_props(input, size, head[4], dictionary, None)
}

/// The entries of a central directory, read as they are asked for.
pub(super) struct Entries<'a, 'b> {
    inner: BufReader<Window<'a, 'b>>,
    read: u64,
    count: u64,
    over: bool,
}

impl Entries<'_, '_> {
    fn read(&mut self) -> io::Result<Entry> {
        let mut fixed = [0; 46];
        self.inner.read_exact(&mut fixed)?;
        if !fixed.starts_with(b"PK\x01\x02") {
            return Err(damaged("an entry of the directory is damaged"));
        }
        let mut name = vec![0; u16_at(&fixed, 28) as usize];
        self.inner.read_exact(&mut name)?;
        let mut extra = vec![0; u16_at(&fixed, 30) as usize];
        self.inner.read_exact(&mut extra)?;
        let mut comment = vec![0; u16_at(&fixed, 32) as usize];
        self.inner.read_exact(&mut comment)?;
        let mut entry = Entry {
            name: shown(&name),
            comment,
            size: u32_at(&fixed, 24),
            packed: u32_at(&fixed, 20),
            at: u32_at(&fixed, 42),
            method: u16_at(&fixed, 10) as u16,
            encrypted: u16_at(&fixed, 8) & 1 != 0,
            sum: Some(u32_at(&fixed, 16) as u32).filter(|sum| *sum != 0),
            described: u16_at(&fixed, 8) & 8 != 0,
        };
        enlarge(&mut entry, &extra);
        Ok(entry)
    }
}

impl Iterator for Entries<'_, '_> {
    type Item = io::Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        // The directory is as long as its size says, whatever it counts.
        let more =
            io::BufRead::fill_buf(&mut self.inner).map(|b| !b.is_empty() && !b.starts_with(b"PK\x05\x05"));
        let entry = match more {
            Ok(true) => self.read(),
            Ok(false) if self.read & 0xffff == self.count & 0xffff => {
                self.over = true;
                return None;
            }
            Ok(false) => {
                let why = format!("the directory names {} members and counts {}", self.read, self.count);
                Err(damaged(&why))
            }
            Err(e) => Err(e),
        };
        self.read += 1;
        self.over = entry.is_err();
        Some(entry)
    }
}

/// Takes sizes and offset of more than 4 GiB from the extra field.
fn enlarge(entry: &mut Entry, extra: &[u8]) {
    let mut rest = extra;
    while rest.len() >= 4 {
        let (id, length) = (u16_at(rest, 0), u16_at(rest, 2) as usize);
        let body = rest.get(4..4 + length).unwrap_or(b"");
        if id == 1 {
            let mut at = 0;
            for field in [&mut entry.size, &mut entry.packed, &mut entry.at] {
                if *field == 0xffff_ffff && at + 8 <= body.len() {
                    *field = u64_at(body, at);
                    at += 8;
                }
            }
        }
        rest = rest.get(4 + length..).unwrap_or(b"");
    }
}

/// What an archive is, by the members it has.
#[derive(Debug, Default)]
struct Layout {
    /// Offsets of members that lie inside others.
    inside_others: Vec<u64>,
    /// Where the members lie, in order.
    claims: Vec<unclaimed::Claim>,
    office: bool,
    workbook: bool,
    entities: bool,
}

/// Members whose places are compared, to see which lie inside others.
const COMPARED: usize = 500_000;

fn layout(archive: &Archive<'_, '_>) -> (Layout, Option<io::Error>) {
    let mut layout = Layout::default();
    let mut places = Vec::new();
    let mut fault = None;
    for entry in archive.entries() {
        match entry {
            Ok(entry) => {
                if places.len() < COMPARED && !entry.name.ends_with('/') {
                    places.push((entry.at, entry.packed));
                }
                if layout.claims.len() < COMPARED {
                    layout.claims.push(unclaimed::Claim {
                        at: entry.at,
                        name: entry.name.len() as u64,
                        packed: entry.packed,
                        described: entry.described,
                    });
                }
                match entry.name.as_str() {
                    "[Content_Types].xml" | "META-INF/manifest.xml" | "content.xml" => layout.office = true,
                    "xl/workbook.xml" => layout.workbook = true,
                    "entities.xml" => layout.entities = true,
                    _ => {}
                }
            }
            Err(e) => fault = Some(e),
        }
    }
    places.sort_unstable();
    let mut end = 0;
    for (i, (at, packed)) in places.iter().enumerate() {
        if i > 0 && *at < end {
            layout.inside_others.push(*at);
        }
        // The name between header and data has at least one byte.
        end = end.max(at.saturating_add(31).saturating_add(*packed));
    }
    layout.inside_others.dedup();
    layout.claims.sort_unstable();
    (layout, fault)
}

/// Reads the members of a zip archive, in the way its layout asks for.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek, depth: u32) {
    let directory = match find(input) {
        Ok(directory) => directory,
        Err(e) => {
            walker.fault(place, &e);
            return unclaimed::without_directory(walker, place, input, depth);
        }
    };
    let shared = RefCell::new(input);
    let archive = Archive { input: &shared, directory, done: Done::default() };
    members(walker, place, &archive, depth);
    opened::claim(walker, &archive.done);
}

/// Reads the members and what lies between them.
fn members(walker: &mut Walker<'_>, place: &Place, archive: &Archive<'_, '_>, depth: u32) {
    let (layout, fault) = layout(archive);
    if let Some(fault) = fault {
        walker.fault(place, &fault);
    }
    if !layout.inside_others.is_empty() {
        let why = format!("{} members lie inside others and are left out", layout.inside_others.len());
        walker.trouble(place, Trouble::Bomb(why));
    }
    if layout.claims.len() < COMPARED {
        unclaimed::visit(walker, place, archive, &layout.claims, depth);
    }
    if layout.entities {
        let kind = root_of_entities(archive, &walker.meter);
        match kind {
            Some(Format::Hibernate) => confluence::space(walker, place, archive, depth),
            Some(Format::EntityEngine) => jira::backup(walker, place, archive, depth),
            _ => {}
        }
        if matches!(kind, Some(Format::Hibernate | Format::EntityEngine)) {
            return rest(walker, archive, &layout);
        }
    }
    if layout.workbook {
        office::workbook(walker, place, archive);
    }
    for entry in archive.entries().map_while(Result::ok) {
        if layout.inside_others.binary_search(&entry.at).is_ok()
            || (layout.workbook && office::is_sheet_part(&entry.name))
        {
            continue;
        }
        let inner = place.within(Segment::Member(entry.name.clone()));
        member(walker, archive, &entry, &inner, depth, layout.office);
        if walker.spent() {
            return;
        }
    }
    if layout.workbook {
        rest(walker, archive, &layout);
    }
}

/// Notes the members that nothing has opened.
fn rest(walker: &mut Walker<'_>, archive: &Archive<'_, '_>, layout: &Layout) {
    archive.done.borrow_mut().sort_unstable_by_key(|(at, _)| *at);
    let known: Vec<u64> = archive.done.borrow().iter().map(|(at, _)| *at).collect();
    for entry in archive.entries().map_while(Result::ok) {
        if known.binary_search(&entry.at).is_err() && layout.inside_others.binary_search(&entry.at).is_err() {
            archive.check(walker, &entry, usize::MAX);
        }
    }
}

fn root_of_entities(archive: &Archive<'_, '_>, meter: &Rc<Meter>) -> Option<Format> {
    let entry = archive.entry("entities.xml")?;
    let mut input = archive.open(&entry, meter.clone()).ok()?;
    let (head, _) = super::source::read_up_to(&mut input, sniff::HEAD);
    Some(sniff::format(&head))
}

/// Reads one member. In an office document, XML is read as running text.
pub(super) fn member(
    walker: &mut Walker<'_>,
    archive: &Archive<'_, '_>,
    entry: &Entry,
    place: &Place,
    depth: u32,
    office: bool,
) {
    if !entry.comment.is_empty() {
        let inner = place.within(Segment::Field("comment".to_owned()));
        walker.text(inner, crate::place::Kind::Text, &entry.comment);
    }
    if leads_out(&entry.name) {
        walker.trouble(place, Trouble::Path("its name leads out of the archive".to_owned()));
    }
    if entry.name.ends_with('/') && entry.size == 0 {
        return walker.name(place);
    }
    if entry.encrypted || entry.method == 99 {
        walker.name(place);
        return walker.unread(place, archive.packed(entry), Trouble::Encrypted);
    }
    let packing = match entry.method {
        9 => Some("Deflate64"),
        98 => Some("PPMd"),
        0 | 8 | 12 | 14 | 93 | 95 => None,
        _ => Some("an unknown method"),
    };
    if let Some(packing) = packing {
        walker.name(place);
        let why = Trouble::Unsupported(format!("packed with {packing}"));
        return walker.unread(place, archive.packed(entry), why);
    }
    let troubles = walker.troubles();
    match archive.open(entry, walker.meter.clone()) {
        Ok(mut input) if office && (entry.name.ends_with(".xml") || entry.name.ends_with(".rels")) => {
            if walker.count_member(place) {
                office::running_text(walker, place, &mut input);
            }
        }
        Ok(mut input) => walker.member(place, &mut input, depth + 1),
        Err(e) => walker.fault(place, &e),
    }
    archive.check(walker, entry, troubles);
}
