//! A record as a run on the built-in provider would give it, made in code.

pub(crate) mod crisis;
mod estate;
mod exercises;
mod race;
pub(crate) mod restart;
mod verdicts;

use std::collections::BTreeMap;

use model::attack::{MatrixCounts, Tactic, Technique};
use model::diagnostic::Diagnostic;
use model::id::{RunId, TacticId, TechniqueId};
use model::quantity::{Interval, Seed, Timestamp};
use model::record::{Input, LabelCheck, LabelMiss, MatrixSummary, RECORD_VERSION, Record, RunInfo};
use model::scorecard::{Lever, LeverEffect, LeverKind, NotTested, Outlook};

/// Returns a value between 0 and 1 that depends on nothing but `n`.
pub(crate) fn chance(n: u64) -> f64 {
    let mixed = n.wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 11) as f64 / (1_u64 << 53) as f64
}

pub(crate) fn technique(id: &str) -> TechniqueId {
    TechniqueId::new(id).unwrap()
}

/// id, name, tactics; parents without tactics of their own follow their children.
pub(crate) const TECHNIQUES: [(&str, &str, &[&str]); 24] = [
    ("T1078", "Valid Accounts", &["TA0001", "TA0003"]),
    ("T1566", "Phishing", &["TA0001"]),
    ("T1566.001", "Spearphishing Attachment", &["TA0001"]),
    ("T1059", "Command and Scripting Interpreter", &["TA0002"]),
    ("T1059.001", "PowerShell", &["TA0002"]),
    ("T1059.004", "Unix Shell", &["TA0002"]),
    ("T1053", "Scheduled Task/Job", &["TA0002", "TA0003"]),
    ("T1053.005", "Scheduled Task", &["TA0002", "TA0003"]),
    ("T1070", "Indicator Removal", &["TA0005"]),
    ("T1070.001", "Clear Windows Event Logs", &["TA0005"]),
    ("T1003", "OS Credential Dumping", &["TA0006"]),
    ("T1003.001", "LSASS Memory", &["TA0006"]),
    ("T1003.006", "DCSync", &["TA0006"]),
    ("T1087", "Account Discovery", &["TA0007"]),
    ("T1087.002", "Domain Account", &["TA0007"]),
    ("T1021", "Remote Services", &["TA0008"]),
    ("T1021.002", "SMB/Windows Admin Shares", &["TA0008"]),
    ("T1021.004", "SSH", &["TA0008"]),
    ("T1560", "Archive Collected Data", &["TA0009"]),
    ("T1560.001", "Archive via Utility", &["TA0009"]),
    ("T1041", "Exfiltration Over C2 Channel", &["TA0010"]),
    ("T1486", "Data Encrypted for Impact", &["TA0040"]),
    ("T1490", "Inhibit System Recovery", &["TA0040"]),
    ("T1213", "Data from Information Repositories", &["TA0009"]),
];

const TACTICS: [(&str, &str, &str); 10] = [
    ("TA0001", "initial-access", "Initial Access"),
    ("TA0002", "execution", "Execution"),
    ("TA0003", "persistence", "Persistence"),
    ("TA0005", "stealth", "Stealth"),
    ("TA0006", "credential-access", "Credential Access"),
    ("TA0007", "discovery", "Discovery"),
    ("TA0008", "lateral-movement", "Lateral Movement"),
    ("TA0009", "collection", "Collection"),
    ("TA0010", "exfiltration", "Exfiltration"),
    ("TA0040", "impact", "Impact"),
];

fn matrix() -> MatrixSummary {
    MatrixSummary {
        version: "19.0".into(),
        domain: "enterprise-attack".into(),
        source: "built-in catalogue".into(),
        tactics: TACTICS
            .iter()
            .map(|(id, short, name)| Tactic {
                id: TacticId::new(id).unwrap(),
                short_name: (*short).into(),
                name: (*name).into(),
            })
            .collect(),
        techniques: TECHNIQUES
            .iter()
            .map(|(id, name, tactics)| {
                let id = technique(id);
                let tactics = tactics.iter().map(|t| TacticId::new(t).unwrap()).collect();
                let platforms = vec!["Linux".into(), "Windows".into()];
                (id.clone(), Technique { id, name: (*name).into(), tactics, platforms })
            })
            .collect(),
        counts: MatrixCounts { techniques: 24, ..MatrixCounts::default() },
    }
}

