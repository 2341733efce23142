//! No identifier in clear: numbers planted in names and contents of every kind of place,
//! looked for in every output, in the ledger and in what is stored beside it.

pub(crate) mod numbers;
mod panics;
pub(crate) mod places;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use numbers::plain;
use places::{Planted, Planter, set};

fn feuerprobe(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder)
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "full")
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Fails when one of the numbers stands in one of the texts.
fn nothing_of(planted: &Planted, told: &[(String, String)]) {
    let searched = aho_corasick::AhoCorasick::new(planted.iter().map(|(n, _)| n)).expect("numbers");
    let mut found = Vec::new();
    for (output, text) in told {
        for hit in searched.find_overlapping_iter(&plain(text)) {
            found.push(format!("{output}: {}", planted[hit.pattern().as_usize()].1));
        }
    }
    found.sort();
    found.dedup();
    assert!(
        found.is_empty(),
        "{} of them in clear:\n{}",
        found.len(),
        found[..found.len().min(60)].join("\n")
    );
}

/// Returns what lies in the folder of the ledger, packed and unpacked.
fn house(folder: &Path) -> Vec<(String, String)> {
    let house = folder.join(".feuerprobe");
    let mut all = Vec::new();
    for entry in fs::read_dir(&house).expect("the ledger's folder").flatten() {
        let bytes = fs::read(entry.path()).expect("it can be read");
        all.push((
            entry.file_name().to_string_lossy().into_owned(),
            String::from_utf8_lossy(&bytes).into_owned(),
        ));
    }
    let connection = rusqlite::Connection::open(house.join("ledger.db")).expect("the ledger opens");
    for (table, column) in [("outflows", "result"), ("runs", "record")] {
        let mut rows = connection
            .prepare(&format!("SELECT summary, {column} FROM {table}"))
            .expect("the table is there");
        let rows =
            rows.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, Vec<u8>>(1)?))).expect("rows");
        for (summary, packed) in rows.flatten() {
            let unpacked = zstd::decode_all(packed.as_slice()).expect("zstd");
            all.push((table.to_owned(), format!("{summary}\n{}", String::from_utf8_lossy(&unpacked))));
        }
    }
    all
}

#[test]
fn no_planted_number_is_told_in_clear() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    let mut plant = Planter::new(20_260_101);
    set(&folder.join("set"), &mut plant);
    let planted = plant.planted;
    assert!(planted.len() > 2_000, "{} numbers are planted", planted.len());
    let mut told = Vec::new();
    let mut tell = |name: &str, text: String| told.push((name.to_owned(), text));
    for format in ["table", "json", "ndjson", "csv"] {
        let files = ["--sarif", "out.sarif", "--html", "out.html", "--output", "out.json"];
        let output =
            feuerprobe(folder, &[&["outflow", "scan", "set", "--format", format], &files[..]].concat());
        tell(format, said(&output));
    }
    for file in ["out.sarif", "out.html", "out.json"] {
        tell(file, fs::read_to_string(folder.join(file)).expect("it was written"));
    }
    let whole = fs::read_to_string(folder.join("out.json")).expect("it was written");
    assert!(whole.matches("\"token\"").count() > 1_000, "the set was not scanned");
    tell("match", said(&feuerprobe(folder, &["outflow", "match", "set", "--known", "out.json"])));
    tell(
        "watch",
        said(&feuerprobe(folder, &["outflow", "scan", "set", "--watch-for", "1ms", "--every", "1ms"])),
    );
    // Names that the user types, in acceptances, plantings and failing calls.
    for (i, name) in names(&folder.join("set")).iter().enumerate() {
        let accept =
            ["outflow", "accept", "--owner", name, "--reason", name, "--until", "2999-01-01", "--place"];
        let calls: [&[&str]; 5] = [
            &[&accept[..], &[name]].concat(),
            &["outflow", "scan", &format!("gone/{name}")],
            &["outflow", "scan", "set/a.zip", "--key", &format!("{name}/k")],
            &["outflow", "scan", "set/a.zip", "--every", name],
            &["outflow", "canary", "--count", "1", "--planted", name],
        ];
        tell(&format!("call {}", i % 5), said(&feuerprobe(folder, calls[i % 5])));
    }
    tell("baseline", said(&feuerprobe(folder, &["outflow", "baseline", "--format", "json"])));
    tell("list", said(&feuerprobe(folder, &["list", "outflows"])));
    told.extend(house(folder));
    nothing_of(&planted, &told);
    let clear = said(&feuerprobe(folder, &["outflow", "scan", "set", "--reveal", "--format", "csv"]));
    let clear = plain(&clear);
    let seen = planted.iter().filter(|(n, _)| clear.contains(n)).count();
    assert!(seen > 500, "--reveal tells {seen}");
}

/// Returns names of files in the set, one for each form.
fn names(set: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(set)
        .expect("the set")
        .flatten()
        .filter_map(|e| e.file_name().into_string().ok())
        .filter(|n| n.ends_with(".txt"))
        .collect();
    names.sort();
    names.into_iter().step_by(3).collect()
}

