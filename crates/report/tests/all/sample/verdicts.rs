use std::collections::BTreeMap;

use model::attack::{JoinPath, Joined};
use model::detection::{Firing, RejectedRule, Replay, RuleInfo, RuleSetSummary};
use model::event::{EventRef, LogSource, Origin};
use model::evidence::{DelayFit, Evidence, EvidenceClass, OutcomeCounts, TechniqueEvidence};
use model::id::{RecordingId, RuleId, TechniqueId, VerdictId};
use model::quantity::{Interval, Millis, Quantiles, Ratio, Seed, Timestamp};
use model::record::{MatrixSummary, Record, Sample};
use model::recording::{LabelQuality, Recording, RecordingKind, RunStatus};
use model::scorecard::{BenignFiring, Coverage};
use model::verdict::{
    Attribution, Branch, Cause, Key, Leaf, Outcome, RuleRef, SelectionTree, TwinResult, Verdict,
};

use super::{chance, inputs, technique};

fn source(category: &str) -> LogSource {
    LogSource { product: Some("windows".into()), category: Some(category.into()), service: None }
}

fn rule(n: u64) -> RuleId {
    RuleId::new(&format!("5f0c2b5e-6f0a-5d1c-9d53-{n:012}")).unwrap()
}

fn rule_info(n: u64, title: &str, of: &str) -> RuleInfo {
    RuleInfo {
        id: rule(n),
        title: title.into(),
        level: ["medium", "high", "critical"][(n % 3) as usize].into(),
        source: source("process_creation"),
        techniques: vec![technique(of)],
        published: vec![Joined {
            published: format!("attack.{}", of.to_lowercase()),
            mapped: vec![technique(of)],
            how: JoinPath::Same,
        }],
        hash: format!("{:016x}", n * 0x1111_2222_3333 + 7),
        file: format!("own/rule-{n}.yml"),
    }
}

fn rules() -> BTreeMap<RuleId, RuleInfo> {
    [
        ("Shadow copies deleted", "T1490"),
        ("Event log cleared", "T1070.001"),
        ("PowerShell with encoded command", "T1059.001"),
        ("Memory of LSASS read", "T1003.001"),
        ("Admin share mounted from a workstation", "T1021.002"),
        ("Archive tool on a file server", "T1560.001"),
        ("Scheduled task runs from a temporary folder", "T1053.005"),
        ("Log-on from two countries within an hour", "T1078"),
    ]
    .iter()
    .zip(1..)
    .map(|((title, of), n)| (rule(n), rule_info(n, title, of)))
    .collect()
}

fn tree(recording: &str) -> SelectionTree {
    let leaf = |field: &str, wanted: &str, actual: Option<&str>, passed| Leaf {
        field: Some(field.into()),
        wanted: wanted.into(),
        actual: actual.map(str::to_owned),
        passed,
    };
    SelectionTree {
        rule: rule(1),
        title: "Shadow copies deleted".into(),
        event: EventRef { recording: RecordingId::new(recording).unwrap(), index: 3 },
        root: Branch {
            name: "and".into(),
            passed: false,
            leaves: vec![],
            children: vec![
                Branch {
                    name: "selection_img".into(),
                    passed: true,
                    leaves: vec![leaf(
                        "Image",
                        r"endswith: \vssadmin.exe",
                        Some(r"C:\Windows\System32\vssadmin.exe"),
                        true,
                    )],
                    children: vec![],
                },
                Branch {
                    name: "selection_cli".into(),
                    passed: false,
                    leaves: vec![
                        leaf(
                            "CommandLine",
                            "contains: delete shadows",
                            Some("vssadmin resize shadowstorage /maxsize=401MB"),
                            false,
                        ),
                        leaf("OriginalFileName", "is: VSSADMIN.EXE", None, false),
                    ],
                    children: vec![],
                },
            ],
        },
    }
}

fn reference(n: u64) -> RuleRef {
    let info = rules().remove(&rule(n)).unwrap();
    RuleRef { id: info.id, title: info.title, level: info.level, hash: info.hash }
}

