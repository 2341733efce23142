//! Restart plans: a small one with everything in it, and one of sixty assets.

use model::id::{AssetId, HostingId, ServiceId, SiteId, TenantId};
use model::impact::DataLoss;
use model::quantity::{Millis, PersonHours, Ratio};
use model::recovery::Phase;
use model::restart::{
    ByHand, Gain, Hands, Hold, More, PhaseSpan, Position, RestartPlan, ServiceReturn, Stage, StagedReturn,
};
use model::trial::DownCause;

use super::chance;

fn hours(h: f64) -> Millis {
    Millis::from_minutes(h * 60.0)
}

fn site(id: &str) -> SiteId {
    SiteId::new(id).unwrap()
}

fn forensics(number: u16) -> Hands {
    Hands::Forensics { number }
}

fn crew(id: &str, number: u16) -> Hands {
    Hands::Crew { site: site(id), skill: None, number }
}

fn bandwidth(id: &str) -> Hands {
    Hands::Bandwidth { site: site(id) }
}

fn after(asset: &str) -> Hold {
    Hold::Crew { after: AssetId::new(asset).unwrap() }
}

fn needs(asset: &str, service: &str) -> Hold {
    Hold::Needs { asset: AssetId::new(asset).unwrap(), service: ServiceId::new(service).unwrap() }
}

/// An asset, its name, its first hold, and its phases: which, who, from and to in hours, critical.
type Row = (&'static str, &'static str, Hold, Vec<(Phase, Hands, f64, f64, bool)>);

fn position((asset, name, hold, phases): Row) -> Position {
    let end = phases.last().map_or(0.0, |p| p.3);
    let attacked = phases.iter().any(|p| p.0 == Phase::Rebuild);
    Position {
        asset: AssetId::new(asset).unwrap(),
        name: name.into(),
        site: site(asset.split('-').next().unwrap_or("ruhr")),
        cause: if attacked { DownCause::Attack } else { DownCause::Containment },
        begin: hours(phases.first().map_or(0.0, |p| p.2)),
        back: hours(end),
        back_slow: hours(end * 2.7),
        attempts: 1.05,
        hold,
        start_hold: None,
        data_loss: None,
        insured: 25_000_000 - 900_000 * asset.len() as u64,
        critical: phases.iter().any(|p| p.4),
        phases: phases
            .into_iter()
            .map(|(phase, by, begin, end, critical)| PhaseSpan {
                phase,
                by,
                begin: hours(begin),
                end: hours(end),
                critical,
            })
            .collect(),
    }
}

fn first_rows() -> Vec<Row> {
    use Phase::{Clean, Examine, Rebuild, Restore, Start, Verify};
    let ruhr = |number| crew("ruhr", number);
    vec![
        (
            "ruhr-firewall",
            "Perimeter firewalls and resolvers",
            Hold::Nothing,
            vec![
                (Examine, forensics(1), 0.0, 2.0, false),
                (Start, ruhr(1), 2.0, 3.0, false),
                (Verify, ruhr(1), 3.0, 3.5, false),
            ],
        ),
        (
            "ruhr-storage",
            "Storage cluster",
            Hold::Nothing,
            vec![
                (Examine, forensics(2), 0.0, 6.0, true),
                (Clean, ruhr(2), 6.0, 9.0, true),
                (Rebuild, ruhr(2), 9.0, 21.0, true),
                (Restore, bandwidth("ruhr"), 21.0, 45.0, true),
                (Verify, ruhr(2), 45.0, 49.0, true),
            ],
        ),
        (
            "elbe-web",
            "Portal and app front ends",
            Hold::Nothing,
            vec![(Start, crew("elbe", 1), 0.0, 0.7, false)],
        ),
        (
            "ruhr-directory",
            "Directory servers",
            after("ruhr-firewall"),
            vec![
                (Examine, forensics(1), 2.0, 12.0, false),
                (Start, ruhr(1), 49.0, 51.0, true),
                (Verify, ruhr(1), 51.0, 52.0, true),
            ],
        ),
        (
            "ruhr-backup",
            "Backup servers",
            after("ruhr-storage"),
            vec![
                (Examine, forensics(2), 6.0, 14.0, false),
                (Rebuild, ruhr(2), 21.0, 40.0, false),
                (Verify, ruhr(2), 40.0, 42.0, false),
            ],
        ),
    ]
}

