//! The defenders of a campaign's trial, as they touch assets.

use model::id::{AssetId, StepId};
use model::playbook::{Cut, Repeat};
use model::quantity::Millis;
use model::trial::{DownCause, Happening};

use crate::defence::Finding;
use crate::engine::{Event, Run};
use crate::isolation::Scope;

impl Run<'_, '_> {
    /// Returns the ids of a running or past instance.
    pub(crate) fn names(&self, slot: usize) -> (StepId, AssetId) {
        let step = self.course.step(self.course.slots[slot].stage).id.clone();
        (step, self.asset_id(self.progress[slot].asset))
    }

    /// Handles an alert: it is noted, and waits for an analyst.
    pub(crate) fn raised(&mut self, slot: usize, attempt: u32, at: Millis) {
        self.still_on(at);
        self.trial.alert.get_or_insert(at);
        self.isolation.alert(&self.course.parts, self.progress[slot].asset);
        self.tell(at, |run| {
            let (step, asset) = run.names(slot);
            Happening::Alert { step, asset }
        });
        let alert = self.course.slots[slot].entity.part(attempt);
        if let Some(after) = self.course.desk.look(self.chance, alert) {
            self.queue(at.saturating_add(after), Event::Looked, alert, slot, attempt);
        }
    }

    /// Handles the end of a triage.
    pub(crate) fn looked(&mut self, slot: usize, attempt: u32, at: Millis) {
        let (alert, asset) = (self.course.slots[slot].entity.part(attempt), self.progress[slot].asset);
        let place = (asset, self.isolation.is_cut(asset));
        let finding = self.defence.looked(self.course.rules(), self.chance, alert, place, at);
        if finding != Finding::Dismissed {
            self.still_on(at);
        }
        self.tell(at, |run| {
            let (step, asset) = run.names(slot);
            match finding {
                Finding::Dismissed => Happening::Dismissed { step },
                Finding::Unconfirmed => Happening::Unconfirmed { step },
                Finding::Declared => Happening::Declared,
                Finding::Escalated => Happening::Escalated { step, asset },
            }
        });
    }

    /// Handles a payload on an asset, which nobody can overlook.
    pub(crate) fn noticed(&mut self, asset: usize, at: Millis) {
        let place = (asset, self.isolation.is_cut(asset));
        let finding = self.defence.noticed(self.course.rules(), self.chance, place, at);
        self.tell(at, |run| Happening::Noticed { asset: run.asset_id(asset) });
        if finding == Finding::Declared {
            self.tell(at, |_| Happening::Declared);
        }
    }

    /// Closes the incident if its quiet time has passed.
    pub(crate) fn quiet(&mut self, at: Millis) {
        if self.defence.quiet(self.course.rules(), at) {
            self.tell(at, |_| Happening::Closed);
        }
    }

    /// Handles an action that is done: its cut takes effect, then the attacker may react.
    pub(crate) fn acted(&mut self, action: usize, at: Millis) {
        let course = self.course;
        let Some(written) = course.playbook.and_then(|p| p.actions.get(action)) else { return };
        self.still_on(at);
        let worked = self.defence.acted(course.rules(), self.chance, action, at);
        self.tell(at, |_| match worked {
            true => Happening::Action { action: written.id.clone() },
            false => Happening::ActionFailed { action: written.id.clone() },
        });
        let repeated = written.repeat == Repeat::WhileOpen;
        let visible = worked && self.take_off(&written.cut, &course.scopes[action], repeated, at);
        self.cut_off(at);
        let isolation = &self.isolation;
        self.defence.go_on(course.rules(), self.chance, at, |asset| isolation.is_cut(asset));
        if visible {
            self.react(at);
        }
        self.assign(at);
    }

    /// Takes assets off the network; returns whether the attacker can see it: whether an
    /// asset went off at a site where it had done a step.
    fn take_off(&mut self, cut: &Cut, scope: &Scope, repeated: bool, at: Millis) -> bool {
        let mut visible = self.revoke(cut);
        self.sites_off(cut, at);
        let (grounds, reached, down) = (&self.course.grounds, &self.reached, &mut self.down);
        let mut off = |asset: usize| {
            visible |= reached[grounds[asset].site];
            down[asset].get_or_insert((at, DownCause::Containment));
        };
        if *scope == Scope::AlertedAssets {
            for asset in self.defence.answered(repeated) {
                if self.isolation.cut_part(asset) {
                    off(asset);
                }
            }
        } else {
            self.isolation.cut_scope(&self.course.parts, scope, off);
        }
        visible
    }

    /// Revokes the identity a cut names; returns whether the attacker can see it: whether
    /// it has acted, or is acting, as that identity.
    fn revoke(&mut self, cut: &Cut) -> bool {
        let course = self.course;
        let Cut::Identity { identity, sessions } = cut else { return false };
        let Ok(place) = course.identities.binary_search(&identity.as_str()) else { return false };
        let (before, ended) = self.revoked[place];
        self.revoked[place] = (true, ended || *sessions);
        let acts = |stage: usize| course.stages[stage].identity == Some(place);
        !before
            && ((0..course.stages.len()).any(|s| acts(s) && self.done[s])
                || self.running.iter().any(|s| acts(course.slots[*s].stage)))
    }

    /// Notes the sites that a cut takes off as a whole.
    fn sites_off(&mut self, cut: &Cut, at: Millis) {
        let course = self.course;
        for (place, site) in course.estate.sites.iter().enumerate() {
            let meant = match cut {
                Cut::AllSites => true,
                Cut::AlertedSites => self.isolation.site_alerted(place),
                Cut::Site { site: named } => *named == site.id,
                Cut::Nothing
                | Cut::AlertedAsset
                | Cut::AlertedSegments
                | Cut::Zone { .. }
                | Cut::Identity { .. }
                | Cut::Role { .. } => false,
            };
            if meant && !self.off[place] {
                self.off[place] = true;
                self.tell(at, |_| Happening::SiteOff { site: site.id.clone() });
            }
        }
    }
}
