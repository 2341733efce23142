//! From rule text and events to verdicts.

use crate::support::*;
use detect::{Seen, Watch, check_selection, join_twins, judge, nearest, why_silent};
use model::event::Origin;
use model::id::{RecordingId, TechniqueId};
use model::quantity::{Millis, Timestamp};
use model::recording::{Blocked, Recording, RecordingKind, Selection};
use model::verdict::{Cause, Key, Outcome, OutcomeKind, Verdict};
use rayon::prelude::*;
use serde_json::{Value, json};

const SHADOW: &str = "CommandLine|contains: delete shadows";

fn command(index: u64, second: i64, line: &str) -> model::event::Event {
    event(index, second, json!({"EventID": 1, "CommandLine": line}))
}

fn hit(index: u64, second: i64) -> model::event::Event {
    command(index, second, "vssadmin Delete Shadows /all")
}

fn selection(value: Value) -> Selection {
    let Value::Object(map) = value else { panic!("a selection is an object") };
    Selection(map)
}

fn kind(verdict: &Verdict) -> Option<OutcomeKind> {
    verdict.outcome.as_ref().map(Outcome::kind)
}

fn links(verdict: &Verdict) -> Vec<&'static str> {
    verdict.causes.iter().map(Cause::link).collect()
}

/// One rule for T1490, one recording, these events: the verdict.
fn verdict(recording: &Recording, events: &[model::event::Event]) -> Verdict {
    let (rules, _) = rules(&[("a.yml", &rule("r1", "t1490", SHADOW))]);
    judge(&watch(&rules, recording, events, 10).observations[0])
}

#[test]
fn a_rule_of_the_technique_that_fires_is_an_alert() {
    let (rules, _) = rules(&[("a.yml", &rule("r1", "t1490", SHADOW))]);
    let mut recording = recording("T1490");
    recording.act = Some(Timestamp(10_000));
    let watched = watch(&rules, &recording, &[command(0, 11, "whoami"), hit(1, 12)], 10);
    let verdict = judge(&watched.observations[0]);
    assert_eq!(verdict.outcome, Some(Outcome::Alerted { delay: Some(Millis(2_000)), late: false }));
    assert_eq!(verdict.id.as_str(), "lab/one/T1490");
    assert_eq!(verdict.events.iter().map(|e| e.index).collect::<Vec<_>>(), [1]);
    assert_eq!(watched.samples.iter().map(|s| s.event.index).collect::<Vec<_>>(), [1]);
    assert_eq!(watched.replay.sources.get(&Origin::stored("windows/process_creation/sysmon")), Some(&2));
    assert_eq!(watched.replay.firings[0].first, [1]);
}

#[test]
fn what_a_rule_looked_at_is_shown_in_the_order_of_the_event() {
    let mut recording = recording("T1490");
    recording.techniques.clear();
    let detection = "title: R\nid: r1\nlogsource: {product: windows}\ndetection:\n  a: {Image: a}\n  b: {User: b}\n  \
                     c: {CommandLine: c}\n  d: {Parent: d}\n  condition: all of them\n";
    let fields = json!({"User": "b", "Image": "a", "Other": "o", "Parent": "d", "CommandLine": "c"});
    // The engine's tables are seeded anew with each rule set.
    for _ in 0..16 {
        let (rules, _) = rules(&[("a.yml", detection)]);
        let watched = watch(&rules, &recording, &[event(0, 1, fields.clone())], 10);
        let shown = watched.replay.shown.values().next().unwrap();
        let names: Vec<&str> = shown.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["User", "Image", "Parent", "CommandLine"]);
    }
}

#[test]
fn the_arrival_at_the_rules_sets_the_delay() {
    let mut recording = recording("T1490");
    recording.act = Some(Timestamp(10_000));
    let mut late = hit(0, 11);
    late.arrived = Some(Timestamp(100_000));
    let verdict = verdict(&recording, &[late]);
    assert_eq!(verdict.outcome, Some(Outcome::Alerted { delay: Some(Millis(90_000)), late: true }));
    assert_eq!(links(&verdict), ["matched late"]);
}

