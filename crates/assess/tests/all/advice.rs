//! The figures of a card by hand, and what would change its advice by trying every other value.

mod tips;

use assess::decide::{
    Raced, Scale, advice, courses, drawn, drawn_outcome, frontier, open, order, outcomes, shown,
};
use model::campaign::Objective;
use model::decide::{Advice, Flip, Measure, Timing};
use model::estate::{Estate, Hosting, Weight};
use model::id::HostingId;
use model::impact::{HostingImpact, Outage, TrialImpact};
use model::playbook::{Cut, Repeat};
use model::quantity::{Interval, Millis, PersonHours, Ratio};
use model::scorecard::Outlook;
use model::trial::Trial;
use proptest::prelude::*;

use crate::ground::{HOUR, estate};

/// One trial: minutes until the alarm and until payload and outflow, and what is lost.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    alarm: Option<u64>,
    payload: Option<u64>,
    outflow: Option<u64>,
    attack: u64,
    containment: u64,
    tenants: u32,
    back: Option<u64>,
}

fn minutes(at: Option<u64>) -> Option<Millis> {
    at.map(|m| Millis(m * 60_000))
}

fn trial(index: u32, row: Row) -> Trial {
    Trial {
        index,
        declared: minutes(row.alarm),
        payload: minutes(row.payload),
        outflow: minutes(row.outflow),
        ..Trial::default()
    }
}

fn impact(trial: u32, row: Row) -> TrialImpact {
    let down = Outage { attack: Millis(1), containment: Millis(0), restored: minutes(row.back) };
    // The second profile is nobody's, and is back only after a year.
    let unused = Outage { restored: Some(Millis(8_760 * HOUR)), ..down };
    let hosting = |any| HostingImpact { any, services: vec![], data: vec![] };
    TrialImpact {
        trial,
        attack: PersonHours(row.attack),
        containment: PersonHours(row.containment),
        tenants_hit: row.tenants,
        insured_hit: 0,
        services: Vec::new(),
        weighted_attack: PersonHours(10 * row.attack),
        weighted_containment: PersonHours(10 * row.containment),
        hostings: vec![hosting(if row.back.is_some() { down } else { Outage::default() }), hosting(unused)],
        recovered: None,
        waiting: PersonHours(0),
        relapsed: false,
    }
}

fn two_profiles() -> Estate {
    let mut estate = estate();
    let unused = Hosting { id: HostingId::new("unused").unwrap(), ..estate.hostings[0].clone() };
    estate.hostings.push(unused);
    estate
}

fn cut(scope: Cut) -> Measure {
    Measure::Cut { scope, timing: Timing::Now, first: None, repeat: Repeat::Once }
}

fn raced_for(name: &str, objective: Objective, rows: &[Row], false_alarm: &[f64]) -> Raced {
    let numbered = || (0..).zip(rows.iter().copied());
    let trials: Vec<Trial> = numbered().map(|(i, row)| trial(i, row)).collect();
    let impacts: Vec<TrialImpact> = numbered().map(|(i, row)| impact(i, row)).collect();
    let measure = match name {
        "nothing" => Measure::Nothing,
        "plan" => Measure::Plan,
        _ => cut(Cut::AllSites),
    };
    Raced {
        name: name.to_owned(),
        measure,
        courses: courses(&two_profiles(), objective, &trials, &impacts),
        false_alarm: false_alarm.to_vec(),
    }
}

fn raced(name: &str, rows: &[Row], false_alarm: &[f64]) -> Raced {
    raced_for(name, Objective::Payload, rows, false_alarm)
}

fn scale(confidence: f64, price: Option<f64>) -> Scale {
    Scale { confidence: Ratio::clamped(confidence), objective: Objective::Payload, price }
}

fn lost(attack: u64, containment: u64) -> Row {
    Row { alarm: Some(1), attack, containment, ..Row::default() }
}

