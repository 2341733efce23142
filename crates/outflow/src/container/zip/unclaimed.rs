//! Bytes of an archive that no member claims: other archives before it, members that
//! were taken out of the directory, text before and after it.

use std::io::{self, Read as _, SeekFrom};

use super::{Archive, Directory, Entry, HEADER, read_at, u16_at, u32_at};
use crate::container::archive::shown;
use crate::container::source::{ReadSeek, Window};
use crate::container::walker::{Shared, Walker};
use crate::place::{Kind, Place, Segment};

/// Bytes between two members from which on the own header of the first is looked at: its
/// extra field may be longer than the directory's.
const SLACK: u64 = 64;

/// Bytes behind a member whose sizes follow it.
const DESCRIPTOR: u64 = 24;

/// Bytes that are searched at once: few, since the next mark may be near and there may be
/// millions of them.
const STEP: usize = 4 << 10;

/// Where one member lies, by the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    /// Offset of its own header.
    pub(super) at: u64,
    /// Bytes of its name.
    pub(super) name: u64,
    /// Packed bytes.
    pub(super) packed: u64,
    /// Its sizes follow it.
    pub(super) described: bool,
}

/// Reads what no member claims.
pub(super) fn visit(
    walker: &mut Walker<'_>,
    place: &Place,
    archive: &Archive<'_, '_>,
    claims: &[Claim],
    depth: u32,
) {
    let gaps = match gaps(archive, claims) {
        Ok(gaps) => gaps,
        Err(e) => return walker.fault(place, &e),
    };
    for (from, to) in gaps {
        let inner = place.within(Segment::Offset(from));
        walker.member(&inner, &mut Window::new(archive.input, from, to - from), depth + 1);
        walker.account().read(from..to);
        if walker.spent() {
            return;
        }
    }
}

/// Returns the stretches that neither a member nor the directory claims, in their order.
fn gaps(archive: &Archive<'_, '_>, claims: &[Claim]) -> io::Result<Vec<(u64, u64)>> {
    let directory = archive.directory;
    let length = archive.input.borrow_mut().seek(SeekFrom::End(0))?;
    let mut gaps = Vec::new();
    let mut end = 0;
    for claim in claims {
        let at = claim.at.saturating_add(directory.shift);
        if at > end {
            gaps.push((end, at));
        }
        end = end.max(claimed(archive.input, claim, at, claims, directory)?);
    }
    gaps.push((end, directory.start));
    gaps.push((directory.end, length));
    gaps.retain(|(from, to)| from < to && *to <= length);
    // A descriptor between two members, or zeros that align the next one, are no content.
    let content = |(from, to): &(u64, u64)| -> bool {
        let mut bytes = Vec::new();
        let read = Window::new(archive.input, *from, (to - from).min(4096)).read_to_end(&mut bytes);
        read.is_err() || to - from > 4096 || bytes.iter().any(|b| *b != 0)
    };
    gaps.retain(content);
    Ok(gaps)
}

/// Returns where a member ends.
fn claimed(
    input: Shared<'_, '_>,
    claim: &Claim,
    at: u64,
    claims: &[Claim],
    directory: Directory,
) -> io::Result<u64> {
    let descriptor = if claim.described { DESCRIPTOR } else { 0 };
    let least = at.saturating_add(HEADER + claim.name).saturating_add(claim.packed);
    let later = claims.partition_point(|c| c.at <= claim.at);
    let next = claims.get(later).map_or(directory.start, |c| c.at.saturating_add(directory.shift));
    if next <= least.saturating_add(SLACK) {
        return Ok(next.max(least));
    }
    let mut header = [0; HEADER as usize];
    if read_at(*input.borrow_mut(), at, &mut header).is_err() || !header.starts_with(b"PK\x03\x04") {
        return Ok(least);
    }
    let data = at.saturating_add(HEADER + u16_at(&header, 26) + u16_at(&header, 28));
    let end = data.saturating_add(claim.packed);
    Ok(if next <= end.saturating_add(descriptor) {
        next.max(end)
    } else {
        end.saturating_add(descriptor.min(16))
    })
}

