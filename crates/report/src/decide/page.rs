//! The decision card as one page A4: a self-contained HTML file.

use askama::Template;
use model::campaign::Objective;
use model::decide::{Card, PolicyOutcome, Tip};
use model::quantity::Interval;

use super::bound;
use super::wording::{basis, changes, clock, half, named, people, scope, sentence, share, shown, time};
use crate::banner::banner;
use crate::number::{big, decimal, hours, percent};
use crate::policy::finished;
use crate::svg::{Drawing, WIDE, escape};
use crate::terms::{Language, Terms};

const HEIGHT: f64 = 190.0;
const LEFT: f64 = 60.0;
const FLOOR: f64 = 150.0;
const ROOF: f64 = 10.0;

struct Row {
    what: String,
    how: String,
    advised: bool,
    cells: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "decide.html")]
struct Page<'a> {
    css: &'a str,
    card_css: &'a str,
    lang: &'a str,
    t: &'a Terms,
    title: String,
    subtitle: String,
    banner: String,
    advice: String,
    changes: Vec<String>,
    heads: Vec<String>,
    rows: Vec<Row>,
    tip: String,
    chart: String,
    clock: Vec<(&'static str, Vec<String>)>,
    basis: Vec<String>,
}

/// Returns the card as one self-contained HTML file that prints on one page.
pub fn page(card: &Card, language: Language) -> String {
    let terms = Terms::of(language);
    let page = Page {
        css: include_str!("../../templates/sheet.css"),
        card_css: include_str!("../../templates/decide.css"),
        lang: if language == Language::De { "de" } else { "en" },
        t: &terms,
        title: terms.with("decide-title", &[&card.estate]),
        subtitle: terms.with("decide-if", &[&card.campaign_name]),
        banner: banner(&terms, card.measured).unwrap_or_default(),
        advice: sentence(&terms, card),
        changes: changes(&terms, card).into_iter().chain(clock(&terms, card)).collect(),
        heads: heads(card, &terms),
        rows: shown(card).into_iter().map(|p| row(card, p, &terms)).collect(),
        tip: card
            .tip_of
            .as_ref()
            .filter(|_| !card.tips.is_empty())
            .map(|c| terms.with("decide-tip", &[&scope(&terms, c)]))
            .unwrap_or_default(),
        chart: if card.objective == Objective::Payload { chart(card, &terms) } else { String::new() },
        clock: clock_rows(card, &terms),
        basis: basis(&terms, card),
    };
    finished(&page.render().unwrap_or_else(|e| format!("<p>{}</p>", escape(&e.to_string()))))
}

fn heads(card: &Card, terms: &Terms) -> Vec<String> {
    let at = terms.with("decide-at", &[&share(terms, card.confidence.get())]);
    let keys = [
        terms.get("decide-payload"),
        terms.get("decide-outflow"),
        terms.get("decide-attack"),
        terms.get("decide-containment"),
        terms.get("decide-false"),
        at.as_str(),
        terms.get("decide-against"),
        terms.get("decide-tenants"),
        terms.get("decide-first"),
        terms.get("decide-last"),
    ];
    keys.iter().map(|k| (*k).to_owned()).collect()
}

fn row(card: &Card, policy: &PolicyOutcome, terms: &Terms) -> Row {
    let chance = |i: Interval| (share(terms, i.value), half(terms, i, percent));
    let lost = |i: Interval| (people(terms, i.value), half(terms, i, big));
    let back = |i: Option<Interval>| {
        i.map_or_else(|| ("–".to_owned(), String::new()), |i| (time(terms, i.value), half(terms, i, hours)))
    };
    let named = named(terms, &policy.measure);
    let how: Vec<&str> = [named.when, named.how].into_iter().filter(|p| !p.is_empty()).collect();
    Row {
        how: how.join(", "),
        what: named.what,
        advised: card.advice.as_ref().is_some_and(|a| a.policy == policy.name),
        cells: vec![
            chance(policy.payload),
            chance(policy.outflow),
            lost(policy.attack),
            lost(policy.containment),
            lost(policy.false_alarm),
            lost(policy.expected),
            lost(policy.against_plan),
            (terms.number(&decimal(policy.tenants.value)), half(terms, policy.tenants, decimal)),
            back(policy.first_back),
            back(policy.last_back),
        ],
    }
}

