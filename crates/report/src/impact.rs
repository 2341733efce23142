//! Outage figures for the crisis team, for the terminal; the sheet is in [`sheet`].

mod data;
mod service;
mod sheet;
mod table;

use model::crisis::{Crisis, LegalClock, Lengths, ServiceOutage};
use model::quantity::{Interval, Millis};

use crate::banner::{banner, demo};
use crate::number::{count, hours, percent, percent_range, rough};
use crate::terms::{Language, Terms, stopped};
use crate::wrap::{cut, joined, wrap};

pub use sheet::sheet as impact_html;
pub use table::impact_table;

/// How many tenants the terminal shows; the sheet shows all.
const TENANTS: usize = 8;

/// What was publicly reported of an outage of a service: days from, to, and where.
struct Observed {
    service: &'static str,
    low: &'static str,
    high: &'static str,
    source: &'static str,
}

/// Returns the reported outages, by service of the built-in provider; none for another estate,
/// of which nothing was reported.
fn observed(crisis: &Crisis) -> impl Iterator<Item = Observed> {
    let lines = if crisis.built_in { include_str!("../observed.tsv") } else { "" };
    lines.lines().skip(1).filter_map(|line| {
        let cells: Vec<&'static str> = line.split('\t').collect();
        let [service, low, high, source] = cells[..] else { return None };
        Some(Observed { service, low, high, source })
    })
}

fn time(terms: &Terms, length: Millis) -> String {
    if length == Millis(0) { "–".to_owned() } else { terms.number(&hours(length.hours())) }
}

/// Returns a law as the language cites it.
pub(crate) fn law(terms: &Terms, cited: &str) -> String {
    match terms.language {
        Language::En => cited.to_owned(),
        Language::De => {
            let names = [("GDPR", "DSGVO"), ("No. ", "Nr. "), ("BAS circular", "BAS-Rundschreiben")];
            names.iter().fold(cited.to_owned(), |text, (en, de)| text.replace(en, de))
        }
    }
}

/// Returns who tells whom.
pub(crate) fn parties(terms: &Terms, clock: &LegalClock) -> (String, String) {
    let known = |key: String| terms.known(&key).unwrap_or(key);
    (known(format!("who-{}", clock.who)), known(format!("whom-{}", clock.key)))
}

/// Returns whether the outage hinders nobody from reporting, so that the chance is only what
/// is assumed about preparing the report.
fn unhindered(clock: &LegalClock) -> bool {
    let alone = clock.alone.map(model::quantity::Ratio::get);
    let same = |share: Option<model::quantity::Ratio>| {
        share.zip(alone).is_some_and(|(s, a)| (s.get() - a).abs() < 0.005)
    };
    same(clock.met) && same(clock.worst)
}

/// Returns the chance of a clock as people say it; never 0 or 100 % flat for a chance between.
fn chance(terms: &Terms, share: model::quantity::Ratio) -> String {
    terms.number(&percent(share.get()))
}

/// Returns the same short enough for a column: “<” stays a sign.
fn cell(terms: &Terms, share: model::quantity::Ratio) -> String {
    let text = percent(share.get());
    if terms.language == Language::De { text.replace('.', ",") } else { text }
}

/// Returns the rows of the restored tenants.
fn restored(crisis: &Crisis, terms: &Terms) -> Vec<(&'static str, Lengths)> {
    let labels = ["impact-first", "impact-half", "impact-most", "impact-all"];
    let labels = labels.map(|l| terms.get(l));
    labels.into_iter().zip(crisis.restored).collect()
}

fn title(crisis: &Crisis, terms: &Terms) -> String {
    format!("{} {} {}: {}", terms.get("impact"), terms.get("for"), crisis.estate, crisis.what)
}

fn trials(crisis: &Crisis, terms: &Terms) -> String {
    let trials = terms.number(&count(u64::from(crisis.trials)));
    terms.with("impact-trials", &[&trials, &chance(terms, crisis.hit)])
}

fn loss(crisis: &Crisis, terms: &Terms) -> String {
    let number = |hours: u64| terms.number(&rough(hours as f64));
    stopped(terms.with("impact-loss", &[&number(crisis.attack.0), &number(crisis.containment.0)]))
}

