//! Log formats: how a file is recognised, cut into pieces, and each piece parsed.

mod access;
mod audit;
pub(crate) mod evtx;
mod extension;
mod json;
mod processes;
mod sockaddr;
mod syslog;
mod table;
mod text;
mod unnamed;
pub(crate) mod utf16;
mod w3c;
mod xml_events;
mod zeek;

use model::reading::Input;

use crate::batch::{Parsed, Piece, lines};
use crate::cut::Outlet;
use crate::mapping::Shaped;

pub(crate) use json::text as json_text;
pub(crate) use text::{READER as TEXT, message};

/// One log format.
pub(crate) struct Reader {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Whether a file that begins so is of this format.
    pub(crate) sniff: fn(&Head<'_>) -> bool,
    /// Cuts a file into pieces; given what was read of it already and the rest.
    pub(crate) cut: fn(Vec<u8>, Input, &mut Outlet<'_>),
    /// Makes events of a piece.
    pub(crate) parse: fn(&Piece, &mut Parsed),
    /// How many events a line may become; `None` where every line is one.
    pub(crate) places: Option<fn(&[u8]) -> u64>,
    /// Whether every line of a piece stands for itself, so that a part of it may be parsed alone.
    pub(crate) apart: bool,
    /// Makes an event of one line, in a format whose lines stand for themselves. Such
    /// lines are read wherever they stand: between lines of other formats, and as the
    /// message of a syslog line or of a JSON object.
    pub(crate) line: Option<ReadLine>,
}

/// Returns the event in a line; `None` when the line is of another format.
///
/// # Errors
/// What is wrong with a line of this format.
pub(crate) type ReadLine = fn(&str) -> Result<Option<Shaped>, &'static str>;

/// Every format, in the order in which they are tried.
pub(crate) static READERS: [&Reader; 10] = [
    &evtx::READER,
    &json::READER,
    &xml_events::READER,
    &zeek::READER,
    &w3c::READER,
    &table::READER,
    &audit::READER,
    &extension::READER,
    &syslog::READER,
    &access::READER,
];

/// The first bytes of a file, and its name.
pub(crate) struct Head<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) name: &'a str,
}

/// Lines of a file that are looked at to tell its format.
const LINES_SNIFFED: usize = 8;

impl Head<'_> {
    /// Returns its first lines that say something.
    pub(crate) fn lines(&self) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
        lines(self.bytes)
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
            .take(LINES_SNIFFED)
            .map(String::from_utf8_lossy)
    }

    /// Whether one of its first lines is read by `line`.
    pub(crate) fn has_line(&self, line: ReadLine) -> bool {
        self.lines().any(|text| line(&text).is_ok_and(|found| found.is_some()))
    }
}

/// Returns the reader for a file that begins so; `None` when no format is recognised.
pub(crate) fn pick(head: &Head<'_>) -> Option<&'static Reader> {
    READERS.iter().copied().find(|reader| (reader.sniff)(head))
}

/// Whether a file that begins with `head` is of a known format.
pub(crate) fn recognises(mut head: Vec<u8>, name: &str) -> bool {
    use std::io::Read as _;
    if let Some(order) = utf16::order(&head) {
        let length = head.len() as u64;
        let rest = Input::Stream(Box::new(std::io::empty()));
        let mut decoded = Vec::new();
        if utf16::decoded(order, head, rest).take(length).read_to_end(&mut decoded).is_err() {
            return false;
        }
        head = decoded;
    }
    let bytes = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    pick(&Head { bytes, name }).is_some()
}
