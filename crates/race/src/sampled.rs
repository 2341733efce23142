//! The times drawn in one trial and what the engine makes of them. No verb needs it: it is
//! what `scripts/check-arrival-times` lets SciPy and NetworkX compute over again.

use model::quantity::Millis;

use crate::chance::Chance;
use crate::chase::{Chaser, Note};
use crate::contest::{Contest, Setting};
use crate::frailty::{Frailty, FrailtyTable};
use crate::terrain::{PASSAGE, Terrain};

/// One trial without defenders, without limit of hands and without a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sampled {
    /// The node held at the start.
    pub start: u32,
    /// By node: how many edges into it must be done.
    pub needs: Vec<u8>,
    /// Edges: source, target, milliseconds.
    pub edges: Vec<(u32, u32, u64)>,
    /// When the engine reached nodes by attempts, in its order.
    pub reached: Vec<(u32, Millis)>,
}

/// Returns the times of trial `index` and when each node is reached; nothing is prevented.
pub fn sampled(terrain: &Terrain, setting: Setting<'_>, index: u32) -> Option<Sampled> {
    let mut goalless = terrain.clone();
    goalless.goal = None;
    let mut contest = Contest::new(&goalless, setting);
    contest.hands = usize::MAX;
    for tell in &mut contest.tells {
        tell.prevented = FrailtyTable::new(&Frailty::new(0.0, 1.0));
    }
    let mut chaser = Chaser::new(&contest);
    chaser.notes = Some(Vec::new());
    chaser.deaf = true;
    let start = chaser.start_of(index)?;
    chaser.run(index);
    let reached = chaser.notes.take().into_iter().flatten().filter_map(|(at, note)| match note {
        Note::Reached(node) => Some((node, at)),
        _ => None,
    });
    let reached = reached.collect();
    let chance = Chance::new(setting.seed, index);
    let stretch = contest.stretch(chance);
    let mut edges = Vec::with_capacity(goalless.edges.len());
    for node in 0..goalless.nodes.len() as u32 {
        for edge in &goalless.edges[goalless.row(node)] {
            let takes =
                if edge.technique == PASSAGE { 0 } else { contest.takes(chance, *edge, 0, stretch).0 };
            edges.push((node, edge.target, takes));
        }
    }
    let needs = goalless.nodes.iter().map(|n| n.need).collect();
    Some(Sampled { start, needs, edges, reached })
}
