//! What is assumed of the recovery: times of its phases, teams, backups, warm-up, relapse.

use std::collections::{BTreeMap, BTreeSet};

use model::estate::{Asset, Estate, Weight};
use model::quantity::{Millis, Quantiles};
use model::recovery::{Backup, Reconnect};

/// Returns what the return of an asset takes, part by part.
fn parts(asset: &Asset) -> Vec<(&'static str, Quantiles)> {
    let phases = [
        ("examine", asset.phases.examine),
        ("clean", asset.phases.clean),
        ("verify", asset.phases.verify),
        ("release", asset.phases.release),
    ];
    let stated = phases.into_iter().filter_map(|(name, time)| Some((name, time?)));
    [("restart", asset.restart), ("restore", asset.restore)].into_iter().chain(stated).collect()
}

/// Returns the times of a return by role, the same once, and when a relapse is noticed.
pub(super) fn times(estate: &Estate) -> Vec<(String, Quantiles)> {
    let mut roles: BTreeMap<&str, Vec<Vec<(&'static str, Quantiles)>>> = BTreeMap::new();
    for asset in &estate.assets {
        let (known, parts) = (roles.entry(&asset.role).or_default(), parts(asset));
        if !known.contains(&parts) {
            known.push(parts);
        }
    }
    let named = |role: &str, parts: Vec<(&str, Quantiles)>| -> Vec<(String, Quantiles)> {
        parts.into_iter().map(|(part, time)| (format!("{part}: {role}"), time)).collect()
    };
    let returns = roles.into_iter().flat_map(|(role, all)| all.into_iter().flat_map(move |p| named(role, p)));
    let relapse = estate.recovery.relapse.map(|odds| ("relapse is found".to_owned(), odds.seen));
    returns.chain(relapse).collect()
}

/// Returns the figures that are stated, by name.
pub(super) fn figures(estate: &Estate) -> Vec<(&'static str, String)> {
    let mut figures = Vec::new();
    if let Some(teams) = estate.recovery.forensic_teams {
        figures.push(("forensics", format!("{teams} teams for all sites together")));
    }
    let scope = match estate.recovery.reconnect {
        Reconnect::All => {
            "the last action of the response and the last part that goes down, for the whole estate"
        }
        Reconnect::Site => "the last part that goes down at a site, for each site",
    };
    let quiet = estate.soc.quiet;
    let told = format!(
        "given {quiet} (soc: quiet, an assumption) after {scope}; what is ready is reconnected then, so that \
         no outage by a cut is shorter"
    );
    figures.push(("all-clear", told));
    let weights = estate.services.iter().filter(|s| s.weight != Weight::ONE);
    let weights: Vec<String> = weights.map(|s| format!("{} {}", s.id, s.weight.get())).collect();
    if !weights.is_empty() {
        figures.push(("weights", format!("{}; all other services 1", weights.join(", "))));
    }
    let rates: Vec<String> = estate
        .sites
        .iter()
        .filter_map(|s| Some(format!("{} GB/h at {}", s.restore_gb_per_hour?, s.id)))
        .collect();
    if !rates.is_empty() {
        figures.push(("read back", rates.join(", ")));
    }
    figures.extend(backups(estate).map(|told| ("backups", told)));
    let warm: Vec<String> =
        estate.services.iter().filter_map(|s| Some((s, s.warm_up?))).map(warm_up).collect();
    if !warm.is_empty() {
        figures.push(("warm-up", warm.join("; ")));
    }
    if let Some(odds) = estate.recovery.relapse {
        let chance = 100.0 * odds.chance.get();
        figures.push(("relapse", format!("something is found again after {chance:.0} % of the recoveries")));
    }
    figures
}

fn warm_up((service, warm): (&model::estate::Service, model::recovery::WarmUp)) -> String {
    format!(
        "{} is asked {} times the usual at first, fading over {}, and carries {} times",
        service.id, warm.surge, warm.fades, warm.headroom
    )
}

/// Returns how many asset classes have backups, and how often they are made.
fn backups(estate: &Estate) -> Option<String> {
    let all: Vec<&Backup> = estate.assets.iter().filter_map(|a| a.backup.as_ref()).collect();
    let every = |times: BTreeSet<Millis>| {
        let times: Vec<String> = times.iter().map(ToString::to_string).collect();
        times.join(" or ")
    };
    let online = every(all.iter().map(|b| b.every).collect());
    let offline = every(all.iter().filter_map(|b| b.offline).collect());
    let apart =
        if offline.is_empty() { "never offline".to_owned() } else { format!("offline every {offline}") };
    let classes = crate::number::plural(all.len() as u64, "asset class", "asset classes");
    (!all.is_empty()).then(|| format!("of {classes} every {online}; {apart}"))
}
