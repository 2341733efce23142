//! What stands around a number, and how much it weighs.
//!
//! Weights are hundredths of a logit: +230 makes a thing ten times as likely,
//! -230 a tenth as likely. They are set by hand and kept honest by the measured
//! precision and recall on the generated corpus.

use model::outflow::{Reason, What, Why};

use super::columns::Columns;
use super::lexicon::{Lexicon, Says, Word};
use super::{Candidate, check_digits};

/// Bytes before a number that are its surroundings.
pub(crate) const BEFORE: usize = 160;

/// Bytes after a number that are its surroundings.
pub(crate) const AFTER: usize = 96;

/// Bytes between a label and the number it stands directly before.
const DIRECTLY: usize = 40;

/// The same for the name of another kind of number, which takes more away than a
/// label gives: it must be nearer.
const OTHER_DIRECTLY: usize = 24;

/// Bytes between a word that says what a date is and the date.
const NAMED_DATE: usize = 20;

/// What speaks for and against one number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Evidence {
    /// Reasons, each once.
    pub(crate) reasons: Vec<Reason>,
    /// Whose insured person it is.
    pub(crate) insurer: Option<Attribution>,
    /// A name stands near.
    pub(crate) name: bool,
    /// A date of birth stands near.
    pub(crate) birth: bool,
    /// A word about treatment stands near.
    pub(crate) health: bool,
}

/// How a number was attributed to an insurer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribution {
    /// By a valid institution code.
    Code(u32),
    /// By the name of a tenant, by its number.
    Tenant(usize),
}

impl Evidence {
    fn add(&mut self, why: Why, weight: i32) {
        if !self.reasons.iter().any(|r| r.why == why) {
            self.reasons.push(Reason { why, weight });
        }
    }

    fn has(&self, why: Why) -> bool {
        self.reasons.iter().any(|r| r.why == why)
    }
}

/// The reader of surroundings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Words.
    pub(crate) lexicon: &'a Lexicon,
    /// The words of the whole text, where numbers lie so close that looking for
    /// words around each would read everything several times.
    pub(crate) words: Option<&'a [Word]>,
    /// Columns of the part.
    pub(crate) columns: Option<&'a Columns>,
    /// Whether the part lies in a ticket, a page or a mail.
    pub(crate) collaboration: bool,
    /// Whether the bytes belong to no known format.
    pub(crate) raw: bool,
}

impl Surroundings<'_> {
    /// Returns what stands around a valid number.
    pub(crate) fn look(&self, text: &[u8], hit: &Candidate) -> Evidence {
        let mut evidence = Evidence::default();
        let from = hit.start.saturating_sub(BEFORE);
        let window = &text[from..text.len().min(hit.end + AFTER)];
        self.structure(text, hit, &mut evidence);
        let start = hit.start - from;
        let end = hit.end - from;
        let words = self.words_of(window, from);
        weigh_words(window, &words, start, end, hit.what, &mut evidence);
        if let Some(says) = self.columns.and_then(|c| c.over(text, hit.start)) {
            match says {
                Says::Label(what) if same(what, hit.what) => evidence.add(Why::ColumnLabel, 400),
                Says::Label(_) | Says::Other => evidence.add(Why::OtherColumn, -300),
                _ => {}
            }
        }
        dates(window, &words, start, end, &mut evidence);
        if named_before(&window[..start]) {
            evidence.name = true;
            evidence.add(Why::Name, 120);
        }
        if hit.what.insured() {
            code_near(window, start, end, hit, &mut evidence);
        }
        evidence
    }

    fn structure(&self, text: &[u8], hit: &Candidate, evidence: &mut Evidence) {
        match hit.what {
            What::Kvnr20 => evidence.add(Why::InnerChecks, 300),
            What::Kvnr30 => evidence.add(Why::InnerChecks, 500),
            What::Kvnr => {}
            what => evidence.add(Why::Structure, base(what)),
        }
        if hit.soft == Some(true) && hit.what != What::Iccsn {
            evidence.add(Why::OuterDigit, 150);
        }
        if hit.form.lower {
            evidence.add(Why::LowerCase, -100);
        }
        if hit.form.apart {
            evidence.add(Why::Apart, -100);
        }
        if hit.form.mixed {
            evidence.add(Why::Mixed, -150);
        }
        if self.collaboration {
            evidence.add(Why::Collaboration, 100);
        }
        if self.raw {
            evidence.add(Why::RawBytes, -150);
        }
        if encoded(text, hit.start, hit.end) {
            evidence.add(Why::Encoded, -400);
        }
        let value = hit.value.as_bytes();
        if hit.what == What::Kvnr && value.len() == 10 {
            let digits: Vec<u8> = value[1..].iter().map(|b| b - b'0').collect();
            if check_digits::taiwan(value[0], &digits) {
                evidence.add(Why::Taiwan, -70);
            }
        }
    }

    /// Returns the words of a window that begins at `from`, counted from its start.
    fn words_of(&self, window: &[u8], from: usize) -> Vec<Word> {
        let Some(all) = self.words else { return self.lexicon.find(window).collect() };
        let first = all.partition_point(|w| w.start < from);
        let inside = all[first..].iter().take_while(|w| w.end <= from + window.len());
        inside.map(|w| Word { start: w.start - from, end: w.end - from, ..*w }).collect()
    }
}

