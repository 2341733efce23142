//! Files with holes: what was never written need not be read.

use std::io::{self, SeekFrom};
use std::ops::Range;

use super::source::ReadSeek;
use super::walker::{CHUNK, Walker};
use crate::place::{Kind, Place};

/// Returns the next bytes of the file at hand that are stored, from an offset on;
/// `None` when only zeros follow. It may move the offset the file is read at.
pub type Stored<'a> = dyn Fn(u64) -> Option<Range<u64>> + Sync + 'a;

/// Hands a whole file to the scan as one part; its holes count as zeros. Returns whether it
/// was read to its end.
pub(super) fn part(
    walker: &mut Walker<'_>,
    place: &Place,
    kind: Kind,
    input: &mut dyn ReadSeek,
    stored: &Stored<'_>,
) -> bool {
    walker.scan.begin(place.clone(), kind);
    let read = stretches(walker, input, stored);
    walker.scan.end();
    if let Err(fault) = &read {
        walker.fault(place, fault);
    }
    read.is_ok()
}

/// Hands on the stretches of an input to the part that is open, zeros for what lies between.
pub(super) fn stretches(
    walker: &mut Walker<'_>,
    input: &mut dyn ReadSeek,
    stored: &dyn Fn(u64) -> Option<Range<u64>>,
) -> io::Result<()> {
    let size = input.seek(SeekFrom::End(0))?;
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    while at < size {
        // A stretch that does not lead on is taken for one that leads to the end.
        let stretch = stored(at).map_or(size..size, |s| s.start.clamp(at, size)..s.end.min(size));
        let end = if stretch.end > at { stretch.end } else { size };
        walker.scan.zeros(stretch.start - at);
        at = stretch.start;
        input.seek(SeekFrom::Start(at))?;
        while at < end {
            let most = usize::try_from(end - at).unwrap_or(CHUNK).min(CHUNK);
            match input.read(&mut buffer[..most]) {
                // It has become shorter, which the walk says.
                Ok(0) => return Ok(()),
                Ok(n) => {
                    walker.scan.bytes(&buffer[..n]);
                    at += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
    Ok(())
}
