//! Every log format, with SigmaHQ's rules: read, routed, and a rule for it fires; also
//! under a wrong ending, cut in half, and with bytes changed at random.
//!
//! What comes of it is the table in `docs/log-formats.md`; `UPDATE=1` writes it anew. The
//! cases stand in `crates/telemetry/tests/cases`: a file `in.*`, and in `rules` the ids of
//! the rules that must fire on it. Without the rules the test says that it is skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use detect::{RuleFile, RuleSet, Watch};
use model::attack::{JoinPath, Joined};
use model::event::{Event, Origin};
use model::reading::Input;

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/log-formats.md");

#[expect(clippy::print_stderr, reason = "a skipped test must be heard")]
fn rules() -> Option<RuleSet> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let root = std::env::var_os("FEUERPROBE_SHARED").map_or(beside, PathBuf::from).join("sigma");
    let folders = ["rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance"];
    if !root.join("rules").is_dir() {
        eprintln!("SKIPPED: no Sigma rules in {}", root.display());
        return None;
    }
    let mut files = Vec::new();
    folders.iter().for_each(|folder| collect(&root.join(folder), &mut files));
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Some(RuleSet::read(files, &join).into_parts().0.0)
}

fn collect(folder: &Path, files: &mut Vec<RuleFile>) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "yml") {
            let bytes = std::fs::read(&path).expect("readable");
            files.push(RuleFile { path: path.display().to_string(), bytes });
        }
    }
}

fn join(published: &str) -> Joined {
    Joined { published: published.to_owned(), mapped: Vec::new(), how: JoinPath::NotJoined }
}

struct Case {
    name: String,
    bytes: Vec<u8>,
    wanted: BTreeSet<String>,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../telemetry/tests/cases");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(root).expect("readable") {
        let folder = entry.expect("readable").path();
        let Ok(wanted) = std::fs::read_to_string(folder.join("rules")) else { continue };
        let input = std::fs::read_dir(&folder).expect("readable").map(|e| e.expect("readable").path());
        let mut input = input.filter(|p| p.file_stem().is_some_and(|stem| stem == "in"));
        cases.push(Case {
            name: folder.file_name().expect("a name").to_string_lossy().into_owned(),
            bytes: std::fs::read(input.next().expect("an input")).expect("readable"),
            wanted: wanted.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect(),
        });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

/// What a file of this name and content gives: events, what could not be read, and
/// whether it was taken for a recording at all.
#[derive(Default)]
struct Outcome {
    events: Vec<Event>,
    unreadable: u64,
    formats: BTreeSet<&'static str>,
    recognised: bool,
    fired: BTreeSet<String>,
}

fn read(name: &str, bytes: &[u8], rules: Option<&RuleSet>) -> Outcome {
    let open = |_: &str| Ok(Input::Seek(Box::new(Cursor::new(bytes.to_vec()))));
    let (survey, _) = telemetry::survey(&[name.to_owned()], &open, &join).into_parts();
    let mut outcome = Outcome { recognised: !survey.recordings.is_empty(), ..Outcome::default() };
    assert_eq!(survey.recordings.len() + survey.unread.len(), 1, "{name} is neither read nor named");
    for recording in &survey.recordings {
        let summary = telemetry::read_events(recording, &open, &mut |batch| {
            outcome.formats.insert(batch.reader());
            let parsed = batch.parse();
            outcome.events.extend(parsed.events);
            outcome.unreadable += parsed.unreadable;
        });
        outcome.unreadable += summary.unreadable;
        if let Some(rules) = rules {
            let watch = Watch::new(rules, recording);
            let seen = watch.look(&outcome.events);
            let replay = watch.finish(seen, 0).replay;
            outcome.fired = replay.firings.iter().map(|f| f.rule.to_string()).collect();
        }
    }
    outcome
}

/// Bytes of the case with some changed, the same for the same number.
fn damaged(bytes: &[u8], number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = bytes.to_vec();
    for _ in 0..=number % 7 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let at = state as usize % bytes.len();
        bytes[at] = (state >> 32) as u8;
    }
    bytes
}