#[test]
fn a_trial_is_open_when_the_alarm_comes_before_the_objective() {
    let at = |alarm, payload, outflow| Row { alarm, payload, outflow, ..Row::default() };
    let rows = [
        at(None, None, None),
        at(None, Some(9), None),
        at(Some(5), None, None),
        at(Some(5), Some(6), Some(1)),
        at(Some(5), Some(5), None),
        at(Some(5), Some(4), Some(9)),
    ];
    let payload = raced("nothing", &rows, &[]);
    assert_eq!(open(&payload.courses), (4, vec![2, 3]));
    let outflow = raced_for("nothing", Objective::Outflow, &rows, &[]);
    assert_eq!(open(&outflow.courses), (4, vec![2, 4, 5]));
    assert_eq!(open(&[]), (0, vec![]));
}

fn near(got: f64, wanted: f64) -> bool {
    (got - wanted).abs() < 1e-9
}

#[track_caller]
fn mean_is(got: Interval, wanted: f64) {
    assert!(near(got.value, wanted), "got {got:?}, wanted {wanted}");
}

/// Four trials, of which the second is not open.
#[test]
fn every_figure_of_a_policy_is_a_mean_over_the_open_trials() {
    let row = |attack, containment, tenants, back, payload, outflow| Row {
        alarm: Some(60),
        payload,
        outflow,
        attack,
        containment,
        tenants,
        back,
    };
    let nothing = [
        row(100, 0, 4, Some(180), Some(61), Some(61)),
        row(9_999, 9_999, 9, Some(9_999), Some(1), Some(1)),
        row(200, 0, 8, Some(300), Some(61), None),
        row(300, 30, 0, None, None, Some(61)),
    ];
    let plan = [
        row(10, 50, 1, Some(120), None, None),
        row(9_999, 9_999, 9, None, None, Some(1)),
        row(20, 60, 2, Some(90), None, None),
        row(30, 100, 3, Some(360), Some(99), None),
    ];
    let all = [raced("nothing", &nothing, &[]), raced("plan", &plan, &[8.0, 999.0, 16.0])];
    let (alarms, open) = open(&all[0].courses);
    assert_eq!((alarms, open.as_slice()), (4, &[0, 2, 3][..]));
    let told = outcomes(&all, &all[1], &open, scale(0.75, Some(1_000.0)));
    let (none, plan) = (&told[0], &told[1]);
    assert!(near(none.payload.value, 2.0 / 3.0) && near(none.outflow.value, 2.0 / 3.0));
    assert!(near(plan.payload.value, 1.0 / 3.0) && near(plan.outflow.value, 0.0));
    mean_is(none.attack, 200.0);
    mean_is(none.containment, 10.0);
    mean_is(plan.containment, 70.0);
    // The third false alarm is not known and costs nothing.
    mean_is(plan.false_alarm, 8.0);
    mean_is(none.expected, 0.75 * 210.0);
    mean_is(plan.expected, 0.75 * 90.0 + 0.25 * 8.0);
    mean_is(none.against_nothing, 0.0);
    mean_is(plan.against_nothing, 0.75 * -120.0 + 0.25 * 8.0);
    mean_is(none.against_plan, 0.75 * 120.0 - 0.25 * 8.0);
    mean_is(none.weighed.unwrap(), 0.75 * 210.0 + 0.75 * 1_000.0 * 2.0 / 3.0);
    mean_is(none.weighed_against_plan.unwrap(), 0.75 * 120.0 - 0.25 * 8.0 + 500.0);
    mean_is(none.outflow_against_plan.unwrap(), 2.0 / 3.0);
    mean_is(plan.outflow_against_nothing.unwrap(), -2.0 / 3.0);
    mean_is(none.tenants, 4.0);
    // Hours from the alarm, only of the profile that somebody has, and where something was down.
    let hours = |i: Option<Interval>| i.map(|i| (i.value, i.low, i.high));
    assert_eq!(hours(none.first_back), Some((2.0, 2.0, 4.0)));
    assert_eq!(hours(plan.last_back), Some((1.0, 0.5, 5.0)));
    // 778, 86 and 900 hours more, each outflow at its price: surely a loss.
    assert_eq!((none.to_plan, plan.to_plan), (Some(Outlook::Loss), None));
    let unpriced = outcomes(&all, &all[1], &open, scale(0.75, None));
    assert_eq!((unpriced[0].weighed, unpriced[0].weighed_against_plan), (None, None));
    assert_eq!(outcomes(&[], &all[1], &open, scale(0.75, None)), []);
}

