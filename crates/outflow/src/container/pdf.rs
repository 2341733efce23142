//! PDF: the text of its pages, its notes and forms, and the files inside it.
//!
//! Objects are found by looking for them and not by the table at the end, so a
//! damaged file gives what it still holds, and so do earlier states of a file
//! that was saved again.

mod filter;
mod font;
mod syntax;
mod text;

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::Range;

use super::source::{ReadSeek, read_up_to};
use super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};
use font::Font;
use syntax::{get, reference};

/// Bytes of a file that are looked at together.
const WINDOW: usize = 24 << 20;

/// Objects that are held of a window.
const OBJECTS: usize = 300_000;

/// Bytes the packed objects of a window may unpack to, all together.
const LOOSE: usize = 24 << 20;

/// Bytes of one dictionary.
const DICTIONARY: usize = 1 << 20;

/// Bytes of damaged objects that are looked at twice.
const WASTED: usize = 64 << 20;

/// Bytes of text and resources that all pages of a window may come to.
const WORK: usize = 1 << 30;

/// Bytes one page's text, or one font's table, may unpack to.
pub(super) const STREAM: usize = 16 << 20;

/// Reads a document.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek) {
    if let Err(e) = input.rewind() {
        return walker.fault(place, &e);
    }
    let mut held: Vec<u8> = Vec::new();
    let mut page = 0;
    let (mut windows, mut objects, mut at) = (0, 0, 0);
    loop {
        let (more, fault) = read_up_to(input, WINDOW - held.len());
        let last = more.len() < WINDOW - held.len() || fault.is_some();
        held.extend_from_slice(&more);
        drop(more);
        let cut = if last { None } else { memchr::memmem::rfind(&held, b"endobj") };
        let cut = cut.map_or(held.len(), |at| at + 6);
        if memchr::memmem::find(&held[..cut], b"/Encrypt").is_some_and(|at| encrypts(&held[at + 8..])) {
            walker.account().unread_from(0);
            return walker.trouble(place, Trouble::Encrypted);
        }
        let document = Document::new(&held[..cut], at);
        objects += document.objects.len();
        document.read(walker, place, &mut page);
        at += cut as u64;
        held.drain(..cut);
        windows += 1;
        if let Some(fault) = fault {
            walker.fault(place, &fault);
        }
        if last || walker.spent() {
            break;
        }
    }
    if objects == 0 {
        // Whatever it is, it is no document: its bytes are looked at as they lie.
        walker.trouble(place, Trouble::Damaged("it holds no object of a PDF".to_owned()));
    }
    if windows > 1 {
        let why = format!("it is read in pieces of {WINDOW} bytes, each with its own fonts");
        walker.trouble(place, Trouble::Bounded(why));
    }
}

/// Returns whether the entry after its name refers to an encryption dictionary.
fn encrypts(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    rest.starts_with(b"<<") || reference(rest).is_some()
}

/// An object: its dictionary or value, and its stream.
#[derive(Clone)]
enum Object {
    Direct { dictionary: Range<usize>, data: Option<Range<usize>> },
    Packed(Range<usize>),
}

struct Document<'b> {
    bytes: &'b [u8],
    /// Objects that came packed, unpacked one behind the other.
    loose: Vec<u8>,
    /// By number; the last state of an object wins.
    objects: BTreeMap<u32, Object>,
    /// Every state of every object with a stream.
    streams: Vec<(u32, Range<usize>, Range<usize>)>,
    notes: Vec<Trouble>,
    /// Where the bytes lie in the file.
    base: u64,
    /// Streams that were decoded.
    claims: Vec<Claim>,
}

/// A stream that was decoded: where it begins, how many of its bytes were used and where it
/// ends, and whether it is damaged.
type Claim = (usize, Option<usize>, usize, bool);

impl<'b> Document<'b> {
    fn new(bytes: &'b [u8], base: u64) -> Self {
        let mut document = Self {
            bytes,
            loose: Vec::new(),
            objects: BTreeMap::new(),
            streams: Vec::new(),
            notes: Vec::new(),
            base,
            claims: Vec::new(),
        };
        document.find_objects();
        document.unpack_objects();
        document
    }

