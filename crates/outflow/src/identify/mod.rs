//! Identifiers: their shapes and the rules a number must keep to count as one.

pub(crate) mod check_digits;
mod columns;
mod lexicon;
mod surroundings;
mod test_data;

use std::fmt;

use model::outflow::What;

pub(crate) use check_digits::kvnr as check_digit;
pub(crate) use columns::Columns;
pub(crate) use lexicon::{Lexicon, Word};
pub(crate) use surroundings::{Attribution, Evidence, Surroundings};
pub(crate) use test_data::is_public_test_number;

use crate::find::{Walk, begins, ends, letter_before};
use check_digits as check;

/// A number that has the shape of an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Which identifier.
    pub(crate) what: What,
    /// First byte in the text.
    pub(crate) start: usize,
    /// After the last byte.
    pub(crate) end: usize,
    /// Without gaps, letters in upper case.
    pub(crate) value: Value,
    /// Whether its hard rules hold: check digits inside, structure.
    pub(crate) valid: bool,
    /// Whether its soft rule holds, where it has one.
    pub(crate) soft: Option<bool>,
    /// How it is written.
    pub(crate) form: Form,
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Form {
    /// With a lower-case letter.
    pub(crate) lower: bool,
    /// With gaps between its digits.
    pub(crate) gaps: u8,
    /// With a gap between the letter and the digits.
    pub(crate) apart: bool,
    /// With visible separators of several kinds.
    pub(crate) mixed: bool,
}

/// The characters of an identifier without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value {
    bytes: [u8; 32],
    len: u8,
}

impl Value {
    /// Returns the value of these characters; digits may be given as values.
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        let mut value = Self { bytes: [0; 32], len: 0 };
        for b in parts.iter().copied().flatten().take(32) {
            value.bytes[usize::from(value.len)] = if *b < 10 { b'0' + b } else { b.to_ascii_uppercase() };
            value.len += 1;
        }
        value
    }

    /// Returns the value of text that holds only the characters of an identifier.
    pub(crate) fn from_text(text: &str) -> Self {
        let kept: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
        Self::new(&[&kept])
    }

    /// Returns the characters.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Returns the characters as text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl fmt::Debug for Value {
    /// Writes only the length: what is debugged may end in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} characters)", self.len)
    }
}

/// Returns where numbers of the shape of an insured person's, valid or not, and valid numbers of
/// accounts stand without gaps, whatever touches them; in their order. The share of the valid ones
/// says whether they are numbers of people at all.
pub(crate) fn numbers_within(text: &[u8]) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    let mut from = 0;
    for at in 0..text.len().saturating_sub(9) {
        if at < from || !text[at].is_ascii_alphabetic() || !text[at + 1].is_ascii_alphanumeric() {
            continue;
        }
        let digits = |range: std::ops::Range<usize>| -> Option<Vec<u8>> {
            let bytes = text.get(range)?;
            bytes.iter().all(u8::is_ascii_digit).then(|| bytes.iter().map(|b| b - b'0').collect())
        };
        let account =
            text[at..].starts_with(b"DE") && digits(at + 2..at + 22).is_some_and(|d| check::iban(&d));
        let shaped = || digits(at + 1..at + 10).is_some();
        let length = if account { 22 } else { 10 };
        if account || shaped() {
            all.push((at, at + length));
            from = at + length;
        }
    }
    all
}

/// Calls `found` with every number of `text` around the trigger at `at` that has
/// the shape of an identifier, valid or not.
pub(crate) fn at(text: &[u8], at: usize, mut found: impl FnMut(Candidate)) {
    let Some(first) = text.get(at) else { return };
    if first.is_ascii_alphabetic() {
        insured(text, at).map(&mut found);
        return;
    }
    if !first.is_ascii_digit() {
        // An escape that cuts a number off: the number begins at the letter before.
        let digits = text[..at].iter().rev().take(9).take_while(|b| b.is_ascii_digit()).count();
        if let Some(letter) = (at - digits).checked_sub(1).filter(|p| text[*p].is_ascii_alphabetic()) {
            insured(text, letter).map(&mut found);
        }
        return;
    }
    if let Some(letter) = letter_before(text, at) {
        let account = letter.checked_sub(1).is_some_and(|p| text[p..=letter].eq_ignore_ascii_case(b"DE"));
        let hit = if account { iban(text, letter - 1, at) } else { insured(text, letter) };
        if let Some(hit) = hit {
            found(hit);
            return;
        }
        if letter + 1 == at {
            return;
        }
    }
    if !begins(text, at) {
        return;
    }
    plain(text, at, &mut found);
}

