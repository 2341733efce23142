//! What crisis verbs make is kept in the ledger, so that every number on it can be explained.

use model::diagnostic::Diagnostic;
use model::diagnostic::Severity;
use model::record::Record;

use crate::args::Common;
use crate::clock;
use crate::intake::open_ledger;
use crate::ui::Ui;

/// Stores a record that holds a sheet. A ledger that cannot be written does not keep a sheet
/// from its crisis team: it is said, and the sheet is shown all the same.
pub(super) fn keep(record: &Record, verb: &str, common: &Common, ui: &Ui) {
    let stored = open_ledger(common)
        .and_then(|l| Ok(l.store(record, verb, &report::one_line(record), clock::now())?));
    if let Err(failure) = stored {
        let message = format!("it is not stored, so its numbers cannot be explained: {failure}");
        let told = Diagnostic::warning("ledger", "ledger.not-stored", message)
            .help("give a file that can be written with --ledger");
        ui.findings(&[told], Severity::Warning);
    }
}
