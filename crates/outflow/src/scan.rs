//! The scan: a walker hands over parts, findings come out.

mod ahead;

use std::sync::Arc;

use ahead::Ahead;
use model::outflow::{Account, Class, Finding, PlaceCount, What};
use rayon::prelude::*;

use crate::charset::Charset;
use crate::distinct::Distinct;
use crate::identify::{Attribution, Columns, Surroundings, is_public_test_number};
use crate::look::{Look, Seen, Shape, look};
use crate::mask;
use crate::place::{Kind, Place, Segment, Trouble};
use crate::rules::Rules;
use crate::score::Density;
use crate::tally::{Person, Tally};

/// Bytes of text that are looked at as one. Pieces begin at multiples of it in
/// the part, so how the part arrives changes nothing.
const PIECE: usize = 256 * 1024;

/// Bytes before a piece that belong to its surroundings.
const BEFORE: usize = 4096;

/// Bytes after a piece that belong to its surroundings.
const AFTER: usize = 1024;

/// Pieces that are looked at side by side, and after which numbers are decided.
const STRETCH: usize = 16;

/// Pieces for each thread that are looked at while a part goes on: two MiB of text.
const AHEAD: usize = 8;

/// Bytes of text that are gathered before they are looked at, so that pieces can be
/// looked at side by side.
const GATHERED: usize = 8 * PIECE + BEFORE + AFTER;

/// Zero bytes from which on they are skipped.
const SKIPPED: u64 = 4 << 20;

/// Numbers that may wait for a decision.
const WAITING: usize = 50_000;

/// Hashes of people kept for one place.
const PEOPLE_OF_PLACE: usize = 100_000;

/// A scan in progress.
///
/// Parts come one after another and never overlap: [`begin`](Self::begin), any
/// number of [`bytes`](Self::bytes), [`end`](Self::end). How a part is cut into
/// chunks does not change what is found. Memory stays bounded whatever a part's
/// size.
#[derive(Debug)]
pub struct Scan {
    rules: Arc<Rules>,
    part: Option<Part>,
    tally: Tally,
    /// Kept from part to part to save its allocation.
    buffer: Vec<u8>,
}

/// The part that is open.
#[derive(Debug)]
struct Part {
    place: Place,
    charset: Charset,
    collaboration: bool,
    raw: bool,
    /// Its bytes were looked at before in another way: what was found in the file already
    /// is not found again.
    again: bool,
    columns: Option<Arc<Columns>>,
    /// Pieces before this text that are being looked at.
    ahead: Ahead,
    /// Text from the offset `base` on.
    text: Vec<u8>,
    base: u64,
    /// Offset up to which the text was looked at.
    done: u64,
    lines: u64,
    waiting: Vec<Seen>,
    shapes: Vec<Shape>,
    pieces: usize,
    density: Density,
    people: Distinct,
    findings: u64,
}

impl Scan {
    /// Returns a scan with these rules.
    pub fn new(rules: Arc<Rules>) -> Self {
        Self { rules, part: None, tally: Tally::default(), buffer: Vec::new() }
    }

    /// Begins a part. A part that is still open is ended first.
    pub fn begin(&mut self, place: Place, kind: Kind) {
        self.end();
        self.name(&place, false);
        self.tally.volume.parts += 1;
        self.open(place, kind, false);
    }

    fn open(&mut self, place: Place, kind: Kind, again: bool) {
        let mut text = std::mem::take(&mut self.buffer);
        text.clear();
        let collaboration = place.path.iter().any(|s| {
            matches!(
                s,
                Segment::Page { .. }
                    | Segment::Issue { .. }
                    | Segment::Comment(_)
                    | Segment::Message(_)
                    | Segment::Change(_)
            )
        });
        let place = mask::place(place, &self.rules.key);
        self.part = Some(Part { again, ..Part::new(place, kind, collaboration, text) });
    }

    /// Begins a part of bytes that were looked at before in another way: of what they hold
    /// only that counts which was not found in the file at hand.
    pub(crate) fn begin_again(&mut self, place: Place) {
        self.end();
        self.open(place, Kind::Raw, true);
    }

    /// Looks at the name of a file or member whose bytes were no part of their own.
    pub(crate) fn name_again(&mut self, place: &Place) {
        self.end();
        self.name(place, true);
    }

