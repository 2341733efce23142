//! Recovery against scheduling theory, and impact against what must be conserved.

use std::collections::BTreeMap;

use continuity::{impacts, read_estate};
use model::estate::{Estate, Weight};
use model::impact::{Return, TrialImpact};
use model::quantity::Millis;
use model::recovery::Care;
use model::trial::{Down, DownCause, Trial};
use proptest::prelude::*;

const HOUR: u64 = 3_600_000;

fn small() -> Estate {
    read_estate("small.yaml", include_str!("../data/small.yaml").as_bytes())
        .into_parts()
        .0
        .expect("it is good")
}

/// Returns an estate with `n` assets at one site, each of its own role, and a
/// service for each; service `i` needs the services that `needs` lists for it.
fn workshop(n: usize, crews: u16, needs: &[(usize, usize)]) -> Estate {
    use std::fmt::Write;
    let mut text = format!(
        "name: w\nsoc: {{analysts: 1, alerts-per-day: 1, triage-minutes: 1, escalation: 1}}\n\
         sites:\n  - {{id: s, name: S, crews: {crews}}}\nzones:\n  - {{id: z, name: Z}}\nassets:\n"
    );
    for i in 0..n {
        writeln!(text, "  - {{id: a{i}, name: A, site: s, zone: z, role: r{i}, count: 1, sensors: 1, restart: {{typical: 1h, slow: 1h}}, restore: {{typical: 1h, slow: 1h}}}}").unwrap();
    }
    text.push_str("services:\n");
    for i in 0..n {
        let below: String =
            needs.iter().filter(|(s, _)| *s == i).map(|(_, t)| format!(", {{service: s{t}}}")).collect();
        writeln!(text, "  - {{id: s{i}, name: S, needs: [{{of: [{{role: r{i}, at: home}}{below}]}}]}}")
            .unwrap();
    }
    text.push_str("hostings:\n  - id: h\n    name: H\n    home: s\n    services:\n");
    for i in 0..n {
        writeln!(text, "      - {{service: s{i}, rto: 1h, mtpd: 2h}}").unwrap();
    }
    text.push_str("tenants:\n  - {id: t, name: T, ik: \"990000011\", insured: 1000, hosting: h}\n");
    let (estate, found) = read_estate("workshop.yaml", text.as_bytes()).into_parts();
    estate.unwrap_or_else(|| panic!("{found:?}"))
}

fn down(asset: usize, at: u64, work: u64, cause: DownCause) -> Down {
    let (asset, at, work) = (asset as u32, Millis(at), Millis(work));
    Down { asset, at, cause, attempts: 1, work, care: Care::default(), copies: None }
}

fn works(hours: &[u64]) -> Vec<Down> {
    hours.iter().enumerate().map(|(i, h)| down(i, 0, h * HOUR, DownCause::Attack)).collect()
}

fn makespan(returns: &[Return]) -> u64 {
    returns.iter().map(|r| r.back.0).max().unwrap_or(0)
}

/// Returns a trial in which nobody works before `from`.
fn trial(downs: Vec<Down>, from: u64) -> Trial {
    Trial { down: downs, held: Some(Millis(from)), ..Trial::default() }
}

/// Returns a trial in which work begins with each fall, and all is reconnected at `clear`.
fn at_once(downs: Vec<Down>, clear: u64) -> Trial {
    Trial { down: downs, clear: vec![Millis(clear); 2], ..Trial::default() }
}

fn recovery(estate: &Estate, downs: &[Down], from: Millis) -> Vec<Return> {
    continuity::recovery(estate, &trial(downs.to_vec(), from.0))
}

#[test]
fn one_crew_takes_the_sum_of_all_work() {
    let returns = recovery(&workshop(5, 1, &[(0, 1), (1, 2)]), &works(&[3, 1, 4, 1, 5]), Millis(7 * HOUR));
    assert_eq!(makespan(&returns), (7 + 14) * HOUR);
    let mut spans: Vec<(u64, u64)> = returns.iter().map(|r| (r.begin.0, r.back.0)).collect();
    spans.sort_unstable();
    assert!(spans.windows(2).all(|w| w[0].1 == w[1].0), "no gap and no overlap: {spans:?}");
}

