//! Why each asset stands where it stands in the plan.

use std::collections::{BTreeMap, BTreeSet};

use model::estate::Estate;
use model::impact::DataLoss;
use model::quantity::Millis;
use model::recovery::Phase;
use model::restart::{Hands, Hold, PhaseSpan, Position};
use model::trial::DownCause;

use super::{Gone, attempts};
use crate::network::{Network, Node};
use crate::resources::{Means, Resources};
use crate::schedule::Span;

/// A schedule with what is needed to tell it.
pub(super) struct Sketch<'a> {
    pub(super) estate: &'a Estate,
    pub(super) network: &'a Network<'a>,
    pub(super) resources: Resources,
    pub(super) down: &'a BTreeMap<usize, Gone>,
    pub(super) spans: &'a [Option<Span>],
    pub(super) slow: &'a [Option<Span>],
}

/// Who does each job: the number among those of its resource, from 1, and the job before.
struct Lanes {
    number: BTreeMap<usize, u16>,
    before: BTreeMap<usize, usize>,
}

impl Sketch<'_> {
    /// Returns the assets in the order in which work on them begins.
    pub(super) fn positions(&self, weight: &[u64]) -> Vec<Position> {
        let lanes = self.lanes(weight);
        let critical = self.critical(&lanes);
        let mut positions: Vec<Position> = self
            .down
            .iter()
            .filter_map(|(asset, gone)| self.position(*asset, *gone, weight, &lanes, &critical))
            .collect();
        positions.sort_by(|a, b| (a.begin, b.insured, &a.asset).cmp(&(b.begin, a.insured, &b.asset)));
        positions
    }

    fn position(
        &self,
        asset: usize,
        gone: Gone,
        weight: &[u64],
        lanes: &Lanes,
        critical: &BTreeSet<usize>,
    ) -> Option<Position> {
        let about = &self.estate.assets[asset];
        let jobs: Vec<(Phase, usize)> = Phase::ALL
            .into_iter()
            .filter_map(|p| Some((p, self.network.job(Node::Phase(asset, p))?)))
            .collect();
        let back = self.network.job(Node::Asset(asset))?;
        let (first, end) = (jobs.first()?.1, self.spans[back]?.end);
        let start = jobs.iter().position(|(p, _)| matches!(p, Phase::Rebuild | Phase::Start));
        let waited = start.filter(|s| *s > 0).and_then(|s| {
            let (before, own) = (self.spans[jobs[s - 1].1]?, self.spans[jobs[s].1]?);
            (before.end < own.begin).then(|| self.hold(jobs[s].1, lanes))
        });
        Some(Position {
            asset: about.id.clone(),
            name: about.name.clone(),
            site: about.site.clone(),
            cause: gone.cause,
            phases: jobs.iter().filter_map(|(p, j)| self.phase(*p, *j, lanes, critical)).collect(),
            begin: Millis(self.spans[first]?.begin),
            back: Millis(end),
            back_slow: Millis(self.slow[back].map_or(end, |s| s.end)),
            attempts: attempts(about, gone.failures),
            hold: self.hold(first, lanes),
            start_hold: waited,
            data_loss: self.data_loss(asset, gone),
            insured: weight[back],
            critical: jobs.iter().any(|(_, job)| critical.contains(job)),
        })
    }

    fn phase(
        &self,
        phase: Phase,
        job: usize,
        lanes: &Lanes,
        critical: &BTreeSet<usize>,
    ) -> Option<PhaseSpan> {
        let span = self.spans[job]?;
        Some(PhaseSpan {
            phase,
            by: self.hands(job, lanes),
            begin: Millis(span.begin),
            end: Millis(span.end),
            critical: critical.contains(&job),
        })
    }

    fn hands(&self, job: usize, lanes: &Lanes) -> Hands {
        let Some(resource) = self.network.shop.jobs[job].resource else { return Hands::Outside };
        let number = lanes.number.get(&job).copied().unwrap_or(1);
        match &self.resources.all()[resource].0 {
            Means::Crews { site, skill } => Hands::Crew { site: site.clone(), skill: skill.clone(), number },
            Means::Forensics => Hands::Forensics { number },
            Means::Bandwidth { site } => Hands::Bandwidth { site: site.clone() },
        }
    }

    /// Returns the most data that the loss of an asset can mean, by what is known of its copies.
    fn data_loss(&self, asset: usize, gone: Gone) -> Option<DataLoss> {
        let backup = self.estate.assets[asset].backup.as_ref()?;
        if gone.cause != DownCause::Attack {
            return None;
        }
        let lost = self
            .down
            .iter()
            .any(|(a, g)| self.estate.assets[*a].id == backup.at && g.cause == DownCause::Attack);
        Some(match (lost, backup.offline) {
            (false, _) => DataLoss::Last(backup.every),
            (true, Some(offline)) => DataLoss::Last(offline),
            (true, None) => DataLoss::All,
        })
    }

    /// Deals the jobs of each resource out to its units.
    fn lanes(&self, weight: &[u64]) -> Lanes {
        let jobs = &self.network.shop.jobs;
        let mut order: Vec<(usize, Span)> = (0..jobs.len())
            .filter(|j| jobs[*j].resource.is_some())
            .filter_map(|j| Some((j, self.spans[j]?)))
            .collect();
        order.sort_by_key(|(job, span)| (span.begin, std::cmp::Reverse(weight[*job]), *job));
        let mut units: BTreeMap<usize, Vec<(u64, usize)>> = BTreeMap::new();
        let mut lanes = Lanes { number: BTreeMap::new(), before: BTreeMap::new() };
        for (job, span) in order {
            let Some(resource) = jobs[job].resource else { continue };
            let units = units.entry(resource).or_default();
            // The one that came free last has waited least; so gaps stay with few.
            let free = (0..units.len()).filter(|&l| units[l].0 <= span.begin).max_by_key(|&l| units[l].0);
            let unit = match free {
                Some(unit) => {
                    lanes.before.insert(job, units[unit].1);
                    unit
                }
                None => {
                    units.push((0, job));
                    units.len() - 1
                }
            };
            units[unit] = (span.end, job);
            lanes.number.insert(job, unit as u16 + 1);
        }
        lanes
    }

    /// Returns the asset that a job belongs to.
    fn asset(&self, job: usize) -> Option<usize> {
        match self.network.nodes[job] {
            Node::Phase(asset, _) | Node::Asset(asset) => Some(asset),
            Node::Copies(_) | Node::Service(..) | Node::Below(..) => None,
        }
    }

    fn hold(&self, job: usize, lanes: &Lanes) -> Hold {
        let Some(span) = self.spans[job] else { return Hold::Nothing };
        if span.begin == 0 {
            return Hold::Nothing;
        }
        let name = |a: usize| self.estate.assets[a].id.clone();
        let own = self.asset(job);
        let needed =
            self.last_needed(job, span.begin).and_then(|j| self.asset(j)).filter(|a| Some(*a) != own);
        if let (Some(needed), Some(own)) = (needed, own) {
            let lowest = self.network.naming[own].first().copied();
            if let Some(service) = lowest.map(|s| self.estate.services[s].id.clone()) {
                return Hold::Needs { asset: name(needed), service };
            }
        }
        match lanes.before.get(&job).and_then(|j| self.asset(*j)) {
            Some(after) => Hold::Crew { after: name(after) },
            None => Hold::Nothing,
        }
    }

    /// Returns the phase whose end at `time` lets `job` begin, if that is what it waited for.
    fn last_needed(&self, job: usize, time: u64) -> Option<usize> {
        let mut at = job;
        let mut seen = BTreeSet::new();
        while seen.insert(at) {
            let waits = &self.network.shop.jobs[at].waits;
            let next = waits
                .iter()
                .flat_map(|w| &w.of)
                .copied()
                .filter(|&before| self.spans[before].is_some_and(|s| s.end == time))
                // What another asset has to do says more than the phase before.
                .min_by_key(|&before| {
                    self.asset(before).is_some() && self.asset(before) == self.asset(job)
                })?;
            if matches!(self.network.nodes[next], Node::Phase(..)) {
                return Some(next);
            }
            at = next;
        }
        None
    }

    /// Returns the jobs of a chain without slack that ends with the last asset.
    fn critical(&self, lanes: &Lanes) -> BTreeSet<usize> {
        let phase = |job: &usize| matches!(self.network.nodes[*job], Node::Phase(..));
        let mut chain = BTreeSet::new();
        let mut at = (0..self.spans.len()).filter(phase).max_by_key(|&j| self.spans[j].map(|s| s.end));
        while let Some(job) = at {
            let Some(span) = self.spans[job] else { break };
            if !chain.insert(job) || span.begin == 0 {
                break;
            }
            let ends_here = |b: &usize| self.spans[*b].is_some_and(|s| s.end == span.begin);
            let crew = lanes.before.get(&job).copied().filter(ends_here);
            at = self.last_needed(job, span.begin).or(crew);
        }
        chain
    }
}