#[test]
fn nothing_depends_on_batches_or_threads() {
    let mut files: Vec<(String, String)> = vec![("f.yml".to_owned(), FILTER.to_owned())];
    for (id, word) in [("r1", "delete"), ("r2", "list"), ("r3", "whoami"), ("r4", "resize")] {
        files.push((format!("{id}.yml"), rule(id, "t1490", &format!("CommandLine|contains: {word}"))));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let (rules, _) = rules(&files);
    let mut recording = recording("T1490");
    recording.marker = Some("fp-7c1e".to_owned());
    recording.act = Some(Timestamp(0));
    let words = ["delete", "list", "whoami", "nothing", "delete fp-7c1e", "resize adm_x", "set"];
    let line = |n: u64| format!("{} {n}", words[(n as usize * 5) % words.len()]);
    let mut events: Vec<_> = (0..900).map(|n| command(n, n as i64, &line(n))).collect();
    events.iter_mut().step_by(7).for_each(|e| {
        e.fields.insert("EventID", json!(4688));
    });
    events.iter_mut().step_by(11).for_each(|e| e.time = None);
    let whole = watch(&rules, &recording, &events, events.len());
    assert!(whole.replay.firings.len() == 3 && whole.replay.firings.iter().all(|f| f.first.len() == 8));
    for size in [1, 7, 64, 300] {
        assert_eq!(watch(&rules, &recording, &events, size), whole, "in batches of {size}");
    }
    for threads in [1, 2, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let watch = Watch::new(&rules, &recording);
        let parts: Vec<Seen> =
            pool.install(|| events.par_chunks(50).map(|batch| watch.look(batch)).collect());
        let mut all = Seen::default();
        parts.into_iter().for_each(|part| all.absorb(part));
        assert_eq!(watch.finish(all, 0), whole, "on {threads} threads");
    }
}

#[test]
fn events_of_another_time_or_host_are_not_the_acts() {
    let mut recording = recording("T1490");
    (recording.act, recording.end) = (Some(Timestamp(100_000)), Some(Timestamp(110_000)));
    recording.host = Some("wks-1".to_owned());
    let mut elsewhere = hit(2, 105);
    elsewhere.host = Some("srv-9".to_owned());
    let before = hit(0, 50);
    let miss = verdict(&recording, &[before, command(1, 104, "whoami"), elsewhere]);
    assert_eq!(kind(&miss), Some(OutcomeKind::Logged));
    assert_eq!((miss.attribution.events, links(&miss)), (1, vec!["rule silent"]));
    // No event of the act at all: those of others are counted.
    let nothing = verdict(&recording, &[hit(0, 50), hit(1, 60), hit(2, 70)]);
    assert_eq!(nothing.attribution.events, 0);
    assert!(nothing.causes.contains(&Cause::EventAbsent { unrelated: 3 }), "{:?}", nothing.causes);
    // Two seconds of slack, and an event without a time is not held against the act.
    let at_the_edge = verdict(&recording, &[hit(0, 112)]);
    assert_eq!(kind(&at_the_edge), Some(OutcomeKind::Alerted));
    for second in [97, 113] {
        let beyond = verdict(&recording, &[hit(0, second), command(1, 104, "whoami")]);
        assert_eq!(kind(&beyond), Some(OutcomeKind::Logged), "at {second} s");
    }
    assert_eq!(at_the_edge.attribution.keys, [Key::File, Key::Time, Key::Host]);
    let mut timeless = hit(0, 0);
    timeless.time = None;
    let seen = verdict(&recording, &[timeless]);
    assert_eq!(
        (kind(&seen), seen.attribution.keys),
        (Some(OutcomeKind::Alerted), vec![Key::File, Key::Host])
    );
}

#[test]
fn a_marker_tells_the_acts_events_apart_and_its_loss_blinds_nobody() {
    let mut recording = recording("T1490");
    recording.marker = Some("fp-7c1e".to_owned());
    let marked = command(1, 5, "whoami fp-7c1e");
    let with = verdict(&recording, &[hit(0, 4), marked]);
    assert_eq!((kind(&with), with.attribution.events), (Some(OutcomeKind::Logged), 1));
    assert_eq!(with.attribution.keys, [Key::File, Key::Marker]);
    let without = verdict(&recording, &[hit(0, 4)]);
    assert_eq!(kind(&without), Some(OutcomeKind::Alerted), "no event carries the marker: it was lost");
    assert_eq!(without.attribution.keys, [Key::File]);
    assert!(with.attribution.confidence > without.attribution.confidence);
}

/// Events of the act and others are counted apart, whatever the verdict makes of them.
#[test]
fn events_of_the_act_and_of_others_are_counted_apart() {
    let mut recording = recording("T1490");
    (recording.act, recording.end) = (Some(Timestamp(100_000)), Some(Timestamp(110_000)));
    let (rules, _) = rules(&[("a.yml", &rule("r1", "t1490", SHADOW))]);
    for (seconds, own, others) in [([104, 105, 106], 3, 0), ([104, 105, 50], 2, 1), ([104, 50, 60], 1, 2)] {
        let events: Vec<_> = (0..).zip(seconds).map(|(n, second)| command(n, second, "whoami")).collect();
        let observation = &watch(&rules, &recording, &events, 10).observations[0];
        assert_eq!((observation.of_act, observation.unrelated), (own, others), "{seconds:?}");
    }
}

/// The marker can be tested only where a recording has one and an event carries it.
#[test]
fn keys_that_can_be_tested_are_those_that_are_there() {
    let (rules, _) = rules(&[("a.yml", &rule("r1", "t1490", SHADOW))]);
    let testable = |recording: &Recording, line: &str| {
        watch(&rules, recording, &[command(0, 105, line)], 1).observations[0].testable.clone()
    };
    let mut recording = recording("T1490");
    assert_eq!(testable(&recording, "whoami fp-7c1e"), [Key::File]);
    recording.marker = Some("fp-7c1e".to_owned());
    assert_eq!(testable(&recording, "whoami"), [Key::File]);
    assert_eq!(testable(&recording, "whoami fp-7c1e"), [Key::File, Key::Marker]);
    recording.act = Some(Timestamp(100_000));
    assert_eq!(testable(&recording, "whoami"), [Key::File], "an act without an end is no window");
    (recording.end, recording.host) = (Some(Timestamp(110_000)), Some("wks-1".to_owned()));
    assert_eq!(testable(&recording, "fp-7c1e"), [Key::File, Key::Time, Key::Host, Key::Marker]);
}

/// Rules look 64 levels deep, the fields of the event being the first; so does the search for the marker.
#[test]
fn a_marker_below_what_rules_look_at_is_not_seen() {
    let (rules, _) = rules(&[("a.yml", &rule("r1", "t1490", SHADOW))]);
    let mut recording = recording("T1490");
    recording.marker = Some("fp-7c1e".to_owned());
    for (lists, seen) in [(0, true), (62, true), (63, false), (64, false)] {
        let nested = (0..lists).fold(json!("fp-7c1e"), |inner, _| json!([inner]));
        let events = [event(0, 1, json!({ "Nested": nested }))];
        let observation = &watch(&rules, &recording, &events, 1).observations[0];
        assert_eq!(observation.testable.contains(&Key::Marker), seen, "{lists} lists");
    }
}

/// An event in the act's time belongs to it without the marker too, even where another carries it;
/// one without a time does not.
#[test]
fn an_event_in_the_acts_time_needs_no_marker() {
    let mut recording = recording("T1490");
    recording.marker = Some("fp-7c1e".to_owned());
    (recording.act, recording.end) = (Some(Timestamp(100_000)), Some(Timestamp(110_000)));
    let marked = command(1, 105, "whoami fp-7c1e");
    let in_time = verdict(&recording, &[hit(0, 104), marked.clone()]);
    assert_eq!((kind(&in_time), in_time.attribution.events), (Some(OutcomeKind::Alerted), 2));
    let mut timeless = hit(0, 0);
    timeless.time = None;
    let loose = verdict(&recording, &[timeless.clone(), marked]);
    assert_eq!((kind(&loose), loose.attribution.events), (Some(OutcomeKind::Logged), 1));
    assert_eq!(kind(&verdict(&recording, &[timeless])), Some(OutcomeKind::Alerted), "no event carries it");
}

/// A path into nested values is missing where no event of the act leads there, and found where one does.
#[test]
fn a_path_into_nested_values_is_missing_only_where_it_leads_nowhere() {
    let (rules, _) = rules(&[("a.yml", &rule("r1", "t1490", "process.args: delete"))]);
    let missing = |fields: Value| {
        let verdict = judge(&watch(&rules, &recording("T1490"), &[event(0, 1, fields)], 1).observations[0]);
        let fields = |cause: &Cause| match cause {
            Cause::FieldMissing { fields, .. } => fields.clone(),
            _ => Vec::new(),
        };
        verdict.causes.iter().flat_map(fields).collect::<Vec<_>>()
    };
    assert_eq!(missing(json!({"process": {"name": "x"}})), ["process.args"]);
    assert_eq!(missing(json!({"process": "args"})), ["process.args"]);
    assert_eq!(missing(json!({"process": {"args": "list"}})), [""; 0]);
    assert_eq!(missing(json!({"process.args": "list"})), [""; 0]);
}

const FILTER: &str = "title: Administrators\nlogsource: {product: windows, category: process_creation}\n\
    filter:\n  rules: [r1, r4]\n  selection: {CommandLine|contains: adm_}\n  condition: not selection\n";

#[test]
fn a_match_taken_back_by_a_filter_is_no_alert() {
    let (rules, summary) = rules(&[("a.yml", &rule("r1", "t1490", SHADOW)), ("f.yml", FILTER)]);
    assert_eq!(summary.filters, 1);
    let mut recording = recording("T1490");
    recording.expected_rules = vec![rule_id("r1")];
    let filtered = command(0, 1, "vssadmin delete shadows /for=adm_1");
    let watched = watch(&rules, &recording, std::slice::from_ref(&filtered), 1);
    let miss = judge(&watched.observations[0]);
    assert_eq!((kind(&miss), links(&miss)), (Some(OutcomeKind::Logged), vec!["suppressed by a filter"]));
    assert_eq!(miss.lost[0].id.as_str(), "r1");
    assert!(watched.replay.firings.is_empty());
    assert_eq!(watched.replay.taken_back, [(rule_id("r1"), 1)].into());
    assert_eq!(watched.fired[&miss.technique], [], "what a filter took back has not fired");
    let both = watch(&rules, &recording, &[filtered, hit(1, 2)], 1);
    assert_eq!(kind(&judge(&both.observations[0])), Some(OutcomeKind::Alerted));
    assert_eq!((both.replay.firings[0].passed(), both.replay.firings[0].suppressed), (1, 1));
    assert!(both.replay.taken_back.is_empty());
}

/// A rule of another technique fired where a match passed, not where a filter took it back.
#[test]
fn a_match_taken_back_is_no_firing_for_another_technique_either() {
    let other = rule("r4", "t1059", SHADOW);
    let (rules, _) = rules(&[("b.yml", &other), ("f.yml", FILTER)]);
    let causes = |line: &str| {
        let watched = watch(&rules, &recording("T1490"), &[command(0, 1, line)], 1);
        links(&judge(&watched.observations[0]))
    };
    assert_eq!(causes("delete shadows /for=adm_1"), causes("whoami"));
    assert_ne!(causes("delete shadows /all"), causes("whoami"));
}

#[test]
fn a_miss_says_how_far_each_rule_got() {
    let linux = rule("r2", "t1490", SHADOW).replace("windows", "linux");
    let needs = rule("r3", "t1490", "{OriginalFileName: vssadmin.exe, CommandLine|contains: delete}");
    let either = "title: e\nid: r4\ntags: [attack.t1490]\n\
        logsource: {product: windows, category: process_creation}\n\
        detection:\n  a: {Hashes|contains: x}\n  b: {CommandLine|contains: zzz}\n  \
        c: {ParentImage: y}\n  condition: 1 of a* or b and not c\n";
    let (rules, _) = rules(&[
        ("1.yml", &rule("r1", "t1490", SHADOW)),
        ("2.yml", &linux),
        ("3.yml", &needs),
        ("4.yml", either),
    ]);
    let mut recording = recording("T1490");
    recording.telemetry = vec![source("windows", "process_creation"), source("windows", "registry_set")];
    let verdict = judge(&watch(&rules, &recording, &[command(0, 1, "vssadmin list")], 1).observations[0]);
    assert_eq!(links(&verdict), ["telemetry source absent", "field missing", "rule silent"]);
    let Cause::FieldMissing { fields, rules } = &verdict.causes[1] else { panic!() };
    assert_eq!((fields.as_slice(), rules[0].as_str()), (["OriginalFileName".to_owned()].as_slice(), "r3"));
    let Cause::RuleSilent { rules, nearest } = &verdict.causes[2] else { panic!() };
    assert_eq!((*rules, nearest.len()), (2, 2));
    let leaf = &nearest.iter().find(|tree| tree.rule.as_str() == "r1").unwrap().root.leaves[0];
    assert_eq!(leaf.field.as_deref(), Some("CommandLine"));
    assert_eq!(
        (leaf.wanted.as_str(), leaf.actual.as_deref()),
        ("contains: delete shadows", Some("vssadmin list"))
    );
}

#[test]
fn the_nearest_miss_is_the_one_that_met_most_of_its_condition() {
    let near = rule("r9", "t1490", "{Image|endswith: vssadmin.exe, CommandLine|contains: delete}");
    let far = rule("r1", "t1490", "{Image|endswith: wmic.exe, CommandLine|contains: delete}");
    let (rules, _) = rules(&[("1.yml", &near), ("2.yml", &far)]);
    let long = "x".repeat(5_000);
    let events = [
        event(0, 1, json!({"Image": "a.exe", "CommandLine": "b"})),
        event(1, 2, json!({"Image": "C:\\vssadmin.exe", "CommandLine": long})),
    ];
    let technique = TechniqueId::new("T1490").unwrap();
    let trees = nearest(&rules, &technique, events.iter(), &RecordingId::new("lab/one").unwrap());
    assert_eq!(trees[0].rule.as_str(), "r9");
    assert_eq!(trees[0].event.index, 1);
    assert!(trees[0].root.leaves.iter().any(|leaf| leaf.passed));
    let actual = trees[0].root.leaves.iter().find(|leaf| !leaf.passed).unwrap().actual.as_ref().unwrap();
    assert_eq!(actual.chars().count(), 301, "long values are cut");
}

#[test]
fn parents_and_sub_techniques_count_and_siblings_do_not() {
    let (rules, _) = rules(&[
        ("1.yml", &rule("parent", "t1059", "CommandLine|contains: one")),
        ("2.yml", &rule("child", "t1059.001", "CommandLine|contains: two")),
        ("3.yml", &rule("sibling", "t1059.003", "CommandLine|contains: three")),
    ]);
    let fired = |technique: &str, line: &str| {
        let verdict = judge(&watch(&rules, &recording(technique), &[command(0, 1, line)], 1).observations[0]);
        verdict.rules.iter().map(|rule| rule.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(fired("T1059.001", "one two three"), ["child", "parent"]);
    assert_eq!(fired("T1059", "one two three"), ["child", "parent", "sibling"]);
    let only = judge(&watch(&rules, &recording("T1059.001"), &[command(0, 1, "three")], 1).observations[0]);
    assert_eq!(links(&only), ["rule silent", "other technique only"]);
}

#[test]
fn success_and_block_are_proven_by_events() {
    let mut recording = recording("T1490");
    recording.success = Some(selection(json!({"CommandLine|contains": "vssadmin"})));
    assert_eq!(kind(&verdict(&recording, &[command(0, 1, "whoami")])), Some(OutcomeKind::Inconclusive));
    assert_eq!(kind(&verdict(&recording, &[command(0, 1, "VSSADMIN list")])), Some(OutcomeKind::Logged));
    recording.blocked =
        Some(Blocked { by: "allow-list".to_owned(), evidence: selection(json!({"EventID": 8004})) });
    let stopped = verdict(&recording, &[event(3, 1, json!({"EventID": 8004}))]);
    assert_eq!(stopped.outcome, Some(Outcome::Prevented { by: "allow-list".to_owned() }));
    assert_eq!(stopped.events[0].index, 3);
    let twice = [event(3, 1, json!({"EventID": 8004})), event(5, 2, json!({"EventID": 8004}))];
    let proof: Vec<u64> = verdict(&recording, &twice).events.iter().map(|e| e.index).collect();
    assert_eq!(proof, [3, 5], "every event that proves the block is named");
    let claimed = verdict(&recording, &[command(0, 1, "vssadmin list")]);
    assert_eq!(kind(&claimed), Some(OutcomeKind::Inconclusive));
}

#[test]
fn a_selection_that_cannot_be_evaluated_is_said_so() {
    let broken = selection(json!({"CommandLine|contians": "x"}));
    assert!(check_selection(&broken).unwrap_err().contains("contians"));
    assert!(check_selection(&selection(json!({}))).is_err());
    assert!(check_selection(&selection(json!({"EventID": [1, 3], "Image|re": "a.+"}))).is_ok());
    let mut recording = recording("T1490");
    recording.success = Some(broken);
    let Some(Outcome::Inconclusive { why }) = verdict(&recording, &[command(0, 1, "x")]).outcome else {
        panic!("nothing can be concluded");
    };
    assert!(why.contains("contians"), "{why}");
}

#[test]
fn a_rule_on_the_benign_twin_is_noted_with_the_verdict() {
    let (rules, _) = rules(&[("a.yml", &rule("r1", "t1490", SHADOW))]);
    let attack = recording("T1490");
    let mut twin = attack.clone();
    (twin.id, twin.kind) = (RecordingId::new("lab/twin").unwrap(), RecordingKind::Twin);
    let mut benign = attack.clone();
    (benign.id, benign.kind) = (RecordingId::new("lab/benign").unwrap(), RecordingKind::Benign);
    let all = [attack, twin, benign];
    let watched: Vec<_> = all.iter().map(|recording| watch(&rules, recording, &[hit(0, 1)], 1)).collect();
    assert_eq!(watched.iter().map(|w| w.observations.len()).collect::<Vec<_>>(), [1, 0, 0]);
    assert!(watched.iter().all(|w| w.replay.firings.len() == 1));
    let mut verdicts = vec![judge(&watched[0].observations[0])];
    join_twins(&mut verdicts, &watched.iter().collect::<Vec<_>>(), &all);
    assert_eq!(verdicts[0].twins.len(), 1);
    assert_eq!(verdicts[0].twins[0].recording.as_str(), "lab/twin");
    assert_eq!(verdicts[0].twins[0].fired, [rule_id("r1")]);
}

#[test]
fn wildcards_stand_at_the_end_that_the_modifier_names() {
    let fires = |selection: &str, line: &str| {
        let (rules, _) = rules(&[("a.yml", &rule("r1", "t1490", selection))]);
        !watch(&rules, &recording("T1490"), &[command(0, 1, line)], 1).replay.firings.is_empty()
    };
    for (selection, line, expected) in [
        ("CommandLine|endswith: 'A??'", "0xa10", true),
        ("CommandLine|endswith: 'A??'", "A10 and more", false),
        ("CommandLine|startswith: 'C:\\\\*\\x.exe'", "c:\\temp\\x.exe -v", true),
        ("CommandLine|startswith: 'C:\\\\*\\x.exe'", "run c:\\temp\\x.exe", false),
        ("CommandLine|endswith: ['.(x)', '?zz']", "a\nb.(X)", true),
        ("CommandLine|endswith|cased: 'A??'", "0xa10", false),
        ("CommandLine|contains: 'A??'", "0xa10 z", true),
    ] {
        assert_eq!(fires(selection, line), expected, "{selection} on {line}");
    }
}

#[test]
fn a_rule_that_did_not_fire_is_explained_over_all_events() {
    let linux = rule("r2", "t1490", SHADOW).replace("windows", "linux");
    let (rules, _) = rules(&[
        ("1.yml", &rule("r1", "t1490", SHADOW)),
        ("2.yml", &linux),
        ("3.yml", &rule("r3", "t1490", "{Hashes|contains: x, CommandLine|contains: vss}")),
        ("f.yml", FILTER),
    ]);
    let why = |id: &str, lines: &[&str]| {
        let events: Vec<_> = lines.iter().enumerate().map(|(n, l)| command(n as u64, 0, l)).collect();
        let causes = why_silent(&rules, &rule_id(id), events.iter(), &RecordingId::new("lab/one").unwrap());
        causes.iter().map(Cause::link).collect::<Vec<_>>()
    };
    assert_eq!(why("r9", &["x"]), ["no rule"]);
    assert_eq!(why("r2", &["x"]), ["log source not collected"]);
    assert_eq!(why("r3", &["vssadmin", "x"]), ["field missing", "rule silent"]);
    assert_eq!(why("r1", &["delete shadows adm_1", "x"]), ["suppressed by a filter"]);
    assert_eq!(why("r1", &["delete", "shadows"]), ["rule silent"]);
    assert!(why("r1", &["delete shadows adm_1", "delete shadows"]).is_empty());
}
