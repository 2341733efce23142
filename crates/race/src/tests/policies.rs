//! What policies are made of: times, scopes, and whether a plan acts without asking.

use std::collections::BTreeSet;

use model::decide::Timing;
use model::id::ZoneId;
use model::playbook::{Cut, Playbook};

use super::stand::{AT_ONCE, campaign, estate, minutes, playbook, site};
use crate::policies::{Tempo, narrower, planned, policy, scopes, uuid};

#[test]
fn the_typical_time_is_that_of_all_steps_before_and_of_the_decision() {
    let mut plan = playbook(&[
        ("call", Cut::Nothing, minutes(20.0, 40.0)),
        ("look", Cut::Nothing, minutes(45.0, 180.0)),
        ("pull", Cut::AllSites, minutes(30.0, 60.0)),
    ]);
    plan.actions[0].carry_out = minutes(5.0, 5.0);
    plan.actions[1].carry_out = minutes(2.0, 3.0);
    let typical = |plan: Option<&Playbook>| Tempo::of(plan).typical().minutes().round();
    assert_eq!(typical(Some(&plan)), 20.0 + 5.0 + 45.0 + 2.0 + 30.0);
    // Without a plan: 45 min to confirm and 60 min to decide are assumed.
    assert_eq!(typical(None), 105.0);
}

#[test]
fn only_scopes_that_differ_are_offered() {
    let roles = |cut: &Cut| match cut {
        Cut::Role { role } => role.clone(),
        Cut::Site { site } => site.to_string(),
        other => format!("{other:?}"),
    };
    let offered = |sites: &[&str], kinds: &[&str], zones: usize| -> Vec<String> {
        let mut estate = estate(sites, kinds);
        let zone = |n| model::estate::Zone {
            id: ZoneId::new(&format!("z{n}")).expect("letters"),
            name: String::new(),
        };
        estate.zones = (0..zones).map(zone).collect();
        scopes(&estate, &campaign(Vec::new())).iter().map(roles).collect()
    };
    assert_eq!(offered(&["a"], &["server"], 1), ["AlertedAsset", "AllSites"]);
    assert_eq!(offered(&["a"], &["server"], 2), ["AlertedAsset", "AlertedSegments", "AllSites"]);
    assert_eq!(offered(&["a"], &["server"], 3), ["AlertedAsset", "AlertedSegments", "AllSites"]);
    assert_eq!(
        offered(&["a"], &["hub-link", "directory"], 1),
        ["AlertedAsset", "directory", "hub-link", "AllSites"]
    );
    for sites in [&["a", "b"][..], &["a", "b", "c"]] {
        let mut all = vec!["AlertedAsset", "AlertedSites"];
        all.extend(sites);
        all.push("AllSites");
        assert_eq!(offered(sites, &["server"], 1), all);
    }
}

/// A plan costs something on a false alarm exactly where a cut waits for nothing.
#[test]
fn a_plan_acts_by_itself_where_a_cut_waits_for_nothing() {
    let look = ("look", Cut::Nothing, AT_ONCE);
    let pull = ("pull", Cut::Site { site: site("a") }, AT_ONCE);
    let reflex = |actions: &[(&str, Cut, _)]| planned(&playbook(actions)).reflex.is_some();
    assert!(!reflex(std::slice::from_ref(&look)));
    assert!(!reflex(&[look.clone(), pull.clone()]));
    assert!(reflex(std::slice::from_ref(&pull)));
    assert!(reflex(&[pull.clone(), look.clone()]));
    let mut beside = playbook(&[look, pull]);
    beside.actions[1].after.clear();
    assert!(planned(&beside).reflex.is_some());
}

/// RFC 9562: version 8 in the thirteenth digit, variant 10 in the two first bits of the seventeenth;
/// all other bits hang on the name.
#[test]
fn ids_of_policies_are_uuids_of_version_8() {
    let ids: Vec<String> = (0..256).map(|n| uuid(&format!("policy {n}"))).collect();
    for id in &ids {
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[14..15], "8", "{id}");
        assert!("89ab".contains(&id[19..20]), "{id}");
    }
    for place in (0..36).filter(|p| !matches!(p, 8 | 13 | 14 | 18 | 23)) {
        let digits: BTreeSet<&str> = ids.iter().map(|id| &id[place..=place]).collect();
        assert_eq!(digits.len(), if place == 19 { 4 } else { 16 }, "digit {place}");
    }
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    assert_eq!(uuid("a"), uuid("a"));
}

