//! The stretch of a text that is most like another.

use strsim::normalized_damerau_levenshtein;

/// Characters of a text that are looked at, and of what is looked for.
const LONGEST: usize = 1_000;
const LONGEST_WANTED: usize = 64;

/// How far a stretch may be shorter or longer than what is looked for, in characters.
const SLACK: usize = 2;

/// The least similarity of a stretch that may be meant (a choice: one wrong letter of three,
/// two of five).
pub(super) const ALIKE: f64 = 0.6;

/// Where in a text a value must stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Whole,
    Start,
    End,
    Anywhere,
}

/// Returns the stretch of `text` most like `wanted` without regard to case, at least [`ALIKE`]; of
/// equally similar ones that of the nearest length, then the first. `wanted` itself is no answer.
pub(super) fn closest(text: &str, wanted: &str, anchor: Anchor) -> Option<String> {
    let letters: Vec<char> = text.chars().take(LONGEST).collect();
    let length = wanted.chars().count();
    if length == 0 || length > LONGEST_WANTED {
        return None;
    }
    let low = wanted.to_lowercase();
    let (first, last) = (low.chars().next()?, low.chars().next_back()?);
    let shortest = length.saturating_sub(SLACK).max(1);
    let mut sizes: Vec<usize> = (shortest..=(length + SLACK).min(letters.len())).collect();
    // Of equally similar ones that of the same length: two letters exchanged, not one left out.
    sizes.sort_by_key(|size| size.abs_diff(length));
    let mut best: Option<(f64, String)> = None;
    for size in sizes {
        let begins: Vec<usize> = match anchor {
            Anchor::Whole if size == letters.len() => vec![0],
            Anchor::Whole => continue,
            Anchor::Start => vec![0],
            Anchor::End => vec![letters.len() - size],
            Anchor::Anywhere => (0..=letters.len() - size).collect(),
        };
        for begin in begins {
            let Some(stretch) = letters.get(begin..begin + size) else { continue };
            let ends = |at: Option<&char>, wanted: char| at.is_some_and(|c| c.to_lowercase().eq([wanted]));
            if anchor == Anchor::Anywhere && !ends(stretch.first(), first) && !ends(stretch.last(), last) {
                continue;
            }
            // A separator is no letter that is easily mistaken.
            let kept = |at: Option<&char>, wanted: char| wanted.is_alphanumeric() || at == Some(&wanted);
            if !kept(stretch.first(), first) || !kept(stretch.last(), last) {
                continue;
            }
            let stretch: String = stretch.iter().collect();
            let alike = normalized_damerau_levenshtein(&stretch.to_lowercase(), &low);
            if stretch != wanted && alike >= ALIKE && best.as_ref().is_none_or(|(so_far, _)| alike > *so_far)
            {
                best = Some((alike, stretch));
            }
        }
    }
    best.map(|(_, stretch)| stretch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_letter_is_found_where_the_value_must_stand() {
        let line = "vssadmin.exe delete shadows /all";
        assert_eq!(closest(line, "delte ", Anchor::Anywhere).unwrap(), "delete ");
        assert_eq!(
            closest(r"C:\Windows\System32\vssadmin.exe", r"\vssadmn.exe", Anchor::End).unwrap(),
            r"\vssadmin.exe"
        );
        assert_eq!(closest(line, "vsadmin", Anchor::Start).unwrap(), "vssadmin");
        assert_eq!(closest(line, "completely other", Anchor::Anywhere), None);
        assert_eq!(closest(line, "delete", Anchor::Whole), None);
        assert_eq!(closest(r"C:\tools\my-netsh.exe", r"\netsh.exe", Anchor::End), None);
        assert_eq!(closest("http add ", "dad ", Anchor::Anywhere).unwrap(), "add ");
    }
}
