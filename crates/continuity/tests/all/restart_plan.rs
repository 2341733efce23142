//! The scheduling kernel against known values, and the restart plan against the
//! recovery that trials use.

use continuity::schedule::{Effort, Job, Shop, Span, Wait};
use continuity::{Gone, read_estate, restart};
use model::estate::{Estate, Weight};
use model::quantity::Millis;
use model::recovery::Phase;
use model::restart::{Hands, Hold};
use model::trial::DownCause;
use proptest::prelude::*;

fn job(duration: u64, resource: usize, after: &[usize]) -> Job {
    Job {
        duration,
        ready: 0,
        resource: Some(resource),
        waits: after.iter().map(|a| Wait { k: 1, of: vec![*a] }).collect(),
    }
}

fn makespan(spans: &[Option<Span>]) -> u128 {
    spans.iter().map(|s| s.map_or(u128::MAX, |s| u128::from(s.end))).max().unwrap_or(0)
}

#[test]
fn two_of_three_lets_the_next_begin_when_the_second_is_done() {
    let mut shop = Shop {
        jobs: vec![job(5, 0, &[]), job(2, 0, &[]), job(9, 0, &[]), job(1, 0, &[])],
        capacity: vec![3],
    };
    shop.jobs[3].waits = vec![Wait { k: 2, of: vec![0, 1, 2] }];
    let spans = shop.serial(&[0, 1, 2, 3]);
    assert_eq!(spans[3], Some(Span { begin: 5, end: 6 }));
}

#[test]
fn needs_in_a_circle_are_said_and_do_not_hang() {
    let shop = Shop { jobs: vec![job(1, 0, &[1]), job(1, 0, &[0]), job(4, 0, &[])], capacity: vec![1] };
    assert_eq!(shop.serial(&[0, 1, 2]), [None, None, Some(Span { begin: 0, end: 4 })]);
}

fn shops() -> impl Strategy<Value = Shop> {
    (2_usize..14, 1_u32..4).prop_flat_map(|(n, crews)| {
        let one = |j: usize| (1_u64..20, proptest::collection::vec(0..j.max(1), 0..3));
        (0..n).map(one).collect::<Vec<_>>().prop_map(move |list| Shop {
            jobs: list
                .into_iter()
                .enumerate()
                .map(|(j, (d, after))| job(d, 0, if j == 0 { &[] } else { &after }))
                .collect(),
            capacity: vec![crews],
        })
    })
}

/// Returns the longest chain of work.
fn critical_path(shop: &Shop) -> u64 {
    let mut ends: Vec<u64> = Vec::new();
    for job in &shop.jobs {
        let begin = job.waits.iter().flat_map(|w| &w.of).map(|&b| ends[b]).max().unwrap_or(0);
        ends.push(begin + job.duration);
    }
    ends.into_iter().max().unwrap_or(0)
}

proptest! {
    #[test]
    fn a_schedule_keeps_needs_and_crews_and_known_bounds(shop in shops()) {
        let weights = vec![1; shop.jobs.len()];
        let found = shop.search(&makespan, &weights, Effort(60));
        let spans: Vec<Span> = found.spans.iter().map(|s| s.expect("no circle")).collect();
        for (job, span) in shop.jobs.iter().zip(&spans) {
            prop_assert_eq!(span.end - span.begin, job.duration);
            for &before in job.waits.iter().flat_map(|w| &w.of) {
                prop_assert!(spans[before].end <= span.begin);
            }
            let running = spans.iter().filter(|s| s.begin <= span.begin && span.begin < s.end).count();
            prop_assert!(running as u32 <= shop.capacity[0]);
        }
        let sum: u64 = shop.jobs.iter().map(|j| j.duration).sum();
        let path = critical_path(&shop);
        let crews = u64::from(shop.capacity[0]);
        let cost = u64::try_from(found.cost).unwrap();
        prop_assert!(cost >= path.max(sum.div_ceil(crews)));
        // Graham 1966: no list schedule is longer than this.
        prop_assert!(cost * crews <= sum + (crews - 1) * path);
        let one = Shop { capacity: vec![1], ..shop.clone() };
        prop_assert_eq!(one.search(&makespan, &weights, Effort(5)).cost, u128::from(sum));
        let many = Shop { capacity: vec![99], ..shop };
        prop_assert_eq!(many.search(&makespan, &weights, Effort(5)).cost, u128::from(path));
    }

    #[test]
    fn more_effort_never_costs_more(shop in shops()) {
        let weights = vec![1; shop.jobs.len()];
        let little = shop.search(&makespan, &weights, Effort(1)).cost;
        prop_assert!(shop.search(&makespan, &weights, Effort(200)).cost <= little);
    }
}

fn provider() -> Estate {
    let text = include_str!("../../../../content/provider/estate.yaml");
    read_estate("estate.yaml", text.as_bytes()).into_parts().0.expect("the built-in estate is good")
}

/// The built-in estate with every service counting alike.
fn without_weights() -> Estate {
    let mut estate = provider();
    estate.services.iter_mut().for_each(|s| s.weight = Weight::ONE);
    estate
}

