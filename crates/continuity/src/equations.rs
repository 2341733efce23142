//! Services as k-of-n equations over assets and other services.
//!
//! A state is one row of bits: first the assets, then the services as one home
//! site sees them. Every need is "at least k of these bits", or of what they count
//! for, so AND, OR, k-of-n and capacity are the same line of code. The equations
//! are monotone, therefore both fixed points exist: the greatest says what *stays*
//! up, the least what *comes* up by itself from cold. They differ only where services need each other.
//! The same equations for many cases at once are in [`cases`].

pub(crate) mod cases;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use model::estate::{Asset, Component, Estate, Need, Place};
use model::id::{ServiceId, SiteId};

use crate::graph::{Graph, Group};
use crate::needed::Roles;

/// A circle of so few services is settled by going round.
const FEW: usize = 8;

/// Services of one circle that are tried as the one to start by hand.
const TRIED: usize = 64;

/// Services at one home site that stay up together but cannot come up from cold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlock {
    /// The home site.
    pub site: SiteId,
    /// The services that do not come up, in the order of the estate.
    pub services: Vec<ServiceId>,
    /// One circle among them: each needs the next, the last is the first again.
    pub circle: Vec<ServiceId>,
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
    /// The needs of each service's emergency operation, where it has one.
    emergency_of: Vec<Option<Range<usize>>>,
    needs: Vec<Compiled>,
    /// Words of the masks, with nothing but zeros left out.
    parts: Vec<(u32, u64)>,
    /// Members of each need and what they count for.
    members: Vec<(u32, u32)>,
}

#[derive(Debug, Clone)]
struct Compiled {
    enough: Enough,
    parts: Range<usize>,
    members: Range<usize>,
}

/// How many members must work. AND and OR are most needs and want no counting.
#[derive(Debug, Clone, Copy)]
enum Enough {
    All,
    One,
    Count(u32),
    /// What the members count for must reach this.
    Weigh(u64),
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

/// What the members of a need count for, by place in a state.
struct Members {
    weight: BTreeMap<usize, u32>,
    /// What components count for that nothing matches: they must not make "all of them" easier.
    absent: u64,
}

impl Members {
    fn new(names: &Names<'_>, home: &SiteId, need: &Need) -> Self {
        let mut found = Self { weight: BTreeMap::new(), absent: 0 };
        for (n, component) in need.of.iter().enumerate() {
            let weight = need.weights.get(n).copied().unwrap_or(1);
            let before = found.weight.len();
            let mut known = false;
            let mut add = |at: usize| {
                let entry = found.weight.entry(at).or_insert(weight);
                *entry = (*entry).max(weight);
                known = true;
            };
            match component {
                Component::Service(id) => {
                    if let Some(&s) = names.services.get(id) {
                        add(names.assets + s);
                    }
                }
                Component::Role { .. } => names.roles.named(component, home).for_each(&mut add),
            }
            if !known && found.weight.len() == before {
                found.absent += u64::from(weight);
            }
        }
        found
    }

