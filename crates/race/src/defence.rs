//! The defenders' side of a trial.

use model::id::{AssetId, StepId};
use model::playbook::Cut;
use model::quantity::Millis;
use model::trial::{DownCause, Happening};

use crate::chance::Purpose;
use crate::course::cuts;
use crate::engine::{Event, Phase, Run};

impl Run<'_, '_> {
    /// Returns the ids of a running or past instance.
    pub(crate) fn names(&self, slot: usize) -> (StepId, AssetId) {
        let step = self.course.step(self.course.slots[slot].stage).id.clone();
        (step, self.asset_id(self.progress[slot].asset))
    }

    /// Handles an alert: it is noted, and waits for an analyst unless an incident is on already.
    pub(crate) fn raised(&mut self, slot: usize, attempt: u32, at: Millis) {
        self.still_on(at);
        self.trial.alert.get_or_insert(at);
        self.alerted[self.progress[slot].asset] = true;
        self.tell(at, |run| {
            let (step, asset) = run.names(slot);
            Happening::Alert { step, asset }
        });
        if self.trial.declared.is_none() {
            let alert = self.course.slots[slot].entity.part(attempt);
            if let Some(after) = self.course.desk.look(self.chance, alert) {
                self.queue(at.saturating_add(after), Event::Looked, alert, slot, attempt);
            }
        }
    }

    /// Handles the end of a triage: an escalated alert declares the incident once those of
    /// enough different assets agree.
    pub(crate) fn looked(&mut self, slot: usize, attempt: u32, at: Millis) {
        if self.trial.declared.is_some() {
            return;
        }
        let alert = self.course.slots[slot].entity.part(attempt);
        if self.chance.uniform(alert, Purpose::Escalate, 0) >= self.course.desk.escalation {
            self.tell(at, |run| Happening::Dismissed { step: run.names(slot).0 });
            return;
        }
        self.still_on(at);
        let asset = self.progress[slot].asset;
        if !self.agreed.contains(&asset) {
            self.agreed.push(asset);
        }
        if self.agreed.len() < usize::from(self.course.desk.agree) {
            self.tell(at, |run| Happening::Unconfirmed { step: run.names(slot).0 });
            return;
        }
        self.trial.declared = Some(at);
        self.source = Some(asset);
        self.tell(at, |_| Happening::Declared);
        self.response.declare(&self.course.replies, self.chance, at);
        self.schedule();
    }

    /// Handles an action that is done: its cut takes effect, then the attacker may react.
    pub(crate) fn acted(&mut self, action: usize, at: Millis) {
        let course = self.course;
        let Some(written) = course.playbook.and_then(|p| p.actions.get(action)) else { return };
        self.still_on(at);
        let worked = self.response.acted(&course.replies, self.chance, action, at);
        self.schedule();
        self.tell(at, |_| match worked {
            true => Happening::Action { action: written.id.clone() },
            false => Happening::ActionFailed { action: written.id.clone() },
        });
        let visible = worked && self.take_off(&written.cut, at);
        self.cut_off(at);
        if self.response.is_over() {
            self.trial.contained.get_or_insert(at);
        }
        if visible {
            self.react(at);
        }
        self.assign(at);
    }

    /// Takes assets off the network; returns whether the attacker can see it: whether an
    /// asset went off at a site where it had done a step.
    fn take_off(&mut self, cut: &Cut, at: Millis) -> bool {
        let course = self.course;
        let mut visible = self.revoke(cut);
        self.sites_off(cut, at);
        let assets = &course.estate.assets;
        let alerted: Vec<usize> = (0..self.alerted.len()).filter(|a| self.alerted[*a]).collect();
        let beside = |a: usize, b: usize| course.grounds[a].site == course.grounds[b].site;
        for (asset, ground) in course.grounds.iter().enumerate() {
            let meant = match cut {
                Cut::AlertedAsset => self.source == Some(asset),
                Cut::AlertedSites => alerted.iter().any(|a| beside(*a, asset)),
                Cut::AlertedSegments => {
                    alerted.iter().any(|a| beside(*a, asset) && assets[*a].zone == assets[asset].zone)
                }
                fixed => cuts(fixed, &course.estate.assets[asset]),
            };
            if meant && !self.cut[asset] {
                self.cut[asset] = true;
                visible |= self.reached[ground.site];
                if self.down[asset].is_none() {
                    self.down[asset] = Some((at, DownCause::Containment));
                }
            }
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
        let running = |s: usize| self.progress[s].phase == Phase::Running && acts(course.slots[s].stage);
        !before
            && ((0..course.stages.len()).any(|s| acts(s) && self.done[s])
                || (0..course.slots.len()).any(running))
    }

    fn site_alerted(&self, site: usize) -> bool {
        self.course.grounds.iter().zip(&self.alerted).any(|(ground, alerted)| *alerted && ground.site == site)
    }

    /// Notes the sites that a cut takes off as a whole.
    fn sites_off(&mut self, cut: &Cut, at: Millis) {
        let course = self.course;
        for (place, site) in course.estate.sites.iter().enumerate() {
            let meant = match cut {
                Cut::AllSites => true,
                Cut::AlertedSites => self.site_alerted(place),
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
