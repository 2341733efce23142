//! Our reading of audit records against the golden parses of another reader
//! (elastic/go-libaudit), and over every audit log of the data set.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{join, list, open, read, shared};
use model::event::{Event, Fields};
use serde_json::Value;

/// What the other reader calls a value of ours. It renames some fields and puts words
/// in the place of numbers; these are the translations, not a second parser.
fn translated(fields: &Fields, name: &str) -> Option<String> {
    let text = |name: &str| fields[name].as_str().map(str::to_owned);
    let word = |value: String| if value == "4294967295" { "unset".to_owned() } else { value };
    let label =
        |whole: &str, part: usize| text(whole).and_then(|l| l.splitn(5, ':').nth(part).map(str::to_owned));
    match name {
        "result" => match text("success").or_else(|| text("res"))?.as_str() {
            "yes" | "success" | "1" => Some("success".to_owned()),
            _ => Some("fail".to_owned()),
        },
        "arch" => text("ARCH"),
        "syscall" => text("SYSCALL"),
        "keys" => text("key"),
        "old_auid" => text("old-auid"),
        "new_auid" => text("new-auid").or_else(|| text("auid")),
        "old-ses" => text("old-ses"),
        "family" => text("saddr_fam").or_else(|| text("family")).map(|family| match family.as_str() {
            "local" => "unix".to_owned(),
            "inet" => "ipv4".to_owned(),
            "inet6" => "ipv6".to_owned(),
            other => other.to_owned(),
        }),
        "addr" => text("addr").or_else(|| text("laddr")),
        "port" => text("lport").or_else(|| text("port")),
        _ => {
            let parts = ["user", "role", "domain", "level", "category"];
            let split = name.split_once('_').filter(|(whole, _)| matches!(*whole, "subj" | "obj"));
            match split.and_then(|(whole, part)| Some((whole, parts.iter().position(|p| *p == part)?))) {
                Some((whole, part)) => label(whole, part),
                None => text(name).map(word),
            }
        }
    }
}

#[derive(Default)]
struct Agreement {
    records: usize,
    of_records: usize,
    fields: usize,
    of_fields: usize,
    different: Vec<String>,
}

fn compare(file: &str, golden: &[Value], events: &[Event], sum: &mut Agreement) {
    let mut ours: BTreeMap<(u64, String), Vec<&Event>> = BTreeMap::new();
    for event in events.iter().filter(|e| e.fields["type"].is_string()) {
        let serial = event.fields["audit_id"].as_str().unwrap().rsplit_once(':').unwrap().1;
        let kind = event.fields["type"].as_str().unwrap().to_ascii_lowercase();
        ours.entry((serial.parse().unwrap(), kind)).or_default().push(event);
    }
    // The other reader gives nothing for records it knows too little about.
    for record in golden.iter().filter(|record| record.is_object()) {
        sum.of_records += 1;
        let kind = record["record_type"].as_str().unwrap().to_owned();
        let key = (record["sequence"].as_u64().unwrap(), kind);
        let found = ours.get_mut(&key).filter(|list| !list.is_empty()).map(|list| list.remove(0));
        let Some(event) = found else {
            sum.different.push(format!("{file}: {key:?} not read"));
            continue;
        };
        let time: jiff::Timestamp = record["@timestamp"].as_str().unwrap().parse().unwrap();
        let same_time = event.time.map(|t| t.0) == Some(time.as_millisecond());
        let mut all = same_time;
        let keys = record["keys"].as_array().map(|keys| {
            let keys: Vec<&str> = keys.iter().filter_map(Value::as_str).collect();
            Value::String(keys.join(" "))
        });
        let data = record["data"].as_object().into_iter().flatten().map(|(n, v)| (n.as_str(), v.clone()));
        for (name, expected) in data.chain(keys.map(|k| ("keys", k))) {
            sum.of_fields += 1;
            let got = translated(&event.fields, name);
            if got.as_deref() == expected.as_str() {
                sum.fields += 1;
            } else {
                all = false;
                sum.different.push(format!("{file}: {key:?} {name}: {expected} but {got:?}"));
            }
        }
        sum.records += usize::from(all);
    }
}

fn events(root: &Path, file: &str) -> Vec<Event> {
    let (found, _) = telemetry::survey(&[file.to_owned()], &|path| open(root, path), &join).into_parts();
    found.recordings.first().map(|r| read(root, r).0.events).unwrap_or_default()
}

#[test]
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn golden_parses_of_another_reader_are_met() {
    let Some(root) = shared() else { return };
    let root = root.join("formats/auditd");
    let mut sum = Agreement::default();
    for file in list(&root).iter().filter_map(|f| f.strip_suffix(".golden")) {
        let golden = std::fs::read_to_string(root.join(format!("{file}.golden"))).unwrap();
        let golden: Vec<Value> = serde_json::from_str(&golden).unwrap();
        compare(file, &golden, &events(&root, file), &mut sum);
    }
    eprintln!(
        "auditd: {} of {} records, {} of {} fields agree\n{}",
        sum.records,
        sum.of_records,
        sum.fields,
        sum.of_fields,
        sum.different.join("\n")
    );
    assert_eq!((sum.of_records, sum.of_fields), (83, 1009));
    // What is left: the other reader has names for errors, signals and 32-bit calls.
    assert!(sum.records >= 80 && sum.fields >= 1_005, "{:#?}", sum.different);
}

/// Every line of every audit log in the data set that is a record becomes an event of
/// that type, from whichever collector the line comes.
#[test]
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn every_record_of_every_audit_log_is_read() {
    let Some(root) = shared() else { return };
    let root = root.join("formats/auditd");
    let (mut records, mut starts) = (0, 0);
    for file in list(&root).iter().filter(|f| f.ends_with(".log")) {
        let text = String::from_utf8_lossy(&std::fs::read(root.join(file)).unwrap()).into_owned();
        let expected: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with('#') && line.contains("msg=audit("))
            .filter_map(|line| line.split("type=").nth(1)?.split(' ').next())
            .collect();
        let events = events(&root, file);
        let got: Vec<&str> = events.iter().filter_map(|e| e.fields["type"].as_str()).collect();
        assert_eq!(got, expected, "{file}");
        records += got.len();
        starts += events.iter().filter(|e| e.origin.categories == ["process_creation"]).count();
    }
    eprintln!("auditd: {records} records read, {starts} process starts put together");
    assert!(records > 150 && starts > 0);
}
