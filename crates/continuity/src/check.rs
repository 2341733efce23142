//! What can only be said about an estate as a whole.

mod weightless;

use std::collections::{BTreeMap, BTreeSet};

use model::diagnostic::Diagnostic;
use model::estate::Estate;
use model::id::{ServiceId, SiteId};
use model::quantity::Millis;
use model::recovery::Phase;

use crate::equations::{Equations, Names};
use crate::estate_file::Places;
use crate::needed::Roles;
use crate::network::Network;

/// Returns what is wrong with an estate whose parts are each right.
pub(crate) fn whole(file: &str, estate: &Estate, places: &Places) -> Vec<Diagnostic> {
    let equations = Equations::new(estate);
    let homes = homes_of_services(estate, &equations);
    let mut found = groups(file, estate, places, &homes);
    found.extend(unused(file, estate, places, &homes));
    found.extend(weightless::findings(file, estate, places));
    found.extend(unchecked_rpos(file, estate, places, &equations));
    found.extend(circular_backups(file, estate, places, &equations));
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
    let hosted: BTreeSet<_> = estate.tenants.iter().map(|t| &t.hosting).collect();
    for hosting in estate.hostings.iter().filter(|h| hosted.contains(&h.id)) {
        let services = hosting.services.iter().filter_map(|a| place.get(&a.service).copied());
        for used in equations.graph.closure(services) {
            homes[used].insert(hosting.home.clone());
        }
    }
    homes
}

fn groups(file: &str, estate: &Estate, places: &Places, homes: &[BTreeSet<SiteId>]) -> Vec<Diagnostic> {
    let names = Names::new(estate);
    let mut found = Vec::new();
    for (s, service) in estate.services.iter().enumerate() {
        for (n, need) in service.needs.iter().enumerate() {
            for home in &homes[s] {
                let (count, complete) = names.members(need, home);
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
    let hosted: BTreeSet<_> = estate.tenants.iter().map(|t| &t.hosting).collect();
    for (h, hosting) in estate.hostings.iter().enumerate() {
        if !hosted.contains(&hosting.id) {
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
    let (roles, group_of) = (Roles::new(estate), &equations.graph.group_of);
    let mut rarest: BTreeMap<&SiteId, Vec<Option<usize>>> = BTreeMap::new();
    let backed_up = |asset: usize| estate.assets[asset].backup.as_ref().map_or(Millis(0), |b| b.every);
    let mut found = Vec::new();
    for (hosting, rpos) in estate.hostings.iter().zip(&places.rpos) {
        for (agreed, rpo) in hosting.services.iter().zip(rpos) {
            let Some((line, column)) = *rpo else { continue };
            let home = &hosting.home;
            let rarest =
                rarest.entry(home).or_insert_with(|| rarest_backups(estate, equations, &roles, home));
            let (name, service) = (&hosting.id, &agreed.service);
            let rarest = place.get(&agreed.service).and_then(|s| rarest[group_of[*s]]);
            let finding = match rarest.map(|a| (backed_up(a), &estate.assets[a].id)) {
                None => {
                    let message = format!(
                        "hosting {name} has an RPO for service {service}, and no asset that it needs has a backup"
                    );
                    Diagnostic::warning(file, "estate.rpo-without-backup", message)
                        .help("add `backup` to the assets with its data, or the RPO cannot be checked")
                }
                Some((every, asset)) if agreed.rpo.is_some_and(|rpo| rpo < every) => {
                    let rpo = agreed.rpo.unwrap_or_default();
                    let message = format!(
                        "hosting {name} has an RPO of {rpo} for service {service}, and {asset} is backed up every {every}"
                    );
                    Diagnostic::warning(file, "estate.backup-above-rpo", message)
                        .help("make backups at least as often as the RPO allows, or agree on a longer one")
                }
                Some(_) => continue,
            };
            found.push(finding.at(line, column));
        }
    }
    found
}

/// Returns for each group of services the asset under it that is backed up most rarely, the
/// first of equals, for tenants of `home`.
fn rarest_backups(
    estate: &Estate,
    equations: &Equations,
    roles: &Roles<'_>,
    home: &SiteId,
) -> Vec<Option<usize>> {
    let graph = &equations.graph;
    let rarer = |a: usize, b: usize| {
        let every = |a: usize| estate.assets[a].backup.as_ref().map(|b| b.every);
        if (every(b), std::cmp::Reverse(b)) > (every(a), std::cmp::Reverse(a)) { b } else { a }
    };
    let mut found: Vec<Option<usize>> = Vec::with_capacity(graph.groups.len());
    for (g, group) in graph.groups.iter().enumerate() {
        let components = group.members.iter().flat_map(|m| &estate.services[*m].needs).flat_map(|n| &n.of);
        let own =
            components.flat_map(|c| roles.named(c, home)).filter(|a| estate.assets[*a].backup.is_some());
        let below = group.members.iter().flat_map(|m| &graph.needs[*m]).map(|n| graph.group_of[*n]);
        let below = below.filter(|b| *b != g).filter_map(|b| found[b]);
        let rarest = own.chain(below).reduce(rarer);
        found.push(rarest);
    }
    found
}

/// Warns of backups that lie on something which cannot start before their data is back.
fn circular_backups(file: &str, estate: &Estate, places: &Places, equations: &Equations) -> Vec<Diagnostic> {
    let lost = |a: usize| {
        let kept = estate.assets[a].backup.is_some();
        (
            a,
            [Phase::Rebuild, Phase::Restore]
                .into_iter()
                .filter(|p| kept || *p == Phase::Rebuild)
                .map(|p| (p, 1))
                .collect(),
        )
    };
    let network = Network::new(estate, equations, &(0..estate.assets.len()).map(lost).collect());
    let warn = |asset: &usize| {
        let about = &estate.assets[*asset];
        let at = about.backup.as_ref().map_or("", |b| b.at.as_str());
        let message = format!("the backups of {} lie on {at}, which needs {} to start", about.id, about.id);
        let (line, column) = places.backups[*asset]?;
        Some(
            Diagnostic::warning(file, "estate.backup-circle", message)
                .help("keep a copy where it can be read without that, or practise bringing it by hand")
                .at(line, column),
        )
    };
    network.circles.iter().filter_map(warn).collect()
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
        let trip = few(&trip, " -> ");
        let (line, column) = places.services[cycle[0]];
        found.push(
            Diagnostic::warning(
                file,
                "estate.service-cycle",
                format!("services need each other: {trip}"),
            )
            .help("allowed; once down they are assumed to come back together, started by hand where need be")
            .at(line, column),
        );
    }
    let used = |site: &SiteId| homes.iter().any(|h| h.contains(site));
    for deadlock in equations.deadlocks().iter().filter(|d| used(&d.site)) {
        let list = |ids: &[ServiceId]| few(&ids.iter().map(ServiceId::as_str).collect::<Vec<_>>(), ", ");
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
                    few(&deadlock.circle.iter().map(ServiceId::as_str).collect::<Vec<_>>(), " needs ")
                ),
            )
            .help(format!("start {} by hand first, and practise it", list(&deadlock.by_hand)))
            .at(line, column),
        );
    }
    found
}

/// Returns names joined, of a long list the first and how many more there are.
fn few(names: &[&str], between: &str) -> String {
    const SHOWN: usize = 12;
    match names.get(SHOWN + 1..) {
        Some(more) if !more.is_empty() => {
            let shown: Vec<&str> = names.iter().take(SHOWN).copied().collect();
            format!("{}{between}… {} more", shown.join(between), names.len() - SHOWN)
        }
        _ => names.join(between),
    }
}
