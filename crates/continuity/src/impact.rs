//! What the outages of one trial mean for services and tenants.
//!
//! The share of the attack is the outage with only those assets down that the attacker
//! made unusable, each until it came back in the real schedule. What is down beyond that
//! is the price of containment. Where tenants are let back to a service in stages, a
//! profile's outage lasts until they are in, in the mean over its insured people; that
//! part counts to the cause of the outage before it.

use std::collections::BTreeMap;

use model::estate::Estate;
use model::id::{HostingId, ServiceId, SiteId};
use model::impact::{HostingImpact, Outage, ServiceImpact, TrialImpact};
use model::quantity::{Millis, PersonHours};
use model::trial::Trial;
use rayon::prelude::*;

use crate::admission::{Line, lines};
use crate::backups::Backups;
use crate::course::{Course, Downtime};
use crate::recovery::Planner;

/// Returns what each trial means for everybody, in the order of `trials`.
///
/// Recovery of each part begins when it goes down. The result does not depend on the
/// number of threads.
pub fn impacts(estate: &Estate, trials: &[Trial]) -> Vec<TrialImpact> {
    let meter = Meter::new(estate);
    trials.par_iter().map(|trial| meter.impact(trial)).collect()
}

/// What does not change between trials.
pub(crate) struct Meter {
    pub(crate) planner: Planner,
    pub(crate) backups: Backups,
    /// By site and service: how tenants return in stages.
    pub(crate) lines: Vec<Vec<Option<Line>>>,
    /// Sites that are home to a hosting.
    pub(crate) homes: Vec<Home>,
    pub(crate) hostings: Vec<Profile>,
    /// By service: what an hour without it counts for, in thousandths.
    weights: Vec<u128>,
    assets: usize,
}

pub(crate) struct Home {
    pub(crate) site: usize,
    /// Services that are up there when nothing is down.
    pub(crate) full: Vec<bool>,
}

pub(crate) struct Profile {
    /// Place among the homes.
    pub(crate) home: Option<usize>,
    pub(crate) services: Vec<Option<usize>>,
    /// By agreement: how long its people wait in the mean after the service has returned.
    pub(crate) waits: Vec<Millis>,
    pub(crate) tenants: u32,
    pub(crate) insured: u64,
}

impl Meter {
    pub(crate) fn new(estate: &Estate) -> Self {
        let planner = Planner::new(estate);
        let site_of: BTreeMap<&SiteId, usize> =
            estate.sites.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
        let service_of: BTreeMap<&ServiceId, usize> =
            estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
        let mut people: BTreeMap<&HostingId, Vec<usize>> = BTreeMap::new();
        for (t, tenant) in estate.tenants.iter().enumerate() {
            people.entry(&tenant.hosting).or_default().push(t);
        }
        let lines = lines(estate);
        let mut homes: Vec<Home> = Vec::new();
        let mut hostings = Vec::new();
        for hosting in &estate.hostings {
            let site = site_of.get(&hosting.home).copied();
            let home = site.map(|site| {
                homes.iter().position(|h| h.site == site).unwrap_or_else(|| {
                    homes.push(Home { site, full: planner.equations.staying_up(site, &[]) });
                    homes.len() - 1
                })
            });
            let tenants = people.get(&hosting.id).map(Vec::as_slice).unwrap_or_default();
            let insured = |t: &usize| estate.tenants[*t].insured;
            let services: Vec<Option<usize>> =
                hosting.services.iter().map(|a| service_of.get(&a.service).copied()).collect();
            let wait = |service: &Option<usize>| {
                let line = site.zip(*service).and_then(|(site, s)| lines[site][s].as_ref());
                line.map_or(Millis(0), |line| line.mean_wait(estate, tenants))
            };
            hostings.push(Profile {
                home,
                waits: services.iter().map(wait).collect(),
                services,
                tenants: tenants.len() as u32,
                insured: tenants.iter().fold(0, |sum, t| sum.saturating_add(insured(t))),
            });
        }
        let backups = Backups::new(estate, &planner.equations);
        let weights = estate.services.iter().map(|s| u128::from(s.weight.thousandths())).collect();
        Self { planner, backups, lines, homes, hostings, weights, assets: estate.assets.len() }
    }

