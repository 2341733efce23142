//! Evidence that grows: nights of the same exercise on one machine, with a clock that is handed in.

#![allow(clippy::disallowed_methods, reason = "an oracle may use the platform's mathematics")]

use std::collections::BTreeMap;

use model::evidence::TechniqueEvidence;
use model::exercise::Tier;
use model::id::{RecordingId, TechniqueId};
use model::quantity::{Interval, Timestamp};
use model::record::{Record, RunInfo};
use rehearsal::Present;
use rehearsal::exercise::Host;

use crate::causes::world::{Draw, TECHNIQUE, World};

const DAY: i64 = 86_400_000;

/// The evening of night 0.
const START: i64 = 1_790_000_000_000;

/// One machine and the runs that its ledger holds.
struct Machine {
    host: Host,
    runs: Vec<(RunInfo, Record)>,
}

impl Machine {
    fn new() -> Self {
        Self { host: Host { name: "Linux 6.1 x86_64".to_owned(), packages: None }, runs: Vec::new() }
    }

    /// Exercises in a night and stores the run; returns what is known of the technique then.
    fn night(&mut self, world: &World, night: i64) -> TechniqueEvidence {
        let now = Timestamp(START + night * DAY);
        let id = RecordingId::new("own").expect("an id");
        let present = Present {
            host: &self.host,
            procedures: BTreeMap::from([(&id, world.procedure.as_str())]),
            sandbox: Some((Tier::Namespaces, None)),
            now,
        };
        let mut intake = world.intake();
        intake.inputs.retain(|i| i.name != "host");
        intake.inputs.push(self.host.input());
        intake.remember(&self.runs, &present);
        let (mut info, record, _) = world.run_with(intake, night);
        info.stored = now;
        let technique = TechniqueId::new(TECHNIQUE).expect("an id");
        let known = record.evidence.techniques.get(&technique).expect("it was exercised").clone();
        self.runs.push((info, record));
        known
    }
}

/// Returns the chance below `x` of Beta(`a`, `b`), by Simpson's rule over x = sin² t, where the
/// density has no pole.
fn below(a: f64, b: f64, x: f64) -> f64 {
    let integral = |to: f64| {
        let steps = 20_000_u32;
        let step = to / f64::from(steps);
        let value = |i: u32| {
            let (sin, cos) = (f64::from(i) * step).sin_cos();
            2.0 * sin.powf(2.0 * a - 1.0) * cos.abs().powf(2.0 * b - 1.0)
        };
        let weight = |i: u32| if i == 0 || i == steps { 1.0 } else { f64::from(2 + 2 * (i % 2)) };
        (0..=steps).map(|i| weight(i) * value(i)).sum::<f64>() * step / 3.0
    };
    integral(x.sqrt().asin()) / integral(std::f64::consts::FRAC_PI_2)
}

fn width(interval: Interval) -> f64 {
    interval.high - interval.low
}

/// After n nights of which all were seen, the posterior is Beta(n + 1/2, 1), whose quantile is
/// q^(1 / (n + 1/2)).
#[test]
fn ten_nights_narrow_the_interval_as_the_binomial_says() {
    let mut machine = Machine::new();
    let mut draw = Draw(4);
    let world = World::new(&mut draw);
    let mut last = 2.0;
    for night in 1..=10_u32 {
        let known = machine.night(&world.clone().observed(&mut draw), night.into());
        assert_eq!((known.counts.measured(), known.counts.alerted), (night, night));
        let a = f64::from(night) + 0.5;
        for (found, q) in [(known.alerted.low, 0.025_f64), (known.alerted.high, 0.975)] {
            let expected = q.powf(1.0 / a);
            assert!((found - expected).abs() < 1e-9, "night {night}: {found} instead of {expected}");
        }
        assert!((known.alerted.value - a / (a + 1.0)).abs() < 1e-12, "{:?}", known.alerted);
        assert!(width(known.alerted) < last, "night {night} is no narrower");
        last = width(known.alerted);
        assert_eq!(known.repeats.iter().map(|r| r.runs.len()).sum::<usize>() as u32, night - 1);
    }
    // A comment in the rule is another text: what was measured with the old one does not count.
    let mut edited = world.clone();
    edited.rules.entry("own.yml".to_owned()).and_modify(|text| text.insert_str(0, "# reviewed\n"));
    let known = machine.night(&edited, 11);
    assert_eq!((known.counts.measured(), known.repeats.len()), (1, 0));
    assert!((known.alerted.low - 0.025_f64.powf(1.0 / 1.5)).abs() < 1e-9);
    // Back again, it starts anew too; another rule's edit changes nothing.
    let known = machine.night(&world, 12);
    assert_eq!(known.counts.measured(), 1);
    let mut other = world.clone();
    other.rules.entry("other-2.yml".to_owned()).and_modify(|text| text.insert_str(0, "# reviewed\n"));
    assert_eq!(machine.night(&other, 13).counts.measured(), 2);
    // Another host starts anew.
    machine.host.packages = Some("upgraded".to_owned());
    assert_eq!(machine.night(&other, 14).counts.measured(), 1);
}

#[test]
fn seen_and_missed_nights_give_the_interval_of_their_share() {
    let mut machine = Machine::new();
    let mut draw = Draw(9);
    let world = World::new(&mut draw);
    for night in 1..=10_u32 {
        let mut tonight = world.clone().observed(&mut draw);
        if night % 3 == 0 {
            tonight.events.retain(|e| e["EventID"] != 1);
        }
        let known = machine.night(&tonight, night.into());
        let (seen, missed) = (night - night / 3, night / 3);
        assert_eq!((known.counts.alerted, known.counts.logged), (seen, missed));
        let (a, b) = (f64::from(seen) + 0.5, f64::from(missed) + 1.0);
        for (at, expected) in [(known.alerted.low, 0.025), (known.alerted.high, 0.975)] {
            let found = below(a, b, at);
            assert!((found - expected).abs() < 1e-6, "night {night}: {found} below {at}, not {expected}");
        }
    }
}

/// An outage of the tests ages what was seen; what was missed stays, so that no time that passes
/// makes a technique look better.
#[test]
fn an_outage_of_the_tests_takes_credit_and_keeps_misses() {
    let mut machine = Machine::new();
    let mut draw = Draw(5);
    let world = World::new(&mut draw);
    let mut missed = world.clone();
    missed.events.retain(|e| e["EventID"] != 1);
    machine.night(&missed, 1);
    for night in 2..=9 {
        machine.night(&world, night);
    }
    let before = machine.night(&world, 10);
    assert_eq!((before.counts.alerted, before.counts.logged), (9, 1));
    // The run of day 9 is 90 days old on day 99, and counts on the last day only.
    let after = machine.night(&world, 99);
    assert_eq!((after.counts.alerted, after.counts.logged), (3, 1));
    assert!(after.alerted.value < before.alerted.value, "{:?} {:?}", after.alerted, before.alerted);
    let aged = after.repeats.iter().flat_map(|r| &r.runs).filter(|r| r.aged).count();
    assert_eq!((aged, after.repeats[0].runs.len()), (7, 10), "aged runs are listed");
}