    /// Takes the next bytes of the open part; without an open part they are ignored.
    pub fn bytes(&mut self, chunk: &[u8]) {
        let Some(part) = &mut self.part else { return };
        if !part.again {
            self.tally.volume.bytes += chunk.len() as u64;
        }
        part.charset.feed(chunk, &mut part.text);
        if part.text.len() >= GATHERED {
            part.look(&self.rules, &mut self.tally, false);
        }
    }

    /// Takes as many zero bytes; the same as handing them over, in no time.
    pub fn zeros(&mut self, mut count: u64) {
        static NOTHING: [u8; 64 << 10] = [0; 64 << 10];
        let hand_over = |scan: &mut Self, count: &mut u64, most: u64| {
            let mut left = most.min(*count);
            *count -= left;
            while left > 0 {
                let now = left.min(NOTHING.len() as u64);
                scan.bytes(&NOTHING[..now as usize]);
                left -= now;
            }
        };
        // What is open, such as a tag, closes itself over so many.
        hand_over(self, &mut count, 4 * PIECE as u64);
        if count > SKIPPED
            && let Some(part) = &mut self.part
        {
            let width = part.charset.width();
            let skipped = part.skip(count / width, &self.rules, &mut self.tally) * width;
            if !part.again {
                self.tally.volume.bytes += skipped;
            }
            count -= skipped;
        }
        hand_over(self, &mut count, u64::MAX);
    }

    /// Ends the open part.
    pub fn end(&mut self) {
        let Some(mut part) = self.part.take() else { return };
        part.charset.finish(&mut part.text);
        part.look(&self.rules, &mut self.tally, true);
        part.decide(&self.rules, &mut self.tally);
        if part.findings > 0 {
            let persons = part.people.count();
            self.tally.place(PlaceCount { place: part.place, findings: part.findings, persons });
        }
        self.buffer = part.text;
    }

    /// Notes that something could not be read, or not to its end.
    pub fn trouble(&mut self, place: Place, trouble: Trouble) {
        let key = &self.rules.key;
        self.tally.unread(mask::place(place, key), mask::trouble(trouble, key));
    }

    /// Notes how the bytes of a file or member were looked at.
    pub(crate) fn account(&mut self, account: Account) {
        self.tally.account(account);
    }

    /// Begins another file.
    pub(crate) fn file(&mut self) {
        self.tally.file();
    }

    /// Returns how many troubles are known.
    pub(crate) fn troubles(&self) -> usize {
        self.tally.troubles()
    }

    /// Says of the trouble noted last how many bytes were not looked at.
    pub(crate) fn unread_bytes(&mut self, bytes: u64) {
        self.tally.unread_bytes(bytes);
    }

    /// Returns what was found; an open part is ended first.
    pub fn finish(mut self) -> Tally {
        self.end();
        self.tally
    }

    /// Looks at the name of a place as if it were a part of its own.
    fn name(&mut self, place: &Place, again: bool) {
        let Some(name) = mask::name_of(place).filter(|n| n.len() >= 10) else { return };
        if name.bytes().filter(u8::is_ascii_digit).count() < 9 {
            return;
        }
        let inner = mask::place(place.clone(), &self.rules.key).within(Segment::Field("name".to_owned()));
        let text = name.as_bytes().to_vec();
        let mut part = Part { again, ..Part::new(inner, Kind::Text, true, text) };
        part.look(&self.rules, &mut self.tally, true);
        part.decide(&self.rules, &mut self.tally);
        if part.findings > 0 {
            let persons = part.people.count();
            self.tally.place(PlaceCount { place: part.place, findings: part.findings, persons });
        }
    }
}

impl Part {
    fn new(place: Place, kind: Kind, collaboration: bool, text: Vec<u8>) -> Self {
        Self {
            place,
            charset: Charset::new(kind),
            collaboration,
            raw: kind == Kind::Raw,
            again: false,
            columns: None,
            ahead: Ahead::default(),
            text,
            base: 0,
            done: 0,
            lines: 0,
            waiting: Vec::new(),
            shapes: Vec::new(),
            pieces: 0,
            density: Density::default(),
            people: Distinct::new(PEOPLE_OF_PLACE),
            findings: 0,
        }
    }

