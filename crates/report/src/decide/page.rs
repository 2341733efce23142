//! The decision card as one page A4: a self-contained HTML file.

use askama::Template;
use model::campaign::Objective;
use model::decide::{Card, Measure, PolicyOutcome, Tip};
use model::quantity::Interval;

use super::wording::{
    basis, changes, clock, first_rows, goal, half, name_of, named, people, scope, sentence, share, shown,
    span, time, word, worth,
};
use super::{bound, most, parts};
use crate::banner::{banner, demo};
use crate::number::{big, decimal, percent};
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
    bar: String,
}

/// A row of what stands first, and of the frontier.
struct Line {
    name: String,
    own: bool,
    cells: Vec<String>,
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
    demo: String,
    banner: String,
    first_heads: Vec<String>,
    first: Vec<Line>,
    advice: String,
    changes: Vec<String>,
    steps: Vec<Line>,
    costs: String,
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
        demo: demo(&terms, card.demo).unwrap_or_default(),
        banner: banner(&terms, card.measured).unwrap_or_default(),
        first_heads: first_heads(card, &terms),
        first: first_rows(&terms, card).into_iter().map(|(name, p)| first(name, p, &terms)).collect(),
        advice: sentence(&terms, card),
        changes: changes(&terms, card).into_iter().chain(clock(&terms, card)).collect(),
        steps: card
            .frontier
            .iter()
            .map(|s| Line {
                name: name_of(&terms, card, &s.policy),
                own: false,
                cells: [share(&terms, s.outflow.value), people(&terms, s.expected.value)]
                    .into_iter()
                    .chain(worth(&terms, card, s.worth))
                    .collect(),
            })
            .collect(),
        costs: terms.with("decide-costs-page", &[&share(&terms, card.confidence.get())]),
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

fn first_heads(card: &Card, terms: &Terms) -> Vec<String> {
    let at = terms.with("decide-at", &[&share(terms, card.confidence.get())]);
    let chance = |word: &str| format!("{} {word}", terms.get("decide-chance-of"));
    let lost = |word: &str| format!("{}: {word}", terms.get("decide-lost"));
    vec![
        chance(terms.get("decide-payload")),
        chance(terms.get("decide-outflow")),
        lost(terms.get("decide-attack")),
        lost(terms.get("decide-containment")),
        at,
    ]
}

fn first(name: String, p: &PolicyOutcome, terms: &Terms) -> Line {
    let cells = vec![
        share(terms, p.payload.value),
        share(terms, p.outflow.value),
        people(terms, p.attack.value),
        people(terms, p.containment.value),
        people(terms, p.expected.value),
    ];
    Line { name, own: p.measure == Measure::Plan, cells }
}

fn heads(card: &Card, terms: &Terms) -> Vec<String> {
    let wanted = match card.objective {
        Objective::Payload => "decide-payload",
        Objective::Outflow => "decide-outflow",
    };
    let keys = [wanted, "decide-loses", "decide-against", "decide-tenants", "decide-first", "decide-last"];
    keys.iter().map(|k| terms.with(k, &[])).collect()
}

fn row(card: &Card, policy: &PolicyOutcome, terms: &Terms) -> Row {
    let (chance, few) = goal(card, policy);
    let back = |i: Option<Interval>| i.map_or_else(|| "–".to_owned(), |i| time(terms, i.value));
    let named = named(terms, &policy.measure);
    let how: Vec<&str> = [named.when, named.how].into_iter().filter(|p| !p.is_empty()).collect();
    let plain = |text: String| (text, String::new());
    Row {
        how: how.join(", "),
        what: named.what,
        advised: card.advice.as_ref().is_some_and(|a| a.policy == policy.name),
        bar: bar(card, policy),
        cells: vec![
            (
                format!("{} {}", share(terms, chance.value), half(terms, chance, percent)),
                few.map_or_else(String::new, |f| span(terms, f)),
            ),
            (
                format!("{} {}", people(terms, policy.expected.value), half(terms, policy.expected, big)),
                policy.exercises.map_or_else(String::new, |e| {
                    format!("{} – {}", people(terms, e.expected.low), people(terms, e.expected.high))
                }),
            ),
            plain(word(terms, policy).to_owned()),
            plain(terms.number(&decimal(policy.tenants.value))),
            plain(back(policy.first_back)),
            plain(back(policy.last_back)),
        ],
    }
}

/// Draws what a policy loses at the card's confidence: by attack, own cuts and false alarm.
fn bar(card: &Card, policy: &PolicyOutcome) -> String {
    let most = most(card);
    let mut x = 0.0;
    let mut text = "<svg class=\"mini\" aria-hidden=\"true\">".to_owned();
    for (class, value) in ["c-attack", "c-containment", "c-false"].iter().zip(parts(card, policy)) {
        let wide = if most > 0.0 { 100.0 * value / most } else { 0.0 };
        text.push_str(&format!(
            "<rect class=\"{class}\" x=\"{x:.1}%\" y=\"1\" width=\"{wide:.1}%\" height=\"11\"/>"
        ));
        x += wide;
    }
    text + "</svg>"
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
