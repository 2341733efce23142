//! Old runs are taken out of a ledger, and nothing that another run needs.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::path::Path;

use model::kept::{Content, Group, Kept};
use model::quantity::Timestamp;
use store::Ledger;

use crate::tampering::{feuerprobe, record};

const DAY: i64 = 86_400_000;
const NOW: i64 = 1_700_000_000_000;

fn inputs(rules: &[&str]) -> Kept {
    let files = rules.iter().map(|text| ((*text).to_owned(), Content::Whole(text.as_bytes().to_vec())));
    Kept { groups: BTreeMap::from([(Group::Rules, files.collect())]) }
}

/// Exercises 40, 20 and 1 days old, a replay of 40 days and scans of 40 and 20 days.
fn filled(path: &Path) -> Ledger {
    let ledger = Ledger::open(path).unwrap();
    let at = |days: i64| Timestamp(NOW - days * DAY);
    ledger.store(&record(), "replay", "a replay", at(40)).unwrap();
    for (days, rules) in [(40, &["old", "all"][..]), (20, &["middle", "all"]), (1, &["new", "all"])] {
        ledger.store_with(&record(), inputs(rules), "exercise", &format!("{days} days"), at(days)).unwrap();
    }
    for days in [40, 20] {
        let share = model::quantity::Ratio::new(0.5).unwrap();
        let scan = model::outflow::Outflow::new(vec!["set".into()], "key".into(), share, at(days));
        ledger.store_outflow(&scan, "a scan", at(days)).unwrap();
    }
    ledger
}

fn summaries(ledger: &Ledger) -> Vec<String> {
    ledger.runs().unwrap().into_iter().map(|run| run.summary).collect()
}

#[test]
fn what_is_older_goes_and_what_others_need_stays() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = filled(&folder.path().join("ledger.db"));
    let before = Timestamp(NOW - 10 * DAY);
    let shown = ledger.prune(before, false).unwrap();
    assert_eq!(shown.runs.iter().map(|r| r.summary.as_str()).collect::<Vec<_>>(), ["20 days", "40 days"]);
    assert_eq!((shown.scans.len(), shown.damaged), (1, 0));
    // Of the old and the middle run the rule of its own and the list; "all" is needed by the new one.
    assert_eq!(shown.contents, 4);
    assert_eq!(summaries(&ledger), ["1 days", "20 days", "40 days", "a replay"], "it was only shown");

    let deleted = ledger.prune(before, true).unwrap();
    assert_eq!((deleted.runs.len(), deleted.scans.len(), deleted.contents), (2, 1, 4));
    assert_eq!(deleted.bytes, shown.bytes);
    assert_eq!(summaries(&ledger), ["1 days", "a replay"], "the newest of each verb is left");
    let left = ledger.runs().unwrap().remove(0);
    assert_eq!(ledger.inputs(&left.info.id).unwrap(), inputs(&["new", "all"]));
    assert!(ledger.load(left.info.id.as_str()).is_ok());
    let again = ledger.prune(before, true).unwrap();
    assert_eq!((again.runs.len(), again.scans.len(), again.contents, again.bytes), (0, 0, 0, 0));
}

#[test]
fn a_damaged_list_of_inputs_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = filled(&path);
    let beside = rusqlite::Connection::open(&path).unwrap();
    let newest = "SELECT manifest FROM run_inputs ORDER BY rowid DESC LIMIT 1";
    beside.execute(&format!("DELETE FROM contents WHERE hash = ({newest})"), []).unwrap();
    let refused = ledger.prune(Timestamp(NOW - 10 * DAY), true).unwrap_err();
    assert!(refused.to_string().contains("needs is not known"), "{refused}");
    assert_eq!(summaries(&ledger).len(), 4);
}

#[test]
fn a_damaged_row_is_left_alone_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = filled(&path);
    let beside = rusqlite::Connection::open(&path).unwrap();
    beside.execute("UPDATE runs SET summary = 'other' WHERE summary = '40 days'", []).unwrap();
    let pruned = ledger.prune(Timestamp(NOW - 10 * DAY), true).unwrap();
    assert_eq!((pruned.runs.len(), pruned.damaged), (1, 1));
    assert_eq!(summaries(&ledger), ["1 days", "other", "a replay"]);
}

#[test]
fn the_verb_shows_first_and_deletes_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = filled(&path);
    let arguments = ["prune", "--ledger", "ledger.db", "--older-than", "1"];
    let shown = feuerprobe(folder.path(), &arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    assert_eq!(text(&shown.stdout).lines().count(), 3, "{}", text(&shown.stdout));
    assert!(text(&shown.stderr).contains("would be deleted, with --delete: 2 runs, 1 scans"));
    assert_eq!(summaries(&ledger).len(), 4);
    let deleted = feuerprobe(folder.path(), &[&arguments[..], &["--delete"]].concat());
    assert_eq!(deleted.status.code(), Some(0), "{}", text(&deleted.stderr));
    assert_eq!(summaries(&ledger).len(), 2);
    assert_eq!(feuerprobe(folder.path(), &arguments).status.code(), Some(4), "nothing is left to delete");
    assert_eq!(feuerprobe(folder.path(), &["prune"]).status.code(), Some(3), "no age was given");
}
