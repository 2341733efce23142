//! Chains and circles of thousands of services, thousands of assets and of tenants: each is
//! read, checked and worked with in about the time that its size takes, not its square. Before
//! that was so, a circle of 2,000 did not end at all.

use std::fmt::Write;

use continuity::{Equations, Gone, crisis, read_estate, restart};
use model::estate::Estate;
use model::quantity::Millis;
use model::recovery::Care;
use model::trial::{Down, DownCause, Trial};

const HOUR: u64 = Millis::HOUR.0;

/// Returns an estate of one site with so many assets of role `r0` to `r2`, these services and
/// so many tenants who use the service `s0`.
fn estate(assets: usize, services: &str, tenants: usize) -> (Estate, Vec<String>) {
    let mut text = "name: large\nsoc: {analysts: 1, alerts-per-day: 1, triage-minutes: 1, escalation: 1}\n\
        sites:\n  - {id: s, name: S, crews: 4}\nzones:\n  - {id: z, name: Z}\nassets:\n"
        .to_owned();
    for a in 0..assets {
        writeln!(text, "  - {{id: a{a}, name: A, site: s, zone: z, role: r{}, count: 1, sensors: 1, restart: {{typical: 1h, slow: 1h}}, restore: {{typical: 1h, slow: 1h}}, examine: {{typical: 1h, slow: 2h}}}}", a % 3).unwrap();
    }
    write!(text, "services:\n{services}hostings:\n  - {{id: h, name: H, home: s, services: [{{service: s0, rto: 1h, mtpd: 2h}}]}}\ntenants:\n").unwrap();
    for t in 0..tenants {
        writeln!(text, "  - {{id: t{t}, name: T, ik: \"990000011\", insured: {}, hosting: h}}", 1_000 + t)
            .unwrap();
    }
    let (estate, found) = read_estate("large.yaml", text.as_bytes()).into_parts();
    let estate = estate.unwrap_or_else(|| panic!("{:?}", found.first()));
    // The code of the tenants does not matter here.
    let told = found.into_iter().filter(|d| d.code != "estate.duplicate-ik");
    (estate, told.map(|d| format!("{}: {}", d.code, d.message)).collect())
}

/// Returns services that each need a role and the next, the last one needing `last`.
fn chain(n: usize, last: &str) -> String {
    let mut text = String::new();
    for s in 0..n {
        let next = if s + 1 < n { format!(", {{service: s{}}}", s + 1) } else { last.to_owned() };
        writeln!(text, "  - {{id: s{s}, name: S, needs: [{{of: [{{role: r{}, at: home}}{next}]}}]}}", s % 3)
            .unwrap();
    }
    text
}

fn trial(assets: usize) -> Trial {
    let down = |asset: usize| Down {
        asset: asset as u32,
        at: Millis(asset as u64 % 7 * HOUR),
        cause: if asset.is_multiple_of(2) { DownCause::Attack } else { DownCause::Containment },
        attempts: 1,
        work: Millis(HOUR),
        care: Care { examine: Millis(HOUR), ..Care::default() },
        copies: None,
    };
    Trial { down: (0..assets).map(down).collect(), declared: Some(Millis(0)), ..Trial::default() }
}

/// Goes through everything with all assets down, and returns the assets of the plan.
fn walk(estate: &Estate) -> usize {
    let all: Vec<Gone> = (0..estate.assets.len() as u32).map(|a| Gone::new(a, DownCause::Attack)).collect();
    let trials: Vec<Trial> = (0..4).map(|index| Trial { index, ..trial(estate.assets.len()) }).collect();
    let figures = crisis(estate, "all", &trials);
    assert_eq!(figures.tenants.len(), estate.tenants.len());
    restart(estate, &all).positions.len()
}

#[test]
fn a_chain_of_services_is_as_long_as_it_likes() {
    let (estate, found) = estate(30, &chain(3_000, ""), 2);
    assert_eq!(found, [] as [String; 0]);
    assert_eq!(walk(&estate), 30);
    let up = Equations::new(&estate).staying_up(0, &[2]);
    assert_eq!(up.iter().filter(|up| **up).count(), 0, "every service rests on every role");
}

