//! XML of no special kind: its texts and its attributes, as text.

use std::io::Read;

use super::feed::Feed;
use super::walker::Walker;
use super::xml::{self, Token, local};
use crate::place::{Kind, Place};

/// Elements inside a word or number; all others end it.
const INLINE: [&[u8]; 22] = [
    b"a",
    b"abbr",
    b"b",
    b"bdi",
    b"bdo",
    b"code",
    b"del",
    b"em",
    b"emphasis",
    b"font",
    b"i",
    b"ins",
    b"mark",
    b"s",
    b"small",
    b"span",
    b"strong",
    b"sub",
    b"sup",
    b"tt",
    b"u",
    b"wbr",
];

/// Reads an XML document. Texts and attribute values become one part; they keep
/// their order and lines, so that neighbours stay neighbours.
pub(super) fn xml(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read) {
    let mut feed = Feed::new(walker.scan);
    feed.begin(place.clone(), Kind::Text);
    let mut inline = false;
    let mut attributes = false;
    let read = xml::read(input, &mut |token| match token {
        Token::Open(name) => {
            inline = INLINE.contains(&local(name));
            attributes = false;
            if !inline {
                feed.push(b" ");
                feed.push(name);
                feed.push(b": ");
            }
        }
        Token::Attribute(name) => {
            feed.push(b" ");
            feed.push(name);
            feed.push(b": ");
            attributes = true;
        }
        Token::Opened(_) if attributes => feed.push(b" "),
        Token::Opened(_) => {}
        Token::Close(name) => {
            if !INLINE.contains(&local(name)) {
                feed.push(b" ");
            }
        }
        Token::VerbatimEnd => {}
        Token::Value(text) | Token::Text(text) | Token::Verbatim(text) | Token::Comment(text) => {
            feed.push(text);
        }
    });
    drop(feed);
    let _ = inline;
    if let Err(e) = read {
        walker.fault(place, &e);
    }
}
