//! From walks through single trials to figures over all of them.

use model::crisis::{Crisis, LegalClock, Lengths, ServiceOutage, TenantOutage};
use model::estate::{Agreement, Estate, Hosting};
use model::id::TenantId;
use model::impact::{DataLoss, TrialImpact};
use model::quantity::{InsuredHours, Millis, Ratio};
use rayon::prelude::*;

use super::{Gap, Silence, Walk, all_silent};
use crate::clocks::{Duty, TOLD, duties};
use crate::impact::Meter;

/// Returns the figures over all walks; `impacts` are those of the same trials.
pub(super) fn figures(
    estate: &Estate,
    what: &str,
    meter: &Meter,
    walks: &[Walk],
    impacts: &[TrialImpact],
    relapse_cost: InsuredHours,
) -> Crisis {
    let hit = impacts.iter().filter(|i| i.tenants_hit > 0).count();
    let mean = |of: &dyn Fn(&TrialImpact) -> u64| {
        let sum: u128 = impacts.iter().map(|i| u128::from(of(i))).sum();
        InsuredHours(u64::try_from(sum / (impacts.len().max(1) as u128)).unwrap_or(u64::MAX))
    };
    let mut services = services(estate, meter, walks);
    services.sort_by(|a, b| {
        (b.normal.q50, b.insured, &a.hosting, &a.service).cmp(&(
            a.normal.q50,
            a.insured,
            &b.hosting,
            &b.service,
        ))
    });
    Crisis {
        estate: estate.name.clone(),
        what: what.to_owned(),
        trials: walks.len() as u32,
        hit: Ratio::of(hit as u64, walks.len() as u64),
        restored: restored(estate, meter, walks),
        attack: mean(&|i| i.attack.0),
        containment: mean(&|i| i.containment.0),
        waiting: mean(&|i| i.waiting.0),
        relapsed: Ratio::of(impacts.iter().filter(|i| i.relapsed).count() as u64, impacts.len() as u64),
        relapse_cost,
        services,
        tenants: tenants(estate, meter, walks),
        clocks: clocks(estate, meter, walks),
    }
}

/// Returns quantiles by order statistics; nothing of nothing.
fn lengths(mut list: Vec<Millis>) -> Lengths {
    list.sort_unstable();
    let at = |share: f64| {
        let place = (share * list.len() as f64).ceil() as usize;
        list.get(place.saturating_sub(1)).copied().unwrap_or_default()
    };
    Lengths { q10: at(0.1), q50: at(0.5), q90: at(0.9) }
}

/// Returns what a service of a profile is for those who wait longest of `tenants`, who are
/// places in the estate.
fn gap(meter: &Meter, walk: &Walk, hosting: usize, agreement: usize, tenants: &[usize]) -> Option<Gap> {
    let profile = &meter.hostings[hosting];
    let (home, service) = (profile.home?, profile.services[agreement]?);
    let gap = &walk.gaps[home][service];
    let line = meter.lines[meter.homes[home].site][service].as_ref();
    let Some(line) = line.filter(|_| !gap.down.is_empty()) else { return Some(gap.clone()) };
    let wait = tenants.iter().map(|t| line.wait(*t)).max().unwrap_or_default();
    Some(gap.seen(wait, line.fades))
}

/// Returns the places of the tenants of a profile.
fn tenants_of(estate: &Estate, hosting: &Hosting) -> Vec<usize> {
    (0..estate.tenants.len()).filter(|t| estate.tenants[*t].hosting == hosting.id).collect()
}

fn services(estate: &Estate, meter: &Meter, walks: &[Walk]) -> Vec<ServiceOutage> {
    let mut list = Vec::new();
    for (h, hosting) in estate.hostings.iter().enumerate() {
        let tenants = tenants_of(estate, hosting);
        for (a, agreement) in hosting.services.iter().enumerate() {
            let gaps: Vec<Gap> = walks.iter().filter_map(|w| gap(meter, w, h, a, &tenants)).collect();
            if gaps.iter().any(|g| !g.down.is_empty()) {
                let profile = &meter.hostings[h];
                let place = profile.home.map(|home| meter.homes[home].site).zip(profile.services[a]);
                let kept = place.is_some_and(|(site, service)| meter.backups.known(site, service));
                list.push(service(estate, hosting, agreement, &gaps, kept));
            }
        }
    }
    list
}

