//! Proposed repairs of rules in which a fault was planted.

use std::collections::{BTreeMap, BTreeSet};

use model::id::RuleId;
use model::mutation::Operator;
use model::quantity::Seed;
use model::record::Record;
use model::recording::RecordingKind;
use model::repair::RuleRepair;
use rehearsal::{Extent, Intake, Memory, Settings, Silent, Sources, WorkspaceFile, propose};

use crate::support::{gather, public_data};

const SETTINGS: Settings = Settings { seed: Seed(1), trials: 1 };

type Tree = BTreeMap<String, Vec<u8>>;

fn read(files: &Tree) -> (Sources, Intake, Record) {
    let sources = Sources::new(Memory::new("planted", files.clone()), WorkspaceFile::default(), SETTINGS);
    let intake = sources.read(Extent::Replay).unwrap().measurable().unwrap();
    let record = rehearsal::replay_only(&intake, SETTINGS.seed, &Silent);
    (sources, intake, record)
}

/// Faults that make a rule silent; others make it loud.
const SILENCING: [Operator; 7] = [
    Operator::ValueMisspelt,
    Operator::FieldMisspelt,
    Operator::ModifierSwapped,
    Operator::CaseSensitive,
    Operator::OneToAll,
    Operator::OrToAnd,
    Operator::FilterInverted,
];

/// Plants one fault in each rule that fires on an attack on which it is expected, each of another
/// kind than the one before as far as there is one, and returns the rules.
fn plant(files: &mut Tree, most: usize) -> BTreeMap<RuleId, (Operator, String)> {
    let (sources, intake, record) = read(files);
    let attacks = record.recordings.iter().filter(|r| r.kind == RecordingKind::Attack);
    let expected: BTreeSet<(&str, &RuleId)> =
        attacks.flat_map(|r| r.expected_rules.iter().map(|rule| (r.id.as_str(), rule))).collect();
    let fires = |rule: &RuleId| {
        record.replays.iter().any(|replay| {
            expected.contains(&(replay.recording.as_str(), rule))
                && replay.firings.iter().any(|f| f.rule == *rule && f.passed() > 0)
        })
    };
    let mut planted = BTreeMap::new();
    for info in intake.rules.rules().iter().filter(|info| fires(&info.id)) {
        if planted.len() == most {
            break;
        }
        let file = sources.rule_text(&info.file).unwrap();
        let Ok(mutants) = detect::mutants(&intake.rules, &info.id, &file) else { continue };
        let mutants: Vec<_> = mutants.into_iter().filter(|m| SILENCING.contains(&m.operator)).collect();
        // Of each rule another kind of fault, so that all kinds come.
        let turn = planted.len() % SILENCING.len();
        let wanted = SILENCING.iter().cycle().skip(turn).take(SILENCING.len());
        let silent = |m: &&detect::Mutant| {
            // Alone in a rule set: it must be silent wherever the rule is expected.
            let mut own = files.clone();
            own.retain(|name, _| !name.starts_with("rules/"));
            own.insert("rules/own.yml".to_owned(), m.variant.text.clone().into_bytes());
            own.retain(|name, _| {
                name.starts_with("rules/")
                    || name.ends_with("index.jsonl")
                    || expected.iter().any(|(r, rule)| *rule == &info.id && name.contains(r))
            });
            let (_, _, record) = read(&own);
            record.replays.iter().all(|replay| replay.firings.is_empty())
        };
        let chosen = wanted.filter_map(|o| mutants.iter().filter(|m| m.operator == *o).find(silent)).next();
        if let Some(mutant) = chosen {
            let name = format!("rules/{}", info.file);
            planted.insert(info.id.clone(), (mutant.operator, name.clone()));
            files.insert(name, mutant.variant.text.clone().into_bytes());
        }
    }
    planted
}

/// What came of planted faults.
#[derive(Debug, Default, PartialEq, Eq)]
struct Score {
    planted: usize,
    repaired: usize,
    as_it_was: usize,
    false_alarms: usize,
}