/// Parts without needs of each other fall one by one. A single crew takes each when it is
/// there and free, C = max(C, r) + p; crews without limit give r + p; and nobody has it back
/// before the all-clear.
#[test]
fn work_begins_with_the_fall_of_each_part_in_closed_form() {
    // Falls (hour, work), shorter work last so that the list never changes the order.
    let falls = [(0, 5), (3, 5), (4, 5), (40, 5), (42, 5)];
    let downs: Vec<Down> = falls
        .iter()
        .enumerate()
        .map(|(i, (at, work))| down(i, at * HOUR, work * HOUR, DownCause::Attack))
        .collect();
    let backs = |crews: u16, clear: u64| -> Vec<u64> {
        let trial = at_once(downs.clone(), clear * HOUR);
        let mut backs: Vec<u64> =
            continuity::recovery(&workshop(5, crews, &[]), &trial).iter().map(|r| r.back.0 / HOUR).collect();
        backs.sort_unstable();
        backs
    };
    let mut crew = 0;
    let single: Vec<u64> = falls
        .iter()
        .map(|(at, work)| {
            crew = crew.max(*at) + work;
            crew
        })
        .collect();
    assert_eq!((backs(1, 0), single.as_slice()), (single.clone(), &[5, 10, 15, 45, 50][..]));
    assert_eq!(backs(100, 0), [5, 8, 9, 45, 47]);
    assert_eq!(backs(100, 30), [30, 30, 30, 45, 47], "ready early, reconnected with the all-clear");
    assert_eq!(backs(100, 90), [90; 5]);
}

/// Mail needs the directory. What falls later is there until then, so mail that is ready to
/// start before does not wait for it; mail that is not, does.
#[test]
fn what_falls_later_holds_nobody_back_before() {
    let estate = workshop(2, 100, &[(0, 1)]);
    let examined = |hours: u64, later: u64| {
        let mut mail = down(0, 0, HOUR, DownCause::Containment);
        mail.care.examine = Millis(hours * HOUR);
        let trial = at_once(vec![mail, down(1, later * HOUR, 10 * HOUR, DownCause::Attack)], 0);
        continuity::recovery(&estate, &trial)[0].back.0 / HOUR
    };
    assert_eq!(examined(2, 50), 3);
    assert_eq!(examined(2, 3), 3, "started at 2, done at 3");
    assert_eq!(examined(2, 1), 12, "the directory is down from 1 to 11");
    assert_eq!(examined(60, 50), 61, "examined while it was away from 50 to 60");
    assert_eq!(examined(55, 50), 61);
}

/// A release by somebody outside begins with the all-clear, whatever waits for nobody else.
#[test]
fn a_release_waits_for_the_all_clear() {
    let estate = workshop(1, 1, &[]);
    let mut link = down(0, 0, HOUR, DownCause::Containment);
    link.care.release = Millis(5 * HOUR);
    let back =
        |clear: u64| continuity::recovery(&estate, &at_once(vec![link], clear * HOUR))[0].back.0 / HOUR;
    assert_eq!((back(0), back(20)), (6, 25));
}

#[test]
fn crews_without_limit_take_the_critical_path() {
    // 0 needs 1, 1 needs 2; 3 needs 2; 4 stands alone.
    let estate = workshop(5, 100, &[(0, 1), (1, 2), (3, 2)]);
    let returns = recovery(&estate, &works(&[3, 1, 4, 6, 5]), Millis(0));
    let back: Vec<u64> = returns.iter().map(|r| r.back.0 / HOUR).collect();
    assert_eq!(back, [8, 5, 4, 10, 5]);
}

#[test]
fn what_still_works_holds_nobody_back() {
    // Mail needs one of two storages; one is down, so mail need not wait for it.
    let estate = small();
    let place = |id: &str| estate.assets.iter().position(|a| a.id.as_str() == id).unwrap();
    let downs = [
        down(place("storage-one"), 0, 50 * HOUR, DownCause::Attack),
        down(place("mail-north"), 0, HOUR, DownCause::Containment),
    ];
    let returns = recovery(&estate, &downs, Millis(0));
    let mail = returns.iter().find(|r| r.asset as usize == place("mail-north")).unwrap();
    assert_eq!(mail.back, Millis(HOUR));
}

#[test]
fn more_people_an_hour_come_first() {
    let estate = workshop(3, 1, &[]);
    let returns = recovery(&estate, &works(&[3, 1, 2]), Millis(0));
    let begin: Vec<u64> = returns.iter().map(|r| r.begin.0 / HOUR).collect();
    assert_eq!(begin, [3, 0, 1], "equal people, so the shortest work first");
}

#[test]
fn outside_nonsense_is_left_out() {
    let estate = workshop(2, 1, &[]);
    assert_eq!(recovery(&estate, &[down(99, 0, 1, DownCause::Attack)], Millis(0)), []);
    let twice = [down(0, 5, HOUR, DownCause::Containment), down(0, 3, 2 * HOUR, DownCause::Attack)];
    let returns = recovery(&estate, &twice, Millis(9));
    assert_eq!(returns, [Return { asset: 0, begin: Millis(9), back: Millis(9 + 2 * HOUR), again: None }]);
}

