//! Forms for other programs: what they count is what the record holds.

use std::collections::BTreeSet;

use model::record::Record;
use model::verdict::{Outcome, Verdict};
use report::export::{EXPORTS, Export};
use serde_json::Value;

use super::sample;

fn written(name: &str, record: &Record) -> String {
    let export = Export::named(name).expect("a form");
    export.write(record, Some(&sample::run())).unwrap_or_else(|why| panic!("{name}: {why}"))
}

fn json(name: &str, record: &Record) -> Value {
    serde_json::from_str(&written(name, record)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn is_miss(verdict: &&Verdict) -> bool {
    matches!(verdict.outcome, Some(Outcome::Logged | Outcome::Blind | Outcome::Alerted { late: true, .. }))
}

#[test]
fn equal_runs_give_equal_bytes() {
    let record = sample::exercised();
    for export in EXPORTS {
        let again = sample::exercised();
        assert_eq!(
            export.write(&record, Some(&sample::run())),
            export.write(&again, Some(&sample::run())),
            "{}",
            export.name
        );
    }
}

#[test]
fn ocsf_has_a_finding_for_each_miss_and_for_nothing_else() {
    let mut record = sample::record();
    let misses = record.verdicts.iter().filter(is_miss).count();
    assert!(misses > 0);
    let list = json("ocsf", &record);
    assert_eq!(list.as_array().map(Vec::len), Some(misses));
    let ids: BTreeSet<String> =
        list.as_array().into_iter().flatten().map(|f| f["finding_info"]["uid"].to_string()).collect();
    assert_eq!(ids.len(), misses, "each has an id of its own");
    for verdict in &mut record.verdicts {
        verdict.outcome = Some(Outcome::Inconclusive { why: "no evidence".into() });
    }
    assert_eq!(json("ocsf", &record).as_array().map(Vec::len), Some(0), "nothing was found out");
}

#[test]
fn stix_counts_what_was_alerted_on() {
    let record = sample::record();
    let alerted = record.verdicts.iter().filter(|v| matches!(v.outcome, Some(Outcome::Alerted { .. })));
    let techniques: BTreeSet<_> = alerted.clone().map(|v| &v.technique).collect();
    let bundle = json("stix", &record);
    let objects = bundle["objects"].as_array().cloned().unwrap_or_default();
    let of = |kind: &str| objects.iter().filter(|o| o["type"] == kind).cloned().collect::<Vec<_>>();
    assert_eq!(of("sighting").len(), techniques.len());
    let counted: u64 = of("sighting").iter().filter_map(|s| s["count"].as_u64()).sum();
    assert_eq!(counted, alerted.count() as u64);
    let patterns: BTreeSet<String> = of("attack-pattern").iter().map(|p| p["id"].to_string()).collect();
    assert!(of("sighting").iter().all(|s| patterns.contains(&s["sighting_of_ref"].to_string())));
}

#[test]
fn metrics_are_the_figures_of_the_record() {
    let record = sample::record();
    let text = written("openmetrics", &record);
    assert!(text.ends_with("# EOF\n"));
    let value = |series: &str| {
        let line = text.lines().find(|l| l.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
        line.and_then(|l| l.rsplit(' ').next()).and_then(|v| v.parse::<f64>().ok())
    };
    let verdicts = record.coverage.verdicts;
    assert_eq!(value("feuerprobe_verdicts{outcome=\"alerted\"}"), Some(f64::from(verdicts.alerted)));
    assert_eq!(value("feuerprobe_verdicts{outcome=\"blind\"}"), Some(f64::from(verdicts.blind)));
    assert_eq!(
        value("feuerprobe_expected_rules{state=\"lost\"}"),
        Some(f64::from(record.coverage.expected_lost))
    );
    let score = record.scores.first().expect("a campaign was raced");
    let series = format!(
        "feuerprobe_chance_ratio{{campaign=\"{}\",event=\"payload\",source=\"trials\",bound=\"high\"}}",
        score.campaign
    );
    assert_eq!(value(&series), Some(score.payload.simulation.high));
}

#[test]
fn an_execution_log_needs_an_exercise_and_has_one_entry_for_each() {
    let attire = Export::named("attire").expect("a form");
    let refused = attire.write(&sample::record(), None).expect_err("nothing was carried out");
    assert!(refused.contains("no exercise"), "{refused}");
    let record = sample::exercised();
    let log = json("attire", &record);
    assert_eq!(log["procedures"].as_array().map(Vec::len), Some(record.exercises.len()));
}

#[test]
fn what_tells_when_a_run_was_stored_is_not_written_without_it() {
    for name in ["ocsf", "stix"] {
        let export = Export::named(name).expect("a form");
        let refused = export.write(&sample::record(), None).expect_err("no time is known");
        assert!(refused.contains("name a run of the ledger"), "{name}: {refused}");
    }
}
