//! Lists of what is in a record, as rows that every form of output shares.

mod form;
mod thing;

use model::attack::{ActorKind, Matrix};
use model::detection::{RuleInfo, RuleSetSummary};
use model::record::Record;
use model::scorecard::CampaignScore;
use model::verdict::Verdict;

pub use crate::fired::firings;
pub use form::{Cell, Table};
pub use thing::{actor, technique};

use crate::number;
use crate::number::{big, hours, plural};
use crate::words;

/// Returns the recordings and what fired on them.
pub fn recordings(record: &Record) -> Table {
    let rows = record.recordings.iter().zip(&record.replays).map(|(recording, replay)| {
        let kind = serde_json::to_value(recording.kind).unwrap_or_default();
        vec![
            Cell::from(recording.id.to_string()),
            kind.as_str().unwrap_or("").into(),
            listed(recording.techniques.iter().map(ToString::to_string)).into(),
            replay.events.into(),
            replay.unreadable.into(),
            replay.firings.len().into(),
        ]
    });
    Table::new(["recording", "kind", "techniques", "events", "unreadable", "rules fired"], rows)
}

/// Returns all rules with how many recordings of the record each fired on, then those that
/// cannot be used.
pub fn rules(rules: &[RuleInfo], summary: &RuleSetSummary, record: Option<&Record>) -> Table {
    let fired = |id: &model::id::RuleId| {
        record.map(|record| {
            let on = record.replays.iter().filter(|r| r.firings.iter().any(|f| f.rule == *id));
            on.count()
        })
    };
    let used = rules.iter().map(|rule| {
        vec![
            Cell::from(rule.id.to_string()),
            rule.title.clone().into(),
            rule.level.clone().into(),
            rule.source.to_string().into(),
            listed(rule.techniques.iter().map(ToString::to_string)).into(),
            fired(&rule.id).into(),
        ]
    });
    let refused = summary.rejected.iter().map(|rejected| {
        vec![
            Cell::from(rejected.file.clone()),
            rejected.rule.clone().into(),
            "not used".into(),
            rejected.reason.clone().into(),
            Cell::Nothing,
            Cell::Nothing,
        ]
    });
    Table::new(["rule", "title", "level", "looks at", "techniques", "fired on"], used.chain(refused))
}

/// Returns the techniques with their evidence.
pub fn techniques(record: &Record) -> Table {
    let rows = record.evidence.techniques.iter().map(|(id, evidence)| {
        let measured = evidence.counts.measured();
        let share = |interval| match measured {
            0 => Cell::from("not measured"),
            _ => Cell::Estimate(interval, number::percent_range(interval)),
        };
        vec![
            Cell::from(id.to_string()),
            words::technique_name(record, id).into(),
            measured.into(),
            share(evidence.prevented),
            share(evidence.alerted),
            share(evidence.blind),
        ]
    });
    let table = Table::new(["technique", "name", "measured", "prevented", "alerted", "blind"], rows);
    table.with_estimates(&["prevented", "alerted", "blind"])
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
    let columns = ["technique", "recording", "run", "outcome", "causes", "rules", "lost rules"];
    Table::new(columns, record.verdicts.iter().map(row))
}

/// Returns the tenants with what each campaign would have cost them.
pub fn tenants(record: &Record) -> Table {
    let Some(estate) = &record.estate else { return Table::new(TENANTS, Vec::<Vec<Cell>>::new()) };
    let rows = record.scores.iter().flat_map(|score| {
        score.tenants.iter().zip(&estate.tenants).map(move |(tenant, known)| {
            vec![
                Cell::from(tenant.tenant.to_string()),
                score.campaign.to_string().into(),
                known.insured.into(),
                Cell::share(tenant.hit.get()),
                Cell::decimal(tenant.hours_q50, 1),
                Cell::decimal(tenant.hours_q90, 1),
                Cell::share(tenant.mtpd_exceeded.get()),
            ]
        })
    });
    Table::new(TENANTS, rows)
}

const TENANTS: [&str; 7] = ["tenant", "campaign", "people", "hit", "hours q50", "hours q90", "MTPD exceeded"];

/// Returns the services with what each campaign would have cost them.
pub fn services(record: &Record) -> Table {
    let row = |score: &CampaignScore, service: &model::scorecard::ServiceScore| {
        vec![
            Cell::from(service.service.to_string()),
            score.campaign.to_string().into(),
            service.tenants.into(),
            Cell::share(service.hit.get()),
            Cell::decimal(service.attack_hours, 1),
            Cell::decimal(service.containment_hours, 1),
        ]
    };
    let rows = record.scores.iter().flat_map(|score| score.services.iter().map(move |s| row(score, s)));
    Table::new(["service", "campaign", "tenants", "hit", "attack hours", "containment hours"], rows)
}

/// Returns the campaigns.
pub fn campaigns(record: &Record) -> Table {
    let rows = record.campaigns.iter().map(|campaign| {
        let score = record.scores.iter().find(|s| s.campaign == campaign.id);
        let share = |pick: fn(&CampaignScore) -> f64| score.map_or(Cell::Nothing, |s| Cell::share(pick(s)));
        vec![
            Cell::from(campaign.id.to_string()),
            campaign.name.clone().into(),
            campaign.steps.len().into(),
            score.map(|s| s.playbook.to_string()).into(),
            share(|s| s.payload.simulation.value),
            share(|s| s.outflow.simulation.value),
        ]
    });
    Table::new(["campaign", "name", "steps", "playbook", "payload", "outflow"], rows)
}

/// Returns the keys of all numbers that `explain` knows.
pub fn keys(record: &Record) -> Table {
    let figures = crate::figures::Figures::of(record);
    let rows = crate::keys(record).into_iter().map(|key| {
        let value = figures.value(&key).to_owned();
        vec![key, value]
    });
    Table::new(["key", "value"], rows)
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
            Cell::from(actor.id.to_string()),
            actor.name.clone().into(),
            kind.into(),
            actor.uses.len().into(),
            actor.aliases.join(", ").into(),
        ]
    });
    Table::new(["actor", "name", "kind", "techniques", "aliases"], rows)
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
