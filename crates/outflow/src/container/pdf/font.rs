//! Fonts: which characters the codes of a page's strings stand for.

use super::filter::hex;

/// Entries of a table that are held.
const ENTRIES: usize = 70_000;

/// A font's table from codes to characters.
pub(super) struct Font {
    /// First code, last code, character of the first.
    ranges: Vec<(u32, u32, u32)>,
    wide: bool,
}

impl Font {
    /// Reads a table; without one, codes are taken for Latin letters.
    pub(super) fn read(table: Option<&[u8]>) -> Self {
        let mut font = Self { ranges: Vec::new(), wide: false };
        let Some(table) = table else { return font };
        let mut from = 0;
        while let Some(at) = memchr::memmem::find(&table[from..], b"begin").map(|at| from + at + 5) {
            let rest = &table[at..];
            let end = memchr::memmem::find(rest, b"end").unwrap_or(rest.len());
            if rest.starts_with(b"bfchar") {
                font.section(&rest[6..end.max(6)], false);
            } else if rest.starts_with(b"bfrange") {
                font.section(&rest[7..end.max(7)], true);
            } else if rest.starts_with(b"codespacerange") {
                font.wide |= strings(&rest[14..end.max(14)]).any(|(code, _)| code.len() > 1);
            }
            from = at + end;
        }
        font.ranges.sort_unstable();
        font
    }

    fn section(&mut self, body: &[u8], ranges: bool) {
        let mut all = strings(body);
        while let Some((first, _)) = all.next() {
            if self.ranges.len() >= ENTRIES {
                return;
            }
            let last = if ranges {
                all.next().map_or_else(|| first.clone(), |(last, _)| last)
            } else {
                first.clone()
            };
            let Some((to, listed)) = all.next() else { return };
            let (first, last) = (number(&first), number(&last));
            self.ranges.push((first, if listed { first } else { last }, character(&to)));
            if listed {
                // A list gives a character for each code.
                for code in first + 1..=last.min(first.saturating_add(0xffff)) {
                    match all.next() {
                        Some((to, _)) => self.ranges.push((code, code, character(&to))),
                        None => return,
                    }
                }
            }
        }
    }

    /// Appends the characters of a string.
    pub(super) fn show(&self, codes: &[u8], out: &mut Vec<u8>) {
        for code in codes.chunks(if self.wide { 2 } else { 1 }) {
            let code = number(code);
            let at = self.ranges.partition_point(|r| r.0 <= code);
            let range = at.checked_sub(1).map(|i| self.ranges[i]).filter(|r| code <= r.1);
            let c = match range {
                Some((first, _, to)) => char::from_u32(to.wrapping_add(code - first)),
                None if self.ranges.is_empty() => char::from_u32(code),
                None => None,
            };
            let mut utf8 = [0; 4];
            out.extend_from_slice(c.unwrap_or('\u{fffd}').encode_utf8(&mut utf8).as_bytes());
        }
    }
}

/// Returns the hexadecimal strings of a section, and whether a list begins before each.
fn strings(body: &[u8]) -> impl Iterator<Item = (Vec<u8>, bool)> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + memchr::memchr(b'<', &body[at.min(body.len())..])?;
        let listed = body[at..start].contains(&b'[');
        let end = start + memchr::memchr(b'>', &body[start..])?;
        at = end + 1;
        Some((hex(&body[start + 1..end], 64), listed))
    })
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b))
}

/// Returns the first character of UTF-16.
fn character(bytes: &[u8]) -> u32 {
    match (bytes.get(..2), bytes.get(2..4)) {
        (Some([high @ 0xd8..=0xdb, a]), Some([low, b])) => {
            let high = (u32::from(*high) << 8 | u32::from(*a)) & 0x3ff;
            let low = (u32::from(*low) << 8 | u32::from(*b)) & 0x3ff;
            0x10000 + (high << 10 | low)
        }
        (Some(two), _) => number(two),
        _ => number(bytes),
    }
}
