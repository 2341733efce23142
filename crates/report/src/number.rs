//! Numbers as people read them: thousands separators, few digits.
//!
//! Between a number and its unit stands a no-break blank, so that no line ends there.

use model::quantity::{Interval, Timestamp};

/// Returns a whole number with a comma between thousands: `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns a number with about three significant digits and separators: `0.13`, `7.5`, `12,300`.
pub(crate) fn decimal(number: f64) -> String {
    if !number.is_finite() {
        return "unknown".to_owned();
    }
    let size = number.abs();
    let sign = if number < 0.0 && size >= 0.005 { "−" } else { "" };
    if size >= 9.95 {
        return format!("{sign}{}", count(size.round() as u64));
    }
    let text = if size >= 0.95 { format!("{size:.1}") } else { format!("{size:.2}") };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{sign}{text}")
}

/// Returns a large number with two significant digits, as [`big`] does.
pub(crate) fn rough(number: f64) -> String {
    big(number)
}

/// Returns a number rounded to two significant digits.
fn rounded(number: f64) -> f64 {
    let size = number.abs();
    if !(size.is_finite() && size >= 10.0) {
        return number;
    }
    let mut unit = 1.0;
    while size / unit >= 99.5 {
        unit *= 10.0;
    }
    (number / unit).round() * unit
}

/// Returns a large number in words with two significant digits: `2.5 bn`, `340 M`, `12,000`.
pub(crate) fn big(number: f64) -> String {
    let number = rounded(number);
    let size = number.abs();
    if size >= 999.5e9 {
        format!("{}\u{a0}tn", decimal(number / 1e12))
    } else if size >= 999.5e6 {
        format!("{}\u{a0}bn", decimal(number / 1e9))
    } else if size >= 999.5e3 {
        format!("{}\u{a0}M", decimal(number / 1e6))
    } else {
        decimal(number)
    }
}

fn bare_percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 {
        "0".to_owned()
    } else if percent < 0.1 {
        "<0.1".to_owned()
    } else if percent < 9.95 || (99.05..100.0).contains(&percent) {
        let text = format!("{:.1}", if percent < 100.0 { percent.min(99.9) } else { percent });
        text.trim_end_matches(".0").to_owned()
    } else {
        format!("{percent:.0}")
    }
}

/// Returns a share as a percentage: `12 %`, `7.1 %`, `<0.1 %`.
pub(crate) fn percent(share: f64) -> String {
    if share.is_finite() { format!("{}\u{a0}%", bare_percent(share)) } else { "unknown".to_owned() }
}

/// Returns the two ends of an interval of shares: `3–31 %`.
pub(crate) fn percent_range(interval: Interval) -> String {
    format!("{}–\u{2060}{}\u{a0}%", bare_percent(interval.low), bare_percent(interval.high))
}

/// Returns a share with two significant digits, for tables of other crates.
pub fn share(share: f64) -> String {
    crate::wrap::plain(&percent(share))
}

/// Returns both ends of an interval of shares with two significant digits, for tables of other
/// crates.
pub fn share_range(interval: Interval) -> String {
    crate::wrap::plain(&percent_range(interval))
}

/// Returns the larger half of an interval of shares in percentage points: `0.6`.
pub(crate) fn half_points(interval: Interval) -> String {
    let half = (interval.value - interval.low).max(interval.high - interval.value).max(0.0);
    decimal(half * 100.0)
}

/// Returns hours in the unit that reads best: `40 min`, `7.5 h`, `6.2 days`.
pub(crate) fn hours(hours: f64) -> String {
    if !hours.is_finite() {
        "unknown".to_owned()
    } else if hours <= 0.0 {
        "0\u{a0}h".to_owned()
    } else if hours * 60.0 < 1.0 {
        "<1\u{a0}min".to_owned()
    } else if hours < 0.995 {
        format!("{:.0}\u{a0}min", hours * 60.0)
    } else if hours < 47.95 {
        format!("{}\u{a0}h", decimal(hours))
    } else if hours < 24.0 * 999.5 {
        format!("{}\u{a0}days", decimal(hours / 24.0))
    } else {
        format!("{}\u{a0}years", rough(hours / 24.0 / 365.25))
    }
}

/// Returns a day and time in UTC: `2026-03-02 08:00 UTC`.
///
/// Days are turned into a civil date by the algorithm `civil_from_days` of
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).
pub(crate) fn moment(time: Timestamp) -> String {
    let minutes = time.0.div_euclid(60_000);
    let (days, minute) = (minutes.div_euclid(1_440), minutes.rem_euclid(1_440));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minute / 60, minute % 60)
}

/// Returns a day and time in UTC to the second: `2026-03-02 08:00:07 UTC`.
pub(crate) fn moment_to_second(time: Timestamp) -> String {
    let second = time.0.div_euclid(1_000).rem_euclid(60);
    moment(time).replace(" UTC", &format!(":{second:02} UTC"))
}

/// Returns `one` for 1 and `many` otherwise, with the number before it.
pub(crate) fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_separated() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        for (number, text) in
            [(0.1333, "0.13"), (7.5, "7.5"), (7.04, "7"), (12_345.6, "12,346"), (0.0, "0"), (-3.21, "−3.2")]
        {
            assert_eq!(decimal(number), text);
        }
        assert_eq!(big(2.5e9), "2.5\u{a0}bn");
        assert_eq!(big(340e6), "340\u{a0}M");
        assert_eq!(big(12_300.0), "12,000");
        for (number, text) in [
            (12_345.0, "12,000"),
            (393e6, "390\u{a0}M"),
            (-393e6, "−390\u{a0}M"),
            (999.6e6, "1\u{a0}bn"),
            (98.7, "99"),
            (1.52e9, "1.5\u{a0}bn"),
            (2.24e12, "2.2\u{a0}tn"),
            (7.04, "7"),
            (0.0, "0"),
            (553_534.0, "550,000"),
            (13_449_000_000.0, "13\u{a0}bn"),
            (87.0, "87"),
        ] {
            assert_eq!(big(number), text, "{number}");
            assert_eq!(rough(number), text, "{number}");
        }
    }

    #[test]
    fn shares_never_round_to_certainty() {
        for (share, text) in [
            (0.0, "0\u{a0}%"),
            (0.0004, "<0.1\u{a0}%"),
            (0.0711, "7.1\u{a0}%"),
            (0.1204, "12\u{a0}%"),
            (0.9997, "99.9\u{a0}%"),
            (1.0, "100\u{a0}%"),
            (0.03, "3\u{a0}%"),
        ] {
            assert_eq!(percent(share), text);
        }
        let interval = Interval { value: 0.12, low: 0.03, high: 0.31 };
        assert_eq!(percent_range(interval), "3–\u{2060}31\u{a0}%");
        assert_eq!(half_points(interval), "19");
    }

    #[test]
    fn times_take_the_unit_that_reads_best() {
        assert_eq!(hours(0.5), "30\u{a0}min");
        assert_eq!(hours(7.52), "7.5\u{a0}h");
        assert_eq!(hours(148.8), "6.2\u{a0}days");
        assert_eq!(hours(7_030_056.0), "800\u{a0}years");
        assert_eq!(moment(Timestamp(1_772_438_400_000)), "2026-03-02 08:00 UTC");
        assert_eq!(moment(Timestamp(-1)), "1969-12-31 23:59 UTC");
    }
}
