//! From walks through single trials to figures over all of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::crisis::{Crisis, LegalClock, Lengths, ServiceOutage, ServiceTotal, TenantOutage};
use model::estate::{Agreement, Estate, Hosting, Service};
use model::id::TenantId;
use model::impact::{DataLoss, TrialImpact};
use model::quantity::{Millis, PersonHours, Ratio};
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
    relapse_cost: PersonHours,
) -> Crisis {
    let hit = impacts.iter().filter(|i| i.tenants_hit > 0).count();
    let mean = |of: &dyn Fn(&TrialImpact) -> u64| mean(impacts, of);
    let classes = classes(estate, meter);
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
        people: estate.people.clone(),
        what: what.to_owned(),
        trials: walks.len() as u32,
        built_in: false,
        measured: None,
        doubt: None,
        hit: Ratio::of(hit as u64, walks.len() as u64),
        restored: restored(meter, walks, &classes),
        attack: mean(&|i| i.attack.0),
        containment: mean(&|i| i.containment.0),
        weighted_attack: mean(&|i| i.weighted_attack.0),
        weighted_containment: mean(&|i| i.weighted_containment.0),
        by_service: by_service(estate, impacts),
        waiting: mean(&|i| i.waiting.0),
        relapsed: Ratio::of(impacts.iter().filter(|i| i.relapsed).count() as u64, impacts.len() as u64),
        relapse_cost,
        services,
        tenants: tenants(estate, meter, walks, &classes),
        clocks: clocks(estate, meter, walks),
    }
}

/// Returns the mean of person-hours over trials.
fn mean(impacts: &[TrialImpact], of: &dyn Fn(&TrialImpact) -> u64) -> PersonHours {
    let sum: u128 = impacts.iter().map(|i| u128::from(of(i))).sum();
    PersonHours(u64::try_from(sum / (impacts.len().max(1) as u128)).unwrap_or(u64::MAX))
}

/// Returns the figures of every service, inner ones included.
fn by_service(estate: &Estate, impacts: &[TrialImpact]) -> Vec<ServiceTotal> {
    let one = |(s, service): (usize, &Service)| {
        let impact = |i: &TrialImpact| i.services.get(s).copied().unwrap_or_default();
        let hit: Vec<Millis> =
            impacts.iter().map(|i| impact(i).down.total()).filter(|t| *t > Millis(0)).collect();
        let uses = |hosting: &Hosting| hosting.services.iter().any(|a| a.service == service.id);
        let profiles: Vec<_> = estate.hostings.iter().filter(|h| uses(h)).map(|h| &h.id).collect();
        let users = || estate.tenants.iter().filter(|t| profiles.contains(&&t.hosting));
        ServiceTotal {
            service: service.id.clone(),
            name: service.name.clone(),
            weight: service.weight,
            tenants: users().count() as u32,
            insured: users().fold(0, |sum, t| sum.saturating_add(t.insured)),
            hit: Ratio::of(hit.len() as u64, impacts.len() as u64),
            down: lengths(hit),
            attack: mean(impacts, &|i| impact(i).attack.0),
            containment: mean(impacts, &|i| impact(i).containment.0),
        }
    };
    let mut list: Vec<ServiceTotal> = estate.services.iter().enumerate().map(one).collect();
    let key = |t: &ServiceTotal| (t.attack.0.saturating_add(t.containment.0), t.tenants > 0, t.down.q50);
    list.sort_by(|a, b| key(b).cmp(&key(a)).then_with(|| a.service.cmp(&b.service)));
    list
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

/// Returns what a service of a profile is for those who wait so long for re-admission.
fn gap<'a>(
    meter: &Meter,
    walk: &'a Walk,
    hosting: usize,
    agreement: usize,
    wait: Millis,
) -> Option<Cow<'a, Gap>> {
    let profile = &meter.hostings[hosting];
    let (home, service) = (profile.home?, profile.services[agreement]?);
    let gap = &walk.gaps[home][service];
    let line = meter.lines[meter.homes[home].site][service].as_ref();
    match line.filter(|_| wait > Millis(0) && !gap.down.is_empty()) {
        None => Some(Cow::Borrowed(gap)),
        Some(line) => Some(Cow::Owned(gap.seen(wait, line.fades))),
    }
}

/// Returns how long those of `tenants`, who are places in the estate, wait for a service of
/// their profile who wait longest.
fn longest_wait(meter: &Meter, hosting: usize, agreement: usize, tenants: &[usize]) -> Millis {
    let profile = &meter.hostings[hosting];
    let place = profile.home.map(|home| meter.homes[home].site).zip(profile.services[agreement]);
    let line = place.and_then(|(site, service)| meter.lines[site][service].as_ref());
    line.and_then(|line| tenants.iter().map(|t| line.wait(*t)).max()).unwrap_or_default()
}

/// Tenants that see the same: of one profile, and let back at the same times.
struct Class {
    hosting: usize,
    /// By agreement: how long they wait for re-admission.
    waits: Vec<Millis>,
    tenants: Vec<usize>,
}

