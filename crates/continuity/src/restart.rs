//! The restart plan for a given outage.
//!
//! Jobs take their typical time, times the start attempts to expect. The order is
//! searched for the fewest person-hours with at least one service down, or, where the
//! estate weighs its services, without each service times its weight; the plan says
//! for each asset what holds it back, which jobs the end hangs on, and what
//! one more crew, forensic team or a higher restore rate would bring.

mod gains;
mod story;

use std::collections::BTreeMap;

use model::estate::{Asset, Estate, Tenant};
use model::id::ServiceId;
use model::quantity::{Millis, PersonHours, Quantiles, Ratio};
use model::recovery::Phase;
use model::restart::{ByHand, RestartPlan, ServiceReturn, Stage, StagedReturn, Weighed};
use model::trial::{Down, DownCause, Trial};

use crate::admission::{Line, lines};
use crate::equations::Equations;
use crate::needed::{counts, insured_by_asset, urgency};
use crate::network::{Network, Node, Returns};
use crate::recovery::restore_time;
use crate::resources::Resources;
use crate::schedule::{Effort, Shop, Span};

/// An asset that is down when the plan is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// Its place in `estate.assets`.
    pub asset: u32,
    /// Switched off by the defence, or made unusable by the attacker.
    pub cause: DownCause,
    /// Whether the attacker has been on it, so that it is cleaned even if it was only switched off.
    pub touched: bool,
    /// The last phase that is done; those before it are done too.
    pub done: Option<Phase>,
    /// Starts that have failed since; what is started has been examined and rebuilt before.
    pub failures: u32,
}

impl Gone {
    /// Returns an asset of which nothing is known but that it is down.
    pub fn new(asset: u32, cause: DownCause) -> Self {
        Self { asset, cause, touched: false, done: None, failures: 0 }
    }

    /// Returns what is down at the end of a trial.
    pub fn in_trial(trial: &Trial) -> Vec<Self> {
        let gone =
            |d: &Down| Self { touched: trial.reached.contains(&d.asset), ..Self::new(d.asset, d.cause) };
        trial.down.iter().map(gone).collect()
    }
}

/// Weight of what the estate says about failing starts, in starts: its share counts
/// like a Beta prior of 20 of them, as Beta(1, 19) does for the default of 5 %.
const PRIOR_STARTS: f64 = 20.0;

/// Jobs of all schedules tried: a plan of sixty jobs gets three thousand, one of five thousand forty.
const JOBS_TRIED: u32 = 200_000;

/// What each hosting profile waits for: the milestones of its services, and its people.
struct Party {
    hosting: usize,
    tenants: Vec<usize>,
    insured: u64,
    services: Vec<Awaited>,
}

/// A service that a profile waits for.
struct Awaited {
    service: usize,
    /// What an hour without it counts for; `None` where the estate weighs no service.
    count: Option<u64>,
    /// The milestone of its return; `None`: it is up all along.
    milestone: Option<usize>,
    /// How long the people of the profile wait after that, in the mean.
    wait: u64,
    /// The same for the last of its tenants.
    longest: u64,
}

/// Returns the plan by which what is `gone` comes back. Crews are free from the start
/// of the plan; assets that are not in the estate, and those with nothing left to do, are
/// left out.
pub fn restart(estate: &Estate, gone: &[Gone]) -> RestartPlan {
    let equations = Equations::new(estate);
    let down = merged(estate, gone);
    let mut network = Network::new(estate, &equations, &work(estate, &down, false));
    let lines = lines(estate);
    let parties = parties(estate, &mut network, &lines);
    let insured = by_job(&network, &insured_by_asset(estate, &equations));
    let weight = by_job(&network, &urgency(estate, &equations));
    let jobs = network.shop.work().len().max(1) as u32;
    let effort = Effort((JOBS_TRIED / jobs).clamp(8, 3_000));
    let measure = |spans: &[Option<Span>]| cost(&parties, spans);
    let found = network.shop.search(&measure, &weight, effort);
    let unsearched = network.shop.search(&measure, &weight, Effort(0));
    let slow = with_work(&network, &work(estate, &down, true)).serial(&found.list);

    let gains = gains::gains(estate, &network, &parties, &weight, &found.spans, effort);
    let sketch = story::Sketch {
        estate,
        network: &network,
        resources: Resources::of(estate),
        down: &down,
        spans: &found.spans,
        slow: &slow,
    };
    let hit: Vec<&Party> = parties.iter().filter(|p| end(p, &found.spans) > 0).collect();
    let concerned = hit.iter().map(|p| p.insured).sum();
    RestartPlan {
        estate: estate.name.clone(),
        people: estate.people.clone(),
        demo: false,
        positions: sketch.positions(&insured),
        services: services(estate, &parties, &found.spans, &slow),
        by_hand: by_hand(&equations, estate, &down),
        staged: staged(estate, &lines, &network, &found.spans),
        gains,
        person_hours: hours(lost(&parties, &found.spans)),
        unsearched: hours(lost(&parties, &unsearched.spans)),
        weighed: weighed(estate, &parties, &found.spans)
            .zip(weighed(estate, &parties, &unsearched.spans))
            .map(|(hours, unsearched)| Weighed { hours, unsearched }),
        last: last(&found.spans),
        last_slow: last(&slow),
        restored: restored(estate, &hit, &lines, &found.spans),
        insured: concerned,
        share: Ratio::of(concerned, estate.insured()),
        relapse: estate.recovery.relapse.map(|r| r.chance),
    }
}

