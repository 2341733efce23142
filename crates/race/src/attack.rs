//! The attacker's side of a trial.

use std::cmp::Reverse;

use model::campaign::{Effect, Operator, Spread};
use model::manner::Policy;
use model::quantity::Millis;
use model::trial::{DownCause, Happening, Leak};

use crate::calendar::until_off_hours;
use crate::chance::{Entity, Purpose};
use crate::course::NeededStep;
use crate::engine::{Event, Phase, Rank, Run};

impl Run<'_, '_> {
    /// Starts what needs nothing.
    pub(crate) fn open_first(&mut self) {
        for stage in 0..self.course.stages.len() {
            self.open(stage, Millis(0));
        }
        self.assign(Millis(0));
    }

    /// Makes every instance of `stage` ready that can be done.
    fn open(&mut self, stage: usize, at: Millis) {
        let slots = &self.course.stages[stage].slots;
        for slot in slots.start..slots.end {
            if self.progress[slot].phase == Phase::Idle && self.can_start(slot) {
                self.progress[slot].phase = Phase::Ready(at);
                self.ready.push(Reverse((self.rank(slot, at), slot)));
            }
        }
    }

    /// Returns whether what `stage` needs is done, seen from `site`. A needed step
    /// counts as done with its first instance; with `same_site` only an instance at
    /// `site` counts, unless the needed step is done only once anyway.
    fn needs_met(&self, stage: usize, site: usize) -> bool {
        let stage = &self.course.stages[stage];
        match stage.operator {
            _ if stage.impossible => false,
            Operator::All => stage.needs.iter().all(|n| self.need_met(*n, site)),
            Operator::Any => stage.needs.is_empty() || stage.needs.iter().any(|n| self.need_met(*n, site)),
        }
    }

    fn need_met(&self, need: NeededStep, site: usize) -> bool {
        if need.here { self.done_at[need.stage * self.course.sites() + site] } else { self.done[need.stage] }
    }

    /// Returns the asset on which `slot` would be done: one that can be reached.
    fn choose(&self, slot: usize) -> Option<usize> {
        let stage = self.course.slots[slot].stage;
        match self.course.slots[slot].site {
            Some(site) if !self.needs_met(stage, site) => None,
            Some(_) => self.pick(slot, |_| true),
            None => self.pick(slot, |asset| self.needs_met(stage, self.course.grounds[asset].site)),
        }
    }

    /// Returns whether there is such an asset, without drawing one.
    fn can_start(&self, slot: usize) -> bool {
        let slot = &self.course.slots[slot];
        let open = |met: &dyn Fn(usize) -> bool| {
            !self.is_locked_out(slot.stage)
                && slot.candidates.iter().any(|a| self.is_open(slot.stage, *a, met))
        };
        match slot.site {
            Some(site) => self.needs_met(slot.stage, site) && open(&|_| true),
            None => open(&|asset| self.needs_met(slot.stage, self.course.grounds[asset].site)),
        }
    }

    /// Returns whether the identity that a step acts as is revoked.
    fn is_locked_out(&self, stage: usize) -> bool {
        self.course.stages[stage].identity.is_some_and(|i| self.revoked[i].0)
    }

    /// Returns whether a step can be done on an asset: it is not cut off and `fits`.
    fn is_open(&self, stage: usize, asset: usize, fits: impl Fn(usize) -> bool) -> bool {
        !self.isolation.is_cut(asset) && fits(asset) && !self.is_walled_in(stage, asset)
    }

    /// Draws one of the slot's assets that is not cut off and that `fits`. Each asset has
    /// its own draw and the largest wins, so the others do not matter to the choice.
    fn pick(&self, slot: usize, fits: impl Fn(usize) -> bool) -> Option<usize> {
        let slot = &self.course.slots[slot];
        if self.is_locked_out(slot.stage) {
            return None;
        }
        let open = |asset: usize| self.is_open(slot.stage, asset, &fits);
        if let [only] = slot.candidates[..] {
            return open(only).then_some(only);
        }
        let drawn = |entity: Entity| self.chance.bits(entity, Purpose::Target, 0);
        let fitting = slot.candidates.iter().copied().zip(&slot.targets).filter(|(asset, _)| open(*asset));
        fitting.max_by_key(|(_, entity)| drawn(**entity)).map(|(asset, _)| asset)
    }

