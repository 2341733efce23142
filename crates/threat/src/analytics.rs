//! Detection strategies and their analytics (ATT&CK v18 and later).

use std::collections::BTreeMap;

use model::attack::{Analytic, AnalyticSource};
use model::id::TechniqueId;

use crate::bundle::{LogSource, Object};
use crate::findings::Findings;
use crate::matrix::{Index, Link, dangling};

/// Returns the analytics of each technique: strategy `detects` technique, and
/// the strategy lists its analytics.
pub(crate) fn analytics(
    index: &Index<'_>,
    links: &[Link<'_>],
    findings: &mut Findings<'_>,
) -> BTreeMap<TechniqueId, Vec<Analytic>> {
    let mut found: BTreeMap<TechniqueId, Vec<Analytic>> = BTreeMap::new();
    for link in links.iter().filter(|l| l.kind == "detects" && l.from.is_active()) {
        // In v17 and earlier data components detect techniques; they have no analytics.
        if link.from.kind != "x-mitre-detection-strategy" {
            continue;
        }
        let Some(technique) = index.active_technique(link.to) else { continue };
        let strategy = link.from.attack_id().unwrap_or(&link.from.id);
        for id in link.from.x_mitre_analytic_refs.iter().flatten() {
            match index.objects.get(id.as_str()) {
                Some(object) if object.is_active() => {
                    let analytic = analytic(object, strategy, index, findings);
                    found.entry(technique.clone()).or_default().push(analytic);
                }
                Some(_) => {}
                None => dangling(findings, &link.from.id, id),
            }
        }
    }
    for list in found.values_mut() {
        list.sort_by(|a, b| (&a.id, &a.strategy).cmp(&(&b.id, &b.strategy)));
        list.dedup();
    }
    found
}

fn analytic(object: &Object, strategy: &str, index: &Index<'_>, findings: &mut Findings<'_>) -> Analytic {
    let logs = object.x_mitre_log_source_references.iter().flatten();
    let mut sources: Vec<_> = logs.map(|log| source(object, log, index, findings)).collect();
    sources.sort();
    sources.dedup();
    Analytic {
        id: object.attack_id().unwrap_or(&object.id).to_owned(),
        strategy: strategy.to_owned(),
        platforms: object.x_mitre_platforms.clone().unwrap_or_default(),
        sources,
    }
}

fn source(owner: &Object, log: &LogSource, index: &Index<'_>, findings: &mut Findings<'_>) -> AnalyticSource {
    let component = log.x_mitre_data_component_ref.as_deref().and_then(|id| {
        let object = index.objects.get(id);
        if object.is_none() {
            dangling(findings, &owner.id, id);
        }
        object.and_then(|o| o.attack_id()).map(str::to_owned)
    });
    AnalyticSource {
        component,
        log: log.name.clone().unwrap_or_default(),
        channel: log.channel.clone().unwrap_or_default(),
    }
}
