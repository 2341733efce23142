//! Bytes of any encoding to text that the scan can look at.

mod narrow;

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

use crate::markup::Markup;
use crate::place::Kind;
use narrow::Narrow;

/// Bytes at the start of a part by which its encoding is told.
const SNIFF: usize = 1024;

/// How the bytes of one part become text.
#[derive(Debug)]
pub(crate) struct Charset {
    kind: Kind,
    /// The first bytes, until there are enough of them.
    first: Option<Vec<u8>>,
    wide: Option<Wide>,
    markup: Option<Markup>,
    narrow: Narrow,
}

struct Wide(Decoder);

impl std::fmt::Debug for Wide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.encoding().name())
    }
}

impl Charset {
    pub(crate) fn new(kind: Kind) -> Self {
        Self { kind, first: Some(Vec::new()), wide: None, markup: None, narrow: Narrow::default() }
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
        self.wide = wide(head).map(|e| Wide(e.new_decoder_with_bom_removal()));
        let narrow: Vec<u8> = head.iter().copied().filter(|b| *b != 0).take(SNIFF / 2).collect();
        let start = narrow.iter().position(u8::is_ascii_graphic).unwrap_or(0);
        let marked = self.kind == Kind::Text && narrow.get(start) == Some(&b'<');
        if self.kind == Kind::Html || marked {
            self.markup = Some(Markup::default());
        }
        self.pass(head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head), false, out);
    }

    fn pass(&mut self, chunk: &[u8], last: bool, out: &mut Vec<u8>) {
        let Some(Wide(decoder)) = &mut self.wide else {
            match &mut self.markup {
                Some(markup) => markup.feed(chunk, out),
                None => {
                    self.narrow.feed(chunk, out);
                    if last {
                        self.narrow.finish(out);
                    }
                }
            }
            return;
        };
        let room = decoder.max_utf8_buffer_length(chunk.len()).unwrap_or(chunk.len() * 3 + 8);
        let mut text = String::with_capacity(room);
        let _ = decoder.decode_to_string(chunk, &mut text, last);
        match &mut self.markup {
            Some(markup) => markup.feed(text.as_bytes(), out),
            None => out.extend_from_slice(text.as_bytes()),
        }
    }
}

/// Returns the encoding of text with two bytes a character: by its mark, or
/// because nearly every second byte is zero.
pub(crate) fn wide(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    if head.starts_with(b"\xff\xfe") {
        return Some(UTF_16LE);
    }
    if head.starts_with(b"\xfe\xff") {
        return Some(UTF_16BE);
    }
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|b| **b == 0).count() * 2;
    let (even, odd) = (zeros(0), zeros(1));
    let most = head.len() * 7 / 10;
    let few = head.len() / 20;
    match head.len() {
        0..16 => None,
        _ if odd > most && even <= few => Some(UTF_16LE),
        _ if even > most && odd <= few => Some(UTF_16BE),
        _ => None,
    }
}