    /// Gives free hands to ready steps by the attacker's policy, equals by a draw; the
    /// nearest to the objective first, unless the campaign says otherwise.
    pub(crate) fn assign(&mut self, at: Millis) {
        let hands = match self.course.campaign.hands {
            0 => usize::MAX,
            hands => usize::from(hands),
        };
        while self.busy < hands {
            let Some(Reverse((_, slot))) = self.ready.pop() else { return };
            if !matches!(self.progress[slot].phase, Phase::Ready(_)) {
                continue;
            }
            match self.choose(slot) {
                Some(asset) => self.launch(slot, asset, at, true),
                None => self.progress[slot].phase = Phase::Idle,
            }
        }
    }

    /// Returns the place of a ready step among the others, by the attacker's policy.
    fn rank(&self, slot: usize, since: Millis) -> Rank {
        if self.course.campaign.hands == 0 {
            // Without a limit all start at this very moment, in whatever order.
            return (0, Millis(0), 0);
        }
        let slot = &self.course.slots[slot];
        let drawn = self.chance.bits(slot.entity, Purpose::Order, 0);
        match self.course.campaign.manner.policy {
            Policy::Goal => (self.course.stages[slot.stage].distance, since, drawn),
            Policy::Breadth => (0, since, drawn),
            Policy::Random => (0, Millis(0), drawn),
        }
    }

    fn launch(&mut self, slot: usize, asset: usize, at: Millis, handed: bool) {
        let progress = &mut self.progress[slot];
        progress.phase = Phase::Running;
        progress.place = self.running.len();
        self.running.push(slot);
        progress.asset = asset;
        progress.handed = handed;
        self.busy += usize::from(handed);
        self.try_step(slot, at);
    }

    fn try_step(&mut self, slot: usize, at: Millis) {
        let attempt = self.progress[slot].attempt;
        let entity = self.course.slots[slot].entity;
        let stage = &self.course.stages[self.course.slots[slot].stage];
        let mut takes = stage.duration.at(self.chance.uniform(entity, Purpose::Duration, attempt));
        if self.pace != 1.0 {
            takes = Millis((takes.0 as f64 * self.pace).round() as u64);
        }
        if stage.effect == Effect::Encrypt {
            // The wait before the payload is part of it: the hand stays on it.
            let wait = self.week.map(|week| until_off_hours(week, at)).unwrap_or_default();
            takes = takes.saturating_add(wait);
        }
        self.queue(at.saturating_add(takes), Event::StepEnds, entity, slot, attempt);
    }

    /// Handles the end of an attempt: the act itself, which may be prevented and may be seen.
    pub(crate) fn step_ends(&mut self, slot: usize, attempt: u32, at: Millis) {
        let progress = self.progress[slot];
        if progress.phase != Phase::Running || progress.attempt != attempt {
            return;
        }
        self.still_on(at);
        self.watch(slot, attempt, at);
        if !self.prevented(slot, attempt) {
            self.step_done(slot, at);
            return;
        }
        let again = attempt < u32::from(self.course.campaign.retries);
        self.tell(at, |run| {
            let (step, asset) = run.names(slot);
            Happening::StepPrevented { step, asset, again }
        });
        if again {
            self.progress[slot].attempt += 1;
            self.try_step(slot, at);
        } else {
            self.leave(slot);
            self.assign(at);
        }
    }

    fn prevented(&self, slot: usize, attempt: u32) -> bool {
        let slot = &self.course.slots[slot];
        let odds = &self.course.odds[self.course.stages[slot.stage].technique];
        let shared = self.chance.uniform(odds.entity, Purpose::PreventedShared, 0);
        odds.prevented.happens(shared, self.chance.uniform(slot.entity, Purpose::Prevented, attempt))
    }

