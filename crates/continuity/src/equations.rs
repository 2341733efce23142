//! Services as k-of-n equations over assets and other services.
//!
//! A state is one row of bits: first the assets, then the services as one home
//! site sees them. Every need is "at least k of these bits", so AND, OR and
//! k-of-n are the same line of code. The equations are monotone, therefore both
//! fixed points exist: the greatest says what *stays* up, the least what *comes*
//! up by itself from cold. They differ only where services need each other.

use std::collections::BTreeMap;
use std::ops::Range;

use model::estate::{Asset, Component, Estate, Need, Place};
use model::id::{ServiceId, SiteId};

use crate::graph::Graph;

/// Services at one home site that stay up together but cannot come up from cold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlock {
    /// The home site.
    pub site: SiteId,
    /// The services that do not come up, in the order of the estate.
    pub services: Vec<ServiceId>,
    /// Services which, started by hand in this order, let all the others come up.
    pub by_hand: Vec<ServiceId>,
}

/// The service equations of an estate, one set per site.
#[derive(Debug, Clone)]
pub struct Equations {
    pub(crate) graph: Graph,
    pub(crate) words: usize,
    assets: usize,
    services: Vec<ServiceId>,
    sites: Vec<SiteId>,
    views: Vec<View>,
}

/// The equations as one home site sees them.
#[derive(Debug, Clone)]
struct View {
    /// The needs of each service.
    needs_of: Vec<Range<usize>>,
    needs: Vec<Compiled>,
    /// Words of the masks, with nothing but zeros left out.
    parts: Vec<(u32, u64)>,
    /// Assets that any equation of this view reads.
    reads: Vec<u64>,
}

#[derive(Debug, Clone)]
struct Compiled {
    enough: Enough,
    parts: Range<usize>,
}

/// How many members must work. AND and OR are most needs and want no counting.
#[derive(Debug, Clone, Copy)]
enum Enough {
    All,
    One,
    Count(u32),
}

/// Returns whether the asset is a member of a role component for tenants of `home`.
pub(crate) fn matches(asset: &Asset, role: &str, place: &Place, home: &SiteId) -> bool {
    asset.role == role
        && match place {
            Place::Home => asset.site == *home,
            Place::Any => true,
            Place::Site(site) => asset.site == *site,
        }
}

/// Returns how many members `need` has for tenants of `home`, and whether each
/// of its components has at least one.
pub(crate) fn members(estate: &Estate, need: &Need, home: &SiteId) -> (usize, bool) {
    let mut counted = std::collections::BTreeSet::new();
    let mut complete = true;
    for component in &need.of {
        match component {
            Component::Service(id) => {
                counted.insert((true, estate.services.iter().position(|s| s.id == *id)));
            }
            Component::Role { role, place } => {
                let mut found = false;
                for (i, _) in estate.assets.iter().enumerate().filter(|(_, a)| matches(a, role, place, home))
                {
                    found = true;
                    counted.insert((false, Some(i)));
                }
                complete &= found;
            }
        }
    }
    (counted.len(), complete)
}

pub(crate) fn test(bits: &[u64], at: usize) -> bool {
    bits[at / 64] >> (at % 64) & 1 == 1
}

pub(crate) fn set(bits: &mut [u64], at: usize, on: bool) {
    let mask = 1 << (at % 64);
    if on {
        bits[at / 64] |= mask;
    } else {
        bits[at / 64] &= !mask;
    }
}

impl View {
    fn new(estate: &Estate, place: &BTreeMap<&ServiceId, usize>, home: &SiteId, words: usize) -> Self {
        let mut view =
            Self { needs_of: Vec::new(), needs: Vec::new(), parts: Vec::new(), reads: vec![0; words] };
        for service in &estate.services {
            let first = view.needs.len();
            for need in &service.needs {
                view.compile(estate, place, home, need);
            }
            view.needs_of.push(first..view.needs.len());
        }
        view
    }

    fn compile(&mut self, estate: &Estate, place: &BTreeMap<&ServiceId, usize>, home: &SiteId, need: &Need) {
        let mut mask = vec![0_u64; self.reads.len()];
        // A component that nothing matches must not make "all of them" easier.
        let mut absent = 0;
        for component in &need.of {
            match component {
                Component::Service(id) => match place.get(id) {
                    Some(&s) => set(&mut mask, estate.assets.len() + s, true),
                    None => absent += 1,
                },
                Component::Role { role, place } => {
                    let mut found = false;
                    for (i, _) in
                        estate.assets.iter().enumerate().filter(|(_, a)| matches(a, role, place, home))
                    {
                        set(&mut mask, i, true);
                        set(&mut self.reads, i, true);
                        found = true;
                    }
                    absent += u32::from(!found);
                }
            }
        }
        let members: u32 = mask.iter().map(|w| w.count_ones()).sum();
        let first = self.parts.len();
        let kept = mask.iter().enumerate().filter(|(_, bits)| **bits != 0);
        self.parts.extend(kept.map(|(word, bits)| (word as u32, *bits)));
        let enough = match need.k.unwrap_or(members + absent) {
            k if k == members => Enough::All,
            1 => Enough::One,
            k => Enough::Count(k),
        };
        self.needs.push(Compiled { enough, parts: first..self.parts.len() });
    }

