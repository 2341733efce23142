//! A tabletop exercise as sheets: for the moderator with the answers, for the participants without.

use askama::Template;
use model::quantity::{Interval, Millis};
use model::tabletop::{Answer, Consequence, Inject, Said, Tabletop};

use crate::banner::{banner, demo};
use crate::number::{big, count, hours, percent, percent_range};
use crate::policy::finished;
use crate::svg::escape;
use crate::terms::{Language, Terms};
use crate::wrap::{joined, wrap};

/// When the clock of the exercise begins: in the evening, as in April 2023.
const BEGIN: Millis = Millis(22 * Millis::HOUR.0);

/// Who reads a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Who leads the exercise, with what is true and what answers lead to.
    Moderator,
    /// Who is exercised.
    Participants,
}

struct Row {
    answer: String,
    as_written: bool,
    trial: String,
    harm: String,
    harm_doubt: String,
    mean: String,
    mean_doubt: String,
}

struct Card {
    number: usize,
    time: String,
    known: String,
    hidden: String,
    question: String,
    rows: Vec<Row>,
    hints: Vec<String>,
}

#[derive(Template)]
#[template(path = "tabletop.html")]
struct Sheet<'a> {
    css: &'a str,
    lang: &'a str,
    title: String,
    subtitle: &'static str,
    how: String,
    trial: String,
    demo: String,
    banner: String,
    t: &'a Terms,
    moderator: bool,
    cards: Vec<Card>,
}

/// Returns the sheets as one self-contained HTML file.
pub fn tabletop_html(tabletop: &Tabletop, language: Language, audience: Audience) -> String {
    let terms = Terms::about(language, tabletop.people.as_ref());
    let moderator = audience == Audience::Moderator;
    let compared = terms.number(&count(u64::from(tabletop.compared)));
    let injects = tabletop.injects.iter().enumerate();
    let page = Sheet {
        css: include_str!("../templates/sheet.css"),
        lang: if language == Language::De { "de" } else { "en" },
        title: format!("{}: {}", terms.get("tabletop"), tabletop.estate),
        subtitle: if moderator { terms.get("moderator") } else { terms.get("participants") },
        how: terms.with("tabletop-how", &[&clock(Millis(0), &terms).1]),
        trial: format!(
            "{}. {}",
            tabletop.campaign,
            terms.with("tabletop-trial", &[&tabletop.trial, &compared])
        ),
        demo: demo(&terms, tabletop.demo).unwrap_or_default(),
        banner: banner(&terms, tabletop.measured).unwrap_or_default(),
        t: &terms,
        moderator,
        cards: injects.map(|(n, inject)| card(n, inject, &terms, moderator)).collect(),
    };
    finished(&page.render().unwrap_or_else(|e| format!("<p>{}</p>", escape(&e.to_string()))))
}

/// Returns the moderator's script as text of at most `width` columns.
pub fn tabletop_text(tabletop: &Tabletop, language: Language, width: usize) -> String {
    let terms = Terms::about(language, tabletop.people.as_ref());
    let mut lines = vec![format!("{}: {}", terms.get("tabletop"), tabletop.estate)];
    lines.extend(demo(&terms, tabletop.demo));
    let compared = terms.number(&count(u64::from(tabletop.compared)));
    lines.extend(wrap("", &terms.with("tabletop-trial", &[&tabletop.trial, &compared]), width));
    if let Some(banner) = banner(&terms, tabletop.measured) {
        lines.extend(wrap("", &banner, width));
    }
    for (n, inject) in tabletop.injects.iter().enumerate() {
        let card = card(n, inject, &terms, true);
        lines.push(String::new());
        lines.extend(wrap("", &format!("{}. {}: {}", card.number, card.time, card.known), width));
        if !card.hidden.is_empty() {
            lines.extend(wrap("   ", &format!("{}: {}", terms.get("in-fact"), card.hidden), width));
        }
        if !card.question.is_empty() {
            lines.extend(wrap("   ", &card.question, width));
        }
        for row in &card.rows {
            let mark = if row.as_written { "*" } else { "-" };
            lines.extend(wrap(
                &format!("   {mark} "),
                &format!(
                    "{}: {} {} ({}), {} {} ({})",
                    row.answer,
                    row.harm,
                    terms.get("harm-share"),
                    row.harm_doubt,
                    row.mean,
                    terms.get("mean-hours"),
                    row.mean_doubt
                ),
                width,
            ));
        }
        for hint in &card.hints {
            lines.extend(wrap("   . ", hint, width));
        }
    }
    lines.push(String::new());
    lines.extend(wrap("", terms.get("label"), width));
    joined(&lines)
}

/// Returns the exercise as one JSON document.
pub fn tabletop_json(tabletop: &Tabletop) -> String {
    // Every shape in an exercise can be written as JSON.
    serde_json::to_string_pretty(tabletop).unwrap_or_default()
}

