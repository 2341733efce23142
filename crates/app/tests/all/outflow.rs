//! `outflow` as a program: what it finds, what it never says, how it ends.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Valid numbers that lie in the set, in every way the program could repeat them.
const SECRETS: [&str; 5] =
    ["G123456783", "g123456783", "C123456784", "DE12500105170648489890", "36574261809"];

fn feuerprobe(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Makes a set with data in texts, in names, in a damaged archive and behind links.
fn set(folder: &Path) -> PathBuf {
    let set = folder.join("set");
    let write = |name: &str, bytes: &[u8]| {
        let path = set.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, bytes).expect("a file");
    };
    write("mail.txt", b"Versicherte Renate M\xc3\xbcller, geb. 03.05.1971, KVNR G123456783, IK 990000011.\n");
    write("again.csv", b"Name;KVNR\nRenate;g123456783\nHans;C123456784\n");
    write("Antrag_KVNR_G123456783.txt", b"nothing inside\n");
    write("money.txt", b"IBAN DE12 5001 0517 0648 4898 90, Steuer-ID 36574261809\n");
    write("broken_G123456783.zip", b"PK\x03\x04 this is no archive KVNR G123456783");
    write("test.txt", b"KVNR A123456780 is a public test number\n");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(".", set.join("round")).expect("a link");
        std::os::unix::fs::symlink("/nowhere/KVNR_G123456783", set.join("dangling")).expect("a link");
    }
    set
}

/// Must-show: a grep over everything that is printed or written.
#[test]
fn no_identifier_is_told_in_any_form_unless_asked() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    set(folder);
    let mut told = String::new();
    for format in ["table", "json", "ndjson", "csv"] {
        let files = ["--sarif", "out.sarif", "--html", "out.html", "--output", "out.json"];
        let output =
            feuerprobe(folder, &[&["outflow", "scan", "set", "--format", format], &files[..]].concat());
        told.push_str(&said(&output));
    }
    let known = ["outflow", "match", "set", "--known", "out.json"];
    told.push_str(&said(&feuerprobe(folder, &known)));
    told.push_str(&said(&feuerprobe(folder, &["outflow", "scan", "set/gone_G123456783.txt"])));
    for file in ["out.sarif", "out.html", "out.json"] {
        told.push_str(&fs::read_to_string(folder.join(file)).expect("it was written"));
    }
    for entry in fs::read_dir(folder.join(".feuerprobe")).expect("the ledger's folder").flatten() {
        let bytes = fs::read(entry.path()).expect("it can be read");
        told.push_str(&String::from_utf8_lossy(&bytes));
    }
    told.push_str(&ledger(folder));
    assert!(told.contains("KVNR") && told.len() > 5_000, "the set was not scanned:\n{told}");
    for secret in SECRETS {
        let at = told.find(secret);
        assert_eq!(at, None, "told: …{}…", &told[at.unwrap_or(0).saturating_sub(200)..at.unwrap_or(0)]);
    }
    let clear = said(&feuerprobe(folder, &["outflow", "scan", "set", "--reveal", "--format", "csv"]));
    assert!(clear.contains("G123456783"), "--reveal tells:\n{clear}");
}

/// Returns the unpacked results in the ledger.
fn ledger(folder: &Path) -> String {
    let connection =
        rusqlite::Connection::open(folder.join(".feuerprobe/ledger.db")).expect("the ledger opens");
    let mut rows = connection.prepare("SELECT summary, result FROM outflows").expect("the table is there");
    let rows = rows.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, Vec<u8>>(1)?))).expect("rows");
    let mut text = String::new();
    for (summary, packed) in rows.flatten() {
        text.push_str(&summary);
        text.push_str(&String::from_utf8_lossy(&zstd::decode_all(packed.as_slice()).expect("zstd")));
    }
    assert!(!text.is_empty(), "nothing is in the ledger");
    text
}

