//! `drift` over real runs of a procedure: a rule is edited so that it goes silent, and back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn content() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content")
}

fn feuerprobe(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_feuerprobe"));
    command.current_dir(folder).env("CI", "1").env_remove("FEUERPROBE_LEDGER");
    command.args(arguments).output().expect("the program starts")
}

fn exercise(folder: &Path) {
    let arguments = ["exercise", "--quiet", "--procedures", "procedures", "--rules", "rules"];
    let output = feuerprobe(folder, &arguments);
    // Whether the rule fires is what changes here; that it ran is what counts.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
}

fn drift(folder: &Path) -> (Option<i32>, Value) {
    let output = feuerprobe(folder, &["drift", "--format", "json"]);
    let value = serde_json::from_slice(&output.stdout).expect("JSON");
    (output.status.code(), value)
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn confines(folder: &Path) -> bool {
    let doctor = feuerprobe(folder, &["doctor"]);
    let yes = String::from_utf8_lossy(&doctor.stdout).contains("`exercise` confines procedures");
    if !yes {
        eprintln!("SKIPPED: no procedure can be confined here");
    }
    yes
}

const NAME: &str = "password-hashes-read";
const RULE: &str = "password_hashes_read.yml";

fn workspace() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let procedure = folder.path().join("procedures").join(NAME);
    fs::create_dir_all(&procedure).expect("a folder");
    fs::create_dir(folder.path().join("rules")).expect("a folder");
    for file in ["procedure.yaml", "twin.yaml"] {
        fs::copy(content().join("procedures").join(NAME).join(file), procedure.join(file))
            .expect("a procedure");
    }
    fs::copy(content().join("rules/linux/auditd").join(RULE), folder.path().join("rules").join(RULE))
        .expect("a rule");
    folder
}

#[test]
fn an_edited_rule_that_goes_silent_is_shown_and_named() {
    let folder = workspace();
    let folder = folder.path();
    if !confines(folder) {
        return;
    }
    let empty = feuerprobe(folder, &["drift"]);
    assert_eq!(empty.status.code(), Some(4), "nothing was exercised");
    let rule = folder.join("rules").join(RULE);
    let good = fs::read_to_string(&rule).expect("the rule");
    for _ in 0..6 {
        exercise(folder);
    }
    let (code, found) = drift(folder);
    assert_eq!((code, &found[0]["state"]), (Some(0), &Value::from("seen")), "{found}");
    assert_eq!(found[0]["now"], serde_json::json!({"runs": 6, "seen": 6}));

    // A comment is another text, but no other result.
    fs::write(&rule, format!("# reviewed\n{good}")).expect("the rule");
    exercise(folder);
    let (code, found) = drift(folder);
    assert_eq!((code, &found[0]["state"]), (Some(0), &Value::from("seen")), "{found}");

    // The rule looks for another file: it goes silent.
    fs::write(&rule, good.replace("/etc/shadow", "/etc/shadov")).expect("the rule");
    exercise(folder);
    let (code, found) = drift(folder);
    assert_eq!((code, &found[0]["state"]), (Some(0), &Value::from("perhaps-worse")), "{found}");
    assert_eq!(found[0]["changed"], serde_json::json!([{"input": "rule-edited", "file": RULE}]));
    assert_eq!(found[0]["cause"]["proof"], "shown", "{found}");
    assert_eq!(found[0]["cause"]["sets"], serde_json::json!([[{"input": "rule-edited", "file": RULE}]]));

    // Back to the first text: what was measured with it counts again only from now on.
    fs::write(&rule, &good).expect("the rule");
    exercise(folder);
    let (_, found) = drift(folder);
    assert_eq!(found[0]["state"], "perhaps-better", "{found}");
    assert_eq!(found[0]["now"], serde_json::json!({"runs": 1, "seen": 1}));
}

#[test]
fn enough_misses_after_an_edit_fail_and_name_the_rule() {
    let folder = workspace();
    let folder = folder.path();
    if !confines(folder) {
        return;
    }
    let rule = folder.join("rules").join(RULE);
    let good = fs::read_to_string(&rule).expect("the rule");
    for _ in 0..6 {
        exercise(folder);
    }
    fs::write(&rule, good.replace("/etc/shadow", "/etc/shadov")).expect("the rule");
    for _ in 0..4 {
        exercise(folder);
    }
    let output = feuerprobe(folder, &["drift"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("WORSE: rule password_hashes_read.yml edited (shown: "), "{text}");
    assert!(text.contains("seen in 6 of 6 runs before, 0 of 4 since"), "{text}");
    // Put aside what is kept: then nothing can be exchanged, and that is said.
    let ledger = folder.join(".feuerprobe/ledger.db");
    let connection = rusqlite::Connection::open(&ledger).expect("the ledger");
    connection.execute("DELETE FROM contents", []).expect("no contents");
    drop(connection);
    let output = feuerprobe(folder, &["drift"]);
    let text = String::from_utf8_lossy(&output.stdout).replace('\n', " ");
    assert!(text.contains("edited (by elimination"), "{text}");
    assert!(text.contains("it was removed from the ledger"), "{text}");

    let csv = feuerprobe(folder, &["drift", "--format", "csv"]);
    let csv = String::from_utf8_lossy(&csv.stdout).into_owned();
    assert_eq!(csv.lines().count(), 2, "{csv}");

    // A damaged run is named, counts for nothing, and the answer is not complete.
    let sql = "UPDATE runs SET summary = 'x' WHERE rowid = 1";
    let connection = rusqlite::Connection::open(&ledger).expect("the ledger");
    connection.execute(sql, []).expect("a damaged row");
    drop(connection);
    let output = feuerprobe(folder, &["drift"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 run could not be read"));
}
