//! How a playbook is carried out once an incident is declared.
//!
//! ```text
//! (5)  T_x = T_declared + decide_x + wait for a crew + carry_out_x
//! ```

use std::collections::VecDeque;

use model::playbook::Playbook;
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
    pub(crate) waits_for: usize,
    pub(crate) dependents: Vec<usize>,
    /// Chance that it works.
    pub(crate) success: f64,
    /// It is given up and has failed after this time of carrying out.
    pub(crate) timeout: Option<Millis>,
    /// It is only done where one of these failed; empty: in any case.
    pub(crate) if_failed: Vec<usize>,
    /// It is only done where one of these worked; empty: in any case.
    pub(crate) if_worked: Vec<usize>,
    /// Whether the defenders do it. What others do needs no crew of theirs and is not
    /// waited for.
    pub(crate) own: bool,
}

/// Returns the actions of `playbook`.
pub(crate) fn replies(playbook: &Playbook) -> Vec<Reply> {
    let place = |id: &String| playbook.actions.iter().position(|a| a.id == *id);
    let mut replies: Vec<Reply> = playbook
        .actions
        .iter()
        .map(|action| Reply {
            entity: Entity::named("action", &action.id),
            decide: Span::elicited(action.decide),
            carry_out: Span::elicited(action.carry_out),
            waits_for: action.after.len(),
            dependents: Vec::new(),
            success: action.success.get(),
            timeout: action.timeout,
            if_failed: action.if_failed.iter().filter_map(place).collect(),
            if_worked: action.if_worked.iter().filter_map(place).collect(),
            own: true,
        })
        .collect();
    for (i, action) in playbook.actions.iter().enumerate() {
        for before in action.after.iter().filter_map(place) {
            replies[before].dependents.push(i);
        }
    }
    replies
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
    idle_crews: usize,
    queued: VecDeque<usize>,
    /// Own actions not over yet.
    open: usize,
    /// What comes next and when; whoever runs the trial takes it out.
    pub(crate) due: Vec<(Millis, Move, usize)>,
}

impl Response {
    /// Makes everything as before the declaration.
    pub(crate) fn reset(&mut self, replies: &[Reply], crews: Option<u16>) {
        self.waits.clear();
        self.waits.extend(replies.iter().map(|r| r.waits_for));
        self.failed.clear();
        self.failed.resize(replies.len(), false);
        self.worked.clear();
        self.worked.resize(replies.len(), false);
        self.timed_out.clear();
        self.timed_out.resize(replies.len(), false);
        self.idle_crews = crews.map_or(usize::MAX, usize::from);
        self.queued.clear();
        self.open = replies.iter().filter(|r| r.own).count();
        self.due.clear();
    }

    /// Starts every action that waits for nothing.
    pub(crate) fn declare(&mut self, replies: &[Reply], chance: Chance, at: Millis) {
        // Taken down first: an action that is passed over may start others.
        let first: Vec<usize> = (0..replies.len()).filter(|a| self.waits[*a] == 0).collect();
        for action in first {
            self.begin(replies, chance, action, at);
        }
    }

    fn begin(&mut self, replies: &[Reply], chance: Chance, action: usize, at: Millis) {
        let reply = &replies[action];
        let met = |others: &[usize], state: &[bool]| others.is_empty() || others.iter().any(|o| state[*o]);
        if !met(&reply.if_failed, &self.failed) || !met(&reply.if_worked, &self.worked) {
            self.over(replies, chance, action, at);
            return;
        }
        let decide = reply.decide.at(chance.uniform(reply.entity, Purpose::Decide, 0));
        self.due.push((at.saturating_add(decide), Move::Decided, action));
    }

    /// Gives a decided action to a crew, or lets it wait for one.
    pub(crate) fn decided(&mut self, replies: &[Reply], chance: Chance, action: usize, at: Millis) {
        if !replies[action].own {
            self.carry_out(replies, chance, action, at);
        } else if self.idle_crews > 0 {
            self.idle_crews -= 1;
            self.carry_out(replies, chance, action, at);
        } else {
            self.queued.push_back(action);
        }
    }

    fn carry_out(&mut self, replies: &[Reply], chance: Chance, action: usize, at: Millis) {
        let reply = &replies[action];
        let takes = reply.carry_out.at(chance.uniform(reply.entity, Purpose::CarryOut, 0));
        let allowed = reply.timeout.unwrap_or(Millis(u64::MAX));
        self.timed_out[action] = takes > allowed;
        self.due.push((at.saturating_add(takes.min(allowed)), Move::Acted, action));
    }

    /// Ends an action, starts what waited for it or for its crew, and returns whether it worked.
    pub(crate) fn acted(&mut self, replies: &[Reply], chance: Chance, action: usize, at: Millis) -> bool {
        let reply = &replies[action];
        let worked =
            !self.timed_out[action] && chance.uniform(reply.entity, Purpose::Works, 0) < reply.success;
        self.failed[action] = !worked;
        self.worked[action] = worked;
        if reply.own {
            match self.queued.pop_front() {
                Some(next) => self.carry_out(replies, chance, next, at),
                None => self.idle_crews = self.idle_crews.saturating_add(1),
            }
        }
        self.over(replies, chance, action, at);
        worked
    }

    fn over(&mut self, replies: &[Reply], chance: Chance, action: usize, at: Millis) {
        self.open -= usize::from(replies[action].own);
        for next in &replies[action].dependents {
            self.waits[*next] = self.waits[*next].saturating_sub(1);
            if self.waits[*next] == 0 {
                self.begin(replies, chance, *next, at);
            }
        }
    }

    /// Returns whether every own action is over.
    pub(crate) fn is_over(&self) -> bool {
        self.open == 0
    }
}