#[test]
fn a_profile_without_an_outage_is_not_back() {
    let row = lost(1, 0);
    let mut impact = impact(0, row);
    // Restored says nothing where nothing was down.
    impact.hostings[0].any.restored = Some(Millis(HOUR));
    let own = courses(&two_profiles(), Objective::Payload, &[trial(0, row)], &[impact]);
    let plain = Raced { courses: own, ..raced("plan", &[], &[]) };
    let told = outcomes(std::slice::from_ref(&plain), &plain, &[0], scale(1.0, None));
    assert_eq!((told[0].first_back, told[0].last_back), (None, None));
}

#[test]
fn an_estate_that_weighs_services_is_counted_in_weighted_hours() {
    let mut estate = two_profiles();
    let mut other = estate.services[0].clone();
    other.weight = Weight::new(5.0).unwrap();
    estate.services.push(other);
    let row = lost(100, 10);
    let own = courses(&estate, Objective::Payload, &[trial(0, row)], &[impact(0, row)]);
    let weighed = Raced { courses: own, ..raced("plan", &[], &[]) };
    let told = outcomes(std::slice::from_ref(&weighed), &weighed, &[0], scale(1.0, None));
    assert_eq!((told[0].attack.value, told[0].containment.value), (1_000.0, 100.0));
}

#[test]
fn what_a_policy_is_beside_the_plan_is_told_by_loss_and_outflow() {
    let rows = |attack: u64, leaks: bool| -> Vec<Row> {
        let outflow = leaks.then_some(9);
        (0..10).map(|i| Row { outflow, ..lost(attack + i % 2, 0) }).collect()
    };
    let open: Vec<usize> = (0..10).collect();
    let plan = raced("plan", &rows(100, true), &[]);
    let beside = |attack, leaks, price| {
        let all = [raced("nothing", &rows(attack, leaks), &[])];
        outcomes(&all, &plan, &open, scale(1.0, price))[0].to_plan.unwrap()
    };
    assert_eq!(beside(100, true, None), Outlook::Open);
    assert_eq!(beside(90, true, None), Outlook::Gain);
    assert_eq!(beside(110, true, None), Outlook::Loss);
    assert_eq!(beside(110, false, None), Outlook::TradeOff);
    assert_eq!(beside(90, false, None), Outlook::Gain);
    // With a price one figure decides: ten hours more for one outflow less.
    assert_eq!(beside(110, false, Some(11.0)), Outlook::Gain);
    assert_eq!(beside(110, false, Some(9.0)), Outlook::Loss);
    assert_eq!(beside(110, false, Some(10.0)), Outlook::Open);
}

#[test]
fn a_card_shows_the_best_of_each_kind() {
    let now = |scope| cut(scope);
    let later =
        Measure::Cut { scope: Cut::AllSites, timing: Timing::Confirmed, first: None, repeat: Repeat::Once };
    let role = |r: &str| cut(Cut::Role { role: r.to_owned() });
    let all = [
        Measure::Plan,
        now(Cut::AllSites),
        Measure::Nothing,
        later,
        now(Cut::AllSites),
        role("mail"),
        role("directory"),
        role("mail"),
    ];
    let places = shown(&[4, 1, 7, 3, 0, 2, 6, 5], &|p| all[p].clone());
    assert_eq!(places, [4, 7, 3, 0, 2, 6]);
}

#[test]
fn equal_policies_keep_their_order_and_a_price_moves_it() {
    let leak = |attack, n: u64| -> Vec<Row> {
        (0..10).map(|i| Row { outflow: (i < n).then_some(9), ..lost(attack, 0) }).collect()
    };
    let all = [
        raced("nothing", &leak(10, 10), &[]),
        raced("plan", &leak(10, 0), &[]),
        raced("x", &leak(12, 0), &[]),
    ];
    let open: Vec<usize> = (0..10).collect();
    assert_eq!(order(&all, &open, scale(0.5, None)), [0, 1, 2]);
    assert_eq!(order(&all, &open, scale(0.5, Some(1.0))), [1, 0, 2]);
    assert_eq!(order(&all, &open, scale(0.5, Some(3.0))), [1, 2, 0]);
    // At no confidence at all an outflow counts for nothing, and there is no frontier.
    assert_eq!(order(&all, &open, scale(0.0, Some(3.0))), [0, 1, 2]);
    assert_eq!(frontier(&all, &open, scale(0.0, None)).len(), 1);
    let steps = frontier(&all, &open, scale(0.5, None));
    let worths: Vec<(&str, Option<f64>)> = steps.iter().map(|s| (s.policy.as_str(), s.worth)).collect();
    assert_eq!(worths, [("nothing", None), ("plan", Some(0.0))]);
    assert_eq!((steps[0].outflow.value, steps[1].outflow.value), (1.0, 0.0));
    assert_eq!((steps[0].expected.value, steps[1].expected.value), (5.0, 5.0));
}

