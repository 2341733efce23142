//! How a playbook is carried out while an incident is open.
//!
//! ```text
//! (5)  T_x = T_begun + decide_x + wait for a crew + carry_out_x
//! ```
//!
//! Every time an action is begun it has draws of its own: the first in a trial those of
//! occasion 0, the next those of occasion 1, and so on.

use std::collections::VecDeque;

use model::playbook::{Cut, Playbook, Repeat};
use model::quantity::Millis;

use crate::chance::{Chance, Entity, Purpose};
use crate::span::Span;

/// One action of the playbook.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) entity: Entity,
    pub(crate) decide: Span,
    pub(crate) carry_out: Span,
    /// Actions that must be over first; one that does not exist counts for ever.
    waits_for: usize,
    dependents: Vec<usize>,
    /// Chance that it works.
    success: f64,
    /// It is given up and has failed after this time of carrying out.
    timeout: Option<Millis>,
    /// It is only done where one of these failed; empty: in any case.
    if_failed: Vec<usize>,
    /// It is only done where one of these worked; empty: in any case.
    if_worked: Vec<usize>,
    /// Whether the defenders do it. What others do needs no crew of theirs and is not
    /// waited for.
    pub(crate) own: bool,
    /// Place in [`Plan::groups`], where it is done again while the incident is open.
    group: Option<usize>,
    /// Actions of its group that must be over first.
    group_waits: usize,
    /// What it takes off follows the alerts, or it takes nothing off: done again it may
    /// find more to do.
    follows: bool,
}

/// A playbook, laid out for the engines.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) replies: Vec<Reply>,
    /// Actions that are done again while the incident is open; one group holds what comes
    /// after each other without another action between.
    groups: Vec<Vec<usize>>,
    crews: Option<u16>,
}

impl Plan {
    /// Lays out `playbook`; without one there is no action.
    pub(crate) fn new(playbook: Option<&Playbook>) -> Self {
        let Some(playbook) = playbook else { return Self::default() };
        let place = |id: &String| playbook.actions.iter().position(|a| a.id == *id);
        let repeats = |a: usize| playbook.actions[a].repeat == Repeat::WhileOpen;
        let mut plan = Self { crews: playbook.crews, ..Self::default() };
        for (i, action) in playbook.actions.iter().enumerate() {
            let before = action.after.iter().filter_map(place);
            plan.replies.push(Reply {
                entity: Entity::named("action", &action.id),
                decide: Span::elicited(action.decide),
                carry_out: Span::elicited(action.carry_out),
                waits_for: action.after.len(),
                dependents: Vec::new(),
                success: action.success.get(),
                timeout: action.timeout,
                if_failed: action.if_failed.iter().filter_map(place).collect(),
                if_worked: action.if_worked.iter().filter_map(place).collect(),
                own: !action.by_others,
                group: None,
                group_waits: if repeats(i) { before.filter(|b| repeats(*b)).count() } else { 0 },
                follows: matches!(
                    action.cut,
                    Cut::Nothing | Cut::AlertedAsset | Cut::AlertedSegments | Cut::AlertedSites
                ),
            });
        }
        for (i, action) in playbook.actions.iter().enumerate() {
            for before in action.after.iter().filter_map(place) {
                plan.replies[before].dependents.push(i);
            }
        }
        plan.group(&repeats);
        plan
    }

    /// Puts repeated actions that follow each other into one group.
    fn group(&mut self, repeats: &dyn Fn(usize) -> bool) {
        let count = self.replies.len();
        let mut root: Vec<usize> = (0..count).collect();
        for before in (0..count).filter(|a| repeats(*a)) {
            for next in self.replies[before].dependents.iter().copied().filter(|a| repeats(*a)) {
                let (one, other) = (root[before].min(root[next]), root[before].max(root[next]));
                root.iter_mut().filter(|r| **r == other).for_each(|r| *r = one);
            }
        }
        for action in (0..count).filter(|a| repeats(*a)) {
            let group = if root[action] == action {
                self.groups.push(Vec::new());
                Some(self.groups.len() - 1)
            } else {
                self.replies[root[action]].group
            };
            self.replies[action].group = group;
            if let Some(group) = group {
                self.groups[group].push(action);
            }
        }
    }

    /// Returns how many groups of actions are done again while the incident is open.
    pub(crate) fn groups(&self) -> usize {
        self.groups.len()
    }
}

/// What an action comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    /// It is decided and needs a crew.
    Decided,
    /// It is done, or has failed.
    Acted,
}

/// The state of a playbook in one trial.
#[derive(Debug, Default, Clone)]
pub(crate) struct Response {
    waits: Vec<usize>,
    failed: Vec<bool>,
    worked: Vec<bool>,
    timed_out: Vec<bool>,
    /// How often each action was begun.
    begun: Vec<u32>,
    idle_crews: usize,
    queued: VecDeque<usize>,
    /// Own actions not over yet.
    open: usize,
    /// Actions begun and not over.
    running: usize,
    /// By group: actions not over in this round.
    left: Vec<usize>,
    /// By group: whether this round is a repetition.
    again: Vec<bool>,
    /// What comes next and when; whoever runs the trial takes it out.
    pub(crate) due: Vec<(Millis, Move, usize)>,
}

impl Response {
    /// Makes everything as before the first incident of a trial.
    pub(crate) fn reset(&mut self, plan: &Plan) {
        self.begun.clear();
        self.begun.resize(plan.replies.len(), 0);
        self.idle_crews = plan.crews.map_or(usize::MAX, usize::from);
        self.queued.clear();
        self.running = 0;
        self.due.clear();
        self.prepare(plan);
    }

