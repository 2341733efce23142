//! The way back: less to do, more hands, fewer setbacks never lose more.

use model::quantity::Ratio;

use super::worlds::{World, scaled};
use super::{ask, equal, holds, no_larger, with};

fn never_raises_loss(change: impl Fn(&mut World)) {
    holds(|world| no_larger(ask(world).total(), ask(&with(world, &change)).total()));
}

#[test]
fn faster_restarts_never_raise_the_loss() {
    never_raises_loss(|w| w.estate.assets.iter_mut().for_each(|a| a.restart = scaled(a.restart, 0.5)));
}

#[test]
fn faster_rebuilds_never_raise_the_loss() {
    never_raises_loss(|w| w.estate.assets.iter_mut().for_each(|a| a.restore = scaled(a.restore, 0.5)));
}

#[test]
fn starts_that_never_fail_never_raise_the_loss() {
    never_raises_loss(|w| w.estate.assets.iter_mut().for_each(|a| a.restart_failure = Ratio::ZERO));
}

#[test]
fn no_examination_never_raises_the_loss() {
    never_raises_loss(|w| w.estate.assets.iter_mut().for_each(|a| a.phases.examine = None));
}

#[test]
fn an_earlier_release_never_raises_the_loss() {
    never_raises_loss(|w| w.estate.assets.iter_mut().for_each(|a| a.phases.release = None));
}

#[test]
fn no_relapse_never_raises_the_loss() {
    never_raises_loss(|w| w.estate.recovery.relapse = None);
}

#[test]
fn less_data_to_read_back_never_raises_the_loss() {
    never_raises_loss(|w| w.estate.assets.iter_mut().for_each(|a| a.data_gb /= 2));
}

#[test]
fn more_crews_never_raise_the_loss() {
    never_raises_loss(|w| {
        for site in &mut w.estate.sites {
            site.crews *= 4;
            site.skills.iter_mut().for_each(|s| s.crews *= 4);
        }
    });
}

#[test]
fn the_way_back_changes_no_race() {
    holds(|world| {
        let slow = with(world, |w| {
            for asset in &mut w.estate.assets {
                (asset.restart, asset.restore) = (scaled(asset.restart, 3.0), scaled(asset.restore, 3.0));
            }
        });
        let told = |w: &World| {
            let of = |t: &model::trial::Trial| (t.payload, t.outflow, t.alert, t.declared, t.contained);
            ask(w).trials.iter().map(of).collect::<Vec<_>>()
        };
        equal("races", &told(world), &told(&slow))
    });
}
