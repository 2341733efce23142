//! The weights of services decide in which order work is done, in plans and in trials.

use std::collections::BTreeMap;

use continuity::{Gone, read_estate, recovery, restart};
use model::estate::{Estate, Weight};
use model::quantity::Millis;
use model::restart::RestartPlan;
use model::trial::{Down, DownCause, Trial};
use proptest::prelude::*;

/// One crew, and for each service an asset of its own that takes so many minutes; `shared` services
/// need the asset of the first one too.
fn estate(minutes: &[u64], weights: &[u32], shared: usize) -> Estate {
    let (mut assets, mut services, mut hosted) = (String::new(), String::new(), String::new());
    for (n, (minutes, weight)) in minutes.iter().zip(weights).enumerate() {
        assets += &format!(
            "  - {{id: a{n}, name: a{n}, site: s, zone: z, role: r{n}, count: 1, sensors: 0, restart-failure: 0, \
             restart: {{typical: {minutes}m, slow: {minutes}m}}, restore: {{typical: 1h, slow: 2h}}}}\n"
        );
        let too = if n > 0 && n <= shared { ", {role: r0, at: home}" } else { "" };
        services += &format!(
            "  - {{id: v{n}, name: v{n}, weight: {weight}, needs: [{{of: [{{role: r{n}, at: home}}{too}]}}]}}\n"
        );
        hosted += &format!("      - {{service: v{n}, rto: 4h, mtpd: 24h}}\n");
    }
    let text = include_str!("../data/weights.yaml")
        .replace("# assets\n", &assets)
        .replace("# services\n", &services)
        .replace("# hosted\n", &hosted);
    let (estate, said) = read_estate("weights.yaml", text.as_bytes()).into_parts();
    estate.unwrap_or_else(|| panic!("{said:?}"))
}

fn all_down(estate: &Estate) -> RestartPlan {
    let gone = |asset| Gone::new(asset, DownCause::Containment);
    restart(estate, &(0..estate.assets.len() as u32).map(gone).collect::<Vec<_>>())
}

/// When each service is back.
fn back(plan: &RestartPlan) -> BTreeMap<&str, u64> {
    plan.services.iter().map(|s| (s.service.as_str(), s.back.0)).collect()
}

fn weighted(estate: &Estate, plan: &RestartPlan) -> u64 {
    let back = back(plan);
    let weight = |s: &model::estate::Service| u64::from(s.weight.thousandths());
    estate.services.iter().map(|s| weight(s) * back.get(s.id.as_str()).copied().unwrap_or(0)).sum()
}

/// One crew and parts that need nothing: the least weighted sum of ends is that of the order by
/// weight per minute (Smith 1956), in the plan as in a trial.
#[test]
fn one_crew_works_by_weight_per_minute() {
    let (minutes, weights) = ([60, 20, 40, 10, 90], [9, 1, 7, 3, 90]);
    let mut order: Vec<usize> = (0..5).collect();
    order.sort_by_key(|n| std::cmp::Reverse(u64::from(weights[*n]) * 10_000 / minutes[*n]));
    assert_eq!(order, [4, 3, 2, 0, 1], "not the order of the file, nor shortest first");
    let estate = estate(&minutes, &weights, 0);
    let plan = all_down(&estate);
    let planned: Vec<&str> = plan.positions.iter().map(|p| p.asset.as_str()).collect();
    assert_eq!(planned, order.iter().map(|n| format!("a{n}")).collect::<Vec<_>>());

    let down = |n: usize| Down {
        asset: n as u32,
        at: Millis(0),
        cause: DownCause::Containment,
        attempts: 1,
        work: Millis(minutes[n] * Millis::MINUTE.0),
        care: Default::default(),
        copies: None,
    };
    let trial = Trial { down: (0..5).map(down).collect(), ..Trial::default() };
    let mut returns = recovery(&estate, &trial);
    returns.sort_by_key(|r| r.back);
    assert_eq!(returns.iter().map(|r| r.asset as usize).collect::<Vec<_>>(), order);
    // An asset that two services need counts for both: 9 and 90 in 60 minutes, more than 90 in 90.
    let shared = self::estate(&minutes, &[9, 1, 7, 3, 90], 4);
    let first = recovery(&shared, &trial).into_iter().min_by_key(|r| r.back).map(|r| r.asset);
    assert_eq!(first, Some(0));
}

#[test]
fn a_service_that_counts_for_nothing_comes_last_and_comes_back() {
    let plan = all_down(&estate(&[10, 60, 60], &[0, 1, 2], 0));
    let begun: Vec<&str> = plan.positions.iter().map(|p| p.asset.as_str()).collect();
    assert_eq!(begun, ["a2", "a1", "a0"]);
}

