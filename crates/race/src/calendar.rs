//! The hours of the week, as far as attackers mind them.

use model::quantity::Millis;

use crate::chance::{Chance, Entity, Purpose};

const WEEK: u64 = 7 * Millis::DAY.0;

/// Office hours from Monday to Friday: 8 to 18 o'clock, as the sources of the share of
/// launches outside business hours count them (Sophos 2023: 81 to 90 %).
const OFFICE: std::ops::Range<u64> = 8 * Millis::HOUR.0..18 * Millis::HOUR.0;

/// Office days, from Monday.
const OFFICE_DAYS: u64 = 5;

/// Returns the moment of the week, from Monday 0 o'clock, in which a trial starts: any
/// hour is as likely as any other.
pub(crate) fn start(chance: Chance, campaign: Entity) -> Millis {
    let hour = (chance.uniform(campaign, Purpose::StartHour, 0) * 168.0) as u64;
    Millis(hour * Millis::HOUR.0)
}

/// Returns how long it is from `at` in a trial that starts at `start` of the week until
/// nobody is in the office; nothing outside office hours.
pub(crate) fn until_off_hours(start: Millis, at: Millis) -> Millis {
    let moment = start.0.wrapping_add(at.0) % WEEK;
    let (day, time) = (moment / Millis::DAY.0, moment % Millis::DAY.0);
    if day < OFFICE_DAYS && OFFICE.contains(&time) { Millis(OFFICE.end - time) } else { Millis(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each of the 168 hours comes as often as any other; chi-square with 167 degrees of freedom
    /// is below 252 with 0.99999.
    #[test]
    fn every_hour_of_the_week_is_as_likely() {
        let mut hours = [0_u32; 168];
        for trial in 0..16_800 {
            let start = start(Chance::new(model::quantity::Seed(5), trial), Entity(1));
            assert_eq!(start.0 % Millis::HOUR.0, 0);
            hours[(start.0 / Millis::HOUR.0) as usize] += 1;
        }
        let squares: f64 = hours.iter().map(|n| (f64::from(*n) - 100.0).powi(2) / 100.0).sum();
        assert!(squares < 252.0, "{squares}");
    }

    #[test]
    fn office_hours_are_waited_out() {
        let hours = |h: u64| Millis(h * Millis::HOUR.0);
        let monday = Millis(0);
        for (start, at, wait) in [
            (monday, hours(9), hours(9)),
            (monday, hours(7), hours(0)),
            (monday, hours(18), hours(0)),
            (monday, hours(5 * 24 + 12), hours(0)),
            (hours(6 * 24), hours(24 + 8), hours(10)),
        ] {
            assert_eq!(until_off_hours(start, at), wait, "{start} + {at}");
        }
        assert_eq!(
            until_off_hours(hours(167), Millis(u64::MAX)),
            until_off_hours(hours(167), Millis(u64::MAX))
        );
    }
}
