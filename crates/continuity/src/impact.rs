//! What the outages of one trial mean for services and tenants.
//!
//! Service states are looked at only at epochs, the moments at which an asset
//! goes down or comes back; between two epochs nothing changes. A service is
//! down when the greatest fixed point over the assets that work says so: services
//! that need each other come back together, by hand where a cold start would
//! not do it (`read_estate` reports those).
//!
//! The share of the attack is the outage with only those assets down that the
//! attacker made unusable, each until it came back in the real schedule. What is
//! down beyond that is the price of containment.

use std::collections::BTreeMap;

use model::estate::Estate;
use model::id::{HostingId, ServiceId, SiteId};
use model::impact::{HostingImpact, Outage, Return, TrialImpact};
use model::quantity::{InsuredHours, Millis};
use model::trial::{DownCause, Trial};
use rayon::prelude::*;

use crate::equations::set;
use crate::recovery::Planner;

/// Returns what each trial means for everybody, in the order of `trials`.
///
/// Recovery begins at the end of the race. The result does not depend on the
/// number of threads.
pub fn impacts(estate: &Estate, trials: &[Trial]) -> Vec<TrialImpact> {
    let meter = Meter::new(estate);
    trials.par_iter().map(|trial| meter.impact(trial)).collect()
}

/// What does not change between trials.
pub(crate) struct Meter {
    pub(crate) planner: Planner,
    /// Sites that are home to a hosting.
    pub(crate) homes: Vec<Home>,
    pub(crate) hostings: Vec<Profile>,
}

pub(crate) struct Home {
    pub(crate) site: usize,
    /// Services that are up there when nothing is down; no asset bits.
    pub(crate) full: Vec<u64>,
}

pub(crate) struct Profile {
    pub(crate) home: Option<usize>,
    pub(crate) services: Vec<Option<usize>>,
    tenants: u32,
    insured: u64,
}

/// One asset from the moment it goes down until it is back.
pub(crate) struct Absence {
    pub(crate) asset: usize,
    pub(crate) at: u64,
    /// When the attacker made it unusable, if he did.
    attacked: Option<u64>,
    pub(crate) back: u64,
}

/// The states of one home site while the epochs are walked through.
#[derive(Clone)]
struct Look {
    /// Services down in fact, as bits in the layout of the equations.
    total: Vec<u64>,
    /// Services that would be down if nothing had been switched off.
    attack: Vec<u64>,
}

impl Meter {
    pub(crate) fn new(estate: &Estate) -> Self {
        let planner = Planner::new(estate);
        let site_of: BTreeMap<&SiteId, usize> =
            estate.sites.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
        let service_of: BTreeMap<&ServiceId, usize> =
            estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
        let mut people: BTreeMap<&HostingId, (u32, u64)> = BTreeMap::new();
        for tenant in &estate.tenants {
            let entry = people.entry(&tenant.hosting).or_default();
            *entry = (entry.0 + 1, entry.1.saturating_add(tenant.insured));
        }
        let mut homes: Vec<Home> = Vec::new();
        let mut hostings = Vec::new();
        for hosting in &estate.hostings {
            let home = site_of.get(&hosting.home).map(|&site| {
                homes.iter().position(|h| h.site == site).unwrap_or_else(|| {
                    let mut full = planner.equations.assets_up(&[]);
                    planner.equations.greatest(site, &mut full);
                    for asset in 0..estate.assets.len() {
                        set(&mut full, asset, false);
                    }
                    homes.push(Home { site, full });
                    homes.len() - 1
                })
            });
            let (tenants, insured) = people.get(&hosting.id).copied().unwrap_or_default();
            let services = hosting.services.iter().map(|a| service_of.get(&a.service).copied()).collect();
            hostings.push(Profile { home, services, tenants, insured });
        }
        Self { planner, homes, hostings }
    }

    fn impact(&self, trial: &Trial) -> TrialImpact {
        let mut result = TrialImpact {
            trial: trial.index,
            attack: InsuredHours(0),
            containment: InsuredHours(0),
            tenants_hit: 0,
            insured_hit: 0,
            hostings: self
                .hostings
                .iter()
                .map(|h| HostingImpact {
                    any: Outage::default(),
                    services: vec![Outage::default(); h.services.len()],
                })
                .collect(),
            recovered: None,
        };
        if trial.down.is_empty() {
            return result;
        }
        let returns = self.planner.schedule(&trial.down, trial.end);
        result.recovered = returns.iter().map(|r| r.back).max();
        self.walk(&absences(trial, &returns), &mut result.hostings);
        let (mut attack, mut containment) = (0_u128, 0_u128);
        for (profile, hosting) in self.hostings.iter().zip(&result.hostings) {
            attack += u128::from(hosting.any.attack.0) * u128::from(profile.insured);
            containment += u128::from(hosting.any.containment.0) * u128::from(profile.insured);
            if hosting.any.total() > Millis(0) {
                result.tenants_hit += profile.tenants;
                result.insured_hit = result.insured_hit.saturating_add(profile.insured);
            }
        }
        result.attack = insured_hours(attack);
        result.containment = insured_hours(containment);
        result
    }

