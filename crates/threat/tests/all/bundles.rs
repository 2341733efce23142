//! Small bundles, right and wrong, each with what the reader makes of it.

use model::attack::{JoinPath, Matrix};
use model::diagnostic::{Diagnostic, Severity};
use model::id::{ActorId, TechniqueId};
use serde_json::{Value, json};
use threat::{Joiner, VersionMap, catalogue, read_matrix, read_version_map, version_map};

fn id(text: &str) -> TechniqueId {
    TechniqueId::new(text).expect("a technique id")
}

fn read(bytes: &[u8]) -> (Option<Matrix>, Vec<Diagnostic>) {
    read_matrix("test.json", bytes).into_parts()
}

/// Returns the matrix of a bundle with a version, a tactic and `objects`, and the codes reported.
fn bundle(objects: Vec<Value>) -> (Matrix, Vec<String>) {
    let mut all = vec![
        json!({"type": "x-mitre-collection", "id": "x-mitre-collection--1", "x_mitre_version": "18.1"}),
        json!({"type": "x-mitre-matrix", "id": "x-mitre-matrix--1", "tactic_refs": ["x-mitre-tactic--1"],
               "external_references": [{"source_name": "mitre-attack", "external_id": "enterprise-attack"}]}),
        json!({"type": "x-mitre-tactic", "id": "x-mitre-tactic--1", "name": "First", "x_mitre_shortname": "first",
               "external_references": [{"source_name": "mitre-attack", "external_id": "TA0001"}]}),
    ];
    all.extend(objects);
    let text = json!({"type": "bundle", "id": "bundle--1", "objects": all}).to_string();
    let (matrix, diagnostics) = read(text.as_bytes());
    (matrix.expect("a bundle"), diagnostics.into_iter().map(|d| d.code).collect())
}

fn named(kind: &str, stix: &str, attack: &str) -> Value {
    json!({"type": kind, "id": format!("{kind}--{stix}"), "name": attack,
           "kill_chain_phases": [{"kill_chain_name": "mitre-attack", "phase_name": "first"}],
           "external_references": [{"source_name": "mitre-attack", "external_id": attack}]})
}

fn technique(stix: &str, attack: &str) -> Value {
    named("attack-pattern", stix, attack)
}

fn gone(mut object: Value, how: &str) -> Value {
    object[how] = json!(true);
    object
}

fn link(from: &str, kind: &str, to: &str) -> Value {
    json!({"type": "relationship", "id": format!("relationship--{from}-{kind}-{to}"),
           "relationship_type": kind, "source_ref": from, "target_ref": to})
}

#[test]
fn what_is_no_bundle_is_refused_with_its_place() {
    for (text, code, place) in [
        ("", "stix.not-json", (1, 1)),
        ("not json", "stix.not-json", (1, 2)),
        ("{\"type\": \"bundle\",\n \"objects\": [{\"type\": \"x\"", "stix.not-json", (2, 25)),
        ("[]", "stix.no-bundle", (1, 1)),
        ("{\"objects\": 3}", "stix.no-bundle", (1, 13)),
        ("{\"type\": \"bundle\", \"objects\": []} trailing", "stix.not-json", (1, 35)),
    ] {
        let (matrix, diagnostics) = read(text.as_bytes());
        assert!(matrix.is_none(), "{text}");
        let [d] = diagnostics.as_slice() else { panic!("{text}: {diagnostics:?}") };
        assert_eq!((d.code.as_str(), d.severity), (code, Severity::Error), "{text}: {d}");
        assert_eq!(d.position.map(|p| (p.line, p.column)), Some(place), "{text}: {d}");
        assert!(d.help.is_some());
    }
    let (matrix, diagnostics) = read(b"{\"a\": \xff}");
    assert!(matrix.is_none() && diagnostics[0].code == "text.not-utf8");
    let (matrix, diagnostics) = read(b"{\"type\": \"bundle\"}");
    assert!(matrix.is_none() && diagnostics[0].message.contains("no list"), "{diagnostics:?}");
}

#[test]
fn an_empty_bundle_is_a_matrix_of_nothing_that_says_so() {
    let (matrix, diagnostics) = read(b"{\"type\": \"bundle\", \"objects\": []}");
    let matrix = matrix.expect("an empty bundle is a bundle");
    assert_eq!((matrix.version.as_str(), matrix.counts.objects), ("unknown", 0));
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["stix.no-version", "stix.no-domain"]);
}