/// A policy whose trials are all alike, so that means have no error.
fn flat(name: &str, attack: u64, containment: u64, wrong: u64) -> Raced {
    raced(name, &[lost(attack, containment); 3], &[wrong as f64; 3])
}

fn at(flip: &Option<Flip>) -> Option<(f64, &str)> {
    flip.as_ref().map(|f| (f.at, f.policy.as_str()))
}

fn advised(all: &[Raced], confidence: f64) -> Advice {
    let scale = scale(confidence, None);
    advice(all, &order(all, &[0, 1, 2], scale), &[0, 1, 2], scale).unwrap()
}

/// Nothing: 100 if real, 0 if false. Plan: 20 and 30. Both lose the same at c = 30 / 110.
/// Everything off: 0 + 10 if real, 60 if false; as the plan at c = 30 / 40.
#[test]
fn advice_turns_where_two_losses_are_equal() {
    let all = [flat("nothing", 100, 0, 0), flat("plan", 10, 10, 30), flat("off", 0, 10, 60)];
    let got = advised(&all, 0.5);
    assert_eq!((got.policy.as_str(), got.second.as_deref()), ("plan", Some("off")));
    assert!(near(got.margin.unwrap().value, 35.0 - 25.0));
    assert_eq!((got.tied.len(), got.holds), (0, (0, 0)));
    let (below, above) = (at(&got.below).unwrap(), at(&got.above).unwrap());
    assert!(near(below.0, 30.0 / 110.0) && below.1 == "nothing", "{below:?}");
    assert!(near(above.0, 30.0 / 40.0) && above.1 == "off", "{above:?}");
    // Restarts k times as long: 5 + 20 k against 50 of doing nothing.
    let slower = at(&got.slower).unwrap();
    assert!(near(slower.0, 45.0 / 20.0) && slower.1 == "nothing", "{slower:?}");
    let low = advised(&all, 0.1);
    assert_eq!((low.policy.as_str(), at(&low.below), at(&low.slower)), ("nothing", None, None));
    assert!(near(at(&low.above).unwrap().0, 30.0 / 110.0));
    let high = advised(&all, 0.9);
    assert_eq!((high.policy.as_str(), at(&high.above)), ("off", None));
    assert!(near(at(&high.below).unwrap().0, 30.0 / 40.0));
    let tie = advised(&[flat("nothing", 10, 0, 10), flat("plan", 10, 0, 10)], 0.5);
    assert_eq!(tie.tied, ["plan"]);
    let only = advised(&[flat("nothing", 10, 0, 10)], 0.5);
    assert_eq!((only.second, only.margin), (None, None));
    let scale = scale(0.5, None);
    assert_eq!(advice(&all, &order(&all, &[], scale), &[], scale), None);
    assert_eq!(advice(&[], &[], &[0], scale), None);
}

