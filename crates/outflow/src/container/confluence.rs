//! Confluence exports of a space or a site: `entities.xml` with every version of
//! every page, and attachments without names.
//!
//! `entities.xml` is read twice. The first time fills an index of what each id is
//! called, since a body stands before the page it belongs to; the second time
//! hands every property of every object to the scan.

mod objects;
mod storage;

use std::cell::RefCell;
use std::io::{self, Read};

use super::feed::Feed;
use super::names::{Kind as Noun, Names, Node};
use super::source::{ReadSeek, Window};
use super::walker::Walker;
use super::zip::{self, Archive};
use crate::place::{Kind, Place, Segment, Trouble};
use objects::{Item, Objects};
use storage::Storage;

/// Bytes of the short properties of an object that are gathered before they are
/// handed on.
const GATHERED: usize = 64 << 10;

/// Bytes of a property the index takes.
const INDEXED: usize = 512;

/// Gives `entities.xml` from its beginning.
type Open<'o> = dyn Fn() -> io::Result<Box<dyn Read + 'o>> + 'o;

/// Reads an export as it was downloaded.
pub(super) fn space(walker: &mut Walker<'_>, place: &Place, archive: &Archive<'_, '_>, depth: u32) {
    let Some(entry) = archive.entry("entities.xml") else { return };
    let meter = walker.meter.clone();
    let names = read(walker, place, &|| {
        archive.open(&entry, meter.clone()).map(|member| -> Box<dyn Read> { Box::new(member) })
    });
    for entry in archive.entries().map_while(Result::ok).filter(|e| e.name != "entities.xml") {
        let inner = attachment(place, &names, &entry.name)
            .unwrap_or_else(|| place.within(Segment::Member(entry.name.clone())));
        zip::member(walker, archive, &entry, &inner, depth, false);
        if walker.spent() {
            return;
        }
    }
}

/// Reads an `entities.xml` that lies on its own.
pub(super) fn bare(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek) {
    let shared = RefCell::new(input);
    read(walker, place, &|| Ok(Box::new(Window::new(&shared, 0, u64::MAX)) as Box<dyn Read>));
}

fn read(walker: &mut Walker<'_>, place: &Place, open: &Open<'_>) -> Names {
    let mut names = Names::new(&walker.walk.limits);
    // A fault is met again, and reported, on the second reading.
    if let Ok(mut input) = open() {
        let mut index = Index { names: &mut names, fields: Fields::default() };
        let mut objects = Objects::default();
        let _ = objects.read(&mut input, &mut |item| index.take(item));
    }
    if names.finish() {
        let limits = walker.walk.limits;
        let why = format!("at most {} names of {} bytes are held", limits.names, limits.name_bytes);
        walker.trouble(place, Trouble::Bounded(why));
    }
    let mut input = match open() {
        Ok(input) => input,
        Err(e) => {
            walker.fault(place, &e);
            return names;
        }
    };
    let mut reader = Reader {
        feed: Feed::new(walker.scan),
        base: place,
        names: &names,
        class: Vec::new(),
        place: None,
        lines: Vec::new(),
        streaming: false,
        body: None,
    };
    let result = Objects::default().read(&mut input, &mut |item| reader.take(item));
    drop(reader);
    if let Err(e) = result {
        walker.fault(&place.within(Segment::Member("entities.xml".to_owned())), &e);
    }
    names
}

/// What the index needs to know of the object at hand.
#[derive(Default)]
struct Fields {
    class: Noun,
    id: u64,
    property: Property,
    title: Vec<u8>,
    number: Vec<u8>,
    version: u32,
    owner: u64,
    original: u64,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Property {
    #[default]
    Other,
    Title,
    Version,
    Owner,
    Original,
}

struct Index<'n> {
    names: &'n mut Names,
    fields: Fields,
}

