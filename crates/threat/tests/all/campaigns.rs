//! `campaign.yaml`: every mistake with its place, and all of them at once.

use std::path::Path;

use model::attack::Matrix;
use model::campaign::{Campaign, Effect, Objective, Operator, Spread};
use model::diagnostic::{Diagnostic, Severity};
use model::quantity::Quantiles;
use threat::{Joiner, catalogue, read_campaign, version_map};

fn read(matrix: &Matrix, text: &str) -> (Option<Campaign>, Vec<Diagnostic>) {
    let map = version_map();
    read_campaign("campaign.yaml", text.as_bytes(), &Joiner::new(matrix, &map)).into_parts()
}

const GOOD: &str = "\
id: test
name: Test
objective: payload
hands: 2
retries: 1
reaction: 0.3
source: made up
steps:
  - id: foothold
    name: Logs in
    technique: T1078
    targets: {role: remote-access}
    duration: {typical: 30m, slow: 4h}
    source: made up
  - id: evade
    name: Switches the sensor off
    technique: T1685
    needs: {all: [foothold]}
    spread: per-site
    duration: {typical: 90s, slow: 1.5h}
    source: made up
  - id: encrypt
    name: Encrypts
    technique: T1486
    needs: {any: [foothold, evade]}
    same-site: true
    duration: {typical: 1h, slow: 1h}
    effect: encrypt
    source: made up
";

#[test]
fn a_good_campaign_is_read_whole() {
    let (campaign, diagnostics) = read(&catalogue(), GOOD);
    let campaign = campaign.expect("no errors");
    assert_eq!((campaign.objective, campaign.hands, campaign.retries), (Objective::Payload, 2, 1));
    let [foothold, evade, encrypt] = campaign.steps.as_slice() else { panic!("three steps") };
    assert_eq!(foothold.targets.role.as_deref(), Some("remote-access"));
    assert_eq!((foothold.published.as_ref(), foothold.needs.len()), (None, 0));
    assert_eq!((evade.technique.as_str(), evade.published.as_deref()), ("T1562.001", Some("T1685")));
    assert_eq!((evade.operator, evade.spread), (Operator::All, Spread::PerSite));
    assert_eq!(Some(evade.duration), Quantiles::new(1.5, 90.0));
    assert_eq!((encrypt.operator, encrypt.same_site, encrypt.effect), (Operator::Any, true, Effect::Encrypt));
    assert_eq!(
        encrypt.needs.iter().map(model::id::StepId::as_str).collect::<Vec<_>>(),
        ["foothold", "evade"]
    );
    let [split] = diagnostics.as_slice() else { panic!("{diagnostics:?}") };
    assert_eq!((split.code.as_str(), split.severity), ("technique.split", Severity::Note));
    assert_eq!(split.position.map(|p| p.line), Some(17));
}

/// What is replaced in the good campaign by what, the code and the place
/// reported, and words of the message.
type Mistake = (&'static str, &'static str, &'static str, (u32, u32), &'static str);

const MISTAKES: &[Mistake] = &[
    ("id: test", "id: a b", "campaign.bad-id", (1, 5), "holds a blank"),
    ("id: encrypt", "id: evade", "campaign.duplicate-id", (22, 9), "two steps have the id \"evade\""),
    ("all: [foothold]", "all: [footholt]", "campaign.unknown-step", (18, 19), "needs \"footholt\""),
    (
        "all: [foothold]",
        "all: [encrypt]",
        "campaign.cyclic-needs",
        (22, 9),
        "evade needs encrypt needs evade",
    ),
    ("all: [foothold]", "all: [evade]", "campaign.cyclic-needs", (15, 9), "evade needs evade"),
    ("all: [foothold]", "all: []", "campaign.bad-needs", (18, 12), "either all or any"),
    (
        "all: [foothold]",
        "all: [foothold], any: [foothold]",
        "campaign.bad-needs",
        (18, 12),
        "either all or any",
    ),
    ("all: [foothold]", "some: [foothold]", "yaml.syntax", (18, 13), "some"),
    (
        "technique: T1078",
        "technique: login",
        "campaign.bad-technique",
        (11, 16),
        "\"login\" is no technique id",
    ),
    ("typical: 30m", "typical: 0m", "campaign.bad-duration", (13, 25), "no time at all"),
    ("typical: 30m", "typical: -30m", "campaign.bad-duration", (13, 25), "negative"),
    ("typical: 30m", "typical: 30", "campaign.bad-duration", (13, 25), "no unit"),
    ("slow: 4h", "slow: 4m", "campaign.bad-duration", (13, 36), "slow (4m) is shorter than typical (30m)"),
    ("effect: encrypt", "effect: outflow", "campaign.no-effect", (3, 12), "can never be reached"),
    ("effect: encrypt", "effect: burn", "yaml.syntax", (28, 13), "burn"),
    ("hands: 2", "hands: -1", "campaign.bad-number", (4, 8), "hands is -1"),
    ("retries: 1", "retries: 300", "campaign.bad-number", (5, 10), "retries is 300"),
    ("reaction: 0.3", "reaction: 1.3", "campaign.bad-ratio", (6, 11), "reaction is 1.3"),
    ("reaction: 0.3", "reaction: .nan", "campaign.bad-ratio", (6, 11), "no chance"),
    ("name: Test\n", "", "yaml.syntax", (7, 1), "name"),
    ("objective: payload", "objective: fame", "yaml.syntax", (3, 12), "fame"),
    ("hands: 2", "hands: 2\nfeet: 2", "yaml.syntax", (5, 1), "feet"),
];

