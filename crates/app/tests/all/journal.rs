//! The journal: contracts before anything starts, and what a kill leaves.

use std::path::Path;

use model::quantity::Timestamp;
use store::{Contract, Error, Journal, Ledger, Resumed};

const NOW: Timestamp = Timestamp(1_000);

fn contracts() -> Vec<Contract> {
    let contract = |name: &str| Contract {
        procedure: name.to_owned(),
        hash: format!("hash of {name}"),
        terms: "{\"clean-up\":\"x\"}".to_owned(),
    };
    ["a", "b", "c"].map(contract).to_vec()
}

fn open(path: &Path, plan: &str, fresh: bool) -> (Journal, Resumed) {
    Ledger::open(path).unwrap().journal(plan, &contracts(), fresh, NOW).unwrap()
}

fn rows(path: &Path) -> Vec<(String, String, String)> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let mut rows =
        connection.prepare("SELECT procedure, state, contract FROM exercises ORDER BY run, place").unwrap();
    let rows = rows.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn every_contract_is_stored_before_anything_starts() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let (_journal, resumed) = open(&path, "plan", false);
    assert!(resumed.done.is_empty() && resumed.began.is_none());
    let stored = rows(&path);
    assert_eq!(stored.len(), 3);
    assert!(stored.iter().all(|(_, state, terms)| state == "planned" && terms.contains("clean-up")));
}

#[test]
fn an_interrupted_run_is_taken_over_where_it_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    {
        let (journal, _) = open(&path, "plan", false);
        journal.started(0, NOW).unwrap();
        journal.ended(0, b"what a left", NOW).unwrap();
        journal.started(1, NOW).unwrap();
        // Dropped without being stored: as after a kill, the lock is free and the run open.
    }
    let (journal, resumed) = open(&path, "plan", false);
    assert_eq!(resumed.done.into_iter().collect::<Vec<_>>(), [(0, b"what a left".to_vec())]);
    assert_eq!(resumed.cut, ["b"]);
    assert_eq!(resumed.began, Some(NOW));
    journal.stored().unwrap();
    drop(journal);
    let (_journal, resumed) = open(&path, "plan", false);
    assert!(resumed.done.is_empty() && resumed.began.is_none(), "a stored run is not taken over");
}

#[test]
fn another_plan_or_fresh_begins_anew() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    for (plan, fresh, other) in [("one", false, false), ("two", false, true), ("two", true, false)] {
        let (journal, resumed) = open(&path, plan, fresh);
        assert!(resumed.done.is_empty(), "{plan}");
        assert_eq!(resumed.other, other, "{plan}");
        journal.ended(0, b"x", NOW).unwrap();
    }
}

#[test]
fn two_at_once_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let (_journal, _) = open(&path, "plan", false);
    let second = Ledger::open(&path).unwrap().journal("plan", &contracts(), false, NOW);
    assert!(
        matches!(second, Err(Error::Unusable { source, .. }) if source.to_string().contains("another exercise"))
    );
}