impl Index<'_> {
    fn take(&mut self, item: Item<'_>) {
        let fields = &mut self.fields;
        match item {
            Item::Object(class) => {
                *fields = Fields { title: std::mem::take(&mut fields.title), ..Fields::default() };
                fields.title.clear();
                fields.class = noun(class);
            }
            Item::Id(id) => fields.id = number(id),
            Item::Property(name) => {
                fields.property = match name {
                    b"title" | b"fileName" | b"name" | b"key" => Property::Title,
                    b"version" | b"attachmentVersion" => Property::Version,
                    b"content" | b"containerContent" | b"container" | b"owner" => Property::Owner,
                    b"originalVersion" | b"originalVersionId" => Property::Original,
                    _ => Property::Other,
                };
                fields.number.clear();
            }
            Item::Piece(text) | Item::Verbatim(text) => match fields.property {
                Property::Title => {
                    let room = INDEXED.saturating_sub(fields.title.len());
                    fields.title.extend_from_slice(&text[..text.len().min(room)]);
                }
                Property::Version | Property::Original => {
                    let room = 20_usize.saturating_sub(fields.number.len());
                    fields.number.extend_from_slice(&text[..text.len().min(room)]);
                }
                _ => {}
            },
            Item::Reference(id) => match fields.property {
                Property::Owner => fields.owner = number(id),
                Property::Original => fields.original = number(id),
                _ => {}
            },
            Item::PropertyEnd => match fields.property {
                Property::Version => fields.version = number(&fields.number) as u32,
                Property::Original if fields.original == 0 => fields.original = number(&fields.number),
                _ => {}
            },
            Item::End => self.end(),
            Item::VerbatimEnd => {}
        }
    }

    fn end(&mut self) {
        let fields = &self.fields;
        if fields.class == Noun::Other || fields.id == 0 {
            return;
        }
        let node = Node {
            id: fields.id,
            owner: fields.owner,
            original: fields.original,
            version: fields.version,
            kind: fields.class,
            ..Node::default()
        };
        let name =
            if fields.class == Noun::Body { "" } else { std::str::from_utf8(&fields.title).unwrap_or("") };
        self.names.add(node, name);
    }
}

fn number(text: &[u8]) -> u64 {
    std::str::from_utf8(text).ok().and_then(|t| t.trim().parse().ok()).unwrap_or(0)
}

fn noun(class: &[u8]) -> Noun {
    match class {
        b"Page"
        | b"BlogPost"
        | b"Draft"
        | b"PageTemplate"
        | b"SpaceDescription"
        | b"CustomContentEntityObject" => Noun::Page,
        b"Comment" => Noun::Comment,
        b"Attachment" => Noun::Attachment,
        b"BodyContent" => Noun::Body,
        b"Space" => Noun::Space,
        _ => Noun::Other,
    }
}

const CONTENT: [Noun; 3] = [Noun::Page, Noun::Comment, Noun::Attachment];

/// Returns the place of a page, a comment or an attachment by its id.
fn content(base: &Place, names: &Names, id: u64, nested: u32) -> Place {
    let Some(node) = names.get(id, &CONTENT).filter(|_| nested < 8) else {
        return base.within(Segment::Field(format!("content {id}")));
    };
    let version = (node.version > 0).then_some(node.version);
    let owner = |nested| match (node.owner, node.original) {
        (0, 0) => base.clone(),
        // An old version of a comment names only the one that replaced it.
        (0, original) => names
            .get(original, &CONTENT)
            .map_or_else(|| base.clone(), |n| content(base, names, n.owner, nested)),
        (owner, _) => content(base, names, owner, nested),
    };
    match node.kind {
        Noun::Comment => owner(nested + 1).within(Segment::Comment(id.to_string())),
        Noun::Attachment => owner(nested + 1).within(Segment::Attachment {
            name: names.name(node).to_owned(),
            id: id.to_string(),
            version,
        }),
        _ => base.within(Segment::Page {
            title: names.name(node).to_owned(),
            version,
            id: id.to_string(),
            link: Some(format!("/pages/viewpage.action?pageId={id}")),
        }),
    }
}

