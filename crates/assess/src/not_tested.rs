//! What was not tested, and why: it is never shown as 0.

use std::collections::BTreeMap;

use model::attack::Actor;
use model::campaign::Campaign;
use model::evidence::{Evidence, EvidenceClass};
use model::id::TechniqueId;
use model::scorecard::NotTested;

/// Returns every technique that a campaign or an actor uses and that was not
/// measured, by technique. Campaigns are named first, each by id.
pub fn not_tested(evidence: &Evidence, campaigns: &[Campaign], actors: &[Actor]) -> Vec<NotTested> {
    let mut used_by: BTreeMap<TechniqueId, Vec<String>> = BTreeMap::new();
    for campaign in campaigns {
        for technique in campaign.techniques() {
            used_by.entry(technique).or_default().push(campaign.id.to_string());
        }
    }
    for actor in actors {
        for used in &actor.uses {
            used_by.entry(used.technique.clone()).or_default().push(actor.id.to_string());
        }
    }
    used_by
        .into_iter()
        .filter_map(|(technique, used_by)| {
            let why = match evidence.techniques.get(&technique).map(|e| &e.class) {
                Some(class) => untested(class)?,
                None if variant_tested(evidence, &technique) => return None,
                None => "no exercise or recording covers it".to_owned(),
            };
            Some(NotTested { technique, used_by, why })
        })
        .collect()
}

/// Returns why a technique of this class was not tested, `None` when it was.
fn untested(class: &EvidenceClass) -> Option<String> {
    match class {
        EvidenceClass::Exercised | EvidenceClass::Replayed => None,
        EvidenceClass::Reasoned { why } => Some(why.clone()),
        EvidenceClass::CannotExercise { reason } => Some(format!("cannot be exercised here: {reason}")),
    }
}

/// Returns whether a sub-technique of `technique` was tested, which speaks for it as well.
fn variant_tested(evidence: &Evidence, technique: &TechniqueId) -> bool {
    let variants = evidence.techniques.iter().filter(|(id, _)| id.parent().as_ref() == Some(technique));
    variants.into_iter().any(|(_, e)| untested(&e.class).is_none())
}