    /// Walks through the epochs and adds up the outages.
    fn walk(&self, absences: &[Absence], hostings: &mut [HostingImpact]) {
        let mut epochs: Vec<u64> =
            absences.iter().flat_map(|a| [Some(a.at), a.attacked, Some(a.back)]).flatten().collect();
        epochs.sort_unstable();
        epochs.dedup();
        let mut total = self.planner.equations.assets_up(&[]);
        let mut attack = total.clone();
        let none = vec![0; total.len()];
        let mut looks = vec![Look { total: none.clone(), attack: none }; self.homes.len()];
        for pair in epochs.windows(2) {
            let [now, next] = [pair[0], pair[1]];
            let (mut changed, mut changed_attack) = (vec![0; total.len()], vec![0; total.len()]);
            for absence in absences {
                if absence.at == now || absence.back == now {
                    let gone = absence.at <= now && now < absence.back;
                    set(&mut total, absence.asset, !gone);
                    set(&mut changed, absence.asset, true);
                }
                if absence.attacked == Some(now) || (absence.back == now && absence.attacked.is_some()) {
                    set(&mut attack, absence.asset, now >= absence.back);
                    set(&mut changed_attack, absence.asset, true);
                }
            }
            for (home, look) in self.homes.iter().zip(&mut looks) {
                self.look(home, &total, &changed, &mut look.total);
                let reads = self.planner.equations.reads(home.site);
                if reads.iter().zip(total.iter().zip(&attack)).all(|(r, (t, a))| r & t == r & a) {
                    // Often all that is down is the attack's, and the answer is known.
                    look.attack.clone_from(&look.total);
                } else {
                    self.look(home, &attack, &changed_attack, &mut look.attack);
                }
            }
            self.add(&looks, now, next, hostings);
        }
    }

    /// Settles which services are down at `home` if an asset it reads has changed.
    fn look(&self, home: &Home, assets: &[u64], changed: &[u64], down: &mut Vec<u64>) {
        let reads = self.planner.equations.reads(home.site);
        if reads.iter().zip(changed).all(|(r, c)| r & c == 0) {
            return;
        }
        down.clear();
        down.extend_from_slice(assets);
        self.planner.equations.greatest(home.site, down);
        for (word, full) in down.iter_mut().zip(&home.full) {
            *word = full & !*word;
        }
    }

    fn add(&self, looks: &[Look], now: u64, next: u64, hostings: &mut [HostingImpact]) {
        for (profile, hosting) in self.hostings.iter().zip(hostings) {
            let Some(look) = profile.home.map(|h| &looks[h]) else { continue };
            if look.total.iter().all(|w| *w == 0) {
                continue;
            }
            let (mut any, mut any_attack) = (false, false);
            for (service, outage) in profile.services.iter().zip(&mut hosting.services) {
                let Some(service) = *service else { continue };
                let down = self.planner.equations.up(service, &look.total);
                let by_attack = self.planner.equations.up(service, &look.attack);
                lengthen(outage, down, by_attack, now, next);
                any |= down;
                any_attack |= by_attack;
            }
            lengthen(&mut hosting.any, any, any_attack, now, next);
        }
    }
}

fn lengthen(outage: &mut Outage, down: bool, by_attack: bool, now: u64, next: u64) {
    if !down {
        return;
    }
    let part = if by_attack { &mut outage.attack } else { &mut outage.containment };
    *part = part.saturating_add(Millis(next - now));
    outage.restored = Some(Millis(next));
}

pub(crate) fn absences(trial: &Trial, returns: &[Return]) -> Vec<Absence> {
    let mut by_asset: BTreeMap<u32, (u64, Option<u64>)> = BTreeMap::new();
    for down in &trial.down {
        let attacked = (down.cause == DownCause::Attack).then_some(down.at.0);
        let entry = by_asset.entry(down.asset).or_insert((down.at.0, attacked));
        entry.0 = entry.0.min(down.at.0);
        entry.1 = entry.1.into_iter().chain(attacked).min();
    }
    returns
        .iter()
        .filter_map(|r| {
            let (at, attacked) = *by_asset.get(&r.asset)?;
            Some(Absence { asset: r.asset as usize, at, attacked, back: r.back.0 })
        })
        .collect()
}

/// Returns people times milliseconds as people times hours, rounded to the nearest.
fn insured_hours(insured_ms: u128) -> InsuredHours {
    const HOUR: u128 = Millis::HOUR.0 as u128;
    InsuredHours(u64::try_from((insured_ms + HOUR / 2) / HOUR).unwrap_or(u64::MAX))
}
