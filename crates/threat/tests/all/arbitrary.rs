//! Whatever the bytes, every reader returns.

use model::diagnostic::{Diagnostic, Severity};
use proptest::prelude::*;
use serde_json::{Value, json};
use threat::{
    Joiner, catalogue, read_afb, read_campaign, read_flow, read_matrix, read_version_map, version_map,
};

/// Reads `bytes` with every reader; a reader that gives nothing must say why.
fn read_all(bytes: &[u8]) {
    let (matrix, map) = (catalogue(), version_map());
    let joiner = Joiner::new(&matrix, &map);
    let error = |list: &[Diagnostic]| list.iter().any(|d| d.severity == Severity::Error);
    let (found, said) = read_matrix("x", bytes).into_parts();
    assert!(found.is_some() || error(&said));
    let (found, said) = read_flow("x", bytes, &joiner).into_parts();
    assert!(!found.is_empty() || error(&said));
    let (found, said) = read_afb("x", bytes, &joiner).into_parts();
    assert!(!found.is_empty() || error(&said));
    let (found, said) = read_campaign("x", bytes, &joiner).into_parts();
    assert!(found.is_some() != error(&said));
    let (found, said) = read_version_map("x", bytes).into_parts();
    assert!(found != threat::VersionMap::default() || !said.is_empty());
    if let Ok(text) = std::str::from_utf8(bytes) {
        let joined = joiner.join(text);
        assert_eq!(joined.published, text);
    }
}

/// Field names and values that the readers know, so that random documents reach deep.
fn word() -> impl Strategy<Value = String> {
    let known = "type id objects bundle attack-pattern intrusion-set malware relationship attack-flow attack-action \
        attack-operator attack-condition uses revoked-by detects mitigates subtechnique-of source_ref target_ref \
        relationship_type external_references source_name external_id mitre-attack T1059 T1059.001 G0001 revoked \
        x_mitre_deprecated kill_chain_phases phase_name tactic_refs x-mitre-matrix x-mitre-tactic x_mitre_shortname \
        start_refs effect_refs on_true_refs on_false_refs technique_id operator AND OR a b c schema attack_flow_v2 \
        action condition dynamic_line instance anchors latches source target properties name changes older newer map v19";
    let known: Vec<String> = known.split_whitespace().map(str::to_owned).collect();
    prop_oneof![8 => prop::sample::select(known), 1 => ".{0,12}"]
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => word().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 96, 8, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            3 => prop::collection::btree_map(word(), inner, 0..8).prop_map(|m| m.into_iter().collect()),
        ]
    })
}

/// An object of the right shape whose references point anywhere.
fn object() -> impl Strategy<Value = Value> {
    let kinds = [
        "attack-pattern",
        "intrusion-set",
        "malware",
        "campaign",
        "relationship",
        "attack-flow",
        "attack-action",
        "attack-operator",
        "attack-condition",
        "x-mitre-detection-strategy",
        "x-mitre-analytic",
    ];
    let links = ["uses", "revoked-by", "detects", "mitigates", "subtechnique-of", "attributed-to"];
    let refs = || prop::collection::vec("[a-h]", 0..4);
    (prop::sample::select(kinds.to_vec()), prop::sample::select(links.to_vec()), "[a-h]", "[a-h]", "[a-h]", refs(), refs(), any::<bool>(), 0..9_u8)
        .prop_map(|(kind, link, id, from, to, next, other, gone, n)| {
            json!({"type": kind, "id": id, "name": id, "revoked": gone, "relationship_type": link, "source_ref": from,
                "target_ref": to, "start_refs": next, "effect_refs": next, "on_true_refs": next, "on_false_refs": other,
                "operator": if gone { "AND" } else { "OR" }, "technique_id": format!("T148{n}"),
                "x_mitre_analytic_refs": other, "kill_chain_phases": [{"phase_name": "first"}],
                "external_references": [{"source_name": "mitre-attack", "external_id": format!("T100{n}")}]})
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        read_all(&bytes);
    }

    #[test]
    fn arbitrary_json_is_survived(document in document()) {
        read_all(document.to_string().as_bytes());
        read_all(json!({"type": "bundle", "objects": [document.clone()]}).to_string().as_bytes());
        read_all(json!({"schema": "attack_flow_v2", "objects": [document]}).to_string().as_bytes());
    }

    #[test]
    fn arbitrary_references_are_survived(
        objects in prop::collection::vec(object(), 0..40), cut in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let text = json!({"type": "bundle", "objects": objects}).to_string();
        read_all(text.as_bytes());
        let mut changed = text.clone().into_bytes();
        let at = cut.index(changed.len());
        read_all(&changed[..at]);
        changed[at] = byte;
        read_all(&changed);
    }
}

#[test]
fn deep_and_long_documents_are_survived() {
    for (open, close) in [("[", "]"), ("{\"objects\":", "}"), ("{\"type\":\"bundle\",\"objects\":[", "]}")] {
        read_all((open.repeat(100_000) + &close.repeat(100_000)).as_bytes());
    }
    let value = "[".repeat(10_000) + &"]".repeat(10_000);
    read_all(format!("{{\"type\": \"bundle\", \"objects\": [{value}]}}").as_bytes());
    read_all(format!("{{\"schema\": \"attack_flow_v2\", \"objects\": [{value}]}}").as_bytes());
    read_all("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nid: [*c,*c]\n".repeat(9).as_bytes());
}

#[test]
fn the_order_of_objects_does_not_change_the_matrix() {
    let technique = |n: u8| {
        json!({"type": "attack-pattern", "id": format!("attack-pattern--{n}"), "name": n.to_string(),
        "external_references": [{"source_name": "mitre-attack", "external_id": format!("T100{n}")}]})
    };
    let mut objects: Vec<Value> = (0..9).map(technique).collect();
    let read = |objects: &[Value]| {
        let text = json!({"type": "bundle", "objects": objects}).to_string();
        serde_json::to_string(&read_matrix("x", text.as_bytes()).into_parts().0).expect("serialisable")
    };
    let forward = read(&objects);
    objects.reverse();
    assert_eq!(forward, read(&objects));
}
