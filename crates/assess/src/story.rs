//! Which trials are told in full, and how.

use std::collections::BTreeMap;

use model::estate::Estate;
use model::id::{AssetId, SiteId};
use model::impact::{Return, TrialImpact};
use model::quantity::Ratio;
use model::scorecard::Story;
use model::trial::Trace;

/// Returns the trials to be told in full, each with why it was chosen: the median
/// and the 90 % quantile by person-hours lost, attack and containment together.
///
/// Of trials with equal loss the one with the lower number comes first. The
/// second is left out when it is the same trial as the first.
pub fn chosen_trials(impacts: &[TrialImpact]) -> Vec<(String, u32)> {
    let mut order: Vec<(u64, u32)> =
        impacts.iter().map(|i| (i.attack.0.saturating_add(i.containment.0), i.trial)).collect();
    order.sort_unstable();
    let at = |share: f64| {
        let place = (share * order.len() as f64).ceil() as usize;
        order.get(place.max(1) - 1).map(|(_, trial)| *trial)
    };
    let mut chosen = Vec::new();
    for (label, share) in [("median", 0.5), ("bad (90 % quantile)", 0.9)] {
        if let Some(trial) = at(share).filter(|t| chosen.iter().all(|(_, c)| c != t)) {
            chosen.push((label.to_owned(), trial));
        }
    }
    chosen
}

/// Returns one trial told in full, with how much of each site was down at the
/// worst moment, counted in hosts.
pub fn story(
    estate: &Estate,
    label: &str,
    impact: &TrialImpact,
    trace: Trace,
    returns: Vec<Return>,
) -> Story {
    let mut assets: Vec<AssetId> = Vec::new();
    for down in &trace.trial.down {
        let Some(asset) = estate.assets.get(down.asset as usize) else { continue };
        if !assets.contains(&asset.id) {
            assets.push(asset.id.clone());
        }
    }
    Story {
        label: label.to_owned(),
        attack: impact.attack,
        containment: impact.containment,
        sites: worst_moments(estate, &trace, &returns),
        trace,
        returns,
        assets,
    }
}

fn worst_moments(estate: &Estate, trace: &Trace, returns: &[Return]) -> BTreeMap<SiteId, Ratio> {
    let mut first: BTreeMap<u32, u64> = BTreeMap::new();
    for down in &trace.trial.down {
        let entry = first.entry(down.asset).or_insert(down.at.0);
        *entry = (*entry).min(down.at.0);
    }
    let again = returns.iter().filter_map(|r| Some((r.asset, r.again?.0)));
    let falls: Vec<(u32, u64)> = first.into_iter().chain(again).collect();
    let worst = |site: &SiteId| {
        let count = |asset: u32| {
            let known = estate.assets.get(asset as usize).filter(|a| a.site == *site);
            known.map(|a| i64::from(a.count))
        };
        // Changes in the number of hosts down; at equal times returns come first.
        let down = falls.iter().filter_map(|(asset, at)| Some((*at, count(*asset)?)));
        let back = returns.iter().filter(|r| falls.iter().any(|(asset, _)| *asset == r.asset));
        let back = back.filter_map(|r| Some((r.back.0, -count(r.asset)?)));
        let mut changes: Vec<(u64, i64)> = down.chain(back).collect();
        changes.sort_unstable();
        let (mut now, mut worst) = (0_i64, 0_i64);
        for (_, change) in changes {
            now += change;
            worst = worst.max(now);
        }
        u64::try_from(worst).unwrap_or(0)
    };
    let hosts = |site: &SiteId| -> u64 {
        estate.assets.iter().filter(|a| a.site == *site).map(|a| u64::from(a.count)).sum()
    };
    estate.sites.iter().map(|s| (s.id.clone(), Ratio::of(worst(&s.id), hosts(&s.id)))).collect()
}
