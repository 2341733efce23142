//! One draw of what the exercises leave uncertain.

use model::evidence::{Evidence, TechniqueEvidence};
use model::id::TechniqueId;
use model::quantity::Seed;
use special::Gamma;

use crate::chance::{Chance, Entity, Purpose};

/// Steps after which a quantile is taken as it is; the fifth or sixth is usually exact.
const STEPS: u32 = 100;

/// Returns one draw from the posterior of every technique: the four point values
/// are replaced by a draw from the Dirichlet over counts plus prior; intervals,
/// counts and delays stay.
///
/// Racing on many draws shows how far the answer would move if the exercises had
/// turned out differently, which more trials cannot show. Draws do not depend on
/// which other techniques are listed.
pub fn draw(evidence: &Evidence, seed: Seed, number: u32) -> Evidence {
    let chance = Chance::new(seed, number);
    let mut drawn = evidence.clone();
    for (id, technique) in &mut drawn.techniques {
        draw_technique(id, technique, chance);
    }
    drawn
}

fn draw_technique(id: &TechniqueId, technique: &mut TechniqueEvidence, chance: Chance) {
    let entity = Entity::named("technique", id.as_str());
    let seen = technique.weights();
    let mut weights = [0.0; 4];
    for (i, weight) in weights.iter_mut().enumerate() {
        let shape = seen[i] + technique.prior[i];
        *weight = gamma(shape, chance.uniform(entity, Purpose::Posterior, i as u32));
    }
    let total: f64 = weights.iter().sum();
    // Without counts and prior there is nothing to draw from, so the values stay.
    if total > 0.0 && total.is_finite() {
        technique.prevented.value = weights[0] / total;
        technique.alerted.value = weights[1] / total;
        technique.logged.value = weights[2] / total;
        technique.blind.value = weights[3] / total;
    }
}

