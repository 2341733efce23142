//! Who needs what: services that name an asset, and people behind it.

use std::collections::BTreeMap;

use model::estate::{Asset, Component, Estate};
use model::id::SiteId;

use crate::equations::{Equations, matches, set, test};

/// The assets of each role, so that nobody looks through all of them for each need.
#[derive(Debug, Clone)]
pub(crate) struct Roles<'a> {
    assets: &'a [Asset],
    of: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Roles<'a> {
    pub(crate) fn new(estate: &'a Estate) -> Self {
        let mut of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (a, asset) in estate.assets.iter().enumerate() {
            of.entry(&asset.role).or_default().push(a);
        }
        Self { assets: &estate.assets, of }
    }

    /// Returns the assets that a component names for tenants of `home`, by place.
    pub(crate) fn named<'b>(
        &'b self,
        component: &'b Component,
        home: &'b SiteId,
    ) -> impl Iterator<Item = usize> + 'b {
        let known = match component {
            Component::Role { role, place } => self.of.get(role.as_str()).map(|list| (list, role, place)),
            Component::Service(_) => None,
        };
        known.into_iter().flat_map(move |(list, role, place)| {
            list.iter().copied().filter(move |a| matches(&self.assets[*a], role, place, home))
        })
    }
}

/// Returns for each asset the services that name it for tenants of some site, ascending.
pub(crate) fn naming(estate: &Estate, roles: &Roles<'_>) -> Vec<Vec<usize>> {
    let mut naming: Vec<Vec<usize>> = vec![Vec::new(); estate.assets.len()];
    for (s, service) in estate.services.iter().enumerate() {
        for component in service.needs.iter().flat_map(|n| &n.of) {
            for site in &estate.sites {
                for asset in roles.named(component, &site.id) {
                    if naming[asset].last() != Some(&s) {
                        naming[asset].push(s);
                    }
                }
            }
        }
    }
    naming
}

/// Returns the assets, as bits, that `services` and what they need name for tenants of `home`.
pub(crate) fn assets_under(
    estate: &Estate,
    equations: &Equations,
    roles: &Roles<'_>,
    services: impl IntoIterator<Item = usize>,
    home: &SiteId,
) -> Vec<u64> {
    let mut needed = vec![0; equations.words];
    for service in equations.graph.closure(services) {
        for component in estate.services[service].needs.iter().flat_map(|n| &n.of) {
            roles.named(component, home).for_each(|asset| set(&mut needed, asset, true));
        }
    }
    needed
}

/// Returns what an hour without each service counts for against the others: its weight, in whole
/// numbers without a common divisor, where the estate weighs its services
/// ([`Estate::weighs`]); `None` where it does not. Twice all the weights are the same counts.
pub(crate) fn counts(estate: &Estate) -> Option<Vec<u64>> {
    let all = estate.services.iter().map(|s| u64::from(s.weight.thousandths()));
    let common = all.clone().fold(0, divisor).max(1);
    estate.weighs().then(|| all.map(|w| w / common).collect())
}

/// The greatest common divisor (Euclid).
fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// Returns how much hangs on each asset, by which work is put in order: the insured people of
/// tenants whose services need it; where the estate weighs its services, those people once for
/// each of these services, times what it counts for.
pub(crate) fn urgency(estate: &Estate, equations: &Equations) -> Vec<u64> {
    let Some(counts) = counts(estate) else { return insured_by_asset(estate, equations) };
    let roles = Roles::new(estate);
    let mut urgency = vec![0_u64; estate.assets.len()];
    for hosting in &estate.hostings {
        let served = estate.tenants.iter().filter(|t| t.hosting == hosting.id);
        let people = served.fold(0, |sum: u64, t| sum.saturating_add(t.insured));
        for (s, count) in counts.iter().enumerate() {
            if hosting.services.iter().any(|agreed| agreed.service == estate.services[s].id) {
                let needed = assets_under(estate, equations, &roles, [s], &hosting.home);
                let weighed = people.saturating_mul(*count);
                for (_, sum) in urgency.iter_mut().enumerate().filter(|(a, _)| test(&needed, *a)) {
                    *sum = sum.saturating_add(weighed);
                }
            }
        }
    }
    urgency
}

/// Returns the insured people of tenants whose services need each asset, directly or through others.
pub(crate) fn insured_by_asset(estate: &Estate, equations: &Equations) -> Vec<u64> {
    let roles = Roles::new(estate);
    let place: BTreeMap<_, _> = estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect();
    let mut people: BTreeMap<_, u64> = BTreeMap::new();
    for tenant in &estate.tenants {
        let sum = people.entry(&tenant.hosting).or_default();
        *sum = sum.saturating_add(tenant.insured);
    }
    let mut insured = vec![0_u64; estate.assets.len()];
    for hosting in &estate.hostings {
        let people = people.get(&hosting.id).copied().unwrap_or(0);
        let used = hosting.services.iter().filter_map(|agreed| place.get(&agreed.service).copied());
        let needed = assets_under(estate, equations, &roles, used, &hosting.home);
        for (_, sum) in insured.iter_mut().enumerate().filter(|(a, _)| test(&needed, *a)) {
            *sum = sum.saturating_add(people);
        }
    }
    insured
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_common_divisor_is_that_of_euclid() {
        for (a, b, wanted) in [(0, 7, 7), (7, 0, 7), (12, 18, 6), (18, 12, 6), (5, 9, 1), (2_000, 500, 500)] {
            assert_eq!(divisor(a, b), wanted, "{a} {b}");
        }
    }

    /// va counts 4, vb 1, vc and ve 2, vd 8 (weights 2, 0.5, 1 and 4, by their common divisor); 600,100
    /// people have va and vb, 600 vb alone, 4,000 vc and ve. Nobody has vd, which needs a and b too.
    #[test]
    fn what_hangs_on_an_asset_is_people_times_what_their_services_count_for() {
        let text = include_bytes!("../tests/data/by_hand.yaml");
        let (estate, said) = crate::read_estate("by_hand.yaml", text).into_parts();
        let estate = estate.unwrap_or_else(|| panic!("{said:?}"));
        assert_eq!(counts(&estate), Some(vec![4, 1, 2, 8, 2]));
        let equations = Equations::new(&estate);
        assert_eq!(urgency(&estate, &equations), [4 * 600_100, 600_100 + 600, 2 * 4_000, 2 * 4_000]);
        assert_eq!(insured_by_asset(&estate, &equations), [600_100, 600_700, 4_000, 4_000]);
    }
}