fn weigh_words(window: &[u8], words: &[Word], start: usize, end: usize, what: What, evidence: &mut Evidence) {
    let line = memchr::memrchr(b'\n', &window[..start]).map_or(0, |p| p + 1);
    let line = line..memchr::memchr(b'\n', &window[end..]).map_or(window.len(), |p| end + p);
    let mut nearest: Option<Word> = None;
    for word in words.iter().copied() {
        // The number itself holds no word that counts.
        if word.end > start && word.start < end {
            continue;
        }
        match word.says {
            Says::Label(label) if same(label, what) => {
                let after = word.start >= end && word.start - end <= OTHER_DIRECTLY;
                evidence.add(Why::LabelNear, if after { 250 } else { 150 });
                if word.end <= start {
                    nearest = Some(word);
                }
            }
            Says::Label(_) | Says::Other => {
                // What another line is about says nothing against this one.
                if word.says == Says::Other && line.contains(&word.start) {
                    evidence.add(Why::OtherLabelNear, -70);
                }
                if word.end <= start {
                    nearest = Some(word);
                }
            }
            Says::Birth => {}
            Says::Name => {
                evidence.name = true;
                evidence.add(Why::Name, 120);
            }
            Says::Insurer => evidence.add(Why::Insurer, 180),
            Says::Tenant(number) => {
                evidence.add(Why::Insurer, 180);
                evidence.insurer.get_or_insert(Attribution::Tenant(number));
            }
            Says::Health => {
                evidence.health = true;
                evidence.add(Why::HealthWord, 150);
            }
            Says::Taiwan => {
                evidence.reasons.retain(|r| r.why != Why::Taiwan);
                evidence.add(Why::Taiwan, -500);
            }
        }
    }
    if let Some(word) = nearest {
        let distance = start - word.end;
        match word.says {
            Says::Label(label) if same(label, what) && distance <= DIRECTLY => {
                evidence.add(Why::LabelBefore, 250);
            }
            Says::Other if distance <= OTHER_DIRECTLY => evidence.add(Why::OtherLabel, -300),
            _ => {}
        }
    }
}

fn dates(window: &[u8], words: &[Word], start: usize, end: usize, evidence: &mut Evidence) {
    let mut at = 0;
    while at + 8 <= window.len() {
        if at >= start && at < end {
            at = end;
            continue;
        }
        let begins = window[at].is_ascii_digit() && (at == 0 || !window[at - 1].is_ascii_alphanumeric());
        if !begins {
            at += 1;
            continue;
        }
        if let Some((year, length)) = date(&window[at..]) {
            let birth = |w: &Word| w.says == Says::Birth && w.end <= at && at - w.end <= NAMED_DATE;
            let named = words.iter().any(birth) || window[..at].ends_with(b"*");
            if named {
                evidence.birth = true;
                evidence.reasons.retain(|r| r.why != Why::BirthDate);
                evidence.add(Why::BirthDate, 220);
            } else if (1905..=2016).contains(&year) && !timed(&window[at + length..]) {
                evidence.birth = true;
                evidence.add(Why::BirthDate, 120);
            }
            at += length;
        } else {
            at += 1;
        }
    }
}

/// Returns whether a label names this kind of number: the three forms of the
/// insured person's number share theirs.
fn same(label: What, what: What) -> bool {
    label == what || label.insured() && what.insured()
}

/// Returns what structure and check digit alone are worth. Nine and eleven digits
/// are everywhere: without a label they stay below every threshold. The others
/// are rare by chance.
fn base(what: What) -> i32 {
    match what {
        What::Iban => 400,
        What::Iccsn => 350,
        What::Rvnr => 100,
        What::TaxId => -150,
        What::Ik | What::Lanr => -250,
        What::Kvnr | What::Kvnr20 | What::Kvnr30 => 0,
    }
}

/// Returns whether two capitalised words and a bracket or comma stand directly
/// before the number, as in `Vera Wiesner (`: a name that no list knows.
fn named_before(head: &[u8]) -> bool {
    let text = head.trim_ascii_end();
    let Some((b'(' | b',', text)) = text.split_last() else { return false };
    let mut words = text.trim_ascii_end().rsplit(|b| *b == b' ').take(2);
    let capitalised = |w: &[u8]| {
        let letters = |b: &u8| b.is_ascii_alphabetic() || *b >= 0x80 || *b == b'-';
        w.len() >= 3
            && (w[0].is_ascii_uppercase() || w[0] == 0xc3)
            && w[1..].iter().all(letters)
            && w.iter().any(u8::is_ascii_lowercase)
    };
    words.next().is_some_and(capitalised) && words.next().is_some_and(capitalised)
}