/// Returns the place of an attachment's file: `attachments/page/attachment[/version]`.
fn attachment(base: &Place, names: &Names, path: &str) -> Option<Place> {
    let mut parts = path.strip_prefix("attachments/")?.split('/');
    let (page, id) = (parts.next()?.parse::<u64>().ok()?, parts.next()?);
    let id: u64 = id.split('.').next()?.parse().ok()?;
    let version: Option<u32> = parts.next().and_then(|v| v.parse().ok());
    let node = version.and_then(|v| names.version(id, v)).or_else(|| names.get(id, &[Noun::Attachment]));
    let name = node.map_or("", |n| names.name(n)).to_owned();
    let version = version.or_else(|| node.map(|n| n.version).filter(|v| *v > 0));
    let inner = Segment::Attachment { name, id: id.to_string(), version };
    Some(content(base, names, page, 0).within(inner))
}

/// Hands the objects to the scan.
struct Reader<'r, 's> {
    feed: Feed<'s>,
    base: &'r Place,
    names: &'r Names,
    class: Vec<u8>,
    place: Option<Place>,
    /// Short properties, gathered into one part for each object.
    lines: Vec<u8>,
    streaming: bool,
    /// Set while a body in storage format is read.
    body: Option<Storage>,
}

impl Reader<'_, '_> {
    fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Object(class) => {
                self.class.clear();
                self.class.extend_from_slice(class);
                self.place = None;
                self.lines.clear();
                self.streaming = false;
            }
            Item::Id(id) => self.place = Some(self.object(id)),
            Item::Property(name) => self.property(name),
            Item::Piece(text) | Item::Verbatim(text) => match &mut self.body {
                Some(storage) => storage.push(text, &mut self.feed),
                None => self.text(text),
            },
            Item::PropertyEnd => match self.body.take() {
                Some(storage) => {
                    storage.finish(&mut self.feed);
                    self.feed.end();
                }
                None => self.text(b"\n"),
            },
            Item::Reference(_) | Item::VerbatimEnd => {}
            Item::End => self.end(),
        }
    }

    /// Returns the place of the object at hand.
    fn object(&self, id: &[u8]) -> Place {
        let number = number(id);
        match noun(&self.class) {
            Noun::Body => {
                let owner = self.names.get(number, &[Noun::Body]).map_or(0, |n| n.owner);
                content(self.base, self.names, owner, 0)
            }
            Noun::Page | Noun::Comment | Noun::Attachment if self.names.get(number, &CONTENT).is_some() => {
                content(self.base, self.names, number, 0)
            }
            _ => {
                let name =
                    format!("{} {}", String::from_utf8_lossy(&self.class), String::from_utf8_lossy(id));
                self.base.within(Segment::Field(name))
            }
        }
    }

    fn here(&self) -> Place {
        let unnamed = || self.base.within(Segment::Field(String::from_utf8_lossy(&self.class).into_owned()));
        self.place.clone().unwrap_or_else(unnamed)
    }

    fn property(&mut self, name: &[u8]) {
        let markup = match self.class.as_slice() {
            b"BodyContent" => name == b"body",
            b"PageTemplate" => name == b"content",
            _ => false,
        };
        if markup {
            let place = self.here();
            self.feed.begin(place, Kind::Html);
            self.streaming = false;
            self.body = Some(Storage::default());
        } else {
            self.text(name);
            self.text(b": ");
        }
    }

    fn text(&mut self, text: &[u8]) {
        if self.lines.len() + text.len() > GATHERED {
            self.hand_on();
            self.feed.push(text);
        } else {
            self.lines.extend_from_slice(text);
        }
    }

    fn hand_on(&mut self) {
        if !self.streaming {
            let place = self.here();
            self.feed.begin(place, Kind::Text);
            self.streaming = true;
        }
        self.feed.push(&self.lines);
        self.lines.clear();
    }

    fn end(&mut self) {
        // Without as many digits as the shortest identifier has there is nothing to find.
        if self.streaming || self.lines.iter().filter(|b| b.is_ascii_digit()).count() >= 8 {
            self.hand_on();
            self.feed.end();
        }
        self.streaming = false;
    }
}
