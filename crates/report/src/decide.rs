//! The decision card for the terminal; the page to print is in [`page`].

mod page;
mod wording;

use model::campaign::Objective;
use model::decide::{Card, PolicyOutcome, Tip};
use model::quantity::Interval;

use crate::banner::{banner, demo};
use crate::number::decimal;
use crate::terms::{Language, Terms};
use crate::wrap::{columns, cut, joined, wrap};

pub use page::page as decide_html;
use wording::{
    basis, changes, clock, first_rows, goal, name_of, named, people, scope, sentence, share, shown, span,
    time, word, worth,
};

/// Columns of a policy's name.
const NAME: usize = 31;
/// Columns of a bar.
const BAR: usize = 16;

/// Returns the card as text of at most `width` columns; less than 80 are not enough.
pub fn decide_text(card: &Card, language: Language, width: usize) -> String {
    let terms = Terms::of(language);
    let width = width.max(80);
    let mut lines = vec![terms.with("decide-title", &[&card.estate])];
    lines.extend(wrap("", &terms.with("decide-if", &[&card.campaign_name]), width));
    lines.extend(demo(&terms, card.demo));
    if let Some(banner) = banner(&terms, card.measured) {
        lines.extend(wrap("", &banner, width));
    }
    lines.extend(first(card, &terms));
    lines.push(String::new());
    lines.extend(wrap("  ", &sentence(&terms, card), width));
    if card.advice.is_none() {
        lines.extend(steps(card, &terms, width));
        lines.push(String::new());
    }
    for change in changes(&terms, card).iter().chain(&clock(&terms, card)) {
        lines.extend(wrap("  - ", change, width));
    }
    if card.advice.is_some() {
        lines.extend(steps(card, &terms, width));
    }
    lines.extend(costs(card, &terms, width));
    lines.extend(tenants(card, &terms, width));
    lines.extend(picture(card, &terms, width));
    lines.push(String::new());
    for text in basis(&terms, card) {
        lines.extend(wrap("", &text, width));
    }
    joined(&lines)
}

/// Returns what a policy does, in few words.
pub(crate) fn policy_name(terms: &Terms, measure: &model::decide::Measure) -> String {
    named(terms, measure).whole()
}

/// Returns the card in one line, for the list of runs.
pub(crate) fn one_line(card: &Card) -> String {
    let terms = Terms::of(Language::En);
    let said = match &card.advice {
        Some(advice) => format!("advised {}", name_of(&terms, card, &advice.policy)),
        None if card.open == 0 => "no alarm left time to decide".to_owned(),
        None => format!("no advice, {} options on the frontier", card.frontier.len()),
    };
    format!("card {} at {}: {said}", card.campaign, share(&terms, card.confidence.get()))
}

/// Returns the card as one JSON document.
pub fn decide_json(card: &Card) -> String {
    // Every shape on a card can be written as JSON.
    serde_json::to_string_pretty(card).unwrap_or_default()
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Returns the lines of a row: its name, which goes on in a line of its own where it is too
/// long to stay distinct, and its cells.
fn aligned(first: &str, cells: &[(&str, usize)]) -> Vec<String> {
    let cells: String = cells.iter().map(|(text, width)| right(text, *width)).collect();
    let mut names = wrap("", first, NAME - 1).into_iter();
    let head = left(&names.next().unwrap_or_default(), NAME);
    let rest: Vec<String> = names.collect();
    let more = wrap("  ", &rest.join(" "), NAME - 1).into_iter().filter(|_| !rest.is_empty());
    std::iter::once(format!("{head}{cells}").trim_end().to_owned()).chain(more).collect()
}

fn left(text: &str, width: usize) -> String {
    let text = cut(text, width.saturating_sub(1));
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(&text))))
}

fn name(terms: &Terms, policy: &PolicyOutcome) -> String {
    named(terms, &policy.measure).whole()
}

