//! What a watch holds after any edits is what a replay from scratch gives.

use std::collections::{BTreeMap, BTreeSet};

use model::quantity::Seed;
use model::record::Record;
use model::watching::Did;
use proptest::prelude::*;
use rehearsal::{
    Changed, Error, Extent, Memory, Settings, Silent, Sources, Watching, WorkspaceFile, replay_only,
};

const SEED: Seed = Seed(3);

type Content = BTreeMap<String, String>;

fn sources(content: &Content) -> Sources {
    let files = Memory::new("example", content.clone()).named("w/");
    Sources::new(files, WorkspaceFile::default(), Settings { seed: SEED, trials: 1 })
}

fn from_scratch(content: &Content) -> Result<Record, Error> {
    let intake = sources(content).read(Extent::Replay)?.measurable()?;
    if intake.survey.recordings.is_empty() {
        return Err(Error::Usage("there is no recording to replay".to_owned()));
    }
    Ok(replay_only(&intake, SEED, &Silent))
}

/// Returns which files differ, as the input layer tells it.
fn changed(before: &Content, after: &Content) -> Changed {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ = |name: &&&String| before.get(**name) != after.get(**name);
    let listed = before.keys().ne(after.keys());
    Changed { files: names.iter().filter(differ).map(|name| format!("w/{name}")).collect(), listed }
}

const PROCESS: &str = "{product: windows, category: process_creation}";

/// Returns rules of all kinds; `variant` chooses what they look for.
fn rule(place: usize, variant: usize) -> String {
    let word = ["cmd", "whoami", "net", "powershell"][variant % 4];
    let technique = ["t1059.001", "t1059", "t1033", "t1490"][(variant / 4 + place) % 4];
    let head = |kind: &str| {
        format!(
            "title: Rule {place} {kind}\nid: rule-{place}\nname: name_{place}\ntags: [attack.{technique}]\n"
        )
    };
    let plain = |source: &str, selection: &str| {
        format!(
            "{}logsource: {source}\ndetection:\n  sel:\n    {selection}\n  condition: sel\n",
            head("looks")
        )
    };
    match (place, variant % 7) {
        (_, 6) => format!("title: broken {place}\nid: rule-{place}\ndetection: [\n"),
        (5, _) => format!(
            "title: Filter\nid: filter-5\nlogsource: {PROCESS}\nfilter:\n  rules: [rule-0, rule-1]\n  sel:\n    \
             User|startswith: {}\n  condition: not sel\n",
            ["a", "b"][variant % 2]
        ),
        (6, _) => format!(
            "{}correlation:\n  type: event_count\n  rules: [rule-{}]\n  group-by: [{}]\n  timespan: 1h\n  \
             condition: {{gte: {}}}\n  generate: {}\n",
            head("counts"),
            variant % 3,
            ["User", "Image", "none"][variant % 3],
            1 + variant % 4,
            variant.is_multiple_of(2)
        ),
        (7, _) => format!(
            "{}correlation:\n  type: temporal\n  rules: [rule-6, name_{}]\n  group-by: [User]\n  timespan: 1h\n",
            head("chains"),
            variant % 5
        ),
        (4, 0) => {
            format!(
                "{}logsource: {PROCESS}\ndetection:\n  keywords: [{word}]\n  condition: keywords\n",
                head("k")
            )
        }
        (4, 1) => plain(PROCESS, &format!("Nested.inner|contains: {word}")),
        (4, 2) => plain(PROCESS, "Image|re: '.*m.*'"),
        (3, _) => plain("{product: windows, service: security}", &format!("ProcessName|contains: {word}")),
        (2, _) => plain(PROCESS, &format!("CommandLine|contains: {word}\n    User: a")),
        _ => plain(PROCESS, &format!("Image|endswith: '\\{word}.exe'")),
    }
}

