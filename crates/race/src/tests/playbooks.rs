//! CACAO playbooks, written here and published.

use model::diagnostic::Severity;
use model::playbook::{Action, Cut, Playbook, Repeat};
use model::quantity::Millis;
use serde_json::{Value, json};

use crate::playbook::EXTENSION;
use crate::read_playbook;

fn action(next: &str, cut: &Value) -> Value {
    json!({
        "type": "action",
        "name": "pull",
        "on_completion": next,
        "commands": [{"type": "manual", "command": "pull it"}],
        "step_extensions": {EXTENSION: {
            "cut": cut,
            "decide": {"typical": "30m", "slow": "2h"},
            "carry_out": {"typical": "10m", "slow": "40m"},
        }},
    })
}

fn document(workflow: &Value) -> Value {
    json!({
        "type": "playbook",
        "spec_version": "cacao-2.0",
        "id": "playbook--1",
        "name": "Pull",
        "workflow_start": "start",
        "workflow": workflow,
    })
}

fn read(document: &Value) -> (Option<Playbook>, Vec<String>) {
    let (playbook, found) = read_playbook("p.json", document.to_string().as_bytes()).into_parts();
    (playbook, found.into_iter().map(|d| d.code).collect())
}

/// The order of a workflow as `action<-[actions before]`, with a star where it is repeated.
fn order(workflow: &Value) -> (Vec<String>, Vec<String>) {
    let (playbook, codes) = read(&document(workflow));
    let star = |a: &Action| if a.repeat == Repeat::WhileOpen { "*" } else { "" };
    let told = |a: &Action| format!("{}{}<-{}", a.id, star(a), a.after.join("+"));
    (playbook.expect("readable").actions.iter().map(told).collect(), codes)
}

#[test]
fn an_action_is_read_in_full() {
    let cut = json!({"cut": "site", "site": "essen"});
    let mut step = action("end", &cut);
    step["delay"] = json!(300_000);
    let workflow = json!({
        "start": {"type": "start", "on_completion": "a"},
        "a": step,
        "end": {"type": "end"},
    });
    let (playbook, codes) = read(&document(&workflow));
    let playbook = playbook.expect("readable");
    assert_eq!(codes, [""; 0]);
    let [a] = &playbook.actions[..] else { panic!("{:?}", playbook.actions) };
    assert_eq!((a.id.as_str(), a.name.as_str()), ("a", "pull"));
    assert_eq!(a.cut, Cut::Site { site: super::stand::site("essen") });
    // Five minutes of delay come before the decision.
    assert_eq!((a.decide.q50, a.decide.q90), (35.0, 125.0));
    assert_eq!((a.carry_out.q50, a.carry_out.q90), (10.0, 40.0));
}

#[test]
fn branches_become_an_order() {
    let nothing = json!({"cut": "nothing"});
    let step = |next: &str| action(next, &nothing);
    let start = json!({"type": "start", "on_completion": "p"});
    let end = json!({"type": "end"});
    let cases = [
        // What follows a parallel step waits for all branches.
        (
            json!({"start": start, "p": {"type": "parallel", "next_steps": ["a", "b"], "on_completion": "c"},
                   "a": step("a2"), "a2": step("e1"), "b": step("e2"), "c": step("e3"),
                   "e1": end, "e2": end, "e3": end}),
            vec!["a<-", "a2<-a", "b<-", "c<-a2+b"],
            vec![],
        ),
        // The true branch, then what follows.
        (
            json!({"start": start, "p": {"type": "if-condition", "condition": "x", "on_true": "a", "on_false": "b",
                   "on_completion": "c"}, "a": step("e1"), "b": step("e2"), "c": step("e3"),
                   "e1": end, "e2": end, "e3": end}),
            vec!["a<-", "c<-a"],
            vec!["playbook.condition", "playbook.not-reached"],
        ),
        (
            json!({"start": start, "p": {"type": "switch-condition", "switch": "x",
                   "cases": {"x": "a", "default": "b"}}, "a": step("e1"), "b": step("e1"), "e1": end}),
            vec!["b<-"],
            vec!["playbook.condition", "playbook.not-reached"],
        ),
        // A loop is done in its turn, and again while the incident is open.
        (
            json!({"start": start, "p": {"type": "while-condition", "condition": "x", "on_true": "a",
                   "on_completion": "b"}, "a": step("p"), "b": step("e1"), "e1": end}),
            vec!["a*<-", "b<-a"],
            vec!["playbook.condition"],
        ),
        // Branches that meet in one step without an end of their own.
        (
            json!({"start": start, "p": {"type": "parallel", "next_steps": ["a", "b"]},
                   "a": step("c"), "b": step("c"), "c": step("e1"), "e1": end}),
            vec!["a<-", "c<-a+b", "b<-"],
            vec![],
        ),
        // A circle of actions; on_success instead of on_completion.
        (
            json!({"start": start, "p": {"type": "playbook-action", "on_success": "a", "on_failure": "e1"},
                   "a": step("p"), "e1": end}),
            vec!["p<-", "a<-p"],
            vec!["playbook.no-timing", "playbook.cycle"],
        ),
        // A step before itself by way of what follows its own branch.
        (
            json!({"start": start, "p": {"type": "parallel", "next_steps": ["a", "b"], "on_completion": "c"},
                   "a": step("e1"), "b": step("e2"), "c": step("a"), "e1": end, "e2": end}),
            vec!["a<-", "b<-", "c<-a+b"],
            vec!["playbook.cycle"],
        ),
    ];
    for (workflow, actions, codes) in cases {
        let (got, found) = order(&workflow);
        assert_eq!(got, actions, "{workflow}");
        assert_eq!(found, codes, "{workflow}");
    }
}

