//! What was not tested earns no credit.

use std::collections::BTreeMap;

use model::evidence::Evidence;

use super::worlds::World;
use super::{ask, holds, no_more_often, unmoved, with};

/// Returns what is known where no exercise of these techniques was kept.
fn nothing_known(world: &World) -> Evidence {
    assess::evidence(&[], &[], &world.campaign.techniques(), &BTreeMap::new())
}

#[test]
fn deleting_all_evidence_never_lowers_the_payload() {
    holds(|world| {
        let base = unmoved(world);
        let forgot = with(&base, |w| w.evidence = nothing_known(w));
        no_more_often(&ask(&forgot).payload(), &ask(&base).payload())
    });
}

#[test]
fn deleting_all_evidence_never_lowers_the_outflow() {
    holds(|world| {
        let base = unmoved(world);
        let forgot = with(&base, |w| w.evidence = nothing_known(w));
        no_more_often(&ask(&forgot).outflow(), &ask(&base).outflow())
    });
}

#[test]
fn deleting_the_evidence_of_one_technique_never_lowers_the_payload() {
    holds(|world| {
        let base = unmoved(world);
        let with_it = ask(&base).payload();
        for technique in world.campaign.techniques() {
            let forgot = with(&base, |w| {
                let unknown = nothing_known(w).techniques.remove(&technique);
                w.evidence.techniques.extend(unknown.map(|u| (technique.clone(), u)));
            });
            no_more_often(&ask(&forgot).payload(), &with_it).map_err(|why| format!("{technique}: {why}"))?;
        }
        Ok(())
    });
}

#[test]
fn evidence_about_other_techniques_changes_nothing() {
    holds(|world| {
        let other = with(world, |w| {
            let known = w.evidence.techniques.values().next().cloned();
            let stranger = model::id::TechniqueId::new("T9999").expect("a technique id");
            w.evidence.techniques.extend(known.map(|k| (stranger, k)));
        });
        super::equal("trials", &ask(world).trials, &ask(&other).trials)
    });
}
