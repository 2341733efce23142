//! Large worlds: what a race takes grows with its steps and not with their square.

use model::campaign::{Effect, Selector, Spread, Step};
use model::estate::Asset;
use model::id::AssetId;
use model::quantity::Seed;

use super::stand::{campaign, estate, minutes, step};
use crate::Race;

/// Assets of the role that two steps of the campaign are done on, one by one.
const ASSETS: usize = 8_000;

/// A tick of the slowest usual scheduler clock, 100 Hz, in nanoseconds.
#[cfg(target_os = "linux")]
const TICK: u64 = 10_000_000;

fn each(step: Step) -> Step {
    let targets = Selector { role: Some("node".to_owned()), ..Selector::default() };
    Step { targets, spread: Spread::PerAsset, duration: minutes(1.0, 3.0), ..step }
}

/// Races on so many assets; returns the processor time of the thread in nanoseconds
/// (Linux, `Documentation/scheduler/sched-stats.rst`: the first number of `schedstat`).
fn races(assets: usize, hands: u8) -> u64 {
    let mut world = estate(&["north", "south"], &["node"]);
    let kinds = world.assets.clone();
    let made = |n: usize| {
        let id = AssetId::new(&format!("node-{n}")).expect("a valid asset id");
        Asset { id, ..kinds[n % kinds.len()].clone() }
    };
    world.assets = (0..assets).map(made).collect();
    let mut attack = campaign(vec![
        each(step("spread", "T1021.002", &[])),
        Step { effect: Effect::Encrypt, ..each(step("encrypt", "T1486", &["spread"])) },
    ]);
    attack.hands = hands;
    let evidence = Default::default();
    let (playbook, seed) = (None, Seed(1));
    let race = Race { estate: &world, campaign: &attack, playbook, evidence: &evidence, seed };
    let used = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
        text.split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect("a number")
    };
    let before = used();
    // On this very thread, whose time is taken.
    for trial in (0..3).map(|index| race.trace(index).trial) {
        assert_eq!(trial.down.len(), assets, "every asset is encrypted, with {hands} hands");
    }
    used() - before
}

/// A scan of all ready steps, of all assets, or of all those in progress for each single
/// step would take 64 times as long for eight times as many.
#[test]
#[cfg(target_os = "linux")]
fn what_a_race_takes_grows_with_its_steps() {
    for hands in [0, 3] {
        let (few, many) = (races(ASSETS / 8, hands), races(ASSETS, hands));
        // What is shorter than a tick of the scheduler may be told as nothing.
        assert!(
            many < 24 * few.max(TICK),
            "{hands} hands: {few} ns for {}, {many} ns for {ASSETS} assets",
            ASSETS / 8
        );
    }
}
