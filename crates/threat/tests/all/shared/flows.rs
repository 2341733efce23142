//! The public Attack Flow corpus.

use std::collections::BTreeSet;

use model::campaign::Campaign;
use model::diagnostic::{Diagnostic, Severity};
use threat::{Joiner, read_afb, read_flow, version_map};

/// Builder files with the number of their actions that name an ATT&CK technique.
const DRAWINGS: &[(&str, usize)] = &[
    ("cisa-aa22-138b-vmware-workspace-alt-", 9),
    ("cisa-aa22-138b-vmware-workspace-ta2-", 11),
    ("cobalt-kitty-campaign", 27),
    ("conti-ransomware", 18),
    ("dfir-bumblebee-round-2", 19),
    ("equifax-breach", 12),
    ("fin13-case-1", 36),
    ("gootloader", 36),
    ("hancitor-dll", 22),
    ("maastricht-university-ransomware", 18),
    ("mac-malware-steals-crypto", 6),
    ("marriott-breach", 7),
    ("mitre-nerve", 24),
    ("notpetya", 23),
    ("oceanlotus", 23),
    ("ragnar-locker", 16),
    ("revil", 25),
    ("searchawesome-adware", 11),
    ("shamoon", 23),
    ("solarwinds", 33),
    ("sony-malware", 14),
    ("swift-heist", 6),
    ("target-breach", 15),
    ("toolshell-vulnerability-in-sharepoint", 14),
    ("turla-carbon-emulation-plan", 79),
    ("turla-snake-emulation-plan", 74),
    ("uber-breach", 7),
    ("whispergate", 19),
];

/// Ids of the corpus that are no Enterprise techniques: one of Mobile, two of ICS.
const FOREIGN: [&str; 3] = ["T1533", "T0866", "T0834"];

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
        let Some(bytes) = super::shared(&format!("flows/stix/{name}.json")) else { return };
        let Some((matrix, _)) = super::matrix("enterprise-attack-18.1") else { return };
        let map = version_map();
        let (campaigns, diagnostics) = read_flow(name, &bytes, &Joiner::new(&matrix, &map)).into_parts();
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
    let Some((matrix, _)) = super::matrix("enterprise-attack-18.1") else { return };
    let map = version_map();
    let joiner = Joiner::new(&matrix, &map);
    for (name, expected) in DRAWINGS {
        let Some(bytes) = super::shared(&format!("flows/{name}.afb")) else { return };
        let (campaigns, diagnostics) = read_afb(name, &bytes, &joiner).into_parts();
        let [campaign] = campaigns.as_slice() else { panic!("{name}: {diagnostics:?}") };
        let roots = campaign.steps.iter().filter(|s| s.needs.is_empty()).count();
        let codes: BTreeSet<_> = diagnostics.iter().map(|d| d.code.as_str()).collect();
        super::figure(&format!("{name}: {} steps, {roots} without needs, {codes:?}", campaign.steps.len()));
        sound(campaign);
        let left_out = codes.contains("flow.other-branch");
        assert!(campaign.steps.len() == *expected || left_out, "{name}: {}", campaign.steps.len());
        assert!(roots * 2 < campaign.steps.len() + 2, "{name}: the arrows are read");
        let unknown = campaign.steps.iter().filter(|s| !matrix.techniques.contains_key(&s.technique));
        let unknown: Vec<_> =
            unknown.map(|s| s.technique.as_str()).filter(|t| !FOREIGN.contains(t)).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
        let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
}

#[test]
fn a_drawing_without_an_enterprise_technique_is_no_campaign() {
    let Some(bytes) = super::shared("flows/openclaw.afb") else { return };
    let (matrix, map) = (threat::catalogue(), version_map());
    let (campaigns, diagnostics) = read_afb("openclaw", &bytes, &Joiner::new(&matrix, &map)).into_parts();
    assert!(campaigns.is_empty());
    assert!(diagnostics.iter().any(|d| d.code == "flow.no-steps"), "{diagnostics:?}");
}