    /// Looks at every piece that is complete with its surroundings; with `last` at the rest
    /// too, and waits for those that are being looked at.
    fn look(&mut self, rules: &Arc<Rules>, tally: &mut Tally, last: bool) {
        if self.done == 0 {
            let head = self.text.get(..BEFORE).unwrap_or(&self.text);
            self.columns = Columns::read(head, &rules.lexicon).map(Arc::new);
        }
        if !last && rayon::current_num_threads() > 1 {
            return self.look_ahead(rules, tally);
        }
        self.wait(rules, tally, 0);
        loop {
            let (ends, start) = self.complete(last);
            if ends.is_empty() {
                break;
            }
            for look in self.looks(&ends, rules) {
                self.take(look, rules, tally);
            }
            self.done = self.base + start as u64;
        }
        let keep = ((self.done - self.base) as usize).saturating_sub(BEFORE);
        if keep > 0 {
            self.text.drain(..keep);
            self.base += keep as u64;
        }
    }

    /// Returns the next pieces that are complete, and where the last one ends.
    fn complete(&self, last: bool) -> (Vec<(usize, usize)>, usize) {
        let mut ends = Vec::new();
        let mut start = (self.done - self.base) as usize;
        while ends.len() < STRETCH {
            let end = if last { (start + PIECE).min(self.text.len()) } else { start + PIECE };
            if end == start || !last && end + AFTER > self.text.len() {
                break;
            }
            ends.push((start, end));
            start = end;
        }
        (ends, start)
    }

    /// Has the pieces that are complete looked at while the part goes on.
    fn look_ahead(&mut self, rules: &Arc<Rules>, tally: &mut Tally) {
        let (ends, start) = self.complete(false);
        if ends.is_empty() {
            return;
        }
        let keep = start.saturating_sub(BEFORE);
        let mut next = self.ahead.spare();
        next.extend_from_slice(self.text.get(keep..).unwrap_or_default());
        let text = Arc::new(std::mem::replace(&mut self.text, next));
        for (from, to) in ends {
            let (rules, columns) = (rules.clone(), self.columns.clone());
            let (base, collaboration, raw) = (self.base, self.collaboration, self.raw);
            self.ahead.begin(&text, move |text| {
                let around = surroundings(&rules, columns.as_deref(), collaboration, raw);
                piece(text, from, to, base, around)
            });
        }
        self.done = self.base + start as u64;
        self.base += keep as u64;
        self.wait(rules, tally, AHEAD * rayon::current_num_threads());
    }

    /// Takes what was seen in the pieces that are being looked at, until at most so many are.
    fn wait(&mut self, rules: &Rules, tally: &mut Tally, most: usize) {
        while self.ahead.len() > most {
            let Some(look) = self.ahead.next() else { return };
            self.take(look, rules, tally);
        }
    }

    /// Skips zeros, at most `count`, when the text ends in zeros already. Returns
    /// how many were skipped: whole pieces, so that the later ones begin where they
    /// would have begun.
    fn skip(&mut self, count: u64, rules: &Arc<Rules>, tally: &mut Tally) -> u64 {
        let piece = PIECE as u64;
        let end = self.base + self.text.len() as u64;
        // One piece of zeros is looked at, then each further one would look the same.
        let filled = (end.div_ceil(piece) + 1) * piece + AFTER as u64;
        let Some(left) = count.checked_sub(filled - end).filter(|n| *n >= piece) else { return 0 };
        self.text.resize(self.text.len() + (filled - end) as usize, 0);
        self.look(rules, tally, false);
        self.wait(rules, tally, 0);
        let pieces = left / piece;
        self.base += pieces * piece;
        self.done += pieces * piece;
        if self.pieces as u64 + pieces >= STRETCH as u64 {
            self.decide(rules, tally);
        }
        self.pieces = ((self.pieces as u64 + pieces) % STRETCH as u64) as usize;
        filled - end + pieces * piece
    }

    fn looks(&self, ends: &[(usize, usize)], rules: &Rules) -> Vec<Look> {
        let around = surroundings(rules, self.columns.as_deref(), self.collaboration, self.raw);
        let (text, base) = (self.text.as_slice(), self.base);
        let one = |(from, to): &(usize, usize)| piece(text, *from, *to, base, around);
        if ends.len() > 1 { ends.par_iter().map(one).collect() } else { ends.iter().map(one).collect() }
    }

    fn take(&mut self, look: Look, rules: &Rules, tally: &mut Tally) {
        for mut seen in look.seen {
            seen.lines += self.lines;
            self.waiting.push(seen);
        }
        self.lines += look.lines;
        self.shapes.extend(look.shapes);
        self.pieces += 1;
        if self.pieces == STRETCH || self.waiting.len() > WAITING {
            self.decide(rules, tally);
        }
    }