/// Reads numbers that begin with a digit.
fn plain(text: &[u8], at: usize, found: &mut impl FnMut(Candidate)) {
    let mut tight = Walk::new(at);
    tight.take(text, Walk::MOST, false);
    let digits = tight.digits();
    let next = text.get(tight.end).copied().unwrap_or(b' ');
    let make = |what, valid, soft, walk: &Walk| Candidate {
        what,
        start: at,
        end: walk.end,
        value: Value::new(&[walk.digits()]),
        valid,
        soft,
        form: Form { gaps: walk.gaps, mixed: walk.mixed, ..Form::default() },
    };
    match digits.len() {
        8 if next.is_ascii_alphabetic() => found_pension(text, at, found),
        2 => found_pension(text, at, found),
        _ if next.is_ascii_alphanumeric() => return,
        9 if ik_class(digits) && check::ik(digits) => found(make(What::Ik, true, None, &tight)),
        9 if check::lanr(digits) => found(make(What::Lanr, true, None, &tight)),
        11 => found(make(What::TaxId, check::tax_id(digits), None, &tight)),
        20 if issuer(digits) => found(make(What::Iccsn, true, Some(check::luhn(digits)), &tight)),
        _ => {}
    }
    if digits.len() < 9 {
        let mut loose = Walk::new(at);
        loose.take(text, 20, true);
        if loose.gaps == 0 || !ends(text, loose.end) {
            return;
        }
        if loose.digits().len() == 20 && issuer(loose.digits()) {
            found(make(What::Iccsn, true, Some(check::luhn(loose.digits())), &loose));
        } else if loose.digits().len() == 11 && check::tax_id(loose.digits()) && !loose.mixed {
            found(make(What::TaxId, true, None, &loose));
        }
    }
}

/// Class digits of an institution code that are known to be given out: physicians
/// and their associations 20 to 22, health insurers 10, hospitals 26, pharmacies
/// 30, other providers 33 to 66, and 97 to 99 at the user's discretion (ARGE IK,
/// circular of June 2020).
fn ik_class(d: &[u8]) -> bool {
    let region = d[2] * 10 + d[3];
    matches!(d[0] * 10 + d[1], 10 | 12 | 14 | 18 | 20..=22 | 26 | 30 | 33..=66 | 97..=99)
        && (region <= 16 || d[0] == 9 || d[0] == 1)
}

/// Returns whether the digits of a card begin with 80 (health), 276 (Germany).
fn issuer(d: &[u8]) -> bool {
    d.starts_with(&[8, 0, 2, 7, 6])
}

/// Returns whether the last group of a GUID begins here (RFC 9562, section 4): eight, four, four
/// and four hexadecimal digits stand before it.
fn ends_guid(text: &[u8], at: usize) -> bool {
    let Some(head) = at.checked_sub(24).and_then(|from| text.get(from..at)) else { return false };
    let fits = |(i, b): (usize, &u8)| {
        if matches!(i, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() }
    };
    head.iter().enumerate().all(fits)
}

/// Reads a pension insurance number: eight digits, a letter, three digits.
fn found_pension(text: &[u8], at: usize, found: &mut impl FnMut(Candidate)) {
    let mut walk = Walk::new(at);
    walk.take(text, 8, true);
    if walk.digits().len() != 8 || ends_guid(text, at) {
        return;
    }
    let Some(letter) = walk.step(text).filter(u8::is_ascii_alphabetic) else { return };
    let mut tail = walk;
    tail.take(text, 11, true);
    if tail.digits().len() == 11 && ends(text, tail.end) {
        let (head, rest) = tail.digits().split_at(8);
        found(Candidate {
            what: What::Rvnr,
            start: at,
            end: tail.end,
            value: Value::new(&[head, &[letter], rest]),
            valid: check::rvnr(letter, tail.digits()),
            soft: None,
            form: Form {
                lower: letter.is_ascii_lowercase(),
                gaps: tail.gaps,
                mixed: tail.mixed,
                apart: false,
            },
        });
    }
}

/// Reads an account number: `DE` at `start`, digits from `at`.
fn iban(text: &[u8], start: usize, at: usize) -> Option<Candidate> {
    if !begins(text, start) {
        return None;
    }
    let mut walk = Walk::new(at);
    walk.take(text, 20, true);
    (walk.digits().len() == 20 && ends(text, walk.end)).then(|| Candidate {
        what: What::Iban,
        start,
        end: walk.end,
        value: Value::new(&[b"DE", walk.digits()]),
        valid: check::iban(walk.digits()),
        soft: None,
        form: Form { gaps: walk.gaps, mixed: walk.mixed, ..Form::default() },
    })
}

