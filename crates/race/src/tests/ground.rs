//! Races on terrains against values that nobody here made up.

use model::id::{SiteId, TechniqueId, ZoneId};
use model::quantity::{Quantiles, Ratio, Seed};

use super::stand::{campaign, estate, evidence, playbook, share, step};
use crate::chance::Chance;
use crate::chase::{Chaser, Note};
use crate::quick::QuickSpan;
use crate::span::Span;
use crate::terrain::{Class, Draft, Level, PASSAGE, Place, Plan, Terrain, generate};
use crate::{Contest, Setting};
use model::playbook::Cut;

pub(super) fn draft(classes: usize) -> Draft {
    let class = Class { duration: Quantiles { q50: 1.0, q90: 1.0 }, ways: 1 };
    Draft::new(
        vec![SiteId::new("here").expect("letters")],
        vec![ZoneId::new("core").expect("letters")],
        vec![Place { site: 0, zone: 0, role: "server".into(), sensors: Ratio::ONE }],
        vec![TechniqueId::new("T1001").expect("valid")],
        vec![class; classes],
    )
}

/// Payload times in minutes of `trials` trials without limit of hands, with exponential
/// classes of these means in minutes.
fn times(terrain: &Terrain, means: &[f64], trials: u32) -> Vec<f64> {
    let (estate, campaign, evidence) =
        (estate(&[], &[]), campaign(Vec::new()), evidence(&[("T1001", 0.0, 0.0, 1e9)]));
    let setting =
        Setting { campaign: &campaign, playbook: None, evidence: &evidence, soc: &estate.soc, seed: Seed(5) };
    let mut contest = Contest::new(terrain, setting);
    for (span, mean) in contest.spans.iter_mut().zip(means) {
        *span = QuickSpan::of_span(Span::Exponential { mean: *mean }, 1);
    }
    contest.run(trials).iter().filter_map(|o| o.payload).map(model::quantity::Millis::minutes).collect()
}

fn assert_mean(what: &str, values: &[f64], exact: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    // Rounding to whole milliseconds adds at most a hundred-thousandth of a minute.
    assert!((mean - exact).abs() < 4.0 * (variance / n).sqrt() + 1e-5, "{what}: {mean} against {exact}");
}

fn harmonic(n: u32) -> f64 {
    (1..=n).map(|k| 1.0 / f64::from(k)).sum()
}

#[test]
fn all_of_n_and_one_of_n() {
    // AND of n Exp(1): H_n; OR: 1/n. In hours, so that milliseconds do not matter.
    for (n, need, exact) in [(7_u32, 7_u8, harmonic(7)), (7, 1, 1.0 / 7.0), (40, 40, harmonic(40))] {
        let mut draft = draft(1);
        let start = draft.node("start", Level::Foothold, 0, 1);
        let goal = draft.node("goal", Level::Meeting, 0, need);
        for i in 0..n {
            let middle = draft.node(&format!("m{i}"), Level::Control, 0, 1);
            draft.attempt(start, middle, 0, 0);
            draft.passage(middle, goal);
        }
        draft.start(start);
        draft.goal(goal);
        let terrain = draft.build().expect("whole");
        assert_mean(&format!("{need} of {n}"), &times(&terrain, &[60.0], 20_000), 60.0 * exact);
    }
}

#[test]
fn first_passage_on_the_complete_graph() {
    // Janson 1999: to one vertex H_{n-1}/(n-1), to all 2 H_{n-1}/n; n = 100.
    for (all, exact) in [(false, 0.052_297), (true, 0.103_548)] {
        let mut draft = draft(1);
        let nodes: Vec<u32> = (0..100).map(|i| draft.node(&format!("v{i}"), Level::Control, 0, 1)).collect();
        let goal = draft.node("goal", Level::Meeting, 0, if all { 99 } else { 1 });
        for from in &nodes {
            for target in nodes.iter().filter(|t| *t != from) {
                draft.attempt(*from, *target, 0, 0);
            }
        }
        for node in if all { &nodes[1..] } else { &nodes[99..] } {
            draft.passage(*node, goal);
        }
        draft.start(nodes[0]);
        draft.goal(goal);
        let terrain = draft.build().expect("whole");
        assert_mean("complete graph", &times(&terrain, &[600.0], 4_000), 600.0 * exact);
    }
}

#[test]
fn the_first_of_many_ways_follows_the_order_statistic() {
    // P(min > t) = (1 - F(t))^n, so the median of the first of n lies at F^-1(1 - 0.5^(1/n)).
    let quantiles = Quantiles { q50: 60.0, q90: 480.0 };
    let table = crate::quick::NormalTable::new();
    for ways in [1, 2, 50] {
        let quick = QuickSpan::elicited(quantiles, ways);
        let exact = Span::elicited(quantiles).at(1.0 - 0.5_f64.powf(1.0 / f64::from(ways)));
        let median = quick.at(&table, 1 << 63, 0.0);
        let off = median.0 as f64 / exact.0 as f64 - 1.0;
        assert!(off.abs() < 1e-4, "{ways} ways: {median} against {exact}");
    }
}

