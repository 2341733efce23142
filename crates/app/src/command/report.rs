//! `report`: the page of a stored run again.

use std::path::Path;

use model::record::Record;
use report::Language;

use super::stored;
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::files;
use crate::ui::Ui;

/// Returns the page of what a crisis verb made, if the run did.
fn sheet(record: &Record) -> Option<String> {
    let language = Language::En;
    let card = record.card.as_ref().map(|c| report::decide_html(c, language));
    card.or_else(|| record.restart.as_ref().map(|p| report::restart_html(p, language)))
        .or_else(|| record.crisis.as_ref().map(|c| report::impact_html(c, language)))
        .or_else(|| {
            let exercise = record.tabletop.as_ref()?;
            Some(report::tabletop_html(exercise, language, report::Audience::Moderator))
        })
}

/// Writes the HTML report, or the page of what a crisis verb made.
pub(super) fn report(run: &str, output: &Path, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let (info, record) = stored(run, common)?;
    let page = sheet(&record).unwrap_or_else(|| report::html(&record, info.as_ref()));
    files::put(output, &page)?;
    ui.say(&format!("The report lies in {}.", output.display()));
    Ok(Exit::Passed)
}
