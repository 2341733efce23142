//! In which order and when assets come back.
//!
//! Every asset that is down is one job for one crew of its own site. Jobs are
//! started by Graham's list scheduling: whenever a crew is free, it takes the
//! first job of the site's list that may begin. The list is ordered by the
//! insured people of all tenants whose services need the asset, per hour of its
//! work; ties go by asset id.
//!
//! What must be up first follows from the services. An asset belongs to the
//! lowest services that name it, and may begin when those services would be up if
//! everything on their own level and above worked. So directory and storage come
//! before what needs them, a redundant directory holds nobody back, and no
//! circle can arise, because levels only rise.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use model::estate::{Component, Estate};
use model::id::SiteId;
use model::impact::Return;
use model::quantity::Millis;
use model::trial::Down;

use crate::equations::{Equations, matches, set, test};

/// Returns when crews begin with each asset that is down and when it works again,
/// by place of the asset in the estate. Crews are free from `from` on.
///
/// An asset named twice is one job, down from the earlier time with the longer
/// work; an asset that is not in the estate is left out.
pub fn recovery(estate: &Estate, down: &[Down], from: Millis) -> Vec<Return> {
    Planner::new(estate).schedule(down, from)
}

/// What does not change between trials.
pub(crate) struct Planner {
    pub(crate) equations: Equations,
    crews: Vec<usize>,
    assets: Vec<Place>,
    /// By level: assets of that level and above, as bits.
    from_level: Vec<Vec<u64>>,
}

struct Place {
    site: usize,
    level: usize,
    /// The lowest services that name the asset and are up when nothing is down.
    services: Vec<usize>,
    /// Insured people of tenants whose services need it.
    insured: u64,
    /// Place in the order of ids.
    rank: usize,
}

struct Job {
    asset: usize,
    ready: u64,
    work: u64,
}

impl Planner {
    pub(crate) fn new(estate: &Estate) -> Self {
        let equations = Equations::new(estate);
        let site_of: BTreeMap<&SiteId, usize> =
            estate.sites.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
        let full: Vec<Vec<bool>> = (0..estate.sites.len()).map(|s| equations.staying_up(s, &[])).collect();
        let insured = insured_by_asset(estate, &equations);
        let mut by_id: Vec<usize> = (0..estate.assets.len()).collect();
        by_id.sort_by(|a, b| estate.assets[*a].id.cmp(&estate.assets[*b].id));
        let mut rank = vec![0; by_id.len()];
        for (r, asset) in by_id.into_iter().enumerate() {
            rank[asset] = r;
        }
        let mut assets = Vec::new();
        for (a, asset) in estate.assets.iter().enumerate() {
            let site = site_of.get(&asset.site).copied().unwrap_or(usize::MAX);
            let naming = named_by(estate, a);
            let level = naming.iter().map(|s| equations.graph.level[*s]).min().unwrap_or(0);
            let services = naming
                .into_iter()
                .filter(|s| equations.graph.level[*s] == level)
                .filter(|s| full.get(site).is_some_and(|up| up[*s]))
                .collect();
            assets.push(Place { site, level, services, insured: insured[a], rank: rank[a] });
        }
        let levels = assets.iter().map(|a| a.level + 1).max().unwrap_or(0);
        let from_level = (0..levels)
            .map(|level| {
                let mut bits = vec![0; equations.words];
                for (a, _) in assets.iter().enumerate().filter(|(_, p)| p.level >= level) {
                    set(&mut bits, a, true);
                }
                bits
            })
            .collect();
        let crews = estate.sites.iter().map(|s| usize::from(s.crews.max(1))).collect();
        Self { equations, crews, assets, from_level }
    }

    pub(crate) fn schedule(&self, down: &[Down], from: Millis) -> Vec<Return> {
        let mut pending = self.jobs(down, from);
        let all: Vec<u32> = pending.iter().map(|j| j.asset as u32).collect();
        let mut up = self.equations.assets_up(&all);
        let mut free = self.crews.clone();
        let mut running: Vec<(u64, usize)> = Vec::new();
        let mut returns = Vec::new();
        let mut now = from.0;
        while !pending.is_empty() {
            let started = self.start(&mut pending, &mut free, &up, now, false);
            let next_ready = pending.iter().map(|j| j.ready).filter(|r| *r > now).min();
            let mut book = |jobs: Vec<Job>, running: &mut Vec<(u64, usize)>| {
                for job in jobs {
                    let back = now.saturating_add(job.work);
                    running.push((back, job.asset));
                    returns.push(Return { asset: job.asset as u32, begin: Millis(now), back: Millis(back) });
                }
            };
            book(started, &mut running);
            let next_back = running.iter().map(|r| r.0).min();
            let Some(next) = next_ready.into_iter().chain(next_back).min() else {
                // Nothing runs and nothing may begin: levels rule this out, but
                // a plan must end whatever the estate says.
                let forced = self.start(&mut pending, &mut free, &up, now, true);
                if forced.is_empty() {
                    break;
                }
                book(forced, &mut running);
                continue;
            };
            now = next;
            running.retain(|(back, asset)| {
                if *back <= now {
                    set(&mut up, *asset, true);
                    free[self.assets[*asset].site] += 1;
                }
                *back > now
            });
        }
        returns.sort_by_key(|r| r.asset);
        returns
    }

