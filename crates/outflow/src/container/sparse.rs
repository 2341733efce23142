//! Files with holes: what was never written need not be read.

use std::io::{self, SeekFrom};
use std::ops::Range;

use super::source::ReadSeek;
use super::walker::{CHUNK, Walker};
use crate::place::{Kind, Place};

/// Returns the next bytes of the file at hand that are stored, from an offset on;
/// `None` when only zeros follow. It may move the offset the file is read at.
pub type Stored<'a> = dyn Fn(u64) -> Option<Range<u64>> + Sync + 'a;

/// Reads the stretches of an input one after another.
pub(super) struct Stretches<'i, 's> {
    input: &'i mut dyn ReadSeek,
    stored: &'s dyn Fn(u64) -> Option<Range<u64>>,
    at: u64,
    /// Where the stretch at hand ends.
    end: u64,
    size: u64,
}

impl<'i, 's> Stretches<'i, 's> {
    pub(super) fn new(
        input: &'i mut dyn ReadSeek,
        stored: &'s dyn Fn(u64) -> Option<Range<u64>>,
    ) -> io::Result<Self> {
        let size = input.seek(SeekFrom::End(0))?;
        Ok(Self { input, stored, at: 0, end: 0, size })
    }

    /// Returns how many zeros come before the next bytes, and how many those are; no bytes
    /// and no zeros at the end.
    pub(super) fn next(&mut self, buffer: &mut [u8]) -> io::Result<(u64, usize)> {
        if self.at >= self.size {
            return Ok((0, 0));
        }
        let mut zeros = 0;
        if self.at >= self.end {
            // A stretch that does not lead on is taken for one that leads to the end.
            let (at, size) = (self.at, self.size);
            let next = (self.stored)(at);
            let stretch = next.map_or(size..size, |s| s.start.clamp(at, size)..s.end.min(size));
            self.end = if stretch.end > at { stretch.end } else { size };
            zeros = stretch.start - at;
            self.at = stretch.start;
            self.input.seek(SeekFrom::Start(self.at))?;
        }
        let most = usize::try_from(self.end - self.at).unwrap_or(buffer.len()).min(buffer.len());
        let n = self.input.read(buffer.get_mut(..most).unwrap_or_default())?;
        if n == 0 && self.at < self.end {
            // It has become shorter, which the walk says.
            self.at = self.size;
        }
        self.at += n as u64;
        Ok((zeros, n))
    }
}

/// Hands a whole file to the scan as one part; its holes count as zeros. Returns whether it
/// was read to its end.
pub(super) fn part(
    walker: &mut Walker<'_>,
    place: &Place,
    kind: Kind,
    input: &mut dyn ReadSeek,
    stored: &Stored<'_>,
) -> bool {
    match Stretches::new(input, &stored) {
        Ok(mut stretches) => walker.part_from(place, kind, &mut |buffer| stretches.next(buffer)),
        Err(fault) => {
            walker.fault(place, &fault);
            false
        }
    }
}

/// Hands on the stretches of an input to the part that is open, zeros for what lies between.
pub(super) fn stretches(
    walker: &mut Walker<'_>,
    input: &mut dyn ReadSeek,
    stored: &dyn Fn(u64) -> Option<Range<u64>>,
) -> io::Result<()> {
    let mut stretches = Stretches::new(input, stored)?;
    let mut buffer = vec![0; CHUNK];
    loop {
        match stretches.next(&mut buffer) {
            Ok((0, 0)) => return Ok(()),
            Ok((zeros, n)) => {
                walker.scan.zeros(zeros);
                walker.scan.bytes(buffer.get(..n).unwrap_or_default());
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
