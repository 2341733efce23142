//! Lists of what is in a record, as rows that every form of output shares.

mod form;
mod thing;

use model::attack::{ActorKind, Matrix};
use model::detection::{RuleInfo, RuleSetSummary};
use model::record::Record;
use model::scorecard::CampaignScore;
use model::verdict::Verdict;

pub use crate::fired::firings;
pub use form::{csv, json, ndjson, table};
pub use thing::{actor, technique};

use crate::number;
use crate::number::{big, hours, plural};
use crate::words;

/// Column names and rows.
pub type Table = (Vec<&'static str>, Vec<Vec<String>>);

/// Returns the recordings and what fired on them.
pub fn recordings(record: &Record) -> Table {
    let rows = record.recordings.iter().zip(&record.replays).map(|(recording, replay)| {
        let kind = serde_json::to_value(recording.kind).unwrap_or_default();
        vec![
            recording.id.to_string(),
            kind.as_str().unwrap_or("").to_owned(),
            listed(recording.techniques.iter().map(ToString::to_string)),
            replay.events.to_string(),
            replay.unreadable.to_string(),
            replay.firings.len().to_string(),
        ]
    });
    (vec!["recording", "kind", "techniques", "events", "unreadable", "rules fired"], rows.collect())
}

/// Returns all rules with how many recordings of the record each fired on, then those that
/// cannot be used.
pub fn rules(rules: &[RuleInfo], summary: &RuleSetSummary, record: Option<&Record>) -> Table {
    let fired = |id: &model::id::RuleId| {
        record.map_or_else(String::new, |record| {
            let on = record.replays.iter().filter(|r| r.firings.iter().any(|f| f.rule == *id));
            on.count().to_string()
        })
    };
    let used = rules.iter().map(|rule| {
        vec![
            rule.id.to_string(),
            rule.title.clone(),
            rule.level.clone(),
            rule.source.to_string(),
            listed(rule.techniques.iter().map(ToString::to_string)),
            fired(&rule.id),
        ]
    });
    let refused = summary.rejected.iter().map(|rejected| {
        vec![
            rejected.file.clone(),
            rejected.rule.clone().unwrap_or_default(),
            "not used".to_owned(),
            rejected.reason.clone(),
            String::new(),
            String::new(),
        ]
    });
    (vec!["rule", "title", "level", "looks at", "techniques", "fired on"], used.chain(refused).collect())
}

/// Returns the techniques with their evidence.
pub fn techniques(record: &Record) -> Table {
    let rows = record.evidence.techniques.iter().map(|(id, evidence)| {
        let measured = evidence.counts.measured();
        let share = |interval| {
            if measured == 0 { "not measured".to_owned() } else { number::percent_range(interval) }
        };
        vec![
            id.to_string(),
            words::technique_name(record, id),
            measured.to_string(),
            share(evidence.prevented),
            share(evidence.alerted),
            share(evidence.blind),
        ]
    });
    (vec!["technique", "name", "measured", "prevented", "alerted", "blind"], rows.collect())
}

/// Returns the verdicts.
pub fn verdicts(record: &Record) -> Table {
    let row = |verdict: &Verdict| {
        let causes = listed(verdict.causes.iter().map(|c| c.link().to_owned()));
        vec![
            verdict.technique.to_string(),
            verdict.recording.to_string(),
            words::run(&verdict.run),
            words::outcome(verdict),
            causes,
            listed(verdict.rules.iter().map(|r| r.title.clone())),
            listed(verdict.lost.iter().map(|r| r.title.clone())),
        ]
    };
    let header = vec!["technique", "recording", "run", "outcome", "causes", "rules", "lost rules"];
    (header, record.verdicts.iter().map(row).collect())
}

/// Returns the tenants with what each campaign would have cost them.
pub fn tenants(record: &Record) -> Table {
    let Some(estate) = &record.estate else { return (vec!["tenant"], Vec::new()) };
    let rows = record.scores.iter().flat_map(|score| {
        score.tenants.iter().zip(&estate.tenants).map(move |(tenant, known)| {
            vec![
                tenant.tenant.to_string(),
                score.campaign.to_string(),
                known.insured.to_string(),
                number::percent(tenant.hit.get()),
                format!("{:.1}", tenant.hours_q50),
                format!("{:.1}", tenant.hours_q90),
                number::percent(tenant.mtpd_exceeded.get()),
            ]
        })
    });
    let header = vec!["tenant", "campaign", "insured", "hit", "hours q50", "hours q90", "MTPD exceeded"];
    (header, rows.collect())
}

/// Returns the services with what each campaign would have cost them.
pub fn services(record: &Record) -> Table {
    let row = |score: &CampaignScore, service: &model::scorecard::ServiceScore| {
        vec![
            service.service.to_string(),
            score.campaign.to_string(),
            service.tenants.to_string(),
            number::percent(service.hit.get()),
            format!("{:.1}", service.attack_hours),
            format!("{:.1}", service.containment_hours),
        ]
    };
    let rows = record.scores.iter().flat_map(|score| score.services.iter().map(move |s| row(score, s)));
    (vec!["service", "campaign", "tenants", "hit", "attack hours", "containment hours"], rows.collect())
}

/// Returns the campaigns.
pub fn campaigns(record: &Record) -> Table {
    let rows = record.campaigns.iter().map(|campaign| {
        let score = record.scores.iter().find(|s| s.campaign == campaign.id);
        let share =
            |pick: fn(&CampaignScore) -> f64| score.map_or_else(String::new, |s| number::percent(pick(s)));
        vec![
            campaign.id.to_string(),
            campaign.name.clone(),
            campaign.steps.len().to_string(),
            score.map_or_else(String::new, |s| s.playbook.to_string()),
            share(|s| s.payload.simulation.value),
            share(|s| s.outflow.simulation.value),
        ]
    });
    (vec!["campaign", "name", "steps", "playbook", "payload", "outflow"], rows.collect())
}

/// Returns the keys of all numbers that `explain` knows.
pub fn keys(record: &Record) -> Table {
    let figures = crate::figures::Figures::of(record);
    let rows = crate::keys(record).into_iter().map(|key| {
        let value = figures.value(&key).to_owned();
        vec![key, value]
    });
    (vec!["key", "value"], rows.collect())
}

/// Returns the actors of a matrix.
pub fn actors(matrix: &Matrix) -> Table {
    let rows = matrix.actors.values().map(|actor| {
        let kind = match actor.kind {
            ActorKind::Group => "group",
            ActorKind::Software => "software",
            ActorKind::Campaign => "campaign",
        };
        vec![
            actor.id.to_string(),
            actor.name.clone(),
            kind.to_owned(),
            actor.uses.len().to_string(),
            actor.aliases.join(", "),
        ]
    });
    (vec!["actor", "name", "kind", "techniques", "aliases"], rows.collect())
}

/// Returns one line about what a crisis verb made.
fn sheet(record: &Record) -> Option<String> {
    if let Some(plan) = &record.restart {
        let (down, last) = (plan.positions.len() as u64, hours(plan.last.hours()));
        return Some(format!(
            "restart of {}: the last is back after {last}",
            plural(down, "asset", "assets")
        ));
    }
    if let Some(crisis) = &record.crisis {
        let lost = big((crisis.attack.0.saturating_add(crisis.containment.0)) as f64);
        return Some(format!("impact of {}: {lost} person-hours lost, mean", crisis.what));
    }
    let tabletop = record.tabletop.as_ref()?;
    let injects = plural(tabletop.injects.len() as u64, "inject", "injects");
    Some(format!("exercise on trial {}: {injects}", tabletop.trial))
}

/// Returns one line about the result of a run, for a list of runs.
pub fn one_line(record: &Record) -> String {
    if let Some(card) = &record.card {
        return crate::decide::one_line(card);
    }
    if let Some(line) = sheet(record) {
        return line;
    }
    let counts = record.coverage.verdicts;
    let mut line = format!(
        "{} verdicts: {} prevented, {} alerted, {} logged, {} blind; {} lost rules",
        record.verdicts.len(),
        counts.prevented,
        counts.alerted,
        counts.logged,
        counts.blind,
        record.coverage.expected_lost,
    );
    if !record.scores.is_empty() {
        line.push_str(&format!("; {} campaigns", record.scores.len()));
    }
    line
}

fn listed(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join("; ")
}
