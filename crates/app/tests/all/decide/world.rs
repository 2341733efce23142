//! A tiny world without chance, played minute by minute: it shares no code with the
//! rooms, and knows only what the small estates need.
//!
//! Every step works on one asset a site, the attacker has hands for all of them, every
//! asset that is down has a crew of its own, and services need roles and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use model::campaign::{Campaign, Effect, Operator, Spread};
use model::estate::{Asset, Component, Estate, Place};
use serde::Deserialize;

/// Minutes from a seen act to its alert.
pub(crate) const ALERT: u64 = 1;

/// What the defenders take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Minutes {
    pub(crate) confirm: u64,
    pub(crate) decide: u64,
    pub(crate) look_again: u64,
    pub(crate) host: u64,
    pub(crate) segments: u64,
    pub(crate) role: u64,
    pub(crate) site: u64,
    pub(crate) all_sites: u64,
}

#[derive(Debug, Clone)]
enum What {
    Host,
    Segments,
    Role(&'static str),
    AlertedSites,
    Site(String),
    AllSites,
}

/// One step at one asset.
struct Act {
    step: usize,
    asset: usize,
}

pub(crate) struct World<'a> {
    estate: &'a Estate,
    campaign: &'a Campaign,
    minutes: &'a Minutes,
    acts: Vec<Act>,
    seen: Vec<bool>,
}

/// What a played minute can know.
#[derive(Default)]
struct State {
    /// By act: when it ends, if it has begun.
    ends: BTreeMap<usize, u64>,
    done: BTreeSet<usize>,
    lost: BTreeSet<usize>,
    cut: BTreeSet<usize>,
    /// By asset: when it went down, and whether the attacker did it.
    down: BTreeMap<usize, (u64, bool)>,
    alerts: Vec<(u64, usize)>,
    alerted: BTreeSet<usize>,
    alarm: Option<(u64, usize)>,
    /// The next cut of a standing order, once its first is done.
    round: Option<u64>,
    /// Assets not cut off that have raised an alert since the last cut was begun.
    heard: BTreeSet<usize>,
}

impl<'a> World<'a> {
    pub(crate) fn new(
        estate: &'a Estate,
        campaign: &'a Campaign,
        alerted: &[String],
        minutes: &'a Minutes,
    ) -> Self {
        assert!(campaign.hands == 0 && campaign.reaction.get() == 0.0, "the world has no such attacker");
        let mut acts = Vec::new();
        let mut seen = Vec::new();
        for (step, written) in campaign.steps.iter().enumerate() {
            let targets = &written.targets;
            let fits = |a: &Asset| {
                targets.role.as_ref().is_none_or(|r| *r == a.role)
                    && targets.zone.as_ref().is_none_or(|z| *z == a.zone)
                    && targets.site.as_ref().is_none_or(|s| *s == a.site)
            };
            let assets: Vec<usize> = (0..estate.assets.len()).filter(|a| fits(&estate.assets[*a])).collect();
            assert!(written.spread != Spread::Once || assets.len() == 1, "{}: one asset", written.id);
            let sites: BTreeSet<_> = assets.iter().map(|a| &estate.assets[*a].site).collect();
            assert!(
                written.spread != Spread::PerSite || sites.len() == assets.len(),
                "{}: one a site",
                written.id
            );
            acts.extend(assets.into_iter().map(|asset| Act { step, asset }));
            seen.push(alerted.iter().any(|t| t == written.technique.as_str()));
        }
        Self { estate, campaign, minutes, acts, seen }
    }

    /// Returns the loss of every policy at a confidence, in person-hours.
    pub(crate) fn enumerate(&self, confidence: f64) -> BTreeMap<String, f64> {
        let mut losses = BTreeMap::new();
        let (real, _) = self.play(&[], None, true);
        losses.insert("nothing".to_owned(), confidence * real);
        for (name, what, first) in self.scopes() {
            for confirmed in [false, true] {
                let begin = if confirmed { self.minutes.confirm + self.minutes.decide } else { 0 };
                let when = if confirmed { "confirmed" } else { "now" };
                let loss = |cuts: &[(u64, What)], again: Option<u64>, first: usize| {
                    let wrong = if confirmed { 0.0 } else { self.play(&cuts[..first], again, false).0 };
                    confidence * self.play(cuts, again, true).0 + (1.0 - confidence) * wrong
                };
                let at_once = [(begin + self.takes(&what), what.clone())];
                losses.insert(format!("{name}/{when}"), loss(&at_once, None, 1));
                if matches!(what, What::Host | What::Segments | What::AlertedSites) {
                    let decide = if confirmed { self.minutes.decide } else { 0 };
                    let again = Some(decide + self.takes(&what));
                    losses.insert(format!("{name}/{when}/while-open"), loss(&at_once, again, 1));
                }
                let Some(first) = &first else { continue };
                let one = begin + self.takes(first);
                let two = one + self.minutes.look_again + self.takes(&what);
                let staged = [(one, first.clone()), (two, what.clone())];
                losses.insert(format!("{name}/{when}/staged"), loss(&staged, None, 1));
            }
        }
        losses
    }

