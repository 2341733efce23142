//! Random graphs whose giant component has a known size, walked by the engine.

use model::quantity::Seed;

use super::ground::draft;
use super::stand::{campaign, estate, evidence};
use crate::chance::{Chance, Entity, Purpose};
use crate::frailty::{Frailty, FrailtyTable};
use crate::terrain::{Level, Terrain};
use crate::{Contest, Setting};

/// Returns the two-way graph of these edges, entered at node 0.
fn graph(nodes: u32, edges: &[(u32, u32)]) -> Terrain {
    let mut draft = draft(1);
    for i in 0..nodes {
        draft.node(&format!("v{i}"), Level::Control, 0, 1);
    }
    for (a, b) in edges {
        draft.attempt(*a, *b, 0, 0);
        draft.attempt(*b, *a, 0, 0);
    }
    draft.start(0);
    draft.build().expect("whole")
}

/// Returns the share of nodes held at the end of each of `trials` trials, where an edge
/// works with chance `open`. An edge is tried in the direction first needed; the other
/// direction is tried only on a node held already, so the law is that of one state an edge.
fn held(terrain: &Terrain, open: f64, trials: u32) -> Vec<f64> {
    let (estate, campaign, evidence) =
        (estate(&[], &[]), campaign(Vec::new()), evidence(&[("T1001", 0.0, 0.0, 1e9)]));
    let setting = Setting {
        campaign: &campaign,
        playbook: None,
        evidence: &evidence,
        soc: &estate.soc,
        seed: Seed(12),
    };
    let mut contest = Contest::new(terrain, setting);
    contest.tells[0].prevented = FrailtyTable::new(&Frailty::new(1.0 - open, 1e9));
    let nodes = terrain.nodes() as f64;
    contest.run(trials).iter().map(|o| f64::from(o.held) / nodes).collect()
}

fn number(chance: Chance, counter: u32, below: u32) -> u32 {
    (((chance.bits(Entity(5), Purpose::Size, counter) >> 32) * u64::from(below)) >> 32) as u32
}

/// Asserts mean and standard error of independent shares; the law holds for many nodes,
/// and what a finite graph adds is of the order of one node.
fn assert_mean(what: &str, values: &[f64], exact: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let error = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
    assert!((mean - exact).abs() < 4.0 * error, "{what}: {mean} against {exact}, error {error}");
    assert!(error < 0.01, "{what}: {error} says nothing");
}

/// G(n, 2/n): the giant component has the share s = 1 - exp(-2 s) = 0.796812 of the nodes
/// (Erdős and Rényi 1960), which is also the chance that a node belongs to it.
#[test]
fn the_giant_component_of_a_random_graph() {
    let nodes = 3_000_u32;
    let (mut giant, mut inside) = (Vec::new(), Vec::new());
    for copy in 0..150 {
        let chance = Chance::new(Seed(2), copy);
        // Pairs at geometric distances in the list of all pairs are a Bernoulli draw of each.
        let (mut edges, mut place, mut draw) = (Vec::new(), -1_i64, 0_u32);
        let all = i64::from(nodes) * i64::from(nodes - 1) / 2;
        loop {
            let u = chance.uniform(Entity(6), Purpose::Size, draw);
            draw += 1;
            place += 1 + ((1.0 - u).ln() / (-2.0 / f64::from(nodes)).ln_1p()) as i64;
            if place >= all {
                break;
            }
            let high = ((1.0 + (1.0 + 8.0 * place as f64).sqrt()) / 2.0).floor() as i64;
            edges.push((high as u32, (place - high * (high - 1) / 2) as u32));
        }
        let share = held(&graph(nodes, &edges), 1.0, 1)[0];
        assert!(!(0.05..0.6).contains(&share), "neither a giant nor a crumb: {share}");
        inside.push(f64::from(u8::from(share > 0.3)));
        giant.extend((share > 0.3).then_some(share));
    }
    assert_mean("share", &giant, 0.796_812);
    let count = inside.iter().sum::<f64>();
    let sigma = (150.0_f64 * 0.796_812 * 0.203_188).sqrt();
    assert!((count - 150.0 * 0.796_812).abs() < 4.0 * sigma, "{count} of 150 starts inside");
}

/// Bond percolation on a random cubic graph: the threshold is 1/(d - 1) = 1/2, and above it
/// a node belongs to the giant component with 1 - q^3, q = (1 - p) / p.
#[test]
fn the_threshold_of_a_random_regular_graph() {
    let nodes = 3_000_u32;
    for (open, exact) in [(0.4, None), (0.6, Some(1.0 - (2.0_f64 / 3.0).powi(3))), (0.75, Some(26.0 / 27.0))]
    {
        let mut giant = Vec::new();
        for copy in 0..40 {
            let chance = Chance::new(Seed(31), copy);
            // Three stubs a node, shuffled and joined in pairs.
            let mut stubs: Vec<u32> = (0..nodes * 3).map(|s| s / 3).collect();
            for i in (1..stubs.len()).rev() {
                stubs.swap(i, number(chance, i as u32, i as u32 + 1) as usize);
            }
            let edges: Vec<(u32, u32)> =
                stubs.chunks(2).map(|pair| (pair[0], pair[1])).filter(|(a, b)| a != b).collect();
            let shares = held(&graph(nodes, &edges), open, 3);
            match exact {
                None => assert!(shares.iter().all(|s| *s < 0.1), "a giant below the threshold: {shares:?}"),
                Some(_) => giant.extend(shares.first().copied().filter(|s| *s > 0.3)),
            }
        }
        if let Some(exact) = exact {
            assert!(giant.len() > 15, "{} of 40 starts inside at {open}", giant.len());
            assert_mean(&format!("open {open}"), &giant, exact);
        }
    }
}
