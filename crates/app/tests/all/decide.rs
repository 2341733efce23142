//! The decision card: the best policy on small estates, found by enumeration too, and
//! `decide` as a user runs it.
//!
//! Each folder below `tests/decide/` is one estate with a campaign in which nothing is
//! left to chance. [`world`] plays every policy on it minute by minute, without any of
//! the product's rooms, and the card must agree with it in every policy's loss.

mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use model::campaign::Campaign;
use model::estate::Estate;
use model::evidence::{DelayFit, Evidence, EvidenceClass, OutcomeCounts, TechniqueEvidence};
use model::id::TechniqueId;
use model::playbook::{Action, Cut};
use model::quantity::{Interval, Quantiles, Ratio, Seed};
use race::policies::Tempo;
use rehearsal::{Case, Settings, Silent, decide};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Expected {
    #[expect(dead_code, reason = "for people")]
    about: String,
    best: String,
    confidence: f64,
    /// Techniques that always raise an alert; all others never do.
    alerted: Vec<String>,
    minutes: world::Minutes,
}

fn fixed(minutes: u64) -> Quantiles {
    Quantiles { q50: minutes as f64, q90: minutes as f64 }
}

fn tempo(minutes: &world::Minutes) -> Tempo {
    let confirm = Action {
        id: "confirm".to_owned(),
        name: "Confirm".to_owned(),
        after: Vec::new(),
        cut: Cut::Nothing,
        decide: fixed(minutes.confirm),
        carry_out: Quantiles { q50: 1e-5, q90: 1e-5 },
        success: Ratio::ONE,
        timeout: None,
        if_failed: Vec::new(),
        if_worked: Vec::new(),
        by_others: false,
        repeat: model::playbook::Repeat::Once,
    };
    let role = |role: &str| Cut::Role { role: role.to_owned() };
    Tempo {
        confirm: vec![confirm],
        decide: fixed(minutes.decide),
        look_again: fixed(minutes.look_again),
        carry_out: vec![
            (Cut::AlertedAsset, fixed(minutes.host)),
            (Cut::AlertedSegments, fixed(minutes.segments)),
            (role("directory"), fixed(minutes.role)),
            (role("hub-link"), fixed(minutes.role)),
            (Cut::AlertedSites, fixed(minutes.site)),
            (Cut::AllSites, fixed(minutes.all_sites)),
        ],
    }
}

fn evidence(campaign: &Campaign, alerted: &[String]) -> Evidence {
    let sure = |value: f64| Interval { value, low: value, high: value };
    let known = |id: &TechniqueId| {
        let seen = f64::from(u8::from(alerted.iter().any(|a| a == id.as_str())));
        TechniqueEvidence {
            class: EvidenceClass::Replayed,
            counts: OutcomeCounts::default(),
            prior: [0.0; 4],
            prevented: sure(0.0),
            alerted: sure(seen),
            logged: sure(0.0),
            blind: sure(1.0 - seen),
            concentration: 1.0,
            delay: DelayFit { quantiles: fixed(world::ALERT), observed: 1, censored: 0 },
            verdicts: Vec::new(),
            repeats: Vec::new(),
            weights: None,
        }
    };
    let techniques: BTreeMap<_, _> =
        campaign.techniques().into_iter().map(|id| (id.clone(), known(&id))).collect();
    Evidence { techniques }
}

fn read(folder: &Path) -> (Estate, Campaign, Expected) {
    let bytes = |file: &str| fs::read(folder.join(file)).expect("a file of the case");
    let name = folder.display().to_string();
    let (matrix, map) = (threat::catalogue(), threat::version_map());
    let joiner = threat::Joiner::new(&matrix, &map);
    let (estate, said) = continuity::read_estate("estate.yaml", &bytes("estate.yaml")).into_parts();
    let mut estate = estate.unwrap_or_else(|| panic!("{name}: {said:#?}"));
    // An analyst looks at once and is never wrong.
    (estate.soc.triage_minutes, estate.soc.alerts_per_day, estate.soc.escalation) = (0.0, 0.0, Ratio::ONE);
    let (campaign, said) =
        threat::read_campaign("campaign.yaml", &bytes("campaign.yaml"), &joiner).into_parts();
    let campaign = campaign.unwrap_or_else(|| panic!("{name}: {said:#?}"));
    let text = String::from_utf8(bytes("expected.yaml")).expect("text");
    let expected = model::document::yaml::<Expected>("expected.yaml", text.as_bytes());
    (estate, campaign, expected.unwrap_or_else(|e| panic!("{name}: {e:?}")))
}

