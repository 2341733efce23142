//! Levers ranked by hand: what counts, per what, and in which order.

use assess::gate::paired;
use assess::{Candidate, Efforts, Toll, candidates, evidence, promising, rank};
use model::gate::Measure;
use model::id::CampaignId;
use model::impact::TrialImpact;
use model::scorecard::Lever;
use model::trial::Trial;
use std::collections::BTreeMap;

use crate::ground::{estate, ten};

fn change(title: &str, days: f64) -> Candidate {
    let nothing = evidence(&[], &[], &[], &BTreeMap::new());
    let mut one = candidates(&nothing, &[], &estate(), &[], &[], &Efforts::default()).remove(0);
    one.title = title.to_owned();
    one.effort_days = days;
    one
}

/// One campaign, trial by trial: hours lost by the attack and by containment, and the objective.
fn toll(attack: &[f64], containment: &[f64], reached: &[f64]) -> Toll {
    Toll {
        campaign: CampaignId::new("c").unwrap(),
        reached: reached.to_vec(),
        declared: vec![0.0; attack.len()],
        attack: attack.to_vec(),
        containment: containment.to_vec(),
        weighed: false,
        cut: vec![0.0; attack.len()],
    }
}

/// Two campaigns that lose 100 + 20 and 60 + 20 hours in each of four trials, and reach their
/// objective in three and in one of them.
fn base() -> Vec<Toll> {
    vec![
        toll(&[100.0; 4], &[20.0; 4], &[1.0, 1.0, 1.0, 0.0]),
        toll(&[60.0; 4], &[20.0; 4], &[1.0, 0.0, 0.0, 0.0]),
    ]
}

fn titles(levers: &[Lever]) -> Vec<&str> {
    levers.iter().map(|l| l.title.as_str()).collect()
}

#[test]
fn what_is_saved_is_a_sum_over_campaigns_and_the_chance_a_mean() {
    let after = vec![
        toll(&[90.0; 4], &[25.0; 4], &[1.0, 0.0, 0.0, 0.0]),
        toll(&[59.0; 4], &[10.0; 4], &[0.0, 0.0, 0.0, 0.0]),
    ];
    let levers = rank(&base(), &[(change("x", 1.0), after)]);
    // 10 - 5 hours and 1 + 10; of eight trials three reach it no more.
    assert_eq!((levers[0].saved.value, levers[0].chance), (16.0, -0.375));
    let effects: Vec<[f64; 4]> = levers[0]
        .effects
        .iter()
        .map(|e| [e.loss.value, e.attack.value, e.containment.value, e.chance.value])
        .collect();
    assert_eq!(effects, [[-5.0, -10.0, 5.0, -0.5], [-11.0, -1.0, -10.0, -0.25]]);
}

/// Today 200 hours are lost and the chance is a half: 20 hours are a tenth of the loss, and 0.05
/// a tenth of the chance.
#[test]
fn shares_of_loss_and_chance_are_added_per_day() {
    let saves = |hours: f64| {
        vec![
            toll(&[100.0 - hours; 4], &[20.0; 4], &[1.0, 1.0, 1.0, 0.0]),
            toll(&[60.0; 4], &[20.0; 4], &[1.0, 0.0, 0.0, 0.0]),
        ]
    };
    let prevents = |hours: f64| {
        let mut tolls = saves(hours);
        tolls[1].reached = vec![0.0; 4];
        tolls
    };
    // Prevented in one of eight trials: a quarter of the chance, which is 50 hours of the loss.
    let order = |pairs: [(&str, f64, Vec<Toll>); 2]| {
        let results: Vec<(Candidate, Vec<Toll>)> =
            pairs.into_iter().map(|(title, days, tolls)| (change(title, days), tolls)).collect();
        titles(&rank(&base(), &results)).join(" ")
    };
    assert_eq!(order([("less", 1.0, saves(49.0)), ("prevents", 1.0, prevents(1.0))]), "prevents less");
    assert_eq!(order([("more", 1.0, saves(52.0)), ("prevents", 1.0, prevents(1.0))]), "more prevents");
    // Twice the days, half the worth; days below a hundredth count as that.
    assert_eq!(order([("slow", 2.0, saves(50.0)), ("quick", 1.0, saves(26.0))]), "quick slow");
    assert_eq!(order([("slow", 2.0, saves(54.0)), ("quick", 1.0, saves(26.0))]), "slow quick");
    assert_eq!(order([("none", 0.0, saves(10.0)), ("first", 0.001, saves(11.0))]), "first none");
}