#[cfg(unix)]
#[test]
fn the_list_of_plants_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    for _ in 0..2 {
        let made = feuerprobe(folder, &["outflow", "canary", "--count", "1", "--planted", "wiki"]);
        assert!(made.status.success(), "{}", said(&made));
        let list = fs::metadata(folder.join(".feuerprobe/outflow-plants.json")).expect("the list");
        assert_eq!(list.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn an_accepted_place_is_accepted_although_its_number_is_masked() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    fs::write(folder.join("PATG123456783.txt"), "KVNR G123456783").expect("a file");
    let scan = || feuerprobe(folder, &["outflow", "scan", "PATG123456783.txt", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_slice(&scan().stdout).expect("JSON");
    let shown = found["findings"][0]["place"][0]["file"].as_str().expect("a place").to_owned();
    assert!(shown.starts_with("PAT[KVNR "), "{shown}");
    // As it is shown, and as the user knows it.
    for place in [shown.as_str(), "PATG123456783.txt"] {
        assert_eq!(scan().status.code(), Some(1));
        let accept =
            ["outflow", "accept", "--owner", "o", "--reason", "r", "--until", "2999-01-01", "--place", place];
        assert!(feuerprobe(folder, &accept).status.success());
        assert_eq!(scan().status.code(), Some(0), "{place}");
        fs::remove_file(folder.join(".feuerprobe/outflow-baseline.json")).expect("the list");
    }
}

const RULE: &str = "title: A file is copied
id: 6a6d6f38-9d0e-4b4c-9a51-2f6a5a1c7b01
status: test
level: high
tags: [attack.t1005]
logsource: {product: windows, category: process_creation}
detection:
  sel:
    CommandLine|contains: copy
  condition: sel
";

const SILENT: &str = "title: A file is moved
id: 6a6d6f38-9d0e-4b4c-9a51-2f6a5a1c7b02
status: test
level: high
tags: [attack.t1005]
logsource: {product: windows, category: process_creation}
detection:
  sel:
    CommandLine|contains: robocopy
    Image|endswith: move.exe
  condition: sel
";

/// Telemetry repeats what people typed: numbers in command lines, fields, keys, file
/// names and hosts, in every output of a replay and of a run.
#[test]
fn telemetry_with_numbers_is_stored_and_shown_without_them() {
    let temporary = tempfile::tempdir().expect("a folder");
    let folder = temporary.path();
    let mut plant = Planter::new(7);
    fs::create_dir_all(folder.join("rules")).expect("a folder");
    fs::write(folder.join("rules/copy.yml"), RULE).expect("a rule");
    fs::write(folder.join("rules/move.yml"), SILENT).expect("a rule");
    for (i, verb) in (0..60).map(|i| (i, if i % 2 == 0 { "copy" } else { "type" })) {
        let numbers: [String; 7] = std::array::from_fn(|_| plant.body());
        let [a, b, c, d, e, f, g] = &numbers;
        let event = serde_json::json!({
            "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational",
            "UtcTime": format!("2026-01-05 08:{:02}:00.000", i % 60), "Computer": format!("ws-{a}"),
            "Image": "C:\\Windows\\System32\\cmd.exe", "User": format!("CORP\\{b}"),
            "CommandLine": format!("cmd /c {verb} C:\\akten\\PAT{c}.txt D:\\{d}_20240101 kvnr={e}"),
            format!("x{f}"): "key", "ParentCommandLine": format!("\"{}\" KVNR: {} {}", g, &g[..4], &g[4..]),
        });
        let recording = folder.join(format!("recordings/r{i}-{}", plant.body()));
        fs::create_dir_all(&recording).expect("a folder");
        fs::write(recording.join("e.json"), format!("{event}\n")).expect("a file");
        let about =
            format!("title: Akte {}\nkind: attack\ntechniques: [T1005]\nfiles: [e.json]\n", plant.body());
        fs::write(recording.join("recording.yaml"), about).expect("a file");
    }
    let mut told = Vec::new();
    let content = ["--rules", "rules", "--recordings", "recordings"];
    for format in ["table", "json", "ndjson", "csv"] {
        let call = [&["replay"], &content[..], &["--format", format, "--report", "replay.html"]].concat();
        told.push((format!("replay {format}"), said(&feuerprobe(folder, &call))));
    }
    let run = [&["run"], &content[..], &["--trials", "20", "--report", "run.html"]].concat();
    told.push(("run".to_owned(), said(&feuerprobe(folder, &run))));
    for file in ["replay.html", "run.html"] {
        told.push((file.to_owned(), fs::read_to_string(folder.join(file)).expect("it was written")));
    }
    let list = feuerprobe(folder, &["list", "verdicts", "--format", "csv"]);
    let verdicts = String::from_utf8_lossy(&list.stdout).into_owned();
    told.push(("list".to_owned(), said(&list)));
    let mut explained = 0;
    for verdict in verdicts.lines().skip(1).filter_map(|l| l.split(',').next()) {
        let output = feuerprobe(folder, &["explain", verdict]);
        explained += usize::from(output.status.success() && said(&output).contains("[KVNR-"));
        told.push((format!("explain {verdict}"), said(&output)));
    }
    assert!(explained > 20, "{explained} explanations show an event:\n{verdicts}");
    told.extend(house(folder));
    nothing_of(&plant.planted, &told);
}
