//! The restart plan as a sheet to print and to tick off: one self-contained HTML file.

use std::collections::BTreeSet;

use askama::Template;
use model::recovery::Phase;
use model::restart::{Position, RestartPlan, StagedReturn};
use model::trial::DownCause;

use super::chart::{Chart, charts, class};
use super::words::{
    admitted, by_hand, code, crowd, gain, hands, kept, loss, losses, lost, overload, path, phase, relapse,
    some, span, time, waits,
};
use crate::banner::demo;
use crate::number::{percent, rough};
use crate::policy::finished;
use crate::svg::escape;
use crate::terms::{Language, Terms};

/// How many tenants of a stage are named.
const NAMES: usize = 8;

/// One phase to tick off.
struct Tick {
    name: &'static str,
    when: String,
    who: String,
    critical: bool,
}

/// One asset to tick off.
struct Row {
    place: usize,
    asset: String,
    name: String,
    kind: &'static str,
    lost: String,
    ticks: Vec<Tick>,
    waits: Vec<String>,
    back: String,
    slow: String,
    critical: bool,
}

/// Tenants that are let back together.
struct StageRow {
    number: usize,
    when: String,
    tenants: String,
    insured: String,
    names: String,
}

/// A service with its stages.
struct Staged {
    title: String,
    stages: Vec<StageRow>,
}

struct Kept {
    service: String,
    who: String,
    runs: String,
    all_in: String,
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
    own: &'a str,
    lang: &'a str,
    title: String,
    demo: String,
    t: &'a Terms,
    figures: Vec<(String, String)>,
    loss: String,
    path: String,
    warnings: Vec<String>,
    losses: Vec<(String, String)>,
    legend: Vec<(&'static str, &'static str)>,
    charts: Vec<Chart>,
    rows: Vec<Row>,
    staged: Vec<Staged>,
    gains: Vec<(String, String)>,
    services: Vec<Kept>,
}

/// Returns the plan as one self-contained HTML file.
pub fn sheet(plan: &RestartPlan, language: Language) -> String {
    let terms = Terms::about(language, plan.people.as_ref());
    let phases: BTreeSet<Phase> =
        plan.positions.iter().flat_map(|p| &p.phases).map(|span| span.phase).collect();
    let losses = losses(&terms, plan).into_iter();
    let page = Sheet {
        css: include_str!("../../templates/sheet.css"),
        own: include_str!("../../templates/restart.css"),
        lang: code(language),
        title: format!("{} {} {}", terms.get("restart-plan"), terms.get("for"), plan.estate),
        demo: demo(&terms, plan.demo).unwrap_or_default(),
        t: &terms,
        figures: figures(plan, &terms),
        loss: loss(&terms, plan),
        path: path(plan),
        warnings: plan
            .by_hand
            .iter()
            .map(|circle| by_hand(&terms, circle))
            .chain(relapse(&terms, plan))
            .collect(),
        losses: losses.map(|(loss, assets)| (loss, assets.join(", "))).collect(),
        legend: phases.into_iter().map(|p| (class(p), phase(&terms, p))).collect(),
        charts: charts(plan, &terms),
        rows: plan.positions.iter().enumerate().map(|(n, p)| row(n, p, &terms)).collect(),
        staged: plan.staged.iter().map(|s| staged(s, &terms)).collect(),
        gains: plan.gains.iter().map(|g| gain(&terms, g)).collect(),
        services: services(plan, &terms),
    };
    finished(&page.render().unwrap_or_else(|e| format!("<p>{}</p>", escape(&e.to_string()))))
}

fn figures(plan: &RestartPlan, terms: &Terms) -> Vec<(String, String)> {
    let number = |text: String| terms.number(&text);
    let mut figures = vec![(
        number(rough(plan.insured as f64)),
        format!("{} ({} {})", terms.people(), number(percent(plan.share.get())), terms.get("of-all")),
    )];
    for (key, at) in ["back-first", "back-half", "back-most", "back-all"].into_iter().zip(plan.restored) {
        figures.push((time(terms, at), terms.with(key, &[])));
    }
    figures.push((
        format!("{} – {}", time(terms, plan.last), time(terms, plan.last_slow)),
        terms.get("last-asset").to_owned(),
    ));
    figures
}

fn row(place: usize, position: &Position, terms: &Terms) -> Row {
    Row {
        place: place + 1,
        asset: position.asset.to_string(),
        name: position.name.clone(),
        kind: match position.cause {
            DownCause::Attack => terms.get("attack"),
            DownCause::Containment => terms.get("containment"),
        },
        lost: position.data_loss.map(|loss| lost(terms, loss)).unwrap_or_default(),
        ticks: position
            .phases
            .iter()
            .map(|span_of| Tick {
                name: phase(terms, span_of.phase),
                when: span(terms, span_of.begin, span_of.end),
                who: hands(terms, &span_of.by),
                critical: span_of.critical,
            })
            .collect(),
        waits: waits(terms, position),
        back: time(terms, position.back),
        slow: time(terms, position.back_slow),
        critical: position.critical,
    }
}

fn staged(staged: &StagedReturn, terms: &Terms) -> Staged {
    let stages = staged.stages.iter().enumerate().map(|(n, stage)| {
        let (tenants, insured) = crowd(terms, stage);
        let names: Vec<String> = stage.tenants.iter().map(ToString::to_string).collect();
        StageRow {
            number: n + 1,
            when: admitted(terms, staged, stage),
            tenants,
            insured,
            names: some(terms, &names, NAMES),
        }
    });
    Staged { title: overload(terms, staged), stages: stages.collect() }
}

fn services(plan: &RestartPlan, terms: &Terms) -> Vec<Kept> {
    plan.services
        .iter()
        .map(|s| {
            let (state, class) = kept(terms, s);
            Kept {
                service: s.service.to_string(),
                who: format!(
                    "{}: {} {}, {} {}",
                    s.hosting,
                    s.tenants,
                    terms.get("tenants"),
                    terms.number(&rough(s.insured as f64)),
                    terms.people()
                ),
                runs: time(terms, s.back),
                all_in: time(terms, s.all_in),
                slow: time(terms, s.back_slow),
                rto: time(terms, s.rto),
                mtpd: time(terms, s.mtpd),
                state,
                class,
            }
        })
        .collect()
}