/// Returns what is gone, one entry an asset, without those that only have to be counted in.
fn merged(estate: &Estate, gone: &[Gone]) -> BTreeMap<usize, Gone> {
    let mut down: BTreeMap<usize, Gone> = BTreeMap::new();
    for g in gone.iter().filter(|g| (g.asset as usize) < estate.assets.len()) {
        down.entry(g.asset as usize)
            .and_modify(|known| {
                known.failures = known.failures.max(g.failures);
                known.cause = known.cause.min(g.cause);
                known.touched |= g.touched;
                known.done = known.done.max(g.done);
            })
            .or_insert(*g);
    }
    down.retain(|asset, gone| !phases(estate, *asset, *gone, false).is_empty());
    down
}

/// Returns how many starts to expect, E = 1/(1 - q), with q after the starts that failed.
fn attempts(asset: &Asset, failures: u32) -> f64 {
    let failed = asset.restart_failure.get() * PRIOR_STARTS + f64::from(failures);
    let q = (failed / (PRIOR_STARTS + f64::from(failures))).min(0.95);
    1.0 / (1.0 - q)
}

/// Returns what is left to do on each asset, with its typical or its slow times.
fn work(estate: &Estate, down: &BTreeMap<usize, Gone>, slow: bool) -> Returns {
    down.iter().map(|(&a, g)| (a, phases(estate, a, *g, slow))).collect()
}

/// Returns the phases left of an asset's return and the time of each, in milliseconds.
/// A rebuild includes its first start.
fn phases(estate: &Estate, place: usize, gone: Gone, slow: bool) -> Vec<(Phase, u64)> {
    let asset = &estate.assets[place];
    let of = |q: Quantiles| if slow { q.q90 } else { q.q50 };
    let starts = attempts(asset, gone.failures);
    let restart = of(asset.restart);
    let elicited = |phase, q: Option<Quantiles>| q.map(|q| (phase, of(q)));
    let attacked = gone.cause == DownCause::Attack;
    let begun = gone.failures > 0;
    let mut list = Vec::new();
    if !begun {
        list.extend(elicited(Phase::Examine, asset.phases.examine));
        list.extend(elicited(Phase::Clean, asset.phases.clean.filter(|_| attacked || gone.touched)));
    }
    list.push(match attacked && !begun {
        true => (Phase::Rebuild, of(asset.restore) + (starts - 1.0) * restart),
        false => (Phase::Start, starts * restart),
    });
    let data = if attacked { restore_time(estate, place) } else { 0 };
    list.extend((data > 0).then(|| (Phase::Restore, Millis(data).minutes())));
    list.extend(elicited(Phase::Verify, asset.phases.verify));
    list.extend(elicited(Phase::Release, asset.phases.release));
    // Whole minutes: nobody plans a restart to the second.
    list.into_iter()
        .filter(|(phase, _)| gone.done.is_none_or(|done| *phase > done))
        .map(|(phase, minutes)| (phase, minutes.round().max(1.0) as u64 * Millis::MINUTE.0))
        .collect()
}

