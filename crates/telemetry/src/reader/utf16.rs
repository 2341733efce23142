//! UTF-16 text, as PowerShell and the event viewer write it, decoded on the way.

use std::io::{self, Read};

use model::reading::{Input, fill};

/// Which byte of two comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The low one.
    Little,
    /// The high one.
    Big,
}

/// Returns the byte order of UTF-16 text: by its mark, or because every second byte of
/// its start is zero.
pub(crate) fn order(head: &[u8]) -> Option<Order> {
    match head {
        [0xff, 0xfe, ..] => return Some(Order::Little),
        [0xfe, 0xff, ..] => return Some(Order::Big),
        _ => {}
    }
    let start = head.get(..8)?;
    let printable = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let parity = |at: usize| start.iter().skip(at).step_by(2);
    if parity(0).all(printable) && parity(1).all(|b| *b == 0) {
        return Some(Order::Little);
    }
    (parity(1).all(printable) && parity(0).all(|b| *b == 0)).then_some(Order::Big)
}

/// Returns `head` and what follows in `rest` as UTF-8.
pub(crate) fn decoded(order: Order, head: Vec<u8>, rest: Input) -> Input {
    let source = Box::new(io::Cursor::new(head).chain(rest));
    Input::Stream(Box::new(Decoder { order, source, high: None, ready: Vec::new(), given: 0 }))
}

struct Decoder {
    order: Order,
    source: Box<dyn Read + Send>,
    /// The first half of a pair, whose second stands in the next block.
    high: Option<u16>,
    ready: Vec<u8>,
    given: usize,
}

impl Decoder {
    fn refill(&mut self) -> io::Result<()> {
        let mut block = vec![0; 64 * 1024];
        let filled = fill(&mut self.source, &mut block)?;
        block.truncate(filled);
        let units = block.chunks(2).map(|pair| match (self.order, pair) {
            (Order::Little, [low, high]) | (Order::Big, [high, low]) => u16::from_be_bytes([*high, *low]),
            // Half a character at the end of the file.
            _ => 0xfffd,
        });
        let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
        if filled > 0 && units.last().is_some_and(|last| (0xd800..0xdc00).contains(last)) {
            self.high = units.pop();
        }
        let text: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
        self.ready = text.into_bytes();
        self.given = 0;
        Ok(())
    }
}

impl Read for Decoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.refill()?;
        }
        let left = self.ready.get(self.given..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.given += count;
        Ok(count)
    }
}