#[test]
fn people_are_counted_once_and_attributed() {
    let temporary = tempfile::tempdir().expect("a folder");
    set(temporary.path());
    let output = feuerprobe(temporary.path(), &["outflow", "scan", "set", "--format", "json"]);
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(result["people"]["persons"], 2, "{}", said(&output));
    assert_eq!(result["insurers"]["990000011"]["with_birth_date"], 1);
    assert_eq!(result["insurers"]["unknown"]["persons"], 1);
    assert_eq!(result["kinds"]["kvnr"]["test-data"], 1);
    assert_eq!(result["distinct"]["iban"], 1);
    let unread = result["unread"].to_string();
    assert!(unread.contains("dangling") && !unread.contains("round"), "{unread}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn people_found_are_the_records_at_risk_of_a_race() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    set(folder);
    let scan = ["outflow", "scan", "set", "--store", "ruhr-collaboration", "--output", "jira.json"];
    said(&feuerprobe(folder, &scan));
    let race = ["race", "--campaign", "january-leak", "--trials", "50", "--outflow", "jira.json"];
    let text = said(&feuerprobe(folder, &race));
    assert!(text.contains("of 2 records at risk") && text.contains("2 (100 %)"), "{text}");
    let list = said(&feuerprobe(folder, &["list", "outflows"]));
    assert!(list.contains("ruhr-collaboration") && list.contains("2 people"), "{list}");
    let unknown = ["outflow", "scan", "set", "--store", "nowhere", "--output", "other.json"];
    said(&feuerprobe(folder, &unknown));
    let refused = feuerprobe(folder, &["race", "--trials", "50", "--outflow", "other.json"]);
    assert_eq!(refused.status.code(), Some(3), "{}", said(&refused));
}

#[test]
fn exit_codes_say_how_it_ended() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    fs::write(folder.join("clean.txt"), "nothing to see").expect("a file");
    fs::write(folder.join("dirty.txt"), "KVNR G123456783").expect("a file");
    let cases: [(&[&str], i32); 6] = [
        (&["scan", "clean.txt"], 0),
        (&["scan", "dirty.txt"], 1),
        (&["scan", "clean.txt", "gone.txt"], 5),
        (&["scan", "dirty.txt", "--threshold", "2"], 3),
        (&["accept", "--place", "dirty.txt", "--owner", "o", "--reason", "r", "--until", "2999-01-01"], 0),
        (&["scan", "dirty.txt"], 0),
    ];
    for (arguments, code) in cases {
        let output = feuerprobe(folder, &[&["outflow"], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
    }
    let baseline = folder.join(".feuerprobe/outflow-baseline.json");
    let expired = fs::read_to_string(&baseline).expect("the list").replace("2999", "2020");
    fs::write(&baseline, expired).expect("the list");
    assert_eq!(feuerprobe(folder, &["outflow", "scan", "dirty.txt"]).status.code(), Some(1), "expired");
    assert_eq!(feuerprobe(folder, &["outflow", "baseline"]).status.code(), Some(1), "expired");
}

#[test]
fn planted_people_are_recognised_wherever_they_turn_up() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    let made = feuerprobe(
        folder,
        &["outflow", "canary", "--count", "5", "--planted", "wiki, space OPS", "--format", "csv"],
    );
    assert!(made.status.success(), "{}", said(&made));
    let csv = String::from_utf8_lossy(&made.stdout).into_owned();
    let third = csv.lines().nth(3).and_then(|l| l.split(',').next()).expect("a number");
    fs::write(folder.join("found.txt"), format!("for sale: {} and G123456783", third.to_lowercase()))
        .expect("a file");
    let output = feuerprobe(folder, &["outflow", "match", "found.txt"]);
    let text = said(&output);
    assert!(text.contains("1 finding from wiki, space OPS"), "{text}");
    assert!(!text.contains(third), "{text}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_found_set_is_compared_with_the_known_one() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    fs::write(folder.join("known.txt"), "KVNR G123456783").expect("a file");
    fs::write(folder.join("found.txt"), "KVNR G123456783\nKVNR C123456784\n").expect("a file");
    feuerprobe(folder, &["outflow", "scan", "known.txt", "--output", "known.json"]);
    let more = feuerprobe(folder, &["outflow", "match", "found.txt", "--known", "known.json"]);
    assert!(said(&more).contains("known: 1 of 2 people (50"), "{}", said(&more));
    assert_eq!(more.status.code(), Some(1));
    let same = feuerprobe(folder, &["outflow", "match", "known.txt", "--known", "known.json"]);
    assert_eq!(same.status.code(), Some(0), "{}", said(&same));
}

#[test]
fn records_at_risk_go_into_the_estate() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path().join("w");
    assert!(
        Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
            .arg("init")
            .arg(&folder)
            .output()
            .expect("init")
            .status
            .success()
    );
    fs::write(folder.join("export.txt"), "KVNR G123456783\nKVNR C123456784\n").expect("a file");
    let asset = "north-storage";
    let output =
        feuerprobe(&folder, &["outflow", "scan", "export.txt", "--store", asset, "--into", "estate.yaml"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let changed = fs::read_to_string(folder.join("estate.yaml")).expect("the estate");
    assert!(changed.contains("records: 2"), "{changed}");
    let check = feuerprobe(&folder, &["check"]);
    assert!(check.status.success(), "{}", said(&check));
}

#[test]
fn a_watched_folder_ends_when_its_time_is_over() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    fs::write(folder.join("export.txt"), "KVNR G123456783").expect("a file");
    let output =
        feuerprobe(folder, &["outflow", "scan", "export.txt", "--watch-for", "1ms", "--every", "1ms"]);
    assert!(said(&output).contains("1 person in 1 place"), "{}", said(&output));
    assert_eq!(output.status.code(), Some(1));
}
