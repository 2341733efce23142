//! Data that leaves.

use race::{OUTFLOW_SPEED, Outflow, outflows, store_bytes};

use super::worlds::{World, scaled};
use super::{ask, equal, holds, no_more_often, unmoved, with};

fn left(world: &World) -> Vec<Outflow> {
    outflows(&world.estate, &ask(world).trials, OUTFLOW_SPEED, world.seed)
}

#[test]
fn data_left_exactly_where_an_outflow_is_told() {
    holds(|world| {
        let bytes: Vec<bool> = left(world).iter().map(|o| o.bytes > 0).collect();
        equal("trials with an outflow", &bytes, &ask(world).outflow())
    });
}

#[test]
fn no_more_leaves_than_the_stores_hold() {
    holds(|world| {
        let assets = &world.estate.assets;
        let stated = assets.iter().all(|a| store_bytes(a).is_some());
        let held: u64 = assets.iter().filter_map(store_bytes).fold(0, u64::saturating_add);
        let people: u64 = assets.iter().map(|a| a.records).sum();
        match left(world).iter().find(|o| o.people > people || (stated && o.bytes > held)) {
            Some(outflow) => Err(format!("{outflow:?} of {held} bytes and {people} people")),
            None => Ok(()),
        }
    });
}

#[test]
fn stores_without_records_lose_no_people() {
    holds(|world| {
        let empty = with(world, |w| w.estate.assets.iter_mut().for_each(|a| a.records = 0));
        equal("people", &left(&empty).iter().map(|o| o.people).sum::<u64>(), &0)
    });
}

#[test]
fn earlier_alerts_never_raise_the_outflow() {
    holds(|world| {
        let base = unmoved(world);
        let early = with(&base, |w| {
            for technique in w.evidence.techniques.values_mut() {
                technique.delay.quantiles = scaled(technique.delay.quantiles, 0.1);
            }
        });
        no_more_often(&ask(&base).outflow(), &ask(&early).outflow())
    });
}

#[test]
fn a_faster_way_out_never_lowers_what_leaves() {
    holds(|world| {
        let trials = ask(world).trials;
        let sum = |speed| -> u128 {
            outflows(&world.estate, &trials, speed, world.seed).iter().map(|o| u128::from(o.bytes)).sum()
        };
        let (slow, fast) = (sum(OUTFLOW_SPEED), sum(scaled(OUTFLOW_SPEED, 3.0)));
        if fast >= slow { Ok(()) } else { Err(format!("{slow} becomes {fast}")) }
    });
}