/// Returns day and time of the clock of the exercise.
fn clock(at: Millis, terms: &Terms) -> (String, String) {
    let minutes = at.saturating_add(BEGIN).0 / Millis::MINUTE.0;
    let (day, hour, minute) = (minutes / 1_440 + 1, minutes / 60 % 24, minutes % 60);
    let time = format!("{hour:02}:{minute:02}");
    (terms.with("day", &[&day.to_string(), &time]), time)
}

fn say(said: &Said, terms: &Terms) -> String {
    if said.key == "hint-clock" {
        return clock_hint(&said.parts, terms);
    }
    let mut text = terms.known(&said.key).unwrap_or_else(|| said.key.clone());
    for (n, part) in said.parts.iter().enumerate() {
        // Numbers are written as the language does.
        let decimal = part.contains('.') && part.chars().all(|c| c.is_ascii_digit() || c == '.');
        let part = match part.parse() {
            Ok(whole) => terms.number(&count(whole)),
            Err(_) if decimal => terms.number(part),
            Err(_) => part.clone(),
        };
        text = text.replace(&format!("%{}", n + 1), &part);
    }
    text
}

fn clock_hint(parts: &[String], terms: &Terms) -> String {
    let [who, key, law, hours, met] = parts else { return parts.join(" ") };
    let known = |key: String| terms.known(&key).unwrap_or(key);
    let within = if hours.is_empty() {
        terms.get("without-delay").to_owned()
    } else {
        format!("{hours} h, {} {met} %", terms.get("chance"))
    };
    format!(
        "{} → {} ({}): {within}",
        known(format!("who-{who}")),
        known(format!("whom-{key}")),
        crate::impact::law(terms, law)
    )
}

fn card(number: usize, inject: &Inject, terms: &Terms, moderator: bool) -> Card {
    let question = inject.question.as_ref();
    let answers = question.filter(|_| moderator).map(|q| q.answers.as_slice()).unwrap_or_default();
    let hints = question.filter(|_| moderator).map(|q| q.hints.as_slice()).unwrap_or_default();
    let hidden = inject.hidden.as_ref().filter(|_| moderator);
    Card {
        number: number + 1,
        time: clock(inject.at, terms).0,
        known: say(&inject.known, terms),
        hidden: hidden.map(|h| say(h, terms)).unwrap_or_default(),
        question: question.map(|q| say(&q.said, terms)).unwrap_or_default(),
        rows: answers.iter().map(|a| row(a, terms)).collect(),
        hints: hints.iter().map(|h| say(h, terms)).collect(),
    }
}

fn row(answer: &Answer, terms: &Terms) -> Row {
    let number = |n: u64| terms.number(&big(n as f64));
    let consequence = answer.consequence.as_ref();
    Row {
        answer: say(&answer.said, terms),
        as_written: answer.as_written,
        trial: consequence.map(|c| told(c, terms)).unwrap_or_default(),
        harm: consequence.map(|c| terms.number(&percent(c.harm.get()))).unwrap_or_default(),
        harm_doubt: consequence
            .and_then(|c| c.harm_doubt)
            .map(|d| {
                sure(
                    terms,
                    &terms.number(&percent_range(d.simulation)),
                    &terms.number(&percent_range(d.exercises)),
                )
            })
            .unwrap_or_default(),
        mean: consequence.map(|c| number(c.mean.0)).unwrap_or_default(),
        mean_doubt: consequence
            .and_then(|c| c.mean_doubt)
            .map(|d| sure(terms, &ends(terms, d.simulation), &ends(terms, d.exercises)))
            .unwrap_or_default(),
    }
}

/// Returns both uncertainties, apart.
fn sure(terms: &Terms, simulation: &str, few: &str) -> String {
    terms.with("doubt-short", &[simulation, few])
}

fn ends(terms: &Terms, interval: Interval) -> String {
    format!("{} – {}", terms.number(&big(interval.low)), terms.number(&big(interval.high)))
}

fn told(c: &Consequence, terms: &Terms) -> String {
    let at = |when: Option<Millis>, yes: &'static str, no: &'static str| match when {
        Some(when) => terms.with(yes, &[&clock(when, terms).0]),
        None => terms.get(no).to_owned(),
    };
    let number = |n: u64| terms.number(&big(n as f64));
    let mut parts =
        vec![at(c.payload, "payload-at", "no-payload"), at(c.outflow, "outflow-at", "no-outflow")];
    parts.push(terms.with("tenants-out", &[&c.tenants.to_string()]));
    parts.push(terms.with("lost-split", &[&number(c.attack.0), &number(c.containment.0)]));
    if let Some(back) = c.recovered {
        parts.push(terms.with("back-at", &[&terms.number(&hours(back.hours()))]));
    }
    parts.join("; ")
}
