//! What fired on recordings that no technique is known for: rule, time and the fields that matched.

use model::detection::{Replay, Shown};
use model::record::Record;

use crate::list::{Cell, Table};
use crate::number::moment_to_second;

/// A rule that fired on a recording.
pub(crate) struct Fired<'a> {
    pub(crate) recording: &'a str,
    pub(crate) rule: String,
    pub(crate) title: String,
    pub(crate) level: String,
    pub(crate) events: u64,
    pub(crate) shown: &'a Shown,
}

impl Fired<'_> {
    /// Returns when and where the first event happened.
    pub(crate) fn when(&self) -> String {
        let time = self.shown.time.map_or_else(|| "time unknown".to_owned(), moment_to_second);
        match &self.shown.host {
            Some(host) => format!("{time} · {host}"),
            None => time,
        }
    }
}

/// Levels of Sigma, gravest first.
const LEVELS: [&str; 5] = ["critical", "high", "medium", "low", "informational"];

/// Returns the recordings that no technique is known for, with what fired, gravest first.
pub(crate) fn by_recording(record: &Record) -> Vec<(&Replay, Vec<Fired<'_>>)> {
    let unlabelled = record.recordings.iter().zip(&record.replays).filter(|(recording, _)| {
        recording.kind == model::recording::RecordingKind::Attack && recording.techniques.is_empty()
    });
    unlabelled.map(|(_, replay)| (replay, fired(record, replay))).collect()
}

fn fired<'a>(record: &'a Record, replay: &'a Replay) -> Vec<Fired<'a>> {
    let mut fired: Vec<Fired<'a>> = Vec::new();
    for firing in &replay.firings {
        let Some(shown) = replay.shown.get(&firing.rule) else { continue };
        let info = record.rules.get(&firing.rule);
        fired.push(Fired {
            recording: replay.recording.as_str(),
            rule: firing.rule.to_string(),
            title: info.map_or_else(|| firing.rule.to_string(), |info| info.title.clone()),
            level: info.map_or_else(String::new, |info| info.level.clone()),
            events: firing.events,
            shown,
        });
    }
    let grave = |level: &str| LEVELS.iter().position(|known| *known == level).unwrap_or(LEVELS.len());
    fired.sort_by(|a, b| {
        let order = grave(&a.level).cmp(&grave(&b.level));
        order.then(a.shown.time.cmp(&b.shown.time)).then_with(|| a.rule.cmp(&b.rule))
    });
    fired
}

/// Returns every rule that fired on a recording without a technique, one a row.
pub fn firings(record: &Record) -> Table {
    let mut rows = Vec::new();
    for fired in by_recording(record).into_iter().flat_map(|(_, fired)| fired) {
        let fields = fired.shown.fields.iter().map(|(name, value)| format!("{name}={value}"));
        rows.push(vec![
            Cell::from(fired.recording),
            fired.level.clone().into(),
            fired.title.clone().into(),
            fired.rule.clone().into(),
            fired.events.into(),
            fired.shown.time.map(moment_to_second).into(),
            fired.shown.host.clone().into(),
            fields.collect::<Vec<_>>().join("; ").into(),
        ]);
    }
    Table::new(["recording", "level", "title", "rule", "events", "first", "host", "fields"], rows)
}
