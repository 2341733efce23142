//! Fonts: which characters the codes of a page's strings stand for.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::filter::hex;
use super::syntax::word;

/// Entries of a table that are held.
const ENTRIES: usize = 70_000;

/// A font's table from codes to characters.
pub(super) struct Font {
    /// First code, last code, character of the first.
    ranges: Vec<(u32, u32, u32)>,
    /// Bytes of a code, first code, last code: which codes there are.
    spaces: Vec<(usize, u32, u32)>,
    /// Codes have two bytes unless the table says otherwise.
    wide: bool,
    /// Codes that the font's own encoding names; 0 is a name that says no character.
    named: BTreeMap<u32, u32>,
    /// Codes that were shown and stand for no known character.
    unknown: Cell<u64>,
}

impl Font {
    /// Reads a table (`ToUnicode`). `wide` says that the font has codes of two bytes which
    /// are numbers of glyphs, `encoding` is the dictionary of its own encoding. Without
    /// a table codes of one byte are taken for Latin letters.
    pub(super) fn read(table: Option<&[u8]>, wide: bool, encoding: &[u8]) -> Self {
        let mut font = Self {
            ranges: Vec::new(),
            spaces: Vec::new(),
            wide,
            named: differences(encoding),
            unknown: Cell::new(0),
        };
        let table = table.unwrap_or_default();
        let mut from = 0;
        while let Some(at) = memchr::memmem::find(&table[from..], b"begin").map(|at| from + at + 5) {
            from = at;
            let rest = &table[at..];
            let kinds: [&[u8]; 3] = [b"bfchar", b"bfrange", b"codespacerange"];
            let Some(kind) = kinds.iter().find(|kind| rest.starts_with(kind)) else { continue };
            let body = &rest[kind.len()..];
            let end = memchr::memmem::find(body, b"end").unwrap_or(body.len());
            match *kind {
                b"bfchar" => font.section(&body[..end], false),
                b"bfrange" => font.section(&body[..end], true),
                _ => font.space(&body[..end]),
            }
            from = at + kind.len() + end;
        }
        font.ranges.sort_unstable();
        font
    }

    /// Returns how many codes were shown that stand for no known character.
    pub(super) fn unknown(&self) -> u64 {
        self.unknown.get()
    }