/// A class of n exchangeable hosts has the law of its n hosts: the first one taken opens
/// the way, whether it is drawn at once or found among n.
#[test]
fn a_class_split_into_its_hosts_has_the_same_law() {
    let logarithms = |hosts: u32, ways: u32| -> Vec<f64> {
        let mut draft = draft(2);
        draft.classes[0] = Class { duration: Quantiles { q50: 60.0, q90: 480.0 }, ways };
        let start = draft.node("start", Level::Foothold, 0, 1);
        let any = draft.node("any", Level::Meeting, 0, 1);
        let goal = draft.node("goal", Level::Control, 0, 1);
        for i in 0..hosts {
            let host = draft.node(&format!("h{i}"), Level::Control, 0, 1);
            draft.attempt(start, host, 0, 0);
            draft.passage(host, any);
        }
        draft.attempt(any, goal, 0, 1);
        draft.start(start);
        draft.goal(goal);
        let terrain = draft.build().expect("whole");
        let (estate, campaign, evidence) =
            (estate(&[], &[]), campaign(Vec::new()), evidence(&[("T1001", 0.0, 0.0, 1e9)]));
        let setting = Setting {
            campaign: &campaign,
            playbook: None,
            evidence: &evidence,
            soc: &estate.soc,
            seed: Seed(u64::from(hosts)),
        };
        let mut contest = Contest::new(&terrain, setting);
        contest.tells[0].prevented =
            crate::frailty::FrailtyTable::new(&crate::frailty::Frailty::new(0.0, 1.0));
        contest.run(20_000).iter().filter_map(|o| o.payload).map(|t| t.minutes().ln()).collect()
    };
    for n in [2_u32, 9] {
        let (class, hosts) = (logarithms(1, n), logarithms(n, 1));
        for power in [1, 2, 3] {
            let moments = |values: &[f64]| {
                let m: Vec<f64> = values.iter().map(|v| v.powi(power)).collect();
                let mean = m.iter().sum::<f64>() / m.len() as f64;
                let variance = m.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / m.len() as f64;
                (mean, variance / m.len() as f64)
            };
            let ((one, error), (other, more)) = (moments(&class), moments(&hosts));
            assert!((one - other).abs() < 4.0 * (error + more).sqrt(), "{n} hosts: {one} against {other}");
        }
    }
}

/// Share of `trials` trials in which the goal is reached, where an attempt works with chance
/// `open` and is made once; and the number of trials.
fn reached(terrain: &Terrain, open: f64, trials: u32) -> (f64, f64) {
    let (estate, campaign, evidence) =
        (estate(&[], &[]), campaign(Vec::new()), evidence(&[("T1001", 0.0, 0.0, 1e9)]));
    let setting =
        Setting { campaign: &campaign, playbook: None, evidence: &evidence, soc: &estate.soc, seed: Seed(3) };
    let mut contest = Contest::new(terrain, setting);
    contest.tells[0].prevented =
        crate::frailty::FrailtyTable::new(&crate::frailty::Frailty::new(1.0 - open, 1e9));
    let hits = contest.run(trials).iter().filter(|o| o.payload.is_some()).count();
    (hits as f64 / f64::from(trials), f64::from(trials))
}

fn assert_share(what: &str, (share, n): (f64, f64), exact: f64) {
    let sigma = (exact * (1.0 - exact) / n).sqrt();
    assert!((share - exact).abs() < 4.0 * sigma, "{what}: {share} against {exact}");
}

/// A terrain of two-way edges between numbered nodes, from node 0 to `goal`.
fn two_way(nodes: u32, edges: &[(u32, u32)], goal: u32) -> Terrain {
    let mut draft = draft(1);
    for i in 0..nodes {
        draft.node(&format!("v{i}"), Level::Control, 0, 1);
    }
    for (a, b) in edges {
        draft.attempt(*a, *b, 0, 0);
        draft.attempt(*b, *a, 0, 0);
    }
    draft.start(0);
    draft.goal(goal);
    draft.build().expect("whole")
}

