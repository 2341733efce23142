//! Estates of any size for tests, benchmarks and trials without an own inventory.
//!
//! The shape is that of a shared provider: sites with a perimeter, workplaces, a
//! core, applications, management and backup; segments of hosts inside a zone;
//! identities that administer several segments, fewer and mightier from zone to
//! zone. Eight edges an asset.

use model::campaign::Campaign;
use model::id::{SiteId, TechniqueId, ZoneId};
use model::quantity::{Quantiles, Ratio, Seed};

use super::{Class, Draft, Level, Place, Terrain};
use crate::chance::{Chance, Entity, Purpose};

/// What to generate.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Hosts and identities together, at least 100.
    pub assets: u32,
    /// Decides which host is joined with which.
    pub seed: Seed,
    /// Share of hosts with a working sensor.
    pub sensors: Ratio,
    /// Sites, as playbooks name them; one is made up where there is none.
    pub sites: Vec<SiteId>,
}

/// A zone: name, share of the hosts, role of its hosts. The shares are an assumption
/// about a provider that also runs the workplaces.
const ZONES: [(&str, f64, &str); 6] = [
    ("dmz", 0.03, "web"),
    ("office", 0.52, "workstations"),
    ("core", 0.08, "directory"),
    ("apps", 0.28, "core-app"),
    ("mgmt", 0.05, "deployment"),
    ("backup", 0.04, "backup"),
];

/// Which zones a host of a zone can open a connection to, by place in [`ZONES`].
const FLOWS: [&[usize]; 6] = [&[2, 3], &[0, 2, 3], &[1, 3, 4], &[2, 3], &[2, 3, 5], &[4]];

/// Hosts of a segment.
const SEGMENT: u32 = 40;

/// Segments that one identity administers.
const REACH: u32 = 6;

/// Hosts among which the attacker begins.
const STARTS: usize = 16;

/// Hosts that hold the goal's two keys: the deployment point and the backups.
const KEYS: u32 = 4;

/// What stands where, while the terrain grows.
struct Ground<'a> {
    plan: &'a Plan,
    draft: Draft,
    chance: Chance,
    /// By site and zone: number of the first host and how many there are.
    blocks: Vec<(u32, u32)>,
    footholds: Vec<u32>,
    controls: Vec<u32>,
    techniques: u16,
}

/// Returns a terrain after `plan`; techniques and times are those of `campaign`, whose
/// steps are dealt out over the edges.
pub fn generate(plan: &Plan, campaign: &Campaign) -> Terrain {
    let mut sites = plan.sites.clone();
    if sites.is_empty() {
        sites.extend(SiteId::new("main"));
    }
    let zones: Vec<ZoneId> = ZONES.iter().filter_map(|z| ZoneId::new(z.0).ok()).collect();
    let techniques = campaign.techniques();
    let class = |id: &TechniqueId| {
        let step = campaign.steps.iter().find(|s| s.technique == *id);
        let duration = step.map_or(Quantiles { q50: 30.0, q90: 240.0 }, |s| s.duration);
        Class { duration, ways: 1 }
    };
    let classes: Vec<Class> = techniques.iter().map(class).collect();
    let mut places = Vec::new();
    for site in 0..sites.len() as u16 {
        for (zone, (_, _, role)) in (0_u16..).zip(ZONES) {
            places.push(Place { site, zone, role: role.to_owned(), sensors: plan.sensors });
            places.push(Place { site, zone, role: "identity".to_owned(), sensors: plan.sensors });
        }
    }
    let count = techniques.len().max(1) as u16;
    let mut ground = Ground {
        plan,
        draft: Draft::new(sites, zones, places, techniques, classes),
        chance: Chance::new(plan.seed, 0),
        blocks: Vec::new(),
        footholds: Vec::new(),
        controls: Vec::new(),
        techniques: count,
    };
    ground.settle();
    ground.join();
    ground.aim();
    ground.draft.build().expect("the generator names only what it made")
}

