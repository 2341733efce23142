//! Text in which every valid identifier is replaced by its keyed hash: names of
//! files, messages of the system, anything that is printed.

use model::finding::{Place, Segment, Trouble};
use model::outflow::What;

use crate::find;
use crate::identify::{self, Candidate};
use crate::token::Key;

/// Returns the text with every valid identifier masked, in doubt too.
pub fn mask(text: &str, key: &Key) -> String {
    let hits = inside(text);
    if hits.is_empty() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for hit in hits {
        let (Some(before), true) = (text.get(at..hit.start), text.is_char_boundary(hit.end)) else {
            continue;
        };
        out.push_str(before);
        out.push_str(&format!("[{} {:016x}]", short(hit.what), key.token(hit.what, &hit.value)));
        at = hit.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Returns the valid identifiers of a short text. Nine and eleven digits are
/// left: in a name they are everything else.
fn inside(text: &str) -> Vec<Candidate> {
    let mut hits: Vec<Candidate> = Vec::new();
    let bytes = text.as_bytes();
    find::each(bytes, 0, bytes.len(), |at| {
        identify::at(bytes, at, |hit| {
            let telling = hit.valid && !matches!(hit.what, What::Ik | What::Lanr | What::TaxId);
            if telling && hits.last().is_none_or(|last| hit.start >= last.end) {
                hits.push(hit);
            }
        });
    });
    hits
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
    Place { path: place.path.into_iter().map(|s| segment(s, key)).collect() }
}

fn segment(segment: Segment, key: &Key) -> Segment {
    let hide = |text: String| if text.len() < 10 { text } else { mask(&text, key) };
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
