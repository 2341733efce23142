//! One race on a terrain.
//!
//! Costs follow what the attacker touched: a node's state counts only if it bears
//! the number of the trial, so nothing is cleared between two trials.

mod defended;
mod told;

use model::manner::Policy;
use model::quantity::Millis;

use crate::calendar;
use crate::chance::{Chance, Entity, Purpose};
use crate::contest::Contest;
use crate::defence::Defence;
use crate::engine::HORIZON;
use crate::heap::{Entry, Heap};
use crate::isolation::{Isolation, Reaction};
use crate::terrain::{Edge, Level, PASSAGE};

pub use told::{Note, Outcome};

/// Bits of an edge's number beside that of the attempt.
const EDGE_BITS: u32 = 28;
const EDGE_MASK: u32 = (1 << EDGE_BITS) - 1;

// What happens next, in the order within one millisecond.
const DECIDED: u64 = 0;
const ACTED: u64 = 1;
const ENDS: u64 = 2;
const RAISED: u64 = 3;
const LOOKED: u64 = 4;
const FIRES: u64 = 5;
const QUIET: u64 = 6;
/// Bits of what happens beside the time.
const KIND_BITS: u32 = 3;

/// The state of a node; counts only if `epoch` is the trial's.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    epoch: u32,
    met: u16,
    held: bool,
}

/// An alert on its way.
#[derive(Debug, Clone, Copy)]
struct Alarm {
    entity: Entity,
    node: u32,
}

/// A host as the defenders know it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Host {
    asset: u64,
    place: u32,
}

/// Runs races on one contest, one after another, with the same memory.
#[derive(Debug)]
pub struct Chaser<'c, 'a> {
    contest: &'c Contest<'a>,
    chance: Chance,
    stretch: f64,
    epoch: u32,
    cells: Vec<Cell>,
    queue: Heap,
    ready: Heap,
    /// Loads of attempts in progress, with few hands only.
    running: Vec<u32>,
    alarms: Vec<Alarm>,
    isolation: Isolation,
    cut_assets: Vec<u64>,
    any_cut: bool,
    reached: Vec<bool>,
    arrivals: Vec<u32>,
    defence: Defence<Host>,
    reaction: Reaction,
    over: bool,
    /// Nobody looks at alerts.
    pub(crate) deaf: bool,
    outcome: Outcome,
    /// What happened, where somebody asked.
    pub(crate) notes: Option<Vec<(Millis, Note)>>,
}

impl<'c, 'a> Chaser<'c, 'a> {
    /// Returns one ready to run trials.
    pub fn new(contest: &'c Contest<'a>) -> Self {
        let terrain = contest.terrain;
        Self {
            contest,
            chance: Chance::new(contest.seed, 0),
            stretch: 0.0,
            epoch: 0,
            cells: vec![Cell::default(); terrain.nodes.len()],
            queue: Heap::default(),
            ready: Heap::default(),
            running: Vec::new(),
            alarms: Vec::new(),
            isolation: Isolation::default(),
            cut_assets: Vec::new(),
            any_cut: false,
            reached: vec![false; terrain.sites.len()],
            arrivals: Vec::new(),
            defence: Defence::new(),
            reaction: Reaction::default(),
            over: false,
            deaf: false,
            outcome: Outcome::default(),
            notes: None,
        }
    }

