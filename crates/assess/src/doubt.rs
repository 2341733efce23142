//! Both uncertainties of the figures on which the crisis team decides.

use model::crisis::{Both, Doubt};
use model::impact::TrialImpact;
use model::trial::Trial;

use crate::interval::{clopper_pearson, mean, over_draws};
use crate::lever::paired_mean;
use crate::score::reaching;

/// Returns how sure the main figures are; `draws` are the impacts of the same trials on draws
/// of the evidence. Each exercises interval reaches as far as the figure itself, which gives
/// no credit where nothing was seen.
pub fn doubt(impacts: &[TrialImpact], draws: &[Vec<TrialImpact>]) -> Option<Doubt> {
    let hit = |i: &TrialImpact| f64::from(u8::from(i.tenants_hit > 0));
    Some(Doubt {
        hit: share(impacts, draws, &hit)?,
        attack: quantity(impacts, draws, &|i| i.attack.0 as f64)?,
        containment: quantity(impacts, draws, &|i| i.containment.0 as f64)?,
    })
}

/// Returns both uncertainties of the share of trials in which payload or outflow happens.
pub fn harm_doubt(trials: &[Trial], draws: &[Vec<Trial>]) -> Option<Both> {
    share(trials, draws, &|t| f64::from(u8::from(t.payload.is_some() || t.outflow.is_some())))
}

/// Returns both uncertainties of the mean loss by both causes.
pub fn loss_doubt(impacts: &[TrialImpact], draws: &[Vec<TrialImpact>]) -> Option<Both> {
    quantity(impacts, draws, &|i| i.attack.0 as f64 + i.containment.0 as f64)
}

fn share<T>(own: &[T], draws: &[Vec<T>], is: &dyn Fn(&T) -> f64) -> Option<Both> {
    let hits = own.iter().map(is).sum::<f64>() as u64;
    let simulation = clopper_pearson(hits, own.len() as u64, 0.95);
    Some(Both { simulation, exercises: over(draws, is, simulation.value)? })
}

fn quantity<T>(own: &[T], draws: &[Vec<T>], value: &dyn Fn(&T) -> f64) -> Option<Both> {
    let simulation = paired_mean(&own.iter().map(value).collect::<Vec<f64>>());
    Some(Both { simulation, exercises: over(draws, value, simulation.value)? })
}

fn over<T>(draws: &[Vec<T>], value: &dyn Fn(&T) -> f64, own: f64) -> Option<model::quantity::Interval> {
    let means: Vec<f64> =
        draws.iter().filter_map(|d| mean(&d.iter().map(value).collect::<Vec<f64>>())).collect();
    Some(reaching(over_draws(&means)?, own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::quantity::Millis;

    #[test]
    fn both_uncertainties_stand_apart() {
        let trial = |fires: bool| Trial { payload: fires.then_some(Millis(1)), ..Trial::default() };
        let own: Vec<Trial> = (0..100).map(|n| trial(n < 40)).collect();
        let draws: Vec<Vec<Trial>> = (0..20).map(|d| (0..10).map(|n| trial(n < d / 4)).collect()).collect();
        let both = harm_doubt(&own, &draws).expect("draws");
        assert_eq!(both.simulation.value, 0.4);
        assert!(both.simulation.low > 0.29 && both.simulation.high < 0.51, "{both:?}");
        // Draws end at 0.4, the mean of the draws is 0.2; the interval is not narrower for it.
        assert_eq!((both.exercises.low, both.exercises.high), (0.0, 0.4));
        assert_eq!(harm_doubt(&own, &[]), None);
        let above = harm_doubt(&own, &[own.clone(), vec![trial(false)]]).expect("draws");
        assert_eq!((above.exercises.low, above.exercises.high), (0.0, 0.4), "it reaches the figure");
    }
}