/// Reads the members that stand in a file without a directory, by their own headers, and
/// what lies between them.
pub(super) fn without_directory(
    walker: &mut Walker<'_>,
    place: &Place,
    input: &mut dyn ReadSeek,
    depth: u32,
) {
    let shared = std::cell::RefCell::new(input);
    let archive = Archive { input: &shared, directory: Directory::default(), done: super::Done::default() };
    if let Err(e) = members(walker, place, &archive, depth) {
        walker.fault(place, &e);
    }
    super::opened::claim(walker, &archive.done);
}

fn members(walker: &mut Walker<'_>, place: &Place, archive: &Archive<'_, '_>, depth: u32) -> io::Result<()> {
    let length = archive.input.borrow_mut().seek(SeekFrom::End(0))?;
    let mut at = 0;
    while at < length && !walker.spent() {
        let next = search(archive.input, at, length, &[b"PK\x03\x04"])?.unwrap_or(length);
        if next > at {
            let inner = place.within(Segment::Offset(at));
            walker.part(&inner, Kind::Raw, &mut Window::new(archive.input, at, next - at));
            walker.account().read(at..next);
        }
        if next == length {
            break;
        }
        at = member(walker, place, archive, next, length, depth)?;
    }
    Ok(())
}

/// Reads the member whose header stands at `at`, and returns where the search goes on.
fn member(
    walker: &mut Walker<'_>,
    place: &Place,
    archive: &Archive<'_, '_>,
    at: u64,
    length: u64,
    depth: u32,
) -> io::Result<u64> {
    let mut header = [0; HEADER as usize];
    let window = Window::new(archive.input, at, HEADER);
    if { window }.read_exact(&mut header).is_err() {
        return Ok(length);
    }
    let (flags, method) = (u16_at(&header, 6), u16_at(&header, 8));
    let (packed, size) = (u32_at(&header, 18), u32_at(&header, 22));
    let data = at + HEADER + u16_at(&header, 26) + u16_at(&header, 28);
    let mut name = Vec::new();
    Window::new(archive.input, at + HEADER, u16_at(&header, 26)).read_to_end(&mut name)?;
    let stated = packed > 0 && packed != 0xffff_ffff && data.saturating_add(packed) <= length;
    let end = if stated {
        data + packed
    } else {
        let marks: [&[u8]; 3] = [b"PK\x07\x08", b"PK\x03\x04", b"PK\x01\x02"];
        search(archive.input, data.min(length), length, &marks)?.unwrap_or(length)
    };
    let entry = Entry {
        name: shown(&name),
        comment: Vec::new(),
        size: if stated { size } else { 0 },
        packed: end.saturating_sub(data),
        at,
        method: method as u16,
        encrypted: flags & 1 != 0,
        sum: Some(u32_at(&header, 14) as u32).filter(|sum| stated && *sum != 0),
        described: false,
    };
    let inner = place.within(Segment::Member(entry.name.clone()));
    super::member(walker, archive, &entry, &inner, depth, false);
    Ok(end.max(at + 4))
}

/// Returns where one of the marks stands next.
fn search(input: Shared<'_, '_>, from: u64, to: u64, marks: &[&[u8]]) -> io::Result<Option<u64>> {
    let mut at = from;
    let mut held = Vec::new();
    while at < to {
        held.clear();
        Window::new(input, at, (to - at).min(STEP as u64)).read_to_end(&mut held)?;
        let found = marks.iter().filter_map(|mark| memchr::memmem::find(&held, mark)).min();
        if let Some(found) = found {
            return Ok(Some(at + found as u64));
        }
        if held.len() < STEP {
            break;
        }
        // A mark may lie across two steps.
        at += (held.len() - 3) as u64;
    }
    Ok(None)
}
