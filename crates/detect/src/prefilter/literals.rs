//! Parts of texts that are all looked for at once.

use std::collections::BTreeMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use super::skip::Skip;
use super::{Marks, Need};

/// Bytes of all parts up to which they become a deterministic automaton: with up to 64 classes of
/// bytes and 4 bytes a transition it takes 256 times as much memory, 1 MiB.
const LARGEST_DFA: usize = 4_096;

/// Where in a text a part must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Inside,
    Start,
    End,
    Whole,
}

/// Parts that are wanted, in small letters.
#[derive(Debug, Default)]
pub(super) struct Wanted(BTreeMap<String, Vec<(Place, Need)>>);

impl Wanted {
    pub(super) fn add(&mut self, text: String, place: Place, need: Need) {
        self.0.entry(text).or_default().push((place, need));
    }

    /// Returns the automaton, `None` where nothing is wanted.
    pub(super) fn built(self) -> Option<Literals> {
        if self.0.is_empty() {
            return None;
        }
        let bytes: usize = self.0.keys().map(String::len).sum();
        let kind = (bytes <= LARGEST_DFA).then_some(AhoCorasickKind::DFA);
        let (texts, needs): (Vec<String>, Vec<_>) = self.0.into_iter().unzip();
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .kind(kind)
            .build(&texts)
            .expect("the texts of rules, at most 1 MiB a file, are too few to fill an automaton");
        let skip = Skip::new(&texts);
        Some(Literals { skip, automaton, needs })
    }
}

/// An automaton, and the needs that each part meets.
#[derive(Debug)]
pub(super) struct Literals {
    skip: Option<Skip>,
    automaton: AhoCorasick,
    needs: Vec<Vec<(Place, Need)>>,
}

impl Literals {
    /// Marks the needs that the text meets.
    pub(super) fn look(&self, text: &str, marks: &mut Marks) {
        if text.is_ascii() {
            return self.find(text, marks);
        }
        // The engine's matchers compare what Unicode makes of the whole text in small letters.
        let small = text.to_lowercase();
        self.find(&small, marks);
        // A regular expression without regard to case takes the long s for an s (Unicode,
        // "CaseFolding", U+017F).
        if small.contains('\u{17f}') {
            self.find(&small.replace('\u{17f}', "s"), marks);
        }
    }

    fn find(&self, text: &str, marks: &mut Marks) {
        if self.skip.as_ref().is_some_and(|skip| !skip.may_hold(text)) {
            return;
        }
        // Nearly no text holds a part, and whether it does is told several times faster than where.
        if !self.automaton.is_match(text) {
            return;
        }
        for found in self.automaton.find_overlapping_iter(text) {
            let (first, last) = (found.start() == 0, found.end() == text.len());
            for (place, need) in self.needs.get(found.pattern().as_usize()).into_iter().flatten() {
                let met = match place {
                    Place::Inside => true,
                    Place::Start => first,
                    Place::End => last,
                    Place::Whole => first && last,
                };
                if met {
                    marks.set(*need);
                }
            }
        }
    }
}
