//! What leaves, from where, and until when.

use std::collections::BTreeSet;

use model::campaign::{Effect, Selector, Spread};
use model::playbook::{Cut, Repeat};
use model::quantity::{Millis, Quantiles, Seed};
use model::trial::{Happening, Leak, Trial};

use super::stand::{campaign, estate, evidence, minutes, playbook, site, step};
use crate::engine::HORIZON;
use crate::rollout::Outflow;
use crate::{OUTFLOW_SPEED, Race, outflows, records_at_risk, store_bytes};

#[test]
fn no_more_leaves_than_lies_there_and_each_way_ends_by_itself() {
    let hour = Millis::HOUR.0;
    let leak = |asset, from: u64, to: u64| Leak { asset, from: Millis(from * hour), to: Millis(to * hour) };
    let mut estate = estate(&["east"], &["files", "mail"]);
    estate.assets.truncate(2);
    (estate.assets[0].records, estate.assets[0].data_gb) = (1_000, 0);
    (estate.assets[1].records, estate.assets[1].data_gb) = (1_000, 100);
    let one = |leaks: Vec<Leak>| {
        let trial = Trial { outflow: leaks.first().map(|l| l.from), leaks, ..Trial::default() };
        outflows(&estate, &[trial], Quantiles { q50: 10.0, q90: 10.0 }, Seed(1))[0]
    };
    let per_hour = 36_000_000_000;
    assert_eq!(one(Vec::new()), Outflow::default());
    // A thousand records are gone within a second; that is all there is.
    assert_eq!(one(vec![leak(0, 1, 9)]), Outflow { bytes: 394_000, people: 1_000 });
    assert_eq!(one(vec![leak(1, 1, 2)]), Outflow { bytes: per_hour, people: 1_000 });
    assert_eq!(one(vec![leak(1, 1, 99)]).bytes, 100_000_000_000);
    // Two ways at once count once, one after the other twice.
    assert_eq!(one(vec![leak(1, 1, 2), leak(1, 1, 2)]).bytes, per_hour);
    assert_eq!(one(vec![leak(1, 1, 2), leak(1, 4, 5)]).bytes, 2 * per_hour);
    assert_eq!(one(vec![leak(0, 1, 2), leak(1, 1, 2)]).bytes, per_hour + 394_000);
    let short = Leak { asset: 1, from: Millis(5), to: Millis(6) };
    assert!(one(vec![short]).bytes > 0);
}

/// What left, and whether anything did, are one and the same; no more leaves than lies
/// there; and nothing happens on an asset after its cut.
#[test]
fn outflow_and_bytes_agree_and_nothing_happens_behind_a_cut() {
    let roles = ["files", "mail"];
    let mut steps =
        vec![step("enter", "T1001", &[]), step("move", "T1001", &["enter"]), step("out", "T1001", &["move"])];
    for (step, takes) in steps.iter_mut().zip([20.0, 60.0, 90.0]) {
        step.duration = minutes(takes, takes * 4.0);
        step.spread = Spread::PerAsset;
    }
    steps[1].identity = Some("admin".into());
    steps[2].effect = Effect::Outflow;
    let mut campaign = campaign(steps);
    (campaign.hands, campaign.retries) = (2, 1);
    let evidence = evidence(&[("T1001", 0.2, 0.3, 2.0)]);
    let mut estate = estate(&["a", "b", "c"], &roles);
    for (n, asset) in estate.assets.iter_mut().enumerate() {
        (asset.records, asset.data_gb) = (n as u64 * 500, n as u64 % 3);
    }
    for cut in [Cut::AlertedAsset, Cut::AlertedSites, Cut::AllSites, Cut::Nothing] {
        let mut plan = playbook(&[("cut", cut, minutes(30.0, 120.0))]);
        plan.actions[0].repeat = Repeat::WhileOpen;
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&plan),
            evidence: &evidence,
            seed: Seed(2),
        };
        let trials = race.run(400).trials;
        let left = outflows(&estate, &trials, OUTFLOW_SPEED, Seed(2));
        for (trial, left) in trials.iter().zip(left) {
            assert_eq!(trial.outflow.is_some(), left.bytes > 0, "{trial:?}");
            assert_eq!(trial.outflow, trial.leaks.iter().map(|l| l.from).min(), "{trial:?}");
            let held: Option<u64> = trial
                .leaks
                .iter()
                .map(|l| l.asset)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .map(|a| store_bytes(&estate.assets[a as usize]))
                .sum();
            assert!(held.is_none_or(|held| left.bytes <= held), "{trial:?}");
            for leak in &trial.leaks {
                let down = trial.down.iter().find(|d| d.asset == leak.asset);
                assert!(leak.from < leak.to);
                assert_eq!(leak.to, down.map_or(HORIZON, |d| d.at), "a way ends with its own asset");
            }
            for moment in race.trace(trial.index).moments {
                let (Happening::StepDone { asset, .. } | Happening::Outflow { asset }) = &moment.happening
                else {
                    continue;
                };
                let place = estate.assets.iter().position(|a| a.id == *asset).expect("known");
                let off = trial.down.iter().find(|d| d.asset as usize == place);
                assert!(off.is_none_or(|d| moment.at < d.at), "{asset} after its cut: {moment:?}");
            }
        }
    }
}

