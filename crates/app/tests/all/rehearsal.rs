//! What the built-in procedures leave when they are run, before our rules and before SigmaHQ's.
//!
//! SigmaHQ's rules are not part of the repository: `FEUERPROBE_SHARED` names a folder that
//! holds a SigmaHQ checkout as `sigma`; without it the folder beside the checkout is
//! tried, and where there is none the test says so loudly. It prints every rule that no
//! procedure fires, with the reason, which is derived from the rule and from what was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use exercise::procedure::{breaches, read_procedure, telemetry};
use exercise::sandbox::{self, Tier};
use model::attack::{JoinPath, Joined};
use model::id::TechniqueId;
use model::quantity::Timestamp;
use model::record::Record;
use model::verdict::Outcome;
use serde::Deserialize;
use serde_json::{Value, json};

#[expect(clippy::print_stderr, reason = "a skipped test must be heard, and the list of rules is its result")]
fn loudly(line: &str) {
    eprintln!("{line}");
}

fn sigma() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("FEUERPROBE_SHARED").map_or(beside, PathBuf::from).join("sigma");
    if folder.join("rules/linux").is_dir() {
        return Some(folder);
    }
    loudly(&format!("SKIPPED: no SigmaHQ rules in {}", folder.display()));
    None
}

fn same(published: &str) -> Joined {
    let mapped = TechniqueId::new(published).into_iter().collect();
    Joined { published: published.to_owned(), mapped, how: JoinPath::Same }
}

/// A rule for Linux as its file says it.
struct Rule {
    id: String,
    file: String,
    source: String,
    detection: Value,
}

fn gather(folder: &Path, rules: &mut Vec<Rule>, copies: &Path) {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            gather(&path, rules, copies);
        } else if path.extension().is_some_and(|ending| ending == "yml") {
            let bytes = std::fs::read(&path).expect("a rule");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let Ok(rule) = model::document::yaml::<Value>(&name, &bytes) else { continue };
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let source = &rule["logsource"];
            if source["product"] != "linux" {
                continue;
            }
            let kind = if source["category"].is_null() { &source["service"] } else { &source["category"] };
            std::fs::write(copies.join(&name), &bytes).expect("a copy");
            rules.push(Rule {
                id: text(&rule["id"]),
                file: name,
                source: text(kind),
                detection: rule["detection"].clone(),
            });
        }
    }
}

/// Runs every built-in procedure and its twin and lays their telemetry down as recordings.
/// Nothing is done where there are no namespaces: files outside of one folder could then
/// not be written.
fn exercise_all() -> Option<tempfile::TempDir> {
    if sandbox::tier() != Ok(Tier::Namespaces) {
        loudly("SKIPPED: no namespaces here");
        return None;
    }
    let recordings = tempfile::tempdir().expect("a folder");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/procedures");
    for entry in std::fs::read_dir(&folder).expect("the procedures") {
        let entry = entry.expect("an entry");
        for (file, kind) in [("procedure.yaml", "attack"), ("twin.yaml", "twin")] {
            let id = entry.file_name().to_string_lossy().into_owned();
            if let Ok(bytes) = std::fs::read(entry.path().join(file)) {
                exercise(&format!("{id}/{file}"), &bytes, kind, &recordings.path().join(kind).join(&id));
            }
        }
    }
    Some(recordings)
}

fn exercise(file: &str, bytes: &[u8], kind: &str, recording: &Path) {
    let (procedure, diagnostics) = read_procedure(file, bytes, &same).into_parts();
    let procedure = procedure.unwrap_or_else(|| panic!("{file}: {diagnostics:#?}"));
    let observed =
        sandbox::run(&procedure.job("fp-test"), Tier::Namespaces).unwrap_or_else(|e| panic!("{file}: {e}"));
    let breaches = breaches(&procedure, &observed);
    assert!(breaches.is_empty(), "{file} causes what it does not declare: {breaches:?}");
    assert!(observed.clean.is_clean(), "{file} leaves something: {:?}", observed.clean);
    let output = String::from_utf8_lossy(&observed.output);
    assert_eq!(observed.success, Some(true), "{file} did not take place: {:?} {output}", observed.end);
    let told = telemetry(&procedure, &observed, Timestamp(1_795_435_200_000), "elbe-lx-app01");
    let yaml = json!({
        "title": procedure.name, "kind": kind, "techniques": procedure.techniques,
        "files": ["telemetry.jsonl", "audit.log"], "telemetry": procedure.telemetry,
        "expected-rules": procedure.expected_rules, "source": "Made by a test.",
    });
    std::fs::create_dir_all(recording).expect("a folder");
    std::fs::write(recording.join("telemetry.jsonl"), told.sysmon).expect("events");
    std::fs::write(recording.join("audit.log"), told.audit).expect("records");
    std::fs::write(recording.join("recording.yaml"), yaml.to_string()).expect("a recording");
}

