//! Parts of office documents as running text: runs are joined within a paragraph, whatever
//! formatting splits them and however the XML is laid out.

use std::io::Read;

use super::Beside;
use super::sheet::shown;
use crate::container::feed::Feed;
use crate::container::walker::Walker;
use crate::container::xml::{self, Token, local};
use crate::headings::Headings;
use crate::place::{Kind, Place};

/// Elements that stand within a paragraph and part no word (ECMA-376 part 1, 17.3.2, 17.16,
/// 17.13, 20.1.2, 21.1.2; OpenDocument 1.3 part 3, chapter 6): whatever is not among them ends
/// a line.
const JOINED: [&[u8]; 93] = [
    b"r",
    b"rPr",
    b"t",
    b"b",
    b"bCs",
    b"i",
    b"iCs",
    b"u",
    b"sz",
    b"szCs",
    b"color",
    b"lang",
    b"rFonts",
    b"rStyle",
    b"highlight",
    b"noProof",
    b"proofErr",
    b"bookmarkStart",
    b"bookmarkEnd",
    b"hyperlink",
    b"smartTag",
    b"smartTagPr",
    b"sdt",
    b"sdtPr",
    b"sdtContent",
    b"ins",
    b"del",
    b"delText",
    b"moveFrom",
    b"moveTo",
    b"commentRangeStart",
    b"commentRangeEnd",
    b"lastRenderedPageBreak",
    b"softHyphen",
    b"noBreakHyphen",
    b"fldSimple",
    b"fldChar",
    b"instrText",
    b"customXml",
    b"latin",
    b"ea",
    b"cs",
    b"sym",
    b"solidFill",
    b"srgbClr",
    b"schemeClr",
    b"effectLst",
    b"ln",
    b"span",
    b"a",
    b"soft-page-break",
    b"bookmark",
    b"bookmark-start",
    b"bookmark-end",
    b"change-start",
    b"change-end",
    b"kern",
    b"strike",
    b"fld",
    b"bdo",
    b"dir",
    b"footnoteReference",
    b"endnoteReference",
    b"commentReference",
    b"permStart",
    b"permEnd",
    b"moveFromRangeStart",
    b"moveFromRangeEnd",
    b"moveToRangeStart",
    b"moveToRangeEnd",
    b"rubyBase",
    b"ruby",
    b"ruby-base",
    b"meta",
    b"meta-field",
    b"reference-mark",
    b"reference-mark-start",
    b"reference-mark-end",
    b"alphabetical-index-mark",
    b"alphabetical-index-mark-start",
    b"alphabetical-index-mark-end",
    b"user-index-mark-start",
    b"user-index-mark-end",
    b"toc-mark-start",
    b"toc-mark-end",
    b"annotation-end",
    // Letters of a cell in SpreadsheetML 2003; a raised one parts words.
    b"B",
    b"I",
    b"U",
    b"S",
    b"Font",
    b"Span",
    b"Data",
];

/// The same of other vocabularies inside of WordprocessingML, with the prefix that Word writes:
/// marks of changes (Word 2003), alternatives (ECMA-376 part 3).
const GUESTS: [&[u8]; 5] =
    [b"aml:annotation", b"aml:content", b"mc:AlternateContent", b"mc:Choice", b"mc:Fallback"];

/// Elements that say how the text looks that follows: whatever they hold ends no line.
const PROPERTIES: [&[u8]; 4] = [b"rPr", b"sdtPr", b"sdtEndPr", b"smartTagPr"];

/// Blanks between two texts that are held until it is known whether they are seen.
const BLANKS: usize = 4096;

/// Bytes of an attribute's value that are held.
const VALUE: usize = 64;

/// Tables within tables whose headings are held.
const TABLES: usize = 16;

/// Where the reader of running text stands.
#[derive(Default)]
struct Inside {
    /// The element that was opened last, as long as it is open.
    element: Vec<u8>,
    attribute: Vec<u8>,
    value: Vec<u8>,
    /// The part is of OOXML, where text stands in elements of its own.
    ooxml: bool,
    /// The text at hand keeps its blanks.
    preserve: bool,
    /// The text at hand is a number.
    number: bool,
    /// Elements of [`PROPERTIES`] that are open.
    properties: u32,
    /// Columns that the cell spans.
    span: usize,
    /// Number of the cell's column, where it states one, from 0.
    stated: Option<usize>,
}

impl Inside {
    fn open(&mut self, name: &[u8]) {
        self.ooxml |= name.starts_with(b"w:") || name.starts_with(b"a:");
        self.element.clear();
        self.element.extend_from_slice(local(name));
        (self.preserve, self.number, self.stated) = (false, false, None);
        if is_cell(&self.element) {
            self.span = 1;
        }
    }

    fn close(&mut self, name: &[u8]) {
        self.element.clear();
        if PROPERTIES.contains(&local(name)) {
            self.properties = self.properties.saturating_sub(1);
        }
    }

