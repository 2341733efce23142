//! Attack Flows, small and hand-made, and what their folding gives.

use model::campaign::{Campaign, Effect, Objective, Operator};
use model::diagnostic::{Diagnostic, Severity};
use serde_json::{Value, json};
use threat::{Joiner, catalogue, read_afb, read_flow, version_map};

fn bundle(starts: &[&str], objects: Vec<Value>) -> String {
    let mut all = vec![json!({"type": "attack-flow", "id": "attack-flow--1", "name": "A Test: Flow!",
                              "scope": "incident", "start_refs": starts})];
    all.extend(objects);
    json!({"type": "bundle", "id": "bundle--1", "objects": all}).to_string()
}

fn action(id: &str, technique: &str, effects: &[&str]) -> Value {
    json!({"type": "attack-action", "id": id, "name": format!("does {id}"), "technique_id": technique, "effect_refs": effects})
}

fn operator(id: &str, word: &str, effects: &[&str]) -> Value {
    json!({"type": "attack-operator", "id": id, "operator": word, "effect_refs": effects})
}

fn condition(id: &str, yes: &[&str], no: &[&str]) -> Value {
    json!({"type": "attack-condition", "id": id, "description": id, "on_true_refs": yes, "on_false_refs": no})
}

fn read(text: &str) -> (Vec<Campaign>, Vec<Diagnostic>) {
    let (matrix, map) = (catalogue(), version_map());
    read_flow("flow.json", text.as_bytes(), &Joiner::new(&matrix, &map)).into_parts()
}

/// Returns the steps as `id: operator(needs)` and the codes of the findings.
fn folded(starts: &[&str], objects: Vec<Value>) -> (Vec<String>, Vec<String>) {
    let (campaigns, diagnostics) = read(&bundle(starts, objects));
    let steps = campaigns.iter().flat_map(|c| &c.steps).map(|s| {
        let needs: Vec<_> = s.needs.iter().map(model::id::StepId::as_str).collect();
        let word = if s.operator == Operator::Any { "any" } else { "all" };
        format!("{}: {word}({})", s.id, needs.join(" "))
    });
    let codes = diagnostics.into_iter().map(|d| d.code).filter(|c| c != "flow.no-objective");
    (steps.collect(), codes.collect())
}

#[test]
fn a_chain_with_a_payload_is_a_campaign() {
    let objects = vec![action("a", "T1078", &["b"]), action("b", "T1486", &[])];
    let (campaigns, diagnostics) = read(&bundle(&["a"], objects));
    assert_eq!(diagnostics, []);
    let [campaign] = campaigns.as_slice() else { panic!("one campaign") };
    assert_eq!((campaign.id.as_str(), campaign.objective), ("a-test-flow", Objective::Payload));
    assert_eq!(campaign.steps[1].effect, Effect::Encrypt);
    assert!(campaign.steps[0].source.contains("assumed"));
    assert_eq!(campaign.steps[0].targets, model::campaign::Selector::default());
}

#[test]
fn operators_and_conditions_become_needs() {
    let objects = vec![
        action("a", "T1078", &["and"]),
        action("b", "T1190", &["c1"]),
        condition("c1", &["and"], &[]),
        operator("and", "AND", &["d"]),
        action("d", "T1059", &["or"]),
        action("e", "T1133", &["or"]),
        operator("or", "OR", &["f"]),
        action("f", "T1486", &[]),
        // Two arrows without an operator: any path leads there.
        action("g", "T1110", &["f"]),
    ];
    let (steps, codes) = folded(&["a", "b", "e"], objects);
    assert_eq!(codes, Vec::<String>::new());
    for expected in ["a: all()", "b: all()", "d: all(a b)", "e: all()", "f: any(d e g)", "g: all()"] {
        assert!(steps.iter().any(|s| s == expected), "{expected} in {steps:?}");
    }
}

#[test]
fn of_nested_operators_the_last_decides_and_says_so() {
    let objects = vec![
        action("a", "T1078", &["and"]),
        action("b", "T1190", &["and"]),
        operator("and", "AND", &["or"]),
        action("c", "T1133", &["or"]),
        operator("or", "OR", &["d"]),
        action("d", "T1486", &[]),
    ];
    let (steps, codes) = folded(&[], objects);
    assert!(steps.contains(&"d: any(a b c)".to_owned()), "{steps:?}");
    assert_eq!(codes, ["flow.nested-operators"]);
}

#[test]
fn actions_without_a_technique_are_bridged() {
    let objects = vec![
        action("a", "T1078", &["b"]),
        json!({"type": "attack-action", "id": "b", "name": "b", "effect_refs": ["c"]}),
        action("c", "nonsense", &["d"]),
        action("d", "1486", &[]),
    ];
    let (steps, codes) = folded(&["a"], objects);
    assert_eq!(steps, ["a: all()", "d: all(a)"]);
    assert_eq!(codes, ["flow.no-technique", "flow.no-technique", "flow.technique-without-t"]);
}

#[test]
fn cycles_and_references_to_nothing_are_cut() {
    let objects = vec![
        action("a", "T1078", &["b", "nowhere"]),
        action("b", "T1190", &["or"]),
        operator("or", "OR", &["a", "c"]),
        action("c", "T1486", &["c"]),
    ];
    let (steps, codes) = folded(&["a", "missing"], objects);
    assert_eq!(steps, ["a: all()", "b: all(a)", "c: all(b)"]);
    assert_eq!(codes, ["flow.dangling-reference", "flow.dangling-reference", "flow.cycle", "flow.cycle"]);
}