    fn scopes(&self) -> Vec<(String, What, Option<What>)> {
        let mut scopes = vec![("host".to_owned(), What::Host, None)];
        if self.estate.zones.len() > 1 {
            scopes.push(("segments".to_owned(), What::Segments, Some(What::Host)));
        }
        for (name, role) in [("identity", "directory"), ("hub-link", "hub-link")] {
            if self.estate.assets.iter().any(|a| a.role == role) {
                scopes.push((name.to_owned(), What::Role(role), Some(What::Host)));
            }
        }
        if self.estate.sites.len() > 1 {
            scopes.push(("alerted-sites".to_owned(), What::AlertedSites, Some(What::Host)));
            for site in &self.estate.sites {
                scopes.push((format!("site:{}", site.id), What::Site(site.id.to_string()), Some(What::Host)));
            }
            scopes.push(("all-sites".to_owned(), What::AllSites, Some(What::AlertedSites)));
        } else {
            scopes.push(("all-sites".to_owned(), What::AllSites, Some(What::Host)));
        }
        scopes
    }

    fn takes(&self, what: &What) -> u64 {
        match what {
            What::Host => self.minutes.host,
            What::Segments => self.minutes.segments,
            What::Role(_) => self.minutes.role,
            What::AlertedSites | What::Site(_) => self.minutes.site,
            What::AllSites => self.minutes.all_sites,
        }
    }

    /// Plays cuts, so many minutes after the alarm each, against a real attacker or
    /// against one that shows the same signs and harms nobody. With `again` the only cut
    /// stands: so many minutes after each later alert outside what is cut it is done again.
    fn play(&self, cuts: &[(u64, What)], again: Option<u64>, real: bool) -> (f64, State) {
        let mut state = State::default();
        self.begin(&mut state, 0);
        let mut minute = 0;
        let mut contained = 0;
        loop {
            let alarm = state.alarm;
            for (_, what) in cuts.iter().filter(|c| alarm.is_some_and(|(at, _)| at + c.0 == minute)) {
                self.cut(&mut state, what, again.is_some(), minute);
                contained = minute;
            }
            if state.round == Some(minute) {
                self.cut(&mut state, &cuts[0].1, true, minute);
                (state.round, contained) = (None, minute);
            }
            let ending: Vec<usize> = state.ends.iter().filter(|e| *e.1 == minute).map(|e| *e.0).collect();
            for act in ending.into_iter().filter(|a| !state.lost.contains(a)).collect::<Vec<_>>() {
                self.end(&mut state, act, minute, real);
            }
            self.begin(&mut state, minute);
            let raised: Vec<usize> = state.alerts.iter().filter(|a| a.0 == minute).map(|a| a.1).collect();
            for asset in raised {
                Self::sign(&mut state, asset, minute);
            }
            let first = cuts.first().zip(state.alarm).is_some_and(|(cut, (at, _))| at + cut.0 <= minute);
            if let Some(again) = again.filter(|_| first && state.round.is_none()) {
                let heard = std::mem::take(&mut state.heard);
                state.round = heard.iter().any(|a| !state.cut.contains(a)).then_some(minute + again);
            }
            let acts_left = state.ends.iter().any(|(act, end)| *end > minute && !state.lost.contains(act));
            let alerts_left = state.alerts.iter().any(|a| a.0 > minute);
            let cuts_left = state.round.is_some()
                || state.alarm.is_some_and(|(at, _)| cuts.iter().any(|c| at + c.0 > minute));
            if !(acts_left || alerts_left || cuts_left) {
                break;
            }
            minute += 1;
        }
        // A real incident is over a quiet time after the last cut and the last loss; of a
        // false alarm nobody works on anything before the check has found it to be one.
        let last = state.down.values().map(|(at, _)| *at).max().unwrap_or(0);
        let quiet = self.estate.soc.quiet.0 / 60_000;
        let checked = contained + self.minutes.confirm + self.minutes.decide;
        let (work, clear) = if real { (0, contained.max(last) + quiet) } else { (checked, checked) };
        (self.loss(&state, work, clear), state)
    }

    /// Begins every act whose needs are met and whose asset is on the network.
    fn begin(&self, state: &mut State, minute: u64) {
        for (place, act) in self.acts.iter().enumerate() {
            let open = !state.ends.contains_key(&place) && !state.cut.contains(&act.asset);
            if open && self.may(state, act) {
                let minutes = self.campaign.steps[act.step].duration.q50.round() as u64;
                state.ends.insert(place, minute + minutes);
            }
        }
    }

