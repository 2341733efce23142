//! What must be back before what, as jobs and milestones.
//!
//! An asset that is down is a job for one crew of its site. A service that is down
//! for a site is a milestone: it takes no time and is reached when its needs are
//! met. An asset may begin when the lowest services that name it would be up if
//! everything on their own level and above worked; the same rule as in
//! [`crate::recovery`], written as "at least k of these" so that a schedule is made
//! without settling equations at every step. Services that need each other come up
//! together, when what each of them needs from outside is there.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use model::estate::{Component, Estate};
use model::id::{ServiceId, SiteId};

use crate::equations::{Equations, matches};
use crate::recovery::named_by;
use crate::schedule::{Job, Shop, Wait};

/// What a job of the shop stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Node {
    /// An asset that is down, by place in the estate.
    Asset(usize),
    /// A service as a site sees it: site, service.
    Service(usize, usize),
    /// The same without the services it shares a circle with.
    Own(usize, usize),
}

/// The shop of an outage with what its jobs stand for.
pub(super) struct Network<'a> {
    estate: &'a Estate,
    equations: &'a Equations,
    service_of: BTreeMap<&'a ServiceId, usize>,
    site_of: BTreeMap<&'a SiteId, usize>,
    /// Assets of each role.
    by_role: BTreeMap<&'a str, Vec<usize>>,
    /// Services that name each asset.
    naming: Vec<Vec<usize>>,
    /// Lowest level of the services that name each asset.
    levels: Vec<usize>,
    down: BTreeSet<usize>,
    /// Services that are up at each site when nothing is down; the others hold nobody back.
    full: Vec<Vec<bool>>,
    group_of: Vec<usize>,
    pub(super) shop: Shop,
    pub(super) nodes: Vec<Node>,
    place: BTreeMap<Node, Option<usize>>,
}

impl<'a> Network<'a> {
    /// Returns the network of the assets at the places `down`, each with the time its job takes.
    pub(super) fn new(estate: &'a Estate, equations: &'a Equations, down: &BTreeMap<usize, u64>) -> Self {
        let graph = &equations.graph;
        let mut group_of = vec![0; estate.services.len()];
        for (g, group) in graph.groups.iter().enumerate() {
            for &member in &group.members {
                group_of[member] = g;
            }
        }
        let naming: Vec<Vec<usize>> = (0..estate.assets.len()).map(|a| named_by(estate, a)).collect();
        let lowest = |named: &Vec<usize>| named.iter().map(|s| graph.level[*s]).min().unwrap_or(0);
        let mut by_role: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (a, asset) in estate.assets.iter().enumerate() {
            by_role.entry(&asset.role).or_default().push(a);
        }
        let mut network = Self {
            estate,
            equations,
            service_of: estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect(),
            site_of: estate.sites.iter().enumerate().map(|(i, s)| (&s.id, i)).collect(),
            levels: naming.iter().map(lowest).collect(),
            by_role,
            naming,
            down: down.keys().copied().collect(),
            full: (0..estate.sites.len()).map(|s| equations.staying_up(s, &[])).collect(),
            group_of,
            shop: Shop {
                jobs: Vec::new(),
                capacity: estate.sites.iter().map(|s| u32::from(s.crews.max(1))).collect(),
            },
            nodes: Vec::new(),
            place: BTreeMap::new(),
        };
        for (&asset, &duration) in down {
            let Some(&site) = network.site_of.get(&estate.assets[asset].site) else { continue };
            network.add(Node::Asset(asset), Job { duration, resource: Some(site), ..Job::default() });
        }
        network.order_assets();
        network
    }

    /// Returns the job that marks when a service is up for tenants of a site; `None` if it is up all along.
    pub(super) fn service(&mut self, site: usize, service: usize) -> Option<usize> {
        let node = Node::Service(site, service);
        if let Some(known) = self.place.get(&node) {
            return *known;
        }
        // Needed services first; circles are broken at `Own`, so the depth is the number of levels.
        let mut waits = self.waits(site, service, None);
        let group = &self.equations.graph.groups[self.group_of[service]];
        if group.cyclic {
            for &member in group.members.iter().filter(|m| **m != service) {
                let own = self.own(site, member);
                waits.extend(own.map(|job| Wait { k: 1, of: vec![job] }));
            }
        }
        self.milestone(node, waits)
    }

    fn own(&mut self, site: usize, service: usize) -> Option<usize> {
        let node = Node::Own(site, service);
        if let Some(known) = self.place.get(&node) {
            return *known;
        }
        let waits = self.waits(site, service, None);
        self.milestone(node, waits)
    }

