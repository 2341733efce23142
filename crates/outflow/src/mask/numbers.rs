//! The valid numbers among the signs of a text.

use model::outflow::What;

use super::signs::Sign;
use crate::identify::{Value, check_digits as check};

/// Visible characters that may stand between two groups of one number.
const WIDEST: u8 = 4;

/// Lengths of digests in hexadecimal digits: MD5, SHA-1, Tiger, SHA-224, SHA-256, SHA-384, SHA-512.
const DIGESTS: [usize; 7] = [32, 40, 48, 56, 64, 96, 128];

/// How much is taken for a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Names of files, pages, columns and the like: in doubt a number is masked,
    /// glued to letters or digits or written in any groups.
    Name {
        /// Whether a word for a physician's number stands in it or around it.
        physician: bool,
    },
    /// Telemetry: mostly numbers of other kinds, which are evidence. A number is
    /// taken where it is written without gaps, or in the usual groups as a word of its own.
    Telemetry,
}

/// A valid number in the original text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) what: What,
    pub(super) value: Value,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Returns the numbers in a reading of a text.
pub(super) fn find(text: &str, signs: &[Sign], manner: Manner) -> Vec<Hit> {
    let physician = manner == Manner::Name { physician: true } || name_physician(text);
    let reader = Reader { text, signs, manner, physician };
    (0..signs.len()).flat_map(|at| reader.at(at)).collect()
}

/// Words that name the number of a physician.
const PHYSICIAN: [&[u8]; 4] = [b"LANR", b"ARZTN", b"ARZTID", b"PHYSICIAN"];

/// Returns whether a word for a physician's number stands in a text.
pub(super) fn name_physician(text: &str) -> bool {
    let letters: Vec<u8> =
        text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_uppercase()).collect();
    PHYSICIAN.iter().any(|word| memchr::memmem::find(&letters, word).is_some())
}

struct Reader<'a> {
    text: &'a str,
    signs: &'a [Sign],
    manner: Manner,
    physician: bool,
}

