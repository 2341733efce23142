//! Kill and full disk at every write of the ledger: of making one, of bringing an old
//! one up to date, of storing a run, and of an exercise's journal with its cleaning.
//!
//! The work is done by this test program, started again with a library before the C
//! library (`injection/shim.c`) that counts the writes and strikes at the one asked
//! for. Afterwards, without it, the ledger must be usable, what was in it before must
//! be in it whole, and what the struck program said to be stored must be stored.

#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, clippy::exit, reason = "this program is also the one that is struck")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use model::quantity::Timestamp;
use model::record::Record;
use store::{Contract, Ledger};

const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// Writes of one work at most: a bound on the test, far above what is there.
const MOST: usize = 200;

/// What a file holds before and after it is replaced.
const OLD: &str = "the old report";
const NEW: &str = "the new report";

const FAULTS: [&str; 4] = ["kill", "torn", "full", "once"];

fn record(folder: &Path) -> Record {
    Record::from_bytes("record.json", &fs::read(folder.join("record.json")).unwrap()).unwrap()
}

/// What is done to the ledger, and told on stdout as soon as it is done.
fn work(what: &str, folder: &Path) -> Result<(), app::error::Failure> {
    let ledger = folder.join("ledger.db");
    let opened = Ledger::open(&ledger)?;
    match what {
        "open" => {}
        "store" => {
            let info = opened.store(&record(folder), "replay", "stored under attack", NOW)?;
            println!("stored {}", info.id);
        }
        "journal" => {
            let contract = Contract { procedure: "p".into(), hash: "h".into(), terms: "{}".into() };
            let (journal, _) = opened.journal("plan", &[contract], false, NOW)?;
            println!("promised");
            journal.started(0, NOW)?;
            journal.ended(0, b"what it left", NOW)?;
            println!("ended");
            journal.stored()?;
            println!("cleaned");
        }
        "put" => app::files::put(&folder.join("report.html"), NEW)?,
        other => panic!("no such work: {other}"),
    }
    Ok(())
}

/// Does the work when the tests below start it; alone it checks the work itself.
#[test]
fn the_work_that_is_struck() {
    if let (Some(what), Some(folder)) = (std::env::var_os("FAULT_WORK"), std::env::var_os("FAULT_FOLDER")) {
        let done = work(what.to_str().unwrap(), Path::new(&folder));
        std::process::exit(if done.is_ok() { 0 } else { 3 });
    }
    let dir = tempfile::tempdir().unwrap();
    work("open", dir.path()).unwrap();
    work("journal", dir.path()).unwrap();
    assert!(Ledger::read(&dir.path().join("ledger.db")).unwrap().runs().unwrap().is_empty());
}

struct Attack<'a> {
    shim: &'a Path,
    folder: &'a Path,
    what: &'a str,
}

impl Attack<'_> {
    /// Starts the work with a fault at one of its writes, and returns its exit code
    /// (`None` when it was killed) and what it told.
    fn strike(&self, fault: &str, at: usize) -> (Option<i32>, String) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "injection::the_work_that_is_struck", "--nocapture", "--test-threads=1"])
            .env("LD_PRELOAD", self.shim)
            .env("FAULT", fault)
            .env("FAULT_AT", at.to_string())
            .env("FAULT_COUNT", self.folder.join("count"))
            .env("FAULT_WORK", self.what)
            .env("FAULT_FOLDER", self.folder)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn shim(folder: &Path) -> PathBuf {
    let library = folder.join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/injection/shim.c");
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    assert!(built.unwrap().success(), "the C compiler is needed");
    library
}

fn fresh(folder: &Path, from: Option<&Path>) {
    for end in ["", "-wal", "-shm", ".exercise"] {
        let _ = fs::remove_file(folder.join(format!("ledger.db{end}")));
    }
    if let Some(from) = from {
        fs::copy(from, folder.join("ledger.db")).unwrap();
    }
}