    /// Queues the alert that an attempt causes, if any. Whether the host worked on has
    /// a working sensor is drawn once per asset and trial.
    fn watch(&mut self, slot: usize, attempt: u32, at: Millis) {
        let asset = self.progress[slot].asset;
        let entity = self.course.slots[slot].entity;
        let odds = &self.course.odds[self.course.stages[self.course.slots[slot].stage].technique];
        let sensors = self.course.estate.assets[asset].sensors.get();
        if self.chance.uniform(self.course.grounds[asset].entity, Purpose::Sensor, 0) >= sensors {
            return;
        }
        let shared = self.chance.uniform(odds.entity, Purpose::AlertedShared, 0);
        if odds.alerted.happens(shared, self.chance.uniform(entity, Purpose::Alerted, attempt)) {
            let delay = odds.delay.at(self.chance.uniform(entity, Purpose::Delay, attempt));
            self.queue(at.saturating_add(delay), Event::Raised, entity.part(attempt), slot, attempt);
        }
    }

    fn step_done(&mut self, slot: usize, at: Millis) {
        let stage = self.course.slots[slot].stage;
        let asset = self.progress[slot].asset;
        let site = self.course.grounds[asset].site;
        self.leave(slot);
        self.tell(at, |run| {
            let (step, asset) = run.names(slot);
            Happening::StepDone { step, asset }
        });
        // What is cut off or revoked stays so: nothing more can start where a step of this
        // kind was done before.
        let here = stage * self.course.sites() + site;
        let first = !(self.done[stage] && self.done_at[here]);
        (self.done[stage], self.done_at[here]) = (true, true);
        self.reached[site] = true;
        self.touched[asset] = true;
        self.trial.foothold.get_or_insert(at);
        match self.course.stages[stage].effect {
            Effect::None => {}
            Effect::Encrypt => self.encrypt(stage, asset, at),
            Effect::Outflow => {
                self.trial.outflow.get_or_insert(at);
                self.flows.push((stage, asset, at));
                self.tell(at, |run| Happening::Outflow { asset: run.asset_id(asset) });
            }
        }
        let course = self.course;
        for next in course.stages[stage].dependents.iter().filter(|_| first) {
            self.open(*next, at);
        }
        self.assign(at);
    }

    /// Makes assets unusable: the one asset of a per-asset step, else all that the
    /// step selects at the site, as long as they are still on the network.
    fn encrypt(&mut self, stage: usize, asset: usize, at: Millis) {
        self.trial.payload.get_or_insert(at);
        let course = self.course;
        let site = course.grounds[asset].site;
        let one = course.step(stage).spread == Spread::PerAsset;
        let meant = if one { std::slice::from_ref(&asset) } else { &course.stages[stage].selected[..] };
        for hit in meant.iter().copied().filter(|hit| course.grounds[*hit].site == site) {
            if self.down[hit].is_none() {
                self.down[hit] = Some((at, DownCause::Attack));
                self.isolation.alert(&course.parts, hit);
                self.tell(at, |run| Happening::Encrypted { asset: run.asset_id(hit) });
            }
        }
        self.stop_flows(at, |run, stage, asset| {
            run.down[asset].is_some_and(|d| d.1 == DownCause::Attack) || run.is_walled_in(stage, asset)
        });
        self.noticed(asset, at);
    }

    /// Ends the ways on which data leaves for which `stopped` holds, by step and asset.
    pub(crate) fn stop_flows(&mut self, at: Millis, stopped: impl Fn(&Self, usize, usize) -> bool) {
        if self.flows.is_empty() {
            return;
        }
        let (over, on) = std::mem::take(&mut self.flows).into_iter().partition(|f| stopped(self, f.0, f.1));
        self.flows = on;
        let over: Vec<(usize, usize, Millis)> = over;
        self.trial.leaks.extend(over.into_iter().map(|(_, asset, from)| Leak {
            asset: asset as u32,
            from,
            to: at,
        }));
    }

