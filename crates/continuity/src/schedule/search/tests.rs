//! The search against the published generator, Smith's rule, and every order of small shops.

use super::{Dice, Effort, Shop, Span, slack};
use crate::schedule::{Job, Wait};

const NUMBERS: [u64; 4] =
    [0x0d83_b3e2_9a21_487a, 0x54c4_4c79_f1fe_9d67, 0xa845_f342_007a_0e78, 0x7d6e_0b87_8a79_4779];

/// The first numbers of xorshift64* (Vigna 2016) from this state, by a script of our own.
#[test]
fn moves_come_from_the_published_generator() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let numbers: Vec<u64> = (0..4).map(|_| dice.next()).collect();
    assert_eq!(numbers, NUMBERS);
    let first = NUMBERS.map(|n| (n >> 11) as f64 / 9_007_199_254_740_992.0);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    assert_eq!([0; 4].map(|_: i32| dice.unit()), first);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    assert_eq!([0; 4].map(|_: i32| dice.below(10)), first.map(|f| (f * 10.0) as usize));
}

#[test]
fn what_a_move_may_cost_falls_from_three_per_cent_to_nothing() {
    assert_eq!([1.0, 0.5, 0.1, 0.0].map(|share| slack(100_000, share, 1.0)), [3_000, 750, 30, 0]);
    assert_eq!(slack(100_000, 1.0, 0.5), 1_500);
}

fn job(duration: u64, after: &[usize]) -> Job {
    let waits = after.iter().map(|a| Wait { k: 1, of: vec![*a] }).collect();
    Job { duration, ready: 0, resource: Some(0), waits }
}

/// Numbers for shops, apart from those of the search.
fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

fn weighted(weights: &[u64]) -> impl Fn(&[Option<Span>]) -> u128 {
    let weights = weights.to_vec();
    move |spans: &[Option<Span>]| {
        let ends = spans.iter().map(|s| s.map_or(u128::MAX >> 32, |s| u128::from(s.end)));
        ends.zip(&weights).map(|(end, weight)| end * u128::from(*weight)).sum()
    }
}

/// One crew and no needs: by weight per hour is best (Smith 1956), and the first rule tried.
#[test]
fn without_a_search_one_crew_works_by_weight_per_hour() {
    let mut draw = draws(1);
    for _ in 0..40 {
        let durations: Vec<u64> = (0..7).map(|_| 1 + draw(90)).collect();
        let weights: Vec<u64> = (0..7).map(|_| 1 + draw(1_000)).collect();
        let jobs = durations.iter().map(|d| job(*d, &[])).collect();
        let shop = Shop { jobs, capacity: vec![1] };
        let found = shop.search(&weighted(&weights), &weights, Effort(0));
        let mut order: Vec<usize> = (0..7).collect();
        order.sort_by(|a, b| (weights[*b] * durations[*a]).cmp(&(weights[*a] * durations[*b])));
        let (mut now, mut cost) = (0, 0);
        for j in order {
            now += durations[j];
            cost += u128::from(now * weights[j]);
        }
        assert_eq!(found.cost, cost, "{durations:?} {weights:?}");
    }
}

/// Returns the least cost over the serial schedules of every list.
fn least(shop: &Shop, list: &mut Vec<usize>, at: usize, cost: &dyn Fn(&[Option<Span>]) -> u128) -> u128 {
    if at == list.len() {
        return cost(&shop.serial(list));
    }
    let mut best = u128::MAX;
    for other in at..list.len() {
        list.swap(at, other);
        best = best.min(least(shop, list, at + 1, cost));
        list.swap(at, other);
    }
    best
}

/// Small shops with needs and one or two crews: the search finds the least cost of all lists,
/// where the rules alone do not always; and the same again.
#[test]
fn the_search_finds_the_best_list_of_small_shops() {
    let mut draw = draws(2);
    let mut by_rules = 0;
    for case in 0..60 {
        let jobs: Vec<Job> = (0..6_usize)
            .map(|j| {
                let after: Vec<usize> = (0..j).filter(|_| draw(4) == 0).take(2).collect();
                job(1 + draw(30), &after)
            })
            .collect();
        let weights: Vec<u64> = (0..6).map(|_| draw(50)).collect();
        let shop = Shop { jobs, capacity: vec![1 + u32::try_from(draw(2)).unwrap()] };
        let cost = weighted(&weights);
        let best = least(&shop, &mut (0..6).collect(), 0, &cost);
        let found = shop.search(&cost, &weights, Effort(400));
        assert_eq!(found.cost, best, "case {case}");
        assert_eq!(cost(&found.spans), found.cost);
        assert_eq!(shop.serial(&found.list), found.spans, "the list gives the schedule");
        assert_eq!(shop.search(&cost, &weights, Effort(400)), found);
        by_rules += u32::from(shop.search(&cost, &weights, Effort(0)).cost == best);
    }
    assert!((1..60).contains(&by_rules), "{by_rules} of 60 by rules alone");
}
