//! The main job on the built-in provider, as a user runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use model::quantity::Seed;
use model::record::Record;
use model::verdict::{Outcome, OutcomeKind, Verdict};
use rehearsal::{Extent, Memory, Settings, Silent, Sources, WorkspaceFile};
use serde::Deserialize;

static RUN: LazyLock<(tempfile::TempDir, String, Record)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(feuerprobe())
        .args(["--trials", "400", "--seed", "1"])
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let record = Command::new(feuerprobe())
        .args(["--trials", "400", "--seed", "1", "--format", "json", "--quiet"])
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    let record = Record::from_bytes("stdout", &record.stdout).expect("a record");
    (folder, String::from_utf8_lossy(&output.stdout).into_owned(), record)
});

fn feuerprobe() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe"))
}

fn record() -> &'static Record {
    &RUN.2
}

#[test]
fn the_summary_fits_eighty_columns_and_names_the_page() {
    let (folder, text, _) = &*RUN;
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    assert!(text.contains("report.html"), "{text}");
    assert!(text.lines().next().is_some_and(|l| l.contains("demo: fictional provider")), "{text}");
    let page = std::fs::read_to_string(folder.path().join("report.html")).expect("the page");
    assert!(page.len() > 100_000 && page.contains("</html>"), "the page is too small: {}", page.len());
}

#[test]
fn every_kind_of_verdict_shows() {
    let mut kinds: BTreeMap<OutcomeKind, u32> = BTreeMap::new();
    for verdict in &record().verdicts {
        if let Some(outcome) = &verdict.outcome {
            *kinds.entry(outcome.kind()).or_default() += 1;
        }
    }
    for kind in OutcomeKind::ALL {
        assert!(kinds.get(&kind).is_some_and(|n| *n > 0), "no verdict is {}: {kinds:?}", kind.word());
    }
}

#[test]
fn every_technique_of_both_campaigns_has_a_verdict() {
    let record = record();
    assert_eq!(record.campaigns.len(), 2);
    for campaign in &record.campaigns {
        for technique in campaign.techniques() {
            assert!(
                record.verdicts.iter().any(|v| v.technique == technique),
                "{technique} of {} has no verdict",
                campaign.id
            );
            assert!(record.evidence.techniques.contains_key(&technique), "{technique} has no evidence");
        }
    }
    assert_eq!(record.estate.as_ref().map(|e| e.tenants.len()), Some(80));
    assert!(record.rule_set.loaded >= 40, "{} rules", record.rule_set.loaded);
    assert!(record.recordings.len() >= 45, "{} recordings", record.recordings.len());
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    outcome: String,
    #[serde(default)]
    causes: Vec<String>,
    #[serde(default)]
    lost: Vec<String>,
    /// Rules that fire on a twin or a benign baseline.
    #[serde(default)]
    fires: Vec<String>,
}

fn word(verdict: &Verdict) -> String {
    match &verdict.outcome {
        None => "none".to_owned(),
        Some(Outcome::Alerted { late: true, .. }) => "alerted-late".to_owned(),
        Some(outcome) => outcome.kind().word().to_owned(),
    }
}

fn link(cause: &model::verdict::Cause) -> String {
    let json = serde_json::to_value(cause).expect("a cause");
    json["link"].as_str().unwrap_or("").to_owned()
}

