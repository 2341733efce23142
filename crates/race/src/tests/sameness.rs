//! What must not change an outcome on a terrain, and what changes it in a known way.

use model::evidence::Evidence;
use model::playbook::Cut;
use model::quantity::{Quantiles, Seed};

use super::ground::{STOP, balanced};
use crate::chance::{Chance, Entity, Purpose};
use crate::terrain::{Edge, Node, Terrain};
use crate::{Contest, Outcome, Setting};

fn staged() -> Vec<(&'static str, Cut, Quantiles)> {
    let minutes = |m| Quantiles { q50: m, q90: 2.0 * m };
    vec![
        ("host", Cut::AlertedAsset, minutes(10.0)),
        ("identities", Cut::Role { role: "identity".into() }, minutes(30.0)),
        ("sites", Cut::AlertedSites, minutes(240.0)),
    ]
}

/// The terrain with its nodes in another order, and strangers that nobody can reach.
fn renumbered(terrain: &Terrain, strangers: u32) -> Terrain {
    let count = terrain.nodes.len() as u32;
    let chance = Chance::new(Seed(99), 0);
    let mut order: Vec<u32> = (0..count + strangers).collect();
    order.sort_by_key(|i| chance.bits(Entity(u64::from(*i)), Purpose::Order, 0));
    let mut place = vec![0_u32; order.len()];
    for (new, old) in (0_u32..).zip(&order) {
        place[*old as usize] = new;
    }
    let mut moved = terrain.clone();
    (moved.nodes, moved.rows, moved.edges) = (Vec::new(), vec![0], Vec::new());
    for old in &order {
        if *old < count {
            moved.nodes.push(terrain.nodes[*old as usize]);
            let row = terrain.edges[terrain.row(*old)].iter().rev();
            moved.edges.extend(row.map(|e| Edge { target: place[e.target as usize], ..*e }));
        } else {
            moved.nodes.push(Node {
                asset: u64::from(*old),
                place: 0,
                distance: u16::MAX,
                need: 1,
                level: 1,
            });
            // Strangers reach in; nobody reaches out to them.
            moved.edges.push(Edge {
                entity: Entity(u64::from(*old)),
                target: place[0],
                technique: 0,
                class: 0,
            });
        }
        moved.rows.push(moved.edges.len() as u32);
    }
    moved.starts = terrain.starts.iter().rev().map(|s| place[*s as usize]).collect();
    moved.goal = terrain.goal.map(|g| place[g as usize]);
    moved
}

#[test]
fn numbering_strangers_threads_and_order_do_not_matter() {
    let cuts = staged();
    balanced(1_000, 0.1, &cuts, |terrain, setting| {
        for hands in [0, 2] {
            let mut campaign = setting.campaign.clone();
            campaign.hands = hands;
            campaign.retries = 1;
            campaign.reaction = super::stand::share(0.5);
            let setting = Setting { campaign: &campaign, ..setting };
            let contest = Contest::new(terrain, setting);
            let run = |threads: usize, contest: &Contest<'_>, n: u32| -> Vec<Outcome> {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
                pool.install(|| contest.run(n))
            };
            let first = run(1, &contest, 300);
            assert_eq!(first, run(2, &contest, 300), "2 threads");
            assert_eq!(first, run(8, &contest, 300), "8 threads");
            let mut chaser = crate::Chaser::new(&contest);
            let backwards: Vec<Outcome> = (0..300).rev().map(|i| chaser.run(i)).collect();
            assert!(first.iter().eq(backwards.iter().rev()), "order of trials");
            for strangers in [0, 500] {
                let other = renumbered(terrain, strangers);
                let other = Contest::new(&other, setting).run(300);
                for (i, (a, b)) in first.iter().zip(&other).enumerate() {
                    assert_eq!(a, b, "{hands} hands, {strangers} strangers, trial {i}");
                }
            }
            assert!(first.iter().any(|o| o.payload.is_some()) || hands == 0, "nobody wins");
            assert!(first.iter().any(|o| o.declared.is_some()), "nobody sees anything");
        }
    });
}

