//! `restart` as a user runs it: names, a half-executed state, both languages, bad names.

use std::process::{Command, Output};

fn restart(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .arg("restart")
        .args(arguments)
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn a_site_comes_back_in_an_order_that_fits_eighty_columns() {
    for lang in ["en", "de"] {
        let plan = text(&restart(&["--down", "site:ruhr", "--lang", lang]));
        let wide: Vec<&str> = plan.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        assert_eq!(plan.matches("ruhr/").count(), 26, "one line for each asset of the site");
    }
}

#[test]
fn what_is_up_again_leaves_the_plan_and_failed_starts_lengthen_it() {
    let plan = |arguments: &[&str]| -> serde_json::Value {
        let all: Vec<&str> =
            ["--down", "site:ruhr", "--format", "json"].iter().chain(arguments).copied().collect();
        serde_json::from_str(&text(&restart(&all))).expect("JSON")
    };
    let count = |v: &serde_json::Value| v["positions"].as_array().map_or(0, Vec::len);
    let whole = plan(&[]);
    let rest = plan(&["--up", "ruhr-firewall", "--up", "ruhr-storage"]);
    assert_eq!(count(&rest), count(&whole) - 2);
    let starts = |v: &serde_json::Value| {
        let all = v["positions"].as_array().expect("positions").iter();
        all.filter(|p| p["asset"] == "ruhr-storage").filter_map(|p| p["attempts"].as_f64()).sum::<f64>()
    };
    assert!(starts(&plan(&["--failed", "ruhr-storage=2"])) > starts(&whole));
}

#[test]
fn names_that_are_not_there_are_said_with_those_that_are() {
    let refused = restart(&["--down", "site:atlantis"]);
    assert_eq!(refused.status.code(), Some(3));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("site:atlantis") && said.contains("ruhr"), "{said}");
    assert_eq!(restart(&[]).status.code(), Some(4));
    assert_eq!(restart(&["--down", "all", "--failed", "ruhr-storage=often"]).status.code(), Some(3));
}
