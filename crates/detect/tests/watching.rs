//! From rule text and events to verdicts.

#[expect(dead_code, reason = "each test file uses a part of it")]
mod support;

use detect::judge;
use model::quantity::{Millis, Timestamp};

use model::verdict::Outcome;
use serde_json::json;
use support::*;

const SHADOW: &str = "CommandLine|contains: delete shadows";

#[test]
fn a_rule_of_the_technique_that_fires_is_an_alert() {
    let (rules, summary) = rules(&[("a.yml", &rule("r1", "t1490", SHADOW))]);
    assert_eq!((summary.loaded, summary.rejected.len(), summary.techniques), (1, 0, 1));
    let mut recording = recording("T1490");
    recording.act = Some(Timestamp(10_000));
    let events = [
        event(0, 11, json!({"EventID": 1, "CommandLine": "whoami"})),
        event(1, 12, json!({"EventID": 1, "CommandLine": "VSSADMIN Delete Shadows /all"})),
    ];
    let watched = watch(&rules, &recording, &events, 10);
    let verdict = judge(&watched.observations[0]);
    assert_eq!(verdict.outcome, Some(Outcome::Alerted { delay: Some(Millis(2_000)), late: false }));
    assert_eq!(verdict.id.as_str(), "lab/one/T1490");
    assert_eq!(verdict.events.iter().map(|e| e.index).collect::<Vec<_>>(), [1]);
    assert_eq!(watched.samples.len(), 1);
    assert_eq!(watched.replay.sources.get("windows/process_creation/sysmon"), Some(&2));
    assert_eq!(watched.replay.firings[0].first, [1]);
}
