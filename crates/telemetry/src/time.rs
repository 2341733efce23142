//! Moments as the collectors write them.

use model::quantity::Timestamp;
use serde_json::Value;

/// Returns the moment that `text` names: a date and a time of day with `T` or a
/// blank between, an optional fraction, and an optional `Z` or offset. Without an
/// offset it is read as UTC, which is what the event logs mean.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    if !matches!(bytes[10], b'T' | b't' | b' ') || bytes[13] != b':' || bytes[16] != b':' {
        return None;
    }
    let (year, month, day) = (digits(&bytes[..4])?, digits(&bytes[5..7])?, digits(&bytes[8..10])?);
    let (hour, minute, second) = (digits(&bytes[11..13])?, digits(&bytes[14..16])?, digits(&bytes[17..19])?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (millis, rest) = fraction(&bytes[19..])?;
    let offset = offset(rest)?;
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(Timestamp(seconds * 1_000 + millis))
}

/// Returns the moment of an access log, `02/Mar/2026:08:00:00 +0100`; without an offset UTC.
pub(crate) fn named_month(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.splitn(3, '/');
    let (day, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let (year, clock) = rest.split_once(':')?;
    moment(&format!("{year}-{month:02}-{day:0>2}T{}", clock.replacen(' ', "", 1)))
}

/// Returns the moment in a JSON value: text as in [`moment`], or a number of
/// seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size.
pub(crate) fn moment_of(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => moment(text).or_else(|| {
            // PowerShell's JSON: `/Date(1772438400000)/`.
            let inner = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/"));
            inner.unwrap_or(text).parse().ok().and_then(epoch)
        }),
        Value::Number(number) => number.as_f64().and_then(epoch),
        _ => None,
    }
}

/// A number below 1e11 is seconds (until the year 5138), below 1e14 milliseconds,
/// below 1e17 microseconds, and nanoseconds from there.
fn epoch(number: f64) -> Option<Timestamp> {
    let millis = match number {
        n if !n.is_finite() || n < 0.0 => return None,
        n if n < 1e11 => n * 1e3,
        n if n < 1e14 => n,
        n if n < 1e17 => n / 1e3,
        n => n / 1e6,
    };
    Some(Timestamp(millis.round() as i64))
}

fn digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0_i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
}

fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let Some(rest) = bytes.strip_prefix(b".").or_else(|| bytes.strip_prefix(b",")) else {
        return Some((0, bytes));
    };
    let length = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let shown = length.min(3);
    let millis = digits(&rest[..shown])? * 10_i64.pow(3 - shown as u32);
    Some((millis, &rest[length..]))
}

fn offset(bytes: &[u8]) -> Option<i64> {
    let bytes = bytes.trim_ascii();
    let (sign, rest) = match bytes {
        [] | [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match rest.len() {
        2 => (digits(rest)?, 0),
        4 => (digits(&rest[..2])?, digits(&rest[2..])?),
        5 if rest[2] == b':' => (digits(&rest[..2])?, digits(&rest[3..])?),
        _ => return None,
    };
    Some(sign * (hours * 3_600 + minutes * 60))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let of_era = y - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_agree_with_a_calendar_library() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2025-12-06T21:11:02.649150Z",
            "2000-02-29T23:59:59.9Z",
            "2026-03-02T08:00:00+01:00",
            "1999-12-31T23:59:59-0530",
            "0001-01-01T00:00:00Z",
        ] {
            let expected = text.replace("-0530", "-05:30").parse::<jiff::Timestamp>().unwrap();
            assert_eq!(
                moment(text),
                Some(Timestamp(
                    expected.as_millisecond().max(expected.as_nanosecond().div_euclid(1_000_000) as i64)
                )),
                "{text}"
            );
        }
    }

    #[test]
    fn collectors_write_blanks_and_leave_the_zone_out() {
        assert_eq!(moment("2022-05-11 18:10:20.395"), moment("2022-05-11T18:10:20.395Z"));
        for text in ["", "2022", "2022-13-01T00:00:00Z", "2022-05-11T18:10:20.Z", "2022-05-11T18:10:20 west"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_told_apart_by_size() {
        let want = Some(Timestamp(1_604_994_496_155));
        for number in ["1604994496.155", "1604994496155", "1604994496155000", "1604994496155000000"] {
            assert_eq!(moment_of(&serde_json::from_str(number).unwrap()), want, "{number}");
        }
    }
}
