//! One event-driven race.
//!
//! Events are handled by time. Where two fall on the same millisecond, a cut comes
//! before a step, and the rest is ordered by stable keys, never by the place of
//! something in a list.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use model::id::AssetId;
use model::quantity::{Millis, Seed};
use model::trial::{DownCause, Happening, Moment, Trial};

use crate::calendar;
use crate::chance::{Chance, Entity, Purpose};
use crate::course::Course;
use crate::defence::{Defence, Due};
use crate::isolation::{Isolation, Reaction};
use crate::lengths::Lengths;
use crate::outage::{FIRST, Fall, all_clear, relapse, returns};
use crate::span::normal_quantile;

/// The race is called off after this time: 30 days, longer than all but the rarest
/// dwell times of recent years (medians 4 to 16 days).
pub(crate) const HORIZON: Millis = Millis(30 * Millis::DAY.0);

/// What happens next. The order of the variants is the order within one millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// An action of the playbook is decided.
    Decided,
    /// An action of the playbook is done.
    Acted,
    /// An attempt at a step ends.
    StepEnds,
    /// An alert is raised.
    Raised,
    /// An analyst has looked at an alert.
    Looked,
    /// The quiet time of an incident may have passed.
    Quiet,
}

impl Event {
    /// All of them by their numbers.
    const ALL: [Self; 6] =
        [Self::Decided, Self::Acted, Self::StepEnds, Self::Raised, Self::Looked, Self::Quiet];
}

/// Where an instance of a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// What it needs is not done, or none of its assets can be reached.
    Idle,
    /// It can start since this moment.
    Ready(Millis),
    /// In progress.
    Running,
    /// Done, cut off, or given up.
    Over,
}

/// An instance of a step within a trial.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) phase: Phase,
    /// The asset worked on; meaningful once running.
    pub(crate) asset: usize,
    pub(crate) attempt: u32,
    /// Its place among those in progress; meaningful while running.
    pub(crate) place: usize,
    /// Whether it takes up one of the attacker's hands.
    pub(crate) handed: bool,
}

/// Which of two ready steps starts first, the smaller one: steps still to go to the
/// objective, since when it is ready, a draw.
pub(crate) type Rank = (u32, Millis, u64);

/// Bits of an [`Event`] beside its time.
const KIND_BITS: u32 = 3;

/// A queued event in the order of time, kind, stable key, then the instance or action and the
/// attempt: time and kind in one number, instance and attempt in another. Beyond the horizon
/// nothing is distinguished.
type Queued = (u64, u64, u64);

fn queued(at: Millis, event: Event, key: Entity, which: usize, attempt: u32) -> Reverse<Queued> {
    let at = at.min(HORIZON).0 << KIND_BITS | event as u64;
    Reverse((at, key.0, (which as u64) << 32 | u64::from(attempt)))
}

/// The changing state of one trial.
pub(crate) struct Run<'c, 'a> {
    pub(crate) course: &'c Course<'a>,
    seed: Seed,
    pub(crate) chance: Chance,
    queue: BinaryHeap<Reverse<Queued>>,
    pub(crate) progress: Vec<Progress>,
    /// Instances in [`Phase::Ready`], the first to start on top.
    pub(crate) ready: BinaryHeap<Reverse<(Rank, usize)>>,
    /// Instances in [`Phase::Running`], in no particular order.
    pub(crate) running: Vec<usize>,
    /// Hands in use.
    pub(crate) busy: usize,
    /// By step and site: whether an instance was done there.
    pub(crate) done_at: Vec<bool>,
    /// By step: whether any instance was done.
    pub(crate) done: Vec<bool>,
    /// By site: whether the attacker did a step there.
    pub(crate) reached: Vec<bool>,
    /// By asset: whether the attacker did a step there.
    pub(crate) touched: Vec<bool>,
    /// By site: whether it was taken off as a whole.
    pub(crate) off: Vec<bool>,
    pub(crate) isolation: Isolation,
    /// By identity: whether it is revoked, and whether its live sessions are ended too.
    pub(crate) revoked: Vec<(bool, bool)>,
    /// By asset: when and why it went down.
    pub(crate) down: Vec<Option<(Millis, DownCause)>>,
    pub(crate) defence: Defence<usize>,
    /// Factor on all times of the attacker in this trial.
    pub(crate) pace: f64,
    /// In which moment of the week the trial starts, if the attacker waits for one.
    pub(crate) week: Option<Millis>,
    pub(crate) reaction: Reaction,
    /// Ways on which data leaves and that are not stopped: step, asset, begin.
    pub(crate) flows: Vec<(usize, usize, Millis)>,
    /// What went down, for the returns.
    falls: Vec<Fall>,
    lengths: Lengths,
    pub(crate) trial: Trial,
    log: Option<Vec<Moment>>,
}

