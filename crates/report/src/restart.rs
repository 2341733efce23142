//! The restart plan for the terminal; the sheet to print is in [`sheet`].

mod chart;
mod order;
mod sheet;
mod table;
mod words;

use model::restart::{RestartPlan, StagedReturn};

use crate::banner::demo;
use crate::number::{percent, rough};
use crate::terms::{Language, Terms};
use crate::wrap::{columns, cut, joined, wrap};
use words::{admitted, by_hand, crowd, gain, kept, loss, losses, overload, path, relapse, some, time};

pub use sheet::sheet as restart_html;
pub use table::restart_table;

/// How many services against agreed times the terminal shows; the sheet shows all.
const SERVICES: usize = 12;

/// How many services with stages the terminal shows; the sheet shows all.
const STAGED: usize = 6;

/// How many names of a list the terminal shows.
const NAMES: usize = 3;

/// Returns the plan as text of at most `width` columns, 80 at least.
pub fn restart_text(plan: &RestartPlan, language: Language, width: usize) -> String {
    let terms = Terms::about(language, plan.people.as_ref());
    let width = width.max(80);
    let title = format!("{} {} {}", terms.get("restart-plan"), terms.get("for"), plan.estate);
    let mut lines = wrap("", &title, width);
    lines.extend(demo(&terms, plan.demo));
    lines.extend(short(plan, &terms, width));
    lines.extend(warnings(plan, &terms, width));
    lines.extend(order::order(plan, &terms, width));
    lines.extend(staged(plan, &terms, width));
    lines.extend(gains(plan, &terms, width));
    lines.extend(against(plan, &terms, width));
    lines.push(String::new());
    lines.extend(wrap("", terms.get("restart-doubt"), width));
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
            number(rough(plan.insured as f64)),
            terms.people(),
            terms.get("affected"),
            number(percent(plan.share.get())),
            terms.get("of-all"),
        ),
        width,
    );
    lines.push(String::new());
    let labels = ["back-first", "back-half", "back-most", "back-all"].map(|l| terms.with(l, &[]));
    let mut rows: Vec<(&str, String)> =
        labels.iter().map(String::as_str).zip(plan.restored.map(|at| time(terms, at))).collect();
    let last = format!("{} – {}", time(terms, plan.last), time(terms, plan.last_slow));
    rows.push((terms.get("last-asset"), last));
    let room = rows.iter().map(|r| columns(r.0)).max().unwrap_or(0);
    for (label, value) in rows {
        lines.push(format!("  {label}{}  {value}", " ".repeat(room - columns(label))));
    }
    lines.push(String::new());
    lines.extend(wrap("", &loss(terms, plan), width));
    let path = path(plan);
    if !path.is_empty() {
        lines.extend(wrap("", &format!("{}: {path}.", terms.get("critical-path")), width));
    }
    lines
}

/// Returns what to know before anybody begins: what to start by hand, data that is lost, a relapse.
fn warnings(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    let mut told: Vec<String> = plan.by_hand.iter().map(|circle| by_hand(terms, circle)).collect();
    let losses: Vec<String> = losses(terms, plan)
        .into_iter()
        .map(|(loss, assets)| format!("{loss} ({})", some(terms, &assets, NAMES)))
        .collect();
    if !losses.is_empty() {
        told.push(format!("{}: {}.", terms.get("data-loss"), losses.join("; ")));
    }
    told.extend(relapse(terms, plan));
    told.iter().flat_map(|text| std::iter::once(String::new()).chain(wrap("! ", text, width))).collect()
}

fn staged(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    if plan.staged.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), terms.get("staged").to_owned()];
    lines.extend(wrap("", terms.get("staged-why"), width));
    lines.extend(plan.staged.iter().take(STAGED).flat_map(|s| stages(s, terms, width)));
    let more = plan.staged.len().saturating_sub(STAGED);
    if more > 0 {
        lines.extend(wrap("  ", &terms.with("more-on-sheet", &[&more.to_string()]), width));
    }
    lines
}

fn stages(staged: &StagedReturn, terms: &Terms, width: usize) -> Vec<String> {
    let mut lines = wrap("  ", &overload(terms, staged), width);
    let times: Vec<String> = staged.stages.iter().map(|s| admitted(terms, staged, s)).collect();
    let room = times.iter().map(|t| columns(t)).max().unwrap_or(0);
    for (number, (stage, time)) in staged.stages.iter().zip(&times).enumerate() {
        let names: Vec<String> = stage.tenants.iter().map(ToString::to_string).collect();
        let (tenants, insured) = crowd(terms, stage);
        let head = format!("  {:>3}. {time}{}  ", number + 1, " ".repeat(room - columns(time)));
        let text = format!("{tenants}, {insured} {}: {}", terms.people(), some(terms, &names, NAMES),);
        lines.extend(wrap(&head, &text, width));
    }
    lines
}

fn gains(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    if plan.gains.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), terms.get("gains").to_owned()];
    for each in &plan.gains {
        let (what, brings) = gain(terms, each);
        lines.extend(wrap("  ", &format!("{what}: {brings}"), width));
    }
    lines
}

fn against(plan: &RestartPlan, terms: &Terms, width: usize) -> Vec<String> {
    if plan.services.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    lines.extend(wrap("", terms.get("services"), width));
    lines.extend(wrap("", terms.get("services-marks"), width));
    let line = |mark: &str, cells: [&str; 7]| {
        let [service, hosting, insured, runs, all_in, rto, mtpd] = cells;
        let (service, hosting) = (cut(service, 17), cut(hosting, 14));
        format!("{mark:<3}{service:<18}{hosting:<15}{insured:>11}{runs:>9}{all_in:>9}{rto:>7}{mtpd:>8}")
    };
    let people = terms.people_head(11);
    let [service, hosting, runs, all_in] = ["service", "hosting", "runs", "for-all"].map(|k| terms.get(k));
    lines.push(line("", [service, hosting, &people, runs, all_in, "RTO", "MTPD"]));
    for service in plan.services.iter().take(SERVICES) {
        let mark = match kept(terms, service).1 {
            "bad" => "!!",
            "warn" => "!",
            _ => "",
        };
        let people = terms.number(&rough(service.insured as f64));
        let times = [service.back, service.all_in, service.rto, service.mtpd].map(|t| time(terms, t));
        let [runs, all_in, rto, mtpd] = times.each_ref().map(String::as_str);
        let (name, hosting) = (service.service.as_str(), service.hosting.as_str());
        lines.push(line(mark, [name, hosting, &people, runs, all_in, rto, mtpd]));
    }
    let more = plan.services.len().saturating_sub(SERVICES);
    if more > 0 {
        lines.extend(wrap("   ", &terms.with("more-on-sheet", &[&more.to_string()]), width));
    }
    lines
}