fn all(estate: &Estate, cause: DownCause) -> Vec<Gone> {
    (0..estate.assets.len() as u32).map(|asset| Gone::new(asset, cause)).collect()
}

#[test]
fn everything_comes_back_and_the_search_pays() {
    let estate = provider();
    let plan = restart(&estate, &all(&estate, DownCause::Containment));
    assert_eq!(plan.positions.len(), estate.assets.len(), "every asset has a position");
    // The built-in provider weighs its services, so that is what was searched.
    let weighed = plan.weighed.expect("weights are stated");
    assert!(weighed.hours <= weighed.unsearched, "{weighed:?}");
    let plain = restart(&without_weights(), &all(&estate, DownCause::Containment));
    assert_eq!(plain.weighed, None);
    assert!(plain.person_hours <= plain.unsearched);
    assert!(
        plain.gains.iter().all(|g| g.weighed.is_none()) && plan.gains.iter().all(|g| g.weighed.is_some())
    );
    assert_eq!(plan.insured, estate.insured());
    assert!(plan.restored.windows(2).all(|w| w[0] <= w[1]), "{:?}", plan.restored);
    assert!(plan.services.iter().all(|s| s.back <= plan.last));
    assert!(plan.positions.iter().any(|p| p.critical && p.back == plan.last));
    let phases = || plan.positions.iter().flat_map(|p| &p.phases);
    let mut chain: Vec<_> = phases().filter(|p| p.critical).collect();
    chain.sort_by_key(|p| p.begin);
    assert!(chain.windows(2).all(|w| w[0].end == w[1].begin), "the critical path has no gap");
    assert_eq!(chain.first().map(|p| p.begin), Some(Millis(0)));
    for hands in phases().map(|p| &p.by) {
        match hands {
            Hands::Crew { site, number, .. } => {
                let crews = estate.sites.iter().find(|s| s.id == *site).map(|s| s.crews);
                assert!(crews.is_some_and(|c| *number <= c), "{site} has {crews:?} crews, not {number}");
            }
            Hands::Forensics { number } => {
                assert!(estate.recovery.forensic_teams.is_some_and(|t| *number <= t), "team {number}");
            }
            Hands::Bandwidth { .. } | Hands::Outside => {}
        }
    }
}

/// FNV-1a of the bytes (Fowler, Noll & Vo 1991).
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

/// The fingerprints are those of the plans made before services were weighed in them.
#[test]
fn an_estate_without_weights_has_the_plan_it_had() {
    let estate = without_weights();
    let told = [DownCause::Containment, DownCause::Attack].map(|cause| {
        let bytes = serde_json::to_vec(&restart(&estate, &all(&estate, cause))).expect("a plan is JSON");
        (bytes.len(), fingerprint(&bytes))
    });
    assert_eq!(told, [(69_057, 13_566_948_226_175_576_264), (79_382, 18_232_099_060_922_960_735)]);
}

#[test]
fn what_an_asset_waits_for_ends_when_its_own_work_begins() {
    let estate = provider();
    let plan = restart(&estate, &all(&estate, DownCause::Attack));
    let find = |id: &model::id::AssetId| plan.positions.iter().find(|p| p.asset == *id).expect("in the plan");
    let mut held = 0;
    for position in &plan.positions {
        let start = position.phases.iter().find(|p| matches!(p.phase, Phase::Start | Phase::Rebuild));
        let waits = [
            (Some(&position.hold), Some(position.begin)),
            (position.start_hold.as_ref(), start.map(|s| s.begin)),
        ];
        for (hold, begin) in waits.into_iter().filter_map(|(h, b)| Some((h?, b?))) {
            match hold {
                Hold::Nothing => assert_eq!(begin, Millis(0), "{}", position.asset),
                Hold::Crew { after } => {
                    let ends = find(after).phases.iter().any(|p| p.end == begin);
                    assert!(ends, "{} waits for a crew at {after}", position.asset);
                    held += 1;
                }
                Hold::Needs { asset, .. } => {
                    assert_eq!(find(asset).back, begin, "{} waits for {asset}", position.asset);
                    held += 1;
                }
            }
        }
    }
    assert!(held > 20, "a whole provider does not start at once");
}

#[test]
fn failed_starts_make_the_work_longer_and_nothing_is_down_twice() {
    let estate = provider();
    let one = |failures| {
        let gone = [Gone { failures, ..Gone::new(3, DownCause::Containment) }];
        restart(&estate, &[gone[0], gone[0]])
    };
    assert_eq!(one(0).positions.len(), 1);
    assert!(one(2).last > one(1).last);
    assert!(one(2).positions[0].attempts > one(0).positions[0].attempts);
    let examined = |failures| one(failures).positions[0].phases[0].phase != Phase::Examine;
    assert!(!examined(0) && examined(1), "what has been started has been examined");
    assert_eq!(restart(&estate, &[Gone::new(9_999, DownCause::Attack)]).positions, []);
}
