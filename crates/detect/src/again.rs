//! Another look at packed events, by the rules alone that changed.

use std::collections::{BTreeMap, BTreeSet};

use model::event::{Event, Origin};
use model::id::RuleId;
use model::recording::Recording;

use crate::pack::Pack;
use crate::route::PackedRoute;
use crate::rules::{RuleChanges, RuleSet};
use crate::seen::{Mark, Seen, Tally};
use crate::view::View;
use crate::watch::Watch;

/// The rules of a set that are evaluated again, by the origin of events.
#[derive(Debug)]
pub struct Again<'a> {
    rules: &'a RuleSet,
    changes: &'a RuleChanges,
    /// Ids of rules on whose firings something hangs that changed.
    beneath: BTreeSet<RuleId>,
    routes: BTreeMap<Origin, PackedRoute>,
}

impl<'a> Again<'a> {
    /// Returns the changed rules of `rules` for events of the origins in `packs`.
    pub fn new<'p>(
        rules: &'a RuleSet,
        earlier: &RuleSet,
        changes: &'a RuleChanges,
        packs: impl Iterator<Item = &'p Pack>,
    ) -> Self {
        let mut beneath = rules.beneath(&changes.ids);
        beneath.extend(earlier.beneath(&changes.ids));
        let mut routes = BTreeMap::new();
        for sheet in packs.flat_map(Pack::sheets) {
            if !routes.contains_key(sheet.origin.as_ref()) {
                let route = PackedRoute::new(rules, &changes.again, &sheet.origin);
                routes.insert(sheet.origin.as_ref().clone(), route);
            }
        }
        Self { rules, changes, beneath, routes }
    }

    /// Returns what is left of what was seen with the earlier rules: what other rules did.
    /// `None` where more was found to correlate than is kept: then all is to be looked at.
    pub fn carried(&self, seen: &Seen) -> Option<Seen> {
        if seen.hits_lost > 0 {
            return None;
        }
        let mut seen = seen.clone();
        let moved = |place: usize| self.changes.moved.get(place).copied().flatten();
        for tally in &mut seen.tallies {
            let fired = std::mem::take(&mut tally.fired);
            tally.fired = fired.into_iter().filter_map(|(rule, own)| Some((moved(rule)?, own))).collect();
        }
        let hits = std::mem::take(&mut seen.hits);
        let hits = hits.into_iter().filter_map(|hit| moved(hit.rule).map(|rule| hit.moved(rule)));
        seen.hits = hits.collect();
        Some(seen)
    }

    /// Returns how many events of a pack some of the rules look at.
    pub fn events(&self, pack: &Pack) -> u64 {
        let looked = |origin: &Origin| self.routes.get(origin).is_some_and(|route| !route.is_empty());
        let sheets = pack.sheets().iter().filter(|sheet| looked(&sheet.origin));
        sheets.map(|sheet| sheet.rows.len()).sum::<usize>() as u64
    }

    /// Returns whether a verdict on the recording, or what fired on it, may be another one, by
    /// what was seen with the earlier rules and what is seen now.
    pub fn concerns(&self, recording: &Recording, seen: &Seen, earlier: (&RuleSet, &Seen)) -> bool {
        let ids = &self.changes.ids;
        let fired = |rules: &RuleSet, seen: &Seen| {
            let places = seen.tallies.iter().flat_map(|tally: &Tally| tally.fired.keys());
            places.filter_map(|place| rules.rules().get(*place)).any(|info| self.beneath.contains(&info.id))
        };
        let named = |rules: &RuleSet| {
            let changed = ids.iter().filter_map(|id| rules.place(id.as_str()));
            let changed: Vec<usize> = changed.collect();
            recording.techniques.iter().any(|t| rules.any_naming(t, &changed))
        };
        recording.expected_rules.iter().any(|id| ids.contains(id))
            || fired(self.rules, seen)
            || fired(earlier.0, earlier.1)
            || named(self.rules)
            || named(earlier.0)
    }
}

impl Watch<'_> {
    /// Returns what the changed rules give on packed events.
    pub fn look_again(&self, pack: &Pack, again: &Again<'_>) -> Seen {
        let mut found: Vec<(u64, usize, usize, usize)> = Vec::new();
        for (at, sheet) in pack.sheets().iter().enumerate() {
            let Some(route) = again.routes.get(sheet.origin.as_ref()) else { continue };
            route.candidates(pack, sheet, &mut |row, rule| {
                found.extend(sheet.rows.get(row).map(|own| (own.index, rule, at, row)));
            });
        }
        found.sort_unstable();
        let mut seen = Seen::default();
        let mut event: Option<Event> = None;
        for (index, rule, at, row) in found {
            if event.as_ref().is_none_or(|event| event.index != index) {
                event = pack.sheets().get(at).and_then(|sheet| pack.event(sheet, row));
            }
            let Some(event) = &event else { continue };
            let (belonging, keys) = self.tests.test(event);
            self.try_rule(
                rule,
                event,
                &View::new(&event.fields),
                (Mark { index, keys }, belonging),
                &mut seen,
            );
        }
        seen
    }

    /// Fills in the events that verdicts on what was `seen` may name.
    pub fn keep_from(&self, packs: &[Pack], seen: &mut Seen) {
        let mut packs = packs.iter().peekable();
        let mut kept = BTreeMap::new();
        for index in self.wanted(seen) {
            // Packs stand in reading order: what is not in this one is in a later one.
            while let Some(pack) = packs.peek() {
                if let Some(event) = pack.find(index) {
                    kept.insert(index, event);
                    break;
                }
                if pack.last().is_none_or(|last| last < index) {
                    packs.next();
                } else {
                    break;
                }
            }
        }
        seen.kept = kept;
    }
}

impl Seen {
    /// Adds what changed rules gave on the same events, all of them, in reading order. Returns
    /// `None` where more was found to correlate than is kept.
    pub fn with(mut self, again: Self) -> Option<Self> {
        self.absorb(again);
        self.hits.sort_by_key(|hit| (hit.mark.index, hit.rule));
        (self.hits_lost == 0).then_some(self)
    }

    /// Drops the events that were kept for verdicts.
    pub fn without_events(mut self) -> Self {
        self.kept.clear();
        self
    }
}
