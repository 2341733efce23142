//! What was not tested, how the figures come about, and where the method ends.

use askama::Template;

use super::{Page, fill};
use crate::assumed::{Assumed, Assumptions};
use crate::number::{count, decimal, hours, percent};
use crate::words;

struct Missing {
    id: String,
    name: String,
    used_by: String,
    why: String,
}

#[derive(Template)]
#[template(path = "untested.html")]
struct Untested {
    rows: Vec<Missing>,
}

/// Returns what was not tested and why; empty when nothing is missing.
pub(super) fn untested(page: &Page<'_>) -> String {
    let rows: Vec<Missing> = page
        .record
        .not_tested
        .iter()
        .map(|n| Missing {
            id: n.technique.to_string(),
            name: words::technique_name(page.record, &n.technique),
            used_by: n.used_by.join(", "),
            why: n.why.clone(),
        })
        .collect();
    if rows.is_empty() { String::new() } else { fill(&Untested { rows }) }
}

struct Complaint {
    severity: String,
    place: String,
    message: String,
    help: String,
    code: String,
}

#[derive(Template)]
#[template(path = "method.html")]
struct Method {
    raced: bool,
    hours: String,
    trials: String,
    seed: String,
    sources: Vec<(String, String)>,
    attackers: Vec<(String, String)>,
    assumed: Vec<(String, String, Assumed)>,
    inputs: Vec<(String, String, String)>,
    matrix: String,
    unmeasured: String,
    hash: String,
    verb: String,
    efforts: Vec<(String, String, String)>,
    diagnostics: Vec<Complaint>,
}

/// Returns method and limits, inputs and what readers had to say.
pub(super) fn method(page: &Page<'_>) -> String {
    let record = page.record;
    let techniques = record.evidence.techniques.len() as u64;
    let open = record.evidence.techniques.values().filter(|e| e.counts.measured() == 0).count() as u64;
    let share = if techniques == 0 { 0.0 } else { open as f64 / techniques as f64 };
    fill(&Method {
        raced: !record.scores.is_empty(),
        hours: crate::comparison::unit_head(record),
        trials: count(record.trials.into()),
        seed: record.seed.0.to_string(),
        sources: sources(page),
        attackers: attackers(page),
        assumed: assumed(page),
        inputs: record.inputs.iter().map(|i| (i.name.clone(), i.source.clone(), i.hash.clone())).collect(),
        matrix: format!("{} {} ({})", record.matrix.domain, record.matrix.version, record.matrix.source),
        unmeasured: format!("{} of {} techniques ({})", count(open), count(techniques), percent(share)),
        hash: page.run.map_or(String::new(), |r| r.hash.clone()),
        verb: page.run.map_or(String::new(), |r| r.verb.clone()),
        efforts: record
            .levers
            .iter()
            .enumerate()
            .map(|(n, l)| {
                let days = page.n_as(&format!("lever:{}.effort", n + 1), &decimal(l.effort_days));
                (l.title.clone(), days, page.n(&format!("lever:{}.saved", n + 1)))
            })
            .collect(),
        diagnostics: record.diagnostics.iter().map(complaint).collect(),
    })
}

fn complaint(d: &model::diagnostic::Diagnostic) -> Complaint {
    Complaint {
        severity: d.severity.to_string(),
        place: d.position.map_or_else(|| d.file.clone(), |p| format!("{}:{}:{}", d.file, p.line, p.column)),
        message: d.message.clone(),
        help: d.help.clone().unwrap_or_default(),
        code: d.code.clone(),
    }
}

/// Returns where the figures of estate, campaigns and playbooks come from.
fn sources(page: &Page<'_>) -> Vec<(String, String)> {
    let record = page.record;
    let mut sources = Vec::new();
    if let Some(estate) = &record.estate {
        sources.push((format!("Estate {}", estate.name), estate.source.clone()));
        let soc = &estate.soc;
        sources.push((
            "Analysts".into(),
            format!(
                "{} on shift, {} other alerts a day, {} to look at one, {} of true alerts escalated",
                soc.analysts,
                decimal(soc.alerts_per_day),
                hours(soc.triage_minutes / 60.0),
                percent(soc.escalation.get())
            ),
        ));
        if soc.as_urgent != model::quantity::Ratio::ONE {
            let share = format!("{} of them as urgent as the attack's", percent(soc.as_urgent.get()));
            sources.push(("Other alerts".into(), share));
        }
        if soc.agree > 1 {
            let rule = format!("alerts escalated on {} different assets", soc.agree);
            sources.push(("An incident takes".into(), rule));
        }
    }
    sources.extend(record.campaigns.iter().map(|c| (c.name.clone(), c.source.clone())));
    sources.extend(record.playbooks.iter().map(|p| (p.name.clone(), p.source.clone())));
    sources
}

/// Returns the attacker's hands and reaction per campaign: every race rests on them.
/// Returns for each campaign that was raced what it takes for granted.
fn assumed(page: &Page<'_>) -> Vec<(String, String, Assumed)> {
    let record = page.record;
    let Some(estate) = &record.estate else { return Vec::new() };
    let told = record.scores.iter().filter_map(|score| {
        let campaign = record.campaigns.iter().find(|c| c.id == score.campaign)?;
        let playbook = record.playbooks.iter().find(|p| p.id == score.playbook);
        let assumed = Assumptions { estate, campaign, playbook, evidence: &record.evidence }.drawn_back();
        Some((campaign.name.clone(), assumed.not_measured(), assumed))
    });
    told.collect()
}

fn attackers(page: &Page<'_>) -> Vec<(String, String)> {
    let hands = |n: u8| if n == 0 { "without limit".to_owned() } else { n.to_string() };
    page.record
        .campaigns
        .iter()
        .map(|c| {
            let text = format!(
                "hands W = {}, tries again {} times, fires early on partial containment with chance ρ = {}",
                hands(c.hands),
                c.retries,
                percent(c.reaction.get())
            );
            (c.name.clone(), text)
        })
        .collect()
}
