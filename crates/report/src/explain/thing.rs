//! Recordings, rules, tenants, services, assets, campaigns and levers.

use model::campaign::Campaign;
use model::detection::RuleInfo;
use model::record::Record;
use model::recording::Recording;
use model::scorecard::Lever;

use super::Text;
use crate::figures::Figures;
use crate::number::{count, hours, plural};
use crate::words;

/// Returns what the record says about a thing by its id.
pub(super) fn thing(record: &Record, what: &str) -> Option<String> {
    if let Some(place) = what.strip_prefix("lever:") {
        let place: usize = place.parse().ok()?;
        return record.levers.get(place.checked_sub(1)?).map(|l| lever(record, place, l));
    }
    let recorded = record.recordings.iter().find(|r| r.id.as_str() == what).map(|r| recording(record, r));
    recorded
        .or_else(|| record.rules.values().find(|r| r.id.as_str() == what).map(|r| rule(record, r)))
        .or_else(|| record.campaigns.iter().find(|c| c.id.as_str() == what).map(|c| campaign(record, c)))
        .or_else(|| tenant(record, what))
        .or_else(|| service(record, what))
        .or_else(|| asset(record, what))
}

fn numbers(record: &Record, prefixes: &[String], text: &mut Text) {
    let figures = Figures::of(record);
    let keys: Vec<&str> =
        figures.keys().filter(|k| prefixes.iter().any(|p| k.starts_with(p.as_str()))).collect();
    for key in keys {
        if let Some(figure) = figures.get(key) {
            text.line("  - ", &format!("{}: {}   [{key}]", figure.label, figure.value));
        }
    }
}

fn lever(record: &Record, place: usize, lever: &Lever) -> String {
    let mut text = Text::new(&format!("Lever {place}: {}", lever.title));
    text.line("  ", &lever.why);
    text.heading("What it would change");
    numbers(record, &[format!("lever:{place}.")], &mut text);
    text.heading("Derived from");
    if let Some(id) = &lever.technique {
        text.line("  - ", &words::technique(record, id));
    }
    for id in &lever.verdicts {
        let says = record
            .verdicts
            .iter()
            .find(|v| &v.id == id)
            .map_or(String::new(), |v| format!(": {}", words::first_cause(record, v)));
        text.line("  - ", &format!("verdict {id}{says}"));
    }
    text.heading("It ends in");
    text.line("  seed ", &format!("{}, the same draws with and without the change", record.seed.0));
    text.done()
}

fn recording(record: &Record, recording: &Recording) -> String {
    let mut text = Text::new(&format!("{}: {}", recording.id, recording.title));
    text.line("  source       ", &recording.source);
    text.line("  exercise     ", &words::run(&recording.run));
    text.line("  files        ", &recording.files.join(", "));
    for joined in &recording.published {
        let mapped: Vec<String> = joined.mapped.iter().map(ToString::to_string).collect();
        text.line("  published as ", &format!("{} → {}", joined.published, mapped.join(", ")));
    }
    if let Some(replay) = record.replays.iter().find(|r| r.recording == recording.id) {
        text.heading("What it holds");
        text.line(
            "  ",
            &format!("{}, {} unreadable", plural(replay.events, "event", "events"), count(replay.unreadable)),
        );
        for (source, number) in &replay.sources {
            text.line("  - ", &format!("{}: {}", source.words(), count(*number)));
        }
        text.heading("Rules that fired");
        for firing in &replay.firings {
            let on = plural(firing.passed(), "event", "events");
            let first: Vec<String> = firing.first.iter().map(|i| format!("#{i}")).collect();
            let title = words::rule_title(record, &firing.rule);
            text.line("  - ", &format!("\u{201c}{title}\u{201d} on {on}: {}", first.join(" ")));
        }
    }
    text.heading("Verdicts");
    for verdict in record.verdicts.iter().filter(|v| v.recording == recording.id) {
        text.line("  - ", &format!("{}: {}", verdict.id, words::outcome(verdict)));
    }
    text.done()
}

fn rule(record: &Record, rule: &RuleInfo) -> String {
    let mut text = Text::new(&format!("Rule \u{201c}{}\u{201d}", rule.title));
    text.line("  id           ", rule.id.as_str());
    text.line("  file         ", &rule.file);
    text.line("  hash         ", &rule.hash);
    text.line("  level        ", &rule.level);
    text.line("  looks at     ", &rule.source.to_string());
    for joined in &rule.published {
        let mapped: Vec<String> = joined.mapped.iter().map(ToString::to_string).collect();
        let mapped = if mapped.is_empty() { "not joined".to_owned() } else { mapped.join(", ") };
        text.line("  tag          ", &format!("{} → {mapped}", joined.published));
    }
    text.heading("Fired on");
    for replay in &record.replays {
        for firing in replay.firings.iter().filter(|f| f.rule == rule.id) {
            let on = plural(firing.events, "event", "events");
            let first: Vec<String> =
                firing.first.iter().map(|i| format!("{}#{i}", replay.recording)).collect();
            text.line("  - ", &format!("{}: {on}, first {}", replay.recording, words::listed(first)));
        }
    }
    text.heading("Lost on");
    for verdict in record.verdicts.iter().filter(|v| v.lost.iter().any(|r| r.id == rule.id)) {
        text.line("  - ", &format!("{}: {}", verdict.id, words::first_cause(record, verdict)));
    }
    text.done()
}

