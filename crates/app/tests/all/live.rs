//! `live ask` against a server of the test on the loopback: what good and failing answers give.

#![cfg(target_os = "linux")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::tampering::ended;

/// What the server does in the place of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Status(u16),
    EmptyBody,
    CutJson,
    ErrorIn200,
    ShardsFailed,
    TimedOut,
    NoIndex,
    FewerRowsThanCounted,
    BusyForAnHour,
    Redirect,
}

struct State {
    fault: Fault,
    /// Only requests whose path or body holds this meet the fault.
    at: &'static str,
    events: Vec<Value>,
    alerts: Vec<Value>,
    asked: Vec<String>,
}

/// A server that knows as much of the search API as questions use, without filters.
#[derive(Clone)]
struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
}

const KEY: &str = "c2VjcmV0LWtleS1vZi10aGUtc2llbQ==";

impl Server {
    fn start(fault: Fault, at: &'static str, events: Vec<Value>, alerts: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State { fault, at, events, alerts, asked: Vec::new() }));
        let server = Self { port, state };
        let of_thread = server.clone();
        // The thread ends with the process of the test.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                of_thread.serve(stream);
            }
        });
        server
    }

    fn serve(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
        let mut first = String::new();
        let (mut length, mut key) = (0, false);
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 || line.trim().is_empty() {
                break;
            }
            let small = line.to_lowercase();
            if let Some(number) = small.strip_prefix("content-length:") {
                length = number.trim().parse().expect("a length");
            }
            key |= line.trim() == format!("authorization: ApiKey {KEY}");
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).expect("the body");
        let body = String::from_utf8(body).expect("text");
        let (status, more, answer) = self.answer(first.trim(), &body, key);
        let text = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{more}Content-Length: {}\r\nConnection: close\r\n\r\n{answer}",
            answer.len()
        );
        let _ = stream.write_all(text.as_bytes());
    }

    fn answer(&self, first: &str, body: &str, key: bool) -> (u16, String, String) {
        let mut state = self.state.lock().expect("not poisoned");
        state.asked.push(format!("{first} {body}"));
        if !key {
            return (401, String::new(), json!({"error": {"reason": "no key"}}).to_string());
        }
        let meets = first.contains(state.at) || body.contains(state.at);
        let fault = if meets { state.fault } else { Fault::None };
        let good = good(&state, first, body);
        let plain = |status, text: &str| (status, String::new(), text.to_owned());
        match fault {
            Fault::None => plain(200, &good.to_string()),
            Fault::Status(status) => plain(status, &json!({"error": {"reason": KEY}}).to_string()),
            Fault::EmptyBody => plain(200, ""),
            Fault::CutJson => {
                let text = good.to_string();
                plain(200, text.get(..text.len() / 2).expect("ASCII"))
            }
            Fault::ErrorIn200 => plain(200, r#"{"error":{"code":"PartialError"},"hits":{"hits":[]}}"#),
            Fault::ShardsFailed => plain(200, &with(good, "/_shards/failed", json!(1)).to_string()),
            Fault::TimedOut => plain(200, &with(good, "/timed_out", json!(true)).to_string()),
            Fault::NoIndex => plain(200, &with(good, "/_shards/total", json!(0)).to_string()),
            Fault::FewerRowsThanCounted => plain(200, &with(good, "/hits/total/value", json!(9)).to_string()),
            Fault::BusyForAnHour => (429, "Retry-After: 3600\r\n".to_owned(), String::new()),
            Fault::Redirect => {
                (302, format!("Location: http://127.0.0.1:{}/x\r\n", self.port), String::new())
            }
        }
    }
}

fn with(mut value: Value, place: &str, new: Value) -> Value {
    if let Some(old) = value.pointer_mut(place) {
        *old = new;
    }
    value
}