proptest! {
    /// Graham (1969): list scheduling on m machines takes at most 2 - 1/m times
    /// the best possible, which is at least the critical path and the mean load.
    #[test]
    fn grahams_bound_holds(
        hours in prop::collection::vec(1_u64..20, 1..12),
        crews in 1_u16..5,
        edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..12),
    ) {
        let n = hours.len();
        let needs: Vec<(usize, usize)> =
            edges.into_iter().filter(|(a, b)| a < b && *b < n).collect();
        let downs = works(&hours);
        let got = makespan(&recovery(&workshop(n, crews, &needs), &downs, Millis(0)));
        let path = makespan(&recovery(&workshop(n, 1_000, &needs), &downs, Millis(0)));
        let load: u64 = hours.iter().sum::<u64>() * HOUR;
        let m = f64::from(crews);
        prop_assert!(got >= path && got as f64 >= load as f64 / m);
        // Graham's proof bounds the makespan by load/m + (1 - 1/m) of a chain of jobs.
        prop_assert!(got as f64 <= load as f64 / m + (1.0 - 1.0 / m) * path as f64 + 1.0);
    }

    /// Total = attack + containment; a further outage never shortens one; nobody
    /// is down before the first or after the last asset.
    #[test]
    fn outages_are_conserved_and_monotone(
        list in prop::collection::vec((0_usize..6, 0_u64..50, 1_u64..90, any::<bool>()), 1..6),
        held in any::<bool>(),
    ) {
        let estate = small();
        let downs: Vec<Down> = list
            .iter()
            .map(|(a, at, work, attack)| {
                let cause = if *attack { DownCause::Attack } else { DownCause::Containment };
                down(*a, at * HOUR, work * HOUR, cause)
            })
            .collect();
        let of = |downs: Vec<Down>| if held { trial(downs, 60 * HOUR) } else { at_once(downs, 60 * HOUR) };
        let impact = &impacts(&estate, &[of(downs.clone())])[0];
        let returns = continuity::recovery(&estate, &of(downs.clone()));
        prop_assert_eq!(impact.recovered.map(|r| r.0), Some(makespan(&returns)));
        let first = downs.iter().map(|d| d.at.0).min().unwrap_or(0);
        let span = makespan(&returns) - first;
        // What a service costs is what each profile that has it loses, and the weighted loss
        // is their sum by weight.
        let weighted: u64 = estate.services.iter().zip(&impact.services).map(|(s, i)| {
            u64::from(s.weight.thousandths()) * (i.attack.0 + i.containment.0)
        }).sum();
        let told = impact.weighted_attack.0 + impact.weighted_containment.0;
        prop_assert!(told.abs_diff(weighted / 1_000) <= 2 * estate.services.len() as u64);
        let mut doubled = estate.clone();
        for service in &mut doubled.services {
            service.weight = Weight::new(2.0 * service.weight.get()).expect("in range");
        }
        let twice = &impacts(&doubled, &[of(downs.clone())])[0];
        prop_assert!(twice.weighted_attack.0.abs_diff(2 * impact.weighted_attack.0) <= 1);
        prop_assert_eq!(&twice.services, &impact.services);
        for hosting in &impact.hostings {
            for outage in &hosting.services {
                prop_assert!(outage.total() <= hosting.any.total());
                prop_assert!(outage.attack <= hosting.any.attack);
            }
            prop_assert!(hosting.any.total().0 <= span);
        }
        // Only attack: no share of containment; only containment: none of attack.
        for cause in [DownCause::Attack, DownCause::Containment] {
            let one: Vec<Down> = downs.iter().map(|d| Down { cause, ..*d }).collect();
            let same = &impacts(&estate, &[of(one)])[0];
            let zero = if cause == DownCause::Attack { same.containment } else { same.attack };
            prop_assert_eq!(zero.0, 0);
            for (a, b) in same.hostings.iter().zip(&impact.hostings) {
                prop_assert_eq!(a.any.total(), b.any.total(), "the cause does not change the total");
            }
        }
    }

    /// With crews enough for all, an asset more that is down never shortens an outage. In a
    /// trial an asset goes down once; two falls of one are taken as the earlier.
    #[test]
    fn one_more_down_never_helps(
        list in prop::collection::vec((0_usize..6, 0_u64..50, 1_u64..90), 1..6),
        extra in (0_usize..6, 0_u64..50, 1_u64..90),
        held in any::<bool>(),
    ) {
        prop_assume!(list.iter().all(|(asset, ..)| *asset != extra.0));
        let mut estate = small();
        for site in &mut estate.sites {
            site.crews = 100;
        }
        let of = |l: &[(usize, u64, u64)]| -> Vec<Down> {
            l.iter().map(|(a, at, w)| down(*a, at * HOUR, w * HOUR, DownCause::Attack)).collect()
        };
        let (fewer, mut more) = (of(&list), of(&list));
        more.extend(of(&[extra]));
        let of = |downs| if held { trial(downs, 60 * HOUR) } else { at_once(downs, 60 * HOUR) };
        let got = impacts(&estate, &[of(fewer), of(more)]);
        for (a, b) in got[0].hostings.iter().zip(&got[1].hostings) {
            prop_assert!(a.any.total() <= b.any.total());
            for (x, y) in a.services.iter().zip(&b.services) {
                prop_assert!(x.total() <= y.total());
            }
        }
        prop_assert!(got[0].attack <= got[1].attack);
    }

    /// The order in which assets, services and hostings are written changes nothing.
    #[test]
    fn renumbering_changes_nothing(
        list in prop::collection::vec((0_usize..6, 0_u64..50, 1_u64..90, any::<bool>()), 1..6),
    ) {
        let estate = small();
        let mut turned = estate.clone();
        turned.assets.reverse();
        turned.services.reverse();
        turned.sites.reverse();
        turned.hostings.reverse();
        turned.tenants.reverse();
        let downs = |last: Option<usize>| -> Vec<Down> {
            list.iter()
                .map(|(a, at, work, attack)| {
                    let cause = if *attack { DownCause::Attack } else { DownCause::Containment };
                    down(last.map_or(*a, |l| l - a), at * HOUR, work * HOUR, cause)
                })
                .collect()
        };
        let one = &impacts(&estate, &[trial(downs(None), 60 * HOUR)])[0];
        let two = &impacts(&turned, &[trial(downs(Some(5)), 60 * HOUR)])[0];
        prop_assert_eq!(by_name(&estate, one), by_name(&turned, two));
        prop_assert_eq!((one.attack, one.containment, one.tenants_hit, one.insured_hit, one.recovered),
            (two.attack, two.containment, two.tenants_hit, two.insured_hit, two.recovered));
    }
}

