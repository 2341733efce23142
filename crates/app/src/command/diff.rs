//! `diff`: what changed between two runs, and why.

use super::stored;
use crate::args::{Common, Format};
use crate::error::{Exit, Failure};
use crate::ui::Ui;

/// Prints the differences.
pub(super) fn diff(before: &str, after: &str, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let (_, a) = stored(before, common)?;
    let (_, b) = stored(after, common)?;
    let comparison = rehearsal::comparison(&a, &b);
    match common.format {
        Format::Json => ui.data(&comparison.to_json()),
        _ => ui.data(&report::diff(&comparison, &a, &b)),
    }
    Ok(Exit::Passed)
}