fn parties(estate: &Estate, network: &mut Network<'_>, lines: &[Vec<Option<Line>>]) -> Vec<Party> {
    let service_of: BTreeMap<&ServiceId, usize> =
        estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
    let counts = counts(estate);
    let mut parties = Vec::new();
    for (h, hosting) in estate.hostings.iter().enumerate() {
        let Some(site) = estate.sites.iter().position(|s| s.id == hosting.home) else { continue };
        let tenants: Vec<usize> =
            (0..estate.tenants.len()).filter(|t| estate.tenants[*t].hosting == hosting.id).collect();
        let insured = |t: &usize| estate.tenants[*t].insured;
        let awaited = |service: usize| {
            let line = lines[site][service].as_ref();
            let longest = |l: &Line| tenants.iter().map(|t| l.wait(*t).0).max();
            Awaited {
                service,
                count: counts.as_ref().map(|c| c[service]),
                milestone: network.service(site, service),
                wait: line.map_or(0, |l| l.mean_wait(estate, &tenants).0),
                longest: line.and_then(longest).unwrap_or(0),
            }
        };
        let services = hosting.services.iter().filter_map(|a| service_of.get(&a.service).copied());
        parties.push(Party {
            hosting: h,
            services: services.map(awaited).collect(),
            insured: tenants.iter().fold(0, |sum, t| sum.saturating_add(insured(t))),
            tenants,
        });
    }
    parties
}

/// Returns what is known of assets, by job.
fn by_job(network: &Network<'_>, of_asset: &[u64]) -> Vec<u64> {
    network
        .nodes
        .iter()
        .map(|n| match n {
            Node::Phase(a, _) | Node::Asset(a) => of_asset[*a],
            Node::Copies(_) | Node::Service(..) | Node::Below(..) => 0,
        })
        .collect()
}

fn with_work(network: &Network<'_>, work: &Returns) -> Shop {
    let mut shop = network.shop.clone();
    for (job, node) in shop.jobs.iter_mut().zip(&network.nodes) {
        if let Node::Phase(asset, phase) = node {
            let time = work.get(asset).and_then(|list| list.iter().find(|(p, _)| p == phase));
            job.duration = time.map_or(job.duration, |(_, time)| *time);
        }
    }
    shop
}

/// Returns when a service is up: at once without a milestone, never if it cannot be.
fn up(milestone: Option<usize>, spans: &[Option<Span>]) -> u64 {
    milestone.map_or(0, |m| spans.get(m).copied().flatten().map_or(u64::from(u32::MAX) * 1_000, |s| s.end))
}

/// Returns when the people of a party have a service, if they `wait` so long for re-admission.
fn has(awaited: &Awaited, wait: u64, spans: &[Option<Span>]) -> u64 {
    let up = up(awaited.milestone, spans);
    if up == 0 { 0 } else { up.saturating_add(wait) }
}

/// Returns when a party has its last service, in the mean over its people.
fn end(party: &Party, spans: &[Option<Span>]) -> u64 {
    party.services.iter().map(|a| has(a, a.wait, spans)).max().unwrap_or(0)
}

/// Returns insured people times milliseconds with at least one service down.
fn lost(parties: &[Party], spans: &[Option<Span>]) -> u128 {
    parties.iter().map(|p| u128::from(p.insured) * u128::from(end(p, spans))).sum()
}

/// Returns the same for each service, times its weight; `None` where the estate weighs none.
fn weighed(estate: &Estate, parties: &[Party], spans: &[Option<Span>]) -> Option<PersonHours> {
    let weight = |a: &Awaited| u128::from(estate.services[a.service].weight.thousandths());
    let times = |p: &Party| -> u128 {
        p.services.iter().map(|a| weight(a) * u128::from(has(a, a.wait, spans))).sum::<u128>()
            * u128::from(p.insured)
    };
    estate.weighs().then(|| hours(parties.iter().map(times).sum::<u128>() / 1_000))
}

/// Returns what a schedule is searched by: the loss, and a hundredth of the times of
/// the single services, so that of two plans with the same loss the one that brings
/// services back one by one is taken. Where the estate weighs its services: people times the
/// time without each service times what it counts for, and a thousandth of the loss, so that
/// what counts for nothing is not left lying either.
fn cost(parties: &[Party], spans: &[Option<Span>]) -> u128 {
    let single = |p: &Party| -> u128 {
        let sum: u128 = p.services.iter().map(|a| u128::from(up(a.milestone, spans))).sum();
        sum / (p.services.len().max(1) as u128) * u128::from(p.insured)
    };
    let weighed = |p: &Party| -> Option<u128> {
        let times = |a: &Awaited| Some(u128::from(a.count?) * u128::from(has(a, a.wait, spans)));
        Some(p.services.iter().map(times).sum::<Option<u128>>()? * u128::from(p.insured))
    };
    let weighs = parties.iter().flat_map(|p| &p.services).any(|a| a.count.is_some());
    if weighs && let Some(sum) = parties.iter().map(weighed).sum::<Option<u128>>() {
        return sum + lost(parties, spans) / 1_000;
    }
    lost(parties, spans) + parties.iter().map(single).sum::<u128>() / 100
}

