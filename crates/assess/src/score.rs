//! What one campaign would have done, with both uncertainties apart.

use std::collections::BTreeMap;

use model::estate::Estate;
use model::id::HostingId;
use model::impact::{DataLoss, HostingImpact, Outage, TrialImpact};
use model::quantity::{Interval, Millis, Ratio};
use model::scorecard::{Aftermath, CampaignScore, Proportion, ServiceScore, Spread, Story, TenantScore};
use model::trial::{Trial, Trials};

use crate::interval::{clopper_pearson, mean, over_draws, quantile};

/// What one draw of the evidence gave: the outcome of a whole run of trials.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrawResult {
    /// Share of trials in which the payload fired.
    pub payload: f64,
    /// Share of trials in which data left.
    pub outflow: f64,
    /// Share of trials in which nobody noticed anything.
    pub unnoticed: f64,
    /// Mean minutes to the declared incident; `None` when there never was one.
    pub declared_minutes: Option<f64>,
    /// Mean person-hours lost by the attack.
    pub attack: f64,
    /// Mean person-hours lost by containment.
    pub containment: f64,
    /// Mean number of tenants hit.
    pub tenants_hit: f64,
    /// Mean hours until the last asset was back; `None` without any outage.
    pub recovered_hours: Option<f64>,
}

/// The same campaign under other rules, for comparison.
#[derive(Debug, Clone, Copy)]
pub struct Rivals<'a> {
    /// Against an attacker without limit of hands.
    pub flooding: &'a Trials,
    /// With nobody responding at all.
    pub unopposed: &'a [TrialImpact],
}

/// The values of all trials that go into shares and spreads.
struct Columns {
    payload: u64,
    outflow: u64,
    unnoticed: u64,
    declared: Vec<f64>,
    attack: Vec<f64>,
    containment: Vec<f64>,
    tenants: Vec<f64>,
    recovered: Vec<f64>,
}

impl Columns {
    fn new(trials: &Trials, impacts: &[TrialImpact]) -> Self {
        let count = |test: fn(&Trial) -> bool| trials.trials.iter().filter(|t| test(t)).count() as u64;
        Self {
            payload: count(|t| t.payload.is_some()),
            outflow: count(|t| t.outflow.is_some()),
            unnoticed: count(|t| t.alert.is_none() && t.declared.is_none()),
            declared: trials.trials.iter().filter_map(|t| t.declared).map(Millis::minutes).collect(),
            attack: impacts.iter().map(|i| i.attack.0 as f64).collect(),
            containment: impacts.iter().map(|i| i.containment.0 as f64).collect(),
            tenants: impacts.iter().map(|i| f64::from(i.tenants_hit)).collect(),
            recovered: impacts.iter().filter_map(|i| i.recovered).map(Millis::hours).collect(),
        }
    }
}

/// Returns what one draw of the evidence gave.
pub fn draw_result(trials: &Trials, impacts: &[TrialImpact]) -> DrawResult {
    let columns = Columns::new(trials, impacts);
    let share = |hits| Ratio::of(hits, trials.trials.len() as u64).get();
    DrawResult {
        payload: share(columns.payload),
        outflow: share(columns.outflow),
        unnoticed: share(columns.unnoticed),
        declared_minutes: mean(&columns.declared),
        attack: mean(&columns.attack).unwrap_or(0.0),
        containment: mean(&columns.containment).unwrap_or(0.0),
        tenants_hit: mean(&columns.tenants).unwrap_or(0.0),
        recovered_hours: mean(&columns.recovered),
    }
}