fn last_rows() -> Vec<Row> {
    use Phase::{Examine, Rebuild, Release, Restore, Start, Verify};
    let ruhr = |number| crew("ruhr", number);
    vec![
        (
            "ruhr-database",
            "Member and claims databases",
            after("ruhr-directory"),
            vec![
                (Examine, forensics(1), 12.0, 30.0, false),
                (Rebuild, ruhr(3), 52.0, 60.0, true),
                (Restore, bandwidth("ruhr"), 60.0, 104.0, true),
                (Verify, ruhr(3), 104.0, 110.0, true),
            ],
        ),
        (
            "ruhr-vsdm",
            "Card data (VSDM) application servers",
            after("ruhr-database"),
            vec![
                (Examine, forensics(1), 30.0, 36.0, false),
                (Start, ruhr(1), 110.0, 112.0, true),
                (Verify, ruhr(1), 112.0, 113.0, true),
                (Release, Hands::Outside, 113.0, 161.0, true),
            ],
        ),
        (
            "ruhr-hub-link",
            "Link to the telematics hub",
            Hold::Nothing,
            vec![(Start, ruhr(4), 110.0, 110.5, false), (Release, Hands::Outside, 110.5, 158.5, false)],
        ),
    ]
}

fn positions() -> Vec<Position> {
    let mut all: Vec<Position> = first_rows().into_iter().chain(last_rows()).map(position).collect();
    all[1].data_loss = Some(DataLoss::Last(hours(24.0)));
    all[3].start_hold = Some(needs("ruhr-storage", "directory"));
    all[4].start_hold = Some(after("ruhr-storage"));
    all[4].data_loss = Some(DataLoss::All);
    all[5].start_hold = Some(needs("ruhr-directory", "databases"));
    all[5].data_loss = Some(DataLoss::Last(hours(24.0)));
    all[6].start_hold = Some(needs("ruhr-database", "vsdm"));
    all[7].hold = needs("ruhr-database", "hub-link");
    all
}

fn stage(first: usize, tenants: usize, insured: u64, (from, to): (f64, f64)) -> Stage {
    let names = [
        "lindenhainer-ersatzkasse",
        "bkk-farnmoos",
        "werkskasse-haferkamp",
        "bkk-eibenthal",
        "bkk-otterbach",
    ];
    let tenants = (first..first + tenants)
        .map(|n| names.get(n).map_or_else(|| format!("bkk-kasse-{n}"), |name| (*name).to_owned()))
        .map(|name| TenantId::new(&name).unwrap())
        .collect();
    Stage { tenants, insured, from: hours(from), to: hours(to) }
}

fn staged() -> Vec<StagedReturn> {
    let of = |service: &str, overload: f64, stages: Vec<Stage>| StagedReturn {
        service: ServiceId::new(service).unwrap(),
        name: service.to_owned(),
        site: site("ruhr"),
        overload,
        stages,
    };
    vec![
        of("directory", 1.2, vec![stage(0, 4, 3_500_000, (52.0, 52.0)), stage(4, 17, 732_270, (52.0, 52.8))]),
        of(
            "vsdm",
            2.14,
            vec![
                stage(0, 1, 2_665_358, (161.0, 161.0)),
                stage(1, 4, 972_482, (161.0, 163.2)),
                stage(5, 16, 594_430, (163.2, 167.5)),
            ],
        ),
    ]
}

fn gains() -> Vec<Gain> {
    let gain = |more, today, saved, earlier| Gain {
        more,
        today,
        saved: PersonHours(saved),
        weighed: None,
        earlier: hours(earlier),
    };
    vec![
        gain(More::Bandwidth { site: site("ruhr") }, 900, 214_000_000, 34.0),
        gain(More::Forensics, 6, 38_500_000, 0.0),
        gain(More::Crew { site: site("ruhr"), skill: None }, 4, 1_200_000, 1.5),
        gain(More::Crew { site: site("elbe"), skill: Some("windows".to_owned()) }, 3, 0, 0.0),
    ]
}

fn service(name: &str, hosting: &str, (back, all_in): (f64, f64), (rto, mtpd): (f64, f64)) -> ServiceReturn {
    ServiceReturn {
        hosting: HostingId::new(hosting).unwrap(),
        tenants: 21,
        insured: 4_232_270,
        service: ServiceId::new(name).unwrap(),
        back: hours(back),
        all_in: hours(all_in),
        back_slow: hours(all_in * 2.7),
        rto: hours(rto),
        mtpd: hours(mtpd),
    }
}

