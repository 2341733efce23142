//! What is read from a ledger is what was stored, or it is refused by name.

#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use model::quantity::Timestamp;
use model::record::Record;
use store::Ledger;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// A small generator of numbers (xorshift64*, Vigna 2016) with a fixed seed: the same flips every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % bound
    }
}

pub(crate) fn record() -> Record {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/injection/record.json");
    Record::from_bytes("record.json", &fs::read(path).unwrap()).unwrap()
}

/// Makes a ledger with two runs and a scan, and returns the ids of the runs, the newest first.
fn filled(path: &Path) -> Vec<String> {
    let ledger = Ledger::open(path).unwrap();
    ledger.store(&record(), "replay", "the first", NOW).unwrap();
    ledger.store(&record(), "run", "the second", NOW).unwrap();
    let scan = model::outflow::Outflow::new(
        vec!["set".into()],
        "key".into(),
        model::quantity::Ratio::new(0.5).unwrap(),
        NOW,
    );
    ledger.store_outflow(&scan, "a scan", NOW).unwrap();
    ledger.runs().unwrap().iter().map(|r| r.info.id.to_string()).collect()
}

pub(crate) fn feuerprobe(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe")))
        .args(arguments)
        .current_dir(folder)
        .env_remove("FEUERPROBE_LEDGER")
        .output()
        .unwrap()
}

