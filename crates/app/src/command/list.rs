//! `list`: things of a run.

use crate::args::{Common, Format, Listing};
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::open_ledger;
use crate::ui::Ui;

use super::stored;

/// Prints a list.
pub(super) fn list(what: Listing, run: &str, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let (header, rows) = match what {
        Listing::Runs => runs(common)?,
        Listing::Actors => report::list::actors(&threat::catalogue()),
        _ => {
            let (_, record) = stored(run, common)?;
            match what {
                Listing::Recordings => report::list::recordings(&record),
                Listing::Rules => report::list::rules(&record),
                Listing::Techniques => report::list::techniques(&record),
                Listing::Verdicts => report::list::verdicts(&record),
                Listing::Tenants => report::list::tenants(&record),
                Listing::Services => report::list::services(&record),
                Listing::Campaigns => report::list::campaigns(&record),
                Listing::Keys => report::list::keys(&record),
                Listing::Runs | Listing::Actors => unreachable!("answered above"),
            }
        }
    };
    ui.data(&match common.format {
        Format::Table => report::list::table(&header, &rows, 80),
        Format::Json => report::list::json(&header, &rows),
        Format::Ndjson => report::list::ndjson(&header, &rows),
        Format::Csv => report::list::csv(&header, &rows),
    });
    Ok(if rows.is_empty() { Exit::NothingRan } else { Exit::Passed })
}

type Table = (Vec<&'static str>, Vec<Vec<String>>);

fn runs(common: &Common) -> Result<Table, Failure> {
    let rows = open_ledger(common)?.rows()?;
    let rows = rows
        .into_iter()
        .map(|r| vec![r.info.id.to_string(), clock::show(r.info.stored), r.info.verb, r.summary])
        .collect();
    Ok((vec!["run", "stored", "verb", "result"], rows))
}
