//! What of an estate could be lost without costing anybody anything: a slip, more often than not.

use model::diagnostic::Diagnostic;
use model::estate::Estate;

use crate::estate_file::Places;
use crate::needed::{Roles, naming};

/// Insured people of one tenant beyond which the number is hard to believe: more than any
/// health insurer in Europe has (AOK together: 27 million; NHS England: 58 million).
const MANY: u64 = 100_000_000;

/// Returns the findings.
pub(super) fn findings(file: &str, estate: &Estate, places: &Places) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (h, hosting) in estate.hostings.iter().enumerate().filter(|(_, h)| h.services.is_empty()) {
        let message =
            format!("hosting {} has no services, so no outage costs its tenants anything", hosting.id);
        let (line, column) = places.hostings[h];
        let d = Diagnostic::warning(file, "estate.no-services", message);
        found.push(d.help("list the services under `services`, each with rto and mtpd").at(line, column));
    }
    let served = |hosting: &model::estate::Hosting| {
        !hosting.services.is_empty() && estate.tenants.iter().any(|t| t.hosting == hosting.id)
    };
    if !estate.hostings.iter().any(served) {
        let message = "no tenant uses any service, so that no outage would cost anybody anything";
        let d = Diagnostic::error(file, "estate.nobody-served", message);
        found.push(d.help("give a hosting its services, and a tenant that hosting"));
    }
    let naming = naming(estate, &Roles::new(estate));
    let holds_copies = |id: &model::id::AssetId| {
        estate.assets.iter().any(|a| a.backup.as_ref().is_some_and(|b| b.at == *id))
    };
    for (a, asset) in estate
        .assets
        .iter()
        .enumerate()
        .filter(|(a, asset)| naming[*a].is_empty() && !holds_copies(&asset.id))
    {
        let message = format!(
            "no service needs asset {} (role {}), so its loss costs nobody anything",
            asset.id, asset.role
        );
        let (line, column) = places.assets[a];
        let d = Diagnostic::note(file, "estate.unneeded-asset", message);
        found.push(
            d.help("name its role under `needs` of a service; right only for what attackers pass through")
                .at(line, column),
        );
    }
    for (t, tenant) in estate.tenants.iter().enumerate().filter(|(_, t)| t.insured > MANY) {
        let message = format!("tenant {} has {} people", tenant.id, tenant.insured);
        let d = Diagnostic::warning(file, "estate.absurd-insured", message);
        let (line, column) = places.tenants[t];
        found.push(d.help("write the number of people, without thousands or decimals").at(line, column));
    }
    found
}
