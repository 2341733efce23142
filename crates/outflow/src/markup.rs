//! Markup taken out of a stream: what a reader would see, and what hides in
//! attributes.

mod gap;
mod table;

use crate::find::JOIN_LINE;
use crate::inline::{is_blank, joins};
use gap::Gap;
use table::Tables;

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
    gap: Gap,
    tables: Tables,
    /// Lines are shown as they stand.
    kept: bool,
}

impl Markup {
    /// Appends the text of the next chunk to `out`.
    pub(crate) fn feed(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        let mut rest = chunk;
        while !rest.is_empty() {
            if self.open.is_empty() {
                let stop = memchr::memchr2(b'<', b'&', rest).unwrap_or(rest.len());
                self.text(&rest[..stop], out);
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

    fn text(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let inner = text.trim_ascii_start();
        self.gap.blanks(&text[..text.len() - inner.len()], out);
        let shown = inner.trim_ascii_end();
        if shown.is_empty() {
            self.tables.blank();
        }
        if let Some(first) = shown.first() {
            self.gap.before(*first, !self.kept, out);
            self.tables.text(text, out);
            out.extend_from_slice(shown);
            self.gap.blanks(&inner[shown.len()..], out);
        }
    }

    /// Appends what was left open at the end of the part.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.gap.close(out);
        out.append(&mut self.open);
        if !self.aside.is_empty() {
            self.hand_on(out);
        }
    }

    /// Ends a block, and appends the attributes that stood within its words.
    fn hand_on(&mut self, out: &mut Vec<u8>) {
        self.gap.close(out);
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
                let mut shown = Vec::new();
                entity(&self.open[1..], closed, &mut shown);
                self.gap.before(shown.first().copied().unwrap_or_default(), !self.kept, out);
                self.tables.text(&shown, out);
                out.append(&mut shown);
                self.open.clear();
                return &rest[name.min(room) + usize::from(closed)..];
            }
            return &[];
        }
        if self.open.len() == 1 && !matches!(rest[0], b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?') {
            // A lone less-than sign.
            self.gap.close(out);
            out.append(&mut self.open);
            return rest;
        }
        if self.open.len() == 1 && rest[0] == b'!' {
            // Comments and sections are text: only the mark that opens one is taken out.
            self.open.clear();
            self.gap.close(out);
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
            self.gap.close(out);
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
        self.tables.tag(name, attributes, closing);
        if attributes.iter().filter(|b| b.is_ascii_digit()).count() >= 9 {
            // Numbers may hide in attributes. They end the word before the tag, unless the
            // element may stand within one.
            if inline && self.gap.is_within_word(out) && self.aside.len() < LONGEST_TAG {
                self.aside.extend(attributes.iter().map(|b| if *b == b'\n' { b' ' } else { *b }));
                self.aside.push(BLOCK);
                self.gap.tag(lines, out);
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
            return self.gap.tag(lines, out);
        }
        if KEPT.iter().any(|n| name.eq_ignore_ascii_case(n.as_bytes())) {
            self.kept = !closing;
        }
        if [&b"td"[..], b"th"].iter().any(|n| name.eq_ignore_ascii_case(n)) {
            self.gap.close(out);
            out.push(CELL);
        } else if is_blank(name) {
            self.gap.close(out);
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

/// Elements whose lines are shown as they stand: HTML, DocBook 5.2, TEI P5, DITA 1.3.
const KEPT: [&str; 8] =
    ["pre", "textarea", "listing", "programlisting", "screen", "literallayout", "eg", "codeblock"];

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
            crate::find::JOIN => '|',
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
            (
                "<table><tr><th>Name<th>Steuer <b>ID</b><tr><td>Erna<td> 81750042932</table>",
                "##;Name;Steuer ID|#;Name: Erna; Steuer ID: 81750042932#",
            ),
            (
                "<table><tr><td colspan='2'>1a</td><td>b</td></tr><tr><td>c</td><td/><td>2d</td></tr></table>2",
                "##;1a;;b;##;c;;;2d;##2",
            ),
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
            ("A1</b>\n <b>2</b>\n\n<b>3</b> x\n</p>y", "A1 2 3| ~~~x\n#y"),
            ("A1\n <b>x</b>\n", "A1\n x|\n"),
            ("A1\n 2", "A1\n 2"),
            ("A1-\n<b>2", "A1-|2~"),
            ("<pre>A1\n<b>2</b></pre>3\n<b>4", "#A1\n|2|#3 4~"),
            ("A1<b\nc='d'\ne='f'\n>2</b>\n", "A1|2|\n~~~"),
        ];
        for (text, expected) in cases {
            for cut in [1, 2, 3, 7, 1000] {
                assert_eq!(stripped(text, cut), expected, "{text:?} in pieces of {cut}");
            }
        }
    }
}