/// recording, technique, kind of case
const CASES: [(&str, &str, &str); 34] = [
    ("win/logon-1", "T1078", "alerted"),
    ("win/logon-2", "T1078", "logged"),
    ("win/logon-3", "T1078", "other"),
    ("win/mail-1", "T1566.001", "prevented"),
    ("win/mail-2", "T1566.001", "alerted"),
    ("win/ps-1", "T1059.001", "alerted"),
    ("win/ps-2", "T1059.001", "alerted"),
    ("win/ps-3", "T1059.001", "late"),
    ("win/ps-4", "T1059.001", "silent"),
    ("linux/shell-1", "T1059.004", "blind"),
    ("linux/shell-2", "T1059.004", "blind"),
    ("linux/shell-3", "T1059.004", "absent-event"),
    ("win/task-1", "T1053.005", "alerted"),
    ("win/task-2", "T1053.005", "field"),
    ("win/clear-1", "T1070.001", "alerted"),
    ("win/clear-2", "T1070.001", "alerted"),
    ("win/clear-3", "T1070.001", "crashed"),
    ("win/lsass-1", "T1003.001", "prevented"),
    ("win/lsass-2", "T1003.001", "prevented"),
    ("win/lsass-3", "T1003.001", "alerted"),
    ("win/lsass-4", "T1003.001", "not-collected"),
    ("linux/dcsync", "T1003.006", "no-rule"),
    ("win/dcsync-2", "T1003.006", "no-rule"),
    ("win/accounts-1", "T1087.002", "no-rule"),
    ("win/accounts-2", "T1087.002", "inconclusive"),
    ("win/smb-1", "T1021.002", "alerted"),
    ("win/smb-2", "T1021.002", "late"),
    ("linux/ssh-1", "T1021.004", "no-rule"),
    ("linux/ssh-2", "T1021.004", "timed-out"),
    ("win/zip-1", "T1560.001", "alerted"),
    ("win/zip-2", "T1560.001", "silent"),
    ("win/wiki-1", "T1213", "no-rule"),
    ("win/vss", "T1490", "suppressed"),
    ("win/vss-2", "T1490", "silent"),
];

fn judged(case: &str, recording: &str) -> (RunStatus, Option<Outcome>, Vec<Cause>) {
    let good = |delay| Some(Outcome::Alerted { delay: Some(Millis(delay)), late: false });
    let silent = || Cause::RuleSilent { rules: 2, nearest: vec![tree(recording)] };
    let (outcome, causes) = match case {
        "alerted" => (good(240_000), vec![]),
        "prevented" => (Some(Outcome::Prevented { by: "application allow-list".into() }), vec![]),
        "late" => (
            Some(Outcome::Alerted { delay: Some(Millis(7_560_000)), late: true }),
            vec![Cause::MatchedLate { delay: Millis(7_560_000), deadline: Millis(2_700_000) }],
        ),
        "silent" => (Some(Outcome::Logged), vec![silent()]),
        "suppressed" => (Some(Outcome::Logged), vec![Cause::Suppressed { rules: vec![rule(1)] }, silent()]),
        "other" => (Some(Outcome::Logged), vec![Cause::OtherTechniqueOnly { rules: vec![rule(2)] }]),
        "field" => (
            Some(Outcome::Logged),
            vec![Cause::FieldMissing { fields: vec!["OriginalFileName".into()], rules: vec![rule(7)] }],
        ),
        "no-rule" => (Some(Outcome::Logged), vec![Cause::NoRule]),
        "not-collected" => (
            Some(Outcome::Logged),
            vec![Cause::LogSourceNotCollected { rules: vec![(rule(4), source("process_access"))] }],
        ),
        "blind" => (
            Some(Outcome::Blind),
            vec![Cause::TelemetrySourceAbsent { missing: vec![source("process_creation")] }, Cause::NoRule],
        ),
        "absent-event" => (Some(Outcome::Blind), vec![Cause::EventAbsent { unrelated: 412 }]),
        "inconclusive" => {
            (Some(Outcome::Inconclusive { why: "no event shows that the act took place".into() }), vec![])
        }
        "crashed" => return (RunStatus::Crashed { reason: "exit 139".into() }, None, vec![]),
        _ => return (RunStatus::TimedOut, None, vec![]),
    };
    (RunStatus::Completed, outcome, causes)
}