/// Checks the ledger after a fault: usable, nothing lost, nothing half.
fn whole(folder: &Path, before: &[String], told: &str, case: &str) {
    let path = folder.join("ledger.db");
    let expected = record(folder);
    // As a reader finds it, and as the next writer does.
    for ledger in [Ledger::read(&path), Ledger::open(&path)] {
        let ledger = ledger.unwrap_or_else(|e| panic!("{case}: unusable: {e}"));
        let ids: Vec<String> = ledger.runs().unwrap().iter().map(|r| r.info.id.to_string()).collect();
        let stored = told.lines().filter_map(|l| l.split("stored ").nth(1)).map(str::to_owned);
        for id in before.iter().cloned().chain(stored) {
            assert!(ids.contains(&id), "{case}: run {id} is lost");
        }
        for id in &ids {
            let (_, found) = ledger.load(id).unwrap_or_else(|e| panic!("{case}: {e}"));
            assert!(found == expected, "{case}: run {id} is another one");
        }
    }
    let connection = rusqlite::Connection::open(&path).unwrap();
    let said: String = connection.query_row("PRAGMA integrity_check", [], |r| r.get(0)).unwrap();
    assert_eq!(said, "ok", "{case}");
    drop(connection);
    if told.contains("promised") {
        let contract = Contract { procedure: "p".into(), hash: "h".into(), terms: "{}".into() };
        let (_journal, resumed) =
            Ledger::open(&path).unwrap().journal("plan", &[contract], false, NOW).unwrap();
        // Cleaned or not, what had ended is there exactly as long as the run is open.
        let open = resumed.began.is_some();
        let kept = resumed.done.get(&0).map(Vec::as_slice) == Some(b"what it left");
        assert!(!told.contains("ended") || open == kept, "{case}: a result is lost");
        assert!(!told.contains("cleaned") || !open, "{case}: a closed run is open");
    }
}

/// Strikes at every write of a work, in every way, and returns how many strikes there were.
fn every_write(what: &str, folder: &Path, shim: &Path, from: Option<&Path>) -> usize {
    let attack = Attack { shim, folder, what };
    fresh(folder, from);
    let before: Vec<String> = from.map_or_else(Vec::new, |from| {
        Ledger::read(from).unwrap().runs().unwrap().iter().map(|r| r.info.id.to_string()).collect()
    });
    let (exit, told) = attack.strike("count", 0);
    assert_eq!(exit, Some(0), "{what}: {told}");
    whole(folder, &before, &told, what);
    let writes: usize = fs::read_to_string(folder.join("count")).unwrap().trim().parse().unwrap();
    assert!((10..MOST).contains(&writes), "{what}: {writes} writes");
    let mut failed = 0;
    for fault in FAULTS {
        for at in 1..=writes {
            fresh(folder, from);
            let (exit, told) = attack.strike(fault, at);
            let case = format!("{what}, {fault} at write {at} of {writes}");
            let killed = fault == "kill" || fault == "torn";
            assert_eq!(exit.is_none(), killed, "{case}: {exit:?} {told}");
            failed += usize::from(exit == Some(3));
            whole(folder, &before, &told, &case);
        }
    }
    assert!(failed * 4 > writes, "{what}: a full disk was noticed {failed} times only");
    writes * FAULTS.len()
}

/// Returns a folder with a record, a library that strikes, and ledgers: a present one and one of version 1.
fn prepared() -> (tempfile::TempDir, PathBuf, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/injection/record.json");
    fs::copy(stored, folder.join("record.json")).unwrap();
    let (present, old) = (folder.join("present.db"), folder.join("old.db"));
    let ledger = Ledger::open(&present).unwrap();
    ledger.store(&record(folder), "replay", "the first", NOW).unwrap();
    ledger.store(&record(folder), "run", "the second", NOW).unwrap();
    drop(ledger);
    fs::copy(&present, &old).unwrap();
    let connection = rusqlite::Connection::open(&old).unwrap();
    connection.execute_batch(AS_VERSION_1).unwrap();
    drop(connection);
    let library = shim(folder);
    (dir, library, present, old)
}