    /// The tag of the element that was opened last ends.
    fn opened(&mut self, empty: bool) {
        self.properties += u32::from(!empty && PROPERTIES.contains(&self.element.as_slice()));
    }

    /// Returns whether a line ends before and after this element. A run that is raised or
    /// lowered is a footnote, and parts words (ECMA-376 part 1, 17.3.2.42).
    fn ends_line(&self, name: &[u8]) -> bool {
        // A smart tag has a prefix of its own, and the name of what it marks.
        let smart = name.starts_with(b"st") && name.get(2).is_some_and(u8::is_ascii_digit);
        local(name) == b"vertAlign"
            || self.properties == 0 && !smart && !JOINED.contains(&local(name)) && !GUESTS.contains(&name)
    }

    fn attribute(&mut self, name: &[u8]) {
        self.attribute.clear();
        self.attribute.extend_from_slice(name);
        self.value.clear();
    }

    /// Takes a piece of an attribute's value. Returns whether it raises or lowers a run of
    /// DrawingML (21.1.2.3.9).
    fn value(&mut self, text: &[u8]) -> bool {
        let first = self.value.is_empty();
        let room = VALUE.saturating_sub(self.value.len());
        self.value.extend_from_slice(&text[..text.len().min(room)]);
        first
            && self.element == b"rPr"
            && local(&self.attribute) == b"baseline"
            && text.first() != Some(&b'0')
    }

    /// Takes an attribute whose value is complete.
    fn end_attribute(&mut self) {
        let name = std::mem::take(&mut self.attribute);
        let number = || std::str::from_utf8(&self.value).ok()?.trim().parse::<usize>().ok();
        match (self.element.as_slice(), local(&name)) {
            _ if name.starts_with(b"xmlns") => {
                let names = |what: &[u8]| memchr::memmem::find(&self.value, what).is_some();
                self.ooxml |= names(b"/wordprocessingml/") || names(b"/drawingml/") || names(b"/wordml");
            }
            (_, b"space") => self.preserve = self.value == b"preserve",
            (b"Data", b"Type") => self.number = self.value == b"Number",
            (b"gridSpan", b"val") => self.span = number().unwrap_or(1),
            (cell, b"number-columns-repeated") if is_cell(cell) => self.span = number().unwrap_or(1),
            (b"Cell", b"MergeAcross") => self.span = number().map_or(1, |n| n.saturating_add(1)),
            (b"Cell", b"Index") => self.stated = number().and_then(|n| n.checked_sub(1)),
            _ => {}
        }
    }

    /// Returns whether a text only makes the XML readable.
    fn is_layout(&self, text: &[u8]) -> bool {
        self.ooxml && self.element != b"t" && text.trim_ascii().is_empty()
    }
}

/// Returns whether an element is a cell of a table: of WordprocessingML and DrawingML, of
/// OpenDocument, of SpreadsheetML 2003.
fn is_cell(name: &[u8]) -> bool {
    matches!(name, b"tc" | b"table-cell" | b"covered-table-cell" | b"Cell")
}

fn is_table(name: &[u8]) -> bool {
    matches!(name, b"tbl" | b"table" | b"Table")
}

fn is_row(name: &[u8]) -> bool {
    matches!(name, b"tr" | b"table-row" | b"Row")
}

/// A table that is open: its headings, and the column at hand.
#[derive(Default)]
struct Table {
    headings: Headings,
    column: usize,
    /// The heading of the cell stands before it already.
    headed: bool,
}

/// Writes running text.
struct Running<'s, 'b> {
    feed: Feed<'s>,
    beside: &'b mut Beside,
    inside: Inside,
    /// Blanks behind the last text.
    blanks: Vec<u8>,
    /// They touch a tag, or a line break within them is shown as a blank.
    folds: bool,
    /// The last byte that was handed on.
    last: u8,
    /// A number that is shown once it is complete.
    number: Vec<u8>,
    tables: Vec<Table>,
}

/// Reads a part of an office document.
pub(in crate::container) fn running_text(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read) {
    let mut beside = Beside::default();
    let mut feed = Feed::new(walker.scan);
    feed.begin(place.clone(), Kind::Text);
    let mut running = Running {
        feed,
        beside: &mut beside,
        inside: Inside::default(),
        blanks: Vec::new(),
        folds: false,
        last: b'\n',
        number: Vec::new(),
        tables: Vec::new(),
    };
    let read = super::flat::utf8(input, &mut |input| xml::read(input, &mut |token| running.take(token)));
    drop(running);
    beside.hand_on(walker, place);
    if let Err(e) = read {
        walker.fault(place, &e);
    }
}

