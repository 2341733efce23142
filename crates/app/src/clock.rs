//! The only reader of the clock.

use std::time::SystemTime;

use model::quantity::Timestamp;

/// Returns the time now, in milliseconds since 1970-01-01T00:00:00Z. A clock outside
/// the years -9999 to 9999 gives the nearest moment inside.
#[expect(clippy::disallowed_methods, reason = "this is the only reader of the clock")]
pub fn now() -> Timestamp {
    let now = SystemTime::now();
    match jiff::Timestamp::try_from(now) {
        Ok(now) => Timestamp(now.as_millisecond()),
        Err(_) if now < SystemTime::UNIX_EPOCH => Timestamp(jiff::Timestamp::MIN.as_second() * 1000),
        Err(_) => Timestamp(jiff::Timestamp::MAX.as_second() * 1000),
    }
}

/// Returns the time zone with this name of the IANA database of this machine.
pub fn zone(name: &str) -> Option<jiff::tz::TimeZone> {
    jiff::tz::TimeZone::get(name).ok()
}

/// Returns an id that nobody else has: a UUID of version 7. Its time is 0 when the
/// clock shows a time before 1970.
pub fn id() -> uuid::Uuid {
    store::id(now())
}

/// Returns `moment` as `2026-11-23 16:05:09 UTC`.
pub fn show(moment: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(moment.0)
        .map_or_else(|_| "unknown time".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// Returns the day of `moment` as `2026-11-23`, in UTC.
pub fn day(moment: Timestamp) -> String {
    show(moment).chars().take(10).collect()
}

/// Returns whether the text is a day, written as `2026-11-23`.
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// Returns a moment that only serves to measure how long something took.
#[expect(clippy::disallowed_methods, reason = "this is the only reader of the clock")]
pub fn tick() -> std::time::Instant {
    std::time::Instant::now()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "a watched folder is looked at from time to time")]
pub fn wait(length: std::time::Duration) {
    std::thread::sleep(length);
}

/// Returns `moment` as RFC 3339 in UTC: `2026-11-23T16:05:09.000Z`.
pub fn rfc3339(moment: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(moment.0).map_or_else(
        |_| "1970-01-01T00:00:00.000Z".to_owned(),
        |t| t.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    )
}

/// Returns the moment `days` later.
pub fn days_later(moment: Timestamp, days: u32) -> Timestamp {
    Timestamp(moment.0.saturating_add(i64::from(days) * 86_400_000))
}