    /// Returns the course of a trial.
    pub(crate) fn course(&self, trial: &Trial) -> Course {
        Course::new(self.assets, trial, &self.planner.returns(trial))
    }

    /// Returns what a trial means for everybody.
    pub(crate) fn impact(&self, trial: &Trial) -> TrialImpact {
        self.impact_of(trial, &self.course(trial))
    }

    /// Returns what a trial with this course means for everybody.
    pub(crate) fn impact_of(&self, trial: &Trial, course: &Course) -> TrialImpact {
        let mut result = TrialImpact {
            trial: trial.index,
            attack: PersonHours(0),
            containment: PersonHours(0),
            tenants_hit: 0,
            insured_hit: 0,
            services: vec![ServiceImpact::default(); self.weights.len()],
            weighted_attack: PersonHours(0),
            weighted_containment: PersonHours(0),
            hostings: Vec::new(),
            recovered: course.recovered,
            waiting: PersonHours(0),
            relapsed: course.relapsed,
        };
        if trial.down.is_empty() {
            result.hostings = self.hostings.iter().map(|h| untouched(h.services.len())).collect();
            return result;
        }
        let equations = &self.planner.equations;
        let downs: Vec<Vec<Vec<Downtime>>> =
            self.homes.iter().map(|home| course.downtimes(equations, home.site, &home.full)).collect();
        let losses = self.backups.losses(trial);
        let (mut attack, mut containment, mut waiting) = (0_u128, 0_u128, 0_u128);
        let mut people = vec![(0_u128, 0_u128); self.weights.len()];
        for profile in &self.hostings {
            let Some(home) = profile.home else {
                result.hostings.push(untouched(profile.services.len()));
                continue;
            };
            let (mut hosting, waited) = self.hosting(profile, home, &downs[home]);
            let site = self.homes[home].site;
            let loss = |s: &Option<usize>| self.backups.of_service(&losses, site, (*s)?);
            hosting.data = profile.services.iter().map(loss).collect();
            attack += u128::from(hosting.any.attack.0) * u128::from(profile.insured);
            containment += u128::from(hosting.any.containment.0) * u128::from(profile.insured);
            waiting += u128::from(waited) * u128::from(profile.insured);
            for (service, outage) in profile.services.iter().zip(&hosting.services) {
                let Some(sum) = service.and_then(|s| people.get_mut(s)) else { continue };
                sum.0 += u128::from(outage.attack.0) * u128::from(profile.insured);
                sum.1 += u128::from(outage.containment.0) * u128::from(profile.insured);
            }
            if hosting.any.total() > Millis(0) {
                result.tenants_hit += profile.tenants;
                result.insured_hit = result.insured_hit.saturating_add(profile.insured);
            }
            result.hostings.push(hosting);
        }
        result.attack = person_hours(attack);
        result.containment = person_hours(containment);
        result.waiting = person_hours(waiting);
        self.add_services(&mut result, &people, &downs);
        result
    }

    /// Adds what a trial means for each service and for all by their weights; `people` are
    /// insured people times milliseconds without each service, by attack and by containment.
    fn add_services(&self, result: &mut TrialImpact, people: &[(u128, u128)], downs: &[Vec<Vec<Downtime>>]) {
        let (mut attack, mut containment) = (0_u128, 0_u128);
        for (s, (impact, lost)) in result.services.iter_mut().zip(people).enumerate() {
            let at_homes = downs.iter().filter_map(|home| home.get(s)).map(|times| outage(times));
            // The first of equals, as the estate names the homes.
            let longest = at_homes.reduce(|a, b| if b.total() > a.total() { b } else { a });
            *impact = ServiceImpact {
                down: longest.unwrap_or_default(),
                attack: person_hours(lost.0),
                containment: person_hours(lost.1),
            };
            attack += lost.0 * self.weights[s];
            containment += lost.1 * self.weights[s];
        }
        result.weighted_attack = person_hours(attack / 1_000);
        result.weighted_containment = person_hours(containment / 1_000);
    }