fn verdict(recording: &str, of: &str, case: &str) -> Verdict {
    let (run, outcome, causes) = judged(case, recording);
    let fired = matches!(outcome, Some(Outcome::Alerted { .. }));
    let event = EventRef { recording: RecordingId::new(recording).unwrap(), index: 3 };
    let own = rules()
        .values()
        .find(|r| r.techniques == [technique(of)])
        .map_or(3, |r| r.id.as_str()[30..].parse().unwrap());
    Verdict {
        id: VerdictId::new(&format!("{recording}/{of}")).unwrap(),
        recording: event.recording.clone(),
        technique: technique(of),
        label: LabelQuality::TechniqueExact,
        run,
        outcome,
        causes,
        attribution: Attribution {
            keys: vec![Key::File, Key::Time, Key::Host],
            events: if case == "blind" { 0 } else { 6 },
            confidence: Ratio::clamped(0.94),
        },
        events: if case == "blind" { vec![] } else { vec![event] },
        rules: if fired { vec![reference(own)] } else { vec![] },
        lost: if case == "silent" { vec![reference(1)] } else { vec![] },
        twins: if of == "T1560.001" {
            vec![TwinResult { recording: RecordingId::new("twin/zip").unwrap(), fired: vec![rule(6)] }]
        } else {
            vec![]
        },
    }
}

fn recording(id: &str, of: &str, run: RunStatus, kind: RecordingKind) -> Recording {
    Recording {
        id: RecordingId::new(id).unwrap(),
        title: format!("Exercise {id}"),
        kind,
        techniques: vec![technique(of)],
        published: vec![],
        label: LabelQuality::TechniqueExact,
        run,
        files: vec![format!("{id}/telemetry.jsonl")],
        act: Some(Timestamp(1_772_438_400_000)),
        end: None,
        host: Some("wks-0417".into()),
        marker: None,
        telemetry: vec![source("process_creation")],
        success: None,
        blocked: None,
        expected_rules: vec![],
        deadline: Millis(2_700_000),
        source: "made for this sample".into(),
    }
}

fn sample(recording: &str) -> Sample {
    Sample {
        event: EventRef { recording: RecordingId::new(recording).unwrap(), index: 3 },
        time: Some(Timestamp(1_772_438_460_000)),
        host: Some("wks-0417".into()),
        fields: serde_json::json!({
            "EventID": 1,
            "Channel": "Microsoft-Windows-Sysmon/Operational",
            "Image": r"C:\Windows\System32\vssadmin.exe",
            "CommandLine": "vssadmin resize shadowstorage /for=C: /on=C: /maxsize=401MB",
            "ParentImage": r"C:\Windows\System32\cmd.exe",
            "User": "VERBUND\\svc-backup",
        }),
    }
}

fn evidence(verdicts: &[Verdict]) -> Evidence {
    let mut techniques: BTreeMap<TechniqueId, TechniqueEvidence> = BTreeMap::new();
    let all = verdicts.iter().map(|v| v.technique.clone()).chain([technique("T1041"), technique("T1486")]);
    for id in all {
        let own: Vec<&Verdict> = verdicts.iter().filter(|v| v.technique == id).collect();
        let mut counts = OutcomeCounts::default();
        for v in &own {
            match v.outcome {
                Some(Outcome::Prevented { .. }) => counts.prevented += 1,
                Some(Outcome::Alerted { .. }) => counts.alerted += 1,
                Some(Outcome::Logged) => counts.logged += 1,
                Some(Outcome::Blind) => counts.blind += 1,
                _ => counts.inconclusive += 1,
            }
        }
        let n = f64::from(counts.measured());
        let part = |k: u32| {
            let value = (f64::from(k) + 0.5) / (n + 2.0);
            let half = 0.8 * (value * (1.0 - value) / (n + 1.0)).sqrt() * 1.96;
            Interval { value, low: (value - half).max(0.004), high: (value + half).min(0.996) }
        };
        let class = match id.as_str() {
            "T1041" => EvidenceClass::Reasoned { why: "no recording carries this technique".into() },
            "T1486" => EvidenceClass::CannotExercise { reason: "it would destroy data".into() },
            _ => EvidenceClass::Replayed,
        };
        let entry = TechniqueEvidence {
            class,
            counts,
            prior: [0.5; 4],
            prevented: part(counts.prevented),
            alerted: part(counts.alerted),
            logged: part(counts.logged),
            blind: part(counts.blind),
            concentration: 0.5,
            delay: DelayFit {
                quantiles: Quantiles::new(12.0, 95.0).unwrap(),
                observed: counts.alerted,
                censored: counts.logged,
            },
            verdicts: own.iter().filter(|v| v.outcome.is_some()).map(|v| v.id.clone()).collect(),
            repeats: Vec::new(),
            weights: None,
        };
        techniques.insert(id, entry);
    }
    Evidence { techniques }
}

