//! Outage figures with data loss, waiting for re-admission and a relapse.

use model::crisis::{Both, Crisis, Doubt, LegalClock, Lengths, ServiceOutage, ServiceTotal, TenantOutage};
use model::estate::Weight;
use model::id::{HostingId, ServiceId, TenantId};
use model::quantity::{Interval, Millis, PersonHours, Ratio};

fn hours(h: f64) -> Millis {
    Millis::from_minutes(h * 60.0)
}

fn around(h: f64) -> Lengths {
    Lengths { q10: hours(h * 0.4), q50: hours(h), q90: hours(h * 2.6) }
}

fn share(value: f64) -> Ratio {
    Ratio::clamped(value)
}

fn tenants() -> Vec<TenantId> {
    ["lindenhainer-ersatzkasse", "bkk-farnmoos"].iter().map(|t| TenantId::new(t).unwrap()).collect()
}

fn service(name: &str, hosting: &str, down: f64, (rto, mtpd): (f64, f64)) -> ServiceOutage {
    ServiceOutage {
        hosting: HostingId::new(hosting).unwrap(),
        tenants: tenants(),
        insured: 3_033_395,
        kritis: 1,
        service: ServiceId::new(name).unwrap(),
        hit: share(0.61),
        down: around(down),
        normal: around(down),
        emergency: (down > 100.0).then(|| around(down / 6.0)),
        rto: hours(rto),
        mtpd: hours(mtpd),
        rto_missed: share(0.6),
        mtpd_exceeded: share(if down > mtpd { 0.55 } else { 0.03 }),
        mtpd_exceeded_in_emergency: share(0.02),
        rpo: None,
        data_lost: Ratio::ZERO,
        data_age: None,
        data_gone: Ratio::ZERO,
        rpo_missed: None,
    }
}

fn services() -> Vec<ServiceOutage> {
    let none = service("phone", "full-ruhr", 380.0, (4.0, 24.0));
    let mut all = vec![none];
    // Profile, share with loss, median age, share without a copy, RPO, share over it.
    type Row = (&'static str, &'static str, f64, f64, f64, Option<f64>, f64);
    let rows: [Row; 5] = [
        ("employer-exchange", "full-ruhr", 0.31, 19.0, 0.004, Some(4.0), 0.31),
        ("employer-exchange", "exchange-elbe", 0.31, 71.0, 0.09, Some(24.0), 0.22),
        ("mail", "full-ruhr", 0.24, 11.5, 0.0, None, 0.0),
        ("payments", "full-ruhr", 0.42, 166.0, 0.17, Some(1.0), 0.55),
        ("vsdm", "full-ruhr", 0.0, 0.0, 0.0, Some(24.0), 0.0),
    ];
    for (name, hosting, lost, age, gone, rpo, missed) in rows {
        all.push(ServiceOutage {
            rpo: rpo.map(hours),
            data_lost: share(lost),
            data_age: (lost > 0.0).then(|| around(age)),
            data_gone: share(gone),
            rpo_missed: rpo.map(|_| share(missed)),
            ..service(name, hosting, 96.0, (24.0, 72.0))
        });
    }
    all
}

fn by_service() -> Vec<ServiceTotal> {
    // Service, name, weight, tenants, days down, person-hours by attack and by containment.
    type Row = (&'static str, &'static str, f64, u32, f64, u64, u64);
    let rows: [Row; 4] = [
        ("payments", "Sick pay and other payments", 4.0, 2, 6.5, 1_530_000_000, 180_000_000),
        ("phone", "Phone", 2.0, 2, 16.0, 1_420_000_000, 0),
        ("mail", "E-mail", 1.0, 2, 4.0, 341_000_000, 12_600_000),
        ("directory", "Directory", 1.0, 0, 2.2, 0, 0),
    ];
    let total = |(id, name, weight, tenants, days, attack, containment): Row| ServiceTotal {
        service: ServiceId::new(id).unwrap(),
        name: name.into(),
        weight: Weight::new(weight).unwrap(),
        tenants,
        insured: if tenants > 0 { 3_033_395 } else { 0 },
        hit: share(0.61),
        down: around(days * 24.0),
        attack: PersonHours(attack),
        containment: PersonHours(containment),
    };
    rows.map(total).to_vec()
}

fn both(value: f64, half: f64, few: f64) -> Both {
    Both {
        simulation: Interval { value, low: value - half, high: value + half },
        exercises: Interval { value, low: value - few, high: value + few },
    }
}

/// Returns figures in which everything stands that can stand there.
pub(crate) fn crisis() -> Crisis {
    let tenant = |name: &str, insured: u64| TenantOutage {
        tenant: TenantId::new(&name.to_lowercase().replace(' ', "-")).unwrap(),
        name: name.into(),
        insured,
        kritis: insured >= 500_000,
        hosting: HostingId::new("full-ruhr").unwrap(),
        hit: share(0.61),
        normal: around(210.0),
        emergency: around(31.0),
        mtpd_exceeded: share(0.58),
    };
    Crisis {
        people: None,
        estate: "Verbund-IT".into(),
        what: "April: intrusion, domain control, encryption".into(),
        trials: 1_000,
        built_in: true,
        measured: None,
        doubt: Some(Doubt {
            hit: both(0.61, 0.03, 0.2),
            attack: both(1.64e9, 5.0e7, 6.0e8),
            containment: both(2.1e8, 1.0e7, 9.0e7),
        }),
        hit: share(0.61),
        restored: [around(41.0), around(130.0), around(420.0), around(440.0)],
        attack: PersonHours(1_640_000_000),
        containment: PersonHours(210_000_000),
        weighted_attack: PersonHours(9_300_000_000),
        weighted_containment: PersonHours(1_100_000_000),
        by_service: by_service(),
        waiting: PersonHours(96_400_000),
        relapsed: share(0.104),
        relapse_cost: PersonHours(1_230_000_000),
        services: services(),
        tenants: vec![tenant("Lindenhainer Ersatzkasse", 2_665_358), tenant("BKK Farnmoos", 368_037)],
        clocks: vec![LegalClock {
            key: "bsig-32-early".into(),
            who: "provider".into(),
            law: "§ 32 (1) No. 1 BSIG".into(),
            within: Some(hours(24.0)),
            bound: 1,
            met: Some(share(0.94)),
            alone: Some(share(0.94)),
            worst: Some(share(0.94)),
            takes: Some((hours(6.0), hours(14.0))),
            source: "BGBl. 2025 I No. 301".into(),
        }],
    }
}