/// Returns the figures of a service; `kept` says whether backups of its data are stated.
fn service(
    estate: &Estate,
    hosting: &Hosting,
    agreement: &Agreement,
    gaps: &[Gap],
    kept: bool,
) -> ServiceOutage {
    let of_hosting = || estate.tenants.iter().filter(|t| t.hosting == hosting.id);
    let hit: Vec<&Gap> = gaps.iter().filter(|g| !g.down.is_empty()).collect();
    let share = |is: &dyn Fn(&Gap) -> bool| {
        Ratio::of(gaps.iter().filter(|g| is(g)).count() as u64, gaps.len() as u64)
    };
    let longest = |spans: &[Silence]| spans.iter().map(|(from, to)| to.saturating_sub(*from)).max();
    let over = |spans: &[Silence], limit: Millis| longest(spans).is_some_and(|l| l > limit);
    let about = estate.services.iter().find(|s| s.id == agreement.service);
    let has_emergency = about.is_some_and(|s| s.emergency.is_some());
    let ages: Vec<Millis> = gaps
        .iter()
        .filter_map(|g| match g.data? {
            DataLoss::Last(age) => Some(age),
            DataLoss::All => None,
        })
        .collect();
    ServiceOutage {
        hosting: hosting.id.clone(),
        tenants: of_hosting().map(|t| t.id.clone()).collect(),
        insured: of_hosting().fold(0, |sum, t| sum.saturating_add(t.insured)),
        kritis: of_hosting().filter(|t| t.kritis()).count() as u32,
        service: agreement.service.clone(),
        hit: share(&|g| !g.down.is_empty()),
        down: lengths(hit.iter().map(|g| Gap::total(&g.down)).collect()),
        normal: lengths(hit.iter().map(|g| g.until(&g.down)).collect()),
        emergency: has_emergency.then(|| lengths(hit.iter().map(|g| g.until(&g.bare)).collect())),
        rto: agreement.rto,
        mtpd: agreement.mtpd,
        rto_missed: share(&|g| over(&g.down, agreement.rto)),
        mtpd_exceeded: share(&|g| over(&g.down, agreement.mtpd)),
        mtpd_exceeded_in_emergency: share(&|g| over(&g.bare, agreement.mtpd)),
        rpo: agreement.rpo,
        data_lost: share(&|g| g.data.is_some()),
        data_age: (!ages.is_empty()).then(|| lengths(ages)),
        data_gone: share(&|g| g.data == Some(DataLoss::All)),
        rpo_missed: agreement
            .rpo
            .filter(|_| kept)
            .map(|rpo| share(&|g| g.data.is_some_and(|loss| loss > DataLoss::Last(rpo)))),
    }
}

/// Begin, end and end of the time without emergency operation, over all services that a
/// tenant has.
fn tenant(meter: &Meter, walk: &Walk, hosting: usize, tenant: usize) -> Option<(Millis, Millis, Millis)> {
    let count = meter.hostings[hosting].services.len();
    let gaps: Vec<Gap> = (0..count).filter_map(|a| gap(meter, walk, hosting, a, &[tenant])).collect();
    let begin = gaps.iter().filter_map(|g| g.down.first()).map(|s| s.0).min()?;
    let last = |of: fn(&Gap) -> &Vec<Silence>| gaps.iter().filter_map(|g| of(g).last()).map(|s| s.1).max();
    Some((begin, last(|g| &g.down)?, last(|g| &g.bare).unwrap_or(begin)))
}

fn tenants(estate: &Estate, meter: &Meter, walks: &[Walk]) -> Vec<TenantOutage> {
    let one = |t: usize| {
        let about = &estate.tenants[t];
        let h = estate.hostings.iter().position(|h| h.id == about.hosting)?;
        let spans: Vec<_> = walks.iter().filter_map(|w| tenant(meter, w, h, t)).collect();
        if spans.is_empty() {
            return None;
        }
        let exceeded = walks.iter().filter(|w| {
            estate.hostings[h].services.iter().enumerate().any(|(a, agreed)| {
                let gap = gap(meter, w, h, a, &[t]).unwrap_or_default();
                gap.down.iter().any(|(from, to)| to.saturating_sub(*from) > agreed.mtpd)
            })
        });
        Some(TenantOutage {
            tenant: about.id.clone(),
            name: about.name.clone(),
            insured: about.insured,
            kritis: about.kritis(),
            hosting: about.hosting.clone(),
            hit: Ratio::of(spans.len() as u64, walks.len() as u64),
            mtpd_exceeded: Ratio::of(exceeded.count() as u64, walks.len() as u64),
            normal: lengths(spans.iter().map(|(begin, end, _)| end.saturating_sub(*begin)).collect()),
            emergency: lengths(spans.iter().map(|(begin, _, bare)| bare.saturating_sub(*begin)).collect()),
        })
    };
    let mut list: Vec<TenantOutage> = (0..estate.tenants.len()).into_par_iter().filter_map(one).collect();
    list.sort_by(|a, b| (b.insured, &a.tenant).cmp(&(a.insured, &b.tenant)));
    list
}

