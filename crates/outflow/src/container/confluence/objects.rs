//! The objects of `hibernate-generic` XML, one piece at a time.

use std::io::{self, Read};

use super::super::xml::{self, Token};

/// A piece of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// An object of this class begins.
    Object(&'a [u8]),
    /// Its id.
    Id(&'a [u8]),
    /// A property or collection of it begins.
    Property(&'a [u8]),
    /// A piece of the property's value.
    Piece(&'a [u8]),
    /// A piece of the property's value that stood in a CDATA section.
    Verbatim(&'a [u8]),
    VerbatimEnd,
    /// The property refers to the object of this id.
    Reference(&'a [u8]),
    PropertyEnd,
    End,
}

/// Bytes of a class, a name or an id.
const HELD: usize = 128;

/// Where the reader stands.
#[derive(Default)]
pub(super) struct Objects {
    /// Open elements.
    depth: u32,
    /// The element whose attributes come.
    element: Vec<u8>,
    /// Its attribute whose value comes.
    attribute: Vec<u8>,
    class: Vec<u8>,
    name: Vec<u8>,
    /// An id, of the object or of the one a property refers to.
    id: Vec<u8>,
    in_object: bool,
    in_property: bool,
    in_collection: bool,
    in_id: bool,
}

fn hold(into: &mut Vec<u8>, bytes: &[u8]) {
    let room = HELD.saturating_sub(into.len());
    into.extend_from_slice(&bytes[..bytes.len().min(room)]);
}

impl Objects {
    /// Reads a document.
    ///
    /// # Errors
    /// Those of `input`.
    pub(super) fn read(&mut self, input: &mut dyn Read, sink: &mut impl FnMut(Item<'_>)) -> io::Result<()> {
        xml::read(input, &mut |token| self.take(token, sink))
    }

    fn take(&mut self, token: Token<'_>, sink: &mut impl FnMut(Item<'_>)) {
        match token {
            Token::Open(name) => {
                self.depth += 1;
                self.element.clear();
                hold(&mut self.element, name);
                if self.element == b"object" && self.depth == 2 {
                    self.class.clear();
                }
                if self.depth == 3 {
                    self.name.clear();
                }
            }
            Token::Attribute(name) => {
                self.attribute.clear();
                hold(&mut self.attribute, name);
            }
            Token::Value(text) => match (self.depth, self.attribute.as_slice()) {
                (2, b"class") => hold(&mut self.class, text),
                (3, b"name") => hold(&mut self.name, text),
                _ => {}
            },
            Token::Opened(empty) => {
                self.opened(sink);
                if empty {
                    self.close(sink);
                }
            }
            Token::Text(text) => self.text(text, false, sink),
            Token::Verbatim(text) => self.text(text, true, sink),
            Token::VerbatimEnd => sink(Item::VerbatimEnd),
            Token::Close(_) => self.close(sink),
            Token::Comment(_) | Token::CommentEnd => {}
        }
    }

    fn opened(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        match (self.depth, self.element.as_slice()) {
            (2, b"object") => {
                self.in_object = true;
                sink(Item::Object(&self.class));
            }
            (3, b"id" | b"composite-id") if self.in_object => {
                self.in_id = true;
                self.id.clear();
            }
            (3, element) if self.in_object => {
                self.in_property = true;
                self.in_collection = element == b"collection";
                sink(Item::Property(&self.name));
            }
            (4.., b"id") => {
                self.in_id = true;
                self.id.clear();
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &[u8], verbatim: bool, sink: &mut impl FnMut(Item<'_>)) {
        if self.in_id {
            hold(&mut self.id, text);
        } else if self.in_property {
            sink(if verbatim { Item::Verbatim(text) } else { Item::Piece(text) });
        }
    }

    fn close(&mut self, sink: &mut impl FnMut(Item<'_>)) {
        match self.depth {
            2 if self.in_object => {
                self.in_object = false;
                sink(Item::End);
            }
            3 if self.in_id => sink(Item::Id(&self.id)),
            3 if self.in_property => {
                self.in_property = false;
                sink(Item::PropertyEnd);
            }
            // The members of a collection are no owners.
            4.. if self.in_id && !self.in_collection => sink(Item::Reference(&self.id)),
            _ => {}
        }
        self.in_id = false;
        self.depth = self.depth.saturating_sub(1);
    }
}