#[test]
fn an_outflow_has_to_be_worth_what_preventing_one_costs() {
    let leak = |name: &str, n: u64, attack: u64| {
        let row = |i| Row { outflow: (i < n).then_some(9), ..lost(attack, 0) };
        raced_for(name, Objective::Outflow, &(0..10).map(row).collect::<Vec<_>>(), &[])
    };
    let open: Vec<usize> = (0..10).collect();
    let worth = |all: &[Raced], price| {
        let scale = Scale { objective: Objective::Outflow, ..scale(0.5, Some(price)) };
        let got = advice(all, &order(all, &open, scale), &open, scale).unwrap();
        (got.policy, got.worth)
    };
    let all = [leak("nothing", 8, 100), leak("plan", 3, 120)];
    // 20 hours more for half an outflow less.
    let (policy, at) = worth(&all, 1_000.0);
    assert!(policy == "plan" && near(at.unwrap(), 40.0), "{at:?}");
    // The statement is what it says: a little above it the plan is advised, a little below nothing.
    assert_eq!((worth(&all, 40.1).0.as_str(), worth(&all, 39.9).0.as_str()), ("plan", "nothing"));
    let cheaper = [leak("nothing", 8, 100), leak("plan", 3, 90)];
    assert_eq!(worth(&cheaper, 0.0), ("plan".to_owned(), Some(0.0)));
    let as_many = [leak("nothing", 8, 100), leak("plan", 8, 90)];
    assert_eq!(worth(&as_many, 0.0), ("plan".to_owned(), None));
    let unsure = Scale { objective: Objective::Outflow, ..scale(0.0, Some(5.0)) };
    let got = advice(&all, &order(&all, &open, unsure), &open, unsure).unwrap();
    assert_eq!(got.worth, None, "at no confidence nothing is prevented");
    let without = [leak("plan", 3, 90)];
    assert_eq!(worth(&without, 0.0).1, None);
    let payload = advised(&[flat("nothing", 10, 0, 10), flat("plan", 5, 0, 0)], 0.5);
    assert_eq!(payload.worth, None, "only where the attacker wants data");
}

/// A policy: what it loses by attack, by containment and on a false alarm, and whether data leaves.
type Told = (u64, u64, u64, bool);

/// What an outflow costs where policies are tried.
const PRICE: f64 = 37.0;

/// Loss of a policy at a confidence, restarts `k` times as long.
fn loss((attack, containment, wrong, leaks): Told, c: f64, k: f64) -> f64 {
    let out = if leaks { PRICE } else { 0.0 };
    c * (attack as f64 + out) + k * (c * containment as f64 + (1.0 - c) * wrong as f64)
}

const STEPS: u32 = 2_000;

/// Returns the first of `values` at which another policy is better than the one at `best`, and
/// all that are better there.
fn first_better(
    all: &[Told],
    best: usize,
    values: impl Iterator<Item = (f64, f64, f64)>,
) -> Option<(f64, Vec<usize>)> {
    for (value, c, k) in values {
        let own = loss(all[best], c, k);
        let better: Vec<usize> = (0..all.len()).filter(|p| loss(all[*p], c, k) < own - 1e-9).collect();
        if !better.is_empty() {
            return Some((value, better));
        }
    }
    None
}

fn agrees(told: &Option<Flip>, tried: Option<(f64, Vec<usize>)>, step: f64) -> Result<(), TestCaseError> {
    match (told, tried) {
        (None, None) => Ok(()),
        (Some(flip), Some((at, better))) => {
            prop_assert!((flip.at - at).abs() <= step + 1e-9, "{flip:?}, tried {at}");
            let named = better.iter().any(|p| format!("p{p}") == flip.policy);
            prop_assert!(named, "{flip:?} is not among {better:?}");
            Ok(())
        }
        // An end of the range is on no side of it.
        (Some(flip), None) => {
            prop_assert!(flip.at < step || flip.at > 1.0 - step, "{flip:?}, and nothing was tried");
            Ok(())
        }
        (None, Some(tried)) => Err(TestCaseError::fail(format!("no flip was found, and {tried:?} is one"))),
    }
}

