//! From walks through single trials to figures over all of them.

use model::crisis::{Crisis, LegalClock, Lengths, ServiceOutage, TenantOutage};
use model::estate::{Agreement, Estate, Hosting};
use model::id::TenantId;
use model::impact::TrialImpact;
use model::quantity::{InsuredHours, Millis, Ratio};

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

fn gap<'a>(meter: &Meter, walk: &'a Walk, hosting: usize, agreement: usize) -> Option<&'a Gap> {
    let profile = &meter.hostings[hosting];
    Some(&walk.gaps[profile.home?][profile.services[agreement]?])
}

fn services(estate: &Estate, meter: &Meter, walks: &[Walk]) -> Vec<ServiceOutage> {
    let mut list = Vec::new();
    for (h, hosting) in estate.hostings.iter().enumerate() {
        for (a, agreement) in hosting.services.iter().enumerate() {
            let gaps: Vec<&Gap> = walks.iter().filter_map(|w| gap(meter, w, h, a)).collect();
            if gaps.iter().any(|g| !g.down.is_empty()) {
                list.push(service(estate, hosting, agreement, &gaps));
            }
        }
    }
    list
}

fn service(estate: &Estate, hosting: &Hosting, agreement: &Agreement, gaps: &[&Gap]) -> ServiceOutage {
    let of_hosting = || estate.tenants.iter().filter(|t| t.hosting == hosting.id);
    let hit: Vec<&&Gap> = gaps.iter().filter(|g| !g.down.is_empty()).collect();
    let share = |is: &dyn Fn(&Gap) -> bool| {
        Ratio::of(gaps.iter().filter(|g| is(g)).count() as u64, gaps.len() as u64)
    };
    let longest = |spans: &[Silence]| spans.iter().map(|(from, to)| to.saturating_sub(*from)).max();
    let over = |spans: &[Silence], limit: Millis| longest(spans).is_some_and(|l| l > limit);
    let about = estate.services.iter().find(|s| s.id == agreement.service);
    let has_emergency = about.is_some_and(|s| s.emergency.is_some());
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
    }
}

/// Begin, end and end of the time without emergency operation, over all services of a profile.
fn profile(meter: &Meter, walk: &Walk, hosting: usize) -> Option<(Millis, Millis, Millis)> {
    let count = meter.hostings[hosting].services.len();
    let gaps = || (0..count).filter_map(|a| gap(meter, walk, hosting, a));
    let begin = gaps().filter_map(|g| g.down.first()).map(|s| s.0).min()?;
    let last = |of: fn(&Gap) -> &Vec<Silence>| gaps().filter_map(|g| of(g).last()).map(|s| s.1).max();
    Some((begin, last(|g| &g.down)?, last(|g| &g.bare).unwrap_or(begin)))
}

fn tenants(estate: &Estate, meter: &Meter, walks: &[Walk]) -> Vec<TenantOutage> {
    let mut list = Vec::new();
    for (h, hosting) in estate.hostings.iter().enumerate() {
        let spans: Vec<_> = walks.iter().filter_map(|w| profile(meter, w, h)).collect();
        if spans.is_empty() {
            continue;
        }
        let exceeded = walks.iter().filter(|w| {
            hosting.services.iter().enumerate().any(|(a, agreed)| {
                let spans = gap(meter, w, h, a).map(|g| g.down.as_slice()).unwrap_or_default();
                spans.iter().any(|(from, to)| to.saturating_sub(*from) > agreed.mtpd)
            })
        });
        let mtpd_exceeded = Ratio::of(exceeded.count() as u64, walks.len() as u64);
        let normal = lengths(spans.iter().map(|(begin, end, _)| end.saturating_sub(*begin)).collect());
        let emergency = lengths(spans.iter().map(|(begin, _, bare)| bare.saturating_sub(*begin)).collect());
        for tenant in estate.tenants.iter().filter(|t| t.hosting == hosting.id) {
            list.push(TenantOutage {
                tenant: tenant.id.clone(),
                name: tenant.name.clone(),
                insured: tenant.insured,
                kritis: tenant.kritis(),
                hosting: hosting.id.clone(),
                hit: Ratio::of(spans.len() as u64, walks.len() as u64),
                normal,
                emergency,
                mtpd_exceeded,
            });
        }
    }
    list.sort_by(|a, b| (b.insured, &a.tenant).cmp(&(a.insured, &b.tenant)));
    list
}

/// Returns when the first, half, 95 % and all tenants hit run normally again.
fn restored(estate: &Estate, meter: &Meter, walks: &[Walk]) -> [Lengths; 4] {
    let tenants: Vec<usize> =
        estate.hostings.iter().map(|h| estate.tenants.iter().filter(|t| t.hosting == h.id).count()).collect();
    let mut lists: [Vec<Millis>; 4] = Default::default();
    for walk in walks {
        let spans: Vec<_> = (0..tenants.len()).map(|h| profile(meter, walk, h)).collect();
        let Some(begin) = spans.iter().flatten().map(|s| s.0).min() else { continue };
        let mut ends: Vec<Millis> = spans
            .iter()
            .zip(&tenants)
            .filter_map(|(s, n)| Some(std::iter::repeat_n((*s)?.1.saturating_sub(begin), *n)))
            .flatten()
            .collect();
        ends.sort_unstable();
        for (list, share) in lists.iter_mut().zip([0.0, 0.5, 0.95, 1.0]) {
            let place = (share * ends.len() as f64).ceil() as usize;
            list.extend(ends.get(place.saturating_sub(1)));
        }
    }
    lists.map(lengths)
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
        .filter(|(_, h)| walks.iter().any(|w| profile(meter, w, *h).is_some()))
        .collect();
    let chance = |hosting: Option<usize>| -> Option<f64> {
        let hit = walks.iter().filter(|w| match hosting {
            Some(h) => profile(meter, w, h).is_some(),
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
        .filter_map(|(a, _)| gap(meter, walk, hosting, a));
    let lists: Vec<&[Silence]> = reaching.map(|g| g.bare.as_slice()).collect();
    all_silent(&lists)
}
