//! `list log-sources`: what rules look at, what gives it, and what a run held of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use model::event::{LogSource, Origin};
use rehearsal::Extent;
use report::list::{Cell, Table};

use super::{list, stored};
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::intake::{Workspace, WorkspaceSpec};
use crate::ui::Ui;

/// What is known about one log source.
#[derive(Default)]
struct Row {
    rules: u64,
    formats: BTreeSet<&'static str>,
    events: u64,
}

/// Prints the log sources of the rules, most wanted first, and the events of the run that no
/// rule can look at.
pub(super) fn list(run: &str, rules: &[PathBuf], common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let sources = Workspace::find(&WorkspaceSpec { rules: rules.to_vec(), ..common.spec() })?.sources;
    let mut said = Vec::new();
    let intake = sources.read(Extent::Exercise)?.findings().report(&mut said);
    ui.findings(&said, model::diagnostic::Severity::Error);
    // Without a run there are no events; the rest can still be told.
    let seen = stored(run, common).map(|(_, record)| record.replays).unwrap_or_default();
    let mut events: BTreeMap<Origin, u64> = BTreeMap::new();
    for (origin, count) in seen.iter().flat_map(|replay| &replay.sources) {
        *events.entry(origin.clone()).or_default() += count;
    }
    let mut rows: BTreeMap<LogSource, Row> = BTreeMap::new();
    for info in intake.rules.rules() {
        rows.entry(info.source.clone()).or_default().rules += 1;
    }
    let feeds = telemetry::feeds();
    for (source, row) in &mut rows {
        row.formats = feeds.iter().filter(|f| f.origin.serves(source)).map(|f| f.format).collect();
        row.events = events.iter().filter(|(origin, _)| origin.serves(source)).map(|(_, n)| n).sum();
    }
    let mut ordered: Vec<(String, Row)> = rows.into_iter().map(|(s, row)| (s.to_string(), row)).collect();
    ordered.sort_by(|a, b| b.1.rules.cmp(&a.1.rules).then_with(|| a.0.cmp(&b.0)));
    let unknown = events.get(&Origin::default()).copied().unwrap_or(0);
    if unknown > 0 {
        ordered.push(("unknown".to_owned(), Row { events: unknown, ..Row::default() }));
    }
    let rows = ordered.into_iter().map(|(source, row)| {
        let formats: Vec<&str> = row.formats.into_iter().collect();
        let formats = if formats.is_empty() { "none".to_owned() } else { formats.join(", ") };
        vec![Cell::from(source), row.rules.into(), row.events.into(), formats.into()]
    });
    let table = Table::new(["log source", "rules", "events", "formats"], rows);
    list::show(&table, common, ui);
    Ok(if table.rows.is_empty() { Exit::NothingRan } else { Exit::Passed })
}