/// Of two policies that lose the same at this confidence, by rounding one a hair less, the other is
/// better as soon as restarts take longer at all: the advice turns at once, and says so.
#[test]
fn of_two_that_lose_the_same_the_other_is_named() {
    let all: [Told; 2] = [(40, 176, 51, true), (129, 131, 48, false)];
    let (c, row) = (0.3, |p: &Told| Row { outflow: p.3.then_some(9), ..lost(p.0, p.1) });
    let raced: Vec<Raced> = all
        .iter()
        .enumerate()
        .map(|(i, p)| raced_for(&format!("p{i}"), Objective::Outflow, &[row(p); 3], &[p.2 as f64; 3]))
        .collect();
    let priced = Scale { objective: Objective::Outflow, ..scale(c, Some(PRICE)) };
    let got = advice(&raced, &order(&raced, &[0, 1, 2], priced), &[0, 1, 2], priced).unwrap();
    assert!((loss(all[0], c, 1.0) - loss(all[1], c, 1.0)).abs() < 1e-9);
    assert_eq!((got.policy.as_str(), at(&got.slower)), ("p0", Some((1.0, "p1"))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Whoever tries every other confidence, and every longer restart, finds what the card says.
    #[test]
    fn what_would_change_the_advice_is_found_by_trying(
        all in prop::collection::vec((0_u64..200, 0_u64..200, 0_u64..200, any::<bool>()), 2..5),
        confidence in 1_u32..100,
    ) {
        let c = f64::from(confidence) / 100.0;
        let row = |p: &Told| Row { outflow: p.3.then_some(9), ..lost(p.0, p.1) };
        let raced: Vec<Raced> = all
            .iter()
            .enumerate()
            .map(|(i, p)| raced_for(&format!("p{i}"), Objective::Outflow, &[row(p); 3], &[p.2 as f64; 3]))
            .collect();
        let priced = Scale { objective: Objective::Outflow, ..scale(c, Some(PRICE)) };
        let got = advice(&raced, &order(&raced, &[0, 1, 2], priced), &[0, 1, 2], priced).unwrap();
        let best: usize = got.policy[1..].parse().unwrap();
        prop_assert!((0..all.len()).all(|p| loss(all[p], c, 1.0) >= loss(all[best], c, 1.0) - 1e-9));
        let step = 1.0 / f64::from(STEPS);
        let down = (1..).map(|i| c - f64::from(i) * step).take_while(|c| *c >= 0.0).map(|c| (c, c, 1.0));
        agrees(&got.below, first_better(&all, best, down), step)?;
        let up = (1..).map(|i| c + f64::from(i) * step).take_while(|c| *c <= 1.0).map(|c| (c, c, 1.0));
        agrees(&got.above, first_better(&all, best, up), step)?;
        let longer = (1..40_000).map(|i| 1.0 + f64::from(i) * 0.001).map(|k| (k, c, k));
        match (first_better(&all, best, longer), at(&got.slower)) {
            (None, None) => {}
            (None, Some((factor, _))) => prop_assert!(factor > 40.9, "{factor}"),
            (Some((factor, better)), Some((told, policy))) => {
                prop_assert!((factor - told).abs() <= 0.0011, "{factor} is the factor, {told} was given");
                let named = better.iter().any(|p| format!("p{p}") == policy);
                prop_assert!(named, "{policy} is not among {better:?}");
            }
            (Some(tried), None) => prop_assert!(false, "no flip was found, and {tried:?} is one"),
        }
    }
}

#[test]
fn a_draw_of_the_evidence_is_told_by_its_own_trials() {
    let row = |attack, payload, outflow| Row { alarm: Some(1), attack, payload, outflow, ..Row::default() };
    let rows =
        [row(10, Some(2), None), row(20, None, Some(2)), row(90, Some(2), Some(2)), row(30, None, None)];
    let own = raced("plan", &rows, &[]);
    let got = drawn_outcome(&own.courses, 8.0, &[0, 1, 3], scale(0.75, Some(100.0))).unwrap();
    let expected = 0.75 * 20.0 + 0.25 * 8.0;
    assert!(near(got.weighed, expected + 0.75 * 100.0 / 3.0), "{got:?}");
    let other = drawn_outcome(&own.courses, 0.0, &[3], scale(1.0, None)).unwrap();
    let figure = &outcomes(std::slice::from_ref(&own), &own, &[0, 1, 3], scale(0.75, None))[0];
    let over = drawn(&[got, other], figure).unwrap();
    // One hit in three, and none in one, with half a case added on each side.
    let (payload, outflow) = (over.payload, over.outflow);
    assert!(near(payload.low, 0.5 / 2.0) && near(payload.high, 1.5 / 4.0), "{over:?}");
    assert!(near(outflow.low, 0.5 / 2.0) && near(outflow.high, 1.5 / 4.0), "{over:?}");
    let plain = drawn(&[got], figure).unwrap();
    assert!(near(plain.expected.high, expected), "{plain:?}");
    assert!(
        near(over.expected.low, 15.0) && near(over.expected.high, 30.0),
        "it reaches the figure: {over:?}"
    );
}
