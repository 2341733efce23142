//! What a look at some events gave, in a shape that merges.
//!
//! Every list keeps the lowest places up to a bound, every count is a sum and
//! every time a minimum: merging in reading order gives the same result however
//! the events were cut into batches.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::detection::{Firing, Shown};
use model::event::{Event, Origin};
use model::quantity::Timestamp;

use crate::attribution::{Belonging, Keys};
use crate::correlate::{Hit, MOST_HITS};

/// Events kept per [`Kind`] for nearest misses, field presence and evidence.
/// Bounds memory and the time spent on trees; `explain` reads all events again.
pub(crate) const KEPT_PER_KIND: usize = 32;

/// Events kept per rule that a wanted correlation rests on: any of them may complete it.
pub(crate) const KEPT_HITS: usize = 256;

/// Events kept for a proof of success or of a block.
pub(crate) const KEPT_PROOFS: usize = 4;

/// An event named by its place, with the keys that hold for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark {
    pub(crate) index: u64,
    pub(crate) keys: Keys,
}

/// What one rule did.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fired {
    pub(crate) events: u64,
    pub(crate) first: Vec<Mark>,
    pub(crate) arrived: Option<Timestamp>,
    pub(crate) suppressed: u64,
    pub(crate) taken_back: Vec<Mark>,
    /// The first event on which it alerted, where that is asked for.
    pub(crate) shown: Option<(u64, Shown)>,
}

/// Events that are likely to have the same fields: one origin and, for Windows,
/// one event id (a Security log holds dozens).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) origin: Arc<Origin>,
    pub(crate) event_id: u64,
}

/// Events of one kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stock {
    pub(crate) events: u64,
    pub(crate) first: Vec<Mark>,
}

/// What was seen among events that stand alike to the act.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) kinds: BTreeMap<Kind, Stock>,
    /// By the rule's place in the rule set.
    pub(crate) fired: BTreeMap<usize, Fired>,
    pub(crate) success: Vec<Mark>,
    pub(crate) blocked: Vec<Mark>,
}

/// What the events looked at so far gave. Opaque; parts are merged in reading
/// order with [`Seen::absorb`] and handed to `Watch::finish`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Seen {
    pub(crate) tallies: [Tally; 3],
    /// Events that carry the marker.
    pub(crate) marked: u64,
    /// Matches of rules that correlations name, in reading order.
    pub(crate) hits: Vec<Hit>,
    /// Further ones, for which there was no room.
    pub(crate) hits_lost: u64,
    /// Events kept for trees and as evidence, by place.
    pub(crate) kept: BTreeMap<u64, Event>,
}

impl Seen {
    /// Adds what a later batch gave.
    pub fn absorb(&mut self, later: Self) {
        for (own, other) in self.tallies.iter_mut().zip(later.tallies) {
            own.absorb(other);
        }
        self.marked += later.marked;
        self.hits_lost += later.hits_lost;
        later.hits.into_iter().for_each(|hit| self.hit(hit));
        self.kept.extend(later.kept);
    }

    /// Takes a match for correlation.
    pub(crate) fn hit(&mut self, hit: Hit) {
        if self.hits.len() < MOST_HITS {
            self.hits.push(hit);
        } else {
            self.hits_lost += 1;
        }
    }

    pub(crate) fn of(&mut self, belonging: Belonging) -> &mut Tally {
        &mut self.tallies[belonging as usize]
    }
}

/// Adds a mark unless the list is full; marks come in reading order.
pub(crate) fn keep(list: &mut Vec<Mark>, mark: Mark, bound: usize) {
    if list.len() < bound {
        list.push(mark);
    }
}

fn join(own: &mut Vec<Mark>, other: Vec<Mark>, bound: usize) {
    own.extend(other);
    own.sort_unstable();
    own.truncate(bound);
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    a.into_iter().chain(b).min()
}

impl Fired {
    pub(crate) fn arrive(&mut self, time: Option<Timestamp>) {
        self.arrived = earlier(self.arrived, time);
    }

    /// Takes one more event on which the rule alerted; places may come in any order.
    pub(crate) fn take(&mut self, time: Option<Timestamp>, mark: Mark) {
        self.events += 1;
        self.arrive(time);
        join(&mut self.first, vec![mark], Firing::KEPT);
    }

    fn absorb(&mut self, other: Self) {
        self.events += other.events;
        self.suppressed += other.suppressed;
        self.arrived = earlier(self.arrived, other.arrived);
        join(&mut self.first, other.first, Firing::KEPT);
        join(&mut self.taken_back, other.taken_back, Firing::KEPT);
        self.shown = self.shown.take().into_iter().chain(other.shown).min_by_key(|(index, _)| *index);
    }
}

impl Tally {
    pub(crate) fn absorb(&mut self, other: Self) {
        self.events += other.events;
        for (kind, stock) in other.kinds {
            let own = self.kinds.entry(kind).or_default();
            own.events += stock.events;
            join(&mut own.first, stock.first, KEPT_PER_KIND);
        }
        for (rule, fired) in other.fired {
            self.fired.entry(rule).or_default().absorb(fired);
        }
        join(&mut self.success, other.success, KEPT_PROOFS);
        join(&mut self.blocked, other.blocked, KEPT_PROOFS);
    }
}
