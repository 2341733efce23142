//! Bytes of any encoding to text that the scan can look at.

mod mainframe;
mod narrow;
mod wide;

use crate::markup::Markup;
use crate::place::Kind;
use narrow::Narrow;
pub(crate) use wide::Wide;

/// Bytes at the start of a part by which its encoding is told.
const SNIFF: usize = 1024;

/// How the bytes of one part become text.
#[derive(Debug)]
pub(crate) struct Charset {
    kind: Kind,
    /// The first bytes, until there are enough of them.
    first: Option<Vec<u8>>,
    wide: Option<Wide>,
    /// It is EBCDIC.
    mainframe: bool,
    markup: Option<Markup>,
    narrow: Narrow,
    /// Text before its markup is taken out.
    marked: Vec<u8>,
}

impl Charset {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            first: Some(Vec::new()),
            wide: None,
            mainframe: false,
            markup: None,
            narrow: Narrow::default(),
            marked: Vec::new(),
        }
    }

    /// Appends the text of the next bytes to `out`.
    pub(crate) fn feed(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        match &mut self.first {
            Some(first) if first.len() + chunk.len() < SNIFF => first.extend_from_slice(chunk),
            Some(first) => {
                let mut head = std::mem::take(first);
                let missing = SNIFF.saturating_sub(head.len()).min(chunk.len());
                head.extend_from_slice(&chunk[..missing]);
                self.settle(&head, out);
                self.pass(&chunk[missing..], false, out);
            }
            None => self.pass(chunk, false, out),
        }
    }

    /// Returns how many bytes make a character of the text, where they are zeros.
    pub(crate) fn width(&self) -> u64 {
        if self.wide.is_some() { 2 } else { 1 }
    }

    /// Appends what was held back.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if let Some(head) = self.first.take() {
            self.settle(&head, out);
        }
        self.pass(&[], true, out);
        if let Some(markup) = &mut self.markup {
            markup.finish(out);
        }
    }

    fn settle(&mut self, head: &[u8], out: &mut Vec<u8>) {
        self.first = None;
        self.wide = Wide::of(head);
        self.mainframe = mainframe::is_mainframe(head);
        let narrow: Vec<u8> = head.iter().copied().filter(|b| *b != 0).take(SNIFF / 2).collect();
        let start = narrow.iter().position(u8::is_ascii_graphic).unwrap_or(0);
        let marked = self.kind == Kind::Text && narrow.get(start) == Some(&b'<');
        if self.kind == Kind::Html || marked {
            self.markup = Some(Markup::default());
        }
        self.pass(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head), false, out);
    }

    fn pass(&mut self, chunk: &[u8], last: bool, out: &mut Vec<u8>) {
        if self.mainframe {
            return mainframe::feed(chunk, out);
        }
        let Some(markup) = &mut self.markup else {
            return text(&mut self.wide, &mut self.narrow, chunk, last, out);
        };
        self.marked.clear();
        text(&mut self.wide, &mut self.narrow, chunk, last, &mut self.marked);
        markup.feed(&self.marked, out);
    }
}

/// Appends the text of the next bytes to `out`, its markup as it stands.
fn text(wide: &mut Option<Wide>, narrow: &mut Narrow, chunk: &[u8], last: bool, out: &mut Vec<u8>) {
    if let Some(wide) = wide {
        return wide.feed(chunk, last, out);
    }
    narrow.feed(chunk, out);
    if last {
        narrow.finish(out);
    }
}