static RECORDINGS: LazyLock<Option<tempfile::TempDir>> = LazyLock::new(exercise_all);

fn recordings() -> Option<&'static Path> {
    RECORDINGS.as_ref().map(tempfile::TempDir::path)
}

fn replay(recordings: &Path, rules: &Path) -> Record {
    let workspace = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(["replay", "--quiet", "--format", "json", "--rules"])
        .arg(rules)
        .arg("--recordings")
        .arg(recordings)
        .current_dir(workspace.path())
        .output()
        .expect("the program starts");
    // The recordings name built-in rules that must fire; of other rule sets those are lost.
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}: {}", String::from_utf8_lossy(&output.stderr));
    Record::from_bytes("stdout", &output.stdout).expect("a record")
}

/// What the procedures were seen with, as far as reasons need it.
#[derive(Default)]
struct Shown {
    images: BTreeSet<String>,
    audit: String,
}

fn shown(recordings: &Path) -> Shown {
    let mut shown = Shown::default();
    for entry in std::fs::read_dir(recordings).expect("the recordings") {
        let own = entry.expect("an entry").path();
        let events = std::fs::read_to_string(own.join("telemetry.jsonl")).expect("events");
        for event in events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let images = ["Image", "ParentImage"].into_iter().filter_map(|field| event[field].as_str());
            shown.images.extend(images.map(str::to_owned));
        }
        shown.audit += &std::fs::read_to_string(own.join("audit.log")).expect("records");
    }
    shown
}

/// Every field with its values, and keywords under the empty name.
fn terms(value: &Value, field: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => map.iter().filter(|(key, _)| *key != "condition").for_each(|(key, value)| {
            let under = if value.is_object() || value.is_array() && value[0].is_object() { "" } else { key };
            terms(value, under, found);
        }),
        Value::Array(list) => list.iter().for_each(|value| terms(value, field, found)),
        Value::String(text) => found.push((field.to_owned(), text.clone())),
        other => found.push((field.to_owned(), other.to_string())),
    }
}

fn reason(rule: &Rule, shown: &Shown) -> String {
    let mut found = Vec::new();
    terms(&rule.detection, "", &mut found);
    let of = |field: &str| -> Vec<&str> {
        let is = |name: &str| name.split('|').next() == Some(field);
        found.iter().filter(|(name, _)| is(name)).map(|(_, value)| value.as_str()).collect()
    };
    match rule.source.as_str() {
        "process_creation" | "file_event" | "network_connection" => {
            let programs = [of("Image"), of("ParentImage")].concat();
            if programs.iter().any(|p| p.starts_with('\\')) {
                return format!("{} is a Windows path and ends no path of Linux", programs[0]);
            }
            let staged = |p: &&str| shown.images.iter().any(|image| image.contains(p.trim_matches('*')));
            match programs.iter().find(|_| !programs.iter().any(&staged)) {
                Some(program) => format!("{program} is not staged by any procedure"),
                None => {
                    "its programs run, but no procedure shows the arguments or paths it asks for".to_owned()
                }
            }
        }
        "auditd" => audit_reason(&of, &found, shown),
        "" => "text of a log, which no system call shows".to_owned(),
        other => format!("the log of {other} is not written inside the sandbox"),
    }
}

fn audit_reason<'a>(of: &dyn Fn(&str) -> Vec<&'a str>, found: &[(String, String)], shown: &Shown) -> String {
    let written = |kind: &&str| shown.audit.contains(&format!("type={}", kind.to_uppercase()));
    if let Some(kind) = of("type").into_iter().find(|kind| !written(kind)) {
        return format!("records of type {kind} are written by a service, not by the kernel");
    }
    if let Some(key) = of("key").first() {
        return format!("asks for the key {key}, which the audit rules of a house give");
    }
    if let Some(call) = of("SYSCALL").first() {
        return format!("no procedure may make the system call {call}, or it is not watched");
    }
    if let Some(program) = of("exe").into_iter().find(|p| !shown.audit.contains(&format!("{p}\""))) {
        return format!("{program} is not started by any procedure");
    }
    if found.iter().any(|(name, _)| name == "|all") {
        return "asks for several words anywhere in a record; the engine looks for them in one field"
            .to_owned();
    }
    let spans = |(field, value): &&(String, String)| !field.starts_with('a') && value.contains(" ");
    if let Some((_, words)) = found.iter().find(spans) {
        return format!("\"{words}\" stands in no single field of an audit record");
    }
    "its records are there, but no procedure shows the arguments or paths it asks for".to_owned()
}

