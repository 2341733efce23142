//! A member that is open, and what of the archive it accounts for.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use super::{Archive, Entry, HEADER, damaged, read_at, u16_at};
use crate::container::source::{Meter, Metered};
use crate::container::walker::Walker;

/// Members that were read to their end or whose bytes are told as unread, by the offset of
/// their header, with the bytes they were unpacked from.
pub(in crate::container) type Done = Rc<RefCell<Vec<(u64, Range<u64>)>>>;

/// The usual packing. It says where its data ends.
pub(super) struct Deflate<R> {
    pub(super) inner: flate2::bufread::DeflateDecoder<R>,
    pub(super) used: Rc<Cell<u64>>,
}

impl<R: io::BufRead> Read for Deflate<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.used.set(self.inner.total_in());
        Ok(n)
    }
}

/// The unpacked bytes of a member, metered and summed up.
pub(in crate::container) struct Opened<'a> {
    pub(super) inner: Metered<Box<dyn Read + 'a>>,
    /// Bytes the directory says are still to come.
    pub(super) left: u64,
    /// Offset of its header, by the directory.
    pub(super) at: u64,
    /// Where its packed bytes begin.
    pub(super) data: u64,
    /// Packed bytes that were used.
    pub(super) used: Rc<Cell<u64>>,
    pub(super) plain: bool,
    pub(super) wanted: Option<u32>,
    pub(super) sum: flate2::Crc,
    pub(super) done: Done,
    pub(super) over: bool,
}

impl<'a> Opened<'a> {
    pub(super) fn new(
        entry: &Entry,
        data: u64,
        (inner, used): (Box<dyn Read + 'a>, Rc<Cell<u64>>),
        (taken, meter): (Rc<Cell<u64>>, Rc<Meter>),
        done: Done,
    ) -> Self {
        Self {
            inner: Metered::new(inner, taken, meter),
            left: entry.size,
            at: entry.at,
            data,
            used,
            plain: entry.method == 0,
            wanted: entry.sum,
            sum: flate2::Crc::new(),
            done,
            over: false,
        }
    }

    /// Ends the member: complains when it is not what the directory says.
    fn end(&mut self) -> io::Result<usize> {
        self.over = true;
        let differs = self.wanted.is_some_and(|wanted| wanted != self.sum.sum());
        // What is not packed was looked at as it lies, whatever its sum.
        if self.plain || self.left == 0 && !differs {
            self.done.borrow_mut().push((self.at, self.data..self.data.saturating_add(self.used.get())));
        }
        if self.left > 0 {
            let why = "it is shorter than the directory says";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, why));
        }
        if differs { Err(damaged("its bytes do not give the checksum of the directory")) } else { Ok(0) }
    }
}

impl Read for Opened<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.over || buf.is_empty() {
            return Ok(0);
        }
        let n = self.inner.read(buf)?;
        if n == 0 {
            return self.end();
        }
        self.sum.update(buf.get(..n).unwrap_or_default());
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}

impl Archive<'_, '_> {
    /// Returns where the packed bytes of a member lie.
    pub(super) fn packed(&self, entry: &Entry) -> Range<u64> {
        let at = entry.at.saturating_add(self.directory.shift);
        let mut header = [0; HEADER as usize];
        let mut input = self.input.borrow_mut();
        let length = input.seek(io::SeekFrom::End(0)).unwrap_or(0);
        let read = read_at(*input, at, &mut header);
        let known = read.is_ok() && header.starts_with(b"PK\x03\x04");
        let stated = HEADER + u16_at(&header, 26) + u16_at(&header, 28);
        // A damaged header may lead anywhere.
        let beside = Some(stated).filter(|n| known && at.saturating_add(n + entry.packed) <= length);
        let start = at.saturating_add(beside.unwrap_or(HEADER + entry.name.len() as u64)).min(length);
        start..start.saturating_add(entry.packed).min(length)
    }

    /// Notes that a member was not looked at, unless it was read to its end. `troubles` is
    /// how many were known before it was opened: those since tell why.
    pub(super) fn check(&self, walker: &mut Walker<'_>, entry: &Entry, troubles: usize) {
        let done = self.done.borrow().iter().rev().take(8).any(|(at, _)| *at == entry.at);
        if done || entry.packed == 0 || walker.spent() {
            return;
        }
        let range = self.packed(entry);
        if entry.method == 0 {
            return;
        }
        self.done.borrow_mut().push((entry.at, 0..0));
        if walker.troubles() > troubles {
            walker.told(range);
        } else {
            walker.account().unread(range);
        }
    }
}

/// Claims what the members of an archive were unpacked from.
pub(super) fn claim(walker: &mut Walker<'_>, done: &Done) {
    done.borrow_mut().sort_unstable_by_key(|(_, range)| range.start);
    for (_, range) in done.borrow().iter() {
        walker.account().read(range.clone());
    }
}
