//! Retries, cuts and reactions on a terrain, each against what a hand calculation gives.

use model::campaign::Campaign;
use model::evidence::Evidence;
use model::id::{SiteId, TechniqueId, ZoneId};
use model::playbook::{Cut, Playbook};
use model::quantity::{Quantiles, Ratio, Seed};

use super::stand::{AT_ONCE, campaign, estate, evidence, playbook, share, site, step};
use crate::chase::{Chaser, Note, Outcome};
use crate::terrain::{Class, Draft, Level, Place, Plan, Terrain, generate};
use crate::{Contest, Setting};

/// Techniques of [`draft`]: one that is seen, two that are not.
const SEEN: u16 = 0;
const QUIET: u16 = 1;
/// Classes of [`draft`]: at once, and an hour.
const NOW: u16 = 0;
const HOUR: u16 = 1;

/// Two sites and two zones; the places are the attacker's way (server, jump) and what is off it.
fn draft() -> Draft {
    let place = |at: u16, role: &str| Place { site: at, zone: at, role: role.into(), sensors: Ratio::ONE };
    let class = |minutes: f64| Class { duration: Quantiles { q50: minutes, q90: minutes }, ways: 1 };
    let technique = |id: &str| TechniqueId::new(id).expect("valid");
    Draft::new(
        ["here", "there"].map(|s| SiteId::new(s).expect("letters")).into(),
        ["core", "edge"].map(|z| ZoneId::new(z).expect("letters")).into(),
        vec![place(0, "server"), place(0, "jump"), place(1, "spare"), place(0, "bait")],
        vec![technique("T1001"), technique("T1002")],
        vec![class(1e-9), class(60.0)],
    )
}

fn raced(terrain: &Terrain, of: (&Campaign, &Playbook, &Evidence), trials: u32) -> Vec<Outcome> {
    let soc = estate(&[], &[]).soc;
    let (campaign, playbook, evidence) = of;
    let setting = Setting { campaign, playbook: Some(playbook), evidence, soc: &soc, seed: Seed(11) };
    Contest::new(terrain, setting).run(trials)
}

/// Whether everything that counts hands does so in the same way: without limit, and with few.
fn with_hands(hands: u8) -> Campaign {
    let mut campaign = campaign(Vec::new());
    campaign.hands = hands;
    campaign
}

/// An attempt that fails with 0.5 each time, independently, is tried `retries + 1` times at the most:
/// it is through with `1 - 0.5^(r + 1)` and takes `2 (1 - 0.5^(r + 1))` attempts in the mean.
#[test]
fn what_is_prevented_is_tried_again_as_often_as_stated() {
    let mut draft = draft();
    let start = draft.node("start", Level::Foothold, 0, 1);
    let goal = draft.node("goal", Level::Control, 1, 1);
    draft.attempt(start, goal, QUIET, NOW);
    draft.start(start);
    draft.goal(goal);
    let terrain = draft.build().expect("whole");
    let known = evidence(&[("T1001", 0.0, 0.0, 1e9), ("T1002", 0.5, 0.0, 1e9)]);
    let idle = playbook(&[("wait", Cut::Nothing, AT_ONCE)]);
    for hands in [0, 1] {
        for retries in [0_u8, 1, 3] {
            let mut campaign = with_hands(hands);
            campaign.retries = retries;
            let told = raced(&terrain, (&campaign, &idle, &known), 20_000);
            let n = told.len() as f64;
            let through = 1.0 - 0.5_f64.powi(i32::from(retries) + 1);
            let got = told.iter().filter(|o| o.payload.is_some()).count() as f64 / n;
            let sigma = (through * (1.0 - through) / n).sqrt();
            assert!((got - through).abs() < 4.0 * sigma, "{hands} hands, {retries}: {got} of {through}");
            let attempts = told.iter().map(|o| f64::from(o.attempts)).sum::<f64>() / n;
            // The number of attempts is at most r + 1, so its deviation is below that.
            let error = 4.0 * f64::from(retries + 1) / n.sqrt();
            assert!((attempts - 2.0 * through).abs() < error, "{hands} hands, {retries}: {attempts}");
            assert!(told.iter().all(|o| (1..=u32::from(retries) + 1).contains(&o.attempts)));
        }
    }
}