/// Returns what one campaign would have done.
///
/// `draws` are the same run on draws of the evidence; their spread holds a little
/// simulation error too, so give each draw enough trials. The point values of the evidence
/// give no credit where nothing was seen and the draws may, so the run itself can lie
/// outside of what they span: the exercises interval reaches as far as the run. Without draws the
/// exercises interval of a share is 0 to 1, and that of a quantity its own value.
/// RTO and MTPD are compared with the whole time a service was down in a trial.
pub fn score(
    estate: &Estate,
    trials: &Trials,
    impacts: &[TrialImpact],
    draws: &[DrawResult],
    rivals: Rivals<'_>,
    stories: Vec<Story>,
) -> CampaignScore {
    let columns = Columns::new(trials, impacts);
    let n = trials.trials.len() as u64;
    let share = |hits, pick: fn(&DrawResult) -> f64| Proportion {
        hits,
        of: n,
        simulation: clopper_pearson(hits, n, 0.95),
        exercises: over_draws(&draws.iter().map(pick).collect::<Vec<_>>())
            .map_or(Interval { value: Ratio::of(hits, n).get(), low: 0.0, high: 1.0 }, |drawn| {
                reaching(drawn, Ratio::of(hits, n).get())
            }),
    };
    let always =
        |values: &[f64], pick: fn(&DrawResult) -> Option<f64>| spread(values, draws, pick).unwrap_or(NOTHING);
    let flooded = &rivals.flooding.trials;
    let fired = flooded.iter().filter(|t| t.payload.is_some()).count() as u64;
    let unopposed: Vec<f64> = rivals.unopposed.iter().map(|i| i.attack.0 as f64).collect();
    CampaignScore {
        campaign: trials.campaign.clone(),
        playbook: trials.playbook.clone(),
        payload: share(columns.payload, |d| d.payload),
        outflow: share(columns.outflow, |d| d.outflow),
        unnoticed: share(columns.unnoticed, |d| d.unnoticed),
        declared_minutes: spread(&columns.declared, draws, |d| d.declared_minutes),
        attack: always(&columns.attack, |d| Some(d.attack)),
        containment: always(&columns.containment, |d| Some(d.containment)),
        tenants_hit: always(&columns.tenants, |d| Some(d.tenants_hit)),
        recovered_hours: spread(&columns.recovered, draws, |d| d.recovered_hours),
        aftermath: Some(aftermath(estate, impacts)),
        records_at_risk: 0,
        flooding: clopper_pearson(fired, flooded.len() as u64, 0.95),
        unopposed: mean(&unopposed).unwrap_or(0.0),
        standings: Vec::new(),
        narrowing: Vec::new(),
        tenants: tenants(estate, impacts),
        services: services(estate, impacts),
        stories,
    }
}

/// Returns what the way back was like.
fn aftermath(estate: &Estate, impacts: &[TrialImpact]) -> Aftermath {
    let share = |is: &dyn Fn(&TrialImpact) -> bool| {
        clopper_pearson(impacts.iter().filter(|i| is(i)).count() as u64, impacts.len() as u64, 0.95)
    };
    let used: Vec<bool> =
        estate.hostings.iter().map(|h| estate.tenants.iter().any(|t| t.hosting == h.id)).collect();
    let losses = |i: &TrialImpact| -> Vec<(Option<Millis>, DataLoss)> {
        let hostings = estate.hostings.iter().zip(&i.hostings).zip(&used).filter(|(_, used)| **used);
        let services = hostings.flat_map(|((h, impact), _)| h.services.iter().zip(&impact.data));
        services.filter_map(|(agreed, loss)| Some((agreed.rpo, (*loss)?))).collect()
    };
    let missed =
        |(rpo, loss): &(Option<Millis>, DataLoss)| rpo.is_some_and(|rpo| *loss > DataLoss::Last(rpo));
    Aftermath {
        waiting: mean(&impacts.iter().map(|i| i.waiting.0 as f64).collect::<Vec<f64>>()).unwrap_or(0.0),
        relapsed: share(&|i| i.relapsed),
        data_lost: share(&|i| !losses(i).is_empty()),
        data_gone: share(&|i| losses(i).iter().any(|l| l.1 == DataLoss::All)),
        rpo_missed: share(&|i| losses(i).iter().any(missed)),
    }
}

const NOTHING: Spread = Spread {
    mean: 0.0,
    q10: 0.0,
    q50: 0.0,
    q90: 0.0,
    exercises: Interval { value: 0.0, low: 0.0, high: 0.0 },
};

fn spread(values: &[f64], draws: &[DrawResult], pick: fn(&DrawResult) -> Option<f64>) -> Option<Spread> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = mean(values)?;
    let drawn: Vec<f64> = draws.iter().filter_map(pick).collect();
    Some(Spread {
        mean,
        q10: quantile(&sorted, 0.1)?,
        q50: quantile(&sorted, 0.5)?,
        q90: quantile(&sorted, 0.9)?,
        exercises: over_draws(&drawn)
            .map_or(Interval { value: mean, low: mean, high: mean }, |drawn| reaching(drawn, mean)),
    })
}

/// Returns the interval stretched until it holds `value`.
pub(crate) fn reaching(interval: Interval, value: f64) -> Interval {
    Interval { low: interval.low.min(value), high: interval.high.max(value), ..interval }
}

/// What a campaign means for anybody with one hosting profile.
struct Profile {
    hit: u64,
    hours: Vec<f64>,
    rto_missed: u64,
    mtpd_exceeded: u64,
    worst: Option<usize>,
    attack_hours: f64,
    containment_hours: f64,
}