    fn milestone(&mut self, node: Node, waits: Vec<Wait>) -> Option<usize> {
        if waits.is_empty() {
            self.place.insert(node, None);
            return None;
        }
        Some(self.add(node, Job { waits, ..Job::default() }))
    }

    fn add(&mut self, node: Node, job: Job) -> usize {
        self.shop.jobs.push(job);
        self.nodes.push(node);
        self.place.insert(node, Some(self.nodes.len() - 1));
        self.nodes.len() - 1
    }

    /// Says for every asset what must be up before a crew may begin with it.
    fn order_assets(&mut self) {
        // Many assets belong to the same services of the same site.
        let mut known: BTreeMap<(usize, usize, usize), Vec<Wait>> = BTreeMap::new();
        for job in 0..self.nodes.len() {
            let Node::Asset(asset) = self.nodes[job] else { continue };
            let Some(&site) = self.site_of.get(&self.estate.assets[asset].site) else { continue };
            let level = self.levels[asset];
            let lowest: Vec<usize> = self.naming[asset]
                .iter()
                .copied()
                .filter(|s| self.equations.graph.level[*s] == level && self.full[site][*s])
                .collect();
            let mut waits: Vec<Wait> = Vec::new();
            for service in lowest {
                for member in self.equations.graph.groups[self.group_of[service]].members.clone() {
                    let found = match known.entry((site, member, level)) {
                        Entry::Occupied(found) => found.into_mut(),
                        Entry::Vacant(place) => place.insert(self.waits(site, member, Some(level))),
                    };
                    waits.extend(found.iter().cloned());
                }
            }
            waits.sort_by(|a, b| (&a.of, a.k).cmp(&(&b.of, b.k)));
            waits.dedup();
            self.shop.jobs[job].waits = waits;
        }
    }

    /// Returns the needs of a service that are not met while everything that is down
    /// is down. Services of its own circle count as up; with `floor`, so does
    /// everything on that level and above.
    fn waits(&mut self, site: usize, service: usize, floor: Option<usize>) -> Vec<Wait> {
        let estate = self.estate;
        let home = &estate.sites[site].id;
        let mut waits = Vec::new();
        if !self.full[site][service] {
            return waits;
        }
        for need in &estate.services[service].needs {
            let (mut members, mut of) = (BTreeMap::new(), BTreeMap::new());
            for (n, component) in need.of.iter().enumerate() {
                let weight = need.weights.get(n).copied().unwrap_or(1);
                let mut count = |member, held: Option<usize>| {
                    let entry = members.entry(member).or_insert(weight);
                    *entry = (*entry).max(weight);
                    if let Some(job) = held {
                        of.insert(job, *entry);
                    }
                };
                match component {
                    Component::Service(id) => {
                        let Some(&needed) = self.service_of.get(id) else { continue };
                        let other = self.group_of[needed] != self.group_of[service];
                        count((true, needed), other.then(|| self.service(site, needed)).flatten());
                    }
                    Component::Role { role, place } => {
                        let of_role = self.by_role.get(role.as_str()).cloned().unwrap_or_default();
                        for a in of_role {
                            if !matches(&estate.assets[a], role, place, home) {
                                continue;
                            }
                            let held =
                                floor.is_none_or(|level| self.levels[a] < level) && self.down.contains(&a);
                            let job = self.place.get(&Node::Asset(a)).copied().flatten();
                            count((false, a), job.filter(|_| held));
                        }
                    }
                }
            }
            waits.extend(wait(need.k, &members, &of));
        }
        waits
    }
}

/// Returns what is still to wait for when the `members` of a need count for so much and
/// those marked by the jobs `of` are down; a job that counts for two stands twice.
fn wait(k: Option<u32>, members: &BTreeMap<(bool, usize), u32>, of: &BTreeMap<usize, u32>) -> Option<Wait> {
    let sum = |weights: &mut dyn Iterator<Item = &u32>| weights.map(|w| u64::from(*w)).sum::<u64>();
    let (all, down) = (sum(&mut members.values()), sum(&mut of.values()));
    let missing = k.map_or(all, u64::from).saturating_sub(all - down.min(all));
    if missing == 0 {
        return None;
    }
    // All weights in the smallest units, so that lists stay short.
    let unit = of.values().fold(0, |unit, w| divisor(unit, u64::from(*w))).max(1);
    let list: Vec<usize> =
        of.iter().flat_map(|(job, w)| std::iter::repeat_n(*job, (u64::from(*w) / unit) as usize)).collect();
    Some(Wait { k: (missing.div_ceil(unit) as usize).min(list.len()), of: list })
}

/// Returns the greatest common divisor.
fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}