fn events(variant: usize, count: usize) -> String {
    let one = |place: usize| {
        let word = ["cmd", "whoami", "net", "powershell"][(place + variant) % 4];
        let user = ["a", "b", "c"][(place / 2 + variant) % 3];
        let time = format!("2026-03-0{} 10:{:02}:00.000", 1 + variant % 2, place % 60);
        match place % 5 {
            4 => format!(
                r#"{{"Channel":"Security","EventID":4624,"@timestamp":"{time}","ProcessName":"c:\\{word}.exe"}}"#
            ),
            3 if variant.is_multiple_of(3) => "{broken".to_owned(),
            _ => format!(
                r#"{{"Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"UtcTime":"{time}","Computer":"h{}","Image":"c:\\{word}.exe","CommandLine":"{word} {place}","User":"{user}","Nested":{{"inner":"{word}"}}}}"#,
                place % 2
            ),
        }
    };
    (0..count).map(|place| one(place) + "\n").collect()
}

fn description(variant: usize) -> String {
    let technique = ["T1059.001", "T1059", "T1033", "T9999"][variant % 4];
    let kind = ["attack", "attack", "twin"][variant % 3];
    let mut text =
        format!("title: r{variant}\nkind: {kind}\ntechniques: [{technique}]\nfiles: [log.jsonl]\n");
    match variant % 5 {
        0 => text.push_str("expected-rules: [rule-0, rule-6]\n"),
        1 => text.push_str("marker: whoami\n"),
        2 => text.push_str("host: h1\nact: 2026-03-01T10:00:00Z\nend: 2026-03-01T10:10:00Z\n"),
        3 => text.push_str("success: {CommandLine|contains: whoami}\n"),
        _ => {}
    }
    text
}

/// What is done to the content.
#[derive(Debug, Clone)]
enum Edit {
    Rule(usize, usize),
    NoRule(usize),
    Log(usize, usize, usize),
    Description(usize, usize),
    Plain(usize),
    NoRecording(usize),
    Nothing,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (0..8_usize, 0..28_usize).prop_map(|(place, variant)| Edit::Rule(place, variant)),
        1 => (0..8_usize).prop_map(Edit::NoRule),
        2 => (0..3_usize, 0..6_usize, 0..90_usize).prop_map(|(r, v, n)| Edit::Log(r, v, n)),
        2 => (0..3_usize, 0..30_usize).prop_map(|(r, v)| Edit::Description(r, v)),
        1 => (0..9_usize).prop_map(Edit::Plain),
        1 => (0..3_usize).prop_map(Edit::NoRecording),
        1 => Just(Edit::Nothing),
    ]
}

fn apply(edit: &Edit, content: &mut Content) {
    match edit {
        Edit::Rule(place, variant) => {
            content.insert(format!("rules/{place}.yml"), rule(*place, *variant));
        }
        Edit::NoRule(place) => {
            content.remove(&format!("rules/{place}.yml"));
        }
        Edit::Log(recording, variant, count) => {
            content.insert(format!("recordings/r{recording}/log.jsonl"), events(*variant, *count));
        }
        Edit::Description(recording, variant) => {
            content.insert(format!("recordings/r{recording}/recording.yaml"), description(*variant));
        }
        Edit::Plain(variant) => {
            content.insert("recordings/T1059.001/plain.jsonl".to_owned(), events(*variant, 40));
        }
        Edit::NoRecording(recording) => {
            content.retain(|name, _| !name.starts_with(&format!("recordings/r{recording}/")));
        }
        Edit::Nothing => {}
    }
}

fn begin() -> Content {
    let mut content = Content::from([
        ("rules/.keep".to_owned(), String::new()),
        ("recordings/.keep".to_owned(), String::new()),
    ]);
    for place in 0..8 {
        apply(&Edit::Rule(place, 8), &mut content);
    }
    for recording in 0..3 {
        apply(&Edit::Log(recording, recording, 60), &mut content);
        apply(&Edit::Description(recording, 5 * recording), &mut content);
    }
    content
}