#[test]
fn percolation_and_reliability() {
    // The bridge of five edges at 0.9 works with chance 0.97848. Only one direction of
    // an edge can ever matter to reaching, so two independent ones have the same law.
    let bridge = two_way(4, &[(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)], 3);
    assert_share("bridge", reached(&bridge, 0.9, 100_000), 0.978_48);

    // Bond percolation at 1/2 from left to right of a rectangle of n + 1 by n: exactly 1/2.
    let n = 8;
    let mut edges = Vec::new();
    let at = |x: u32, y: u32| 2 + x * n + y;
    let mut draft = draft(1);
    let (left, right) = (draft.node("left", Level::Control, 0, 1), draft.node("right", Level::Control, 0, 1));
    for i in 0..(n + 1) * n {
        draft.node(&format!("v{i}"), Level::Control, 0, 1);
    }
    for x in 0..=n {
        for y in 0..n {
            if x < n {
                edges.push((at(x, y), at(x + 1, y)));
            }
            // Edges within the two outer columns lie outside the rectangle of the theorem.
            if y + 1 < n && x > 0 && x < n {
                edges.push((at(x, y), at(x, y + 1)));
            }
        }
    }
    for (a, b) in edges {
        draft.attempt(a, b, 0, 0);
        draft.attempt(b, a, 0, 0);
    }
    for y in 0..n {
        draft.passage(left, at(0, y));
        draft.passage(at(n, y), right);
    }
    draft.start(left);
    draft.goal(right);
    let rectangle = draft.build().expect("whole");
    assert_share("rectangle", reached(&rectangle, 0.5, 50_000), 0.5);
}

#[test]
fn k_of_n_is_binomial() {
    for (need, exact) in [(1_u8, 0.784), (2, 0.352), (3, 0.064)] {
        let mut draft = draft(1);
        let start = draft.node("start", Level::Control, 0, 1);
        let goal = draft.node("goal", Level::Meeting, 0, need);
        for i in 0..3 {
            let middle = draft.node(&format!("m{i}"), Level::Control, 0, 1);
            draft.attempt(start, middle, 0, 0);
            draft.passage(middle, goal);
        }
        draft.start(start);
        draft.goal(goal);
        assert_share("k of n", reached(&draft.build().expect("whole"), 0.4, 50_000), exact);
    }
}

#[test]
fn reaching_agrees_with_brute_force_over_all_edge_states() {
    let chance = Chance::new(Seed(77), 0);
    for graph in 0..3_u32 {
        // Nine of the fifteen pairs of six nodes.
        let mut edges: Vec<(u32, u32)> = (0..6).flat_map(|a| (a + 1..6).map(move |b| (a, b))).collect();
        edges.sort_by_key(|(a, b)| {
            chance.bits(crate::chance::Entity(u64::from(graph)), crate::chance::Purpose::Size, a * 6 + b)
        });
        edges.truncate(9);
        let terrain = two_way(6, &edges, 5);
        let mut exact = 0.0;
        for state in 0..1_u32 << 9 {
            // Undirected states have the same law, see `percolation_and_reliability`.
            let mut held = 1_u32;
            loop {
                let before = held;
                for (_, (a, b)) in edges.iter().enumerate().filter(|(i, _)| state >> i & 1 == 1) {
                    if held >> a & 1 == 1 || held >> b & 1 == 1 {
                        held |= 1 << a | 1 << b;
                    }
                }
                if held == before {
                    break;
                }
            }
            if held >> 5 & 1 == 1 {
                exact +=
                    0.6_f64.powi(state.count_ones() as i32) * 0.4_f64.powi(9 - state.count_ones() as i32);
            }
        }
        assert_share("brute force", reached(&terrain, 0.6, 50_000), exact);
    }
}

fn generated(assets: u32) -> Terrain {
    let steps = (0..8)
        .map(|i| {
            let mut step = step(&format!("s{i}"), &format!("T10{:02}", i + 10), &[]);
            step.duration = Quantiles { q50: 20.0 + f64::from(i) * 10.0, q90: 200.0 };
            step
        })
        .collect();
    let plan = Plan { assets, seed: Seed(4), sensors: share(0.9), sites: Vec::new() };
    generate(&plan, &campaign(steps))
}