/// Cutting off what data leaves through stops it, at the own site; elsewhere it does not help.
#[test]
fn data_stops_with_its_way_out() {
    let estate = estate(&["a", "b"], &["files", "gateway"]);
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]);
    let role = |role: &str| Selector { role: Some(role.into()), ..Selector::default() };
    let mut steps = vec![step("seen", "T1001", &[]), step("out", "T1002", &[])];
    steps[1].effect = Effect::Outflow;
    steps[1].targets = Selector { site: Some(site("a")), ..role("files") };
    let at = |cut: Cut, way_out: Option<Selector>, takes: f64| {
        let mut steps = steps.clone();
        steps[1].way_out = way_out;
        steps[1].duration = minutes(takes, takes);
        let plan = playbook(&[("cut", cut, minutes(10.0, 10.0))]);
        let campaign = campaign(steps);
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&plan),
            evidence: &evidence,
            seed: Seed(2),
        };
        race.run(1).trials[0].leaks.first().map(|l| l.to)
    };
    let gateway = || Some(role("gateway"));
    let minute = Millis::from_minutes(10.0);
    assert_eq!(at(Cut::Role { role: "gateway".into() }, None, 1.0), Some(HORIZON));
    assert_eq!(at(Cut::Role { role: "gateway".into() }, gateway(), 1.0), Some(minute));
    assert_eq!(at(Cut::Site { site: site("b") }, gateway(), 1.0), Some(HORIZON));
    // Before it has begun it never does.
    assert_eq!(at(Cut::Role { role: "gateway".into() }, gateway(), 20.0), None);
    // Without one at the own site, any other serves.
    let other = || Some(Selector { site: Some(site("b")), ..role("gateway") });
    assert_eq!(at(Cut::Site { site: site("b") }, other(), 1.0), Some(minute));
}

/// An identity without sessions carries nothing out any more; one that only cannot begin does.
#[test]
fn data_stops_with_the_sessions_of_the_identity_that_carries_it_out() {
    let estate = estate(&["a"], &["server"]);
    let evidence = evidence(&[("T1001", 0.0, 1.0, 1.0), ("T1002", 0.0, 0.0, 1.0)]);
    let mut steps = vec![step("seen", "T1001", &[]), step("out", "T1002", &[])];
    (steps[1].effect, steps[1].identity) = (Effect::Outflow, Some("admin".into()));
    let campaign = campaign(steps);
    let minute = Millis::from_minutes(10.0);
    for (sessions, name, to) in [(true, "admin", minute), (false, "admin", HORIZON), (true, "user", HORIZON)]
    {
        let cut = Cut::Identity { identity: name.into(), sessions };
        let plan = playbook(&[("revoke", cut, Quantiles { q50: 10.0, q90: 10.0 })]);
        let race = Race {
            estate: &estate,
            campaign: &campaign,
            playbook: Some(&plan),
            evidence: &evidence,
            seed: Seed(2),
        };
        let trial = &race.run(1).trials[0];
        let [leak] = trial.leaks[..] else { panic!("{trial:?}") };
        assert_eq!((leak.from, leak.to), (Millis(0), to), "{sessions} {name}");
    }
}

/// A step done once reaches the largest store that it may be done on, one done everywhere all of
/// them; steps that are no outflow reach nothing, and of several the largest counts.
#[test]
fn records_at_risk_are_those_that_an_outflow_can_reach() {
    let mut estate = estate(&["a", "b"], &["server", "store"]);
    for (asset, records) in estate.assets.iter_mut().zip([1, 20, 300, 4_000]) {
        asset.records = records;
    }
    let role = |name: &str| Selector { role: Some(name.to_owned()), ..Selector::default() };
    let of = |spread, target: &str, effect| {
        let mut step = step("out", "T1001", &[]);
        (step.spread, step.targets, step.effect) = (spread, role(target), effect);
        step
    };
    let at_risk = |steps| records_at_risk(&estate, &campaign(steps));
    assert_eq!(at_risk(vec![]), 0);
    for (effect, share) in [(Effect::Outflow, 1), (Effect::None, 0), (Effect::Encrypt, 0)] {
        assert_eq!(at_risk(vec![of(Spread::Once, "store", effect)]), 4_000 * share);
        assert_eq!(at_risk(vec![of(Spread::PerSite, "store", effect)]), 4_020 * share);
        assert_eq!(at_risk(vec![of(Spread::PerAsset, "server", effect)]), 301 * share);
    }
    let several = vec![
        of(Spread::PerAsset, "server", Effect::Outflow),
        of(Spread::Once, "store", Effect::Outflow),
        of(Spread::PerSite, "store", Effect::None),
    ];
    assert_eq!(at_risk(several), 4_000);
}
