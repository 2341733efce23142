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
use crate::outage::{Fall, down, relapse};
use crate::response::{Move, Response};
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
    /// Whether it takes up one of the attacker's hands.
    pub(crate) handed: bool,
}

/// A queued event: time, kind, stable key, then the instance or action and the attempt.
type Queued = (Millis, Event, Entity, usize, u32);

/// The changing state of one trial.
pub(crate) struct Run<'c, 'a> {
    pub(crate) course: &'c Course<'a>,
    pub(crate) chance: Chance,
    queue: BinaryHeap<Reverse<Queued>>,
    pub(crate) progress: Vec<Progress>,
    /// Instances in [`Phase::Ready`], in no particular order.
    pub(crate) ready: Vec<usize>,
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
    /// By asset: whether an alert was raised there.
    pub(crate) alerted: Vec<bool>,
    /// By site: whether it was taken off as a whole.
    pub(crate) off: Vec<bool>,
    /// By asset: whether the defence took it off.
    pub(crate) cut: Vec<bool>,
    /// By identity: whether it is revoked, and whether its live sessions are ended too.
    pub(crate) revoked: Vec<(bool, bool)>,
    /// By asset: when and why it went down.
    pub(crate) down: Vec<Option<(Millis, DownCause)>>,
    pub(crate) response: Response,
    /// Factor on all times of the attacker in this trial.
    pub(crate) pace: f64,
    /// In which moment of the week the trial starts, if the attacker waits for one.
    pub(crate) week: Option<Millis>,
    /// The asset whose alert led to the declaration.
    pub(crate) source: Option<usize>,
    /// Assets whose alerts were escalated before the declaration.
    pub(crate) agreed: Vec<usize>,
    /// The attacker has seen a partial containment and made up its mind.
    pub(crate) reacted: bool,
    pub(crate) trial: Trial,
    log: Option<Vec<Moment>>,
}

impl<'c, 'a> Run<'c, 'a> {
    /// Runs trial `index`; with `log` it also tells what happened. The outcome is the same either way.
    pub(crate) fn race(course: &'c Course<'a>, seed: Seed, index: u32, log: bool) -> (Trial, Vec<Moment>) {
        let mut run = Self::start(course, seed, index, log);
        run.open_first();
        while let Some(Reverse((at, event, _, which, attempt))) = run.queue.pop() {
            if at >= HORIZON {
                run.trial.end = HORIZON;
                break;
            }
            match event {
                Event::Decided => {
                    run.response.decided(&course.replies, run.chance, which, at);
                    run.schedule();
                }
                Event::Acted => run.acted(which, at),
                Event::StepEnds => run.step_ends(which, attempt, at),
                Event::Raised => run.raised(which, attempt, at),
                Event::Looked => run.looked(which, attempt, at),
            }
        }
        run.finish()
    }

    fn start(course: &'c Course<'a>, seed: Seed, index: u32, log: bool) -> Self {
        let (sites, assets) = (course.sites(), course.grounds.len());
        let (chance, manner) = (Chance::new(seed, index), &course.campaign.manner);
        let mut response = Response::default();
        response.reset(&course.replies, course.playbook.and_then(|p| p.crews));
        let waits = chance.uniform(course.entity, Purpose::OffHours, 0) < manner.off_hours.get();
        let week = waits.then(|| calendar::start(chance, course.entity));
        let idle = Progress { phase: Phase::Idle, asset: 0, attempt: 0, handed: false };
        Self {
            course,
            chance,
            queue: BinaryHeap::new(),
            progress: vec![idle; course.slots.len()],
            ready: Vec::new(),
            busy: 0,
            done_at: vec![false; course.stages.len() * sites],
            done: vec![false; course.stages.len()],
            reached: vec![false; sites],
            alerted: vec![false; assets],
            off: vec![false; sites],
            cut: vec![false; assets],
            revoked: vec![(false, false); course.identities.len()],
            down: vec![None; assets],
            response,
            pace: pace(course, chance),
            week,
            source: None,
            agreed: Vec::new(),
            reacted: false,
            touched: vec![false; assets],
            trial: Trial { index, ..Trial::default() },
            log: log.then(Vec::new),
        }
    }

    /// Queues an event.
    pub(crate) fn queue(&mut self, at: Millis, event: Event, key: Entity, which: usize, attempt: u32) {
        self.queue.push(Reverse((at, event, key, which, attempt)));
    }

    /// Queues what the playbook comes to next.
    pub(crate) fn schedule(&mut self) {
        for (at, next, action) in std::mem::take(&mut self.response.due) {
            let event = if next == Move::Decided { Event::Decided } else { Event::Acted };
            self.queue(at, event, self.course.replies[action].entity, action, 0);
        }
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

    fn finish(mut self) -> (Trial, Vec<Moment>) {
        let (chance, grounds) = (self.chance, &self.course.grounds);
        let fall = |(asset, fallen): (usize, &Option<(Millis, DownCause)>)| {
            let (at, cause) = (*fallen)?;
            Some(Fall { asset, at, cause, touched: self.touched[asset] })
        };
        let falls: Vec<Fall> = self.down.iter().enumerate().filter_map(fall).collect();
        self.trial.down = falls.iter().map(|f| down(chance, grounds, *f)).collect();
        self.trial.down.sort_by_key(|d| (d.at, d.asset));
        let touched = |site: usize| self.reached[site];
        self.trial.relapse = relapse(chance, self.course.estate, grounds, &falls, touched);
        let reached = self.reached.iter().filter(|r| **r).count();
        self.trial.sites_reached = u16::try_from(reached).unwrap_or(u16::MAX);
        let places = (0..self.touched.len()).filter(|a| self.touched[*a]);
        self.trial.reached = places.map(|a| a as u32).collect();
        (self.trial, self.log.unwrap_or_default())
    }
}

/// Returns the factor on all times of a trial: `exp(-skill theta)` with a standard normal theta.
fn pace(course: &Course<'_>, chance: Chance) -> f64 {
    let skill = course.campaign.manner.skill;
    if skill == 0.0 || !skill.is_finite() {
        return 1.0;
    }
    libm::exp(-skill.clamp(0.0, 10.0) * normal_quantile(chance.uniform(course.entity, Purpose::Skill, 0)))
}