#[test]
fn every_mistake_is_placed_and_explained() {
    for (good, bad, code, place, says) in MISTAKES {
        assert!(GOOD.contains(good), "{good}");
        let (campaign, diagnostics) = read(&catalogue(), &GOOD.replacen(good, bad, 1));
        assert!(campaign.is_none(), "{bad}");
        let found = diagnostics.iter().find(|d| d.severity == Severity::Error && d.code == *code);
        let found = found.unwrap_or_else(|| panic!("{bad}: {diagnostics:?}"));
        assert!(found.message.contains(says), "{bad}: {found}");
        assert_eq!(found.position.map(|p| (p.line, p.column)), Some(*place), "{bad}: {found}");
        assert!(found.help.is_some(), "{bad}");
    }
}

#[test]
fn all_errors_are_reported_at_once() {
    let text = GOOD
        .replace("hands: 2", "hands: -2")
        .replace("technique: T1078", "technique: x")
        .replace("slow: 1.5h", "slow: soon")
        .replace("any: [foothold, evade]", "any: [nobody]")
        .replace("effect: encrypt", "effect: none");
    let (campaign, diagnostics) = read(&catalogue(), &text);
    assert!(campaign.is_none());
    let codes: Vec<_> =
        diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code.as_str()).collect();
    let expected = [
        "campaign.bad-number",
        "campaign.bad-technique",
        "campaign.bad-duration",
        "campaign.unknown-step",
        "campaign.no-effect",
    ];
    assert_eq!(codes, expected, "{diagnostics:?}");
}

#[test]
fn a_mistyped_step_gets_a_proposal() {
    let (_, diagnostics) = read(&catalogue(), &GOOD.replace("all: [foothold]", "all: [footold]"));
    assert!(
        diagnostics.iter().any(|d| d.help.as_deref() == Some("did you mean \"foothold\"?")),
        "{diagnostics:?}"
    );
}

#[test]
fn a_technique_the_matrix_does_not_know_is_kept_with_a_warning() {
    let (campaign, diagnostics) = read(&catalogue(), &GOOD.replace("T1078", "T9999"));
    let campaign = campaign.expect("a warning is no error");
    assert_eq!(campaign.steps[0].technique.as_str(), "T9999");
    assert_eq!(diagnostics[0].code, "technique.unknown");
    assert_eq!(diagnostics[0].position.map(|p| (p.line, p.column)), Some((11, 16)));
    let (campaign, diagnostics) = read(&catalogue(), &GOOD.replace("T1078", "T1078.999"));
    let step = &campaign.expect("a note is no error").steps[0];
    assert_eq!((step.technique.as_str(), step.published.as_deref()), ("T1078", Some("T1078.999")));
    assert_eq!(diagnostics[0].code, "technique.parent");
}

#[test]
fn a_document_that_is_no_campaign_is_one_error() {
    for text in ["", "[]", "id: [", "\u{0}", "id: test\nid: test\n"] {
        let (campaign, diagnostics) = read(&catalogue(), text);
        assert!(campaign.is_none() && diagnostics.len() == 1, "{text:?}: {diagnostics:?}");
    }
}

#[test]
fn the_campaigns_of_the_built_in_provider_have_no_findings_beyond_notes() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../content/provider/campaigns"));
    let mut read_any = false;
    for entry in std::fs::read_dir(folder).expect("the folder is part of the repository") {
        let path = entry.expect("readable").path();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let (campaign, diagnostics) = read(&catalogue(), &text);
        let worse: Vec<_> = diagnostics.iter().filter(|d| d.severity > Severity::Note).collect();
        assert!(campaign.is_some() && worse.is_empty(), "{}: {worse:?}", path.display());
        read_any = true;
    }
    assert!(read_any);
}