/// Returns when the first, half, 95 % and all tenants hit run normally again.
fn restored(estate: &Estate, meter: &Meter, walks: &[Walk]) -> [Lengths; 4] {
    let hosted: Vec<(usize, usize)> = (0..estate.tenants.len())
        .filter_map(|t| {
            let hosting = &estate.tenants[t].hosting;
            Some((t, estate.hostings.iter().position(|h| h.id == *hosting)?))
        })
        .collect();
    let moments = |walk: &Walk| -> Option<[Millis; 4]> {
        let spans: Vec<_> = hosted.iter().filter_map(|(t, h)| tenant(meter, walk, *h, *t)).collect();
        let begin = spans.iter().map(|s| s.0).min()?;
        let mut ends: Vec<Millis> = spans.iter().map(|s| s.1.saturating_sub(begin)).collect();
        ends.sort_unstable();
        Some([0.0, 0.5, 0.95, 1.0].map(|share| {
            let place = (share * ends.len() as f64).ceil() as usize;
            ends[place.saturating_sub(1)]
        }))
    };
    let all: Vec<[Millis; 4]> = walks.par_iter().filter_map(moments).collect();
    [0, 1, 2, 3].map(|m| lengths(all.iter().map(|moments| moments[m]).collect()))
}

fn clocks(estate: &Estate, meter: &Meter, walks: &[Walk]) -> Vec<LegalClock> {
    duties().iter().map(|duty| clock(estate, meter, walks, duty)).collect()
}

fn clock(estate: &Estate, meter: &Meter, walks: &[Walk], duty: &Duty) -> LegalClock {
    let kritis = duty.who == "kritis-insurer";
    let bound: Vec<(&TenantId, usize)> = estate
        .tenants
        .iter()
        .filter(|t| duty.who != "provider" && (!kritis || t.kritis()))
        .filter_map(|t| Some((&t.id, estate.hostings.iter().position(|h| h.id == t.hosting)?)))
        .filter(|(_, h)| walks.iter().any(|w| touched(meter, w, *h)))
        .collect();
    let chance = |hosting: Option<usize>| -> Option<f64> {
        let hit = walks.iter().filter(|w| match hosting {
            Some(h) => touched(meter, w, h),
            None => w.gaps.iter().flatten().any(|g| !g.down.is_empty()),
        });
        let met: Vec<f64> = hit
            .filter_map(|w| {
                // The provider reports by ways of its own: it has a crisis room outside the estate.
                let silent = hosting.map(|h| silence(estate, meter, w, h)).unwrap_or_default();
                let knows = if hosting.is_some() { w.knows.saturating_add(TOLD) } else { w.knows };
                Some(duty.met(knows, &silent)?.get())
            })
            .collect();
        (!met.is_empty()).then(|| met.iter().sum::<f64>() / met.len() as f64)
    };
    let chances: Vec<f64> = if duty.who == "provider" {
        chance(None).into_iter().collect()
    } else {
        let of_hosting: Vec<Option<f64>> = (0..estate.hostings.len()).map(|h| chance(Some(h))).collect();
        bound.iter().filter_map(|(_, h)| of_hosting[*h]).collect()
    };
    let mean = chances.iter().sum::<f64>() / chances.len().max(1) as f64;
    LegalClock {
        key: duty.key.to_owned(),
        who: duty.who.to_owned(),
        law: duty.law.to_owned(),
        within: duty.within,
        bound: if duty.who == "provider" { 1 } else { bound.len() as u32 },
        met: (!chances.is_empty()).then(|| Ratio::clamped(mean)),
        worst: chances.iter().copied().min_by(f64::total_cmp).map(Ratio::clamped),
        takes: duty.takes.map(|t| (Millis::from_minutes(t.q50), Millis::from_minutes(t.q90))),
        source: duty.source.to_owned(),
    }
}

/// Returns when a tenant of the profile cannot be heard: all its services that reach
/// people outside are down. One without such services has its own and is always heard.
fn silence(estate: &Estate, meter: &Meter, walk: &Walk, hosting: usize) -> Vec<Silence> {
    let agreements = estate.hostings[hosting].services.iter().enumerate();
    let reaching = agreements
        .filter(|(_, agreed)| estate.services.iter().any(|s| s.id == agreed.service && s.reaches))
        .filter_map(|(a, _)| own(meter, walk, hosting, a));
    let lists: Vec<&[Silence]> = reaching.map(|g| g.bare.as_slice()).collect();
    all_silent(&lists)
}

/// Returns a service of a profile as it is, before anybody waits for re-admission.
fn own<'a>(meter: &Meter, walk: &'a Walk, hosting: usize, agreement: usize) -> Option<&'a Gap> {
    let profile = &meter.hostings[hosting];
    Some(&walk.gaps[profile.home?][profile.services[agreement]?])
}

/// Returns whether a profile loses a service.
fn touched(meter: &Meter, walk: &Walk, hosting: usize) -> bool {
    let count = meter.hostings[hosting].services.len();
    (0..count).filter_map(|a| own(meter, walk, hosting, a)).any(|g| !g.down.is_empty())
}