/// A policy is found again by its name, so that no two scopes share one.
#[test]
fn every_scope_has_a_name_of_its_own() {
    let role = |role: &str| Cut::Role { role: role.to_owned() };
    let zone = Cut::Zone { zone: ZoneId::new("dmz").expect("letters") };
    let account = Cut::Identity { identity: "svc-backup".to_owned(), sessions: true };
    let named = [
        (Cut::AlertedAsset, "host"),
        (Cut::AlertedSegments, "segments"),
        (Cut::AlertedSites, "alerted-sites"),
        (Cut::Site { site: site("essen") }, "site:essen"),
        (Cut::AllSites, "all-sites"),
        (zone, "zone:dmz"),
        (account, "account:svc-backup"),
        (role("directory"), "identity"),
        (role("hub-link"), "hub-link"),
        (role("mail"), "mail"),
    ];
    let tempo = Tempo::of(None);
    for (cut, name) in named {
        let now = policy(&tempo, &cut, Timing::Now, None);
        let confirmed = policy(&tempo, &cut, Timing::Confirmed, None);
        assert_eq!((now.name, confirmed.name), (format!("{name}/now"), format!("{name}/confirmed")));
    }
}

/// Before every site is cut, the alerted ones are, where there are several; before anything else, the host.
#[test]
fn a_cut_in_stages_begins_with_what_is_narrower() {
    for (sites, before_all) in [
        (&["a"][..], Cut::AlertedAsset),
        (&["a", "b"], Cut::AlertedSites),
        (&["a", "b", "c"], Cut::AlertedSites),
    ] {
        let estate = estate(sites, &["server"]);
        assert_eq!(narrower(&estate, &Cut::AllSites), Some(before_all), "{sites:?}");
        for narrowest in [Cut::Nothing, Cut::AlertedAsset] {
            assert_eq!(narrower(&estate, &narrowest), None);
        }
        let account = Cut::Identity { identity: "svc".to_owned(), sessions: false };
        assert_eq!(narrower(&estate, &account), None);
        for wider in [Cut::AlertedSegments, Cut::AlertedSites, Cut::Site { site: site("a") }] {
            assert_eq!(narrower(&estate, &wider), Some(Cut::AlertedAsset));
        }
    }
}

/// What a plan does before its first cut becomes one chain, whatever waited for what in the plan.
#[test]
fn what_comes_before_the_first_cut_is_done_one_after_the_other() {
    let mut plan = playbook(&[
        ("call", Cut::Nothing, minutes(20.0, 40.0)),
        ("look", Cut::Nothing, minutes(45.0, 180.0)),
        ("pull", Cut::AllSites, minutes(30.0, 60.0)),
        ("check", Cut::Nothing, minutes(7.0, 9.0)),
        ("again", Cut::Site { site: site("a") }, minutes(3.0, 4.0)),
    ]);
    // Beside each other in the plan.
    plan.actions[1].after.clear();
    plan.actions[2].after = vec!["call".to_owned(), "look".to_owned()];
    plan.actions[0].if_failed = vec!["look".to_owned()];
    let tempo = Tempo::of(Some(&plan));
    let made = policy(&tempo, &Cut::AllSites, Timing::Confirmed, None);
    let actions = made.playbook.expect("a playbook").actions;
    let order: Vec<(&str, Vec<&str>)> =
        actions.iter().map(|a| (a.id.as_str(), a.after.iter().map(String::as_str).collect())).collect();
    assert_eq!(order.first(), Some(&("call", vec![])), "{order:?}");
    assert_eq!(order.get(1), Some(&("look", vec!["call"])), "{order:?}");
    assert_eq!(order.get(2).map(|o| o.1.clone()), Some(vec!["look"]), "{order:?}");
    assert!(actions.iter().all(|a| a.if_failed.is_empty()), "{actions:?}");
}

/// How long a second look takes is that of the step without cut that follows the first cut.
#[test]
fn a_second_look_takes_the_time_of_the_look_after_the_first_cut() {
    let mut plan = playbook(&[
        ("pull", Cut::Site { site: site("a") }, minutes(3.0, 4.0)),
        ("wider", Cut::AllSites, minutes(50.0, 90.0)),
        ("check", Cut::Nothing, minutes(7.0, 9.0)),
    ]);
    plan.actions[2].after = vec!["pull".to_owned()];
    plan.actions[2].carry_out = minutes(2.0, 5.0);
    let look = Tempo::of(Some(&plan)).look_again;
    assert_eq!((look.q50.round(), look.q90.round()), (9.0, 14.0));
    plan.actions[2].after = vec!["wider".to_owned()];
    assert_eq!(Tempo::of(Some(&plan)).look_again, Tempo::of(None).look_again);
}