/// Runs the program and returns its exit code, its data and its talk.
pub(crate) fn ended(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = feuerprobe(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Changes bits of a stored record, one at a time: each is refused, in the name of the run.
#[test]
fn of_a_thousand_bit_flips_in_a_record_none_is_unnoticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let ids = filled(&path);
    let id = ids.first().unwrap();
    let ledger = Ledger::read(&path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let stored: Vec<u8> =
        connection.query_row("SELECT record FROM runs WHERE id = ?1", [id], |r| r.get(0)).unwrap();
    let set = |bytes: &[u8]| {
        connection
            .execute("UPDATE runs SET record = ?2 WHERE id = ?1", rusqlite::params![id, bytes])
            .unwrap();
    };
    let mut numbers = Numbers(11);
    let mut idle = 0;
    for flip in 0..1_000 {
        let (at, bit) = (numbers.below(stored.len()), numbers.below(8));
        let mut changed = stored.clone();
        changed[at] ^= 1 << bit;
        set(&changed);
        match ledger.load("latest") {
            Err(refused) => assert!(refused.to_string().contains(id.as_str()), "{refused}"),
            // A few bits of a frame mean nothing to who unpacks it.
            Ok((_, found)) => {
                assert!(found == record(), "flip {flip}: byte {at}, bit {bit} is unnoticed");
                idle += 1;
            }
        }
        assert!(ledger.load("latest~1").is_ok(), "the other run is not concerned");
    }
    assert!(idle < 20, "{idle} flips changed nothing");
    set(&stored);
    assert!(ledger.load("latest").unwrap().1 == record());
}

/// Every bit of every other field of a row: what is listed is marked, and not loaded.
#[test]
fn no_changed_field_of_a_row_is_unnoticed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    filled(&path);
    let connection = rusqlite::Connection::open(&path).unwrap();
    let mut flips = 0;
    for (table, fields) in [
        ("runs", ["id", "verb", "summary", "hash", "seal"]),
        ("outflows", ["id", "store", "summary", "hash", "seal"]),
    ] {
        for field in fields {
            let old: Option<String> = connection
                .query_row(&format!("SELECT {field} FROM {table} WHERE rowid = 1"), [], |r| r.get(0))
                .unwrap();
            let old = old.unwrap_or_default();
            let set = |value: &[u8]| {
                let sql = format!("UPDATE {table} SET {field} = CAST(?1 AS TEXT) WHERE rowid = 1");
                connection.execute(&sql, [value]).unwrap();
            };
            let mut changes: Vec<Vec<u8>> = (0..old.len() * 8)
                .map(|bit| {
                    let mut bytes = old.clone().into_bytes();
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    bytes
                })
                .collect();
            changes.push(format!("{old} ").into_bytes());
            for changed in changes {
                set(&changed);
                flips += 1;
                let ledger = Ledger::read(&path).unwrap();
                let intact: Vec<bool> = if table == "runs" {
                    assert!(ledger.load("latest~1").is_err(), "{field}: {changed:?}");
                    ledger.runs().unwrap().iter().map(|r| r.intact).collect()
                } else {
                    ledger.scans().unwrap().iter().map(|s| s.intact).collect()
                };
                assert_eq!(intact.last(), Some(&false), "{table}.{field}: {changed:?}");
            }
            set(old.as_bytes());
        }
        connection
            .execute(&format!("UPDATE {table} SET stored_ms = stored_ms + 1 WHERE rowid = 1"), [])
            .unwrap();
        let ledger = Ledger::read(&path).unwrap();
        assert!(!ledger.runs().unwrap().iter().chain(&[]).all(|r| r.intact) || table == "outflows");
        assert!(ledger.scans().unwrap().iter().all(|s| s.intact) == (table == "runs"));
        connection
            .execute(&format!("UPDATE {table} SET stored_ms = stored_ms - 1 WHERE rowid = 1"), [])
            .unwrap();
    }
    assert!(flips > 2_000, "{flips}");
}

/// Flips anywhere in the file: what is read is what was stored, or something is refused.
#[test]
fn flips_anywhere_in_the_file_change_no_answer() {
    let dir = tempfile::tempdir().unwrap();
    let (path, flipped) = (dir.path().join("ledger.db"), dir.path().join("flipped.db"));
    let ids = filled(&path);
    let stored = fs::read(&path).unwrap();
    let expected = record();
    let mut numbers = Numbers(23);
    let mut refused = 0;
    for flip in 0..500 {
        let at = numbers.below(stored.len() * 8);
        let mut bytes = stored.clone();
        bytes[at / 8] ^= 1 << (at % 8);
        fs::write(&flipped, bytes).unwrap();
        let Ok(ledger) = Ledger::read(&flipped) else {
            refused += 1;
            continue;
        };
        let Ok(rows) = ledger.runs() else {
            refused += 1;
            continue;
        };
        assert_eq!(rows.len(), 2, "flip {flip}: bit {at}: a run is gone");
        for row in rows.iter().filter(|r| r.intact) {
            let id = row.info.id.to_string();
            assert!(ids.contains(&id) && row.summary.starts_with("the "), "flip {flip}: bit {at}: {row:?}");
            match ledger.load(&id) {
                Ok((_, found)) => assert!(found == expected, "flip {flip}: bit {at}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 20, "{refused} refused");
}

#[test]
fn a_tampered_record_is_refused_by_every_verb_that_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("l.db");
    let ids = filled(&path);
    let tampered = ids.first().unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let packed: Vec<u8> =
        connection.query_row("SELECT record FROM runs WHERE id = ?1", [tampered], |r| r.get(0)).unwrap();
    let text = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    let changed = text.replacen("\"title\":\"", "\"title\":\"Prevented by our great EDR ", 1);
    assert_ne!(changed, text);
    let packed = zstd::encode_all(changed.as_bytes(), 3).unwrap();
    connection
        .execute("UPDATE runs SET record = ?2 WHERE id = ?1", rusqlite::params![tampered, packed])
        .unwrap();
    drop(connection);
    let verbs: [&[&str]; 10] = [
        &["report", "latest", "--output", "x.html"],
        &["list", "verdicts"],
        &["list", "rules"],
        &["list", "keys"],
        &["explain", "T1003"],
        &["show", "T1003"],
        &["show", tampered],
        &["diff", "latest~1", "latest"],
        &["tabletop", "--trial", "x/0"],
        &["impact", "--run", "latest"],
    ];
    for verb in verbs {
        let mut arguments = verb.to_vec();
        arguments.extend(["--ledger", "l.db"]);
        let output = feuerprobe(dir.path(), &arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{verb:?}: {said}");
        assert!(said.contains(tampered.as_str()) && said.contains("BLAKE3"), "{verb:?}: {said}");
        assert!(!String::from_utf8_lossy(&output.stdout).contains("great EDR"), "{verb:?}");
    }
    assert!(!dir.path().join("x.html").exists());
    // The other run is as good as before, and a changed summary is marked in the list.
    assert!(
        feuerprobe(dir.path(), &["list", "rules", "--run", "latest~1", "--ledger", "l.db"]).status.success()
    );
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute("UPDATE runs SET summary = '27 x prevented' WHERE rowid = 1", []).unwrap();
    let listed = feuerprobe(dir.path(), &["list", "runs", "--ledger", "l.db"]);
    let shown = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.status.code(), Some(2), "{shown}");
    assert!(shown.contains("damaged") && !shown.contains("27 x prevented"), "{shown}");
}

#[test]
fn a_ledger_that_may_only_be_read_is_read_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let folder = dir.path().join("w # ?%");
    fs::create_dir(&folder).unwrap();
    filled(&folder.join("l.db"));
    fs::copy(env!("CARGO_BIN_EXE_feuerprobe"), dir.path().join("program")).unwrap();
    fs::set_permissions(folder.join("l.db"), fs::Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    let is_root = fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    for arguments in [&["list", "runs"][..], &["list", "rules"], &["list", "outflows"], &["explain", "T1490"]]
    {
        let mut command = Command::new(if is_root { "setpriv" } else { "env" });
        if is_root {
            command.args(["--reuid=65533", "--regid=65533", "--clear-groups"]);
        }
        let output = command
            .arg(dir.path().join("program"))
            .args(arguments)
            .args(["--ledger", "l.db"])
            .current_dir(&folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_ne!(output.status.code(), Some(3), "{arguments:?}: {said}");
        assert!(!output.stdout.is_empty(), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "something was made beside the ledger");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn reading_makes_no_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let listed = feuerprobe(dir.path(), &["list", "runs"]);
    assert_eq!(listed.status.code(), Some(4), "{}", String::from_utf8_lossy(&listed.stderr));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_newer_and_a_foreign_database_are_said_to_be_so_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let old_style = "CREATE TABLE refinery_schema_history (version int4 PRIMARY KEY, name TEXT, applied_on TEXT, checksum TEXT);
        INSERT INTO refinery_schema_history VALUES (99, 'x', 'x', 'x');";
    let cases = [
        (old_style.to_owned(), "newer version: its tables are version 99"),
        (
            "PRAGMA application_id = 1179667527; PRAGMA user_version = 99;".to_owned(),
            "newer version: its tables are version 99",
        ),
        ("CREATE TABLE runs (id TEXT); PRAGMA user_version = 2;".to_owned(), "database of another program"),
        ("PRAGMA application_id = 7; CREATE TABLE t (x);".to_owned(), "database of another program"),
    ];
    for (number, (sql, says)) in cases.into_iter().enumerate() {
        let path = dir.path().join(format!("{number}.db"));
        rusqlite::Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        let before = fs::read(&path).unwrap();
        for opened in [Ledger::open(&path), Ledger::read(&path)] {
            let said = opened.map(|_| ()).unwrap_err().to_string();
            assert!(said.contains(says), "{sql}: {said}");
        }
        assert_eq!(fs::read(&path).unwrap(), before, "{sql}");
    }
}

/// Several programs open a ledger that is not there: each can work with it.
#[test]
fn several_first_openers_all_succeed() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..25 {
        let path = dir.path().join(format!("{round}.db"));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let ledger = Ledger::open(&path).unwrap_or_else(|e| panic!("round {round}: {e}"));
                    ledger.store(&record(), "run", "x", NOW).unwrap_or_else(|e| panic!("round {round}: {e}"));
                });
            }
        });
        assert_eq!(Ledger::read(&path).unwrap().runs().unwrap().len(), 4);
    }
}

