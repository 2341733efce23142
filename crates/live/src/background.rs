//! How likely an alert is there by itself.

use model::quantity::{Millis, Ratio};

/// Up to this chance a coincidence is taken for the act's own.
pub(crate) const ATTRIBUTED: f64 = 0.01;
/// Up to this chance it may be.
pub(crate) const PROBABLE: f64 = 0.2;

/// Returns the chance that a rule which alerted `count` times on a host within `over`, without the
/// act, alerts there at least once within `window`: 1 - exp(-λ·window), alerts coming by themselves
/// as a Poisson process. λ is the mean of its Gamma posterior under Jeffreys' prior, (count + ½) / over,
/// so that a rule that never alerted has a small rate and not none.
pub(crate) fn chance(count: u64, over: Millis, window: Millis) -> Ratio {
    if over.0 == 0 {
        return Ratio::clamped(1.0);
    }
    // Counts of alerts are far below 2^53.
    #[expect(clippy::cast_precision_loss)]
    let (count, over, window) = (count as f64, over.0 as f64, window.0 as f64);
    Ratio::clamped(-libm::expm1(-(count + 0.5) / over * window))
}