    fn may(&self, state: &State, act: &Act) -> bool {
        let step = &self.campaign.steps[act.step];
        let site = &self.estate.assets[act.asset].site;
        let met = |need: &model::id::StepId| {
            state.done.iter().any(|d| {
                let done = &self.acts[*d];
                let written = &self.campaign.steps[done.step];
                let here = self.estate.assets[done.asset].site == *site;
                written.id == *need && (here || !step.same_site || written.spread == Spread::Once)
            })
        };
        match step.operator {
            Operator::All => step.needs.iter().all(met),
            Operator::Any => step.needs.is_empty() || step.needs.iter().any(met),
        }
    }

    fn end(&self, state: &mut State, place: usize, minute: u64, real: bool) {
        let act = &self.acts[place];
        let step = &self.campaign.steps[act.step];
        state.done.insert(place);
        if self.seen[act.step] {
            state.alerts.push((minute + ALERT, act.asset));
        }
        if real && step.effect == Effect::Encrypt {
            state.down.entry(act.asset).or_insert((minute, true));
            // Nobody can overlook it.
            Self::sign(state, act.asset, minute);
        }
    }

    /// Notes a sign of the attacker on an asset.
    fn sign(state: &mut State, asset: usize, minute: u64) {
        state.alerted.insert(asset);
        if state.alarm.is_some() && !state.cut.contains(&asset) {
            state.heard.insert(asset);
        }
        state.alarm.get_or_insert((minute, asset));
    }

    fn cut(&self, state: &mut State, what: &What, standing: bool, minute: u64) {
        let assets = &self.estate.assets;
        let source = state.alarm.map(|a| a.1);
        let alike = |asset: &Asset, whole: bool| {
            state
                .alerted
                .iter()
                .any(|a| assets[*a].site == asset.site && (whole || assets[*a].zone == asset.zone))
        };
        let meant = |place: usize| match what {
            What::Host if standing => state.alerted.contains(&place),
            What::Host => source == Some(place),
            What::Segments => alike(&assets[place], false),
            What::Role(role) => assets[place].role == *role,
            What::AlertedSites => alike(&assets[place], true),
            What::Site(site) => assets[place].site.as_str() == site,
            What::AllSites => true,
        };
        let off: Vec<usize> = (0..assets.len()).filter(|p| meant(*p)).collect();
        for place in off {
            state.cut.insert(place);
            state.down.entry(place).or_insert((minute, false));
        }
        let cut = |act: usize| state.cut.contains(&self.acts[act].asset) && !state.done.contains(&act);
        let lost: Vec<usize> = state.ends.keys().copied().filter(|a| cut(*a)).collect();
        state.lost.extend(lost);
    }

    /// Returns insured people times hours with a service down; crews begin with each fall, at
    /// `work` at the earliest, and what is ready is reconnected at `clear`.
    fn loss(&self, state: &State, work: u64, clear: u64) -> f64 {
        let away: BTreeMap<usize, (u64, u64)> = state
            .down
            .iter()
            .map(|(place, (at, attacked))| {
                let asset = &self.estate.assets[*place];
                let takes = if *attacked { asset.restore } else { asset.restart };
                (*place, (*at, clear.max(work.max(*at) + takes.q50.round() as u64)))
            })
            .collect();
        let mut moments: BTreeSet<u64> = away.values().flat_map(|(at, back)| [*at, *back]).collect();
        let mut lost = 0.0;
        while let Some(now) = moments.pop_first() {
            let Some(next) = moments.first() else { break };
            let down = |place: usize| away.get(&place).is_some_and(|(at, back)| *at <= now && now < *back);
            lost += self.people(&down) as f64 * (next - now) as f64 / 60.0;
        }
        lost
    }

    /// Returns the insured people with a service down.
    fn people(&self, down: &dyn Fn(usize) -> bool) -> u64 {
        let hit = |tenant: &&model::estate::Tenant| {
            let hosting = self.estate.hostings.iter().find(|h| h.id == tenant.hosting).expect("a hosting");
            hosting.services.iter().any(|agreed| {
                let service =
                    self.estate.services.iter().find(|s| s.id == agreed.service).expect("a service");
                service.needs.iter().any(|need| {
                    let members: Vec<usize> =
                        need.of.iter().flat_map(|c| self.members(c, hosting.home.as_str())).collect();
                    let up = members.iter().filter(|m| !down(**m)).count();
                    up < need.k.map_or(members.len(), |k| k as usize)
                })
            })
        };
        self.estate.tenants.iter().filter(hit).map(|t| t.insured).sum()
    }

    fn members(&self, component: &Component, home: &str) -> Vec<usize> {
        let Component::Role { role, place } = component else { panic!("the world knows no such service") };
        let here = |asset: &Asset| match place {
            Place::Home => asset.site.as_str() == home,
            Place::Any => true,
            Place::Site(site) => asset.site == *site,
        };
        (0..self.estate.assets.len())
            .filter(|p| self.estate.assets[*p].role == *role && here(&self.estate.assets[*p]))
            .collect()
    }
}
