//! The measuring half on public data: ATT&CK, Sigma rules and labelled telemetry.
//!
//! The data is not part of the repository. `FEUERPROBE_SHARED` names its folder;
//! without it the folder beside the checkout is tried, and where there is none the
//! tests say so loudly.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use model::record::{LabelCheck, Record};

fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("FEUERPROBE_SHARED").map_or(beside, PathBuf::from);
    if folder.join("telemetry/index.jsonl").is_file() {
        return Some(folder);
    }
    loudly(&format!("SKIPPED: no public data in {}", folder.display()));
    None
}

#[expect(clippy::print_stderr, reason = "a skipped test must be heard")]
fn loudly(line: &str) {
    eprintln!("{line}");
}

/// Five gold and many silver pairs have their rule outside of `rules`, so all
/// folders of active rules are read.
fn rule_folders(data: &Path) -> Vec<PathBuf> {
    ["rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance"]
        .iter()
        .flat_map(|folder| [PathBuf::from("--rules"), data.join("sigma").join(folder)])
        .collect()
}

fn replay(data: &Path, recordings: &str) -> Record {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(["replay", "--quiet", "--format", "json"])
        .args(rule_folders(data))
        .arg("--recordings")
        .arg(data.join(recordings))
        .arg("--attack")
        .arg(data.join("attack/enterprise-attack-18.1.json.zst"))
        .current_dir(folder.path())
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Record::from_bytes("stdout", &output.stdout).expect("a record")
}

static TELEMETRY: LazyLock<Option<Record>> = LazyLock::new(|| data().map(|d| replay(&d, "telemetry")));

fn labels(record: &Record, set: &str) -> LabelCheck {
    record.labels.iter().find(|l| l.set == set).cloned().expect("the labels are read")
}

#[test]
fn gold_pairs_fire_and_silver_pairs_are_reproduced() {
    let Some(record) = &*TELEMETRY else { return };
    let gold = labels(record, "gold");
    assert_eq!(gold.pairs, 129);
    assert!(gold.reproduced >= 127, "{} of {}: {:?}", gold.reproduced, gold.pairs, gold.missing);
    let silver = labels(record, "silver");
    assert!(silver.pairs > 900, "{} silver pairs", silver.pairs);
    let share = silver.reproduced as f64 / silver.pairs as f64;
    assert!(share >= 0.97, "{} of {} silver pairs", silver.reproduced, silver.pairs);
    for miss in gold.missing.iter().chain(&silver.missing) {
        assert!(!miss.causes.is_empty(), "{} on {} has no cause", miss.rule, miss.recording);
    }
}

#[test]
fn rules_that_do_not_load_are_named_with_their_reason() {
    let Some(record) = &*TELEMETRY else { return };
    let set = &record.rule_set;
    assert_eq!(set.files, 3_757);
    assert_eq!(set.loaded + set.rejected.len() as u64, 3_757, "every rule is either loaded or rejected");
    assert!(set.loaded >= 3_750, "{} loaded", set.loaded);
    assert!(set.rejected.iter().all(|r| !r.file.is_empty() && !r.reason.is_empty()));
    assert!(set.techniques > 350, "{} techniques", set.techniques);
}

#[test]
fn every_missed_technique_has_a_cause() {
    let Some(record) = &*TELEMETRY else { return };
    assert!(record.verdicts.len() > 400, "{} verdicts", record.verdicts.len());
    for verdict in &record.verdicts {
        let best = matches!(
            verdict.outcome.as_ref().map(model::verdict::Outcome::kind),
            None | Some(
                model::verdict::OutcomeKind::Prevented
                    | model::verdict::OutcomeKind::Alerted
                    | model::verdict::OutcomeKind::Inconclusive
            )
        );
        assert!(best || !verdict.causes.is_empty(), "{} has no cause", verdict.id);
    }
}

#[test]
fn benign_baselines_give_firings_per_million_events() {
    let Some(data) = data() else { return };
    let record = replay(&data, "benign");
    assert_eq!(record.recordings.len(), 18);
    assert!(record.coverage.benign_events > 20_000, "{} events", record.coverage.benign_events);
    assert!(!record.coverage.benign.is_empty());
    for firing in &record.coverage.benign {
        let expected = firing.events as f64 * 1e6 / record.coverage.benign_events as f64;
        assert!((firing.per_million - expected).abs() < 1.0, "{firing:?}");
    }
}
