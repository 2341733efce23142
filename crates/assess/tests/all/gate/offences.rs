//! What counts are made of: each offence with its key, its text, its causes and its place.

use assess::gate::{Paired, failed_leaf, gate};
use model::diagnostic::Diagnostic;
use model::event::LogSource;
use model::record::Record;
use model::recording::RecordingKind;
use model::scorecard::BenignFiring;
use model::verdict::Cause;

use super::{KEPT, LINES, check, held, requirement};
use crate::ground::run::{info, recording, replay, rule, run, tree};

/// A run in which rule r1 is expected on two recordings, and r2, which nobody has, on one.
fn lost() -> Record {
    let mut record = run(&LINES);
    record.rules.insert(rule("r1"), info("r1", "h"));
    record.recordings[0].expected_rules = vec![rule("r1")];
    record.recordings[1].expected_rules = vec![rule("r1"), rule("r2")];
    record.replays[0] = replay("a", 10, &[("r1", 2, 1)]);
    record.replays[1] = replay("b", 10, &[("r1", 0, 2)]);
    record.recordings.push(recording("twin", RecordingKind::Twin, &["T1490"], &["r1"]));
    record.replays.push(replay("twin", 10, &[]));
    record.recordings.push(recording("unread", RecordingKind::Attack, &["T1490"], &["r1"]));
    record
}

#[test]
fn a_lost_rule_is_named_with_file_and_causes() {
    let (mut record, none) = (lost(), Paired::new());
    let b = "rule:r1@b rule:r2@b";
    let cases = [
        ("lost-rules all at-most 0", format!("failed 2 of 2, the limit is not kept: {b}")),
        ("lost-rules recording:a at-most 0", format!("passed 0 of 0, {KEPT}:")),
        ("lost-rules recording:b at-most 2", format!("passed 2 of 2, {KEPT}: {b}")),
        ("lost-rules technique:T1070 at-most 2", format!("passed 2 of 2, {KEPT}: {b}")),
        ("lost-rules technique:T1490 at-most 0", format!("passed 0 of 0, {KEPT}:")),
        ("lost-rules tactic:hiding at-most 2", format!("passed 2 of 2, {KEPT}: {b}")),
        ("lost-rules campaign:c at-most 0", format!("passed 0 of 0, {KEPT}:")),
    ];
    check(held(&record, None, &none), &cases.each_ref().map(|(r, w)| (*r, w.as_str())));
    let source = LogSource { product: Some("windows".to_owned()), ..LogSource::default() };
    let of = |id: &str| vec![rule(id)];
    record.verdicts[1].causes = vec![
        Cause::TelemetrySourceAbsent { missing: vec![source.clone()] },
        Cause::FieldMissing { fields: vec!["Image".to_owned(), "User".to_owned()], rules: of("r1") },
        Cause::FieldMissing { fields: vec!["Other".to_owned()], rules: of("r9") },
        Cause::LogSourceNotCollected { rules: vec![(rule("r1"), source.clone())] },
        Cause::LogSourceNotCollected { rules: vec![(rule("r9"), source)] },
        Cause::RuleSilent {
            rules: 2,
            nearest: vec![tree("r9", None, None), tree("r1", Some("Line"), Some("vss"))],
        },
        Cause::RuleSilent { rules: 1, nearest: vec![tree("r1", None, None)] },
        Cause::Suppressed { rules: of("r1") },
        Cause::Suppressed { rules: of("r1") },
        Cause::NoRule,
    ];
    // Causes of a verdict elsewhere say nothing about this recording.
    record.verdicts[0].causes = vec![Cause::Suppressed { rules: of("r2") }];
    let got = gate(&[requirement("lost-rules all at-most 0")], held(&record, None, &none));
    let [first, second] = got.lines[0].offences.as_slice() else { panic!("{got:?}") };
    assert_eq!(first.text, "rule \u{201c}Rule r1\u{201d} must fire on b and did not");
    assert_eq!(second.text, "rule r2 must fire on b and is not in the rule set");
    let causes = [
        "no event of windows arrived",
        "the event lacks Image, User",
        "its log source is not collected",
        "line: Line is \u{201c}vss\u{201d}, wanted contains: delete",
        "line: the keywords is not in the event, wanted contains: delete",
        "a filter took every match back",
    ];
    assert_eq!(first.causes, causes);
    assert_eq!(second.causes, ["no event of windows arrived"]);
    assert_eq!(first.also, ["rule:r1", "recording:b", "technique:T1070.001"]);
    let place = first.place.as_ref().map(|p| (p.file.as_str(), p.line));
    assert_eq!((place, &second.place), (Some(("rules/r1.yml", 1)), &None));
    let leaf = |rule: &str, recording: Option<&str>| failed_leaf(&record, rule, recording);
    let found = Some(("line".to_owned(), Some("Line".to_owned())));
    assert_eq!((leaf("r1", Some("b")), leaf("r1", None)), (found.clone(), found));
    assert_eq!((leaf("r1", Some("a")), leaf("r2", None)), (None, None));
    // A miss tells its causes with the nearest rules.
    let missed = gate(&[requirement("misses recording:b at-most 0")], held(&record, None, &none));
    let missed = &missed.lines[0].offences[0];
    assert_eq!(missed.causes[0], "telemetry source absent");
    let near = "rule silent: Rule r9 (line: the keywords is not in the event, wanted contains: delete); \
                Rule r1 (line: Line is \u{201c}vss\u{201d}, wanted contains: delete)";
    assert_eq!(missed.causes[5], near);
    assert_eq!(missed.place.as_ref().map(|p| p.file.as_str()), Some("b.jsonl"));
    assert_eq!(missed.also, ["technique:T1070.001", "recording:b"]);
}

