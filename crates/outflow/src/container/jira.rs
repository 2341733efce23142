//! Jira backups: `entities.xml` of the entity engine, one element an object.
//!
//! Read twice like a Confluence export: a change or an attachment names its
//! ticket by id only.

use std::cell::RefCell;
use std::io::{self, Read};

use super::feed::Feed;
use super::names::{Kind as Noun, Names, Node};
use super::source::{ReadSeek, Window};
use super::walker::Walker;
use super::xml::{self, Token};
use super::zip::{self, Archive};
use crate::place::{Kind, Place, Segment, Trouble};

/// Bytes of an object that are gathered before they are handed on.
const GATHERED: usize = 64 << 10;

/// Bytes of a name or of a value the index takes.
const HELD: usize = 512;

type Open<'o> = dyn Fn() -> io::Result<Box<dyn Read + 'o>> + 'o;

/// Reads a backup as it was downloaded.
pub(super) fn backup(walker: &mut Walker<'_>, place: &Place, archive: &Archive<'_, '_>, depth: u32) {
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
        let mut element = Element::default();
        let _ = xml::read(&mut input, &mut |token| {
            element.take(token, &mut |e| index(&mut names, e), &mut |_, _| {});
        });
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
    let result = hand_on(walker, place, &names, &mut input);
    if let Err(e) = result {
        walker.fault(&place.within(Segment::Member("entities.xml".to_owned())), &e);
    }
    names
}

fn hand_on(walker: &mut Walker<'_>, place: &Place, names: &Names, input: &mut dyn Read) -> io::Result<()> {
    let feed = RefCell::new(Feed::new(walker.scan));
    let lines = RefCell::new(Vec::<u8>::new());
    let mut element = Element::default();
    let flush = |element: &Element, last: bool| {
        let (mut feed, mut lines) = (feed.borrow_mut(), lines.borrow_mut());
        // Without as many digits as the shortest identifier has there is nothing to find.
        if !last || feed.is_open() || lines.iter().filter(|b| b.is_ascii_digit()).count() >= 8 {
            if !feed.is_open() {
                feed.begin(object(place, names, element), Kind::Text);
            }
            feed.push(&lines);
        }
        lines.clear();
        if last {
            feed.end();
        }
    };
    xml::read(input, &mut |token| {
        element.take(token, &mut |element| flush(element, true), &mut |element, text| {
            lines.borrow_mut().extend_from_slice(text);
            if lines.borrow().len() > GATHERED {
                flush(element, false);
            }
        });
    })
}

/// The object at hand.
#[derive(Default)]
struct Element {
    depth: u32,
    class: Vec<u8>,
    field: Vec<u8>,
    id: Vec<u8>,
    /// The ticket, group or project it belongs to.
    owner: Vec<u8>,
    key: Vec<u8>,
    number: Vec<u8>,
    project: Vec<u8>,
    custom: Vec<u8>,
    /// Its summary, file name or name.
    name: Vec<u8>,
}

