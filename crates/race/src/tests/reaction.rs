//! Staged isolation against one simultaneous cut: which is better depends on
//! whether the attacker reacts.

use model::campaign::{Campaign, Effect, Selector, Step};
use model::playbook::{Cut, Playbook};
use model::quantity::Seed;
use model::trial::DownCause;

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

#[test]
fn a_cut_of_everything_leaves_nothing_to_react_with() {
    let at_once = playbook(&[("all", Cut::AllSites, minutes(90.0, 150.0))]);
    let mut campaign = two_sites();
    let calm = encrypted(&campaign, &at_once);
    campaign.reaction = share(1.0);
    assert_eq!(calm, encrypted(&campaign, &at_once));
}

#[test]
fn an_invisible_cut_causes_no_reaction() {
    // Pulling a site where the attacker has done nothing tells it nothing.
    let mut campaign = two_sites();
    campaign.steps.retain(|s| !s.id.as_str().ends_with("west"));
    let blind = playbook(&[("west", Cut::Site { site: site("west") }, minutes(10.0, 20.0))]);
    let calm = encrypted(&campaign, &blind);
    campaign.reaction = share(1.0);
    assert_eq!(calm, encrypted(&campaign, &blind));
}
