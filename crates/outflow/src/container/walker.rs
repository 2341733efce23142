//! Takes an input, tells its format and hands it to the reader of that format.

use std::cell::{Cell, RefCell};
use std::io::{self, Cursor, Read, SeekFrom, Write};

use super::account::{Account, Passing};
use super::source::{Meter, Peeked, ReadSeek, Scratch, Source, Stop, Unfolded, read_up_to};
use super::{
    Walk, archive, compound, confluence, database, export, jira, mail, office, pdf, postgres, rtf, seven,
    sniff, sparse, tnef, zip,
};
use crate::Scan;
use crate::place::{Kind, Place, Trouble};
use sniff::Format;

/// Bytes read at once.
pub(super) const CHUNK: usize = 256 << 10;

/// A walk through one file.
pub(super) struct Walker<'a> {
    pub(super) walk: Walk<'a>,
    pub(super) scan: &'a mut Scan,
    pub(super) meter: std::rc::Rc<Meter>,
    members: u64,
    /// Memory left for members that are held.
    memory: u64,
    /// Streaming decoders with large windows that are open.
    pub(super) windows: u32,
    /// A bound on the whole file was hit: nothing more is opened.
    spent: bool,
    /// The next input is encrypted, as is known from elsewhere.
    pub(super) sealed: bool,
    /// Accounts of the inputs that are open, outermost first.
    pub(super) accounts: Vec<Account>,
    /// Buffers for [`Walker::part`], kept because every member needs one.
    pub(super) buffers: Vec<Vec<u8>>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(walk: Walk<'a>, scan: &'a mut Scan, size: u64) -> Self {
        let limits = walk.limits;
        let allowed = size.saturating_mul(limits.ratio).max(limits.total_floor);
        let meter = Meter {
            produced: Cell::new(0),
            allowed: Cell::new(allowed),
            ratio: limits.ratio,
            floor: limits.member_floor,
        };
        Self {
            walk,
            scan,
            meter: std::rc::Rc::new(meter),
            members: 0,
            memory: limits.memory,
            windows: 0,
            spent: false,
            sealed: false,
            accounts: Vec::new(),
            buffers: Vec::new(),
        }
    }

    pub(super) fn trouble(&mut self, place: &Place, trouble: Trouble) {
        self.scan.trouble(place.clone(), trouble);
    }

    /// Notes what stopped a reader.
    pub(super) fn fault(&mut self, place: &Place, error: &io::Error) {
        let stop = error.get_ref().and_then(|e| e.downcast_ref::<Stop>());
        let trouble = match stop {
            Some(stop) => {
                if matches!(stop, Stop::Total(_)) {
                    // Every container on the way out meets the same fault: it is said once.
                    if std::mem::replace(&mut self.spent, true) {
                        return;
                    }
                }
                Trouble::Bomb(stop.to_string())
            }
            None if error.kind() == io::ErrorKind::UnexpectedEof => Trouble::Truncated(error.to_string()),
            None if error.kind() == io::ErrorKind::InvalidData
                || error.kind() == io::ErrorKind::InvalidInput =>
            {
                Trouble::Damaged(error.to_string())
            }
            None => Trouble::Unreadable(error.to_string()),
        };
        self.trouble(place, trouble);
    }

    /// Returns whether the bounds of the whole file are used up.
    pub(super) fn spent(&self) -> bool {
        self.spent
    }

    /// Counts a member; false when there are too many.
    pub(super) fn count_member(&mut self, place: &Place) -> bool {
        self.members += 1;
        if self.members == self.walk.limits.members + 1 {
            let why = format!("more than {} members", self.walk.limits.members);
            self.trouble(place, Trouble::Bounded(why));
            self.spent = true;
        }
        !self.spent
    }

    /// Reads a member that can be read once.
    pub(super) fn member(&mut self, place: &Place, input: &mut dyn Read, depth: u32) {
        if self.count_member(place) {
            self.visit(place, Source::Stream(input), depth);
        }
    }

    /// Reads an input, whatever it is.
    pub(super) fn visit(&mut self, place: &Place, source: Source<'_>, depth: u32) {
        match source {
            Source::Seek(input) => {
                let (head, fault) = read_up_to(input, sniff::HEAD);
                if let Some(fault) = fault {
                    return self.fault(place, &fault);
                }
                if let Err(e) = input.rewind() {
                    return self.fault(place, &e);
                }
                let format = sniff::format(&head);
                self.open();
                // What lies inside has no holes of its own.
                match (self.walk.stored.take(), format) {
                    (Some(stored), Format::Text | Format::Binary | Format::Html | Format::Xml) => {
                        self.with_holes(place, format, input, stored, depth);
                    }
                    _ => self.seekable(place, format, input, depth),
                }
                self.close(place, input);
            }
            Source::Stream(input) => {
                let (head, fault) = read_up_to(input, sniff::HEAD);
                let format = sniff::format(&head);
                let mut faulty = Faulty { inner: input, fault };
                let mut input = Peeked::new(head, &mut faulty);
                if needs_seek(format) && depth <= self.walk.limits.depth {
                    self.held(place, format, &mut input, depth);
                } else {
                    self.open();
                    let mut input = Passing { inner: &mut input, count: 0 };
                    self.streamed(place, format, &mut input, depth);
                    self.close_stream(place, &mut input);
                }
            }
        }
    }

    fn seekable(&mut self, place: &Place, format: Format, input: &mut dyn ReadSeek, depth: u32) {
        if depth > self.walk.limits.depth && is_container(format) {
            self.account().unread_from(0);
            return self.trouble(place, Trouble::TooDeep(self.walk.limits.depth));
        }
        match format {
            Format::Zip => zip::visit(self, place, input, depth),
            Format::SevenZip => seven::visit(self, place, input, depth),
            Format::Compound => compound::visit(self, place, input, depth),
            Format::Sqlite => database::visit(self, place, input, depth),
            Format::SqliteLog => database::loose::log(self, place, input),
            Format::Pdf => pdf::visit(self, place, input),
            Format::Hibernate => confluence::bare(self, place, input),
            Format::EntityEngine => jira::bare(self, place, input),
            // A program or a script with an archive at its end: what stands before it
            // belongs to no member and is read as such.
            Format::Binary | Format::Text if holds_archive(format, input) => {
                zip::visit(self, place, input, depth);
            }
            _ => {
                if let Err(e) = input.rewind() {
                    return self.fault(place, &e);
                }
                let mut input = Passing { inner: input, count: 0 };
                self.streamed(place, format, &mut input, depth);
                let count = input.count;
                self.account().read(0..count);
            }
        }
    }

    /// Reads a file from its beginning to its end, but for its holes.
    fn with_holes(
        &mut self,
        place: &Place,
        format: Format,
        input: &mut dyn ReadSeek,
        stored: &super::Stored<'_>,
        depth: u32,
    ) {
        if holds_archive(format, input) {
            return zip::visit(self, place, input, depth);
        }
        if let Err(e) = input.rewind() {
            return self.fault(place, &e);
        }
        let kind = match format {
            Format::Text => Kind::Text,
            Format::Binary => Kind::Raw,
            _ => Kind::Html,
        };
        if sparse::part(self, place, kind, input, stored) {
            self.account().read(0..u64::MAX);
        }
    }

    /// Reads what can be read once from its beginning to its end.
    fn streamed(&mut self, place: &Place, format: Format, input: &mut dyn Read, depth: u32) {
        if depth > self.walk.limits.depth && is_container(format) {
            self.account().unread_from(0);
            return self.trouble(place, Trouble::TooDeep(self.walk.limits.depth));
        }
        match format {
            Format::Gzip => archive::gzip(self, place, input, depth),
            Format::Zstandard => archive::zstandard(self, place, input, depth),
            Format::Xz => archive::xz(self, place, input, depth),
            Format::Bzip2 => archive::bzip2(self, place, input, depth),
            Format::Lzma => archive::lzma(self, place, input, depth),
            Format::Ar => archive::ar(self, place, input, depth),
            Format::Tnef => tnef::visit(self, place, input, depth),
            Format::Tar => archive::tar(self, place, input, depth),
            Format::Postgres => postgres::visit(self, place, input, depth),
            Format::Mail => mail::visit(self, place, input, depth),
            Format::Mailbox => mail::mailbox(self, place, input, depth),
            Format::JiraRss => export::rss(self, place, input),
            Format::JiraCsv => export::csv(self, place, input),
            Format::Html | Format::Xml | Format::Hibernate | Format::EntityEngine => {
                self.part(place, Kind::Html, input);
            }
            Format::FlatOffice => office::flat(self, place, input),
            Format::Text => self.part(place, Kind::Text, input),
            Format::Folded => self.part(place, Kind::Text, &mut Unfolded::new(input)),
            Format::Rtf => rtf::visit(self, place, input),
            Format::InnoDb => database::loose::pages(self, place, input),
            Format::Zlib => archive::zlib(self, place, input, depth),
            Format::Sealed => {
                self.account().unread_from(0);
                self.trouble(place, Trouble::Encrypted);
                self.raw(place, input);
            }
            Format::Other(what) => {
                self.account().unread_from(0);
                self.trouble(place, Trouble::Unsupported(what.to_owned()));
                self.raw(place, input);
            }
            _ => self.raw(place, input),
        }
    }

    fn raw(&mut self, place: &Place, input: &mut dyn Read) {
        self.part(place, Kind::Raw, input);
    }

    /// Hands a short text to the scan as one part.
    pub(super) fn text(&mut self, place: Place, kind: Kind, text: &[u8]) {
        self.scan.begin(place, kind);
        self.scan.bytes(text);
        self.scan.end();
    }

    /// Hands on what a reader has shown already, as it lies.
    pub(super) fn text_again(&mut self, place: &Place, text: &[u8]) {
        self.scan.begin_again(place.clone());
        self.scan.bytes(text);
        self.scan.end();
    }

    /// Hands the name of a member to the scan whose bytes are not read.
    pub(super) fn name(&mut self, place: &Place) {
        self.text(place.clone(), Kind::Text, b"");
    }

    /// Holds a member that must be read out of order: in memory, or in a scratch file.
    fn held(&mut self, place: &Place, format: Format, input: &mut dyn Read, depth: u32) {
        let mut bytes = Vec::new();
        let limit = self.memory;
        let read = input.take(limit + 1).read_to_end(&mut bytes);
        if let Err(e) = read {
            // What came before the fault is still looked at.
            self.fault(place, &e);
            if self.spent {
                return;
            }
        }
        if bytes.len() as u64 <= limit {
            bytes.shrink_to_fit();
            self.memory -= bytes.len() as u64;
            let size = bytes.len() as u64;
            let mut bytes = Cursor::new(bytes);
            self.open();
            self.seekable(place, format, &mut bytes, depth);
            self.close(place, &mut bytes);
            self.memory += size;
            return;
        }
        let Some(make) = self.walk.scratch else {
            let why = format!("it must be read out of order and is larger than {limit} bytes");
            self.trouble(place, Trouble::Bounded(why));
            self.open();
            self.account().unread_from(0);
            let mut rest = Peeked::new(bytes, input);
            let mut input = Passing { inner: &mut rest, count: 0 };
            self.raw(place, &mut input);
            return self.close_stream(place, &mut input);
        };
        match self.spill(make, bytes, input) {
            Ok((mut scratch, cut)) => {
                if cut {
                    let why = format!("it is larger than {} bytes", self.walk.limits.scratch);
                    self.trouble(place, Trouble::Bounded(why));
                }
                self.open();
                self.seekable(place, format, &mut scratch, depth);
                self.close(place, &mut scratch);
            }
            Err(e) => self.fault(place, &e),
        }
    }

    fn spill(
        &self,
        make: &super::ScratchMaker<'_>,
        bytes: Vec<u8>,
        input: &mut dyn Read,
    ) -> io::Result<(Box<dyn Scratch>, bool)> {
        let mut scratch = make()?;
        scratch.write_all(&bytes)?;
        drop(bytes);
        let limit = self.walk.limits.scratch;
        let copied = io::copy(&mut input.take(limit), &mut scratch)?;
        scratch.flush()?;
        scratch.seek(SeekFrom::Start(0))?;
        Ok((scratch, copied == limit))
    }
}

