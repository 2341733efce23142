//! Policies weighed: the frontier, the advice, and what a price does to both.

use assess::decide::{Raced, Scale, advice, courses, drawn, drawn_outcome, frontier, order, outcomes};
use model::campaign::Objective;
use model::decide::{Measure, Timing};
use model::estate::{Estate, Soc};
use model::impact::TrialImpact;
use model::playbook::{Cut, Repeat};
use model::quantity::{Millis, PersonHours, Ratio};
use model::recovery::RecoveryRules;
use model::trial::Trial;

const TRIALS: u32 = 200;

fn estate() -> Estate {
    let soc = Soc {
        analysts: 1,
        alerts_per_day: 0.0,
        triage_minutes: 1.0,
        escalation: Ratio::ONE,
        as_urgent: Ratio::ONE,
        agree: 1,
        quiet: model::estate::QUIET,
    };
    Estate {
        name: String::new(),
        description: String::new(),
        sites: Vec::new(),
        zones: Vec::new(),
        assets: Vec::new(),
        services: Vec::new(),
        hostings: Vec::new(),
        tenants: Vec::new(),
        soc,
        recovery: RecoveryRules::default(),
        trade_off: None,
        people: None,
        source: String::new(),
    }
}

/// A policy that lets data out in so many of the trials and loses so many hours in each.
fn raced(name: &str, out: u32, hours: u64) -> Raced {
    let trial = |index| Trial {
        index,
        declared: Some(Millis(1)),
        outflow: (index < out).then_some(Millis(9)),
        ..Trial::default()
    };
    let impact = |trial| TrialImpact {
        trial,
        attack: PersonHours(0),
        // Trials differ a little, so that differences have an interval.
        containment: PersonHours(hours + u64::from(trial % 3)),
        tenants_hit: 0,
        insured_hit: 0,
        services: Vec::new(),
        weighted_attack: PersonHours(0),
        weighted_containment: PersonHours(0),
        hostings: Vec::new(),
        recovered: None,
        waiting: PersonHours(0),
        relapsed: false,
    };
    let (trials, impacts): (Vec<Trial>, Vec<TrialImpact>) =
        (0..TRIALS).map(|i| (trial(i), impact(i))).unzip();
    let measure = match name {
        "nothing" => Measure::Nothing,
        "plan" => Measure::Plan,
        _ => Measure::Cut {
            scope: Cut::AllSites,
            timing: Timing::Confirmed,
            first: None,
            repeat: Repeat::Once,
        },
    };
    Raced {
        name: name.to_owned(),
        measure,
        courses: courses(&estate(), Objective::Outflow, &trials, &impacts),
        false_alarm: Vec::new(),
    }
}

fn scale(objective: Objective, price: Option<f64>) -> Scale {
    Scale { confidence: Ratio::clamped(0.5), objective, price }
}

fn all() -> Vec<Raced> {
    vec![
        raced("nothing", 120, 1_000),
        raced("plan", 110, 9_000),
        raced("narrow", 60, 2_000),
        raced("wide", 10, 12_000),
        raced("dear", 60, 5_000),
        raced("lucky", 9, 90_000),
    ]
}

fn open() -> Vec<usize> {
    (0..TRIALS as usize).collect()
}

#[test]
fn the_frontier_goes_on_only_where_the_trials_tell_that_less_goes_out() {
    let (all, open) = (all(), open());
    let steps = frontier(&all, &open, scale(Objective::Outflow, None));
    let names: Vec<&str> = steps.iter().map(|s| s.policy.as_str()).collect();
    // "lucky" lets one trial less out than "wide", which 200 trials do not tell from chance.
    assert_eq!(names, ["nothing", "narrow", "wide"]);
    assert_eq!(steps[0].worth, None);
    // 500 hours more at half confidence, for half of 0.3 outflows.
    assert!((steps[1].worth.unwrap() - 1_000.0 / 0.3).abs() < 1e-6, "{steps:?}");
    assert!((steps[2].worth.unwrap() - 10_000.0 / 0.25).abs() < 1e-6, "{steps:?}");
}

#[test]
fn without_a_price_nothing_is_advised_and_with_one_each_step_has_its_range() {
    let (all, open) = (all(), open());
    let advised = |price| {
        let scale = scale(Objective::Outflow, price);
        let order = order(&all, &open, scale);
        advice(&all, &order, &open, scale).map(|a| a.policy)
    };
    assert_eq!(advised(None), None);
    for (price, policy) in [(0.0, "nothing"), (3_000.0, "nothing"), (4_000.0, "narrow"), (39_000.0, "narrow")]
    {
        assert_eq!(advised(Some(price)).as_deref(), Some(policy), "at {price}");
    }
    assert_eq!(advised(Some(41_000.0)).as_deref(), Some("wide"));
    let undecided = order(&all, &open, scale(Objective::Outflow, None));
    let first: Vec<&str> = undecided.iter().take(3).map(|p| all[*p].name.as_str()).collect();
    assert_eq!(first, ["nothing", "narrow", "wide"], "the frontier first");
}

#[test]
fn what_is_advised_never_loses_surely_by_the_measure_it_is_advised_by() {
    let (all, open) = (all(), open());
    for objective in [Objective::Payload, Objective::Outflow] {
        for price in [0.0, 1.0, 3_000.0, 30_000.0, 300_000.0, 3e9] {
            let scale = scale(objective, Some(price));
            let order = order(&all, &open, scale);
            let told = outcomes(&all, &all[1], &open, scale);
            let best = &told[order[0]];
            assert!(best.weighed_against_plan.unwrap().low <= 0.0, "{objective:?} at {price}: {}", best.name);
            let all_weighed = told.iter().map(|o| o.weighed.unwrap().value);
            assert!(all_weighed.fold(f64::MAX, f64::min) >= best.weighed.unwrap().value - 1e-9);
        }
    }
    let scale = scale(Objective::Payload, None);
    let told = outcomes(&all, &all[1], &open, scale);
    assert_eq!((told[1].against_plan.value, told[1].against_nothing.value), (0.0, 4_000.0));
    assert_eq!(advice(&all, &order(&all, &open, scale), &open, scale).unwrap().policy, "nothing");
}

#[test]
fn what_few_exercises_leave_open_reaches_the_figure_itself() {
    let (all, open) = (all(), open());
    let scale = scale(Objective::Outflow, Some(1_000.0));
    let told = outcomes(&all, &all[1], &open, scale);
    let draw = |out| drawn_outcome(&raced("narrow", out, 2_000).courses, 0.0, &open, scale).unwrap();
    let draws = [draw(20), draw(30), draw(40)];
    assert!((draws[0].weighed - (0.5 * 2_001.0 + 0.5 * 1_000.0 * 0.1)).abs() < 1.0, "{draws:?}");
    let over = drawn(&draws, &told[2]).unwrap();
    let few = |hits: f64| (hits + 0.5) / 201.0;
    assert!(
        (over.outflow.low - few(20.0)).abs() < 1e-12 && over.outflow.high == 0.3,
        "the figure is 60 of 200"
    );
    // That something always happened in 200 trials of each draw does not make it sure.
    let always = drawn(&[draw(200), draw(200)], &told[1]).unwrap();
    assert!((always.outflow.low.max(few(200.0)) - few(200.0)).abs() < 1e-12 && few(200.0) > 0.99);
    assert_eq!(drawn(&[], &told[2]), None);
    assert_eq!(drawn_outcome(&all[0].courses, 0.0, &[], scale), None);
}
