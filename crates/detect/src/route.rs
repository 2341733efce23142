//! One rule engine per kind of event, holding exactly the rules that look at it.
//!
//! Routing before evaluation is what makes the engine fast: a condition on the
//! channel inside every rule costs four times as much (measured on SigmaHQ's
//! rules and Security-Datasets).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use model::event::Origin;
use rsigma_eval::Engine;

use crate::rules::RuleSet;

type Slot = Arc<OnceLock<Arc<Engine>>>;

/// The engines made so far. An engine is made when the first event of its
/// origin arrives, and serves every recording.
#[derive(Default)]
pub(crate) struct Routes {
    engines: RwLock<BTreeMap<Origin, Slot>>,
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Routes")
    }
}

impl Routes {
    /// Returns the engine for events of this origin. Others that wait for the
    /// same engine wait until it is made; those for other engines do not.
    pub(crate) fn engine(&self, rules: &RuleSet, origin: &Origin) -> Arc<Engine> {
        // A poisoned lock only means that another thread broke off: a map of
        // finished slots is whole at any moment.
        let known = self.engines.read().unwrap_or_else(PoisonError::into_inner).get(origin).cloned();
        let slot = known.unwrap_or_else(|| {
            let mut engines = self.engines.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(engines.entry(origin.clone()).or_default())
        });
        Arc::clone(slot.get_or_init(|| Arc::new(build(rules, origin))))
    }
}

fn build(rules: &RuleSet, origin: &Origin) -> Engine {
    let mut engine = Engine::new();
    let served = rules.rules().iter().enumerate();
    let served =
        served.filter(|(place, info)| rules.plan().at(*place).is_none() && origin.serves(&info.source));
    engine.extend_compiled_rules(served.map(|(place, _)| rules.compiled(place).clone()));
    engine
}
