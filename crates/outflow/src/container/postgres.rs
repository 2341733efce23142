//! Archives of `pg_dump` in its custom format, versions 1.10 (PostgreSQL 7.4) to 1.16, as
//! `pg_backup_archiver.c` and `pg_backup_custom.c` of PostgreSQL write them: a head, a table
//! of contents, then blocks of rows and large objects, each in chunks of one packed stream.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use super::archive::{NAME, shown, unpacked};
use super::source::Counted;
use super::walker::Walker;
use crate::place::{Kind, Place, Segment, Trouble};

/// Bytes of a string of the contents beyond which the archive is no archive.
const STRING: u64 = 64 << 20;

/// Tables whose names and columns are held, and bytes of one statement.
const TABLES: usize = 100_000;
const STATEMENT: usize = 4096;

/// Returns whether an archive begins here whose version and kind this reader knows.
pub(super) fn is_known(head: &[u8]) -> bool {
    matches!(head, [b'P', b'G', b'D', b'M', b'P', 1, 10..=16, _, 1..=8, 1..=8, 1, ..])
}

/// How the blocks are packed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Packing {
    None,
    Zlib,
    Lz4,
    Zstandard,
}

/// A table of the archive: its name, and the line that names its columns.
struct Table {
    name: String,
    columns: Vec<u8>,
}

struct Archive<'a, 'b> {
    input: BufReader<Counted<&'a mut dyn Read>>,
    /// Bytes that were taken of the input, with those read ahead.
    taken: Rc<Cell<u64>>,
    /// What stands beside the blocks, as it lies.
    beside: Vec<u8>,
    minor: u8,
    int: usize,
    offset: usize,
    packing: Packing,
    tables: BTreeMap<i64, Table>,
    place: &'b Place,
}

/// Reads the rows and large objects of an archive.
pub(super) fn visit(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    let (counted, taken) = Counted::new(input);
    let mut archive = Archive {
        input: BufReader::with_capacity(64 << 10, counted),
        taken,
        beside: Vec::new(),
        minor: 0,
        int: 4,
        offset: 8,
        packing: Packing::None,
        tables: BTreeMap::new(),
        place,
    };
    let read = archive.contents(walker).and_then(|()| archive.blocks(walker, depth));
    archive.hand_on(walker);
    if let Err(fault) = read {
        walker.account().unread_from(archive.at());
        walker.fault(place, &fault);
        let inner = place.within(Segment::Offset(archive.at()));
        walker.part(&inner, Kind::Raw, &mut archive.input);
    }
}

