//! How rooms are handed outside content: as readers, never as paths they open themselves.

use std::io::{self, Read, Seek};

use crate::attack::Joined;
use crate::quantity::Millis;

/// An alert later than this after the act is late, when a recording says nothing else.
pub const DEFAULT_DEADLINE: Millis = Millis(45 * 60_000);

/// The subject label (`subj`) of audit records that an exercise wrote. It writes every
/// program start as an event of Sysmon for Linux too, so that one put together from the
/// audit records would be the same start a second time.
pub const EXERCISE: &str = "feuerprobe";

/// A reader that can also be moved, such as an opened file.
pub trait ReadSeek: Read + Seek {}

impl<T: Read + Seek> ReadSeek for T {}

/// One opened telemetry or label file.
pub enum Input {
    /// A plain file. An event log is then read from its oldest chunk on.
    Seek(Box<dyn ReadSeek + Send>),
    /// Bytes that only come once, such as those of a decompressor.
    Stream(Box<dyn Read + Send>),
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Seek(reader) => reader.read(buffer),
            Self::Stream(reader) => reader.read(buffer),
        }
    }
}

/// Opens the file with this path below the recordings root; a compressed file
/// comes back decompressed, as [`Input::Stream`].
pub type Open<'a> = dyn Fn(&str) -> io::Result<Input> + Sync + 'a;

/// Says what a published technique id stands for in the matrix in use.
pub type Join<'a> = dyn Fn(&str) -> Joined + Sync + 'a;

/// Returns the whole of a small text file, such as a label or an index.
///
/// # Errors
/// The fault of the reader, or `FileTooLarge` beyond `limit` bytes.
pub fn read_small(input: Input, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("the file holds more than {limit} bytes"),
        ));
    }
    Ok(bytes)
}

/// Fills `buffer` as far as the reader goes and returns how much of it was filled.
///
/// # Errors
/// The fault of the reader.
pub fn fill(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}