/// Conditions cannot be evaluated: what is taken for granted is said, and a loop is not told as a branch.
#[test]
fn what_a_condition_is_taken_for_is_said() {
    let said = |kind: &str| -> Vec<String> {
        let workflow = json!({
            "start": {"type": "start", "on_completion": "p"},
            "p": {"type": kind, "condition": "x", "on_true": "a", "on_completion": "b"},
            "a": action("e", &json!({"cut": "nothing"})),
            "b": action("e", &json!({"cut": "nothing"})),
            "e": {"type": "end"},
        });
        let found = read_playbook("p.json", document(&workflow).to_string().as_bytes()).into_parts().1;
        let told = found.into_iter().filter(|d| d.code == "playbook.condition");
        told.map(|d| d.message.split(':').next().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(
        said("if-condition"),
        ["the condition of step \"p\" is taken as met; its true branch is followed"]
    );
    assert_eq!(
        said("while-condition"),
        ["the condition of step \"p\" is taken as \"while the incident is open\""]
    );
}

/// What is written is what was read: repeated actions come back as repeated ones, those
/// that follow each other in one loop.
#[test]
fn a_chain_is_written_as_it_was_read() {
    let minute = super::stand::minutes(1.0, 2.0);
    let mut plan = super::stand::playbook(&[
        ("action--a", Cut::Nothing, minute),
        ("action--b", Cut::AlertedAsset, minute),
        ("action--c", Cut::AlertedSites, minute),
        ("action--d", Cut::Nothing, minute),
        ("action--e", Cut::AlertedSegments, minute),
    ]);
    for action in &mut plan.actions {
        action.carry_out = minute;
    }
    for repeated in [vec![], vec![1, 2], vec![0, 4], vec![0, 1, 2, 3, 4]] {
        for (n, action) in plan.actions.iter_mut().enumerate() {
            action.repeat = if repeated.contains(&n) { Repeat::WhileOpen } else { Repeat::Once };
        }
        let text = crate::write_playbook(&plan, "2026-01-01T00:00:00Z").expect("a chain");
        let (again, found) = read_playbook("p.json", text.as_bytes()).into_parts();
        assert!(found.iter().all(|d| d.severity == Severity::Note), "{found:?}");
        assert_eq!(again.expect("readable").actions, plan.actions, "{repeated:?}");
    }
}

#[test]
fn bad_documents_are_reported_and_survived() {
    let start = json!({"type": "start", "on_completion": "a"});
    let with = |field: &str, value: Value| {
        let mut whole = document(&json!({"start": start}));
        whole[field] = value;
        whole.to_string()
    };
    let extension = |value: Value| {
        let mut step = action("end", &json!({"cut": "nothing"}));
        step["step_extensions"][EXTENSION] = value;
        document(&json!({"start": start, "a": step, "end": {"type": "end"}})).to_string()
    };
    let times = |typical: &str, slow: &str| {
        let ok = json!({"typical": "1m", "slow": "2m"});
        let bad = json!({"typical": typical, "slow": slow});
        extension(json!({"cut": {"cut": "all-sites"}, "decide": bad, "carry_out": ok}))
    };
    let flow = |workflow: Value| with("workflow", workflow);
    let cases: Vec<(String, &str, bool)> = vec![
        ("{".into(), "playbook.syntax", false),
        (format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), "playbook.syntax", false),
        ("[]".into(), "playbook.not-cacao", false),
        (r#"{"type": "bundle"}"#.into(), "playbook.not-cacao", false),
        (with("spec_version", json!("cacao-1.1")), "playbook.spec-version", false),
        (with("spec_version", json!(2)), "playbook.spec-version", false),
        (with("id", json!("")), "playbook.id", false),
        (with("workflow", json!([])), "playbook.missing-field", false),
        (with("workflow_start", json!(7)), "playbook.missing-field", false),
        (with("workflow_start", json!("gone")), "playbook.unknown-step", false),
        (with("name", json!(null)), "playbook.missing-field", true),
        (flow(json!({"start": start})), "playbook.unknown-step", true),
        (flow(json!({"start": start, "a": 5})), "playbook.unknown-step", true),
        (flow(json!({"start": start, "a": {"type": "dance"}})), "playbook.unknown-type", true),
        (flow(json!({"start": start, "a": {"type": "parallel"}})), "playbook.missing-field", true),
        (
            flow(json!({"start": start, "a": {"type": "parallel", "next_steps": [1]}})),
            "playbook.missing-field",
            true,
        ),
        (flow(json!({"start": start, "a": {"type": "if-condition"}})), "playbook.missing-field", true),
        (
            flow(json!({"start": start, "a": {"type": "switch-condition", "cases": {}}})),
            "playbook.missing-field",
            true,
        ),
        (flow(json!({"start": start, "a": {"type": "action"}})), "playbook.no-timing", true),
        (extension(json!(3)), "playbook.extension", true),
        (extension(json!({"cut": {"cut": "universe"}})), "playbook.extension", true),
        (extension(json!({"cut": {"cut": "site"}})), "playbook.extension", true),
        (extension(json!({"kut": 1})), "playbook.extension", true),
        (times("-5m", "2h"), "playbook.extension", true),
        (times("2h", "5m"), "playbook.extension", true),
        (times("soon", "later"), "playbook.extension", true),
    ];
    for (text, code, readable) in cases {
        let shown: String = text.chars().take(120).collect();
        let (playbook, found) = read_playbook("p.json", text.as_bytes()).into_parts();
        assert!(found.iter().any(|d| d.code == code), "{shown}: {found:?}");
        assert_eq!(playbook.is_some(), readable, "{shown}: {found:?}");
    }
    let (playbook, found) = read_playbook("p.json", b"{\"type\": \"\xff\"}").into_parts();
    assert!(playbook.is_none() && found[0].code == "text.not-utf8");
    let (_, found) = read_playbook("p.json", b"{\n  \"type\": oops\n}").into_parts();
    assert_eq!(found[0].position.map(|p| p.line), Some(2));
}

#[test]
fn deep_and_long_workflows_end() {
    let mut deep = serde_json::Map::new();
    let mut long = serde_json::Map::new();
    for i in 0..3_000 {
        let next = format!("s{}", i + 1);
        deep.insert(format!("s{i}"), json!({"type": "while-condition", "condition": "x", "on_true": next}));
        long.insert(format!("s{i}"), action(&next, &json!({"cut": "nothing"})));
    }
    for (workflow, actions, code) in [(deep, 0, "playbook.too-deep"), (long, 3_000, "playbook.unknown-step")]
    {
        let mut whole = document(&Value::Object(workflow));
        whole["workflow_start"] = json!("s0");
        let (playbook, codes) = read(&whole);
        assert_eq!(playbook.expect("readable").actions.len(), actions);
        assert!(codes.iter().any(|c| c == code), "{codes:?}");
    }
}

/// Reads every file of the shared data folder: six published examples, five test
/// playbooks, one large sample, and the schemas, which are no playbooks.
#[test]
#[expect(clippy::print_stderr, reason = "a test that skips itself must say so")]
fn published_playbooks_are_read() {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let shared = std::env::var("FEUERPROBE_SHARED").unwrap_or_else(|_| fallback.to_owned());
    let mut folders = vec![std::path::Path::new(&shared).join("playbooks")];
    if !folders[0].is_dir() {
        eprintln!("SKIPPED: no shared data at {}", folders[0].display());
        return;
    }
    let (mut files, mut playbooks, mut actions, mut errors) = (0, 0, 0, 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.display().to_string();
            let (playbook, found) =
                read_playbook(&name, &std::fs::read(&path).expect("a readable file")).into_parts();
            files += 1;
            assert!(playbook.is_some() || found.iter().any(|d| d.severity == Severity::Error), "{name}");
            if let Some(playbook) = playbook {
                playbooks += 1;
                actions += playbook.actions.len();
                errors += found.iter().filter(|d| d.severity == Severity::Error).count();
            }
        }
    }
    eprintln!("{files} files, {playbooks} playbooks, {actions} actions, {errors} errors inside playbooks");
    // One of the twelve test playbooks starts at a step it does not have.
    assert_eq!((files, playbooks, actions, errors), (63, 11, 50, 0));
}

/// An action to which branches under several conditions lead is done in each of those cases, and so is
/// what follows it: it has no condition. One to which a single branch leads keeps that branch's.
#[test]
fn an_action_that_several_branches_lead_to_has_no_condition() {
    let nothing = json!({"cut": "nothing"});
    let plain = |next: &str| action(next, &nothing);
    let split = |worked: &str, failed: &str| {
        let mut step = action("", &nothing);
        step.as_object_mut().expect("an object").remove("on_completion");
        (step["on_success"], step["on_failure"]) = (json!(worked), json!(failed));
        step
    };
    let conditions = |workflow: &Value| -> Vec<String> {
        let (playbook, _) = read(&document(workflow));
        let told = |a: &Action| format!("{} worked {:?} failed {:?}", a.id, a.if_worked, a.if_failed);
        let mut told: Vec<String> = playbook.expect("readable").actions.iter().map(told).collect();
        told.sort();
        told
    };
    let (start, end) = (json!({"type": "start", "on_completion": "a"}), json!({"type": "end"}));
    // Both ways of one action.
    let both = json!({"start": start, "a": split("b", "c"), "b": plain("d"), "c": plain("d"),
                      "d": plain("f"), "f": plain("e"), "e": end});
    assert_eq!(
        conditions(&both),
        [
            "a worked [] failed []",
            "b worked [\"a\"] failed []",
            "c worked [] failed [\"a\"]",
            "d worked [] failed []",
            "f worked [] failed []",
        ]
    );
    // Where the first worked, and where both failed.
    let nested = json!({"start": start, "a": split("d", "c"), "c": split("g", "d"),
                        "d": plain("f"), "f": plain("e"), "g": plain("e"), "e": end});
    assert_eq!(
        conditions(&nested),
        [
            "a worked [] failed []",
            "c worked [] failed [\"a\"]",
            "d worked [] failed []",
            "f worked [] failed []",
            "g worked [\"c\"] failed []",
        ]
    );
    // The other way round: where both worked, and where the first failed.
    let turned = json!({"start": start, "a": split("c", "d"), "c": split("d", "g"),
                        "d": plain("f"), "f": plain("e"), "g": plain("e"), "e": end});
    assert_eq!(
        conditions(&turned)[2..],
        ["d worked [] failed []", "f worked [] failed []", "g worked [] failed [\"c\"]"]
    );
}

/// The chance of success, the time allowed and who does it are written as they were read.
#[test]
fn what_an_action_states_is_written_as_it_was_read() {
    let minute = super::stand::minutes(1.0, 2.0);
    let mut plan = super::stand::playbook(&[("action--a", Cut::AllSites, minute)]);
    plan.actions[0].carry_out = minute;
    for (success, timeout, by_others) in [
        (1.0, None, false),
        (0.7, None, false),
        (0.0, Some(Millis::HOUR), true),
        (1.0, Some(Millis(1)), true),
    ] {
        let action = &mut plan.actions[0];
        (action.success, action.timeout, action.by_others) =
            (super::stand::share(success), timeout, by_others);
        let text = crate::write_playbook(&plan, "2026-01-01T00:00:00Z").expect("a chain");
        assert_eq!(text.contains("\"success\""), success < 1.0, "{text}");
        assert_eq!(text.contains("\"by_others\""), by_others, "{text}");
        let (again, _) = read_playbook("p.json", text.as_bytes()).into_parts();
        assert_eq!(again.expect("readable").actions, plan.actions);
    }
}

#[test]
fn crews_are_a_whole_number_from_1_to_65535() {
    let workflow = json!({
        "start": {"type": "start", "on_completion": "a"},
        "a": action("end", &json!({"cut": "all-sites"})),
        "end": {"type": "end"},
    });
    for (written, crews) in [
        (json!(1), Some(1)),
        (json!(3), Some(3)),
        (json!(65_535), Some(65_535)),
        (json!(0), None),
        (json!(65_536), None),
        (json!(-1), None),
        (json!(1.5), None),
        (json!("2"), None),
    ] {
        let mut whole = document(&workflow);
        whole["playbook_extensions"] = json!({EXTENSION: {"crews": written}});
        let (playbook, codes) = read(&whole);
        assert_eq!(playbook.expect("readable").crews, crews, "{written}");
        assert_eq!(codes.contains(&"playbook.extension".to_owned()), crews.is_none(), "{written}: {codes:?}");
    }
}