fn whole([sign, low @ ..]: [u8; 9]) -> i64 {
    let value = i64::from_le_bytes(low);
    if sign == 0 { value } else { value.wrapping_neg() }
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl Archive<'_, '_> {
    /// Returns how far the archive was read.
    fn at(&self) -> u64 {
        self.taken.get() - self.input.buffer().len() as u64
    }

    /// Hands on what stands beside the blocks.
    fn hand_on(&mut self, walker: &mut Walker<'_>) {
        if !self.beside.is_empty() {
            walker.text_again(self.place, &self.beside);
            self.beside.clear();
        }
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        self.beside.extend_from_slice(&bytes);
        Ok(bytes)
    }

    /// Reads a byte and a field behind it: a number with its sign, or an offset with its kind.
    fn field(&mut self, size: usize) -> io::Result<[u8; 9]> {
        let mut bytes = [0; 9];
        let field = bytes.get_mut(..=size).ok_or_else(|| damaged("numbers of an unknown size"))?;
        self.input.read_exact(field)?;
        Ok(bytes)
    }

    /// Reads a whole number: its sign, then its bytes from the lowest on.
    fn int(&mut self) -> io::Result<i64> {
        let bytes = self.field(self.int)?;
        self.beside.extend_from_slice(bytes.get(..=self.int).unwrap_or_default());
        Ok(whole(bytes))
    }

    /// Reads a string; none where its length is negative.
    fn string(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Ok(length) = u64::try_from(self.int()?) else { return Ok(None) };
        if length > STRING {
            return Err(damaged("a name in the table of contents is too long"));
        }
        let mut bytes = Vec::new();
        let read = (&mut self.input).take(length).read_to_end(&mut bytes)? as u64;
        self.beside.extend_from_slice(&bytes);
        if read != length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the table of contents is cut"));
        }
        Ok(Some(bytes))
    }

    fn strings(&mut self, count: usize) -> io::Result<Vec<Vec<u8>>> {
        (0..count).map(|_| Ok(self.string()?.unwrap_or_default())).collect()
    }

    /// Reads the head and the table of contents.
    fn contents(&mut self, walker: &mut Walker<'_>) -> io::Result<()> {
        let [.., minor, _, int, offset, _] = self.bytes::<11>()?;
        (self.minor, self.int, self.offset) = (minor, usize::from(int), usize::from(offset));
        self.packing = if minor >= 15 {
            match self.bytes::<1>()? {
                [0] => Packing::None,
                [1] => Packing::Zlib,
                [2] => Packing::Lz4,
                [3] => Packing::Zstandard,
                _ => return Err(damaged("a packing that is not known")),
            }
        } else if self.int()? == 0 {
            Packing::None
        } else {
            Packing::Zlib
        };
        // The time of the dump, in seven numbers; database and versions, in words.
        for _ in 0..7 {
            self.int()?;
        }
        self.strings(3)?;
        for _ in 0..self.int()?.max(0) {
            self.entry()?;
            if self.beside.len() > 1 << 20 {
                self.hand_on(walker);
            }
        }
        Ok(())
    }

    /// Reads one entry of the table of contents.
    fn entry(&mut self) -> io::Result<()> {
        let number = self.int()?;
        self.int()?;
        // Numbers of the catalogue, the name and the kind of the object.
        let mut named = self.strings(4)?;
        if self.minor >= 11 {
            self.int()?;
        }
        // Statements: the last one copies the rows.
        let copies = self.strings(3)?.pop().unwrap_or_default();
        let space = self.string()?.unwrap_or_default();
        self.strings(1 + usize::from(self.minor >= 14))?;
        if self.minor >= 16 {
            self.int()?;
        }
        // The owner, and whether rows have numbers of their own; what it depends on.
        self.strings(2)?;
        while self.string()?.is_some() {}
        let offset = self.field(self.offset)?;
        self.beside.extend_from_slice(offset.get(..=self.offset).unwrap_or_default());
        if self.tables.len() < TABLES {
            let name = named.get_mut(2).map(std::mem::take).unwrap_or_default();
            let name = if space.is_empty() { name } else { [space, name].join(&b'.') };
            self.tables.insert(number, Table { name: shown(&name), columns: columns(&copies) });
        }
        Ok(())
    }

    /// Reads the blocks behind the table of contents.
    fn blocks(&mut self, walker: &mut Walker<'_>, depth: u32) -> io::Result<()> {
        loop {
            if io::BufRead::fill_buf(&mut self.input)?.is_empty() {
                return Ok(());
            }
            let kind = self.bytes::<1>()?;
            let number = self.int()?;
            let table = self.tables.remove(&number);
            let name = table.as_ref().map_or_else(|| number.to_string(), |t| t.name.clone());
            match kind {
                [1] => {
                    let head = table.map(|t| t.columns).unwrap_or_default();
                    self.stream(walker, &self.place.within(Segment::Table(name)), &head, depth)?;
                }
                [3] => loop {
                    let object = self.int()?;
                    if object == 0 {
                        break;
                    }
                    let inner = self.place.within(Segment::Member(format!("large object {object}")));
                    self.stream(walker, &inner, b"", depth)?;
                },
                _ => return Err(damaged("a block of an unknown kind")),
            }
            if walker.spent() {
                return Ok(());
            }
        }
    }

    /// Reads one packed stream to its end.
    fn stream(&mut self, walker: &mut Walker<'_>, place: &Place, head: &[u8], depth: u32) -> io::Result<()> {
        let (packing, taken, begin) = (self.packing, self.taken.clone(), self.at());
        let mut chunks = Chunks { archive: self, left: 0, ended: false };
        match packing {
            Packing::None => unpacked(walker, place, &mut head.chain(&mut chunks), &taken, depth),
            Packing::Zlib => {
                let mut decoder = flate2::read::ZlibDecoder::new(&mut chunks);
                unpacked(walker, place, &mut head.chain(&mut decoder), &taken, depth);
            }
            Packing::Zstandard => {
                let mut decoder = zstd::stream::read::Decoder::new(&mut chunks)?;
                decoder.window_log_max(23)?;
                unpacked(walker, place, &mut head.chain(&mut decoder), &taken, depth);
            }
            Packing::Lz4 => {
                io::copy(&mut chunks, &mut io::sink())?;
                let end = chunks.archive.at();
                walker.unread(place, begin..end, Trouble::Unsupported("packed with LZ4".to_owned()));
            }
        }
        // What stands behind the end of a stream in its chunks.
        let mut rest = Vec::new();
        (&mut chunks).take(1 << 20).read_to_end(&mut rest)?;
        if !rest.is_empty() {
            walker.text_again(place, &rest);
        }
        let more = io::copy(&mut chunks, &mut io::sink())?;
        if more > 0 {
            let end = self.at();
            walker.unread(
                place,
                end - more..end,
                Trouble::Damaged("bytes behind a packed stream".to_owned()),
            );
        }
        Ok(())
    }
}

/// The chunks of one stream, each behind its length; the last one is empty.
struct Chunks<'r, 'a, 'b> {
    archive: &'r mut Archive<'a, 'b>,
    left: u64,
    ended: bool,
}

impl Read for Chunks<'_, '_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.ended && !buf.is_empty() {
            let length = whole(self.archive.field(self.archive.int)?);
            self.left = u64::try_from(length).map_err(|_| damaged("a chunk of a negative length"))?;
            self.ended = length == 0;
        }
        let wanted = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let n = self.archive.input.read(buf.get_mut(..wanted).unwrap_or_default())?;
        if n == 0 && wanted > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a block is cut"));
        }
        self.left -= n as u64;
        Ok(n)
    }
}

/// Returns the columns that a statement `COPY table (a, b) FROM stdin;` names, as the first
/// line of its rows.
fn columns(statement: &[u8]) -> Vec<u8> {
    let between = || {
        let from = memchr::memchr(b'(', statement)? + 1;
        let to = from + memchr::memchr(b')', statement.get(from..)?)?;
        statement.get(from..to).filter(|list| list.len() < STATEMENT.max(NAME))
    };
    let Some(list) = between() else { return Vec::new() };
    let names: Vec<&[u8]> = list.split(|b| *b == b',').map(<[u8]>::trim_ascii).collect();
    let mut line = names.join(&b'\t');
    line.push(b'\n');
    line
}
