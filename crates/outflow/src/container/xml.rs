//! A lenient, streaming reader of XML: nothing is ever held whole, neither a text
//! nor an attribute's value, so a document of any shape costs the same memory.
//!
//! Damage never stops it: what does not parse is passed on as text. Only the
//! five entities of XML, numbers and a few of HTML are decoded; there are no
//! others, so nothing can expand.

use std::io::{self, Read};

/// What the reader gives, in the order of the document. Text and values come in
/// pieces of any size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A start tag begins.
    Open(&'a [u8]),
    /// An attribute of it.
    Attribute(&'a [u8]),
    /// A piece of the attribute's value, decoded.
    Value(&'a [u8]),
    /// The start tag is complete; true when the element is empty.
    Opened(bool),
    /// An end tag.
    Close(&'a [u8]),
    /// A piece of text, decoded.
    Text(&'a [u8]),
    /// A piece of text that stood in a CDATA section.
    Verbatim(&'a [u8]),
    /// A CDATA section ends.
    VerbatimEnd,
    /// A piece of a comment, of a processing instruction or of a declaration.
    Comment(&'a [u8]),
    /// One of them ends.
    CommentEnd,
}

/// Bytes of a name that are held; the rest is dropped.
const NAME: usize = 128;

/// Bytes of an entity, `&` and `;` apart.
const ENTITY: usize = 10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Text,
    Entity(Within),
    Less,
    Bang,
    Name,
    Tag,
    AttributeName,
    Equals,
    Value(u8),
    Bare,
    Close,
    Comment,
    Verbatim,
    Instruction,
    Declaration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Text,
    Value(u8),
}

/// The reader's state between two chunks.
pub(super) struct Lexer {
    state: State,
    name: Vec<u8>,
    entity: Vec<u8>,
    /// Bytes at the end of a chunk that may begin the end of a section.
    ending: usize,
    slash: bool,
    brackets: u32,
}

impl Default for Lexer {
    fn default() -> Self {
        Self {
            state: State::Text,
            name: Vec::new(),
            entity: Vec::new(),
            ending: 0,
            slash: false,
            brackets: 0,
        }
    }
}

/// Reads a whole document.
///
/// # Errors
/// Those of `input`.
pub(super) fn read(input: &mut dyn Read, sink: &mut impl FnMut(Token<'_>)) -> io::Result<()> {
    let mut lexer = Lexer::default();
    let mut buffer = vec![0; super::walker::CHUNK];
    loop {
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => lexer.push(&buffer[..n], sink),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    lexer.finish(sink);
    Ok(())
}

impl Lexer {
    /// Takes the next bytes of the document.
    pub(super) fn push(&mut self, chunk: &[u8], sink: &mut impl FnMut(Token<'_>)) {
        let mut rest = chunk;
        while !rest.is_empty() {
            rest = match self.state {
                State::Text => self.text(rest, sink),
                State::Value(quote) => self.value(rest, quote, sink),
                State::Verbatim => self.section(rest, b']', sink),
                State::Comment => self.section(rest, b'-', sink),
                State::Entity(within) => self.entity(rest, within, sink),
                _ => self.tag(rest, sink),
            };
        }
    }

    /// Gives out what was held for a continuation that does not come.
    pub(super) fn finish(&mut self, sink: &mut impl FnMut(Token<'_>)) {
        if let State::Entity(within) = self.state {
            self.undecoded(within, sink);
        }
    }

    fn text<'c>(&mut self, rest: &'c [u8], sink: &mut impl FnMut(Token<'_>)) -> &'c [u8] {
        let end = memchr::memchr2(b'<', b'&', rest);
        let text = &rest[..end.unwrap_or(rest.len())];
        if !text.is_empty() {
            sink(Token::Text(text));
        }
        let Some(end) = end else { return b"" };
        self.state = if rest[end] == b'<' { State::Less } else { State::Entity(Within::Text) };
        self.name.clear();
        self.entity.clear();
        &rest[end + 1..]
    }

    fn value<'c>(&mut self, rest: &'c [u8], quote: u8, sink: &mut impl FnMut(Token<'_>)) -> &'c [u8] {
        let end = memchr::memchr2(quote, b'&', rest);
        let text = &rest[..end.unwrap_or(rest.len())];
        if !text.is_empty() {
            sink(Token::Value(text));
        }
        let Some(end) = end else { return b"" };
        self.state = if rest[end] == quote { State::Tag } else { State::Entity(Within::Value(quote)) };
        self.name.clear();
        self.entity.clear();
        &rest[end + 1..]
    }

    fn entity<'c>(&mut self, rest: &'c [u8], within: Within, sink: &mut impl FnMut(Token<'_>)) -> &'c [u8] {
        let byte = rest[0];
        if byte == b';' {
            let mut utf8 = [0; 4];
            if let Some(c) = decoded(&self.entity) {
                give(within, c.encode_utf8(&mut utf8).as_bytes(), sink);
                self.state = back(within);
            } else {
                self.undecoded(within, sink);
                give(within, b";", sink);
            }
            return &rest[1..];
        }
        if (byte.is_ascii_alphanumeric() || byte == b'#') && self.entity.len() < ENTITY {
            self.entity.push(byte);
            return &rest[1..];
        }
        self.undecoded(within, sink);
        rest
    }

    /// Gives out an ampersand that began no entity.
    fn undecoded(&mut self, within: Within, sink: &mut impl FnMut(Token<'_>)) {
        give(within, b"&", sink);
        if !self.entity.is_empty() {
            give(within, &self.entity, sink);
        }
        self.state = back(within);
    }

    /// Reads a CDATA section (`]`) or a comment (`-`) up to its end, which is two
    /// such bytes and `>`.
    fn section<'c>(&mut self, rest: &'c [u8], mark: u8, sink: &mut impl FnMut(Token<'_>)) -> &'c [u8] {
        fn token(mark: u8, text: &[u8]) -> Token<'_> {
            if mark == b']' { Token::Verbatim(text) } else { Token::Comment(text) }
        }
        if self.ending > 0 {
            match rest[0] {
                b if b == mark => {
                    // Of three and more, the first ones belong to the text.
                    if self.ending == 2 {
                        sink(token(mark, &[mark]));
                    } else {
                        self.ending += 1;
                    }
                    return &rest[1..];
                }
                b'>' if self.ending == 2 => {
                    sink(if mark == b']' { Token::VerbatimEnd } else { Token::CommentEnd });
                    self.ending = 0;
                    self.state = State::Text;
                    return &rest[1..];
                }
                _ => {
                    let held = [mark; 2];
                    sink(token(mark, &held[..self.ending]));
                    self.ending = 0;
                }
            }
        }
        let end = memchr::memchr(mark, rest);
        let text = &rest[..end.unwrap_or(rest.len())];
        if !text.is_empty() {
            sink(token(mark, text));
        }
        let Some(end) = end else { return b"" };
        self.ending = 1;
        &rest[end + 1..]
    }

    fn hold(&mut self, bytes: &[u8]) {
        let room = NAME.saturating_sub(self.name.len());
        self.name.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Reads what stands between `<` and `>`.
    fn tag<'c>(&mut self, rest: &'c [u8], sink: &mut impl FnMut(Token<'_>)) -> &'c [u8] {
        let (byte, after) = (rest[0], &rest[1..]);
        match self.state {
            State::Less => return self.less(rest, sink),
            State::Bang => self.bang(byte),
            State::Name | State::Close => return self.name(rest, sink),
            State::Tag => match byte {
                b'>' => {
                    sink(Token::Opened(self.slash));
                    self.state = State::Text;
                }
                b'/' => self.slash = true,
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    self.slash = false;
                    self.name.clear();
                    self.state = State::AttributeName;
                    return rest;
                }
            },
            State::AttributeName => {
                let end =
                    rest.iter().position(|b| matches!(b, b'=' | b'>' | b'/') || b.is_ascii_whitespace());
                self.hold(&rest[..end.unwrap_or(rest.len())]);
                let Some(end) = end else { return b"" };
                sink(Token::Attribute(&self.name));
                self.state = State::Equals;
                return &rest[end..];
            }
            State::Equals => match byte {
                b'=' => {}
                b'"' | b'\'' => self.state = State::Value(byte),
                b'>' | b'/' => {
                    self.state = State::Tag;
                    return rest;
                }
                _ if byte.is_ascii_whitespace() => {}
                _ => {
                    self.state = State::Bare;
                    return rest;
                }
            },
            State::Bare => {
                let end = rest.iter().position(|b| *b == b'>' || b.is_ascii_whitespace());
                sink(Token::Value(&rest[..end.unwrap_or(rest.len())]));
                let Some(end) = end else { return b"" };
                self.state = State::Tag;
                return &rest[end..];
            }
            State::Instruction => {
                let end = memchr::memchr(b'>', rest);
                sink(Token::Comment(&rest[..end.unwrap_or(rest.len())]));
                if end.is_some() {
                    sink(Token::CommentEnd);
                }
                return self.until_end(rest);
            }
            State::Declaration => return self.declaration(rest, sink),
            _ => self.state = State::Text,
        }
        after
    }

    /// Reads a declaration up to its end, which is a `>` outside of brackets.
    fn declaration<'c>(&mut self, rest: &'c [u8], sink: &mut impl FnMut(Token<'_>)) -> &'c [u8] {
        let end = rest.iter().position(|byte| {
            match byte {
                b'[' => self.brackets += 1,
                b']' => self.brackets = self.brackets.saturating_sub(1),
                _ => {}
            }
            *byte == b'>' && self.brackets == 0
        });
        sink(Token::Comment(&rest[..end.unwrap_or(rest.len())]));
        let Some(end) = end else { return b"" };
        sink(Token::CommentEnd);
        self.state = State::Text;
        &rest[end + 1..]
    }

    fn until_end<'c>(&mut self, rest: &'c [u8]) -> &'c [u8] {
        match memchr::memchr(b'>', rest) {
            Some(end) => {
                self.state = State::Text;
                &rest[end + 1..]
            }
            None => b"",
        }
    }

    fn less<'c>(&mut self, rest: &'c [u8], sink: &mut impl FnMut(Token<'_>)) -> &'c [u8] {
        match rest[0] {
            b'/' => self.state = State::Close,
            b'?' => self.state = State::Instruction,
            b'!' => self.state = State::Bang,
            byte if byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80 => {
                self.state = State::Name;
                return rest;
            }
            _ => {
                // A "less than" in running text.
                sink(Token::Text(b"<"));
                self.state = State::Text;
                return rest;
            }
        }
        &rest[1..]
    }

    /// Tells a comment from a CDATA section and from a declaration.
    fn bang(&mut self, byte: u8) {
        self.name.push(byte);
        self.state = match self.name.as_slice() {
            b"--" => State::Comment,
            b"[CDATA[" => State::Verbatim,
            held if b"--".starts_with(held) || b"[CDATA[".starts_with(held) => State::Bang,
            _ if byte == b'>' => State::Text,
            held => {
                self.brackets = u32::from(held.contains(&b'['));
                State::Declaration
            }
        };
        self.ending = 0;
    }

    fn name<'c>(&mut self, rest: &'c [u8], sink: &mut impl FnMut(Token<'_>)) -> &'c [u8] {
        let end = rest.iter().position(|b| matches!(b, b'>' | b'/') || b.is_ascii_whitespace());
        self.hold(&rest[..end.unwrap_or(rest.len())]);
        let Some(end) = end else { return b"" };
        if self.state == State::Close {
            sink(Token::Close(&self.name));
            return self.until_end(rest);
        }
        sink(Token::Open(&self.name));
        self.slash = false;
        self.state = State::Tag;
        &rest[end..]
    }
}

fn back(within: Within) -> State {
    match within {
        Within::Text => State::Text,
        Within::Value(quote) => State::Value(quote),
    }
}

fn give(within: Within, bytes: &[u8], sink: &mut impl FnMut(Token<'_>)) {
    sink(if within == Within::Text { Token::Text(bytes) } else { Token::Value(bytes) });
}

/// Returns the character an entity stands for.
fn decoded(entity: &[u8]) -> Option<char> {
    let text = std::str::from_utf8(entity).ok()?;
    if let Some(number) = text.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        return char::from_u32(code.ok()?);
    }
    Some(match text {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "shy" => '\u{ad}',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        _ => return None,
    })
}

/// Returns a name without its prefix: `w:t` is `t`.
pub(super) fn local(name: &[u8]) -> &[u8] {
    memchr::memrchr(b':', name).map_or(name, |at| &name[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(document: &[u8], cut: usize) -> String {
        let mut out = String::new();
        let mut lexer = Lexer::default();
        let mut sink = |token: Token<'_>| {
            let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
            match token {
                Token::Open(n) => out += &format!("<{}", text(n)),
                Token::Attribute(n) => out += &format!(" {}=", text(n)),
                Token::Opened(true) => out += "/>",
                Token::Opened(false) => out += ">",
                Token::Close(n) => out += &format!("</{}>", text(n)),
                Token::VerbatimEnd => out += "|",
                Token::Comment(_) | Token::CommentEnd => {}
                Token::Value(b) | Token::Text(b) | Token::Verbatim(b) => out += &text(b),
            }
        };
        for chunk in document.chunks(cut) {
            lexer.push(chunk, &mut sink);
        }
        lexer.finish(&mut sink);
        out
    }

    #[test]
    fn the_cut_of_chunks_changes_nothing() {
        let document = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x 'y'>]><a b=\"1&amp;2\" c='x'/>\
            t &lt;&#65;&bad; a < b <!-- no - -- --><d><![CDATA[x ]] > y ]]] ]]]></d>&amp";
        let whole = flat(document, document.len());
        assert_eq!(whole, "<a b=1&2 c=x/>t <A&bad; a < b <d>x ]] > y ]]] ]|</d>&amp");
        for cut in 1..20 {
            assert_eq!(flat(document, cut), whole, "chunks of {cut}");
        }
    }
}
