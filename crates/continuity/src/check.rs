//! What can only be said about an estate as a whole.

use std::collections::{BTreeMap, BTreeSet};

use model::diagnostic::Diagnostic;
use model::estate::{Component, Estate};
use model::id::{ServiceId, SiteId};

use crate::equations::{Equations, matches, members};
use crate::estate_file::Places;

/// Returns what is wrong with an estate whose parts are each right.
pub(crate) fn whole(file: &str, estate: &Estate, places: &Places) -> Vec<Diagnostic> {
    let equations = Equations::new(estate);
    let homes = homes_of_services(estate, &equations);
    let mut found = groups(file, estate, places, &homes);
    found.extend(unused(file, estate, places, &homes));
    found.extend(unchecked_rpos(file, estate, places, &equations));
    if found.iter().all(|d| d.code != "estate.need-too-large" && d.code != "estate.role-absent") {
        found.extend(cycles(file, estate, places, &equations, &homes));
    }
    found
}

fn places_of_services(estate: &Estate) -> BTreeMap<&ServiceId, usize> {
    estate.services.iter().enumerate().map(|(i, s)| (&s.id, i)).collect()
}

/// Returns for each service the home sites from which some tenant uses it, directly or through others.
fn homes_of_services(estate: &Estate, equations: &Equations) -> Vec<BTreeSet<SiteId>> {
    let place = places_of_services(estate);
    let mut homes = vec![BTreeSet::new(); estate.services.len()];
    for hosting in estate.hostings.iter().filter(|h| estate.tenants.iter().any(|t| t.hosting == h.id)) {
        for service in hosting.services.iter().filter_map(|a| place.get(&a.service)) {
            for used in equations.graph.closure(*service) {
                homes[used].insert(hosting.home.clone());
            }
        }
    }
    homes
}

fn groups(file: &str, estate: &Estate, places: &Places, homes: &[BTreeSet<SiteId>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (s, service) in estate.services.iter().enumerate() {
        for (n, need) in service.needs.iter().enumerate() {
            for home in &homes[s] {
                let (count, complete) = members(estate, need, home);
                let too_large = need.k.is_some_and(|k| u64::from(k) > count);
                let diagnostic = if need.k.is_none() && !complete {
                    let message = format!(
                        "service {} is used from {home}, where a role it needs has no asset",
                        service.id
                    );
                    let help = format!("add an asset of that role at {home}, or name another place in `at`");
                    Diagnostic::error(file, "estate.role-absent", message).help(help)
                } else if too_large && count == 0 {
                    let message = format!(
                        "service {} is used from {home}, where nothing it needs here exists",
                        service.id
                    );
                    let help = format!("add an asset of that role at {home}, or name another place in `at`");
                    Diagnostic::error(file, "estate.role-absent", message).help(help)
                } else if too_large {
                    let k = need.k.unwrap_or(0);
                    let message = format!("service {} needs {k} of {count} members at {home}", service.id);
                    Diagnostic::error(file, "estate.need-too-large", message)
                        .help(format!("`need` can be at most {count}; a role counts its asset classes"))
                } else {
                    continue;
                };
                let (line, column) = places.needs[s][n];
                found.push(diagnostic.at(line, column));
            }
        }
    }
    found
}

fn unused(file: &str, estate: &Estate, places: &Places, homes: &[BTreeSet<SiteId>]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (s, service) in estate.services.iter().enumerate().filter(|(s, _)| homes[*s].is_empty()) {
        let (line, column) = places.services[s];
        found.push(
            Diagnostic::warning(
                file,
                "estate.unused-service",
                format!("no tenant uses service {}", service.id),
            )
            .help("add it to a hosting, or remove it")
            .at(line, column),
        );
    }
    for (h, hosting) in estate.hostings.iter().enumerate() {
        if !estate.tenants.iter().any(|t| t.hosting == hosting.id) {
            let (line, column) = places.hostings[h];
            found.push(
                Diagnostic::warning(
                    file,
                    "estate.unused-hosting",
                    format!("no tenant has hosting {}", hosting.id),
                )
                .help("give it to a tenant, or remove it")
                .at(line, column),
            );
        }
    }
    found
}

/// Warns of each RPO on a service that rests on no asset with a backup.
fn unchecked_rpos(file: &str, estate: &Estate, places: &Places, equations: &Equations) -> Vec<Diagnostic> {
    let place = places_of_services(estate);
    let mut found = Vec::new();
    for (hosting, rpos) in estate.hostings.iter().zip(&places.rpos) {
        for (agreed, rpo) in hosting.services.iter().zip(rpos) {
            let Some((line, column)) = *rpo else { continue };
            let used = place.get(&agreed.service).map_or_else(Vec::new, |s| equations.graph.closure(*s));
            if has_backup(estate, &used, &hosting.home) {
                continue;
            }
            let message = format!(
                "hosting {} has an RPO for service {}, and no asset that it needs has a backup",
                hosting.id, agreed.service
            );
            found.push(
                Diagnostic::warning(file, "estate.rpo-without-backup", message)
                    .help("add `backup` to the assets with its data, or the RPO cannot be checked")
                    .at(line, column),
            );
        }
    }
    found
}

/// Returns whether an asset that one of the services names has a backup, seen from `home`.
fn has_backup(estate: &Estate, services: &[usize], home: &SiteId) -> bool {
    let kept = |component: &Component| match component {
        Component::Role { role, place } => {
            estate.assets.iter().any(|a| a.backup.is_some() && matches(a, role, place, home))
        }
        Component::Service(_) => false,
    };
    services.iter().flat_map(|s| &estate.services[*s].needs).flat_map(|n| &n.of).any(kept)
}

fn cycles(
    file: &str,
    estate: &Estate,
    places: &Places,
    equations: &Equations,
    homes: &[BTreeSet<SiteId>],
) -> Vec<Diagnostic> {
    let name = |s: usize| estate.services[s].id.as_str();
    let mut found = Vec::new();
    for cycle in equations.graph.cycles() {
        let trip: Vec<&str> = equations.graph.round_trip(cycle).into_iter().map(name).collect();
        let (line, column) = places.services[cycle[0]];
        found.push(
            Diagnostic::warning(
                file,
                "estate.service-cycle",
                format!("services need each other: {}", trip.join(" -> ")),
            )
            .help("allowed; once down they are assumed to come back together, started by hand where need be")
            .at(line, column),
        );
    }
    let used = |site: &SiteId| homes.iter().any(|h| h.contains(site));
    for deadlock in equations.deadlocks().iter().filter(|d| used(&d.site)) {
        let list = |ids: &[ServiceId]| ids.iter().map(ServiceId::as_str).collect::<Vec<_>>().join(", ");
        let first = estate.services.iter().position(|s| deadlock.services.first() == Some(&s.id));
        let (line, column) = places.services[first.unwrap_or(0)];
        found.push(
            Diagnostic::warning(
                file,
                "estate.black-start",
                format!(
                    "from cold, {} cannot come up by itself at {}: {}",
                    list(&deadlock.services),
                    deadlock.site,
                    deadlock.circle.iter().map(ServiceId::as_str).collect::<Vec<_>>().join(" needs ")
                ),
            )
            .help(format!("start {} by hand first, and practise it", list(&deadlock.by_hand)))
            .at(line, column),
        );
    }
    found
}
