//! The service equations against exact values that others have published.

#![allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics")]

use continuity::Equations;
use model::estate::{Asset, Component, Estate, Need, Place, Service, Site, Soc, Weight, Zone};
use model::id::{AssetId, ServiceId, SiteId, ZoneId};
use model::quantity::{Quantiles, Ratio};
use model::recovery::{Phases, RecoveryRules};

fn role(name: &str) -> Component {
    Component::Role { role: name.to_owned(), place: Place::Home }
}

fn service(name: &str) -> Component {
    Component::Service(ServiceId::new(name).unwrap())
}

fn need(k: Option<u32>, of: &[Component]) -> Need {
    Need::of(k, of.to_vec())
}

/// Returns an estate with one site, one asset of each role and the given services.
fn estate(roles: &[&str], services: &[(&str, Vec<Need>)]) -> Estate {
    let site = SiteId::new("s").unwrap();
    let zone = ZoneId::new("z").unwrap();
    let hour = Quantiles::new(60.0, 60.0).unwrap();
    let asset = |(i, role): (usize, &&str)| Asset {
        id: AssetId::new(&format!("a{i}")).unwrap(),
        name: String::new(),
        site: site.clone(),
        zone: zone.clone(),
        role: (*role).to_owned(),
        count: 1,
        sensors: Ratio::ONE,
        restart: hour,
        restore: hour,
        restart_failure: Ratio::ZERO,
        skill: None,
        phases: Phases::default(),
        data_gb: 0,
        backup: None,
        records: 0,
    };
    Estate {
        name: String::new(),
        description: String::new(),
        sites: vec![Site {
            id: site.clone(),
            name: String::new(),
            crews: 1,
            skills: Vec::new(),
            restore_gb_per_hour: None,
        }],
        zones: vec![Zone { id: zone.clone(), name: String::new() }],
        assets: roles.iter().enumerate().map(asset).collect(),
        services: services
            .iter()
            .map(|(id, needs)| Service {
                id: ServiceId::new(id).unwrap(),
                name: String::new(),
                needs: needs.clone(),
                emergency: None,
                reaches: false,
                warm_up: None,
                weight: Weight::ONE,
            })
            .collect(),
        hostings: vec![],
        tenants: vec![],
        soc: Soc {
            analysts: 1,
            alerts_per_day: 0.0,
            triage_minutes: 1.0,
            escalation: Ratio::ONE,
            as_urgent: Ratio::ONE,
            agree: 1,
            quiet: model::estate::QUIET,
        },
        source: String::new(),
        recovery: RecoveryRules::default(),
        trade_off: None,
        people: None,
    }
}

/// Returns the chance that the last service is up when each asset works with
/// chance `p` on its own: all 2^m states are tried.
fn reliability(estate: &Estate, p: f64, cold: bool) -> f64 {
    let equations = Equations::new(estate);
    let m = estate.assets.len() as u32;
    (0..1_u32 << m)
        .map(|state| {
            let down: Vec<u32> = (0..m).filter(|i| state >> i & 1 == 0).collect();
            let up = if cold { equations.cold_start(0, &down) } else { equations.staying_up(0, &down) };
            let works = (m as usize - down.len()) as i32;
            let weight = p.powi(works) * (1.0 - p).powi(down.len() as i32);
            if up.last() == Some(&true) { weight } else { 0.0 }
        })
        .sum()
}

fn binomial(n: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(n - i) / f64::from(k - i)).product()
}

/// Reliability of the bridge network with five parts of 0.9 each is 0.97848
/// (textbook value), by its four paths.
#[test]
fn bridge_network_by_paths() {
    let path = |of: &[&str]| vec![need(None, &of.iter().map(|r| role(r)).collect::<Vec<_>>())];
    let any = vec![need(Some(1), &[service("p1"), service("p2"), service("p3"), service("p4")])];
    let bridge = estate(
        &["1", "2", "3", "4", "5"],
        &[
            ("p1", path(&["1", "4"])),
            ("p2", path(&["2", "5"])),
            ("p3", path(&["1", "3", "5"])),
            ("p4", path(&["2", "3", "4"])),
            ("t", any),
        ],
    );
    for cold in [true, false] {
        assert!((reliability(&bridge, 0.9, cold) - 0.97848).abs() < 1e-12);
    }
}

