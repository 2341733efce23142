//! Changed rules beside each other: what each would do in the place of its original.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::detection::RuleInfo;
use model::event::Event;
use model::id::RuleId;
use rsigma_eval::{CompiledRule, evaluate_rule};

use super::RuleSet;
use super::gather::by_technique;
use super::prepare::prepare_document;
use crate::document::documents;
use crate::fields::tested;
use crate::route::Routes;
use crate::view::View;

/// A rule after a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The rule it is a variant of.
    pub of: RuleId,
    /// Its document.
    pub text: String,
    /// The line of the file that changed, from 1.
    pub line: u32,
    /// What changed, in words.
    pub what: String,
}

impl RuleSet {
    /// Returns a rule set of variants alone. The filters of an original apply to its variants;
    /// correlations are left out. The id of a variant is its place, see [`variant_id`].
    ///
    /// # Errors
    /// The place of the first variant that is no rule, and why.
    pub fn variants<'v>(&self, variants: impl Iterator<Item = &'v Variant>) -> Result<Self, (usize, String)> {
        let (mut infos, mut compiled, mut applied) = (Vec::new(), Vec::new(), Vec::new());
        for (number, variant) in variants.enumerate() {
            let place = self.place(variant.of.as_str());
            let place = place.ok_or_else(|| (number, format!("there is no rule {}", variant.of)))?;
            let (info, rule) = self.variant(place, &variant.text).map_err(|why| (number, why))?;
            infos.push(RuleInfo { id: variant_id(number), ..info });
            compiled.push(Arc::new(rule));
            applied.push(self.applied.get(place).cloned().unwrap_or_default());
        }
        let (plan, routes) = (crate::correlate::Plan::default(), Routes::default());
        let by_technique = by_technique(&infos);
        let filters = self.filters.clone();
        Ok(Self { infos, compiled, filters, applied, plan, routes, by_technique })
    }

    /// Returns one variant, compiled.
    pub(crate) fn variant(&self, of: usize, text: &str) -> Result<(RuleInfo, CompiledRule), String> {
        let original = self.infos.get(of).ok_or("there is no such rule")?;
        let document = documents(text.as_bytes()).into_iter().next().ok_or("the text holds no rule")?;
        let (info, compiled) = prepare_document(&original.file, document)?;
        Ok((
            RuleInfo {
                published: original.published.clone(),
                techniques: original.techniques.clone(),
                ..info
            },
            compiled,
        ))
    }
}

/// Returns the id that the variant at a place has in [`RuleSet::variants`].
///
/// # Panics
/// Never: the text is a valid id.
pub fn variant_id(place: usize) -> RuleId {
    // As many digits for each, so that ids sort as places do.
    RuleId::new(&format!("variant-{place:08}")).expect("letters and digits make a valid id")
}

impl RuleSet {
    /// Returns whether a rule alerts on an event: the event is of its log source, it matches, and no
    /// filter takes the match back. A correlation alerts on no single event.
    pub fn fires(&self, rule: &RuleId, event: &Event) -> bool {
        let Some(place) = self.place(rule.as_str()).filter(|place| self.plan.at(*place).is_none()) else {
            return false;
        };
        let served = self.infos.get(place).is_some_and(|info| event.origin.serves(&info.source));
        let view = View::new(&event.fields);
        served && evaluate_rule(self.compiled(place), &view).is_some() && !self.suppressed(place, &view)
    }

    /// Returns the fields that a rule tests, filters of its own among them.
    pub fn fields_of(&self, rule: &RuleId) -> BTreeSet<String> {
        let place = self.place(rule.as_str());
        place.map_or_else(BTreeSet::new, |place| tested(self.compiled(place)))
    }

    /// Returns the rule set without a rule; `None` where there is no such rule, or a correlation is or
    /// reads it.
    pub fn without(&self, rule: &RuleId) -> Option<Self> {
        let place = self.place(rule.as_str())?;
        let correlated = (0..self.infos.len()).any(|at| self.plan.at(at).is_some());
        (!correlated).then_some(())?;
        let mut rest = Self {
            infos: self.infos.clone(),
            compiled: self.compiled.clone(),
            filters: self.filters.clone(),
            applied: self.applied.clone(),
            plan: crate::correlate::Plan::default(),
            routes: Routes::default(),
            by_technique: BTreeMap::new(),
        };
        rest.infos.remove(place);
        rest.compiled.remove(place);
        rest.applied.remove(place);
        rest.by_technique = by_technique(&rest.infos);
        Some(rest)
    }
}
