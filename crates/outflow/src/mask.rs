//! Text in which every valid identifier is replaced by its keyed hash: names of
//! files, messages of the system, anything that is printed.

mod numbers;
mod signs;

use std::collections::BTreeMap;

use model::finding::{Place, Segment, Trouble};
use model::outflow::What;

use crate::identify::Value;
use crate::token::Key;
use numbers::{Hit, Manner};

/// Digits of the shortest identifier.
const LEAST: usize = 9;

/// Names of the kinds in masks.
const KINDS: [&str; 7] = ["KVNR", "ICCSN", "RVNR", "tax-id", "IBAN", "LANR", "IK"];

/// Returns a name of outside origin with every valid identifier masked, in doubt
/// too: glued to letters or digits, in groups, in other scripts' digits, encoded.
pub fn mask(text: &str, key: &Key) -> String {
    named(text, key, false)
}

/// Returns a text decoded, when it holds a valid identifier whose letters or digits are written
/// as escapes or in other scripts; those that are written as they are, are left out.
pub(crate) fn spelled(text: &str) -> Option<String> {
    let hits = inside(text, Manner::Telemetry);
    let plain = |hit: &&Hit| {
        let written = text.get(hit.start..hit.end).unwrap_or_default();
        written.is_ascii() && !written.contains(['%', '\\', '&'])
    };
    if hits.iter().all(|hit| plain(&hit)) {
        return None;
    }
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for hit in hits.iter().filter(plain) {
        rest.push_str(text.get(at..hit.start).unwrap_or_default());
        at = hit.end;
    }
    rest.push_str(text.get(at..).unwrap_or_default());
    Some(signs::decoded(&rest))
}

fn named(text: &str, key: &Key, physician: bool) -> String {
    replace(text, &inside(text, Manner::Name { physician }), |hit| {
        format!("[{} {:016x}]", short(hit.what), key.token(hit.what, &hit.value))
    })
}

/// Identifiers of one record as numbers in the order in which they turn up, such as
/// `[KVNR-1]`: the same person has the same mask everywhere in the record, the same
/// inputs give the same masks, and nobody can try numbers against them.
#[derive(Debug, Default)]
pub struct Pseudonyms {
    known: BTreeMap<(&'static str, Value), usize>,
}

impl Pseudonyms {
    /// Returns a piece of telemetry with its identifiers masked; `None` when it holds none.
    /// Most of what is shaped like a number there is something else and is evidence, so
    /// a number counts where it is written without gaps or as a word in its usual groups.
    pub fn telemetry(&mut self, text: &str) -> Option<String> {
        self.replace(text, Manner::Telemetry)
    }

    /// Returns a name or path masked as [`mask`] does; `None` when it holds no identifier.
    pub fn name(&mut self, text: &str) -> Option<String> {
        self.replace(text, Manner::Name { physician: false })
    }

