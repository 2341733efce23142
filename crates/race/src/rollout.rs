//! Payload roll-out and outflow as formulas on top of a trial.

use model::campaign::{Campaign, Effect, Spread, Step};
use model::estate::{Asset, Estate};
use model::quantity::{Millis, Quantiles, Seed};
use model::trial::Trial;

use crate::chance::{Chance, Entity, Purpose};
use crate::course::selects;
use crate::span::{Span, normal_quantile};

/// Speed of an outflow in megabytes a second, median and 90 % quantile: 21 and 217
/// (Splunk SURGe 2022, median and fastest of the samples; the fastest of about a
/// hundred stands in for the 90 % quantile, which errs on the attacker's side).
pub const OUTFLOW_SPEED: Quantiles = Quantiles { q50: 21.0, q90: 217.0 };

/// Returns how many hosts are encrypted at `at`: `min(reach, rate (t - fired))`.
///
/// `reach` is how many the attacker controls, `per_minute` the hosts a minute.
pub fn encrypted(reach: u32, per_minute: f64, fired: Millis, at: Millis) -> u32 {
    let done = per_minute.max(0.0) * at.saturating_sub(fired).minutes();
    if done >= f64::from(reach) { reach } else { done as u32 }
}

/// Returns the bytes that leave from `begin` to `end` when link, tool and egress control
/// let through at most these megabytes (10^6) a second each.
pub fn outflow_bytes(link: f64, tool: f64, egress: f64, begin: Millis, end: Millis) -> u64 {
    let speed = link.min(tool).min(egress).max(0.0);
    (speed * 1_000.0 * end.saturating_sub(begin).0 as f64) as u64
}

/// What left in one trial.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outflow {
    /// Bytes; above 0 exactly where data left at all.
    pub bytes: u64,
    /// People whose records were among them, if an attacker takes those first.
    pub people: u64,
}

/// Returns how many bytes an asset holds: its `data_gb`, at least its records; `None`
/// where neither is stated.
pub fn store_bytes(asset: &Asset) -> Option<u64> {
    let data = asset.data_gb.saturating_mul(1_000_000_000);
    let bytes = data.max(asset.records.saturating_mul(BYTES_PER_PERSON));
    (bytes > 0).then_some(bytes)
}

/// Returns what left in each trial.
///
/// Data leaves an asset from the moment the outflow step is done until its own way is
/// stopped ([`model::trial::Leak`]), at most as much as lies there; its speed is drawn once
/// per trial from `speed`, in megabytes a second.
pub fn outflows(estate: &Estate, trials: &[Trial], speed: Quantiles, seed: Seed) -> Vec<Outflow> {
    let entity = Entity::named("outflow", "speed");
    let one = |trial: &Trial| {
        let u = Chance::new(seed, trial.index).uniform(entity, Purpose::Size, 0);
        let megabytes = match Span::elicited(speed) {
            Span::LogNormal { mu, sigma } => libm::exp(mu + sigma * normal_quantile(u)),
            Span::Exponential { mean } => mean,
        };
        let mut sum = Outflow::default();
        for (asset, time) in open_times(trial) {
            let Some(asset) = estate.assets.get(asset as usize) else { continue };
            // What has begun has moved something.
            let moved = outflow_bytes(megabytes, f64::MAX, f64::MAX, Millis(0), time).max(1);
            let bytes = store_bytes(asset).map_or(moved, |store| moved.min(store));
            sum.bytes = sum.bytes.saturating_add(bytes);
            sum.people = sum.people.saturating_add(asset.records.min(bytes / BYTES_PER_PERSON));
        }
        sum
    };
    trials.iter().map(one).collect()
}

/// Returns for how long data left each asset; two ways out of one asset at once count once.
fn open_times(trial: &Trial) -> Vec<(u32, Millis)> {
    let mut leaks = trial.leaks.clone();
    leaks.sort_by_key(|l| (l.asset, l.from, l.to));
    let mut times: Vec<(u32, Millis)> = Vec::new();
    let mut until = Millis(0);
    for leak in leaks {
        match times.last_mut() {
            Some((asset, time)) if *asset == leak.asset => {
                *time = time.saturating_add(leak.to.saturating_sub(leak.from.max(until)));
                until = until.max(leak.to);
            }
            _ => {
                times.push((leak.asset, leak.to.saturating_sub(leak.from)));
                until = leak.to;
            }
        }
    }
    times
}

/// Bytes of one insured person in a set that was offered for sale: 130 MB for about
/// 330,000 people (January 2023; golem of 27 April 2023, c't 6/2023).
pub const BYTES_PER_PERSON: u64 = 394;

/// Returns the records of insured people that the outflow steps of a campaign can
/// reach: of a step that is done once, those of the largest store it may be done on.
pub fn records_at_risk(estate: &Estate, campaign: &Campaign) -> u64 {
    let reached = |step: &Step| {
        let records = estate.assets.iter().filter(|a| selects(&step.targets, a)).map(|a| a.records);
        match step.spread {
            Spread::Once => records.max().unwrap_or(0),
            Spread::PerSite | Spread::PerAsset => records.sum(),
        }
    };
    // Several steps may reach the same store; the largest is a lower bound for all.
    campaign.steps.iter().filter(|s| s.effect == Effect::Outflow).map(reached).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terabyte_takes_thirteen_hours_or_77_minutes() {
        // Published pair: 21 MB/s is 1 TB in 13 h, 217 MB/s in 77 min.
        for (speed, minutes) in [(21.0, 793.7), (217.0, 76.8)] {
            let end = Millis::from_minutes(minutes);
            let bytes = outflow_bytes(speed, 1e9, 1e9, Millis(0), end);
            assert!((bytes as f64 / 1e12 - 1.0).abs() < 1e-3, "{speed}: {bytes}");
        }
        assert_eq!(outflow_bytes(21.0, 5.0, 9.0, Millis(1_000), Millis(2_000)), 5_000_000);
        assert_eq!(outflow_bytes(21.0, 5.0, -9.0, Millis(0), Millis(2_000)), 0);
    }

    #[test]
    fn encryption_stops_at_what_is_reached() {
        let minute = |m: u64| Millis(m * 60_000);
        for (at, hosts) in [(0, 0), (10, 0), (11, 30), (13, 90), (14, 100), (900, 100)] {
            assert_eq!(encrypted(100, 30.0, minute(10), minute(at)), hosts, "minute {at}");
        }
    }
}