/// Returns what stands first: the plan, doing nothing, and the best policy seen.
fn first(card: &Card, terms: &Terms) -> Vec<String> {
    let at = terms.with("decide-at", &[&share(terms, card.confidence.get())]);
    let mut lines = aligned(
        "",
        &[("", 8), (terms.get("decide-chance-of"), 8), ("", 11), (terms.get("decide-lost-by"), 11)],
    );
    lines.extend(aligned(
        "",
        &[
            (terms.get("decide-payload"), 8),
            (terms.get("decide-outflow"), 8),
            (terms.get("decide-attack"), 11),
            (terms.get("decide-containment"), 11),
            (&at, 11),
        ],
    ));
    for (name, p) in first_rows(terms, card) {
        let cells = [
            (share(terms, p.payload.value), 8),
            (share(terms, p.outflow.value), 8),
            (people(terms, p.attack.value), 11),
            (people(terms, p.containment.value), 11),
            (people(terms, p.expected.value), 11),
        ];
        let cells: Vec<(&str, usize)> = cells.iter().map(|(text, width)| (text.as_str(), *width)).collect();
        lines.extend(aligned(&name, &cells));
    }
    lines
}

/// Returns the efficient frontier of outflow and loss.
fn steps(card: &Card, terms: &Terms, width: usize) -> Vec<String> {
    if card.frontier.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    lines.extend(wrap("", terms.get("decide-frontier"), width));
    let mut heads = vec![
        (terms.get("decide-outflow"), 9),
        (terms.get("decide-loses"), 11),
        (terms.get("decide-from"), 13),
    ];
    if card.exposed > 0 {
        heads.push((terms.get("decide-each"), 16));
    }
    lines.extend(aligned(terms.get("decide-policy"), &heads));
    for step in &card.frontier {
        let [whole, each] = worth(terms, card, step.worth);
        let mut cells = vec![
            (share(terms, step.outflow.value), 9),
            (people(terms, step.expected.value), 11),
            (whole, 13),
        ];
        if card.exposed > 0 {
            cells.push((each, 16));
        }
        let cells: Vec<(&str, usize)> = cells.iter().map(|(text, width)| (text.as_str(), *width)).collect();
        lines.extend(aligned(&name_of(terms, card, &step.policy), &cells));
    }
    lines
}

/// Returns a bar of what a policy loses at the card's confidence: by the attack, by our own
/// cuts, by a false alarm.
fn bar(card: &Card, policy: &PolicyOutcome, most: f64) -> String {
    let mut text = String::new();
    let (mut before, mut drawn) = (0.0, 0_usize);
    for (mark, value) in "█▒░".chars().zip(parts(card, policy)) {
        before += value;
        let end = if most > 0.0 { (before / most * BAR as f64).round() as usize } else { 0 };
        text.extend(std::iter::repeat_n(mark, end.saturating_sub(drawn)));
        drawn = end.max(drawn);
    }
    text
}

/// Returns what a policy loses at the card's confidence, by attack, own cuts and false alarm.
fn parts(card: &Card, policy: &PolicyOutcome) -> [f64; 3] {
    let c = card.confidence.get();
    [c * policy.attack.value, c * policy.containment.value, (1.0 - c) * policy.false_alarm.value]
}

/// Returns the largest loss among the policies shown.
fn most(card: &Card) -> f64 {
    shown(card).iter().map(|p| parts(card, p).iter().sum::<f64>()).fold(0.0, f64::max)
}