    fn replace(&mut self, text: &str, manner: Manner) -> Option<String> {
        let hits = inside(text, manner);
        let masked = replace(text, &hits, |hit| {
            let kind = short(hit.what);
            let next = self.known.keys().filter(|(k, _)| *k == kind).count() + 1;
            format!("[{kind}-{}]", self.known.entry((kind, hit.value)).or_insert(next))
        });
        (!hits.is_empty()).then_some(masked)
    }
}

fn replace(text: &str, hits: &[Hit], mut with: impl FnMut(&Hit) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for hit in hits {
        let Some(before) = text.get(at..hit.start) else { continue };
        out.push_str(before);
        out.push_str(&with(hit));
        at = hit.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Returns the valid identifiers of a short text in their order; those that overlap are one.
fn inside(text: &str, manner: Manner) -> Vec<Hit> {
    if text.is_ascii() && text.bytes().filter(u8::is_ascii_digit).count() < LEAST {
        return Vec::new();
    }
    let readings = signs::readings(text);
    let mut hits: Vec<Hit> = readings.iter().flat_map(|signs| numbers::find(text, signs, manner)).collect();
    hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let mut all: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match all.last_mut().filter(|last| hit.start < last.end) {
            Some(last) => last.end = last.end.max(hit.end),
            None => all.push(hit),
        }
    }
    all
}

fn short(what: What) -> &'static str {
    match what {
        What::Kvnr | What::Kvnr20 | What::Kvnr30 => "KVNR",
        What::Iccsn => "ICCSN",
        What::Rvnr => "RVNR",
        What::TaxId => "tax-id",
        What::Iban => "IBAN",
        What::Lanr => "LANR",
        What::Ik => "IK",
    }
}

/// Returns the place with identifiers in its names masked.
pub(crate) fn place(place: Place, key: &Key) -> Place {
    // What names a number may stand in another step than the number.
    let physician = numbers::name_physician(&place.to_string());
    Place { path: place.path.into_iter().map(|s| segment(s, key, physician)).collect() }
}

fn segment(segment: Segment, key: &Key, physician: bool) -> Segment {
    let hide = |text: String| named(&text, key, physician);
    match segment {
        Segment::File(name) => Segment::File(hide(name)),
        Segment::Member(name) => Segment::Member(hide(name)),
        Segment::Page { title, version, id, link } => {
            Segment::Page { title: hide(title), version, id: hide(id), link: link.map(hide) }
        }
        Segment::Issue { key, title, link } => {
            Segment::Issue { key: hide(key), title: hide(title), link: link.map(hide) }
        }
        Segment::Comment(id) => Segment::Comment(hide(id)),
        Segment::Change(id) => Segment::Change(hide(id)),
        Segment::Attachment { name, id, version } => {
            Segment::Attachment { name: hide(name), id: hide(id), version }
        }
        Segment::Sheet(name) => Segment::Sheet(hide(name)),
        Segment::Table(name) => Segment::Table(hide(name)),
        Segment::Field(name) => Segment::Field(hide(name)),
        other @ (Segment::Message(_) | Segment::Row(_) | Segment::Line(_) | Segment::Offset(_)) => other,
    }
}

/// Returns the trouble with identifiers in its words masked.
pub(crate) fn trouble(trouble: Trouble, key: &Key) -> Trouble {
    let hide = |text: String| mask(&text, key);
    match trouble {
        Trouble::Unreadable(why) => Trouble::Unreadable(hide(why)),
        Trouble::Truncated(why) => Trouble::Truncated(hide(why)),
        Trouble::Damaged(why) => Trouble::Damaged(hide(why)),
        Trouble::Bomb(why) => Trouble::Bomb(hide(why)),
        Trouble::Bounded(why) => Trouble::Bounded(hide(why)),
        Trouble::Path(why) => Trouble::Path(hide(why)),
        Trouble::Unsupported(format) => Trouble::Unsupported(hide(format)),
        other @ (Trouble::Encrypted | Trouble::TooDeep(_) | Trouble::Changed) => other,
    }
}

/// Returns the words of a place in which an identifier may hide and that no part
/// carries: the name of its innermost step.
pub(crate) fn name_of(place: &Place) -> Option<&str> {
    match place.path.last()? {
        Segment::File(name) | Segment::Member(name) => name.rsplit('/').next(),
        Segment::Attachment { name, .. } => Some(name),
        Segment::Page { title, .. } | Segment::Issue { title, .. } => Some(title),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a text with masks as `#`, so that what is left is seen.
    fn left(text: &str) -> String {
        let masked = mask(text, &Key::new([1; 32]));
        let parts: Vec<&str> = masked.split('[').collect();
        let inner =
            |p: &&str| p.split_once(']').map_or_else(|| format!("[{p}"), |(_, rest)| format!("#{rest}"));
        parts.iter().take(1).map(|p| (*p).to_owned()).chain(parts.iter().skip(1).map(inner)).collect()
    }

    /// The check digit of G12345678 is 3, of C12345678 it is 4.
    #[test]
    fn names_are_masked_in_every_form_and_nothing_else_is() {
        let cases = [
            // Exactly the number, and two without anything between them.
            ("G123456783", "#"),
            ("G123456783C123456784", "##"),
            ("G123456783 C123456784.txt", "# #.txt"),
            ("PATG123456783neu.txt", "PAT#neu.txt"),
            ("G12345678320240101.txt", "#20240101.txt"),
            ("20241301G123456783", "20241301#"),
            ("akte_G123_456_783.pdf", "akte_#.pdf"),
            ("akte G 123 - 456 - 783", "akte #"),
            ("pat_G12345/6783/x", "pat_#/x"),
            ("\u{ff27}\u{ff11}23456783", "#"),
            ("G\u{200b}1\u{200b}23456783", "#"),
            ("%47123456783", "#"),
            ("%2547123456783", "#"),
            ("\\u0047123456783", "#"),
            ("&#71;123456783", "#"),
            ("100%G123456783", "100%#"),
            ("Gu\u{308}G123456783", "Gu\u{308}#"),
            ("G\u{661}23456783", "#"),
            ("86095742719.pdf", "#.pdf"),
            ("steuer-id-860 957 427 19", "steuer-id-#"),
            ("PATDE89370400440532013000neu", "PAT#neu"),
            ("D_E89_370_400_440_532_013_000", "#"),
            ("rv 15 070649 C 103.txt", "rv #.txt"),
            ("2024010115070649C103", "20240101#"),
            ("card80276001234567890123x", "card#x"),
            ("lanr 123456601.txt", "lanr #.txt"),
            ("Arztnummer/123456601", "Arztnummer/#"),
            ("lanr12345660120240101", "lanr#20240101"),
            // Not valid; without a word that names it; a word before other digits;
            // ids of Windows; digests and GUIDs; masks that were set before.
            ("G123456784", "G123456784"),
            ("123456601.txt", "123456601.txt"),
            ("seitG_123456783", "seitG_123456783"),
            ("S-1-5-21-1000000000-2", "S-1-5-21-1000000000-2"),
            ("ab0000000000000000000C1234567840", "ab0000000000000000000C1234567840"),
            ("C1234567-8400-4000-8000-000000000000", "C1234567-8400-4000-8000-000000000000"),
        ];
        for (name, wanted) in cases {
            assert_eq!(left(name), wanted, "{name}");
            let once = mask(name, &Key::new([1; 32]));
            assert_eq!(mask(&once, &Key::new([2; 32])), once, "a mask stays: {name}");
        }
    }

    #[test]
    fn a_mask_is_the_keyed_hash_of_the_value_however_it_is_written() {
        let key = Key::new([1; 32]);
        let wanted = format!("[KVNR {:016x}]", key.person("G123456783"));
        for name in ["G123456783", "g 123 456 783", "%47123456783"] {
            assert_eq!(mask(name, &key), wanted);
        }
    }

    #[test]
    fn every_word_of_a_place_and_of_a_trouble_is_masked() {
        let name = || "x G123456783".to_owned();
        let segments = [
            Segment::File(name()),
            Segment::Member(name()),
            Segment::Page { title: name(), version: None, id: name(), link: Some(name()) },
            Segment::Issue { key: name(), title: name(), link: Some(name()) },
            Segment::Comment(name()),
            Segment::Change(name()),
            Segment::Attachment { name: name(), id: name(), version: None },
            Segment::Sheet(name()),
            Segment::Table(name()),
            Segment::Field(name()),
        ];
        let troubles = [
            Trouble::Unreadable(name()),
            Trouble::Truncated(name()),
            Trouble::Damaged(name()),
            Trouble::Bomb(name()),
            Trouble::Bounded(name()),
            Trouble::Path(name()),
            Trouble::Unsupported(name()),
        ];
        let key = Key::new([1; 32]);
        for segment in segments {
            let masked = format!("{:?}", place(Place { path: vec![segment] }, &key));
            assert!(masked.contains("[KVNR ") && !masked.contains("G123456783"), "{masked}");
        }
        for told in troubles {
            let masked = format!("{:?}", trouble(told, &key));
            assert!(masked.contains("[KVNR ") && !masked.contains("G123456783"), "{masked}");
        }
        // What names the number stands in another step.
        let far =
            Place { path: vec![Segment::File("LANR.zip".into()), Segment::Member("123456601.txt".into())] };
        assert!(place(far, &key).to_string().contains("[LANR "));
    }

    #[test]
    fn telemetry_keeps_what_only_looks_like_a_number() {
        let mut known = Pseudonyms::default();
        let cases = [
            ("type C:\\PATG123456783.txt", Some("type C:\\PAT[KVNR-1].txt")),
            ("kvnr=C 123 456 784;", Some("kvnr=[KVNR-2];")),
            ("again g123456783", Some("again [KVNR-1]")),
            ("86095742719", Some("[tax-id-1]")),
            ("iban DE89 3704 0044 0532 0130 00", Some("iban [IBAN-1]")),
            ("15070649C103", Some("[RVNR-1]")),
            ("80276001234567890123", Some("[ICCSN-1]")),
            ("lanr 123456601", Some("lanr [LANR-1]")),
            ("S-1-5-21-1000000000-1", None),
            ("t 2026-01-05 08:10:00.123", None),
            ("x86095742719", None),
            ("C1234567-8400-4000-8000-000000000000", None),
            ("G-12-34-56-78-3", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(known.telemetry(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn the_innermost_name_is_looked_at_as_a_part_of_its_own() {
        let of = |segment: Segment| name_of(&Place { path: vec![segment] }).map(str::to_owned);
        assert_eq!(of(Segment::File("a/b".into())).as_deref(), Some("b"));
        assert_eq!(of(Segment::Member("a/b".into())).as_deref(), Some("b"));
        let attachment = Segment::Attachment { name: "n".into(), id: "i".into(), version: None };
        assert_eq!(of(attachment).as_deref(), Some("n"));
        let issue = Segment::Issue { key: "k".into(), title: "t".into(), link: None };
        assert_eq!(of(issue).as_deref(), Some("t"));
        let page = Segment::Page { title: "p".into(), version: None, id: "i".into(), link: None };
        assert_eq!(of(page).as_deref(), Some("p"));
        assert_eq!(of(Segment::Row(1)), None);
        assert_eq!(name_of(&Place::default()), None);
    }
}