#[expect(clippy::print_stderr, reason = "the table is the result")]
fn score(original: &Tree, most: usize) -> Score {
    let mut files = original.clone();
    let planted = plant(&mut files, most);
    let (sources, intake, record) = read(&files);
    let text = |file: &str| sources.rule_text(file);
    let repairs = propose(&intake, &record, None, &text, &Silent);
    let mut score = Score { planted: planted.len(), ..Score::default() };
    // Each proposal is made in the file and everything is replayed, as a user would.
    let mut mended = files.clone();
    let mut whole = BTreeSet::new();
    for (rule, (operator, name)) in &planted {
        let repair: Option<&RuleRepair> = repairs.iter().find(|r| r.rule == *rule);
        let Some((repair, proposal)) = repair.and_then(|r| Some((r, r.proposal.as_ref()?))) else {
            eprintln!("{operator:?} {name}: {:?}", repair.and_then(|r| r.why_none.as_ref()));
            continue;
        };
        let patched = patched(&files[name], &proposal.diff);
        let same = patched == original[name];
        eprintln!("{operator:?} {name}: {}{}", proposal.what, if same { " (as it was)" } else { "" });
        score.as_it_was += usize::from(same);
        mended.insert(name.clone(), patched);
        if repair.lost.iter().all(|r| proposal.repaired.contains(r)) {
            whole.insert(rule);
        }
    }
    let (_, _, after) = read(&mended);
    let lost: BTreeSet<&RuleId> = after.verdicts.iter().flat_map(|v| &v.lost).map(|r| &r.id).collect();
    score.repaired = whole.iter().filter(|rule| !lost.contains(**rule)).count();
    let alarms = |record: &Record| -> BTreeSet<(String, RuleId)> {
        let kind =
            |id: &model::id::RecordingId| record.recordings.iter().find(|r| r.id == *id).map(|r| r.kind);
        let quiet = record.replays.iter().filter(|r| kind(&r.recording) != Some(RecordingKind::Attack));
        quiet.flat_map(|r| r.firings.iter().map(|f| (r.recording.to_string(), f.rule.clone()))).collect()
    };
    let (_, _, before) = read(original);
    score.false_alarms = alarms(&after).difference(&alarms(&before)).count();
    eprintln!("{score:?}");
    score
}

/// Applies a difference of one place, by the program that people use for it.
fn patched(before: &[u8], diff: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let name = diff.lines().next().and_then(|line| line.strip_prefix("--- ")).unwrap();
    let file = folder.path().join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, before).unwrap();
    std::fs::write(folder.path().join("rule.diff"), diff).unwrap();
    let mut git = std::process::Command::new("git");
    let done = git.args(["apply", "-p0", "rule.diff"]).current_dir(folder.path()).output().unwrap();
    assert!(done.status.success(), "{diff}\n{}", String::from_utf8_lossy(&done.stderr));
    std::fs::read(&file).unwrap()
}

#[test]
fn a_rule_that_is_asked_for_is_answered_for() {
    let rule = "title: Copy\nid: 11111111-2222-4333-8444-555555555555\nlogsource: {product: linux}\n\
                detection:\n  s:\n    Image: x\n  condition: s\nlevel: low\n";
    let files = Tree::from([
        ("rules/copy.yml".to_owned(), rule.as_bytes().to_vec()),
        ("recordings/.keep".to_owned(), Vec::new()),
    ]);
    let (sources, intake, record) = read(&files);
    let id = RuleId::new("11111111-2222-4333-8444-555555555555").unwrap();
    let found = propose(&intake, &record, Some(&id), &|file| sources.rule_text(file), &Silent);
    let why: Vec<_> =
        found.iter().map(|r| (r.rule.clone(), r.proposal.is_none(), r.why_none.is_some())).collect();
    assert_eq!(why, [(id, true, true)]);
    assert!(propose(&intake, &record, None, &|_| None, &Silent).is_empty());
}

#[test]
fn planted_faults_of_built_in_rules_are_repaired_without_false_alarms() {
    let mut files = Tree::new();
    let content = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content");
    gather(&content.join("rules"), "rules/", &mut files);
    gather(&content.join("recordings"), "recordings/", &mut files);
    let score = score(&files, 24);
    assert_eq!(score.false_alarms, 0, "{score:?}");
    assert!(score.planted >= 20 && score.repaired + 1 >= score.planted, "{score:?}");
    assert!(score.as_it_was * 10 >= score.planted * 8, "{score:?}");
}

#[test]
fn planted_faults_of_public_rules_are_repaired_without_false_alarms() {
    let Some(data) = public_data() else { return };
    let mut files = Tree::new();
    gather(&data.join("telemetry/sigma-regression"), "recordings/sigma-regression/", &mut files);
    gather(&data.join("benign"), "recordings/benign/", &mut files);
    let benign = files.remove("recordings/benign/index.jsonl").unwrap();
    let attacks = std::fs::read(data.join("telemetry/index.jsonl")).unwrap();
    let lines = [attacks, benign].concat();
    let lines = String::from_utf8_lossy(&lines).lines().fold(String::new(), |all, line| {
        let here = ["sigma-regression/", "benign/"].iter().any(|f| line.contains(&format!("\"id\": \"{f}")));
        if here { all + line + "\n" } else { all }
    });
    files.insert("recordings/index.jsonl".to_owned(), lines.into_bytes());
    gather(&data.join("sigma/rules"), "rules/", &mut files);
    let score = score(&files, 50);
    assert_eq!((score.planted, score.false_alarms), (50, 0), "{score:?}");
    assert!(score.repaired >= 49 && score.as_it_was >= 44, "{score:?}");
}
