//! The built-in April campaign on the measured evidence shows the shape of the public
//! case, and `race` says what it was asked for.

#![allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use model::campaign::{Campaign, Effect, Selector, Spread};
use model::estate::{Estate, Soc};
use model::id::TechniqueId;
use model::impact::TrialImpact;
use model::playbook::{Cut, Playbook, Repeat};
use model::quantity::{Quantiles, Ratio, Seed};
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
        estate: continuity::read_estate("estate.yaml", &bytes("estate.yaml"))
            .into_parts()
            .0
            .expect("the estate"),
        campaign: threat::read_campaign(april, &bytes(april), &joiner).into_parts().0.expect("the campaign"),
        playbook: race::read_playbook(pull, &bytes(pull)).into_parts().0.expect("the playbook"),
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

/// The same April with plan and attacker as they are, and cuts that go on: fewer payloads than
/// with one round, and no more for a larger team.
#[test]
fn answering_later_alerts_saves_payloads_and_a_larger_team_does_no_harm() {
    let Stage { estate, campaign, playbook, measured } = &*STAGE;
    let mut once = playbook.clone();
    once.actions.iter_mut().for_each(|action| action.repeat = Repeat::Once);
    let share = |analysts: u16, plan: &Playbook| {
        let mut estate = estate.clone();
        estate.soc.analysts = analysts;
        let race = Race {
            estate: &estate,
            campaign,
            playbook: Some(plan),
            evidence: &measured.evidence,
            seed: Seed(1),
        };
        payload(&race.run(2_000).trials)
    };
    assert!(share(5, playbook) < 0.75 * share(5, &once), "{} {}", share(5, playbook), share(5, &once));
    let teams = [2, 5, 10, 40].map(|analysts| share(analysts, playbook));
    assert!(teams.windows(2).all(|w| w[1] <= w[0] + 0.01), "{teams:?}");
}

/// Where nobody responds no alert changes anything: with every alert four days later the same
/// parts are lost, and they are back at the same time.
#[test]
fn nobody_responding_makes_every_alert_irrelevant() {
    let Stage { estate, campaign, measured, .. } = &*STAGE;
    let mut late = measured.evidence.clone();
    let more = 4.0 * 24.0 * 60.0;
    for technique in late.techniques.values_mut() {
        let Quantiles { q50, q90 } = technique.delay.quantiles;
        technique.delay.quantiles = Quantiles { q50: q50 + more, q90: q90 + more };
    }
    let run = |evidence| Race { estate, campaign, playbook: None, evidence, seed: Seed(1) }.run(400).trials;
    let (soon, later) = (run(&measured.evidence), run(&late));
    let lasted = |trials: &[Trial]| trials.iter().map(|t| t.end).collect::<Vec<_>>();
    assert_ne!(lasted(&soon), lasted(&later), "the alerts are later");
    assert_eq!(continuity::impacts(estate, &soon), continuity::impacts(estate, &later));
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
    let mut once = playbook.clone();
    // Rounds for later alerts would blur the two moves that are compared.
    once.actions.iter_mut().for_each(|action| action.repeat = Repeat::Once);
    let (mut staged, mut at_once) = (once.clone(), once);
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
        assert!(text.contains("cannot be printed as"), "{text}");
    }
}