    fn find_objects(&mut self) {
        let bytes = self.bytes;
        let (mut from, mut wasted) = (0, 0);
        while let Some(at) = memchr::memmem::find(&bytes[from..], b" obj").map(|at| from + at) {
            from = at + 4;
            let Some(number) = syntax::number_before(bytes, at) else { continue };
            if self.objects.len() >= OBJECTS {
                self.notes.push(Trouble::Bounded(format!("objects after the first {OBJECTS} are left out")));
                return;
            }
            let near = &bytes[..bytes.len().min(from + DICTIONARY)];
            let end = memchr::memmem::find(&near[from..], b"endobj").map_or(near.len(), |e| from + e);
            let dictionary = from..syntax::skip(near, from).min(near.len());
            let data = self.data(&dictionary);
            if let Some(data) = &data {
                self.streams.push((number, dictionary.clone(), data.clone()));
                from = data.end;
            } else if dictionary.end > end && wasted < WASTED {
                // It swallowed the next objects: they are looked at once more.
                wasted += dictionary.end - end;
                from = end.max(from);
            } else {
                from = dictionary.end.max(from);
            }
            self.objects.insert(number, Object::Direct { dictionary, data });
        }
    }

    /// Returns the stream behind a dictionary.
    fn data(&self, dictionary: &Range<usize>) -> Option<Range<usize>> {
        let bytes = self.bytes;
        let rest = &bytes[dictionary.end..];
        let gap = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let rest = rest[gap..].strip_prefix(b"stream")?;
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        let rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        let start = bytes.len() - rest.len();
        let length = get(&bytes[dictionary.clone()], b"Length").filter(|v| reference(v).is_none());
        let length = length.and_then(syntax::integer).and_then(|n| usize::try_from(n).ok());
        let stated = length.and_then(|n| start.checked_add(n)).filter(|end| {
            bytes
                .get(*end..(*end + 12).min(bytes.len()))
                .is_some_and(|b| b.trim_ascii_start().starts_with(b"endstr"))
        });
        let end = stated.or_else(|| memchr::memmem::find(rest, b"endstream").map(|at| start + at));
        Some(start..end.unwrap_or(bytes.len()))
    }

    /// Unpacks object streams.
    fn unpack_objects(&mut self) {
        for (_, dictionary, data) in self.streams.clone() {
            let dictionary = &self.bytes[dictionary];
            if get(dictionary, b"Type") != Some(b"/ObjStm") {
                continue;
            }
            let room = LOOSE.saturating_sub(self.loose.len());
            let decoded = filter::decode(dictionary, &self.bytes[data.clone()], room);
            self.claims.push((data.start, decoded.used, data.end, decoded.damaged));
            let body = decoded.bytes;
            if decoded.cut {
                self.notes
                    .push(Trouble::Bomb(format!("its packed objects unpack to more than {LOOSE} bytes")));
                return;
            }
            let first = get(dictionary, b"First").and_then(syntax::integer).unwrap_or(0).max(0) as usize;
            let numbers: Vec<usize> = String::from_utf8_lossy(body.get(..first).unwrap_or(b""))
                .split_ascii_whitespace()
                .filter_map(|n| n.parse().ok())
                .collect();
            let base = self.loose.len();
            self.loose.extend_from_slice(&body);
            for pair in numbers.chunks_exact(2) {
                let start = base.saturating_add(first).saturating_add(pair[1]);
                if start < self.loose.len() && self.objects.len() < OBJECTS {
                    let end = syntax::skip(&self.loose, start).min(self.loose.len());
                    self.objects.entry(pair[0] as u32).or_insert(Object::Packed(start..end));
                }
            }
        }
    }

    /// Returns what an object number stands for.
    fn value(&self, number: u32) -> Option<&[u8]> {
        match self.objects.get(&number)? {
            Object::Direct { dictionary, .. } => self.bytes.get(dictionary.clone()),
            Object::Packed(range) => self.loose.get(range.clone()),
        }
    }

    /// Returns the entry of a dictionary, followed once if it is a reference.
    fn entry<'d>(&'d self, dictionary: &'d [u8], key: &[u8]) -> Option<&'d [u8]> {
        let value = get(dictionary, key)?;
        match reference(value) {
            Some(number) => self.value(number),
            None => Some(value),
        }
    }

    fn stream(&self, number: u32) -> Option<(&[u8], &[u8])> {
        match self.objects.get(&number)? {
            Object::Direct { dictionary, data: Some(data) } => {
                Some((&self.bytes[dictionary.clone()], &self.bytes[data.clone()]))
            }
            _ => None,
        }
    }