/// A report is replaced under every fault; a file and its folder are flushed, in this order.
#[test]
fn a_replaced_file_is_the_old_or_the_new_one() {
    let (dir, shim, present, _) = prepared();
    let folder = dir.path();
    let attack = Attack { shim: &shim, folder, what: "put" };
    let page = folder.join("report.html");
    let left = |case: &str| {
        let parts = fs::read_dir(folder).unwrap().flatten();
        let parts = parts.filter(|e| e.file_name().to_string_lossy().ends_with(".part")).map(|e| e.path());
        let parts: Vec<PathBuf> = parts.collect();
        let killed = case.starts_with("kill") || case.starts_with("torn");
        assert!(killed || parts.is_empty(), "{case}: {parts:?} is left");
        parts.iter().for_each(|part| fs::remove_file(part).unwrap());
    };
    fresh(folder, Some(&present));
    fs::write(&page, OLD).unwrap();
    assert_eq!(attack.strike("count", 0).0, Some(0));
    assert_eq!(fs::read_to_string(&page).unwrap(), NEW);
    let flushed = fs::read_to_string(folder.join("flushed")).unwrap();
    assert!(flushed.ends_with("file\nfolder\n"), "{flushed}");
    let writes: usize = fs::read_to_string(folder.join("count")).unwrap().trim().parse().unwrap();
    let (mut old, mut new) = (0, 0);
    for fault in FAULTS {
        for at in 1..=writes {
            fresh(folder, Some(&present));
            fs::write(&page, OLD).unwrap();
            let (exit, told) = attack.strike(fault, at);
            let case = format!("{fault} at write {at} of {writes}");
            left(&case);
            let found = fs::read_to_string(&page).unwrap();
            assert!(found == OLD || found == NEW, "{case}: {found:?} {told}");
            assert!(exit != Some(0) || found == NEW, "{case}: it said that it wrote");
            old += usize::from(found == OLD);
            new += usize::from(found == NEW);
        }
    }
    assert!(old > 4 && new > 0, "{old} old, {new} new");
}

/// Makes a ledger what the first version left.
const AS_VERSION_1: &str = "
    DROP TABLE exercises; DROP TABLE exercise_runs; DROP TABLE outflows; ALTER TABLE runs DROP COLUMN seal;
    CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255));
    INSERT INTO refinery_schema_history VALUES (1, 'runs', '2026-01-01T00:00:00Z', '1');
    PRAGMA application_id = 0; PRAGMA user_version = 0; VACUUM;";

#[test]
fn no_kill_and_no_full_disk_costs_a_ledger_or_a_run() {
    let (dir, shim, present, old) = prepared();
    let folder = dir.path();
    let works: [(&str, &str, Option<&Path>); 5] = [
        ("making", "open", None),
        ("upgrade", "open", Some(&old)),
        ("upgrade and store", "store", Some(&old)),
        ("store", "store", Some(&present)),
        ("journal and cleaning", "journal", Some(&present)),
    ];
    let mut points = 0;
    for (name, what, from) in works {
        let number = every_write(what, folder, &shim, from);
        println!("{name}: {number} points, 0 unusable, 0 lost");
        points += number;
    }
    assert!(points > 400, "only {points} points");
}

/// The tables in the order a program without a transaction around them made them,
/// each followed by its note or not: every state that it could be killed in.
#[test]
fn a_ledger_left_half_upgraded_by_an_old_version_is_healed() {
    let (dir, _, _, old) = prepared();
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/migrations").join(name);
        fs::read_to_string(path).unwrap().replace("IF NOT EXISTS", "")
    };
    let (second, third) = (read("V2__exercises.sql"), read("V3__outflow.sql"));
    let tables = |text: &str| -> Vec<String> {
        text.split_inclusive(';').map(str::to_owned).filter(|s| s.contains("CREATE")).collect()
    };
    let mut steps = tables(&second);
    steps.push("INSERT INTO refinery_schema_history VALUES (2, 'exercises', '', '2')".to_owned());
    steps.extend(tables(&third));
    steps.push("INSERT INTO refinery_schema_history VALUES (3, 'outflow', '', '3')".to_owned());
    assert_eq!(steps.len(), 6);
    for taken in 0..=steps.len() {
        fresh(dir.path(), Some(&old));
        let path = dir.path().join("ledger.db");
        let connection = rusqlite::Connection::open(&path).unwrap();
        for step in steps.iter().take(taken) {
            connection.execute_batch(step).unwrap();
        }
        drop(connection);
        let before =
            Ledger::read(&path).unwrap().runs().unwrap().iter().map(|r| r.info.id.to_string()).collect();
        assert_eq!(Vec::<String>::len(&before), 2);
        whole(dir.path(), &before, "", &format!("{taken} steps taken"));
    }
    // Before the first note: the table is there, and nothing says which version it is.
    let path = dir.path().join("first.db");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let first = read("V1__runs.sql");
    connection.execute_batch("CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY)").unwrap();
    connection.execute_batch(tables(&first).first().unwrap()).unwrap();
    drop(connection);
    let ledger = Ledger::open(&path).unwrap();
    ledger.store(&record(dir.path()), "run", "x", NOW).unwrap();
    assert!(ledger.load("latest").is_ok());
}
