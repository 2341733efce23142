//! Inputs: what can be read once, what can be read out of order, what is metered.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use crate::find::JOIN_LINE;

/// What can be read out of order.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek + ?Sized> ReadSeek for T {}

/// A place for bytes that do not fit into memory.
pub trait Scratch: Read + Write + Seek {}
impl<T: Read + Write + Seek + ?Sized> Scratch for T {}

/// Makes a scratch file that vanishes when it is dropped.
pub type ScratchMaker<'a> = dyn Fn() -> io::Result<Box<dyn Scratch>> + Sync + 'a;

/// An input of the walker.
pub(super) enum Source<'a> {
    /// Can be read out of order.
    Seek(&'a mut dyn ReadSeek),
    /// Can be read once.
    Stream(&'a mut dyn Read),
}

/// Bytes of the beginning that were read ahead, and the rest.
pub(super) struct Peeked<'a> {
    head: Cursor<Vec<u8>>,
    rest: &'a mut dyn Read,
}

impl<'a> Peeked<'a> {
    pub(super) fn new(head: Vec<u8>, rest: &'a mut dyn Read) -> Self {
        Self { head: Cursor::new(head), rest }
    }
}

impl Read for Peeked<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.head.read(buf)? {
            0 => self.rest.read(buf),
            n => Ok(n),
        }
    }
}

/// Reads up to `limit` bytes; fewer at the end of the input or at its first fault.
/// The second value is the fault.
pub(super) fn read_up_to(input: &mut dyn Read, limit: usize) -> (Vec<u8>, Option<io::Error>) {
    let mut bytes = Vec::new();
    let fault = input.take(limit as u64).read_to_end(&mut bytes).err();
    (bytes, fault)
}

/// Lines that are folded (RFC 5545, 3.1; RFC 2849): a line that begins with a blank goes on
/// with the one before. A byte of the scan's own, which joins words and counts as a line
/// break, takes the place of the fold.
pub(super) struct Unfolded<'a> {
    inner: BufReader<&'a mut dyn Read>,
    /// What of a fold was read.
    held: Vec<u8>,
}

impl<'a> Unfolded<'a> {
    pub(super) fn new(inner: &'a mut dyn Read) -> Self {
        Self { inner: BufReader::with_capacity(64 << 10, inner), held: Vec::new() }
    }
}

impl Read for Unfolded<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len().saturating_sub(4) {
            let available = self.inner.fill_buf()?;
            let Some(first) = available.first().copied() else { break };
            if !self.held.is_empty() {
                let fold = self.held.ends_with(b"\n");
                if fold && matches!(first, b' ' | b'\t') {
                    buf[done] = JOIN_LINE;
                    done += 1;
                    self.inner.consume(1);
                    self.held.clear();
                } else if !fold && first == b'\n' {
                    self.held.push(first);
                    self.inner.consume(1);
                } else {
                    buf[done..done + self.held.len()].copy_from_slice(&self.held);
                    done += self.held.len();
                    self.held.clear();
                }
                continue;
            }
            let room = (buf.len() - 4 - done).min(available.len());
            let stop = memchr::memchr2(b'\r', b'\n', &available[..room]);
            let plain = stop.unwrap_or(room);
            buf[done..done + plain].copy_from_slice(&available[..plain]);
            if let Some(stop) = stop {
                self.held.push(available[stop]);
            }
            self.inner.consume(plain + usize::from(stop.is_some()));
            done += plain;
        }
        if done == 0 && !self.held.is_empty() && buf.len() > 4 {
            done = self.held.len();
            buf[..done].copy_from_slice(&self.held);
            self.held.clear();
        }
        Ok(done)
    }
}

/// Why metering stopped a reader; travels inside an [`io::Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// One member grows too much.
    Member(u64),
    /// All members together do.
    Total(u64),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Member(ratio) => write!(f, "more than {ratio} bytes for each packed byte"),
            Self::Total(ratio) => {
                write!(f, "all members together give more than {ratio} bytes for each packed byte")
            }
        }
    }
}

impl std::error::Error for Stop {}

/// Counts what goes into a decoder.
pub(super) struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Counted<R> {
    pub(super) fn new(inner: R) -> (Self, Rc<Cell<u64>>) {
        let count = Rc::new(Cell::new(0));
        (Self { inner, count: count.clone() }, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}

/// What all members of one file have given so far, and may give.
pub(super) struct Meter {
    pub(super) produced: Cell<u64>,
    pub(super) allowed: Cell<u64>,
    pub(super) ratio: u64,
    pub(super) floor: u64,
}

/// Stops a decoder that gives too much for what goes into it.
pub(super) struct Metered<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
    given: u64,
    meter: Rc<Meter>,
    /// It was stopped, or what it reads is damaged.
    pub(super) failed: bool,
}

impl<R: Read> Metered<R> {
    fn stop(&mut self, error: io::Error) -> io::Result<usize> {
        self.failed |= error.kind() != io::ErrorKind::Interrupted;
        Err(error)
    }

    /// `taken` counts the packed bytes.
    pub(super) fn new(inner: R, taken: Rc<Cell<u64>>, meter: Rc<Meter>) -> Self {
        Self { inner, taken, given: 0, meter, failed: false }
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // Decoders of other origin may fail badly when they are read behind a fault.
        if self.failed {
            return Ok(0);
        }
        let n = match self.inner.read(buf) {
            Ok(n) => n,
            Err(e) => return self.stop(e),
        };
        self.given += n as u64;
        let total = self.meter.produced.get() + n as u64;
        self.meter.produced.set(total);
        if total > self.meter.allowed.get() {
            return self.stop(io::Error::other(Stop::Total(self.meter.ratio)));
        }
        let ratio = self.meter.ratio;
        if self.given > self.meter.floor && self.given > self.taken.get().max(1).saturating_mul(ratio) {
            return self.stop(io::Error::other(Stop::Member(ratio)));
        }
        Ok(n)
    }
}

/// A part of a seekable input, read from a place of its own.
pub(super) struct Window<'a, 'b> {
    input: &'a RefCell<&'b mut dyn ReadSeek>,
    at: u64,
    left: u64,
}

impl<'a, 'b> Window<'a, 'b> {
    pub(super) fn new(input: &'a RefCell<&'b mut dyn ReadSeek>, at: u64, length: u64) -> Self {
        Self { input, at, left: length }
    }
}

impl Read for Window<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let wanted = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let mut input = self.input.borrow_mut();
        input.seek(SeekFrom::Start(self.at))?;
        let n = input.read(&mut buf[..wanted])?;
        self.at += n as u64;
        self.left -= n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails once; nothing may read it after that.
    struct Once(bool);

    impl Read for Once {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            assert!(!std::mem::replace(&mut self.0, true), "it was read behind its fault");
            Err(io::Error::new(io::ErrorKind::InvalidData, "damaged"))
        }
    }

    #[test]
    fn a_stream_that_failed_is_not_read_again() {
        let meter = Meter { produced: Cell::new(0), allowed: Cell::new(100), ratio: 2, floor: 10 };
        let mut metered = Metered::new(Once(false), Rc::new(Cell::new(0)), Rc::new(meter));
        assert!(metered.read(&mut [0; 8]).is_err());
        assert_eq!(metered.read(&mut [0; 8]).expect("it has ended"), 0);
    }
}
