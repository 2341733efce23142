//! What texts met that stood in the same field before.
//!
//! Of the values of a field a few come again and again: the programs of a host, its users. What
//! they meet is looked up in place of being searched for.

use super::{Marks, Need, Probe};

/// Texts of a field that are remembered.
const SLOTS: usize = 16;

/// Longest text that is remembered, in bytes: longer ones hardly come again.
const LONGEST: usize = 200;

/// The texts last seen of each field, each in the place that its bytes give.
#[derive(Debug, Default)]
pub(super) struct Recall {
    /// By the places of the probes.
    fields: Vec<[Seen; SLOTS]>,
    /// What the text that is looked at meets, where that is to be remembered.
    noted: Option<Vec<Need>>,
}

/// A text and what it meets; nothing where no text was seen yet.
#[derive(Debug, Default)]
struct Seen {
    text: Option<String>,
    met: Vec<Need>,
}

impl Recall {
    /// Notes a need that the text meets which is looked at.
    pub(super) fn note(&mut self, need: Need) {
        if let Some(noted) = &mut self.noted {
            noted.push(need);
        }
    }

    fn slot(&mut self, probe: &Probe, text: &str) -> Option<&mut Seen> {
        if self.fields.len() <= probe.place {
            self.fields.resize_with(probe.place + 1, Default::default);
        }
        self.fields.get_mut(probe.place)?.get_mut(place(text.as_bytes()))
    }

    /// Marks the needs that the text of a field meets.
    pub(super) fn look(probe: &Probe, text: &str, marks: &mut Marks) {
        if text.len() > LONGEST {
            return probe.look_text(text, marks);
        }
        let Some(slot) = marks.recall.slot(probe, text) else { return probe.look_text(text, marks) };
        let mut met = std::mem::take(&mut slot.met);
        if slot.text.as_deref() == Some(text) {
            marks.all(&met);
        } else {
            let own = slot.text.get_or_insert_default();
            own.clear();
            own.push_str(text);
            met.clear();
            marks.recall.noted = Some(met);
            probe.look_text(text, marks);
            met = marks.recall.noted.take().unwrap_or_default();
        }
        if let Some(slot) = marks.recall.slot(probe, text) {
            slot.met = met;
        }
    }
}

/// Returns the place of a text: its length and its last bytes, multiplied (Fibonacci hashing; Knuth,
/// "The Art of Computer Programming", 6.4).
fn place(text: &[u8]) -> usize {
    let tail = match text.last_chunk::<8>() {
        Some(tail) => u64::from_le_bytes(*tail),
        None => text.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    let middle = u64::from(text.get(text.len() / 2).copied().unwrap_or_default());
    let length = u64::try_from(text.len()).unwrap_or_default();
    let mixed = (tail ^ middle << 13 ^ length << 40).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 60).unwrap_or_default() % SLOTS
}