    /// Returns the fonts a dictionary of resources names.
    fn fonts(&self, resources: &[u8], cache: &mut BTreeMap<u32, Font>) -> BTreeMap<Vec<u8>, u32> {
        let mut fonts = BTreeMap::new();
        let Some(named) = self.entry(resources, b"Font") else { return fonts };
        for (name, value) in syntax::entries(named).take(1000) {
            let Some(number) = reference(value) else { continue };
            if !cache.contains_key(&number) && cache.len() < 2000 {
                cache.insert(number, self.font(self.value(number).unwrap_or(b"")));
            }
            fonts.insert(name.to_vec(), number);
        }
        fonts
    }

    /// Reads a font.
    fn font(&self, font: &[u8]) -> Font {
        let table = get(font, b"ToUnicode").and_then(reference).and_then(|n| self.stream(n));
        let table = table.map(|(dictionary, data)| filter::decode(dictionary, data, STREAM).bytes);
        // Codes of two bytes are numbers of glyphs.
        let wide = get(font, b"Subtype") == Some(b"/Type0");
        Font::read(table.as_deref(), wide, self.entry(font, b"Encoding").unwrap_or(b""))
    }

    /// Returns the resources of a page, its own or those of the pages above it.
    fn resources<'d>(&'d self, page: &'d [u8]) -> Option<&'d [u8]> {
        let mut node = page;
        for _ in 0..32 {
            if let Some(found) = self.entry(node, b"Resources") {
                return Some(found);
            }
            node = self.value(get(node, b"Parent").and_then(reference)?)?;
        }
        None
    }

    fn read(mut self, walker: &mut Walker<'_>, place: &Place, page: &mut u64) {
        for note in std::mem::take(&mut self.notes) {
            walker.trouble(place, note);
        }
        for claim in std::mem::take(&mut self.claims) {
            self.claim(walker, place, claim);
        }
        let mut cache = BTreeMap::new();
        let mut used = std::collections::BTreeSet::new();
        let mut work = 0;
        let pages = self.objects.keys().filter_map(|n| self.value(*n));
        for node in pages.filter(|n| get(n, b"Type") == Some(b"/Page")) {
            if work > WORK {
                walker.trouble(place, Trouble::Bomb(format!("its pages come to more than {WORK} bytes")));
                return;
            }
            *page += 1;
            let resources = self.resources(node).unwrap_or(b"");
            work += resources.len();
            let fonts = self.fonts(resources, &mut cache);
            let contents = get(node, b"Contents").unwrap_or(b"");
            let direct = reference(contents)
                .map(|n| self.value(n).filter(|v| v.starts_with(b"[")).unwrap_or(contents));
            let mut body = Vec::new();
            for number in syntax::references(direct.unwrap_or(contents)).take(10_000) {
                used.insert(number);
                let Some((dictionary, data)) = self.stream(number) else { continue };
                let decoded = self.decoded(walker, place, dictionary, data, STREAM - body.len().min(STREAM));
                body.extend_from_slice(&decoded.bytes);
                body.push(b'\n');
                if decoded.cut {
                    walker.trouble(place, Trouble::Bounded(format!("a page of more than {STREAM} bytes")));
                    break;
                }
            }
            work += body.len();
            let inner = place.within(Segment::Sheet(page.to_string()));
            self.show(walker, &inner, &body, &fonts, &cache);
            if walker.spent() {
                return;
            }
        }
        self.others(walker, place, &used, &mut cache);
        self.strings(walker, place);
        let unknown: u64 = cache.values().map(Font::unknown).sum();
        if unknown > 0 {
            let what = format!("text of fonts that do not say which letters they show ({unknown} of them)");
            walker.trouble(place, Trouble::Unsupported(what));
        }
    }

    fn show(
        &self,
        walker: &mut Walker<'_>,
        place: &Place,
        body: &[u8],
        fonts: &BTreeMap<Vec<u8>, u32>,
        cache: &BTreeMap<u32, Font>,
    ) {
        walker.meter.produced.set(walker.meter.produced.get() + body.len() as u64);
        let text = text::extract(body, &|name| fonts.get(name).and_then(|n| cache.get(n)));
        if !text.trim_ascii().is_empty() {
            walker.text(place.clone(), Kind::Text, &text);
        }
        // What draws no letters may say something all the same.
        walker.text_again(place, body);
    }

    /// Decodes a stream, and accounts for its bytes.
    fn decoded(
        &self,
        walker: &mut Walker<'_>,
        place: &Place,
        dictionary: &[u8],
        data: &[u8],
        limit: usize,
    ) -> filter::Decoded {
        let decoded = filter::decode(dictionary, data, limit);
        let start = data.as_ptr().addr().saturating_sub(self.bytes.as_ptr().addr());
        let end = start + data.len();
        if let Some(name) = filter::unread(dictionary) {
            let range = self.base + start as u64..self.base + end as u64;
            walker.unread(place, range, Trouble::Unsupported(format!("a stream packed with {name}")));
        } else {
            self.claim(walker, place, (start, decoded.used, end, decoded.damaged));
        }
        decoded
    }

