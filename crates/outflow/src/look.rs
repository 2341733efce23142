//! One piece of a part: every number in it with its surroundings. Pure, so that
//! pieces can be looked at side by side.

use model::outflow::What;

use crate::find;
use crate::identify::{self, Candidate, Evidence, Surroundings, Value, Word};

/// A valid number whose fate is not decided.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Offset in the part's text.
    pub(crate) at: u64,
    /// Line breaks before it in the piece.
    pub(crate) lines: u64,
    /// Which kind.
    pub(crate) what: What,
    /// Its characters.
    pub(crate) value: Value,
    /// Which numbers of its shape it stands with.
    pub(crate) group: u32,
    /// What speaks for and against it.
    pub(crate) evidence: Evidence,
}

/// A number of the shape of a KVNR, valid or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    /// Which numbers it stands with.
    pub(crate) group: u32,
    /// Its characters.
    pub(crate) value: Value,
    /// Whether its check digit is right.
    pub(crate) valid: bool,
}

/// What a piece holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// Valid numbers in their order.
    pub(crate) seen: Vec<Seen>,
    /// All of the shape of a KVNR.
    pub(crate) shapes: Vec<Shape>,
    /// Line breaks in the piece.
    pub(crate) lines: u64,
}

/// Bytes behind the end of a piece in which a trigger may lie whose number begins in it.
const STRETCH: usize = 128;

/// Bytes around a number in which words are looked for.
const WINDOW: usize = 256;

/// Looks at `text[from..to]`; the rest of `text` is what stands around it. The
/// first byte of `text` has the offset `base` in the part.
pub(crate) fn look(text: &[u8], from: usize, to: usize, base: u64, around: Surroundings<'_>) -> Look {
    let mut found: Vec<Candidate> = Vec::new();
    find::each(text, from, text.len().min(to + STRETCH), |at| {
        identify::at(text, at, |hit| {
            // Several triggers may lead to one number, and to a part of it.
            if found
                .last()
                .is_none_or(|last| hit.start >= last.end || hit.start == last.start && hit.what != last.what)
            {
                found.push(hit);
            }
        });
    });
    found.retain(|hit| (from..to).contains(&hit.start));
    let dense = found.iter().filter(|hit| hit.valid).count() * WINDOW > to - from;
    let words: Vec<Word> = if dense { around.lexicon.find(text).collect() } else { Vec::new() };
    let around = Surroundings { words: dense.then_some(words.as_slice()), ..around };
    let mut look = Look::default();
    let mut counted = from;
    for hit in found {
        let group = group(text, hit.start);
        if hit.what == What::Kvnr {
            look.shapes.push(Shape { group, value: hit.value, valid: hit.valid });
        }
        if !hit.valid {
            continue;
        }
        let evidence = around.look(text, &hit);
        if matches!(hit.what, What::Ik | What::Lanr | What::TaxId) && !evidence.supported() {
            continue;
        }
        look.lines += lines(&text[counted..hit.start]);
        counted = hit.start;
        look.seen.push(Seen {
            at: base + hit.start as u64,
            lines: look.lines,
            what: hit.what,
            value: hit.value,
            group,
            evidence,
        });
    }
    look.lines += lines(&text[counted..to.min(text.len())]);
    look
}

/// Returns the line breaks of a text, those inside tags too.
fn lines(text: &[u8]) -> u64 {
    let of = |b: u8| memchr::memchr_iter(b, text).count() as u64;
    of(b'\n') + of(find::JOIN_LINE)
}

/// Returns a number for what stands before: the word that names the field or
/// leads up to the number, or the separator.
fn group(text: &[u8], start: usize) -> u32 {
    let head = &text[start.saturating_sub(40)..start];
    let quiet = |b: &u8| matches!(b, b' ' | b'"' | b'\'' | b'(' | b'[');
    let length = head.iter().rposition(|b| !quiet(b)).map_or(0, |p| p + 1);
    let head = &head[..length];
    let head = match head.last() {
        Some(b':' | b'=' | b'#') => {
            let inner = &head[..length - 1];
            &inner[..inner.iter().rposition(|b| !quiet(b)).map_or(0, |p| p + 1)]
        }
        _ => head,
    };
    let word =
        head.iter().rev().take_while(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | 0x80..)).count();
    let named = &head[head.len() - word..];
    let named = if named.is_empty() { &head[head.len().saturating_sub(1)..] } else { named };
    // FNV-1a; equal groups matter, not who could make them collide.
    named.iter().fold(0x811c_9dc5, |h, b| (h ^ u32::from(b.to_ascii_lowercase())).wrapping_mul(0x0100_0193))
}
