//! The attack graph of an estate: who can be reached from where, and how.
//!
//! A node is an asset at a level (foothold, control), a held identity, or the
//! meeting of both. An edge is an attempt with a technique, or free passage. Over
//! the edges into a node stands OR; a node that needs several of them is an AND.
//!
//! ```text
//! (1)  T_v = min over edges e into v of ( T_source + D_e )          need 1
//!      T_v = the k-th smallest of them                              need k
//! ```
//!
//! Rows of edges lie one after another (compressed sparse rows): 16 bytes an edge,
//! half of them what its draws hang on, and 20 bytes a node. Draws hang on ids, never
//! on places, so that nothing changes when nodes are numbered differently.

mod generate;

use model::id::{SiteId, TechniqueId, ZoneId};
use model::quantity::{Quantiles, Ratio};

use crate::chance::Entity;

pub use generate::{Plan, generate};

/// The technique number of a free passage: it takes no time and is seen by nobody.
pub(crate) const PASSAGE: u16 = u16::MAX;

/// Most edges a terrain may have: an attempt's number shares a word with the edge's.
const MOST_EDGES: usize = 1 << 28;

/// How a host is held. Levels are only names for nodes of one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Code runs as an ordinary user.
    Foothold = 0,
    /// Administrator on it.
    Control = 1,
    /// An identity that is held.
    Held = 2,
    /// Several things at once: a meeting of edges.
    Meeting = 3,
}

/// Where a node stands: what is cut together has the same place.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Place in the list of sites.
    pub site: u16,
    /// Place in the list of zones.
    pub zone: u16,
    /// What stands there, such as `directory`, or `identity`.
    pub role: String,
    /// Share of its hosts with a working sensor.
    pub sensors: Ratio,
}

/// How an attempt goes: its technique and how long it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// How long one attempt takes.
    pub duration: Quantiles,
    /// How many exchangeable ways are tried at once, of which the first counts.
    pub ways: u32,
}

/// A node: 16 bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    /// The asset's or identity's stable id, mixed.
    pub(crate) asset: u64,
    /// Place in [`Terrain::places`].
    pub(crate) place: u32,
    /// Steps to the goal; `u16::MAX` when it does not lead there.
    pub(crate) distance: u16,
    /// How many edges into it must be done.
    pub(crate) need: u8,
    /// Its [`Level`].
    pub(crate) level: u8,
}

impl Node {
    /// Returns what its draws hang on.
    pub(crate) fn entity(&self) -> Entity {
        Entity(self.asset.rotate_left(u32::from(self.level) * 16 + 1) ^ u64::from(self.level))
    }
}

/// An edge: 16 bytes, so that one line of the cache holds all there is to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge {
    /// What its draws hang on: source, target, technique and class by their ids.
    pub(crate) entity: Entity,
    pub(crate) target: u32,
    pub(crate) technique: u16,
    pub(crate) class: u16,
}

/// The attack graph of an estate.
#[derive(Debug, Clone)]
pub struct Terrain {
    pub(crate) nodes: Vec<Node>,
    /// Where each node's row of edges begins; one more at the end.
    pub(crate) rows: Vec<u32>,
    pub(crate) edges: Vec<Edge>,
    /// Nodes of which one is held at the start, drawn in each trial.
    pub(crate) starts: Vec<u32>,
    /// The node whose reaching fires the payload.
    pub(crate) goal: Option<u32>,
    pub(crate) places: Vec<Place>,
    pub(crate) sites: Vec<SiteId>,
    pub(crate) zones: Vec<ZoneId>,
    pub(crate) techniques: Vec<TechniqueId>,
    pub(crate) classes: Vec<Class>,
    assets: usize,
}

/// Builds a terrain node by node.
#[derive(Debug, Clone)]
pub struct Draft {
    nodes: Vec<Node>,
    edges: Vec<(u32, Edge)>,
    starts: Vec<u32>,
    goal: Option<u32>,
    /// Sites, as named in cuts.
    pub sites: Vec<SiteId>,
    /// Zones, as named in cuts.
    pub zones: Vec<ZoneId>,
    /// Places.
    pub places: Vec<Place>,
    /// Techniques that edges name by number.
    pub techniques: Vec<TechniqueId>,
    /// Classes that edges name by number.
    pub classes: Vec<Class>,
}

