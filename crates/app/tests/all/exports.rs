//! Forms for other programs, read back.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;

use model::campaign::Campaign;
use model::record::Record;
use serde_json::Value;

use crate::tampering::ended;

/// Techniques of a campaign with how many steps each has, and how many arrows lead into its steps.
fn shape(campaign: &Campaign) -> (BTreeMap<String, usize>, usize) {
    let mut techniques = BTreeMap::new();
    for step in &campaign.steps {
        *techniques.entry(step.technique.to_string()).or_default() += 1;
    }
    (techniques, campaign.steps.iter().map(|step| step.needs.len()).sum())
}

#[test]
fn flows_and_assessment_results_say_what_the_record_says() {
    let dir = tempfile::tempdir().expect("a folder");
    let (code, out, said) = ended(dir.path(), &["--trials", "60", "--format", "json"]);
    assert!(matches!(code, Some(0 | 1)), "{said}");
    let record = Record::from_bytes("stdout", out.as_bytes()).expect("a record");

    let (code, flow, said) = ended(dir.path(), &["export", "attack-flow"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(ended(dir.path(), &["export", "attack-flow"]).1, flow, "the same bytes");
    let (matrix, map) = (threat::catalogue(), threat::version_map());
    let joiner = threat::Joiner::new(&matrix, &map);
    let mut said = Vec::new();
    let read = threat::read_flow("flow.json", flow.as_bytes(), &joiner).report(&mut said);
    assert!(said.iter().all(|d| d.severity != model::diagnostic::Severity::Error), "{said:?}");
    assert_eq!(read.len(), record.campaigns.len());
    for (read, written) in read.iter().zip(&record.campaigns) {
        assert_eq!(read.name, written.name);
        assert_eq!(shape(read), shape(written), "{}", written.id);
    }
    let flow: Value = serde_json::from_str(&flow).expect("JSON");
    let actions: Vec<&Value> = flow["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .filter(|o| o["type"] == "attack-action")
        .collect();
    let measured = |o: &&&Value| {
        let extensions = o["extensions"].as_object().expect("extensions");
        extensions
            .values()
            .any(|e| e["extension_type"] == "property-extension" && e["tests"].as_u64() > Some(0))
    };
    let of_record: usize = record
        .campaigns
        .iter()
        .flat_map(|c| &c.steps)
        .filter(|s| record.evidence.techniques.get(&s.technique).is_some_and(|e| e.counts.measured() > 0))
        .count();
    assert_eq!(actions.iter().filter(measured).count(), of_record);
    assert!(of_record > 5, "{of_record}");

    let (code, oscal, said) = ended(dir.path(), &["export", "oscal"]);
    assert_eq!(code, Some(0), "{said}");
    let oscal: Value = serde_json::from_str(&oscal).expect("JSON");
    let results = &oscal["assessment-results"]["results"][0];
    assert_eq!(results["observations"].as_array().map(Vec::len), Some(record.verdicts.len()));
    assert!(results.get("findings").is_none(), "without a map to controls nothing is judged");
}

#[test]
fn a_run_without_a_campaign_has_no_flow() {
    let dir = tempfile::tempdir().expect("a folder");
    let (code, _, said) = ended(dir.path(), &["init", "w", "--quiet"]);
    assert_eq!(code, Some(0), "{said}");
    let folder = dir.path().join("w");
    let _ = ended(&folder, &["replay", "--quiet"]);
    let (code, out, said) = ended(&folder, &["export", "attack-flow"]);
    assert_eq!((code, out.as_str()), (Some(3), ""), "{said}");
    assert!(said.contains("no campaign"), "{said}");
}