impl Reader<'_> {
    /// Returns the numbers that begin at a sign.
    fn at(&self, at: usize) -> Vec<Hit> {
        let Some(first) = self.signs.get(at) else { return Vec::new() };
        let mut hits = Vec::new();
        if first.c.is_ascii_alphabetic() {
            hits.extend(self.insured(at));
            hits.extend(self.iban(at));
        } else if first.c.is_ascii_digit() {
            hits.extend(self.card(at));
            hits.extend(self.pension(at));
            hits.extend(self.tax(at));
            hits.extend(self.doctor(at));
        }
        hits
    }

    fn insured(&self, at: usize) -> Option<Hit> {
        let letter = self.signs.get(at)?;
        let digits = self.digits(at + 1, 9).filter(|_| self.gap(at + 1) <= WIDEST)?;
        if !check::kvnr_valid(letter.c, &digits) || self.digest(at) || self.security_id(at) {
            return None;
        }
        let glued = self.gap(at + 1) == 0;
        let fits = match self.manner {
            Manner::Name { .. } => glued || self.begins(at),
            Manner::Telemetry => {
                self.whole(at, 10) || self.word(at, 10) && self.groups(at, 10, |length| length >= 3)
            }
        };
        fits.then(|| self.hit(What::Kvnr, at, 10))
    }

    fn iban(&self, at: usize) -> Option<Hit> {
        let country = [self.signs.get(at)?.c, self.signs.get(at + 1)?.c] == *b"DE";
        let near = self.gap(at + 1) <= WIDEST && self.gap(at + 2) <= WIDEST;
        let valid = country && near && check::iban(&self.digits(at + 2, 20)?);
        valid.then(|| self.hit(What::Iban, at, 22))
    }

    fn card(&self, at: usize) -> Option<Hit> {
        let digits = self.digits(at, 20)?;
        digits.starts_with(&[8, 0, 2, 7, 6]).then(|| self.hit(What::Iccsn, at, 20))
    }

    fn pension(&self, at: usize) -> Option<Hit> {
        let letter = self.signs.get(at + 8).filter(|s| s.c.is_ascii_alphabetic() && s.gap <= WIDEST)?;
        let digits = [self.digits(at, 8)?, self.digits(at + 9, 3)?].concat();
        if self.gap(at + 9) > WIDEST || !check::rvnr(letter.c, &digits) || self.digest(at) {
            return None;
        }
        let fits = match self.manner {
            Manner::Name { .. } => true,
            Manner::Telemetry => self.whole(at, 12) || self.word(at, 12) && self.groups(at, 12, |_| true),
        };
        fits.then(|| self.hit(What::Rvnr, at, 12))
    }

    fn tax(&self, at: usize) -> Option<Hit> {
        let valid = check::tax_id(&self.digits(at, 11)?) && !self.digest(at);
        let fits = match self.manner {
            Manner::Name { .. } => true,
            Manner::Telemetry => self.whole(at, 11) && self.word(at, 11),
        };
        (valid && fits).then(|| self.hit(What::TaxId, at, 11))
    }

    fn doctor(&self, at: usize) -> Option<Hit> {
        if !self.physician || !check::lanr(&self.digits(at, 9)?) {
            return None;
        }
        let before = at.checked_sub(1).and_then(|p| self.signs.get(p));
        let starts = self.gap(at) > 0 || before.is_none_or(|s| !s.c.is_ascii_digit());
        let ends = self.signs.get(at + 9).is_none_or(|s| s.gap > 0 || !s.c.is_ascii_digit());
        let fits = match self.manner {
            Manner::Name { .. } => starts || ends,
            Manner::Telemetry => self.whole(at, 9) && starts && ends,
        };
        fits.then(|| self.hit(What::Lanr, at, 9))
    }

    /// Returns `count` digits from a sign on, with no wide gap between them.
    fn digits(&self, at: usize, count: usize) -> Option<Vec<u8>> {
        let signs = self.signs.get(at..at + count)?;
        let near = |i: usize, s: &Sign| i == 0 || s.gap <= WIDEST;
        let fits = signs.iter().enumerate().all(|(i, s)| s.c.is_ascii_digit() && near(i, s));
        fits.then(|| signs.iter().map(|s| s.c - b'0').collect())
    }

    fn gap(&self, at: usize) -> u8 {
        self.signs.get(at).map_or(u8::MAX, |s| s.gap)
    }

    fn begins(&self, at: usize) -> bool {
        at == 0 || self.gap(at) > 0
    }

    /// Returns whether signs stand without gaps.
    fn whole(&self, at: usize, count: usize) -> bool {
        (at + 1..at + count).all(|i| self.gap(i) == 0)
    }

    /// Returns whether signs are a word of their own.
    fn word(&self, at: usize, count: usize) -> bool {
        self.begins(at) && self.gap(at + count) > 0
    }

    /// Returns whether the signs stand in groups with single characters between
    /// them, each of digits as long as wanted.
    fn groups(&self, at: usize, count: usize, wanted: impl Fn(usize) -> bool) -> bool {
        let starts: Vec<usize> = (at + 1..at + count).filter(|i| self.gap(*i) > 0).collect();
        let ends = starts.iter().skip(1).copied().chain([at + count]);
        starts.iter().all(|i| self.gap(*i) == 1) && starts.iter().zip(ends).all(|(a, b)| wanted(b - a))
    }

    /// Returns whether the sign stands in a digest or a GUID, where any shape occurs by chance.
    fn digest(&self, at: usize) -> bool {
        let Some(from) = self.signs.get(at).map(|s| s.start) else { return false };
        let (head, tail) = self.text.as_bytes().split_at(from);
        let part = |dash: bool| {
            let inside = |b: &&u8| b.is_ascii_hexdigit() || dash && **b == b'-';
            let before = head.iter().rev().take_while(inside).count();
            let after = tail.iter().take_while(inside).count();
            self.text.as_bytes().get(from - before..from + after).unwrap_or_default()
        };
        let guid = part(true);
        let dashes = || guid.iter().enumerate().filter(|(_, b)| **b == b'-').map(|(i, _)| i);
        DIGESTS.contains(&part(false).len()) || guid.len() == 36 && dashes().eq([8, 13, 18, 23])
    }

    /// Returns whether a security id of Windows begins here, as `S-1-5-21-…`.
    fn security_id(&self, at: usize) -> bool {
        let text = self.signs.get(at).and_then(|s| self.text.as_bytes().get(s.start..));
        text.is_some_and(|t| {
            t.len() > 5 && t[..4].eq_ignore_ascii_case(b"S-1-") && t[4].is_ascii_digit() && t[5] == b'-'
        })
    }

    fn hit(&self, what: What, at: usize, count: usize) -> Hit {
        let signs = self.signs.get(at..at + count).unwrap_or_default();
        let letters: Vec<u8> = signs.iter().map(|s| s.c).collect();
        Hit {
            what,
            value: Value::new(&[&letters]),
            start: signs.first().map_or(0, |s| s.start),
            end: signs.last().map_or(0, |s| s.end),
        }
    }
}