#[test]
fn a_broken_object_costs_only_itself() {
    let text = "{\"type\": \"bundle\", \"objects\": [\n 7,\n  \"text\",\n {\"type\": 5, \"id\": \"a\"},\n {\"id\": \"b\"},\n \
        {\"type\": \"attack-pattern\", \"id\": \"attack-pattern--1\", \"name\": \"Good\", \
        \"external_references\": [{\"source_name\": \"mitre-attack\", \"external_id\": \"T1001\"}]},\n \
        {\"type\": \"attack-pattern\", \"id\": \"attack-pattern--2\", \"revoked\": \"yes\"}]}";
    let (matrix, diagnostics) = read(text.as_bytes());
    let matrix = matrix.expect("a bundle");
    assert!(matrix.techniques.contains_key(&id("T1001")));
    assert_eq!((matrix.counts.objects, matrix.counts.unreadable, matrix.counts.techniques), (6, 5, 1));
    let places: Vec<_> = diagnostics
        .iter()
        .filter(|d| d.code == "stix.bad-object")
        .filter_map(|d| d.position.map(|p| (p.line, p.column)))
        .collect();
    assert_eq!(places, [(2, 2), (3, 3), (4, 2), (5, 2), (7, 2)]);
}

#[test]
fn a_thousand_broken_objects_are_counted_not_listed() {
    let text = format!("{{\"type\": \"bundle\", \"objects\": [{}]}}", vec!["null"; 1_000].join(","));
    let (matrix, diagnostics) = read(text.as_bytes());
    assert_eq!(matrix.expect("a bundle").counts.unreadable, 1_000);
    assert!(diagnostics.len() <= 20, "{}", diagnostics.len());
    assert!(diagnostics.iter().any(|d| d.message == "995 more of this kind, 1000 in all"), "{diagnostics:?}");
}

#[test]
fn references_to_nothing_are_reported_and_left_out() {
    let (matrix, codes) = bundle(vec![
        technique("a", "T1001"),
        named("intrusion-set", "g", "G0001"),
        link("intrusion-set--g", "uses", "attack-pattern--a"),
        link("intrusion-set--g", "uses", "attack-pattern--nowhere"),
        link("course-of-action--nowhere", "mitigates", "attack-pattern--a"),
        json!({"type": "relationship", "id": "relationship--bare"}),
    ]);
    assert_eq!(codes, ["stix.dangling-reference", "stix.dangling-reference", "stix.bad-relationship"]);
    assert_eq!(matrix.actors[&ActorId::new("G0001").expect("an id")].uses.len(), 1);
    assert_eq!(matrix.counts.relationships, 4);
}

#[test]
fn chains_of_revocation_are_followed_to_their_end() {
    let revoked = |stix: &str, attack: &str| gone(technique(stix, attack), "revoked");
    let (matrix, codes) = bundle(vec![
        revoked("a", "T1001"),
        revoked("b", "T1002"),
        technique("c", "T1003"),
        link("attack-pattern--a", "revoked-by", "attack-pattern--b"),
        link("attack-pattern--b", "revoked-by", "attack-pattern--c"),
        // A circle, and one that leaves it.
        revoked("d", "T1004"),
        revoked("e", "T1005"),
        link("attack-pattern--d", "revoked-by", "attack-pattern--e"),
        link("attack-pattern--e", "revoked-by", "attack-pattern--d"),
        gone(technique("f", "T1006"), "x_mitre_deprecated"),
    ]);
    let map = VersionMap::default();
    let joiner = Joiner::new(&matrix, &map);
    for published in ["T1001", "T1002"] {
        let joined = joiner.join(published);
        assert_eq!((joined.mapped, joined.how), (vec![id("T1003")], JoinPath::RevokedBy), "{published}");
    }
    for published in ["T1004", "T1005", "T1006"] {
        assert_eq!(joiner.join(published).how, JoinPath::NotJoined, "{published}");
        assert!(matrix.deprecated.contains(&id(published)));
    }
    assert_eq!(codes, ["stix.revoked-without-end", "stix.revoked-without-end"]);
    assert_eq!((matrix.counts.revoked, matrix.counts.deprecated), (4, 1));
}