/// The same network as equations with a cycle: what is *reached* from the source
/// is the least fixed point. The greatest one believes that two nodes joined by
/// the bridge hold each other up, and is too high.
#[test]
fn bridge_network_by_a_cycle() {
    let either = |direct: &str, over: &str| vec![need(Some(1), &[service(direct), service(over)])];
    let both = |a: &str, b: Component| vec![need(None, &[role(a), b])];
    let bridge = estate(
        &["1", "2", "3", "4", "5"],
        &[
            ("one", vec![need(None, &[role("1")])]),
            ("two", vec![need(None, &[role("2")])]),
            ("left", either("one", "from-right")),
            ("right", either("two", "from-left")),
            ("from-right", both("3", service("right"))),
            ("from-left", both("3", service("left"))),
            ("out-left", both("4", service("left"))),
            ("out-right", both("5", service("right"))),
            ("t", either("out-left", "out-right")),
        ],
    );
    assert!((reliability(&bridge, 0.9, true) - 0.97848).abs() < 1e-12);
    assert!(reliability(&bridge, 0.9, false) > 0.98);
}

#[test]
fn k_of_n_is_the_binomial_tail() {
    for n in 1..=12_u32 {
        let roles = vec!["r"; n as usize];
        for k in 1..=n {
            let group = estate(&roles, &[("t", vec![need(Some(k), &[role("r")])])]);
            let tail: f64 =
                (k..=n).map(|i| binomial(n, i) * 0.7_f64.powi(i as i32) * 0.3_f64.powi((n - i) as i32)).sum();
            assert!((reliability(&group, 0.7, false) - tail).abs() < 1e-12, "{k} of {n}");
        }
    }
}

#[test]
fn series_and_parallel_are_products() {
    let p: f64 = 0.8;
    let series = estate(&["1", "2", "3"], &[("t", vec![need(None, &[role("1"), role("2"), role("3")])])]);
    assert!((reliability(&series, p, false) - p.powi(3)).abs() < 1e-12);
    let parallel =
        estate(&["1", "2", "3"], &[("t", vec![need(Some(1), &[role("1"), role("2"), role("3")])])]);
    assert!((reliability(&parallel, p, false) - (1.0 - (1.0 - p).powi(3))).abs() < 1e-12);
    let both = estate(
        &["1", "1", "2", "2"],
        &[("t", vec![need(Some(1), &[role("1")]), need(Some(1), &[role("2")])])],
    );
    assert!((reliability(&both, p, false) - (1.0 - (1.0 - p).powi(2)).powi(2)).abs() < 1e-12);
}

