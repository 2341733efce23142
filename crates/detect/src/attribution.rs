//! Which events belong to the act, by several weak keys.
//!
//! No single field decides. Time and host speak against an event when they can
//! be tested and do not fit; an event that lacks them is not held against them.
//! A marker, when the recording has one, speaks for an event even if clocks
//! disagree; without the marker an event belongs when it lies in the act's
//! time, and otherwise only if no event of the recording carries the marker.

use model::event::Event;
use model::quantity::{Millis, Ratio};
use model::recording::Recording;
use model::verdict::Key;
use serde_json::Value;

/// How far outside the act's begin and end an event may lie.
///
/// An assumption: sensors stamp an event when they write it, and hosts that
/// take their time from one server differ by well under a second.
pub const TIME_SLACK: Millis = Millis(2_000);

/// Returns how strongly a key speaks for an event: the chance that an event for
/// which it holds is the act's own, taken alone.
///
/// Assumptions, chosen once and shown with every verdict: a file recorded for
/// one act still holds background; a time window or a host alone hold much
/// more of it; a marker can only be there by the act or by a copy of its text.
pub fn strength(key: Key) -> f64 {
    match key {
        Key::File => 0.7,
        Key::Time => 0.5,
        Key::Host => 0.4,
        Key::Marker => 0.95,
    }
}

/// Returns 1 - product of (1 - strength) over the keys.
pub(crate) fn confidence(keys: &[Key]) -> Ratio {
    Ratio::clamped(1.0 - keys.iter().map(|key| 1.0 - strength(*key)).product::<f64>())
}

/// A set of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Keys(u8);

impl Keys {
    const ORDER: [Key; 4] = [Key::File, Key::Time, Key::Host, Key::Marker];
    pub(crate) const FILE: Self = Self(1);

    fn bit(key: Key) -> u8 {
        1 << Self::ORDER.iter().position(|k| *k == key).unwrap_or(0)
    }

    pub(crate) fn with(self, key: Key) -> Self {
        Self(self.0 | Self::bit(key))
    }

    pub(crate) fn has(self, key: Key) -> bool {
        self.0 & Self::bit(key) != 0
    }

    pub(crate) fn list(self) -> Vec<Key> {
        Self::ORDER.into_iter().filter(|key| self.has(*key)).collect()
    }
}

/// How an event stands to the act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Belonging {
    /// It belongs.
    Tied,
    /// Nothing speaks against it, but it lacks the marker that others may carry.
    Loose,
    /// A key speaks against it.
    Unrelated,
}

/// The keys a recording offers.
#[derive(Debug)]
pub(crate) struct Tests<'a> {
    window: Option<(i64, i64)>,
    host: Option<&'a str>,
    marker: Option<&'a str>,
}

impl<'a> Tests<'a> {
    pub(crate) fn new(recording: &'a Recording) -> Self {
        let slack = i64::try_from(TIME_SLACK.0).unwrap_or(0);
        let window = recording
            .act
            .zip(recording.end)
            .map(|(act, end)| (act.0.saturating_sub(slack), end.0.saturating_add(slack)));
        let text = |field: &'a Option<String>| field.as_deref().filter(|t| !t.is_empty());
        Self { window, host: text(&recording.host), marker: text(&recording.marker) }
    }

    /// Returns the keys that can be tested; the marker only when it was `seen`.
    pub(crate) fn testable(&self, seen: bool) -> Keys {
        let mut keys = Keys::FILE;
        for (key, there) in [
            (Key::Time, self.window.is_some()),
            (Key::Host, self.host.is_some()),
            (Key::Marker, self.marker.is_some() && seen),
        ] {
            if there {
                keys = keys.with(key);
            }
        }
        keys
    }

    /// Returns how the event stands to the act, and the keys that hold for it.
    pub(crate) fn test(&self, event: &Event) -> (Belonging, Keys) {
        let mut keys = Keys::FILE;
        let mut refuted = false;
        let mut in_time = false;
        if let (Some((from, to)), Some(time)) = (self.window, event.time) {
            in_time = (from..=to).contains(&time.0);
            refuted |= !in_time;
            if in_time {
                keys = keys.with(Key::Time);
            }
        }
        if let (Some(wanted), Some(host)) = (self.host, event.host.as_deref()) {
            let same = same_host(wanted, host);
            refuted |= !same;
            if same {
                keys = keys.with(Key::Host);
            }
        }
        let marked = self
            .marker
            .is_some_and(|marker| event.fields.values().any(|value| carries(value, marker, DEEPEST - 1)));
        if marked {
            return (Belonging::Tied, keys.with(Key::Marker));
        }
        let belonging = match (refuted, self.marker.is_some() && !in_time) {
            (true, _) => Belonging::Unrelated,
            (false, true) => Belonging::Loose,
            (false, false) => Belonging::Tied,
        };
        (belonging, keys)
    }
}

/// One source names a host `wks-0417`, another `WKS-0417.corp.example`.
fn same_host(a: &str, b: &str) -> bool {
    let first = |name: &'_ str| name.find('.').map_or(name.len(), |dot| dot);
    a.eq_ignore_ascii_case(b)
        || (a.contains('.') != b.contains('.') && a[..first(a)].eq_ignore_ascii_case(&b[..first(b)]))
}

/// As deep as the rule engine looks into nested values.
const DEEPEST: u8 = 64;

fn carries(value: &Value, marker: &str, depth: u8) -> bool {
    if depth == 0 {
        return false;
    }
    match value {
        Value::String(text) => text.contains(marker),
        Value::Array(items) => items.iter().any(|item| carries(item, marker, depth - 1)),
        Value::Object(map) => map.values().any(|item| carries(item, marker, depth - 1)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A marker is found in strings, lists and objects as deep as the engine looks, and no deeper.
    #[test]
    fn a_marker_is_found_as_deep_as_rules_look() {
        let nested = |levels: u8, wrap: &dyn Fn(Value) -> Value| {
            (0..levels).fold(Value::from("a fp-7c1e b"), |inner, _| wrap(inner))
        };
        let list = |inner| Value::Array(vec![Value::from(1), inner]);
        let object = |inner| serde_json::json!({"first": null, "second": inner});
        for wrap in [&list as &dyn Fn(Value) -> Value, &object] {
            for (levels, found) in [(0, true), (1, true), (DEEPEST - 1, true), (DEEPEST, false), (100, false)]
            {
                assert_eq!(carries(&nested(levels, wrap), "fp-7c1e", DEEPEST), found, "{levels} levels");
                assert!(!carries(&nested(levels, wrap), "fp-0000", DEEPEST), "{levels} levels");
            }
        }
    }
}