fn hold(into: &mut Vec<u8>, bytes: &[u8]) {
    let room = HELD.saturating_sub(into.len());
    into.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

impl Element {
    /// Takes a token; gives text with the names of its fields, and the end of each object.
    fn take(&mut self, token: Token<'_>, end: &mut dyn FnMut(&Self), text: &mut dyn FnMut(&Self, &[u8])) {
        match token {
            Token::Open(name) => {
                self.depth += 1;
                match self.depth {
                    2 => {
                        *self = Self { depth: 2, ..Self::default() };
                        hold(&mut self.class, name);
                    }
                    3 => self.begin(name, text),
                    _ => {}
                }
            }
            Token::Attribute(name) if self.depth == 2 => self.begin(name, text),
            Token::Value(value) if self.depth == 2 => self.value(value, text),
            Token::Text(value) | Token::Verbatim(value) if self.depth == 3 => self.value(value, text),
            Token::Opened(true) | Token::Close(_) => self.close(end),
            _ => {}
        }
    }

    fn begin(&mut self, name: &[u8], text: &mut dyn FnMut(&Self, &[u8])) {
        self.field.clear();
        hold(&mut self.field, name);
        text(self, b"\n");
        text(self, name);
        text(self, b": ");
    }

    fn close(&mut self, end: &mut dyn FnMut(&Self)) {
        if self.depth == 2 {
            end(self);
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn value(&mut self, value: &[u8], text: &mut dyn FnMut(&Self, &[u8])) {
        let field = match self.field.as_slice() {
            b"id" => Some(&mut self.id),
            b"issue" | b"group" => Some(&mut self.owner),
            b"key" => Some(&mut self.key),
            b"number" => Some(&mut self.number),
            b"project" => Some(&mut self.project),
            b"customfield" => Some(&mut self.custom),
            b"summary" | b"filename" => Some(&mut self.name),
            _ => None,
        };
        if let Some(field) = field {
            hold(field, value);
        }
        text(self, value);
    }
}

fn number(text: &[u8]) -> u64 {
    std::str::from_utf8(text).ok().and_then(|t| t.trim().parse().ok()).unwrap_or(0)
}

fn index(names: &mut Names, element: &Element) {
    let kind = match element.class.as_slice() {
        b"Issue" => Noun::Issue,
        b"Project" => Noun::Project,
        b"ChangeGroup" => Noun::Change,
        b"FileAttachment" => Noun::Attachment,
        _ => return,
    };
    let owner = if kind == Noun::Issue { number(&element.project) } else { number(&element.owner) };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let name = match kind {
        // Newer backups give the key; in older ones it is project and number.
        Noun::Issue if element.key.is_empty() => {
            format!("-{}\t{}", text(&element.number), text(&element.name))
        }
        Noun::Issue => format!("{}\t{}", text(&element.key), text(&element.name)),
        Noun::Project => text(&element.key),
        Noun::Change => String::new(),
        _ => text(&element.name),
    };
    names.add(Node { id: number(&element.id), owner, kind, ..Node::default() }, &name);
}

/// Returns the place of a ticket.
fn issue(base: &Place, names: &Names, id: u64) -> Place {
    let Some(node) = names.get(id, &[Noun::Issue]) else {
        return base.within(Segment::Field(format!("issue {id}")));
    };
    let (key, title) = names.name(node).split_once('\t').unwrap_or((names.name(node), ""));
    let project = || names.get(node.owner, &[Noun::Project]).map_or("", |p| names.name(p));
    let key = if key.starts_with('-') { format!("{}{key}", project()) } else { key.to_owned() };
    let link = Some(format!("/browse/{key}"));
    base.within(Segment::Issue { key, title: title.to_owned(), link })
}

/// Returns the place of the object at hand.
fn object(base: &Place, names: &Names, element: &Element) -> Place {
    let id = String::from_utf8_lossy(&element.id).into_owned();
    let owner = number(&element.owner);
    match element.class.as_slice() {
        b"Issue" => issue(base, names, number(&element.id)),
        b"Action" | b"Worklog" => issue(base, names, owner).within(Segment::Comment(id)),
        b"ChangeGroup" => issue(base, names, owner).within(Segment::Change(id)),
        b"ChangeItem" => {
            let of = names.get(owner, &[Noun::Change]).map_or(0, |group| group.owner);
            issue(base, names, of).within(Segment::Change(id))
        }
        b"FileAttachment" => {
            let name = String::from_utf8_lossy(&element.name).into_owned();
            issue(base, names, owner).within(Segment::Attachment { name, id, version: None })
        }
        b"CustomFieldValue" => {
            let custom = String::from_utf8_lossy(&element.custom);
            issue(base, names, owner).within(Segment::Field(format!("customfield_{custom}")))
        }
        class => base.within(Segment::Field(format!("{} {id}", String::from_utf8_lossy(class)))),
    }
}

/// Returns the place of an attachment's file: `…attachments/…/id`.
fn attachment(base: &Place, names: &Names, path: &str) -> Option<Place> {
    let (_, below) = path.split_once("attachments/")?;
    let last = below.rsplit('/').next()?.trim_start_matches("_thumb_");
    let id: u64 = last.split(['_', '.']).next()?.parse().ok()?;
    let node = names.get(id, &[Noun::Attachment])?;
    let name = names.name(node).to_owned();
    Some(issue(base, names, node.owner).within(Segment::Attachment {
        name,
        id: id.to_string(),
        version: None,
    }))
}
