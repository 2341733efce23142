//! `drift`: how the results of exercises changed over the stored runs.

use model::drift::DriftState;

use crate::args::{Common, Format};
use crate::error::{Exit, Failure};
use crate::intake::{exercises, read_ledger};
use crate::ui::Ui;

/// Prints how each test stands. A stored run that cannot be read is named and counts for nothing.
pub(super) fn drift(common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let ledger = read_ledger(common)?;
    let (runs, unread) = exercises(&ledger, ui)?;
    let found = rehearsal::drift(&runs, &|run| ledger.inputs(run).unwrap_or_default());
    ui.data(&match common.format {
        Format::Table => report::drift::text(&found, runs.len(), unread),
        Format::Json => report::drift::json(&found),
        Format::Ndjson => report::drift::ndjson(&found),
        Format::Csv => report::drift::table(&found).csv(),
    });
    Ok(if unread > 0 {
        Exit::Incomplete
    } else if found.is_empty() {
        Exit::NothingRan
    } else if found.iter().any(|d| d.state == DriftState::Worse) {
        Exit::GateFailed
    } else {
        Exit::Passed
    })
}