impl Draft {
    /// Returns a draft without nodes.
    pub fn new(
        sites: Vec<SiteId>,
        zones: Vec<ZoneId>,
        places: Vec<Place>,
        techniques: Vec<TechniqueId>,
        classes: Vec<Class>,
    ) -> Self {
        let (nodes, edges, starts) = (Vec::new(), Vec::new(), Vec::new());
        Self { nodes, edges, starts, goal: None, sites, zones, places, techniques, classes }
    }

    /// Adds a node of the asset known as `id` and returns its number. It is reached once
    /// `need` edges into it are done; 1 is OR, as many as there are is AND.
    pub fn node(&mut self, id: &str, level: Level, place: u32, need: u8) -> u32 {
        let node = Node {
            asset: Entity::named("host", id).0,
            place,
            distance: u16::MAX,
            need: need.max(1),
            level: level as u8,
        };
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    /// Adds an attempt from one node on another.
    pub fn attempt(&mut self, from: u32, target: u32, technique: u16, class: u16) {
        self.edges.push((from, Edge { entity: Entity(0), target, technique, class }));
    }

    /// Adds a free passage: who holds `from` has done an edge into `target` at that moment.
    pub fn passage(&mut self, from: u32, target: u32) {
        self.edges.push((from, Edge { entity: Entity(0), target, technique: PASSAGE, class: 0 }));
    }

    /// Names a node of which one is held at the start.
    pub fn start(&mut self, node: u32) {
        self.starts.push(node);
    }

    /// Names the node whose reaching fires the payload.
    pub fn goal(&mut self, node: u32) {
        self.goal = Some(node);
    }

    /// Returns the terrain, or what is wrong with the draft.
    ///
    /// # Errors
    /// A sentence that names the first node, edge, place, technique or class that is not there.
    pub fn build(mut self) -> Result<Terrain, String> {
        self.faults()?;
        self.edges.sort_by_key(|(from, _)| *from);
        let mut rows = vec![0_u32; self.nodes.len() + 1];
        for (from, _) in &self.edges {
            rows[*from as usize + 1] += 1;
        }
        for i in 1..rows.len() {
            rows[i] += rows[i - 1];
        }
        let techniques: Vec<Entity> =
            self.techniques.iter().map(|id| Entity::named("technique", id.as_str())).collect();
        let edges: Vec<Edge> = self
            .edges
            .iter()
            .map(|(from, edge)| {
                let ends =
                    self.nodes[*from as usize].entity().with(self.nodes[edge.target as usize].entity());
                let technique = techniques.get(usize::from(edge.technique)).copied().unwrap_or(Entity(0));
                Edge { entity: ends.with(technique).part(u32::from(edge.class)), ..*edge }
            })
            .collect();
        drop(std::mem::take(&mut self.edges));
        let mut assets: Vec<u64> =
            self.nodes.iter().filter(|n| n.level != Level::Meeting as u8).map(|n| n.asset).collect();
        assets.sort_unstable();
        assets.dedup();
        let mut terrain = Terrain {
            nodes: self.nodes,
            rows,
            edges,
            starts: self.starts,
            goal: self.goal,
            places: self.places,
            sites: self.sites,
            zones: self.zones,
            techniques: self.techniques,
            classes: self.classes,
            assets: assets.len(),
        };
        terrain.measure_distances();
        Ok(terrain)
    }

    fn faults(&self) -> Result<(), String> {
        let count = self.nodes.len();
        if self.edges.len() >= MOST_EDGES || count >= u32::MAX as usize {
            return Err(format!("{} edges are too many; at most {MOST_EDGES}", self.edges.len()));
        }
        for (i, node) in self.nodes.iter().enumerate() {
            if node.place as usize >= self.places.len() {
                return Err(format!("node {i} stands at place {}, which does not exist", node.place));
            }
        }
        for place in &self.places {
            if usize::from(place.site) >= self.sites.len() || usize::from(place.zone) >= self.zones.len() {
                return Err(format!(
                    "the place of role {:?} names a site or zone that does not exist",
                    place.role
                ));
            }
        }
        for (from, edge) in &self.edges {
            let there = (*from as usize) < count && (edge.target as usize) < count;
            let known = edge.technique == PASSAGE
                || (usize::from(edge.technique) < self.techniques.len()
                    && usize::from(edge.class) < self.classes.len());
            if !there || !known {
                return Err(format!(
                    "the edge from node {from} to node {} names what does not exist",
                    edge.target
                ));
            }
        }
        let named = self.starts.iter().chain(&self.goal);
        named
            .copied()
            .find(|n| *n as usize >= count)
            .map_or(Ok(()), |n| Err(format!("start or goal names node {n}, which does not exist")))
    }
}

impl Terrain {
    /// Returns how many assets it has, identities included.
    pub fn assets(&self) -> usize {
        self.assets
    }