impl<'c, 'a> Run<'c, 'a> {
    /// Returns one ready to run trials, one after another with the same memory.
    pub(crate) fn new(course: &'c Course<'a>, seed: Seed) -> Self {
        let idle = Progress { phase: Phase::Idle, asset: 0, attempt: 0, place: 0, handed: false };
        let (sites, assets) = (course.sites(), course.grounds.len());
        Self {
            course,
            seed,
            chance: Chance::new(seed, 0),
            queue: BinaryHeap::new(),
            progress: vec![idle; course.slots.len()],
            ready: BinaryHeap::new(),
            running: Vec::new(),
            busy: 0,
            done_at: vec![false; course.stages.len() * sites],
            done: vec![false; course.stages.len()],
            reached: vec![false; sites],
            touched: vec![false; assets],
            off: vec![false; sites],
            isolation: Isolation::default(),
            revoked: vec![(false, false); course.identities.len()],
            down: vec![None; assets],
            defence: Defence::new(),
            pace: 1.0,
            week: None,
            reaction: Reaction::default(),
            flows: Vec::new(),
            falls: Vec::new(),
            lengths: Lengths::default(),
            trial: Trial::default(),
            log: None,
        }
    }

    /// Runs trial `index`.
    pub(crate) fn race(&mut self, index: u32) -> Trial {
        self.reset(index);
        self.open_first();
        while let Some(Reverse((head, _, tail))) = self.queue.pop() {
            let (at, which, attempt) = (Millis(head >> KIND_BITS), (tail >> 32) as usize, tail as u32);
            if at >= HORIZON {
                // What is only looked at or waited for does not keep the race going.
                if !self.running.is_empty() || !self.defence.is_idle() {
                    self.trial.end = HORIZON;
                }
                break;
            }
            match Event::ALL[(head & ((1 << KIND_BITS) - 1)) as usize] {
                Event::Decided => self.defence.decided(self.course.rules(), self.chance, which, at),
                Event::Acted => self.acted(which, at),
                Event::StepEnds => self.step_ends(which, attempt, at),
                Event::Raised => self.raised(which, attempt, at),
                Event::Looked => self.looked(which, attempt, at),
                Event::Quiet => self.quiet(at),
            }
            self.schedule();
        }
        self.finish()
    }

    /// Runs trial `index` and tells what happened. The outcome is that of [`Self::race`].
    pub(crate) fn told(&mut self, index: u32) -> (Trial, Vec<Moment>) {
        self.log = Some(Vec::new());
        let trial = self.race(index);
        (trial, self.log.take().unwrap_or_default())
    }

