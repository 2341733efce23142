//! Whatever comes in: nothing panics, and what comes out holds together.

use model::campaign::{Effect, Operator, Selector, Spread, Step};
use model::id::StepId;
use model::playbook::{Cut, Repeat};
use model::quantity::{Quantiles, Seed};
use model::trial::DownCause;
use proptest::prelude::*;

use super::stand::{campaign, estate, evidence, playbook, share, site, step};
use crate::engine::HORIZON;
use crate::{Race, read_playbook};

const ROLES: [&str; 3] = ["desk", "directory", "storage"];
const SITES: [&str; 2] = ["east", "west"];

/// Quantiles of any kind: sound, equal, tiny, huge, broken.
fn quantiles() -> impl Strategy<Value = Quantiles> {
    let odd = prop::sample::select(vec![0.0, -1.0, 1e-9, 1e300, f64::NAN, f64::INFINITY]);
    let q = prop_oneof![4 => 0.1..500.0_f64, 1 => odd];
    (q.clone(), q).prop_map(|(q50, q90)| Quantiles { q50, q90 })
}

fn any_step() -> impl Strategy<Value = Step> {
    let role = prop::option::of(prop::sample::select(ROLES.to_vec()));
    let spread = prop::sample::select(vec![Spread::Once, Spread::PerSite, Spread::PerAsset]);
    let effect = prop::sample::select(vec![Effect::None, Effect::None, Effect::Encrypt, Effect::Outflow]);
    let needs = prop::collection::vec(0..9_usize, 0..3);
    (needs, any::<(bool, bool, bool)>(), role, spread, effect, quantiles()).prop_map(
        |(needs, (any, same_site, known), role, spread, effect, duration)| {
            let mut made = step("later", if known { "T1001" } else { "T1002" }, &[]);
            made.needs = needs.iter().map(|n| StepId::new(&format!("s{n}")).expect("valid")).collect();
            made.operator = if any { Operator::Any } else { Operator::All };
            made.same_site = same_site;
            made.identity = any.then(|| "admin".to_owned());
            made.targets = Selector { role: role.map(Into::into), ..Selector::default() };
            made.spread = spread;
            made.effect = effect;
            made.duration = duration;
            made
        },
    )
}