#[test]
fn most_linux_rules_fire_on_what_the_procedures_leave() {
    let Some(sigma) = sigma() else { return };
    let Some(recordings) = recordings() else { return };
    let copies = tempfile::tempdir().expect("a folder");
    let mut rules = Vec::new();
    for folder in ["rules", "rules-emerging-threats", "rules-threat-hunting"] {
        gather(&sigma.join(folder), &mut rules, copies.path());
    }
    let attacks = recordings.join("attack");
    let record = replay(&attacks, copies.path());
    let fired: BTreeSet<&str> =
        record.replays.iter().flat_map(|r| &r.firings).map(|f| f.rule.as_str()).collect();
    let shown = shown(&attacks);
    let mut totals: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut silent = Vec::new();
    for rule in &rules {
        let total = totals.entry(&rule.source).or_default();
        total.1 += 1;
        if fired.contains(rule.id.as_str()) {
            total.0 += 1;
        } else {
            silent.push(format!("{}: {}: {}", rule.source, rule.file, reason(rule, &shown)));
        }
    }
    silent.sort();
    loudly(&format!("fired and present by log source: {totals:?}\n{}", silent.join("\n")));
    let at_least = |source: &str, tenths: usize| {
        totals.get(source).is_some_and(|(fired, all)| fired * 10 >= all * tenths)
    };
    assert!(at_least("process_creation", 9), "{totals:?}");
    assert!(at_least("file_event", 10) && at_least("network_connection", 10), "{totals:?}");
    assert!(at_least("auditd", 6), "{totals:?}");
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Expected {
    verdicts: BTreeMap<String, Vec<String>>,
    twin_fires: Vec<String>,
}

/// Every procedure gets the verdict it was written for, and our rules stay silent on the
/// twins but where that is stated.
#[test]
fn procedures_get_the_verdicts_they_were_written_for() {
    let Some(recordings) = recordings() else { return };
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    let bytes = std::fs::read(content.join("procedures/expected.yaml")).expect("expected.yaml");
    let expected: BTreeMap<String, Expected> =
        model::document::yaml("expected.yaml", &bytes).expect("the intended verdicts");
    let record = replay(recordings, &content.join("rules"));
    let mut found: BTreeMap<String, Expected> = BTreeMap::new();
    for replay in &record.replays {
        let (kind, id) = replay.recording.as_str().split_once('/').expect("kind and id");
        let entry = found
            .entry(id.to_owned())
            .or_insert_with(|| Expected { verdicts: BTreeMap::new(), twin_fires: Vec::new() });
        if kind == "twin" {
            entry.twin_fires = replay.firings.iter().map(|f| f.rule.to_string()).collect();
        }
    }
    for verdict in &record.verdicts {
        let id = verdict.recording.as_str().trim_start_matches("attack/");
        let outcome = verdict.outcome.as_ref().map_or("none", |o: &Outcome| o.kind().word());
        let links = verdict.causes.iter().map(|cause| {
            let json = serde_json::to_value(cause).expect("a cause");
            json["link"].as_str().unwrap_or_default().to_owned()
        });
        let line = std::iter::once(outcome.to_owned()).chain(links).collect();
        found.get_mut(id).expect("a replay").verdicts.insert(verdict.technique.to_string(), line);
        assert!(verdict.lost.is_empty(), "{id} loses {:?}", verdict.lost);
    }
    let differ: Vec<_> = expected
        .iter()
        .filter(|(id, wanted)| {
            found
                .get(*id)
                .is_none_or(|got| got.verdicts != wanted.verdicts || got.twin_fires != wanted.twin_fires)
        })
        .map(|(id, wanted)| format!("{id}: wanted {wanted:?}, got {:?}", found.get(id)))
        .collect();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    assert!(found.keys().eq(expected.keys()), "expected.yaml names other procedures than there are");
}