#[test]
fn the_branch_of_a_failed_condition_is_left_out() {
    let objects = vec![
        action("a", "T1078", &["if"]),
        condition("if", &["b"], &["x"]),
        action("b", "T1486", &[]),
        action("x", "T1190", &["y", "b"]),
        action("y", "T1133", &[]),
    ];
    let (steps, codes) = folded(&["a"], objects);
    assert_eq!(steps, ["a: all()", "b: all(a)"]);
    assert_eq!(codes, ["flow.other-branch"]);
}

#[test]
fn the_only_branch_of_a_condition_is_followed() {
    let objects = vec![
        action("a", "T1078", &["patched"]),
        condition("patched", &[], &["b"]),
        action("b", "T1486", &[]),
    ];
    assert_eq!(folded(&["a"], objects), (vec!["a: all()".to_owned(), "b: all(a)".to_owned()], Vec::new()));
}

#[test]
fn what_is_no_flow_is_an_error() {
    for (text, code) in [
        ("", "stix.not-json"),
        ("{\"type\": \"bundle\", \"objects\": []}", "flow.no-flow"),
        (bundle(&["a"], Vec::new()).as_str(), "flow.no-steps"),
        (bundle(&[], vec![json!({"type": "attack-action", "id": "a"})]).as_str(), "flow.no-steps"),
    ] {
        let (campaigns, diagnostics) = read(text);
        assert!(campaigns.is_empty(), "{text}");
        assert!(
            diagnostics.iter().any(|d| d.code == code && d.severity == Severity::Error),
            "{text}: {diagnostics:?}"
        );
    }
}

#[test]
fn of_several_flows_each_keeps_its_own_objects() {
    let objects = vec![
        json!({"type": "attack-flow", "id": "attack-flow--2", "name": "Other", "start_refs": ["b"]}),
        json!({"type": "attack-flow", "id": "attack-flow--3", "name": "OTHER", "start_refs": ["b"]}),
        action("a", "T1078", &[]),
        action("b", "T1190", &[]),
    ];
    let (campaigns, diagnostics) = read(&bundle(&["a"], objects));
    let steps: Vec<_> =
        campaigns.iter().map(|c| (c.id.as_str(), c.steps.len(), c.steps[0].id.as_str())).collect();
    assert_eq!(steps, [("a-test-flow", 1, "a"), ("other", 1, "b"), ("attack-flow--3", 1, "b")]);
    assert_eq!(diagnostics[0].code, "flow.several");
}

#[test]
fn a_drawing_too_large_is_refused() {
    let objects = (0..6_000).map(|n| action(&format!("a{n}"), "T1078", &[])).collect();
    let (campaigns, diagnostics) = read(&bundle(&[], objects));
    assert!(campaigns.is_empty());
    assert_eq!(diagnostics[0].code, "flow.too-large");
}

fn drawing(extra: &[Value]) -> String {
    let anchored = |kind: &str, name: &str, technique: Option<&str>, anchors: Value| {
        json!({"id": kind, "instance": name, "anchors": anchors,
               "properties": [["name", name], ["ttp", [["tactic", null], ["technique", technique]]]]})
    };
    let anchor =
        |name: &str, latches: &[&str]| json!({"id": "vertical_anchor", "instance": name, "latches": latches});
    let line = |name: &str, from: &str, to: &str| json!({"id": "dynamic_line", "instance": name, "source": from, "target": to});
    let mut objects = vec![
        json!({"id": "flow", "instance": "f", "properties": [["name", "Drawn"], ["description", null]]}),
        anchored("action", "one", Some("T1078"), json!({"0": "a1"})),
        anchored("condition", "if", None, json!({"0": "a2", "branch:True": "a3", "branch:False": "a4"})),
        anchored("action", "two", Some("T1486"), json!({"0": "a5"})),
        anchored("action", "three", Some("T1190"), json!({"0": "a6"})),
        anchor("a1", &["l1"]),
        anchor("a2", &["l2"]),
        anchor("a3", &["l3"]),
        anchor("a4", &["l5"]),
        anchor("a5", &["l4"]),
        anchor("a6", &["l6"]),
        line("x", "l1", "l2"),
        line("y", "l3", "l4"),
        line("z", "l5", "l6"),
    ];
    objects.extend_from_slice(extra);
    json!({"schema": "attack_flow_v2", "objects": objects}).to_string()
}

#[test]
fn a_drawing_is_read_through_latches_and_anchors() {
    let (matrix, map) = (catalogue(), version_map());
    let joiner = Joiner::new(&matrix, &map);
    let (campaigns, diagnostics) = read_afb("d.afb", drawing(&[]).as_bytes(), &joiner).into_parts();
    let steps: Vec<_> = campaigns[0].steps.iter().map(|s| (s.id.as_str(), s.needs.len())).collect();
    assert_eq!((campaigns[0].name.as_str(), steps), ("Drawn", vec![("one", 0), ("two", 1)]));
    assert_eq!(diagnostics.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["flow.other-branch"]);
    let loose = [json!({"id": "dynamic_line", "instance": "q", "source": "l1", "target": "none"}), json!(7)];
    let (campaigns, diagnostics) = read_afb("d.afb", drawing(&loose).as_bytes(), &joiner).into_parts();
    assert_eq!(campaigns.len(), 1);
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["afb.bad-object", "afb.loose-line", "flow.other-branch"]);
    for (text, code) in
        [("{}", "afb.schema"), ("{", "afb.syntax"), ("{\"schema\": \"attack_flow_v1\"}", "afb.schema")]
    {
        let (campaigns, diagnostics) = read_afb("d.afb", text.as_bytes(), &joiner).into_parts();
        assert!(campaigns.is_empty() && diagnostics[0].code == code, "{text}: {diagnostics:?}");
    }
}
