//! Adversary emulation plans as campaigns.

use model::campaign::{Campaign, Effect, Objective};
use model::diagnostic::Diagnostic;
use threat::{Joiner, catalogue, read_campaign, version_map};

const PLAN: &str = "\
# A fictional plan.
- emulation_plan_details:
    id: 22222222-0000-4000-8000-000000000000
    adversary_name: Two Faced
    adversary_description: A fictional group.
- id: a
  name: Logs in
  tactic: initial-access
  technique: {attack_id: T1078, name: Valid Accounts}
  procedure_step: 1.10
- id: b
  name: Waits
  technique: {attack_id: x, name: x}
- id: c
  name: Removes the copies
  technique: {attack_id: T1490, name: Inhibit System Recovery}
- id: d
  name: Encrypts
  technique: {attack_id: T1486, name: Data Encrypted for Impact}
";

fn read(text: &str) -> (Option<Campaign>, Vec<Diagnostic>) {
    let (matrix, map) = (catalogue(), version_map());
    read_campaign("plans/two.yaml", text.as_bytes(), &Joiner::new(&matrix, &map)).into_parts()
}

#[test]
fn a_plan_is_a_campaign_with_its_steps_in_order() {
    let (campaign, said) = read(PLAN);
    let campaign = campaign.expect("a campaign");
    assert_eq!((campaign.id.as_str(), campaign.name.as_str()), ("two-faced", "Two Faced"));
    assert_eq!(campaign.objective, Objective::Payload);
    let steps: Vec<_> = campaign
        .steps
        .iter()
        .map(|s| {
            (
                s.name.as_str(),
                s.technique.as_str(),
                s.needs.iter().map(model::id::StepId::as_str).collect::<Vec<_>>(),
            )
        })
        .collect();
    // The step without a technique is bridged, and the plan's reader says so.
    let expected = [
        ("Logs in", "T1078", vec![]),
        ("Removes the copies", "T1490", vec!["step-1"]),
        ("Encrypts", "T1486", vec!["step-3"]),
    ];
    assert_eq!(steps, expected);
    assert_eq!(campaign.steps[2].effect, Effect::Encrypt);
    assert!(campaign.steps[0].source.contains("plan") && campaign.steps[0].source.contains("assumed"));
    assert!(campaign.source.starts_with("emulation plan 22222222"), "{}", campaign.source);
    let codes: Vec<_> = said.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["flow.no-technique"]);
    assert!(said[0].message.contains("Waits"), "{said:?}");
}

#[test]
fn a_plan_without_details_is_named_by_its_file() {
    let (_, rest) = PLAN.split_once("- id: a").expect("the steps");
    let (campaign, _) = read(&format!("---\n- id: a{rest}"));
    assert_eq!(campaign.expect("a campaign").id.as_str(), "two");
}

#[test]
fn a_list_of_something_else_is_an_error() {
    for text in ["- one\n- two\n", "- id: a\n  name: b\n", "- emulation_plan_details: {id: x}\n", "- [\n"] {
        let (campaign, said) = read(text);
        assert!(campaign.is_none() && said.len() == 1, "{text}: {said:?}");
    }
}