#[test]
fn long_values_are_cut_and_a_rule_without_a_failed_test_says_so() {
    let mut record = lost();
    let mut whole = tree("r2", None, None);
    whole.root.children.truncate(2);
    let long = "x".repeat(200);
    let nearest = vec![tree("r1", Some("Line"), Some(&long)), whole];
    record.verdicts[1].causes = vec![Cause::RuleSilent { rules: 2, nearest }];
    let none = Paired::new();
    let got = gate(&[requirement("lost-rules all at-most 0")], held(&record, None, &none));
    let cause = |place: usize| got.lines[0].offences[place].causes.join("|");
    assert_eq!(
        cause(0),
        format!("line: Line is \u{201c}{}\u{201d}, wanted contains: delete", "x".repeat(120))
    );
    assert_eq!(cause(1), "its condition does not hold");
    // A miss of which no rule came near says so in one word.
    record.verdicts[1].causes = vec![Cause::RuleSilent { rules: 2, nearest: vec![] }];
    let missed = gate(&[requirement("misses recording:b at-most 0")], held(&record, None, &none));
    assert_eq!(missed.lines[0].offences[0].causes, ["rule silent"]);
}

#[test]
fn a_rule_is_lost_on_a_recording_of_no_technique_too() {
    let (mut record, none) = (lost(), Paired::new());
    record.recordings[1].techniques.clear();
    let b = "rule:r1@b rule:r2@b";
    let cases = [
        ("lost-rules all at-most 2", format!("passed 2 of 2, {KEPT}: {b}")),
        ("lost-rules technique:T1070 at-most 0", format!("passed 0 of 0, {KEPT}:")),
    ];
    check(held(&record, None, &none), &cases.each_ref().map(|(r, w)| (*r, w.as_str())));
}

#[test]
fn benign_firings_and_errors_of_content_are_counted() {
    let (mut record, none) = (run(&LINES), Paired::new());
    record.rules.insert(rule("r1"), info("r1", "h"));
    let firing = |id: &str| BenignFiring {
        rule: rule(id),
        title: format!("Rule {id}"),
        level: String::new(),
        events: 3,
        per_million: 1.0,
    };
    record.coverage.benign = vec![firing("r9"), firing("r1")];
    let error = |file: &str| Diagnostic::error(file, "rule.unreadable", "no YAML");
    record.diagnostics = vec![
        error("z.yml").at(4, 1).help("write YAML"),
        error("b.yml"),
        error("b.yml").at(9, 1),
        Diagnostic::warning("c.yml", "rule.odd", "odd"),
    ];
    let errors = "content:rule.unreadable@b.yml content:rule.unreadable@z.yml";
    let cases = [
        (
            "benign-rules all at-most 1",
            "failed 2 of 2, the limit is not kept: benign:r1 benign:r9".to_owned(),
        ),
        ("content-errors all at-most 0", format!("failed 2 of 2, the limit is not kept: {errors}")),
    ];
    check(held(&record, None, &none), &cases.each_ref().map(|(r, w)| (*r, w.as_str())));
    let offences =
        |text: &str| gate(&[requirement(text)], held(&record, None, &none)).lines[0].offences.clone();
    let rules = offences("benign-rules all at-most 1");
    assert_eq!(rules[0].text, "rule \u{201c}Rule r1\u{201d} fired on 3 benign events");
    let at = |o: &model::gate::Offence| o.place.as_ref().map(|p| (p.file.clone(), p.line));
    assert_eq!((at(&rules[0]), at(&rules[1])), (Some(("rules/r1.yml".to_owned(), 1)), None));
    let errors = offences("content-errors all at-most 0");
    assert_eq!(at(&errors[0]), Some(("b.yml".to_owned(), 1)));
    assert_eq!(at(&errors[1]), Some(("z.yml".to_owned(), 4)));
    assert_eq!((errors[0].causes.len(), errors[1].causes.as_slice()), (0, &["write YAML".to_owned()][..]));
    assert_eq!(errors[1].text, "no YAML [rule.unreadable]");
}