fn any_cut() -> impl Strategy<Value = Cut> {
    prop::sample::select(vec![
        Cut::Nothing,
        Cut::AlertedAsset,
        Cut::AlertedSegments,
        Cut::AlertedSites,
        Cut::AllSites,
        Cut::Site { site: site("east") },
        Cut::Role { role: "storage".into() },
        Cut::Identity { identity: "admin".into(), sessions: true },
        Cut::Identity { identity: "admin".into(), sessions: false },
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_race_ends_and_holds_together(
        mut steps in prop::collection::vec(any_step(), 0..8),
        cuts in prop::collection::vec((any_cut(), quantiles()), 0..4),
        repeats in prop::collection::vec(any::<bool>(), 4),
        (hands, retries, reaction) in (0..4_u8, 0..3_u8, 0.0..=1.0_f64),
        (prevented, alerted, concentration) in (0.0..=1.0_f64, 0.0..=1.0_f64, 0.0..50.0_f64),
        (analysts, alerts, triage) in (0..3_u16, 0.0..500.0_f64, 0.0..60.0_f64),
    ) {
        for (i, step) in steps.iter_mut().enumerate() {
            step.id = StepId::new(&format!("s{i}")).expect("valid");
        }
        let mut campaign = campaign(steps);
        (campaign.hands, campaign.retries, campaign.reaction) = (hands, retries, share(reaction));
        let named: Vec<String> = (0..cuts.len()).map(|i| format!("a{i}")).collect();
        let actions: Vec<_> = named.iter().zip(cuts).map(|(id, (cut, q))| (id.as_str(), cut, q)).collect();
        let mut playbook = playbook(&actions);
        for (action, open) in playbook.actions.iter_mut().zip(repeats) {
            action.repeat = if open { Repeat::WhileOpen } else { Repeat::Once };
        }
        let evidence = evidence(&[("T1001", prevented, alerted * (1.0 - prevented), concentration)]);
        let mut estate = estate(&SITES, &ROLES);
        estate.soc.analysts = analysts;
        (estate.soc.agree, estate.soc.as_urgent) = (1 + hands / 2, share(reaction));
        (estate.soc.alerts_per_day, estate.soc.triage_minutes) = (alerts, triage);
        let race = Race {
            estate: &estate, campaign: &campaign, playbook: Some(&playbook), evidence: &evidence, seed: Seed(1),
        };
        race.check();
        for trial in race.run(8).trials {
            let trace = race.trace(trial.index);
            prop_assert_eq!(&trace.trial, &trial);
            prop_assert!(trial.end <= HORIZON);
            prop_assert!(trial.down.is_sorted_by_key(|d| (d.at, d.asset)));
            let times = [trial.payload, trial.outflow, trial.alert, trial.declared, trial.contained];
            prop_assert!(times.iter().flatten().all(|t| *t <= trial.end), "{:?}", trial);
            let attack = trial.down.iter().filter(|d| d.cause == DownCause::Attack).map(|d| d.at).min();
            prop_assert!(attack.is_none() || attack >= trial.payload, "{:?}", trial);
            let noticed = trial.declared == trial.payload;
            prop_assert!(noticed || (trial.alert.is_some() && trial.alert <= trial.declared), "{:?}", trial);
            prop_assert!(trial.closed.is_none() || trial.closed >= trial.declared, "{:?}", trial);
            let cut = trial.down.iter().filter(|d| d.cause == DownCause::Containment).map(|d| d.at).min();
            prop_assert!(cut.is_none() || (trial.declared.is_some() && cut >= trial.declared), "{:?}", trial);
            let assets: std::collections::BTreeSet<u32> = trial.down.iter().map(|d| d.asset).collect();
            prop_assert_eq!(assets.len(), trial.down.len());
            prop_assert!(trial.down.iter().all(|d| d.attempts >= 1));
        }
    }

    #[test]
    fn any_bytes_are_no_reason_to_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let (playbook, found) = read_playbook("p.json", &bytes).into_parts();
        prop_assert!(playbook.is_some() || !found.is_empty());
    }

    #[test]
    fn any_workflow_ends(
        edges in prop::collection::vec((0..6_usize, 0..6_usize, 0..6_usize, 0..7_usize), 1..6),
    ) {
        let kinds =
            ["action", "parallel", "if-condition", "while-condition", "switch-condition", "end", "playbook-action"];
        let mut workflow = serde_json::Map::new();
        for (i, (a, b, c, kind)) in edges.into_iter().enumerate() {
            let [a, b, c] = [a, b, c].map(|n| format!("s{n}"));
            workflow.insert(format!("s{i}"), serde_json::json!({
                "type": kinds[kind], "on_completion": a, "next_steps": [b, c], "on_true": b, "cases": {"x": c},
            }));
        }
        let document = serde_json::json!({
            "type": "playbook", "spec_version": "cacao-2.0", "id": "p", "name": "p", "workflow_start": "s0",
            "workflow": workflow,
        });
        let (playbook, _) = read_playbook("p.json", document.to_string().as_bytes()).into_parts();
        let actions = playbook.expect("readable").actions;
        // The order has no circle: something can always be done next.
        let mut done = std::collections::BTreeSet::new();
        while done.len() < actions.len() {
            let next = actions.iter().find(|a| !done.contains(&a.id) && a.after.iter().all(|b| done.contains(b)));
            let Some(next) = next else { return Err(TestCaseError::fail(format!("stuck: {actions:?}"))) };
            done.insert(next.id.clone());
        }
    }
}
