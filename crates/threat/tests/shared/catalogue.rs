//! The built-in catalogue says what the bundle says.

use std::collections::BTreeSet;

use model::attack::ActorKind;

#[test]
fn the_catalogue_agrees_with_the_bundle() {
    let Some((bundle, _)) = crate::matrix("enterprise-attack-18.1") else { return };
    let ours = threat::catalogue();
    assert_eq!(
        (ours.version.as_str(), ours.domain.as_str()),
        (bundle.version.as_str(), bundle.domain.as_str())
    );
    assert_eq!(ours.tactics, bundle.tactics);
    for (id, technique) in &ours.techniques {
        assert_eq!(Some(technique), bundle.techniques.get(id), "{id}");
    }
    for (id, by) in &ours.revoked {
        assert_eq!(Some(by), bundle.revoked.get(id), "{id}");
    }
    let known: BTreeSet<_> = ours.techniques.keys().collect();
    for (id, actor) in &ours.actors {
        let mut theirs = bundle.actors[id].clone();
        theirs.uses.retain(|u| known.contains(&u.technique));
        assert_eq!(actor.kind, ActorKind::Group);
        assert_eq!(*actor, theirs, "{id}");
    }
}
