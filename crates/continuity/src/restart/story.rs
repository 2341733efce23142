//! Why each asset stands where it stands in the plan.

use std::collections::{BTreeMap, BTreeSet};

use model::estate::Estate;
use model::quantity::Millis;
use model::restart::{Hold, Position};

use super::network::{Network, Node};
use super::{Gone, attempts};
use crate::recovery::named_by;
use crate::schedule::Span;

/// A schedule with what is needed to tell it.
pub(super) struct Sketch<'a> {
    pub(super) estate: &'a Estate,
    pub(super) network: &'a Network<'a>,
    pub(super) down: &'a BTreeMap<usize, Gone>,
    pub(super) spans: &'a [Option<Span>],
    pub(super) slow: &'a [Option<Span>],
}

impl Sketch<'_> {
    /// Returns the assets in the order in which crews begin.
    pub(super) fn positions(&self, weight: &[u64]) -> Vec<Position> {
        let mut jobs: Vec<(usize, usize, Span)> = self
            .network
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(job, node)| match node {
                Node::Asset(asset) => Some((job, *asset, self.spans[job]?)),
                Node::Service(..) | Node::Own(..) => None,
            })
            .collect();
        jobs.sort_by_key(|(job, asset, span)| {
            (span.begin, std::cmp::Reverse(weight[*job]), &self.estate.assets[*asset].id)
        });
        let (crews, before) = self.crews(&jobs);
        let critical = self.critical(&before);
        jobs.iter()
            .map(|(job, asset, span)| {
                let gone = self.down[asset];
                let about = &self.estate.assets[*asset];
                Position {
                    asset: about.id.clone(),
                    name: about.name.clone(),
                    site: about.site.clone(),
                    cause: gone.cause,
                    crew: crews[job],
                    begin: Millis(span.begin),
                    back: Millis(span.end),
                    back_slow: Millis(self.slow[*job].map_or(span.end, |s| s.end)),
                    attempts: attempts(about, gone.failures),
                    hold: self.hold(*job, before.get(job).copied()),
                    insured: weight[*job],
                    critical: critical.contains(job),
                }
            })
            .collect()
    }

    /// Returns which crew takes each job, from 1, and the job it does before.
    fn crews(&self, jobs: &[(usize, usize, Span)]) -> (BTreeMap<usize, u16>, BTreeMap<usize, usize>) {
        let mut lanes: BTreeMap<usize, Vec<(u64, usize)>> = BTreeMap::new();
        let (mut crews, mut before) = (BTreeMap::new(), BTreeMap::new());
        for (job, _, span) in jobs {
            let Some(site) = self.network.shop.jobs[*job].resource else { continue };
            let lanes = lanes.entry(site).or_default();
            // The crew that came free last has waited least; so gaps stay with few crews.
            let free = (0..lanes.len()).filter(|&l| lanes[l].0 <= span.begin).max_by_key(|&l| lanes[l].0);
            let lane = free.unwrap_or_else(|| {
                lanes.push((0, usize::MAX));
                lanes.len() - 1
            });
            if lanes[lane].1 != usize::MAX {
                before.insert(*job, lanes[lane].1);
            }
            lanes[lane] = (span.end, *job);
            crews.insert(*job, lane as u16 + 1);
        }
        (crews, before)
    }

    fn hold(&self, job: usize, before: Option<usize>) -> Hold {
        let Some(span) = self.spans[job] else { return Hold::Nothing };
        if span.begin == 0 {
            return Hold::Nothing;
        }
        let name = |job: usize| match self.network.nodes[job] {
            Node::Asset(a) => Some((a, self.estate.assets[a].id.clone())),
            Node::Service(..) | Node::Own(..) => None,
        };
        if let Some((_, asset)) = self.last_needed(job, span.begin).and_then(name)
            && let Node::Asset(own) = self.network.nodes[job]
        {
            let services = named_by(self.estate, own);
            let lowest = services.into_iter().next().map(|s| self.estate.services[s].id.clone());
            if let Some(service) = lowest {
                return Hold::Needs { asset, service };
            }
        }
        match before.and_then(name) {
            Some((_, after)) => Hold::Crew { after },
            None => Hold::Nothing,
        }
    }

    /// Returns the asset job whose end at `time` lets `job` begin, if that is what it waited for.
    fn last_needed(&self, job: usize, time: u64) -> Option<usize> {
        let mut at = job;
        let mut seen = BTreeSet::new();
        while seen.insert(at) {
            let waits = &self.network.shop.jobs[at].waits;
            let next = waits
                .iter()
                .flat_map(|w| &w.of)
                .copied()
                .find(|&before| self.spans[before].is_some_and(|s| s.end == time))?;
            if matches!(self.network.nodes[next], Node::Asset(_)) {
                return Some(next);
            }
            at = next;
        }
        None
    }

    /// Returns the jobs of a chain without slack that ends with the last asset.
    fn critical(&self, before: &BTreeMap<usize, usize>) -> BTreeSet<usize> {
        let asset = |job: &usize| matches!(self.network.nodes[*job], Node::Asset(_));
        let mut chain = BTreeSet::new();
        let mut at = (0..self.spans.len()).filter(asset).max_by_key(|&j| self.spans[j].map(|s| s.end));
        while let Some(job) = at {
            let Some(span) = self.spans[job] else { break };
            if !chain.insert(job) || span.begin == 0 {
                break;
            }
            let crew =
                before.get(&job).copied().filter(|&b| self.spans[b].is_some_and(|s| s.end == span.begin));
            at = self.last_needed(job, span.begin).or(crew);
        }
        chain
    }
}
