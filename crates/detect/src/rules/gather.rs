//! Rules and filters of all files, joined to one set.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::attack::JoinPath;
use model::detection::{RejectedRule, RuleInfo, RuleSetSummary};
use model::diagnostic::Diagnostic;
use model::id::{RuleId, TechniqueId};
use rsigma_eval::CompiledRule;

use super::RuleSet;
use super::correlations;
use super::filter::Filter;
use super::prepare::{Prepared, Ready};
use crate::route::Routes;

#[derive(Default)]
pub(super) struct Gathered {
    rules: BTreeMap<RuleId, Ready>,
    filters: Vec<(String, Arc<Filter>, String)>,
    rejected: Vec<RejectedRule>,
}

impl Gathered {
    pub(super) fn take(&mut self, prepared: Prepared) {
        match prepared {
            Prepared::Rejected(rejected) => self.rejected.push(rejected),
            Prepared::Filter(file, filter, hash) => self.filters.push((file, filter, hash)),
            Prepared::Rule(ready) => match self.rules.get(&ready.info.id) {
                None => {
                    self.rules.insert(ready.info.id.clone(), *ready);
                }
                Some(Ready { info: first, .. }) => self.rejected.push(RejectedRule {
                    reason: format!(
                        "its id {} is already used by {:?} in {}",
                        ready.info.id, first.title, first.file
                    ),
                    file: ready.info.file,
                    rule: Some(ready.info.title),
                }),
            },
        }
    }

    pub(super) fn finish(mut self, files: u64) -> (RuleSet, RuleSetSummary, Vec<Diagnostic>) {
        let ordered = correlations::ordered(&mut self.rules, &mut self.rejected);
        let mut hasher = blake3::Hasher::new();
        for Ready { info, .. } in self.rules.values() {
            hasher
                .update(info.id.as_str().as_bytes())
                .update(b"\n")
                .update(info.hash.as_bytes())
                .update(b"\n");
        }
        let mut ready: Vec<Ready> = self.rules.into_values().collect();
        let plan = correlations::plan(&mut ready, &ordered);
        let applies = |filter: &Filter, rule: &Ready| filter.applies(&rule.info, rule.name.as_deref());
        let mut said = Vec::new();
        let mut filters = Vec::new();
        for (file, filter, hash) in self.filters {
            if ready.iter().any(|rule| applies(&filter, rule)) {
                hasher.update(hash.as_bytes()).update(b"\n");
                said.extend(filter.unknown(&ready).map(|name| unknown(&file, &filter, name)));
                filters.push(filter);
            } else {
                self.rejected.push(RejectedRule {
                    file,
                    rule: Some(filter.condition.title.clone()),
                    reason: "the filter applies to none of the rules in use".to_owned(),
                });
            }
        }
        let applied = ready
            .iter()
            .map(|rule| (0..filters.len()).filter(|f| applies(&filters[*f], rule)).collect())
            .collect();
        let (infos, compiled): (Vec<RuleInfo>, Vec<Arc<CompiledRule>>) =
            ready.into_iter().map(|rule| (rule.info, rule.compiled)).unzip();
        let by_technique = by_technique(&infos);
        self.rejected.sort();
        let mut summary = summary(files, &infos, self.rejected, hasher.finalize().to_hex().as_str());
        summary.filters = filters.len() as u64;
        summary.correlations = ordered.len() as u64;
        let routes = Routes::default();
        (RuleSet { infos, compiled, filters, applied, plan, routes, by_technique }, summary, said)
    }
}

/// Returns the places of the rules that name a technique, by its id.
pub(super) fn by_technique(infos: &[RuleInfo]) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, info) in infos.iter().enumerate() {
        for technique in &info.techniques {
            found.entry(technique.as_str().to_owned()).or_default().push(place);
        }
    }
    found
}

/// A filter that names something beside what it applies to.
fn unknown(file: &str, filter: &Filter, name: &str) -> Diagnostic {
    let title = &filter.condition.title;
    Diagnostic::warning(
        file,
        "filter.unknown-rule",
        format!("the filter {title:?} names {name:?}, which is the id, name or title of no rule in use"),
    )
    .help("the filter applies to the other rules it names")
}

fn summary(files: u64, infos: &[RuleInfo], rejected: Vec<RejectedRule>, hash: &str) -> RuleSetSummary {
    let techniques: BTreeSet<&TechniqueId> = infos.iter().flat_map(|info| &info.techniques).collect();
    let mut not_joined: BTreeMap<String, u64> = BTreeMap::new();
    let tags = infos.iter().flat_map(|info| &info.published);
    for tag in tags.filter(|joined| joined.how == JoinPath::NotJoined) {
        *not_joined.entry(tag.published.clone()).or_default() += 1;
    }
    RuleSetSummary {
        files,
        loaded: infos.len() as u64,
        filters: 0,
        correlations: 0,
        rejected,
        techniques: techniques.len() as u64,
        not_joined,
        hash: hash.to_owned(),
    }
}
