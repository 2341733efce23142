//! Legal clocks: who must tell whom by when, and the chance that it is done.
//!
//! The list is `clocks.tsv` beside this crate's manifest; laws and hours are from it,
//! the times to prepare a report are assumptions (median and 90 % quantile, log-normal).
//! A clock starts at knowledge: for the provider at the declaration of the incident, for
//! a tenant when the provider has told it. A report is sent when it is ready and the
//! sender can be heard: at a moment at which a service that reaches people outside runs,
//! in emergency operation at least. So an insurer whose phone and mail are gone for
//! three weeks misses its clock however fast it writes.

use model::quantity::{Millis, Quantiles, Ratio};

/// Time until the provider has told its tenants, an assumption.
pub(crate) const TOLD: Millis = Millis(4 * Millis::HOUR.0);

/// One line of the list.
#[derive(Debug, Clone)]
pub(crate) struct Duty {
    pub(crate) key: &'static str,
    pub(crate) who: &'static str,
    pub(crate) within: Option<Millis>,
    pub(crate) takes: Option<Quantiles>,
    pub(crate) law: &'static str,
    pub(crate) source: &'static str,
}

/// Returns the list.
pub(crate) fn duties() -> Vec<Duty> {
    let hours = |cell: &str| cell.parse().ok().map(|h: u64| Millis(h * Millis::HOUR.0));
    include_str!("../clocks.tsv")
        .lines()
        .skip(1)
        .filter_map(|line| {
            let cells: Vec<&'static str> = line.split('\t').collect();
            let [key, who, within, typical, slow, law, source] = cells[..] else { return None };
            let takes = hours(typical)
                .zip(hours(slow))
                .and_then(|(typical, slow)| Quantiles::new(typical.minutes(), slow.minutes()));
            Some(Duty { key, who, within: hours(within), takes, law, source })
        })
        .collect()
}

impl Duty {
    /// Returns the chance that a report is sent in time by somebody who knows since
    /// `knows` and cannot be heard in the `silent` spans, which are sorted and apart.
    pub(crate) fn met(&self, knows: Millis, silent: &[(Millis, Millis)]) -> Option<Ratio> {
        let deadline = knows.saturating_add(self.within?);
        let takes = self.takes?;
        // The last moment at which a ready report still leaves in time.
        let last = match silent.iter().find(|(from, to)| *from < deadline && deadline < *to) {
            Some((from, _)) => *from,
            None => deadline,
        };
        let room = last.saturating_sub(knows).minutes();
        if room <= 0.0 {
            return Some(Ratio::ZERO);
        }
        // The distribution function of the log-normal.
        let z = (libm::log(room) - takes.mu()) / takes.sigma().max(1e-9);
        Some(Ratio::clamped(0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_a_clock_has_hours_and_work_or_neither() {
        let list = duties();
        assert_eq!(list.len(), include_str!("../clocks.tsv").lines().count() - 1);
        assert!(list.iter().all(|d| d.within.is_some() == d.takes.is_some()));
        assert!(list.iter().all(|d| !d.source.is_empty()));
        assert!(list.iter().all(|d| ["provider", "insurer", "kritis-insurer"].contains(&d.who)));
    }

    #[test]
    fn a_report_is_in_time_as_often_as_it_is_ready_and_can_leave() {
        let duty = duties().into_iter().find(|d| d.key == "gdpr-33-1").expect("in the list");
        let at = |hours: u64| Millis(hours * Millis::HOUR.0);
        let chance = |silent: &[(Millis, Millis)]| duty.met(at(10), silent).expect("has hours").get();
        // Median 36 h and 90 % at 66 h: 72 h are enough in more than nine of ten cases.
        assert!(chance(&[]) > 0.9 && chance(&[]) < 1.0);
        assert_eq!(chance(&[(at(0), at(60))]), chance(&[]), "silence that ends in time costs nothing");
        assert_eq!(
            chance(&[(at(50), at(82))]),
            chance(&[]),
            "heard again in the last moment of 10 + 72 hours"
        );
        assert!(chance(&[(at(50), at(83))]) < chance(&[]));
        let half = chance(&[(at(46), at(500))]);
        assert!((half - 0.5).abs() < 1e-9, "only what is ready after 36 h leaves: {half}");
        assert_eq!(chance(&[(at(0), at(500))]), 0.0);
    }
}
