//! What must be back before what, as jobs and milestones.
//!
//! Every phase of an asset's return is a job, and each waits for the one before. The
//! forensic teams examine, where the provider has any; crews of the site clean, rebuild,
//! start and verify; the backups of a site are read back one after another at its full
//! rate, which never brings one back later than sharing the rate would; a release is a
//! delay. That an asset works again is a milestone, and so is that a service is up for a
//! site; milestones take no time.
//!
//! An asset may be started or rebuilt when the lowest services that name it would be up
//! if everything on their own level and above worked. So directory and storage come
//! before what needs them, a redundant directory holds nobody back, and no circle can
//! arise, because levels only rise. Services that need each other come up together, when
//! what each of them needs from outside is there. Data is read back once the asset with
//! its backup has been started.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use model::estate::{Component, Estate};
use model::id::{AssetId, ServiceId, SiteId};
use model::recovery::Phase;

use crate::equations::{Equations, matches};
use crate::needed::named_by;
use crate::resources::Resources;
use crate::schedule::{Job, Shop, Wait};

/// What a job of the shop stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    /// A phase of an asset, by place in the estate.
    Phase(usize, Phase),
    /// The copies of an asset can be read: the asset that holds them has been started.
    Copies(usize),
    /// An asset works again.
    Asset(usize),
    /// A service is up as a site sees it: site, service.
    Service(usize, usize),
    /// The same without the services it shares a circle with.
    Own(usize, usize),
}

/// The phases of what is down, in their order, each with the time it takes.
pub(crate) type Returns = BTreeMap<usize, Vec<(Phase, u64)>>;

/// The shop of an outage with what its jobs stand for.
pub(crate) struct Network<'a> {
    estate: &'a Estate,
    equations: &'a Equations,
    service_of: BTreeMap<&'a ServiceId, usize>,
    site_of: BTreeMap<&'a SiteId, usize>,
    asset_of: BTreeMap<&'a AssetId, usize>,
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
    pub(crate) shop: Shop,
    pub(crate) nodes: Vec<Node>,
    place: BTreeMap<Node, Option<usize>>,
    /// Assets whose data cannot wait for its backup, because that waits for them.
    pub(crate) circles: Vec<usize>,
}

impl<'a> Network<'a> {
    /// Returns the network of what is `down`.
    pub(crate) fn new(estate: &'a Estate, equations: &'a Equations, down: &Returns) -> Self {
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
        let resources = Resources::of(estate);
        let mut network = Self {
            estate,
            equations,
            service_of: estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect(),
            site_of: estate.sites.iter().enumerate().map(|(i, s)| (&s.id, i)).collect(),
            asset_of: estate.assets.iter().enumerate().map(|(i, a)| (&a.id, i)).collect(),
            levels: naming.iter().map(lowest).collect(),
            by_role,
            naming,
            down: down.keys().copied().collect(),
            full: (0..estate.sites.len()).map(|s| equations.staying_up(s, &[])).collect(),
            group_of,
            shop: Shop { jobs: Vec::new(), capacity: resources.capacity() },
            nodes: Vec::new(),
            place: BTreeMap::new(),
            circles: Vec::new(),
        };
        for (&asset, phases) in down {
            network.chain(asset, phases, &resources);
        }
        network.order_assets();
        network.order_backups();
        network
    }

    /// Returns the job of a node.
    pub(crate) fn job(&self, node: Node) -> Option<usize> {
        self.place.get(&node).copied().flatten()
    }

    /// Adds the phases of an asset, each after the one before, and its milestone.
    fn chain(&mut self, asset: usize, phases: &[(Phase, u64)], resources: &Resources) {
        let about = &self.estate.assets[asset];
        let Some(&site) = self.site_of.get(&about.site) else { return };
        let after = |before: Option<usize>| before.map(|b| Wait { k: 1, of: vec![b] }).into_iter().collect();
        let mut before = None;
        for &(phase, duration) in phases {
            let resource = resources.taken_by(phase, site, about.skill.as_deref());
            let job = Job { duration, resource, ready: 0, waits: after(before) };
            before = Some(self.add(Node::Phase(asset, phase), job));
        }
        self.add(Node::Asset(asset), Job { waits: after(before), ..Job::default() });
    }

    /// Returns the job that marks when a service is up for tenants of a site; `None` if it is up all along.
    pub(crate) fn service(&mut self, site: usize, service: usize) -> Option<usize> {
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

    /// Says for every asset what must be up before it is started or rebuilt.
    fn order_assets(&mut self) {
        // Many assets belong to the same services of the same site.
        let mut known: BTreeMap<(usize, usize, usize), Vec<Wait>> = BTreeMap::new();
        for job in 0..self.nodes.len() {
            let Node::Phase(asset, Phase::Start | Phase::Rebuild) = self.nodes[job] else { continue };
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
            self.shop.jobs[job].waits.extend(waits);
        }
    }

    /// Lets data wait for the start of the asset with its backup. Where that start waits for
    /// the data, in a circle, the data does not: somebody will bring the backup by hand.
    fn order_backups(&mut self) {
        let mut waiting = Vec::new();
        for job in 0..self.nodes.len() {
            let Node::Phase(asset, Phase::Restore) = self.nodes[job] else { continue };
            let backup = self.estate.assets[asset].backup.as_ref();
            let at = backup.and_then(|b| self.asset_of.get(&b.at)).copied();
            let starts = |at| {
                let of = |phase| self.job(Node::Phase(at, phase));
                of(Phase::Rebuild).or_else(|| of(Phase::Start))
            };
            if let Some(before) = at.and_then(starts) {
                let gate = Job { waits: vec![Wait { k: 1, of: vec![before] }], ..Job::default() };
                let gate = self.add(Node::Copies(asset), gate);
                self.shop.jobs[job].waits.push(Wait { k: 1, of: vec![gate] });
                waiting.push(job);
            }
        }
        if waiting.is_empty() {
            return;
        }
        let mut stuck = self.shop.stuck();
        for job in waiting {
            if !stuck[job] {
                continue;
            }
            let Some(wait) = self.shop.jobs[job].waits.pop() else { continue };
            let left = self.shop.stuck();
            // Others may only wait for what is in a circle.
            if left[job] {
                self.shop.jobs[job].waits.push(wait);
            } else if let Node::Phase(asset, _) = self.nodes[job] {
                self.circles.push(asset);
                stuck = left;
            }
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
