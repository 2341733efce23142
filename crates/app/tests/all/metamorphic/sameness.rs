//! What must not matter does not change a byte.

use model::campaign::Spread;
use model::estate::{Asset, Site};
use model::id::{AssetId, SiteId};
use model::quantity::Seed;

use super::worlds::World;
use super::{Answer, ask, ask_for, equal, holds, with};

/// What a trial came to, without places in lists.
fn told(answer: &Answer) -> Vec<String> {
    let pairs = answer.trials.iter().zip(&answer.impacts);
    pairs
        .map(|(t, i)| {
            let race = (t.payload, t.outflow, t.alert, t.declared, t.contained, t.sites_reached);
            format!("{race:?} {:?} {:?} {:?} {}", i.attack, i.containment, i.recovered, i.tenants_hit)
        })
        .collect()
}

fn changes_nothing(change: impl Fn(&mut World)) {
    holds(|world| {
        let (one, two) = (told(&ask(world)), told(&ask(&with(world, &change))));
        let first = one.iter().zip(&two).position(|(a, b)| a != b);
        first.map_or(Ok(()), |i| equal(&format!("trial {i}"), &one.get(i), &two.get(i)))
    });
}

#[test]
fn the_order_of_assets_and_sites_changes_nothing() {
    changes_nothing(|w| {
        w.estate.assets.reverse();
        w.estate.sites.reverse();
        w.estate.zones.reverse();
    });
}

#[test]
fn the_order_of_services_hostings_and_tenants_changes_nothing() {
    changes_nothing(|w| {
        w.estate.services.reverse();
        w.estate.hostings.reverse();
        w.estate.tenants.reverse();
    });
}

#[test]
fn the_order_of_steps_and_actions_changes_nothing() {
    changes_nothing(|w| {
        w.campaign.steps.reverse();
        w.playbook.iter_mut().for_each(|p| p.actions.reverse());
    });
}

#[test]
fn names_for_people_change_nothing() {
    changes_nothing(|w| {
        w.estate.assets.iter_mut().for_each(|a| a.name = "x".into());
        w.estate.services.iter_mut().for_each(|s| s.name = "x".into());
        w.estate.tenants.iter_mut().for_each(|t| t.name = "x".into());
        w.campaign.steps.iter_mut().for_each(|s| s.name = "x".into());
        w.each_action(|a| a.name = "x".into());
    });
}

#[test]
fn an_unused_site_changes_nothing() {
    changes_nothing(|w| {
        let (Some(site), Some(asset)) = (w.estate.sites.first().cloned(), w.estate.assets.first().cloned())
        else {
            return;
        };
        let id = SiteId::new("unused-site").expect("a site id");
        w.estate.sites.push(Site { id: id.clone(), ..site });
        let stray = AssetId::new("unused-asset").expect("an asset id");
        w.estate.assets.push(Asset { id: stray, site: id, role: "unused".into(), backup: None, ..asset });
        // A step or a cut without a selector would reach the new site: then it is used.
        for step in &mut w.campaign.steps {
            if step.targets.role.is_none() && step.spread != Spread::Once {
                w.estate.assets.pop();
                break;
            }
        }
        w.each_action(|_| ());
    });
}

#[test]
fn the_number_of_trials_changes_no_trial() {
    holds(|world| {
        let (few, many) = (told(&ask_for(world, 150)), told(&ask_for(world, 400)));
        equal("trials", &few.as_slice(), &many.get(..150).unwrap_or_default())
    });
}

#[test]
fn a_trial_told_alone_is_the_trial_of_the_run() {
    holds(|world| {
        let answer = ask_for(world, 60);
        for trial in &answer.trials {
            equal("trial", &world.race().trace(trial.index).trial, trial)?;
        }
        Ok(())
    });
}

#[test]
fn another_seed_gives_other_trials_and_the_same_share() {
    holds(|world| {
        let other = with(world, |w| w.seed = Seed(w.seed.0 ^ 0x5555));
        let (one, two) = (ask(world), ask(&other));
        if told(&one) == told(&two) {
            return Err("the seed has no effect".into());
        }
        let share = |a: &Answer| a.payload().iter().filter(|p| **p).count() as f64 / f64::from(super::TRIALS);
        let (p, q) = (share(&one), share(&two));
        let spread = 4.5 * ((p * (1.0 - p) + q * (1.0 - q)) / f64::from(super::TRIALS)).sqrt() + 1e-9;
        if (p - q).abs() <= spread { Ok(()) } else { Err(format!("{p} against {q}")) }
    });
}
