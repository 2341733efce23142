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