/// Calls `found` with every order of `items`.
fn orders(items: &mut Vec<usize>, at: usize, found: &mut impl FnMut(&[usize])) {
    if at == items.len() {
        return found(items);
    }
    for other in at..items.len() {
        items.swap(at, other);
        orders(items, at + 1, found);
        items.swap(at, other);
    }
}

/// Returns the least sum of weights times returns in thousandths and milliseconds, over every
/// order in which one crew can work, with the least return of service `which` among the best.
fn least(minutes: &[u64], weights: &[u32], shared: usize, which: usize) -> (u64, u64) {
    let mut best = (u64::MAX, u64::MAX);
    orders(&mut (0..minutes.len()).collect(), 0, &mut |order| {
        let mut ends = vec![0; order.len()];
        let mut now = 0;
        for asset in order {
            now += minutes[*asset] * Millis::MINUTE.0;
            ends[*asset] = now;
        }
        let back = |n: usize| if 0 < n && n <= shared { ends[n].max(ends[0]) } else { ends[n] };
        let sum = (0..order.len()).map(|n| u64::from(weights[n]) * 1_000 * back(n)).sum();
        best = best.min((sum, back(which)));
    });
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// The plan is one of the best of all orders, and raising the weight of a service never brings
    /// it back later: of two best plans S and T, for weights w and for w with d more for one
    /// service, w·S ≤ w·T and (w+d)·T ≤ (w+d)·S, so that d times its return falls.
    #[test]
    fn the_plan_is_the_best_of_all_orders_and_more_weight_is_never_later(
        minutes in proptest::collection::vec(5_u64..90, 6),
        mut weights in proptest::collection::vec(1_u32..9, 6),
        shared in 0_usize..5,
        which in 1_usize..6,
        more in 1_u32..9,
    ) {
        // One stays at 1, so that the scale of all is the same; two differ before and after.
        weights[0] = 1;
        weights[which % 5 + 1] = 5;
        let light = estate(&minutes, &weights, shared);
        let (sum, _) = least(&minutes, &weights, shared, which);
        weights[which] += more;
        let heavy = estate(&minutes, &weights, shared);
        let (heavier, _) = least(&minutes, &weights, shared, which);
        let (before, after) = (all_down(&light), all_down(&heavy));
        prop_assert_eq!(weighted(&light, &before), sum);
        prop_assert_eq!(weighted(&heavy, &after), heavier);
        let name = format!("v{which}");
        prop_assert!(back(&after)[name.as_str()] <= back(&before)[name.as_str()]);
        // A thousand people: the plan gives the sum that was searched.
        let told = after.weighed.map(|w| w.hours.0);
        prop_assert_eq!(told, Some(heavier / Millis::HOUR.0));
        let plain = after.positions.iter().map(|p| p.back).max().map(|t| t.0 * 1_000 / Millis::HOUR.0);
        prop_assert_eq!(Some(after.person_hours.0), plain);
    }

    /// Weights are a scale: three times all of them give the same plan, and three times its
    /// weighted figures; equal ones give that of an estate without weights.
    #[test]
    fn only_what_services_count_for_against_each_other_decides(
        minutes in proptest::collection::vec(5_u64..90, 4),
        mut weights in proptest::collection::vec(1_u32..9, 4),
    ) {
        weights[0] = 9;
        weights[1] = 1;
        let times = |factor: f64| {
            let mut estate = estate(&minutes, &weights, 2);
            for service in &mut estate.services {
                service.weight = Weight::new(service.weight.get() * factor).expect("a weight");
            }
            let mut plan = all_down(&estate);
            let hours = plan.weighed.take().map(|w| [w.hours.0, w.unsearched.0]).expect("weights are stated");
            let gains: Vec<u64> = plan.gains.iter_mut().filter_map(|g| Some(g.weighed.take()?.0)).collect();
            (plan, [hours.to_vec(), gains].concat())
        };
        let ((one, hours), (three, threefold)) = (times(1.0), times(3.0));
        prop_assert_eq!(one, three);
        // Whole hours are told, so that two thirds of one may be missing.
        prop_assert!(hours.iter().zip(&threefold).all(|(h, t)| t.abs_diff(3 * h) <= 3), "{hours:?} {threefold:?}");
        let equal = |weight| all_down(&estate(&minutes, &[weight; 4], 2));
        prop_assert_eq!(equal(1), equal(7));
    }
}
