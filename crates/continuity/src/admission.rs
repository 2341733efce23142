//! Re-admission of tenants to a service that has returned.
//!
//! Users just let in ask for `m` times the usual (`surge`: retries, cold caches), which
//! fades with the time constant tau (`fades`). A service carries `h` times the usual load
//! of all its users (`headroom`). Letting them in exactly as fast as it can carry, with L
//! people in all, the people A(t) that are in after a time t obey
//!
//! ```text
//! A + (m - 1) S = h L,   dS/dt = dA/dt - S / tau   =>   dA/dt = (h L - A) / (m tau)
//! A(t) = h L (1 - (1 - 1/m) exp(-t / (m tau)))
//! ```
//!
//! so the first `x` people are in at `m tau ln((1 - 1/m) h L / (h L - x))`, at once where
//! that is negative. Critical infrastructure comes first, then the smaller tenants, so
//! that most tenants are served soonest. An outage shorter than tau leaves caches warm and
//! nobody retrying: no stages then.
//!
//! Where everybody is let back at once and `m > h`, the overload keeps itself up (Bronson
//! et al. 2021, Huang et al. 2022); it is taken to be noticed after tau, and then they are
//! let back in stages.

use std::collections::BTreeMap;

use model::estate::{Estate, Service, Tenant};
use model::quantity::Millis;
use model::recovery::{Readmission, WarmUp};

/// How tenants of one home site return to one service.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Outages shorter than this leave no stages.
    pub(crate) fades: Millis,
    /// Load if all returned at once, as a multiple of what the service can carry.
    pub(crate) overload: f64,
    /// Places of the tenants in the order in which they return, with the time from the
    /// return of the service until the last of their people is in.
    pub(crate) order: Vec<(usize, Millis)>,
    /// The same times by place of the tenant.
    waits: BTreeMap<usize, Millis>,
}

impl Line {
    /// Returns the stages of a service for tenants of a site; `None` where all return at
    /// once without harm.
    fn new(estate: &Estate, service: &Service, site: usize) -> Option<Self> {
        let warm = service.warm_up?;
        let overload = warm.surge / warm.headroom;
        if overload <= 1.0 {
            return None;
        }
        let site = &estate.sites[site].id;
        let uses = |tenant: &Tenant| {
            estate.hostings.iter().any(|h| {
                h.id == tenant.hosting
                    && h.home == *site
                    && h.services.iter().any(|a| a.service == service.id)
            })
        };
        let mut tenants: Vec<usize> =
            (0..estate.tenants.len()).filter(|t| uses(&estate.tenants[*t])).collect();
        tenants.sort_by(|a, b| {
            let key =
                |t: usize| (!estate.tenants[t].kritis(), estate.tenants[t].insured, &estate.tenants[t].id);
            key(*a).cmp(&key(*b))
        });
        let people: Vec<u64> = tenants.iter().map(|t| estate.tenants[*t].insured).collect();
        let noticed = match estate.recovery.readmission {
            Readmission::Staged => Millis(0),
            Readmission::AtOnce => warm.fades,
        };
        let times = admitted(&people, warm).into_iter().map(|t| t.saturating_add(noticed));
        let order: Vec<(usize, Millis)> = tenants.into_iter().zip(times).collect();
        let waits = order.iter().copied().collect();
        Some(Self { fades: warm.fades, overload, order, waits })
    }

    /// Returns how long the people of the tenants at these places wait in the mean.
    pub(crate) fn mean_wait(&self, estate: &Estate, tenants: &[usize]) -> Millis {
        let insured = |t: usize| u128::from(estate.tenants[t].insured);
        let people: u128 = tenants.iter().map(|t| insured(*t)).sum();
        let waited: u128 = tenants.iter().map(|t| insured(*t) * u128::from(self.wait(*t).0)).sum();
        Millis(u64::try_from(waited / people.max(1)).unwrap_or(u64::MAX))
    }