/// Returns how sure the main figures are, a line each: the simulation, and beside it what few
/// exercises leave open.
fn doubts(crisis: &Crisis, terms: &Terms) -> Vec<String> {
    let Some(doubt) = crisis.doubt else { return Vec::new() };
    let shares = |i: Interval| terms.number(&percent_range(i));
    let hours = |i: Interval| format!("{} – {}", terms.number(&rough(i.low)), terms.number(&rough(i.high)));
    [
        ("doubt-hit", shares(doubt.hit.simulation), shares(doubt.hit.exercises)),
        ("doubt-attack", hours(doubt.attack.simulation), hours(doubt.attack.exercises)),
        ("doubt-containment", hours(doubt.containment.simulation), hours(doubt.containment.exercises)),
    ]
    .into_iter()
    .map(|(key, simulation, few)| {
        let what = terms.get(key);
        stopped(terms.with("doubt-both", &[what, &simulation, &few]))
    })
    .collect()
}

/// Returns what is lost by waiting for re-admission and by a relapse, as sentences.
fn after_return(crisis: &Crisis, terms: &Terms) -> Vec<String> {
    let number = |hours: u64| terms.number(&rough(hours as f64));
    let mut told = Vec::new();
    if crisis.waiting.0 > 0 {
        told.push(terms.with("impact-waiting", &[&number(crisis.waiting.0)]));
    }
    if crisis.relapsed.get() > 0.0 {
        told.push(terms.with("impact-relapse", &[&number(crisis.relapse_cost.0)]));
    }
    told
}

/// Returns the figures as text of at most `width` columns, 80 at least.
pub fn impact_text(crisis: &Crisis, language: Language, width: usize) -> String {
    let terms = Terms::about(language, crisis.people.as_ref());
    let width = width.max(80);
    let mut lines = wrap("", &title(crisis, &terms), width);
    lines.extend(demo(&terms, crisis.built_in));
    if let Some(banner) = banner(&terms, crisis.measured) {
        lines.extend(wrap("", &banner, width));
    }
    lines.extend(wrap("", &trials(crisis, &terms), width));
    lines.push(String::new());
    let heads = ["one-in-ten-shorter", "median", "one-in-ten-longer"].map(|k| terms.get(k));
    let [short, median, long] = heads;
    lines.push(terms.get("impact-restored").to_owned());
    lines.push(format!("{:<32}{short:>14}{median:>12}{long:>14}", ""));
    for (label, lengths) in restored(crisis, &terms) {
        let [a, b, c] = [lengths.q10, lengths.q50, lengths.q90].map(|l| time(&terms, l));
        lines.push(format!("  {label:<30}{a:>14}{b:>12}{c:>14}"));
    }
    lines.push(String::new());
    lines.extend(service::table(crisis, &terms, width));
    lines.extend(wrap("", &loss(crisis, &terms), width));
    for told in after_return(crisis, &terms).into_iter().chain(doubts(crisis, &terms)) {
        lines.extend(wrap("", &told, width));
    }
    lines.extend(against(crisis, &terms, width));
    lines.extend(data::data(crisis, &terms, width));
    lines.extend(tenants(crisis, &terms, width));
    lines.extend(clocks(crisis, &terms, width));
    lines.push(String::new());
    lines.extend(wrap("", terms.get("label"), width));
    joined(&lines)
}

/// Returns the figures as one JSON document.
pub fn impact_json(crisis: &Crisis) -> String {
    // Every shape in the figures can be written as JSON.
    serde_json::to_string_pretty(crisis).unwrap_or_default()
}

/// Returns for each service the profile at which it is gone longest.
fn worst(crisis: &Crisis) -> Vec<&ServiceOutage> {
    let mut seen = std::collections::BTreeSet::new();
    crisis.services.iter().filter(|s| seen.insert(&s.service)).collect()
}

