//! `export`: a stored run in a form that other programs take.

use std::path::Path;

use report::export::Export;

use super::{sound_run, stored};
use crate::args::Common;
use crate::error::{Exit, Failure};
use crate::files;
use crate::ui::Ui;

/// Writes a run in a form, to a file or to stdout.
pub(super) fn export(
    form: &str,
    run: &str,
    output: Option<&Path>,
    common: &Common,
    ui: &Ui,
) -> Result<Exit, Failure> {
    let form = Export::named(form).ok_or_else(|| Failure::Unknown {
        what: "export",
        name: form.to_owned(),
        hint: "`feuerprobe list exports` shows them all".to_owned(),
    })?;
    let (info, record) = stored(run, common)?;
    sound_run(&record, run)?;
    let text = form
        .write(&record, info.as_ref())
        .map_err(|why| Failure::Usage(format!("{} cannot be written: {why}", form.name)))?;
    match output {
        Some(path) => files::put(path, &text)?,
        None => ui.data(&text),
    }
    Ok(Exit::Passed)
}