/// Returns what a search answers: points in time carry the name of their index.
fn good(state: &State, first: &str, body: &str) -> Value {
    if first.contains("/_pit?") {
        return json!({"id": if first.contains("alerts") { "alerts" } else { "events" }});
    }
    if first.starts_with("DELETE") {
        return json!({"succeeded": true});
    }
    let asked: Value = serde_json::from_str(body).expect("a question is JSON");
    let alerts = asked.pointer("/pit/id") == Some(&json!("alerts")) || first.contains("/.alerts");
    let background = first.contains("/.alerts");
    let rows = match (alerts, background) {
        (_, true) => &Vec::new(),
        (true, false) => &state.alerts,
        (false, _) => &state.events,
    };
    let range =
        ["gte", "lte"].map(|end| asked.pointer(&format!("/query/bool/filter/0/range/@timestamp/{end}")));
    let range = range.map(|end| end.and_then(Value::as_i64).expect("a range"));
    let of_range = |row: &&Value| {
        let at = jiff::Timestamp::from_str(row["@timestamp"].as_str().expect("text")).expect("a time");
        (range[0]..=range[1]).contains(&at.as_millisecond())
    };
    let rows: Vec<Value> = rows.iter().filter(of_range).cloned().collect();
    let after = asked.pointer("/search_after/0").and_then(Value::as_u64).map_or(0, |n| n as usize);
    // Two rows a page, so that there are pages.
    let hits: Vec<Value> = match asked["size"].as_u64() {
        Some(1) => rows.iter().rev().take(1).cloned().collect(),
        _ => rows.iter().skip(after).take(2).cloned().collect(),
    };
    let hits: Vec<Value> = hits
        .into_iter()
        .enumerate()
        .map(|(n, row)| json!({"_index": "i", "_id": row["id"], "_source": row, "sort": [after + n + 1]}))
        .collect();
    json!({"timed_out": false, "_shards": {"total": 3, "failed": 0}, "pit_id": asked.pointer("/pit/id"),
        "hits": {"total": {"value": rows.len(), "relation": "eq"}, "hits": hits}})
}

/// A workspace with one source, and a list of one act of two hours ago.
struct Site {
    _dir: tempfile::TempDir,
    folder: PathBuf,
}

const MINUTE: i64 = 60_000;
const MARKER: &str = "fprabcdefgh12";

fn time(minutes: i64) -> i64 {
    app::clock::now().0 / 1_000 * 1_000 + minutes * MINUTE
}

fn rfc(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).expect("in range").to_string()
}

impl Site {
    fn new(port: u16, began: i64) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let (code, _, said) = ended(dir.path(), &["init", "w", "--quiet"]);
        assert_eq!(code, Some(0), "{said}");
        let folder = dir.path().join("w");
        let file = folder.join("feuerprobe.toml");
        let before = std::fs::read_to_string(&file).expect("the workspace file");
        let source = format!(
            "\n[[source]]\nname = \"siem\"\nprofile = \"elastic-security\"\nurl = \"http://127.0.0.1:{port}\"\nkey = \"file:key\"\n"
        );
        std::fs::write(&file, before + &source).expect("written");
        let key = folder.join("key");
        std::fs::write(&key, format!("{KEY}\n")).expect("written");
        std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a mode");
        let (begin, end) = (rfc(began), rfc(began + 2_000));
        let acts = format!(
            "acts:\n- id: copies\n  technique: T1490\n  host: app-01\n  begin: {begin}\n  end: {end}\n  marker: {MARKER}\n"
        );
        std::fs::write(folder.join("acts.yaml"), acts).expect("written");
        Self { _dir: dir, folder }
    }

    fn ask(&self) -> (Option<i32>, String, String) {
        ended(&self.folder, &["live", "ask", "acts.yaml"])
    }
}

fn event(id: &str, at: i64, command: &str, pid: u64) -> Value {
    json!({"id": id, "@timestamp": rfc(at), "event": {"ingested": rfc(at + 1_000)}, "host": {"name": "APP-01"},
        "process": {"pid": pid, "parent": {"pid": 7}, "executable": "C:\\Windows\\System32\\vssadmin.exe", "command_line": command},
        "winlog": {"channel": "Microsoft-Windows-Sysmon/Operational", "provider_name": "Microsoft-Windows-Sysmon", "event_id": 1,
            "event_data": {"Image": "C:\\Windows\\System32\\vssadmin.exe", "CommandLine": command}}})
}

fn alert(id: &str, event: i64, made: i64, host: &str, pid: u64) -> Value {
    json!({"id": id, "@timestamp": rfc(made), "kibana.alert.original_time": rfc(event),
        "kibana.alert.intended_timestamp": rfc(made), "kibana.alert.rule.name": "Shadow Copies Deleted",
        "kibana.alert.rule.tags": ["attack.t1490"], "host": {"name": host}, "process": {"pid": pid}})
}

