//! The account of an input: which of its bytes a reader looked at, which were looked at as
//! they lie because no reader claims them, and which were not looked at.
//!
//! A reader claims what it has decoded or handed on whole. Whatever it leaves unclaimed is
//! looked at once more, as bytes, so that a gap in a reader hides nothing.

use std::io::{self, Read, SeekFrom};
use std::ops::Range;

use super::source::ReadSeek;
use super::sparse;
use super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};

/// Claims that are kept for one input, and beyond which its bytes are looked at twice.
const CLAIMS: usize = 1 << 20;

/// Bytes that a decoder may have read ahead of the place where it failed.
pub(super) const FAILED: u64 = 128 << 10;

/// What one input's reader said of its bytes.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Ranges that were looked at whole, in the order of their claims.
    read: Vec<Range<u64>>,
    /// Ranges that were not.
    unread: Vec<Range<u64>>,
    /// Ranges that were not, as troubles tell already: in order and apart.
    said: Vec<Range<u64>>,
    /// Offset from which on nothing was looked at.
    from: Option<u64>,
    /// The bytes around what was read are looked at as they lie too.
    loose: bool,
    /// Troubles that were known when the input was opened.
    pub(super) troubles: usize,
}

impl Account {
    /// Opens an account; so many troubles are known.
    pub(super) fn new(troubles: usize) -> Self {
        Self { troubles, ..Self::default() }
    }

    /// Claims a range that was looked at whole.
    pub(super) fn read(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let room = self.read.len() < CLAIMS;
        match self.read.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ if room => self.read.push(range),
            _ => {}
        }
    }

    /// Notes a range that was not looked at.
    pub(super) fn unread(&mut self, range: Range<u64>) {
        if !range.is_empty() && self.unread.len() < CLAIMS {
            self.unread.push(range);
        }
    }

    /// Notes a range that was not looked at, as a trouble tells already. Returns how many bytes
    /// of it no trouble has told before: damaged members may overlap.
    pub(super) fn noted(&mut self, range: Range<u64>) -> u64 {
        if range.is_empty() || self.said.len() >= CLAIMS {
            return 0;
        }
        let first = self.said.partition_point(|r| r.end < range.start);
        let last = self.said.partition_point(|r| r.start <= range.end);
        let touched = self.said.get(first..last).unwrap_or_default();
        let common = |r: &Range<u64>| r.end.min(range.end).saturating_sub(r.start.max(range.start));
        let known: u64 = touched.iter().map(common).sum();
        let joined = touched.iter().fold(range.clone(), |all, r| all.start.min(r.start)..all.end.max(r.end));
        self.said.splice(first..last, [joined]);
        range.end - range.start - known
    }

    /// Notes that nothing was looked at from an offset on.
    pub(super) fn unread_from(&mut self, offset: u64) {
        self.from = Some(self.from.map_or(offset, |from| from.min(offset)));
    }

    /// Has all bytes looked at as they lie too: what the reader shows may leave some out.
    pub(super) fn loose(&mut self) {
        self.loose = true;
    }

    /// Closes the account of an input of this size.
    pub(super) fn close(mut self, size: u64) -> Closed {
        if let Some(from) = self.from.filter(|from| *from < size) {
            self.unread.push(from..size);
        }
        let said = length(&self.said);
        self.unread.extend(self.said);
        let unread = union(self.unread, size);
        let read = union(self.read, size);
        // What was not looked at is so whatever else claims it.
        let all = union(read.iter().chain(&unread).cloned().collect(), size);
        let (claimed, missing) = (length(&all), length(&unread));
        let skipped = if self.loose { Vec::new() } else { without(&read, &unread) };
        Closed { size, read: claimed - missing, unread: missing, said, skipped }
    }
}

/// A closed account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closed {
    /// Bytes of the input.
    pub(super) size: u64,
    /// Bytes a reader looked at.
    pub(super) read: u64,
    /// Bytes that were not looked at.
    pub(super) unread: u64,
    /// Bytes of them that a trouble tells already.
    pub(super) said: u64,
    /// Ranges that need not be looked at as they lie, in order and apart.
    pub(super) skipped: Vec<Range<u64>>,
}

impl Closed {
    /// Returns the first range from an offset on that is to be looked at as it lies.
    pub(super) fn next(&self, offset: u64) -> Option<Range<u64>> {
        let after = self.skipped.partition_point(|r| r.end <= offset);
        let start = match self.skipped.get(after) {
            Some(range) if range.start <= offset => range.end,
            _ => offset,
        };
        let end = self.skipped.iter().skip(after).find(|r| r.start > start).map_or(self.size, |r| r.start);
        (start < self.size).then_some(start..end)
    }
}

