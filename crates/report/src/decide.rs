//! The decision card for the terminal; the page to print is in [`page`].

mod page;
mod wording;

use model::campaign::Objective;
use model::decide::{Card, PolicyOutcome, Tip};
use model::quantity::Interval;

use crate::banner::banner;
use crate::number::{big, decimal, hours, percent};
use crate::terms::{Language, Terms};
use crate::wrap::{columns, cut, joined, wrap};

pub use page::page as decide_html;
use wording::{basis, changes, clock, half, named, people, scope, sentence, share, shown, time};

/// Columns of a policy's three name parts.
const NAME: [usize; 3] = [17, 10, 8];

/// Returns the card as text of at most `width` columns; less than 80 are not enough.
pub fn decide_text(card: &Card, language: Language, width: usize) -> String {
    let terms = Terms::of(language);
    let width = width.max(80);
    let mut lines = vec![terms.with("decide-title", &[&card.estate])];
    lines.extend(wrap("", &terms.with("decide-if", &[&card.campaign_name]), width));
    if let Some(banner) = banner(&terms, card.measured) {
        lines.extend(wrap("", &banner, width));
    }
    lines.push(String::new());
    lines.extend(wrap("  ", &sentence(&terms, card), width));
    for change in changes(&terms, card).iter().chain(&clock(&terms, card)) {
        lines.extend(wrap("  - ", change, width));
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

/// Returns the card as one JSON document.
pub fn decide_json(card: &Card) -> String {
    // Every shape on a card can be written as JSON.
    serde_json::to_string_pretty(card).unwrap_or_default()
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

fn left(text: &str, width: usize) -> String {
    let text = cut(text, width.saturating_sub(1));
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(&text))))
}

fn name(terms: &Terms, policy: &PolicyOutcome) -> String {
    let named = named(terms, &policy.measure);
    let parts = [named.what.as_str(), named.when, named.how];
    parts.iter().zip(NAME).map(|(part, width)| left(part, width)).collect()
}

/// Returns a table: each policy with its cells, and below them how far they may be off.
fn table(
    card: &Card,
    terms: &Terms,
    heads: &[(&str, usize)],
    cells: impl Fn(&PolicyOutcome) -> Vec<(String, String)>,
) -> Vec<String> {
    let room: usize = NAME.iter().sum();
    let line = |first: &str, cells: &mut dyn Iterator<Item = &str>| {
        let cells: String = cells.zip(heads).map(|(c, (_, width))| right(c, *width)).collect();
        format!("{first}{}{cells}", " ".repeat(room.saturating_sub(columns(first)))).trim_end().to_owned()
    };
    let mut lines = vec![line(terms.get("decide-policy"), &mut heads.iter().map(|h| h.0))];
    for policy in shown(card) {
        let cells = cells(policy);
        lines.push(line(&name(terms, policy), &mut cells.iter().map(|c| c.0.as_str())));
        lines.push(line("", &mut cells.iter().map(|c| c.1.as_str())));
    }
    lines
}

fn costs(card: &Card, terms: &Terms, width: usize) -> Vec<String> {
    let at = terms.with("decide-at", &[&share(terms, card.confidence.get())]);
    let heads = [
        (terms.get("decide-payload"), 7),
        (terms.get("decide-outflow"), 8),
        (terms.get("decide-attack"), 10),
        (terms.get("decide-containment"), 10),
        (at.as_str(), 10),
    ];
    let chance = |i: Interval| (share(terms, i.value), half(terms, i, percent));
    let lost = |i: Interval| (people(terms, i.value), half(terms, i, big));
    let mut lines = vec![String::new()];
    lines.extend(wrap("", terms.get("decide-costs"), width));
    lines.extend(table(card, terms, &heads, |p| {
        vec![chance(p.payload), chance(p.outflow), lost(p.attack), lost(p.containment), lost(p.expected)]
    }));
    lines
}

fn tenants(card: &Card, terms: &Terms, width: usize) -> Vec<String> {
    let heads = [
        (terms.get("decide-tenants"), 9),
        (terms.get("decide-first"), 12),
        (terms.get("decide-last"), 11),
        (terms.get("decide-against"), 11),
    ];
    let back = |i: Option<Interval>| {
        i.map_or_else(|| ("–".to_owned(), String::new()), |i| (time(terms, i.value), half(terms, i, hours)))
    };
    let mut lines = vec![String::new()];
    lines.extend(wrap("", &terms.with("decide-whom", &[&card.tenants.to_string()]), width));
    lines.extend(table(card, terms, &heads, |p| {
        vec![
            (terms.number(&decimal(p.tenants.value)), half(terms, p.tenants, decimal)),
            back(p.first_back),
            back(p.last_back),
            (people(terms, p.against_plan.value), half(terms, p.against_plan, big)),
        ]
    }));
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
