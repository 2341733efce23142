//! The service equations for 512 cases at a time.
//!
//! A case is one state of the assets: a trial at one moment, or one moment of a walk
//! through a trial. Bit `i` of a row is case `i`, so one machine instruction settles an
//! AND or an OR for 64 cases. "At least k of n" is counted by adding rows into the
//! binary digits of a number (bit slicing), and the number is compared with `k` digit by
//! digit. The answers are those of [`Equations::staying_up`], case by case.

use super::{Compiled, Enough, Equations, View};

/// Words in a block.
const WORDS: usize = 8;

/// Cases in a block.
const BLOCK: usize = 64 * WORDS;

type Row = [u64; WORDS];

/// One block of a state: first the assets, then the services.
#[derive(Clone, Copy)]
struct State<'a> {
    assets: &'a [Row],
    services: &'a [Row],
}

impl State<'_> {
    fn row(&self, at: u32) -> &Row {
        let at = at as usize;
        self.assets.get(at).unwrap_or_else(|| &self.services[at - self.assets.len()])
    }
}

/// What works in many cases: one row of bits for each asset or service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cases {
    things: usize,
    count: usize,
    /// By block, and in it by thing.
    rows: Vec<Row>,
}

impl Cases {
    /// Returns `count` cases of an estate with that many `things`, all of which work.
    pub fn working(things: usize, count: usize) -> Self {
        Self { things, count, rows: vec![[u64::MAX; WORDS]; things * count.div_ceil(BLOCK)] }
    }

    /// Returns how many cases there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Says that `thing` does not work in `case`; one that is not there is left out.
    pub fn set_down(&mut self, case: usize, thing: usize) {
        if case < self.count && thing < self.things {
            let (block, bit) = (case / BLOCK, case % BLOCK);
            self.rows[block * self.things + thing][bit / 64] &= !(1 << (bit % 64));
        }
    }

    /// Says that `thing` does not work in any of these cases; those that are not there are
    /// left out.
    pub fn set_down_in(&mut self, cases: std::ops::Range<usize>, thing: usize) {
        let end = cases.end.min(self.count);
        let mut case = cases.start;
        while case < end && thing < self.things {
            let (block, bit) = (case / BLOCK, case % BLOCK);
            // As many as lie in one word.
            let many = (64 - bit % 64).min(end - case);
            let mask = (u64::MAX >> (64 - many)) << (bit % 64);
            self.rows[block * self.things + thing][bit / 64] &= !mask;
            case += many;
        }
    }

    /// Returns whether `thing` works in `case`.
    pub fn works(&self, case: usize, thing: usize) -> bool {
        let (block, bit) = (case / BLOCK, case % BLOCK);
        case < self.count
            && thing < self.things
            && self.rows[block * self.things + thing][bit / 64] >> (bit % 64) & 1 == 1
    }

    /// Returns in how many cases `thing` works.
    pub fn working_count(&self, thing: usize) -> usize {
        self.words(&[thing]).map(|word| word.count_ones() as usize).sum()
    }

    /// Returns in how many cases all of these work, such as the services of a tenant.
    pub fn all_working_count(&self, things: &[usize]) -> usize {
        self.words(things).map(|word| word.count_ones() as usize).sum()
    }

    /// Returns the cases in which all of these work, 64 a word, with nothing beyond the last.
    fn words<'a>(&'a self, things: &'a [usize]) -> impl Iterator<Item = u64> + 'a {
        let blocks = self.rows.chunks(self.things.max(1)).enumerate();
        blocks.flat_map(move |(block, rows)| {
            let mut row = [u64::MAX; WORDS];
            for &thing in things {
                and(&mut row, rows.get(thing).unwrap_or(&[0; WORDS]));
            }
            (0..WORDS).map(move |w| {
                let left = self.count.saturating_sub(block * BLOCK + w * 64);
                if left >= 64 { row[w] } else { row[w] & ((1 << left) - 1) }
            })
        })
    }
}

fn and(row: &mut Row, other: &Row) {
    for (word, other) in row.iter_mut().zip(other) {
        *word &= other;
    }
}

fn or(row: &mut Row, other: &Row) {
    for (word, other) in row.iter_mut().zip(other) {
        *word |= other;
    }
}

impl Equations {
    /// Returns which services stay up for tenants of the site at place `site` in each
    /// case, in the order of the estate: the greatest fixed point, as
    /// [`Equations::staying_up`] gives it for one case. `assets` holds the assets of the
    /// estate; with others, or for a site that is not there, nothing works.
    pub fn staying_up_in(&self, site: usize, assets: &Cases) -> Cases {
        let services = self.services.len();
        let mut result = Cases::working(services, assets.count);
        let Some(view) = self.views.get(site).filter(|_| assets.things == self.assets) else {
            result.rows.fill([0; WORDS]);
            return result;
        };
        for block in 0..assets.count.div_ceil(BLOCK) {
            let of = |things: usize| block * things..(block + 1) * things;
            let (below, up) = (&assets.rows[of(self.assets)], &mut result.rows[of(services)]);
            self.settle(|service| {
                let met = view.met_in(service, State { assets: below, services: up });
                let before = up[service];
                and(&mut up[service], &met);
                before != up[service]
            });
        }
        result
    }
}