    /// Returns the memory of its own, in bytes.
    pub fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Cell>() + self.queue.bytes() + self.ready.bytes()
    }

    /// Runs trial `index`.
    pub fn run(&mut self, index: u32) -> Outcome {
        self.reset(index);
        if let Some(start) = self.pick_start() {
            self.arrive(start, Millis(0));
            self.assign(Millis(0));
        }
        while let Some(entry) = self.queue.pop() {
            let at = Millis(entry.key >> KIND_BITS);
            if at >= HORIZON {
                self.outcome.end = HORIZON;
                break;
            }
            match entry.key & ((1 << KIND_BITS) - 1) {
                DECIDED => {
                    self.defence.decided(self.contest.rules(), self.chance, entry.load as usize, at);
                }
                ACTED => self.acted(entry.load as usize, at),
                ENDS => self.ends(entry.load, at),
                RAISED => self.raised(entry.load as usize, at),
                LOOKED => self.looked(entry.load as usize, at),
                QUIET => {
                    self.defence.quiet(self.contest.rules(), at);
                }
                _ => self.fires(at, false),
            }
            self.schedule();
            if self.over {
                break;
            }
        }
        (self.outcome.declared, self.outcome.contained) = (self.defence.declared, self.defence.contained);
        self.outcome
    }

    /// Returns the node held at the start of a trial.
    pub(crate) fn start_of(&mut self, index: u32) -> Option<u32> {
        self.reset(index);
        self.pick_start()
    }

    fn reset(&mut self, index: u32) {
        let contest = self.contest;
        self.chance = Chance::new(contest.seed, index);
        self.stretch = contest.stretch(self.chance);
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            // After 2^32 trials the numbers begin anew, and old marks must not count.
            self.cells.fill(Cell::default());
            self.epoch = 1;
        }
        self.queue.clear();
        self.ready.clear();
        self.running.clear();
        self.alarms.clear();
        self.isolation.reset(&contest.parts);
        self.cut_assets.clear();
        self.any_cut = false;
        self.reached.fill(false);
        self.defence.reset(contest.rules());
        self.reaction = Reaction::default();
        self.over = false;
        self.outcome = Outcome::default();
        if let Some(notes) = &mut self.notes {
            notes.clear();
        }
    }

    fn note(&mut self, at: Millis, note: Note) {
        if let Some(notes) = &mut self.notes {
            notes.push((at, note));
        }
    }

    fn pick_start(&self) -> Option<u32> {
        let terrain = self.contest.terrain;
        let drawn = |node: &u32| self.chance.bits(terrain.nodes[*node as usize].entity(), Purpose::Target, 0);
        terrain.starts.iter().copied().max_by_key(drawn)
    }

    fn push(&mut self, at: Millis, kind: u64, tie: Entity, load: u32) {
        push(&mut self.queue, at, kind, tie, load);
    }

    /// Counts an edge into `node` as done, and everything that follows at that moment.
    fn arrive(&mut self, node: u32, at: Millis) {
        let contest = self.contest;
        let terrain = contest.terrain;
        // What can be entered at once is entered in the order of discovery.
        self.arrivals.push(node);
        while let Some(node) = self.arrivals.pop() {
            let fixed = &terrain.nodes[node as usize];
            let cell = &mut self.cells[node as usize];
            if cell.epoch != self.epoch {
                *cell = Cell { epoch: self.epoch, met: 0, held: false };
            }
            cell.met = cell.met.saturating_add(1);
            if cell.held || cell.met < u16::from(fixed.need) {
                continue;
            }
            cell.held = true;
            self.outcome.held += 1;
            self.outcome.controlled += u32::from(fixed.level == Level::Control as u8);
            self.reached[usize::from(terrain.places[fixed.place as usize].site)] = true;
            if terrain.goal == Some(node) {
                self.ripe(at);
            }
            let row = terrain.row(node);
            self.outcome.touched += row.len() as u32;
            for (number, edge) in row.clone().zip(&terrain.edges[row]) {
                if edge.technique == PASSAGE {
                    self.arrivals.push(edge.target);
                } else if contest.hands == usize::MAX {
                    self.launch(number, *edge, 0, at);
                } else {
                    self.offer(number, *edge, at);
                }
            }
        }
    }

    /// Starts an attempt on an edge.
    fn launch(&mut self, number: usize, edge: Edge, attempt: u32, at: Millis) {
        let takes = self.contest.takes(self.chance, edge, attempt, self.stretch);
        self.push(at.saturating_add(takes), ENDS, edge.entity, (attempt << EDGE_BITS) | number as u32);
    }

    /// Puts an attempt among those that wait for a hand.
    fn offer(&mut self, number: usize, edge: Edge, at: Millis) {
        let contest = self.contest;
        let drawn = self.chance.bits(edge.entity, Purpose::Order, 0);
        let key = match contest.policy {
            Policy::Goal => {
                (u64::from(contest.terrain.nodes[edge.target as usize].distance) << 40)
                    | at.0.min((1 << 40) - 1)
            }
            Policy::Breadth => at.0,
            Policy::Random => drawn >> 32,
        };
        self.ready.push(Entry { key, tie: drawn as u32, load: number as u32 });
    }

    /// Gives free hands to attempts that wait.
    fn assign(&mut self, at: Millis) {
        let terrain = self.contest.terrain;
        while self.running.len() < self.contest.hands {
            let Some(entry) = self.ready.pop() else { return };
            let edge = entry.load as usize;
            if self.is_held(terrain.edges[edge].target) || self.is_cut(edge) {
                continue;
            }
            self.running.push(entry.load);
            self.launch(edge, terrain.edges[edge], 0, at);
        }
    }

    fn is_held(&self, node: u32) -> bool {
        let cell = self.cells[node as usize];
        cell.epoch == self.epoch && cell.held
    }

    /// Returns whether an edge is closed: its source or its target is off the network.
    fn is_cut(&self, edge: usize) -> bool {
        self.any_cut
            && (self.is_off(self.contest.terrain.edges[edge].target)
                || self.is_off(self.contest.terrain.source(edge)))
    }

    fn is_off(&self, node: u32) -> bool {
        let node = &self.contest.terrain.nodes[node as usize];
        self.host_is_off(Host { asset: node.asset, place: node.place })
    }

    fn host_is_off(&self, host: Host) -> bool {
        self.isolation.is_cut(host.place as usize) || self.cut_assets.contains(&host.asset)
    }

    /// Handles the end of an attempt, which may be prevented and may be seen.
    fn ends(&mut self, load: u32, at: Millis) {
        let contest = self.contest;
        let (edge, attempt) = ((load & EDGE_MASK) as usize, load >> EDGE_BITS);
        let few = contest.hands != usize::MAX;
        if few {
            // An attempt that was cut off has left its hand already.
            let Some(place) = self.running.iter().position(|r| *r == load) else { return };
            self.running.swap_remove(place);
        }
        let written = contest.terrain.edges[edge];
        if self.is_held(written.target) || (!few && self.is_cut(edge)) {
            self.assign(at);
            return;
        }
        self.outcome.end = at;
        self.outcome.attempts += 1;
        if self.is_prevented(written, attempt, at) {
            let again = attempt < contest.retries;
            self.note(at, Note::Prevented(written.target, again));
            if again {
                if few {
                    self.running.push(((attempt + 1) << EDGE_BITS) | edge as u32);
                }
                self.launch(edge, written, attempt + 1, at);
            }
        } else {
            self.note(at, Note::Reached(written.target));
            self.arrive(written.target, at);
        }
        self.assign(at);
    }

    /// Queues the alert that an attempt causes, if any, and returns whether it is prevented.
    fn is_prevented(&mut self, edge: Edge, attempt: u32, at: Millis) -> bool {
        let Edge { entity, target, technique, .. } = edge;
        let contest = self.contest;
        let node = &contest.terrain.nodes[target as usize];
        let group = contest.group[node.place as usize];
        let (prevented, alerted) = contest.chances(self.chance, technique, group);
        let place = &contest.terrain.places[node.place as usize];
        let own = self.chance.uniform(entity, Purpose::Alerted, attempt);
        let prevention = self.chance.uniform(entity, Purpose::Prevented, attempt);
        let seen = own < alerted && !self.deaf;
        if seen && self.chance.uniform(Entity(node.asset), Purpose::Sensor, 0) < place.sensors.get() {
            let bits = self.chance.bits(entity, Purpose::Delay, attempt);
            let delay = contest.tells[usize::from(technique)].delay.at(&contest.normal, bits, 0.0);
            let alarm = entity.part(attempt);
            let number = self.alarms.len() as u32;
            self.alarms.push(Alarm { entity: alarm, node: target });
            self.push(at.saturating_add(delay), RAISED, alarm, number);
        }
        prevention < prevented
    }

    /// Lets the attacker fire early, once there is something to fire: part of what the
    /// goal needs is held.
    fn react(&mut self, at: Millis) {
        let Some(goal) = self.contest.terrain.goal else { return };
        let cell = self.cells[goal as usize];
        let armed = cell.epoch == self.epoch && cell.met > 0;
        if !self.reaction.is_open() || !armed {
            return;
        }
        if self.reaction.fires(self.chance, self.contest.campaign, self.contest.reaction) {
            self.fires(at, true);
        }
    }

    /// The goal is reached: the payload fires at once, or when nobody is in the office.
    fn ripe(&mut self, at: Millis) {
        let campaign = self.contest.campaign;
        let waits = self.contest.off_hours > 0.0
            && self.chance.uniform(campaign, Purpose::OffHours, 0) < self.contest.off_hours;
        let until = || calendar::until_off_hours(calendar::start(self.chance, campaign), at);
        let wait = if waits { until() } else { Millis(0) };
        if wait == Millis(0) {
            self.fires(at, false);
        } else {
            self.push(at.saturating_add(wait), FIRES, campaign, 0);
        }
    }

    fn fires(&mut self, at: Millis, early: bool) {
        let gone = self.contest.terrain.goal.is_none_or(|g| self.is_off(g));
        if gone && !early {
            return;
        }
        self.outcome.payload = Some(at);
        self.outcome.early = early;
        self.outcome.end = at;
        self.note(at, Note::Payload(early));
        self.over = true;
    }
}

fn push(queue: &mut Heap, at: Millis, kind: u64, tie: Entity, load: u32) {
    // Beyond the horizon nothing counts; the shift must not lose bits either.
    if at < HORIZON {
        queue.push(Entry { key: (at.0 << KIND_BITS) | kind, tie: (tie.0 >> 32) as u32, load });
    } else {
        queue.push(Entry { key: HORIZON.0 << KIND_BITS, tie: 0, load: 0 });
    }
}
