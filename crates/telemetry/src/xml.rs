//! The XML in which Windows renders an event, and Sysmon for Linux writes it.
//!
//! This is no XML reader: it knows elements, attributes, text and the character
//! references, and gives the tree that [`crate::mapping`] reads from JSON too. Text
//! that is cut off gives what was complete. A `<` that begins no tag is text.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// Elements nested deeper than this are read as if they stood on this level.
const MAX_DEPTH: usize = 32;

/// Returns the content of the first `Event` element: `System` and the data parts.
pub(crate) fn event(text: &str) -> Option<Map<String, Value>> {
    let start = text.find("<Event")?;
    let mut root = read(&text[start..]);
    match root.remove("Event")? {
        Value::Object(event) => Some(event),
        _ => None,
    }
}

/// Returns the content of the first element, such as `EventData`.
pub(crate) fn data(text: &str) -> Option<Map<String, Value>> {
    let root = read(text);
    match root.into_iter().next()?.1 {
        Value::Object(inner) => Some(inner),
        _ => None,
    }
}

struct Open<'a> {
    name: &'a str,
    attributes: Map<String, Value>,
    children: Map<String, Value>,
    text: String,
}

impl Open<'_> {
    fn value(mut self) -> Value {
        let text = self.text.trim();
        if self.children.is_empty() && self.attributes.is_empty() {
            return if text.is_empty() { Value::Null } else { json!(text) };
        }
        if !self.attributes.is_empty() {
            self.children.insert("#attributes".to_owned(), Value::Object(self.attributes));
        }
        if !text.is_empty() {
            let text = json!(text);
            self.children.insert("#text".to_owned(), text);
        }
        Value::Object(self.children)
    }
}

fn read(text: &str) -> Map<String, Value> {
    let mut root = Map::new();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        if let Some(top) = open.last_mut() {
            top.text.push_str(&decode(&rest[..at]));
        }
        rest = &rest[at + 1..];
        if !rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | ':' | '/' | '?' | '!')) {
            if let Some(top) = open.last_mut() {
                top.text.push('<');
            }
            continue;
        }
        if let Some(body) = rest.strip_prefix("!--") {
            rest = body.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        if let Some(body) = rest.strip_prefix("![CDATA[") {
            let (text, after) = body.split_once("]]>").unwrap_or((body, ""));
            if let Some(top) = open.last_mut() {
                top.text.push_str(text);
            }
            rest = after;
            continue;
        }
        let Some(end) = tag_end(rest) else { break };
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if tag.starts_with(['?', '!']) {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            close(&mut open, &mut root, name.trim());
            continue;
        }
        let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |t| (t, true));
        let name = tag.split_ascii_whitespace().next().unwrap_or_default();
        let element = Open {
            name,
            attributes: attributes(&tag[name.len()..]),
            children: Map::new(),
            text: String::new(),
        };
        if empty || open.len() >= MAX_DEPTH {
            attach(&mut open, &mut root, element);
        } else {
            open.push(element);
        }
    }
    while let Some(element) = open.pop() {
        attach(&mut open, &mut root, element);
    }
    root
}

/// The end of a tag; `>` may stand inside an attribute value.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    text.bytes().position(|b| match quote {
        Some(q) => {
            if b == q {
                quote = None;
            }
            false
        }
        None if b == b'"' || b == b'\'' => {
            quote = Some(b);
            false
        }
        None => b == b'>',
    })
}

fn close<'a>(open: &mut Vec<Open<'a>>, root: &mut Map<String, Value>, name: &str) {
    // An end tag without its start is passed over; one that closes an outer element
    // closes what was left open inside.
    if !open.iter().any(|element| element.name == name) {
        return;
    }
    while let Some(element) = open.pop() {
        let last = element.name == name;
        attach(open, root, element);
        if last {
            break;
        }
    }
}

fn attach(open: &mut [Open<'_>], root: &mut Map<String, Value>, element: Open<'_>) {
    let parent = match open.last_mut() {
        Some(parent) => &mut parent.children,
        None => root,
    };
    let name = element.name.to_owned();
    let value = element.value();
    match parent.get_mut(&name) {
        None => {
            parent.insert(name, value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

fn attributes(text: &str) -> Map<String, Value> {
    let mut found = Map::new();
    let mut rest = text.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some((value, next)) = after[1..].split_once(quote) else { break };
        found.insert(name.trim().to_owned(), json!(decode(value)));
        rest = next.trim_start();
    }
    found
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest.find(';').filter(|end| *end <= 10).map(|end| (&rest[1..end], end));
        match reference.and_then(|(name, end)| Some((character(name)?, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
