//! The built-in catalogue says what the bundle says.

use model::attack::ActorKind;

#[test]
fn the_catalogue_agrees_with_the_bundle() {
    let Some((bundle, _)) = super::matrix("enterprise-attack-18.1") else { return };
    let ours = threat::catalogue();
    assert_eq!(
        (ours.version.as_str(), ours.domain.as_str()),
        (bundle.version.as_str(), bundle.domain.as_str())
    );
    assert_eq!(ours.tactics, bundle.tactics);
    // Whole: nothing is missing, nothing is added, nothing differs.
    assert!(bundle.techniques.len() > 600 && bundle.revoked.len() > 100, "the bundle is Enterprise");
    assert_eq!(ours.techniques, bundle.techniques);
    assert_eq!(ours.revoked, bundle.revoked);
    assert_eq!(ours.deprecated, bundle.deprecated);
    assert!(ours.actors.len() >= 8);
    for (id, actor) in &ours.actors {
        assert_eq!(actor.kind, ActorKind::Group);
        assert_eq!(*actor, bundle.actors[id], "{id}");
    }
}