    /// Returns how many nodes it has.
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Returns how many edges it has.
    pub fn edges(&self) -> usize {
        self.edges.len()
    }

    /// Returns the memory it takes, in bytes.
    pub fn bytes(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.rows.capacity() * size_of::<u32>()
            + self.edges.capacity() * size_of::<Edge>()
    }

    /// Returns the numbers of a node's edges.
    pub(crate) fn row(&self, node: u32) -> std::ops::Range<usize> {
        self.rows[node as usize] as usize..self.rows[node as usize + 1] as usize
    }

    /// Returns the node an edge leaves from, by bisection: needed only after a cut.
    pub(crate) fn source(&self, edge: usize) -> u32 {
        (self.rows.partition_point(|first| *first as usize <= edge) - 1) as u32
    }

    /// Returns the node that can be proved out of reach on the way to the goal, nearest to
    /// the start: `None` when the goal can be reached.
    pub fn unreachable(&self) -> Option<u32> {
        let mut met = vec![0_u8; self.nodes.len()];
        let mut open: Vec<u32> = self.starts.clone();
        let mut held = vec![false; self.nodes.len()];
        while let Some(node) = open.pop() {
            if std::mem::replace(&mut held[node as usize], true) {
                continue;
            }
            for edge in &self.edges[self.row(node)] {
                let target = edge.target as usize;
                met[target] = met[target].saturating_add(1);
                if met[target] >= self.nodes[target].need {
                    open.push(edge.target);
                }
            }
        }
        self.goal.filter(|g| !held[*g as usize])
    }

    /// Measures steps to the goal backwards, breadth first.
    fn measure_distances(&mut self) {
        let Some(goal) = self.goal else { return };
        let mut back_rows = vec![0_u32; self.nodes.len() + 1];
        for edge in &self.edges {
            back_rows[edge.target as usize + 1] += 1;
        }
        for i in 1..back_rows.len() {
            back_rows[i] += back_rows[i - 1];
        }
        let mut next = back_rows.clone();
        let mut back = vec![0_u32; self.edges.len()];
        for node in 0..self.nodes.len() as u32 {
            for edge in &self.edges[self.row(node)] {
                let place = &mut next[edge.target as usize];
                back[*place as usize] = node;
                *place += 1;
            }
        }
        self.nodes[goal as usize].distance = 0;
        let mut edge = vec![goal];
        let mut hops = 0_u16;
        while !edge.is_empty() && hops < u16::MAX - 1 {
            hops += 1;
            let mut further = Vec::new();
            for node in edge {
                let row = back_rows[node as usize] as usize..back_rows[node as usize + 1] as usize;
                for before in &back[row] {
                    let distance = &mut self.nodes[*before as usize].distance;
                    if *distance == u16::MAX {
                        *distance = hops;
                        further.push(*before);
                    }
                }
            }
            edge = further;
        }
    }
}
