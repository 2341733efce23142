//! What the card says in words, for the terminal and the page alike.

use std::collections::BTreeSet;

use model::campaign::Objective;
use model::decide::{Advice, Card, Flip, Measure, PolicyOutcome, Step, Timing};
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
    card.policies.iter().filter(|p| seen.insert(p.measure.kind())).collect()
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

/// Returns the advice: one sentence with its interval, or why there is none.
pub(super) fn sentence(terms: &Terms, card: &Card) -> String {
    let Some(advice) = &card.advice else { return undecided(terms, card) };
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
    if let Some(price) = card.price {
        text.push(' ');
        text.push_str(&terms.with("decide-weighed", &[&people(terms, price)]));
    }
    text
}

/// Returns the sentence for a card that weighs nothing: what the frontier leaves to decide.
fn undecided(terms: &Terms, card: &Card) -> String {
    let name = |step: &Step| name_of(terms, card, &step.policy);
    let Some(first) = card.frontier.first() else { return terms.get("decide-none").to_owned() };
    let worth = |step: &Step| people(terms, step.worth.unwrap_or(0.0));
    let Some(second) = card.frontier.get(1) else { return terms.with("decide-one-way", &[&name(first)]) };
    let mut ranges = vec![terms.with("decide-up-to", &[&worth(second), &name(first)])];
    ranges.extend(
        card.frontier.iter().skip(1).map(|s| terms.with("decide-above-worth", &[&worth(s), &name(s)])),
    );
    let told = terms.with("decide-undecided", &[&ranges.join("; ")]);
    format!("{told} {}", terms.get("decide-state-it"))
}

/// Returns a difference in one of three wordings: gain, no difference shown, loss.
fn difference(terms: &Terms, against: &str, more: Interval) -> String {
    if more.high < 0.0 {
        let less = Interval { value: -more.value, low: -more.high, high: -more.low };
        terms.with("decide-gain", &[against, &people(terms, less.value), &ends(terms, less)])
    } else if more.low > 0.0 {
        terms.with("decide-loss", &[against, &people(terms, more.value), &ends(terms, more)])
    } else {
        terms.with("decide-no-difference", &[against, &ends(terms, more)])
    }
}

/// Returns how the advised policy compares with the plan and with doing nothing, and the plan
/// with doing nothing.
fn compared(terms: &Terms, card: &Card) -> Vec<String> {
    let mut said = Vec::new();
    let find = |measure: &Measure| card.policies.iter().find(|p| p.measure == *measure);
    let plan = find(&Measure::Plan);
    if let Some(plan) = plan.filter(|p| p.against_nothing.low > 0.0) {
        let more = plan.against_nothing;
        said.push(terms.with("decide-plan-dearer", &[&people(terms, more.value), &ends(terms, more)]));
    }
    let Some(advice) = &card.advice else { return said };
    let Some(best) = card.policies.iter().find(|p| p.name == advice.policy) else { return said };
    if let Some(name) = card.plan.as_deref().filter(|_| best.measure != Measure::Plan) {
        let against = terms.with("decide-the-plan", &[name]);
        said.push(difference(terms, &against, best.against_plan));
        if best.weighed_against_plan.unwrap_or(best.against_plan).high >= 0.0 {
            said.push(terms.get("decide-keep").to_owned());
        }
    }
    if best.measure != Measure::Nothing {
        said.push(difference(terms, terms.get("decide-doing-nothing"), best.against_nothing));
    }
    let (held, of) = advice.holds;
    if of > 0 {
        said.push(terms.with("decide-holds", &[&held.to_string(), &of.to_string()]));
    }
    said
}

/// Returns for a difference to the plan which of the three it is, in one word.
pub(super) fn word(terms: &Terms, more: Interval) -> &'static str {
    if more.high < 0.0 {
        terms.get("decide-is-gain")
    } else if more.low > 0.0 {
        terms.get("decide-is-loss")
    } else {
        terms.get("decide-is-open")
    }
}

/// Returns what few exercises leave open of a share: both ends.
pub(super) fn span(terms: &Terms, interval: Interval) -> String {
    terms.number(&crate::number::percent_range(interval)).replace("unter ", "<")
}

/// Returns the chance of what the attacker wants, and what few exercises leave open of it.
pub(super) fn goal(card: &Card, policy: &PolicyOutcome) -> (Interval, Option<Interval>) {
    match card.objective {
        Objective::Payload => (policy.payload, policy.exercises.map(|e| e.payload)),
        Objective::Outflow => (policy.outflow, policy.exercises.map(|e| e.outflow)),
    }
}

/// Returns the ways that stand first: the plan, doing nothing, and the best policy seen, which
/// is the best cut where that is not among them already.
pub(super) fn first_rows<'a>(terms: &Terms, card: &'a Card) -> Vec<(String, &'a PolicyOutcome)> {
    let find = |measure: &Measure| card.policies.iter().find(|p| p.measure == *measure);
    let named_row = |p: &'a PolicyOutcome| (named(terms, &p.measure).whole(), p);
    let mut rows: Vec<(String, &PolicyOutcome)> =
        [find(&Measure::Plan), find(&Measure::Nothing)].into_iter().flatten().map(named_row).collect();
    let cut = |p: &&PolicyOutcome| matches!(p.measure, Measure::Cut { .. });
    if let Some(best) = card.policies.iter().find(cut) {
        let name = named(terms, &best.measure).whole();
        // Without a trade-off no policy is best; the next step of the frontier stands there.
        let undecided = card.advice.is_none() && !card.frontier.is_empty();
        let row = if undecided {
            terms.with("decide-next-step", &[&name])
        } else {
            terms.with("decide-best-seen", &[&name])
        };
        rows.push((row, best));
    }
    rows
}

/// Returns what would change the advice, a sentence each.
pub(super) fn changes(terms: &Terms, card: &Card) -> Vec<String> {
    let mut changes = compared(terms, card);
    let before = changes.len();
    let Some(advice) = &card.advice else { return changes };
    let mut flip = |key, flip: &Option<Flip>, write: &dyn Fn(f64) -> String| {
        if let Some(Flip { at, policy }) = flip {
            changes.push(terms.with(key, &[&write(*at), &name_of(terms, card, policy)]));
        }
    };
    let as_share = |at: f64| share(terms, at);
    flip("decide-below", &advice.below, &as_share);
    flip("decide-above", &advice.above, &as_share);
    flip("decide-slower", &advice.slower, &|at| terms.number(&crate::number::decimal(at)));
    if changes.len() == before && card.objective == Objective::Payload {
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
