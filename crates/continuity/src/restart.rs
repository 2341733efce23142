//! The restart plan for a given outage.
//!
//! Jobs take their typical time, times the start attempts to expect. The order is
//! searched for the fewest insured-hours with at least one service down; the plan
//! says for each asset what holds it back, which jobs the end hangs on, and what
//! one more crew at each site would bring.

mod network;
mod story;

use std::collections::BTreeMap;

use model::estate::{Asset, Estate};
use model::id::ServiceId;
use model::quantity::{InsuredHours, Millis, Quantiles, Ratio};
use model::restart::{ByHand, CrewGain, RestartPlan, ServiceReturn};
use model::trial::DownCause;

use crate::equations::Equations;
use crate::recovery::insured_by_asset;
use crate::schedule::{Effort, Shop, Span};
use network::{Network, Node};

/// An asset that is down when the plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Its place in `estate.assets`.
    pub asset: u32,
    /// Switched off by the defence, or made unusable by the attacker.
    pub cause: DownCause,
    /// Starts that have failed since; an asset with failed starts has been restored before.
    pub failures: u32,
}

/// Weight of what the estate says about failing starts, in starts: its share counts
/// like a Beta prior of 20 of them, as Beta(1, 19) does for the default of 5 %.
const PRIOR_STARTS: f64 = 20.0;

/// Jobs of all schedules tried: a plan of sixty jobs gets three thousand, one of five thousand forty.
const JOBS_TRIED: u32 = 200_000;

/// What each hosting profile waits for: the milestones of its services, and its people.
struct Party {
    hosting: usize,
    tenants: u32,
    insured: u64,
    services: Vec<(usize, Option<usize>)>,
}

/// Returns the plan by which what is `gone` comes back. Crews are free from the start
/// of the plan; assets that are not in the estate are left out.
pub fn restart(estate: &Estate, gone: &[Gone]) -> RestartPlan {
    let equations = Equations::new(estate);
    let mut down: BTreeMap<usize, Gone> = BTreeMap::new();
    for g in gone.iter().filter(|g| (g.asset as usize) < estate.assets.len()) {
        down.entry(g.asset as usize)
            .and_modify(|known| {
                known.failures = known.failures.max(g.failures);
                if g.cause == DownCause::Attack {
                    known.cause = g.cause;
                }
            })
            .or_insert(*g);
    }
    let work = |slow: bool| -> BTreeMap<usize, u64> {
        down.iter().map(|(&a, g)| (a, duration(&estate.assets[a], *g, slow))).collect()
    };
    let mut network = Network::new(estate, &equations, &work(false));
    let parties = parties(estate, &mut network);
    let weight = weights(estate, &equations, &network);
    let jobs = network.shop.work().len().max(1) as u32;
    let effort = Effort((JOBS_TRIED / jobs).clamp(20, 3_000));
    let measure = |spans: &[Option<Span>]| cost(&parties, spans);
    let found = network.shop.search(&measure, &weight, effort);
    let unsearched = network.shop.search(&measure, &weight, Effort(0));
    let slow = with_work(&network, &work(true)).serial(&found.list);

    let crews = crews(estate, &network.shop, &parties, &weight, &found.spans, effort);
    let sketch = story::Sketch { estate, network: &network, down: &down, spans: &found.spans, slow: &slow };
    let hit: Vec<&Party> = parties.iter().filter(|p| end(p, &found.spans) > 0).collect();
    let insured = hit.iter().map(|p| p.insured).sum();
    RestartPlan {
        estate: estate.name.clone(),
        positions: sketch.positions(&weight),
        services: services(estate, &parties, &found.spans, &slow),
        by_hand: by_hand(&equations, estate, &down),
        crews,
        insured_hours: hours(lost(&parties, &found.spans)),
        unsearched: hours(lost(&parties, &unsearched.spans)),
        last: last(&found.spans),
        last_slow: last(&slow),
        restored: restored(&hit, &found.spans),
        insured,
        share: Ratio::of(insured, estate.insured()),
    }
}