/// From the start to the jump host and on to the goal, an hour each; what is seen stands at a bait.
fn by_the_jump() -> Terrain {
    let mut draft = draft();
    let start = draft.node("start", Level::Foothold, 0, 1);
    let bait = draft.node("bait", Level::Control, 3, 1);
    let jump = draft.node("jump", Level::Control, 1, 1);
    let spare = draft.node("spare", Level::Control, 2, 1);
    let goal = draft.node("goal", Level::Control, 0, 1);
    draft.attempt(start, bait, SEEN, NOW);
    draft.attempt(start, jump, QUIET, HOUR);
    draft.attempt(start, spare, QUIET, HOUR);
    draft.attempt(jump, goal, QUIET, HOUR);
    draft.start(start);
    draft.goal(goal);
    draft.build().expect("whole")
}

/// A cut closes the ways into and out of what it names, whatever it is named by, and no others.
#[test]
fn a_cut_on_a_terrain_closes_the_ways_of_what_it_names() {
    let terrain = by_the_jump();
    let known = evidence(&[("T1001", 0.0, 1.0, 1e9), ("T1002", 0.0, 0.0, 1e9)]);
    let zone = |z: &str| ZoneId::new(z).expect("letters");
    let cuts = [
        (Cut::Role { role: "jump".into() }, false),
        (Cut::Site { site: site("here") }, false),
        (Cut::Zone { zone: zone("core") }, false),
        (Cut::AllSites, false),
        (Cut::AlertedSites, false),
        (Cut::AlertedSegments, false),
        (Cut::Nothing, true),
        (Cut::AlertedAsset, true),
        (Cut::Role { role: "spare".into() }, true),
        (Cut::Role { role: "bait".into() }, true),
        (Cut::Site { site: site("there") }, true),
        (Cut::Zone { zone: zone("edge") }, true),
    ];
    for (cut, through) in cuts {
        for (hands, minutes) in [(0, 30.0), (4, 30.0), (0, 90.0), (4, 90.0)] {
            // Before the jump host is entered, and between it and the goal.
            let pull = playbook(&[("pull", cut.clone(), Quantiles { q50: minutes, q90: minutes })]);
            for outcome in raced(&terrain, (&with_hands(hands), &pull, &known), 20) {
                assert!(outcome.contained.is_some() || through, "{cut:?} is done");
                assert_eq!(outcome.payload.is_some(), through, "{cut:?}, {hands} hands, at {minutes} min");
            }
        }
    }
}

/// Held hosts that are cut off lead nowhere: the way out of one is closed as the way into it is.
#[test]
fn an_alerted_asset_that_is_cut_leads_nowhere() {
    let mut draft = draft();
    let start = draft.node("start", Level::Foothold, 0, 1);
    let bait = draft.node("bait", Level::Control, 3, 1);
    let goal = draft.node("goal", Level::Control, 1, 1);
    draft.attempt(start, bait, SEEN, NOW);
    draft.attempt(bait, goal, QUIET, HOUR);
    draft.start(start);
    draft.goal(goal);
    let terrain = draft.build().expect("whole");
    let known = evidence(&[("T1001", 0.0, 1.0, 1e9), ("T1002", 0.0, 0.0, 1e9)]);
    for (cut, through) in [(Cut::AlertedAsset, false), (Cut::Nothing, true)] {
        let pull = playbook(&[("pull", cut, AT_ONCE)]);
        for hands in [0, 1] {
            let told = raced(&terrain, (&with_hands(hands), &pull, &known), 20);
            assert!(told.iter().all(|o| o.payload.is_some() == through), "{through}, {hands} hands");
        }
    }
}

