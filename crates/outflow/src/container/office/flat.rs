//! Office documents that are one XML file: flat OPC (ECMA-376 part 2, as Word and PowerPoint
//! write it), Word 2003 XML, SpreadsheetML 2003, flat OpenDocument.

use std::io::{self, Read};

use super::running_text;
use crate::charset::Wide;
use crate::container::encoded::Encoded;
use crate::container::source::{Peeked, read_up_to};
use crate::container::walker::Walker;
use crate::place::Place;

/// Bytes that show the encoding of a part.
const HEAD: usize = 1024;

/// Bytes that are decoded at once.
const CHUNK: usize = 64 << 10;

/// Reads a document that is one XML file: its text, and the files that it holds in letters.
pub(in crate::container) fn flat(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read) {
    // Where a tag is damaged, its bytes are no text.
    walker.account().loose();
    let mut encoded = Encoded::default();
    running_text(walker, place, &mut Letters { inner: input, encoded: &mut encoded });
    if walker.accounts.len() <= walker.walk.limits.depth as usize {
        walker.encoded(place, encoded);
    }
}

/// Shows what is read to the reader of data in letters.
struct Letters<'i, 'e> {
    inner: &'i mut dyn Read,
    encoded: &'e mut Encoded,
}

impl Read for Letters<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.encoded.feed(buf.get(..n).unwrap_or_default());
        Ok(n)
    }
}

/// Hands an XML document to `read` in UTF-8, whatever it is written in.
///
/// # Errors
/// Those of the input and of `read`.
pub(super) fn utf8(
    input: &mut dyn Read,
    read: &mut dyn FnMut(&mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let (head, fault) = read_up_to(input, HEAD);
    let wide = Wide::of(&head);
    let mut whole = Peeked::new(head, input);
    match wide {
        Some(wide) => {
            let bytes = vec![0; CHUNK];
            read(&mut Narrowed { inner: &mut whole, wide, bytes, text: Vec::new(), at: 0, ended: false })?;
        }
        None => read(&mut whole)?,
    }
    fault.map_or(Ok(()), Err)
}

/// Text of two bytes a character in UTF-8.
struct Narrowed<'i> {
    inner: &'i mut dyn Read,
    wide: Wide,
    bytes: Vec<u8>,
    text: Vec<u8>,
    /// Bytes of the text that were handed on.
    at: usize,
    ended: bool,
}

impl Read for Narrowed<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            let n = self.inner.read(&mut self.bytes)?;
            self.ended = n == 0;
            let chunk = self.bytes.get(..n).unwrap_or_default();
            self.text.clear();
            self.at = 0;
            self.wide.feed(chunk, self.ended, &mut self.text);
        }
        let rest = self.text.get(self.at..).unwrap_or_default();
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}