/// Returns how many starts to expect, E = 1/(1 - q), with q after the starts that failed.
fn attempts(asset: &Asset, failures: u32) -> f64 {
    let failed = asset.restart_failure.get() * PRIOR_STARTS + f64::from(failures);
    let q = (failed / (PRIOR_STARTS + f64::from(failures))).min(0.95);
    1.0 / (1.0 - q)
}

/// Returns the crew time of an asset, in milliseconds. A rebuild includes its first start.
fn duration(asset: &Asset, gone: Gone, slow: bool) -> u64 {
    let of = |q: Quantiles| if slow { q.q90 } else { q.q50 };
    let starts = attempts(asset, gone.failures);
    let restart = of(asset.restart) * 60_000.0;
    let time = if gone.cause == DownCause::Attack && gone.failures == 0 {
        of(asset.restore) * 60_000.0 + (starts - 1.0) * restart
    } else {
        starts * restart
    };
    // Whole minutes: nobody plans a restart to the second.
    (time / 60_000.0).round().max(1.0) as u64 * 60_000
}

fn parties(estate: &Estate, network: &mut Network<'_>) -> Vec<Party> {
    let service_of: BTreeMap<&ServiceId, usize> =
        estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
    let mut parties = Vec::new();
    for (h, hosting) in estate.hostings.iter().enumerate() {
        let Some(site) = estate.sites.iter().position(|s| s.id == hosting.home) else { continue };
        let tenants: Vec<u64> =
            estate.tenants.iter().filter(|t| t.hosting == hosting.id).map(|t| t.insured).collect();
        let services = hosting
            .services
            .iter()
            .filter_map(|a| service_of.get(&a.service).copied())
            .map(|s| (s, network.service(site, s)))
            .collect();
        parties.push(Party {
            hosting: h,
            tenants: tenants.len() as u32,
            insured: tenants.iter().fold(0, |sum, t| sum.saturating_add(*t)),
            services,
        });
    }
    parties
}

/// Returns the insured people that hang on each job.
fn weights(estate: &Estate, equations: &Equations, network: &Network<'_>) -> Vec<u64> {
    let insured = insured_by_asset(estate, equations);
    network
        .nodes
        .iter()
        .map(|n| match n {
            Node::Asset(a) => insured[*a],
            Node::Service(..) | Node::Own(..) => 0,
        })
        .collect()
}

fn with_work(network: &Network<'_>, work: &BTreeMap<usize, u64>) -> Shop {
    let mut shop = network.shop.clone();
    for (job, node) in shop.jobs.iter_mut().zip(&network.nodes) {
        if let Node::Asset(asset) = node {
            job.duration = work.get(asset).copied().unwrap_or(job.duration);
        }
    }
    shop
}

/// Returns when a service is up: at once without a milestone, never if it cannot be.
fn up(milestone: Option<usize>, spans: &[Option<Span>]) -> u64 {
    milestone.map_or(0, |m| spans.get(m).copied().flatten().map_or(u64::from(u32::MAX) * 1_000, |s| s.end))
}

/// Returns when the last service of a party is up.
fn end(party: &Party, spans: &[Option<Span>]) -> u64 {
    party.services.iter().map(|(_, m)| up(*m, spans)).max().unwrap_or(0)
}

/// Returns insured people times milliseconds with at least one service down.
fn lost(parties: &[Party], spans: &[Option<Span>]) -> u128 {
    parties.iter().map(|p| u128::from(p.insured) * u128::from(end(p, spans))).sum()
}

/// Returns what a schedule is searched by: the loss, and a hundredth of the times of
/// the single services, so that of two plans with the same loss the one that brings
/// services back one by one is taken.
fn cost(parties: &[Party], spans: &[Option<Span>]) -> u128 {
    let single = |p: &Party| -> u128 {
        let sum: u128 = p.services.iter().map(|(_, m)| u128::from(up(*m, spans))).sum();
        sum / (p.services.len().max(1) as u128) * u128::from(p.insured)
    };
    lost(parties, spans) + parties.iter().map(single).sum::<u128>() / 100
}

