//! Streams of one packed file (gzip, Zstandard, xz) and tar.

use std::io::{self, BufReader, Read};

use super::account::FAILED;
use super::source::{Counted, Metered};
use super::walker::Walker;
use crate::place::{Place, Segment, Trouble};

/// Names longer than this are cut in a [`Place`], in bytes.
pub(super) const NAME: usize = 1024;

/// Reads a gzip stream of one or several members.
pub(super) fn gzip(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    let mut input = BufReader::with_capacity(64 << 10, input);
    // The names of the file that was packed: first field, behind ten fixed bytes.
    let named = io::BufRead::fill_buf(&mut input).ok().and_then(gzip_name);
    if let Some(name) = named {
        walker.name(&place.within(Segment::Member(name)));
    }
    let (counted, taken) = Counted::new(input);
    let mut decoder = flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(64 << 10, counted));
    unpacked(walker, place, &mut decoder, &taken, depth);
}

/// Returns the name and the comment in the header of a gzip member (RFC 1952, 2.3).
fn gzip_name(head: &[u8]) -> Option<String> {
    let flags = *head.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        at += 2 + usize::from(u16::from_le_bytes([*head.get(10)?, *head.get(11)?]));
    }
    let mut fields = head.get(at..)?.split(|b| *b == 0);
    let wanted = usize::from(flags & 8 != 0) + usize::from(flags & 16 != 0);
    let names: Vec<String> = (0..wanted).filter_map(|_| fields.next()).map(shown).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// Reads Zstandard frames. The window is bounded, and more tightly further in.
pub(super) fn zstandard(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    let log = match walker.windows {
        0 => 26,
        1 => 23,
        _ => 21,
    };
    let (counted, taken) = Counted::new(input);
    let decoder =
        zstd::stream::read::Decoder::new(counted).and_then(|mut d| d.window_log_max(log).map(|()| d));
    match decoder {
        Ok(mut decoder) => {
            walker.windows += 1;
            unpacked(walker, place, &mut decoder, &taken, depth);
            walker.windows -= 1;
        }
        Err(e) => {
            walker.account().unread_from(0);
            walker.fault(place, &e);
        }
    }
}

/// Reads xz streams within a bounded dictionary.
pub(super) fn xz(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    if walker.windows > 0 {
        walker.account().unread_from(0);
        return walker.trouble(place, Trouble::Bounded("xz data inside other packed data".to_owned()));
    }
    let (counted, taken) = Counted::new(input);
    let mut decoder = lzma_rust2::XzReader::new_mem_limit(counted, true, 80 << 10);
    walker.windows += 1;
    unpacked(walker, place, &mut decoder, &taken, depth);
    walker.windows -= 1;
}

/// Reads a stream of zlib (RFC 1950), such as an object of Git.
pub(super) fn zlib(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    let (counted, taken) = Counted::new(input);
    let mut decoder = flate2::bufread::ZlibDecoder::new(BufReader::with_capacity(64 << 10, counted));
    unpacked(walker, place, &mut decoder, &taken, depth);
    // What was read ahead of the end of the stream.
    let mut behind = decoder.into_inner();
    let inner = place.within(Segment::Field("behind the end".to_owned()));
    if io::BufRead::fill_buf(&mut behind).is_ok_and(|b| !b.is_empty()) {
        walker.part(&inner, crate::place::Kind::Raw, &mut behind);
    }
}

/// Reads bzip2 streams, one behind the other.
pub(super) fn bzip2(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    let (counted, taken) = Counted::new(input);
    let mut decoder = bzip2::read::MultiBzDecoder::new(counted);
    unpacked(walker, place, &mut decoder, &taken, depth);
}