fn levers() -> Vec<Lever> {
    type Row = (&'static str, &'static str, &'static str, &'static [&'static str], f64, f64, f64, f64, f64);
    let rows: [Row; 4] = [
        (
            "Write a rule for directory replication by an ordinary account",
            "the event is in the logs, and no rule names the technique",
            "T1003.006",
            &["linux/dcsync/T1003.006"],
            61e6,
            22e6,
            104e6,
            -0.041,
            2.0,
        ),
        (
            "Collect process events from the virtualisation hosts",
            "the log source is absent, so that no rule can see the payload being staged",
            "T1059.004",
            &["linux/shell-1/T1059.004"],
            48e6,
            12e6,
            93e6,
            -0.028,
            5.0,
        ),
        (
            "Loosen the filter that takes back backup deletions",
            "the rule matches, and a filter suppresses it for the backup account",
            "T1490",
            &["win/vss/T1490"],
            20e6,
            -4e6,
            44e6,
            -0.012,
            0.5,
        ),
        (
            "Add a second analyst at night",
            "alerts wait 34 min in the mean",
            "",
            &[],
            9e6,
            1e6,
            18e6,
            -0.006,
            180.0,
        ),
    ];
    rows.iter()
        .map(|(title, why, of, verdicts, value, low, high, chance, effort_days)| Lever {
            title: (*title).into(),
            why: (*why).into(),
            technique: TechniqueId::new(of).ok(),
            verdicts: verdicts.iter().map(|v| model::id::VerdictId::new(v).unwrap()).collect(),
            saved: Interval { value: *value, low: *low, high: *high },
            chance: *chance,
            chance_interval: Some(Interval { value: *chance, low: chance - 0.004, high: chance + 0.004 }),
            effort_days: *effort_days,
            effort: "repair-rule".into(),
            kind: LeverKind::Rule,
            weighed: true,
            outlook: if *low > 0.0 { Outlook::Gain } else { Outlook::TradeOff },
            effects: effects(*value, *chance),
        })
        .collect()
}

fn effects(saved: f64, chance: f64) -> Vec<LeverEffect> {
    let around = |value: f64, half: f64| Interval { value, low: value - half, high: value + half };
    vec![LeverEffect {
        campaign: model::id::CampaignId::new("april-intrusion").unwrap(),
        chance: around(chance, 0.004),
        loss: around(-saved, 4e6),
        attack: around(-saved - 5e6, 3e6),
        containment: around(5e6, 2e6),
        declared: around(0.01, 0.005),
        cut: around(0.02, 0.05),
    }]
}

fn labels(record: &Record) -> Vec<LabelCheck> {
    let rule = record.rules.keys().next().unwrap().clone();
    vec![LabelCheck {
        set: "gold".into(),
        pairs: 129,
        reproduced: 128,
        extra: 7,
        missing: vec![LabelMiss {
            recording: "win/vss".into(),
            rule: rule.clone(),
            causes: vec!["the event is there without the field OriginalFileName".into()],
        }],
        extra_rules: BTreeMap::from([(rule, 7)]),
    }]
}

/// Returns the record of a whole run.
pub(crate) fn record() -> Record {
    let estate = estate::estate();
    let campaigns = race::campaigns();
    let mut record = verdicts::measured();
    record.version = RECORD_VERSION;
    record.matrix = matrix();
    record.trials = 4_096;
    record.seed = Seed(42);
    record.scores = race::scores(&estate);
    record.playbooks = vec![race::playbook()];
    record.campaigns = campaigns;
    record.estate = Some(estate);
    record.levers = levers();
    record.labels = labels(&record);
    record.not_tested = vec![
        NotTested {
            technique: technique("T1041"),
            used_by: vec!["january-leak".into()],
            why: "no recording carries this technique".into(),
        },
        NotTested {
            technique: technique("T1486"),
            used_by: vec!["april-intrusion".into()],
            why: "it would destroy data; it cannot be exercised here".into(),
        },
    ];
    record.diagnostics = vec![
        Diagnostic::warning("rules/own/broken.yml", "rule.regex", "the regular expression does not compile")
            .help("close the bracket")
            .at(14, 9),
        Diagnostic::note("recordings/win/vss", "recording.no-times", "the events carry no arrival time"),
    ];
    record
}

pub(crate) use exercises::exercised;

/// Returns a record of `replay`: no estate, no race.
pub(crate) fn replayed() -> Record {
    let mut record = record();
    record.trials = 0;
    record.estate = None;
    record.campaigns.clear();
    record.playbooks.clear();
    record.scores.clear();
    record.levers.clear();
    record.inputs.retain(|i| matches!(i.name.as_str(), "rules" | "recordings" | "attack"));
    record
}

pub(crate) fn inputs() -> Vec<Input> {
    ["attack", "campaigns", "estate", "playbooks", "recordings", "rules"]
        .iter()
        .enumerate()
        .map(|(n, name)| Input {
            name: (*name).into(),
            source: if *name == "attack" { "built-in" } else { "own" }.into(),
            hash: format!("{:064x}", (n as u128 + 1) * 0x1234_5678_9abc_def0_1234_5678),
        })
        .collect()
}

/// Returns what the ledger would say about it.
pub(crate) fn run() -> RunInfo {
    RunInfo {
        id: RunId::new("018f3c1e-7a2b").unwrap(),
        stored: Timestamp(1_795_449_600_000),
        verb: "run".into(),
        hash: "9f2c4d1e8b7a60539f2c4d1e8b7a6053".into(),
    }
}
