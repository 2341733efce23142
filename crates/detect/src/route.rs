//! The rules that look at each kind of event, with the filter that says which of them can match.
//!
//! Routing before evaluation is what makes rules fast: a condition on the channel inside every
//! rule costs four times as much (measured on SigmaHQ's rules and Security-Datasets).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use model::event::Origin;

use crate::pack::{Pack, Sheet};
use crate::prefilter::{Marks, Memo, Prefilter};
use crate::rules::RuleSet;
use crate::view::View;

/// The rules for events of one origin.
#[derive(Debug)]
pub(crate) struct Route {
    /// Their places in the rule set, ascending.
    places: Vec<usize>,
    filter: Prefilter,
    /// Marks that nobody uses at the moment; they remember what values met.
    spare: Mutex<Vec<Marks>>,
}

impl Route {
    /// Returns marks for this route, to be given back with [`Route::put_back`].
    pub(crate) fn marks(&self) -> Marks {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Takes marks back.
    pub(crate) fn put_back(&self, marks: Marks) {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).push(marks);
    }

    fn new(rules: &RuleSet, origin: &Origin) -> Self {
        let served = rules.rules().iter().enumerate();
        let served =
            served.filter(|(place, info)| rules.plan().at(*place).is_none() && origin.serves(&info.source));
        let places: Vec<usize> = served.map(|(place, _)| place).collect();
        let filter = Prefilter::new(places.iter().map(|place| rules.compiled(*place)));
        Self { places, filter, spare: Mutex::default() }
    }

    /// Returns the places of rules that may match the event, ascending.
    pub(crate) fn candidates<'m>(
        &'m self,
        event: View<'_>,
        marks: &'m mut Marks,
    ) -> impl Iterator<Item = usize> + 'm {
        let found = self.filter.candidates(event, marks);
        found.iter().filter_map(|rule| self.places.get(*rule).copied())
    }
}

/// Those of some rules that look at events of one origin, for packed events.
#[derive(Debug)]
pub(crate) struct PackedRoute(Route);

impl PackedRoute {
    /// Returns the route of `places`, which ascend.
    pub(crate) fn new(rules: &RuleSet, places: &[usize], origin: &Origin) -> Self {
        let serves = |place: &usize| rules.rules().get(*place).is_some_and(|i| origin.serves(&i.source));
        let places: Vec<usize> = places.iter().copied().filter(serves).collect();
        let filter = Prefilter::of_packed(places.iter().map(|place| rules.compiled(*place)));
        Self(Route { places, filter, spare: Mutex::default() })
    }

    /// Returns whether none of the rules looks at events of the origin.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.places.is_empty()
    }

    /// Calls `found` with each row of a sheet that a rule may match, and the place of the rule.
    pub(crate) fn candidates(&self, pack: &Pack, sheet: &Sheet, found: &mut dyn FnMut(usize, usize)) {
        if self.is_empty() {
            return;
        }
        self.0.filter.rows(&mut Memo::new(pack), sheet, &mut |row, rules| {
            let places = rules.iter().filter_map(|rule| self.0.places.get(*rule));
            places.for_each(|place| found(row, *place));
        });
    }
}

type Slot = Arc<OnceLock<Arc<Route>>>;

/// The routes made so far. A route is made when the first event of its origin arrives, and serves
/// every recording.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    made: RwLock<BTreeMap<Origin, Slot>>,
}

impl Routes {
    /// Returns the route of events of this origin. Others that wait for the same one wait until
    /// it is made; those for others do not.
    pub(crate) fn of(&self, rules: &RuleSet, origin: &Origin) -> Arc<Route> {
        // A poisoned lock only means that another thread broke off: a map of
        // finished slots is whole at any moment.
        let known = self.made.read().unwrap_or_else(PoisonError::into_inner).get(origin).cloned();
        let slot = known.unwrap_or_else(|| {
            let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(made.entry(origin.clone()).or_default())
        });
        Arc::clone(slot.get_or_init(|| Arc::new(Route::new(rules, origin))))
    }
}
