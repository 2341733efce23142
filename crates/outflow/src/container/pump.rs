//! Hands whole inputs to the scan: the next bytes are read while the last ones are looked at.

use std::io::{self, Read};

use super::encoded::Encoded;
use super::mail;
use super::walker::{CHUNK, Walker};
use crate::Scan;
use crate::place::{Kind, Place, Segment, Trouble};

/// Fills a buffer: how many zeros come before the next bytes, and how many those are.
type Next<'n> = dyn FnMut(&mut [u8]) -> io::Result<(u64, usize)> + 'n;

/// What looks at the bytes of a part.
struct Readers<'s> {
    scan: &'s mut Scan,
    /// Absent where nothing can be written in letters.
    encoded: Option<Encoded>,
    /// A text holds one that is encrypted.
    sealed: bool,
}

impl Readers<'_> {
    fn letters(encoded: &mut Option<Encoded>, sealed: &mut bool, bytes: &[u8]) {
        if let Some(encoded) = encoded {
            *sealed |= mail::holds_armour(bytes);
            encoded.feed(bytes);
        }
    }

    /// Looks at bytes, and meanwhile reads on. The order in which the scan sees them does
    /// not depend on the number of threads.
    fn look<T>(&mut self, bytes: &[u8], read: impl FnOnce() -> T) -> T {
        if bytes.len() < CHUNK {
            self.scan.bytes(bytes);
            Self::letters(&mut self.encoded, &mut self.sealed, bytes);
            return read();
        }
        let Self { scan, encoded, sealed } = self;
        rayon::in_place_scope(|scope| {
            scope.spawn(move |_| scan.bytes(bytes));
            scope.spawn(move |_| Self::letters(encoded, sealed, bytes));
            read()
        })
    }
}

impl Walker<'_> {
    /// Hands a whole input to the scan as one part.
    pub(super) fn part(&mut self, place: &Place, kind: Kind, input: &mut dyn Read) {
        self.part_from(place, kind, &mut |buffer| input.read(buffer).map(|n| (0, n)));
    }

    /// Hands on what `next` gives as one part: zeros, then bytes, until there are none.
    /// Returns whether it came to its end.
    pub(super) fn part_from(&mut self, place: &Place, kind: Kind, next: &mut Next<'_>) -> bool {
        let mut fill = |buffer: &mut [u8]| loop {
            match next(buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => return other,
            }
        };
        let mut now = self.buffers.pop().unwrap_or_else(|| vec![0; CHUNK]);
        let mut later = self.buffers.pop().unwrap_or_else(|| vec![0; CHUNK]);
        let open = kind != Kind::Raw && self.accounts.len() <= self.walk.limits.depth as usize;
        let encoded = open.then(|| Encoded::new(kind == Kind::Html));
        self.scan.begin(place.clone(), kind);
        let mut readers = Readers { scan: self.scan, encoded, sealed: false };
        let mut got = fill(&mut now);
        let fault = loop {
            match got {
                Ok((0, 0)) => break None,
                Ok((zeros, n)) => {
                    if zeros > 0 {
                        readers.scan.zeros(zeros);
                        if let Some(encoded) = &mut readers.encoded {
                            encoded.skip(zeros);
                        }
                    }
                    got = readers.look(now.get(..n).unwrap_or_default(), || fill(&mut later));
                    std::mem::swap(&mut now, &mut later);
                }
                Err(e) => break Some(e),
            }
        };
        let Readers { encoded, sealed, .. } = readers;
        self.scan.end();
        self.buffers.extend([now, later]);
        if sealed {
            self.trouble(place, Trouble::Encrypted);
        }
        if let Some(fault) = &fault {
            self.fault(place, fault);
        }
        if let Some(encoded) = encoded {
            self.encoded(place, encoded);
        }
        fault.is_none()
    }

    /// Reads what a text holds in letters.
    pub(super) fn encoded(&mut self, place: &Place, mut encoded: Encoded) {
        encoded.finish();
        if encoded.cut {
            self.trouble(place, Trouble::Bounded("its encoded data is more than is held".to_owned()));
        }
        let depth = u32::try_from(self.accounts.len()).unwrap_or(u32::MAX);
        for (at, bytes) in encoded.found {
            if self.spent() {
                return;
            }
            self.member(&place.within(Segment::Offset(at)), &mut bytes.as_slice(), depth);
        }
    }
}
