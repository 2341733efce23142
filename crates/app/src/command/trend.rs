//! `trend`: measures of the stored runs over time.

use model::quantity::Timestamp;
use store::Ledger;

use super::writable;
use crate::args::{Common, Format, TrendArguments};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::files;
use crate::intake::open_ledger;
use crate::ui::Ui;

/// Prints how the stored runs developed, and writes the page where one is asked for.
pub(super) fn trend(wanted: &TrendArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    writable(wanted.output.as_deref())?;
    let ledger = open_ledger(common)?;
    let mut unread = keep_measures(&ledger, ui)?;
    let (mut runs, damaged) = ledger.measures()?;
    for run in damaged {
        unread += 1;
        ui.warn(&format!("the measures of run {run} are not what was stored; they count for nothing"));
    }
    if let Some(days) = wanted.since {
        let since = Timestamp(clock::now().0.saturating_sub(i64::from(days).saturating_mul(86_400_000)));
        runs.retain(|run| run.stored >= since);
    }
    if runs.is_empty() {
        return Err(Failure::Nothing("no run is stored that could be followed".to_owned()));
    }
    let trend = rehearsal::trend(runs, clock::now(), wanted.within);
    if let Some(path) = &wanted.output {
        files::put(path, &report::trend_html(&trend))?;
    }
    match common.format {
        Format::Table if common.quiet => {}
        Format::Table => ui.data(&report::trend_text(&trend)),
        Format::Json => ui.data(&trend.to_json()),
        Format::Ndjson => ui.data(&report::trend_table(&trend).ndjson()),
        Format::Csv => ui.data(&report::trend_table(&trend).csv()),
    }
    Ok(if unread > 0 { Exit::Incomplete } else { Exit::Passed })
}

/// Keeps the measures of runs that have none yet; returns how many runs cannot be read, each named.
pub(super) fn keep_measures(ledger: &Ledger, ui: &Ui) -> Result<u64, Failure> {
    let mut unread = 0;
    for row in ledger.unmeasured()? {
        match ledger.load(row.info.id.as_str()) {
            Ok((info, record)) => ledger.keep_measures(&rehearsal::measures(info, record))?,
            Err(error) => {
                unread += 1;
                ui.warn(&error.to_string());
            }
        }
    }
    Ok(unread)
}
