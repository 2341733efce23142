//! `outflow scan`.

use crate::args::Common;
use crate::args::outflow::ScanArguments;
use crate::clock;
use crate::error::{Exit, Failure};
use crate::intake::open_ledger;
use crate::ui::Ui;

use super::{Prepared, print, read, records, verdict, watch, write_files};

/// Scans a set, stores the result and prints it.
pub(super) fn scan(arguments: &ScanArguments, common: &Common, ui: &Ui) -> Result<Exit, Failure> {
    let ledger = open_ledger(common)?;
    let prepared = Prepared::new(&arguments.set, common, ui)?;
    if arguments.watch || arguments.watch_for.is_some() {
        return watch::watch(arguments, &prepared, &ledger, common, ui);
    }
    let mut result = read(&arguments.set, &prepared, ui)?;
    result.store.clone_from(&arguments.store);
    ledger.store_outflow(&result, &report::outflow::one_line(&result), clock::now())?;
    write_files(&arguments.set, &result)?;
    if let (Some(store), Some(file)) = (&arguments.store, &arguments.into) {
        records::set(file, store, result.people.persons)?;
        ui.say(&format!("{}: records of {store} are {}", file.display(), result.people.persons));
    }
    print(&result, &report::outflow::terminal(&result), common, ui);
    Ok(verdict(&result, ui))
}