fn replay(id: &str, n: u64) -> Replay {
    Replay {
        recording: RecordingId::new(id).unwrap(),
        events: 200 + (chance(n) * 900.0) as u64,
        unreadable: n % 2,
        sources: BTreeMap::from([(Origin::stored("windows/process_creation/sysmon"), 180)]),
        firings: vec![Firing {
            rule: rule(1 + n % 8),
            events: 1,
            first: vec![3],
            arrived: None,
            suppressed: 0,
        }],
        taken_back: BTreeMap::new(),
        shown: BTreeMap::new(),
    }
}

fn coverage(verdicts: &[Verdict]) -> Coverage {
    let mut coverage = Coverage { techniques: 15, techniques_seen: 9, ..Coverage::default() };
    for v in verdicts {
        match v.outcome {
            Some(Outcome::Prevented { .. }) => coverage.verdicts.prevented += 1,
            Some(Outcome::Alerted { .. }) => coverage.verdicts.alerted += 1,
            Some(Outcome::Logged) => coverage.verdicts.logged += 1,
            Some(Outcome::Blind) => coverage.verdicts.blind += 1,
            Some(Outcome::Inconclusive { .. }) => coverage.verdicts.inconclusive += 1,
            None => coverage.no_outcome += 1,
        }
    }
    coverage.expected_fired = 11;
    coverage.expected_lost = 3;
    coverage.benign_events = 184_220;
    coverage.benign = vec![BenignFiring {
        rule: rule(6),
        title: "Archive tool on a file server".into(),
        level: "medium".into(),
        events: 41,
        per_million: 222.56,
    }];
    coverage.precision = Some(Interval { value: 0.917, low: 0.62, high: 0.99 });
    coverage
}

/// Returns the measuring half of a record.
fn rejected() -> Vec<RejectedRule> {
    vec![
        RejectedRule {
            file: "own/broken.yml".into(),
            rule: Some("Broken".into()),
            reason: "the regular expression does not compile".into(),
        },
        RejectedRule {
            file: "own/agg.yml".into(),
            rule: None,
            reason: "aggregation conditions are not supported".into(),
        },
        RejectedRule {
            file: "own/agg2.yml".into(),
            rule: None,
            reason: "aggregation conditions are not supported".into(),
        },
    ]
}

pub(crate) fn measured() -> Record {
    let verdicts: Vec<Verdict> = CASES.iter().map(|(r, t, c)| verdict(r, t, c)).collect();
    let mut recordings: Vec<Recording> = verdicts
        .iter()
        .map(|v| recording(v.recording.as_str(), v.technique.as_str(), v.run.clone(), RecordingKind::Attack))
        .collect();
    recordings.push(recording("twin/zip", "T1560.001", RunStatus::Completed, RecordingKind::Twin));
    recordings.push(recording("benign/office", "T1078", RunStatus::Completed, RecordingKind::Benign));
    Record {
        version: 1,
        exercises: vec![],
        profile: None,
        product: "0.1.0".into(),
        seed: Seed(42),
        trials: 0,
        inputs: inputs(),
        matrix: MatrixSummary {
            version: String::new(),
            domain: String::new(),
            source: String::new(),
            tactics: vec![],
            techniques: BTreeMap::new(),
            counts: Default::default(),
        },
        rule_set: RuleSetSummary {
            files: 62,
            loaded: 58,
            filters: 2,
            correlations: 0,
            rejected: rejected(),
            techniques: 44,
            not_joined: BTreeMap::from([("attack.t9999".to_owned(), 1)]),
            hash: "77aa".repeat(16),
        },
        rules: rules(),
        replays: recordings.iter().zip(0..).map(|(r, n)| replay(r.id.as_str(), n)).collect(),
        samples: recordings.iter().map(|r| sample(r.id.as_str())).collect(),
        coverage: coverage(&verdicts),
        evidence: evidence(&verdicts),
        recordings,
        verdicts,
        labels: vec![],
        estate: None,
        campaigns: vec![],
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