/// Events of the host before, in and after the act.
fn events(began: i64) -> Vec<Value> {
    vec![
        event("a", began - 60_000, "svchost", 5),
        event("b", began, &format!("cmd /c vssadmin delete shadows /all {MARKER}"), 50),
        event("c", began + 40 * MINUTE, "svchost", 6),
    ]
}

#[test]
fn an_alert_is_found_by_marker_by_process_and_by_a_quiet_rule() {
    let began = time(-120);
    let mut marked = alert("x", began, began + 9_000, "APP-01", 1);
    marked["process"]["command_line"] = json!(format!("x {MARKER}"));
    for (alarm, word) in [
        (marked, "ALERTED after 9.0 s"),
        // The alert names the process of the marked event alone.
        (alert("x", began + 1_000, began + 30_000, "app-01.corp.example", 50), "ALERTED after 30.0 s"),
        // It names neither; the rule is quiet on this host.
        (alert("x", began + 1_000, began + 70 * MINUTE, "APP-01", 99), "ALERTED LATE after 1 h 10 min"),
        (alert("x", began, began + 9_000, "WEB-09", 50), "LOGGED"),
        (alert("x", began - 30 * MINUTE, began - 29 * MINUTE, "APP-01", 50), "LOGGED"),
    ] {
        let server = Server::start(Fault::None, "", events(began), vec![alarm.clone()]);
        let site = Site::new(server.port, began);
        let (code, said, errors) = site.ask();
        assert_eq!(code, Some(0), "{said}{errors}");
        assert!(said.contains(word), "{word}: {alarm}\n{said}");
        let fires = said.lines().find(|l| l.contains("our engine")).expect("the layer");
        assert!(fires.contains("yes"), "our engine looks at their events: {said}");
        // Nothing but questions goes out, and the key stands nowhere.
        let asked = server.state.lock().expect("not poisoned").asked.clone();
        assert!(asked.iter().all(|a| a.contains("_search") || a.contains("_pit")), "{asked:?}");
        let kept = std::fs::read(site.folder.join(".feuerprobe/ledger.db")).expect("the ledger");
        assert!(!kept.windows(KEY.len()).any(|w| w == KEY.as_bytes()));
    }
}

/// The clock of the host is an hour off: its events are found by the marker, and their alert with them.
#[test]
fn a_clock_that_is_off_makes_nobody_blind() {
    let began = time(-120);
    let hour = 60 * MINUTE;
    let mut events = events(began);
    events[1] = event("b", began - hour, &format!("cmd /c vssadmin delete shadows /all {MARKER}"), 50);
    let alarm = alert("x", began - hour, began + 9_000, "APP-01", 50);
    let server = Server::start(Fault::None, "", events.clone(), vec![alarm]);
    let (code, said, errors) = Site::new(server.port, began).ask();
    assert!(code == Some(0) && said.contains("ALERTED after 9.0 s"), "{said}{errors}");
    let asked = server.state.lock().expect("not poisoned").asked.clone();
    assert!(asked.iter().any(|a| a.contains(&format!("*{MARKER}*"))), "{asked:?}");
    // Without the marked event, and the newest event stored before it happened: nobody can tell.
    events.remove(1);
    events[1]["event"]["ingested"] = json!(rfc(began));
    let server = Server::start(Fault::None, "", events, Vec::new());
    let (code, said, _) = Site::new(server.port, began).ask();
    assert!(code == Some(5) && said.contains("UNANSWERABLE"), "{said}");
}

#[test]
fn without_alert_or_event_the_broken_layer_is_named() {
    let began = time(-120);
    let server = Server::start(Fault::None, "", events(began), Vec::new());
    let (code, said, _) = Site::new(server.port, began).ask();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("T1490 · LOGGED") && said.contains("their rule alerts         NO"), "{said}");
    let others = events(began).into_iter().filter(|e| e["id"] != json!("b")).collect();
    let server = Server::start(Fault::None, "", others, Vec::new());
    let (code, said, _) = Site::new(server.port, began).ask();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("T1490 · BLIND") && said.contains("its events are stored     NO"), "{said}");
}