#[test]
fn the_card_finds_the_best_policy_of_every_hand_built_estate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decide");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root).expect("the cases").filter_map(|e| Some(e.ok()?.path())).collect();
    folders.retain(|f| f.is_dir());
    folders.sort();
    assert!(folders.len() >= 10, "{} cases", folders.len());
    let mut wrong = Vec::new();
    for folder in folders {
        let (estate, campaign, expected) = read(&folder);
        let (evidence, tempo) = (evidence(&campaign, &expected.alerted), tempo(&expected.minutes));
        let case = Case {
            estate: &estate,
            campaign: &campaign,
            plan: None,
            tempo: &tempo,
            evidence: &evidence,
            settings: Settings { seed: Seed(1), trials: 2 },
            confidence: Ratio::clamped(expected.confidence),
            demo: false,
        };
        let (card, _) = decide(case, &Silent);
        let world = world::World::new(&estate, &campaign, &expected.alerted, &expected.minutes);
        let enumerated = world.enumerate(expected.confidence);
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut found: Vec<&str> = card.policies.iter().map(|p| p.name.as_str()).collect();
        found.sort_unstable();
        let all: Vec<&str> = enumerated.keys().map(String::as_str).collect();
        assert_eq!(found, all, "{name}: the policies");
        for policy in &card.policies {
            let exact = enumerated[&policy.name];
            if (policy.expected.value - exact).abs() > 1.0 + exact * 1e-4 {
                wrong.push(format!(
                    "{name}: {} loses {exact}, the card says {}",
                    policy.name, policy.expected.value
                ));
            }
        }
        let best =
            enumerated.iter().min_by(|a, b| a.1.total_cmp(b.1)).map(|b| b.0.clone()).unwrap_or_default();
        let advised = card.advice.as_ref().map(|a| a.policy.clone()).unwrap_or_default();
        // A tie goes to the policy named first; what counts is the loss.
        if enumerated.get(&advised) != enumerated.get(&expected.best)
            || enumerated.get(&best) != enumerated.get(&advised)
        {
            let table: Vec<String> = enumerated.iter().map(|(n, l)| format!("{l:>12.1} {n}")).collect();
            wrong.push(format!(
                "{name}: best {best}, advised {advised}, expected {}\n{}",
                expected.best,
                table.join("\n")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn feuerprobe(arguments: &[&str]) -> (Output, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts");
    (output, folder)
}

#[test]
fn threads_do_not_change_a_byte_of_the_card_and_the_playbook_is_read_back() {
    let base = ["decide", "--trials", "40", "--format", "json", "--confidence", "0.7"];
    let policy = ["--policy", "all-sites/confirmed/staged", "--cacao", "p.json", "-o", "card.html"];
    let run = |threads: &'static str| {
        let arguments: Vec<&str> =
            base.iter().chain(&policy).chain(&["--threads", threads]).copied().collect();
        let (output, folder) = feuerprobe(&arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let page = fs::read(folder.path().join("card.html")).expect("the page");
        let playbook = fs::read(folder.path().join("p.json")).expect("the playbook");
        (output.stdout, page, playbook)
    };
    let (one, two) = (run("1"), run("2"));
    assert!(one.0 == two.0 && one.1 == two.1, "two threads give another card");
    let (playbook, said) = race::read_playbook("p.json", &one.2).into_parts();
    assert!(said.is_empty(), "{said:#?}");
    let playbook = playbook.expect("a playbook");
    let cuts: Vec<&Cut> = playbook.actions.iter().map(|a| &a.cut).filter(|c| **c != Cut::Nothing).collect();
    assert_eq!(cuts, [&Cut::AlertedSites, &Cut::AllSites]);
}

#[test]
fn both_languages_fit_eighty_columns() {
    for lang in ["en", "de"] {
        let (output, _folder) = feuerprobe(&["decide", "--trials", "20", "--lang", lang]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let wide: Vec<&str> = text.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:#?}");
        assert!(!text.contains("decide-"), "a word is missing: {text}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    for (arguments, exit, said) in [
        (&["decide", "--confidence", "1.2"][..], 3, "between 0 and 1"),
        (&["decide", "--format", "csv"], 3, "table and json"),
        (&["decide", "--campaign", "may"], 3, "may"),
        (&["decide", "--trials", "4", "--policy", "moat/now", "--cacao", "p.json"], 3, "all-sites/now"),
        (&["decide", "--trials", "4", "--policy", "nothing", "--cacao", "p.json"], 3, "--policy"),
    ] {
        let (output, _folder) = feuerprobe(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(exit), "{arguments:?}: {text}");
        assert!(text.contains(said), "{arguments:?}: {text}");
    }
}