fn campaign(record: &Record, campaign: &Campaign) -> String {
    let mut text = Text::new(&campaign.name);
    text.line("  ", &campaign.description);
    text.line("  source: ", &campaign.source);
    text.heading("Steps");
    for step in &campaign.steps {
        let published = step.published.as_ref().map_or(String::new(), |p| format!(", published as {p}"));
        let time =
            format!("{} typical, {} slow", hours(step.duration.q50 / 60.0), hours(step.duration.q90 / 60.0));
        text.line("  - ", &format!("{} ({}{published}): {time}; {}", step.name, step.technique, step.source));
    }
    text.heading("Numbers");
    let keys = [
        "payload",
        "outflow",
        "unnoticed",
        "flooding",
        "declared",
        "attack",
        "containment",
        "unopposed",
        "tenants_hit",
        "recovered",
        "waiting",
        "relapsed",
        "data_lost",
        "data_gone",
        "rpo_missed",
        "records",
    ];
    let figures = Figures::of(record);
    for key in keys.iter().map(|k| format!("{}.{k}", campaign.id)) {
        if let Some(figure) = figures.get(&key) {
            text.line("  - ", &format!("{}: {}   [{key}]", figure.label, figure.value));
        }
    }
    text.heading("It ends in");
    text.line("  seed ", &format!("{}, {}", record.seed.0, plural(record.trials.into(), "trial", "trials")));
    text.done()
}

fn scored(record: &Record, id: &str, text: &mut Text) {
    let prefixes: Vec<String> = record.scores.iter().map(|s| format!("{}.{id}.", s.campaign)).collect();
    text.heading("Numbers");
    numbers(record, &prefixes, text);
}

fn tenant(record: &Record, what: &str) -> Option<String> {
    let estate = record.estate.as_ref()?;
    let tenant = estate.tenants.iter().find(|t| t.id.as_str() == what)?;
    let hosting = estate.hostings.iter().find(|h| h.id == tenant.hosting);
    let mut text = Text::new(&tenant.name);
    let kritis = if tenant.kritis() { ", critical infrastructure by size" } else { "" };
    text.line("  ", &format!("{} {}{kritis}; IK {}", count(tenant.insured), estate.people(), tenant.ik));
    if let Some(hosting) = hosting {
        text.line("  ", &format!("hosted as \u{201c}{}\u{201d}, home site {}", hosting.name, hosting.home));
        for agreed in &hosting.services {
            text.line("  - ", &format!("{}: RTO {}, MTPD {}", agreed.service, agreed.rto, agreed.mtpd));
        }
    }
    scored(record, what, &mut text);
    Some(text.done())
}

fn service(record: &Record, what: &str) -> Option<String> {
    let estate = record.estate.as_ref()?;
    let service = estate.services.iter().find(|s| s.id.as_str() == what)?;
    let mut text = Text::new(&service.name);
    for need in &service.needs {
        let of: Vec<String> = need.of.iter().map(component).collect();
        let how = need.k.map_or("all".to_owned(), |k| format!("{k}"));
        text.line("  - ", &format!("needs {how} of: {}", of.join(", ")));
    }
    scored(record, what, &mut text);
    Some(text.done())
}

fn component(component: &model::estate::Component) -> String {
    use model::estate::{Component, Place};
    match component {
        Component::Service(id) => format!("service {id}"),
        Component::Role { role, place: Place::Home } => format!("{role} at home"),
        Component::Role { role, place: Place::Any } => format!("{role} anywhere"),
        Component::Role { role, place: Place::Site(site) } => format!("{role} at {site}"),
    }
}

fn asset(record: &Record, what: &str) -> Option<String> {
    let estate = record.estate.as_ref()?;
    let asset = estate.assets.iter().find(|a| a.id.as_str() == what)?;
    let mut text = Text::new(&asset.name);
    text.line(
        "  ",
        &format!("{} × {} at {} in zone {}", count(asset.count.into()), asset.role, asset.site, asset.zone),
    );
    text.line(
        "  restart: ",
        &format!("{} typical, {} slow", hours(asset.restart.q50 / 60.0), hours(asset.restart.q90 / 60.0)),
    );
    text.line(
        "  restore: ",
        &format!("{} typical, {} slow", hours(asset.restore.q50 / 60.0), hours(asset.restore.q90 / 60.0)),
    );
    text.heading("It ends in");
    text.line("  constant: ", &format!("estate \u{201c}{}\u{201d}: {}", estate.name, estate.source));
    Some(text.done())
}
