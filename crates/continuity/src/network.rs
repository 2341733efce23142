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

use std::collections::{BTreeMap, BTreeSet};

use model::estate::{Component, Estate};
use model::id::{AssetId, ServiceId, SiteId};
use model::recovery::Phase;

use crate::equations::Equations;
use crate::needed::{Roles, naming};
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
    /// A service is up as a site sees it, with those it shares a circle with: site, service.
    Service(usize, usize),
    /// What the services of a group need at a site to start assets of a level is up: site,
    /// group, level.
    Below(usize, usize, usize),
}

/// Backups that wait for themselves, looked at one by one at the most.
const CIRCLES: usize = 200;

/// The phases of what is down, in their order, each with the time it takes.
pub(crate) type Returns = BTreeMap<usize, Vec<(Phase, u64)>>;

/// The shop of an outage with what its jobs stand for.
pub(crate) struct Network<'a> {
    estate: &'a Estate,
    equations: &'a Equations,
    service_of: BTreeMap<&'a ServiceId, usize>,
    site_of: BTreeMap<&'a SiteId, usize>,
    asset_of: BTreeMap<&'a AssetId, usize>,
    roles: Roles<'a>,
    /// Services that name each asset, ascending.
    pub(crate) naming: Vec<Vec<usize>>,
    /// Lowest level of the services that name each asset.
    levels: Vec<usize>,
    down: Vec<bool>,
    /// Services that are up at each site when nothing is down; the others hold nobody back.
    full: Vec<Vec<bool>>,
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
        let roles = Roles::new(estate);
        let naming = naming(estate, &roles);
        let lowest = |named: &Vec<usize>| named.iter().map(|s| graph.level[*s]).min().unwrap_or(0);
        let resources = Resources::of(estate);
        let mut network = Self {
            estate,
            equations,
            service_of: estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect(),
            site_of: estate.sites.iter().enumerate().map(|(i, s)| (&s.id, i)).collect(),
            asset_of: estate.assets.iter().enumerate().map(|(i, a)| (&a.id, i)).collect(),
            levels: naming.iter().map(lowest).collect(),
            roles,
            naming,
            down: (0..estate.assets.len()).map(|a| down.contains_key(&a)).collect(),
            full: (0..estate.sites.len()).map(|s| equations.staying_up(s, &[])).collect(),
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
        // Needed services first, so that nothing here is as deep as a chain of services.
        for group in self.unplaced(site, service) {
            let members = &self.equations.graph.groups[group].members;
            let mut waits: Vec<Wait> = Vec::new();
            for &member in members {
                waits.extend(self.waits(site, member, None));
            }
            let milestone = self.milestone(Node::Service(site, members[0]), waits);
            for &member in members {
                self.place.insert(Node::Service(site, member), milestone);
            }
        }
        self.job(node)
    }

    /// Returns the groups under a service, its own included, that have no milestone yet at a
    /// site, needed ones first.
    fn unplaced(&self, site: usize, service: usize) -> BTreeSet<usize> {
        let graph = &self.equations.graph;
        let (mut groups, mut left) = (BTreeSet::new(), vec![service]);
        while let Some(at) = left.pop() {
            let group = graph.group_of[at];
            if self.place.contains_key(&Node::Service(site, at)) || !groups.insert(group) {
                continue;
            }
            // What is never up at the site holds nobody back, nor what it needs.
            let up = graph.groups[group].members.iter().filter(|m| self.full[site][**m]);
            left.extend(up.flat_map(|m| &graph.needs[*m]));
        }
        groups
    }

    fn milestone(&mut self, node: Node, mut waits: Vec<Wait>) -> Option<usize> {
        waits.sort_by(|a, b| (&a.of, a.k).cmp(&(&b.of, b.k)));
        waits.dedup();
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
        for job in 0..self.nodes.len() {
            let Node::Phase(asset, Phase::Start | Phase::Rebuild) = self.nodes[job] else { continue };
            let Some(&site) = self.site_of.get(&self.estate.assets[asset].site) else { continue };
            let (level, graph) = (self.levels[asset], &self.equations.graph);
            let lowest =
                self.naming[asset].iter().filter(|s| graph.level[**s] == level && self.full[site][**s]);
            let groups: BTreeSet<usize> = lowest.map(|s| graph.group_of[*s]).collect();
            for group in groups {
                let below = self.below(site, group, level);
                self.shop.jobs[job].waits.extend(below.map(|job| Wait { k: 1, of: vec![job] }));
            }
        }
    }

    /// Returns the job that marks that what a group of services needs to start assets of a
    /// level is up; many assets belong to the same services of the same site.
    fn below(&mut self, site: usize, group: usize, level: usize) -> Option<usize> {
        let node = Node::Below(site, group, level);
        if let Some(known) = self.place.get(&node) {
            return *known;
        }
        let mut waits = Vec::new();
        for &member in &self.equations.graph.groups[group].members {
            waits.extend(self.waits(site, member, Some(level)));
        }
        self.milestone(node, waits)
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
        let mut tried = 0;
        for job in waiting {
            if !stuck[job] {
                continue;
            }
            let Some(wait) = self.shop.jobs[job].waits.pop() else { continue };
            tried += 1;
            // So many circles are looked at one by one; of more, every backup in one is brought.
            let left = if tried <= CIRCLES { self.shop.stuck() } else { vec![false; self.nodes.len()] };
            // Others may only wait for what is in a circle.
            if left[job] {
                self.shop.jobs[job].waits.push(wait);
            } else if let Node::Phase(asset, _) = self.nodes[job] {
                self.circles.push(asset);
                stuck = if tried <= CIRCLES { left } else { stuck };
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
                        let group_of = &self.equations.graph.group_of;
                        let other = group_of[needed] != group_of[service];
                        count((true, needed), other.then(|| self.service(site, needed)).flatten());
                    }
                    Component::Role { .. } => {
                        for a in self.roles.named(component, home) {
                            let held = floor.is_none_or(|level| self.levels[a] < level) && self.down[a];
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
