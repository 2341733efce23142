//! What is drawn for the return of what went down.

use model::estate::Estate;
use model::quantity::{Millis, Ratio, Seed};
use model::recovery::{Backup, CopyAge, Phases, Reconnect, RelapseOdds};
use model::trial::{DownCause, Relapse};

use super::stand::{estate, minutes, share};
use crate::course::grounds;
use crate::outage::{Fall, all_clear};
use crate::outages;
use crate::policies::cleared;

const TRIALS: u32 = 20_000;

fn near(got: f64, exact: f64, sigma: f64) {
    assert!((got - exact).abs() < 4.0 * sigma / f64::from(TRIALS).sqrt(), "{got} against {exact}");
}

#[test]
fn a_relapse_comes_as_often_as_stated_and_takes_its_site_only() {
    let mut estate = estate(&["east", "west"], &["directory", "mail"]);
    estate.recovery.relapse = Some(RelapseOdds { chance: share(0.2), seen: minutes(60.0, 60.0) });
    let gone: Vec<_> = (0..3).map(|a| (a, DownCause::Containment)).collect();
    let trials = outages(&estate, &gone, Seed(5), TRIALS);
    let relapses: Vec<&Relapse> = trials.iter().filter_map(|t| t.relapse.as_ref()).collect();
    let n = f64::from(TRIALS);
    near(relapses.len() as f64 / n, 0.2, (0.2_f64 * 0.8).sqrt());
    for relapse in &relapses {
        assert_eq!(relapse.seen, Millis(60 * 60_000));
        let assets: Vec<u32> = relapse.down.iter().map(|d| d.asset).collect();
        assert_eq!(assets, if relapse.site == 0 { vec![0, 1] } else { vec![2] });
    }
    let east = relapses.iter().filter(|r| r.site == 0).count() as f64;
    let sigma = (0.25 / relapses.len() as f64).sqrt();
    assert!((east / relapses.len() as f64 - 0.5).abs() < 4.0 * sigma, "both sites alike");
    estate.recovery.relapse = Some(RelapseOdds { chance: Ratio::ZERO, seen: minutes(60.0, 60.0) });
    let none = outages(&estate, &gone, Seed(5), TRIALS);
    assert!(none.iter().all(|t| t.relapse.is_none()));
    assert!(none.iter().zip(&trials).all(|(a, b)| a.down == b.down), "the first return is the same");
}

#[test]
fn only_what_is_lost_has_copies_and_they_are_half_an_interval_old_in_the_mean() {
    let mut estate = estate(&["east"], &["mail", "storage"]);
    let day = Millis::DAY;
    let at = estate.assets[1].id.clone();
    estate.assets[0].backup = Some(Backup { at, every: day, offline: Some(Millis(7 * day.0)) });
    let lost = outages(&estate, &[(0, DownCause::Attack), (1, DownCause::Attack)], Seed(5), TRIALS);
    let ages: Vec<CopyAge> = lost.iter().filter_map(|t| t.down[0].copies).collect();
    assert_eq!(ages.len(), TRIALS as usize);
    let mean = ages.iter().map(|a| a.online.hours()).sum::<f64>() / f64::from(TRIALS);
    near(mean, 12.0, 24.0 / 12.0_f64.sqrt());
    assert!(ages.iter().all(|a| a.online < day && a.offline.is_some_and(|o| o < Millis(7 * day.0))));
    assert!(lost.iter().all(|t| t.down[1].copies.is_none()), "no backup is stated");
    let off = outages(&estate, &[(0, DownCause::Containment)], Seed(5), 10);
    assert!(off.iter().all(|t| t.down[0].copies.is_none()));
}

#[test]
fn a_false_alarm_leaves_nothing_to_examine_and_nothing_to_find_again() {
    let mut estate = estate(&["east"], &["mail"]);
    let time = |minutes_each: f64| Some(minutes(minutes_each, minutes_each));
    estate.assets[0].phases =
        Phases { examine: time(600.0), clean: time(60.0), verify: time(30.0), release: time(45.0) };
    estate.recovery.relapse = Some(RelapseOdds { chance: Ratio::ONE, seen: minutes(60.0, 60.0) });
    let trials = outages(&estate, &[(0, DownCause::Containment)], Seed(1), 20);
    assert!(trials.iter().all(|t| t.relapse.is_some() && t.down[0].care.examine == Millis(600 * 60_000)));
    assert!(trials.iter().all(|t| t.down[0].care.clean == Millis(0)), "nobody knows of an attacker there");
    for trial in cleared(trials, Millis(5 * 60_000)) {
        let care = trial.down[0].care;
        assert_eq!((care.examine, care.clean), (Millis(0), Millis(0)));
        assert_eq!((care.verify, care.release), (Millis(30 * 60_000), Millis(45 * 60_000)));
        assert_eq!((trial.relapse, trial.held), (None, Some(Millis(5 * 60_000))));
        assert_eq!((trial.end, trial.clear), (Millis(5 * 60_000), vec![Millis(5 * 60_000)]));
    }
}