/// Returns the year and the length of a date at the start of `text`: 03.05.1971,
/// 3.5.1971, 03/05/1971 or 1971-05-03.
fn date(text: &[u8]) -> Option<(u32, usize)> {
    let number = |from: usize, most: usize| {
        let digits = text.get(from..)?.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        let value = text[from..from + digits].iter().fold(0u32, |v, b| v * 10 + u32::from(b - b'0'));
        (digits > 0).then_some((value, from + digits))
    };
    let ended = |end: usize| !text.get(end).is_some_and(u8::is_ascii_alphanumeric);
    let (first, end) = number(0, 4)?;
    let separator = *text.get(end)?;
    let (second, end_2) = number(end + 1, 2)?;
    if text.get(end_2) != Some(&separator) {
        return None;
    }
    let (third, end_3) = number(end_2 + 1, 4)?;
    let (year, month, day) = match separator {
        b'-' if end == 4 && end_3 - end_2 == 3 => (first, second, third),
        b'.' | b'/' if end <= 2 && end_3 - end_2 == 5 => (third, second, first),
        _ => return None,
    };
    let sound = (1900..=2030).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let stands = ended(end_3) || text.get(end_3) == Some(&b'T');
    (sound && stands).then_some((year, end_3))
}

/// Returns whether a time of day follows a date.
fn timed(rest: &[u8]) -> bool {
    matches!(rest, [b'T' | b' ', a, b, b':', ..] if a.is_ascii_digit() && b.is_ascii_digit())
}

/// Looks for the nearest valid institution code of a health insurer, class 10, or
/// of a class free for anybody's use, 97 to 99.
fn code_near(window: &[u8], start: usize, end: usize, hit: &Candidate, evidence: &mut Evidence) {
    if hit.what != What::Kvnr {
        let value = hit.value.as_bytes();
        evidence.insurer =
            std::str::from_utf8(&value[10..19]).ok().and_then(|v| v.parse().ok()).map(Attribution::Code);
        return;
    }
    let mut best: Option<(usize, u32)> = None;
    let mut at = 0;
    while at < window.len() {
        if !window[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let run = window[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        let outside = at + run <= start || at >= end;
        let free = |p: Option<&u8>| !p.is_some_and(u8::is_ascii_alphanumeric);
        if run == 9
            && outside
            && free(at.checked_sub(1).and_then(|p| window.get(p)))
            && free(window.get(at + 9))
        {
            let digits: Vec<u8> = window[at..at + 9].iter().map(|b| b - b'0').collect();
            let class = digits[0] * 10 + digits[1];
            if matches!(class, 10 | 97..=99) && check_digits::ik(&digits) {
                let distance = if at >= end { at - end } else { start - at - run };
                let code = digits.iter().fold(0, |v, d| v * 10 + u32::from(*d));
                if best.is_none_or(|(d, _)| distance < d) {
                    best = Some((distance, code));
                }
            }
        }
        at += run;
    }
    if let Some((_, code)) = best {
        evidence.add(Why::InstitutionCode, 220);
        evidence.insurer = Some(Attribution::Code(code));
    }
}

/// Returns whether a number is part of base64 or similar data: joined by `+`, `/`
/// or `=` to stretches that mix upper case, lower case and digits.
fn encoded(text: &[u8], start: usize, end: usize) -> bool {
    let mixes = |part: &[u8]| {
        part.len() >= 8
            && part.iter().any(u8::is_ascii_lowercase)
            && part.iter().any(u8::is_ascii_uppercase)
            && part.iter().any(u8::is_ascii_digit)
    };
    let joined = |b: Option<&u8>| matches!(b, Some(b'+' | b'/' | b'='));
    let before = start.checked_sub(1).is_some_and(|p| joined(text.get(p))) && {
        let head = &text[start.saturating_sub(40)..start - 1];
        let length =
            head.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
        mixes(&head[head.len() - length..])
    };
    let after = joined(text.get(end)) && {
        let tail = &text[end + 1..text.len().min(end + 40)];
        let length =
            tail.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/')).count();
        mixes(&tail[..length])
    };
    before || after
}

impl Evidence {
    /// Returns whether any context supports the number.
    pub(crate) fn supported(&self) -> bool {
        [Why::LabelBefore, Why::LabelNear, Why::ColumnLabel].iter().any(|w| self.has(*w))
    }
}

#[cfg(test)]
mod tests;
