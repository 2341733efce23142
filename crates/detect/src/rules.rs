//! All Sigma rules of a folder, compiled and joined to the matrix.

mod correlations;
mod filter;
mod gather;
mod prepare;
mod variants;

use model::attack::Joined;
use model::detection::{RejectedRule, RuleInfo, RuleSetSummary};
use model::diagnostic::Diagnostic;
use model::id::TechniqueId;
use model::read::Read;
use rayon::prelude::*;
use rsigma_eval::{CompiledRule, evaluate_rule};

use crate::correlate::Plan;
use crate::route::Routes;
use crate::view::View;
use filter::Filter;
use gather::Gathered;
use prepare::{Prepared, prepare};

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
    compiled: Vec<CompiledRule>,
    filters: Vec<Filter>,
    /// Per rule the places of the filters that apply to it.
    applied: Vec<Vec<usize>>,
    plan: Plan,
    routes: Routes,
}

impl RuleSet {
    /// Returns the usable rules of `files` and an account of what was not usable.
    ///
    /// `join` turns a published technique id into ids of the matrix in use. Of
    /// two rules with the same id the one in the file that sorts first is used.
    pub fn read(
        mut files: Vec<RuleFile>,
        join: &(dyn Fn(&str) -> Joined + Sync),
    ) -> Read<(Self, RuleSetSummary)> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let read: Vec<Vec<Prepared>> = files.par_iter().map(|file| prepare(file, join)).collect();
        let mut gathered = Gathered::default();
        for prepared in read.into_iter().flatten() {
            gathered.take(prepared);
        }
        let (rules, summary, mut said) = gathered.finish(files.len() as u64);
        said.extend(summary.rejected.iter().map(rejected));
        Read::new((rules, summary), said)
    }

    /// Returns the rules in order of their ids.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.infos
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
        // Compared as text: this runs over every rule for every recording.
        let below =
            |id: &str, parent: &str| id.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'));
        let wanted = technique.as_str();
        let counts = |id: &TechniqueId| {
            let id = id.as_str();
            id == wanted || below(id, wanted) || below(wanted, id)
        };
        let all = (0..self.infos.len()).filter(|place| !self.plan.is_silent(*place));
        all.filter(|place| self.infos[*place].techniques.iter().any(counts)).collect()
    }
}

fn rejected(rule: &RejectedRule) -> Diagnostic {
    Diagnostic::error(&rule.file, "rule.rejected", rule.reason.clone())
        .help("the other rules are used; see the Sigma specification for what a rule must hold")
}