#[test]
fn of_two_versions_of_an_object_the_newest_is_used() {
    let mut old = technique("a", "T1001");
    old["modified"] = json!("2024-01-01T00:00:00Z");
    let mut new = technique("a", "T1001");
    new["modified"] = json!("2025-01-01T00:00:00Z");
    new["name"] = json!("Newer");
    for objects in [vec![old.clone(), new.clone()], vec![new, old]] {
        let (matrix, codes) = bundle(objects);
        assert_eq!(matrix.techniques[&id("T1001")].name, "Newer");
        assert_eq!((codes.as_slice(), matrix.counts.unreadable), (&["stix.duplicate-id".to_owned()][..], 1));
    }
}

#[test]
fn contradictions_about_sub_techniques_are_reported() {
    let mut marked = technique("a", "T1001");
    marked["x_mitre_is_subtechnique"] = json!(true);
    let (matrix, codes) = bundle(vec![
        marked,
        technique("b", "T1002.001"),
        link("attack-pattern--b", "subtechnique-of", "attack-pattern--a"),
        technique("c", "X1"),
    ]);
    assert_eq!(codes, ["stix.no-technique-id", "stix.hierarchy", "stix.hierarchy", "stix.hierarchy"]);
    assert_eq!((matrix.counts.techniques, matrix.counts.sub_techniques), (2, 1));
}