#[test]
fn a_faster_flood_never_wins_less() {
    balanced(300, 0.02, &STOP, |terrain, setting| {
        let mut campaign = setting.campaign.clone();
        campaign.hands = 0;
        let base = Contest::new(terrain, Setting { campaign: &campaign, ..setting });
        let mut before = base.run(400);
        for c in [0.5, 0.1, 0.01] {
            let mut faster = terrain.clone();
            for class in &mut faster.classes {
                class.duration = Quantiles { q50: class.duration.q50 * c, q90: class.duration.q90 * c };
            }
            let after = Contest::new(&faster, Setting { campaign: &campaign, ..setting }).run(400);
            let lost = before.iter().zip(&after).filter(|(b, a)| b.payload.is_some() && a.payload.is_none());
            assert_eq!(lost.count(), 0, "factor {c}");
            before = after;
        }
        assert!(before.iter().any(|o| o.payload.is_some()));
    });
}

/// Both engines draw the same skill for a trial and take it the same way round.
#[test]
fn skill_is_the_same_factor_in_both_engines() {
    let mut campaign = super::stand::campaign(Vec::new());
    campaign.manner.skill = 0.7;
    let estate = super::stand::estate(&["a"], &["server"]);
    let course = crate::course::Course::new(&estate, &campaign, None, &Evidence::default());
    let stretches: Vec<f64> = balanced(50, 0.1, &STOP, |terrain, setting| {
        let contest = Contest::new(terrain, Setting { campaign: &campaign, ..setting });
        (0..200).map(|trial| contest.stretch(Chance::new(Seed(4), trial))).collect()
    });
    let paces: Vec<f64> =
        (0..200).map(|trial| crate::engine::pace(&course, Chance::new(Seed(4), trial))).collect();
    for (pace, stretch) in paces.iter().zip(stretches) {
        assert!((pace.log2() - stretch).abs() < 1e-12, "{pace} against 2^{stretch}");
    }
    let slower = paces.iter().filter(|p| **p > 1.0).count();
    assert!((60..140).contains(&slower), "{slower}");
}

/// A step of fixed length d takes `d exp(-s theta)` with a standard normal theta, s the skill:
/// the logarithm of its time over d has mean 0 and deviation s.
#[test]
fn skill_stretches_the_times_of_a_trial() {
    let (estate, evidence) =
        (super::stand::estate(&["east"], &["server"]), super::stand::evidence(&[("T1001", 0.0, 0.0, 1e9)]));
    let mut fires = super::stand::step("fires", "T1001", &[]);
    fires.effect = model::campaign::Effect::Encrypt;
    fires.duration = super::stand::minutes(60.0, 60.0);
    let mut campaign = super::stand::campaign(vec![fires]);
    for skill in [0.0, 0.2, 0.5] {
        campaign.manner.skill = skill;
        let race = crate::Race {
            estate: &estate,
            campaign: &campaign,
            playbook: None,
            evidence: &evidence,
            seed: Seed(3),
        };
        let trials = race.run(10_000).trials;
        let told: Vec<f64> = trials.iter().filter_map(|t| Some((t.payload?.minutes() / 60.0).ln())).collect();
        assert_eq!(told.len(), trials.len());
        let n = told.len() as f64;
        let mean = told.iter().sum::<f64>() / n;
        let deviation = (told.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
        // Of normal values: s / sqrt(n) and s / sqrt(2 n).
        assert!(mean.abs() <= 4.0 * skill / n.sqrt() + 1e-6, "{skill}: mean {mean}");
        assert!((deviation - skill).abs() <= 4.0 * skill / (2.0 * n).sqrt() + 1e-6, "{skill}: {deviation}");
    }
}
