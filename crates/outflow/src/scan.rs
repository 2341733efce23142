//! The scan: a walker hands over parts, findings come out.

use crate::place::{Kind, Place, Trouble};

/// A scan in progress.
///
/// Parts come one after another and never overlap: [`begin`](Self::begin), any
/// number of [`bytes`](Self::bytes), [`end`](Self::end). How a part is cut into
/// chunks does not change what is found. Memory stays bounded whatever a part's
/// size.
#[derive(Debug, Default)]
pub struct Scan {
    troubles: Vec<(Place, Trouble)>,
}

impl Scan {
    /// Begins a part. A part that is still open is ended first.
    pub fn begin(&mut self, place: Place, kind: Kind) {
        let _ = (place, kind);
    }

    /// Takes the next bytes of the open part; without an open part they are ignored.
    pub fn bytes(&mut self, chunk: &[u8]) {
        let _ = chunk;
    }

    /// Ends the open part.
    pub fn end(&mut self) {}

    /// Notes that something could not be read, or not to its end.
    pub fn trouble(&mut self, place: Place, trouble: Trouble) {
        self.troubles.push((place, trouble));
    }
}
