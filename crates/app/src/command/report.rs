//! `report`: the page of a stored run again.

use std::path::Path;

use super::stored;
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::files;
use crate::ui::Ui;

/// Writes the HTML report.
pub(super) fn report(run: &str, output: &Path, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let (info, record) = stored(run, common)?;
    files::put(output, &report::html(&record, info.as_ref()))?;
    ui.say(&format!("The report lies in {}.", output.display()));
    Ok(Exit::Passed)
}