/// Every built-in recording gets the verdict that was intended when it was written.
#[test]
fn recordings_get_the_verdict_they_were_written_for() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/recordings/expected.yaml");
    let bytes = std::fs::read(path).expect("expected.yaml");
    let expected: BTreeMap<String, Expected> = model::document::yaml("expected.yaml", &bytes).expect("a map");
    let mut wrong = Vec::new();
    for verdict in &record().verdicts {
        let Some(wanted) = expected.get(verdict.recording.as_str()) else {
            wrong.push(format!("{}: not in expected.yaml", verdict.recording));
            continue;
        };
        let mut lost: Vec<String> = verdict.lost.iter().map(|r| r.id.to_string()).collect();
        lost.sort();
        let causes: Vec<String> = verdict.causes.iter().map(link).collect();
        let mut wanted_lost = wanted.lost.clone();
        wanted_lost.sort();
        if word(verdict) != wanted.outcome || lost != wanted_lost || causes != wanted.causes {
            wrong.push(format!(
                "{}: {} {causes:?} lost {lost:?}; intended {} {:?} lost {:?}",
                verdict.id,
                word(verdict),
                wanted.outcome,
                wanted.causes,
                wanted.lost
            ));
        }
    }
    for (recording, wanted) in &expected {
        let Some(replay) = record().replays.iter().find(|r| r.recording.as_str() == recording) else {
            wrong.push(format!("{recording}: in expected.yaml and not among the recordings"));
            continue;
        };
        let kind = record().recordings.iter().find(|r| r.id == replay.recording).map(|r| r.kind);
        if kind == Some(model::recording::RecordingKind::Attack) {
            continue;
        }
        let mut fired: Vec<&str> = replay.firings.iter().map(|f| f.rule.as_str()).collect();
        let mut intended: Vec<&str> = wanted.fires.iter().map(String::as_str).collect();
        fired.sort_unstable();
        intended.sort_unstable();
        if fired != intended {
            wrong.push(format!("{recording}: {fired:?} fired; intended {intended:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Explaining ends in an event (`recording#number`), a sourced constant or a seed.
#[test]
fn every_key_of_the_report_explains_itself() {
    let keys = report::keys(record());
    assert!(keys.len() > 200, "only {} keys", keys.len());
    let explained = |key: &str| report::explain(record(), key).unwrap_or_default();
    let relapsed = explained("april-intrusion.relapsed");
    assert!(relapsed.contains("line  estate.yaml:") && relapsed.contains(" recovery.relapse"), "{relapsed}");
    assert!(!relapsed.contains("evidence of"), "{relapsed}");
    let payload = explained("april-intrusion.payload");
    assert!(payload.contains("april-intrusion.yaml:") && payload.contains("moves it most"), "{payload}");
    for key in keys {
        let text = explained(&key);
        let grounded =
            ["  event ", "  constant: ", "  seed ", "  line  "].iter().any(|end| text.contains(end));
        assert!(
            !text.trim().is_empty() && grounded,
            "{key} does not end in an event, a source or a seed:\n{text}"
        );
    }
}

#[test]
fn a_miss_is_explained_down_to_the_field_values() {
    let (folder, _, record) = &*RUN;
    let missed = record
        .verdicts
        .iter()
        .find(|v| v.causes.iter().any(|c| link(c) == "rule-silent"))
        .expect("some rule is silent");
    let output = Command::new(feuerprobe())
        .args(["explain", missed.technique.as_str()])
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("explain");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    let model::verdict::Cause::RuleSilent { nearest, .. } =
        missed.causes.iter().find(|c| link(c) == "rule-silent").expect("found above")
    else {
        panic!("the link is rule-silent");
    };
    let leaf = first_leaf(&nearest.first().expect("a tree").root).expect("a leaf");
    assert!(text.contains(leaf.field.as_deref().unwrap_or("")), "no field name in:\n{text}");
    let value: String = leaf.actual.clone().unwrap_or_default().chars().take(12).collect();
    assert!(text.contains(&value), "the value {value:?} is not in:\n{text}");
}

fn first_leaf(branch: &model::verdict::Branch) -> Option<&model::verdict::Leaf> {
    branch.leaves.iter().find(|l| l.actual.is_some()).or_else(|| branch.children.iter().find_map(first_leaf))
}

#[test]
fn a_trial_is_retold_as_it_was_run() {
    let (folder, _, record) = &*RUN;
    let story = &record.scores[0].stories[0];
    let name = format!("trial:{}/{}", record.scores[0].campaign, story.trace.trial.index);
    let output = Command::new(feuerprobe())
        .args(["explain", &name])
        .current_dir(folder.path())
        .output()
        .expect("explain");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.lines().count() >= story.trace.moments.len(), "{text}");
}

#[test]
fn init_gives_a_workspace_that_passes_at_once() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("mine");
    let run = |args: &[&str]| {
        let output = Command::new(feuerprobe()).args(args).current_dir(&folder).output().expect("start");
        let text =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.code(), text)
    };
    let made = Command::new(feuerprobe()).arg("init").arg(&folder).output().expect("init");
    assert!(made.status.success());
    let (code, text) = run(&["check"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("0 errors, 0 warnings"), "{text}");
    let (code, text) = run(&["plan"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = run(&["run", "--trials", "200"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = run(&["run", "--trials", "200", "--seed", "5"]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = run(&["diff", "latest~1"]);
    assert_eq!(code, Some(0), "{text}");
    for what in [
        "runs",
        "recordings",
        "rules",
        "techniques",
        "verdicts",
        "tenants",
        "services",
        "campaigns",
        "keys",
        "actors",
    ] {
        for format in ["table", "json", "ndjson", "csv"] {
            let (code, text) = run(&["list", what, "--format", format]);
            assert_eq!(code, Some(0), "list {what} --format {format}: {text}");
            assert!(
                format != "table" || text.lines().all(|l| l.chars().count() <= 80),
                "list {what} is too wide:\n{text}"
            );
        }
    }
    for verb in
        [&["doctor"][..], &["completions", "bash"], &["show", "T1490"], &["show", "G1024"], &["report"]]
    {
        let (code, text) = run(verb);
        assert_eq!(code, Some(0), "{verb:?}: {text}");
    }
}

/// The same content in memory, as a server would hold it, gives the bytes that the program gives.
#[test]
fn the_use_case_called_from_memory_gives_the_bytes_of_the_program() {
    fn gather(folder: &Path, below: &str, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = format!("{below}{}", path.file_name().expect("a name").to_string_lossy());
            if path.is_dir() {
                gather(&path, &format!("{name}/"), files);
            } else {
                files.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    let mut files = BTreeMap::new();
    gather(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content"), "", &mut files);
    let text = files.get("provider/feuerprobe.toml").expect("a workspace file");
    let file = WorkspaceFile::read("built-in:feuerprobe.toml", text).expect("it is valid");
    let settings = Settings { seed: Seed(7), trials: 100 };
    let memory = Memory::new("built-in", files).named("built-in:");
    let sources = Sources { fictional: true, ..Sources::new(memory, file, settings) };
    let intake = sources.read(Extent::Whole).expect("it is there").sound().expect("it is valid");
    let record = rehearsal::private(rehearsal::rehearse(&intake, settings, &Silent)).expect("a record");
    let folder = tempfile::tempdir().expect("a folder");
    let program = Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(["run", "--seed", "7", "--trials", "100", "--format", "json", "--quiet"])
        .current_dir(folder.path())
        .output()
        .expect("the program runs");
    assert_eq!(program.status.code(), Some(0), "{}", String::from_utf8_lossy(&program.stderr));
    let printed = program.stdout.strip_suffix(b"\n").unwrap_or(&program.stdout);
    assert!(record.to_bytes().trim_ascii_end() == printed.trim_ascii_end(), "the bytes differ");
}
