//! Gathers the many small pieces a reader gives into chunks worth scanning.

use crate::Scan;
use crate::place::{Kind, Place};

/// Bytes gathered before they are handed on.
const GATHERED: usize = 64 << 10;

/// A part under construction.
pub(super) struct Feed<'s> {
    scan: &'s mut Scan,
    held: Vec<u8>,
    open: bool,
}

impl<'s> Feed<'s> {
    pub(super) fn new(scan: &'s mut Scan) -> Self {
        Self { scan, held: Vec::with_capacity(GATHERED + 4096), open: false }
    }

    /// Begins a part; an open one is ended.
    pub(super) fn begin(&mut self, place: Place, kind: Kind) {
        self.end();
        self.scan.begin(place, kind);
        self.open = true;
    }

    /// Begins a part of bytes that were looked at before in another way.
    pub(super) fn begin_again(&mut self, place: Place) {
        self.end();
        self.scan.begin_again(place);
        self.open = true;
    }

    /// Adds bytes to the open part.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if bytes.len() > GATHERED {
            self.flush();
            self.scan.bytes(bytes);
            return;
        }
        self.held.extend_from_slice(bytes);
        if self.held.len() >= GATHERED {
            self.flush();
        }
    }

    /// Returns whether a part is open.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Ends the open part.
    pub(super) fn end(&mut self) {
        if self.open {
            self.flush();
            self.scan.end();
            self.open = false;
        }
        self.held.clear();
    }

    fn flush(&mut self) {
        if !self.held.is_empty() {
            self.scan.bytes(&self.held);
            self.held.clear();
        }
    }
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
