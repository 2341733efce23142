//! The comparison that stands first, as figures with a key.

use model::record::Record;

use super::{Figure, Figures, Root};
use crate::comparison::{ends, key, unit, who};
use crate::number::{big, count, percent, percent_range};

/// Adds every way to respond to every campaign: `CAMPAIGN.plan.payload` and the like.
pub(super) fn standings(record: &Record, all: &mut Figures) {
    for score in &record.scores {
        for standing in &score.standings {
            let trials = count(record.trials.min(u32::try_from(score.payload.of).unwrap_or(u32::MAX)).into());
            let from = |interval: String| {
                vec![format!("{trials} trials, the same attackers for every way"), interval]
            };
            let mut add = |what: &str, label: &str, value: String, from: Vec<String>, formula: &str| {
                let figure = Figure {
                    label: format!("{}: {label}", who(standing)),
                    value,
                    formula: formula.into(),
                    from,
                    root: Root::Seed(format!("{}, campaign {}", record.seed.0, score.campaign)),
                };
                all.add(format!("{}.{}.{what}", score.campaign, key(standing)), figure);
            };
            for (what, label, share) in [
                ("payload", "chance that the payload fires", standing.payload),
                ("outflow", "chance that data leaves", standing.outflow),
            ] {
                let range = format!("95 % Clopper-Pearson interval {}", percent_range(share));
                add(what, label, percent(share.value), from(range), "trials in which it happened / trials");
            }
            for (what, label, lost) in [
                ("attack", "lost by the attack", standing.attack),
                ("containment", "lost by our own containment", standing.containment),
                ("against-nothing", "lost beyond doing nothing", standing.against_nothing),
            ] {
                add(
                    what,
                    &format!("{} {label}", unit(standing.weighed)),
                    big(lost.value),
                    from(ends(lost)),
                    "mean over trials, differences trial by trial",
                );
            }
        }
    }
}