/// Exact value of a race: the payload against one stop of everything, both log-normal. The
/// attack is first with Phi((ln 90 - ln 60) / sqrt(s_a^2 + s_d^2)), s = ln(q90/q50) / 1.2816.
#[test]
fn the_interval_of_the_report_covers_what_it_says() {
    let Stage { estate, campaign, playbook, measured, .. } = &*STAGE;
    let (mut campaign, mut playbook, mut evidence) =
        (campaign.clone(), playbook.clone(), measured.evidence.clone());
    let mut estate = estate.clone();
    estate.soc = Soc {
        analysts: 1,
        alerts_per_day: 0.0,
        triage_minutes: 0.0,
        escalation: Ratio::ONE,
        as_urgent: Ratio::ONE,
        agree: 1,
        quiet: model::estate::QUIET,
    };
    let at_once = Quantiles { q50: 1e-9, q90: 1e-9 };
    let (attack, defence) = (Quantiles { q50: 60.0, q90: 240.0 }, Quantiles { q50: 90.0, q90: 300.0 });
    // The first act is seen for certain and takes no time; the second fires the payload.
    let mut seen = campaign.steps[0].clone();
    seen.needs.clear();
    seen.targets = Selector::default();
    seen.duration = at_once;
    let mut payload = campaign.steps.iter().find(|s| s.effect == Effect::Encrypt).expect("a payload").clone();
    payload.needs = vec![seen.id.clone()];
    payload.targets = Selector::default();
    payload.spread = Spread::Once;
    payload.duration = attack;
    let known = |id: &TechniqueId, alerted: f64| {
        let mut known = measured.evidence.techniques.values().next().expect("a measured one").clone();
        (known.prevented.value, known.alerted.value) = (0.0, alerted);
        known.delay.quantiles = at_once;
        (id.clone(), known)
    };
    evidence.techniques = [known(&seen.technique, 1.0), known(&payload.technique, 0.0)].into();
    campaign.steps = vec![seen, payload];
    campaign.hands = 0;
    campaign.retries = 0;
    campaign.reaction = Ratio::ZERO;
    playbook.actions.truncate(1);
    let action = &mut playbook.actions[0];
    action.after.clear();
    (action.cut, action.decide, action.carry_out) = (Cut::AllSites, defence, at_once);
    estate.assets.truncate(2);
    for asset in &mut estate.assets {
        asset.sensors = Ratio::ONE;
    }
    let exact =
        0.5 * erfc(-((90.0_f64 / 60.0).ln() / attack.sigma().hypot(defence.sigma())) / 2.0_f64.sqrt());
    let n = 800;
    let mut covered = 0;
    let mut hits = 0;
    for repeat in 0..1_000 {
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&playbook),
            evidence: &evidence,
            seed: Seed(repeat),
        };
        let k = race.run_range(0..n).iter().filter(|t| t.payload.is_some()).count() as u64;
        let interval = assess::clopper_pearson(k, u64::from(n), 0.95);
        covered += u32::from(interval.low <= exact && exact <= interval.high);
        hits += k;
    }
    let all = 1_000.0 * f64::from(n);
    let share = hits as f64 / all;
    assert!((share - exact).abs() < 4.0 * (exact * (1.0 - exact) / all).sqrt(), "{share} against {exact}");
    assert!((936..=964).contains(&covered), "{covered} of 1000 intervals cover {exact}");
}

/// Complementary error function, Numerical Recipes' Chebyshev fit: off by at most 1.2e-7.
fn erfc(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    let terms = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let sum = terms.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let tail = t * (-x * x + sum).exp();
    if x >= 0.0 { tail } else { 2.0 - tail }
}

/// More trials than anyone can wait for: what is left is said after the first portion, the
/// memory does not grow with the number asked for, and an interrupt keeps what was counted.
#[test]
fn an_interrupted_race_keeps_what_it_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = folder.path().join("ledger.sqlite");
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_feuerprobe"));
        command.args(arguments).arg("--ledger").arg(&ledger).current_dir(folder.path()).env("NO_COLOR", "1");
        command
    };
    let mut child = program(&["race", "--campaign", "april-intrusion", "--trials", "1000000000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut said = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    while !line.ends_with("to go\n") {
        line.clear();
        assert!(said.read_line(&mut line).expect("readable") > 0, "it ended without a word on what is left");
    }
    assert!(line.contains(" of 1000000000 trials, payload "), "{line}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).expect("Linux tells the peak");
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    assert!(peak < 600_000, "{peak} KiB for what should be counted as it goes");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("INTERRUPTED after "), "{text}");
    let told = program(&["explain", "trial:17"]).output().expect("the program starts");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.starts_with("Trial 17 of "), "{told}");
}
