//! What crisis verbs make is a run of the ledger, and every number on it leads to its root.
//!
//! A case is a folder of `sheets/`: the `command`, the word by which the `run` it makes is named,
//! and what is `explained`, a key and a part of its explanation in each line. TRIAL stands for a
//! trial of the run that is made before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use store::Ledger;

fn feuerprobe(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

/// Makes a workspace with one run of sixty trials, and returns it with the name of a trial.
fn workspace(folder: &Path) -> (PathBuf, String) {
    assert!(feuerprobe(folder, &["init", "own", "--quiet"]).status.success());
    let own = folder.join("own");
    let run = feuerprobe(&own, &["run", "--quiet", "--trials", "60"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let (_, record) = ledger(&own).load("latest").expect("the run");
    (own, format!("{}/7", record.campaigns.first().expect("a campaign").id))
}

fn ledger(own: &Path) -> Ledger {
    Ledger::read(&own.join(".feuerprobe/ledger.db")).expect("a ledger")
}

fn case(name: &Path, file: &str) -> String {
    fs::read_to_string(name.join(file)).expect("a file of the case").trim().to_owned()
}

#[test]
fn every_number_of_a_sheet_leads_to_its_root() {
    let folder = tempfile::tempdir().expect("a folder");
    let (own, trial) = workspace(folder.path());
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sheets");
    let mut cases: Vec<PathBuf> =
        fs::read_dir(cases).expect("cases").map(|e| e.expect("a case").path()).collect();
    cases.sort();
    assert!(cases.len() >= 6);
    for name in cases {
        let (command, run) = (case(&name, "command").replace("TRIAL", &trial), case(&name, "run"));
        let shown = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let arguments: Vec<&str> = command.split(' ').collect();
        let output = feuerprobe(&own, &arguments);
        assert!(output.status.success(), "{shown}: {}", String::from_utf8_lossy(&output.stderr));
        let (info, record) = ledger(&own).load(&run).expect("the run it made");
        assert_eq!(info.verb, arguments[0], "{shown}");
        let keys: Vec<String> =
            report::keys(&record).into_iter().filter(|k| k.starts_with(&format!("{run}."))).collect();
        assert!(keys.len() >= 8, "{shown}: {keys:?}");
        for key in &keys {
            let text = report::explain(&record, key).unwrap_or_default();
            let grounded =
                ["  event ", "  constant: ", "  seed ", "  line  "].iter().any(|end| text.contains(end));
            assert!(grounded, "{shown}: {key} has no root:\n{text}");
        }
        for line in case(&name, "explained").lines() {
            let (key, part) = line.split_once(" | ").expect("KEY | PART");
            let text = report::explain(&record, key).unwrap_or_else(|| panic!("{shown}: {key} of {keys:?}"));
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let part = part.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(&part), "{shown}: {key} says nothing of {part}:\n{text}");
        }
        let page = own.join("page.html");
        let report = feuerprobe(&own, &["report", &run, "-o", page.to_str().expect("a path")]);
        assert!(report.status.success(), "{shown}: {}", String::from_utf8_lossy(&report.stderr));
        assert!(fs::read_to_string(&page).expect("a page").contains("<h1>"));
    }
    // None of them is the latest run, on which the others rest.
    assert_eq!(ledger(&own).load("latest").expect("the run").0.verb, "run");
}

#[test]
fn a_ledger_that_cannot_be_written_keeps_no_plan_from_its_team() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("no-ledger");
    fs::create_dir(&file).expect("a folder in the place of the file");
    let ledger = file.to_str().expect("a path");
    let output = feuerprobe(folder.path(), &["restart", "--down", "site:ruhr", "--ledger", ledger]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("[ledger.not-stored]"), "{said}");
    let plan = String::from_utf8_lossy(&output.stdout);
    assert!(plan.contains("Verbund-IT") && plan.contains("demo: fictional provider"), "{plan}");
}
