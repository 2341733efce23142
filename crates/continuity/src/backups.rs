//! What data is lost: the time since the last copy that is clean and left.
//!
//! An asset that is only switched off loses nothing. One that the attacker made unusable
//! is read back from its last backup. Where the attacker had been on the asset that holds
//! the backups, every backup made since the first foothold is suspect, and the last one
//! before counts; where it made that asset unusable too, only the last copy that no network
//! reaches is left, or nothing.

use std::collections::BTreeMap;

use model::estate::Estate;
use model::id::{AssetId, SiteId};
use model::impact::DataLoss;
use model::quantity::Millis;
use model::trial::{Down, DownCause, Trial};

use crate::equations::{Equations, set, test};
use crate::needed::Roles;

/// Where backups lie, and which data each service rests on.
#[derive(Debug, Clone)]
pub(crate) struct Backups {
    /// By asset: the asset with its backups, and the time between two of them.
    at: Vec<Option<(usize, Millis)>>,
    /// By asset: its place among those with backups.
    bit: Vec<Option<usize>>,
    /// By service: its group.
    group_of: Vec<usize>,
    /// By site and group: assets with backups that it needs, directly or through others, as bits.
    under: Vec<Vec<Vec<u64>>>,
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
        let roles = Roles::new(estate);
        let mut kept = 0..;
        let bit: Vec<Option<usize>> = at.iter().map(|a| a.and_then(|_| kept.next())).collect();
        let under =
            estate.sites.iter().map(|site| under(estate, equations, &roles, &bit, &site.id)).collect();
        Self { at, bit, group_of: equations.graph.group_of.clone(), under }
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
        let mut losses = BTreeMap::new();
        for (asset, loss) in trial.down.iter().filter_map(loss) {
            let known = losses.entry(asset).or_insert(loss);
            *known = loss.max(*known);
        }
        losses
    }

    /// Returns what a service loses for tenants of a site, of what the assets lose.
    pub(crate) fn of_service(
        &self,
        losses: &BTreeMap<usize, DataLoss>,
        site: usize,
        service: usize,
    ) -> Option<DataLoss> {
        let under = &self.under[site][self.group_of[service]];
        let rests = |asset: usize| self.bit[asset].is_some_and(|bit| test(under, bit));
        losses.iter().filter(|(asset, _)| rests(**asset)).map(|(_, loss)| *loss).max()
    }

    /// Returns whether a service rests on any data with a backup for tenants of a site.
    pub(crate) fn known(&self, site: usize, service: usize) -> bool {
        self.under[site][self.group_of[service]].iter().any(|word| *word != 0)
    }
}

/// Returns for each group of services the assets with backups, by `bit`, that it needs for
/// tenants of `home`, directly or through others: needed groups come first, so each is the union of its own and
/// of what lies below.
fn under(
    estate: &Estate,
    equations: &Equations,
    roles: &Roles<'_>,
    bit: &[Option<usize>],
    home: &SiteId,
) -> Vec<Vec<u64>> {
    let words = bit.iter().flatten().max().map_or(0, |last| last / 64 + 1);
    let graph = &equations.graph;
    let mut found: Vec<Vec<u64>> = Vec::with_capacity(graph.groups.len());
    for (g, group) in graph.groups.iter().enumerate() {
        let mut bits = vec![0_u64; words];
        for &member in &group.members {
            let components = estate.services[member].needs.iter().flat_map(|n| &n.of);
            for asset in components.flat_map(|c| roles.named(c, home)) {
                bit[asset].into_iter().for_each(|n| set(&mut bits, n, true));
            }
            for below in graph.needs[member].iter().map(|n| graph.group_of[*n]).filter(|b| *b != g) {
                bits.iter_mut().zip(&found[below]).for_each(|(word, more)| *word |= more);
            }
        }
        found.push(bits);
    }
    found
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
