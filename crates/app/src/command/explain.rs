//! `explain`: a verdict, a number, a trial or a code traced to its evidence.

use super::stored;
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::rehearsal;
use crate::ui::Ui;

/// Prints where something comes from.
pub(super) fn explain(what: &str, run: &str, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    if let Some(text) = report::explain_code(what) {
        ui.data(&format!("{what}\n\n{text}"));
        return Ok(Exit::Passed);
    }
    let (_, record) = stored(run, common)?;
    let text = match what.strip_prefix("trial:") {
        Some(name) => rehearsal::retell(&record, name).ok_or_else(|| {
            unknown(what, "write trial:CAMPAIGN/NUMBER, with a number below the run's trials")
        })?,
        None => report::explain(&record, what).ok_or_else(|| {
            unknown(what, "`feuerprobe list keys` shows every number, `list verdicts` every verdict")
        })?,
    };
    ui.data(&text);
    Ok(Exit::Passed)
}

fn unknown(what: &str, hint: &str) -> Failure {
    Failure::Unknown { what: "thing to explain", name: what.to_owned(), hint: hint.to_owned() }
}