/// Returns a plan with every kind of hands, hold, data loss, gain and warning.
pub(crate) fn plan() -> RestartPlan {
    let id = |name: &str| ServiceId::new(name).unwrap();
    let stuck = vec![id("directory"), id("dns"), id("storage")];
    let circle = vec![id("directory"), id("dns"), id("storage"), id("directory")];
    RestartPlan {
        people: None,
        demo: false,
        estate: "Verbund-IT".into(),
        positions: positions(),
        services: vec![
            service("vsdm", "full-ruhr", (161.0, 167.5), (4.0, 24.0)),
            service("databases", "full-ruhr", (110.0, 110.0), (120.0, 168.0)),
            service("directory", "full-ruhr", (52.0, 52.8), (24.0, 72.0)),
            service("employer-exchange", "exchange-elbe", (0.7, 0.7), (24.0, 240.0)),
        ],
        by_hand: vec![ByHand { site: site("ruhr"), stuck, circle, start: vec![id("dns")] }],
        staged: staged(),
        gains: gains(),
        person_hours: PersonHours(3_700_000_000),
        unsearched: PersonHours(4_494_000_000),
        weighed: None,
        last: hours(161.0),
        last_slow: hours(434.0),
        restored: [52.0, 110.0, 167.5, 167.5].map(hours),
        insured: 25_000_000,
        share: Ratio::ONE,
        relapse: Some(Ratio::clamped(0.1)),
    }
}

/// When each of the hands that share work is free.
struct Free {
    who: fn(&str, u16) -> Hands,
    site: &'static str,
    at: Vec<f64>,
}

impl Free {
    /// Lets whoever is free first work from `ready` on; returns who, and from when to when.
    fn take(&mut self, ready: f64, takes: f64) -> (Hands, f64, f64) {
        let place = (0..self.at.len()).min_by(|a, b| self.at[*a].total_cmp(&self.at[*b])).unwrap();
        let begin = self.at[place].max(ready);
        self.at[place] = begin + takes;
        ((self.who)(self.site, place as u16 + 1), begin, begin + takes)
    }
}

const SITES: [(&str, usize); 3] = [("ruhr", 4), ("elbe", 3), ("isar", 3)];

const ROLES: [&str; 20] = [
    "firewall",
    "storage",
    "virtualisation",
    "directory",
    "dns",
    "database",
    "employer-exchange",
    "linux",
    "core-app",
    "vsdm",
    "e-prescription",
    "kim",
    "identity",
    "mail",
    "phone",
    "files",
    "workstations",
    "payments",
    "web",
    "collaboration",
];

/// Returns a plan of sixty assets with four phases and more each, at three sites.
pub(crate) fn large() -> RestartPlan {
    let mut teams = Free { who: |_, n| forensics(n), site: "", at: vec![0.0; 6] };
    let mut crews = SITES.map(|(site, number)| Free { who: crew, site, at: vec![0.0; number] });
    let mut lines = SITES.map(|(site, _)| Free { who: |site, _| bandwidth(site), site, at: vec![0.0] });
    let mut all = Vec::new();
    for n in 0..60_usize {
        let (site, role) = (n % 3, ROLES[n / 3]);
        let long = |from: f64, to: f64, of: u64| from + (to - from) * chance(n as u64 * 7 + of);
        let mut phases = Vec::new();
        let mut at = 0.0;
        let mut add = |phase, (by, begin, end): (Hands, f64, f64), at: &mut f64| {
            *at = end;
            phases.push((phase, by, begin, end, n % 9 == 1));
        };
        add(Phase::Examine, teams.take(at, long(3.0, 14.0, 0)), &mut at);
        if n % 2 == 0 {
            add(Phase::Clean, crews[site].take(at, long(1.0, 4.0, 1)), &mut at);
            add(Phase::Rebuild, crews[site].take(at, long(6.0, 30.0, 2)), &mut at);
            add(Phase::Restore, lines[site].take(at, long(4.0, 20.0, 3)), &mut at);
        } else {
            add(Phase::Start, crews[site].take(at, long(0.5, 9.0, 4)), &mut at);
        }
        add(Phase::Verify, crews[site].take(at, long(0.5, 5.0, 5)), &mut at);
        if matches!(role, "vsdm" | "kim" | "e-prescription" | "identity") {
            add(Phase::Release, (Hands::Outside, at, at + 48.0), &mut at);
        }
        let name: &'static str = Box::leak(format!("{}-{role}", SITES[site].0).into_boxed_str());
        let mut position = position((name, name, Hold::Nothing, phases));
        if n > 6 {
            position.hold = Hold::Crew { after: all.last().map(|p: &Position| p.asset.clone()).unwrap() };
        }
        position.start_hold = (n % 3 > 0).then(|| needs("elbe-employer-exchange", "employer-exchange"));
        position.data_loss = match n % 8 {
            0 => Some(DataLoss::Last(hours(24.0))),
            4 => Some(DataLoss::Last(hours(168.0))),
            6 => Some(DataLoss::All),
            _ => None,
        };
        all.push(position);
    }
    all.sort_by_key(|p| p.begin);
    let last = all.iter().map(|p| p.back).max().unwrap_or_default();
    let staged = (0..4).flat_map(|_| staged()).collect();
    let services = (0..10).flat_map(|_| plan().services).collect();
    RestartPlan { positions: all, staged, services, last, last_slow: Millis(last.0 * 3), ..plan() }
}
