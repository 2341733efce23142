//! Which recordings are found, and what is said about the faulty ones.

use std::collections::BTreeMap;
use std::io::{self, Cursor};

use model::diagnostic::Diagnostic;
use model::id::{RuleId, TechniqueId};
use model::quantity::{Millis, Timestamp};
use model::reading::{DEFAULT_DEADLINE, Input};
use model::recording::{LabelQuality, RecordingKind, RunStatus};
use telemetry::{LabelSet, Survey, survey};

use crate::support::join;

/// What was found, with what was said about it.
struct Found {
    survey: Survey,
    diagnostics: Vec<Diagnostic>,
}

impl std::ops::Deref for Found {
    type Target = Survey;
    fn deref(&self) -> &Survey {
        &self.survey
    }
}

fn find(files: &[(&str, &str)]) -> Found {
    let content: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let mut paths: Vec<String> = content.keys().cloned().collect();
    paths.sort();
    let open = |path: &str| match content.get(path) {
        Some(bytes) => Ok(Input::Seek(Box::new(Cursor::new(bytes.clone())))),
        None => Err(io::Error::from(io::ErrorKind::NotFound)),
    };
    let (survey, diagnostics) = survey(&paths, &open, &join).into_parts();
    Found { survey, diagnostics }
}

fn ids(found: &Survey) -> Vec<&str> {
    found.recordings.iter().map(|r| r.id.as_str()).collect()
}

fn codes(found: &Found) -> Vec<String> {
    let place = |d: &Diagnostic| d.position.map_or_else(String::new, |p| format!(":{}:{}", p.line, p.column));
    found.diagnostics.iter().map(|d| format!("{}{}", d.code, place(d))).collect()
}

const WHOLE: &str = "\
title: Shadow copies listed
kind: twin
techniques: [T1490, t1059.001]
files: [b.jsonl, ./a.evtx]
act: 2026-03-02T08:00:00Z
end: 2026-03-02T09:05:00+01:00
host: wks-0417
marker: fp-7c1e
run: {crashed: out of memory}
telemetry: [{product: windows, category: process_creation}]
success: {EventID: 1, 'CommandLine|contains': vssadmin}
blocked: {by: application allow-list, evidence: {EventID: 8004}}
expected-rules: [r-2, r-1]
deadline: 20m
source: our own laboratory
";

#[test]
fn a_whole_recording_is_read_as_written() {
    let found = find(&[
        ("lab/one/recording.yaml", WHOLE),
        ("lab/one/a.evtx", ""),
        ("lab/one/b.jsonl", ""),
        ("lab/one/c.jsonl", ""),
    ]);
    assert_eq!(codes(&found), ["recording.unnamed-file"]);
    let [r] = found.recordings.as_slice() else { panic!("{:?}", ids(&found)) };
    assert_eq!(
        (r.id.as_str(), r.kind, r.label),
        ("lab/one", RecordingKind::Twin, LabelQuality::TechniqueExact)
    );
    assert_eq!(r.files, ["lab/one/a.evtx", "lab/one/b.jsonl"]);
    assert_eq!(r.techniques.iter().map(TechniqueId::as_str).collect::<Vec<_>>(), ["T1059.001", "T1490"]);
    assert_eq!(r.act, Some(Timestamp(1_772_438_400_000)));
    assert_eq!(r.end.unwrap().since(r.act.unwrap()), Millis(300_000));
    assert_eq!(r.run, RunStatus::Crashed { reason: "out of memory".to_owned() });
    assert_eq!((r.host.as_deref(), r.marker.as_deref()), (Some("wks-0417"), Some("fp-7c1e")));
    assert_eq!(r.success.as_ref().unwrap().0["EventID"], 1);
    assert_eq!(r.blocked.as_ref().unwrap().by, "application allow-list");
    assert_eq!(r.expected_rules.iter().map(RuleId::as_str).collect::<Vec<_>>(), ["r-1", "r-2"]);
    assert_eq!(r.deadline, Millis(1_200_000));
}