    fn reset(&mut self, index: u32) {
        let (course, manner) = (self.course, &self.course.campaign.manner);
        self.chance = Chance::new(self.seed, index);
        self.queue.clear();
        self.progress.fill(Progress { phase: Phase::Idle, asset: 0, attempt: 0, place: 0, handed: false });
        self.ready.clear();
        self.running.clear();
        self.busy = 0;
        for flags in [&mut self.done_at, &mut self.done, &mut self.reached, &mut self.touched, &mut self.off]
        {
            flags.fill(false);
        }
        self.isolation.reset(&course.parts);
        self.revoked.fill((false, false));
        self.down.fill(None);
        self.defence.reset(course.rules());
        self.pace = pace(course, self.chance);
        let waits = self.chance.uniform(course.entity, Purpose::OffHours, 0) < manner.off_hours.get();
        self.week = waits.then(|| calendar::start(self.chance, course.entity));
        self.reaction = Reaction::default();
        self.flows.clear();
        self.trial = Trial { index, ..Trial::default() };
    }

    /// Queues an event.
    pub(crate) fn queue(&mut self, at: Millis, event: Event, key: Entity, which: usize, attempt: u32) {
        self.queue.push(queued(at, event, key, which, attempt));
    }

    /// Queues what the defenders come to next.
    fn schedule(&mut self) {
        let (course, queue) = (self.course, &mut self.queue);
        self.defence.take_due(course.rules(), |at, due| {
            let (event, key, which) = match due {
                Due::Decided(action) => (Event::Decided, course.plan.replies[action].entity, action),
                Due::Acted(action) => (Event::Acted, course.plan.replies[action].entity, action),
                Due::Quiet => (Event::Quiet, course.entity, 0),
            };
            queue.push(queued(at, event, key, which, 0));
        });
    }

    /// Adds to the log, if there is one, what `happening` returns.
    pub(crate) fn tell(&mut self, at: Millis, happening: impl FnOnce(&Self) -> Happening) {
        if self.log.is_some() {
            let happening = happening(self);
            if let Some(log) = &mut self.log {
                log.push(Moment { at, happening });
            }
        }
    }

    /// Records that the race was still on at `at`.
    pub(crate) fn still_on(&mut self, at: Millis) {
        self.trial.end = self.trial.end.max(at);
    }

    /// Returns the id of an asset.
    pub(crate) fn asset_id(&self, asset: usize) -> AssetId {
        self.course.estate.assets[asset].id.clone()
    }

    fn finish(&mut self) -> Trial {
        self.stop_flows(HORIZON, |_, _, _| true);
        let (chance, course, grounds) = (self.chance, self.course, &self.course.grounds);
        let mut trial = std::mem::take(&mut self.trial);
        (trial.declared, trial.contained) = (self.defence.declared, self.defence.contained);
        trial.closed = self.defence.closed(course.rules());
        let (falls, lengths) = (&mut self.falls, &mut self.lengths);
        falls.clear();
        for ((asset, fallen), touched) in self.down.iter().enumerate().zip(&self.touched) {
            if let Some((at, cause)) = *fallen {
                falls.push(Fall { asset, at, cause, touched: *touched });
            }
        }
        trial.clear = all_clear(course.estate, grounds, falls, self.defence.acted, course.rules().quiet);
        let touched = |site: usize| self.reached[site];
        trial.relapse = relapse(chance, course.estate, grounds, (falls, lengths), touched);
        falls.sort_unstable_by_key(|f| (f.at, f.asset));
        trial.down = returns(chance, grounds, falls, FIRST, lengths);
        let reached = self.reached.iter().filter(|r| **r).count();
        trial.sites_reached = u16::try_from(reached).unwrap_or(u16::MAX);
        let places = (0..self.touched.len()).filter(|a| self.touched[*a]);
        trial.reached = places.map(|a| a as u32).collect();
        trial.leaks.sort_by_key(|l| (l.from, l.asset));
        trial
    }
}

/// Returns the factor on all times of a trial: `exp(-skill theta)` with a standard normal theta.
pub(crate) fn pace(course: &Course<'_>, chance: Chance) -> f64 {
    let skill = course.campaign.manner.skill;
    if skill == 0.0 || !skill.is_finite() {
        return 1.0;
    }
    libm::exp(-skill.clamp(0.0, 10.0) * normal_quantile(chance.uniform(course.entity, Purpose::Skill, 0)))
}