    /// Accounts for the bytes of a stream that was decoded. Bytes without a checksum are
    /// looked at as they lie too.
    fn claim(&self, walker: &mut Walker<'_>, place: &Place, (start, used, end, damaged): Claim) {
        let (from, to) = (self.base + start as u64, self.base + end as u64);
        if damaged {
            let why = Trouble::Damaged("a stream cannot be unpacked to its end".to_owned());
            walker.unread(place, from..to, why);
        } else if let Some(used) = used {
            walker.account().read(from..from + used as u64);
        }
    }

    /// Reads streams no page names as its own: forms, notes' looks, metadata,
    /// files, and pages of earlier states.
    fn others(
        &self,
        walker: &mut Walker<'_>,
        place: &Place,
        used: &std::collections::BTreeSet<u32>,
        cache: &mut BTreeMap<u32, Font>,
    ) {
        for (number, dictionary, data) in &self.streams {
            let (dictionary, data) = (&self.bytes[dictionary.clone()], &self.bytes[data.clone()]);
            let current = self.stream(*number).is_some_and(|(_, now)| std::ptr::eq(now, data));
            if used.contains(number) && current {
                continue;
            }
            let subtype = get(dictionary, b"Subtype").unwrap_or(b"");
            match (get(dictionary, b"Type").unwrap_or(b""), subtype) {
                (b"/ObjStm" | b"/XRef", _)
                | (_, b"/Image" | b"/Type1C" | b"/CIDFontType0C" | b"/OpenType") => {}
                _ if get(dictionary, b"Length1").is_some() || get(dictionary, b"Alternate").is_some() => {}
                (b"/EmbeddedFile", _) => {
                    let id = number.to_string();
                    let inner = place.within(Segment::Attachment { name: String::new(), id, version: None });
                    let filter::Decoded { bytes, cut, .. } =
                        self.decoded(walker, &inner, dictionary, data, STREAM);
                    if cut {
                        walker.trouble(&inner, Trouble::Bounded(format!("more than {STREAM} bytes")));
                    }
                    walker.member(&inner, &mut Cursor::new(bytes), 1);
                }
                (b"/Metadata", _) => {
                    let inner = place.within(Segment::Member("metadata".to_owned()));
                    let bytes = self.decoded(walker, &inner, dictionary, data, STREAM).bytes;
                    walker.text(inner, Kind::Html, &bytes);
                }
                _ => {
                    let inner = place.within(Segment::Member(format!("stream {number}")));
                    let bytes = self.decoded(walker, &inner, dictionary, data, STREAM).bytes;
                    if memchr::memmem::find(&bytes, b"BT").is_none() {
                        other(walker, &inner, &bytes);
                        continue;
                    }
                    let fonts = self.entry(dictionary, b"Resources").map(|r| self.fonts(r, cache));
                    self.show(walker, &inner, &bytes, &fonts.unwrap_or_default(), cache);
                }
            }
            if walker.spent() {
                return;
            }
        }
    }

    /// Hands on the strings of dictionaries: titles, notes, form fields, bookmarks.
    fn strings(&self, walker: &mut Walker<'_>, place: &Place) {
        let mut lines = Vec::new();
        for number in self.objects.keys() {
            let Some(value) = self.value(*number) else { continue };
            text::strings(value, &mut lines);
        }
        if lines.iter().filter(|b| b.is_ascii_digit()).count() >= 8 {
            walker.text(place.within(Segment::Member("strings".to_owned())), Kind::Text, &lines);
        }
    }
}

/// Hands on a stream that draws no text: forms as XML (XFA), scripts, whatever it is. Tables
/// of fonts hold no text of their own.
fn other(walker: &mut Walker<'_>, place: &Place, bytes: &[u8]) {
    let table = memchr::memmem::find(&bytes[..bytes.len().min(1024)], b"CIDInit").is_some();
    if table || bytes.iter().filter(|b| b.is_ascii_digit()).count() < 8 {
        return;
    }
    let markup = bytes.trim_ascii_start().starts_with(b"<");
    walker.text(place.clone(), if markup { Kind::Html } else { Kind::Raw }, bytes);
}
