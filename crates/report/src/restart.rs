//! The restart plan for the terminal; the sheet to print is in [`sheet`].

mod sheet;

use model::quantity::Millis;
use model::restart::{Hold, Position, RestartPlan, ServiceReturn};

use crate::number::{big, count, hours, percent};
use crate::terms::{Language, Terms};
use crate::wrap::{columns, cut, joined, wrap};

pub use sheet::sheet as restart_html;

/// How many services against agreed times the terminal shows; the sheet shows all.
const SERVICES: usize = 8;

/// Returns a length of time as people say it.
fn time(terms: &Terms, length: Millis) -> String {
    terms.number(&hours(length.hours()))
}

/// Returns why an asset does not come earlier.
fn why(terms: &Terms, hold: &Hold) -> String {
    match hold {
        Hold::Nothing => terms.get("at-once").to_owned(),
        Hold::Crew { after } => terms.with("crew-busy", &[after.as_str()]),
        Hold::Needs { asset, service } => terms.with("needs", &[asset.as_str(), service.as_str()]),
    }
}

/// Returns how a service stands against what was agreed.
fn kept(terms: &Terms, service: &ServiceReturn) -> &'static str {
    if service.back > service.mtpd {
        terms.get("mtpd-exceeded")
    } else if service.back > service.rto {
        terms.get("rto-missed")
    } else {
        terms.get("met")
    }
}

/// Returns the plan as text of at most `width` columns.
pub fn restart_text(plan: &RestartPlan, language: Language, width: usize) -> String {
    let terms = Terms::of(language);
    let width = width.max(60);
    let mut lines = vec![format!("{} {} {}", terms.get("restart-plan"), terms.get("for"), plan.estate)];
    lines.extend(short(plan, &terms, width));
    for circle in &plan.by_hand {
        let list = |ids: &[model::id::ServiceId]| {
            ids.iter().map(|s| s.as_str().to_owned()).collect::<Vec<_>>().join(", ")
        };
        lines.push(String::new());
        let text = format!("{}: {}. ", terms.get("by-hand"), list(&circle.start));
        let why = terms.with("by-hand-why", &[&ring(circle, &terms), circle.site.as_str()]);
        lines.extend(wrap("! ", &format!("{text}{why}"), width));
    }
    lines.extend(order(plan, &terms, width));
    lines.extend(crews(plan, &terms, width));
    lines.extend(against(plan, &terms, width));
    lines.push(String::new());
    lines.extend(wrap("", terms.get("label"), width));
    joined(&lines)
}

/// Returns the plan as one JSON document.
pub fn restart_json(plan: &RestartPlan) -> String {
    // Every shape in a plan can be written as JSON.
    serde_json::to_string_pretty(plan).unwrap_or_default()
}

fn short(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    let number = |text: String| terms.number(&text);
    let mut lines = wrap(
        "",
        &format!(
            "{} {} {} ({} {})",
            number(big(plan.insured as f64)),
            terms.get("insured"),
            terms.get("affected"),
            number(percent(plan.share.get())),
            terms.get("of-all"),
        ),
        width,
    );
    lines.push(String::new());
    let labels = ["back-first", "back-half", "back-most", "back-all"];
    let mut rows: Vec<(&str, String)> =
        labels.iter().zip(plan.restored).map(|(key, at)| (terms.get(key), time(terms, at))).collect();
    let last = format!("{} – {}", time(terms, plan.last), time(terms, plan.last_slow));
    rows.push((terms.get("last-asset"), last));
    let room = rows.iter().map(|r| columns(r.0)).max().unwrap_or(0);
    for (label, value) in rows {
        lines.push(format!("  {label}{}  {value}", " ".repeat(room - columns(label))));
    }
    lines.push(String::new());
    lines.extend(wrap("", &loss(plan, terms), width));
    lines
}

/// Returns a circle of services as people say it: directory needs names needs directory.
fn ring(circle: &model::restart::ByHand, terms: &Terms) -> String {
    let round = if circle.circle.is_empty() { &circle.stuck } else { &circle.circle };
    let names: Vec<&str> = round.iter().map(model::id::ServiceId::as_str).collect();
    names.join(&format!(" {} ", terms.get("needs-next")))
}

/// Returns the loss and what the search saved, as a sentence.
fn loss(plan: &RestartPlan, terms: &Terms) -> String {
    let saved = plan.unsearched.0.saturating_sub(plan.insured_hours.0);
    let mut text = format!("{}: {}", terms.get("loss"), terms.number(&big(plan.insured_hours.0 as f64)));
    if saved > 0 {
        let saved = terms.number(&big(saved as f64));
        text.push_str(&format!("; {} {saved} {}", terms.get("search-saves"), terms.get("against-rule")));
    }
    text
}

fn order(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    let head = [
        terms.get("place"),
        terms.get("asset"),
        terms.get("begin"),
        terms.get("back"),
        terms.get("at-latest"),
    ];
    let mut lines = vec![
        String::new(),
        format!("{} (* {})", terms.get("order"), terms.get("critical")),
        format!(
            "{:>4}  {:<26}{:>11}{:>11}{:>11}  {}",
            head[0],
            head[1],
            head[2],
            head[3],
            head[4],
            terms.get("crew")
        ),
    ];
    for (place, position) in plan.positions.iter().enumerate() {
        let mark = if position.critical { "*" } else { " " };
        lines.push(format!(
            "{:>3}{mark}  {:<26}{:>11}{:>11}{:>11}  {}",
            place + 1,
            cut(position.asset.as_str(), 25),
            time(terms, position.begin),
            time(terms, position.back),
            time(terms, position.back_slow),
            crew(position),
        ));
        if position.hold != Hold::Nothing {
            lines.extend(wrap("      ", &why(terms, &position.hold), width));
        }
    }
    lines
}

fn crew(position: &Position) -> String {
    format!("{}/{}", position.site, position.crew)
}

fn crews(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    let mut lines = vec![String::new(), terms.get("more-crews").to_owned()];
    for gain in &plan.crews {
        let who = terms.with("more-crew", &[gain.site.as_str(), &gain.crews.to_string()]);
        lines.extend(wrap("  ", &format!("{who}: {}", gained(gain, terms)), width));
    }
    lines
}

/// Returns what one more crew would bring, in words.
fn gained(gain: &model::restart::CrewGain, terms: &Terms) -> String {
    let mut parts = Vec::new();
    if gain.saved.0 > 0 {
        parts.push(terms.with("saves", &[&terms.number(&big(gain.saved.0 as f64))]));
    }
    if gain.earlier.0 > 0 {
        parts.push(terms.with("earlier", &[&time(terms, gain.earlier)]));
    }
    if parts.is_empty() { terms.get("no-gain").to_owned() } else { parts.join(", ") }
}

fn against(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    if plan.services.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    lines.extend(wrap("", terms.get("services"), width));
    for service in plan.services.iter().take(SERVICES) {
        let people = terms.number(&count(service.insured));
        lines.extend(wrap(
            "  ",
            &format!(
                "{} ({}, {} {}, {people} {}): {}; RTO {}, MTPD {}: {}",
                service.service,
                service.hosting,
                service.tenants,
                terms.get("tenants"),
                terms.get("insured"),
                time(terms, service.back),
                time(terms, service.rto),
                time(terms, service.mtpd),
                kept(terms, service),
            ),
            width,
        ));
    }
    let more = plan.services.len().saturating_sub(SERVICES);
    if more > 0 {
        lines.push(format!("  {}", terms.with("and-more", &[&more.to_string()])));
    }
    lines
}
