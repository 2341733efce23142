//! Correlation rules find the rules they name.

use std::collections::BTreeMap;

use model::detection::RejectedRule;
use model::event::LogSource;
use model::id::RuleId;

use super::filter::is_called;
use super::prepare::Ready;
use crate::correlate::{Joined, Plan};

/// A correlation and the rules it names.
pub(super) struct Found {
    id: RuleId,
    of: Vec<RuleId>,
}

/// Returns the correlations, each after those it names. One that names what is not there, or
/// itself by way of others, is taken out of `rules` and rejected.
pub(super) fn ordered(rules: &mut BTreeMap<RuleId, Ready>, rejected: &mut Vec<RejectedRule>) -> Vec<Found> {
    let mut ordered: Vec<Found> = Vec::new();
    loop {
        let placed = |id: &RuleId| ordered.iter().any(|found| found.id == *id);
        let mut waiting = rules.values().filter(|rule| rule.asked.is_some() && !placed(&rule.info.id));
        let mut stuck: Option<(RuleId, String)> = None;
        let next = waiting.find_map(|rule| {
            let names = rule.asked.as_ref().map_or(&[][..], |asked| &asked.rules);
            let of: Result<Vec<RuleId>, String> = names.iter().map(|name| find(rules, name)).collect();
            match of {
                Ok(of)
                    if of.iter().all(|id| placed(id) || rules.get(id).is_some_and(|r| r.asked.is_none())) =>
                {
                    Some(Found { id: rule.info.id.clone(), of })
                }
                Ok(_) => {
                    let circle = "it names itself, by way of other correlations or not";
                    stuck.get_or_insert_with(|| (rule.info.id.clone(), circle.to_owned()));
                    None
                }
                Err(reason) => {
                    stuck = Some((rule.info.id.clone(), reason));
                    None
                }
            }
        });
        match (next, stuck) {
            (Some(found), _) => ordered.push(found),
            (None, Some((id, reason))) => {
                let Some(rule) = rules.remove(&id) else { return ordered };
                rejected.push(RejectedRule { file: rule.info.file, rule: Some(rule.info.title), reason });
            }
            (None, None) => return ordered,
        }
    }
}

fn find(rules: &BTreeMap<RuleId, Ready>, name: &str) -> Result<RuleId, String> {
    let called = rules.values().filter(|rule| is_called(name, &rule.info, rule.name.as_deref()));
    let ids: Vec<&RuleId> = called.map(|rule| &rule.info.id).collect();
    match ids.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            Err(format!("the correlation names {name:?}, which is the id, name or title of no rule in use"))
        }
        _ => Err(format!("the correlation names {name:?}, and {} rules are called so", ids.len())),
    }
}

/// Returns the plan, and tells each correlation what its rules look at.
pub(super) fn plan(ready: &mut [Ready], ordered: &[Found]) -> Plan {
    let mut joined = Vec::new();
    for found in ordered {
        let at = |id: &RuleId| ready.binary_search_by(|rule| rule.info.id.cmp(id)).ok();
        let of: Vec<usize> = found.of.iter().filter_map(at).collect();
        let Some(place) = at(&found.id) else { continue };
        let rules: Vec<&Ready> = of.iter().filter_map(|place| ready.get(*place)).collect();
        let called = rules.iter().map(|rule| {
            let own = [Some(rule.info.id.as_str()), rule.name.as_deref(), Some(rule.info.title.as_str())];
            own.into_iter().flatten().map(str::to_owned).collect()
        });
        let called: Vec<Vec<String>> = called.collect();
        let source = common(rules.iter().map(|rule| &rule.info.source));
        let Some(own) = ready.get_mut(place) else { continue };
        own.info.source = source;
        if let Some(asked) = own.asked.take() {
            joined.push(Joined { place, of, called, asked });
        }
    }
    Plan::new(joined)
}

/// Returns what log sources have in common.
fn common<'a>(mut sources: impl Iterator<Item = &'a LogSource>) -> LogSource {
    let mut common = sources.next().cloned().unwrap_or_default();
    for source in sources {
        let both = |own: &mut Option<String>, other: &Option<String>| {
            if own != other {
                *own = None;
            }
        };
        both(&mut common.product, &source.product);
        both(&mut common.category, &source.category);
        both(&mut common.service, &source.service);
    }
    common
}
