//! Counter-based draws: `u = H(seed, trial, entity, purpose, attempt)`.
//!
//! No draw depends on how many were made before it. Trials therefore run in any
//! order on any number of threads, two runs that differ in one setting share
//! every draw they have in common, and an entity keeps its draws when the input
//! lists it elsewhere, because it is known by its id and not by its place.

use model::quantity::Seed;

/// Weyl increment of SplitMix64 (Steele, Lea & Flood 2014): 2^64 / golden ratio, odd.
const WEYL: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns a 64-bit mix of `z`: the finalizer of SplitMix64, variant 13 of Stafford.
const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a draw is about, known by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entity(pub(crate) u64);

impl Entity {
    /// Returns the entity of `id` among things of `kind`: FNV-1a over both, mixed.
    pub(crate) fn named(kind: &str, id: &str) -> Self {
        // Offset basis and prime of 64-bit FNV-1a. The zero byte keeps kind and id apart.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in kind.bytes().chain([0]).chain(id.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Self(mix(hash.wrapping_add(WEYL)))
    }

    /// Returns the entity made of this one and another, in this order.
    pub(crate) fn with(self, other: Self) -> Self {
        Self(mix(self.0.rotate_left(23) ^ mix(other.0.wrapping_add(WEYL))))
    }

    /// Returns the `number`-th part of this entity.
    pub(crate) fn part(self, number: u32) -> Self {
        self.with(Self(u64::from(number)))
    }
}

/// What a draw decides. The numbers are part of every result; a new purpose takes the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// On which of several assets a step is done.
    Target = 1,
    /// Which of several ready steps comes first.
    Order = 2,
    /// How long an attempt takes.
    Duration = 3,
    /// Whether an attempt is prevented.
    Prevented = 4,
    /// How well prevention works against the technique in this trial.
    PreventedShared = 5,
    /// Whether an attempt is alerted on.
    Alerted = 6,
    /// How well detection works against the technique in this trial.
    AlertedShared = 7,
    /// Whether the host worked on has a working sensor.
    Sensor = 8,
    /// How long the alert takes to be raised.
    Delay = 9,
    /// Whether an overloaded team looks at the alert at all.
    Looked = 10,
    /// How long the alert waits for an analyst.
    Queue = 11,
    /// How long the analyst needs.
    Triage = 12,
    /// Whether the analyst escalates.
    Escalate = 13,
    /// How long an action takes to be decided.
    Decide = 14,
    /// How long an action takes to be carried out.
    CarryOut = 15,
    /// Whether the attacker fires early.
    Reaction = 16,
    /// How many start attempts an asset needs.
    Attempts = 17,
    /// How long a start attempt takes.
    Restart = 18,
    /// How long a rebuild takes.
    Restore = 19,
    /// A gamma variate of a posterior draw.
    Posterior = 20,
    /// Whether an action works.
    Works = 21,
    /// How skilled the attacker is in this trial.
    Skill = 22,
    /// In which hour of the week the trial starts.
    StartHour = 23,
    /// Whether the attacker waits with the payload until nobody is in the office.
    OffHours = 24,
    /// Whether an attacker keeps a foothold on an asset that is cut off.
    Residual = 25,
    // 26 is not used.
    /// A size, such as a bandwidth, that is drawn once per trial.
    Size = 27,
    /// How long the examination before a start takes.
    Examine = 28,
    /// How long cleaning takes.
    Clean = 29,
    /// How long verification takes.
    Verify = 30,
    /// How long a release by somebody outside takes.
    Release = 31,
    /// How much of the time between two backups has passed.
    CopyAge = 32,
    /// Whether something of the attacker is found again after the restart.
    Relapse = 33,
    /// At which site.
    RelapseSite = 34,
    /// How long that takes.
    RelapseSeen = 35,
}

/// All draws of one trial.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance {
    key: u64,
}

impl Chance {
    /// Returns the draws of trial `trial` under `seed`.
    pub(crate) fn new(seed: Seed, trial: u32) -> Self {
        let seeded = mix(seed.0.wrapping_add(WEYL));
        Self { key: mix(seeded ^ WEYL.wrapping_mul(u64::from(trial) + 1)) }
    }

    /// Returns the draws about `entity`.
    pub(crate) fn about(self, entity: Entity) -> About {
        About { key: mix(self.key ^ entity.0) }
    }

    /// Returns 64 random bits.
    pub(crate) fn bits(self, entity: Entity, purpose: Purpose, attempt: u32) -> u64 {
        self.about(entity).bits(purpose, attempt)
    }

    /// Returns a number from the open interval (0, 1).
    pub(crate) fn uniform(self, entity: Entity, purpose: Purpose, attempt: u32) -> f64 {
        self.about(entity).uniform(purpose, attempt)
    }
}

/// All draws of one trial about one entity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    key: u64,
}

impl About {
    fn bits(self, purpose: Purpose, attempt: u32) -> u64 {
        let counter = ((purpose as u64) << 32) | u64::from(attempt);
        mix(self.key.wrapping_add(WEYL.wrapping_mul(counter + 1)))
    }