    fn prepare(&mut self, plan: &Plan) {
        let count = plan.replies.len();
        self.waits.clear();
        self.waits.extend(plan.replies.iter().map(|r| r.waits_for));
        for flags in [&mut self.failed, &mut self.worked, &mut self.timed_out] {
            flags.clear();
            flags.resize(count, false);
        }
        self.open = plan.replies.iter().filter(|r| r.own).count();
        self.left.clear();
        self.left.extend(plan.groups.iter().map(Vec::len));
        self.again.clear();
        self.again.resize(plan.groups.len(), false);
    }

    /// Starts every action that waits for nothing, in an incident just declared.
    pub(crate) fn declare(&mut self, plan: &Plan, chance: Chance, at: Millis) {
        self.prepare(plan);
        // Taken down first: an action that is passed over may start others.
        let first: Vec<usize> = (0..plan.replies.len()).filter(|a| self.waits[*a] == 0).collect();
        for action in first {
            self.begin(plan, chance, action, at);
        }
    }

    /// Starts another round of a group whose round is over.
    pub(crate) fn repeat(&mut self, plan: &Plan, chance: Chance, group: usize, at: Millis) {
        let members = &plan.groups[group];
        self.again[group] = true;
        self.left[group] = members.len();
        for member in members {
            self.open += usize::from(plan.replies[*member].own);
            self.waits[*member] = plan.replies[*member].group_waits;
        }
        let first: Vec<usize> = members.iter().copied().filter(|m| self.waits[*m] == 0).collect();
        for action in first {
            self.begin(plan, chance, action, at);
        }
    }

    fn begin(&mut self, plan: &Plan, chance: Chance, action: usize, at: Millis) {
        let reply = &plan.replies[action];
        let met = |others: &[usize], state: &[bool]| others.is_empty() || others.iter().any(|o| state[*o]);
        let again = reply.group.is_some_and(|g| self.again[g]);
        let done = again && !reply.follows && self.worked[action];
        if done || !met(&reply.if_failed, &self.failed) || !met(&reply.if_worked, &self.worked) {
            self.over(plan, chance, action, at);
            return;
        }
        let decide = reply.decide.at(chance.uniform(reply.entity, Purpose::Decide, self.begun[action]));
        self.begun[action] += 1;
        self.running += 1;
        self.due.push((at.saturating_add(decide), Move::Decided, action));
    }

    /// Returns which time this is that a begun action is done in the trial, from 0.
    fn occasion(&self, action: usize) -> u32 {
        self.begun[action].saturating_sub(1)
    }

    /// Gives a decided action to a crew, or lets it wait for one.
    pub(crate) fn decided(&mut self, plan: &Plan, chance: Chance, action: usize, at: Millis) {
        if !plan.replies[action].own {
            self.carry_out(plan, chance, action, at);
        } else if self.idle_crews > 0 {
            self.idle_crews -= 1;
            self.carry_out(plan, chance, action, at);
        } else {
            self.queued.push_back(action);
        }
    }

    fn carry_out(&mut self, plan: &Plan, chance: Chance, action: usize, at: Millis) {
        let reply = &plan.replies[action];
        let drawn = chance.uniform(reply.entity, Purpose::CarryOut, self.occasion(action));
        let (takes, allowed) = (reply.carry_out.at(drawn), reply.timeout.unwrap_or(Millis(u64::MAX)));
        self.timed_out[action] = takes > allowed;
        self.due.push((at.saturating_add(takes.min(allowed)), Move::Acted, action));
    }

    /// Ends an action, starts what waited for it or for its crew, and returns whether it worked.
    pub(crate) fn acted(&mut self, plan: &Plan, chance: Chance, action: usize, at: Millis) -> bool {
        let reply = &plan.replies[action];
        let drawn = chance.uniform(reply.entity, Purpose::Works, self.occasion(action));
        let worked = !self.timed_out[action] && drawn < reply.success;
        self.failed[action] = !worked;
        self.worked[action] = worked;
        self.running -= 1;
        if reply.own {
            match self.queued.pop_front() {
                Some(next) => self.carry_out(plan, chance, next, at),
                None => self.idle_crews = self.idle_crews.saturating_add(1),
            }
        }
        self.over(plan, chance, action, at);
        worked
    }

    fn over(&mut self, plan: &Plan, chance: Chance, action: usize, at: Millis) {
        let reply = &plan.replies[action];
        self.open -= usize::from(reply.own);
        let again = reply.group.is_some_and(|g| self.again[g]);
        if let Some(group) = reply.group {
            self.left[group] -= 1;
        }
        for next in &reply.dependents {
            if again && plan.replies[*next].group != reply.group {
                continue;
            }
            self.waits[*next] = self.waits[*next].saturating_sub(1);
            if self.waits[*next] == 0 {
                self.begin(plan, chance, *next, at);
            }
        }
    }

    /// Returns whether every own action is over.
    pub(crate) fn is_over(&self) -> bool {
        self.open == 0
    }

    /// Returns whether nothing is decided or carried out at the moment.
    pub(crate) fn is_idle(&self) -> bool {
        self.running == 0
    }

    /// Returns whether the round of a group is over.
    pub(crate) fn round_is_over(&self, group: usize) -> bool {
        self.left[group] == 0
    }
}
