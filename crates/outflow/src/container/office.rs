//! Office documents (OOXML and ODF): running text, and workbooks row by row.

mod flat;
mod running;
mod sheet;

use std::collections::BTreeMap;

use super::feed::Feed;
use super::walker::Walker;
use super::xml::{self, Token, local};
use super::zip::Archive;
use crate::place::{Kind, Place, Segment, Trouble};
pub(super) use flat::flat;
pub(super) use running::running_text;

/// Bytes of shared strings that are held; those beyond are scanned on their own.
const SHARED: usize = 24 << 20;

/// Bytes of attributes and other asides of one part that are held.
const BESIDE: usize = 4 << 20;

/// What stands beside the text of a part: attributes, names, formulas, rules. It is handed
/// on as a part of its own, since it may lie within a word.
#[derive(Default)]
struct Beside {
    held: Vec<u8>,
    /// Words that may say what the next number is.
    words: Vec<u8>,
    name: Vec<u8>,
    value: Vec<u8>,
    cut: bool,
}

impl Beside {
    /// Begins the value of an attribute.
    fn name(&mut self, name: &[u8]) {
        self.line();
        self.name.extend_from_slice(&name[..name.len().min(64)]);
    }

    fn value(&mut self, text: &[u8]) {
        let room = BESIDE.saturating_sub(self.held.len() + self.value.len());
        self.cut |= text.len() > room;
        self.value.extend_from_slice(&text[..text.len().min(room)]);
    }

    /// Takes text of an element that is no running text.
    fn text(&mut self, text: &[u8]) {
        if !text.trim_ascii().is_empty() {
            self.value(text);
        }
    }

    /// Ends a value: one with fewer digits than a number has is nothing to look at, but may
    /// say what the next one is.
    fn line(&mut self) {
        // What has no value stands in a tag that is damaged.
        if self.value.is_empty() {
            std::mem::swap(&mut self.name, &mut self.value);
        }
        let count = |text: &[u8]| text.iter().filter(|b| b.is_ascii_digit()).count();
        let digits = count(&self.value);
        let number = digits >= 9 || count(&self.name) >= 9;
        if number {
            self.held.append(&mut self.words);
        }
        if number || digits == 0 && (3..=64).contains(&self.value.len()) {
            if self.words.len() > 256 {
                self.words.clear();
            }
            let into = if number { &mut self.held } else { &mut self.words };
            if !self.name.is_empty() {
                into.extend_from_slice(local(&self.name));
                into.extend_from_slice(b": ");
            }
            into.extend_from_slice(&self.value);
            into.push(b'\n');
        }
        self.name.clear();
        self.value.clear();
    }

    /// Hands on what was held.
    fn hand_on(mut self, walker: &mut Walker<'_>, place: &Place) {
        self.line();
        let inner = place.within(Segment::Field("attributes".to_owned()));
        if self.cut {
            walker.trouble(&inner, Trouble::Bounded(format!("attributes of more than {BESIDE} bytes")));
        }
        if self.held.iter().filter(|b| b.is_ascii_digit()).count() >= 9 {
            walker.text(inner, Kind::Text, &self.held);
        }
    }
}

/// Returns whether [`workbook`] reads this member.
pub(super) fn is_sheet_part(name: &str) -> bool {
    name == "xl/sharedStrings.xml" || is_sheet(name)
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
        let name = names.get(&entry.name).cloned();
        let inner = place.within(Segment::Sheet(name.unwrap_or_else(|| (number + 1).to_string())));
        if !walker.count_member(&inner) {
            return;
        }
        match archive.open(&entry, walker.meter.clone()) {
            Ok(mut input) => sheet::read(walker, &inner, &mut input, &mut strings),
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
    let (mut in_text, mut guide) = (false, false);
    let mut beside = Beside::default();
    let read = xml::read(&mut input, &mut |token| match token {
        Token::Open(name) => {
            // A phonetic guide stands beside the text and is no part of it.
            guide |= local(name) == b"rPh";
            in_text = local(name) == b"t";
        }
        Token::Text(text) | Token::Verbatim(text) if guide && in_text => beside.text(text),
        Token::Close(name) => {
            in_text = false;
            if local(name) == b"rPh" {
                guide = false;
                beside.line();
            }
            if local(name) == b"si" && !strings.cut {
                strings.ends.push(bytes.len() as u32);
                // Each string also costs its entry in the index.
                strings.cut = bytes.len() + strings.ends.len() * 5 > SHARED;
            }
        }
        Token::Comment(text) => beside.text(text),
        Token::CommentEnd => beside.line(),
        Token::Text(text) | Token::Verbatim(text) if in_text => {
            if bytes.len() + text.len() > SHARED {
                strings.cut = true;
            } else {
                bytes.extend_from_slice(text);
            }
        }
        _ => {}
    });
    let inner = place.within(Segment::Member("xl/sharedStrings.xml".to_owned()));
    beside.hand_on(walker, &inner);
    if let Err(e) = read {
        walker.fault(&inner, &e);
    }
    // Damaged text keeps its length, so that the ends stay right.
    strings.text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => e.into_bytes().iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect(),
    };
    strings.used = vec![false; strings.ends.len()];
    strings
}

/// Returns the names of the sheets by the members they are stored in: the workbook names a
/// relation, and the relation names the member.
fn sheet_names(walker: &mut Walker<'_>, archive: &Archive<'_, '_>) -> BTreeMap<String, String> {
    let relations = elements(walker, archive, "xl/_rels/workbook.xml.rels", b"Relationship");
    let target = |id: &String| {
        let found = relations.iter().find(|r| r.get("Id") == Some(id))?.get("Target")?;
        Some(found.strip_prefix('/').map_or_else(|| format!("xl/{found}"), str::to_owned))
    };
    let sheets = elements(walker, archive, "xl/workbook.xml", b"sheet");
    let named = sheets.into_iter().enumerate().filter_map(|(i, sheet)| {
        let member = sheet.get("id").and_then(target);
        Some((
            member.unwrap_or_else(|| format!("xl/worksheets/sheet{}.xml", i + 1)),
            sheet.get("name")?.clone(),
        ))
    });
    named.collect()
}

/// Elements of a member whose attributes are held, and bytes of one of them.
const ELEMENTS: usize = 4096;
const ATTRIBUTE: usize = 256;

/// Returns the attributes of the elements of one name, by their local names.
fn elements(
    walker: &mut Walker<'_>,
    archive: &Archive<'_, '_>,
    member: &str,
    wanted: &[u8],
) -> Vec<BTreeMap<String, String>> {
    let mut all: Vec<BTreeMap<String, String>> = Vec::new();
    let Some(entry) = archive.entry(member) else { return all };
    let Ok(mut input) = archive.open(&entry, walker.meter.clone()) else { return all };
    let (mut inside, mut key) = (false, String::new());
    // What cannot be read to its end names what it named so far.
    let _ = xml::read(&mut input, &mut |token| match token {
        Token::Open(name) => {
            inside = local(name) == wanted && all.len() < ELEMENTS;
            if inside {
                all.push(BTreeMap::new());
            }
        }
        Token::Attribute(name) => {
            let name = local(name);
            key = String::from_utf8_lossy(&name[..name.len().min(ATTRIBUTE)]).into_owned();
        }
        Token::Value(text) if inside => {
            if let Some(element) = all.last_mut().filter(|e| e.len() < 16) {
                let value = element.entry(key.clone()).or_default();
                if value.len() < ATTRIBUTE {
                    value.push_str(&String::from_utf8_lossy(&text[..text.len().min(ATTRIBUTE)]));
                }
            }
        }
        _ => {}
    });
    all
}