fn by_name(estate: &Estate, impact: &TrialImpact) -> BTreeMap<String, String> {
    estate
        .hostings
        .iter()
        .zip(&impact.hostings)
        .map(|(h, i)| (h.id.to_string(), format!("{:?} {:?}", i.any, i.services)))
        .collect()
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let estate = small();
    let trials: Vec<Trial> = (0..400_u64)
        .map(|i| {
            let cause = if i % 3 == 0 { DownCause::Attack } else { DownCause::Containment };
            let list = (0..=i % 6).map(|a| down(a as usize, i * a * 1_000, (1 + i % 7) * HOUR, cause));
            Trial { index: i as u32, ..trial(list.collect(), 9 * HOUR) }
        })
        .collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| impacts(&estate, &trials))
    };
    let one = with(1);
    assert!(one.iter().enumerate().all(|(i, impact)| impact.trial == i as u32));
    assert!(one.iter().any(|i| i.attack.0 > 0) && one.iter().any(|i| i.containment.0 > 0));
    for threads in [2, 8] {
        assert_eq!(one, with(threads), "{threads} threads");
    }
}

#[test]
fn nothing_down_costs_nothing() {
    let impact = &impacts(&small(), &[trial(vec![], HOUR)])[0];
    assert_eq!((impact.attack.0, impact.containment.0, impact.tenants_hit), (0, 0, 0));
    assert_eq!(impact.recovered, None);
    assert!(impact.hostings.iter().all(|h| h.any.restored.is_none()));
}

/// North's directory is switched off at 2 h and back after one hour of work from
/// 10 h on; mail of the north is encrypted at 5 h and back after 20 h of work.
#[test]
fn attack_and_containment_are_told_apart_by_hand() {
    let estate = small();
    let downs = vec![
        down(0, 2 * HOUR, HOUR, DownCause::Containment),
        down(2, 5 * HOUR, 20 * HOUR, DownCause::Attack),
    ];
    let impact = &impacts(&estate, &[trial(downs, 10 * HOUR)])[0];
    let north = &impact.hostings[0];
    // Directory 2 h to 11 h. Mail waits for it: back at 31 h. By attack 5 h to 31 h.
    assert_eq!(north.services[1].total(), Millis(9 * HOUR));
    assert_eq!(north.services[1].attack, Millis(0));
    assert_eq!(north.services[0].attack, Millis(26 * HOUR));
    assert_eq!(north.services[0].containment, Millis(3 * HOUR));
    assert_eq!(north.any.restored, Some(Millis(31 * HOUR)));
    assert_eq!((impact.attack.0, impact.containment.0), (26 * 90_000, 3 * 90_000));
    assert_eq!((impact.tenants_hit, impact.insured_hit), (1, 90_000));
    assert_eq!(impact.hostings[1].any.total(), Millis(0));
}