    fn total(&self) -> u64 {
        self.weight.values().map(|w| u64::from(*w)).sum()
    }
}

/// Who is meant by the names in needs.
pub(crate) struct Names<'a> {
    assets: usize,
    services: BTreeMap<&'a ServiceId, usize>,
    roles: Roles<'a>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(estate: &'a Estate) -> Self {
        Self {
            assets: estate.assets.len(),
            services: estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect(),
            roles: Roles::new(estate),
        }
    }

    /// Returns what the members of `need` count for together for tenants of `home`, and
    /// whether each of its components has at least one.
    pub(crate) fn members(&self, need: &Need, home: &SiteId) -> (u64, bool) {
        let members = Members::new(self, home, need);
        (members.total(), members.absent == 0)
    }
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
    fn new(estate: &Estate, names: &Names<'_>, home: &SiteId) -> Self {
        let mut view = Self {
            needs_of: Vec::new(),
            emergency_of: Vec::new(),
            needs: Vec::new(),
            parts: Vec::new(),
            members: Vec::new(),
        };
        for service in &estate.services {
            let needs = view.compile_all(names, home, &service.needs);
            view.needs_of.push(needs);
            let emergency = service.emergency.as_ref();
            let needs = emergency.map(|e| view.compile_all(names, home, &e.needs));
            view.emergency_of.push(needs);
        }
        view
    }

    fn compile_all(&mut self, names: &Names<'_>, home: &SiteId, needs: &[Need]) -> Range<usize> {
        let first = self.needs.len();
        for need in needs {
            let members = Members::new(names, home, need);
            self.compile(need.k, &members);
        }
        first..self.needs.len()
    }

    fn compile(&mut self, k: Option<u32>, members: &Members) {
        let first = (self.parts.len(), self.members.len());
        for (&at, &weight) in &members.weight {
            let (word, bit) = ((at / 64) as u32, 1 << (at % 64));
            match self.parts[first.0..].last_mut() {
                Some((last, bits)) if *last == word => *bits |= bit,
                _ => self.parts.push((word, bit)),
            }
            self.members.push((at as u32, weight));
        }
        let total = members.total();
        let lightest = members.weight.values().min().copied().unwrap_or(0);
        let enough = match k.map_or(total + members.absent, u64::from) {
            k if k == total => Enough::All,
            k if k <= u64::from(lightest) => Enough::One,
            k if members.weight.values().all(|w| *w == 1) => {
                Enough::Count(u32::try_from(k).unwrap_or(u32::MAX))
            }
            k => Enough::Weigh(k),
        };
        self.needs.push(Compiled {
            enough,
            parts: first.0..self.parts.len(),
            members: first.1..self.members.len(),
        });
    }

    fn met(&self, service: usize, state: &[u64]) -> bool {
        self.all_met(&self.needs_of[service], state)
    }

    fn all_met(&self, needs: &Range<usize>, state: &[u64]) -> bool {
        self.needs[needs.start..needs.end].iter().all(|need| {
            let mut parts =
                self.parts[need.parts.clone()].iter().map(|(word, mask)| (state[*word as usize], *mask));
            match need.enough {
                Enough::All => parts.all(|(word, mask)| word & mask == mask),
                Enough::One => parts.any(|(word, mask)| word & mask != 0),
                Enough::Count(k) => parts.map(|(word, mask)| (word & mask).count_ones()).sum::<u32>() >= k,
                Enough::Weigh(k) => {
                    let members = self.members[need.members.clone()].iter();
                    let up = members.filter(|(at, _)| test(state, *at as usize));
                    up.map(|(_, weight)| u64::from(*weight)).sum::<u64>() >= k
                }
            }
        })
    }
}

