//! Tables in text: which column a number stands in, and what the column is named.

use super::lexicon::{Lexicon, Says};

/// Bytes before a number that are read to find its row.
const ROW: usize = 4096;

/// Bytes of the name of a column.
const HEADING: usize = 64;

/// Words of the name of a column.
const HEADING_WORDS: usize = 5;

/// Lines among which the names of the columns are looked for: titles may stand above.
const TOP: usize = 10;

/// What the columns of a table are named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Columns {
    separator: u8,
    says: Vec<Option<Says>>,
}

impl Columns {
    /// Returns the columns named in one of the first lines of a part, `None` when none of
    /// them is a header: cells of few words, one of which names a kind of number, and a
    /// row below with as many cells, an empty one at its end apart.
    pub(crate) fn read(first: &[u8], lexicon: &Lexicon) -> Option<Self> {
        let mut rest = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
        let mut stated = None;
        for _ in 0..TOP {
            let (line, below) = rest.split_at(memchr::memchr(b'\n', rest)?);
            rest = below.get(1..).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            // Excel's own line: it says what parts the cells, and is no row.
            if let Some(separator) = line.strip_prefix(b"sep=").and_then(|l| l.first()) {
                stated = Some(*separator);
                continue;
            }
            if let Some(columns) = Self::header(line, rest, stated, lexicon) {
                return Some(columns);
            }
        }
        None
    }

    fn header(line: &[u8], below: &[u8], stated: Option<u8>, lexicon: &Lexicon) -> Option<Self> {
        let likely = b";,\t|".iter().copied().max_by_key(|s| split(line, *s).count())?;
        let separator = stated.unwrap_or(likely);
        let mut cells: Vec<&[u8]> = split(line, separator).collect();
        while cells.last().is_some_and(|c| c.is_empty()) {
            cells.pop();
        }
        let digits = line.iter().filter(|b| b.is_ascii_digit()).count();
        // A sentence with commas is no header.
        let name = |c: &&[u8]| c.len() <= HEADING && c.split(|b| *b == b' ').count() <= HEADING_WORDS;
        if cells.len() < 2 || digits * 4 > line.len() || !cells.iter().all(name) {
            return None;
        }
        let whole = split(line, separator).count();
        let fits = |row: (usize, usize)| row.0 == whole || row.1 == cells.len();
        if columns(below, separator).is_some_and(|row| !fits(row)) {
            return None;
        }
        let says = cells.iter().map(|c| lexicon.find(c).map(|w| w.says).next()).collect::<Vec<_>>();
        says.iter().any(Option::is_some).then_some(Self { separator, says })
    }

    /// Returns what the column says in which `at` lies.
    pub(super) fn over(&self, text: &[u8], at: usize) -> Option<Says> {
        let start = row(text, at, self.separator)?;
        let column = split(text.get(start..at)?, self.separator).count().saturating_sub(1);
        self.says.get(column).copied().flatten()
    }
}

/// Returns the cells of a row; separators inside of quotes part nothing.
fn split(row: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    row.split(move |b| {
        quoted ^= *b == b'"';
        *b == separator && !quoted
    })
}

/// Returns where the row begins in which `at` lies. A line that begins inside of quotes is
/// none: then the line before it is looked at.
fn row(text: &[u8], at: usize, separator: u8) -> Option<usize> {
    let from = at.saturating_sub(ROW);
    let mut end = at;
    loop {
        let found = memchr::memrchr(b'\n', text.get(from..end)?).map(|p| from + p + 1);
        let start = found.or((from == 0).then_some(0))?;
        let head = text.get(start..at)?;
        let quotes = memchr::memchr_iter(b'"', head).count();
        // The last quote opens a cell, or closes one.
        let last = memchr::memrchr(b'"', head);
        let opens = last.is_some_and(|p| {
            let before = p.checked_sub(1).is_none_or(|p| head.get(p) == Some(&separator));
            before && head.get(p + 1) != Some(&separator)
        });
        if quotes % 2 == usize::from(opens) {
            return Some(start);
        }
        if start == 0 || found.is_none() {
            // No line fits: the nearest is as good as any.
            return memchr::memrchr(b'\n', text.get(from..at)?).map(|p| from + p + 1).or(Some(start));
        }
        end = start - 1;
    }
}

/// Returns the columns of the first row, when it is whole: with and without an empty one
/// behind a separator at its end.
fn columns(text: &[u8], separator: u8) -> Option<(usize, usize)> {
    let (mut count, mut quoted, mut last) = (1, false, 0);
    for b in text {
        match *b {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => return Some((count, count - usize::from(last == separator))),
            b if b == separator && !quoted => count += 1,
            _ => {}
        }
        if *b != b'\r' {
            last = *b;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the column of the number 81750042932 says.
    fn says(text: &str) -> Option<Says> {
        let lexicon = Lexicon::new(&[]);
        let at = text.find("81750042932").expect("the number");
        Columns::read(text.as_bytes(), &lexicon)?.over(text.as_bytes(), at)
    }

    #[test]
    fn the_column_names_a_number_in_every_dialect() {
        let wanted = says("Name;Note;Steuer-ID\nErna;x;81750042932\n");
        assert!(wanted.is_some());
        let long = "x".repeat(3_000);
        for text in [
            "sep=;\nName;Note;Steuer-ID\nErna;x;81750042932\n",
            "sep=;\r\nName;Note;Steuer-ID\r\nErna;x;81750042932\r\n",
            "\u{feff}Name;Note;Steuer-ID\nErna;x;81750042932\n",
            "Liste der Akten\nStand Januar\n\nName;Note;Steuer-ID\nErna;x;81750042932\n",
            "Name;Note;Steuer-ID\nErna;x;81750042932;\n",
            "Name;Note;Steuer-ID;\nErna;x;81750042932\n",
            "Name;\"Note; intern\";Steuer-ID\nErna;x;81750042932\n",
            "Name;Note;Steuer-ID\nErna;\"a\nb\";81750042932\n",
            "Name;Note;Steuer-ID\nErna;\"a\nb;c\n\";\"81750042932\"\n",
            &format!("Name;Note;Steuer-ID\nErna;{long};81750042932\n"),
            &format!("Name,Note,Steuer-ID\nErna,\"{long}\n\",81750042932\n"),
        ] {
            assert_eq!(says(text), wanted, "{}", &text[..text.len().min(80)]);
        }
        // Another column, and running text.
        assert_eq!(says("Steuer-ID;Name;Nr\nx;Erna;81750042932\n"), None);
        assert_eq!(
            says("Steuer-ID, Name, und vieles andere das hier steht, mehr.\nErna, x, 81750042932\n"),
            None
        );
    }
}