impl Equations {
    /// Returns which services run in emergency operation or better in each case, as
    /// [`Equations::emergency`] does for one; `up` is what stays up in these cases.
    pub fn emergency_in(&self, site: usize, assets: &Cases, up: &Cases) -> Cases {
        let services = self.services.len();
        let mut result = up.clone();
        let same = assets.things == self.assets && up.things == services && up.count == assets.count;
        let Some(view) = self.views.get(site).filter(|_| same) else { return result };
        let bridged = view.emergency_of.iter().enumerate();
        let bridged: Vec<_> = bridged.filter_map(|(s, needs)| Some((s, needs.as_ref()?))).collect();
        for block in 0..assets.count.div_ceil(BLOCK) {
            let of = |things: usize| block * things..(block + 1) * things;
            let state = State { assets: &assets.rows[of(self.assets)], services: &up.rows[of(services)] };
            for (service, needs) in &bridged {
                let met = view.all_met_in(needs, state);
                or(&mut result.rows[block * services + service], &met);
            }
        }
        result
    }
}

impl View {
    fn met_in(&self, service: usize, state: State<'_>) -> Row {
        self.all_met_in(&self.needs_of[service], state)
    }

    fn all_met_in(&self, needs: &std::ops::Range<usize>, state: State<'_>) -> Row {
        let mut met = [u64::MAX; WORDS];
        for need in &self.needs[needs.start..needs.end] {
            and(&mut met, &self.need_met(need, state));
        }
        met
    }

    fn need_met(&self, need: &Compiled, state: State<'_>) -> Row {
        let members = &self.members[need.members.clone()];
        let rows = members.iter().map(|(at, _)| state.row(*at));
        match need.enough {
            Enough::All => {
                let mut met = [u64::MAX; WORDS];
                rows.for_each(|row| and(&mut met, row));
                met
            }
            Enough::One => {
                let mut met = [0; WORDS];
                rows.for_each(|row| or(&mut met, row));
                met
            }
            Enough::Count(k) => counted(members, k as usize, state),
            Enough::Weigh(k) => weighed(members, k, state),
        }
    }
}

/// Up to so many members are counted one by one.
const FEW: usize = 8;

/// Returns the cases in which at least `k` members work, each counting for one.
///
/// Row `j` of the ladder holds the cases in which more than `j` of the members so far work;
/// where `k` is nearly all of them, those that do not work are counted instead.
fn counted(members: &[(u32, u32)], k: usize, state: State<'_>) -> Row {
    let spare = members.len().saturating_sub(k);
    let broken = spare + 1 < k;
    let rungs = if broken { spare + 1 } else { k };
    if k == 0 || k > members.len() || rungs > FEW {
        return weighed(members, k as u64, state);
    }
    let mut ladder = [[0; WORDS]; FEW];
    let flip = if broken { u64::MAX } else { 0 };
    for (at, _) in members {
        let row = state.row(*at);
        for rung in (0..rungs).rev() {
            for word in 0..WORDS {
                let below = if rung == 0 { u64::MAX } else { ladder[rung - 1][word] };
                ladder[rung][word] |= below & (row[word] ^ flip);
            }
        }
    }
    ladder[rungs - 1].map(|word| word ^ flip)
}

/// Returns the cases in which what the working members count for reaches `k`.
fn weighed(members: &[(u32, u32)], k: u64, state: State<'_>) -> Row {
    let total: u64 = members.iter().map(|(_, weight)| u64::from(*weight)).sum();
    if k > total {
        return [0; WORDS];
    }
    let digits = (u64::BITS - total.leading_zeros()) as usize;
    let mut sum = vec![[0_u64; WORDS]; digits];
    for (at, weight) in members {
        for digit in (0..u32::BITS).filter(|d| weight >> d & 1 == 1) {
            let mut carry = *state.row(*at);
            for place in &mut sum[digit as usize..] {
                for (word, carry) in place.iter_mut().zip(&mut carry) {
                    (*word, *carry) = (*word ^ *carry, *word & *carry);
                }
            }
        }
    }
    // From the lowest digit up: a higher digit decides unless it is equal.
    let mut reaches = [u64::MAX; WORDS];
    for (digit, row) in sum.iter().enumerate() {
        for (word, reached) in row.iter().zip(&mut reaches) {
            *reached = if k >> digit & 1 == 1 { word & *reached } else { word | *reached };
        }
    }
    reaches
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All states of up to nine members, one a case.
    #[test]
    fn counting_is_counting_whatever_the_way() {
        for n in 1..=9_usize {
            let mut state = vec![[0_u64; WORDS]; n];
            for case in 0..1_usize << n {
                for (member, row) in state.iter_mut().enumerate() {
                    row[case / 64] |= ((case >> member & 1) as u64) << (case % 64);
                }
            }
            let members: Vec<(u32, u32)> = (0..n as u32).map(|m| (m, 1)).collect();
            for k in 0..=n + 1 {
                let state = State { assets: &state, services: &[] };
                let (few, many) = (counted(&members, k, state), weighed(&members, k as u64, state));
                for case in 0..1_usize << n {
                    let bit = |row: &Row| row[case / 64] >> (case % 64) & 1 == 1;
                    let reaches = case.count_ones() as usize >= k;
                    assert_eq!((bit(&few), bit(&many)), (reaches, reaches), "{k} of {n} in {case:b}");
                }
            }
        }
    }
}