    fn met(&self, service: usize, state: &[u64]) -> bool {
        self.needs[self.needs_of[service].clone()].iter().all(|need| {
            let mut parts =
                self.parts[need.parts.clone()].iter().map(|(word, mask)| (state[*word as usize], *mask));
            match need.enough {
                Enough::All => parts.all(|(word, mask)| word & mask == mask),
                Enough::One => parts.any(|(word, mask)| word & mask != 0),
                Enough::Count(k) => parts.map(|(word, mask)| (word & mask).count_ones()).sum::<u32>() >= k,
            }
        })
    }
}

impl Equations {
    /// Returns the equations of every site of `estate`.
    pub fn new(estate: &Estate) -> Self {
        let words = (estate.assets.len() + estate.services.len()).div_ceil(64).max(1);
        let place = estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
        Self {
            graph: Graph::new(estate),
            words,
            assets: estate.assets.len(),
            services: estate.services.iter().map(|s| s.id.clone()).collect(),
            sites: estate.sites.iter().map(|s| s.id.clone()).collect(),
            views: estate.sites.iter().map(|s| View::new(estate, &place, &s.id, words)).collect(),
        }
    }

    /// Returns which services stay up for tenants of the site at place `site` of
    /// the estate while the assets at the places `down` are down: the greatest
    /// fixed point. In the order of the estate; empty for a site that is not there.
    pub fn staying_up(&self, site: usize, down: &[u32]) -> Vec<bool> {
        let mut state = self.assets_up(down);
        self.greatest(site, &mut state);
        self.services_of(site, &state)
    }

    /// Returns which services come up from cold without help: the least fixed point.
    pub fn cold_start(&self, site: usize, down: &[u32]) -> Vec<bool> {
        let mut state = self.assets_up(down);
        self.least(site, &mut state, &[]);
        self.services_of(site, &state)
    }

    /// Returns the black-start deadlocks with every asset in working order, by site.
    pub fn deadlocks(&self) -> Vec<Deadlock> {
        (0..self.sites.len()).filter_map(|site| self.deadlock(site)).collect()
    }

    fn deadlock(&self, site: usize) -> Option<Deadlock> {
        let stuck_with = |by_hand: &[usize]| {
            let (mut warm, mut cold) = (self.assets_up(&[]), self.assets_up(&[]));
            self.greatest(site, &mut warm);
            self.least(site, &mut cold, by_hand);
            let stuck: Vec<usize> = (0..self.services.len())
                .filter(|s| test(&warm, self.assets + s) && !test(&cold, self.assets + s))
                .collect();
            stuck
        };
        let stuck = stuck_with(&[]);
        let (mut left, mut by_hand) = (stuck.clone(), Vec::new());
        while !left.is_empty() {
            let fewest = |s: &usize| {
                let tried: Vec<usize> = by_hand.iter().copied().chain([*s]).collect();
                stuck_with(&tried).len()
            };
            let best = left.iter().copied().min_by_key(|s| (fewest(s), &self.services[*s]))?;
            by_hand.push(best);
            left = stuck_with(&by_hand);
        }
        let names = |list: Vec<usize>| list.into_iter().map(|s| self.services[s].clone()).collect();
        (!stuck.is_empty()).then(|| Deadlock {
            site: self.sites[site].clone(),
            services: names(stuck),
            by_hand: names(by_hand),
        })
    }

    /// Returns a state with all assets up but those at the places `down`, and no service.
    pub(crate) fn assets_up(&self, down: &[u32]) -> Vec<u64> {
        let mut state = vec![0; self.words];
        for asset in 0..self.assets {
            set(&mut state, asset, true);
        }
        for asset in down.iter().map(|d| *d as usize).filter(|d| *d < self.assets) {
            set(&mut state, asset, false);
        }
        state
    }

    /// Sets the service bits of `state` to the greatest fixed point over its asset bits.
    pub(crate) fn greatest(&self, site: usize, state: &mut [u64]) {
        let Some(view) = self.views.get(site) else { return };
        for service in 0..self.services.len() {
            set(state, self.assets + service, true);
        }
        self.settle(|service| {
            let leaves = test(state, self.assets + service) && !view.met(service, state);
            if leaves {
                set(state, self.assets + service, false);
            }
            leaves
        });
    }

    /// Sets the service bits to the least fixed point, with the services `held` kept up by hand.
    fn least(&self, site: usize, state: &mut [u64], held: &[usize]) {
        let Some(view) = self.views.get(site) else { return };
        for service in 0..self.services.len() {
            set(state, self.assets + service, held.contains(&service));
        }
        self.settle(|service| {
            let comes = !test(state, self.assets + service) && view.met(service, state);
            if comes {
                set(state, self.assets + service, true);
            }
            comes
        });
    }

    /// Calls `change` for each service, needed ones first, and again for services
    /// that need each other until none of them changes any more.
    fn settle(&self, mut change: impl FnMut(usize) -> bool) {
        for group in &self.graph.groups {
            loop {
                let changes = group.members.iter().filter(|s| change(**s)).count();
                if changes == 0 || !group.cyclic {
                    break;
                }
            }
        }
    }

    /// Returns whether the service at place `service` is up in `state`.
    pub(crate) fn up(&self, service: usize, state: &[u64]) -> bool {
        test(state, self.assets + service)
    }

    /// Returns the assets that the equations of a site read, as bits.
    pub(crate) fn reads(&self, site: usize) -> &[u64] {
        self.views.get(site).map_or(&[], |v| &v.reads)
    }

    fn services_of(&self, site: usize, state: &[u64]) -> Vec<bool> {
        let services = if site < self.views.len() { self.services.len() } else { 0 };
        (0..services).map(|s| self.up(s, state)).collect()
    }
}
