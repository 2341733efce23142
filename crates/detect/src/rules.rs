//! All Sigma rules of a folder, compiled and joined to the matrix.

mod cache;
mod changes;
mod correlations;
mod filter;
mod gather;
mod prepare;
mod variants;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use model::attack::Joined;
use model::detection::{RejectedRule, RuleInfo, RuleSetSummary};
use model::diagnostic::Diagnostic;
use model::id::{RuleId, TechniqueId};
use model::read::Read;
use rsigma_eval::{CompiledRule, evaluate_rule};

use crate::correlate::Plan;
use crate::route::Routes;
use crate::view::View;
use filter::Filter;

pub use cache::RuleCache;
pub use changes::RuleChanges;

pub use variants::{Variant, variant_id};

/// A file of a rules folder.
#[derive(Debug, Clone)]
pub struct RuleFile {
    /// Its path relative to the rules folder.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Sigma rules ready to look at events.
///
/// Rules stand in order of their ids, so that nothing depends on the order in
/// which files were listed. A rule is evaluated on an event exactly when the
/// event's origin serves the rule's log source; a rule that names no product,
/// category or service looks at every event.
#[derive(Debug)]
pub struct RuleSet {
    infos: Vec<RuleInfo>,
    compiled: Vec<Arc<CompiledRule>>,
    filters: Vec<Arc<Filter>>,
    /// Per rule the places of the filters that apply to it.
    applied: Vec<Vec<usize>>,
    plan: Plan,
    routes: Routes,
    /// Places of the rules that name a technique, by its id.
    by_technique: BTreeMap<String, Vec<usize>>,
}

impl RuleSet {
    /// Returns the usable rules of `files` and an account of what was not usable.
    ///
    /// `join` turns a published technique id into ids of the matrix in use. Of
    /// two rules with the same id the one in the file that sorts first is used.
    pub fn read(
        files: Vec<RuleFile>,
        join: &(dyn Fn(&str) -> Joined + Sync),
    ) -> Read<(Self, RuleSetSummary)> {
        let mut cache = RuleCache::default();
        let named: Vec<(String, String)> =
            files.iter().enumerate().map(|(place, file)| (file.path.clone(), place.to_string())).collect();
        let files = files.into_iter().enumerate().map(|(place, file)| (place.to_string(), file));
        cache.take(files.collect(), join);
        cache.set(named)
    }

    /// Returns the rules in order of their ids.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.infos
    }

    /// Returns the rule with this id.
    pub fn info(&self, id: &RuleId) -> Option<&RuleInfo> {
        self.infos.get(self.place(id.as_str())?)
    }

    /// Returns the place of the rule with this id.
    pub(crate) fn place(&self, id: &str) -> Option<usize> {
        self.infos.binary_search_by(|info| info.id.as_str().cmp(id)).ok()
    }

    pub(crate) fn compiled(&self, place: usize) -> &CompiledRule {
        &self.compiled[place]
    }

    /// Returns whether a filter takes back a match of the rule on this event.
    pub(crate) fn suppressed(&self, place: usize, event: &View<'_>) -> bool {
        self.applied[place]
            .iter()
            .any(|filter| evaluate_rule(&self.filters[*filter].condition, event).is_none())
    }

    /// Returns what correlation rules make of the matches of others.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.routes
    }

    /// Returns the places of rules that count for `technique`: they name it, its
    /// parent, or one of its sub-techniques. A sibling sub-technique does not
    /// count: a rule for one interpreter says nothing about another. Nor does a rule that only
    /// a correlation reads.
    pub(crate) fn naming(&self, technique: &TechniqueId) -> Vec<usize> {
        let wanted = technique.as_str();
        let prefix = format!("{wanted}.");
        let parents = wanted.match_indices('.').filter_map(|(at, _)| wanted.get(..at));
        let above = std::iter::once(wanted).chain(parents).filter_map(|id| self.by_technique.get(id));
        let from = self.by_technique.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        let below = from.take_while(|(id, _)| id.starts_with(&prefix)).map(|(_, places)| places);
        let places: BTreeSet<usize> = above.chain(below).flatten().copied().collect();
        places.into_iter().filter(|place| !self.plan.is_silent(*place)).collect()
    }

    /// Returns whether one of these rules counts for the technique.
    pub(crate) fn any_naming(&self, technique: &TechniqueId, places: &[usize]) -> bool {
        // Compared as text: this runs over every rule for every recording.
        let below =
            |id: &str, parent: &str| id.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'));
        let wanted = technique.as_str();
        let counts = |id: &TechniqueId| {
            let id = id.as_str();
            id == wanted || below(id, wanted) || below(wanted, id)
        };
        let loud = places.iter().filter(|place| !self.plan.is_silent(**place));
        loud.filter_map(|place| self.infos.get(*place)).any(|info| info.techniques.iter().any(counts))
    }
}

fn rejected(rule: &RejectedRule) -> Diagnostic {
    Diagnostic::error(&rule.file, "rule.rejected", rule.reason.clone())
        .help("the other rules are used; see the Sigma specification for what a rule must hold")
}