#[test]
fn arrival_times_are_those_of_repeated_relaxation() {
    // The same sampled times through the plainest algorithm there is: relax every edge
    // until nothing changes. AND takes the need-th smallest.
    let terrain = generated(300);
    let (campaign, evidence, estate) = (campaign(Vec::new()), evidence(&[]), estate(&[], &[]));
    let setting =
        Setting { campaign: &campaign, playbook: None, evidence: &evidence, soc: &estate.soc, seed: Seed(8) };
    let mut contest = Contest::new(&terrain, setting);
    for tell in &mut contest.tells {
        tell.prevented = crate::frailty::FrailtyTable::new(&crate::frailty::Frailty::new(0.0, 1.0));
    }
    contest.reaction = 0.0;
    let mut goalless = terrain.clone();
    goalless.goal = None;
    let mut whole = contest.clone();
    whole.terrain = &goalless;
    for trial in 0..5 {
        let mut chaser = Chaser::new(&whole);
        chaser.notes = Some(Vec::new());
        chaser.deaf = true;
        chaser.run(trial);
        let notes = chaser.notes.take().expect("asked for");
        let chance = Chance::new(Seed(8), trial);
        let start = *terrain
            .starts
            .iter()
            .max_by_key(|s| {
                chance.bits(terrain.nodes[**s as usize].entity(), crate::chance::Purpose::Target, 0)
            })
            .expect("starts");
        let arrival = relax(&whole, chance, start);
        let mut compared = 0;
        for (at, note) in notes {
            if let Note::Reached(node) = note {
                assert_eq!(arrival[node as usize], Some(at.0), "trial {trial}, node {node}");
                compared += 1;
            }
        }
        let timed = arrival.iter().flatten().filter(|t| **t < crate::engine::HORIZON.0).count();
        assert!(compared > 100 && timed > compared, "trial {trial}: {compared} of {timed}");
    }
}

fn relax(contest: &Contest<'_>, chance: Chance, start: u32) -> Vec<Option<u64>> {
    let terrain = contest.terrain;
    let mut arrival: Vec<Option<u64>> = vec![None; terrain.nodes.len()];
    arrival[start as usize] = Some(0);
    loop {
        let mut offers: Vec<Vec<u64>> = vec![Vec::new(); terrain.nodes.len()];
        for node in 0..terrain.nodes.len() as u32 {
            let Some(since) = arrival[node as usize] else { continue };
            for edge in &terrain.edges[terrain.row(node)] {
                let takes =
                    if edge.technique == PASSAGE { 0 } else { contest.takes(chance, *edge, 0, 0.0).0 };
                offers[edge.target as usize].push(since + takes);
            }
        }
        let mut next = arrival.clone();
        for (node, offers) in offers.iter_mut().enumerate().filter(|(n, _)| *n as u32 != start) {
            offers.sort_unstable();
            next[node] = offers.get(usize::from(terrain.nodes[node].need) - 1).copied();
        }
        if next == arrival {
            return arrival;
        }
        arrival = next;
    }
}

/// A setting in which both sides win now and then.
pub(super) fn balanced<T>(
    assets: u32,
    alerted: f64,
    cuts: &[(&str, Cut, Quantiles)],
    then: impl FnOnce(&Terrain, Setting<'_>) -> T,
) -> T {
    let terrain = generated(assets);
    let mut campaign = campaign(Vec::new());
    campaign.hands = 2;
    let playbook = playbook(cuts);
    let known: Vec<String> = (0..8).map(|i| format!("T10{:02}", i + 10)).collect();
    let known: Vec<(&str, f64, f64, f64)> = known.iter().map(|t| (t.as_str(), 0.1, alerted, 0.5)).collect();
    let evidence = evidence(&known);
    let mut estate = estate(&[], &[]);
    estate.soc = model::estate::Soc {
        analysts: 5,
        alerts_per_day: 190.0,
        triage_minutes: 30.0,
        escalation: share(0.8),
        as_urgent: Ratio::ONE,
        agree: 1,
        quiet: model::estate::QUIET,
    };
    let setting = Setting {
        campaign: &campaign,
        playbook: Some(&playbook),
        evidence: &evidence,
        soc: &estate.soc,
        seed: Seed(6),
    };
    then(&terrain, setting)
}

/// A cut of everything after an hour or two.
pub(super) const STOP: [(&str, Cut, Quantiles); 1] =
    [("stop", Cut::AllSites, Quantiles { q50: 60.0, q90: 120.0 })];

#[test]
fn the_terrain_keeps_to_its_memory() {
    for assets in [1_000, 20_000] {
        let terrain = generated(assets);
        let per_asset = terrain.edges() as f64 / f64::from(assets);
        assert!((7.0..9.0).contains(&per_asset), "{per_asset} edges an asset");
        assert!((terrain.assets() as f64 / f64::from(assets) - 1.0).abs() < 0.02, "{}", terrain.assets());
        assert_eq!(terrain.unreachable(), None);
        let own = balanced(assets, 0.1, &STOP, |terrain, setting| {
            let contest = Contest::new(terrain, setting);
            let mut chaser = Chaser::new(&contest);
            (0..20).for_each(|i| {
                chaser.run(i);
            });
            chaser.bytes()
        });
        // A cell a node at the least.
        assert!(own >= 8 * terrain.nodes(), "{own} for {} nodes", terrain.nodes());
        let limit = 16 * terrain.edges() + 64 * terrain.nodes() + 8 * terrain.nodes();
        assert!(terrain.bytes() + own <= limit, "{} + {own} of {limit}", terrain.bytes());
    }
}