#[test]
fn the_weight_of_a_technique_is_the_share_of_sources_that_name_it() {
    let (matrix, codes) = bundle(vec![
        technique("a", "T1001"),
        technique("b", "T1002"),
        technique("c", "T1003"),
        named("intrusion-set", "g", "G0001"),
        named("malware", "m", "S0001"),
        named("tool", "t", "S0002"),
        named("campaign", "k", "C0001"),
        gone(named("malware", "old", "S0003"), "x_mitre_deprecated"),
        link("intrusion-set--g", "uses", "attack-pattern--a"),
        link("intrusion-set--g", "uses", "malware--m"),
        link("intrusion-set--g", "uses", "tool--t"),
        link("intrusion-set--g", "uses", "malware--old"),
        link("campaign--k", "attributed-to", "intrusion-set--g"),
        link("malware--m", "uses", "attack-pattern--a"),
        link("malware--m", "uses", "attack-pattern--b"),
        link("tool--t", "uses", "attack-pattern--b"),
        link("campaign--k", "uses", "attack-pattern--c"),
        link("malware--old", "uses", "attack-pattern--c"),
    ]);
    assert_eq!(codes, Vec::<String>::new());
    let uses = &matrix.actors[&ActorId::new("G0001").expect("an id")].uses;
    let seen: Vec<_> =
        uses.iter().map(|u| (u.technique.as_str(), u.weight.get(), u.sources.join(" "))).collect();
    // Four sources: its own entry, two pieces of software and a campaign.
    let expected = [
        ("T1001", 1.0, "G0001 S0001".to_owned()),
        ("T1002", 0.5, "S0001 S0002".to_owned()),
        ("T1003", 0.25, "C0001".to_owned()),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_tactic_that_no_matrix_orders_comes_last() {
    let (matrix, codes) = bundle(vec![
        json!({"type": "x-mitre-tactic", "id": "x-mitre-tactic--0", "name": "Zeroth", "x_mitre_shortname": "zeroth",
               "external_references": [{"source_name": "mitre-attack", "external_id": "TA0000"}]}),
        technique("a", "T1001"),
    ]);
    let order: Vec<_> = matrix.tactics.iter().map(|t| t.short_name.as_str()).collect();
    assert_eq!((order, codes), (vec!["first", "zeroth"], vec!["stix.unordered-tactic".to_owned()]));
}

#[test]
fn ids_are_joined_in_every_spelling_and_direction() {
    let (older, map) = (catalogue(), version_map());
    let mut newer = catalogue();
    for (gone, come) in [("T1562.004", "T1686"), ("T1562.001", "T1685"), ("T1070.001", "T1685.005")] {
        let mut technique = newer.techniques.remove(&id(gone)).expect("in the catalogue");
        technique.id = id(come);
        newer.techniques.insert(id(come), technique);
    }
    let split = newer.techniques[&id("T1686")].clone();
    newer.techniques.extend(["T1686.001", "T1686.003"].map(|t| (id(t), split.clone())));
    for (matrix, published, expected, how) in [
        (&older, "T1059", "T1059", JoinPath::Same),
        (&older, " t1059.001", "T1059.001", JoinPath::Same),
        (&older, "attack.t1059", "T1059", JoinPath::Same),
        (&older, "ATTACK.T1059.001", "T1059.001", JoinPath::Same),
        (&older, "T1086", "T1059.001", JoinPath::RevokedBy),
        (&older, "attack.t1685", "T1562.001 T1562 T1562.006", JoinPath::VersionMap),
        (&older, "attack.t1686.003", "T1562.004", JoinPath::VersionMap),
        (&older, "T1685.777", "T1562.001 T1562 T1562.006", JoinPath::Parent),
        (&newer, "T1562.004", "T1686 T1686.003 T1686.001", JoinPath::VersionMap),
        (&newer, "attack.t1070.001", "T1685.005", JoinPath::VersionMap),
        (&older, "T1098.xxx", "T1098", JoinPath::Parent),
        (&older, "T1059.999", "T1059", JoinPath::Parent),
        (&older, "T9999", "", JoinPath::NotJoined),
        (&older, "attack.execution", "", JoinPath::NotJoined),
        (&older, "attack.g0045", "", JoinPath::NotJoined),
        (&older, "attack.s0002", "", JoinPath::NotJoined),
        (&older, "", "", JoinPath::NotJoined),
        (&older, ".", "", JoinPath::NotJoined),
    ] {
        let joined = Joiner::new(matrix, &map).join(published);
        let mapped: Vec<_> = joined.mapped.iter().map(TechniqueId::as_str).collect();
        assert_eq!((mapped.join(" ").as_str(), joined.how), (expected, how), "{published}");
        assert_eq!(joined.published, published);
    }
}

#[test]
fn a_split_is_whole_even_when_the_bundle_names_one_successor() {
    let (mut newer, map) = (catalogue(), version_map());
    let technique = newer.techniques.remove(&id("T1562.004")).expect("in the catalogue");
    newer.techniques.extend(["T1686", "T1686.003"].map(|t| (id(t), technique.clone())));
    newer.revoked.insert(id("T1562.004"), vec![id("T1686")]);
    let joined = Joiner::new(&newer, &map).join("T1562.004");
    assert_eq!((joined.mapped, joined.how), (vec![id("T1686"), id("T1686.003")], JoinPath::RevokedBy));
}

#[test]
fn a_bad_version_map_says_what_is_wrong() {
    for (text, code) in [
        ("{", "version-map.syntax"),
        ("{\"changes\": 3}", "version-map.syntax"),
        ("{}", "version-map.empty"),
        (
            "{\"format\": \"other\", \"changes\": [{\"older\": \"T1001\", \"newer\": [\"T1002\"]}]}",
            "version-map.format",
        ),
        ("{\"changes\": [{\"older\": \"T1\", \"newer\": [\"T1002\"]}]}", "version-map.bad-pair"),
    ] {
        let (_, diagnostics) = read_version_map("map.json", text.as_bytes()).into_parts();
        assert_eq!(diagnostics[0].code, code, "{text}");
        assert!(diagnostics[0].help.is_some(), "{text}");
    }
    assert_eq!(read_version_map("map.json", b"{}").into_parts().0, VersionMap::default());
}

#[test]
fn the_built_in_data_holds_together() {
    let matrix = catalogue();
    assert!(matrix.techniques.len() >= 120, "{}", matrix.techniques.len());
    for (technique, data) in &matrix.techniques {
        assert!(technique.parent().is_none_or(|p| matrix.techniques.contains_key(&p)), "{technique}");
        assert!(
            data.tactics.iter().all(|t| matrix.tactics.iter().any(|known| known.id == *t)),
            "{technique}"
        );
        assert!(!data.tactics.is_empty() && !data.platforms.is_empty(), "{technique}");
    }
    let replaced = matrix.revoked.values().flatten();
    let used = matrix.actors.values().flat_map(|a| &a.uses).map(|u| &u.technique);
    assert!(replaced.chain(used).all(|t| matrix.techniques.contains_key(t)));
    assert_eq!(matrix.actors.len(), 8);
    assert_eq!(version_map().newer(&id("T1562.004")).len(), 3);
    assert_eq!(version_map().older(&id("T1685")).first(), Some(&id("T1562.001")));
}
