//! One HTML file that carries everything: no network, no need of a script, prints on A4.

mod campaign;
mod cases;
mod evidence;
mod exercises;
mod fired;
mod front;
mod matrix;
mod method;

use askama::Template;
use model::record::{DEMO, Record, RunInfo};

use crate::figures::Figures;
use crate::number::{count, moment};
use crate::policy::finished;
use crate::svg::escape;
use crate::words;

/// What every section is made from.
struct Page<'a> {
    record: &'a Record,
    figures: Figures,
    run: Option<&'a RunInfo>,
}

impl Page<'_> {
    /// Returns a number as HTML that names the key it is explained by.
    fn n(&self, key: &str) -> String {
        self.n_as(key, self.figures.value(key))
    }

    /// Returns a number under another text, such as without its interval.
    fn n_as(&self, key: &str, text: &str) -> String {
        let Some(figure) = self.figures.get(key) else { return escape(text) };
        let key = escape(key);
        format!(
            "<span class=\"n\" tabindex=\"0\" data-explain=\"{key}\" title=\"{} · feuerprobe explain {key}\">{}</span>",
            escape(&figure.label),
            escape(text)
        )
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct Report<'a> {
    css: &'a str,
    script: &'a str,
    title: String,
    subtitle: String,
    meta: Vec<(&'a str, String)>,
    label: &'a str,
    raced: bool,
    nav: Vec<(String, String)>,
    sections: Vec<String>,
    json: String,
}

/// Returns what a template gives; writing to memory cannot fail, so a fault is shown where it happened.
fn fill(template: &impl Template) -> String {
    template.render().unwrap_or_else(|e| format!("<p>{}</p>", escape(&e.to_string())))
}

/// Returns the record as JSON that may stand inside a script element.
fn json(record: &Record) -> String {
    // `<` is the only letter that could end the element or open a comment in it.
    String::from_utf8_lossy(&record.to_bytes()).replace('<', "\\u003c")
}

fn meta<'a>(record: &Record, run: Option<&RunInfo>) -> Vec<(&'a str, String)> {
    let mut meta = Vec::new();
    if record.is_demo() {
        meta.push(("Content", DEMO.to_owned()));
    }
    if let Some(run) = run {
        meta.push(("Run", run.id.to_string()));
        meta.push(("Stored", moment(run.stored)));
    }
    meta.push(("ATT&CK", record.matrix.version.clone()));
    meta.push(("Rules", count(record.rule_set.loaded)));
    meta.push(("Recordings", count(record.recordings.len() as u64)));
    if record.trials > 0 {
        meta.push(("Trials", count(record.trials.into())));
        meta.push(("Seed", record.seed.0.to_string()));
    }
    meta.push(("Feuerprobe", record.product.clone()));
    meta
}

/// Returns the report of a record as one self-contained HTML file.
pub fn html(record: &Record, run: Option<&RunInfo>) -> String {
    let page = Page { record, figures: Figures::of(record), run };
    let mut sections = vec![front::front(&page)];
    let mut nav = vec![("short".to_owned(), "In short".to_owned())];
    let mut add = |id: &str, label: &str, section: String| {
        if !section.is_empty() {
            nav.push((id.to_owned(), label.to_owned()));
            sections.push(section);
        }
    };
    add("fired", "What fired", fired::fired(&page));
    add("matrix", "Matrix", matrix::matrix(&page));
    for (place, score) in record.scores.iter().enumerate() {
        let name = crate::terminal::campaign_name(record, score);
        add(&campaign::anchor(score), name, campaign::campaign(&page, place, score));
    }
    add("exercises", "Exercises", exercises::exercises(&page));
    add("misses", "Misses", cases::misses(&page));
    add("evidence", "Evidence", evidence::evidence(&page));
    add("rules", "Rules", evidence::rules(&page));
    add("untested", "Not tested", method::untested(&page));
    add("method", "Method and limits", method::method(&page));
    let title = record.estate.as_ref().map_or("What the rules see", |e| e.name.as_str()).to_owned();
    let subtitle = record.estate.as_ref().map_or_else(
        || {
            let how = match (&record.live, record.exercises.is_empty()) {
                (Some(_), _) => "Acts that took place, judged by the alerts of the SIEM",
                (None, false) => "Procedures run in a sandbox, judged by detection rules",
                (None, true) => "Recorded attacks replayed against detection rules",
            };
            how.to_owned()
        },
        |e| e.description.clone(),
    );
    let page = fill(&Report {
        css: include_str!("../templates/report.css"),
        script: include_str!("../templates/report.js"),
        title,
        subtitle,
        meta: meta(record, run),
        label: words::LABEL,
        raced: !record.scores.is_empty(),
        nav,
        sections,
        json: json(record),
    });
    finished(&page)
}