    /// Ends an instance and frees its hand.
    fn leave(&mut self, slot: usize) {
        let place = self.progress[slot].place;
        self.running.swap_remove(place);
        if let Some(moved) = self.running.get(place) {
            self.progress[*moved].place = place;
        }
        let progress = &mut self.progress[slot];
        progress.phase = Phase::Over;
        self.busy -= usize::from(std::mem::take(&mut progress.handed));
    }

    /// Cuts off the steps in progress and the data that leaves on assets that are off the
    /// network or have no way out left, and those of identities whose sessions are ended.
    pub(crate) fn cut_off(&mut self, at: Millis) {
        let lost = |run: &Self, stage: usize, asset: usize| {
            run.course.stages[stage].identity.is_some_and(|i| run.revoked[i].1)
                || run.is_walled_in(stage, asset)
                || (run.isolation.is_cut(asset) && !run.stays(asset))
        };
        self.stop_flows(at, lost);
        let stage = |s: usize| self.course.slots[s].stage;
        let mut lost: Vec<usize> =
            self.running.iter().copied().filter(|s| lost(self, stage(*s), self.progress[*s].asset)).collect();
        lost.sort_by_key(|s| self.course.slots[*s].entity);
        for slot in lost {
            self.leave(slot);
            self.still_on(at);
            self.tell(at, |run| {
                let (step, asset) = run.names(slot);
                Happening::StepCut { step, asset }
            });
        }
    }

    /// Returns whether every way on which `stage` would send data out of `asset` is cut off
    /// or lost: those at its own site, or all where there is none.
    fn is_walled_in(&self, stage: usize, asset: usize) -> bool {
        let ways = &self.course.stages[stage].ways_out;
        let here = |way: &usize| self.course.grounds[*way].site == self.course.grounds[asset].site;
        let own = ways.iter().any(here);
        !ways.is_empty() && ways.iter().filter(|w| !own || here(w)).all(|w| self.down[*w].is_some())
    }

    /// Returns whether the attacker keeps a foothold on an asset that is cut off; drawn
    /// once per asset and trial.
    fn stays(&self, asset: usize) -> bool {
        let residual = self.course.campaign.manner.residual.get();
        residual > 0.0
            && self.chance.uniform(self.course.grounds[asset].entity, Purpose::Residual, 0) < residual
    }

    /// Lets the attacker react to a containment it can see: with the campaign's chance
    /// every payload starts at once, without waiting for hands or for the rest of
    /// what it needs. Whether it does is decided the first time there is something to fire.
    pub(crate) fn react(&mut self, at: Millis) {
        if !self.reaction.is_open() {
            return;
        }
        let charges = self.charges();
        if charges.is_empty() {
            return;
        }
        let course = self.course;
        if !self.reaction.fires(self.chance, course.entity, course.campaign.reaction.get()) {
            return;
        }
        // Nobody in a hurry waits for the evening.
        self.week = None;
        self.tell(at, |_| Happening::FiredEarly);
        for (slot, asset) in charges {
            self.launch(slot, asset, at, false);
        }
    }

    /// Returns the payload instances within the attacker's reach and their assets: those
    /// for which at least one needed step is done (at the site, where the step asks for
    /// the same site); those that need nothing, at every site reached.
    fn charges(&self) -> Vec<(usize, usize)> {
        let course = self.course;
        let within_reach = |stage: usize, site: usize| {
            let needs = &course.stages[stage].needs;
            if needs.is_empty() {
                self.reached[site] && !course.stages[stage].impossible
            } else {
                needs.iter().any(|n| self.need_met(*n, site))
            }
        };
        (0..course.slots.len())
            .filter(|s| course.stages[course.slots[*s].stage].effect == Effect::Encrypt)
            .filter(|s| matches!(self.progress[*s].phase, Phase::Idle | Phase::Ready(_)))
            .filter_map(|s| {
                let fits = |asset: usize| within_reach(course.slots[s].stage, course.grounds[asset].site);
                self.pick(s, fits).map(|asset| (s, asset))
            })
            .collect()
    }
}