fn hours(insured_ms: u128) -> InsuredHours {
    InsuredHours(u64::try_from(insured_ms / u128::from(Millis::HOUR.0)).unwrap_or(u64::MAX))
}

fn last(spans: &[Option<Span>]) -> Millis {
    Millis(spans.iter().flatten().map(|s| s.end).max().unwrap_or(0))
}

/// Returns when the first, half, 95 % and all of the insured people that lost a service have all again.
fn restored(hit: &[&Party], spans: &[Option<Span>]) -> [Millis; 4] {
    let mut ends: Vec<(u64, u64)> = hit.iter().map(|p| (end(p, spans), p.insured)).collect();
    ends.sort_unstable();
    let all: u64 = ends.iter().map(|e| e.1).sum();
    let when = |share: f64| {
        let mut sum = 0;
        let mut reached = ends.iter().find(|(_, insured)| {
            sum += insured;
            sum > 0 && sum as f64 >= share * all as f64
        });
        Millis(reached.take().map_or(0, |e| e.0))
    };
    [when(0.0), when(0.5), when(0.95), when(1.0)]
}

fn services(
    estate: &Estate,
    parties: &[Party],
    spans: &[Option<Span>],
    slow: &[Option<Span>],
) -> Vec<ServiceReturn> {
    let mut list = Vec::new();
    for party in parties {
        let hosting = &estate.hostings[party.hosting];
        for (service, milestone) in &party.services {
            let id = &estate.services[*service].id;
            let Some(agreed) = hosting.services.iter().find(|a| a.service == *id) else { continue };
            list.push(ServiceReturn {
                hosting: hosting.id.clone(),
                tenants: party.tenants,
                insured: party.insured,
                service: id.clone(),
                back: Millis(up(*milestone, spans)),
                back_slow: Millis(up(*milestone, slow)),
                rto: agreed.rto,
                mtpd: agreed.mtpd,
            });
        }
    }
    list.retain(|s| s.back > Millis(0));
    list.sort_by(|a, b| {
        (b.back, b.insured, &a.hosting, &a.service).cmp(&(a.back, a.insured, &b.hosting, &b.service))
    });
    list
}

/// Returns the circles of services that are down and cannot come up by themselves.
fn by_hand(equations: &Equations, estate: &Estate, down: &BTreeMap<usize, Gone>) -> Vec<ByHand> {
    let places: Vec<u32> = down.keys().map(|a| *a as u32).collect();
    let touched = |home: &model::id::SiteId, services: &[ServiceId]| {
        let Some(site) = estate.sites.iter().position(|s| s.id == *home) else { return false };
        let staying = equations.staying_up(site, &places);
        estate.services.iter().zip(staying).any(|(s, up)| !up && services.contains(&s.id))
    };
    equations
        .deadlocks()
        .into_iter()
        .filter(|d| touched(&d.site, &d.services))
        .map(|d| ByHand { site: d.site, stuck: d.services, circle: d.circle, start: d.by_hand })
        .collect()
}

/// Returns what one more crew at each site would bring, best first.
fn crews(
    estate: &Estate,
    shop: &Shop,
    parties: &[Party],
    weight: &[u64],
    spans: &[Option<Span>],
    effort: Effort,
) -> Vec<CrewGain> {
    let measure = |s: &[Option<Span>]| cost(parties, s);
    let (loss, end) = (lost(parties, spans), last(spans));
    let mut gains: Vec<CrewGain> = estate
        .sites
        .iter()
        .enumerate()
        .filter(|(site, _)| shop.jobs.iter().any(|j| j.resource == Some(*site)))
        .map(|(i, site)| {
            let mut more = shop.clone();
            more.capacity[i] += 1;
            let found = more.search(&measure, weight, effort);
            CrewGain {
                site: site.id.clone(),
                crews: site.crews,
                saved: hours(loss.saturating_sub(lost(parties, &found.spans))),
                earlier: end.saturating_sub(last(&found.spans)),
            }
        })
        .collect();
    gains.sort_by(|a, b| (b.saved, b.earlier, &a.site).cmp(&(a.saved, a.earlier, &b.site)));
    gains
}
