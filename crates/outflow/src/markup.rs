//! Markup taken out of a stream: what a reader would see, and what hides in
//! attributes.

use crate::find::{JOIN, JOIN_LINE};
use crate::inline::{is_blank, joins};

/// Where a block of text ends: a paragraph, a row, an element that is not known.
const BLOCK: u8 = 0x1e;

/// Where a cell of a table ends.
pub(crate) const CELL: u8 = 0x1f;

/// Bytes of a tag that are kept; a longer one is passed on in pieces.
const LONGEST_TAG: usize = 64 * 1024;

/// Bytes of an entity.
const LONGEST_ENTITY: usize = 12;

/// Takes markup out of text that comes in chunks.
#[derive(Debug, Default)]
pub(crate) struct Markup {
    /// The tag or entity that is not complete, from its first byte.
    open: Vec<u8>,
    /// Attributes of elements within a word, which stand behind the block.
    aside: Vec<u8>,
}

impl Markup {
    /// Appends the text of the next chunk to `out`.
    pub(crate) fn feed(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        let mut rest = chunk;
        while !rest.is_empty() {
            if self.open.is_empty() {
                let stop = memchr::memchr2(b'<', b'&', rest).unwrap_or(rest.len());
                out.extend_from_slice(&rest[..stop]);
                rest = &rest[stop..];
                if let Some(first) = rest.first() {
                    self.open.push(*first);
                    rest = &rest[1..];
                }
            } else {
                rest = self.continue_open(rest, out);
            }
        }
    }

    /// Appends what was left open at the end of the part.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.open);
        if !self.aside.is_empty() {
            self.hand_on(out);
        }
    }

    /// Ends a block, and appends the attributes that stood within its words.
    fn hand_on(&mut self, out: &mut Vec<u8>) {
        out.push(BLOCK);
        if !self.aside.is_empty() {
            out.append(&mut self.aside);
            out.push(BLOCK);
        }
    }

    fn continue_open<'a>(&mut self, rest: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
        if self.open[0] == b'&' {
            let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').count();
            let room = LONGEST_ENTITY.saturating_sub(self.open.len());
            self.open.extend_from_slice(&rest[..name.min(room)]);
            if name < rest.len() || name >= room {
                let closed = rest.get(name) == Some(&b';') && name < room;
                entity(&self.open[1..], closed, out);
                self.open.clear();
                return &rest[name.min(room) + usize::from(closed)..];
            }
            return &[];
        }
        if self.open.len() == 1 && !matches!(rest[0], b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?') {
            // A lone less-than sign.
            out.append(&mut self.open);
            return rest;
        }
        if self.open.len() == 1 && rest[0] == b'!' {
            // Comments and sections are text: only the mark that opens one is taken out.
            self.open.clear();
            out.push(BLOCK);
            return &rest[1..];
        }
        let stop = memchr::memchr(b'>', rest);
        let upto = stop.unwrap_or(rest.len());
        self.open.extend_from_slice(&rest[..upto]);
        if stop.is_some() {
            let open = std::mem::take(&mut self.open);
            self.tag(&open[1..], out);
            self.open = open;
            self.open.clear();
        } else if self.open.len() > LONGEST_TAG {
            out.append(&mut self.open);
        }
        &rest[upto + usize::from(stop.is_some())..]
    }

    fn tag(&mut self, inner: &[u8], out: &mut Vec<u8>) {
        let closing = inner.first() == Some(&b'/');
        let body = if closing { &inner[1..] } else { inner };
        let length =
            body.iter().take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>')).count();
        let (name, attributes) = body.split_at(length);
        let lines = memchr::memchr_iter(b'\n', inner).count();
        let inline = joins(name);
        if attributes.iter().filter(|b| b.is_ascii_digit()).count() >= 9 {
            // Numbers may hide in attributes. They end the word before the tag, unless the
            // element may stand within one.
            if inline && within_word(out) && self.aside.len() < LONGEST_TAG {
                self.aside.extend(attributes.iter().map(|b| if *b == b'\n' { b' ' } else { *b }));
                self.aside.push(BLOCK);
                join(lines, out);
                return;
            }
            self.hand_on(out);
            for b in attributes {
                out.push(if *b == b'\n' { JOIN_LINE } else { *b });
            }
            out.push(BLOCK);
            return;
        }
        if inline {
            return join(lines, out);
        } else if [&b"td"[..], b"th"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
            out.push(CELL);
        } else if is_blank(name) {
            out.push(b' ');
        } else {
            self.hand_on(out);
            // The name of an element that HTML does not know is what XML calls the field.
            if !closing && name.len() > 2 && !HTML.iter().any(|n| name.eq_ignore_ascii_case(n.as_bytes())) {
                out.extend_from_slice(name);
                out.push(BLOCK);
            }
        }
        out.extend(std::iter::repeat_n(JOIN_LINE, lines));
    }
}