#[test]
fn what_cannot_be_known_is_never_a_negative() {
    let began = time(-120);
    let faults = [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(404),
        Fault::Status(500),
        Fault::Status(504),
        Fault::BusyForAnHour,
        Fault::EmptyBody,
        Fault::CutJson,
        Fault::ErrorIn200,
        Fault::ShardsFailed,
        Fault::TimedOut,
        Fault::NoIndex,
        Fault::FewerRowsThanCounted,
        Fault::Redirect,
    ];
    for fault in faults {
        // At the search for alerts, the last of three questions.
        let server = Server::start(fault, "\"pit\":{\"id\":\"alerts\"", events(began), Vec::new());
        let site = Site::new(server.port, began);
        let (code, said, errors) = site.ask();
        assert_eq!(code, Some(5), "{fault:?}: {said}{errors}");
        assert!(said.contains("UNANSWERABLE") && !said.contains("LOGGED"), "{fault:?}: {said}");
        assert!(!said.contains(KEY) && !errors.contains(KEY), "{fault:?}: the key is shown: {said}");
    }
    // No event of the host at all, none after the act, an act of this minute.
    let none = Server::start(Fault::None, "", Vec::new(), Vec::new());
    let site = Site::new(none.port, began);
    let (code, said, _) = site.ask();
    assert_eq!((code, said.contains("UNANSWERABLE")), (Some(5), true), "{said}");
    // What our engine misses in nothing is no cause.
    let (_, said, _) = ended(&site.folder, &["explain", "T1490"]);
    assert!(said.contains("unanswerable") && !said.contains("telemetry source absent"), "{said}");
    let before = Server::start(Fault::None, "", vec![event("a", began - MINUTE, "x", 5)], Vec::new());
    let (code, said, _) = Site::new(before.port, began).ask();
    assert_eq!((code, said.contains("PENDING")), (Some(5), true), "{said}");
    let now = time(0);
    let fresh = Server::start(Fault::None, "", events(now - 1_000), Vec::new());
    let (code, said, _) = Site::new(fresh.port, now).ask();
    assert_eq!((code, said.contains("PENDING")), (Some(5), true), "{said}");
}

#[test]
fn an_alert_that_was_seen_stays_and_one_that_comes_late_is_taken() {
    let began = time(-120);
    let server = Server::start(Fault::None, "", events(began), Vec::new());
    let site = Site::new(server.port, began);
    assert!(site.ask().1.contains("LOGGED"));
    server.state.lock().expect("not poisoned").alerts =
        vec![alert("x", began, began + 50 * MINUTE, "APP-01", 50)];
    let (_, said, _) = site.ask();
    assert!(said.contains("ALERTED LATE after 50 min"), "{said}");
    // The alert is gone there: it was seen here. An act of the same name on another day is another.
    server.state.lock().expect("not poisoned").alerts.clear();
    let (code, said, _) = site.ask();
    assert!(code == Some(0) && said.contains("ALERTED LATE after 50 min"), "{said}");
    let words: Vec<&str> = said.split_whitespace().collect();
    assert!(words.join(" ").contains("never takes an alert back"), "{said}");
    let acts = std::fs::read_to_string(site.folder.join("acts.yaml")).expect("the acts");
    std::fs::write(site.folder.join("acts.yaml"), acts.replace(&rfc(began), &rfc(began - 1_000)))
        .expect("written");
    let (_, said, _) = site.ask();
    assert!(said.contains("T1490 · LOGGED"), "{said}");
}