impl Ground<'_> {
    /// Returns a number below `below` that hangs on `what` and `number`.
    fn choose(&self, what: &str, number: u32, part: u32, below: u32) -> u32 {
        let bits = self.chance.bits(Entity::named("generate", what).part(number), Purpose::Target, part);
        ((u128::from(bits) * u128::from(below.max(1))) >> 64) as u32
    }

    /// Returns a technique that hangs on `what` and `number`: the number of an edge's class, too.
    fn technique(&self, what: &str, number: u32, part: u32) -> u16 {
        self.choose(what, number, part + 64, u32::from(self.techniques)) as u16
    }

    fn attempt(&mut self, from: u32, target: u32, what: &str, number: u32, part: u32) {
        let technique = self.technique(what, number, part);
        self.draft.attempt(from, target, technique, technique);
    }

    /// Places hosts: foothold and control of each.
    fn settle(&mut self) {
        let sites = self.draft.sites.len() as u32;
        // One identity administers REACH segments: assets = hosts (1 + 1 / (SEGMENT REACH)).
        let hosts = f64::from(self.plan.assets.max(100)) / (1.0 + 1.0 / f64::from(SEGMENT * REACH));
        for site in 0..sites {
            for (zone, (_, share, _)) in ZONES.iter().enumerate() {
                let count = (hosts * share / f64::from(sites)).round().max(1.0) as u32;
                let first = self.controls.len() as u32;
                self.blocks.push((first, count));
                let place = (site as usize * ZONES.len() + zone) as u32 * 2;
                for host in first..first + count {
                    let name = format!("host-{host}");
                    self.footholds.push(self.draft.node(&name, Level::Foothold, place, 1));
                    self.controls.push(self.draft.node(&name, Level::Control, place, 1));
                }
            }
        }
    }

    /// Joins hosts with hosts, and with identities, block by block.
    fn join(&mut self) {
        for block in 0..self.blocks.len() {
            let (first, count) = self.blocks[block];
            for segment in 0..count.div_ceil(SEGMENT) {
                let begin = first + segment * SEGMENT;
                let end = (begin + SEGMENT).min(first + count);
                self.join_hosts(block, begin, end);
            }
            for group in 0..count.div_ceil(SEGMENT * REACH) {
                let begin = first + group * SEGMENT * REACH;
                let end = (begin + SEGMENT * REACH).min(first + count);
                self.join_identity(block, begin, end);
            }
        }
    }

    /// One step up on the host, three to hosts of the segment, one into a zone that can
    /// be reached: five edges a host.
    fn join_hosts(&mut self, block: usize, begin: u32, end: u32) {
        let (site, zone) = (block / ZONES.len(), block % ZONES.len());
        let sites = self.draft.sites.len() as u32;
        for host in begin..end {
            let (foothold, control) = (self.footholds[host as usize], self.controls[host as usize]);
            self.attempt(foothold, control, "up", host, 0);
            for k in 0..3 {
                let other = begin + self.choose("near", host, k, end - begin);
                let target = self.footholds[other as usize];
                self.attempt(control, target, "near-by", host, k);
            }
            let flows = FLOWS[zone];
            let to = flows[self.choose("flow", host, 0, flows.len() as u32) as usize];
            // One connection in ten leads to another site.
            let away = self.choose("away", host, 0, 10) == 0;
            let there = if away { self.choose("site", host, 0, sites) as usize } else { site };
            let (first, count) = self.blocks[there * ZONES.len() + to];
            let other = first + self.choose("far", host, 0, count);
            let target = self.footholds[other as usize];
            self.attempt(control, target, "far-off", host, 0);
        }
    }

    /// One identity for a few segments: it can be taken from one host in eight of its
    /// segments, and gives control of all of them to whoever is inside one of them.
    /// Two edges a host for entering and using it, and one for taking.
    fn join_identity(&mut self, block: usize, begin: u32, end: u32) {
        let place = block as u32 * 2 + 1;
        let name = format!("identity-{begin}");
        let held = self.draft.node(&name, Level::Held, place, 1);
        let inside = self.draft.node(&format!("inside-{begin}"), Level::Meeting, place, 1);
        // Held and inside: an AND. It stands where the identity stands, so that revoking
        // the identity closes its use, while hosts already controlled stay so.
        let both = self.draft.node(&format!("use-{begin}"), Level::Meeting, place, 2);
        self.draft.passage(held, both);
        self.draft.passage(inside, both);
        for host in begin..end {
            let (foothold, control) = (self.footholds[host as usize], self.controls[host as usize]);
            self.draft.passage(foothold, inside);
            self.attempt(both, control, "use", host, 0);
            if self.choose("session", host, 0, 8) == 0 {
                self.attempt(control, held, "take", host, 0);
            } else {
                // Others hold a session towards a further host of the same segments.
                let other = begin + self.choose("session-to", host, 0, end - begin);
                let target = self.footholds[other as usize];
                self.attempt(control, target, "session-use", host, 0);
            }
        }
    }

    /// Sets starts among the workplaces, and the goal: control of a deployment point and
    /// of the backups of the first site.
    fn aim(&mut self) {
        let (first, count) = self.blocks[1];
        let mut starts: Vec<u32> =
            (0..STARTS as u32).map(|k| first + self.choose("start", k, 0, count)).collect();
        starts.sort_unstable();
        starts.dedup();
        for host in starts {
            self.draft.start(self.footholds[host as usize]);
        }
        let goal = self.draft.node("payload", Level::Meeting, 4 * 2, 2);
        for zone in [4, 5] {
            let key = self.draft.node(&format!("key-{zone}"), Level::Meeting, zone * 2, 1);
            let (first, count) = self.blocks[zone as usize];
            for host in first..first + count.min(KEYS) {
                let control = self.controls[host as usize];
                self.draft.passage(control, key);
            }
            self.draft.passage(key, goal);
        }
        self.draft.goal(goal);
    }
}