#[test]
fn all_faults_of_a_recording_are_reported_at_once_and_placed() {
    let faulty = "\
title: x
kind: attck
techniques: [T1490, T99, T1490]
files: [gone.jsonl, /etc/passwd]
act: 2026-03-02 08:00
end: yesterday
expected-rules: ['a b']
deadline: -3m
";
    let found = find(&[("recording.yaml", faulty)]);
    assert!(found.recordings.is_empty());
    let mut codes = codes(&found);
    codes.sort();
    assert_eq!(
        codes,
        [
            "recording.deadline:8:11",
            "recording.kind:2:7",
            "recording.missing-file:4:21",
            "recording.missing-file:4:9",
            "recording.repeated:3:26",
            "recording.rule:7:18",
            "recording.time:5:6",
            "recording.time:6:6",
            "recording.unknown-technique:3:21",
        ]
    );
    assert!(found.diagnostics.iter().all(|d| !d.message.is_empty() && d.file == "recording.yaml"));
}

#[test]
fn an_unknown_technique_and_no_telemetry_are_no_errors() {
    let text = "title: x\ntechniques: [T99]\nfiles: []\nrun: {not-run: no licence}\n";
    let found = find(&[("a/recording.yaml", text)]);
    let [r] = found.recordings.as_slice() else { panic!() };
    assert_eq!((r.techniques.len(), r.published.len(), r.deadline), (0, 1, DEFAULT_DEADLINE));
    let misspelt = find(&[("a/recording.yaml", "title: x\nfile: [a.jsonl]\n")]);
    assert_eq!(misspelt.diagnostics[0].code, "yaml.syntax");
    assert_eq!(misspelt.diagnostics[0].position.map(|p| p.line), Some(2));
}

const LINE: &str = r#"{"id":"set/One two","file":"telemetry/set/a.evtx","attack_as_published":["T1059","T1098.xxx"],"kind":"atomic","label_quality":"technique-folder","gold_rules":["g"],"silver_rules":[{"rule":"s","count":3}],"disputed_rules":["d"],"source":"S","licence":"MIT"}"#;

#[test]
fn an_index_resolves_its_paths_wherever_the_root_is() {
    for root in ["", "telemetry/", "data/telemetry/"] {
        let index = format!("{root}index.jsonl");
        let file = format!("{root}set/a.evtx");
        let twin = format!("{root}set/a.json");
        let found = find(&[(&index, LINE), (&file, ""), (&twin, "{}"), ("elsewhere/b.jsonl", "{}")]);
        let expected = if root.is_empty() { vec!["set/One-two"] } else { vec!["elsewhere/b", "set/One-two"] };
        assert_eq!(ids(&found), expected, "{root}");
        let r = found.recordings.last().unwrap();
        assert_eq!((r.files[0].as_str(), r.label), (file.as_str(), LabelQuality::TechniqueFolder));
        assert_eq!((r.source.as_str(), r.expected_rules.len()), ("S (MIT)", 1));
        let mut said = codes(&found);
        said.sort();
        // The twin beside the event log, and with the index at the root what lies elsewhere.
        let left_out = if root.is_empty() { 2 } else { 1 };
        let not_read = vec!["events.not-read"; left_out];
        assert_eq!(said, [not_read, vec!["recording.unknown-technique:1:1"]].concat());
        assert_eq!(found.unread.len(), left_out);
        let labels: Vec<(LabelSet, &str, Option<u64>)> =
            found.labels.pairs.iter().map(|p| (p.set, p.rule.as_str(), p.events)).collect();
        assert_eq!(
            labels,
            [(LabelSet::Gold, "g", None), (LabelSet::Silver, "s", Some(3)), (LabelSet::Disputed, "d", None)]
        );
    }
}

#[test]
fn broken_lines_of_an_index_cost_only_themselves() {
    let text = format!(
        "{LINE}\nnot json\n{}\n{}\n",
        LINE.replace("set/a.evtx", "set/gone.evtx"),
        r#"{"id":"quiet","file":"set/b.evtx","known_firings":[{"rule":"k","count":1}]}"#
    );
    let found =
        find(&[("telemetry/index.jsonl", &text), ("telemetry/set/a.evtx", ""), ("telemetry/set/b.evtx", "")]);
    assert_eq!(ids(&found), ["quiet", "set/One-two"]);
    assert_eq!(found.recordings[0].kind, RecordingKind::Benign);
    assert_eq!(
        codes(&found),
        ["recording.unknown-technique:1:1", "index.line:2:2", "index.missing-file:3:1"]
    );
}

