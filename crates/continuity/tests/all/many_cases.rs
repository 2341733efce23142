//! Services in many cases at once, against one case at a time and against the
//! definition written down plainly.

use continuity::{Cases, Equations, read_estate};
use model::estate::{Component, Emergency, Estate, Need, Place, Service, Weight};
use model::id::ServiceId;
use model::quantity::Millis;
use proptest::prelude::*;

fn provider() -> Estate {
    let text = include_str!("../../../../content/provider/estate.yaml");
    read_estate("estate.yaml", text.as_bytes()).into_parts().0.expect("the built-in estate is good")
}

fn id(n: usize) -> ServiceId {
    ServiceId::new(&format!("s{n}")).expect("valid")
}

/// Returns the built-in assets under other services: each needs some of six roles and
/// of the others, circles included, with counts and weights.
fn estates() -> impl Strategy<Value = Estate> {
    const ROLES: [&str; 6] = ["mail", "dns", "storage", "firewall", "epa", "nothing-has-this-role"];
    let component = prop_oneof![
        (0..6_usize, any::<bool>()).prop_map(|(r, home)| Component::Role {
            role: ROLES[r].to_owned(),
            place: if home { Place::Home } else { Place::Any },
        }),
        (0..8_usize).prop_map(|s| Component::Service(id(s))),
    ];
    let need = (proptest::collection::vec((component, 1_u32..60), 1..5), proptest::option::of(1_u32..90));
    let weighted = (need, any::<bool>()).prop_map(|((parts, k), weighted)| {
        let (of, weights): (Vec<Component>, Vec<u32>) = parts.into_iter().unzip();
        if weighted { Need { k, of, weights } } else { Need::of(k.map(|k| k % 6 + 1), of) }
    });
    proptest::collection::vec(proptest::collection::vec(weighted, 0..3), 8).prop_map(|services| {
        let services = services.into_iter().enumerate();
        let make = |(n, needs)| Service {
            id: id(n),
            name: String::new(),
            needs,
            emergency: None,
            reaches: false,
            warm_up: None,
            weight: Weight::ONE,
        };
        Estate { services: services.map(make).collect(), ..provider() }
    })
}