fn tenants(estate: &Estate, impacts: &[TrialImpact]) -> Vec<TenantScore> {
    let n = impacts.len() as u64;
    let profiles: Vec<Profile> = (0..estate.hostings.len()).map(|h| profile(estate, h, impacts)).collect();
    let place: BTreeMap<&HostingId, usize> =
        estate.hostings.iter().enumerate().map(|(i, h)| (&h.id, i)).collect();
    estate
        .tenants
        .iter()
        .filter_map(|tenant| {
            let hosting = *place.get(&tenant.hosting)?;
            let profile = &profiles[hosting];
            let insured = tenant.insured as f64;
            let agreements = &estate.hostings[hosting].services;
            Some(TenantScore {
                tenant: tenant.id.clone(),
                hit: Ratio::of(profile.hit, n),
                hours_q50: quantile(&profile.hours, 0.5).unwrap_or(0.0),
                hours_q90: quantile(&profile.hours, 0.9).unwrap_or(0.0),
                rto_missed: Ratio::of(profile.rto_missed, n),
                mtpd_exceeded: Ratio::of(profile.mtpd_exceeded, n),
                worst: profile.worst.and_then(|s| agreements.get(s)).map(|a| a.service.clone()),
                attack: profile.attack_hours * insured,
                containment: profile.containment_hours * insured,
            })
        })
        .collect()
}

fn profile(estate: &Estate, hosting: usize, impacts: &[TrialImpact]) -> Profile {
    let agreements = &estate.hostings[hosting].services;
    let of = || impacts.iter().filter_map(|i| i.hostings.get(hosting));
    let missed = |exceeds: &dyn Fn(usize, Millis) -> bool| {
        let any = |i: &&HostingImpact| {
            i.services.iter().take(agreements.len()).enumerate().any(|(s, o)| exceeds(s, o.total()))
        };
        of().filter(any).count() as u64
    };
    let mut hours: Vec<f64> =
        of().map(|i| i.any.total()).filter(|t| *t > Millis(0)).map(Millis::hours).collect();
    hours.sort_by(f64::total_cmp);
    let mut by_service = vec![0_u128; agreements.len()];
    for impact in of() {
        for (sum, outage) in by_service.iter_mut().zip(&impact.services) {
            *sum += u128::from(outage.total().0);
        }
    }
    // The first of equals, so that the choice does not hang on the way of comparing.
    let longest = by_service.iter().copied().max().filter(|sum| *sum > 0);
    Profile {
        hit: hours.len() as u64,
        rto_missed: missed(&|s, total| total > agreements[s].rto),
        mtpd_exceeded: missed(&|s, total| total > agreements[s].mtpd),
        worst: by_service.iter().position(|sum| Some(*sum) == longest),
        attack_hours: mean_hours(of().map(|i| i.any.attack)),
        containment_hours: mean_hours(of().map(|i| i.any.containment)),
        hours,
    }
}

fn mean_hours(times: impl Iterator<Item = Millis>) -> f64 {
    let (sum, n) = times.fold((0_u128, 0_u64), |(sum, n), t| (sum + u128::from(t.0), n + 1));
    if n == 0 { 0.0 } else { sum as f64 / Millis::HOUR.0 as f64 / n as f64 }
}

/// Returns how long the service at a place of the estate was down in a trial.
fn down(impact: &TrialImpact, place: usize) -> Outage {
    impact.services.get(place).map_or_else(Outage::default, |s| s.down)
}

fn services(estate: &Estate, impacts: &[TrialImpact]) -> Vec<ServiceScore> {
    estate
        .services
        .iter()
        .enumerate()
        .map(|(place, service)| {
            // Places of the service in the profiles that have it, with who uses it there.
            let mut used: Vec<(usize, usize, f64)> = Vec::new();
            let mut tenants = 0;
            for (h, hosting) in estate.hostings.iter().enumerate() {
                let Some(s) = hosting.services.iter().position(|a| a.service == service.id) else { continue };
                let users = estate.tenants.iter().filter(|t| t.hosting == hosting.id);
                let (count, insured) = users.fold((0, 0_u64), |(c, i), t| (c + 1, i + t.insured));
                if count > 0 {
                    used.push((h, s, insured as f64));
                    tenants += count;
                }
            }
            let outage = |impact: &TrialImpact, h: usize, s: usize| -> Outage {
                impact.hostings.get(h).and_then(|i| i.services.get(s)).copied().unwrap_or_default()
            };
            let people: f64 = used.iter().map(|u| u.2).sum();
            let weighted = |part: fn(Outage) -> Millis| {
                let hours = |(h, s, insured): &(usize, usize, f64)| {
                    insured * mean_hours(impacts.iter().map(|i| part(outage(i, *h, *s))))
                };
                // What no tenant has a contract for is told by its own downtime.
                let own = || mean_hours(impacts.iter().map(|i| part(down(i, place))));
                if people > 0.0 { used.iter().map(hours).sum::<f64>() / people } else { own() }
            };
            let hit = |i: &&TrialImpact| match used.is_empty() {
                true => down(i, place).total() > Millis(0),
                false => used.iter().any(|(h, s, _)| outage(i, *h, *s).total() > Millis(0)),
            };
            ServiceScore {
                service: service.id.clone(),
                tenants,
                attack_hours: weighted(|o| o.attack),
                containment_hours: weighted(|o| o.containment),
                hit: Ratio::of(impacts.iter().filter(hit).count() as u64, impacts.len() as u64),
            }
        })
        .collect()
}