impl Running<'_, '_> {
    fn take(&mut self, token: Token<'_>) {
        if !matches!(token, Token::Value(_)) {
            self.inside.end_attribute();
        }
        match token {
            Token::Attribute(name) => {
                self.inside.attribute(name);
                self.beside.name(name);
            }
            Token::Value(text) => {
                if self.inside.value(text) {
                    self.end(b'\n');
                }
                self.beside.value(text);
            }
            Token::Opened(empty) => {
                self.inside.opened(empty);
                self.beside.line();
                if is_cell(&self.inside.element) {
                    self.begin_cell();
                    if empty {
                        self.end_cell();
                    }
                }
            }
            Token::Open(name) => self.open(name),
            Token::Close(name) => self.close(name),
            // What was deleted stands beside the text, and not in the middle of a word.
            Token::Text(text) | Token::Verbatim(text) if self.inside.element == b"delText" => {
                self.beside.text(text);
            }
            Token::Comment(text) => self.beside.text(text),
            Token::CommentEnd => self.beside.line(),
            Token::Text(text) | Token::Verbatim(text) if self.inside.is_layout(text) => {}
            Token::Text(text) | Token::Verbatim(text) => self.text(text),
            Token::VerbatimEnd => {}
        }
    }

    fn open(&mut self, name: &[u8]) {
        self.inside.open(name);
        self.folds = true;
        match local(name) {
            b"tab" | b"s" => self.end(b' '),
            b"v" | b"f" => {}
            cell if is_cell(cell) => {}
            table if is_table(table) => {
                self.end(b'\n');
                if self.tables.len() < TABLES {
                    self.tables.push(Table::default());
                }
            }
            _ if self.inside.ends_line(name) => self.end(b'\n'),
            _ => {}
        }
    }

    fn close(&mut self, name: &[u8]) {
        self.folds = true;
        if !self.number.is_empty() {
            let number = shown(&std::mem::take(&mut self.number));
            self.show(&number);
        }
        self.inside.close(name);
        match local(name) {
            b"v" | b"f" => self.end(b'\t'),
            b"tab" | b"s" => {}
            cell if is_cell(cell) => self.end_cell(),
            element => {
                if is_table(element) {
                    self.tables.pop();
                } else if is_row(element)
                    && let Some(table) = self.tables.last_mut()
                {
                    table.headings.end_row();
                    table.column = 0;
                }
                if self.inside.ends_line(name) {
                    self.end(b'\n');
                }
            }
        }
    }

    fn begin_cell(&mut self) {
        let Some(table) = self.tables.last_mut() else { return };
        table.column = self.inside.stated.unwrap_or(table.column);
        table.headed = false;
    }

    fn end_cell(&mut self) {
        self.end(b'\t');
        if let Some(table) = self.tables.last_mut() {
            table.column = table.column.saturating_add(self.inside.span.max(1));
            // What comes before the next cell belongs to none.
            table.headed = true;
        }
        self.inside.span = 1;
    }

    /// Ends a word, a cell or a line.
    fn end(&mut self, with: u8) {
        self.blanks.clear();
        self.feed.push(&[with]);
        self.last = with;
    }

    fn text(&mut self, text: &[u8]) {
        if self.inside.number && self.number.len() + text.len() <= VALUE {
            return self.number.extend_from_slice(text.trim_ascii());
        }
        let start = text.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(text.len());
        self.hold(&text[..start]);
        let inner = text[start..].trim_ascii_end();
        if !inner.is_empty() {
            self.folded(inner.first().copied().unwrap_or_default());
            self.show(inner);
            self.hold(&text[start + inner.len()..]);
        }
    }

    fn hold(&mut self, blanks: &[u8]) {
        let room = BLANKS.saturating_sub(self.blanks.len());
        self.blanks.extend_from_slice(&blanks[..blanks.len().min(room)]);
    }

    /// Hands on the blanks before a text that begins with `first`. Those that lay out the XML
    /// are seen as one blank (OpenDocument 1.3 part 3, 6.1.2), or not at all where Word trims a
    /// text (ECMA-376 part 1, 17.3.3.31) and a word goes on behind it.
    fn folded(&mut self, first: u8) {
        let blanks = std::mem::take(&mut self.blanks);
        let folds = std::mem::take(&mut self.folds);
        if !blanks.contains(&b'\n') || !folds && !self.inside.ooxml {
            self.feed.push(&blanks);
        } else if !(self.inside.ooxml
            && !self.inside.preserve
            && self.last.is_ascii_alphanumeric()
            && first.is_ascii_digit())
        {
            self.feed.push(b" ");
        }
    }

    fn show(&mut self, text: &[u8]) {
        if let Some(table) = self.tables.last_mut() {
            if !table.headed
                && let Some(heading) = table.headings.of(table.column)
            {
                self.feed.push(heading);
                self.feed.push(b": ");
            }
            table.headed = true;
            table.headings.note(table.column, text);
        }
        self.feed.push(text);
        self.last = text.last().copied().unwrap_or(self.last);
    }
}
