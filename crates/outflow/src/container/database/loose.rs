//! Pages of a database by themselves: what no table holds, what was deleted, and the
//! frames of a write-ahead log.

use std::io::{self, SeekFrom};

use super::{cell, damaged, u16_at, u32_at};
use crate::container::feed::Feed;
use crate::container::source::{ReadSeek, read_up_to};
use crate::container::walker::Walker;
use crate::identify::numbers_within;
use crate::place::{Kind, Place, Segment, Trouble};

/// Frames of a log that are read.
const FRAMES: u64 = 1 << 27;

/// A character set of two bytes, if the database is written in one.
pub(super) type Wide = Option<&'static encoding_rs::Encoding>;

/// Where a row lies: its first byte, its values, its end.
type Row = (usize, usize, usize);

/// Returns where the rows of a page lie.
fn rows(page: &[u8], start: usize, usable: usize) -> Vec<Row> {
    let (kind, cells) = (page.get(start).copied().unwrap_or(0), u16_at(page, start + 3));
    if !matches!(kind, 10 | 13) || cells > page.len() / 4 {
        return Vec::new();
    }
    of(page, start, usable, kind == 13, cells)
}

/// Returns where rows seem to lie on a page whose first bytes were written over, as those
/// of a free page are: only rows that are whole in themselves.
fn guessed(page: &[u8], start: usize, usable: usize) -> Vec<Row> {
    let inside = |at: usize| at > start + 8 && at < page.len();
    let cells = (0..page.len() / 4).take_while(|i| inside(u16_at(page, start + 8 + i * 2))).count();
    let mut all = of(page, start, usable, true, cells);
    all.retain(|(_, from, to)| page.get(*from..*to).is_some_and(cell::whole));
    all
}

fn of(page: &[u8], start: usize, usable: usize, table: bool, cells: usize) -> Vec<Row> {
    let most = if table {
        usable.saturating_sub(35)
    } else {
        (usable.saturating_sub(12) * 64 / 255).saturating_sub(23)
    };
    let least = (usable.saturating_sub(12) * 32 / 255).saturating_sub(23);
    let one = |i: usize| {
        let at = u16_at(page, start + 8 + i * 2);
        let rest = page.get(at..).filter(|r| r.len() > 3 && at > start)?;
        let (size, mut used) = cell::varint(rest);
        if table {
            used += cell::varint(rest.get(used..)?).1;
        }
        let size = usize::try_from(size).ok()?;
        let local = if size <= most {
            size
        } else {
            let spread = least + (size - least) % (usable - 4);
            if spread <= most { spread } else { least }
        };
        let end = at + used + local;
        (end <= page.len()).then_some((at, at + used, end))
    };
    (0..cells).filter_map(one).collect()
}

/// Hands on the rows of a page as lines.
pub(super) fn show(page: &[u8], start: usize, usable: usize, wide: Wide, feed: &mut Feed<'_>) {
    let kept = matches!(page.get(start), Some(2 | 5 | 10 | 13));
    let rows = if kept { rows(page, start, usable) } else { guessed(page, start, usable) };
    for (_, from, to) in rows {
        let values = cell::values(page.get(from..to).unwrap_or_default());
        cell::line(&values, &[], wide, &mut |bytes| feed.push(bytes));
    }
}

/// Returns what of a page belongs to no row, and its numbers with gaps around them: in a
/// deleted row the values stand one behind the other.
pub(super) fn rest(page: &[u8], start: usize, usable: usize) -> Vec<u8> {
    let mut left = page.to_vec();
    for (from, _, to) in rows(page, start, usable) {
        left[from..to].fill(0);
    }
    apart(&left)
}

/// Returns bytes with a blank before and after each number that others touch, valid or not.
fn apart(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut from = 0;
    for (start, end) in numbers_within(bytes) {
        if start < from {
            continue;
        }
        out.extend_from_slice(&bytes[from..start]);
        out.push(b' ');
        out.extend_from_slice(&bytes[start..end]);
        out.push(b' ');
        from = end;
    }
    out.extend_from_slice(&bytes[from..]);
    out
}

/// Bytes of the largest page of InnoDB, and a multiple of all others.
const PAGE: usize = 64 << 10;

/// Reads the pages of a tablespace: in its rows the values stand one behind the other.
pub(in crate::container) fn pages(walker: &mut Walker<'_>, place: &Place, input: &mut dyn io::Read) {
    let mut feed = Feed::new(walker.scan);
    feed.begin(place.clone(), Kind::Raw);
    let fault = loop {
        let (page, fault) = read_up_to(input, PAGE);
        feed.push(&apart(&page));
        if fault.is_some() || page.len() < PAGE {
            break fault;
        }
    };
    drop(feed);
    if let Some(fault) = fault {
        walker.fault(place, &fault);
    }
}

/// Reads a write-ahead log: the states of pages that are not in the database yet, and
/// those that were before.
pub(in crate::container) fn log(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek) {
    if let Err(e) = frames(walker, place, input) {
        walker.fault(place, &e);
    }
}

fn frames(walker: &mut Walker<'_>, place: &Place, input: &mut dyn ReadSeek) -> io::Result<()> {
    let length = input.seek(SeekFrom::End(0))?;
    input.rewind()?;
    let mut header = [0; 32];
    input.read_exact(&mut header)?;
    let size = u32_at(&header, 8) as usize;
    if !(512..=65_536).contains(&size) || !size.is_power_of_two() {
        return Err(damaged("the page size of the log is impossible"));
    }
    let frame = size as u64 + 24;
    let count = ((length - 32) / frame).min(FRAMES);
    let mut page = vec![0; size];
    let mut wide = None;
    for loose in [false, true] {
        let name = if loose { "bytes of no row" } else { "rows of the log" };
        let mut feed = Feed::new(walker.scan);
        feed.begin(
            place.within(Segment::Member(name.to_owned())),
            if loose { Kind::Raw } else { Kind::Text },
        );
        for number in 0..count {
            input.seek(SeekFrom::Start(32 + number * frame + 24))?;
            input.read_exact(&mut page)?;
            let first = page.starts_with(b"SQLite format 3\0");
            if first {
                wide = super::encoding(&page);
            }
            let start = if first { 100 } else { 0 };
            if loose {
                feed.push(&rest(&page, start, size));
            } else {
                show(&page, start, size, wide, &mut feed);
            }
        }
    }
    // What is left of a frame.
    let read = 32 + count * frame;
    walker.account().read(0..read);
    // A row may not be what its header says.
    walker.account().loose();
    if read < length {
        walker.trouble(place, Trouble::Truncated("the last frame of the log is cut".to_owned()));
    }
    Ok(())
}