/// Reads a file of the older LZMA format within a bounded dictionary.
pub(super) fn lzma(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    if walker.windows > 0 {
        walker.account().unread_from(0);
        return walker.trouble(place, Trouble::Bounded("LZMA data inside other packed data".to_owned()));
    }
    let (counted, taken) = Counted::new(input);
    let mut counted = Last { inner: counted, last: Vec::new() };
    match lzma_rust2::LzmaReader::new_mem_limit(&mut counted, DICTIONARY, None) {
        Ok(mut decoder) => {
            walker.windows += 1;
            unpacked(walker, place, &mut decoder, &taken, depth);
            walker.windows -= 1;
        }
        Err(e) => {
            walker.account().unread_from(0);
            return walker.fault(place, &e);
        }
    }
    // The format ends where its data ends, and not with the file; its reader reads ahead.
    let behind = std::mem::take(&mut counted.last);
    let inner = place.within(Segment::Field("behind the end".to_owned()));
    walker.part(&inner, crate::place::Kind::Raw, &mut behind.as_slice().chain(counted.inner));
}

/// Bytes that a decoder may have read ahead.
const AHEAD: usize = 64 << 10;

/// Keeps the last bytes that were read.
struct Last<R> {
    inner: R,
    last: Vec<u8>,
}

impl<R: Read> Read for Last<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.last.extend_from_slice(buf.get(..n).unwrap_or_default());
        if self.last.len() > 2 * AHEAD {
            self.last.drain(..self.last.len() - AHEAD);
        }
        Ok(n)
    }
}

/// KiB of memory for the dictionary of LZMA data.
pub(super) const DICTIONARY: u32 = 80 << 10;

/// Reads the members of an `ar` archive, such as a Debian package.
pub(super) fn ar(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    if let Err(e) = ar_members(walker, place, input, depth) {
        walker.fault(place, &e);
    }
}

fn ar_members(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) -> io::Result<()> {
    let cut = || io::Error::new(io::ErrorKind::UnexpectedEof, "a member is cut");
    let mut mark = [0; 8];
    fill(input, &mut mark)?;
    let mut beside = Beside::new(place);
    loop {
        let mut header = [0; 60];
        let have = fill(input, &mut header)?;
        beside.take(walker, header.get(..have).unwrap_or_default());
        match have {
            0 => {
                beside.hand_on(walker);
                return Ok(());
            }
            60 => {}
            _ => {
                beside.hand_on(walker);
                return Err(cut());
            }
        }
        let size = std::str::from_utf8(&header[48..58]).ok().and_then(|t| t.trim().parse::<u64>().ok());
        let Some(size) = size.filter(|_| header.ends_with(b"`\n")) else {
            beside.hand_on(walker);
            walker.trouble(place, Trouble::Damaged("a block is no member's header".to_owned()));
            let mut rest = header.as_slice().chain(input);
            walker.part(place, crate::place::Kind::Raw, &mut rest);
            return Ok(());
        };
        let name = shown(header[..16].trim_ascii_end());
        let inner = place.within(Segment::Member(name.trim_end_matches('/').to_owned()));
        let mut body = Body { inner: input, left: size };
        walker.member(&inner, &mut body, depth + 1);
        let left = body.left;
        if io::copy(&mut (&mut *input).take(left), &mut io::sink())? < left {
            beside.hand_on(walker);
            return Err(cut());
        }
        if size % 2 == 1 {
            fill(input, &mut [0])?;
        }
        if walker.spent() {
            return Ok(());
        }
    }
}

/// What stands beside the members of an archive: the fields of their headers, and what
/// fills the space between them. It is looked at as it lies.
struct Beside {
    place: Place,
    held: Vec<u8>,
}

impl Beside {
    fn new(place: &Place) -> Self {
        Self { place: place.clone(), held: Vec::new() }
    }

    fn take(&mut self, walker: &mut Walker<'_>, bytes: &[u8]) {
        let mut zeros = false;
        for byte in bytes {
            // A row of zeros parts what it stands between as well as many of them.
            if *byte != 0 || !zeros {
                self.held.push(*byte);
            }
            zeros = *byte == 0;
        }
        self.held.push(b'\n');
        if self.held.len() > 1 << 20 {
            self.hand_on(walker);
        }
    }