impl Equations {
    /// Returns the equations of every site of `estate`.
    pub fn new(estate: &Estate) -> Self {
        let words = (estate.assets.len() + estate.services.len()).div_ceil(64).max(1);
        let names = Names::new(estate);
        Self {
            graph: Graph::new(estate),
            words,
            assets: estate.assets.len(),
            services: estate.services.iter().map(|s| s.id.clone()).collect(),
            sites: estate.sites.iter().map(|s| s.id.clone()).collect(),
            views: estate.sites.iter().map(|s| View::new(estate, &names, &s.id)).collect(),
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

    /// Returns which services come up from cold without help: the least fixed point, whose
    /// distance from [`Self::staying_up`] is what [`Self::deadlocks`] names. Apart it is asked
    /// for only where that is held against all states of small systems.
    pub fn cold_start(&self, site: usize, down: &[u32]) -> Vec<bool> {
        let mut state = self.assets_up(down);
        self.least(site, &mut state);
        self.services_of(site, &state)
    }

    /// Returns which services run in emergency operation or better, in the order of the
    /// estate: what stays up, and where something does not, what its emergency operation
    /// needs. The time to set it up is not looked at.
    pub fn emergency(&self, site: usize, down: &[u32]) -> Vec<bool> {
        let mut state = self.assets_up(down);
        self.greatest(site, &mut state);
        let Some(view) = self.views.get(site) else { return Vec::new() };
        let bridged = |s: usize| {
            let needs = view.emergency_of[s].as_ref();
            self.up(s, &state) || needs.is_some_and(|needs| view.all_met(needs, &state))
        };
        (0..self.services.len()).map(bridged).collect()
    }

    /// Returns the black-start deadlocks with every asset in working order, by site.
    pub fn deadlocks(&self) -> Vec<Deadlock> {
        (0..self.sites.len()).filter_map(|site| self.deadlock(site)).collect()
    }

    fn deadlock(&self, site: usize) -> Option<Deadlock> {
        let (mut warm, mut cold) = (self.assets_up(&[]), self.assets_up(&[]));
        self.greatest(site, &mut warm);
        self.least(site, &mut cold);
        let stuck: Vec<usize> =
            (0..self.services.len()).filter(|s| self.up(*s, &warm) && !self.up(*s, &cold)).collect();
        let by_hand = self.by_hand(site, &warm, cold);
        let names = |list: Vec<usize>| list.into_iter().map(|s| self.services[s].clone()).collect();
        let first = by_hand.first().copied()?;
        let group = &self.graph.groups[self.graph.group_of[first]];
        let within: Vec<usize> =
            group.members.iter().copied().filter(|m| stuck.binary_search(m).is_ok()).collect();
        Some(Deadlock {
            site: self.sites[site].clone(),
            circle: names(self.graph.round_trip_from(first, &within)),
            services: names(stuck),
            by_hand: names(by_hand),
        })
    }

    /// Returns services which, started by hand in this order, let all come up that stay up:
    /// group by group, needed ones first, each time the one that leaves fewest of its group.
    fn by_hand(&self, site: usize, warm: &[u64], mut state: Vec<u64>) -> Vec<usize> {
        let Some(view) = self.views.get(site) else { return Vec::new() };
        let mut by_hand = Vec::new();
        for group in &self.graph.groups {
            let missing = |state: &[u64]| -> Vec<usize> {
                group.members.iter().copied().filter(|s| self.up(*s, warm) && !self.up(*s, state)).collect()
            };
            self.come_up(view, group, &mut state);
            let mut left = missing(&state);
            while !left.is_empty() {
                let started = |service: usize| {
                    let mut tried = state.clone();
                    set(&mut tried, self.assets + service, true);
                    self.come_up(view, group, &mut tried);
                    tried
                };
                // Of a large circle those that most of its members need are tried.
                left.sort_by_key(|s| (std::cmp::Reverse(self.graph.users[*s].len()), &self.services[*s]));
                left.truncate(TRIED);
                let fewest = |s: &usize| (missing(&started(*s)).len(), &self.services[*s]);
                let Some(best) = left.iter().copied().min_by_key(fewest) else { break };
                by_hand.push(best);
                state = started(best);
                left = missing(&state);
            }
        }
        by_hand
    }

    /// Lets services of a group come up whose needs are met.
    fn come_up(&self, view: &View, group: &Group, state: &mut [u64]) {
        self.settle_group(group, &mut |service| {
            let comes = !test(state, self.assets + service) && view.met(service, state);
            if comes {
                set(state, self.assets + service, true);
            }
            comes
        });
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

    /// Sets the service bits to the least fixed point.
    fn least(&self, site: usize, state: &mut [u64]) {
        let Some(view) = self.views.get(site) else { return };
        for service in 0..self.services.len() {
            set(state, self.assets + service, false);
        }
        for group in &self.graph.groups {
            self.come_up(view, group, state);
        }
    }

    /// Calls `change` for each service, needed ones first, and again for services
    /// that need each other until none of them changes any more.
    fn settle(&self, mut change: impl FnMut(usize) -> bool) {
        for group in &self.graph.groups {
            self.settle_group(group, &mut change);
        }
    }

    /// Does so for one group: in a circle of a few services by going round, in a larger one
    /// by calling again only those that need what has changed.
    fn settle_group(&self, group: &Group, change: &mut impl FnMut(usize) -> bool) {
        if group.members.len() <= FEW {
            loop {
                let changes = group.members.iter().filter(|s| change(**s)).count();
                if changes == 0 || !group.cyclic {
                    return;
                }
            }
        }
        let mut queue: VecDeque<usize> = group.members.iter().copied().collect();
        let mut queued: BTreeSet<usize> = group.members.iter().copied().collect();
        while let Some(service) = queue.pop_front() {
            queued.remove(&service);
            if change(service) {
                queue.extend(self.graph.users[service].iter().filter(|user| queued.insert(**user)));
            }
        }
    }

    /// Returns whether the service at place `service` is up in `state`.
    pub(crate) fn up(&self, service: usize, state: &[u64]) -> bool {
        test(state, self.assets + service)
    }

    fn services_of(&self, site: usize, state: &[u64]) -> Vec<bool> {
        let services = if site < self.views.len() { self.services.len() } else { 0 };
        (0..services).map(|s| self.up(s, state)).collect()
    }
}