fn text(record: &Record) -> String {
    String::from_utf8(record.to_bytes()).expect("JSON is UTF-8")
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 200, ..ProptestConfig::with_cases(60) })]

    /// After each of a sequence of edits, several at once too, the record is that of a replay from
    /// scratch to the last byte; where there is none, neither has one.
    #[test]
    fn a_watch_holds_what_a_replay_from_scratch_gives(
        steps in prop::collection::vec(prop::collection::vec(edit(), 1..4), 1..7),
    ) {
        let mut content = begin();
        let mut watching = Watching::new(None);
        watching.look(&sources(&content), &Changed::default(), &Silent).unwrap();
        let mut last = text(&from_scratch(&content).unwrap());
        prop_assert_eq!(text(&watching.record(SEED).unwrap()), last.as_str());
        for edits in &steps {
            let before = content.clone();
            edits.iter().for_each(|edit| apply(edit, &mut content));
            let difference = watching.look(&sources(&content), &changed(&before, &content), &Silent);
            match (from_scratch(&content), difference) {
                (Ok(record), Ok(difference)) => {
                    let now = text(&record);
                    prop_assert_eq!(&text(&watching.record(SEED).unwrap()), &now, "after {:?}", edits);
                    let quiet = difference.rules.is_empty() && difference.verdicts.is_empty()
                        && difference.told.is_empty() && difference.settled.is_empty();
                    prop_assert!(now != last || quiet, "{:?} changed nothing", edits);
                    last = now;
                }
                (Err(own), Err(watched)) => prop_assert_eq!(own.to_string(), watched.to_string()),
                (own, watched) => prop_assert!(false, "{:?}: {:?} against {:?}", edits, own.err(), watched.err()),
            }
        }
    }
}

/// Returns a watch over the content, which has looked once.
fn watched(content: &Content) -> Watching {
    let mut watching = Watching::new(None);
    watching.look(&sources(content), &Changed::default(), &Silent).expect("it can be measured");
    watching
}

#[test]
fn an_edited_rule_alone_is_evaluated_on_its_log_source_and_its_line_is_told() {
    let mut content = begin();
    content.insert("rules/0.yml".to_owned(), rule(0, 1));
    let mut watching = watched(&content);
    let before = content.clone();
    content.insert("rules/0.yml".to_owned(), rule(0, 1).replace("whoami", "whoareyou"));
    let difference =
        watching.look(&sources(&content), &changed(&before, &content), &Silent).expect("measured");
    assert_eq!((difference.work.rules, difference.work.read), (1, 0));
    // Of 60 events a recording, 12 are of another log source; in one the broken ones are none.
    assert_eq!(difference.work.events, 3 * 48 - 12);
    let silent: Vec<_> =
        difference.rules.iter().filter(|c| c.rule.as_str() == "rule-0" && c.now == Did::Silent).collect();
    assert!(!silent.is_empty() && silent.iter().all(|c| matches!(c.was, Did::Alerted(_))));
    let told = serde_json::to_string(&silent[0].why).expect("it can be written");
    assert!(told.contains("whoareyou"), "{told}");
}

#[test]
fn a_changed_recording_alone_is_read() {
    let mut content = begin();
    let mut watching = watched(&content);
    let before = content.clone();
    apply(&Edit::Log(1, 2, 30), &mut content);
    let difference =
        watching.look(&sources(&content), &changed(&before, &content), &Silent).expect("measured");
    assert_eq!((difference.work.rules, difference.work.read, difference.work.judged), (0, 1, 1));
}

#[test]
fn what_cannot_be_measured_leaves_the_last_record_and_is_made_up_for() {
    let mut content = begin();
    let mut watching = watched(&content);
    let last = text(&watching.record(SEED).expect("measured"));
    let first = content.clone();
    content.retain(|name, _| !name.starts_with("recordings/r"));
    let gone = content.clone();
    let refused = watching.look(&sources(&content), &changed(&first, &content), &Silent);
    assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    assert_eq!(text(&watching.record(SEED).expect("measured")), last);
    // The next look is told of what changed since the refused one alone.
    let mut content = first;
    content.insert("rules/1.yml".to_owned(), rule(1, 2));
    let next = changed(&gone, &content);
    watching.look(&sources(&content), &next, &Silent).expect("measured");
    let scratch = text(&from_scratch(&content).expect("measured"));
    assert_eq!(text(&watching.record(SEED).expect("measured")), scratch);
}
