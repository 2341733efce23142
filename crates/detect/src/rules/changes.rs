//! What of a rule set is another in the next one.

use std::collections::BTreeSet;
use std::sync::Arc;

use model::id::RuleId;

use super::RuleSet;

/// What differs between two rule sets that were read from one [`super::RuleCache`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleChanges {
    /// Rules that are new, gone, or do other things than before: they, what takes their matches
    /// back, or what correlates them was edited. Correlations of such rules are among them.
    pub ids: BTreeSet<RuleId>,
    /// Per rule of the earlier set its place in the later one, where it is the same.
    pub(crate) moved: Vec<Option<usize>>,
    /// Rules on events, by their places in the later set, that are to be evaluated again.
    pub(crate) again: Vec<usize>,
}

impl RuleChanges {
    /// Returns how many rules on events are evaluated again.
    pub fn again(&self) -> usize {
        self.again.len()
    }

    /// Returns whether both sets do the same.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

impl RuleSet {
    /// Returns what differs from an earlier set.
    pub fn changes(&self, earlier: &Self) -> RuleChanges {
        let mut changes = RuleChanges { moved: vec![None; earlier.infos.len()], ..RuleChanges::default() };
        let mut same = vec![false; self.infos.len()];
        // Rules on events first, then correlations, each after those it names.
        let on_events = (0..self.infos.len()).filter(|place| self.plan.at(*place).is_none());
        let correlations = self.plan.in_order().iter().map(|correlation| correlation.place);
        for place in on_events.chain(correlations) {
            let Some(info) = self.infos.get(place) else { continue };
            let old = earlier.place(info.id.as_str());
            let old =
                old.filter(|old| self.is_same(place, earlier, *old) && self.rests_on_same(place, &same));
            match old.and_then(|old| changes.moved.get_mut(old)) {
                Some(moved) => {
                    *moved = Some(place);
                    if let Some(same) = same.get_mut(place) {
                        *same = true;
                    }
                }
                None => {
                    changes.ids.insert(info.id.clone());
                    if self.plan.at(place).is_none() {
                        changes.again.push(place);
                    }
                }
            }
        }
        let gone = earlier.infos.iter().zip(&changes.moved).filter(|(_, moved)| moved.is_none());
        changes.ids.extend(gone.map(|(info, _)| info.id.clone()));
        changes
    }

    /// Returns whether a rule is what another set has, apart from the rules it correlates.
    fn is_same(&self, place: usize, other: &Self, old: usize) -> bool {
        let filters = |set: &Self, place: usize| -> Vec<usize> {
            let applied = set.applied.get(place).into_iter().flatten();
            applied.filter_map(|at| set.filters.get(*at)).map(|f| Arc::as_ptr(f).addr()).collect()
        };
        let compiled = match (self.compiled.get(place), other.compiled.get(old)) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            _ => false,
        };
        compiled
            && self.infos.get(place) == other.infos.get(old)
            && filters(self, place) == filters(other, old)
            && self.plan.is_silent(place) == other.plan.is_silent(old)
            && self.plan.names(place) == other.plan.names(old)
            && self.plan.asked_of(place) == other.plan.asked_of(old)
    }

    /// Returns whether a correlation names rules all of which are the same as before.
    fn rests_on_same(&self, place: usize, same: &[bool]) -> bool {
        let named = self.plan.at(place).map_or(&[][..], |correlation| &correlation.of);
        named.iter().all(|rule| same.get(*rule) == Some(&true))
    }

    /// Returns the ids of the rules whose firings these rules hang on: they themselves, and those
    /// that the correlations among them rest on.
    pub(crate) fn beneath(&self, ids: &BTreeSet<RuleId>) -> BTreeSet<RuleId> {
        let places = ids.iter().filter_map(|id| self.place(id.as_str()));
        let beneath = places.flat_map(|place| self.plan.beneath(place));
        let beneath = beneath.filter_map(|place| self.infos.get(place)).map(|info| info.id.clone());
        beneath.chain(ids.iter().cloned()).collect()
    }
}
