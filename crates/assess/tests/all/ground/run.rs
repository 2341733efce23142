//! A measured run, put together from one line for each verdict.

use std::collections::BTreeMap;

use assess::evidence;
use model::attack::{MatrixCounts, Tactic, Technique};
use model::detection::{Firing, Replay, RuleInfo, RuleSetSummary};
use model::event::{EventRef, LogSource};
use model::id::{RecordingId, RuleId, TacticId, TechniqueId, VerdictId};
use model::quantity::{Millis, Ratio, Seed};
use model::record::{MatrixSummary, RECORD_VERSION, Record};
use model::recording::{LabelQuality, Recording, RecordingKind, RunStatus};
use model::scorecard::Coverage;
use model::verdict::{Attribution, Branch, Leaf, Outcome, RuleRef, SelectionTree, Verdict};

use super::campaign;

pub(crate) fn technique(id: &str) -> TechniqueId {
    TechniqueId::new(id).unwrap()
}

pub(crate) fn rule(id: &str) -> RuleId {
    RuleId::new(id).unwrap()
}

fn outcome(word: &str, minutes: Option<&str>) -> Option<Outcome> {
    let delay = minutes.map(|m| Millis(m.parse::<u64>().unwrap() * 60_000));
    match word {
        "prevented" => Some(Outcome::Prevented { by: "allow-list".to_owned() }),
        "alerted" => Some(Outcome::Alerted { delay, late: false }),
        "late" => Some(Outcome::Alerted { delay, late: true }),
        "logged" => Some(Outcome::Logged),
        "blind" => Some(Outcome::Blind),
        "inconclusive" => Some(Outcome::Inconclusive { why: "no clock".to_owned() }),
        "none" => None,
        other => panic!("{other}"),
    }
}

/// Returns the verdict of a line such as `a T1490 late 90`: recording, technique, outcome, and
/// for an alert its delay in minutes.
pub(crate) fn verdict(line: &str) -> Verdict {
    let words: Vec<&str> = line.split(' ').collect();
    Verdict {
        id: VerdictId::new(&format!("{}/{}", words[0], words[1])).unwrap(),
        recording: RecordingId::new(words[0]).unwrap(),
        technique: technique(words[1]),
        label: LabelQuality::TechniqueExact,
        run: RunStatus::Completed,
        outcome: outcome(words[2], words.get(3).copied()),
        causes: vec![],
        attribution: Attribution { keys: vec![], events: 1, confidence: Ratio::ONE },
        events: vec![],
        rules: vec![],
        lost: vec![],
        twins: vec![],
    }
}

pub(crate) fn recording(id: &str, kind: RecordingKind, techniques: &[&str], expected: &[&str]) -> Recording {
    Recording {
        id: RecordingId::new(id).unwrap(),
        title: String::new(),
        kind,
        techniques: techniques.iter().map(|t| technique(t)).collect(),
        published: vec![],
        label: LabelQuality::TechniqueExact,
        run: RunStatus::Completed,
        files: vec![format!("{id}.jsonl")],
        act: None,
        end: None,
        host: None,
        marker: None,
        telemetry: vec![],
        success: None,
        blocked: None,
        expected_rules: expected.iter().map(|r| rule(r)).collect(),
        deadline: Millis(2_700_000),
        source: String::new(),
    }
}

/// Returns what a recording held; `firings` are rule, events it matched, and those of them that
/// a filter took back.
pub(crate) fn replay(id: &str, events: u64, firings: &[(&str, u64, u64)]) -> Replay {
    let firing = |(id, events, suppressed): &(&str, u64, u64)| Firing {
        rule: rule(id),
        events: *events,
        first: vec![],
        arrived: None,
        suppressed: *suppressed,
    };
    let kept = firings.iter().filter(|(_, events, _)| *events > 0).map(firing);
    let gone = firings.iter().filter(|(_, events, _)| *events == 0);
    Replay {
        recording: RecordingId::new(id).unwrap(),
        events,
        unreadable: 0,
        sources: BTreeMap::new(),
        firings: kept.collect(),
        taken_back: gone.map(|(id, _, suppressed)| (rule(id), *suppressed)).collect(),
        shown: BTreeMap::new(),
    }
}

