//! Log formats: how a file is recognised, cut into pieces, and each piece parsed.

mod access;
mod audit;
pub(crate) mod evtx;
mod extension;
mod journal;
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
use crate::cut::{self, Outlet};
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

impl Reader {
    /// Returns a format whose every line stands for itself and is read by `line`. `sniff` is
    /// `|head| head.has_line(line)`.
    pub(crate) const fn of_lines(name: &'static str, sniff: fn(&Head<'_>) -> bool, line: ReadLine) -> Self {
        let (cut, places) = (cut::lines::split, Some(text::places as fn(&[u8]) -> u64));
        Self { name, sniff, cut, parse: text::parse, places, apart: false, line: Some(line) }
    }
}

/// Returns the event in a line; `None` when the line is of another format.
///
/// # Errors
/// What is wrong with a line of this format.
pub(crate) type ReadLine = fn(&str) -> Result<Option<Shaped>, &'static str>;

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

/// Every format, in the order in which they are tried.
pub(crate) static READERS: &[&Reader] = &[
    &evtx::READER,
    &journal::READER,
    &json::READER,
    &xml_events::READER,
    &zeek::READER,
    &w3c::READER,
    &table::READER,
    &audit::READER,
    &extension::READER,
    &syslog::READER,
    &access::READER,
    // The recipe of `docs/log-formats.md`.
    #[cfg(test)]
    &door::READER,
];

#[cfg(test)]
mod door;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use model::attack::{JoinPath, Joined};
    use model::quantity::Timestamp;

    use super::*;

    const DOCUMENTATION: &str = include_str!("../../../../docs/log-formats.md");

    /// The reader that the documentation shows is compiled from `door.rs` for tests alone: one
    /// file, and one row of the table.
    #[test]
    fn the_recipe_for_a_format_is_what_is_compiled() {
        let shown = DOCUMENTATION.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next());
        assert_eq!(shown, Some(include_str!("door.rs")));
        for row in ["&door::READER", "mod door;"] {
            assert!(DOCUMENTATION.contains(row) && include_str!("mod.rs").contains(row), "{row}");
        }
    }

    #[test]
    fn a_reader_made_by_the_recipe_is_found_read_and_routed() {
        let log = "DOOR;2026-03-01T08:00:00Z;north;mo;open\nDOOR;too;short\n\
                   DOOR;2026-03-01T08:00:09Z;south;mo;refused\n";
        let open = |_: &str| Ok(Input::Seek(Box::new(Cursor::new(log.as_bytes()))));
        let join =
            |tag: &str| Joined { published: tag.to_owned(), mapped: Vec::new(), how: JoinPath::NotJoined };
        // Nothing but the first bytes tells the format.
        let (found, said) = crate::survey(&["doors.bin".to_owned()], &open, &join).into_parts();
        assert!(said.is_empty() && found.unread.is_empty(), "{said:?} {:?}", found.unread);
        let [recording] = found.recordings.as_slice() else { panic!("{:?}", found.recordings) };
        let (mut events, mut unreadable, mut readers) = (Vec::new(), 0, Vec::new());
        crate::read_events(recording, &open, &mut |batch| {
            readers.push(batch.reader());
            let parsed = batch.parse();
            events.extend(parsed.events);
            unreadable += parsed.unreadable;
        });
        assert_eq!((readers.as_slice(), events.len(), unreadable), (&["door controller"][..], 2, 1));
        for event in &events {
            assert_eq!(event.origin.words(), "door/access");
            assert_eq!(event.fields.text("user"), Some("mo"));
        }
        let times: Vec<_> = events.iter().map(|event| event.time).collect();
        assert_eq!(times, [Some(Timestamp(1_772_352_000_000)), Some(Timestamp(1_772_352_009_000))]);
        assert_eq!(events.iter().map(|event| event.index).collect::<Vec<_>>(), [0, 2]);
    }
}
