//! Trials of an outage that is given: what is down is known, how long its return takes is drawn.

use model::estate::Estate;
use model::quantity::{Millis, Seed};
use model::trial::{Down, DownCause, Trial};

use crate::chance::{Chance, Purpose, geometric};
use crate::course::{Ground, grounds};

/// Returns `trials` trials in which the assets at these places of the estate are down
/// from the start, as if an incident had been declared and they had been switched off or
/// lost at once. A place that is not there is left out.
pub fn outages(estate: &Estate, gone: &[(u32, DownCause)], seed: Seed, trials: u32) -> Vec<Trial> {
    let grounds = grounds(estate);
    let one = |index: u32| {
        let chance = Chance::new(seed, index);
        let known = gone.iter().filter(|(asset, _)| (*asset as usize) < grounds.len());
        let down = known
            .map(|(asset, cause)| {
                let place = *asset as usize;
                let failure = estate.assets[place].restart_failure.get();
                let (attempts, work) = come_back(chance, &grounds[place], failure, *cause);
                Down { asset: *asset, at: Millis(0), cause: *cause, attempts, work }
            })
            .collect();
        Trial {
            index,
            payload: None,
            outflow: None,
            alert: None,
            declared: Some(Millis(0)),
            contained: Some(Millis(0)),
            sites_reached: 0,
            down,
            end: Millis(0),
        }
    };
    (0..trials).map(one).collect()
}

/// Draws start attempts and crew time of a return.
///
/// A switched-off asset needs one start after another until one succeeds. An encrypted
/// one is rebuilt once, first start included; only failed starts are repeated, not the
/// rebuild.
pub(crate) fn come_back(chance: Chance, ground: &Ground, failure: f64, cause: DownCause) -> (u8, Millis) {
    let draw = |purpose, attempt| chance.uniform(ground.entity, purpose, attempt);
    let attempts = geometric(draw(Purpose::Attempts, 0), failure);
    let work = (0..u32::from(attempts)).fold(Millis(0), |sum, attempt| {
        sum.saturating_add(if attempt == 0 && cause == DownCause::Attack {
            ground.restore.at(draw(Purpose::Restore, 0))
        } else {
            ground.restart.at(draw(Purpose::Restart, attempt))
        })
    });
    (attempts, work)
}