    /// Returns how long a tenant waits after its service has returned.
    pub(crate) fn wait(&self, tenant: usize) -> Millis {
        self.waits.get(&tenant).copied().unwrap_or_default()
    }
}

/// Returns when each of the groups of people is in, in their order, from the return of the
/// service on, in whole minutes. All are in at some time, as `headroom` is above 1.
pub(crate) fn admitted(people: &[u64], warm: WarmUp) -> Vec<Millis> {
    let all: f64 = people.iter().map(|p| *p as f64).sum();
    let carried = warm.headroom * all;
    let mut inside = 0.0;
    let time = |people: &u64| {
        inside += *people as f64;
        let time = libm::log((1.0 - 1.0 / warm.surge) * carried / (carried - inside));
        let minutes = warm.surge * warm.fades.minutes() * time;
        if minutes.is_finite() { Millis::from_minutes(minutes.max(0.0).round()) } else { Millis(0) }
    };
    people.iter().map(time).collect()
}

/// Returns the lines of all services at all sites, by site and then by service.
pub(crate) fn lines(estate: &Estate) -> Vec<Vec<Option<Line>>> {
    let line = |site, service: &Service| Line::new(estate, service, site);
    (0..estate.sites.len()).map(|site| estate.services.iter().map(|s| line(site, s)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warm(surge: f64, headroom: f64) -> WarmUp {
        WarmUp { surge, fades: Millis(120 * 60_000), headroom }
    }

    /// Lets people in minute by minute as capacity allows, and returns when each group is in.
    fn minute_by_minute(people: &[u64], warm: WarmUp) -> Vec<f64> {
        let step = 0.05;
        let keeps = f64::exp(-step / warm.fades.minutes());
        let all: f64 = people.iter().map(|p| *p as f64).sum();
        let (mut inside, mut fresh, mut time) = (0.0, 0.0, 0.0);
        let mut times = Vec::new();
        let mut sums = people.iter().scan(0.0, |sum, p| {
            *sum += *p as f64;
            Some(*sum)
        });
        let mut next = sums.next();
        while let Some(wanted) = next {
            let room = (warm.headroom * all - inside - (warm.surge - 1.0) * fresh) / warm.surge;
            let enter = room.min(all - inside).max(0.0);
            inside += enter;
            fresh += enter;
            if inside >= wanted - 1e-6 * all {
                times.push(time);
                next = sums.next();
            } else {
                time += step;
                fresh *= keeps;
            }
        }
        times
    }

    #[test]
    fn the_formula_is_what_letting_people_in_minute_by_minute_gives() {
        let people = [40_000, 250_000, 90_000, 1_200_000, 20_000];
        for (surge, headroom) in [(3.0, 1.4), (5.0, 1.1), (2.0, 1.9), (1.5, 1.2)] {
            let exact = admitted(&people, warm(surge, headroom));
            for (exact, slow) in exact.iter().zip(minute_by_minute(&people, warm(surge, headroom))) {
                let gap = (exact.minutes() - slow).abs();
                assert!(gap < 1.0 + 0.005 * slow, "{surge} {headroom}: {exact} against {slow} min");
            }
        }
    }

    #[test]
    fn the_more_it_carries_and_the_less_they_ask_the_sooner_all_are_in() {
        let people = [10_000; 20];
        let last = |surge, headroom| admitted(&people, warm(surge, headroom))[19];
        assert_eq!(last(1.5, 1.5), Millis(0), "it carries what all ask for");
        assert!(last(3.0, 1.2) > last(3.0, 1.5));
        assert!(last(4.0, 1.5) > last(3.0, 1.5));
        let times = admitted(&people, warm(3.0, 1.2));
        assert!(times.is_sorted(), "{times:?}");
        // A known value: m tau ln((1 - 1/m) h / (h - 1)).
        let minutes = 3.0 * 120.0 * ((1.0 - 1.0 / 3.0) * 1.2 / 0.2_f64).ln();
        assert_eq!(times[19], Millis::from_minutes(minutes.round()));
    }
}
