//! The search for a good list.
//!
//! It begins with priority rules, keeps the best, and then moves single jobs to
//! other places of the list as long as moves are left, accepting what is not worse
//! and now and then what is a little worse (threshold acceptance, Dueck & Scheuer
//! 1990). After every improvement the schedule is justified: rebuilt from its own
//! ends backward and from its begins forward (Valls, Ballestín & Quintanilla 2005),
//! which often shortens it for free.

use super::{Links, Shop, Span};

/// How hard to search: evaluations of whole schedules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort(pub u32);

/// A schedule with what it costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// When each job runs; `None` for one that can never begin.
    pub spans: Vec<Option<Span>>,
    /// Its cost under the measure it was searched with.
    pub cost: u128,
    /// The order in which jobs took their turn.
    pub list: Vec<usize>,
}

impl Shop {
    /// Returns the best schedule found under `measure`, which must be regular:
    /// later ends never cost less. `weight` says how much hangs on a job and only
    /// guides the start. The same shop gives the same schedule every time.
    pub fn search(&self, measure: &dyn Fn(&[Option<Span>]) -> u128, weight: &[u64], effort: Effort) -> Found {
        let mut hunt = Hunt {
            shop: self,
            links: self.links(),
            measure,
            left: effort.0,
            dice: Dice(0x9e37_79b9_7f4a_7c15),
        };
        let mut best = hunt.rules(weight);
        let first = best.cost;
        let mut at = best.clone();
        let jobs = best.list.len();
        let budget = f64::from(effort.0.max(1));
        while hunt.left > 0 && jobs > 1 {
            let share = f64::from(hunt.left) / budget;
            let tried = hunt.neighbour(&at);
            if tried.cost <= at.cost.saturating_add(slack(first, share, hunt.dice.unit())) {
                at = tried;
            }
            if at.cost < best.cost {
                at = hunt.justified(at);
                best = at.clone();
            }
        }
        best
    }
}

/// Returns what a move may cost with a `share` of the moves left: it falls from 3 % of the first
/// cost to nothing, times a draw.
fn slack(first: u128, share: f64, draw: f64) -> u128 {
    (first as f64 * 0.03 * share * share * draw) as u128
}

struct Hunt<'a> {
    shop: &'a Shop,
    links: Links,
    measure: &'a dyn Fn(&[Option<Span>]) -> u128,
    left: u32,
    dice: Dice,
}

impl Hunt<'_> {
    fn try_list(&mut self, list: Vec<usize>) -> Found {
        self.left = self.left.saturating_sub(1);
        let spans = self.shop.serial_with(&list, &self.links);
        Found { cost: (self.measure)(&spans), spans, list }
    }

    /// Returns the best of the priority rules.
    fn rules(&mut self, weight: &[u64]) -> Found {
        let work = self.shop.work();
        let tails = self.shop.tails();
        let per_hour = |j: usize| {
            let hours = self.shop.jobs[j].duration.max(1);
            u128::from(weight.get(j).copied().unwrap_or(0)) * 1_000_000 / u128::from(hours)
        };
        let mut lists = vec![work.clone(), work.clone(), work];
        // Longest way to the end first; most people per hour first; shortest first.
        lists[0].sort_by_key(|&j| std::cmp::Reverse(tails[j]));
        lists[1].sort_by_key(|&j| (std::cmp::Reverse(per_hour(j)), std::cmp::Reverse(tails[j])));
        lists[2].sort_by_key(|&j| (self.shop.jobs[j].duration, std::cmp::Reverse(tails[j])));
        let mut best: Option<Found> = None;
        for list in lists {
            let found = self.try_list(list);
            let found = self.justified(found);
            if best.as_ref().is_none_or(|b| found.cost < b.cost) {
                best = Some(found);
            }
        }
        best.unwrap_or(Found { spans: Vec::new(), cost: 0, list: Vec::new() })
    }

    /// Returns a schedule with one job moved, or two exchanged.
    fn neighbour(&mut self, at: &Found) -> Found {
        let mut list = at.list.clone();
        let (from, to) = (self.dice.below(list.len()), self.dice.below(list.len()));
        if self.dice.below(3) == 0 {
            list.swap(from, to);
        } else {
            let job = list.remove(from);
            list.insert(to, job);
        }
        self.try_list(list)
    }

    /// Returns the schedule after lists by end backward and begin forward, if that is better.
    fn justified(&mut self, found: Found) -> Found {
        let mut best = found;
        for by_end in [false, true] {
            let mut list = best.list.clone();
            list.sort_by_key(|&j| {
                best.spans[j].map(|s| if by_end { (s.end, s.begin) } else { (s.begin, s.end) })
            });
            let tried = self.try_list(list);
            if tried.cost < best.cost {
                best = tried;
            }
        }
        best
    }
}

/// Moves of the search. They are no draws of a model: the search ends where it ends
/// whatever the seed of a run, so that the same outage gives the same plan
/// (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests;
