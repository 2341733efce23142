//! Which changed inputs are the cause of a changed verdict.

use std::collections::BTreeSet;

/// The causes of a change, by number of the changed input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Causes {
    /// Smallest sets of inputs that give the old answer back when they alone are exchanged
    /// for their old state.
    pub restore: Vec<Vec<usize>>,
    /// Smallest sets of inputs that give the new answer when they alone are exchanged for
    /// their new state in the old run.
    pub suffice: Vec<Vec<usize>>,
    /// Whether sets were left out, because of the bound on their size.
    pub bounded: bool,
}

/// Largest number of changed inputs of which all pairs are tried.
const PAIRS: usize = 64;

/// Returns the smallest sets of changed inputs that explain a change.
///
/// `inputs` is the number of changed inputs. `is_old` runs the judgement again with the
/// inputs whose place is `true` in their **old** state and all others in their new one, and
/// returns whether the answer is the old one. It must answer `true` for all old and `false`
/// for all new; otherwise nothing is returned, for then the changed inputs are not the cause
/// (or not the whole of it).
///
/// All single inputs are tried, then all pairs of those left (with up to 64 inputs), then one
/// larger set by delta debugging (Zeller and Hildebrandt 2002). With `n` inputs that takes
/// about `n²` judgements at worst.
pub fn causes(inputs: usize, mut is_old: impl FnMut(&[bool]) -> bool) -> Causes {
    if inputs == 0 || !is_old(&vec![true; inputs]) || is_old(&vec![false; inputs]) {
        return Causes::default();
    }
    let (restore, first) = smallest(inputs, &mut |set| is_old(&mask(inputs, set, true)));
    let (suffice, second) = smallest(inputs, &mut |set| !is_old(&mask(inputs, set, false)));
    Causes { restore, suffice, bounded: first || second }
}

/// Returns which inputs are old: those of `set` if `old`, else all but them.
fn mask(inputs: usize, set: &[usize], old: bool) -> Vec<bool> {
    (0..inputs).map(|i| set.contains(&i) == old).collect()
}

/// Returns the smallest sets that `works` accepts, and whether larger ones may be missing.
fn smallest(inputs: usize, works: &mut impl FnMut(&[usize]) -> bool) -> (Vec<Vec<usize>>, bool) {
    let mut found: Vec<Vec<usize>> = (0..inputs).map(|i| vec![i]).filter(|set| works(set)).collect();
    let alone: BTreeSet<usize> = found.iter().flatten().copied().collect();
    let rest: Vec<usize> = (0..inputs).filter(|i| !alone.contains(i)).collect();
    if rest.len() <= PAIRS {
        for (place, first) in rest.iter().enumerate() {
            for second in rest.iter().skip(place + 1) {
                let pair = vec![*first, *second];
                if works(&pair) {
                    found.push(pair);
                }
            }
        }
    }
    if found.is_empty() {
        found.push(reduced((0..inputs).collect(), works));
        return (found, true);
    }
    (found, rest.len() > PAIRS)
}

/// Takes away what `set` can do without, part by part, until each input left is needed.
fn reduced(mut set: Vec<usize>, works: &mut impl FnMut(&[usize]) -> bool) -> Vec<usize> {
    let mut parts = 2;
    while set.len() > 1 {
        let size = set.len().div_ceil(parts);
        let without = (0..set.len()).step_by(size).find_map(|from| {
            let left: Vec<usize> = set
                .iter()
                .enumerate()
                .filter(|(i, _)| !(from..from + size).contains(i))
                .map(|(_, x)| *x)
                .collect();
            (!left.is_empty() && works(&left)).then_some(left)
        });
        match without {
            Some(left) => {
                set = left;
                parts = parts.saturating_sub(1).max(2);
            }
            None if size == 1 => break,
            None => parts = (parts * 2).min(set.len()),
        }
    }
    set
}