    /// Returns what the downtimes of a home mean for a profile, and how much of the time
    /// with a service down is waiting for re-admission.
    fn hosting(&self, profile: &Profile, home: usize, downs: &[Vec<Downtime>]) -> (HostingImpact, u64) {
        let site = self.homes[home].site;
        let (mut all, mut bare) = (Vec::new(), Vec::new());
        let mut services = Vec::new();
        for (service, wait) in profile.services.iter().zip(&profile.waits) {
            let Some(service) = *service else {
                services.push(Outage::default());
                continue;
            };
            let times = &downs[service];
            match self.lines[site][service].as_ref().filter(|_| *wait > Millis(0)) {
                None => {
                    services.push(outage(times));
                    all.extend_from_slice(times);
                }
                Some(line) => {
                    let longer = waited(times, *wait, line.fades);
                    services.push(outage(&longer));
                    all.extend(longer);
                }
            }
            bare.extend_from_slice(times);
        }
        let any = union(&mut all);
        let alone = union(&mut bare).total();
        let waited = any.total().saturating_sub(alone).0;
        (HostingImpact { any, services, data: Vec::new() }, waited)
    }
}

fn untouched(services: usize) -> HostingImpact {
    HostingImpact {
        any: Outage::default(),
        services: vec![Outage::default(); services],
        data: vec![None; services],
    }
}

/// Returns the downtimes with each outage of at least `fades` lengthened by `wait`, at most
/// until the next begins. One that begins while people wait is part of the same outage.
pub(crate) fn waited(times: &[Downtime], wait: Millis, fades: Millis) -> Vec<Downtime> {
    let mut longer = times.to_vec();
    let mut begin = 0;
    for at in 0..longer.len() {
        if at == 0 || longer[at - 1].to < times[at].from {
            begin = times[at].from;
        }
        let next = times.get(at + 1).map(|n| n.from);
        let ends = next != Some(times[at].to);
        if ends && times[at].to - begin >= fades.0 {
            let end = times[at].to.saturating_add(wait.0);
            longer[at].to = next.map_or(end, |n| end.min(n));
        }
    }
    longer
}

/// Returns the outage of sorted downtimes that are apart.
fn outage(times: &[Downtime]) -> Outage {
    let mut outage = Outage::default();
    for time in times {
        let part = if time.attack { &mut outage.attack } else { &mut outage.containment };
        *part = part.saturating_add(Millis(time.to - time.from));
        outage.restored = Some(Millis(time.to));
    }
    outage
}

/// Returns the outage with any of the downtimes; where several overlap and one of them is
/// the attack's, it is the attack's.
fn union(times: &mut [Downtime]) -> Outage {
    times.sort_unstable_by_key(|t| t.from);
    let length = |of: &dyn Fn(&Downtime) -> bool| {
        let (mut sum, mut covered) = (0, 0);
        for time in times.iter().filter(|t| of(t)) {
            let from = time.from.max(covered);
            if time.to > from {
                sum += time.to - from;
                covered = time.to;
            }
        }
        Millis(sum)
    };
    let attack = length(&|t| t.attack);
    Outage {
        attack,
        containment: length(&|_| true).saturating_sub(attack),
        restored: times.iter().map(|t| Millis(t.to)).max(),
    }
}

/// Returns people times milliseconds as people times hours, rounded to the nearest.
fn person_hours(insured_ms: u128) -> PersonHours {
    const HOUR: u128 = Millis::HOUR.0 as u128;
    PersonHours(u64::try_from((insured_ms + HOUR / 2) / HOUR).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
