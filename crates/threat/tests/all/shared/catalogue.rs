//! The built-in catalogue says what the bundle says.

use model::attack::ActorKind;

#[path = "../../../examples/catalogue.rs"]
#[expect(dead_code, reason = "the example's command line is not run here")]
mod generator;

#[test]
fn the_example_writes_the_catalogue_byte_for_byte() {
    let Some((bundle, _)) = super::matrix("enterprise-attack-18.1") else { return };
    let written = generator::catalogue(&bundle).expect("the catalogue is written");
    let kept = include_str!("../../../../../content/attack/catalogue.json");
    for (n, (written, kept)) in written.lines().zip(kept.lines()).enumerate() {
        assert_eq!(written, kept, "line {}", n + 1);
    }
    assert!(written == kept, "{} and {} bytes", written.len(), kept.len());
}

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