    /// Decides what the waiting numbers are.
    fn decide(&mut self, rules: &Rules, tally: &mut Tally) {
        if !self.again {
            tally.volume.shaped += self.shapes.len() as u64;
            tally.volume.valid += self.shapes.iter().filter(|s| s.valid).count() as u64;
        }
        self.density.next(&mut self.shapes);
        self.pieces = 0;
        for seen in std::mem::take(&mut self.waiting) {
            self.judge(&seen, rules, tally);
        }
    }

    fn judge(&mut self, seen: &Seen, rules: &Rules, tally: &mut Tally) {
        let (confidence, reasons) = self.density.confidence(seen);
        let token = rules.key.token(seen.what, &seen.value);
        if self.again && tally.has_met(token) {
            return;
        }
        let planted = rules.planted.get(&token).filter(|_| seen.what.insured()).cloned();
        let shown = format!("{token:016x}");
        let class = if planted.is_some() {
            Class::Canary
        } else if confidence < rules.threshold {
            Class::Possible
        } else if is_public_test_number(seen.value.as_str()) {
            Class::TestData
        } else if rules.accepted.iter().any(|a| accepts(a, &shown, &self.place)) {
            Class::Accepted
        } else {
            Class::Data
        };
        if class == Class::Possible && !seen.what.insured() {
            return;
        }
        tally.class(seen.what, class);
        if class == Class::Possible {
            return;
        }
        tally.meet(token);
        let insurer = seen.evidence.insurer.and_then(|a| match a {
            Attribution::Code(code) => Some(code),
            Attribution::Tenant(number) => rules.insurers.get(number)?.code.parse().ok(),
        });
        if class == Class::Data {
            self.count(seen, token, insurer, rules, tally);
        }
        let finding = tally.lists().then(|| Finding {
            place: self.place.within(if self.raw {
                Segment::Offset(seen.at)
            } else {
                Segment::Line(seen.lines + 1)
            }),
            what: seen.what,
            token: shown,
            clear: rules.reveal.then(|| seen.value.as_str().to_owned()),
            confidence,
            reasons,
            class,
            insurer: insurer.map(|code| format!("{code:09}")),
            planted,
        });
        tally.finding(finding);
    }

    fn count(&mut self, seen: &Seen, token: u64, insurer: Option<u32>, rules: &Rules, tally: &mut Tally) {
        self.findings += 1;
        if seen.what.insured() {
            let e = &seen.evidence;
            let person =
                Person { insurer: insurer.unwrap_or(0), name: e.name, birth: e.birth, health: e.health };
            tally.person(token, person);
            self.people.add(token);
            tally.value(What::Kvnr, token);
            if let Some(main) = rules.key.main_insured(seen.what, &seen.value) {
                tally.person(main, Person { insurer: person.insurer, ..Person::default() });
                self.people.add(main);
                tally.value(What::Kvnr, main);
            }
        } else {
            tally.value(seen.what, token);
        }
    }
}

fn surroundings<'r>(
    rules: &'r Rules,
    columns: Option<&'r Columns>,
    collaboration: bool,
    raw: bool,
) -> Surroundings<'r> {
    Surroundings { lexicon: &rules.lexicon, words: None, columns, collaboration, raw }
}

/// Looks at a piece of a text that begins at the offset `base`, with what stands around it.
fn piece(text: &[u8], from: usize, to: usize, base: u64, around: Surroundings<'_>) -> Look {
    let first = from.saturating_sub(BEFORE);
    let view = text.get(first..text.len().min(to + AFTER)).unwrap_or_default();
    look(view, from - first, to - first, base + first as u64, around)
}

/// Returns whether an acceptance covers a value at a place.
fn accepts(acceptance: &model::outflow::Acceptance, token: &str, place: &Place) -> bool {
    let value = acceptance.token.as_deref().is_none_or(|t| t == token);
    let covered = acceptance.place.as_deref().is_none_or(|wanted| {
        let shown = place.to_string();
        shown == wanted
            || shown.starts_with(&format!("{wanted} > "))
            || shown.starts_with(&format!("{wanted}/"))
    });
    value && covered && (acceptance.token.is_some() || acceptance.place.is_some())
}