#[test]
fn a_relapse_is_found_only_where_the_attacker_has_been_and_takes_times_of_its_own() {
    let mut estate = estate(&["east", "west"], &["directory", "mail"]);
    estate.recovery.relapse = Some(RelapseOdds { chance: Ratio::ONE, seen: minutes(60.0, 60.0) });
    for asset in &mut estate.assets {
        asset.restart = minutes(40.0, 200.0);
        asset.phases.examine = Some(minutes(100.0, 400.0));
    }
    let mut seen = super::stand::step("seen", "T1001", &[]);
    seen.targets.site = Some(super::stand::site("west"));
    let campaign = super::stand::campaign(vec![seen]);
    let evidence = super::stand::evidence(&[("T1001", 0.0, 1.0, 1.0)]);
    let plan = super::stand::playbook(&[("all", model::playbook::Cut::AllSites, minutes(5.0, 5.0))]);
    let race = crate::Race {
        estate: &estate,
        campaign: &campaign,
        playbook: Some(&plan),
        evidence: &evidence,
        seed: Seed(3),
    };
    for trial in race.run(100).trials {
        assert_eq!(trial.down.len(), 4, "every site is cut");
        let relapse = trial.relapse.expect("certain");
        assert_eq!(relapse.site, 1, "it was in the west only");
        for again in &relapse.down {
            let first = trial.down.iter().find(|d| d.asset == again.asset).expect("it went down");
            assert_ne!((first.work, first.care.examine), (again.work, again.care.examine));
            assert_ne!(first.work, again.work);
        }
    }
}

#[test]
fn what_is_lost_is_cleaned_whether_or_not_the_attacker_was_seen_there() {
    let mut estate = estate(&["east"], &["directory", "mail"]);
    for asset in &mut estate.assets {
        asset.phases.clean = Some(minutes(90.0, 90.0));
    }
    let gone = [(0, DownCause::Attack), (1, DownCause::Containment)];
    for trial in outages(&estate, &gone, Seed(5), 20) {
        let clean: Vec<f64> = trial.down.iter().map(|d| d.care.clean.minutes()).collect();
        assert_eq!(clean, [90.0, 0.0]);
    }
}

#[test]
fn the_all_clear_waits_for_falls_and_for_the_response_of_its_scope() {
    let mut estate = estate(&["east", "west", "north"], &["mail"]);
    let grounds = grounds(&estate);
    let fall = |asset, at| Fall { asset, at: Millis(at), cause: DownCause::Containment, touched: false };
    let falls = [fall(0, 5), fall(1, 20)];
    let clear = |estate: &Estate, acted| all_clear(estate, &grounds, &falls, acted, Millis(0));
    assert_eq!(clear(&estate, None), [Millis(20); 3]);
    assert_eq!(clear(&estate, Some(Millis(30))), [Millis(30); 3], "the response goes on");
    assert_eq!(all_clear(&estate, &grounds, &falls, None, Millis(7)), [Millis(27); 3]);
    assert_eq!(all_clear(&estate, &grounds, &[], Some(Millis(30)), Millis(7)), []);
    estate.recovery.reconnect = Reconnect::Site;
    assert_eq!(clear(&estate, Some(Millis(30))), [Millis(5), Millis(20), Millis(0)]);
}

#[test]
fn assets_that_are_not_there_are_left_out() {
    let estate = estate(&["east"], &["directory", "mail"]);
    let gone: Vec<_> = [0, 1, 2, 3, u32::MAX].map(|a| (a, DownCause::Attack)).into();
    let down: Vec<u32> = outages(&estate, &gone, Seed(5), 1)[0].down.iter().map(|d| d.asset).collect();
    assert_eq!(down, [0, 1]);
}
