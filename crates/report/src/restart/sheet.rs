//! The restart plan as a sheet to print and to tick off: one self-contained HTML file.

use askama::Template;
use model::id::SiteId;
use model::quantity::Millis;
use model::restart::{Position, RestartPlan};

use super::{gained, kept, loss, ring, time, why};
use crate::number::{big, count, percent};
use crate::svg::{Drawing, WIDE, escape};
use crate::terms::{Language, Terms};

const ROW: f64 = 22.0;
const LABEL: f64 = 96.0;

struct Row {
    place: usize,
    asset: String,
    name: String,
    crew: String,
    begin: String,
    back: String,
    slow: String,
    why: String,
    critical: bool,
    kind: &'static str,
}

struct Kept {
    service: String,
    who: String,
    back: String,
    slow: String,
    rto: String,
    mtpd: String,
    state: &'static str,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "restart.html")]
struct Sheet<'a> {
    css: &'a str,
    lang: &'a str,
    title: String,
    t: &'a Terms,
    figures: Vec<(String, String)>,
    loss: String,
    by_hand: Vec<String>,
    chart: String,
    rows: Vec<Row>,
    crews: Vec<(String, String)>,
    services: Vec<Kept>,
}

/// Returns the plan as one self-contained HTML file.
pub fn sheet(plan: &RestartPlan, language: Language) -> String {
    let terms = Terms::of(language);
    let number = |text: String| terms.number(&text);
    let mut figures = vec![(
        number(big(plan.insured as f64)),
        format!("{} ({} {})", terms.get("insured"), number(percent(plan.share.get())), terms.get("of-all")),
    )];
    for (key, at) in ["back-first", "back-half", "back-most", "back-all"].into_iter().zip(plan.restored) {
        figures.push((time(&terms, at), terms.get(key).to_owned()));
    }
    figures.push((
        format!("{} – {}", time(&terms, plan.last), time(&terms, plan.last_slow)),
        terms.get("last-asset").to_owned(),
    ));
    let list = |ids: &[model::id::ServiceId]| {
        ids.iter().map(|s| s.as_str().to_owned()).collect::<Vec<_>>().join(", ")
    };
    let page = Sheet {
        css: include_str!("../../templates/sheet.css"),
        lang: if language == Language::De { "de" } else { "en" },
        title: format!("{} {} {}", terms.get("restart-plan"), terms.get("for"), plan.estate),
        t: &terms,
        figures,
        loss: loss(plan, &terms),
        by_hand: plan
            .by_hand
            .iter()
            .map(|c| {
                let reason = terms.with("by-hand-why", &[&ring(c, &terms), c.site.as_str()]);
                format!("{}: {}. {reason}", terms.get("by-hand"), list(&c.start))
            })
            .collect(),
        chart: chart(plan, &terms),
        rows: plan.positions.iter().enumerate().map(|(n, p)| row(n, p, &terms)).collect(),
        crews: plan
            .crews
            .iter()
            .map(|g| (terms.with("more-crew", &[g.site.as_str(), &g.crews.to_string()]), gained(g, &terms)))
            .collect(),
        services: services(plan, &terms),
    };
    page.render().unwrap_or_else(|e| format!("<p>{}</p>", escape(&e.to_string())))
}

fn row(place: usize, position: &Position, terms: &Terms) -> Row {
    Row {
        place: place + 1,
        asset: position.asset.to_string(),
        name: position.name.clone(),
        crew: format!("{} {}", position.site, position.crew),
        begin: time(terms, position.begin),
        back: time(terms, position.back),
        slow: time(terms, position.back_slow),
        why: why(terms, &position.hold),
        critical: position.critical,
        kind: match position.cause {
            model::trial::DownCause::Attack => terms.get("attack"),
            model::trial::DownCause::Containment => terms.get("containment"),
        },
    }
}

fn services(plan: &RestartPlan, terms: &Terms) -> Vec<Kept> {
    plan.services
        .iter()
        .map(|s| Kept {
            service: s.service.to_string(),
            who: format!(
                "{}: {} {}, {} {}",
                s.hosting,
                s.tenants,
                terms.get("tenants"),
                terms.number(&count(s.insured)),
                terms.get("insured")
            ),
            back: time(terms, s.back),
            slow: time(terms, s.back_slow),
            rto: time(terms, s.rto),
            mtpd: time(terms, s.mtpd),
            state: kept(terms, s),
            class: if s.back > s.mtpd {
                "bad"
            } else if s.back > s.rto {
                "warn"
            } else {
                "good"
            },
        })
        .collect()
}

/// Draws one line a crew with its jobs on a common axis.
fn chart(plan: &RestartPlan, terms: &Terms) -> String {
    let mut lanes: Vec<(&SiteId, u16)> = plan.positions.iter().map(|p| (&p.site, p.crew)).collect();
    lanes.sort();
    lanes.dedup();
    let height = lanes.len() as f64 * ROW + 30.0;
    let end = plan.last.0.max(1) as f64;
    let x = |at: Millis| LABEL + at.0 as f64 / end * (WIDE - LABEL - 8.0);
    let mut drawing = Drawing::new(WIDE);
    for at in ticks(plan.last) {
        drawing.line("grid", (x(at), 4.0), (x(at), height - 22.0));
        drawing.text("tick mid", (x(at), height - 6.0), &time(terms, at));
    }
    for (n, (site, crew)) in lanes.iter().enumerate() {
        let y = n as f64 * ROW + 6.0;
        drawing.text("lane", (0.0, y + 13.0), &format!("{site} {crew}"));
        for (place, p) in plan.positions.iter().enumerate() {
            if p.site != **site || p.crew != *crew {
                continue;
            }
            let (from, to) = (x(p.begin), x(p.back));
            let class = if p.critical { "job critical" } else { "job" };
            drawing.rect(class, (from + 0.5, y), (to - from - 1.0, ROW - 5.0), 2.0);
            if to - from > 18.0 {
                drawing.text("inside mid", ((from + to) / 2.0, y + 12.5), &(place + 1).to_string());
            }
        }
    }
    drawing.finish("restart", "chart", height, terms.get("chart"), terms.get("chart-note"))
}

/// Returns five to nine round times from zero to the end.
fn ticks(end: Millis) -> Vec<Millis> {
    let hour = Millis::HOUR.0;
    let steps = [1, 2, 4, 6, 12, 24, 48, 96, 168, 336, 672, 1_344, 4_032, 16_128];
    let step = steps.iter().map(|s| s * hour).find(|s| end.0 / s <= 8).unwrap_or(end.0.max(1));
    (0..=end.0 / step).map(|n| Millis(n * step)).collect()
}
