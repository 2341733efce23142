//! The first minute with the user's own logs: no labels, no workspace, no ATT&CK file.
//!
//! `tests/own_logs/` holds rules, logs, and what each command prints.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/own_logs")
}

fn feuerprobe(arguments: &[&str], ledger: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .arg("--ledger")
        .arg(ledger)
        .current_dir(here())
        .output()
        .expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Compares with a file; the number of the run differs each time.
fn same(output: &Output, file: &str) {
    let expected = std::fs::read_to_string(here().join("expected").join(file)).expect("the file is there");
    let printed: Vec<String> = text(&output.stdout)
        .lines()
        .map(|line| line.split(" · run ").next().unwrap_or_default().to_owned())
        .collect();
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(printed, expected, "{file}: {}", text(&output.stderr));
}

const REPLAY: [&str; 5] = ["replay", "--rules", "rules", "--recordings", "logs"];

#[test]
fn logs_without_labels_tell_what_fired_with_time_and_fields() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = folder.path().join("ledger.db");
    let page = folder.path().join("page.html");
    let page_name = page.display().to_string();
    let output = feuerprobe(&[&REPLAY[..], &["--report", &page_name]].concat(), &ledger);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.lines().all(|line| line.chars().count() <= 80 || line.contains(&page_name)), "{shown}");
    let shown = shown.replace(&page_name, "page.html");
    same(&Output { stdout: shown.into_bytes(), ..output }, "terminal.txt");
    let html = std::fs::read_to_string(&page).expect("the page is written");
    for wanted in ["What fired", "powershell.exe /enc SQBFAFgA", "2026-02-03 09:15:01 UTC · ws7.example"] {
        assert!(html.contains(wanted), "the page lacks {wanted:?}");
    }
    same(&feuerprobe(&["list", "firings", "--format", "csv"], &ledger), "firings.csv");
    same(&feuerprobe(&["list", "rules", "--rules", "rules", "--format", "csv"], &ledger), "rules.csv");
}

#[test]
fn a_label_has_them_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = folder.path().join("ledger.db");
    let label =
        |technique| feuerprobe(&[&REPLAY[..], &["--format", "csv", "--label", technique]].concat(), &ledger);
    same(&label("t1059.001"), "labelled.csv");
    let unknown = label("T9999");
    assert_eq!(unknown.status.code(), Some(3));
    assert!(text(&unknown.stderr).contains("technique \"T9999\" is not known"), "{}", text(&unknown.stderr));
}

#[test]
fn any_rule_is_explained_on_any_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = folder.path().join("ledger.db");
    let explain = |rule, log| feuerprobe(&["explain", rule, "--rules", "rules", "--on", log], &ledger);
    same(&explain("rules/encoded.yml", "logs/workstation.jsonl"), "explain-fired.txt");
    same(&explain("account made with net", "logs/workstation.jsonl"), "explain-nearest.txt");
    same(&explain("5f3c1c1e-7f0e-4a52-9f0b-1d1b6f7a0003", "logs"), "explain-folder.txt");
    for (rule, says) in [
        ("unusable.yml", "unusable.yml cannot be used: the condition's `1 of filter_*`"),
        ("guessing.yml", "2 rules are called so"),
        ("nothing like it", "`feuerprobe list rules` shows all"),
    ] {
        let output = explain(rule, "logs/quiet.jsonl");
        assert_eq!(output.status.code(), Some(3), "{rule}");
        assert!(text(&output.stderr).contains(says), "{rule}: {}", text(&output.stderr));
    }
}

#[test]
fn events_of_an_unknown_log_source_are_not_told_as_not_collected() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("unknown.jsonl");
    std::fs::write(&log, "{\"foo\": 1}\n{\"bar\": 2}\n").expect("it can be written");
    let (name, ledger) = (log.display().to_string(), folder.path().join("ledger.db"));
    let output = feuerprobe(&["explain", "rules/encoded.yml", "--rules", "rules", "--on", &name], &ledger);
    let shown = text(&output.stdout);
    assert!(shown.contains("2 events are of an unknown log source"), "{shown}");
    assert!(!shown.contains("log source not collected"), "{shown}");
}

#[test]
fn an_expected_rule_that_is_no_rule_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = folder.path().join("logs/made");
    std::fs::create_dir_all(&recording).expect("a folder");
    std::fs::copy(here().join("logs/quiet.jsonl"), recording.join("e.jsonl")).expect("a copy");
    let described =
        "title: made\ntechniques: [T1136.001]\nfiles: [e.jsonl]\nexpected-rules: [no-such-rule]\n";
    std::fs::write(recording.join("recording.yaml"), described).expect("it can be written");
    let logs = folder.path().join("logs").display().to_string();
    let ledger = folder.path().join("ledger.db");
    for (verb, code) in [("check", 2), ("replay", 1)] {
        // What can be measured is measured, and the error is told.
        let output = feuerprobe(&[verb, "--rules", "rules", "--recordings", &logs], &ledger);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{verb}: {said}");
        let line = said.lines().find(|line| line.contains("recording.unknown-rule"));
        assert!(line.is_some_and(|line| line.contains("error")), "{verb}: {said}");
    }
}