#[test]
fn every_format_is_read_routed_and_judged() {
    let Some(rules) = rules() else { return };
    let mut rows = String::new();
    let mut wrong = Vec::new();
    for case in cases() {
        let whole = read("in.log", &case.bytes, Some(&rules));
        let missing: Vec<_> = case.wanted.difference(&whole.fired).cloned().collect();
        let unrouted = whole.events.iter().filter(|e| *e.origin == Origin::default()).count();
        let ending = read("in.dat", &case.bytes, None);
        let first = &case.bytes[..case.bytes.len() / 2];
        let half = read("in.log", first, None);
        // A table of which only the header is left holds no event that could be told.
        let header = first.split(|b| *b == b'\n').all(|line| line.is_empty() || line.starts_with(b"#"));
        let half_told = half.unreadable > 0 || !half.recognised || !half.events.is_empty() || header;
        let crashed = (0..200).filter(|n| {
            let bytes = damaged(&case.bytes, *n);
            std::panic::catch_unwind(|| read("in.log", &bytes, None)).is_err()
        });
        let crashed = crashed.count();
        let good = !whole.events.is_empty()
            && missing.is_empty()
            && unrouted == 0
            && ending.events.len() == whole.events.len()
            && half_told
            && crashed == 0;
        if !good {
            wrong.push(format!(
                "{}: {} events, {unrouted} unrouted, missing {missing:?}, wrong ending {}, half told {half_told}, \
                 {crashed} crashes",
                case.name,
                whole.events.len(),
                ending.events.len()
            ));
        }
        let origins: BTreeSet<String> = whole.events.iter().map(|e| e.origin.words()).collect();
        let _ = writeln!(
            rows,
            "| {} | {} | {} | {} | {} of {} | {} of {} | {}, {} unreadable | 200 |",
            case.name,
            whole.formats.into_iter().collect::<Vec<_>>().join(", "),
            whole.events.len(),
            origins.into_iter().collect::<Vec<_>>().join(", "),
            case.wanted.len() - missing.len(),
            case.wanted.len(),
            ending.events.len(),
            whole.events.len(),
            half.events.len(),
            half.unreadable,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    compare("formats", &rows);
}

/// How many rules some format can reach, and of the others which log sources they want.
#[test]
fn nearly_every_rule_of_sigmahq_can_be_reached() {
    let Some(rules) = rules() else { return };
    let feeds = telemetry::feeds();
    let reached = |info: &model::detection::RuleInfo| feeds.iter().any(|f| f.origin.serves(&info.source));
    let all = rules.rules().len();
    let mut others: BTreeMap<String, usize> = BTreeMap::new();
    for info in rules.rules().iter().filter(|info| !reached(info)) {
        *others.entry(info.source.to_string()).or_default() += 1;
    }
    let left: usize = others.values().sum();
    let mut text = format!("{} of {all} rules look at a log source that some format gives.\n", all - left);
    if left > 0 {
        text.push_str("The others:\n\n| log source | rules |\n|---|---:|\n");
    }
    for (source, count) in &others {
        let _ = writeln!(text, "| {source} | {count} |");
    }
    assert!(left * 20 <= all, "{left} of {all} rules cannot be reached: {others:#?}");
    compare("reach", &text);
}

/// Holds `text` against the part of the document between the marks of `name`.
fn compare(name: &str, text: &str) {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end {name} -->"));
    let document = std::fs::read_to_string(TABLE).expect("readable");
    let (before, rest) = document.split_once(&begin).expect("the mark");
    let (found, after) = rest.split_once(&end).expect("the end mark");
    let heading = match name {
        "formats" => {
            "| case | reader | events | log sources | rules fire | wrong ending | half a file | hostile |\n\
             |---|---|---:|---|---|---|---|---:|\n"
        }
        _ => "",
    };
    let text = format!("{heading}{text}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(TABLE, format!("{before}{begin}{text}{end}{after}")).expect("writable");
        return;
    }
    assert_eq!(found, text, "docs/log-formats.md is not what the readers do; UPDATE=1 writes it");
}