    /// Returns the jobs in the order in which crews prefer them.
    fn jobs(&self, down: &[Down], from: Millis) -> Vec<Job> {
        let mut jobs: BTreeMap<usize, (u64, u64)> = BTreeMap::new();
        let known = |d: &&Down| self.assets.get(d.asset as usize).is_some_and(|a| a.site < self.crews.len());
        for d in down.iter().filter(known) {
            let job = jobs.entry(d.asset as usize).or_insert((d.at.0, d.work.0));
            *job = (job.0.min(d.at.0), job.1.max(d.work.0));
        }
        let mut list: Vec<Job> =
            jobs.into_iter().map(|(asset, (at, work))| Job { asset, ready: at.max(from.0), work }).collect();
        list.sort_by(|a, b| self.prefer(a, b));
        list
    }

    /// Compares insured people per hour of work without dividing, highest first.
    fn prefer(&self, a: &Job, b: &Job) -> Ordering {
        let (pa, pb) = (&self.assets[a.asset], &self.assets[b.asset]);
        let worth = |p: &Place, other: &Job| u128::from(p.insured) * u128::from(other.work.max(1));
        worth(pb, a).cmp(&worth(pa, b)).then(pa.rank.cmp(&pb.rank))
    }

    /// Takes from `pending` what crews begin at `now`.
    fn start(
        &self,
        pending: &mut Vec<Job>,
        free: &mut [usize],
        up: &[u64],
        now: u64,
        forced: bool,
    ) -> Vec<Job> {
        let mut begun = Vec::new();
        let mut states: BTreeMap<(usize, usize), Vec<u64>> = BTreeMap::new();
        let mut at = 0;
        while at < pending.len() {
            let job = &pending[at];
            let place = &self.assets[job.asset];
            let may = free[place.site] > 0
                && job.ready <= now
                && (forced || place.level == 0 || {
                    let state = states.entry((place.site, place.level)).or_insert_with(|| {
                        let mut state: Vec<u64> =
                            up.iter().zip(&self.from_level[place.level]).map(|(u, l)| u | l).collect();
                        self.equations.greatest(place.site, &mut state);
                        state
                    });
                    place.services.iter().all(|s| self.equations.up(*s, state))
                });
            if may {
                free[place.site] -= 1;
                begun.push(pending.remove(at));
            } else {
                at += 1;
            }
        }
        begun
    }
}

/// Returns the services that name the asset at place `asset` for tenants of some site.
pub(crate) fn named_by(estate: &Estate, asset: usize) -> Vec<usize> {
    let asset = &estate.assets[asset];
    let names = |component: &Component| match component {
        Component::Role { role, place } => {
            estate.sites.iter().any(|site| matches(asset, role, place, &site.id))
        }
        Component::Service(_) => false,
    };
    (0..estate.services.len())
        .filter(|s| estate.services[*s].needs.iter().flat_map(|n| &n.of).any(names))
        .collect()
}

/// Returns the insured people of tenants whose services need each asset, directly or through others.
pub(crate) fn insured_by_asset(estate: &Estate, equations: &Equations) -> Vec<u64> {
    let mut insured = vec![0_u64; estate.assets.len()];
    for hosting in &estate.hostings {
        let people: u64 = estate
            .tenants
            .iter()
            .filter(|t| t.hosting == hosting.id)
            .fold(0, |sum, t| sum.saturating_add(t.insured));
        let mut needed = vec![0; equations.words];
        let mut used: Vec<usize> = hosting
            .services
            .iter()
            .filter_map(|agreed| estate.services.iter().position(|s| s.id == agreed.service))
            .flat_map(|service| equations.graph.closure(service))
            .collect();
        used.sort_unstable();
        used.dedup();
        let components = used.iter().flat_map(|s| &estate.services[*s].needs).flat_map(|n| &n.of);
        for component in components {
            let Component::Role { role, place } = component else { continue };
            let assets = estate.assets.iter().enumerate();
            for (a, _) in assets.filter(|(_, a)| matches(a, role, place, &hosting.home)) {
                set(&mut needed, a, true);
            }
        }
        for (a, sum) in insured.iter_mut().enumerate() {
            if test(&needed, a) {
                *sum = sum.saturating_add(people);
            }
        }
    }
    insured
}
