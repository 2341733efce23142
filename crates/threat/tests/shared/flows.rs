//! The public Attack Flow corpus.

use model::campaign::Campaign;
use model::diagnostic::{Diagnostic, Severity};
use threat::{Joiner, read_afb, read_flow, version_map};

/// Builder files, their actions that name a technique, and those without any.
const DRAWINGS: &[(&str, usize)] = &[
    ("conti-ransomware", 18),
    ("fin13-case-1", 36),
    ("maastricht-university-ransomware", 18),
    ("notpetya", 23),
    ("solarwinds", 33),
    ("swift-heist", 6),
    ("uber-breach", 7),
    ("whispergate", 19),
];

fn sound(campaign: &Campaign) {
    for (i, step) in campaign.steps.iter().enumerate() {
        for need in &step.needs {
            let before = campaign.steps[..i].iter().any(|s| s.id == *need);
            assert!(before, "{}: {} needs {need}, which does not come before it", campaign.name, step.id);
        }
    }
}

#[test]
fn stix_flows_are_read() {
    for (name, steps) in [
        ("flow1", 2),
        ("flow2", 2),
        ("badflow1", 2),
        ("badflow2", 2),
        ("matrix-flow", 6),
        ("attack-flow-example", 5),
    ] {
        let Some(bytes) = crate::shared(&format!("flows/stix/{name}.json")) else { return };
        let Some((matrix, _)) = crate::matrix("enterprise-attack-18.1") else { return };
        let map = version_map();
        let (campaigns, diagnostics) = read_flow(name, &bytes, &Joiner::new(&matrix, &map));
        let [campaign] = campaigns.as_slice() else { panic!("{name}: {diagnostics:?}") };
        assert_eq!(campaign.steps.len(), steps, "{name}: {diagnostics:?}");
        sound(campaign);
        if name == "attack-flow-example" {
            let joined =
                campaign.steps.iter().find(|s| s.technique.as_str() == "T1598.003").expect("1598.003");
            assert_eq!((joined.needs.len(), joined.published.as_deref()), (3, Some("1598.003")));
        }
    }
}

#[test]
fn drawings_of_the_builder_are_read() {
    let Some((matrix, _)) = crate::matrix("enterprise-attack-18.1") else { return };
    let map = version_map();
    let joiner = Joiner::new(&matrix, &map);
    for (name, expected) in DRAWINGS {
        let Some(bytes) = crate::shared(&format!("flows/{name}.afb")) else { return };
        let (campaigns, diagnostics) = read_afb(name, &bytes, &joiner);
        let [campaign] = campaigns.as_slice() else { panic!("{name}: {diagnostics:?}") };
        let joined = campaign.steps.iter().filter(|s| matrix.techniques.contains_key(&s.technique)).count();
        let roots = campaign.steps.iter().filter(|s| s.needs.is_empty()).count();
        let codes: std::collections::BTreeSet<_> = diagnostics.iter().map(|d| d.code.as_str()).collect();
        crate::figure(&format!(
            "{name}: {} steps, {roots} roots, {joined} joined, {codes:?}",
            campaign.steps.len()
        ));
        sound(campaign);
        let left_out = diagnostics.iter().any(|d| d.code == "flow.other-branch");
        assert!(campaign.steps.len() == *expected || left_out, "{name}: {}", campaign.steps.len());
        assert_eq!(joined, campaign.steps.len(), "{name}: every technique is joined");
        assert!(roots < campaign.steps.len(), "{name}: the arrows are read");
        let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}
