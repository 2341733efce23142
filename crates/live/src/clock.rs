//! How far the clock of a source is from ours, from the dates of its answers.

use jiff::fmt::rfc2822;
use model::live::Reply;

/// A `Date` header gives whole seconds.
const SECOND: i64 = 1_000;

/// Bounds of (their clock - ours), in milliseconds: narrower with each answer (Marzullo's
/// intersection of intervals, 1984).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClockBounds {
    within: Option<(i64, i64)>,
    /// How often an answer did not fit those before: the clock was set.
    pub steps: u32,
}

impl ClockBounds {
    /// Takes an answer: the server wrote its date after we sent and before we had it all.
    pub fn take(&mut self, reply: &Reply) {
        let Some(date) =
            reply.date.as_deref().and_then(|d| rfc2822::DateTimeParser::new().parse_timestamp(d).ok())
        else {
            return;
        };
        let date = date.as_millisecond();
        let (low, high) = (date - reply.got.0, date + SECOND - reply.sent.0);
        self.within = Some(match self.within {
            None => (low, high),
            Some((a, b)) if low.max(a) <= high.min(b) => (low.max(a), high.min(b)),
            Some(_) => {
                self.steps += 1;
                (low, high)
            }
        });
    }

    /// Returns the least and the most that their clock is ahead of ours; `None` before any date.
    pub fn within(&self) -> Option<(i64, i64)> {
        self.within
    }
}

#[cfg(test)]
mod tests {
    use model::quantity::Timestamp;

    use super::*;

    fn reply(true_time: i64, offset: i64) -> Reply {
        let date = jiff::Timestamp::from_millisecond((true_time + offset).div_euclid(SECOND) * SECOND);
        let text = date.expect("in range").strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let (sent, got) = (Timestamp(true_time - 20), Timestamp(true_time + 30));
        Reply { status: 200, date: Some(text), sent, got, body: Vec::new() }
    }

    /// Whatever the offset, it lies within the bounds, and many answers narrow them to tens of milliseconds.
    #[test]
    fn the_true_offset_lies_within_bounds_that_narrow() {
        for offset in [-3_600_000, -1_234, 0, 7, 999, 300_000] {
            let mut bounds = ClockBounds::default();
            for n in 0..200 {
                bounds.take(&reply(1_764_000_000_000 + n * 1_237, offset));
                let (low, high) = bounds.within().expect("a date");
                assert!(low <= offset && offset <= high, "{offset} in {low}..{high}");
            }
            let (low, high) = bounds.within().expect("a date");
            assert!(high - low < 120, "{low}..{high}");
            assert_eq!(bounds.steps, 0);
        }
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_and_measured_anew() {
        let mut bounds = ClockBounds::default();
        bounds.take(&reply(1_764_000_000_000, 0));
        bounds.take(&reply(1_764_000_010_000, 300_000));
        let (low, high) = bounds.within().expect("a date");
        assert!(low <= 300_000 && 300_000 <= high);
        assert_eq!(bounds.steps, 1);
        bounds.take(&Reply { date: Some("yesterday".to_owned()), ..reply(0, 0) });
        assert_eq!(bounds.within(), Some((low, high)));
    }
}
