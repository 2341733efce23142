//! `report`: the page of a stored run again.

use std::path::Path;

use super::stored;
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::files;
use crate::ui::Ui;

/// Writes the HTML report, or the page of a decision card.
pub(super) fn report(run: &str, output: &Path, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let (info, record) = stored(run, common)?;
    let page = match &record.card {
        Some(card) => report::decide_html(card, report::Language::En),
        None => report::html(&record, info.as_ref()),
    };
    files::put(output, &page)?;
    ui.say(&format!("The report lies in {}.", output.display()));
    Ok(Exit::Passed)
}
