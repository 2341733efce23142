//! Figures of the simulated half, traced to the lines of the files they rest on, and to what
//! moves them most.

use model::campaign::Effect;
use model::record::Record;
use model::scorecard::CampaignScore;

use super::{Figures, Root};
use crate::number::{big, count, decimal};

/// Keys of a campaign that one line of the estate decides.
const STATED: [(&str, &str); 1] = [("relapsed", "recovery.relapse")];

/// Sections of the estate that every simulated figure rests on, where the file has them.
pub(super) const SECTIONS: [&str; 4] = ["soc", "recovery", "services", "tenants"];

/// Adds to each figure the lines it rests on, and what moves it most.
pub(super) fn trace(record: &Record, all: &mut Figures) {
    for score in &record.scores {
        campaign(record, score, all);
        entries(record, score, all);
        records(record, score, all);
    }
    for key in ["tenants", "sites", "services"] {
        add(all, &format!("estate.{key}"), at(record, "estate", key));
    }
    for key in ["people", "kritis"] {
        add(all, &format!("estate.{key}"), at(record, "estate", "tenants"));
    }
    for place in 1..=record.levers.len() {
        if let Some(figure) = all.0.get_mut(&format!("lever:{place}.effort")) {
            // What a lever saves says nothing about what it costs.
            figure.from.clear();
        }
    }
}

/// Returns where a key stands: `estate.yaml:412 assets.north-files`.
pub(super) fn at(record: &Record, what: &str, key: &str) -> Option<String> {
    record.lines.iter().filter(|l| l.what == what).find_map(|l| l.at(key))
}

fn add(all: &mut Figures, key: &str, lines: impl IntoIterator<Item = String>) {
    if let Some(figure) = all.0.get_mut(key) {
        figure.from.extend(lines);
    }
}

/// Figures of a whole campaign rest on the steps, the playbook, the alert team and the recovery.
fn campaign(record: &Record, score: &CampaignScore, all: &mut Figures) {
    let id = score.campaign.as_str();
    let steps = record.campaigns.iter().filter(|c| c.id == score.campaign).flat_map(|c| &c.steps);
    let steps: Vec<String> =
        steps.filter_map(|s| at(record, "campaign", &format!("steps.{}", s.id))).collect();
    let actions = record.playbooks.iter().filter(|p| p.id == score.playbook).flat_map(|p| &p.actions);
    let actions: Vec<String> =
        actions.filter_map(|a| at(record, "playbook", &format!("workflow.{}", a.id))).collect();
    let mut lines: Vec<String> = Vec::new();
    lines.extend(span("durations and targets of the steps", &steps));
    lines.extend(span("actions, with the times to decide and to carry out", &actions));
    lines.extend(SECTIONS.iter().filter_map(|key| at(record, "estate", key)));
    let own: Vec<String> = all.0.keys().filter(|k| of_campaign(k, id)).cloned().collect();
    for key in own {
        let short = key.rsplit('.').next().unwrap_or_default();
        if let Some((_, stated)) = STATED.iter().find(|(name, _)| *name == short) {
            let line = at(record, "estate", stated);
            if let (Some(figure), Some(line)) = (all.0.get_mut(&key), line) {
                figure.from.retain(|f| !f.starts_with("evidence of"));
                figure.from.push(format!(
                    "{line}: the share of all trials is this chance, as far as they are contained"
                ));
                figure.root = Root::Lines(vec![line]);
            }
            continue;
        }
        add(all, &key, lines.iter().cloned());
        add(all, &key, moves_most(record, short));
    }
}

/// Returns whether a key is a figure of the campaign itself: `april-intrusion.payload`.
fn of_campaign(key: &str, id: &str) -> bool {
    key.strip_prefix(id).and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| !rest.contains('.'))
}

/// Returns a list of lines of one file in one line.
pub(super) fn span(what: &str, lines: &[String]) -> Option<String> {
    let places: Vec<&str> = lines.iter().filter_map(|l| l.split(' ').next()).collect();
    let first = places.first()?;
    let rest = places.iter().skip(1).filter_map(|p| p.rsplit(':').next());
    let rest: Vec<&str> = rest.collect();
    Some(if rest.is_empty() {
        format!("{what}: {first}")
    } else {
        format!("{what}: {first}, {}", rest.join(", "))
    })
}

/// Says which change tried moved a figure most: a chance by points, hours by hours.
fn moves_most(record: &Record, key: &str) -> Option<String> {
    match key {
        "payload" | "outflow" => {
            let lever = record.levers.iter().max_by(|a, b| a.chance.abs().total_cmp(&b.chance.abs()))?;
            let points = decimal(lever.chance * 100.0);
            Some(format!(
                "of the changes tried, \u{201c}{}\u{201d} moves it most: {points} points",
                lever.title
            ))
        }
        "attack" | "containment" | "recovered" | "waiting" | "unopposed" => {
            let lever =
                record.levers.iter().max_by(|a, b| a.saved.value.abs().total_cmp(&b.saved.value.abs()))?;
            Some(format!(
                "of the changes tried, \u{201c}{}\u{201d} moves the loss most: {} {} saved",
                lever.title,
                big(lever.saved.value),
                crate::comparison::unit(lever.weighed)
            ))
        }
        _ => None,
    }
}

/// Figures of a tenant rest on its line and its hosting's, those of a service on its own.
fn entries(record: &Record, score: &CampaignScore, all: &mut Figures) {
    let Some(estate) = &record.estate else { return };
    let tenants = estate.tenants.iter().map(|t| {
        let lines = [
            at(record, "estate", &format!("tenants.{}", t.id)),
            at(record, "estate", &format!("hostings.{}", t.hosting)),
        ];
        (t.id.as_str(), lines.into_iter().flatten().collect::<Vec<_>>())
    });
    let services = estate.services.iter().map(|s| {
        (s.id.as_str(), at(record, "estate", &format!("services.{}", s.id)).into_iter().collect::<Vec<_>>())
    });
    for (id, lines) in tenants.chain(services) {
        let prefix = format!("{}.{id}.", score.campaign);
        let keys: Vec<String> = all
            .0
            .range(prefix.clone()..)
            .map(|(k, _)| k.clone())
            .take_while(|k| k.starts_with(&prefix))
            .collect();
        for key in keys {
            add(all, &key, lines.iter().cloned());
        }
    }
}

/// The records within reach are those of named stores.
fn records(record: &Record, score: &CampaignScore, all: &mut Figures) {
    let Some(figure) = all.0.get_mut(&format!("{}.records", score.campaign)) else { return };
    let Some(estate) = &record.estate else { return };
    let Some(campaign) = record.campaigns.iter().find(|c| c.id == score.campaign) else { return };
    let mut lines = Vec::new();
    for step in campaign.steps.iter().filter(|s| s.effect == Effect::Outflow) {
        let wanted = &step.targets;
        let stores = estate.assets.iter().filter(|a| {
            a.records > 0
                && wanted.role.as_ref().is_none_or(|r| *r == a.role)
                && wanted.zone.as_ref().is_none_or(|z| *z == a.zone)
                && wanted.site.as_ref().is_none_or(|s| *s == a.site)
        });
        for store in stores {
            figure.from.push(format!("{} holds {} records", store.name, count(store.records)));
            lines.extend(at(record, "estate", &format!("assets.{}", store.id)));
        }
    }
    lines.sort();
    lines.dedup();
    if !lines.is_empty() {
        figure.root = Root::Lines(lines);
    }
}
