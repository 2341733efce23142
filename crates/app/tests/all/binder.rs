//! The binder: everything in it opens without a network, is the same each time, and is complete.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::tampering::ended;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let entry = entry.expect("readable");
            let name = entry.file_name().into_string().expect("a name");
            (name, std::fs::read_to_string(entry.path()).expect("text"))
        })
        .collect()
}

#[test]
fn a_binder_is_complete_closed_and_the_same_each_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let (code, _, said) = ended(dir.path(), &["init", "w", "--quiet"]);
    assert_eq!(code, Some(0), "{said}");
    let folder = dir.path().join("w");
    let (code, _, said) = ended(&folder, &["--trials", "60", "--quiet"]);
    assert!(matches!(code, Some(0 | 1)), "{said}");
    for (name, threads) in [("one", "1"), ("two", "2")] {
        let (code, _, said) = ended(&folder, &["binder", "-o", name, "--threads", threads]);
        assert_eq!(code, Some(0), "{said}");
    }
    let binder = files(&folder.join("one"));
    assert_eq!(binder, files(&folder.join("two")), "the same on any number of threads");

    for part in ["1-decide-", "2-clocks.html", "3-outage-", "4-trial-", "5-report.html", "9-"] {
        assert!(binder.keys().any(|name| name.starts_with(part)), "{part} is missing: {:?}", binder.keys());
    }
    let cards = binder.keys().filter(|name| name.starts_with("1-decide-")).count();
    assert_eq!(cards % 3, 0, "three confidences for each campaign");
    let plans = binder.keys().filter(|name| name.ends_with("-restart.html")).count();
    let impacts = binder.keys().filter(|name| name.ends_with("-impact.html")).count();
    assert_eq!(plans, impacts);
    assert!(binder.contains_key("3-outage-all-restart.html"));

    let cover = &binder["index.html"];
    for name in binder.keys().filter(|name| !["index.html", "SHA256SUMS"].contains(&name.as_str())) {
        assert!(cover.contains(&format!("href=\"{name}\"")), "the cover does not name {name}");
    }
    assert!(cover.contains("Stale after"));
    for (name, text) in binder.iter().filter(|(name, _)| name.ends_with(".html")) {
        assert!(text.contains("Content-Security-Policy"), "{name} may load things");
        assert!(
            !text.contains("src=\"http") && !text.contains("href=\"http"),
            "{name} leads out of the folder"
        );
    }
    let checked = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(folder.join("one"))
        .status()
        .expect("sha256sum");
    assert!(checked.success());
    assert_eq!(binder["SHA256SUMS"].lines().count(), binder.len() - 1, "every file has its checksum");

    let (code, _, said) = ended(&folder, &["binder", "-o", "one"]);
    assert_eq!(code, Some(3), "a folder with files in it is refused: {said}");
}

#[test]
fn a_run_without_an_estate_makes_no_binder() {
    let dir = tempfile::tempdir().expect("a folder");
    let (code, _, said) = ended(dir.path(), &["init", "w", "--quiet"]);
    assert_eq!(code, Some(0), "{said}");
    let folder = dir.path().join("w");
    let _ = ended(&folder, &["replay", "--quiet"]);
    let (code, _, said) = ended(&folder, &["binder", "-o", "b"]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("the run has no estate"), "{said}");
    assert!(!folder.join("b").exists());
}
