use model::estate::{
    Agreement, Asset, Component, Estate, Hosting, Need, Place, Service, Site, Soc, Tenant, Weight, Zone,
};
use model::id::{AssetId, HostingId, ServiceId, SiteId, TenantId, ZoneId};
use model::quantity::{Millis, Quantiles, Ratio};
use model::recovery::{Backup, Phases, Readmission, Reconnect, RecoveryRules, RelapseOdds, WarmUp};

use super::chance;

const SITES: [(&str, &str); 3] =
    [("essen", "Essen"), ("kassel", "Kassel, second data centre and offices"), ("jena", "Jena")];

const ROLES: [(&str, &str, &str, u32); 4] = [
    ("directory", "Directory servers", "core", 4),
    ("storage", "Storage cluster", "core", 6),
    ("application", "Application servers", "front", 48),
    ("mail", "Mail servers", "front", 8),
];

const SERVICES: [(&str, &str); 10] = [
    ("phone", "Phone"),
    ("mail", "E-mail"),
    ("app", "Insurance app"),
    ("portal", "Member portal"),
    ("epa", "Patient record (ePA)"),
    ("eau", "Sick notes (eAU)"),
    ("vsdm", "Card data (VSDM)"),
    ("erx", "E-prescription"),
    ("payments", "Payments"),
    ("hub", "Hub link"),
];

const WORDS: [&str; 16] = [
    "Auental",
    "Birkenfeld",
    "Domring",
    "Eichgrund",
    "Fichtelau",
    "Goldbach",
    "Havelland",
    "Isartor",
    "Jadebusen",
    "Kaiserstuhl",
    "Lindenhof",
    "Moselbogen",
    "Nordwall",
    "Odertal",
    "Pfalzgraf",
    "Quellberg",
];

fn assets() -> Vec<Asset> {
    let mut assets = Vec::new();
    for (site, site_name) in SITES {
        for (role, name, zone, count) in ROLES {
            if site == "jena" && role == "mail" {
                continue;
            }
            assets.push(Asset {
                id: AssetId::new(&format!("{site}-{role}")).unwrap(),
                name: format!("{name} {site_name}"),
                site: SiteId::new(site).unwrap(),
                zone: ZoneId::new(zone).unwrap(),
                role: role.into(),
                count,
                sensors: Ratio::clamped(0.9),
                restart: Quantiles::new(40.0, 120.0).unwrap(),
                restore: Quantiles::new(720.0, 1_800.0).unwrap(),
                skill: None,
                phases: Phases { examine: Some(Quantiles::new(240.0, 900.0).unwrap()), ..Phases::default() },
                data_gb: if role == "storage" { 40_000 } else { 0 },
                backup: (role == "storage").then(|| Backup {
                    at: AssetId::new("jena-storage").unwrap(),
                    every: Millis::DAY,
                    offline: Some(Millis(7 * Millis::DAY.0)),
                }),
                restart_failure: Ratio::clamped(0.05),
                records: if role == "storage" { 8_000_000 } else { 0 },
            });
        }
    }
    assets.push(Asset {
        id: AssetId::new("jena-hub-link").unwrap(),
        name: "Hub link".into(),
        role: "hub-link".into(),
        count: 2,
        records: 0,
        ..assets[8].clone()
    });
    assets
}

fn services() -> Vec<Service> {
    SERVICES
        .iter()
        .map(|(id, name)| Service {
            id: ServiceId::new(id).unwrap(),
            name: (*name).into(),
            needs: vec![Need::of(
                Some(1),
                vec![
                    Component::Role { role: "application".into(), place: Place::Home },
                    Component::Role { role: "storage".into(), place: Place::Any },
                ],
            )],
            emergency: None,
            reaches: false,
            weight: Weight::ONE,
            warm_up: (*id == "epa").then_some(WarmUp {
                surge: 3.0,
                fades: Millis(2 * Millis::HOUR.0),
                headroom: 1.4,
            }),
        })
        .collect()
}

fn tenants() -> Vec<Tenant> {
    let tenant = |n: u64| {
        let size = (90_000.0 * libm::exp(1.6 * 3.0 * (chance(n) + chance(n + 500) - 1.0))) as u64;
        let word = WORDS[(n % 16) as usize];
        let kind = ["BKK", "IKK", "Kasse", "Union", "Allianz"][(n / 16) as usize];
        Tenant {
            id: TenantId::new(&format!("{kind}-{word}").to_lowercase()).unwrap(),
            name: format!("{kind} {word}"),
            ik: format!("9900{n:05}"),
            insured: size.clamp(4_000, 2_600_000),
            hosting: HostingId::new(&format!("full-{}", SITES[(n % 3) as usize].0)).unwrap(),
        }
    };
    (0..80).map(tenant).collect()
}

pub(crate) fn estate() -> Estate {
    let hostings = SITES.iter().map(|(site, name)| Hosting {
        id: HostingId::new(&format!("full-{site}")).unwrap(),
        name: format!("Everything in {name}"),
        home: SiteId::new(site).unwrap(),
        services: SERVICES
            .iter()
            .map(|(id, _)| Agreement {
                service: ServiceId::new(id).unwrap(),
                rto: Millis(8 * 3_600_000),
                mtpd: Millis(24 * 3_600_000),
                rpo: None,
            })
            .collect(),
    });
    Estate {
        name: "Verbund-IT".into(),
        description: "A fictional provider that runs three sites for eighty health insurers.".into(),
        sites: SITES
            .iter()
            .map(|(id, name)| Site {
                id: SiteId::new(id).unwrap(),
                name: (*name).into(),
                crews: 4,
                skills: Vec::new(),
                restore_gb_per_hour: Some(900),
            })
            .collect(),
        zones: [("core", "Core"), ("front", "Front")]
            .iter()
            .map(|(id, name)| Zone { id: ZoneId::new(id).unwrap(), name: (*name).into() })
            .collect(),
        assets: assets(),
        services: services(),
        hostings: hostings.collect(),
        tenants: tenants(),
        soc: Soc {
            analysts: 5,
            alerts_per_day: 190.0,
            triage_minutes: 30.0,
            escalation: Ratio::clamped(0.8),
            as_urgent: Ratio::ONE,
            agree: 1,
            quiet: model::estate::QUIET,
        },
        trade_off: None,
        people: None,
        recovery: RecoveryRules {
            forensic_teams: Some(3),
            relapse: Some(RelapseOdds {
                chance: Ratio::clamped(0.1),
                seen: Quantiles::new(2_880.0, 14_400.0).unwrap(),
            }),
            readmission: Readmission::Staged,
            reconnect: Reconnect::All,
        },
        source: "fictional; sizes after public figures of German statutory insurers".into(),
    }
}
