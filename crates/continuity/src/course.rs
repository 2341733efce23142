//! Services over time in one trial.
//!
//! Service states change only at epochs, the moments at which an asset goes down or comes
//! back. All epochs of a trial are settled together ([`Cases`]). A service is down when the
//! greatest fixed point over the assets that work says so: services that need each other
//! come back together, by hand where a cold start would not do it (`read_estate` reports
//! those).

use std::collections::BTreeMap;

use model::estate::Estate;
use model::impact::Return;
use model::quantity::Millis;
use model::trial::{DownCause, Trial};

use crate::equations::Equations;
use crate::equations::cases::Cases;

/// One asset from the moment it goes down until it is back.
struct Absence {
    asset: usize,
    at: u64,
    /// When the attacker made it unusable, if he did.
    attacked: Option<u64>,
    back: u64,
}

/// A time in which a service is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Downtime {
    pub(crate) from: u64,
    pub(crate) to: u64,
    /// It would be down even if nothing had been switched off.
    pub(crate) attack: bool,
}

/// The moments of a trial and what is down from each of them to the next.
pub(crate) struct Course {
    absences: Vec<Absence>,
    epochs: Vec<u64>,
    /// What is down in fact.
    total: Cases,
    /// What would be down if nothing had been switched off; `None`: the same.
    attack: Option<Cases>,
    /// When the last asset is back.
    pub(crate) recovered: Option<Millis>,
    /// Whether assets went off once more after their return.
    pub(crate) relapsed: bool,
}

impl Course {
    pub(crate) fn new(assets: usize, trial: &Trial, returns: &[Return]) -> Self {
        let absences = absences(trial, returns);
        let mut epochs: Vec<u64> =
            absences.iter().flat_map(|a| [Some(a.at), a.attacked, Some(a.back)]).flatten().collect();
        epochs.sort_unstable();
        epochs.dedup();
        let total = cases(assets, &epochs, absences.iter().map(|a| (a.asset, a.at, a.back)));
        let by_attack = absences.iter().filter_map(|a| Some((a.asset, a.attacked?, a.back)));
        let same = absences.iter().all(|a| a.attacked == Some(a.at));
        let attack = (!same).then(|| cases(assets, &epochs, by_attack));
        let recovered = returns.iter().map(|r| r.back).max();
        let relapsed = returns.iter().any(|r| r.again.is_some());
        Self { absences, epochs, total, attack, recovered, relapsed }
    }

    /// Returns the downtimes of each service as tenants of a site see it, in the order of
    /// the estate and of time; none of what `full` says is never up.
    pub(crate) fn downtimes(&self, equations: &Equations, site: usize, full: &[bool]) -> Vec<Vec<Downtime>> {
        let up = equations.staying_up_in(site, &self.total);
        let none = self.absences.iter().all(|a| a.attacked.is_none());
        let spared = self.attack.as_ref().filter(|_| !none).map(|a| equations.staying_up_in(site, a));
        let of = |service: usize| {
            let mut found: Vec<Downtime> = Vec::new();
            for (case, pair) in self.epochs.windows(2).enumerate() {
                if up.works(case, service) {
                    continue;
                }
                let attack = !none && spared.as_ref().is_none_or(|s| !s.works(case, service));
                let (from, to) = (pair[0], pair[1]);
                match found.last_mut() {
                    Some(last) if last.to == from && last.attack == attack => last.to = to,
                    _ => found.push(Downtime { from, to, attack }),
                }
            }
            found
        };
        full.iter().enumerate().map(|(s, full)| if *full { of(s) } else { Vec::new() }).collect()
    }

    /// Returns the absences of the assets, by the order in which they come back.
    pub(crate) fn absences(&self) -> Vec<model::timeline::Absence> {
        let shown = |absence: &Absence| model::timeline::Absence {
            asset: absence.asset as u32,
            from: Millis(absence.at),
            attacked: absence.attacked.map(Millis),
            back: Millis(absence.back),
        };
        self.absences.iter().map(shown).collect()
    }

    /// Returns for each service the times in which what its emergency operation needs is
    /// missing too; the time to set it up is not looked at.
    pub(crate) fn unbridged(
        &self,
        estate: &Estate,
        equations: &Equations,
        site: usize,
    ) -> Vec<Vec<Downtime>> {
        let up = equations.staying_up_in(site, &self.total);
        let bridged = equations.emergency_in(site, &self.total, &up);
        let of = |service: usize| {
            let missing =
                self.epochs.windows(2).enumerate().filter(|(case, _)| !bridged.works(*case, service));
            missing.map(|(_, pair)| Downtime { from: pair[0], to: pair[1], attack: false }).collect()
        };
        (0..estate.services.len()).map(of).collect()
    }
}

/// Returns the states of the assets from each epoch on.
fn cases(assets: usize, epochs: &[u64], down: impl Iterator<Item = (usize, u64, u64)>) -> Cases {
    let mut cases = Cases::working(assets, epochs.len());
    for (asset, at, back) in down {
        let from = epochs.partition_point(|e| *e < at);
        let to = epochs.partition_point(|e| *e < back);
        cases.set_down_in(from..to, asset);
    }
    cases
}

fn absences(trial: &Trial, returns: &[Return]) -> Vec<Absence> {
    let mut by_asset: BTreeMap<u32, (u64, Option<u64>)> = BTreeMap::new();
    for down in &trial.down {
        let attacked = (down.cause == DownCause::Attack).then_some(down.at.0);
        let entry = by_asset.entry(down.asset).or_insert((down.at.0, attacked));
        entry.0 = entry.0.min(down.at.0);
        entry.1 = entry.1.into_iter().chain(attacked).min();
    }
    let absence = |r: &Return| {
        let (asset, back) = (r.asset as usize, r.back.0);
        if let Some(Millis(at)) = r.again {
            return Some(Absence { asset, at, attacked: None, back });
        }
        let (at, attacked) = *by_asset.get(&r.asset)?;
        Some(Absence { asset, at, attacked, back })
    };
    returns.iter().filter_map(absence).collect()
}