pub(crate) fn info(id: &str, hash: &str) -> RuleInfo {
    RuleInfo {
        id: rule(id),
        title: format!("Rule {id}"),
        level: "high".to_owned(),
        source: LogSource { product: Some("windows".to_owned()), ..LogSource::default() },
        techniques: vec![],
        published: vec![],
        hash: hash.to_owned(),
        file: format!("rules/{id}.yml"),
    }
}

pub(crate) fn named(id: &str, hash: &str) -> RuleRef {
    RuleRef { id: rule(id), title: format!("Rule {id}"), level: "high".to_owned(), hash: hash.to_owned() }
}

/// Returns the tree of a rule whose first selection held and whose second did not: its field is
/// `field`, and `actual` stood there.
pub(crate) fn tree(id: &str, field: Option<&str>, actual: Option<&str>) -> SelectionTree {
    let leaf = |field: Option<&str>, actual: Option<&str>, passed| Leaf {
        field: field.map(str::to_owned),
        wanted: "contains: delete".to_owned(),
        actual: actual.map(str::to_owned),
        passed,
    };
    let branch =
        |name: &str, passed, leaves| Branch { name: name.to_owned(), passed, leaves, children: vec![] };
    let held = branch("image", true, vec![leaf(Some("Image"), Some("x.exe"), true)]);
    // What passed as a whole may hold a test that did not: one of two was enough.
    let either = branch("either", true, vec![leaf(Some("User"), Some("y"), false)]);
    let failed =
        branch("line", false, vec![leaf(Some("Image"), Some("x.exe"), true), leaf(field, actual, false)]);
    SelectionTree {
        rule: rule(id),
        title: format!("Rule {id}"),
        event: EventRef { recording: RecordingId::new("a").unwrap(), index: 3 },
        root: Branch { children: vec![held, either, failed], ..branch("and", false, vec![]) },
    }
}

fn matrix() -> MatrixSummary {
    let tactic = |id: &str, name: &str| Tactic {
        id: TacticId::new(id).unwrap(),
        short_name: name.to_owned(),
        name: name.to_uppercase(),
    };
    let known = |id: &str, name: &str, of: &str| {
        let tactics = vec![TacticId::new(of).unwrap()];
        (technique(id), Technique { id: technique(id), name: name.to_owned(), tactics, platforms: vec![] })
    };
    MatrixSummary {
        version: "18.1".to_owned(),
        domain: "enterprise".to_owned(),
        source: String::new(),
        tactics: vec![tactic("TA0005", "hiding"), tactic("TA0040", "impact")],
        techniques: BTreeMap::from([
            known("T1070.001", "Clear logs", "TA0005"),
            known("T1486", "Encrypt", "TA0040"),
            known("T1490", "Inhibit recovery", "TA0040"),
        ]),
        counts: MatrixCounts::default(),
    }
}

/// Returns a run with these verdicts, the campaign of the ground, and nothing raced. Each
/// recording is a file of its own of which no rule is expected.
pub(crate) fn run(lines: &[&str]) -> Record {
    let verdicts: Vec<Verdict> = lines.iter().map(|l| verdict(l)).collect();
    let of = |v: &Verdict| (v.recording.to_string(), v.technique.to_string());
    let held: BTreeMap<String, String> = verdicts.iter().map(of).collect();
    let attack = |(id, t): (&String, &String)| recording(id, RecordingKind::Attack, &[t], &[]);
    let recordings: Vec<Recording> = held.iter().map(attack).collect();
    Record {
        version: RECORD_VERSION,
        product: "0".to_owned(),
        seed: Seed(42),
        trials: 0,
        inputs: vec![],
        matrix: matrix(),
        rule_set: RuleSetSummary::default(),
        rules: BTreeMap::new(),
        replays: recordings.iter().map(|r| replay(r.id.as_str(), 10, &[])).collect(),
        recordings,
        exercises: vec![],
        profile: None,
        evidence: evidence(&verdicts, &[], &[], &BTreeMap::new()),
        verdicts,
        samples: vec![],
        labels: vec![],
        coverage: Coverage::default(),
        estate: None,
        campaigns: vec![campaign()],
        playbooks: vec![],
        scores: vec![],
        levers: vec![],
        not_tested: vec![],
        card: None,
        restart: None,
        crisis: None,
        tabletop: None,
        live: None,
        diagnostics: vec![],
        lines: vec![],
    }
}
