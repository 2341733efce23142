//! What data is lost: the time since the last copy that is clean and left.
//!
//! An asset that is only switched off loses nothing. One that the attacker made unusable
//! is read back from its last backup. Where the attacker had been on the asset that holds
//! the backups, every backup made since the first foothold is suspect, and the last one
//! before counts; where it made that asset unusable too, only the last copy that no network
//! reaches is left, or nothing.

use std::collections::BTreeMap;

use model::estate::{Component, Estate};
use model::id::AssetId;
use model::impact::DataLoss;
use model::quantity::Millis;
use model::trial::{Down, DownCause, Trial};

use crate::equations::{Equations, matches};

/// Where backups lie, and which data each service rests on.
#[derive(Debug, Clone)]
pub(crate) struct Backups {
    /// By asset: the asset with its backups, and the time between two of them.
    at: Vec<Option<(usize, Millis)>>,
    /// By site and service: assets with backups that the service needs, directly or through others.
    under: Vec<Vec<Vec<usize>>>,
}

impl Backups {
    pub(crate) fn new(estate: &Estate, equations: &Equations) -> Self {
        let place: BTreeMap<&AssetId, usize> =
            estate.assets.iter().enumerate().map(|(i, a)| (&a.id, i)).collect();
        let at: Vec<Option<(usize, Millis)>> = estate
            .assets
            .iter()
            .map(|a| a.backup.as_ref().and_then(|b| Some((*place.get(&b.at)?, b.every))))
            .collect();
        let under = |site: usize, service: usize| {
            let needs = equations.graph.closure(service).into_iter().flat_map(|s| &estate.services[s].needs);
            let mut found: Vec<usize> = Vec::new();
            for component in needs.flat_map(|n| &n.of) {
                let Component::Role { role, place } = component else { continue };
                let home = &estate.sites[site].id;
                let kept = (0..estate.assets.len()).filter(|a| at[*a].is_some());
                found.extend(kept.filter(|a| matches(&estate.assets[*a], role, place, home)));
            }
            found.sort_unstable();
            found.dedup();
            found
        };
        let services = 0..estate.services.len();
        let under = (0..estate.sites.len())
            .map(|site| services.clone().map(|service| under(site, service)).collect())
            .collect();
        Self { at, under }
    }

    /// Returns what each asset loses in a trial, by place; nothing for those not named.
    pub(crate) fn losses(&self, trial: &Trial) -> BTreeMap<usize, DataLoss> {
        let lost = |asset: usize| {
            trial.down.iter().any(|d| d.asset as usize == asset && d.cause == DownCause::Attack)
        };
        let loss = |down: &Down| {
            let (at, every) = (*self.at.get(down.asset as usize)?)?;
            let ages = down.copies.filter(|_| down.cause == DownCause::Attack)?;
            let loss = if lost(at) {
                ages.offline.map_or(DataLoss::All, DataLoss::Last)
            } else if trial.reached.contains(&(at as u32)) {
                let dwell = down.at.saturating_sub(trial.foothold.unwrap_or_default());
                DataLoss::Last(before(ages.online, every, dwell))
            } else {
                DataLoss::Last(ages.online)
            };
            Some((down.asset as usize, loss))
        };
        trial.down.iter().filter_map(loss).collect()
    }

    /// Returns what a service loses for tenants of a site, of what the assets lose.
    pub(crate) fn of_service(
        &self,
        losses: &BTreeMap<usize, DataLoss>,
        site: usize,
        service: usize,
    ) -> Option<DataLoss> {
        self.under[site][service].iter().filter_map(|a| losses.get(a)).max().copied()
    }

    /// Returns whether a service rests on any data with a backup for tenants of a site.
    pub(crate) fn known(&self, site: usize, service: usize) -> bool {
        !self.under[site][service].is_empty()
    }
}

/// Returns the age of the first backup that is at least `dwell` old, when the last one is
/// `age` old and one was made every `every`.
fn before(age: Millis, every: Millis, dwell: Millis) -> Millis {
    let more = dwell.saturating_sub(age).0.div_ceil(every.0.max(1));
    age.saturating_add(Millis(more.saturating_mul(every.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_backup_before_the_foothold_is_found() {
        let hours = |h: u64| Millis(h * Millis::HOUR.0);
        assert_eq!(before(hours(3), hours(24), hours(0)), hours(3));
        assert_eq!(before(hours(3), hours(24), hours(3)), hours(3));
        assert_eq!(before(hours(3), hours(24), hours(4)), hours(27));
        assert_eq!(before(hours(3), hours(24), hours(27)), hours(27));
        assert_eq!(before(hours(3), hours(24), hours(100)), hours(123));
    }
}
