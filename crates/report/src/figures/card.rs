//! The numbers of a decision card.

use model::decide::{Card, PolicyOutcome};
use model::quantity::Interval;
use model::record::Record;

use super::Figures;
use super::sheet::Adder;
use crate::comparison::{ends, unit};
use crate::number::{big, count, decimal, hours, percent, percent_range};

/// Adds every number of the card, if the record has one: `card.POLICY.expected` and the like.
pub(super) fn card(record: &Record, all: &mut Figures) {
    let Some(card) = &record.card else { return };
    let seed = format!(
        "{}, trials 0 to {} of {}, the same for every policy",
        card.seed.0,
        count(u64::from(card.trials.max(1)) - 1),
        card.campaign
    );
    let mut adder = Adder::drawn(record, all, "card", seed);
    basis(card, &mut adder);
    for policy in &card.policies {
        chances(policy, &mut adder);
        losses(card, policy, &mut adder);
    }
    for step in &card.frontier {
        if let Some(worth) = step.worth {
            adder.add(
                &format!("{}.worth", step.policy),
                "what a prevented outflow has to be worth for this step of the frontier",
                big(worth),
                "loss more than the step before / (confidence × chance of outflow less)",
            );
        }
    }
    tips(card, &mut adder);
}

fn basis(card: &Card, adder: &mut Adder<'_>) {
    let open = format!("{} of {} trials with an alarm", count(card.open.into()), count(card.alarms.into()));
    for (key, label, value, formula) in [
        (
            "confidence",
            "how sure the alarm is real",
            percent(card.confidence.get()),
            "given with --confidence",
        ),
        ("trials", "trials of each policy", count(card.trials.into()), "given with --trials"),
        ("alarms", "trials with an alarm", count(card.alarms.into()), "counted over the trials"),
        ("open", "trials in which the alarm left time to decide", count(card.open.into()), open.as_str()),
        (
            "confirm",
            "typical time until the alarm is confirmed and decided on",
            hours(card.confirm.hours()),
            "times of the plan before its first cut and to decide on it; assumed where there is no plan",
        ),
    ] {
        adder.add(key, label, value, formula);
    }
    if card.exposed > 0 {
        let formula = "records of the stores that the campaign's outflow steps can reach";
        adder.add("exposed", "people whose data lie there", count(card.exposed), formula);
    }
    if let Some(price) = card.price {
        let keys = ["trade-off".to_owned()];
        adder.stated("price", "what an outflow counts as", big(price), "stated in the estate", &keys);
    }
    if let Some(clear) = card.all_clear {
        let keys = ["soc.quiet".to_owned(), "soc".to_owned()];
        let formula = "stated as `soc: quiet`, else assumed";
        adder.stated(
            "all-clear",
            "time from the last cut or action to the all-clear",
            hours(clear.after.hours()),
            formula,
            &keys,
        );
        let formula = "the plan raced again with the shorter time, differences trial by trial";
        adder.add(
            "all-clear-less",
            "what a sooner all-clear adds to the loss of the plan",
            big(clear.less.value),
            formula,
        );
    }
    if let Some(advice) = &card.advice {
        let held = format!("{} of {}", advice.holds.0, advice.holds.1);
        adder.add("holds", "draws of the evidence in which the advice stays best", held, "counted");
    }
}

fn chances(policy: &PolicyOutcome, adder: &mut Adder<'_>) {
    let few = policy.exercises;
    for (key, label, share, few) in [
        ("payload", "chance that the payload fires", policy.payload, few.map(|f| f.payload)),
        ("outflow", "chance that data leaves", policy.outflow, few.map(|f| f.outflow)),
    ] {
        let mut more = vec![format!("simulation: 95 % Clopper-Pearson interval {}", percent_range(share))];
        more.extend(few.map(|f| format!("few exercises: {}", percent_range(f))));
        let label = format!("{}: {label}", policy.name);
        adder.with(
            &format!("{}.{key}", policy.name),
            &label,
            percent(share.value),
            "trials in which it happened / trials that left time to decide",
            more,
        );
    }
}

fn losses(card: &Card, policy: &PolicyOutcome, adder: &mut Adder<'_>) {
    let unit = unit(card.weighed);
    let mean = "mean over the trials that left time to decide";
    let paired = "mean of differences trial by trial, at the card's confidence";
    let mut add = |key: &str, label: String, value: String, formula: &str, interval: Option<Interval>| {
        let more = interval.map(|i| format!("simulation: {}", ends(i))).into_iter().collect();
        adder.with(
            &format!("{}.{key}", policy.name),
            &format!("{}: {label}", policy.name),
            value,
            formula,
            more,
        );
    };
    let mixed = "confidence × loss if real + (1 − confidence) × loss if false";
    for (key, what, lost, formula) in [
        ("attack", "lost by the attack", policy.attack, mean),
        ("containment", "lost by our own containment", policy.containment, mean),
        ("false-alarm", "lost on a false alarm", policy.false_alarm, mean),
        ("expected", "lost at the card's confidence", policy.expected, mixed),
        ("against-plan", "lost beyond the plan", policy.against_plan, paired),
        ("against-nothing", "lost beyond doing nothing", policy.against_nothing, paired),
    ] {
        add(key, format!("{unit} {what}"), big(lost.value), formula, Some(lost));
    }
    let back = |i: Option<Interval>| i.map_or_else(|| "–".to_owned(), |i| hours(i.value));
    let median = "median over the trials with an outage, counted from the alarm";
    add("tenants", "tenants hit".to_owned(), decimal(policy.tenants.value), mean, Some(policy.tenants));
    add("first-back", "first tenant back".to_owned(), back(policy.first_back), median, None);
    add("last-back", "last tenant back".to_owned(), back(policy.last_back), median, None);
}

fn tips(card: &Card, adder: &mut Adder<'_>) {
    for tip in &card.tips {
        let after = tip.after.0 / model::quantity::Millis::HOUR.0;
        for (key, label, value) in [
            ("threshold", "confidence above which pulling now loses less", percent(tip.threshold.value)),
            ("too-late", "alarms on which the attacker is through by then", percent(tip.too_late.get())),
        ] {
            let formula = "c > F / (F + D): loss of a false alarm F, saved by pulling now D";
            adder.add(&format!("after-{after}h.{key}"), label, value, formula);
        }
    }
}
