//! Metamorphic relations: what must hold between the answers to two questions that differ
//! in one known way, whatever the right figures are. Every relation is tried on every
//! world with common random numbers: trial `i` draws the same in both questions.
//!
//! Worlds: the built-in provider (both campaigns), the starter workspace, a small one
//! written here, and three that a generator makes.

mod counting;
mod defence;
mod evidence;
mod outflow;
mod recovery;
mod sameness;
mod worlds;

use self::worlds::World;
use model::impact::TrialImpact;
use model::trial::Trial;

/// Trials of a question.
const TRIALS: u32 = 800;

/// What came of a question.
pub(crate) struct Answer {
    pub(crate) trials: Vec<Trial>,
    pub(crate) impacts: Vec<TrialImpact>,
}

/// Asks the race and what it means for the tenants.
pub(crate) fn ask(world: &World) -> Answer {
    ask_for(world, TRIALS)
}

pub(crate) fn ask_for(world: &World, trials: u32) -> Answer {
    let trials = world.race().run(trials).trials;
    let impacts = continuity::impacts(&world.estate, &trials);
    Answer { trials, impacts }
}

impl Answer {
    pub(crate) fn payload(&self) -> Vec<bool> {
        self.trials.iter().map(|t| t.payload.is_some()).collect()
    }

    pub(crate) fn outflow(&self) -> Vec<bool> {
        self.trials.iter().map(|t| t.outflow.is_some()).collect()
    }

    /// Returns the person-hours lost in each trial, by whatever cause.
    pub(crate) fn loss(&self) -> Vec<u64> {
        self.impacts.iter().map(|i| i.attack.0 + i.containment.0).collect()
    }

    pub(crate) fn total(&self) -> u64 {
        self.loss().iter().sum()
    }
}

/// Returns a world like this one with something changed.
pub(crate) fn with(world: &World, change: impl FnOnce(&mut World)) -> World {
    let mut other = world.clone();
    change(&mut other);
    other
}

/// Tenants who all return at once without harm. With a warm-up their order and size decide
/// who waits how long, so that splitting or growing one changes the wait of others.
pub(crate) fn at_once(world: &World) -> World {
    with(world, |w| w.estate.services.iter_mut().for_each(|s| s.warm_up = None))
}

/// An attacker who never reacts to a visible cut: with a reaction, more defence may make
/// the payload fire early, and that mechanism is reported by name.
pub(crate) fn unmoved(world: &World) -> World {
    with(world, |w| w.campaign.reaction = model::quantity::Ratio::ZERO)
}

/// Fails unless something happens in `other` at most as often as in `base`. Trials are
/// paired, so only those in which exactly one of them has it count; their difference must
/// stay below three standard deviations of a fair coin, plus one.
pub(crate) fn no_more_often(base: &[bool], other: &[bool]) -> Result<(), String> {
    let gained = base.iter().zip(other).filter(|(b, o)| !**b && **o).count() as f64;
    let lost = base.iter().zip(other).filter(|(b, o)| **b && !**o).count() as f64;
    if gained - lost <= 1.0 + 3.0 * (gained + lost).sqrt() {
        return Ok(());
    }
    Err(format!("{gained} trials more and {lost} fewer of {}", base.len()))
}

/// Fails unless the second loss is at most the first, allowing 2 % for work that is queued
/// in another order (Graham 1969: with less to do a list schedule can end later).
pub(crate) fn no_larger(base: u64, other: u64) -> Result<(), String> {
    if other as f64 <= base as f64 * 1.02 + 1.0 { Ok(()) } else { Err(format!("{base} becomes {other}")) }
}

pub(crate) fn equal<T: PartialEq + std::fmt::Debug>(what: &str, left: &T, right: &T) -> Result<(), String> {
    if left == right {
        return Ok(());
    }
    let shown = |t: &T| format!("{t:?}").chars().take(400).collect::<String>();
    Err(format!("{what}: {} against {}", shown(left), shown(right)))
}

/// Tries a relation on every world and fails with all worlds in which it does not hold.
pub(crate) fn holds(relation: impl Fn(&World) -> Result<(), String>) {
    let broken: Vec<String> = worlds::all()
        .iter()
        .filter_map(|world| relation(world).err().map(|why| format!("{}: {why}", world.name)))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_worlds_are_worth_asking_in() {
    let worlds = worlds::all();
    assert!(worlds.len() >= 7, "{} worlds", worlds.len());
    for world in worlds {
        let answer = ask(world);
        let share = |flags: Vec<bool>| flags.iter().filter(|f| **f).count();
        let (payload, outflow) = (share(answer.payload()), share(answer.outflow()));
        let goal = payload.max(outflow);
        assert!((20..=790).contains(&goal), "{}: payload {payload}, outflow {outflow}", world.name);
        let declared = answer.trials.iter().filter(|t| t.declared.is_some()).count();
        assert!(declared > 100, "{}: declared {declared}", world.name);
        assert!(answer.total() > 0, "{}: nothing is lost", world.name);
    }
}