/// A system of fifteen assets given by its paths; inclusion and exclusion over
/// the paths is an independent way to the same number.
#[test]
fn inclusion_and_exclusion_up_to_fifteen_components() {
    let names: Vec<String> = (0..15).map(|i| i.to_string()).collect();
    let roles: Vec<&str> = names.iter().map(String::as_str).collect();
    for m in 1..=15_usize {
        // Fixed pseudo-random paths; the multiplier is Knuth's for linear congruence.
        let mut x = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(m as u64);
        let mut paths = Vec::new();
        for _ in 0..6 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let path = (x >> 33) as u32 & ((1 << m) - 1) & (x >> 13) as u32;
            paths.push(if path == 0 { 1 } else { path });
        }
        let mut services: Vec<(String, Vec<Need>)> = paths
            .iter()
            .enumerate()
            .map(|(i, path)| {
                let of: Vec<Component> =
                    (0..m).filter(|b| path >> b & 1 == 1).map(|b| role(roles[b])).collect();
                (format!("p{i}"), vec![need(None, &of)])
            })
            .collect();
        let all: Vec<Component> = (0..6).map(|i| service(&format!("p{i}"))).collect();
        services.push(("t".to_owned(), vec![need(Some(1), &all)]));
        let borrowed: Vec<(&str, Vec<Need>)> =
            services.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
        let system = estate(&roles[..m], &borrowed);
        let exact: f64 = (1_u32..64)
            .map(|chosen| {
                let union = (0..6).filter(|i| chosen >> i & 1 == 1).fold(0, |u, i| u | paths[i]);
                let sign = if chosen.count_ones() % 2 == 1 { 1.0 } else { -1.0 };
                sign * 0.6_f64.powi(union.count_ones() as i32)
            })
            .sum();
        assert!((reliability(&system, 0.6, false) - exact).abs() < 1e-9, "{m} components");
    }
}

#[test]
fn without_cycles_both_fixed_points_are_equal() {
    let system = estate(
        &["1", "1", "2", "3", "3", "3"],
        &[
            ("top", vec![need(Some(2), &[role("3")]), need(None, &[service("mid")])]),
            ("mid", vec![need(Some(1), &[role("1"), service("low")])]),
            ("low", vec![need(None, &[role("2")])]),
        ],
    );
    let equations = Equations::new(&system);
    for state in 0..64_u32 {
        let down: Vec<u32> = (0..6).filter(|i| state >> i & 1 == 1).collect();
        assert_eq!(equations.staying_up(0, &down), equations.cold_start(0, &down), "{down:?}");
    }
    assert_eq!(equations.deadlocks(), []);
}

#[test]
fn two_services_that_need_each_other_stay_up_but_do_not_come_up() {
    let pair = estate(
        &["1", "2"],
        &[
            ("directory", vec![need(None, &[role("1"), service("names")])]),
            ("names", vec![need(None, &[role("2"), service("directory")])]),
        ],
    );
    let equations = Equations::new(&pair);
    assert_eq!(equations.staying_up(0, &[]), [true, true]);
    assert_eq!(equations.cold_start(0, &[]), [false, false]);
    assert_eq!(equations.staying_up(0, &[0]), [false, false]);
    let deadlocks = equations.deadlocks();
    assert_eq!(deadlocks.len(), 1);
    assert_eq!(deadlocks[0].services.len(), 2);
    assert_eq!(deadlocks[0].by_hand, [ServiceId::new("directory").unwrap()]);
}

/// Directory, name service and storage wait for each other in a ring; the finding names
/// the ring and what to start by hand, and starting that one is enough.
#[test]
fn a_ring_of_three_is_explained() {
    let ring = estate(
        &["1", "2", "3", "4"],
        &[
            ("directory", vec![need(None, &[role("1"), service("names")])]),
            ("names", vec![need(None, &[role("2"), service("storage")])]),
            ("storage", vec![need(None, &[role("3"), service("directory")])]),
            ("mail", vec![need(None, &[role("4"), service("directory")])]),
        ],
    );
    let found = Equations::new(&ring).deadlocks();
    let text = |ids: &[ServiceId]| ids.iter().map(ServiceId::as_str).collect::<Vec<_>>().join(" ");
    assert_eq!(found.len(), 1);
    assert_eq!(text(&found[0].services), "directory names storage mail");
    assert_eq!(text(&found[0].circle), "directory names storage directory");
    assert_eq!(text(&found[0].by_hand), "directory");
}

#[test]
fn places_that_do_not_exist_are_no_panic() {
    let one = estate(&["1"], &[("t", vec![need(None, &[role("1"), role("gone"), service("gone")])])]);
    let equations = Equations::new(&one);
    assert_eq!(equations.staying_up(0, &[99]), [false]);
    assert_eq!(equations.staying_up(7, &[]), Vec::<bool>::new());
}