#[test]
fn a_bad_source_or_act_is_refused_with_its_place_and_without_its_key() {
    let site = Site::new(1, time(-120));
    let file = site.folder.join("feuerprobe.toml");
    let good = std::fs::read_to_string(&file).expect("the workspace file");
    for (from, to, word) in [
        ("\"file:key\"", "\"s3cr3t-in-clear\"", "env:NAME"),
        ("\"elastic-security\"", "\"elastic\"", "known are elastalert"),
        ("\"file:key\"", "\"env:FEUERPROBE_NO_SUCH\"", "FEUERPROBE_NO_SUCH"),
        ("http://", "ftp://", "http:// or https://"),
        ("http://", "http://me:pw@", "user or password"),
        ("name = \"siem\"", "nam = \"siem\"", "nam"),
    ] {
        std::fs::write(&file, good.replacen(from, to, 1)).expect("written");
        let (code, said, errors) = site.ask();
        assert!(matches!(code, Some(2 | 3)), "{to}: {code:?} {said}{errors}");
        assert!(errors.contains(word), "{to}: {errors}");
        assert!(!errors.contains("s3cr3t"), "{errors}");
    }
    std::fs::write(&file, good.replacen("http://127.0.0.1", "http://siem.invalid", 1)).expect("written");
    let (_, said, errors) = ended(&site.folder, &["check"]);
    assert!(format!("{said}{errors}").contains("in clear"), "{said}{errors}");
    std::fs::write(&file, &good).expect("written");
    std::fs::set_permissions(site.folder.join("key"), std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .expect("a mode");
    let (code, _, errors) = site.ask();
    assert!(code == Some(3) && errors.contains("chmod 600"), "{errors}");
    std::fs::set_permissions(site.folder.join("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .expect("a mode");
    // Nobody listens at that port.
    let (code, said, _) = site.ask();
    assert!(code == Some(5) && said.contains("cannot be reached"), "{said}");
    let acts = site.folder.join("acts.yaml");
    for (text, word) in [
        ("acts:\n- {id: a, technique: T9999, host: h, begin: 2026-11-30T10:00:00Z}\n", "T9999"),
        ("acts:\n- {id: a, technique: T1490, host: h, begin: 2026-11-30 10:00}\n", "with its zone"),
        ("acts:\n- {id: a, technique: T1490, host: '', begin: 2026-11-30T10:00:00Z}\n", "host is empty"),
        (
            "acts:\n- {id: a, technique: T1490, host: h, begin: 2026-11-30T10:00:00Z, marker: a}\n",
            "too short",
        ),
        ("acts: []\n", "no act"),
        ("{\"attire-version\": \"1.1\"}", "ATTiRe"),
        ("Execution Time (UTC),Hostname\n", "columns"),
    ] {
        std::fs::write(&acts, text).expect("written");
        let (code, _, errors) = site.ask();
        assert!(code == Some(2) && errors.contains(word), "{text}: {errors}");
    }
}

#[test]
fn logs_of_other_runners_give_acts() {
    let began = time(-120);
    let server =
        Server::start(Fault::None, "", events(began), vec![alert("x", began, began + 9_000, "APP-01", 50)]);
    let site = Site::new(server.port, began);
    let attire = json!({"attire-version": "1.1",
        "execution-data": {"execution-source": "a runner", "target": {"host": "APP-01", "ip": "10.0.0.1"}},
        "procedures": [{"mitre-technique-id": "T1490", "procedure-name": "Delete copies", "order": 1,
            "procedure-id": {"type": "guid", "id": "43819286-91a9-4369-90ed-d31fb4da2c01"},
            "steps": [{"order": 1, "time-start": rfc(began), "time-stop": rfc(began + 1_000), "process-id": 50, "exit-code": 0}]}]});
    std::fs::write(site.folder.join("acts.yaml"), attire.to_string()).expect("written");
    let (code, said, errors) = site.ask();
    assert!(code == Some(0) && said.contains("T1490/43819286-91a9-4369-90ed-d31fb4da2c01"), "{said}{errors}");
    assert!(said.contains("ALERTED after 9.0 s"), "{said}");
    let utc = rfc(began).replace('Z', "");
    let csv = format!(
        "\"Execution Time (UTC)\",\"Execution Time (Local)\",\"Technique\",\"Test Number\",\"Test Name\",\"Hostname\",\"IP Address\",\"Username\",\"GUID\",\"ProcessId\",\"ExitCode\"\n\"{utc}Z\",\"x\",\"T1490\",\"1\",\"Delete, all\",\"APP-01\",\"10.0.0.1\",\"u\",\"43819286-91a9-4369-90ed-d31fb4da2c01\",\"50\",\"0\"\n"
    );
    std::fs::write(site.folder.join("acts.yaml"), csv).expect("written");
    let (code, said, errors) = site.ask();
    assert!(code == Some(0) && said.contains("ALERTED after 9.0 s"), "{said}{errors}");
}
