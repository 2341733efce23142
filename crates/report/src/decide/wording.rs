//! What the card says in words, for the terminal and the page alike.

use std::collections::BTreeSet;

use model::campaign::Objective;
use model::decide::{Advice, Card, Flip, Measure, PolicyOutcome, Timing};
use model::playbook::{Cut, Repeat};
use model::quantity::Interval;

use crate::number::{big, hours, percent};
use crate::terms::Terms;

/// A policy's name in three parts: what, when, how.
pub(super) struct Named {
    pub(super) what: String,
    pub(super) when: &'static str,
    pub(super) how: &'static str,
}

impl Named {
    /// Returns the parts in a row.
    pub(super) fn whole(&self) -> String {
        [&self.what, self.when, self.how].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// Returns what is cut, in few words.
pub(super) fn scope(terms: &Terms, cut: &Cut) -> String {
    match cut {
        Cut::Nothing => terms.get("decide-nothing").to_owned(),
        Cut::AlertedAsset => terms.get("decide-host").to_owned(),
        Cut::AlertedSegments => terms.get("decide-segment").to_owned(),
        Cut::AlertedSites => terms.get("decide-alerted-sites").to_owned(),
        Cut::Site { site } => terms.with("decide-site", &[site.as_str()]),
        Cut::AllSites => terms.get("decide-all-sites").to_owned(),
        Cut::Zone { zone } => terms.with("decide-zone", &[zone.as_str()]),
        Cut::Identity { identity, .. } => terms.with("decide-account", &[identity]),
        Cut::Role { role } if role == "directory" => terms.get("decide-identity").to_owned(),
        Cut::Role { role } if role == "hub-link" => terms.get("decide-hub-link").to_owned(),
        Cut::Role { role } => role.clone(),
    }
}

/// Returns the name of what a policy does.
pub(super) fn named(terms: &Terms, measure: &Measure) -> Named {
    match measure {
        Measure::Nothing => Named { what: terms.get("decide-nothing").to_owned(), when: "", how: "" },
        Measure::Plan => Named { what: terms.get("decide-plan").to_owned(), when: "", how: "" },
        Measure::Cut { scope: cut, timing, first, repeat } => Named {
            what: scope(terms, cut),
            when: match timing {
                Timing::Now => terms.get("decide-now"),
                Timing::Confirmed => terms.get("decide-confirmed"),
            },
            how: match (first, repeat) {
                (Some(_), _) => terms.get("decide-staged"),
                (None, Repeat::WhileOpen) => terms.get("decide-while-open"),
                (None, Repeat::Once) => "",
            },
        },
    }
}

/// Returns the name of the policy called `name` on the card.
pub(super) fn name_of(terms: &Terms, card: &Card, name: &str) -> String {
    let found = card.policies.iter().find(|p| p.name == name);
    found.map_or_else(|| name.to_owned(), |p| named(terms, &p.measure).whole())
}

/// Returns the policies to show, best first: to do nothing more, the plan, and of each
/// kind of cut the best now and the best once confirmed.
pub(super) fn shown(card: &Card) -> Vec<&PolicyOutcome> {
    let mut seen = BTreeSet::new();
    let kind = |measure: &Measure| match measure {
        Measure::Nothing => (String::new(), None),
        Measure::Plan => ("plan".to_owned(), None),
        Measure::Cut { scope, timing, .. } => {
            let kind = match scope {
                Cut::Role { role } => role.clone(),
                Cut::Site { .. } => "a site".to_owned(),
                Cut::Zone { .. } => "a zone".to_owned(),
                Cut::Identity { .. } => "an account".to_owned(),
                other => format!("{other:?}"),
            };
            (kind, Some(*timing))
        }
    };
    card.policies.iter().filter(|p| seen.insert(kind(&p.measure))).collect()
}

/// Returns insured-hours in few digits.
pub(super) fn people(terms: &Terms, number: f64) -> String {
    terms.number(&big(number))
}

/// Returns a share; the sign for "less than" stays, because tables have no room for words.
pub(super) fn share(terms: &Terms, number: f64) -> String {
    terms.number(&percent(number)).replace("unter ", "<")
}

/// Returns the larger half of an interval with its sign.
pub(super) fn half(terms: &Terms, interval: Interval, unit: fn(f64) -> String) -> String {
    let half = (interval.value - interval.low).max(interval.high - interval.value);
    format!("±{}", terms.number(&unit(half)))
}

/// Returns both ends of an interval of insured-hours.
pub(super) fn ends(terms: &Terms, interval: Interval) -> String {
    terms.with("decide-ends", &[&people(terms, interval.low), &people(terms, interval.high)])
}

/// Returns hours with their unit.
pub(super) fn time(terms: &Terms, number: f64) -> String {
    terms.number(&hours(number))
}

/// Returns the advice: one sentence with its interval.
pub(super) fn sentence(terms: &Terms, card: &Card) -> String {
    let Some(advice) = &card.advice else { return terms.get("decide-none").to_owned() };
    let Some(best) = card.policies.iter().find(|p| p.name == advice.policy) else {
        return terms.get("decide-none").to_owned();
    };
    let name = named(terms, &best.measure).whole();
    let mut text = terms.with(
        "decide-advice",
        &[
            &name,
            &share(terms, card.confidence.get()),
            &people(terms, best.expected.value),
            &ends(terms, best.expected),
        ],
    );
    if let Some(plan) = card.plan.as_deref().filter(|_| best.measure != Measure::Plan) {
        let less = Interval {
            value: -best.against_plan.value,
            low: -best.against_plan.high,
            high: -best.against_plan.low,
        };
        text.push(' ');
        if less.low > 0.0 {
            text.push_str(
                &terms.with("decide-less", &[&people(terms, less.value), plan, &ends(terms, less)]),
            );
        } else {
            text.push_str(&terms.with("decide-same", &[plan, &ends(terms, less)]));
        }
    }
    text
}

/// Returns what would change the advice, a sentence each.
pub(super) fn changes(terms: &Terms, card: &Card) -> Vec<String> {
    let Some(advice) = &card.advice else { return Vec::new() };
    let mut changes = Vec::new();
    let mut flip = |key, flip: &Option<Flip>, write: &dyn Fn(f64) -> String| {
        if let Some(Flip { at, policy }) = flip {
            changes.push(terms.with(key, &[&write(*at), &name_of(terms, card, policy)]));
        }
    };
    let as_share = |at: f64| share(terms, at);
    flip("decide-below", &advice.below, &as_share);
    flip("decide-above", &advice.above, &as_share);
    flip("decide-slower", &advice.slower, &|at| terms.number(&crate::number::decimal(at)));
    if changes.is_empty() && card.objective == Objective::Payload {
        changes.push(terms.get("decide-firm").to_owned());
    }
    changes.extend(rivals(terms, card, advice));
    changes.extend(detour(terms, card, advice));
    if let Some(worth) = advice.worth {
        changes.push(terms.with("decide-worth", &[&people(terms, worth)]));
    }
    changes
}

fn detour(terms: &Terms, card: &Card, advice: &Advice) -> Option<String> {
    let detour = card.detour.as_ref()?;
    let loses = people(terms, detour.advised.value);
    if detour.policy == advice.policy {
        return Some(terms.with("decide-detour-firm", &[&loses]));
    }
    let better = name_of(terms, card, &detour.policy);
    Some(terms.with("decide-detour", &[&loses, &better, &people(terms, detour.expected.value)]))
}

fn rivals(terms: &Terms, card: &Card, advice: &Advice) -> Option<String> {
    if !advice.tied.is_empty() {
        let names: Vec<String> = advice.tied.iter().take(3).map(|n| name_of(terms, card, n)).collect();
        return Some(terms.with("decide-tied", &[&names.join("; ")]));
    }
    let (second, margin) = advice.second.as_ref().zip(advice.margin)?;
    let name = name_of(terms, card, second);
    Some(terms.with("decide-second", &[&name, &people(terms, margin.value), &ends(terms, margin)]))
}

/// Returns when it is too early and when too late, in words.
pub(super) fn clock(terms: &Terms, card: &Card) -> Vec<String> {
    let mut said = Vec::new();
    let Some(cut) = &card.tip_of else { return said };
    if card.objective == Objective::Outflow {
        return said;
    }
    let what = scope(terms, cut);
    if let Some(first) = card.tips.first() {
        said.push(if first.threshold.value < 1.0 {
            terms.with("decide-pays", &[&what, &share(terms, first.threshold.value)])
        } else {
            terms.with("decide-never-pays", &[&what])
        });
    }
    if let Some(late) = card.tips.iter().find(|t| t.too_late.get() >= 0.5) {
        said.push(terms.with("decide-half-late", &[&time(terms, late.after.hours())]));
    }
    said
}

/// Returns what the card rests on, and what its words mean.
pub(super) fn basis(terms: &Terms, card: &Card) -> Vec<String> {
    let number = |n: u32| terms.number(&crate::number::count(u64::from(n)));
    let mut basis = vec![
        terms.with(
            "decide-basis",
            &[&number(card.trials), &number(card.alarms), &number(card.open), &card.seed.0.to_string()],
        ),
        terms.with("decide-words", &[&time(terms, card.confirm.hours())]),
    ];
    if shown(card).iter().any(|p| matches!(&p.measure, Measure::Cut { scope: Cut::Role { .. }, .. })) {
        basis.push(terms.get("decide-way").to_owned());
    }
    basis.push(terms.get("label").to_owned());
    basis
}