/// The clock is set back between two runs: the later one is `latest`.
#[test]
fn the_latest_run_is_the_one_stored_last() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&dir.path().join("l.db")).unwrap();
    for (number, now) in [5_000, 90_000_000, -1, 4_000].into_iter().enumerate() {
        ledger.store(&record(), "run", &format!("number {number}"), Timestamp(now)).unwrap();
        assert_eq!(ledger.load("latest").unwrap().0.stored, Timestamp(now));
    }
    let order: Vec<String> = ledger.runs().unwrap().into_iter().map(|r| r.summary).collect();
    assert_eq!(order, ["number 3", "number 2", "number 1", "number 0"]);
}

/// Clocks before 1970 and after the year 9999, through a library before the C library.
#[test]
fn no_clock_makes_the_program_fail() {
    let dir = tempfile::tempdir().unwrap();
    let library = dir.path().join("clock.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/injection/clock.c");
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    assert!(built.unwrap().success(), "the C compiler is needed");
    fs::write(dir.path().join("set.txt"), "nothing\n").unwrap();
    for seconds in ["-1", "-99999999999", "-400000000000", "0", "253402300800", "400000000000", "9223372036"]
    {
        for arguments in [&["outflow", "scan", "set.txt"][..], &["list", "outflows"]] {
            let output = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_feuerprobe")))
                .args(arguments)
                .current_dir(dir.path())
                .env("LD_PRELOAD", &library)
                .env("CLOCK_SECONDS", seconds)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(0), "{seconds}: {said}");
        }
    }
    let listed = feuerprobe(dir.path(), &["list", "outflows", "--format", "csv"]);
    let shown = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(shown.contains("1969-12-31") && shown.contains("9999-12-3"), "{shown}");
}