/// Gives the fault that was met while reading ahead once the rest is asked for.
struct Faulty<'a> {
    inner: &'a mut dyn Read,
    fault: Option<io::Error>,
}

impl Read for Faulty<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.fault.take() {
            Some(fault) => Err(fault),
            None => self.inner.read(buf),
        }
    }
}

/// Returns whether an archive ends where bytes of no known format or a text end. In a text
/// that is shorter than what its format was told by there is none.
fn holds_archive(format: Format, input: &mut dyn ReadSeek) -> bool {
    let long = |input: &mut dyn ReadSeek| {
        input.seek(SeekFrom::End(0)).is_ok_and(|length| length > sniff::HEAD as u64)
    };
    let may = format == Format::Binary || format == Format::Text && long(input);
    may && zip::has_directory(input)
}

/// Returns whether a format can only be read out of order.
fn needs_seek(format: Format) -> bool {
    matches!(
        format,
        Format::Zip
            | Format::SevenZip
            | Format::Compound
            | Format::Sqlite
            | Format::SqliteLog
            | Format::Pdf
            | Format::Hibernate
            | Format::EntityEngine
    )
}

/// Returns whether a format holds further members.
fn is_container(format: Format) -> bool {
    matches!(
        format,
        Format::Zip
            | Format::SevenZip
            | Format::Compound
            | Format::Gzip
            | Format::Zlib
            | Format::Zstandard
            | Format::Xz
            | Format::Bzip2
            | Format::Lzma
            | Format::Ar
            | Format::Tnef
            | Format::Tar
            | Format::Postgres
            | Format::Mail
            | Format::Mailbox
    )
}

/// A seekable input that several readers of one container share in turn.
pub(super) type Shared<'a, 'b> = &'a RefCell<&'b mut dyn ReadSeek>;