#[test]
fn of_what_does_harm_the_worst_is_kept_by_loss_and_chance() {
    let harm = |hours: f64, reached: f64| {
        vec![
            toll(&[100.0 + hours; 4], &[20.0; 4], &[1.0, 1.0, 1.0, reached]),
            toll(&[60.0; 4], &[20.0; 4], &[1.0, 0.0, 0.0, 0.0]),
        ]
    };
    let results = [
        (change("few hours", 1.0), harm(10.0, 0.0)),
        (change("hours", 900.0), harm(40.0, 0.0)),
        (change("chance", 1.0), harm(1.0, 1.0)),
        (change("both", 1.0), harm(30.0, 1.0)),
    ];
    // Two are kept, whatever they would cost.
    assert_eq!(titles(&rank(&base(), &results)), ["both", "chance"]);
}

#[test]
fn without_a_loss_or_a_chance_today_the_other_decides() {
    let quiet = vec![toll(&[0.0; 4], &[0.0; 4], &[1.0, 1.0, 1.0, 1.0])];
    let less = |n: usize| {
        let reached: Vec<f64> = (0..4).map(|i| f64::from(u8::from(i >= n))).collect();
        vec![toll(&[0.0; 4], &[0.0; 4], &reached)]
    };
    let results = [(change("one", 1.0), less(1)), (change("all", 1.0), less(4))];
    assert_eq!(titles(&rank(&quiet, &results)), ["all", "one"]);
    let sure = vec![toll(&[80.0; 4], &[20.0; 4], &[0.0; 4])];
    let saves = |hours: f64| vec![toll(&[80.0 - hours; 4], &[20.0; 4], &[0.0; 4])];
    let results = [(change("few", 1.0), saves(1.0)), (change("many", 1.0), saves(9.0))];
    assert_eq!(titles(&rank(&sure, &results)), ["many", "few"]);
}

/// Changes whose trials go both ways: none of them surely gains.
fn luck(attack: [f64; 4], reached: [f64; 4]) -> Vec<Toll> {
    vec![toll(&attack, &[20.0; 4], &reached), base().remove(1)]
}

#[test]
fn a_second_look_goes_to_what_may_gain_most_a_day() {
    let kept = |results: Vec<(Candidate, Vec<Toll>)>, keep: usize| -> Vec<String> {
        promising(&base(), results, keep).into_iter().map(|c| c.title).collect()
    };
    let same = [1.0, 1.0, 1.0, 0.0];
    let wide = |title: &str, days: f64, spread: f64| {
        (change(title, days), luck([100.0 - spread, 100.0 + spread, 100.0 - spread, 100.0 + spread], same))
    };
    let worst = || (change("worst", 1.0), luck([160.0; 4], same));
    let three = || vec![wide("a", 1.0, 10.0), wide("b", 1.0, 40.0), wide("c", 1.0, 20.0), worst()];
    assert_eq!(kept(three(), 3), ["b", "c", "worst"]);
    let days = vec![wide("slow", 10.0, 90.0), wide("quick", 1.0, 10.0), worst()];
    assert_eq!(kept(days, 2), ["quick", "worst"]);
    // What may take away half of the chance is hoped for as what may save half of the loss.
    let chance = |title: &str, reached| (change(title, 1.0), luck([100.0, 101.0, 99.0, 100.0], reached));
    let may =
        vec![chance("no", same), chance("may", [0.0, 1.0, 1.0, 0.0]), wide("little", 1.0, 5.0), worst()];
    assert_eq!(kept(may, 3), ["may", "little", "worst"]);
    // What surely gains comes first, by its worth, and after it what may.
    let gains = |title: &str, days: f64, hours: f64| (change(title, days), luck([100.0 - hours; 4], same));
    let sure = vec![wide("may", 0.01, 90.0), gains("slow", 10.0, 50.0), gains("quick", 1.0, 6.0), worst()];
    assert_eq!(kept(sure, 4), ["quick", "slow", "may", "worst"]);
    let results = vec![gains("only", 1.0, 5.0), worst()];
    assert_eq!(kept(results, 1), ["worst"]);
    let results = vec![gains("only", 1.0, 5.0), worst()];
    assert_eq!(kept(results, 0), [""; 0]);
}

#[test]
fn a_single_trial_tells_nothing_about_the_error() {
    let (trials, impacts) = ten();
    let id = CampaignId::new("c").unwrap();
    let one = |n: usize| -> (&[Trial], &[TrialImpact]) { (&trials.trials[n..=n], &impacts[n..=n]) };
    let got = paired(&id, one(0), one(1));
    let payload = got[&(Measure::ChanceOfPayload, id)];
    assert_eq!((payload.value, payload.low, payload.high), (1.0, f64::MIN, f64::MAX));
    let empty = paired(&CampaignId::new("c").unwrap(), (&[], &[]), (&[], &[]));
    assert!(empty.values().all(|i| (i.value, i.low, i.high) == (0.0, 0.0, 0.0)));
}
