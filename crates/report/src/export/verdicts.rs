//! Verdicts as comma-separated values.

use model::record::{Record, RunInfo};

/// Returns the verdicts with a header line; a cell that a spreadsheet would take for a formula
/// is quoted.
pub(super) fn csv(record: &Record, _: Option<&RunInfo>) -> Result<String, &'static str> {
    Ok(crate::plain::csv(record) + "\r\n")
}
