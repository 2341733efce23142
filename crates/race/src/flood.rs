//! What can be reached at all, 512 trials in one pass: one bit a trial.
//!
//! Time plays no part. Each edge is open or closed in each trial by its own chance;
//! new bits flow along open edges until nothing changes. Used for what needs no
//! clock: whether a campaign can succeed at all, and checks against known
//! percolation and reliability values.

use model::quantity::Seed;

use crate::chance::{Chance, Purpose};
use crate::terrain::{PASSAGE, Terrain};

/// Words of 64 trials.
const WORDS: usize = 8;
/// Trials of one pass.
pub const WIDTH: u32 = 64 * WORDS as u32;
/// Digits of a chance in binary: it is off by at most 2^-24.
const DIGITS: u32 = 24;
/// Largest number of edges a node may need here: counters have three digits.
const MOST_NEEDED: u8 = 7;

type Bits = [u64; WORDS];

/// Returns in how many of [`WIDTH`] trials the goal is reached, where an attempt with
/// technique `t` succeeds with chance `open[t]`; passes of other numbers are independent.
///
/// `None` without a goal, or where a node needs more than seven edges.
pub fn flood(terrain: &Terrain, open: &[f64], seed: Seed, pass: u32) -> Option<u32> {
    let goal = terrain.goal?;
    if terrain.nodes.iter().any(|n| n.need > MOST_NEEDED) {
        return None;
    }
    let chance = Chance::new(seed, pass);
    let mut held = vec![[0_u64; WORDS]; terrain.nodes.len()];
    let mut fresh = held.clone();
    let mut counts = vec![[[0_u64; WORDS]; 3]; terrain.nodes.len()];
    let mut queue: Vec<u32> = terrain.starts.clone();
    for start in &terrain.starts {
        held[*start as usize] = [u64::MAX; WORDS];
        fresh[*start as usize] = [u64::MAX; WORDS];
    }
    while let Some(node) = queue.pop() {
        let news = std::mem::replace(&mut fresh[node as usize], [0; WORDS]);
        if news == [0; WORDS] {
            continue;
        }
        for edge in &terrain.edges[terrain.row(node)] {
            let gate = if edge.technique == PASSAGE {
                [u64::MAX; WORDS]
            } else {
                let p = open.get(usize::from(edge.technique)).copied().unwrap_or(0.0);
                coins(chance, edge.entity, p)
            };
            let target = edge.target as usize;
            let need = terrain.nodes[target].need;
            let mut won = false;
            for w in 0..WORDS {
                let arrived = news[w] & gate[w];
                let reached = count(&mut counts[target], w, arrived, need) & !held[target][w];
                held[target][w] |= reached;
                fresh[target][w] |= reached;
                won |= reached != 0;
            }
            if won {
                queue.push(edge.target);
            }
        }
    }
    Some(held[goal as usize].iter().map(|w| w.count_ones()).sum())
}

/// Adds one where `arrived` has a bit, and returns where at least `need` have come.
fn count(planes: &mut [Bits; 3], word: usize, arrived: u64, need: u8) -> u64 {
    if need == 1 {
        return arrived;
    }
    let full = planes[0][word] & planes[1][word] & planes[2][word];
    let mut carry = arrived & !full;
    for plane in planes.iter_mut() {
        let next = plane[word] & carry;
        plane[word] ^= carry;
        carry = next;
    }
    let digit = |value: u8, place: usize| {
        if value >> place & 1 == 1 { planes[place][word] } else { !planes[place][word] }
    };
    (need..=MOST_NEEDED).fold(0, |any, v| any | (digit(v, 0) & digit(v, 1) & digit(v, 2)))
}

/// Returns bits that are one with chance `p`: from the last binary digit of `p` to the
/// first, a one is OR with a fair coin and a zero AND.
fn coins(chance: Chance, entity: crate::chance::Entity, p: f64) -> Bits {
    let scaled = (p.clamp(0.0, 1.0) * f64::from(1_u32 << DIGITS)).round() as u32;
    if scaled == 0 || scaled >= 1 << DIGITS {
        return [if scaled == 0 { 0 } else { u64::MAX }; WORDS];
    }
    let mut bits = [0; WORDS];
    // Zeros behind the last one change nothing.
    for digit in scaled.trailing_zeros()..DIGITS {
        for (w, word) in bits.iter_mut().enumerate() {
            let coin = chance.bits(entity, Purpose::Word, digit * WORDS as u32 + w as u32);
            *word = if scaled >> digit & 1 == 1 { *word | coin } else { *word & coin };
        }
    }
    bits
}