/// Returns the quantile at `u` of the Gamma distribution of shape `shape` and rate 1;
/// 0 for a shape that is none.
fn gamma(shape: f64, u: f64) -> f64 {
    // Independent Gamma(alpha_i, 1) divided by their sum are Dirichlet(alpha).
    if !(shape > 0.0 && shape.is_finite()) {
        return 0.0;
    }
    let (mut low, mut high) = (1.0_f64, 2.0_f64);
    while low.inc_gamma(shape) > u {
        (low, high) = (0.5 * low, low);
        if low < f64::MIN_POSITIVE {
            return 0.0;
        }
    }
    while high < f64::MAX / 2.0 && high.inc_gamma(shape) < u {
        high *= 2.0;
    }
    // Newton's step where it stays inside, else half; each side keeps the quantile between.
    let ln_gamma = Gamma::ln_gamma(shape).0;
    let mut x = f64::midpoint(low, high);
    for _ in 0..STEPS {
        let below = x.inc_gamma(shape);
        if below < u {
            low = x;
        } else {
            high = x;
        }
        let density = libm::exp((shape - 1.0) * libm::log(x) - x - ln_gamma);
        let newton = x - (below - u) / density;
        let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - x).abs() <= 1e-15 * x {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::evidence::{DelayFit, EvidenceClass, OutcomeCounts};
    use model::quantity::{Interval, Quantiles};

    fn technique(counts: [u32; 4]) -> TechniqueEvidence {
        let whole = Interval { value: 0.25, low: 0.0, high: 1.0 };
        TechniqueEvidence {
            class: EvidenceClass::Replayed,
            counts: OutcomeCounts {
                prevented: counts[0],
                alerted: counts[1],
                logged: counts[2],
                blind: counts[3],
                inconclusive: 0,
            },
            prior: [0.5; 4],
            prevented: whole,
            alerted: whole,
            logged: whole,
            blind: whole,
            concentration: 1.0,
            delay: DelayFit { quantiles: Quantiles { q50: 5.0, q90: 20.0 }, observed: 0, censored: 0 },
            verdicts: Vec::new(),
            repeats: Vec::new(),
            weights: None,
        }
    }

    fn evidence(counts: [u32; 4]) -> (TechniqueId, Evidence) {
        let id = TechniqueId::new("T1486").expect("valid");
        (id.clone(), Evidence { techniques: [(id, technique(counts))].into() })
    }

    #[test]
    fn gamma_quantiles_are_those_of_another_library() {
        use statrs::distribution::{ContinuousCDF, Gamma};
        for shape in [0.01, 0.5, 1.0, 2.5, 59.5, 400.0] {
            let other = Gamma::new(shape, 1.0).expect("valid");
            for u in [1e-6, 0.01, 0.3, 0.5, 0.9, 0.999_999] {
                let x = gamma(shape, u);
                // Below the smallest number there is only 0.
                let close = (other.cdf(x) - u).abs() < 1e-10;
                assert!(close || (x == 0.0 && other.cdf(f64::MIN_POSITIVE) > u), "shape {shape} at {u}: {x}");
            }
        }
        assert_eq!([gamma(0.0, 0.5), gamma(-1.0, 0.5), gamma(f64::NAN, 0.5)], [0.0; 3]);
    }

    #[test]
    fn draws_follow_the_dirichlet() {
        for counts in [[2, 9, 1, 0], [0, 0, 0, 0], [0, 59, 0, 0]] {
            let (id, evidence) = evidence(counts);
            let alpha = counts.map(|c| f64::from(c) + 0.5);
            let total: f64 = alpha.iter().sum();
            let n = 4_000_u32;
            let mut sums = [0.0; 4];
            for number in 0..n {
                let drawn = draw(&evidence, Seed(1), number);
                let t = &drawn.techniques[&id];
                let values = [t.prevented, t.alerted, t.logged, t.blind].map(|i| i.value);
                assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{values:?}");
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum += value;
                }
            }
            for (sum, a) in sums.iter().zip(alpha) {
                let (mean, exact) = (sum / f64::from(n), a / total);
                let sigma = (exact * (1.0 - exact) / (total + 1.0) / f64::from(n)).sqrt();
                assert!((mean - exact).abs() < 4.0 * sigma, "{counts:?}: {mean} against {exact}");
            }
        }
    }

    /// Simulation-based calibration (Talts et al. 2018): a truth drawn from the prior,
    /// outcomes drawn from the truth, and the truth's rank among draws from the posterior
    /// is any with the same chance.
    #[test]
    fn ranks_of_the_truth_are_flat() {
        const DRAWS: u32 = 15;
        let repeats = 4_000_u32;
        let mut ranks = [[0_u32; DRAWS as usize + 1]; 2];
        for repeat in 0..repeats {
            let (id, prior) = evidence([0; 4]);
            let truth = draw(&prior, Seed(5), repeat).techniques[&id].clone();
            let exercises = 1 + repeat % 12;
            let mut counts = [0_u32; 4];
            for exercise in 0..exercises {
                let entity = Entity::named("exercise", id.as_str());
                let u = Chance::new(Seed(6), repeat).uniform(entity, Purpose::Size, exercise);
                let chances = [truth.prevented, truth.alerted, truth.logged].map(|i| i.value);
                let below = |n: usize| chances[..n].iter().sum::<f64>();
                counts[(1..4).take_while(|n| u >= below(*n)).count()] += 1;
            }
            let (_, posterior) = evidence(counts);
            let drawn: Vec<TechniqueEvidence> = (0..DRAWS)
                .map(|n| draw(&posterior, Seed(7), repeat * DRAWS + n).techniques[&id].clone())
                .collect();
            let rank =
                |of: &dyn Fn(&TechniqueEvidence) -> f64| drawn.iter().filter(|d| of(d) < of(&truth)).count();
            ranks[0][rank(&|t| t.alerted.value)] += 1;
            ranks[1][rank(&|t| t.prevented.value)] += 1;
        }
        for (what, ranks) in ["alerted", "prevented"].iter().zip(ranks) {
            let expected = f64::from(repeats) / ranks.len() as f64;
            let statistic: f64 = ranks.iter().map(|r| (f64::from(*r) - expected).powi(2) / expected).sum();
            let degrees = f64::from(DRAWS);
            assert!(
                (statistic - degrees).abs() < 4.0 * (2.0 * degrees).sqrt(),
                "{what}: {statistic}, {ranks:?}"
            );
        }
    }

    #[test]
    fn a_draw_is_repeatable_and_ignores_other_techniques() {
        let (id, alone) = evidence([1, 2, 3, 4]);
        let mut more = alone.clone();
        more.techniques.insert(TechniqueId::new("T1003").expect("valid"), technique([0; 4]));
        let first = draw(&alone, Seed(8), 3);
        assert_eq!(first, draw(&alone, Seed(8), 3));
        assert_ne!(first, draw(&alone, Seed(8), 4));
        assert_ne!(first, draw(&alone, Seed(9), 3));
        assert_eq!(first.techniques[&id], draw(&more, Seed(8), 3).techniques[&id]);
    }

    #[test]
    fn nothing_to_draw_from_leaves_the_values() {
        let (id, mut evidence) = evidence([0; 4]);
        evidence.techniques.get_mut(&id).expect("there").prior = [0.0; 4];
        assert_eq!(draw(&evidence, Seed(1), 0), evidence);
    }
}
