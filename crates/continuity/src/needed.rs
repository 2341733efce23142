//! Who needs what: services that name an asset, and people behind it.

use model::estate::{Component, Estate};

use crate::equations::{Equations, matches, set, test};

/// Returns the services that name the asset at place `asset` for tenants of some site.
pub(crate) fn named_by(estate: &Estate, asset: usize) -> Vec<usize> {
    let asset = &estate.assets[asset];
    let names = |component: &Component| match component {
        Component::Role { role, place } => {
            estate.sites.iter().any(|site| matches(asset, role, place, &site.id))
        }
        Component::Service(_) => false,
    };
    (0..estate.services.len())
        .filter(|s| estate.services[*s].needs.iter().flat_map(|n| &n.of).any(names))
        .collect()
}

/// Returns the insured people of tenants whose services need each asset, directly or through others.
pub(crate) fn insured_by_asset(estate: &Estate, equations: &Equations) -> Vec<u64> {
    let mut insured = vec![0_u64; estate.assets.len()];
    for hosting in &estate.hostings {
        let people: u64 = estate
            .tenants
            .iter()
            .filter(|t| t.hosting == hosting.id)
            .fold(0, |sum, t| sum.saturating_add(t.insured));
        let mut needed = vec![0; equations.words];
        let mut used: Vec<usize> = hosting
            .services
            .iter()
            .filter_map(|agreed| estate.services.iter().position(|s| s.id == agreed.service))
            .flat_map(|service| equations.graph.closure(service))
            .collect();
        used.sort_unstable();
        used.dedup();
        let components = used.iter().flat_map(|s| &estate.services[*s].needs).flat_map(|n| &n.of);
        for component in components {
            let Component::Role { role, place } = component else { continue };
            let assets = estate.assets.iter().enumerate();
            for (a, _) in assets.filter(|(_, a)| matches(a, role, place, &hosting.home)) {
                set(&mut needed, a, true);
            }
        }
        for (a, sum) in insured.iter_mut().enumerate() {
            if test(&needed, a) {
                *sum = sum.saturating_add(people);
            }
        }
    }
    insured
}