fn against(crisis: &Crisis, terms: &Terms, width: usize) -> Vec<String> {
    let mut lines = vec![String::new(), terms.get("target-actual").to_owned()];
    let head = format!(
        "{:<18}{:>9}{:>10}{:>11}{:>8}{:>8}{:>8}{:>8}",
        terms.get("service"),
        terms.get("median"),
        cut(terms.get("at-latest"), 9),
        terms.get("emergency"),
        "RTO",
        "MTPD",
        terms.get("rto-missed-share"),
        terms.get("mtpd-exceeded-share"),
    );
    lines.push(head);
    for s in worst(crisis) {
        lines.push(format!(
            "{:<18}{:>9}{:>10}{:>11}{:>8}{:>8}{:>8}{:>8}",
            cut(s.service.as_str(), 17),
            time(terms, s.normal.q50),
            time(terms, s.normal.q90),
            s.emergency.map_or_else(|| "–".to_owned(), |e| time(terms, e.q50)),
            time(terms, s.rto),
            time(terms, s.mtpd),
            cell(terms, s.rto_missed),
            cell(terms, s.mtpd_exceeded),
        ));
    }
    lines.extend(wrap("", terms.get("worst-hosting"), width));
    if let Some(shape) = shape(crisis, terms) {
        lines.extend(wrap("", &format!("{shape} {}", terms.get("shape-sources")), width));
    }
    lines
}

/// Returns how many medians lie in the span that was publicly reported, if any service was.
fn shape(crisis: &Crisis, terms: &Terms) -> Option<String> {
    let within = |s: &ServiceOutage, o: &Observed| {
        let span = o.low.parse::<f64>().ok()?..=o.high.parse::<f64>().ok()?;
        Some(span.contains(&(s.normal.q50.hours() / 24.0)))
    };
    let told = |s: &&ServiceOutage| within(s, &observed(crisis).find(|o| o.service == s.service.as_str())?);
    let medians: Vec<bool> = worst(crisis).iter().filter_map(told).collect();
    let inside = medians.iter().filter(|m| **m).count();
    let parts = [inside.to_string(), medians.len().to_string()];
    (!medians.is_empty()).then(|| terms.with("impact-shape", &[&parts[0], &parts[1]]))
}

fn tenants(crisis: &Crisis, terms: &Terms, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let head = [terms.get("tenants-hit"), terms.get("emergency"), terms.get("normal")];
    lines.push(format!("{:<32}{:>12}{:>8}{:>10}{:>10}{:>8}", head[0], "", "", head[1], head[2], "> MTPD"));
    for t in crisis.tenants.iter().take(TENANTS) {
        lines.push(format!(
            "  {:<30}{:>12}{:>8}{:>10}{:>10}{:>8}",
            cut(&t.name, 29),
            terms.number(&rough(t.insured as f64)),
            if t.kritis { terms.get("kritis") } else { "" },
            time(terms, t.emergency.q50),
            time(terms, t.normal.q50),
            cell(terms, t.mtpd_exceeded),
        ));
    }
    let more = crisis.tenants.len().saturating_sub(TENANTS);
    if more > 0 {
        lines.push(format!("  {}", terms.with("and-more", &[&more.to_string()])));
    }
    lines.extend(wrap("", terms.get("kritis-note"), width));
    lines
}

fn clocks(crisis: &Crisis, terms: &Terms, width: usize) -> Vec<String> {
    let mut lines = vec![String::new(), terms.get("clocks").to_owned()];
    for clock in crisis.clocks.iter().filter(|c| c.bound > 0) {
        let (who, whom) = parties(terms, clock);
        let text = format!("{who} → {whom} ({})", law(terms, &clock.law));
        let kept = match (clock.within, clock.met, clock.worst) {
            (Some(within), Some(met), Some(_)) if unhindered(clock) => {
                let takes = clock.takes.map_or(Millis(0), |t| t.0);
                let why = terms.with("clock-alone", &[&time(terms, takes), &chance(terms, met)]);
                format!("{}: {why}", time(terms, within))
            }
            (Some(within), Some(met), Some(worst)) => {
                let lowest = if clock.bound > 1 && worst < met {
                    format!(" ({} {})", terms.get("lowest"), chance(terms, worst))
                } else {
                    String::new()
                };
                let alone = clock.alone.map_or_else(String::new, |alone| {
                    format!("; {}", terms.with("clock-heard", &[&chance(terms, alone)]))
                });
                let met = chance(terms, met);
                format!("{}: {} {met}{lowest}{alone}", time(terms, within), terms.get("chance"))
            }
            _ => terms.get("without-delay").to_owned(),
        };
        lines.extend(wrap("  ", &format!("{text}: {kept}"), width));
    }
    lines.extend(wrap("", terms.get("clocks-note"), width));
    lines
}