    fn space(&mut self, body: &[u8]) {
        let codes: Vec<Vec<u8>> = strings(body).take(512).map(|(code, _)| code).collect();
        for pair in codes.chunks_exact(2) {
            if (1..=4).contains(&pair[0].len()) {
                self.spaces.push((pair[0].len(), number(&pair[0]), number(&pair[1])));
            }
        }
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

    /// Returns the bytes of the next code.
    fn length(&self, codes: &[u8]) -> usize {
        let fits = |length: &usize| {
            let code = codes.get(..*length).map(number);
            let inside =
                |s: &(usize, u32, u32)| s.0 == *length && code.is_some_and(|c| (s.1..=s.2).contains(&c));
            self.spaces.iter().any(inside)
        };
        let usual = if self.wide || self.spaces.iter().any(|s| s.0 > 1) { 2 } else { 1 };
        (1..=4).find(fits).unwrap_or(usual).min(codes.len())
    }

    /// Appends the characters of a string, and returns how many codes it has.
    pub(super) fn show(&self, mut codes: &[u8], out: &mut Vec<u8>) -> usize {
        let mut shown = 0;
        while !codes.is_empty() {
            let (code, rest) = codes.split_at(self.length(codes));
            let (c, known) = self.character(number(code));
            if !known {
                self.unknown.set(self.unknown.get() + 1);
            }
            let mut utf8 = [0; 4];
            out.extend_from_slice(c.encode_utf8(&mut utf8).as_bytes());
            codes = rest;
            shown += 1;
        }
        shown
    }

    /// Returns the character of a code, and whether it is known to be that.
    fn character(&self, code: u32) -> (char, bool) {
        let at = self.ranges.partition_point(|r| r.0 <= code);
        let range = at.checked_sub(1).map(|i| self.ranges[i]).filter(|r| code <= r.1);
        let c = match (range, self.named.get(&code)) {
            (Some((first, _, to)), _) => char::from_u32(to.wrapping_add(code - first)),
            (None, Some(0)) => None,
            (None, Some(named)) => char::from_u32(*named),
            (None, None) if self.ranges.is_empty() && !self.wide => char::from_u32(code),
            (None, None) => None,
        };
        (c.unwrap_or('\u{fffd}'), c.is_some())
    }
}

/// Names of glyphs that stand in numbers and beside them (Adobe Glyph List).
const GLYPHS: [(&str, char); 34] = [
    ("zero", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
    ("space", ' '),
    ("nbspace", ' '),
    ("hyphen", '-'),
    ("minus", '-'),
    ("endash", '–'),
    ("period", '.'),
    ("comma", ','),
    ("colon", ':'),
    ("semicolon", ';'),
    ("slash", '/'),
    ("parenleft", '('),
    ("parenright", ')'),
    ("underscore", '_'),
    ("at", '@'),
    ("ampersand", '&'),
    ("quotesingle", '\''),
    ("germandbls", 'ß'),
    ("adieresis", 'ä'),
    ("odieresis", 'ö'),
    ("udieresis", 'ü'),
    ("Adieresis", 'Ä'),
    ("Odieresis", 'Ö'),
    ("Udieresis", 'Ü'),
    ("eacute", 'é'),
];

/// Reads the codes that an encoding names otherwise (`/Differences [65 /A /B …]`).
fn differences(encoding: &[u8]) -> BTreeMap<u32, u32> {
    let mut named = BTreeMap::new();
    let list = super::syntax::get(encoding, b"Differences").unwrap_or_default();
    let (mut at, mut code) = (0, 0_u32);
    while let Some(b) = list.get(at) {
        let start = if *b == b'/' { at + 1 } else { at };
        let end = word(list, start).max(start);
        let text = std::str::from_utf8(&list[start..end]).unwrap_or_default();
        if *b == b'/' {
            if named.len() < ENTRIES {
                named.insert(code, glyph(text).map_or(0, u32::from));
            }
            code = code.saturating_add(1);
        } else if let Ok(next) = text.parse() {
            code = next;
        }
        at = end.max(at + 1);
    }
    named
}

/// Returns the character a glyph is named for.
fn glyph(name: &str) -> Option<char> {
    let base = name.split('.').next().unwrap_or(name);
    let mut letters = base.chars();
    if let (Some(c), None) = (letters.next(), letters.next()) {
        return Some(c);
    }
    let code = base.strip_prefix("uni").or_else(|| base.strip_prefix('u')).filter(|d| d.len() >= 4);
    let coded = code.and_then(|d| u32::from_str_radix(d.get(..d.len().min(6))?, 16).ok());
    GLYPHS.iter().find(|(known, _)| *known == base).map(|(_, c)| *c).or(coded.and_then(char::from_u32))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(font: &Font, codes: &[u8]) -> String {
        let mut out = Vec::new();
        font.show(codes, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    /// As browsers, MuPDF and others write it: the section of codes stands inside of the map.
    #[test]
    fn tables_are_read_as_they_are_written() {
        let usual = b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /X def\n\
            1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n2 beginbfchar\n<0024> <0041>\n\
            <0014> <0031>\nendbfchar\n1 beginbfrange\n<0015> <0017> <0032>\nendbfrange\nendcmap\nend\nend";
        let font = Font::read(Some(usual), true, b"");
        assert_eq!(shown(&font, &[0, 0x24, 0, 0x14, 0, 0x15, 0, 0x17]), "A124");
        assert_eq!(font.unknown(), 0);
        assert_eq!(shown(&font, &[0, 1]), "\u{fffd}");
        assert_eq!(font.unknown(), 1);
        let mixed = b"2 begincodespacerange <00> <7f> <8000> <ffff> endcodespacerange \
            2 beginbfchar <41> <0042> <8001> <0043> endbfchar";
        assert_eq!(shown(&Font::read(Some(mixed), false, b""), &[0x41, 0x80, 1, 0x41]), "BCB");
    }

    #[test]
    fn an_encoding_names_its_codes() {
        let encoding = b"<</Type /Encoding /Differences [1 /A /one/two 65 /uni0033 /g17]>>";
        let font = Font::read(None, false, encoding);
        assert_eq!(shown(&font, &[1, 2, 3, 65, 66, 67]), "A123\u{fffd}C");
        assert_eq!(font.unknown(), 1);
    }

    #[test]
    fn numbers_of_glyphs_say_nothing_without_a_table() {
        let font = Font::read(None, true, b"");
        assert_eq!(shown(&font, b"AB"), "\u{fffd}");
        assert_eq!(font.unknown(), 1);
    }
}