fn hours(insured_ms: u128) -> PersonHours {
    PersonHours(u64::try_from(insured_ms / u128::from(Millis::HOUR.0)).unwrap_or(u64::MAX))
}

fn last(spans: &[Option<Span>]) -> Millis {
    Millis(spans.iter().flatten().map(|s| s.end).max().unwrap_or(0))
}

/// Returns when the first, half, 95 % and all of the insured people that lost a service have all again.
fn restored(
    estate: &Estate,
    hit: &[&Party],
    lines: &[Vec<Option<Line>>],
    spans: &[Option<Span>],
) -> [Millis; 4] {
    let site = |p: &Party| {
        let home = &estate.hostings[p.hosting].home;
        estate.sites.iter().position(|s| s.id == *home).unwrap_or(0)
    };
    let mut ends: Vec<(u64, u64)> = Vec::new();
    for party in hit {
        let site = site(party);
        for tenant in &party.tenants {
            let wait = |a: &Awaited| lines[site][a.service].as_ref().map_or(0, |l| l.wait(*tenant).0);
            let end = party.services.iter().map(|a| has(a, wait(a), spans)).max().unwrap_or(0);
            ends.push((end, estate.tenants[*tenant].insured));
        }
    }
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

/// Returns the stages of re-admission to the services that were down, by their return. How
/// long they were down before the plan nobody says, so that all return in stages.
fn staged(
    estate: &Estate,
    lines: &[Vec<Option<Line>>],
    network: &Network<'_>,
    spans: &[Option<Span>],
) -> Vec<StagedReturn> {
    let mut list = Vec::new();
    for (site, of_site) in lines.iter().enumerate() {
        for (service, line) in of_site.iter().enumerate() {
            let milestone = network.job(Node::Service(site, service));
            let Some((line, back)) = line.as_ref().zip(milestone.and_then(|m| spans[m])) else { continue };
            if line.order.is_empty() {
                continue;
            }
            list.push((back.end, stages(estate, site, service, line, Millis(back.end))));
        }
    }
    list.sort_by(|a, b| (a.0, &a.1.service, &a.1.site).cmp(&(b.0, &b.1.service, &b.1.site)));
    list.into_iter().map(|(_, staged)| staged).collect()
}

/// Returns the stages of one service: who is in at once, and after that stages that each
/// end when as much as the first has been let in again.
fn stages(estate: &Estate, site: usize, service: usize, line: &Line, back: Millis) -> StagedReturn {
    const STAGES: u64 = 6;
    let tenant = |t: usize| -> &Tenant { &estate.tenants[t] };
    let all: u64 = line.order.iter().map(|(t, _)| tenant(*t).insured).sum();
    let mut stages: Vec<Stage> = Vec::new();
    let mut from = back;
    let mut open = false;
    for (t, wait) in &line.order {
        let to = back.saturating_add(*wait);
        if !open || (from == back && to > back) {
            stages.push(Stage { tenants: Vec::new(), insured: 0, from, to });
        }
        if let Some(stage) = stages.last_mut() {
            stage.tenants.push(tenant(*t).id.clone());
            stage.insured += tenant(*t).insured;
            stage.to = to;
            // All who can come at once are one stage.
            open = to == back || stage.insured.saturating_mul(STAGES) < all;
        }
        from = to;
    }
    StagedReturn {
        service: estate.services[service].id.clone(),
        name: estate.services[service].name.clone(),
        site: estate.sites[site].id.clone(),
        overload: line.overload,
        stages,
    }
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
        for awaited in &party.services {
            let id = &estate.services[awaited.service].id;
            let Some(agreed) = hosting.services.iter().find(|a| a.service == *id) else { continue };
            list.push(ServiceReturn {
                hosting: hosting.id.clone(),
                tenants: party.tenants.len() as u32,
                insured: party.insured,
                service: id.clone(),
                back: Millis(up(awaited.milestone, spans)),
                all_in: Millis(has(awaited, awaited.longest, spans)),
                back_slow: Millis(has(awaited, awaited.longest, slow)),
                rto: agreed.rto,
                mtpd: agreed.mtpd,
            });
        }
    }
    list.retain(|s| s.back > Millis(0));
    list.sort_by(|a, b| {
        (b.all_in, b.insured, &a.hosting, &a.service).cmp(&(a.all_in, a.insured, &b.hosting, &b.service))
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

#[cfg(test)]
mod tests;
