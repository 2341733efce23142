//! The defenders of a trial on a terrain, as they touch places and assets.

use model::quantity::Millis;

use super::{ACTED, Chaser, DECIDED, EDGE_MASK, Host, LOOKED, Note, QUIET, push};
use crate::defence::{Due, Finding};
use crate::engine::HORIZON;
use crate::isolation::Scope;

impl Chaser<'_, '_> {
    pub(super) fn raised(&mut self, number: usize, at: Millis) {
        let alarm = self.alarms[number];
        let terrain = self.contest.terrain;
        self.outcome.end = at;
        self.outcome.alert.get_or_insert(at);
        let place = terrain.nodes[alarm.node as usize].place as usize;
        self.isolation.alert(&self.contest.parts, place);
        self.note(at, Note::Alert(alarm.node));
        if let Some(after) = self.contest.desk.look(self.chance, alarm.entity) {
            self.push(at.saturating_add(after), LOOKED, alarm.entity, number as u32);
        }
    }

    pub(super) fn looked(&mut self, number: usize, at: Millis) {
        let alarm = self.alarms[number];
        let node = &self.contest.terrain.nodes[alarm.node as usize];
        let host = Host { asset: node.asset, place: node.place };
        let place = (host, self.host_is_off(host));
        match self.defence.looked(self.contest.rules(), self.chance, alarm.entity, place, at) {
            Finding::Dismissed => {
                self.note(at, Note::Dismissed);
                return;
            }
            Finding::Declared => self.note(at, Note::Declared),
            Finding::Unconfirmed | Finding::Escalated => {}
        }
        self.outcome.end = at;
    }

    /// Queues what the defenders come to next.
    pub(super) fn schedule(&mut self) {
        let (contest, queue) = (self.contest, &mut self.queue);
        self.defence.take_due(contest.rules(), |at, due| {
            let (kind, tie, load) = match due {
                Due::Decided(action) => (DECIDED, contest.plan.replies[action].entity, action),
                Due::Acted(action) => (ACTED, contest.plan.replies[action].entity, action),
                Due::Quiet if at >= HORIZON => return,
                Due::Quiet => (QUIET, contest.campaign, 0),
            };
            push(queue, at, kind, tie, load as u32);
        });
    }

    /// Handles an action that is over: its cut takes effect, then the attacker may react.
    pub(super) fn acted(&mut self, action: usize, at: Millis) {
        let contest = self.contest;
        self.outcome.end = at;
        let worked = self.defence.acted(contest.rules(), self.chance, action, at);
        self.note(at, Note::Action(action as u32, worked));
        let (scope, repeated) = &contest.scopes[action];
        let visible = worked && self.take_off(scope, *repeated);
        if self.isolation.all_cut() {
            // Nothing is left to the attacker.
            self.over = true;
            return;
        }
        let (isolation, assets) = (&self.isolation, &self.cut_assets);
        let is_off = |host: Host| isolation.is_cut(host.place as usize) || assets.contains(&host.asset);
        self.defence.go_on(contest.rules(), self.chance, at, is_off);
        if visible {
            self.react(at);
        }
        let cut = |r: &u32| self.is_cut((*r & EDGE_MASK) as usize);
        let lost: Vec<u32> = self.running.iter().copied().filter(cut).collect();
        self.running.retain(|r| !lost.contains(r));
        self.assign(at);
    }

    /// Takes places or assets off; returns whether the attacker can see it.
    fn take_off(&mut self, scope: &Scope, repeated: bool) -> bool {
        let terrain = self.contest.terrain;
        let seen = |place: usize| self.reached[usize::from(terrain.places[place].site)];
        let (mut visible, mut any) = (false, false);
        if *scope == Scope::AlertedAssets {
            for host in self.defence.answered(repeated) {
                if !self.cut_assets.contains(&host.asset) {
                    self.cut_assets.push(host.asset);
                    any = true;
                    visible |= seen(host.place as usize);
                }
            }
        } else {
            self.isolation.cut_scope(&self.contest.parts, scope, |place| {
                any = true;
                visible |= seen(place);
            });
        }
        self.any_cut |= any;
        visible
    }
}