    fn hand_on(&mut self, walker: &mut Walker<'_>) {
        if self.held.iter().any(|b| !matches!(b, 0 | b'\n')) {
            walker.text_again(&self.place, &self.held);
        }
        self.held.clear();
    }
}

pub(super) fn unpacked(
    walker: &mut Walker<'_>,
    place: &Place,
    decoder: &mut dyn Read,
    taken: &std::rc::Rc<std::cell::Cell<u64>>,
    depth: u32,
) {
    let mut metered = Metered::new(decoder, taken.clone(), walker.meter.clone());
    walker.member(place, &mut metered, depth + 1);
    if metered.failed {
        walker.account().unread_from(taken.get().saturating_sub(FAILED));
    }
}

/// Returns a name of outside origin, cut to a length that is safe to hold.
pub(super) fn shown(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(&name[..name.len().min(NAME)]).into_owned();
    if name.len() > NAME { text + "…" } else { text }
}

/// Returns whether a name leads out of its archive; said, since whoever unpacks
/// the archive elsewhere is in danger. The walker itself opens no path.
pub(super) fn leads_out(name: &str) -> bool {
    let bytes = name.as_bytes();
    name.starts_with(['/', '\\'])
        || (bytes.len() > 2 && bytes[1] == b':' && matches!(bytes[2], b'\\' | b'/'))
        || name.split(['/', '\\']).any(|part| part == "..")
}

/// Reads the members of a tar one after another.
pub(super) fn tar(walker: &mut Walker<'_>, place: &Place, input: &mut dyn Read, depth: u32) {
    let mut input = BufReader::with_capacity(64 << 10, input);
    let beside = Beside::new(place);
    let mut archive = Archive { input: &mut input, place, depth, beside };
    let read = archive.read(walker);
    archive.beside.hand_on(walker);
    if let Err(e) = read {
        walker.fault(place, &e);
    }
}

/// Own reader of tar: long names of other origin are held only to a bound, and a
/// damaged header is searched past and not taken for the end.
struct Archive<'a> {
    input: &'a mut dyn Read,
    place: &'a Place,
    depth: u32,
    beside: Beside,
}

/// Bytes of a long name or of extended header records that are read.
const LONG: u64 = 64 << 10;

