//! What fired on the user's own logs.

use askama::Template;

use super::{Page, fill};
use crate::fired::by_recording;
use crate::number::{count, plural};

struct Row {
    level: String,
    title: String,
    rule: String,
    events: String,
    when: String,
    fields: Vec<(String, String)>,
}

struct Log {
    name: String,
    says: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "fired.html")]
struct Sheet {
    logs: Vec<Log>,
}

/// Returns what fired on recordings without a technique; empty where there is none.
pub(super) fn fired(page: &Page<'_>) -> String {
    let mut logs = Vec::new();
    for (replay, fired) in by_recording(page.record) {
        let rules = match fired.len() as u64 {
            0 => "no rule".to_owned(),
            n => plural(n, "rule", "rules"),
        };
        let rows = fired.iter().map(|one| Row {
            level: one.level.clone(),
            title: one.title.clone(),
            rule: one.rule.clone(),
            events: count(one.events),
            when: one.when(),
            fields: one.shown.fields.clone(),
        });
        logs.push(Log {
            name: replay.recording.to_string(),
            says: format!("{rules} on {}", plural(replay.events, "event", "events")),
            rows: rows.collect(),
        });
    }
    if logs.is_empty() { String::new() } else { fill(&Sheet { logs }) }
}