#[test]
fn a_sigma_regression_folder_is_one_recording_with_its_rule() {
    let info = "id: x\nrule_metadata:\n  - id: rule-1\n    title: Some Rule\nregression_tests_info:\n  - name: Positive\n    type: evtx\n    provider: Sysmon\n    match_count: 2\n    path: regression_data/rules/a/rule-1.evtx\n";
    for root in ["regression_data/rules/", "rules/", ""] {
        let at = |name: &str| format!("{root}a/{name}");
        let (label, log, twin) = (at("info.yml"), at("rule-1.evtx"), at("rule-1.json"));
        let found = find(&[(&label, info), (&log, ""), (&twin, "{}")]);
        assert_eq!(found.recordings.len(), 1, "{root}: {:?}", found.diagnostics);
        let r = &found.recordings[0];
        assert_eq!((r.files[0].as_str(), r.title.as_str()), (log.as_str(), "Some Rule"));
        assert_eq!((r.expected_rules[0].as_str(), r.label), ("rule-1", LabelQuality::GoldRule));
        assert_eq!(found.labels.pairs[0].events, Some(2));
    }
}

#[test]
fn a_file_belongs_to_one_recording_and_an_id_to_one_too() {
    let own = "title: x\nfiles: [a.jsonl]\n";
    let index = r#"{"id":"other","file":"one/a.jsonl","kind":"atomic"}"#;
    let found = find(&[("one/recording.yaml", own), ("one/a.jsonl", ""), ("index.jsonl", index)]);
    assert_eq!(codes(&found), ["recording.file-taken"]);
    let files: Vec<usize> = found.recordings.iter().map(|r| r.files.len()).collect();
    assert_eq!((ids(&found), files), (vec!["one", "other"], vec![1, 0]));
    let twice = format!("{LINE}\n{}", LINE.replace("a.evtx", "b.evtx"));
    let found = find(&[("index.jsonl", &twice), ("set/a.evtx", ""), ("set/b.evtx", "")]);
    assert!(codes(&found).contains(&"recording.duplicate-id".to_owned()));
}

#[test]
fn plain_files_are_recordings_when_they_hold_telemetry() {
    let found = find(&[
        ("a/audit.log", "type=EOE msg=audit(1.000:1):"),
        ("a/auth.log", "Mar 11 00:00:00 srv-1 sshd[3]: x"),
        ("a/build.log", "compiling"),
        ("a/notes.txt", "x"),
        ("a/x.evtx", ""),
        ("a/x.jsonl.zst", ""),
        ("a/y.NDJSON", ""),
    ]);
    assert_eq!(ids(&found), ["a/audit", "a/auth", "a/x", "a/x.jsonl.zst", "a/y.NDJSON"]);
    assert_eq!(codes(&found), ["events.not-read", "events.not-read"]);
    let unread: Vec<(&str, String)> =
        found.unread.iter().map(|u| (u.file.as_str(), u.why.to_string())).collect();
    let why = "no reader recognises what it begins with".to_owned();
    assert_eq!(unread, [("a/build.log", why.clone()), ("a/notes.txt", why)]);
}

/// What a file is, is told by what it begins with: rotated logs, logs without an ending,
/// and endings that nobody expects are recordings too.
#[test]
fn the_name_of_a_log_does_not_matter() {
    let audit = "type=EOE msg=audit(1.000:1):";
    let found = find(&[
        ("audit.log.1", audit),
        ("messages", "Mar 11 00:00:00 srv-1 kernel: x"),
        ("export.txt", "{\"EventID\": 1}"),
        ("wevtutil.xml", "<Event xmlns='x'><System><EventID>1</EventID></System></Event>"),
        ("LICENSE", "Permission is hereby granted"),
    ]);
    assert_eq!(ids(&found), ["audit.log.1", "export.txt", "messages", "wevtutil.xml"]);
    assert_eq!(found.unread.len(), 1);
}
