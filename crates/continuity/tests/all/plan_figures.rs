//! The figures of a plan that can be made by hand: two sites with one crew each.

use continuity::{Gone, read_estate, restart};
use model::estate::Estate;
use model::quantity::Millis;
use model::restart::{More, RestartPlan};
use model::trial::{Down, DownCause, Trial};

fn estate() -> Estate {
    let (estate, said) = read_estate("plan.yaml", include_bytes!("../data/plan.yaml")).into_parts();
    estate.unwrap_or_else(|| panic!("{said:?}"))
}

fn minutes(m: u64) -> Millis {
    Millis(m * Millis::MINUTE.0)
}

fn plan(gone: &[Gone]) -> RestartPlan {
    restart(&estate(), gone)
}

fn off(asset: u32) -> Gone {
    Gone::new(asset, DownCause::Containment)
}

/// At the first site Beta comes before Alpha: 600 people wait for Beta alone, 400 for both. At
/// the second one Gamma takes two starts of 120 minutes, one in two of which fails.
#[test]
fn everything_off_comes_back_in_the_order_of_the_hand() {
    let plan = plan(&[off(0), off(1), off(2)]);
    let back = |id: &str| {
        let found =
            plan.positions.iter().find(|p| p.asset.as_str() == id).map(|p| (p.begin, p.back, p.back_slow));
        found.expect("in the plan")
    };
    assert_eq!(back("b"), (minutes(0), minutes(30), minutes(45)));
    assert_eq!(back("a"), (minutes(30), minutes(90), minutes(165)));
    assert_eq!(back("c"), (minutes(0), minutes(240), minutes(300)));
    assert_eq!((plan.last, plan.last_slow), (minutes(240), minutes(300)));
    // 600 × 0.5 + 400 × 1.5 + 1,000 × 4 hours.
    assert_eq!((plan.person_hours.0, plan.weighed), (4_900, None));
    assert!(plan.unsearched >= plan.person_hours);
    // Of 2,000 people the first are back with Beta, half with Alpha, and the rest with Gamma.
    assert_eq!(plan.restored, [30, 90, 240, 240].map(minutes));
    assert_eq!((plan.insured, plan.share.get()), (2_000, 1.0));
    let services: Vec<(&str, &str, u32, u64, Millis, Millis)> = plan
        .services
        .iter()
        .map(|s| (s.hosting.as_str(), s.service.as_str(), s.tenants, s.insured, s.back, s.back_slow))
        .collect();
    let wanted = [
        ("h3", "vc", 1, 1_000, minutes(240), minutes(300)),
        ("h1", "va", 2, 400, minutes(90), minutes(165)),
        ("h2", "vb", 1, 600, minutes(30), minutes(45)),
        ("h1", "vb", 2, 400, minutes(30), minutes(45)),
    ];
    assert_eq!(services, wanted);
    assert!(plan.by_hand.is_empty() && plan.staged.is_empty() && plan.relapse.is_none());
    // One more crew at the first site: Alpha is back after 60 minutes, 400 people half an hour earlier.
    let gains: Vec<(&str, u64, Millis)> = plan
        .gains
        .iter()
        .map(|g| match &g.more {
            More::Crew { site, skill: None } => (site.as_str(), g.saved.0, g.earlier),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(gains, [("s", 200, minutes(0)), ("r", 0, minutes(0))]);
}

#[test]
fn only_those_who_miss_something_are_counted() {
    let one = plan(&[off(0)]);
    assert_eq!((one.insured, one.person_hours.0, one.restored), (400, 400, [minutes(60); 4]));
    assert_eq!(one.share.get(), 0.2);
    let nothing = plan(&[]);
    assert_eq!((nothing.insured, nothing.person_hours.0, nothing.last), (0, 0, Millis(0)));
    assert_eq!(nothing.restored, [Millis(0); 4]);
    let second = plan(&[off(1)]);
    assert_eq!((second.insured, second.person_hours.0), (1_000, 500));
    // Half of a thousand are reached by the 600 who come back with the first of equals.
    assert_eq!(second.restored, [minutes(30); 4]);
}

/// q = 0.5 counts like ten failures in twenty starts: after ten more it is 20 of 30.
#[test]
fn failures_seen_are_counted_in() {
    let after = |failures| plan(&[Gone { failures, ..off(2) }]);
    assert_eq!((after(0).positions[0].attempts, after(0).last), (2.0, minutes(240)));
    assert!((after(10).positions[0].attempts - 3.0).abs() < 1e-9);
    assert_eq!(after(10).last, minutes(360));
    let attacked = plan(&[Gone::new(2, DownCause::Attack)]);
    // A rebuild of four hours includes the first start; one more is to be expected.
    assert_eq!(attacked.last, minutes(240 + 120));
}

#[test]
fn what_is_down_at_the_end_of_a_trial_is_touched_where_the_attacker_was() {
    let down = |asset, cause| Down {
        asset,
        at: Millis(5),
        cause,
        attempts: 3,
        work: Millis(9),
        care: Default::default(),
        copies: None,
    };
    let trial = Trial {
        reached: vec![1, 2],
        down: vec![
            down(0, DownCause::Containment),
            down(2, DownCause::Attack),
            down(1, DownCause::Containment),
        ],
        ..Trial::default()
    };
    let told: Vec<(u32, DownCause, bool)> =
        Gone::in_trial(&trial).into_iter().map(|g| (g.asset, g.cause, g.touched)).collect();
    let wanted =
        [(0, DownCause::Containment, false), (2, DownCause::Attack, true), (1, DownCause::Containment, true)];
    assert_eq!(told, wanted);
    assert_eq!(Gone::in_trial(&Trial::default()), []);
}

/// Services that need each other, each with an asset of its own.
#[test]
fn a_circle_that_is_down_is_started_by_hand_and_one_that_is_not_is_not_named() {
    let text = include_str!("../data/plan.yaml")
        .replace("{ id: va, name: VA, needs: [", "{ id: va, name: VA, needs: [{ of: [{ service: vb }] }, ")
        .replace("{ id: vb, name: VB, needs: [", "{ id: vb, name: VB, needs: [{ of: [{ service: va }] }, ");
    let (estate, said) = read_estate("plan.yaml", text.as_bytes()).into_parts();
    let estate = estate.unwrap_or_else(|| panic!("{said:?}"));
    let plan = restart(&estate, &[off(0), off(1)]);
    let [circle] = plan.by_hand.as_slice() else { panic!("{:?}", plan.by_hand) };
    let ids = |list: &[model::id::ServiceId]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((circle.site.as_str(), ids(&circle.stuck)), ("s", vec!["va".to_owned(), "vb".to_owned()]));
    assert_eq!(circle.start.len(), 1);
    assert_eq!(restart(&estate, &[off(2)]).by_hand, []);
}

/// Everybody waits for both, so the loss is the same whichever comes first; the shorter start
/// brings one service back sooner and costs the other nothing.
#[test]
fn of_plans_with_the_same_loss_the_one_with_services_back_one_by_one_is_taken() {
    let text = include_str!("../data/plan.yaml").replace("hosting: h2", "hosting: h1");
    let (estate, said) = read_estate("plan.yaml", text.as_bytes()).into_parts();
    let estate = estate.unwrap_or_else(|| panic!("{said:?}"));
    for gone in [[off(0), off(1)], [off(1), off(0)]] {
        let plan = restart(&estate, &gone);
        let order: Vec<&str> = plan.positions.iter().map(|p| p.asset.as_str()).collect();
        assert_eq!((order, plan.person_hours.0), (vec!["b", "a"], 1_500));
    }
}