/// Reads the number of an insured person whose letter stands at `start`, in its
/// form of 10, 20 or 30 characters.
fn insured(text: &[u8], start: usize) -> Option<Candidate> {
    let letter = text[start];
    if !begins(text, start) {
        return None;
    }
    let mut tight = Walk::new(start + 1);
    tight.take(text, 19, false);
    if tight.digits().len() >= 18 {
        return long(text, start, tight);
    }
    let mut walk = apart(text, start)?;
    walk.take(text, 9, true);
    if walk.digits().len() != 9
        || !ends(text, walk.end) && !touches(text, start, walk.end)
        || goes_on(text, &walk)
        || scattered(text, start, walk.end)
    {
        return None;
    }
    let form = Form {
        lower: letter.is_ascii_lowercase(),
        gaps: walk.gaps,
        // Tags and soft hyphens part nothing that a reader sees.
        apart: matches!(text[start + 1], b' ' | b'-' | b'.' | b'/'),
        mixed: walk.mixed,
    };
    Some(Candidate {
        what: What::Kvnr,
        start,
        end: walk.end,
        value: Value::new(&[&[letter], walk.digits()]),
        valid: check::kvnr_valid(letter, walk.digits()),
        soft: None,
        form,
    })
}

/// Returns whether a number ends although a letter follows: a word begins there with a capital
/// letter, or the number's name stands directly before it.
fn touches(text: &[u8], start: usize, end: usize) -> bool {
    let word = matches!(text.get(end..end + 2), Some([b'A'..=b'Z', b'a'..=b'z']));
    let before = &text[start.saturating_sub(8)..start];
    let named = || before.windows(4).any(|w| w.eq_ignore_ascii_case(b"kvnr"));
    text.get(end).is_some_and(u8::is_ascii_alphabetic) && (word || named())
}

/// Returns a walk that stands at the first digit after the letter.
fn apart(text: &[u8], start: usize) -> Option<Walk> {
    let mut walk = Walk::new(start + 1);
    if text.get(start + 1)?.is_ascii_digit() {
        return Some(walk);
    }
    walk.step(text).filter(u8::is_ascii_digit)?;
    walk.end -= 1;
    Some(walk)
}

/// Returns whether groups of equal size go on after the ninth digit, as in a
/// telephone or card number.
fn goes_on(text: &[u8], walk: &Walk) -> bool {
    if walk.gaps < 2 {
        return false;
    }
    let group = text[..walk.end].iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let separator = text[walk.end - group - 1];
    let after = text.get(walk.end + 1..).unwrap_or_default();
    let same = after.iter().take_while(|b| b.is_ascii_digit()).count() == group;
    text.get(walk.end) == Some(&separator) && same
}

/// Returns whether single digits stand between visible separators, as in the
/// security ids of Windows and in version numbers.
fn scattered(text: &[u8], start: usize, end: usize) -> bool {
    let groups = text[start + 1..end].split(|b| matches!(b, b' ' | b'-' | b'.' | b'/'));
    groups.filter(|g| g.len() == 1 && g[0].is_ascii_digit()).count() > 1
}

/// Reads the form of 20 characters (number, institution code, check digit) or of
/// 30 (with the main insured person's number before the check digit).
fn long(text: &[u8], start: usize, walk: Walk) -> Option<Candidate> {
    let letter = text[start];
    let digits = walk.digits();
    let inner =
        check::kvnr_valid(letter, &digits[..9]) && check::ik(&digits[9..18]) && ik_class(&digits[9..18]);
    if digits.len() == 19 {
        let whole = ends(text, walk.end);
        return whole.then(|| Candidate {
            what: What::Kvnr20,
            start,
            end: walk.end,
            value: Value::new(&[&[letter], digits]),
            valid: inner,
            soft: Some(check::kvnr_outer(&[(0, letter)], digits)),
            form: Form { lower: letter.is_ascii_lowercase(), ..Form::default() },
        });
    }
    let second = text.get(walk.end).copied().filter(u8::is_ascii_alphabetic)?;
    let mut tail = Walk::new(walk.end + 1);
    tail.take(text, 10, false);
    let main = tail.digits();
    (main.len() == 10 && ends(text, tail.end)).then(|| {
        let all = [digits, main].concat();
        Candidate {
            what: What::Kvnr30,
            start,
            end: tail.end,
            value: Value::new(&[&[letter], digits, &[second], main]),
            valid: inner && check::kvnr_valid(second, &main[..9]),
            soft: Some(check::kvnr_outer(&[(0, letter), (19, second)], &all)),
            form: Form { lower: letter.is_ascii_lowercase(), ..Form::default() },
        }
    })
}

#[cfg(test)]
mod tests;
