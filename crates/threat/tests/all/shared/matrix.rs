//! Published bundles read whole: the counts are those of an independent extract.

use model::attack::{JoinPath, MatrixCounts};
use model::diagnostic::Severity;
use model::id::{ActorId, TechniqueId};
use threat::{Joiner, version_map};

use super::matrix;

fn technique(id: &str) -> TechniqueId {
    TechniqueId::new(id).expect("a technique id")
}

#[test]
fn enterprise_18_1_has_the_published_figures() {
    let Some((m, diagnostics)) = matrix("enterprise-attack-18.1") else { return };
    assert_eq!(diagnostics, [], "a published bundle gives no findings");
    let expected = MatrixCounts {
        objects: 24_772,
        techniques: 691,
        sub_techniques: 475,
        groups: 172,
        software: 784,
        campaigns: 52,
        mitigations: 44,
        data_components: 106,
        detection_strategies: 691,
        analytics: 1_739,
        relationships: 20_048,
        revoked: m.counts.revoked,
        deprecated: m.counts.deprecated,
        unreadable: 0,
    };
    assert_eq!(m.counts, expected);
    assert_eq!((m.version.as_str(), m.domain.as_str()), ("18.1", "enterprise-attack"));
    assert_eq!(m.techniques.len(), 691);
    assert_eq!(m.actors.len(), 172 + 784 + 52);
    assert_eq!(m.tactics.len(), 14);
    assert!(m.techniques.values().all(|t| !t.tactics.is_empty()));
    let platform =
        |name: &str| m.techniques.values().filter(|t| t.platforms.iter().any(|p| p == name)).count();
    assert_eq!((platform("Linux"), platform("Windows")), (354, 472));
    // Every technique has one strategy, and all analytics hang on them.
    assert_eq!(m.analytics.len(), 691);
    assert_eq!(m.analytics.values().map(Vec::len).sum::<usize>(), 1_739);
    assert_eq!(m.name(&technique("T1059.001")), "Command and Scripting Interpreter: PowerShell");
}

#[test]
fn analytics_name_their_logs_and_components() {
    let Some((m, _)) = matrix("enterprise-attack-18.1") else { return };
    let linux = m.analytics.values().flatten().filter(|a| a.platforms.iter().any(|p| p == "Linux"));
    assert_eq!(linux.clone().count(), 355);
    let syscalls = linux.flat_map(|a| &a.sources).filter(|s| s.log == "auditd:SYSCALL").count();
    assert_eq!(syscalls, 465);
    let mut sources = m.analytics.values().flatten().flat_map(|a| &a.sources);
    assert!(sources.all(|s| s.component.as_deref().is_some_and(|c| c.starts_with("DC"))));
    let mitigations = &m.mitigations[&technique("T1133")];
    assert!(mitigations.iter().any(|n| n == "M1032 Multi-factor Authentication"), "{mitigations:?}");
}

#[test]
fn actors_name_their_techniques_with_weight_and_source() {
    let Some((m, _)) = matrix("enterprise-attack-18.1") else { return };
    let actor = |id: &str| &m.actors[&ActorId::new(id).expect("an actor id")];
    let direct = |id: &str| actor(id).uses.iter().filter(|u| u.weight.get() >= 1.0).count();
    // Figures of the published pages: techniques named by the group's own entry.
    assert_eq!((direct("G1024"), direct("G1051"), direct("G1015")), (17, 57, 64));
    let akira = actor("G1024");
    let shared = akira.uses.iter().filter(|u| u.weight.get() < 1.0);
    assert!(shared.clone().count() > 0, "Akira's software brings techniques of its own");
    for u in shared {
        assert!(u.weight.get() > 0.0, "{u:?}");
        assert!(!u.sources.contains(&"G1024".to_owned()), "{u:?}");
    }
    let mut counts: Vec<usize> =
        m.actors.values().filter(|a| a.id.as_str().starts_with('G')).map(|a| direct(a.id.as_str())).collect();
    counts.sort_unstable();
    assert_eq!(counts.last(), Some(&109));
    assert!((16..=18).contains(&counts[counts.len() / 2]), "median {}", counts[counts.len() / 2]);
}

#[test]
fn revoked_ids_of_older_content_are_joined() {
    let Some((m, _)) = matrix("enterprise-attack-18.1") else { return };
    let map = version_map();
    let joiner = Joiner::new(&m, &map);
    for (published, expected, how) in [
        ("T1186", "T1055.013", JoinPath::RevokedBy),
        ("T1086", "T1059.001", JoinPath::RevokedBy),
        ("T1098.xxx", "T1098", JoinPath::Parent),
        ("attack.t1685.005", "T1070.001", JoinPath::VersionMap),
    ] {
        let joined = joiner.join(published);
        assert_eq!((joined.mapped, joined.how), (vec![technique(expected)], how), "{published}");
        assert_eq!(joined.published, published);
    }
    assert_eq!(joiner.join("attack.execution").how, JoinPath::NotJoined);
    assert!(m.revoked.values().flatten().all(|t| m.techniques.contains_key(t)));
}

#[test]
fn other_versions_and_domains_are_read() {
    for (name, version, domain, techniques) in [
        ("enterprise-attack-17.1", "17.1", "enterprise-attack", Some(679)),
        ("ics-attack-17.1", "17.1", "ics-attack", None),
        ("ics-attack-18.1", "18.1", "ics-attack", None),
        ("mobile-attack-17.1", "17.1", "mobile-attack", None),
    ] {
        let Some((m, diagnostics)) = matrix(name) else { continue };
        let worse: Vec<_> = diagnostics.iter().filter(|d| d.severity > Severity::Note).collect();
        assert!(worse.is_empty(), "{name}: {worse:?}");
        assert_eq!((m.version.as_str(), m.domain.as_str()), (version, domain), "{name}");
        assert!(m.techniques.len() > 70 && m.tactics.len() > 10, "{name}");
        assert!(techniques.is_none_or(|n| n == m.techniques.len()), "{name}: {}", m.techniques.len());
        assert_eq!(m.analytics.is_empty(), version == "17.1", "{name}");
    }
}

#[test]
fn an_object_of_a_2_0_bundle_is_read() {
    let Some(bytes) = super::shared("attack/stix-2.0-sample/attack-pattern-T1059.004.json") else { return };
    let (m, diagnostics) = threat::read_matrix("sample", bytes.as_slice()).into_parts();
    let m = m.expect("a 2.0 bundle is read");
    assert_eq!(m.techniques[&technique("T1059.004")].name, "Unix Shell");
    assert_eq!((m.version.as_str(), m.domain.as_str()), ("18", "enterprise-attack"));
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["stix.unknown-tactic", "stix.hierarchy", "stix.no-version"]);
}

#[test]
fn the_order_of_objects_does_not_change_the_matrix() {
    let name = "ics-attack-18.1";
    let Some((forward, _)) = matrix(name) else { return };
    let Some(bytes) = super::shared(&format!("attack/{name}.json.zst")) else { return };
    let mut bundle: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
    bundle["objects"].as_array_mut().expect("a list").reverse();
    let (backward, _) = threat::read_matrix(name, bundle.to_string().as_bytes()).into_parts();
    assert_eq!(backward.as_ref(), Some(&*forward));
}
