//! What is printed in which form: as asked for, or refused.

use std::path::Path;
use std::process::{Command, Output};

fn feuerprobe(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("FEUERPROBE_LEDGER")
        .output()
        .expect("the program starts")
}

/// A verb prints in the form that is asked for, or refuses it before it does anything.
#[test]
fn a_form_that_a_verb_has_not_is_refused_and_never_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let text_alone: [&[&str]; 6] = [
        &["plan"],
        &["explain", "payload"],
        &["show", "T1490"],
        &["doctor"],
        &["report"],
        &["completions", "bash"],
    ];
    for verb in text_alone {
        for form in ["json", "ndjson", "csv"] {
            let out = feuerprobe(dir.path(), &[verb, &["--format", form]].concat());
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            assert_eq!(out.status.code(), Some(3), "{verb:?} {form}: {said}");
            assert!(
                out.stdout.is_empty() && said.contains("cannot be printed as"),
                "{verb:?} {form}: {said}"
            );
        }
    }
    for (verb, form) in [("tabletop", "csv"), ("diff", "csv"), ("decide", "ndjson"), ("race", "csv")] {
        let out = feuerprobe(dir.path(), &[verb, "--format", form]);
        assert_eq!(out.status.code(), Some(3), "{verb} {form}");
    }
    assert!(!dir.path().join(".feuerprobe").exists(), "a refused verb has done something");
}

/// What a program reads from a list is a number where people see one.
#[test]
fn a_list_has_numbers_as_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let run = feuerprobe(dir.path(), &["run", "--quiet", "--trials", "20"]);
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    let list = |what: &str| -> serde_json::Value {
        let out = feuerprobe(dir.path(), &["list", what, "--format", "json"]);
        serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{what}: {e}"))
    };
    for (what, numbers) in [
        ("tenants", &["people", "hit", "hours_q50", "hours_q90", "mtpd_exceeded"][..]),
        ("services", &["tenants", "hit", "attack_hours", "containment_hours"]),
        ("recordings", &["events", "unreadable", "rules_fired"]),
        ("campaigns", &["steps", "payload", "outflow"]),
        ("rules", &["fired_on"]),
        ("log-sources", &["rules", "events"]),
        ("actors", &["techniques"]),
    ] {
        let rows = list(what);
        let first = rows.get(0).unwrap_or_else(|| panic!("{what} lists nothing"));
        for key in numbers {
            assert!(first[key].is_number(), "{what}: {key} is {}", first[key]);
        }
    }
}