/// Returns the classes of tenants, each tenant in one.
fn classes(estate: &Estate, meter: &Meter) -> Vec<Class> {
    let place: BTreeMap<_, _> = estate.hostings.iter().enumerate().map(|(h, about)| (&about.id, h)).collect();
    let mut classes: BTreeMap<(usize, Vec<Millis>), Vec<usize>> = BTreeMap::new();
    for (t, tenant) in estate.tenants.iter().enumerate() {
        let Some(&hosting) = place.get(&tenant.hosting) else { continue };
        let agreements = 0..meter.hostings[hosting].services.len();
        let waits = agreements.map(|a| longest_wait(meter, hosting, a, &[t])).collect();
        classes.entry((hosting, waits)).or_default().push(t);
    }
    let class = |((hosting, waits), tenants)| Class { hosting, waits, tenants };
    classes.into_iter().map(class).collect()
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
            let wait = longest_wait(meter, h, a, &tenants);
            let gaps: Vec<Cow<'_, Gap>> = walks.iter().filter_map(|w| gap(meter, w, h, a, wait)).collect();
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
    gaps: &[Cow<'_, Gap>],
    kept: bool,
) -> ServiceOutage {
    let of_hosting = || estate.tenants.iter().filter(|t| t.hosting == hosting.id);
    let hit: Vec<&Gap> = gaps.iter().map(AsRef::as_ref).filter(|g| !g.down.is_empty()).collect();
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

/// Begin, end and end of the time without emergency operation, over all services that
/// tenants have.
fn whole(gaps: &[Cow<'_, Gap>]) -> Option<(Millis, Millis, Millis)> {
    let begin = gaps.iter().filter_map(|g| g.down.first()).map(|s| s.0).min()?;
    let last = |of: fn(&Gap) -> &Vec<Silence>| gaps.iter().filter_map(|g| of(g).last()).map(|s| s.1).max();
    Some((begin, last(|g| &g.down)?, last(|g| &g.bare).unwrap_or(begin)))
}

/// Returns what those of a class see of all their services in a walk.
fn seen<'a>(meter: &Meter, walk: &'a Walk, class: &Class) -> Vec<Cow<'a, Gap>> {
    let waits = class.waits.iter().enumerate();
    waits.map(|(a, wait)| gap(meter, walk, class.hosting, a, *wait).unwrap_or_default()).collect()
}

fn tenants(estate: &Estate, meter: &Meter, walks: &[Walk], classes: &[Class]) -> Vec<TenantOutage> {
    let one = |class: &Class| -> Vec<TenantOutage> {
        let agreements = &estate.hostings[class.hosting].services;
        let (mut spans, mut exceeded) = (Vec::new(), 0_u64);
        for walk in walks {
            let gaps = seen(meter, walk, class);
            let over = |(gap, agreed): (&Cow<'_, Gap>, &Agreement)| {
                gap.down.iter().any(|(from, to)| to.saturating_sub(*from) > agreed.mtpd)
            };
            exceeded += u64::from(gaps.iter().zip(agreements).any(over));
            spans.extend(whole(&gaps));
        }
        if spans.is_empty() {
            return Vec::new();
        }
        let hit = Ratio::of(spans.len() as u64, walks.len() as u64);
        let mtpd_exceeded = Ratio::of(exceeded, walks.len() as u64);
        let normal = lengths(spans.iter().map(|(begin, end, _)| end.saturating_sub(*begin)).collect());
        let emergency = lengths(spans.iter().map(|(begin, _, bare)| bare.saturating_sub(*begin)).collect());
        let tenant = |t: &usize| {
            let about = &estate.tenants[*t];
            TenantOutage {
                tenant: about.id.clone(),
                name: about.name.clone(),
                insured: about.insured,
                kritis: about.kritis(),
                hosting: about.hosting.clone(),
                hit,
                mtpd_exceeded,
                normal,
                emergency,
            }
        };
        class.tenants.iter().map(tenant).collect()
    };
    let mut list: Vec<TenantOutage> = classes.par_iter().flat_map(one).collect();
    list.sort_by(|a, b| (b.insured, &a.tenant).cmp(&(a.insured, &b.tenant)));
    list
}

/// Returns when the first, half, 95 % and all tenants hit run normally again.
fn restored(meter: &Meter, walks: &[Walk], classes: &[Class]) -> [Lengths; 4] {
    let moments = |walk: &Walk| -> Option<[Millis; 4]> {
        let spans = |c: &Class| Some((whole(&seen(meter, walk, c))?, c.tenants.len()));
        let spans: Vec<_> = classes.iter().filter_map(spans).collect();
        let begin = spans.iter().map(|(s, _)| s.0).min()?;
        let mut ends: Vec<(Millis, usize)> =
            spans.iter().map(|(s, count)| (s.1.saturating_sub(begin), *count)).collect();
        ends.sort_unstable();
        let all: usize = ends.iter().map(|(_, count)| count).sum();
        Some([0.0, 0.5, 0.95, 1.0].map(|share| {
            let place = ((share * all as f64).ceil() as usize).max(1);
            let mut reached = 0;
            let when = ends.iter().find(|(_, count)| {
                reached += count;
                reached >= place
            });
            when.map_or(Millis(0), |(end, _)| *end)
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
        alone: duty.met(Millis(0), &[]).filter(|_| !chances.is_empty()),
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