/// Returns the greatest fixed point by the definition: begin with everything up, take away
/// what is not met, until nothing changes.
fn plainly(estate: &Estate, site: usize, down: &[u32]) -> Vec<bool> {
    let home = &estate.sites[site].id;
    let mut up = vec![true; estate.services.len()];
    loop {
        let met = |need: &Need| {
            let mut members: std::collections::BTreeMap<(bool, usize), (u32, bool)> = Default::default();
            let mut absent = 0;
            for (n, component) in need.of.iter().enumerate() {
                let weight = need.weights.get(n).copied().unwrap_or(1);
                let found: Vec<((bool, usize), bool)> = match component {
                    Component::Service(id) => {
                        let at = estate.services.iter().position(|s| s.id == *id);
                        at.map(|s| ((true, s), up[s])).into_iter().collect()
                    }
                    Component::Role { role, place } => (0..estate.assets.len())
                        .filter(|a| {
                            let asset = &estate.assets[*a];
                            asset.role == *role && (*place == Place::Any || asset.site == *home)
                        })
                        .map(|a| ((false, a), !down.contains(&(a as u32))))
                        .collect(),
                };
                absent += if found.is_empty() { weight } else { 0 };
                for (who, works) in found {
                    let entry = members.entry(who).or_insert((weight, works));
                    entry.0 = entry.0.max(weight);
                }
            }
            let all: u32 = members.values().map(|m| m.0).sum();
            let there: u32 = members.values().filter(|m| m.1).map(|m| m.0).sum();
            there >= need.k.unwrap_or(all + absent)
        };
        let next: Vec<bool> =
            (0..up.len()).map(|s| up[s] && estate.services[s].needs.iter().all(met)).collect();
        if next == up {
            return up;
        }
        up = next;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn cases_at_once_are_the_cases_one_by_one(
        estate in estates(),
        downs in proptest::collection::vec(proptest::collection::vec(0_u32..70, 0..40), 1..4),
        spread in 1_usize..500,
    ) {
        let equations = Equations::new(&estate);
        // Far apart, so that cases lie in other words and blocks; those between have nothing down.
        let count = downs.len() * spread + 1;
        let mut cases = Cases::working(estate.assets.len(), count);
        for (n, down) in downs.iter().enumerate() {
            down.iter().for_each(|asset| cases.set_down(n * spread, *asset as usize));
        }
        for site in 0..estate.sites.len() {
            let many = equations.staying_up_in(site, &cases);
            let whole = equations.staying_up(site, &[]);
            for case in 0..count {
                let down: &[u32] = if case % spread == 0 { downs.get(case / spread).map_or(&[], Vec::as_slice) } else { &[] };
                let one = if down.is_empty() { whole.clone() } else { equations.staying_up(site, down) };
                let row: Vec<bool> = (0..one.len()).map(|s| many.works(case, s)).collect();
                prop_assert_eq!(&row, &one);
            }
            for down in &downs {
                prop_assert_eq!(equations.staying_up(site, down), plainly(&estate, site, down));
            }
            for service in 0..estate.services.len() {
                let counted = (0..count).filter(|c| many.works(*c, service)).count();
                prop_assert_eq!(many.working_count(service), counted);
            }
            let both = (0..count).filter(|c| many.works(*c, 0) && many.works(*c, 3)).count();
            prop_assert_eq!(many.all_working_count(&[0, 3]), both);
        }
    }
}

#[test]
fn a_range_of_cases_is_its_cases_one_by_one() {
    for (from, to) in
        [(0, 0), (0, 1), (5, 64), (63, 65), (1, 640), (64, 128), (500, 1_030), (700, 9_999), (9, 3)]
    {
        let (mut many, mut one) = (Cases::working(3, 1_025), Cases::working(3, 1_025));
        many.set_down_in(from..to, 1);
        (from..to).for_each(|case| one.set_down(case, 1));
        assert_eq!(many, one, "{from}..{to}");
    }
    assert!(!Cases::working(3, 1_025).works(0, 3), "things begin at 0, in each block");
    let mut none = Cases::working(3, 10);
    none.set_down_in(0..10, 3);
    assert_eq!(none, Cases::working(3, 10));
}

#[test]
fn cases_and_things_that_are_not_there_are_no_panic() {
    let estate = provider();
    let equations = Equations::new(&estate);
    let mut cases = Cases::working(estate.assets.len(), 3);
    cases.set_down(7, 0);
    cases.set_down(0, 9_999);
    assert_eq!(cases.working_count(0), 3);
    assert!(!cases.works(3, 0) && !cases.works(0, 9_999));
    assert_eq!(equations.staying_up_in(99, &cases).working_count(0), 0);
    assert_eq!(equations.staying_up_in(0, &Cases::working(2, 3)).working_count(0), 0);
    assert_eq!(equations.staying_up_in(0, &Cases::working(estate.assets.len(), 0)).working_count(0), 0);
}

/// Two lines to the hub carry 60 and 40 of the load; 60 are enough for normal operation.
#[test]
fn capacity_counts_what_members_carry() {
    let mut estate = provider();
    let at = |site: &str| Component::Role {
        role: "hub-link".to_owned(),
        place: Place::Site(model::id::SiteId::new(site).expect("valid")),
    };
    let needs = |k| vec![Need { k: Some(k), of: vec![at("ruhr"), at("elbe")], weights: vec![60, 40] }];
    let service = |n, k| Service {
        id: id(n),
        name: String::new(),
        needs: needs(k),
        emergency: None,
        reaches: false,
        warm_up: None,
        weight: Weight::ONE,
    };
    estate.services = vec![service(0, 60), service(1, 40), service(2, 100), service(3, 41)];
    let link = |site: &str| {
        let is = |a: &model::estate::Asset| a.role == "hub-link" && a.site.as_str() == site;
        estate.assets.iter().position(is).expect("a link") as u32
    };
    let equations = Equations::new(&estate);
    assert_eq!(equations.staying_up(0, &[link("elbe")]), [true, true, false, true]);
    assert_eq!(equations.staying_up(0, &[link("ruhr")]), [false, true, false, false]);
}

#[test]
fn emergency_operation_goes_on_where_its_own_needs_are_met() {
    let mut estate = provider();
    let role = |name: &str| Component::Role { role: name.to_owned(), place: Place::Home };
    let hotline = Emergency {
        name: "Hotline on mobile phones".to_owned(),
        needs: vec![Need::of(None, vec![role("phone")])],
        after: Millis::HOUR,
    };
    let service = |n, emergency| Service {
        id: id(n),
        name: String::new(),
        needs: vec![Need::of(None, vec![role("mail"), role("phone")])],
        emergency,
        reaches: false,
        warm_up: None,
        weight: Weight::ONE,
    };
    estate.services = vec![service(0, Some(hotline)), service(1, None)];
    let first = |role: &str| {
        let is = |a: &model::estate::Asset| a.role == role && a.site == estate.sites[0].id;
        estate.assets.iter().position(is).expect("an asset") as u32
    };
    let equations = Equations::new(&estate);
    assert_eq!(equations.emergency(0, &[]), [true, true]);
    assert_eq!(equations.emergency(0, &[first("mail")]), [true, false]);
    assert_eq!(equations.emergency(0, &[first("phone")]), [false, false]);
    // Many cases at once, over several blocks: mail is down in every third, the phone in every seventh.
    let mut cases = Cases::working(estate.assets.len(), 2_000);
    (0..2_000).step_by(3).for_each(|case| cases.set_down(case, first("mail") as usize));
    (0..2_000).step_by(7).for_each(|case| cases.set_down(case, first("phone") as usize));
    let many = equations.emergency_in(0, &cases, &equations.staying_up_in(0, &cases));
    for case in 0..2_000 {
        let wanted = [case % 7 != 0, case % 7 != 0 && case % 3 != 0];
        assert_eq!([many.works(case, 0), many.works(case, 1)], wanted, "{case}");
    }
}
