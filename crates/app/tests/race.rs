//! The built-in April campaign on the measured evidence shows the shape of the public
//! case, and `race` says what it was asked for.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use model::campaign::Campaign;
use model::estate::Estate;
use model::impact::TrialImpact;
use model::playbook::{Cut, Playbook};
use model::quantity::{Ratio, Seed};
use model::record::Record;
use model::trial::{DownCause, Trial};
use race::Race;

struct Stage {
    estate: Estate,
    campaign: Campaign,
    playbook: Playbook,
    measured: Record,
}

fn feuerprobe(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_feuerprobe"))
        .args(arguments)
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

static STAGE: LazyLock<Stage> = LazyLock::new(|| {
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../content/provider");
    let bytes = |file: &str| std::fs::read(content.join(file)).expect("a file of the provider");
    let (matrix, map) = (threat::catalogue(), threat::version_map());
    let joiner = threat::Joiner::new(&matrix, &map);
    let april = "campaigns/april-intrusion.yaml";
    let pull = "playbooks/pull-the-site.json";
    let replayed = feuerprobe(&["replay", "--quiet", "--format", "json"]);
    Stage {
        estate: continuity::read_estate("estate.yaml", &bytes("estate.yaml")).0.expect("the estate"),
        campaign: threat::read_campaign(april, &bytes(april), &joiner).0.expect("the campaign"),
        playbook: race::read_playbook(pull, &bytes(pull)).0.expect("the playbook"),
        measured: Record::from_bytes("stdout", &replayed.stdout).expect("a record"),
    }
});

fn trials(campaign: &Campaign, playbook: Option<&Playbook>, count: u32) -> Vec<Trial> {
    let Stage { estate, measured, .. } = &*STAGE;
    Race { estate, campaign, playbook, evidence: &measured.evidence, seed: Seed(1) }.run(count).trials
}

fn payload(trials: &[Trial]) -> f64 {
    trials.iter().filter(|t| t.payload.is_some()).count() as f64 / trials.len() as f64
}

fn mean(impacts: &[TrialImpact], lost: fn(&TrialImpact) -> u64) -> f64 {
    impacts.iter().map(|i| lost(i) as f64).sum::<f64>() / impacts.len() as f64
}

#[test]
fn containment_dominates_the_loss_while_the_payload_falls() {
    let Stage { estate, campaign, playbook, .. } = &*STAGE;
    let met = trials(campaign, Some(playbook), 1_000);
    let alone = trials(campaign, None, 1_000);
    let impacts = continuity::impacts(estate, &met);
    let (attack, containment) = (mean(&impacts, |i| i.attack.0), mean(&impacts, |i| i.containment.0));
    assert!(payload(&met) < 0.5 * payload(&alone), "{} against {}", payload(&met), payload(&alone));
    assert!(containment > 2.0 * attack, "containment {containment}, attack {attack}");
}

/// Mean number of asset classes more that the attacker takes against the one playbook
/// than against the other, on the same draws, with its standard error.
fn more_taken(one: &[Trial], other: &[Trial]) -> (f64, f64) {
    let taken = |t: &Trial| t.down.iter().filter(|d| d.cause == DownCause::Attack).count() as f64;
    let more: Vec<f64> = one.iter().zip(other).map(|(a, b)| taken(a) - taken(b)).collect();
    let n = more.len() as f64;
    let mean = more.iter().sum::<f64>() / n;
    let variance = more.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Staged: the alerted sites first, all others once somebody has looked again. At once:
/// every site in one move, for which the decision takes 15 hours longer. A calm attacker
/// loses more to the quick first stage, a nervous one fires in the sites it leaves on.
/// The hours are an assumption and matter: when the larger decision costs only a few, one
/// move is better at every reaction; when it costs a day, stages are.
#[test]
fn staged_and_simultaneous_cut_flip_as_the_attacker_reacts() {
    let Stage { campaign, playbook, .. } = &*STAGE;
    let (mut staged, mut at_once) = (playbook.clone(), playbook.clone());
    for action in &mut staged.actions {
        if matches!(action.cut, Cut::Role { .. }) {
            action.cut = Cut::AllSites;
        }
    }
    for action in &mut at_once.actions {
        if action.cut == Cut::AlertedSites {
            action.cut = Cut::AllSites;
            action.decide.q50 += 900.0;
            action.decide.q90 += 900.0;
        }
    }
    let mut campaign = campaign.clone();
    let mut before = f64::NEG_INFINITY;
    for (reaction, better) in [(0.0, Some("staged")), (0.3, None), (0.6, None), (1.0, Some("at once"))] {
        campaign.reaction = Ratio::clamped(reaction);
        let by_stages = trials(&campaign, Some(&staged), 12_000);
        let together = trials(&campaign, Some(&at_once), 12_000);
        let (more, error) = more_taken(&by_stages, &together);
        assert!(more >= before, "reaction {reaction}: {more} after {before}");
        before = more;
        let Some(better) = better else { continue };
        assert!(more.abs() > 4.0 * error, "reaction {reaction}: {more} +- {error}");
        assert_eq!(if more < 0.0 { "staged" } else { "at once" }, better, "reaction {reaction}: {more}");
    }
}

#[test]
fn forms_a_race_has_not_are_refused_before_anything_runs() {
    for arguments in [&["race", "--format", "csv"][..], &["race", "--generate", "100", "--format", "json"]] {
        let output = feuerprobe(arguments);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains("race cannot be printed as"), "{text}");
    }
}
