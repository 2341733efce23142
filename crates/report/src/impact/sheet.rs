//! Outage figures as a sheet to print: one self-contained HTML file.

use askama::Template;
use model::crisis::{Crisis, LegalClock, ServiceOutage};

use super::data::{concerned, gone, safe};
use super::{
    after_return, chance, doubts, law, loss, observed, parties, restored, shape, time, title, trials,
    unhindered,
};
use crate::banner::{banner, demo};
use crate::number::rough;
use crate::policy::finished;
use crate::svg::escape;
use crate::terms::{Language, Terms};

struct Against {
    service: String,
    who: String,
    cells: Vec<String>,
    missed: String,
    exceeded: String,
    still: String,
    class: &'static str,
    reported: String,
}

/// What a service loses of its data, against what was agreed.
struct Lost {
    service: String,
    who: String,
    cells: Vec<String>,
    missed: String,
    class: &'static str,
}

struct Tenant {
    name: String,
    insured: String,
    kritis: bool,
    emergency: String,
    normal: String,
    exceeded: String,
}

struct Clock {
    who: String,
    whom: String,
    law: String,
    within: String,
    bound: u32,
    met: String,
    worst: String,
    takes: String,
    source: String,
    class: &'static str,
}

#[derive(Template)]
#[template(path = "impact.html")]
struct Sheet<'a> {
    css: &'a str,
    lang: &'a str,
    title: String,
    demo: String,
    banner: String,
    t: &'a Terms,
    trials: String,
    loss: String,
    by_service: Vec<super::service::Row>,
    weighted: String,
    after_return: Vec<String>,
    restored: Vec<(String, [String; 3])>,
    services: Vec<Against>,
    data: Vec<Lost>,
    safe: bool,
    reported: Vec<(&'static str, &'static str)>,
    shape: String,
    tenants: Vec<Tenant>,
    clocks: Vec<Clock>,
}

/// Returns the figures as one self-contained HTML file.
pub fn sheet(crisis: &Crisis, language: Language) -> String {
    let terms = Terms::about(language, crisis.people.as_ref());
    let shown = |o: &super::Observed| crisis.services.iter().any(|s| s.service.as_str() == o.service);
    let page = Sheet {
        css: include_str!("../../templates/sheet.css"),
        lang: if language == Language::De { "de" } else { "en" },
        title: title(crisis, &terms),
        demo: demo(&terms, crisis.built_in).unwrap_or_default(),
        banner: banner(&terms, crisis.measured).unwrap_or_default(),
        t: &terms,
        trials: trials(crisis, &terms),
        loss: loss(crisis, &terms),
        by_service: super::service::rows(crisis, &terms),
        weighted: super::service::weighted(crisis, &terms),
        after_return: after_return(crisis, &terms).into_iter().chain(doubts(crisis, &terms)).collect(),
        restored: restored(crisis, &terms)
            .into_iter()
            .map(|(label, l)| (label.to_owned(), [l.q10, l.q50, l.q90].map(|l| time(&terms, l))))
            .collect(),
        services: crisis.services.iter().map(|s| against(crisis, s, &terms)).collect(),
        data: concerned(crisis).map(|s| lost(s, &terms)).collect(),
        safe: safe(crisis),
        reported: observed(crisis).filter(shown).map(|o| (o.service, o.source)).collect(),
        shape: shape(crisis, &terms).unwrap_or_default(),
        tenants: crisis.tenants.iter().map(|t| tenant(t, &terms)).collect(),
        clocks: crisis.clocks.iter().filter(|c| c.bound > 0).map(|c| clock(c, &terms)).collect(),
    };
    finished(&page.render().unwrap_or_else(|e| format!("<p>{}</p>", escape(&e.to_string()))))
}

fn tenant(t: &model::crisis::TenantOutage, terms: &Terms) -> Tenant {
    Tenant {
        name: t.name.clone(),
        insured: terms.number(&rough(t.insured as f64)),
        kritis: t.kritis,
        emergency: time(terms, t.emergency.q50),
        normal: format!("{} – {}", time(terms, t.normal.q10), time(terms, t.normal.q90)),
        exceeded: chance(terms, t.mtpd_exceeded),
    }
}

/// Returns the hosting profile with its tenants.
fn who(s: &ServiceOutage, terms: &Terms) -> String {
    let tenants = format!("{}: {} {}", s.hosting, s.tenants.len(), terms.get("tenants"));
    if s.kritis > 0 { format!("{tenants}, {} {}", s.kritis, terms.get("kritis")) } else { tenants }
}

fn lost(s: &ServiceOutage, terms: &Terms) -> Lost {
    let [rpo, share, typical, slow, none] = gone(s, terms, chance);
    Lost {
        service: s.service.to_string(),
        who: who(s, terms),
        cells: vec![rpo, share, typical, slow, none],
        missed: s.rpo_missed.map_or_else(|| "–".to_owned(), |m| chance(terms, m)),
        class: match s.rpo_missed.map(model::quantity::Ratio::get) {
            Some(p) if p >= 0.5 => "bad",
            Some(p) if p >= 0.05 => "warn",
            Some(_) => "good",
            None => "quiet",
        },
    }
}

fn against(crisis: &Crisis, s: &ServiceOutage, terms: &Terms) -> Against {
    let spread = |l: model::crisis::Lengths| format!("{} – {}", time(terms, l.q10), time(terms, l.q90));
    let days = |o: super::Observed| {
        let day = if terms.language == Language::De { "Tage" } else { "days" };
        terms.number(&format!("{}–{} {day}", o.low, o.high))
    };
    Against {
        service: s.service.to_string(),
        who: who(s, terms),
        cells: vec![
            time(terms, s.normal.q50),
            spread(s.normal),
            s.emergency.map_or_else(|| "–".to_owned(), |e| time(terms, e.q50)),
            time(terms, s.rto),
            time(terms, s.mtpd),
        ],
        missed: chance(terms, s.rto_missed),
        exceeded: chance(terms, s.mtpd_exceeded),
        still: if s.emergency.is_some() {
            chance(terms, s.mtpd_exceeded_in_emergency)
        } else {
            "–".to_owned()
        },
        class: match s.mtpd_exceeded.get() {
            p if p >= 0.5 => "bad",
            p if p >= 0.05 => "warn",
            _ => "good",
        },
        reported: observed(crisis).find(|o| o.service == s.service.as_str()).map(days).unwrap_or_default(),
    }
}

fn clock(c: &LegalClock, terms: &Terms) -> Clock {
    let (who, whom) = parties(terms, c);
    Clock {
        who,
        whom,
        law: law(terms, &c.law),
        within: c.within.map_or_else(|| terms.get("without-delay").to_owned(), |w| time(terms, w)),
        bound: c.bound,
        met: match (c.met, c.takes) {
            (Some(_), Some((typical, _))) if unhindered(c) => {
                terms.with("clock-alone-short", &[&time(terms, typical)])
            }
            (met, _) => met.map_or_else(|| "–".to_owned(), |m| chance(terms, m)),
        },
        worst: c.worst.filter(|_| c.bound > 1).map_or_else(String::new, |w| chance(terms, w)),
        takes: c.takes.map_or_else(String::new, |(typical, slow)| {
            format!("{} – {}", time(terms, typical), time(terms, slow))
        }),
        source: c.source.clone(),
        class: match c.met.filter(|_| !unhindered(c)).map(model::quantity::Ratio::get) {
            Some(p) if p < 0.5 => "bad",
            Some(p) if p < 0.9 => "warn",
            Some(_) => "good",
            None => "quiet",
        },
    }
}
