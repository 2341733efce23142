//! What the card says in words, for the terminal and the page alike.

use std::collections::BTreeSet;

use model::campaign::Objective;
use model::decide::{Advice, Card, Flip, Measure, PolicyOutcome, Timing};
use model::playbook::{Cut, Repeat};
use model::quantity::Interval;
use model::scorecard::Outlook;

use crate::number::{big, decimal, hours, percent};
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

/// Returns person-hours in few digits.
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

/// Returns both ends of an interval of person-hours.
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

/// Returns what one prevented outflow has to be worth, in all and for each person whose data
/// it holds.
pub(super) fn worth(terms: &Terms, card: &Card, hours: Option<f64>) -> [String; 2] {
    let Some(hours) = hours.filter(|h| *h > 0.0) else { return ["0".to_owned(), "–".to_owned()] };
    let each = if card.exposed == 0 { "–".to_owned() } else { time(terms, hours / card.exposed as f64) };
    [people(terms, hours), each]
}

/// Returns the sentence for a card that weighs nothing: what the frontier leaves to decide.
fn undecided(terms: &Terms, card: &Card) -> String {
    let Some(first) = card.frontier.first() else { return terms.get("decide-none").to_owned() };
    if card.frontier.len() == 1 {
        return terms.with("decide-one-way", &[&name_of(terms, card, &first.policy)]);
    }
    let mut told = terms.get("decide-undecided").to_owned();
    if card.exposed > 0 {
        told.push(' ');
        let people = terms.number(&crate::number::big(card.exposed as f64));
        told.push_str(&terms.with("decide-exposed", &[&people]));
    }
    format!("{told} {}", terms.get("decide-state-it"))
}

/// What a policy adds to the loss and to the chance of an outflow of another.
#[derive(Clone, Copy)]
struct More {
    loss: Interval,
    outflow: Option<Interval>,
}

impl More {
    /// Returns the sign of what surely moves: -1 falls, 1 rises, 0 is not told.
    fn moves(interval: Interval) -> i8 {
        i8::from(interval.low > 0.0) - i8::from(interval.high < 0.0)
    }

    fn is_trade_off(self) -> bool {
        self.outflow.is_some_and(|o| Self::moves(o) * Self::moves(self.loss) < 0)
    }

    /// Returns how the chance of an outflow moves, where it surely does.
    fn outflow(self, terms: &Terms) -> Option<String> {
        let out = self.outflow.filter(|o| Self::moves(*o) != 0)?;
        let key = if out.value > 0.0 { "decide-more-out" } else { "decide-less-out" };
        let points = |share: f64| terms.number(&decimal(100.0 * share));
        let size = size(out);
        let ends = terms.with("decide-ends", &[&points(size.low), &points(size.high)]);
        Some(terms.with(key, &[&points(size.value), &ends]))
    }
}

/// Returns an interval that lies on one side of zero without its sign.
fn size(interval: Interval) -> Interval {
    if interval.value >= 0.0 {
        return interval;
    }
    Interval { value: -interval.value, low: -interval.high, high: -interval.low }
}

/// Returns a difference in one of four wordings: gain, no difference shown, loss, trade-off.
fn difference(terms: &Terms, against: &str, more: More) -> String {
    let loss = size(more.loss);
    let (key, value) = match More::moves(more.loss) {
        -1 if more.is_trade_off() => ("decide-trade-less", people(terms, loss.value)),
        1 if more.is_trade_off() => ("decide-trade-more", people(terms, loss.value)),
        -1 => ("decide-gain", people(terms, loss.value)),
        1 => ("decide-loss", people(terms, loss.value)),
        _ => {
            return finish(
                &terms.with("decide-no-difference", &[against, &ends(terms, more.loss)]),
                terms,
                more,
            );
        }
    };
    finish(&terms.with(key, &[against, &value, &ends(terms, loss)]), terms, more)
}

/// Returns a sentence with what happens to the chance of an outflow at its end.
fn finish(sentence: &str, terms: &Terms, more: More) -> String {
    match more.outflow(terms) {
        Some(out) => format!("{sentence}; {out}."),
        None => format!("{sentence}."),
    }
}