impl Archive<'_> {
    fn read(&mut self, walker: &mut Walker<'_>) -> io::Result<()> {
        let mut long: Option<Vec<u8>> = None;
        let mut size_override = None;
        let mut damaged = 0_u64;
        loop {
            let mut header = [0_u8; 512];
            let have = fill(self.input, &mut header)?;
            self.beside.take(walker, header.get(..have).unwrap_or_default());
            match have {
                0 => break,
                512 => {}
                _ => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a member's header is cut")),
            }
            if header.iter().all(|b| *b == 0) {
                continue;
            }
            let Some(mut size) = checked_size(&header) else {
                damaged += 1;
                continue;
            };
            match header[156] {
                b'L' => {
                    long = Some(self.held(walker, size)?);
                    continue;
                }
                b'x' => {
                    let records = self.held(walker, size)?;
                    let path = record(&records, b"path");
                    long = path.or(long);
                    size_override = record(&records, b"size")
                        .and_then(|v| std::str::from_utf8(&v).ok().and_then(|v| v.parse().ok()));
                    continue;
                }
                b'K' | b'g' => {
                    self.skip(walker, padded(size))?;
                    continue;
                }
                _ => {}
            }
            size = size_override.take().unwrap_or(size);
            let name = shown(&long.take().unwrap_or_else(|| short_name(&header)));
            if !self.member(walker, &name, header[156], size)? {
                break;
            }
        }
        if damaged > 0 {
            walker.trouble(self.place, Trouble::Damaged(format!("{damaged} blocks are no member's header")));
        }
        Ok(())
    }

    /// Reads one member; false when no more may be read.
    fn member(&mut self, walker: &mut Walker<'_>, name: &str, kind: u8, size: u64) -> io::Result<bool> {
        let place = self.place.within(Segment::Member(name.to_owned()));
        if leads_out(name) {
            walker.trouble(&place, Trouble::Path("its name leads out of the archive".to_owned()));
        }
        match kind {
            b'1' | b'2' => {
                walker.name(&place);
                walker.trouble(&place, Trouble::Path("it is a link".to_owned()));
                self.skip(walker, padded(size))?;
            }
            b'3'..=b'6' => self.skip(walker, padded(size))?,
            b'S' => {
                walker.trouble(&place, Trouble::Unsupported("a sparse member".to_owned()));
                self.skip(walker, padded(size))?;
            }
            _ => {
                let mut body = Body { inner: &mut *self.input, left: size };
                walker.member(&place, &mut body, self.depth + 1);
                let left = body.left;
                self.skip(walker, left)?;
                self.skip(walker, padded(size) - size)?;
            }
        }
        Ok(!walker.spent())
    }

    /// Reads the records of a long name, a bounded part of them.
    fn held(&mut self, walker: &mut Walker<'_>, size: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut *self.input).take(size.min(LONG)).read_to_end(&mut bytes)?;
        self.beside.take(walker, &bytes);
        self.skip(walker, padded(size) - bytes.len() as u64)?;
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Ok(bytes)
    }

    /// Passes over bytes of no member; they are looked at as they lie.
    fn skip(&mut self, walker: &mut Walker<'_>, count: u64) -> io::Result<()> {
        let (mut left, mut buffer) = (count, [0; 4096]);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let n = fill(self.input, &mut buffer[..most])?;
            self.beside.take(walker, &buffer[..n]);
            left -= n as u64;
            if n < most {
                break;
            }
        }
        if left > 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the last member is cut"));
        }
        Ok(())
    }
}

/// The bytes of one member.
struct Body<'a> {
    inner: &'a mut dyn Read,
    left: u64,
}

impl Read for Body<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let wanted = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let n = self.inner.read(&mut buf[..wanted])?;
        self.left -= n as u64;
        Ok(n)
    }
}

fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut have = 0;
    while have < buffer.len() {
        match input.read(&mut buffer[have..]) {
            Ok(0) => break,
            Ok(n) => have += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(have)
}

fn padded(size: u64) -> u64 {
    size.div_ceil(512).saturating_mul(512)
}

/// Returns the size of a member, if the checksum of its header is right.
fn checked_size(header: &[u8; 512]) -> Option<u64> {
    let octal = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?.trim_matches([' ', '\0']);
        if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
    };
    let sum: u64 = header
        .iter()
        .enumerate()
        .map(|(i, b)| if (148..156).contains(&i) { 32 } else { u64::from(*b) })
        .sum();
    if octal(&header[148..156])? != sum {
        return None;
    }
    let size = &header[124..136];
    if size[0] & 0x80 != 0 {
        // Sizes of 8 GiB and more are written in base 256.
        return Some(size[4..].iter().fold(0_u64, |n, b| n << 8 | u64::from(*b)) & (u64::MAX >> 2));
    }
    octal(size).map(|n| n & (u64::MAX >> 2))
}

fn short_name(header: &[u8; 512]) -> Vec<u8> {
    let until_zero = |field: &[u8]| field.split(|b| *b == 0).next().unwrap_or(b"").to_vec();
    let name = until_zero(&header[..100]);
    let prefix = until_zero(&header[345..500]);
    if header[257..262] == *b"ustar" && !prefix.is_empty() && header[262] == 0 {
        [prefix, name].join(&b'/')
    } else {
        name
    }
}

/// Returns the value of an extended header record: `length key=value\n`.
fn record(records: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    records.split(|b| *b == b'\n').find_map(|line| {
        let rest = line.splitn(2, |b| *b == b' ').nth(1)?;
        let value = rest.strip_prefix(key)?.strip_prefix(b"=")?;
        Some(value.to_vec())
    })
}
