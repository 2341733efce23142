//! What policies are made of: times, scopes, and whether a plan acts without asking.

use std::collections::BTreeSet;

use model::id::ZoneId;
use model::playbook::{Cut, Playbook};

use super::stand::{AT_ONCE, campaign, estate, minutes, playbook, site};
use crate::policies::{Tempo, planned, scopes, uuid};

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
