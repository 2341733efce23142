//! Staged isolation against one simultaneous cut: which is better depends on
//! whether the attacker reacts.

use model::campaign::{Campaign, Effect, Selector, Step};
use model::playbook::{Cut, Playbook};
use model::quantity::Seed;
use model::trial::{DownCause, Happening, Trial};

use super::stand::{campaign, estate, evidence, minutes, playbook, share, site, step};
use crate::Race;

/// The attacker enters in the east, takes control of both sites, and needs hours to
/// make the payload ready, in the west longer than in the east. Only the entry is seen.
fn two_sites() -> Campaign {
    let at = |id: &str, needs: &[&str], place: &str, typical: f64, slow: f64| -> Step {
        let mut s = step(id, "T1002", needs);
        s.targets = Selector { site: Some(site(place)), ..Selector::default() };
        s.duration = minutes(typical, slow);
        s
    };
    let mut steps = vec![
        at("enter", &[], "east", 1.0, 2.0),
        at("control-east", &["enter"], "east", 5.0, 10.0),
        at("control-west", &["enter"], "west", 15.0, 30.0),
        at("ready-east", &["control-east"], "east", 90.0, 180.0),
        at("ready-west", &["control-west"], "west", 240.0, 480.0),
        at("payload-east", &["control-east", "ready-east"], "east", 5.0, 10.0),
        at("payload-west", &["control-west", "ready-west"], "west", 5.0, 10.0),
    ];
    steps[0].technique = model::id::TechniqueId::new("T1001").expect("a valid technique id");
    steps[5].effect = Effect::Encrypt;
    steps[6].effect = Effect::Encrypt;
    campaign(steps)
}

/// Mean number of encrypted asset classes a trial, with its standard error.
fn encrypted(campaign: &Campaign, playbook: &Playbook) -> (f64, f64) {
    let estate = estate(&["east", "west"], &["server"]);
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]);
    let race =
        Race { estate: &estate, campaign, playbook: Some(playbook), evidence: &evidence, seed: Seed(6) };
    let trials = race.run(4_000).trials;
    let n = trials.len() as f64;
    let counts: Vec<f64> = trials
        .iter()
        .map(|t| t.down.iter().filter(|d| d.cause == DownCause::Attack).count() as f64)
        .collect();
    let mean = counts.iter().sum::<f64>() / n;
    let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

#[test]
fn staged_and_simultaneous_cut_flip_as_the_attacker_reacts() {
    // Pulling the site that raised the alert is quick to decide; pulling everything
    // at once takes longer, but leaves nothing to fire.
    let staged = playbook(&[
        ("alerted", Cut::AlertedSites, minutes(45.0, 60.0)),
        ("rest", Cut::AllSites, minutes(60.0, 90.0)),
    ]);
    let at_once = playbook(&[("all", Cut::AllSites, minutes(90.0, 150.0))]);
    let mut campaign = two_sites();
    let mut staged_before = 0.0;
    for (reaction, staged_is_better) in [(0.0, true), (1.0, false)] {
        campaign.reaction = share(reaction);
        let (by_stages, e1) = encrypted(&campaign, &staged);
        let (together, e2) = encrypted(&campaign, &at_once);
        let gap = (by_stages - together).abs();
        assert!(gap > 4.0 * e1.hypot(e2), "reaction {reaction}: {by_stages} against {together}");
        assert_eq!(by_stages < together, staged_is_better, "reaction {reaction}: {by_stages}, {together}");
        assert!(by_stages >= staged_before);
        staged_before = by_stages;
    }
}

/// Runs the trials of two sites against a playbook without and with reaction.
fn calm_and_nervous(mut campaign: Campaign, playbook: &Playbook) -> [Vec<Trial>; 2] {
    let estate = estate(&["east", "west"], &["server"]);
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]);
    [0.0, 1.0].map(|reaction| {
        campaign.reaction = share(reaction);
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(playbook),
            evidence: &evidence,
            seed: Seed(6),
        };
        race.run(500).trials
    })
}

#[test]
fn a_cut_of_everything_leaves_nothing_to_react_with() {
    let at_once = playbook(&[("all", Cut::AllSites, minutes(90.0, 150.0))]);
    let [calm, nervous] = calm_and_nervous(two_sites(), &at_once);
    assert!(calm == nervous);
}

#[test]
fn only_a_visible_cut_causes_a_reaction() {
    // Pulling a site where the attacker has done nothing tells it nothing.
    let mut east_only = two_sites();
    east_only.steps.retain(|s| !s.id.as_str().ends_with("west"));
    let pull = |place: &str| playbook(&[("pull", Cut::Site { site: site(place) }, minutes(10.0, 20.0))]);
    let [calm, nervous] = calm_and_nervous(east_only, &pull("west"));
    assert!(calm == nervous);
    let [calm, nervous] = calm_and_nervous(two_sites(), &pull("west"));
    assert!(calm != nervous);
}

#[test]
fn payloads_fired_early_take_up_no_hands() {
    // One hand. The east is pulled at 5 min and the payload fires in the west, where it
    // runs for hours; the hand goes on with its own work meanwhile.
    let at = |id: &str, needs: &[&str], place: &str, takes: f64| -> Step {
        let mut s = step(id, "T1002", needs);
        s.targets = Selector { site: Some(site(place)), ..Selector::default() };
        s.duration = minutes(takes, takes);
        s
    };
    let mut steps = vec![
        at("enter", &[], "east", 1e-9),
        at("control", &["enter"], "west", 1.0),
        at("prepare", &["control"], "west", 59.0),
        at("more", &["prepare"], "west", 10.0),
        at("payload", &["control", "more"], "west", 600.0),
    ];
    steps[0].technique = model::id::TechniqueId::new("T1001").expect("a valid technique id");
    steps[4].effect = Effect::Encrypt;
    let mut campaign = campaign(steps);
    campaign.hands = 1;
    campaign.reaction = share(1.0);
    let estate = estate(&["east", "west"], &["server"]);
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]);
    let pull = playbook(&[("east", Cut::AlertedSites, minutes(5.0, 5.0))]);
    let race = Race {
        estate: &estate,
        campaign: &campaign,
        playbook: Some(&pull),
        evidence: &evidence,
        seed: Seed(1),
    };
    let trace = race.trace(0);
    let done = |id: &str| {
        let is = |h: &Happening| matches!(h, Happening::StepDone { step, .. } if step.as_str() == id);
        trace.moments.iter().find(|m| is(&m.happening)).map(|m| m.at.minutes())
    };
    assert_eq!((done("prepare"), done("more"), done("payload")), (Some(60.0), Some(70.0), Some(605.0)));
}
