//! Waiting for re-admission, outage by outage.

use model::quantity::Millis;

use super::{union, waited};
use crate::course::Downtime;

fn times(spans: &[(u64, u64, bool)]) -> Vec<Downtime> {
    spans.iter().map(|(from, to, attack)| Downtime { from: *from, to: *to, attack: *attack }).collect()
}

/// Each case: outages, how long people wait, how long an outage must be, and what comes of it.
#[test]
fn an_outage_of_some_length_is_longer_by_the_wait() {
    type Spans<'a> = &'a [(u64, u64, bool)];
    let cases: [(Spans<'_>, u64, u64, Spans<'_>); 10] = [
        (&[(10, 20, true)], 5, 10, &[(10, 25, true)]),
        (&[(10, 20, true)], 5, 11, &[(10, 20, true)]),
        (&[(10, 20, true)], 5, 9, &[(10, 25, true)]),
        // At most until the next begins.
        (&[(10, 20, true), (23, 24, true)], 5, 10, &[(10, 23, true), (23, 29, true)]),
        (&[(10, 20, true), (40, 45, true)], 5, 10, &[(10, 25, true), (40, 45, true)]),
        // One that begins while people wait is part of the same outage, so that it is long enough.
        (&[(10, 20, true), (25, 26, true)], 5, 10, &[(10, 25, true), (25, 31, true)]),
        (&[(10, 20, true), (26, 27, true)], 5, 10, &[(10, 25, true), (26, 27, true)]),
        // Two causes of one outage: only its end is waited at, and its length is that of both.
        (&[(10, 14, true), (14, 20, false)], 5, 10, &[(10, 14, true), (14, 25, false)]),
        (&[(10, 14, true), (14, 19, false)], 5, 10, &[(10, 14, true), (14, 19, false)]),
        (&[], 5, 10, &[]),
    ];
    for (outages, wait, fades, wanted) in cases {
        assert_eq!(waited(&times(outages), Millis(wait), Millis(fades)), times(wanted), "{outages:?}");
    }
    let endless = waited(&times(&[(0, 10, true)]), Millis(u64::MAX), Millis(1));
    assert_eq!(endless, times(&[(0, u64::MAX, true)]));
}

#[test]
fn waiting_lengthens_long_outages_and_stops_where_the_next_begins() {
    let list = times(&[(0, 10, true), (10, 30, false), (35, 37, false), (60, 90, true)]);
    let longer = waited(&list, Millis(20), Millis(15));
    assert_eq!(
        longer,
        times(&[(0, 10, true), (10, 35, false), (35, 57, false), (60, 110, true)]),
        "cut at 35 by the next, which goes on with the waiting"
    );
}

#[test]
fn overlapping_downtimes_count_once_and_first_for_the_attack() {
    let mut list = times(&[(0, 10, false), (5, 20, true), (15, 40, false), (50, 60, true)]);
    let any = union(&mut list);
    assert_eq!((any.attack, any.containment), (Millis(25), Millis(25)));
    assert_eq!(any.restored, Some(Millis(60)));
    assert_eq!(waited(&times(&[(0, 14, false)]), Millis(20), Millis(15)), times(&[(0, 14, false)]));
}
