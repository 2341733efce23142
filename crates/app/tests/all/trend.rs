//! Measures over stored runs: they are those of the records, they say what changed sides, and they
//! stay when a record is deleted.

#![cfg(target_os = "linux")]

use std::path::Path;

use model::gate::{Measure, Scope};
use model::quantity::Timestamp;
use model::trend::Trend;
use store::Ledger;

use crate::tampering::ended;

const DAY: i64 = 86_400_000;

fn trend(folder: &Path) -> Trend {
    let (code, out, _) = ended(folder, &["trend", "--format", "json"]);
    assert_eq!(code, Some(0), "{out}");
    serde_json::from_str(&out).expect("JSON")
}

/// A workspace with two replays; before the second one a rule of the built-in kind falls silent.
fn workspace() -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let (code, out, _) = ended(dir.path(), &["init", "w", "--quiet"]);
    assert_eq!(code, Some(0), "{out}");
    let folder = dir.path().join("w");
    let (code, out, _) = ended(&folder, &["replay", "--quiet"]);
    assert_eq!(code, Some(0), "{out}");
    let rules: Vec<_> = walk(&folder.join("rules"));
    for rule in &rules {
        let text = std::fs::read_to_string(rule).expect("a rule");
        std::fs::write(rule, text.replace("condition: ", "condition: 1 of never* and ")).expect("written");
    }
    let _ = ended(&folder, &["replay", "--quiet"]);
    (dir, folder)
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn what_changed_sides_is_named_and_figures_are_those_of_the_records() {
    let (_dir, folder) = workspace();
    let trend = trend(&folder);
    assert_eq!(trend.runs, 2);
    let seen = trend.series.iter().find(|s| s.measure == Measure::Seen).expect("a series");
    assert_eq!((seen.verb.as_str(), &seen.of, seen.points.len()), ("replay", &Scope::All, 2));
    let ledger = Ledger::open(&folder.join(".feuerprobe/ledger.db")).expect("a ledger");
    for (point, name) in seen.points.iter().zip(["latest~1", "latest"]) {
        let (info, record) = ledger.load(name).expect("stored");
        assert_eq!(point.run, info.id);
        let counts = |seen: bool| {
            let of = |v: &&model::verdict::Verdict| {
                v.outcome.as_ref().is_some_and(|o| match o {
                    model::verdict::Outcome::Prevented { .. }
                    | model::verdict::Outcome::Alerted { late: false, .. } => seen,
                    model::verdict::Outcome::Inconclusive { .. } => false,
                    _ => !seen,
                })
            };
            record.verdicts.iter().filter(of).count()
        };
        let (hits, misses) = (counts(true), counts(false));
        assert_eq!(point.cases, (hits + misses) as u64);
        assert!((point.measured.value - hits as f64 / (hits + misses) as f64).abs() < 1e-12);
    }
    let sides = trend.sides.first().expect("two runs of one verb");
    assert!(!sides.lost.is_empty() && sides.gained.is_empty(), "{sides:?}");
    let now: std::collections::BTreeSet<_> = trend.gaps.open.iter().map(|(test, _)| test).collect();
    assert!(sides.lost.iter().all(|test| now.contains(test)), "what is missed now is an open gap");
    let (code, text, _) = ended(&folder, &["trend", "-o", "trend.html"]);
    assert_eq!(code, Some(0));
    assert!(text.contains("missed now"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let page = std::fs::read_to_string(folder.join("trend.html")).expect("the page");
    assert!(page.contains("<svg") && !page.contains("<script"), "charts without a script");
}

#[test]
fn measures_outlive_the_record() {
    let (_dir, folder) = workspace();
    let path = folder.join(".feuerprobe/ledger.db");
    let record = Ledger::open(&path).expect("a ledger").load("latest").expect("stored").1;
    let long_ago = Timestamp(app::clock::now().0 - 200 * DAY);
    Ledger::open(&path).expect("a ledger").store(&record, "replay", "old", long_ago).expect("stored");
    Ledger::open(&path)
        .expect("a ledger")
        .store(&record, "replay", "new", app::clock::now())
        .expect("stored");
    let (code, out, _) = ended(&folder, &["prune", "--older-than", "30", "--delete"]);
    assert_eq!(code, Some(0), "{out}");
    let ledger = Ledger::open(&path).expect("a ledger");
    assert!(ledger.runs().expect("runs").iter().all(|run| run.summary != "old"));
    let trend = trend(&folder);
    assert_eq!(trend.runs, 4, "the deleted run is still a point");
    let seen = trend.series.iter().find(|s| s.measure == Measure::Seen).expect("a series");
    assert_eq!(seen.points.first().map(|p| p.stored), Some(long_ago));
}

#[test]
fn without_a_run_there_is_no_trend() {
    let dir = tempfile::tempdir().expect("a folder");
    let (code, out, _) = ended(dir.path(), &["trend"]);
    assert_eq!(code, Some(4), "{out}");
}