/// Returns how the advised policy compares with the plan and with doing nothing, and the plan
/// with doing nothing.
fn compared(terms: &Terms, card: &Card) -> Vec<String> {
    let mut said = Vec::new();
    let find = |measure: &Measure| card.policies.iter().find(|p| p.measure == *measure);
    let plan = find(&Measure::Plan);
    if let Some(plan) = plan.filter(|p| p.against_nothing.low > 0.0) {
        let more = More { loss: plan.against_nothing, outflow: plan.outflow_against_nothing };
        let told =
            terms.with("decide-plan-dearer", &[&people(terms, more.loss.value), &ends(terms, more.loss)]);
        said.push(finish(&told, terms, more));
    }
    let Some(advice) = &card.advice else { return said };
    let Some(best) = card.policies.iter().find(|p| p.name == advice.policy) else { return said };
    if let Some(name) = card.plan.as_deref().filter(|_| best.measure != Measure::Plan) {
        let against = terms.with("decide-the-plan", &[name]);
        let more = More { loss: best.against_plan, outflow: best.outflow_against_plan };
        let mut told = difference(terms, &against, more);
        if let Some(weighed) = best.weighed_against_plan.filter(|_| more.is_trade_off()) {
            told.push(' ');
            told.push_str(&terms.with("decide-by-worth", &[standing(terms, best), &ends(terms, weighed)]));
        }
        said.push(told);
        match best.to_plan {
            Some(Outlook::Gain) | None => {}
            Some(Outlook::TradeOff) => said.push(terms.get("decide-state-it").to_owned()),
            Some(Outlook::Open | Outlook::Loss) => said.push(terms.get("decide-keep").to_owned()),
        }
    }
    if best.measure != Measure::Nothing {
        let more = More { loss: best.against_nothing, outflow: best.outflow_against_nothing };
        said.push(difference(terms, terms.get("decide-doing-nothing"), more));
    }
    let (held, of) = advice.holds;
    if of > 0 {
        said.push(terms.with("decide-holds", &[&held.to_string(), &of.to_string()]));
    }
    said
}

/// Returns what a policy is beside the plan, in one word; a dash for the plan itself.
pub(super) fn word(terms: &Terms, policy: &PolicyOutcome) -> &'static str {
    if policy.measure == Measure::Plan { "–" } else { standing(terms, policy) }
}

fn standing(terms: &Terms, policy: &PolicyOutcome) -> &'static str {
    match policy.to_plan {
        Some(Outlook::Gain) => terms.get("decide-is-gain"),
        Some(Outlook::Loss) => terms.get("decide-is-loss"),
        Some(Outlook::TradeOff) => terms.get("decide-is-trade-off"),
        Some(Outlook::Open) => terms.get("decide-is-open"),
        None => "–",
    }
}

/// Returns what few exercises leave open of a share: both ends. Twenty draws never show that
/// something always or never happens, so an interval that lies at an edge is told as a bound.
pub(super) fn span(terms: &Terms, interval: Interval) -> String {
    let text = if interval.low >= 0.99 {
        ">99\u{a0}%".to_owned()
    } else if interval.high <= 0.01 {
        "<1\u{a0}%".to_owned()
    } else {
        crate::number::percent_range(interval)
    };
    terms.number(&text).replace("unter ", "<")
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
    if let Some(clear) = card.all_clear {
        let (after, sooner) = (time(terms, clear.after.hours()), time(terms, clear.sooner.hours()));
        let said = match More::moves(clear.less) {
            -1 => {
                let less = size(clear.less);
                let args = [&after, &sooner, &people(terms, less.value), &ends(terms, less)];
                terms.with("decide-all-clear", &args.map(String::as_str))
            }
            _ => terms.with("decide-all-clear-same", &[&after, &sooner, &ends(terms, clear.less)]),
        };
        basis.push(said);
    }
    if card.weighed {
        basis.insert(0, terms.get("decide-weights").to_owned());
    }
    if shown(card).iter().any(|p| matches!(&p.measure, Measure::Cut { scope: Cut::Role { .. }, .. })) {
        basis.push(terms.get("decide-way").to_owned());
    }
    basis.push(terms.get("label").to_owned());
    basis
}
