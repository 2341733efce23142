//! The desk against a queue simulated event by event, background and all.

use crate::chance::{Chance, Entity, Purpose};
use crate::desk::Desk;
use model::quantity::Seed;

/// Returns the waits, in the order of arrival, of the urgent alerts of a queue of two
/// classes: Poisson arrivals, exponential service, `servers` analysts, head of the line,
/// nobody interrupted. An alert is urgent with chance `urgent`.
fn simulated(servers: usize, arrivals: f64, urgent: f64, service: f64, alerts: u32, seed: u64) -> Vec<f64> {
    let chance = Chance::new(Seed(seed), 0);
    let length =
        |what: u64, i: u32, mean: f64| -mean * (-chance.uniform(Entity(what), Purpose::Size, i)).ln_1p();
    let (mut clock, mut free) = (0.0, vec![0.0_f64; servers]);
    let (mut upper, mut lower) = (std::collections::VecDeque::new(), std::collections::VecDeque::new());
    let mut waits = Vec::new();
    let mut taken = 0_u32;
    let mut serve = |until: f64,
                     upper: &mut std::collections::VecDeque<f64>,
                     lower: &mut std::collections::VecDeque<f64>| {
        // Whoever is free before the next arrival takes the first of the upper class.
        while !upper.is_empty() || !lower.is_empty() {
            let next = (0..servers).min_by(|a, b| free[*a].total_cmp(&free[*b])).expect("somebody works");
            if free[next] > until {
                return;
            }
            let from_upper = !upper.is_empty();
            let came: f64 = upper.pop_front().or_else(|| lower.pop_front()).expect("one waits");
            let begin = free[next].max(came);
            if from_upper {
                waits.push(begin - came);
            }
            free[next] = begin + length(2, taken, service);
            taken += 1;
        }
    };
    for i in 0..alerts {
        clock += length(1, i, 1.0 / arrivals);
        serve(clock, &mut upper, &mut lower);
        let first = chance.uniform(Entity(3), Purpose::Size, i) < urgent;
        if first { upper.push_back(clock) } else { lower.push_back(clock) }
    }
    waits
}

/// Cobham 1954 for the upper of two classes: mean wait C(c, a) / (c mu - lambda_1), and with
/// it the law `P(W > w) = C exp(-(c mu - lambda_1) w)`. Checked in closed form, against the
/// simulation, and at the edge: with more alerts than can be looked at, urgent ones still
/// have their turn.
#[test]
fn urgent_alerts_go_first() {
    // (analysts, alerts an hour, share as urgent, mean wait in hours; service one hour)
    let erlang_c = crate::desk::erlang_c(3, 2.4);
    for (servers, arrivals, urgent, exact) in [
        (1, 0.8, 0.5, 0.8 / (1.0 - 0.4)),
        (3, 2.4, 0.25, erlang_c / (3.0 - 0.6)),
        (3, 2.4, 1.0, erlang_c / (3.0 - 2.4)),
        (2, 4.0, 0.25, 1.0 / (2.0 - 1.0)),
    ] {
        let desk = Desk::queue(servers, arrivals / 60.0, urgent, 60.0);
        assert_eq!(desk.share, 1.0);
        let mean = desk.waiting / desk.rate / 60.0;
        assert!((mean - exact).abs() < 1e-9, "{servers} servers, {urgent}: {mean} against {exact}");
        // Waits of neighbours hang together; means of long stretches hardly do.
        let means: Vec<f64> = (0..60)
            .map(|seed| {
                let waits = simulated(usize::from(servers), arrivals, urgent, 1.0, 20_000, seed);
                let settled = &waits[waits.len() / 5..];
                settled.iter().sum::<f64>() / settled.len() as f64
            })
            .collect();
        let n = means.len() as f64;
        let seen = means.iter().sum::<f64>() / n;
        let error = (means.iter().map(|m| (m - seen).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
        assert!(
            (seen - exact).abs() < 4.0 * error,
            "{servers} servers, {urgent}: {seen} against {exact}, {error}"
        );
    }
}

#[test]
fn less_urgent_noise_never_makes_it_worse_than_equal_noise() {
    for alerts in [100.0, 190.0, 400.0] {
        let mean = |urgent| {
            let desk = Desk::queue(5, alerts / 1_440.0, urgent, 30.0);
            (desk.share, -desk.waiting / desk.rate)
        };
        for (less, more) in [(0.1, 0.3), (0.3, 0.59), (0.59, 1.0)] {
            let (less, more) = (mean(less), mean(more));
            assert!(less.0 > more.0 || (less.0 == more.0 && less.1 >= more.1), "{alerts}: {less:?} {more:?}");
        }
    }
}