#[test]
fn a_circle_of_services_is_as_large_as_it_likes() {
    let (estate, found) = estate(30, &chain(3_000, ", {service: s0}"), 2);
    let codes: Vec<&str> = found.iter().filter_map(|f| f.split(':').next()).collect();
    assert_eq!(codes, ["estate.service-cycle", "estate.black-start"], "{found:?}");
    assert!(found.iter().all(|f| f.len() < 400 && f.contains("more")), "{found:?}");
    let deadlocks = Equations::new(&estate).deadlocks();
    assert_eq!((deadlocks[0].services.len(), deadlocks[0].by_hand.len()), (3_000, 1));
    assert_eq!(walk(&estate), 30);
}

/// Many small circles on top of each other: one service of each is started by hand.
#[test]
fn a_thousand_circles_need_a_thousand_hands() {
    let mut services = String::new();
    for s in 0..1_000 {
        let (a, b) = (2 * s, 2 * s + 1);
        let below = if s < 999 { format!(", {{service: s{}}}", b + 1) } else { String::new() };
        writeln!(
            services,
            "  - {{id: s{a}, name: S, needs: [{{of: [{{role: r0, at: home}}, {{service: s{b}}}]}}]}}"
        )
        .unwrap();
        writeln!(
            services,
            "  - {{id: s{b}, name: S, needs: [{{of: [{{role: r1, at: home}}, {{service: s{a}}}{below}]}}]}}"
        )
        .unwrap();
    }
    let (estate, _) = estate(12, &services, 2);
    assert_eq!(Equations::new(&estate).deadlocks()[0].by_hand.len(), 1_000);
}

#[test]
fn thousands_of_assets_and_of_tenants_take_no_longer_than_they_are_many() {
    let (many, _) = estate(2_000, &chain(3, ""), 2);
    assert_eq!(walk(&many), 2_000);
    let warm =
        chain(3, "").replacen("name: S,", "name: S, warm-up: {surge: 3, fades: 2h, headroom: 1.5},", 1);
    let (hosted, _) = estate(30, &warm, 4_000);
    assert_eq!(walk(&hosted), 30);
}

#[test]
fn numbers_that_nothing_has_are_refused_with_their_range() {
    let good = include_str!("../data/vault.yaml");
    for (from, to, says) in [
        ("alerts-per-day: 1,", "alerts-per-day: 1e308,", "from 0 to 10,000,000"),
        ("triage-minutes: 1,", "triage-minutes: 1e308,", "at most 10,080"),
        ("data-gb: 6000", "data-gb: 18446744073709551615", "from 0 to 1000000000"),
        ("insured: 90000", "insured: 18446744073709551615", "from 0 to 10000000000"),
        (
            "    data-gb: 6000",
            "    records: 18446744073709551615\n    data-gb: 6000",
            "from 0 to 10000000000",
        ),
        ("    name: Mail\n    needs", "    name: Mail\n    weight: 1e308\n    needs", "from 0 to 1,000"),
        (
            "    name: Mail\n    needs",
            "    name: Mail\n    warm-up: {surge: 1.5e308, fades: 1h, headroom: 1.5}\n    needs",
            "from 1 to 1,000",
        ),
        (
            "    name: Mail\n    needs",
            "    name: Mail\n    warm-up: {surge: 2, fades: 1h, headroom: 1e300}\n    needs",
            "up to 1,000",
        ),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "{from}");
        let (estate, found) = read_estate("vault.yaml", text.as_bytes()).into_parts();
        assert!(estate.is_none(), "{to}");
        let told = found.iter().find(|d| d.help.as_deref().is_some_and(|h| h.contains(says)));
        assert!(told.is_some_and(|d| d.position.is_some()), "{to}: {found:?}");
    }
}