/// Returns the rows below the drawing; the first is the clock.
fn clock_rows(card: &Card, terms: &Terms) -> Vec<(&'static str, Vec<String>)> {
    if card.tips.is_empty() {
        return Vec::new();
    }
    let row = |key, cell: &dyn Fn(&Tip) -> String| (terms.get(key), card.tips.iter().map(cell).collect());
    let mut rows = vec![row("decide-clock", &|t| time(terms, t.after.hours()))];
    if card.objective == Objective::Payload {
        rows.push(row("decide-above-this", &|t| bound(terms, t)));
    } else {
        rows.push(row("decide-worth-above", &|t| {
            t.worth.map_or_else(|| "–".to_owned(), |w| people(terms, w))
        }));
        rows.push(row("decide-out-now", &|t| share(terms, t.reached_pull.value)));
        rows.push(row("decide-out-later", &|t| share(terms, t.reached_wait.value)));
    }
    rows.push(row("decide-too-late", &|t| share(terms, t.too_late.get())));
    rows
}

/// Draws the confidence above which pulling now pays over the clock, with its interval.
fn chart(card: &Card, terms: &Terms) -> String {
    let tips = &card.tips;
    if tips.len() < 2 {
        return String::new();
    }
    let step = (WIDE - LEFT - 30.0) / (tips.len() - 1) as f64;
    let x = |n: usize| LEFT + 10.0 + n as f64 * step;
    let y = |p: f64| FLOOR - p * (FLOOR - ROOF);
    let mut drawing = Drawing::new(WIDE);
    let band = |edge: fn(&Tip) -> f64| {
        tips.iter().enumerate().map(move |(n, t)| (x(n), y(edge(t)))).collect::<Vec<_>>()
    };
    let (low, high) = (band(|t| t.threshold.low), band(|t| t.threshold.high));
    let join = |points: &mut dyn Iterator<Item = &(f64, f64)>| {
        points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" L")
    };
    let (first, last) = (x(0), x(tips.len() - 1));
    drawing.path(
        "pull",
        &format!("M{first:.1},{:.1} L{} L{last:.1},{:.1} Z", y(1.0), join(&mut high.iter()), y(1.0)),
    );
    drawing.path("unsure", &format!("M{} L{} Z", join(&mut low.iter()), join(&mut high.iter().rev())));
    for p in [0.0, 0.25, 0.5, 0.75, 1.0] {
        drawing.line("grid", (first, y(p)), (last, y(p)));
        drawing.text("end", (LEFT, y(p) + 4.0), &share(terms, p));
    }
    let value = band(|t| t.threshold.value);
    drawing.path("tip", &format!("M{}", join(&mut value.iter())));
    let own = y(card.confidence.get());
    drawing.line("own", (first, own), (last, own));
    for (n, tip) in tips.iter().enumerate() {
        drawing.circle("dot", (x(n), y(tip.threshold.value)), 3.0);
        drawing.text("mid", (x(n), FLOOR + 18.0), &time(terms, tip.after.hours()));
    }
    let mean = tips.iter().map(|t| t.threshold.value).sum::<f64>() / tips.len() as f64;
    let middle = f64::midpoint(first, last);
    if mean < 0.8 {
        drawing.text("region mid", (middle, y(f64::midpoint(mean, 1.0)) + 4.0), terms.get("decide-pull-now"));
    }
    if mean > 0.2 {
        drawing.text("region mid", (middle, y(mean / 2.0) + 4.0), terms.get("decide-wait"));
    }
    drawing.text("mid", (middle, FLOOR + 34.0), terms.get("decide-clock"));
    let title = card.tip_of.as_ref().map(|c| terms.with("decide-tip", &[&scope(terms, c)]));
    drawing.finish(
        "tipping-point",
        "chart",
        HEIGHT,
        &title.unwrap_or_default(),
        terms.get("decide-chart-note"),
    )
}