impl Walker<'_> {
    /// Returns the account of the input that is being read.
    pub(super) fn account(&mut self) -> &mut Account {
        if self.accounts.is_empty() {
            self.accounts.push(Account::default());
        }
        let last = self.accounts.len() - 1;
        &mut self.accounts[last]
    }

    /// Notes that a stretch of the input was not looked at, and why.
    pub(super) fn unread(&mut self, place: &Place, range: Range<u64>, trouble: Trouble) {
        self.trouble(place, trouble);
        self.told(range);
    }

    /// Notes that a stretch of the input was not looked at, as the last trouble tells.
    pub(super) fn told(&mut self, range: Range<u64>) {
        let fresh = self.account().noted(range);
        self.scan.unread_bytes(fresh);
    }

    /// Returns how many troubles are known.
    pub(super) fn troubles(&self) -> usize {
        self.scan.troubles()
    }

    /// Says that the next input is encrypted, which its own bytes do not tell.
    pub(super) fn seal(&mut self) {
        self.sealed = true;
    }

    pub(super) fn open(&mut self) {
        // The trouble that says so is known already.
        let sealed = std::mem::take(&mut self.sealed);
        let troubles = self.scan.troubles() - usize::from(sealed);
        let mut account = Account::new(troubles);
        if sealed {
            account.unread_from(0);
        }
        self.accounts.push(account);
    }

    /// Closes the account of an input that can be read out of order: what its reader left
    /// over is looked at as it lies.
    pub(super) fn close(&mut self, place: &Place, input: &mut dyn ReadSeek) {
        let account = self.accounts.pop().unwrap_or_default();
        self.scan.name_again(place);
        let size = match input.seek(SeekFrom::End(0)) {
            Ok(size) => size,
            Err(e) => return self.fault(place, &e),
        };
        let (troubles, spent) = (account.troubles, self.spent());
        let mut closed = account.close(size);
        if closed.next(0).is_some() && !spent {
            self.scan.begin_again(place.clone());
            let read = sparse::stretches(self, input, &|from| closed.next(from));
            self.scan.end();
            if let Err(fault) = read {
                self.fault(place, &fault);
            }
        }
        if spent {
            closed.unread = size - closed.read;
        }
        self.settle(place, &closed, troubles);
    }

    /// Closes the account of an input that can be read once: what its reader left over is
    /// looked at as it lies.
    pub(super) fn close_stream(&mut self, place: &Place, input: &mut Passing<'_>) {
        let mut account = self.accounts.pop().unwrap_or_default();
        self.scan.name_again(place);
        let troubles = account.troubles;
        account.read(0..input.count);
        if !self.spent() {
            let mut head = [0; 1];
            let (at, more) = (input.count, input.read(&mut head));
            if matches!(more, Ok(n) if n > 0) {
                let inner = place.within(Segment::Offset(at));
                self.part(&inner, Kind::Raw, &mut head.as_slice().chain(&mut *input));
            }
        }
        let closed = account.close(input.count);
        self.settle(place, &closed, troubles);
    }

    /// Adds a closed account; what was not looked at and has not been said is said.
    fn settle(&mut self, place: &Place, closed: &Closed, troubles: usize) {
        let Closed { size, read, unread, said, .. } = *closed;
        if unread > said {
            if self.scan.troubles() == troubles {
                let why = "bytes that no reader could take apart".to_owned();
                self.trouble(place, Trouble::Unsupported(why));
            }
            self.scan.unread_bytes(unread - said);
        }
        self.scan.account(model::outflow::Account {
            inputs: 1,
            size,
            read,
            raw: size - read - unread,
            unread,
        });
    }
}

/// Returns the ranges joined, in order, none beyond the size.
fn union(mut ranges: Vec<Range<u64>>, size: u64) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|r| (r.start, r.end));
    let mut out: Vec<Range<u64>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        let range = range.start.min(size)..range.end.min(size);
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ if range.is_empty() => {}
            _ => out.push(range),
        }
    }
    out
}

/// Returns what of some ranges others do not hold; both are in order.
fn without(ranges: &[Range<u64>], others: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut out = Vec::with_capacity(ranges.len());
    for range in ranges {
        let mut start = range.start;
        let first = others.partition_point(|o| o.end <= start);
        for other in others.iter().skip(first).take_while(|o| o.start < range.end) {
            if other.start > start {
                out.push(start..other.start);
            }
            start = start.max(other.end);
        }
        if start < range.end {
            out.push(start..range.end);
        }
    }
    out
}

fn length(ranges: &[Range<u64>]) -> u64 {
    ranges.iter().map(|r| r.end - r.start).sum()
}

/// Counts the bytes that pass.
pub(super) struct Passing<'a> {
    pub(super) inner: &'a mut dyn Read,
    pub(super) count: u64,
}

impl Read for Passing<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_place() {
        let mut account = Account::default();
        account.read(10..20);
        account.read(20..30);
        account.read(15..25);
        account.read(90..200);
        account.unread(28..40);
        let closed = account.close(100);
        assert_eq!((closed.read, closed.unread), (28, 12));
        assert_eq!(closed.skipped, [10..28, 90..100]);
        assert_eq!(
            [0, 10, 30, 89, 90].map(|at| closed.next(at)),
            [Some(0..10), Some(28..90), Some(30..90), Some(89..90), None]
        );
    }

    #[test]
    fn what_two_troubles_tell_is_told_once() {
        let mut account = Account::default();
        let fresh = [10..20, 15..30, 40..50, 5..45, 30..41, 50..60].map(|range| account.noted(range));
        assert_eq!(fresh, [10, 10, 10, 15, 0, 10]);
        account.unread(0..8);
        let closed = account.close(100);
        assert_eq!((closed.unread, closed.said), (60, 55));
    }

    #[test]
    fn what_follows_a_fault_is_unread() {
        let mut account = Account::default();
        account.read(0..100);
        account.unread_from(60);
        account.unread_from(80);
        let closed = account.close(100);
        assert_eq!((closed.read, closed.unread, closed.skipped.first()), (60, 40, Some(&(0..60))));
        let mut account = Account::default();
        account.read(0..100);
        account.loose();
        assert_eq!(
            account.close(100),
            Closed { size: 100, read: 100, unread: 0, said: 0, skipped: Vec::new() }
        );
    }
}