fn costs(card: &Card, terms: &Terms, width: usize) -> Vec<String> {
    let at = share(terms, card.confidence.get());
    let mut lines = vec![String::new()];
    lines.extend(wrap("", &terms.with("decide-costs", &[&at]), width));
    let wanted = match card.objective {
        Objective::Payload => terms.get("decide-payload"),
        Objective::Outflow => terms.get("decide-outflow"),
    };
    let heads = [(wanted, 7), (terms.get("decide-few"), 15), (terms.get("decide-loses"), 10)];
    lines.extend(aligned(terms.get("decide-policy"), &heads));
    let most = most(card);
    for p in shown(card) {
        let (chance, few) = goal(card, p);
        let cells = [
            (share(terms, chance.value), 7),
            (few.map_or_else(|| "–".to_owned(), |f| span(terms, f)), 15),
            (people(terms, p.expected.value), 10),
        ];
        let cells: Vec<(&str, usize)> = cells.iter().map(|(text, width)| (text.as_str(), *width)).collect();
        let mut row = aligned(&name(terms, p), &cells);
        if let Some(first) = row.first_mut() {
            *first = format!("{first} {}", bar(card, p, most)).trim_end().to_owned();
        }
        lines.extend(row);
    }
    lines.extend(wrap("", terms.get("decide-costs-note"), width));
    lines
}

fn tenants(card: &Card, terms: &Terms, width: usize) -> Vec<String> {
    let heads = [
        (terms.get("decide-tenants"), 10),
        (terms.get("decide-first"), 12),
        (terms.get("decide-last"), 12),
        (terms.get("decide-against"), 14),
    ];
    let back = |i: Option<Interval>| i.map_or_else(|| "–".to_owned(), |i| time(terms, i.value));
    let mut lines = vec![String::new()];
    lines.extend(wrap("", &terms.with("decide-whom", &[&card.tenants.to_string()]), width));
    lines.extend(aligned(terms.get("decide-policy"), &heads));
    for p in shown(card) {
        let cells = [
            (terms.number(&decimal(p.tenants.value)), 10),
            (back(p.first_back), 12),
            (back(p.last_back), 12),
            (word(terms, p).to_owned(), 14),
        ];
        let cells: Vec<(&str, usize)> = cells.iter().map(|(text, width)| (text.as_str(), *width)).collect();
        lines.extend(aligned(&name(terms, p), &cells));
    }
    lines
}

/// Returns the question "too early or too late" as a picture.
fn picture(card: &Card, terms: &Terms, width: usize) -> Vec<String> {
    let Some(what) = &card.tip_of else { return Vec::new() };
    if card.tips.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    lines.extend(wrap("", &terms.with("decide-tip", &[&scope(terms, what)]), width));
    let row = |label: &str, cell: &dyn Fn(&Tip) -> String| {
        let cells: String = card.tips.iter().map(|t| right(&cell(t), 7)).collect();
        format!("{}{cells}", left(label, 17)).trim_end().to_owned()
    };
    lines.push(row(terms.get("decide-clock"), &|t| time(terms, t.after.hours())));
    if card.objective == Objective::Payload {
        for step in (0..=10).rev() {
            let p = f64::from(step) / 10.0;
            let mark = |t: &Tip| {
                let cell = if p > t.threshold.high {
                    "█████"
                } else if p >= t.threshold.low {
                    "░░░░░"
                } else {
                    "·····"
                };
                cell.to_owned()
            };
            lines.push(row(&right(&share(terms, p), 6), &mark));
        }
        lines.push(format!("  {}", terms.get("decide-legend")));
        lines.push(row(terms.get("decide-above-this"), &|t| bound(terms, t)));
    } else {
        lines.push(row(terms.get("decide-worth-above"), &|t| {
            t.worth.map_or_else(|| "–".to_owned(), |w| people(terms, w))
        }));
        lines.push(row(terms.get("decide-out-now"), &|t| share(terms, t.reached_pull.value)));
        lines.push(row(terms.get("decide-out-later"), &|t| share(terms, t.reached_wait.value)));
    }
    lines.push(row(terms.get("decide-too-late"), &|t| share(terms, t.too_late.get())));
    lines
}

/// Returns the confidence above which pulling now pays, or that it never does.
fn bound(terms: &Terms, tip: &Tip) -> String {
    if tip.threshold.value >= 1.0 {
        terms.get("decide-never").to_owned()
    } else {
        share(terms, tip.threshold.value)
    }
}