    /// Returns a number from the open interval (0, 1).
    ///
    /// The lattice has 52 bits: with 53 the largest value would round to 1.
    pub(crate) fn uniform(self, purpose: Purpose, attempt: u32) -> f64 {
        ((self.bits(purpose, attempt) >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
    }
}

/// Returns how many independent tries succeed for the first time at `u`, when each
/// fails with chance `failure`: at least 1, at most 255.
///
/// Inverse of the geometric distribution function; a chance of failure of 1 gives 255.
pub(crate) fn geometric(u: f64, failure: f64) -> u8 {
    // Most draws succeed at once, which needs no logarithm.
    if failure <= 0.0 || u < 1.0 - failure {
        return 1;
    }
    // P(K > k) = failure^k, so K = 1 + floor(ln(1 - u) / ln(failure)).
    let tries = 1.0 + (libm::log1p(-u) / libm::log(failure)).floor();
    if tries.is_finite() { tries.clamp(1.0, 255.0) as u8 } else { 255 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chi_square(counts: &[u32], total: u32) -> f64 {
        let expected = f64::from(total) / counts.len() as f64;
        counts.iter().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum()
    }

    /// Whether chi-square with `cells` - 1 degrees of freedom is within four standard deviations.
    fn plausible(statistic: f64, cells: usize) -> bool {
        let degrees = cells as f64 - 1.0;
        (statistic - degrees).abs() < 4.0 * (2.0 * degrees).sqrt()
    }

    #[test]
    fn draws_are_uniform_along_every_counter() {
        let entity = |i: u32| Entity::named("asset", &format!("host-{i}"));
        let fixed = entity(0);
        let n = 64_000;
        type Draw<'a> = &'a dyn Fn(u32) -> f64;
        let along: [(&str, Draw<'_>); 4] = [
            ("trial", &|i| Chance::new(Seed(7), i).uniform(fixed, Purpose::Duration, 0)),
            ("seed", &|i| Chance::new(Seed(u64::from(i)), 0).uniform(fixed, Purpose::Duration, 0)),
            ("entity", &|i| Chance::new(Seed(7), 0).uniform(entity(i), Purpose::Duration, 0)),
            ("attempt", &|i| Chance::new(Seed(7), 0).uniform(fixed, Purpose::Duration, i)),
        ];
        for (name, draw) in along {
            let mut counts = [0_u32; 64];
            for i in 0..n {
                let u = draw(i);
                assert!(u > 0.0 && u < 1.0, "{name}: {u}");
                counts[(u * 64.0) as usize] += 1;
            }
            let statistic = chi_square(&counts, n);
            assert!(plausible(statistic, 64), "{name}: chi-square {statistic} on 63 degrees");
        }
    }

    #[test]
    fn neighbouring_draws_are_independent() {
        let a = Entity::named("step", "a");
        let b = Entity::named("step", "b");
        let n = 64_000;
        let at = |t: u32, e, p, k| Chance::new(Seed(11), t).uniform(e, p, k);
        type Pair<'a> = &'a dyn Fn(u32) -> (f64, f64);
        let pairs: [(&str, Pair<'_>); 4] = [
            ("trials", &|t| (at(t, a, Purpose::Delay, 0), at(t + 1, a, Purpose::Delay, 0))),
            ("entities", &|t| (at(t, a, Purpose::Delay, 0), at(t, b, Purpose::Delay, 0))),
            ("purposes", &|t| (at(t, a, Purpose::Delay, 0), at(t, a, Purpose::Sensor, 0))),
            ("attempts", &|t| (at(t, a, Purpose::Delay, 0), at(t, a, Purpose::Delay, 1))),
        ];
        for (name, pair) in pairs {
            let mut counts = [0_u32; 256];
            for t in 0..n {
                let (u, v) = pair(t);
                counts[(u * 16.0) as usize * 16 + (v * 16.0) as usize] += 1;
            }
            let statistic = chi_square(&counts, n);
            assert!(plausible(statistic, 256), "{name}: chi-square {statistic} on 255 degrees");
        }
    }

    #[test]
    fn entities_of_different_kind_or_order_differ() {
        let (a, b) = (Entity::named("step", "x"), Entity::named("asset", "x"));
        assert_ne!(a, b);
        assert_ne!(a.with(b), b.with(a));
        assert_ne!(a.part(0), a.part(1));
    }

    #[test]
    fn geometric_has_the_right_mean() {
        // E[attempts] = 1 / (1 - q).
        let n = 40_000;
        for q in [0.05, 0.5] {
            let e = Entity::named("asset", "x");
            let sum: f64 = (0..n)
                .map(|t| f64::from(geometric(Chance::new(Seed(3), t).uniform(e, Purpose::Attempts, 0), q)))
                .sum();
            let mean = sum / f64::from(n);
            let exact = 1.0 / (1.0 - q);
            let sigma = (q / (1.0 - q).powi(2) / f64::from(n)).sqrt();
            assert!((mean - exact).abs() < 4.0 * sigma, "q {q}: {mean} against {exact}");
        }
        assert_eq!(geometric(0.999, 0.0), 1);
        assert_eq!(geometric(0.5, 1.0), 255);
    }
}