/// An attacker who reacts fires at the first cut it can see, once part of what the goal needs is held.
#[test]
fn a_cut_that_is_seen_makes_a_reacting_attacker_fire() {
    let known = evidence(&[("T1001", 0.0, 1.0, 1e9), ("T1002", 0.0, 0.0, 1e9)]);
    for armed in [true, false] {
        let mut draft = draft();
        let start = draft.node("start", Level::Foothold, 0, 1);
        let bait = draft.node("bait", Level::Control, 3, 1);
        let goal = draft.node("goal", Level::Control, 1, 2);
        draft.attempt(start, bait, SEEN, NOW);
        draft.attempt(start, goal, QUIET, if armed { NOW } else { HOUR });
        draft.attempt(start, goal, QUIET, HOUR);
        draft.start(start);
        draft.goal(goal);
        let terrain = draft.build().expect("whole");
        let ten = Quantiles { q50: 10.0, q90: 10.0 };
        // What is cut at the other site nobody here can see.
        for (cut, seen) in [(Cut::AlertedAsset, true), (Cut::Site { site: site("there") }, false)] {
            for reaction in [0.0, 1.0] {
                let mut campaign = with_hands(0);
                campaign.reaction = share(reaction);
                let pull = playbook(&[("pull", cut.clone(), ten)]);
                let early = armed && seen && reaction == 1.0;
                for outcome in raced(&terrain, (&campaign, &pull, &known), 20) {
                    assert_eq!(outcome.early, early, "armed {armed}, {cut:?}, reaction {reaction}");
                    let at = outcome.payload.map(|t| t.minutes().round());
                    assert_eq!(
                        at,
                        Some(if early { 10.0 } else { 60.0 }),
                        "armed {armed}, {cut:?}, {reaction}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_generated_terrain_has_its_size_at_every_number_of_sites_and_identities_in_every_block() {
    let steps = (0..4).map(|i| step(&format!("s{i}"), &format!("T10{i}1"), &[])).collect();
    let campaign = campaign(steps);
    for count in [1_usize, 2, 5] {
        let sites: Vec<SiteId> =
            (0..count).map(|i| SiteId::new(&format!("s{i}")).expect("letters")).collect();
        let plan = Plan { assets: 20_000, seed: Seed(4), sensors: share(0.9), sites };
        let terrain = generate(&plan, &campaign);
        let off = terrain.assets() as f64 / 20_000.0 - 1.0;
        assert!(off.abs() < 0.02, "{count} sites: {} assets", terrain.assets());
        let at = |level: Level| -> std::collections::BTreeSet<(u16, u16, &str)> {
            let nodes = terrain.nodes.iter().filter(|n| n.level == level as u8);
            let places = nodes.map(|n| &terrain.places[n.place as usize]);
            places.map(|p| (p.site, p.zone, p.role.as_str())).collect()
        };
        let (held, hosts) = (at(Level::Held), at(Level::Control));
        assert!(held.iter().all(|(.., role)| *role == "identity"), "{held:?}");
        assert!(hosts.iter().all(|(.., role)| *role != "identity"), "{hosts:?}");
        let blocks = |of: &std::collections::BTreeSet<(u16, u16, &str)>| {
            of.iter().map(|(s, z, _)| (*s, *z)).collect::<Vec<_>>()
        };
        assert_eq!(blocks(&held), blocks(&hosts));
        assert_eq!(held.len(), count * 6);
    }
}

/// An incident is closed after a day without an alert, so that a later alert declares another one.
#[test]
fn a_quiet_day_on_a_terrain_closes_the_incident() {
    let declared = |minutes: f64| {
        let mut draft = draft();
        draft.classes.push(Class { duration: Quantiles { q50: minutes, q90: minutes }, ways: 1 });
        let start = draft.node("start", Level::Foothold, 0, 1);
        let (bait, spare) =
            (draft.node("bait", Level::Control, 3, 1), draft.node("spare", Level::Control, 2, 1));
        draft.attempt(start, bait, SEEN, NOW);
        draft.attempt(start, spare, SEEN, 2);
        draft.start(start);
        let terrain = draft.build().expect("whole");
        let known = evidence(&[("T1001", 0.0, 1.0, 1e9), ("T1002", 0.0, 0.0, 1e9)]);
        let (campaign, idle) = (with_hands(0), playbook(&[("wait", Cut::Nothing, AT_ONCE)]));
        let soc = estate(&[], &[]).soc;
        let setting = Setting {
            campaign: &campaign,
            playbook: Some(&idle),
            evidence: &known,
            soc: &soc,
            seed: Seed(11),
        };
        let contest = Contest::new(&terrain, setting);
        let mut chaser = Chaser::new(&contest);
        chaser.notes = Some(Vec::new());
        chaser.run(0);
        let notes = chaser.notes.take().expect("asked for");
        notes.iter().filter(|(_, note)| *note == Note::Declared).count()
    };
    assert_eq!((declared(60.0), declared(23.0 * 60.0)), (1, 1));
    assert_eq!((declared(25.0 * 60.0), declared(20.0 * 24.0 * 60.0)), (2, 2));
}

/// What spoils a draft.
type Change<'a> = &'a dyn Fn(&mut Draft);

/// What does not exist is named, each way of naming it for itself.
#[test]
fn a_draft_that_names_what_does_not_exist_is_refused() {
    let fault = |change: Change<'_>| {
        let mut draft = draft();
        let start = draft.node("start", Level::Foothold, 0, 1);
        let goal = draft.node("goal", Level::Control, 1, 1);
        draft.attempt(start, goal, QUIET, HOUR);
        draft.start(start);
        draft.goal(goal);
        change(&mut draft);
        draft.build().err()
    };
    assert_eq!(fault(&|_| ()), None);
    let place = "the place of role \"server\" names a site or zone that does not exist";
    let edge = "the edge from node 0 to node 1 names what does not exist";
    let cases: [(Change<'_>, &str); 10] = [
        (&|d| d.places[0].site = 2, place),
        (&|d| d.places[0].zone = 2, place),
        (&|d| (d.places[0].site, d.places[0].zone) = (2, 2), place),
        (&|d| d.places.truncate(1), "node 1 stands at place 1, which does not exist"),
        (&|d| d.attempt(0, 1, 2, HOUR), edge),
        (&|d| d.attempt(0, 1, QUIET, 2), edge),
        (&|d| d.passage(0, 2), "the edge from node 0 to node 2 names what does not exist"),
        (&|d| d.passage(2, 0), "the edge from node 2 to node 0 names what does not exist"),
        (&|d| d.start(2), "start or goal names node 2, which does not exist"),
        (&|d| d.goal(2), "start or goal names node 2, which does not exist"),
    ];
    for (change, wanted) in cases {
        assert_eq!(fault(change).as_deref(), Some(wanted));
    }
}

/// One host in ten opens its far connection to a site drawn among all: with three sites, two in
/// thirty hosts to another one. No other edge leaves a site, but those of identities towards the goal.
#[test]
fn one_host_in_fifteen_of_three_sites_reaches_another_site() {
    let plan = Plan {
        assets: 6_000,
        seed: Seed(3),
        sensors: Ratio::ONE,
        sites: ["a", "b", "c"].map(|s| SiteId::new(s).expect("letters")).into(),
    };
    let terrain = generate(&plan, &campaign(vec![step("any", "T1001", &[])]));
    let at = |node: u32| terrain.places[terrain.nodes[node as usize].place as usize].site;
    let (mut hosts, mut away) = (0_u32, 0_u32);
    for node in
        (0..terrain.nodes.len() as u32).filter(|n| terrain.nodes[*n as usize].level == Level::Control as u8)
    {
        let far = |edge: &crate::terrain::Edge| {
            terrain.nodes[edge.target as usize].level == Level::Foothold as u8 && at(edge.target) != at(node)
        };
        hosts += 1;
        away += u32::from(terrain.edges[terrain.row(node)].iter().any(far));
    }
    let (n, exact) = (f64::from(hosts), 1.0 / 15.0);
    let error = 4.0 * (exact * (1.0 - exact) / n).sqrt();
    assert!(hosts > 5_000 && (f64::from(away) / n - exact).abs() < error, "{away} of {hosts}");
}