/// Joins what stands on both sides of a tag. Several tags in a row are one gap, as is a tag
/// behind a blank or hyphen: between the digits of a number stand few bytes.
fn join(lines: usize, out: &mut Vec<u8>) {
    if lines == 0 && !out.last().is_some_and(|b| matches!(b, b' ' | b'-' | b'.' | b'/' | 0x80..)) {
        out.push(JOIN);
    }
    out.extend(std::iter::repeat_n(JOIN_LINE, lines));
}

/// Returns whether a text ends within a word.
fn within_word(text: &[u8]) -> bool {
    let last = text.iter().rev().find(|b| !matches!(**b, JOIN | JOIN_LINE));
    last.is_some_and(u8::is_ascii_alphanumeric)
}

/// Elements of HTML that say nothing about their content.
const HTML: [&str; 24] = [
    "div", "html", "body", "head", "table", "tbody", "thead", "tfoot", "img", "pre", "script", "style",
    "form", "input", "option", "select", "button", "link", "meta", "section", "article", "header", "footer",
    "nav",
];

fn entity(name: &[u8], closed: bool, out: &mut Vec<u8>) {
    let numeric = || {
        let digits = std::str::from_utf8(name.strip_prefix(b"#")?).ok()?;
        let hex = digits.strip_prefix(['x', 'X']);
        let code = hex.map_or_else(|| digits.parse().ok(), |h| u32::from_str_radix(h, 16).ok())?;
        char::from_u32(code).filter(|c| *c != '\0')
    };
    let named = || Some(NAMED.iter().find(|(n, _)| n.as_bytes() == name)?.1);
    match numeric().or_else(named) {
        Some(c) if closed => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        _ => {
            out.push(b'&');
            out.extend_from_slice(name);
            if closed {
                out.push(b';');
            }
        }
    }
}

/// Entities that matter to numbers and to the words around them.
const NAMED: [(&str, char); 22] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", '\u{a0}'),
    ("shy", '\u{ad}'),
    ("zwnj", '\u{200c}'),
    ("zwj", '\u{200d}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("hellip", '…'),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str, cut: usize) -> String {
        let mut markup = Markup::default();
        let mut out = Vec::new();
        for chunk in text.as_bytes().chunks(cut.max(1)) {
            markup.feed(chunk, &mut out);
        }
        markup.finish(&mut out);
        let shown = |b: &u8| match *b {
            JOIN => '|',
            JOIN_LINE => '~',
            BLOCK => '#',
            CELL => ';',
            b => char::from(b),
        };
        out.iter().map(shown).collect()
    }

    #[test]
    fn markup_becomes_what_a_reader_sees_however_it_is_cut() {
        let cases = [
            ("A123<b>456</b>780", "A123|456|780"),
            ("<td>A1</td><td>2</td>", ";A1;;2;"),
            ("<p>x</p>y", "#x#y"),
            ("<kvnr>A1</kvnr>", "#kvnr#A1#"),
            ("a &lt; b &#65;&#x42; &unknown; & c < d", "a < b AB &unknown; & c < d"),
            ("<b\nclass='x'>y", "~y"),
            ("<i data=\"A123456780\">y</i>", "# data=\"A123456780\"#y|"),
            ("<![CDATA[A1]]><!-- B2 -->", "#[CDATA[A1]]>#-- B2 -->"),
            ("open <a href", "open <a href"),
            ("<para>A123<emphasis role='b'>456</emphasis>780</para>", "#para#A123|456|780#"),
            (
                "<w:p>A12</w:t></w:r><w:r w:rsidR=\"00AB12345678\">3</w:r></w:p>",
                "#w:p#A12|3|# w:rsidR=\"00AB12345678\"##",
            ),
            ("<text:p>A1<text:s/><text:span>2</text:span></text:p>", "#text:p#A1 2|#"),
            ("A1<i data='123456789'>2", "A1|2# data='123456789'##"),
            ("A1</b></i><i><b>2</b> <b>3", "A1|2| 3"),
        ];
        for (text, expected) in cases {
            for cut in [1, 2, 3, 7, 1000] {
                assert_eq!(stripped(text, cut), expected, "{text:?} in pieces of {cut}");
            }
        }
    }
}
