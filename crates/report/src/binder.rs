//! The binder: a folder of pages that opens from a stick when the network is down.

use askama::Template;
use model::crisis::{Crisis, LegalClock};
use model::quantity::{Millis, Timestamp};
use model::record::{Record, RunInfo};

use crate::impact::{law, parties};
use crate::list;
use crate::number::moment;
use crate::policy::finished;
use crate::terms::{Language, Terms};

/// Days for which a run describes the provider well enough for a crisis: the span for which
/// evidence counts.
const STALE_AFTER: i64 = 90;

/// A file of the binder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BinderPage {
    /// Its name in the folder; the order of names is the order of print.
    pub file: String,
    /// What the cover calls it.
    pub title: String,
    /// What stands in it.
    pub text: String,
}

struct Entry {
    file: String,
    title: String,
}

#[derive(Template)]
#[template(path = "binder.html")]
struct Cover<'a> {
    css: &'a str,
    lang: &'a str,
    t: &'a Terms,
    estate: String,
    demo: String,
    run: String,
    stored: String,
    stale: String,
    pages: Vec<Entry>,
    tables: Vec<Entry>,
}

/// Returns the cover, `index.html`, over the pages and tables of a binder.
pub fn binder_cover(record: &Record, info: &RunInfo, pages: &[BinderPage], language: Language) -> BinderPage {
    let terms = Terms::of(language);
    let entry = |page: &BinderPage| Entry { file: page.file.clone(), title: page.title.clone() };
    let is_table = |page: &&BinderPage| page.file.ends_with(".csv");
    let stale = Timestamp(info.stored.0.saturating_add(STALE_AFTER * 86_400_000));
    let cover = Cover {
        css: include_str!("../templates/sheet.css"),
        lang: if language == Language::De { "de" } else { "en" },
        estate: record.estate.as_ref().map(|e| e.name.clone()).unwrap_or_default(),
        demo: crate::banner::demo(&terms, record.is_demo()).unwrap_or_default(),
        run: info.id.to_string(),
        stored: moment(info.stored),
        stale: moment(stale),
        pages: pages.iter().filter(|page| !is_table(page)).map(entry).collect(),
        tables: pages.iter().filter(is_table).map(entry).collect(),
        t: &terms,
    };
    // The template takes texts and lists alone, which all can be written.
    let text = finished(&cover.render().unwrap_or_default());
    BinderPage { file: "index.html".to_owned(), title: terms.get("binder").to_owned(), text }
}

struct Row {
    who: String,
    whom: String,
    law: String,
    within: String,
    source: String,
}

#[derive(Template)]
#[template(path = "clocks.html")]
struct Clocks<'a> {
    css: &'a str,
    lang: &'a str,
    t: &'a Terms,
    estate: String,
    rows: Vec<Row>,
}

/// Returns the sheet of reports that are due, with blank fields for time and name.
pub fn clocks_html(record: &Record, crisis: &Crisis, language: Language) -> String {
    let terms = Terms::about(language, crisis.people.as_ref());
    let row = |clock: &LegalClock| {
        let (who, whom) = parties(&terms, clock);
        let within = clock.within.map(|w: Millis| w.to_string());
        Row {
            who,
            whom,
            law: law(&terms, &clock.law),
            within: within.unwrap_or_else(|| terms.get("without-delay").to_owned()),
            source: clock.source.clone(),
        }
    };
    let page = Clocks {
        css: include_str!("../templates/sheet.css"),
        lang: if language == Language::De { "de" } else { "en" },
        estate: record.estate.as_ref().map(|e| e.name.clone()).unwrap_or_default(),
        rows: crisis.clocks.iter().map(row).collect(),
        t: &terms,
    };
    finished(&page.render().unwrap_or_default())
}

/// Returns the tables of a run as CSV.
pub fn binder_tables(record: &Record) -> Vec<BinderPage> {
    let tables = [
        ("tenants", list::tenants(record)),
        ("services", list::services(record)),
        ("campaigns", list::campaigns(record)),
        ("techniques", list::techniques(record)),
        ("verdicts", list::verdicts(record)),
        ("recordings", list::recordings(record)),
    ];
    let page = |(name, table): (&str, list::Table)| BinderPage {
        file: format!("9-{name}.csv"),
        title: name.to_owned(),
        text: table.csv(),
    };
    tables.into_iter().map(page).collect()
}

/// What the cover calls the pages.
pub struct BinderWords {
    terms: Terms,
}

impl BinderWords {
    /// Returns the words of a language.
    pub fn of(language: Language) -> Self {
        Self { terms: Terms::of(language) }
    }

    /// Returns the title of a decision card.
    pub fn card(&self, card: &model::decide::Card, confidence: u8) -> String {
        let t = &self.terms;
        format!("{}: {}, {} {confidence} %", t.get("binder-card"), card.campaign, t.get("binder-sure"))
    }

    /// Returns the title of the sheet of reports that are due.
    pub fn clocks(&self) -> String {
        self.terms.get("clock-sheet").to_owned()
    }

    /// Returns the title of a restart plan.
    pub fn restart(&self, what: &str) -> String {
        format!("{}: {what}", self.terms.get("restart-plan"))
    }

    /// Returns the title of the impact of an outage.
    pub fn impact(&self, what: &str) -> String {
        format!("{}: {what}", self.terms.get("binder-impact"))
    }

    /// Returns the title of a trial.
    pub fn trial(&self, name: &str) -> String {
        format!("{}: {name}", self.terms.get("binder-trial"))
    }

    /// Returns the title of the report.
    pub fn report(&self) -> String {
        self.terms.get("binder-report").to_owned()
    }
}
